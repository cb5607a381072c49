// Packets as cameras and networks deliver them, and the access units that must come of them: whole,
// bit for bit, with every missing picture told.
#include "base/clock.h"
#include "rtp_camera.h"
#include "rtsp/assembly.h"
#include "rtsp/receiver.h"
#include "test.h"

static struct scrim_receiver *receiver_new(enum scrim_codec codec, bool ordered)
{
    struct scrim_sdp_media media = {
        .kind = SCRIM_SDP_VIDEO, .payload_type = 96, .clock_rate = 90000};
    snprintf(media.encoding, sizeof media.encoding, codec == SCRIM_CODEC_H264 ? "H264" : "H265");
    struct scrim_receiver *receiver;
    struct scrim_error error;
    if (scrim_receiver_create(&media, ordered, 0xabcd, &receiver, &error) < 0) {
        printf("  %s\n", error.text);
        exit(1);
    }
    return receiver;
}

// ---- What came out, as a string: "I P P:1/2" (lost units, lost packets).

struct outcome {
    char text[16384];
    size_t length;
    int64_t last_arrival_us; // of the last packet pushed
    unsigned held_back;      // units that came with a later packet than their own last one
    uint32_t lost_units, lost_packets, units;
};

static void say(struct outcome *outcome, const char *text)
{
    outcome->length += (size_t)snprintf(outcome->text + outcome->length,
                                        sizeof outcome->text - outcome->length, "%s", text);
}

static const struct camera_picture *picture_of(const struct camera *camera, int64_t time)
{
    for (size_t i = 0; i < camera->picture_count; i++)
        if (camera->pictures[i].time == time)
            return &camera->pictures[i];
    return NULL;
}

static void note_unit(const struct camera *camera, const struct scrim_unit *unit,
                      struct outcome *outcome)
{
    char word[64];
    const struct camera_picture *picture = picture_of(camera, unit->rtp);
    const bool whole = picture && unit->size == picture->size &&
                       memcmp(unit->data, picture->data, unit->size) == 0;
    const bool random = picture && (picture->kind == 'I' || picture->kind == 'S');
    snprintf(word, sizeof word, "%s%c%s%s", outcome->length ? " " : "",
             picture ? picture->kind : '?', whole ? "" : "!", unit->random == random ? "" : "%");
    say(outcome, word);
    snprintf(word, sizeof word, ":%" PRIu32 "/%" PRIu32, unit->lost_units, unit->lost_packets);
    if (unit->lost_units > 0 || unit->lost_packets > 0)
        say(outcome, word);
    outcome->held_back += unit->arrival_us != outcome->last_arrival_us;
    outcome->units++;
    outcome->lost_units += unit->lost_units;
    outcome->lost_packets += unit->lost_packets;
}

static void fetch(struct scrim_receiver *receiver, const struct camera *camera,
                  struct outcome *outcome)
{
    struct scrim_unit unit;
    while (scrim_receiver_next(receiver, &unit))
        note_unit(camera, &unit, outcome);
}

static void push(struct scrim_receiver *receiver, const struct camera *camera,
                 const struct camera_packet *packet, struct outcome *outcome)
{
    struct scrim_error error;
    // A copy of just its size, so that the sanitizer sees who reads behind it.
    uint8_t *data = malloc(packet->size);
    memcpy(data, packet->data, packet->size);
    outcome->last_arrival_us = packet->arrival_us;
    CHECK_INT(scrim_receiver_push(receiver, data, packet->size, packet->arrival_us, &error),
              SCRIM_OK);
    fetch(receiver, camera, outcome);
    free(data);
}

static void deliver(struct scrim_receiver *receiver, const struct camera *camera, size_t from,
                    struct outcome *outcome)
{
    for (size_t i = from; i < camera->packet_count; i++) {
        const struct camera_packet *packet = &camera->packets[i];
        if (packet->lost)
            continue;
        push(receiver, camera, packet, outcome);
        if (packet->twice)
            push(receiver, camera, packet, outcome);
    }
}

static void finish(struct scrim_receiver *receiver, const struct camera *camera,
                   struct outcome *outcome)
{
    scrim_receiver_flush(receiver);
    fetch(receiver, camera, outcome);
}

struct test_case {
    const char *stream, *expected;
    enum camera_marker marker;
    bool udp;
};

static void run_case(const struct test_case *test, enum scrim_codec codec)
{
    static struct outcome outcome;
    outcome = (struct outcome){.length = 0};
    struct camera *camera = camera_new(codec);
    struct scrim_receiver *receiver = receiver_new(codec, !test->udp);
    camera->marker = test->marker;
    camera_send(camera, test->stream);
    deliver(receiver, camera, 0, &outcome);
    finish(receiver, camera, &outcome);
    if (strcmp(outcome.text, test->expected) != 0)
        printf("  \"%s\", H.26%d:\n", test->stream, codec == SCRIM_CODEC_H264 ? 4 : 5);
    CHECK_TEXT(outcome.text, test->expected);
    scrim_receiver_destroy(receiver);
    camera_free(camera);
}

static void run_cases(const struct test_case *cases)
{
    for (; cases->stream; cases++) {
        run_case(cases, SCRIM_CODEC_H264);
        run_case(cases, SCRIM_CODEC_H265);
    }
}

static void whole_streams(void)
{
    run_cases((struct test_case[]){
        {"I P P P", "I P P P"},
        {"I p p T E S p P", "I p p T E S p P"},
        {"I P T T p I P", "I P T T p I P", MARKER_NEVER},
        {"I P T T p I P", "I P T T p I P", MARKER_EACH_SLICE},
        {"I P P P p p p T T I", "I P P P p p p T! T! T I",
         MARKER_EACH_SLICE}, // believed, then never again
        {"P I P", "P I P"},
        {0},
    });
}

