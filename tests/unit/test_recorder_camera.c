// A camera recorded into a real store: streams are strings, time is the test's, and what was sealed
// is opened again with two shares and compared frame by frame.
#include "recorder/camera.h"

#include "base/clock.h"
#include "base/fault.h"
#include "demux.h"
#include "fake_clock.h"
#include "sealed.h"
#include "streams.h"

#include <errno.h>
#include <sodium.h>
#include <stdatomic.h>

#define FRAME 9000 // 90 kHz, 10 pictures a second
#define FRAME_US 100000
#define START_US (INT64_C(1790000000) * SCRIM_SECOND)

struct rig {
    char dir[256];
    struct scrim_vault vault;
    struct scrim_share shares[3];
    struct scrim_device_key *key;
    struct scrim_disk *disk;
    struct scrim_hours *hours;
    struct scrim_segment_home home;
    struct scrim_camera *camera;
    struct scrim_params params;
    struct fake_clock clock;
    int64_t pts;
    uint32_t counter;
    atomic_bool failing; // the disk, for segments and tails
};

static void report(void *context, const char *id, const struct scrim_error *why)
{
    struct rig *rig = context;
    CHECK_TEXT(id, "quay");
    scrim_camera_disk_failed(rig->camera, why);
}

static void rig_open(struct rig *rig, const struct scrim_journal_head *head)
{
    struct scrim_error error;
    struct scrim_journal_head fresh = {0};
    scrim_journal_genesis("test", "quay", fresh.prev);
    if (!head)
        head = &fresh;
    REQUIRE(scrim_disk_create(rig->dir, rig->key, report, rig, &rig->disk, &error) == SCRIM_OK);
    REQUIRE(scrim_disk_add_camera(rig->disk, "quay", head) == SCRIM_OK);
    REQUIRE(scrim_disk_start(rig->disk, &error) == SCRIM_OK);
    REQUIRE(scrim_hours_create(rig->dir, "quay", rig->clock.utc_us, &rig->hours, &error) ==
            SCRIM_OK);
    rig->home = (struct scrim_segment_home){rig->disk, &rig->vault, "test", "quay", 1};
    rig->camera = scrim_camera_create(&rig->home, rig->hours, head);
}

static void rig_start(struct rig *rig)
{
    static const char *const names[] = {"ada", "ben", "cem"};
    struct scrim_error error;
    *rig = (struct rig){0};
    test_make_dir(rig->dir);
    fake_clock_start(&rig->clock, START_US);
    REQUIRE(scrim_vault_generate(2, 3, names, &rig->vault, rig->shares, &error) == SCRIM_OK);
    REQUIRE(scrim_device_key_create(rig->dir, &error) == SCRIM_OK);
    REQUIRE(scrim_device_key_load(rig->dir, &rig->key, &error) == SCRIM_OK);
    scrim_params_init(&rig->params, SCRIM_CODEC_H264);
    rig_open(rig, NULL);
}

// Ends recording and waits for the disk; the journal is whole afterwards.
static void rig_stop(struct rig *rig)
{
    scrim_camera_stop(rig->camera, SCRIM_GAP_OPERATOR, "the test ends");
    scrim_disk_stop(rig->disk);
    scrim_camera_destroy(rig->camera);
    scrim_hours_destroy(rig->hours);
    rig->camera = NULL;
}

static void rig_finish(struct rig *rig)
{
    scrim_params_finish(&rig->params);
    scrim_device_key_destroy(rig->key);
    fake_clock_end();
    scrim_fault_set(NULL, NULL);
    test_remove_dir(rig->dir);
}

// I: key picture; L: key picture at another size; P: other; p: other, with a PPS that is new;
// '.': nothing comes for a frame's time.
static void play(struct rig *rig, const char *stream)
{
    for (; *stream; stream++) {
        struct scrim_buf unit;
        struct scrim_access_unit_info info;
        scrim_buf_init(&unit, 1 << 16);
        if (*stream == 'p')
            put_bytes(&unit, "\0\0\0\1\x68\xce\x3c\x90", 8);
        if (*stream != '.') {
            put_unit(&unit, SCRIM_CODEC_H264, *stream == 'p' ? 'P' : *stream, rig->counter++, 3000);
            CHECK_INT(scrim_params_update(&rig->params, unit.data, unit.len, &info), SCRIM_OK);
            const struct scrim_unit frame = {.data = unit.data,
                                             .size = unit.len,
                                             .rtp = rig->pts,
                                             .random = info.random && rig->params.width > 0};
            scrim_camera_frame(rig->camera, &frame, &rig->params);
        } else {
            scrim_camera_tick(rig->camera);
        }
        scrim_buf_finish(&unit);
        rig->pts += FRAME;
        fake_clock_pass(&rig->clock, FRAME_US);
    }
}

