// A camera recorded into a real store: what is cut, what becomes a gap, what is in the segments.
#include "recorder_rig.h"

#include <errno.h>

static void waits_for_a_key_frame(void)
{
    struct rig rig;
    struct scrim_record records[16];
    rig_start(&rig);
    play(&rig, "PPPPIPPPPPPPPPIPPP");
    rig_stop(&rig);
    REQUIRE(journal(&rig, records, 16) == 3);
    CHECK_INT(records[0].type, SCRIM_RECORD_GAP);
    CHECK_INT(records[0].cause, SCRIM_GAP_CAMERA);
    CHECK_INT(records[0].start_us, START_US);
    CHECK_INT(records[0].end_us, START_US + 4 * FRAME_US);
    CHECK_INT(records[0].lost_units, 4); // they came, and nothing can be made of them
    CHECK_INT(records[1].type, SCRIM_RECORD_SEGMENT);
    CHECK_INT(records[1].start_us, START_US + 4 * FRAME_US);
    CHECK_INT(records[1].end_us, START_US + 18 * FRAME_US);
    CHECK_INT(records[1].keyframes, 2);
    CHECK_INT(records[1].width, 640);
    CHECK_INT(records[1].delivered_mfps, 10000);
    CHECK_TEXT(records[1].codec, "h264");
    CHECK(!records[1].torn);
    CHECK_INT(records[2].type, SCRIM_RECORD_STOP);
    holds(&rig, &records[1], 4, 14);
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
    rig_start(&rig);
    const int64_t hour_us = 3600 * SCRIM_SECOND;
    const int64_t next_us = (START_US / hour_us + 1) * hour_us;
    fake_clock_pass(&rig.clock, next_us - START_US - 15 * FRAME_US);
    play(&rig, "IPPPPPPPPPIPPPPPPPPPIPPPP");
    rig_tend(&rig);
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
    REQUIRE(journal_by_time(&rig, records, 16) == 5);
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
    CHECK_INT(records[2].lost_units, 2);
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
    REQUIRE(journal_by_time(&rig, records, 16) == 4);
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
    REQUIRE(journal_by_time(&rig, records, 16) == 3);
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

// The host's clock is set while nothing is recorded: both sides of the gap are told by the clock of
// their time, and its length is right.
static void the_host_clock_steps_in_a_gap(void)
{
    struct rig rig;
    struct scrim_record records[16];
    rig_start(&rig);
    play(&rig, "IPPPP");
    scrim_camera_outage(rig.camera, SCRIM_GAP_NETWORK, "no answer in time");
    fake_clock_pass(&rig.clock, 10 * SCRIM_SECOND);
    rig.clock.utc_us -= 3600 * SCRIM_SECOND;
    scrim_camera_tick(rig.camera);
    fake_clock_pass(&rig.clock, 10 * SCRIM_SECOND);
    rig.pts = 5;
    play(&rig, "IPP");
    rig_stop(&rig);
    REQUIRE(journal_by_time(&rig, records, 16) == 6);
    CHECK_INT(records[1].type, SCRIM_RECORD_GAP);
    CHECK_INT(records[1].end_us - records[1].start_us, 10 * SCRIM_SECOND);
    CHECK_INT(records[2].type, SCRIM_RECORD_CLOCK);
    CHECK(!records[2].of_camera);
    CHECK_INT(records[2].step_us, -3600 * SCRIM_SECOND);
    CHECK_INT(records[3].type, SCRIM_RECORD_GAP);
    CHECK_INT(records[3].start_us, records[1].end_us - 3600 * SCRIM_SECOND);
    CHECK_INT(records[3].end_us - records[3].start_us, 10 * SCRIM_SECOND);
    CHECK_INT(records[4].start_us, records[3].end_us);
    rig_finish(&rig);
}

// ---- Losses.

static uint64_t pictures(const struct scrim_record *records, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += records[i].frames + records[i].lost_units;
    return sum;
}

// Time from the first record to the last is told once, and once only.
static void check_tiling(const struct scrim_record *records, size_t count)
{
    int64_t until_us = records[0].start_us;
    for (size_t i = 0; i < count; i++) {
        if (records[i].type != SCRIM_RECORD_SEGMENT && records[i].type != SCRIM_RECORD_GAP)
            continue;
        CHECK_INT(records[i].start_us, until_us);
        until_us = records[i].end_us;
    }
}

static void a_small_loss_is_counted_in_the_segment(void)
{
    struct rig rig;
    struct scrim_record records[16];
    rig_start(&rig);
    play(&rig, "IPPxPPxxPPIPPPPPxxxIPP");
    rig_stop(&rig);
    REQUIRE(journal(&rig, records, 16) == 2);
    CHECK_INT(records[0].lost_units, 6);
    CHECK_INT(records[0].lost_packets, 18);
    CHECK_INT(records[0].frames, 16); // the rest of a GOP is kept, damaged or not
    CHECK_INT(records[0].delivered_mfps, 16 * 10000 / 22);
    CHECK_INT(pictures(records, 2), rig.counter);
    rig_finish(&rig);
}

static void a_loss_burst_is_a_gap(void)
{
    struct rig rig;
    struct scrim_record records[16];
    rig_start(&rig);
    play(&rig, "IPPPPPPPPPIPPxxxxxxxxxxxxPPPPPIPPPPxPPPPIPPP");
    rig_stop(&rig);
    REQUIRE(journal(&rig, records, 16) == 4);
    CHECK_INT(records[0].type, SCRIM_RECORD_SEGMENT);
    CHECK_INT(records[0].frames, 13);
    CHECK_INT(records[0].end_us, START_US + 13 * FRAME_US);
    CHECK_INT(records[1].type, SCRIM_RECORD_GAP);
    CHECK_INT(records[1].cause, SCRIM_GAP_NETWORK);
    CHECK_INT(records[1].lost_units, 12);
    CHECK_INT(records[1].end_us, START_US + 25 * FRAME_US);
    CHECK_TEXT(records[1].detail, "36 packets did not arrive in 1.3 s");
    CHECK_INT(records[2].frames, 18); // begins with the pictures that came, key frame or not
    CHECK_INT(records[2].keyframes, 2);
    CHECK_INT(records[2].lost_units, 1);
    CHECK_INT(pictures(records, 4), rig.counter);
    check_tiling(records, 4);
    rig_finish(&rig);
}

static void missing_pictures_have_causes(void)
{
    static const struct {
        const char *stream;
        enum scrim_gap_cause cause;
        const char *detail;
    } cases[] = {
        {"IPPPPPPPPPIPPxxxxxxxxxxxxPP", SCRIM_GAP_NETWORK, "36 packets did not arrive in 1.3 s"},
        {"IPPPPPPPPPIPPjjjjjjjjjjjjPP", SCRIM_GAP_CAMERA,
         "the camera sent no usable picture for 1.3 s"},
        {"IPPPPPPPPPIPPddddddddddddPP", SCRIM_GAP_OVERLOAD,
         "12 pictures were dropped: the sealer was too slow"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig rig;
        struct scrim_record records[8];
        rig_start(&rig);
        play(&rig, cases[i].stream);
        rig_stop(&rig);
        REQUIRE(journal(&rig, records, 8) == 4);
        CHECK_INT(records[1].type, SCRIM_RECORD_GAP);
        CHECK_INT(records[1].cause, cases[i].cause);
        CHECK_INT(records[1].lost_units, 12);
        CHECK_TEXT(records[1].detail, cases[i].detail);
        rig_finish(&rig);
    }
}

// The last picture does not last as long as those that are missing before it would.
static void an_outage_behind_a_loss_begins_with_the_next_picture(void)
{
    struct rig rig;
    struct scrim_record records[8];
    rig_start(&rig);
    play(&rig, "IPPPPPPPPPxxxxP");
    fake_clock_pass(&rig.clock, SCRIM_SECOND);
    scrim_camera_outage(rig.camera, SCRIM_GAP_NETWORK, "the connection was closed");
    rig_stop(&rig);
    REQUIRE(journal_by_time(&rig, records, 8) == 3);
    CHECK_INT(records[0].lost_units, 4);
    CHECK_INT(records[0].end_us, START_US + 15 * FRAME_US);
    CHECK_INT(records[1].start_us, records[0].end_us);
    CHECK_INT(records[1].cause, SCRIM_GAP_NETWORK);
    rig_finish(&rig);
}

static void a_camera_that_stood_still_is_a_gap(void)
{
    struct rig rig;
    struct scrim_record records[16];
    rig_start(&rig);
    play(&rig, "IPPPPPPPPPIPP...............PPPPPIPPP");
    rig_stop(&rig);
    REQUIRE(journal(&rig, records, 16) == 4);
    CHECK_INT(records[0].frames, 13);
    CHECK_INT(records[1].type, SCRIM_RECORD_GAP);
    CHECK_INT(records[1].cause, SCRIM_GAP_CAMERA);
    CHECK_INT(records[1].lost_units, 0);
    CHECK_INT(records[1].end_us - records[1].start_us, 15 * FRAME_US);
    CHECK_INT(records[2].frames, 9);
    check_tiling(records, 4);
    rig_finish(&rig);
}

// Few pictures are no hole: a camera that sends one every three seconds is whole.
static void few_pictures_are_no_gap(void)
{
    struct rig rig;
    struct scrim_record records[16];
    rig_start(&rig);
    for (int i = 0; i < 20; i++)
        play(&rig, i % 5 ? "P............................." : "I.............................");
    rig_stop(&rig);
    REQUIRE(journal(&rig, records, 16) == 2);
    CHECK_INT(records[0].frames, 20);
    CHECK_INT(records[0].delivered_mfps, 20 * 1000 / 58); // the last one is given a second
    rig_finish(&rig);
}

static void a_loss_in_a_gap_is_counted_there(void)
{
    struct rig rig;
    struct scrim_record records[16];
    rig_start(&rig);
    play(&rig, "IPPPP");
    scrim_camera_outage(rig.camera, SCRIM_GAP_NETWORK, "the connection was closed");
    fake_clock_pass(&rig.clock, 5 * SCRIM_SECOND);
    play(&rig, "PPxxxPIPP");
    rig_stop(&rig);
    REQUIRE(journal_by_time(&rig, records, 16) == 4);
    CHECK_INT(records[1].cause, SCRIM_GAP_NETWORK);
    CHECK_INT(records[1].lost_units, 6);
    CHECK_INT(pictures(records, 4), rig.counter);
    check_tiling(records, 4);
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

// ---- Cameras of which no original is kept.

static void holds_no_file(const struct rig *rig, const struct scrim_record *record)
{
    char path[SCRIM_PATH_MAX], day[SCRIM_DAY_TEXT], **names;
    size_t count = 0;
    scrim_day_of(record->start_us, day);
    snprintf(path, sizeof path, "%s/store/quay/%s", rig->dir, day);
    REQUIRE(scrim_fs_list(path, &names, &count, NULL) >= 0);
    CHECK_INT(count, 1);
    CHECK(count == 1 && strcmp(names[0], "journal") == 0);
    scrim_fs_free_names(names, count);
}

static void unsealed_time_is_told_by_the_minute(void)
{
    struct rig rig;
    struct scrim_record records[16];
    rig_start_keeping(&rig, SCRIM_KEEP_REDACTED);
    play_seconds(&rig, 150);
    struct scrim_camera_status status;
    scrim_camera_status(rig.camera, &status);
    CHECK(status.recording && status.keep == SCRIM_KEEP_REDACTED);
    CHECK_INT(status.since_us, START_US);
    rig_stop(&rig);
    REQUIRE(journal(&rig, records, 16) == 4);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(records[i].type, SCRIM_RECORD_UNSEALED);
        CHECK_INT(records[i].kept, SCRIM_KEEP_REDACTED);
        CHECK_INT(records[i].start_us, START_US + i * 60 * SCRIM_SECOND);
        CHECK_INT(records[i].end_us, START_US + (i < 2 ? i * 60 + 60 : 150) * SCRIM_SECOND);
        CHECK_INT(records[i].frames, i < 2 ? 600 : 300);
        CHECK_TEXT(records[i].detail, "scrim.yaml says record: redacted");
    }
    CHECK_INT(records[3].type, SCRIM_RECORD_STOP);
    holds_no_file(&rig, &records[0]);
    rig_finish(&rig);
}

// What does not come is a gap here, too; what comes again need not be a key picture.
static void outages_of_unsealed_time(void)
{
    struct rig rig;
    struct scrim_record records[16];
    rig_start_keeping(&rig, SCRIM_KEEP_NOTHING);
    play(&rig, "PPxPP");
    scrim_camera_outage(rig.camera, SCRIM_GAP_NETWORK, "no answer in time");
    fake_clock_pass(&rig.clock, 10 * SCRIM_SECOND);
    rig.pts = 5;
    play(&rig, "PP");
    rig.clock.utc_us += 100 * SCRIM_SECOND;
    play(&rig, "PPP");
    rig_stop(&rig);
    REQUIRE(journal(&rig, records, 16) == 6);
    CHECK_INT(records[0].type, SCRIM_RECORD_UNSEALED);
    CHECK_INT(records[0].kept, SCRIM_KEEP_NOTHING);
    CHECK_INT(records[0].frames, 4);
    CHECK_INT(records[0].lost_units, 1);
    CHECK_INT(records[1].type, SCRIM_RECORD_GAP);
    CHECK_INT(records[1].cause, SCRIM_GAP_NETWORK);
    CHECK_INT(records[1].start_us, records[0].end_us);
    CHECK_INT(records[2].type, SCRIM_RECORD_CLOCK);
    CHECK_INT(records[3].type, SCRIM_RECORD_UNSEALED);
    CHECK_INT(records[3].start_us, records[1].end_us);
    CHECK(llabs(records[3].end_us - records[3].start_us - 2 * FRAME_US) < 1000);
    CHECK_INT(records[4].type, SCRIM_RECORD_UNSEALED);
    CHECK(llabs(records[4].start_us - records[3].end_us - 100 * SCRIM_SECOND) < 1000);
    CHECK_INT(records[4].frames, 3);
    holds_no_file(&rig, &records[0]);
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
            {"the host's clock steps in a gap", the_host_clock_steps_in_a_gap},
            {"a small loss is counted in the segment", a_small_loss_is_counted_in_the_segment},
            {"a loss burst is a gap", a_loss_burst_is_a_gap},
            {"missing pictures have causes", missing_pictures_have_causes},
            {"an outage behind a loss begins with the next picture",
             an_outage_behind_a_loss_begins_with_the_next_picture},
            {"a camera that stood still is a gap", a_camera_that_stood_still_is_a_gap},
            {"few pictures are no gap", few_pictures_are_no_gap},
            {"a loss in a gap is counted there", a_loss_in_a_gap_is_counted_there},
            {"time that is not sealed is told by the minute", unsealed_time_is_told_by_the_minute},
            {"outages of time that is not sealed", outages_of_unsealed_time},
            {"a full disk is a gap, and heals", a_full_disk_is_a_gap_and_heals},
            {0}});
}
