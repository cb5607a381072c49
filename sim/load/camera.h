// One camera: a clip in a loop at its pace, while somebody watches, and what is wrong with it.
//
// A unit is made when it is due and someone plays the camera; it gets the next number, and goes to
// all who play it. The first viewer starts the clip at its beginning, a later one begins at the
// next key frame.
#pragma once

#include "server.h"

struct faults {
    bool freeze;          // makes nothing, keeps the connection
    bool hang;            // whoever says PLAY from now on gets an answer and nothing else
    double loss;          // share of RTP packets withheld, 0…1
    uint32_t garbage;     // overwrite the payload of so many packets to come
    uint32_t refuse;      // RTSP status that DESCRIBE answers, 0: none
    bool bad_description; // DESCRIBE answers nonsense
    uint32_t timeout_s;   // of RTSP sessions, enforced
};

struct camera {
    struct server *server;
    uint32_t number;
    char name[16];           // "cam7"
    const struct clip *clip; // being played
    const struct clip *next_clip;
    uint32_t at; // next unit of the clip
    int64_t epoch_us;
    uint64_t ticks; // intervals since then
    double speed;   // of its clock
    double rtp;     // clock of 90 kHz, modulo 2^32
    struct faults faults;
    struct session *viewers; // that play
    uint64_t made;           // units, for ever; the number of the next one
    uint64_t sent, cut, unsent, skipped;
    uint64_t packets, withheld; // RTP packets; withheld: of them
};

// A unit on its way to the viewers.
struct camera_unit {
    const struct camera *camera;
    const struct clip *clip;
    const struct clip_unit *unit;
    uint64_t number;
    int64_t made_us; // UTC
    uint32_t rtp;
};

#define SESSION_TIMEOUT_S 60

void camera_init(struct camera *camera, struct server *server, uint32_t number);
struct camera *camera_find(struct server *server, const char *name, size_t length);
// The session plays from now on.
void camera_join(struct camera *camera, struct session *session);
void camera_leave(struct camera *camera, struct session *session);
// Makes and sends all that is due; returns when the next is, INT64_MAX if nobody watches.
int64_t camera_pace(struct camera *camera, int64_t now_us);
void camera_set_speed(struct camera *camera, double factor);
