#include "recorder/sealed_camera.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct scrim_sealed_camera {
    const struct scrim_sealed_home *home;
    struct scrim_segment_home segments;
    char id[SCRIM_CAMERA_ID_MAX + 1];
    unsigned slot;
    struct scrim_log log;
    struct scrim_owed purges;
    // While it is in scrim.yaml, else NULL:
    struct scrim_hours *hours;
    bool keyed; // the keeper is asked for its keys
    struct scrim_camera *recording;
    struct scrim_feed *feeds[SCRIM_SEALED_FEEDS]; // main, sub
    int64_t removed_us;                           // UTC; when it was taken out
};

static void make_feeds(struct scrim_sealed_camera *camera, bool has_sub)
{
    struct scrim_feed_setup setup = {.log = camera->log,
                                     .camera = camera->recording,
                                     .fanout = camera->home->fanout,
                                     .slot = camera->slot,
                                     .feeds_veil = !has_sub};
    camera->feeds[0] = scrim_feed_create(&setup);
    if (!has_sub)
        return;
    setup.log = scrim_log_named("recorder.%s.sub", camera->id);
    setup.camera = NULL;
    setup.feeds_veil = true;
    camera->feeds[1] = scrim_feed_create(&setup);
}

// Where no original is kept, the stream that the veil looks at is the only one.
static void make_only_feed(struct scrim_sealed_camera *camera, bool has_sub)
{
    const struct scrim_feed_setup setup = {.log = camera->log,
                                           .camera = camera->recording,
                                           .fanout = camera->home->fanout,
                                           .slot = camera->slot,
                                           .feeds_veil = true};
    camera->feeds[has_sub ? 1 : 0] = scrim_feed_create(&setup);
}

static int begin(struct scrim_sealed_camera *camera, const struct scrim_journal_head *head,
                 const struct scrim_order *order, struct scrim_error *error)
{
    const int result = scrim_hours_create(camera->id, &camera->hours, error);
    if (result < 0)
        return result;
    camera->keyed = order->keep == SCRIM_KEEP_ORIGINAL;
    if (camera->keyed) // else no hour key of this camera is ever made
        scrim_keys_add(camera->home->keys, camera->hours);
    camera->recording = scrim_camera_create(&camera->segments, camera->hours, head, order->keep);
    if (order->keep == SCRIM_KEEP_ORIGINAL)
        make_feeds(camera, order->has_sub);
    else
        make_only_feed(camera, order->has_sub);
    scrim_sealed_camera_place(camera, order->place);
    return SCRIM_OK;
}

int scrim_sealed_camera_create(const struct scrim_sealed_home *home, unsigned slot,
                               const struct scrim_order *order, struct scrim_sealed_camera **ret,
                               struct scrim_error *error)
{
    struct scrim_sealed_camera *camera = scrim_new(struct scrim_sealed_camera);
    camera->home = home;
    camera->slot = slot;
    snprintf(camera->id, sizeof camera->id, "%s", order->camera);
    camera->log = scrim_log_named("recorder.%s", camera->id);
    camera->segments = (struct scrim_segment_home){.disk = home->disk,
                                                   .vault = home->vault,
                                                   .site = home->site,
                                                   .camera = camera->id,
                                                   .boot = home->boot,
                                                   .emergency = home->emergency};
    int result = scrim_disk_add_camera(home->disk, camera->id, &order->head);
    result = result < 0
                 ? scrim_fail(error, result, "camera %s: %s", camera->id, scrim_err_text(result))
                 : begin(camera, &order->head, order, error);
    if (result < 0) {
        scrim_sealed_camera_destroy(camera);
        return result;
    }
    *ret = camera;
    return SCRIM_OK;
}

static void finish(struct scrim_sealed_camera *camera)
{
    for (unsigned i = 0; i < SCRIM_SEALED_FEEDS; i++) {
        scrim_feed_destroy(camera->feeds[i]);
        camera->feeds[i] = NULL;
    }
    scrim_camera_destroy(camera->recording);
    camera->recording = NULL;
    if (camera->hours && camera->keyed)
        scrim_keys_remove(camera->home->keys, camera->hours);
    scrim_hours_destroy(camera->hours);
    camera->hours = NULL;
}

