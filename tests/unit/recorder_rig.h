// A camera recorded into a real store: streams are strings, time is the test's, and what was sealed
// can be opened again with two shares and compared frame by frame.
#pragma once

#include "recorder/camera.h"

#include "base/clock.h"
#include "base/fault.h"
#include "demux.h"
#include "fake_clock.h"
#include "give_keys.h"
#include "sealed.h"
#include "streams.h"

#include <sodium.h>
#include <stdatomic.h>

#define FRAME 9000 // 90 kHz, 10 pictures a second
#define FRAME_US 100000
#define START_US (INT64_C(1790000000) * SCRIM_SECOND)

struct rig {
    char dir[256];
    struct scrim_site site; // "test", with nothing in its configuration
    struct scrim_site_config config;
    struct scrim_vault vault;
    struct scrim_share shares[3];
    struct scrim_device_key *key;
    struct scrim_disk *disk;
    struct scrim_hours *hours;
    struct scrim_segment_home home;
    struct scrim_camera *camera;
    enum scrim_keep keep;
    struct scrim_params params;
    struct fake_clock clock;
    int64_t pts;
    uint32_t counter;
    // Since the last picture that came; a lost one had three packets.
    uint32_t lost, junk, dropped;
    atomic_bool failing; // the disk, for segments and tails
};

static inline void report(void *context, const char *id, const struct scrim_error *why)
{
    struct rig *rig = context;
    CHECK_TEXT(id, "quay");
    scrim_camera_disk_failed(rig->camera, why);
}

static inline void rig_open(struct rig *rig, const struct scrim_journal_head *head)
{
    struct scrim_error error;
    struct scrim_journal_head fresh = {0};
    scrim_journal_genesis("test", "quay", fresh.prev);
    if (!head)
        head = &fresh;
    static char id[] = "test";
    rig->config = (struct scrim_site_config){.id = id};
    rig->site.config = &rig->config;
    snprintf(rig->site.dir, sizeof rig->site.dir, "%s", rig->dir);
    REQUIRE(scrim_disk_create(&rig->site, rig->key, report, rig, &rig->disk, &error) == SCRIM_OK);
    REQUIRE(scrim_disk_add_camera(rig->disk, "quay", head) == SCRIM_OK);
    REQUIRE(scrim_disk_start(rig->disk, &error) == SCRIM_OK);
    REQUIRE(scrim_hours_create("quay", &rig->hours, &error) == SCRIM_OK);
    give_keys(rig->dir, rig->hours, rig->clock.utc_us);
    rig->home = (struct scrim_segment_home){rig->disk, &rig->vault, "test", "quay", 1, NULL};
    rig->camera = scrim_camera_create(&rig->home, rig->hours, head, rig->keep);
}

static inline void rig_start_keeping(struct rig *rig, enum scrim_keep keep)
{
    static const char *const names[] = {"ada", "ben", "cem"};
    struct scrim_error error;
    *rig = (struct rig){.keep = keep};
    test_make_dir(rig->dir);
    fake_clock_start(&rig->clock, START_US);
    REQUIRE(scrim_vault_generate(2, 3, names, NULL, &rig->vault, rig->shares, &error) == SCRIM_OK);
    REQUIRE(scrim_device_key_create(rig->dir, &error) == SCRIM_OK);
    REQUIRE(scrim_device_key_load(rig->dir, &rig->key, &error) == SCRIM_OK);
    scrim_params_init(&rig->params, SCRIM_CODEC_H264);
    rig_open(rig, NULL);
}

static inline void rig_start(struct rig *rig)
{
    rig_start_keeping(rig, SCRIM_KEEP_ORIGINAL);
}

// Now and then while time passes: the keys of the hours to come.
static inline void rig_tend(struct rig *rig)
{
    give_keys(rig->dir, rig->hours, rig->clock.utc_us);
}

// Ends recording and waits for the disk; the journal is whole afterwards.
static inline void rig_stop(struct rig *rig)
{
    scrim_camera_stop(rig->camera, SCRIM_GAP_OPERATOR, "the test ends");
    scrim_disk_stop(rig->disk);
    scrim_camera_destroy(rig->camera);
    scrim_hours_destroy(rig->hours);
    rig->camera = NULL;
}

