// One stream of one camera, in a process of its own: connects through the dialer, speaks RTSP,
// makes access units of RTP, hands them to the sealer, and when the stream breaks, tries again, for
// ever. Whatever a camera makes of this process, it holds nothing but this stream: two sockets to
// its own recorder, one to the camera, no file, no key, no way to open either.
#pragma once

#include "base/log.h"
#include "rtsp/session.h"

struct scrim_ingest_setup {
    struct scrim_log log;
    const char *url;  // rtsp:// or rtsps://, without credentials
    const char *user; // NULL: none; the password comes over `control_fd`
    enum scrim_rtsp_lower lower;
    bool sound; // the audio track is set up and handed on, where it comes over the same connection
    const char *tls_ca;             // path, NULL: none (see transport.h)
    const uint8_t *tls_fingerprint; // 32 bytes, NULL: none
    int control_fd;                 // to the parent (control.h), owned
    int sealer_fd;                  // to the sealer (wire.h), owned
};

// The same once, and nothing of it is recorded: SCRIM_TRIAL_SECONDS at most, telling what happens
// step by step over `sealer_fd` (TRIED, link/trial.h). Returns the exit status.
int scrim_ingest_try(const struct scrim_ingest_setup *setup, uint32_t number);

// Confines the process and serves until the parent or the sealer goes. Returns the exit status.
int scrim_ingest_run(const struct scrim_ingest_setup *setup);
