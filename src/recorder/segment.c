#include "recorder/segment.h"

#include "age/age.h"
#include "base/alloc.h"
#include "bitstream/mux.h"

#include <stdio.h>
#include <stdlib.h>

// What was put too late is followed by frames that are told to be so much shorter, until they are
// where they belong: none is thrown away for that.
#define SQUEEZED 4
#define SEAM 2                      // samples: what rounding makes of two frames without one
#define FLUSH_US (SCRIM_SECOND / 2) // video in RAM only, at most
#define DENSE_CHUNKS 3              // in FLUSH_US: each fills in less than a quarter of a second
#define PLAIN_MAX (80U << 20)       // one fragment with its boxes
#define SENDER_UTC_MAX_US (INT64_C(32503680000) * SCRIM_SECOND) // the year 3000
#define SEALED_MAX (160U << 20) // what waits while the disk's queue is full

struct scrim_segment {
    const struct scrim_segment_home *home;
    struct scrim_segment_info info;
    struct scrim_record record;
    struct scrim_mux *mux;
    struct scrim_seal *seal;
    struct scrim_buf plain;  // a fragment on its way to the seal
    struct scrim_buf sealed; // bytes that the disk has not taken yet
    int64_t first_dts;
    bool has_sound;
    struct scrim_sound_params sound;
    int64_t origin_us;  // monotonic; the moment of the file's time 0
    int64_t sound_end;  // of its last frame, in samples since then
    int64_t sound_due;  // when the next one may begin
    bool heard;         // there was one
    int64_t flushed_us; // monotonic
    bool finished;      // the last chunk is in `sealed`
};

// As the camera has it; 0 also for what no clock of this millennium says.
static int64_t sender_utc(const struct scrim_unit *unit)
{
    return unit->sender_utc_us > 0 && unit->sender_utc_us < SENDER_UTC_MAX_US ? unit->sender_utc_us
                                                                              : 0;
}

// As far as the journal can say it.
static int64_t rtp_of(const struct scrim_unit *unit)
{
    return unit->rtp < -INT64_MAX ? -INT64_MAX : unit->rtp;
}

static void describe(struct scrim_segment *segment, const struct scrim_params *params,
                     const struct scrim_unit *first, const struct scrim_moment *moment)
{
    segment->info = (struct scrim_segment_info){.start_us = moment->utc_us,
                                                .mono_start_us = moment->mono_us,
                                                .generation = params->generation};
    struct scrim_record *record = &segment->record;
    record->type = SCRIM_RECORD_SEGMENT;
    record->start_us = moment->utc_us;
    record->mono_start_us = moment->mono_us;
    record->boot = segment->home->boot;
    record->rtp_first = record->rtp_last = rtp_of(first);
    record->rtcp_ntp_us = sender_utc(first);
    record->declared_mfps = params->declared_mfps;
    record->width = params->width;
    record->height = params->height;
    snprintf(record->codec, sizeof record->codec, "%s",
             params->codec == SCRIM_CODEC_H264 ? "h264" : "h265");
    segment->first_dts = moment->dts;
    segment->origin_us = moment->mono_us - scrim_media_us(moment->media - moment->dts);
    segment->flushed_us = moment->arrival_us;
}

static int start_seal(struct scrim_segment *segment, const uint8_t hour_key[SCRIM_HOUR_KEY],
                      struct scrim_error *error)
{
    const struct scrim_segment_home *home = segment->home;
    struct scrim_vault_label label = {.start_utc_us = segment->info.start_us,
                                      .hour = scrim_hour_of(segment->info.start_us)};
    segment->info.turn = scrim_emergency_turn(home->emergency);
    snprintf(label.site, sizeof label.site, "%s", home->site);
    snprintf(label.camera, sizeof label.camera, "%s", home->camera);
    return scrim_seal_create(home->vault, &label, hour_key,
                             scrim_emergency_get(home->emergency, segment->info.start_us),
                             &segment->seal, &segment->sealed, error);
}