static void play_seconds(struct rig *rig, int seconds)
{
    for (int i = 0; i < seconds; i++)
        play(rig, "IPPPPPPPPP");
}

static size_t journal(struct rig *rig, struct scrim_record *ret, size_t room)
{
    return sealed_journal(rig->dir, "quay", ret, room);
}

// Opens a segment and checks that it holds `frames` frames from number `first` on.
static void holds(struct rig *rig, const struct scrim_record *record, uint32_t first, size_t frames)
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

static void waits_for_a_key_frame(void)
{
    struct rig rig;
    struct scrim_record records[16];
    rig_start(&rig);
    play(&rig, "PPPPIPPPPPPPPPIPPP");
    rig_stop(&rig);
    REQUIRE(journal(&rig, records, 16) == 2);
    CHECK_INT(records[0].type, SCRIM_RECORD_SEGMENT);
    CHECK_INT(records[0].start_us, START_US + 4 * FRAME_US);
    CHECK_INT(records[0].end_us, START_US + 18 * FRAME_US);
    CHECK_INT(records[0].keyframes, 2);
    CHECK_INT(records[0].width, 640);
    CHECK_TEXT(records[0].codec, "h264");
    CHECK(!records[0].torn);
    CHECK_INT(records[1].type, SCRIM_RECORD_STOP);
    holds(&rig, &records[0], 4, 14);
    rig_finish(&rig);
}

static void cuts_every_minute_without_a_hole(void)
{
    struct rig rig;
    struct scrim_record records[16];
    rig_start(&rig);
    play_seconds(&rig, 150);
    struct scrim_camera_status status;
    scrim_camera_status(rig.camera, &status);
    CHECK_INT(status.since_us, START_US);
    rig_stop(&rig);
    REQUIRE(journal(&rig, records, 16) == 4);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(records[i].type, SCRIM_RECORD_SEGMENT);
        CHECK_INT(records[i].start_us, START_US + i * 60 * SCRIM_SECOND);
        holds(&rig, &records[i], (uint32_t)i * 600, i < 2 ? 600 : 300);
    }
    CHECK_INT(records[0].end_us, records[1].start_us);
    CHECK_INT(records[1].end_us, records[2].start_us);
    rig_finish(&rig);
}

static void cuts_when_the_stream_changes(void)
{
    struct rig rig;
    struct scrim_record records[16];
    rig_start(&rig);
    play(&rig, "IPPPLPPPIPpPPIPP");
    rig_stop(&rig);
    REQUIRE(journal(&rig, records, 16) == 5);
    CHECK_INT(records[0].width, 640);
    CHECK_INT(records[1].width, 1920);
    CHECK_INT(records[1].height, 1080);
    CHECK_INT(records[0].end_us, records[1].start_us);
    holds(&rig, &records[0], 0, 4);
    holds(&rig, &records[1], 4, 4);
    CHECK_INT(records[2].width, 640);
    // New parameters between key frames lie in the stream; the next key frame begins with them.
    holds(&rig, &records[2], 8, 5);
    CHECK_INT(records[2].end_us, records[3].start_us);
    holds(&rig, &records[3], 13, 3);
    rig_finish(&rig);
}

static void cuts_at_the_hour(void)
{
    struct rig rig;
    struct scrim_record records[16];
    struct scrim_error error;
    rig_start(&rig);
    const int64_t hour_us = 3600 * SCRIM_SECOND;
    const int64_t next_us = (START_US / hour_us + 1) * hour_us;
    fake_clock_pass(&rig.clock, next_us - START_US - 15 * FRAME_US);
    play(&rig, "IPPPPPPPPPIPPPPPPPPPIPPPP");
    CHECK_INT(scrim_hours_tend(rig.hours, rig.clock.utc_us, &error), SCRIM_OK);
    rig_stop(&rig);
    REQUIRE(journal(&rig, records, 16) == 3);
    CHECK_INT(records[0].end_us, next_us + 5 * FRAME_US);
    CHECK_INT(records[1].start_us, next_us + 5 * FRAME_US);
    holds(&rig, &records[0], 0, 20); // each under the key of the hour in which it began
    holds(&rig, &records[1], 20, 5);
    rig_finish(&rig);
}

