// A camera's video stream over RTSP (RFC 2326), through libavformat: access units as the camera
// sent them, nothing parsed that need not be. Blocking; belongs to one thread. The password exists
// in memory only and never reaches a log, an error or the command line.
#pragma once

#include "bitstream/access_unit.h"
#include "site/config.h"

struct scrim_rtsp_options {
    const char *url;      // rtsp:// or rtsps://, without credentials
    const char *user;     // NULL: none
    const char *password; // NULL: none
    enum scrim_transport transport;
    int64_t timeout_us; // for all of the opening
    // Asked several times a second, on the calling thread, while the camera keeps us waiting.
    bool (*cancelled)(void *context);
    void *context; // both must outlive the stream
};

struct scrim_rtsp;

// Connects, describes, sets up the first H.264 or H.265 track and starts it. The sentence in
// `error` says what to do about it; the code, where to look:
//   SCRIM_ENETWORK no way to the host, SCRIM_ETIMEOUT no answer, SCRIM_EBUSY refused or 5xx,
//   SCRIM_EEND closed, SCRIM_EAUTH 401 or 403, SCRIM_ENOENT 404, SCRIM_EFORMAT not RTSP or
//   malformed, SCRIM_EUNSUPPORTED no video, codec or transport that we have, SCRIM_ECANCEL.
SCRIM_MUST_CHECK int scrim_rtsp_open(const struct scrim_rtsp_options *options,
                                     struct scrim_rtsp **ret, struct scrim_error *error);
void scrim_rtsp_close(struct scrim_rtsp *rtsp); // NULL is fine

// The next access unit; `ret->data` is valid until the next call. SCRIM_ETIMEOUT after `stall_us`
// without one, SCRIM_EEND when the camera closed the stream, SCRIM_ENETWORK, SCRIM_EFORMAT,
// SCRIM_ECANCEL.
SCRIM_MUST_CHECK int scrim_rtsp_read(struct scrim_rtsp *rtsp, int64_t stall_us,
                                     struct scrim_unit *ret, struct scrim_error *error);

// As of the last access unit; valid until the next scrim_rtsp_read.
const struct scrim_params *scrim_rtsp_params(const struct scrim_rtsp *rtsp);