static void lost_packets(void)
{
    run_cases((struct test_case[]){
        {"I P P-1 P", "I P P:1/1"},                  // a middle one
        {"I P P-2 P", "I P P:1/1"},                  // the last one: the next picture is whole
        {"I P P-0 P", "I P P:1/1"},                  // the first one
        {"I P P-* P", "I P P:1/3"},                  // all
        {"I P p-0 p", "I P p:1/1"},                  // a picture of one packet
        {"I P P-2 P-0 P", "I P P:2/2"},              // the end of one and the start of another
        {"I P P-1 P-1 P", "I P P:2/2"},              // two holes
        {"I P P-* P-* P-* P-* P-* P", "I P P:5/15"}, // a burst
        {"I-2 P P", "P:1/1 P"},                      // the first one
        {"I P P I-0 P", "I P P P:1/1"},              // parameter sets of a key frame
        {"S P P P S-0 P", "S P P P P:1/1"},          // one of them
        {"S P P P-* S-0 P", "S P P P:2/4"},          // and the picture before
        {"I E E E-0 E", "I E E E:1/1"},
        {"I T T-0 T", "I T T:1/1"},
        {"I T T-1 T", "I T T:1/1"},
        {"I P P P-1 _ P", "I P P P:1/1"}, // not known to be steady: no more than packets
        {0},
    });
}

static void reordering(void)
{
    run_cases((struct test_case[]){
        {"I~1 P P~0 P", "I P P P", 0, true},
        {"I>1 P>0 P P", "I P P P", 0, true},
        {"I P~2 P P", "I P P P", 0, true}, // across a boundary
        {"I+1 P+0 P+2 P", "I P P P", 0, true},
        {"I+1 P+0 P+2 P", "I P P P"},
        {"I P P-1 P P P", "I P P:1/1 P P", 0, true},
        {"I P P-* P P P", "I P P:1/3 P P", 0, true},
        {"I P P-1 P~1 P-2 P P", "I P P:1/1 P:1/1 P", 0, true},
        {"I P~0 P P", "I P:1/1 P"}, // a stream does not reorder: what is behind is lost
        {0},
    });
}

// Long enough for the distance between pictures to be known as steady.
static void run_long(const char *then, const char *expected)
{
    static char stream[1024], whole[2048];
    size_t at = (size_t)snprintf(stream, sizeof stream, "I");
    for (unsigned i = 0; i < 40; i++)
        at += (size_t)snprintf(stream + at, sizeof stream - at, " p");
    snprintf(whole, sizeof whole, "%s %s", stream, expected);
    snprintf(stream + at, sizeof stream - at, " %s", then);
    run_cases((struct test_case[]){{stream, whole}, {0}});
}

static void left_out_pictures(void)
{
    run_long("p _ p p", "p p:1/0 p");
    run_long("p _ _ _ p p _ p p", "p p:3/0 p p:1/0 p");
    run_long("p-0 _ p p", "p:2/1 p");
    // Half the rate: no rule knows better at the first step, but at the second.
    run_long("p _ p _ p _ p _ p", "p p:1/0 p p p");
    run_long("p _ p _ p p p p p _ _ p", "p p:1/0 p p p p p p");
    run_cases((struct test_case[]){
        {"I p _ p p _ p", "I p p p p"}, // not known to be steady
        {"I p _ _ p _ p _ _ _ p p _ p", "I p p p p p p"},
        {0},
    });
}

static void reordered_pictures(void)
{
    run_cases((struct test_case[]){
        {"I@0 P@3 p@1 p@2 P@6 p@4 p@5", "I P p p P p p"},
        {"I@0 P@3 p@1 p@2 P@6 p@4-0 p@5 P@9 p@7 p@8", "I P p p P p:1/1 P p p"},
        {"I@0 P@3 p@1 p@2 P@6-1 p@4 p@5 P@9 p@7 p@8", "I P p p p:1/1 p P p p"},
        {"I@0 P@4 p@2 p@1 p@3 P@8 p@6 p@5 p@7 P@12 p@10 p@9 p@11", "I P p p p P p p p P p p p"},
        {0},
    });
}

// A camera of 25 pictures a second, 60 of them without key frame, some lost on the way by a
// generator of numbers: what came and what was told as lost add up.
static void all_are_accounted_for(void)
{
    static struct outcome outcome;
    for (unsigned seed = 1; seed <= 60; seed++) {
        struct camera *camera = camera_new(seed & 1 ? SCRIM_CODEC_H265 : SCRIM_CODEC_H264);
        struct scrim_receiver *receiver = receiver_new(camera->codec, seed % 3 > 0);
        uint32_t random = seed * 2654435761U, packets = 0;
        camera->first_time = seed % 5 == 0 ? 0xfffff000 : 7;
        camera->sequence = (uint16_t)(65000 + seed);
        for (unsigned i = 0; i < 20; i++)
            camera_send(camera, "I P p P P T p P p p P p P p P E p P");
        camera_send(camera, "P P P");
        outcome = (struct outcome){.length = 0};
        for (size_t i = 10; i + 9 < camera->packet_count; i++) {
            random = random * 1664525 + 1013904223;
            const size_t burst = random >> 8 & 0x1f ? 1 : 40;
            for (size_t j = i; j < i + burst && random >> 24 < 6 && j + 9 < camera->packet_count;
                 j++)
                camera->packets[j].lost = true;
        }
        for (size_t i = 0; i < camera->packet_count; i++)
            packets += camera->packets[i].lost;
        deliver(receiver, camera, 0, &outcome);
        finish(receiver, camera, &outcome);
        CHECK_INT(outcome.units + outcome.lost_units, camera->picture_count);
        CHECK_INT(outcome.lost_packets, packets);
        CHECK(!strchr(outcome.text, '!') && !strchr(outcome.text, '?'));
        scrim_receiver_destroy(receiver);
        camera_free(camera);
    }
}

