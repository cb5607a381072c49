// One stream as the sealer sees it: what its ingest process says becomes a recording (main stream),
// packets for the veil (the stream that it looks at) and a state for the desk. Belongs to the
// sealer's thread and never waits.
#pragma once

#include "base/log.h"
#include "recorder/camera.h"
#include "recorder/fanout.h"

struct scrim_feed_setup {
    struct scrim_log log;
    struct scrim_camera *camera; // what is recorded; NULL for a sub stream. Not owned
    struct scrim_fanout *fanout; // not owned
    unsigned slot;               // of the camera in the fan-out
    bool feeds_veil;
};

struct scrim_feed;

struct scrim_feed *scrim_feed_create(const struct scrim_feed_setup *setup);
void scrim_feed_destroy(struct scrim_feed *feed); // NULL is fine

// A new ingest process speaks on `fd`, which is taken over; one before it is not heard any more.
// `sound`: it may speak of sound. That scrim.yaml allows it is not for that process to say.
void scrim_feed_attach(struct scrim_feed *feed, int fd, bool sound);
// The process is about to leave, since the camera's settings changed: no crash.
void scrim_feed_detach(struct scrim_feed *feed);
int scrim_feed_fd(const struct scrim_feed *feed); // -1: no process is attached

// Reads what has come, a bounded amount a call. True if there is more than that already.
SCRIM_MUST_CHECK bool scrim_feed_serve(struct scrim_feed *feed);
// Every second or so: tells the desk, and the recording that time passes.
void scrim_feed_tick(struct scrim_feed *feed, int64_t mono_us);
