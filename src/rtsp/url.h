// RTSP URLs (RFC 2326, 3.2): where to connect, and which URL names a track (C.1.1).
#pragma once

#include "rtsp/text.h"

#define SCRIM_RTSP_URL_MAX 1024 // bytes with NUL
#define SCRIM_RTSP_PORT 554
#define SCRIM_RTSPS_PORT 322 // RFC 7826, 22.3; what cameras use besides is written out in the URL

struct scrim_rtsp_url {
    bool tls;
    char host[256]; // name or address; an IPv6 address without its brackets
    uint16_t port;
};

// SCRIM_EINVAL with a sentence: it does not start with rtsp:// or rtsps://, names no host, holds
// a user name, an impossible port, or characters that cannot stand in a URL.
SCRIM_MUST_CHECK int scrim_rtsp_url_parse(const char *url, struct scrim_rtsp_url *ret,
                                          struct scrim_error *error);

// The URL that `control` (an a=control of a session description) means against `base`. "" and "*"
// mean the base; an absolute URL stands for itself; everything else is put behind the base with
// one slash between, its query included ("…?channel=1/trackID=1"): servers announce bases
// without the slash that RFC 1808 would need, and all clients in the field join them so.
// False when the result is no URL of at most SCRIM_RTSP_URL_MAX.
SCRIM_MUST_CHECK bool scrim_rtsp_url_resolve(const char *base, struct scrim_text control,
                                             char ret[SCRIM_RTSP_URL_MAX]);
bool scrim_rtsp_url_is_absolute(struct scrim_text url);
