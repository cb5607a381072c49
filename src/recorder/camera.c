#include "recorder/camera.h"

#include "base/alloc.h"
#include "base/backoff.h"
#include "recorder/owed.h"

#include <inttypes.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENT_BYTES_HARD (1U << 30)   // cut even without a key frame
#define INTERVAL_MAX_US SCRIM_SECOND    // the last frame before a gap lasts at most so long
#define IN_FLIGHT_US (2 * SCRIM_SECOND) // what a failing disk may not have got any more

struct scrim_camera {
    const struct scrim_segment_home *home;
    struct scrim_hours *hours;
    struct scrim_timeline timeline;
    struct scrim_segment *segment; // being recorded
    struct scrim_segment *ending;  // its end waits for room in the disk's queue
    int64_t ending_us;             // monotonic; when it ended
    enum scrim_keep keep;
    struct scrim_unsealed unsealed; // instead of a segment, where none is kept
    bool cut_wanted;                // at the next key frame, whatever the segment's age
    bool needs_key;                 // what comes cannot be shown before a key frame
    int64_t covered_us; // monotonic; until then everything is accounted for: the next gap begins
    int64_t begun_us;   // UTC; since when without a gap
    int64_t last_media; // of the last frame recorded
    struct scrim_gap gap;
    struct scrim_sound sound;
    struct scrim_owed owed;
    struct scrim_backoff disk_backoff;
    int64_t disk_retry_us; // monotonic; no new segment before
    uint64_t frames, gaps, lost_units;
    uint64_t gaps_by[SCRIM_GAP_CAUSES];

    atomic_bool disk_failed;
    pthread_mutex_t lock;          // leaf lock, protects:
    struct scrim_error disk_error; // why, with disk_failed
};

static void journal(struct scrim_camera *camera, const struct scrim_record *record)
{
    struct scrim_record complete = *record;
    complete.boot = camera->home->boot;
    scrim_owed_add(&camera->owed, camera->home->disk, camera->home->camera, &complete);
}

static void blame(struct scrim_camera *camera, enum scrim_gap_cause cause, const char *detail)
{
    struct scrim_record piece;
    struct scrim_gap *gap = &camera->gap;
    if (!gap->open) {
        scrim_gap_open(gap, cause, detail,
                       scrim_timeline_utc(&camera->timeline, camera->covered_us),
                       camera->covered_us);
        camera->gaps++;
    } else if (gap->cause == cause) {
        return;
    } else if (scrim_gap_cause_is(gap, cause, detail, scrim_clock_mono_us(), &piece)) {
        journal(camera, &piece);
    }
    camera->gaps_by[cause]++;
}

struct scrim_camera *scrim_camera_create(const struct scrim_segment_home *home,
                                         struct scrim_hours *hours,
                                         const struct scrim_journal_head *head,
                                         enum scrim_keep keep)
{
    struct scrim_camera *camera = scrim_new(struct scrim_camera);
    camera->home = home;
    camera->hours = hours;
    camera->keep = keep;
    camera->needs_key = true;
    pthread_mutex_init(&camera->lock, NULL);
    scrim_timeline_check_host(&camera->timeline);
    // A camera that never recorded has no gap before its first frame, unless something goes wrong.
    camera->covered_us = scrim_clock_mono_us();
    const int64_t since_us =
        scrim_timeline_utc(&camera->timeline, camera->covered_us) - head->last_end_us;
    if (head->last_end_us > 0 && since_us > 0) {
        camera->covered_us -= since_us;
        blame(camera, head->stopped ? head->stop_cause : SCRIM_GAP_CRASH,
              head->stopped ? "the recorder was stopped" : "the recorder ended without closing");
    }
    return camera;
}

void scrim_camera_destroy(struct scrim_camera *camera)
{
    if (!camera)
        return;
    scrim_segment_destroy(camera->segment);
    scrim_segment_destroy(camera->ending);
    scrim_owed_finish(&camera->owed);
    pthread_mutex_destroy(&camera->lock);
    free(camera);
}

static bool is_recording(const struct scrim_camera *camera)
{
    return camera->segment || camera->unsealed.open;
}

