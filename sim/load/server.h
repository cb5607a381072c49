// The generator as a whole: cameras, clips, connections. One thread; no function here waits.
#pragma once

#include "clip.h"
#include "loop.h"

#define SERVER_CLIPS_MAX 16

struct camera;
struct session;

struct server {
    struct loop loop;
    struct camera *cameras;
    uint32_t cameras_count;
    struct clip clips[SERVER_CLIPS_MAX];
    unsigned clips_count;
    double fps;
    const char *user; // NULL: no password is asked for
    char *password;
    struct session *sessions; // all connections to the RTSP port
    struct session *closed;   // are freed once nothing of this step can name them
    uint32_t sessions_made;
    int64_t late_max_us; // how much later than due a unit went out, since the last "stat *"
    int64_t tended_us;
};

// Sends what is due, and sets the timer for what is next.
void server_pace(struct server *server);