static void gaps_have_causes(void)
{
    struct rig rig;
    struct scrim_record records[16];
    rig_start(&rig);
    play(&rig, "IPPPP");
    fake_clock_pass(&rig.clock, 4 * SCRIM_SECOND);
    scrim_camera_outage(rig.camera, SCRIM_GAP_CAMERA, "no picture for 5 s");
    fake_clock_pass(&rig.clock, 2 * SCRIM_SECOND);
    scrim_camera_outage(rig.camera, SCRIM_GAP_NETWORK, "the host cannot be reached");
    fake_clock_pass(&rig.clock, 10 * SCRIM_SECOND);
    scrim_camera_outage(rig.camera, SCRIM_GAP_NETWORK, "the host cannot be reached");
    rig.pts = 5; // another session
    play(&rig, "PPIPP");
    struct scrim_camera_status status;
    scrim_camera_status(rig.camera, &status);
    CHECK(status.recording);
    CHECK_INT(status.gaps, 1);
    CHECK_INT(status.frames, 8);
    CHECK_INT(status.since_us, START_US + 5 * FRAME_US + 16 * SCRIM_SECOND + 2 * FRAME_US);
    rig_stop(&rig);
    REQUIRE(journal(&rig, records, 16) == 5);
    const int64_t last_us = START_US + 5 * FRAME_US, back_us = last_us + 16 * SCRIM_SECOND;
    CHECK_INT(records[0].end_us, last_us);
    CHECK_INT(records[1].type, SCRIM_RECORD_GAP);
    CHECK_INT(records[1].cause, SCRIM_GAP_CAMERA);
    CHECK_INT(records[1].start_us, last_us);
    CHECK_INT(records[1].end_us, last_us + 6 * SCRIM_SECOND);
    CHECK_INT(records[2].cause, SCRIM_GAP_NETWORK);
    CHECK_TEXT(records[2].detail, "the host cannot be reached");
    CHECK_INT(records[2].start_us, records[1].end_us);
    CHECK_INT(records[2].end_us, back_us + 2 * FRAME_US);
    CHECK_INT(records[3].start_us, records[2].end_us);
    holds(&rig, &records[3], 7, 3);
    rig_finish(&rig);
}

// A long gap is journalled in pieces; the frame that ends it is no reason for one more.
static void a_long_gap_ends_where_the_recording_begins(void)
{
    struct rig rig;
    struct scrim_record records[16];
    struct scrim_camera_status status;
    rig_start(&rig);
    play(&rig, "IPPPP");
    scrim_camera_outage(rig.camera, SCRIM_GAP_NETWORK, "no answer in time");
    fake_clock_pass(&rig.clock, SCRIM_GAP_PIECE_US + SCRIM_SECOND);
    rig.pts = 5; // another session
    play(&rig, "IPP");
    scrim_camera_status(rig.camera, &status);
    rig_stop(&rig);
    REQUIRE(journal(&rig, records, 16) == 4);
    CHECK_INT(records[1].type, SCRIM_RECORD_GAP);
    CHECK_INT(records[1].start_us, records[0].end_us);
    CHECK_INT(records[1].end_us, records[2].start_us);
    CHECK_INT(status.since_us, records[2].start_us);
    rig_finish(&rig);
}

static void starts_account_for_the_time_between(void)
{
    static const struct {
        bool stopped;
        enum scrim_gap_cause stop_cause, expected;
    } cases[] = {{false, SCRIM_GAP_CAMERA, SCRIM_GAP_CRASH},
                 {true, SCRIM_GAP_OPERATOR, SCRIM_GAP_OPERATOR},
                 {true, SCRIM_GAP_CLOCK, SCRIM_GAP_CLOCK}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        struct scrim_record records[16];
        struct scrim_journal_head head = {.last_end_us = START_US - 77 * SCRIM_SECOND,
                                          .stopped = cases[i].stopped,
                                          .stop_cause = cases[i].stop_cause};
        rig_start(&rig);
        rig_stop(&rig);
        const size_t before = journal(&rig, records, 16);
        rig_open(&rig, &head);
        play(&rig, "IPPP");
        rig_stop(&rig);
        REQUIRE(journal(&rig, records, 16) == before + 3);
        CHECK_INT(records[before].type, SCRIM_RECORD_GAP);
        CHECK_INT(records[before].cause, cases[i].expected);
        CHECK_INT(records[before].start_us, START_US - 77 * SCRIM_SECOND);
        CHECK_INT(records[before].end_us, START_US);
        rig_finish(&rig);
    }
}