static inline void rig_finish(struct rig *rig)
{
    scrim_params_finish(&rig->params);
    scrim_device_key_destroy(rig->key);
    fake_clock_end();
    scrim_fault_set(NULL, NULL);
    test_remove_dir(rig->dir);
}

// I: key picture; L: key picture at another size; P: other; p: other, with a PPS that is new;
// x: a picture that is lost on its way, j: one that comes as junk, d: one that comes and is dropped
// before the sealer; '.': the camera sends nothing for a frame's time.
static inline void play(struct rig *rig, const char *stream)
{
    for (; *stream; stream++) {
        struct scrim_buf unit;
        struct scrim_access_unit_info info;
        scrim_buf_init(&unit, 1 << 16);
        if (*stream == 'p')
            put_bytes(&unit, "\0\0\0\1\x68\xce\x3c\x90", 8);
        if (strchr("xjd", *stream)) {
            rig->counter++;
            *(*stream == 'x' ? &rig->lost : *stream == 'j' ? &rig->junk : &rig->dropped) += 1;
        } else if (*stream != '.') {
            put_unit(&unit, SCRIM_CODEC_H264, *stream == 'p' ? 'P' : *stream, rig->counter++, 3000);
            CHECK_INT(scrim_params_update(&rig->params, unit.data, unit.len, &info), SCRIM_OK);
            const struct scrim_unit frame = {.data = unit.data,
                                             .size = unit.len,
                                             .rtp = rig->pts,
                                             .random = info.random && rig->params.width > 0,
                                             .lost_units = rig->lost + rig->junk + rig->dropped,
                                             .lost_packets = rig->lost * 3,
                                             .dropped_units = rig->dropped};
            rig->lost = rig->junk = rig->dropped = 0;
            scrim_camera_frame(rig->camera, &frame, &rig->params);
        } else {
            scrim_camera_tick(rig->camera);
        }
        scrim_buf_finish(&unit);
        rig->pts += FRAME;
        fake_clock_pass(&rig->clock, FRAME_US);
    }
}

static inline void play_seconds(struct rig *rig, int seconds)
{
    for (int i = 0; i < seconds; i++)
        play(rig, "IPPPPPPPPP");
}

static inline size_t journal(struct rig *rig, struct scrim_record *ret, size_t room)
{
    return sealed_journal(rig->dir, "quay", ret, room);
}

static inline int by_moment(const void *a, const void *b)
{
    const struct scrim_record *left = a, *right = b;
    if (left->mono_start_us != right->mono_start_us)
        return left->mono_start_us < right->mono_start_us ? -1 : 1;
    return left->seq < right->seq ? -1 : 1;
}

// In the order of time. Where a test makes seconds pass at once, the disk looks late, and gaps may
// be journalled before the segment that they follow.
static inline size_t journal_by_time(struct rig *rig, struct scrim_record *ret, size_t room)
{
    const size_t count = journal(rig, ret, room);
    qsort(ret, count, sizeof *ret, by_moment);
    return count;
}

// Opens a segment and checks that it holds `frames` frames from number `first` on.
static inline void holds(struct rig *rig, const struct scrim_record *record, uint32_t first,
                         size_t frames)
{
    struct scrim_buf plain;
    static struct demuxed demuxed;
    scrim_buf_init(&plain, 64U << 20);
    CHECK_INT(sealed_open(rig->dir, "quay", record->file, &rig->vault, rig->shares, &plain), 0);
    demux(plain.data, plain.len, &demuxed);
    CHECK_INT(demuxed.count, frames);
    CHECK_INT(record->frames, frames);
    for (size_t i = 0; i < demuxed.count; i++) {
        const uint32_t number = first + (uint32_t)i;
        const uint8_t expected[] = {(uint8_t)(0x80 | number >> 21), (uint8_t)(0x80 | number >> 14),
                                    (uint8_t)(0x80 | number >> 7), (uint8_t)(0x80 | number), 0x80};
        const struct demuxed_packet *packet = &demuxed.packets[i];
        CHECK(memmem(packet->data, packet->size, expected, sizeof expected) != NULL);
        CHECK_INT(packet->pts - demuxed.packets[0].pts, (int64_t)i * FRAME);
    }
    demux_free(&demuxed);
    scrim_buf_finish(&plain);
}