// True if nothing stands in the way of a new segment.
static bool settle_ending(struct scrim_camera *camera)
{
    if (!camera->ending)
        return true;
    struct scrim_error error;
    const int result = scrim_segment_end(camera->ending, camera->ending_us, &error);
    if (result == SCRIM_EAGAIN)
        return false;
    if (result < 0) // its bytes cannot be completed; the next start journals it as torn
        blame(camera, SCRIM_GAP_OVERLOAD, error.text);
    scrim_segment_destroy(camera->ending);
    camera->ending = NULL;
    return true;
}

static void end_segment(struct scrim_camera *camera, int64_t mono_us)
{
    if (!camera->segment)
        return;
    camera->ending = camera->segment;
    camera->segment = NULL;
    camera->ending_us = mono_us;
    camera->cut_wanted = false;
    settle_ending(camera);
}

static void end_unsealed(struct scrim_camera *camera, int64_t mono_us)
{
    struct scrim_record record;
    if (scrim_unsealed_end(&camera->unsealed, mono_us, &record))
        journal(camera, &record);
    camera->cut_wanted = false;
}

// The end of what was recorded, when something else than the next segment follows.
static void end_recording(struct scrim_camera *camera)
{
    const int64_t now_us = scrim_clock_mono_us();
    if (camera->covered_us > now_us) // the last frame's duration was a guess
        camera->covered_us = now_us;
    end_segment(camera, camera->covered_us);
    end_unsealed(camera, camera->covered_us);
}

// ---- Clocks that jumped.

static void journal_step(struct scrim_camera *camera, bool of_camera, int64_t mono_us,
                         int64_t step_us, const char *text)
{
    const int64_t utc_us = scrim_timeline_utc(&camera->timeline, mono_us);
    struct scrim_record record = {.type = SCRIM_RECORD_CLOCK,
                                  .start_us = utc_us,
                                  .end_us = utc_us,
                                  .mono_start_us = mono_us,
                                  .mono_end_us = mono_us,
                                  .of_camera = of_camera,
                                  .step_us = step_us};
    scrim_record_note_ntp(&record);
    snprintf(record.detail, sizeof record.detail, "%s %s by %.1f s", text,
             step_us > 0 ? "forward" : "back",
             (double)(step_us > 0 ? step_us : -step_us) / SCRIM_SECOND);
    journal(camera, &record);
    camera->cut_wanted = is_recording(camera);
}

// What is open goes on by the clock that it began with; a gap can be cut here, a segment at the
// next key frame.
static void note_host_step(struct scrim_camera *camera, int64_t mono_us, int64_t step_us)
{
    struct scrim_record piece;
    if (step_us == 0)
        return;
    if (scrim_gap_step(&camera->gap, mono_us, step_us, &piece))
        journal(camera, &piece);
    journal_step(camera, false, mono_us, step_us, "the host's clock was set");
}

static void note_camera_step(struct scrim_camera *camera, const struct scrim_moment *moment)
{
    if (moment->camera_step_us != 0)
        journal_step(camera, true, moment->mono_us, moment->camera_step_us,
                     "the camera's clock went");
}

// ---- The disk.

static void take_disk_failure(struct scrim_camera *camera)
{
    if (!atomic_exchange(&camera->disk_failed, false) || camera->keep != SCRIM_KEEP_ORIGINAL)
        return;
    pthread_mutex_lock(&camera->lock);
    const struct scrim_error why = camera->disk_error;
    pthread_mutex_unlock(&camera->lock);

    int64_t healthy_us = 0;
    if (camera->segment) {
        const struct scrim_segment_info *info = scrim_segment_info(camera->segment);
        healthy_us = scrim_clock_mono_us() - info->mono_start_us;
        const int64_t doubtful_us = camera->covered_us - IN_FLIGHT_US;
        camera->covered_us = doubtful_us > info->mono_start_us ? doubtful_us : info->mono_start_us;
    }
    end_recording(camera);
    blame(camera, SCRIM_GAP_DISK, why.text);
    camera->needs_key = true;
    camera->disk_retry_us =
        scrim_clock_mono_us() +
        scrim_backoff_next(&camera->disk_backoff, healthy_us, randombytes_random());
}

static bool must_cut(const struct scrim_camera *camera, const struct scrim_unit *frame,
                     const struct scrim_params *params, const struct scrim_moment *moment)
{
    const struct scrim_segment_info *info = scrim_segment_info(camera->segment);
    if (info->bytes >= SEGMENT_BYTES_HARD)
        return true;
    return frame->random && (camera->cut_wanted || info->generation != params->generation ||
                             info->turn != scrim_emergency_turn(camera->home->emergency) ||
                             info->bytes >= SCRIM_SEGMENT_BYTES ||
                             moment->mono_us - info->mono_start_us >= SCRIM_SEGMENT_US ||
                             scrim_hour_of(moment->utc_us) != scrim_hour_of(info->start_us));
}