static int start_mux(struct scrim_segment *segment, const struct scrim_params *params,
                     struct scrim_error *error)
{
    const struct scrim_mux_params mux = {.codec = params->codec,
                                         .extradata = params->sets.data,
                                         .extradata_len = params->sets.len,
                                         .width = params->width,
                                         .height = params->height,
                                         .sound = segment->has_sound ? &segment->sound : NULL};
    const int result = scrim_mux_create(&mux, &segment->mux, &segment->plain, error);
    if (result < 0)
        return result;
    const int sealed =
        scrim_seal_append(segment->seal, segment->plain.data, segment->plain.len, &segment->sealed);
    scrim_buf_clear(&segment->plain);
    return sealed < 0 ? scrim_fail(error, sealed, "cannot seal: %s", scrim_err_text(sealed))
                      : SCRIM_OK;
}

int scrim_segment_open(const struct scrim_segment_home *home, const struct scrim_params *params,
                       const struct scrim_sound_params *sound, const struct scrim_unit *first,
                       const struct scrim_moment *moment, const uint8_t hour_key[SCRIM_HOUR_KEY],
                       struct scrim_segment **ret, struct scrim_error *error)
{
    struct scrim_segment *segment = scrim_new(struct scrim_segment);
    segment->home = home;
    scrim_buf_init(&segment->plain, PLAIN_MAX);
    scrim_buf_init(&segment->sealed, SEALED_MAX);
    describe(segment, params, first, moment);
    segment->has_sound = sound != NULL;
    if (sound)
        segment->sound = *sound;
    int result = start_seal(segment, hour_key, error);
    if (result >= 0)
        result = start_mux(segment, params, error);
    if (result >= 0) {
        result = scrim_disk_open(home->disk, home->camera, moment->utc_us, &segment->sealed);
        if (result < 0)
            scrim_fail(error, result, "the disk does not keep up");
    }
    if (result < 0) {
        scrim_segment_destroy(segment);
        return result;
    }
    *ret = segment;
    return SCRIM_OK;
}

void scrim_segment_destroy(struct scrim_segment *segment)
{
    if (!segment)
        return;
    scrim_mux_destroy(segment->mux);
    scrim_seal_destroy(segment->seal);
    scrim_buf_finish_wipe(&segment->plain);
    scrim_buf_finish(&segment->sealed);
    free(segment);
}

const struct scrim_segment_info *scrim_segment_info(const struct scrim_segment *segment)
{
    return &segment->info;
}

// Cuts the fragment and moves it into the seal.
static int seal_fragment(struct scrim_segment *segment, struct scrim_error *error)
{
    int result = scrim_mux_cut(segment->mux, &segment->plain, error);
    if (result < 0)
        return result;
    result =
        scrim_seal_append(segment->seal, segment->plain.data, segment->plain.len, &segment->sealed);
    scrim_buf_clear(&segment->plain);
    return result < 0 ? scrim_fail(error, result, "cannot seal: %s", scrim_err_text(result))
                      : SCRIM_OK;
}

// What does not fill a chunk yet lies on disk as a tail.
static int write_tail(struct scrim_segment *segment)
{
    struct scrim_buf tail;
    bool changed;
    scrim_buf_init(&tail, SEALED_MAX);
    int result = scrim_seal_tail(segment->seal, &tail, &changed);
    if (result >= 0 && changed)
        result = scrim_disk_tail(segment->home->disk, segment->home->camera, &tail);
    scrim_buf_finish(&tail);
    return result;
}

static int flush(struct scrim_segment *segment, int64_t now_us, struct scrim_error *error)
{
    const struct scrim_segment_home *home = segment->home;
    int result = seal_fragment(segment, error);
    if (result < 0)
        return result;
    segment->flushed_us = now_us;
    // Of a stream that fills several chunks between two flushes, the unfinished one holds but a
    // moment: it will be whole before a tail would be worth its price.
    const bool dense = segment->sealed.len >= DENSE_CHUNKS * SCRIM_AGE_SEALED_CHUNK;
    if (segment->sealed.len > 0)
        result = scrim_disk_append(home->disk, home->camera, &segment->sealed);
    if (result >= 0 && !dense)
        result = write_tail(segment);
    return result < 0 ? scrim_fail(error, result, "the disk does not keep up") : SCRIM_OK;
}