static void a_stop_in_a_gap_accounts_for_it(void)
{
    struct rig rig;
    struct scrim_record records[16];
    struct scrim_journal_head head;
    struct scrim_error error;
    rig_start(&rig);
    scrim_camera_outage(rig.camera, SCRIM_GAP_NETWORK, "no answer in time");
    fake_clock_pass(&rig.clock, SCRIM_GAP_PIECE_US + 5 * SCRIM_SECOND);
    scrim_camera_tick(rig.camera);
    fake_clock_pass(&rig.clock, 5 * SCRIM_SECOND);
    rig_stop(&rig);
    REQUIRE(journal(&rig, records, 16) == 3);
    CHECK_INT(records[0].start_us, START_US);
    CHECK_INT(records[0].end_us, START_US + SCRIM_GAP_PIECE_US + 5 * SCRIM_SECOND);
    CHECK_INT(records[1].start_us, records[0].end_us);
    CHECK_INT(records[1].end_us, rig.clock.utc_us);
    CHECK_INT(records[1].cause, SCRIM_GAP_NETWORK);
    CHECK_INT(records[2].type, SCRIM_RECORD_STOP);
    CHECK_INT(scrim_journal_find_head(rig.dir, "test", "quay", &head, &error), SCRIM_OK);
    CHECK(head.stopped);
    CHECK_INT(head.stop_cause, SCRIM_GAP_OPERATOR);
    CHECK_INT(head.last_end_us, rig.clock.utc_us);
    rig_finish(&rig);
}

static void the_host_clock_steps(void)
{
    struct rig rig;
    struct scrim_record records[16];
    rig_start(&rig);
    play(&rig, "IPPPPPPPPPIPPPP");
    rig.clock.utc_us += 100 * SCRIM_SECOND;
    play(&rig, "PPPPPIPPPP");
    rig_stop(&rig);
    REQUIRE(journal(&rig, records, 16) == 4);
    // The clock record first: the segment in which it happened ends later, by the clock it began
    // with.
    CHECK_INT(records[0].type, SCRIM_RECORD_CLOCK);
    CHECK(llabs(records[0].step_us - 100 * SCRIM_SECOND) < 1000);
    CHECK_INT(records[1].type, SCRIM_RECORD_SEGMENT);
    CHECK(llabs(records[1].end_us - START_US - 20 * FRAME_US) < 1000);
    CHECK(llabs(records[2].start_us - START_US - 20 * FRAME_US - 100 * SCRIM_SECOND) < 1000);
    holds(&rig, &records[1], 0, 20);
    holds(&rig, &records[2], 20, 5);
    rig_finish(&rig);
}

static int fail_segments(void *context, enum scrim_fault_op op, const char *what)
{
    const struct rig *rig = context;
    return rig->failing && op == SCRIM_FAULT_WRITE && what && strstr(what, "/store/") &&
                   !strstr(what, "journal")
               ? ENOSPC
               : 0;
}

static void waits_until(struct rig *rig, bool recording)
{
    struct scrim_camera_status status;
    for (int i = 0; i < 600; i++) { // a frame at a time; the disk thread runs in real time
        play(rig, i % 10 ? "P" : "I");
        scrim_camera_status(rig->camera, &status);
        if (status.recording == recording)
            return;
        usleep(2000);
    }
    CHECK(status.recording == recording); // the disk thread never came round
}

static void a_full_disk_is_a_gap_and_heals(void)
{
    struct rig rig;
    static struct scrim_record records[64];
    rig_start(&rig);
    scrim_fault_set(fail_segments, &rig);
    play(&rig, "IPPPPPPPPP");
    rig.failing = true;
    waits_until(&rig, false);
    struct scrim_camera_status status;
    scrim_camera_status(rig.camera, &status);
    CHECK(status.explained);
    CHECK_INT(status.cause, SCRIM_GAP_DISK);
    rig.failing = false;
    waits_until(&rig, true);
    play(&rig, "PPIPP");
    rig_stop(&rig);
    const size_t count = journal(&rig, records, 64);
    int gaps = 0, whole = 0;
    for (size_t i = 0; i < count; i++) {
        gaps += records[i].type == SCRIM_RECORD_GAP && records[i].cause == SCRIM_GAP_DISK;
        whole += records[i].type == SCRIM_RECORD_SEGMENT && !records[i].torn;
        CHECK(i == 0 || records[i].type != SCRIM_RECORD_GAP ||
              strstr(records[i].detail, "No space"));
    }
    CHECK_INT(gaps, 1);
    CHECK_INT(whole, 1);
    rig_finish(&rig);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(
        argc, argv,
        (struct test[]){
            {"recording waits for a key frame", waits_for_a_key_frame},
            {"a cut every minute, without a hole", cuts_every_minute_without_a_hole},
            {"a cut when the stream changes", cuts_when_the_stream_changes},
            {"a cut at the hour", cuts_at_the_hour},
            {"gaps have causes", gaps_have_causes},
            {"a long gap ends where the recording begins",
             a_long_gap_ends_where_the_recording_begins},
            {"starts account for the time between", starts_account_for_the_time_between},
            {"a stop in a gap accounts for it", a_stop_in_a_gap_accounts_for_it},
            {"the host's clock steps", the_host_clock_steps},
            {"a full disk is a gap, and heals", a_full_disk_is_a_gap_and_heals},
            {0}});
}