// The disk's queue is full: because the disk fails, or because it is slow.
static void blame_disk(struct scrim_camera *camera)
{
    struct scrim_error why;
    if (scrim_disk_complaint(camera->home->disk, camera->home->camera, &why))
        blame(camera, SCRIM_GAP_DISK, why.text);
    else
        blame(camera, SCRIM_GAP_OVERLOAD, "the disk does not keep up");
}

// The rest of the GOP is dropped, too: a disk that is slow gets less to write, and by whole GOPs.
static void give_up_segment(struct scrim_camera *camera, const struct scrim_error *why)
{
    end_recording(camera);
    camera->needs_key = true;
    if (why->code == SCRIM_EFORMAT || why->code == SCRIM_EINVAL)
        blame(camera, SCRIM_GAP_CAMERA, why->text);
    else if (why->code == SCRIM_EAGAIN)
        blame_disk(camera);
    else if (why->code == SCRIM_ENOENT) // no hour key: the keeper was stopped, or refuses
        blame(camera, SCRIM_GAP_OPERATOR, why->text);
    else
        blame(camera, SCRIM_GAP_OVERLOAD, why->text);
}

static int open_segment(struct scrim_camera *camera, const struct scrim_unit *frame,
                        const struct scrim_params *params, const struct scrim_moment *moment,
                        struct scrim_error *error)
{
    uint8_t key[SCRIM_HOUR_KEY];
    int result = scrim_hours_get(camera->hours, scrim_hour_of(moment->utc_us), key, error);
    if (result < 0)
        return result;
    const struct scrim_sound_params *sound = camera->sound.recorded ? &camera->sound.params : NULL;
    result = scrim_segment_open(camera->home, params, sound, frame, moment, key, &camera->segment,
                                error);
    sodium_memzero(key, sizeof key);
    return result;
}

// ---- Pictures.

// A picture is recorded: what was missing before it is over.
static void end_gap(struct scrim_camera *camera, const struct scrim_moment *moment)
{
    struct scrim_record piece;
    const bool had_gap = scrim_gap_end(&camera->gap, moment->mono_us, &piece);
    if (had_gap)
        journal(camera, &piece);
    if (had_gap || camera->begun_us == 0) {
        camera->begun_us = moment->utc_us;
        camera->last_media = moment->media;
    }
    camera->needs_key = false;
}

// A frame while nothing is recorded. Ends the gap before it, if all goes well.
static bool begin(struct scrim_camera *camera, const struct scrim_unit *frame,
                  const struct scrim_params *params, const struct scrim_moment *moment)
{
    struct scrim_error error;
    if (camera->needs_key && !frame->random) {
        if (!camera->gap.open)
            blame(camera, SCRIM_GAP_CAMERA, "waiting for a key frame");
        return false;
    }
    if (moment->arrival_us < camera->disk_retry_us)
        return false;
    if (!settle_ending(camera)) {
        camera->needs_key = true;
        blame_disk(camera);
        return false;
    }
    if (open_segment(camera, frame, params, moment, &error) < 0) {
        camera->disk_retry_us = moment->arrival_us + SCRIM_SECOND;
        give_up_segment(camera, &error);
        return false;
    }
    end_gap(camera, moment);
    return true;
}

// How long a picture lasts: as long as the one before, but if pictures are missing in between.
static int64_t lasts_us(const struct scrim_camera *camera, const struct scrim_moment *moment)
{
    const int64_t step_us = scrim_media_us(moment->media - camera->last_media);
    const int64_t usual_us = scrim_media_us(camera->timeline.stride);
    int64_t interval_us = usual_us > 0 && usual_us < step_us ? usual_us : step_us;
    if (interval_us > INTERVAL_MAX_US)
        interval_us = INTERVAL_MAX_US;
    return interval_us > 0 ? interval_us : 0;
}

// Everything is accounted for up to the end of this picture.
static void note_recorded(struct scrim_camera *camera, const struct scrim_moment *moment,
                          bool is_first)
{
    const int64_t end_us = moment->mono_us + lasts_us(camera, moment);
    if (end_us > camera->covered_us || is_first)
        camera->covered_us = end_us;
    camera->last_media = moment->media;
    camera->frames++;
}