// ---- Pictures that can be told apart, whatever became of them.

// Each begins with an SEI unit that holds its number.
static size_t send_stamped(struct camera *camera, uint32_t number, bool random)
{
    const bool h264 = camera->codec == SCRIM_CODEC_H264;
    uint8_t stamp[] = {h264 ? 6 : 39 << 1, 1, 0xab, 0xcd, 0xef, 0, 0, 0, 0};
    for (unsigned i = 0; i < 4; i++) // no zero bytes: they would need emulation prevention
        stamp[5 + i] = (uint8_t)(1 + (number >> (7 * i) & 127));
    *camera_picture(camera) = (struct camera_picture){
        .kind = random ? 'I' : 'P', .time = camera->first_time + camera->slot * camera->interval};
    if (random)
        camera_sets(camera, false);
    const size_t at = camera->packet_count;
    camera_packet(camera, NULL, 0, stamp, sizeof stamp);
    camera_slice(camera, random, true, random ? 5 * CAMERA_FRAGMENT : 250);
    camera_mark(&camera->packets[camera->packet_count - 1]);
    camera->picture_count++;
    camera->slot++;
    return at;
}

// Notes which pictures are in a unit, by stamps and by its time: the stamp may have been lost while
// nobody could know that pictures have one. Returns how many were not there before.
static unsigned find_pictures(const struct camera *camera, const struct scrim_unit *unit,
                              bool *seen)
{
    const int64_t at_time = (unit->rtp - camera->first_time) / camera->interval;
    unsigned found = !seen[at_time];
    seen[at_time] = true;
    for (size_t at = 0; at + 7 <= unit->size; at++)
        if (memcmp(unit->data + at, "\xab\xcd\xef", 3) == 0) {
            uint32_t number = 0;
            for (unsigned i = 0; i < 4; i++)
                number |= (uint32_t)(unit->data[at + 3 + i] - 1) << (7 * i);
            if (number >= CAMERA_PICTURES) // junk
                continue;
            found += !seen[number];
            seen[number] = true;
        }
    return found;
}

struct trouble {
    unsigned first, count; // pictures, each 250
    unsigned loss;         // of 256 packets
    bool junk;             // payloads, but not stamps
};

static uint32_t next_random(uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    return *random >> 8;
}

static void spoil(struct camera *camera, size_t from, size_t stamp, const struct trouble *trouble,
                  uint32_t *random)
{
    for (size_t i = from; i < camera->packet_count; i++) {
        struct camera_packet *packet = &camera->packets[i];
        packet->lost = (next_random(random) & 255) < trouble->loss;
        for (size_t j = 12; trouble->junk && i != stamp && j < packet->size; j++)
            packet->data[j] = (uint8_t)next_random(random);
    }
}

// What came of pictures from the first that was handed out on: those that came and those told as
// lost are all that were sent.
static int miscount(enum scrim_codec codec, bool ordered, const struct trouble *trouble,
                    uint32_t seed)
{
    enum { PICTURES = 900, KEY_EVERY = 50 };
    static bool seen[CAMERA_PICTURES];
    struct camera *camera = camera_new(codec);
    struct scrim_receiver *receiver = receiver_new(codec, ordered);
    struct scrim_unit unit;
    uint32_t random = seed * 2654435761U, first = PICTURES, came = 0, lost = 0;
    memset(seen, 0, sizeof seen);
    for (uint32_t i = 0; i < PICTURES; i++) {
        const bool key = i % KEY_EVERY == 0;
        const size_t from = camera->packet_count, stamp = send_stamped(camera, i, key);
        const unsigned since = (i + 250 - trouble->first) % 250;
        if (i >= trouble->first && since < trouble->count && i + 20 < PICTURES)
            spoil(camera, from, stamp, trouble, &random);
    }
    for (size_t i = 0; i < camera->packet_count; i++) {
        const struct camera_packet *packet = &camera->packets[i];
        if (packet->lost)
            continue;
        CHECK_INT(
            scrim_receiver_push(receiver, packet->data, packet->size, packet->arrival_us, NULL),
            SCRIM_OK);
        while (scrim_receiver_next(receiver, &unit)) {
            const unsigned found = find_pictures(camera, &unit, seen);
            if (first == PICTURES)
                for (first = 0; !seen[first];)
                    first++;
            else
                lost += unit.lost_units;
            came += found;
        }
    }
    scrim_receiver_flush(receiver);
    while (scrim_receiver_next(receiver, &unit)) {
        came += find_pictures(camera, &unit, seen);
        lost += unit.lost_units;
    }
    scrim_receiver_destroy(receiver);
    camera_free(camera);
    return (int)(came + lost) - (int)(PICTURES - first);
}

