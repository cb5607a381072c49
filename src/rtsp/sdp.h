// A session description (RFC 4566 with RFC 6184, 7798, 3640, 3551 attributes): what tracks a camera
// offers. Cameras write SDP loosely; what is not understood is passed over, what matters is
// bounded.
#pragma once

#include "base/buf.h"
#include "link/link.h"

#define SCRIM_SDP_MEDIA_MAX 16
#define SCRIM_SDP_SETS_MAX 4096 // bytes of parameter sets of one track

enum scrim_sdp_kind { SCRIM_SDP_OTHER, SCRIM_SDP_VIDEO, SCRIM_SDP_AUDIO };

struct scrim_sdp_media {
    enum scrim_sdp_kind kind;
    uint8_t payload_type;
    bool encrypted;        // SRTP (RFC 3711), which nobody here can open
    char encoding[32];     // in capitals: "H264", "H265", "MPEG4-GENERIC", "PCMU", "JPEG", …;
                           // letters, digits, '-', '_', '.'; "" if unknown
    uint32_t clock_rate;   // Hz
    uint32_t channels;     // audio, 0: not said
    double frame_rate;     // a=framerate or a=x-framerate, 0: not said
    char control[256];     // as written, visible ASCII; "" or "*": the session's
    struct scrim_buf sets; // video: parameter sets of fmtp in byte stream format; audio: config
};

struct scrim_sdp {
    char control[256];
    struct scrim_sdp_media media[SCRIM_SDP_MEDIA_MAX];
    unsigned count;
};

// SCRIM_EFORMAT if it is no SDP at all or has more media than SCRIM_SDP_MEDIA_MAX; SCRIM_ENOMEM.
// *ret needs _finish after success only.
SCRIM_MUST_CHECK int scrim_sdp_parse(const char *text, size_t length, struct scrim_sdp *ret,
                                     struct scrim_error *error);
void scrim_sdp_finish(struct scrim_sdp *sdp);

// The codec that Scrim records a video track as, or 0.
enum scrim_codec scrim_sdp_codec(const struct scrim_sdp_media *media);
// True for an audio track that Scrim records: PCMU, PCMA, and AAC in the mode AAC-hbr of RFC 3640
// with its AudioSpecificConfig.
bool scrim_sdp_records_audio(const struct scrim_sdp_media *media);