// A picture of which no original is kept.
static void watch(struct scrim_camera *camera, const struct scrim_moment *moment)
{
    struct scrim_unsealed *unsealed = &camera->unsealed;
    const int64_t length_us = moment->mono_us - unsealed->mono_start_us;
    if (unsealed->open && (camera->cut_wanted || length_us >= SCRIM_SEGMENT_US)) {
        camera->covered_us = moment->mono_us;
        end_unsealed(camera, moment->mono_us);
    }
    if (!unsealed->open) {
        end_gap(camera, moment);
        scrim_unsealed_begin(unsealed, camera->keep, moment->utc_us, moment->mono_us);
    }
    unsealed->frames++;
    note_recorded(camera, moment, unsealed->frames == 1);
}

static bool record(struct scrim_camera *camera, const struct scrim_unit *frame,
                   const struct scrim_params *params, const struct scrim_moment *moment)
{
    struct scrim_error error;
    if (camera->keep != SCRIM_KEEP_ORIGINAL) {
        watch(camera, moment);
        return true;
    }
    if (camera->segment && must_cut(camera, frame, params, moment)) {
        camera->covered_us = moment->mono_us;
        end_segment(camera, moment->mono_us);
    }
    if (!camera->segment && !begin(camera, frame, params, moment))
        return false;
    if (scrim_segment_add(camera->segment, frame, moment, &error) < 0) {
        give_up_segment(camera, &error);
        return false;
    }
    note_recorded(camera, moment, scrim_segment_info(camera->segment)->frames == 1);
    return true;
}

// Why pictures are missing before this one, and whose fault that is. A camera's, if no packet is
// missing: it sent none, or nothing that could be used.
static enum scrim_gap_cause why_missing(const struct scrim_unit *frame, double seconds,
                                        char detail[SCRIM_GAP_DETAIL])
{
    if (frame->dropped_units > 0) {
        snprintf(detail, SCRIM_GAP_DETAIL,
                 "%" PRIu32 " pictures were dropped: the sealer was too slow",
                 frame->dropped_units);
        return SCRIM_GAP_OVERLOAD;
    }
    if (frame->lost_packets > 0) {
        snprintf(detail, SCRIM_GAP_DETAIL, "%" PRIu32 " packets did not arrive in %.1f s",
                 frame->lost_packets, seconds);
        return SCRIM_GAP_NETWORK;
    }
    snprintf(detail, SCRIM_GAP_DETAIL, "the camera sent no %spicture for %.1f s",
             frame->lost_units > 0 ? "usable " : "", seconds);
    return SCRIM_GAP_CAMERA;
}

// A second or more without a picture, while the stream went on: what was recorded ends with the
// last picture before, and begins again with this one, key frame or not: no picture that came is
// thrown away. Less than that is counted, and the segment goes on.
static void note_missing(struct scrim_camera *camera, const struct scrim_unit *frame,
                         const struct scrim_moment *moment)
{
    char detail[SCRIM_GAP_DETAIL];
    camera->lost_units += frame->lost_units;
    if (is_recording(camera) && moment->hole_us > 0) {
        const enum scrim_gap_cause cause =
            why_missing(frame, (double)moment->hole_us / SCRIM_SECOND, detail);
        end_recording(camera);
        blame(camera, cause, detail);
    }
    if (camera->segment) {
        scrim_segment_miss(camera->segment, frame->lost_units, frame->lost_packets);
        return;
    }
    if (camera->unsealed.open) {
        camera->unsealed.lost_units += frame->lost_units;
        return;
    }
    if (frame->lost_units > 0 && !camera->gap.open) {
        const int64_t since_us = moment->arrival_us - camera->covered_us;
        const enum scrim_gap_cause cause =
            why_missing(frame, (double)since_us / SCRIM_SECOND, detail);
        blame(camera, cause, detail);
    }
    camera->gap.lost_units += frame->lost_units;
}

// What waited for room in the disk's queue.
static void settle(struct scrim_camera *camera)
{
    take_disk_failure(camera);
    settle_ending(camera);
    scrim_owed_settle(&camera->owed, camera->home->disk, camera->home->camera);
}