// The frame rate is constant, so the count is exact, whatever happens and whenever it does.
static void trouble_is_counted_exactly(void)
{
    static const struct {
        const char *what;
        struct trouble trouble;
    } cases[] = {
        {"2 %, steady", {100, 100, 5, false}},        {"40 %, steady", {100, 50, 102, false}},
        {"40 % from the start", {1, 50, 102, false}}, {"40 % all the time", {1, 250, 102, false}},
        {"80 %, steady", {100, 50, 205, false}},      {"80 % from the start", {1, 60, 205, false}},
        {"junk, steady", {100, 20, 0, true}},         {"junk from the start", {1, 20, 0, true}},
        {"junk a little later", {6, 20, 0, true}},    {"junk, 30 % lost", {100, 20, 77, true}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (unsigned codec = 0; codec < 2; codec++)
            for (unsigned ordered = 0; ordered < 2; ordered++) {
                int under = 0, over = 0;
                for (uint32_t seed = 1; seed <= 12; seed++) {
                    const int off = miscount(codec ? SCRIM_CODEC_H265 : SCRIM_CODEC_H264, ordered,
                                             &cases[i].trouble, seed);
                    *(off < 0 ? &under : &over) += off;
                }
                if (under || over)
                    printf("  %s, %s, %s: %d, +%d\n", cases[i].what, codec ? "H.265" : "H.264",
                           ordered ? "TCP" : "UDP", under, over);
                CHECK_INT(under, 0);
                CHECK_INT(over, 0);
            }
}

// ---- When units come.

static void units_come_at_once(void)
{
    static struct outcome outcome;
    struct camera *camera = camera_new(SCRIM_CODEC_H264);
    struct scrim_receiver *receiver = receiver_new(camera->codec, true);
    outcome = (struct outcome){.length = 0};
    camera_send(camera, "I P p P p P p T P");
    deliver(receiver, camera, 0, &outcome);
    CHECK_TEXT(outcome.text, "I P p P p P p T P"); // the last one without what follows
    CHECK_INT(outcome.held_back, SCRIM_MARKER_PROOFS);
    scrim_receiver_destroy(receiver);
    camera_free(camera);
}

static void slow_cameras_are_not_held_up(void)
{
    static struct outcome outcome;
    struct camera *camera = camera_new(SCRIM_CODEC_H264);
    struct scrim_receiver *receiver = receiver_new(camera->codec, true);
    outcome = (struct outcome){.length = 0};
    camera_send(camera, "I");
    deliver(receiver, camera, 0, &outcome);
    CHECK_TEXT(outcome.text, "");
    const int64_t now_us = outcome.last_arrival_us;
    const int64_t due_us = scrim_receiver_expire(receiver, now_us);
    CHECK(due_us > now_us && due_us <= now_us + 200000);
    CHECK_INT(scrim_receiver_expire(receiver, due_us), INT64_MAX);
    fetch(receiver, camera, &outcome);
    CHECK_TEXT(outcome.text, "I");
    scrim_receiver_destroy(receiver);
    camera_free(camera);
}

static void missing_packets_are_awaited_a_little(void)
{
    static struct outcome outcome;
    struct camera *camera = camera_new(SCRIM_CODEC_H264);
    struct scrim_receiver *receiver = receiver_new(camera->codec, false);
    outcome = (struct outcome){.length = 0};
    camera_send(camera, "I P P P P-1 P");
    deliver(receiver, camera, 0, &outcome);
    CHECK_TEXT(outcome.text, "I P P P");
    const int64_t due_us = scrim_receiver_expire(receiver, outcome.last_arrival_us);
    CHECK(due_us > outcome.last_arrival_us && due_us <= outcome.last_arrival_us + 200000);
    scrim_receiver_expire(receiver, due_us);
    fetch(receiver, camera, &outcome);
    CHECK_TEXT(outcome.text, "I P P P P:1/1");
    // It comes after all.
    const size_t late = camera->packet_count - 5;
    REQUIRE(camera->packets[late].lost);
    push(receiver, camera, &camera->packets[late], &outcome);
    push(receiver, camera, &camera->packets[0], &outcome);
    struct scrim_receiver_stats stats;
    scrim_receiver_stats(receiver, &stats);
    CHECK_INT(stats.late, 1);
    CHECK_INT(stats.duplicate, 1);
    CHECK_INT(stats.lost, 1);
    scrim_receiver_destroy(receiver);
    camera_free(camera);
}

// ---- Clocks and restarts.

static void times_wrap(void)
{
    static struct outcome outcome;
    struct camera *camera = camera_new(SCRIM_CODEC_H264);
    struct scrim_receiver *receiver = receiver_new(camera->codec, true);
    outcome = (struct outcome){.length = 0};
    camera->first_time = UINT32_MAX - 2 * 3600 + 1; // picture 2 is at 0
    camera->sequence = 65533;
    camera_send(camera, "I@0 P@3 p@1 p@2 P@6 p@4 p@5");
    deliver(receiver, camera, 0, &outcome);
    finish(receiver, camera, &outcome);
    CHECK_TEXT(outcome.text, "I P p p P p p"); // found by its unwrapped time
    scrim_receiver_destroy(receiver);
    camera_free(camera);
}

static void send_report(struct scrim_receiver *receiver, uint32_t ssrc, uint64_t ntp, uint32_t rtp,
                        int64_t mono_us)
{
    struct scrim_buf report;
    scrim_buf_init(&report, 64);
    CHECK(scrim_buf_append_u32(&report, 0x80c80006) >= 0 &&
          scrim_buf_append_u32(&report, ssrc) >= 0 && scrim_buf_append_u64(&report, ntp) >= 0 &&
          scrim_buf_append_u32(&report, rtp) >= 0 && scrim_buf_append_u64(&report, 0) >= 0);
    CHECK_INT(scrim_receiver_push_rtcp(receiver, report.data, report.len, mono_us), SCRIM_OK);
    scrim_buf_finish(&report);
}

// 2026-01-01T00:00:00Z as NTP seconds.
#define NTP_2026 (UINT64_C(1767225600) + UINT64_C(2208988800))

static void sender_reports_tell_the_time(void)
{
    struct camera *camera = camera_new(SCRIM_CODEC_H264);
    struct scrim_receiver *receiver = receiver_new(camera->codec, true);
    struct scrim_receiver_stats stats;
    struct scrim_unit unit;
    camera->first_time = UINT32_MAX - 89999; // the report is behind the wrap
    camera_send(camera, "I P P P P P P P P");
    send_report(receiver, camera->ssrc, (NTP_2026 << 32) | UINT32_C(0x80000000), 0, 77);
    unsigned count = 0;
    for (size_t i = 0; i < camera->packet_count; i++) {
        const struct camera_packet *packet = &camera->packets[i];
        CHECK_INT(
            scrim_receiver_push(receiver, packet->data, packet->size, packet->arrival_us, NULL),
            SCRIM_OK);
        while (scrim_receiver_next(receiver, &unit))
            CHECK_INT(unit.sender_utc_us,
                      INT64_C(1767225600500000) - SCRIM_SECOND + (int64_t)count++ * 40000);
        if (i == 20) // somebody else's
            send_report(receiver, 1, NTP_2026 << 33, 5, 99);
    }
    CHECK_INT(count, 9);
    scrim_receiver_stats(receiver, &stats);
    CHECK_INT(stats.report_us, 77);
    CHECK_INT(stats.report_utc_us, INT64_C(1767225600500000));
    send_report(receiver, camera->ssrc, 0, 5, 100); // it has no wall clock
    scrim_receiver_stats(receiver, &stats);
    CHECK_INT(stats.report_us, 0);
    scrim_receiver_destroy(receiver);
    camera_free(camera);
}

static void restarts(void)
{
    static const struct {
        uint32_t ssrc;
        uint16_t sequence;
        uint32_t time;
        const char *expected;
    } cases[] = {
        {0xbeef, 100, 1000000 + 8 * 3600, "I P P P I P P P"}, // another SSRC
        {0x5eed, 40000, 1000000 + 8 * 3600, "I P P P"},       // far ahead: tested below
        {0xbeef, 9, 3000000000, "I P P P I P P P"},           // another clock
    };
    static struct outcome outcome;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct camera *camera = camera_new(SCRIM_CODEC_H264);
        struct scrim_receiver *receiver = receiver_new(camera->codec, i != 1);
        outcome = (struct outcome){.length = 0};
        camera_send(camera, "I P P P");
        const size_t first = camera->packet_count;
        camera->ssrc = cases[i].ssrc;
        camera->sequence = cases[i].sequence;
        camera->first_time = cases[i].time - 4 * 3600;
        camera_send(camera, "I P P P");
        deliver(receiver, camera, 0, &outcome);
        finish(receiver, camera, &outcome);
        CHECK(camera->packet_count > first);
        CHECK(strncmp(outcome.text, cases[i].expected, strlen(cases[i].expected)) == 0 ||
              (i == 2 && outcome.units == 8));
        CHECK_INT(outcome.units, 8);
        scrim_receiver_destroy(receiver);
        camera_free(camera);
    }
}

// The sequence goes on far ahead, and the clock as it should: an outage, not a restart.
static void long_outages_are_told(void)
{
    static struct outcome outcome;
    struct camera *camera = camera_new(SCRIM_CODEC_H264);
    struct scrim_receiver *receiver = receiver_new(camera->codec, true);
    struct scrim_receiver_stats stats;
    outcome = (struct outcome){.length = 0};
    for (unsigned i = 0; i < 10; i++)
        camera_send(camera, "I P P P P");
    camera->sequence = (uint16_t)(camera->sequence + 5000);
    camera->slot += 250;
    camera_send(camera, "I P");
    deliver(receiver, camera, 0, &outcome);
    finish(receiver, camera, &outcome);
    CHECK_INT(outcome.lost_units, 250);
    CHECK_INT(outcome.lost_packets, 5000);
    CHECK_INT(outcome.units, 52);
    scrim_receiver_stats(receiver, &stats);
    CHECK_INT(stats.lost, 5000);
    CHECK_INT(stats.lost_units, 250);
    scrim_receiver_destroy(receiver);
    camera_free(camera);
}

// More bytes wait than may; the last one to come is before all of them.
static void large_packets_do_not_pile_up(void)
{
    struct scrim_receiver *receiver = receiver_new(SCRIM_CODEC_H264, false);
    static uint8_t packet[60000] = {0x80, 96, [12] = 0x41, 0x88, 1};
    struct scrim_receiver_stats stats;
    struct scrim_unit unit;
    uint64_t units = 0;
    for (unsigned i = 0; i < 41; i++) {
        packet[3] = (uint8_t)(i == 0 ? 0 : 100 - i); // 0, then 99 down to 60
        packet[6] = packet[3];
        CHECK_INT(scrim_receiver_push(receiver, packet, sizeof packet, i, NULL), SCRIM_OK);
        while (scrim_receiver_next(receiver, &unit))
            units++;
    }
    CHECK_INT(scrim_receiver_expire(receiver, INT64_C(1) << 40), INT64_MAX);
    while (scrim_receiver_next(receiver, &unit))
        units++;
    scrim_receiver_stats(receiver, &stats);
    CHECK_INT(stats.packets, 41);
    // 0 may lack its end, and so may 99; for 82 the first one was given up.
    CHECK_INT(units, 99 - 82);
    CHECK_INT(stats.units, units);
    CHECK_INT(stats.late, 82 - 60);
    scrim_receiver_destroy(receiver);
}

static void strangers_cost_nothing(void)
{
    static struct outcome outcome;
    struct camera *camera = camera_new(SCRIM_CODEC_H264);
    struct scrim_receiver *receiver = receiver_new(camera->codec, true);
    outcome = (struct outcome){.length = 0};
    camera_send(camera, "I P P P P");
    for (size_t i = 0; i < camera->packet_count; i++) {
        struct camera_packet stranger = camera->packets[i];
        stranger.data[8] ^= 1; // SSRC
        stranger.data[3] = (uint8_t)(i * 3);
        if (i > 0) // the first one is whom we believe
            push(receiver, camera, &stranger, &outcome);
        stranger = camera->packets[i];
        stranger.data[1] ^= 1; // payload type
        push(receiver, camera, &stranger, &outcome);
        stranger.size = i % 13;
        push(receiver, camera, &stranger, &outcome);
        push(receiver, camera, &camera->packets[i], &outcome);
    }
    finish(receiver, camera, &outcome);
    CHECK_TEXT(outcome.text, "I P P P P");
    scrim_receiver_destroy(receiver);
    camera_free(camera);
}

// ---- Bad streams.

static int push_raw(struct scrim_receiver *receiver, uint16_t sequence, uint32_t time,
                    const uint8_t *payload, size_t size, struct scrim_error *error)
{
    uint8_t packet[2048] = {0x80, 96, (uint8_t)(sequence >> 8), (uint8_t)sequence};
    for (unsigned i = 0; i < 4; i++)
        packet[4 + i] = (uint8_t)(time >> (24 - 8 * i));
    memcpy(packet + 12, payload, size);
    const int result = scrim_receiver_push(receiver, packet, 12 + size, sequence, error);
    struct scrim_unit unit;
    while (scrim_receiver_next(receiver, &unit)) {
    }
    return result;
}

static void endless_pictures_end_the_stream(void)
{
    struct scrim_receiver *receiver = receiver_new(SCRIM_CODEC_H264, true);
    struct scrim_error error = {0};
    uint8_t payload[1400] = {0x7c, 0x85, 0x88};
    int result = push_raw(receiver, 1, 5, payload, sizeof payload, &error);
    payload[1] = 0x05;
    for (unsigned i = 2; i < 20000 && result >= 0; i++)
        result = push_raw(receiver, (uint16_t)i, 5, payload, sizeof payload, &error);
    CHECK_INT(result, SCRIM_EFORMAT);
    CHECK(strstr(error.text, "a picture of more than"));
    scrim_receiver_destroy(receiver);
}

static void foreign_formats_end_the_stream(void)
{
    struct scrim_receiver *receiver = receiver_new(SCRIM_CODEC_H264, true);
    struct scrim_error error = {0};
    const uint8_t payload[] = {0x79, 0, 0, 1, 2}; // STAP-B
    int result = 0;
    for (unsigned i = 1; i < 5000 && result >= 0; i++)
        result = push_raw(receiver, (uint16_t)i, i, payload, sizeof payload, &error);
    CHECK_INT(result, SCRIM_EFORMAT);
    CHECK(strstr(error.text, "announced"));
    scrim_receiver_destroy(receiver);
}

static void malformed_payloads_break_one_picture(void)
{
    static const struct {
        uint8_t bytes[8];
        size_t size;
        bool hole; // else it is passed over
    } cases[] = {
        {{0}, 0, false},                        // nothing
        {{0x78, 0, 9, 0x41, 1}, 5, true},       // STAP-A: longer than the packet
        {{0x78, 0, 2, 0x41, 1, 0, 0}, 7, true}, // an empty unit in it
        {{0x78, 0, 2, 0x41, 1, 0}, 6, true},    // half a size
        {{0x78}, 1, true},                      // nothing in it
        {{0x78, 0, 2, 0x7c, 0x85}, 5, true},    // a fragment in it
        {{0x7c, 0x01, 7}, 3, true},             // FU-A without start
        {{0x7c}, 1, true},                      // half a header
        {{0x7c, 0x9c, 7}, 3, true},             // a fragmented fragment
        {{0x7d, 0x81, 7}, 3, true},             // FU-B
        {{0x79, 0, 0, 1}, 4, true},             // STAP-B
        {{0x7a, 0, 0, 1}, 4, true},             // MTAP16
        {{0x7e, 1, 2}, 3, false},               // 30 means nothing
        {{0x60, 1, 2}, 3, false},               // nor does 0
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scrim_receiver *receiver = receiver_new(SCRIM_CODEC_H264, true);
        const uint8_t slice[] = {0x41, 0x88, 1}, more[] = {0x41, 0x48, 1};
        struct scrim_receiver_stats stats;
        uint16_t number = 1;
        for (uint32_t time = 3600; time <= 4 * 3600; time += 3600) {
            CHECK_INT(push_raw(receiver, number++, time, slice, sizeof slice, NULL), SCRIM_OK);
            if (time == 2 * 3600)
                CHECK_INT(push_raw(receiver, number++, time, cases[i].bytes, cases[i].size, NULL),
                          SCRIM_OK);
            CHECK_INT(push_raw(receiver, number++, time, more, sizeof more, NULL), SCRIM_OK);
        }
        scrim_receiver_stats(receiver, &stats);
        if (stats.units != (cases[i].hole ? 2 : 3))
            printf("  case %zu\n", i);
        CHECK_INT(stats.units, cases[i].hole ? 2 : 3);
        CHECK_INT(stats.lost_units, cases[i].hole ? 1 : 0);
        CHECK_INT(stats.malformed, 1);
        CHECK_INT(stats.lost, 0);
        scrim_receiver_destroy(receiver);
    }
}

// A camera that never sets the end bit of a fragmented unit, one that sends each slice under a
// marker from the first picture on, and two fields under one time stamp.
static void careless_cameras(void)
{
    static const struct {
        const char *what;
        uint8_t packets[3][6]; // of each picture; a first byte of 0: no more
        unsigned markers;      // bit n: packet n has one
    } cases[] = {
        {"no end bit", {{0x7c, 0x81, 0x88, 1, 1, 1}, {0x7c, 0x01, 2, 2, 2, 2}}, 2},
        {"markers everywhere", {{0x41, 0x88, 1, 1, 1, 1}, {0x41, 0x48, 2, 2, 2, 2}}, 3},
        {"fields", {{0x41, 0x88, 1, 1, 1, 1}, {0x09, 0xf0, 1, 1, 1, 1}, {0x41, 0x88, 2, 2}}, 4},
        {"start codes inside", {{0x09, 0xf0, 0, 0, 1, 0x41}}, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scrim_receiver *receiver = receiver_new(SCRIM_CODEC_H264, true);
        struct scrim_receiver_stats stats;
        uint16_t number = 1;
        for (uint32_t time = 0; time < 10; time++)
            for (unsigned j = 0; j < 3 && cases[i].packets[j][0]; j++) {
                uint8_t packet[18] = {0x80, 96, 0, (uint8_t)number++, 0, 0, (uint8_t)(time * 14)};
                packet[1] = cases[i].markers >> j & 1 ? 0x80 | 96 : 96;
                memcpy(packet + 12, cases[i].packets[j], 6);
                CHECK_INT(scrim_receiver_push(receiver, packet, sizeof packet,
                                              (int64_t)time * 40000, NULL),
                          SCRIM_OK);
                struct scrim_unit unit;
                while (scrim_receiver_next(receiver, &unit))
                    CHECK_INT(unit.lost_units + unit.lost_packets, 0);
            }
        scrim_receiver_flush(receiver);
        scrim_receiver_stats(receiver, &stats);
        if (stats.units != 10)
            printf("  %s\n", cases[i].what);
        CHECK_INT(stats.units, 10);
        CHECK_INT(stats.malformed, 0);
        scrim_receiver_destroy(receiver);
    }
}

static void sets_under_their_own_time(void)
{
    struct scrim_receiver *receiver = receiver_new(SCRIM_CODEC_H264, true);
    const uint8_t slice[] = {0x41, 0x88, 1}, key[] = {0x65, 0x88, 1};
    struct scrim_nal_walk walk = scrim_nal_walk_of(SCRIM_CODEC_H264, sets_large, sizeof sets_large);
    struct scrim_nal nal;
    struct scrim_unit unit;
    uint16_t number = 1;
    uint32_t time = 3600;
    for (; time < 6 * 3600; time += 3600)
        CHECK_INT(push_raw(receiver, number++, time, slice, sizeof slice, NULL), SCRIM_OK);
    while (scrim_nal_next(&walk, &nal)) // before the picture's own time
        CHECK_INT(push_raw(receiver, number++, time - 1000, nal.data, nal.size, NULL), SCRIM_OK);
    CHECK_INT(push_raw(receiver, number++, time, key, sizeof key, NULL), SCRIM_OK);
    scrim_receiver_flush(receiver);
    REQUIRE(scrim_receiver_next(receiver, &unit));
    CHECK(unit.random);
    CHECK_INT(unit.rtp, time);
    CHECK_INT(unit.size, sizeof sets_large + 4 + sizeof key);
    CHECK_INT(unit.lost_units, 0);
    CHECK_INT(scrim_receiver_params(receiver)->width, 1920);
    CHECK(!scrim_receiver_next(receiver, &unit));
    scrim_receiver_destroy(receiver);
}

// The parameters are those of the unit that _next handed out, not of one behind it.
static void parameters_go_with_their_unit(void)
{
    struct scrim_receiver *receiver = receiver_new(SCRIM_CODEC_H264, false);
    uint8_t packets[3][256] = {0};
    size_t sizes[3];
    struct scrim_unit unit;
    for (uint8_t i = 0; i < 3; i++) {
        const uint8_t *sets = i == 2 ? sets_large : sets_small;
        struct scrim_nal_walk walk = scrim_nal_walk_of(
            SCRIM_CODEC_H264, sets, i == 2 ? sizeof sets_large : sizeof sets_small);
        struct scrim_nal nal;
        const uint8_t header[] = {0x80, 96, 0, i, 0, 0, i, 0, 0, 0, 0, 0, 0x78};
        memcpy(packets[i], header, sizes[i] = sizeof header);
        while (scrim_nal_next(&walk, &nal)) {
            packets[i][sizes[i]++] = 0;
            packets[i][sizes[i]++] = (uint8_t)nal.size;
            memcpy(packets[i] + sizes[i], nal.data, nal.size);
            sizes[i] += nal.size;
        }
        memcpy(packets[i] + sizes[i], "\0\3\x65\x88\1", 5);
        sizes[i] += 5;
    }
    CHECK_INT(scrim_receiver_push(receiver, packets[0], sizes[0], 1, NULL), SCRIM_OK);
    CHECK_INT(scrim_receiver_push(receiver, packets[2], sizes[2], 2, NULL), SCRIM_OK);
    CHECK(!scrim_receiver_next(receiver, &unit));
    CHECK_INT(scrim_receiver_push(receiver, packets[1], sizes[1], 3, NULL), SCRIM_OK);
    scrim_receiver_flush(receiver);
    scrim_receiver_destroy(receiver);

    receiver = receiver_new(SCRIM_CODEC_H264, false);
    for (unsigned i = 0; i < 3; i += 2)
        CHECK_INT(scrim_receiver_push(receiver, packets[i], sizes[i], 1, NULL), SCRIM_OK);
    CHECK_INT(scrim_receiver_push(receiver, packets[1], sizes[1], 1, NULL), SCRIM_OK);
    REQUIRE(scrim_receiver_next(receiver, &unit));
    CHECK_INT(scrim_receiver_params(receiver)->width, 640);
    CHECK_INT(scrim_receiver_params(receiver)->generation, 1);
    REQUIRE(scrim_receiver_next(receiver, &unit));
    CHECK_INT(scrim_receiver_params(receiver)->generation, 1);
    CHECK(!scrim_receiver_next(receiver, &unit));
    scrim_receiver_flush(receiver);
    REQUIRE(scrim_receiver_next(receiver, &unit));
    CHECK_INT(scrim_receiver_params(receiver)->width, 1920);
    CHECK_INT(scrim_receiver_params(receiver)->generation, 2);
    scrim_receiver_destroy(receiver);
}

static void descriptions_are_taken(void)
{
    struct scrim_sdp_media media = {
        .kind = SCRIM_SDP_VIDEO, .payload_type = 96, .clock_rate = 90000, .encoding = "H264"};
    struct scrim_receiver *receiver;
    struct scrim_error error;
    scrim_buf_init(&media.sets, SCRIM_SDP_SETS_MAX);
    put_bytes(&media.sets, sets_small, sizeof sets_small);
    REQUIRE(scrim_receiver_create(&media, true, 1, &receiver, &error) >= 0);
    CHECK_INT(scrim_receiver_params(receiver)->width, 640);
    CHECK_INT(scrim_receiver_params(receiver)->generation, 1);
    scrim_receiver_destroy(receiver);
    snprintf(media.encoding, sizeof media.encoding, "JPEG");
    CHECK_INT(scrim_receiver_create(&media, true, 1, &receiver, &error), SCRIM_EUNSUPPORTED);
    scrim_buf_finish(&media.sets);
}

static void reports_of_ours(void)
{
    static struct outcome outcome;
    struct camera *camera = camera_new(SCRIM_CODEC_H264);
    struct scrim_receiver *receiver = receiver_new(camera->codec, true);
    struct scrim_buf report;
    scrim_buf_init(&report, 512);
    CHECK_INT(scrim_receiver_report(receiver, 5, &report), SCRIM_OK);
    CHECK_INT(report.len % 4, 0);
    REQUIRE(report.len > 8);
    CHECK_INT(report.data[0], 0x80); // nothing came yet: no block
    scrim_buf_clear(&report);
    outcome = (struct outcome){.length = 0};
    camera_send(camera, "I P P-1 P");
    deliver(receiver, camera, 0, &outcome);
    send_report(receiver, camera->ssrc, UINT64_C(0x1122334455667788), 9, 1000000);
    CHECK_INT(scrim_receiver_report(receiver, 1500000, &report), SCRIM_OK);
    static const uint8_t expected[] = {
        0x81, 201, 0,    7,    0,  0, 0xab, 0xcd, // ours
        0,    0,   0x5e, 0xed, 19,                // 1 of 13, times 256
        0,    0,   1,    0,    0,  0, 112,        // cumulative, highest
    };
    REQUIRE(report.len > 40);
    CHECK(memcmp(report.data, expected, sizeof expected) == 0);
    CHECK(memcmp(report.data + 24, "\x33\x44\x55\x66\0\0\x80\0", 8) == 0); // LSR, DLSR: 0.5 s
    CHECK_INT(report.data[33], 202);
    scrim_buf_finish(&report);
    scrim_receiver_destroy(receiver);
    camera_free(camera);
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){
            {"whole streams", whole_streams},
            {"lost packets", lost_packets},
            {"reordering", reordering},
            {"left out pictures", left_out_pictures},
            {"reordered pictures", reordered_pictures},
            {"all are accounted for", all_are_accounted_for},
            {"trouble is counted exactly", trouble_is_counted_exactly},
            {"units come at once", units_come_at_once},
            {"slow cameras are not held up", slow_cameras_are_not_held_up},
            {"missing packets are awaited a little", missing_packets_are_awaited_a_little},
            {"times wrap", times_wrap},
            {"sender reports tell the time", sender_reports_tell_the_time},
            {"restarts", restarts},
            {"long outages are told", long_outages_are_told},
            {"large packets do not pile up", large_packets_do_not_pile_up},
            {"strangers cost nothing", strangers_cost_nothing},
            {"endless pictures end the stream", endless_pictures_end_the_stream},
            {"foreign formats end the stream", foreign_formats_end_the_stream},
            {"malformed payloads break one picture", malformed_payloads_break_one_picture},
            {"careless cameras", careless_cameras},
            {"sets under their own time", sets_under_their_own_time},
            {"parameters go with their unit", parameters_go_with_their_unit},
            {"descriptions are taken", descriptions_are_taken},
            {"reports of ours", reports_of_ours},
            {0},
        });
}