int scrim_segment_add(struct scrim_segment *segment, const struct scrim_unit *frame,
                      const struct scrim_moment *moment, struct scrim_error *error)
{
    struct scrim_record *record = &segment->record;
    int result = SCRIM_OK;
    if (record->frames > 0 &&
        (frame->random || moment->arrival_us - segment->flushed_us >= FLUSH_US))
        result = flush(segment, moment->arrival_us, error);
    if (result >= 0)
        result = scrim_mux_write(segment->mux, frame->data, frame->size,
                                 moment->media - segment->first_dts,
                                 moment->dts - segment->first_dts, frame->random, error);
    if (result < 0)
        return result;
    record->frames++;
    record->keyframes += frame->random;
    record->rtp_last = rtp_of(frame);
    record->rtcp_last_us = sender_utc(frame);
    segment->info.frames++;
    segment->info.bytes += frame->size;
    return SCRIM_OK;
}

bool scrim_segment_add_sound(struct scrim_segment *segment, const struct scrim_sound_params *params,
                             const struct scrim_sound_frame *frame, int64_t mono_us)
{
    if (!segment->has_sound || !scrim_sound_is_same(&segment->sound, params))
        return false;
    const int64_t rate = params->rate, since_us = mono_us - segment->origin_us;
    int64_t at = since_us / SCRIM_SECOND * rate + since_us % SCRIM_SECOND * rate / SCRIM_SECOND;
    if (segment->heard && at - segment->sound_end <= SEAM && segment->sound_end - at <= SEAM)
        at = segment->sound_end;
    if (segment->heard && at < segment->sound_due) {
        if (at < segment->sound_due - rate)
            return false;
        at = segment->sound_due;
    }
    if (scrim_mux_write_sound(segment->mux, frame, at) < 0)
        return false;
    segment->heard = true;
    segment->sound_end = at + frame->samples;
    segment->sound_due = at + (frame->samples + SQUEEZED - 1) / SQUEEZED;
    segment->info.bytes += frame->size;
    return true;
}

void scrim_segment_miss(struct scrim_segment *segment, uint64_t units, uint64_t packets)
{
    segment->record.lost_units += units;
    segment->record.lost_packets += packets;
}

// Frames in a thousand seconds, by the host's clock.
static uint32_t delivered_mfps(const struct scrim_record *record)
{
    const uint64_t length_us = (uint64_t)(record->end_us - record->start_us);
    const uint64_t mfps = record->frames < 2 ? 0 : record->frames * 1000 * SCRIM_SECOND / length_us;
    return mfps < UINT32_MAX ? (uint32_t)mfps : UINT32_MAX;
}

int scrim_segment_end(struct scrim_segment *segment, int64_t mono_end_us, struct scrim_error *error)
{
    const struct scrim_segment_home *home = segment->home;
    struct scrim_record *record = &segment->record;
    int result = SCRIM_OK;
    if (!segment->finished) {
        result = seal_fragment(segment, error);
        if (result >= 0)
            result = scrim_seal_finish(segment->seal, &segment->sealed);
        if (result < 0)
            return scrim_fail(error, result, "cannot seal the end: %s", scrim_err_text(result));
        segment->finished = true;
    }
    record->mono_end_us =
        mono_end_us > record->mono_start_us ? mono_end_us : record->mono_start_us + 1;
    record->end_us = record->start_us + record->mono_end_us - record->mono_start_us;
    record->delivered_mfps = delivered_mfps(record);
    scrim_record_note_ntp(record);
    result = scrim_disk_close(home->disk, home->camera, &segment->sealed, record);
    return result < 0 ? scrim_fail(error, result, "the disk does not keep up") : SCRIM_OK;
}