void scrim_sealed_camera_destroy(struct scrim_sealed_camera *camera)
{
    if (!camera)
        return;
    finish(camera);
    scrim_owed_finish(&camera->purges);
    free(camera);
}

const char *scrim_sealed_camera_id(const struct scrim_sealed_camera *camera)
{
    return camera->id;
}

bool scrim_sealed_camera_here(const struct scrim_sealed_camera *camera)
{
    return camera->recording != NULL;
}

void scrim_sealed_camera_remove(struct scrim_sealed_camera *camera, bool changed)
{
    scrim_camera_stop(camera->recording, SCRIM_GAP_OPERATOR,
                      changed ? "the camera's settings were changed in scrim.yaml"
                              : "the camera was taken out of scrim.yaml");
    camera->removed_us = scrim_clock_utc_us();
    scrim_fanout_end(camera->home->fanout, camera->slot, "the camera was taken out");
    scrim_sealed_camera_place(camera, -1);
    finish(camera);
}

int scrim_sealed_camera_add(struct scrim_sealed_camera *camera, const struct scrim_order *order,
                            struct scrim_error *error)
{
    // Its chain goes on in the journal's thread; of it all that counts here is what it said last.
    const struct scrim_journal_head head = {
        .last_end_us = camera->removed_us, .stopped = true, .stop_cause = SCRIM_GAP_OPERATOR};
    return begin(camera, &head, order, error);
}

void scrim_sealed_camera_place(struct scrim_sealed_camera *camera, int place)
{
    scrim_fanout_place(camera->home->fanout, camera->slot, camera->id, place);
}

void scrim_sealed_camera_attach(struct scrim_sealed_camera *camera, bool sub, bool sound, int fd)
{
    if (camera->feeds[sub ? 1 : 0])
        scrim_feed_attach(camera->feeds[sub ? 1 : 0], fd, sound);
    else
        close(fd); // the sub stream was taken out meanwhile
}

void scrim_sealed_camera_detach(struct scrim_sealed_camera *camera, bool sub)
{
    if (camera->feeds[sub ? 1 : 0])
        scrim_feed_detach(camera->feeds[sub ? 1 : 0]);
}

void scrim_sealed_camera_cut(struct scrim_sealed_camera *camera)
{
    if (camera->recording)
        scrim_camera_cut(camera->recording);
}

void scrim_sealed_camera_fds(const struct scrim_sealed_camera *camera, int ret[SCRIM_SEALED_FEEDS])
{
    for (unsigned i = 0; i < SCRIM_SEALED_FEEDS; i++)
        ret[i] = camera->feeds[i] ? scrim_feed_fd(camera->feeds[i]) : -1;
}

bool scrim_sealed_camera_serve(struct scrim_sealed_camera *camera, unsigned feed)
{
    return camera->feeds[feed] && scrim_feed_serve(camera->feeds[feed]);
}

void scrim_sealed_camera_tick(struct scrim_sealed_camera *camera, int64_t mono_us)
{
    for (unsigned i = 0; i < SCRIM_SEALED_FEEDS; i++) {
        if (camera->feeds[i])
            scrim_feed_tick(camera->feeds[i], mono_us);
    }
    (void)scrim_owed_settle(&camera->purges, camera->home->disk, camera->id); // the rest: next time
}

void scrim_sealed_camera_purged(struct scrim_sealed_camera *camera,
                                const struct scrim_record *purge)
{
    struct scrim_record record = *purge;
    record.boot = camera->home->boot;
    scrim_record_note_ntp(&record);
    scrim_owed_add(&camera->purges, camera->home->disk, camera->id, &record);
}

void scrim_sealed_camera_disk_failed(struct scrim_sealed_camera *camera,
                                     const struct scrim_error *why)
{
    scrim_error_log(&camera->log, "%s", why->text);
    if (camera->recording)
        scrim_camera_disk_failed(camera->recording, why);
}

void scrim_sealed_camera_end(struct scrim_sealed_camera *camera, bool ordered)
{
    if (!camera->recording)
        return;
    if (ordered)
        scrim_camera_stop(camera->recording, SCRIM_GAP_OPERATOR, "the recorder was stopped");
    else
        scrim_camera_outage(camera->recording, SCRIM_GAP_CRASH, "the recorder ended unasked");
}
