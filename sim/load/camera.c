#include "camera.h"

#include "base/clock.h"
#include "sender.h"
#include "session.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define BEHIND_US SCRIM_SECOND // later than that, units are left out instead of sent in one go
#define RTP_WRAP 4294967296.0

void camera_init(struct camera *camera, struct server *server, uint32_t number)
{
    *camera = (struct camera){.server = server,
                              .number = number,
                              .clip = &server->clips[number % server->clips_count],
                              .speed = 1,
                              .faults = {.timeout_s = SESSION_TIMEOUT_S}};
    snprintf(camera->name, sizeof camera->name, "cam%u", number);
}

struct camera *camera_find(struct server *server, const char *name, size_t length)
{
    for (uint32_t i = 0; i < server->cameras_count; i++) {
        struct camera *camera = &server->cameras[i];
        if (strlen(camera->name) == length && memcmp(camera->name, name, length) == 0)
            return camera;
    }
    return NULL;
}

static double interval_us(const struct camera *camera)
{
    return SCRIM_SECOND / camera->server->fps / camera->speed;
}

static int64_t due_us(const struct camera *camera)
{
    return camera->epoch_us + (int64_t)((double)camera->ticks * interval_us(camera));
}

// The next moment at which no other camera has a unit due: they share the interval evenly.
static void restart_clock(struct camera *camera)
{
    const double interval = interval_us(camera);
    const double phase = interval * camera->number / camera->server->cameras_count;
    const int64_t now_us = scrim_clock_mono_us();
    const int64_t begun_us = (int64_t)((double)now_us / interval) * (int64_t)interval;
    camera->epoch_us = begun_us + (int64_t)phase;
    camera->ticks = camera->epoch_us < now_us ? 1 : 0;
}

void camera_join(struct camera *camera, struct session *session)
{
    if (!camera->viewers) {
        camera->at = 0;
        camera->rtp = randombytes_random();
        restart_clock(camera);
    }
    session->next_viewer = camera->viewers;
    camera->viewers = session;
    loop_set_timer(&camera->server->loop, 0);
}

void camera_leave(struct camera *camera, struct session *session)
{
    struct session **link = &camera->viewers;
    while (*link && *link != session)
        link = &(*link)->next_viewer;
    if (*link)
        *link = session->next_viewer;
}

void camera_set_speed(struct camera *camera, double factor)
{
    camera->speed = factor;
    restart_clock(camera);
}

// Another codec needs another description: such cameras hang up, and so does this one.
static void take_next_clip(struct camera *camera)
{
    const bool other = camera->next_clip->codec != camera->clip->codec;
    camera->clip = camera->next_clip;
    camera->next_clip = NULL;
    camera->at = 0;
    while (other && camera->viewers)
        session_close(camera->viewers);
}

static void make_unit(struct camera *camera)
{
    if (camera->next_clip)
        take_next_clip(camera);
    const struct camera_unit unit = {
        .camera = camera,
        .clip = camera->clip,
        .unit = &camera->clip->units[camera->at],
        .number = camera->made,
        .made_us = scrim_clock_utc_us(),
        .rtp = (uint32_t)camera->rtp,
    };
    bool taken = false;
    struct session *next;
    for (struct session *session = camera->viewers; session; session = next) {
        next = session->next_viewer; // a failure takes the session off the list
        session->started |= unit.unit->random;
        if (!session->mute && session->started) {
            sender_unit(session, &unit);
            taken = true;
        }
    }
    camera->made += taken;
    camera->at = (camera->at + 1) % camera->clip->units_count;
}

// The RTP clock of a camera that freezes goes on.
static void advance_clock(struct camera *camera)
{
    camera->ticks++;
    camera->rtp += SCRIM_RTP_HZ / camera->server->fps;
    if (camera->rtp >= RTP_WRAP)
        camera->rtp -= RTP_WRAP;
}

int64_t camera_pace(struct camera *camera, int64_t now_us)
{
    if (!camera->viewers)
        return INT64_MAX;
    if (now_us - due_us(camera) > BEHIND_US) {
        // An idle machine does not come here. The RTP clock goes on as if nothing was missing: a
        // camera that was late.
        camera->server->late_max_us = now_us - due_us(camera);
        restart_clock(camera);
    }
    while (camera->viewers && due_us(camera) <= now_us) {
        if (now_us - due_us(camera) > camera->server->late_max_us)
            camera->server->late_max_us = now_us - due_us(camera);
        if (!camera->faults.freeze)
            make_unit(camera);
        advance_clock(camera);
    }
    return camera->viewers ? due_us(camera) : INT64_MAX;
}