static void cut_due_gap(struct scrim_camera *camera)
{
    struct scrim_record piece;
    if (scrim_gap_due(&camera->gap, scrim_clock_mono_us(), &piece))
        journal(camera, &piece);
}

struct scrim_moment scrim_camera_frame(struct scrim_camera *camera, const struct scrim_unit *frame,
                                       const struct scrim_params *params)
{
    const struct scrim_moment moment = scrim_timeline_place(&camera->timeline, frame);
    settle(camera);
    note_host_step(camera, moment.arrival_us, moment.host_step_us);
    note_camera_step(camera, &moment);
    note_missing(camera, frame, &moment);
    if (!record(camera, frame, params, &moment)) {
        camera->gap.lost_units++; // open, or there would be a segment
        camera->lost_units++;
    }
    cut_due_gap(camera); // not before: the frame may have ended the gap
    return moment;
}

void scrim_camera_outage(struct scrim_camera *camera, enum scrim_gap_cause cause,
                         const char *detail)
{
    take_disk_failure(camera);
    end_recording(camera);
    blame(camera, cause, detail);
    scrim_timeline_break(&camera->timeline);
    camera->needs_key = true;
    camera->sound.recorded = false;
}

void scrim_camera_sound_track(struct scrim_camera *camera, const struct scrim_sound_params *params)
{
    struct scrim_sound *sound = &camera->sound;
    if (sound->recorded && scrim_sound_is_same(&sound->params, params))
        return;
    sound->recorded = true;
    sound->params = *params;
    sound->line = (struct scrim_sound_line){0};
    camera->cut_wanted = camera->segment != NULL;
}

void scrim_camera_cut(struct scrim_camera *camera)
{
    camera->cut_wanted = camera->segment != NULL;
}

void scrim_camera_sound(struct scrim_camera *camera, const struct scrim_sound_frame *frame)
{
    scrim_sound_take(&camera->sound, camera->segment, camera->covered_us, frame);
}

void scrim_camera_tick(struct scrim_camera *camera)
{
    settle(camera);
    note_host_step(camera, scrim_clock_mono_us(), scrim_timeline_check_host(&camera->timeline));
    cut_due_gap(camera);
}

void scrim_camera_stop(struct scrim_camera *camera, enum scrim_gap_cause cause, const char *detail)
{
    struct scrim_record piece;
    take_disk_failure(camera);
    end_recording(camera);
    const int64_t now_us = scrim_clock_mono_us();
    if (scrim_gap_end(&camera->gap, now_us, &piece))
        journal(camera, &piece);
    const int64_t utc_us = scrim_timeline_utc(&camera->timeline, now_us);
    struct scrim_record stop = {.type = SCRIM_RECORD_STOP,
                                .start_us = utc_us,
                                .end_us = utc_us,
                                .mono_start_us = now_us,
                                .mono_end_us = now_us,
                                .cause = cause};
    scrim_record_note_ntp(&stop);
    snprintf(stop.detail, sizeof stop.detail, "%s", detail);
    journal(camera, &stop);
}

void scrim_camera_disk_failed(struct scrim_camera *camera, const struct scrim_error *why)
{
    pthread_mutex_lock(&camera->lock);
    camera->disk_error = *why;
    pthread_mutex_unlock(&camera->lock);
    atomic_store(&camera->disk_failed, true);
}

void scrim_camera_status(const struct scrim_camera *camera, struct scrim_camera_status *ret)
{
    *ret = (struct scrim_camera_status){.keep = camera->keep,
                                        .recording = is_recording(camera),
                                        .explained = camera->gap.open,
                                        .cause = camera->gap.cause,
                                        .frames = camera->frames,
                                        .gaps = camera->gaps,
                                        .lost_units = camera->lost_units,
                                        .sound = camera->sound.recorded,
                                        .sound_frames = camera->sound.frames,
                                        .sound_dropped = camera->sound.dropped,
                                        .sound_lost_packets = camera->sound.lost_packets};
    memcpy(ret->gaps_by, camera->gaps_by, sizeof ret->gaps_by);
    if (is_recording(camera))
        ret->since_us = camera->begun_us;
    else
        ret->since_us = camera->gap.open
                            ? camera->gap.start_us
                            : scrim_timeline_utc(&camera->timeline, camera->covered_us);
    if (camera->gap.open)
        snprintf(ret->detail, sizeof ret->detail, "%s", camera->gap.detail);
}
