// The parts under the receiver: headers, numbers, the waiting room of UDP, RTCP, and the cadence.
#include "base/fault.h"
#include "rtsp/cadence.h"
#include "rtsp/reorder.h"
#include "rtsp/rtcp.h"
#include "rtsp/rtp.h"
#include "test.h"

#include <errno.h>

static void headers(void)
{
    static const struct {
        const char *what;
        uint8_t bytes[32];
        size_t size;
        int payload; // bytes, -1: refused
    } cases[] = {
        {"plain", {0x80, 0xe0, 1, 2, 0, 0, 0, 9, 0, 0, 0, 7, 5, 5}, 14, 2},
        {"no payload", {0x80, 96}, 12, 0},
        {"short", {0x80, 96}, 11, -1},
        {"empty", {0}, 0, -1},
        {"version 1", {0x40, 96}, 12, -1},
        {"CSRC", {0x82, 96}, 22, 2},
        {"CSRC behind the end", {0x83, 96}, 22, -1},
        {"extension", {0x90, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xbe, 0xde, 0, 1}, 21, 1},
        {"extension of nothing", {0x90, 96}, 16, 0},
        {"extension cut off", {0x90, 96}, 15, -1},
        {"extension that lies", {0x90, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, 20, -1},
        {"padding", {0xa0, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 3}, 16, 1},
        {"only padding", {0xa0, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4}, 16, 0},
        {"padding of nothing", {0xa0, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0}, 16, -1},
        {"padding into the header", {0xa0, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5}, 14, -1},
        {"no room for padding", {0xa0, 96}, 12, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scrim_rtp_packet packet;
        const bool fine = scrim_rtp_parse(cases[i].bytes, cases[i].size, &packet);
        if (fine != (cases[i].payload >= 0))
            printf("  %s\n", cases[i].what);
        CHECK(fine == (cases[i].payload >= 0));
        if (fine)
            CHECK_INT(packet.size, cases[i].payload);
    }
    struct scrim_rtp_packet packet;
    REQUIRE(scrim_rtp_parse(cases[0].bytes, cases[0].size, &packet));
    CHECK(packet.marker);
    CHECK_INT(packet.payload_type, 96);
    CHECK_INT(packet.sequence, 0x102);
    CHECK_INT(packet.time, 9);
    CHECK_INT(packet.ssrc, 7);
    CHECK(packet.payload == cases[0].bytes + 12);
}

static void numbers(void)
{
    struct scrim_rtp_source source;
    struct scrim_rtp_packet packet = {.number = 65534};
    int64_t number;
    scrim_rtp_source_start(&source, 1, 65534);
    CHECK_INT(scrim_rtp_source_place(&source, 65534, &number), SCRIM_RTP_NEAR);
    CHECK_INT(number, 65534);
    scrim_rtp_source_count(&source, &packet, 0);
    CHECK_INT(scrim_rtp_source_place(&source, 1, &number), SCRIM_RTP_NEAR); // over the wrap
    CHECK_INT(number, 65537);
    packet.number = 65537;
    scrim_rtp_source_count(&source, &packet, 0);
    CHECK_INT(scrim_rtp_source_place(&source, 65535, &number), SCRIM_RTP_NEAR); // and back
    CHECK_INT(number, 65535);
    CHECK_INT(scrim_rtp_source_place(&source, 1 + 2999, &number), SCRIM_RTP_NEAR);
    CHECK_INT(scrim_rtp_source_place(&source, 1 + 3000, &number), SCRIM_RTP_FAR);
    CHECK_INT(scrim_rtp_source_place(&source, (uint16_t)(1 - 99), &number), SCRIM_RTP_NEAR);
    CHECK_INT(scrim_rtp_source_place(&source, (uint16_t)(1 - 100), &number), SCRIM_RTP_FAR);
    const struct scrim_rtp_quality quality = scrim_rtp_source_report(&source);
    CHECK_INT(quality.highest, 65537);
    CHECK_INT(quality.cumulative_lost, 2);
    CHECK_INT(quality.fraction_lost, 128);
    CHECK_INT(scrim_rtp_source_report(&source).fraction_lost, 0); // nothing since
}

// RFC 3550, A.8: a packet that comes 160 units later than it should, each second time.
static void jitter(void)
{
    struct scrim_rtp_source source;
    scrim_rtp_source_start(&source, 1, 0);
    for (uint32_t i = 0; i < 2000; i++) {
        const struct scrim_rtp_packet packet = {.number = i, .time = i * 3600};
        scrim_rtp_source_count(&source, &packet, 77 + i * 3600 + (i & 1) * 160);
    }
    CHECK(scrim_rtp_source_jitter(&source) > 150 && scrim_rtp_source_jitter(&source) < 170);
    const struct scrim_rtp_packet jump = {.number = 2000, .time = 0x80000000};
    scrim_rtp_source_count(&source, &jump, 5);
    CHECK(scrim_rtp_source_jitter(&source) < 170);
}

static void unwrapping(void)
{
    CHECK_INT(scrim_rtp_unwrap(0xffffff00, 0x10), INT64_C(0x100000010));
    CHECK_INT(scrim_rtp_unwrap(INT64_C(0x100000010), 0xffffff00), 0xffffff00);
    CHECK_INT(scrim_rtp_unwrap(5, 0xffffffff), -1);
    CHECK_INT(scrim_rtp_unwrap(-1, 3), 3);
    CHECK_INT(scrim_rtp_unwrap(INT64_C(5) << 32 | 7, 8), INT64_C(5) << 32 | 8);
}

static void waiting_room(void)
{
    struct scrim_reorder *reorder = scrim_reorder_create();
    static const uint8_t bytes[60000] = {1, 2, 3};
    struct scrim_rtp_packet packet = {.payload = bytes, .size = 3, .number = 300, .arrival_us = 50};
    CHECK_INT(scrim_reorder_lowest(reorder, 0), INT64_MAX);
    CHECK_INT(scrim_reorder_oldest_us(reorder), INT64_MAX);
    CHECK_INT(scrim_reorder_put(reorder, &packet), SCRIM_OK);
    CHECK_INT(scrim_reorder_put(reorder, &packet), SCRIM_EEXIST);
    packet.number = 299;
    packet.arrival_us = 60;
    CHECK_INT(scrim_reorder_put(reorder, &packet), SCRIM_OK);
    CHECK_INT(scrim_reorder_lowest(reorder, 290), 299);
    CHECK_INT(scrim_reorder_oldest_us(reorder), 50);
    CHECK(!scrim_reorder_find(reorder, 298));
    const struct scrim_rtp_packet *found = scrim_reorder_find(reorder, 300);
    REQUIRE(found);
    CHECK(found->payload != bytes && memcmp(found->payload, bytes, 3) == 0);
    scrim_reorder_release(reorder, 300);
    CHECK(!scrim_reorder_find(reorder, 300));
    CHECK_INT(scrim_reorder_count(reorder), 1);

    packet.size = sizeof bytes; // bounded in bytes
    int result = SCRIM_OK;
    unsigned count = 0;
    for (packet.number = 300; result >= 0; packet.number++, count++)
        result = scrim_reorder_put(reorder, &packet);
    CHECK_INT(result, SCRIM_ENOSPACE);
    CHECK_INT(count - 1, (SCRIM_REORDER_BYTES - 3) / sizeof bytes);
    scrim_reorder_clear(reorder);
    CHECK_INT(scrim_reorder_count(reorder), 0);
    CHECK_INT(scrim_reorder_put(reorder, &packet), SCRIM_OK);
    scrim_reorder_destroy(reorder);
}

static int no_memory(void *context, enum scrim_fault_op op, const char *what)
{
    (void)context;
    (void)what;
    return op == SCRIM_FAULT_ALLOC ? ENOMEM : 0;
}

static void waiting_room_without_memory(void)
{
    struct scrim_reorder *reorder = scrim_reorder_create();
    const struct scrim_rtp_packet packet = {.payload = (const uint8_t *)"a", .size = 1};
    scrim_fault_set(no_memory, NULL);
    const int result = scrim_reorder_put(reorder, &packet);
    scrim_fault_set(NULL, NULL);
    CHECK_INT(result, SCRIM_ENOMEM);
    CHECK_INT(scrim_reorder_count(reorder), 0);
    scrim_reorder_destroy(reorder);
}

static void control_packets(void)
{
    static const struct {
        const char *what;
        uint8_t bytes[48];
        size_t size;
        bool fine, report, bye;
    } cases[] = {
        {"sender report", {0x80, 200, 0, 6, 0, 0, 0, 7}, 28, true, true, false},
        {"somebody else's", {0x80, 200, 0, 6, 0, 0, 0, 8}, 28, true, false, false},
        {"and goodbye",
         {0x80, 200, 0, 6, 0, 0, 0, 7, [28] = 0x82, 203, 0, 2, 0, 0, 0, 1, 0, 0, 0, 7},
         40,
         true,
         true,
         true},
        {"empty receiver report", {0x80, 201, 0, 1, 0, 0, 0, 7}, 8, true, false, false},
        {"empty", {0}, 0, false, false, false},
        {"short", {0x80, 200, 0}, 3, false, false, false},
        {"length that lies", {0x80, 200, 0, 7, 0, 0, 0, 7}, 28, false, false, false},
        {"too short for what it is", {0x80, 200, 0, 1, 0, 0, 0, 7}, 8, false, false, false},
        {"version 0", {0x00, 200, 0, 6}, 28, false, false, false},
        {"goodbye that lies", {0x9f, 203, 0, 1, 0, 0, 0, 7}, 8, false, false, false},
        {"padding", {0xa0, 201, 0, 2, 0, 0, 0, 7, 0, 0, 0, 4}, 12, true, false, false},
        {"padding that lies", {0xa0, 201, 0, 1, 0, 0, 0, 9}, 8, false, false, false},
        {"padding of nothing", {0xa0, 201, 0, 0}, 4, false, false, false},
        {"padding in the middle",
         {0xa0, 201, 0, 1, 0, 0, 0, 4, 0x80, 201, 0, 1, 0, 0, 0, 7},
         16,
         false,
         false,
         false},
    };
    const uint32_t ssrc = 7;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scrim_rtcp_news news = {0};
        const int result = scrim_rtcp_parse(cases[i].bytes, cases[i].size, &ssrc, &news);
        if ((result == SCRIM_OK) != cases[i].fine)
            printf("  %s\n", cases[i].what);
        CHECK((result == SCRIM_OK) == cases[i].fine);
        CHECK(news.has_report == cases[i].report);
        CHECK(news.bye == cases[i].bye);
    }
}

static void wall_clock(void)
{
    CHECK_INT(scrim_rtcp_utc_us(UINT64_C(2208988800) << 32), INT64_C(0));
    CHECK_INT(scrim_rtcp_utc_us(UINT64_C(0xffffffffffffffff)), INT64_C(2085978495999999));
    CHECK_INT(scrim_rtcp_utc_us(0x40000000), INT64_C(2085978496250000)); // 2036-02-07T06:28:16Z
}

// A minute of 15 pictures a second whose times are whole milliseconds, then a hole of n pictures.
static void counts_long_holes(void)
{
    for (int64_t missing = 1; missing < 400; missing += 7) {
        struct scrim_cadence cadence = {0};
        int64_t i = 0, time;
        for (; i < 900; i++) {
            time = i * 1000 / 15 * 90;
            CHECK_INT(
                scrim_cadence_take(&cadence, time, time + 5000, (struct scrim_cadence_evidence){0}),
                0);
        }
        time = (i + missing) * 1000 / 15 * 90;
        CHECK_INT(scrim_cadence_take(&cadence, time, time + 9000,
                                     (struct scrim_cadence_evidence){1, 3, false}),
                  missing);
    }
}

// Pictures at random moments are never taken for losses.
static void never_accuses_a_varying_rate(void)
{
    struct scrim_cadence cadence = {0};
    uint32_t random = 1, accused = 0;
    int64_t time = 0;
    for (unsigned i = 0; i < 5000; i++) {
        random = random * 1664525 + 1013904223;
        time += 1500 + (random >> 16) % 12000;
        accused += scrim_cadence_take(&cadence, time, time, (struct scrim_cadence_evidence){0});
    }
    CHECK_INT(accused, 0);
    // Bursts of full rate with quiet between: once, at the very first change.
    cadence = (struct scrim_cadence){0};
    for (unsigned i = 0; i < 5000; i++) {
        time += i / 100 % 2 ? 90000 : 3600;
        const uint32_t lost =
            scrim_cadence_take(&cadence, time, time, (struct scrim_cadence_evidence){0});
        CHECK(lost == 0 || i == 100);
    }
}

static void jumps_of_the_clock_are_no_losses(void)
{
    struct scrim_cadence cadence = {0};
    int64_t time = 0, arrival = 0;
    for (unsigned i = 0; i < 1000; i++) {
        time += 3600;
        arrival += 3600;
        if (i % 200 == 150)
            time += i % 400 == 150 ? INT64_C(90000) * 7200 : -INT64_C(90000) * 3600;
        CHECK_INT(scrim_cadence_take(&cadence, time, arrival, (struct scrim_cadence_evidence){0}),
                  0);
    }
    // Stuck and repeated times neither.
    for (unsigned i = 0; i < 100; i++)
        CHECK_INT(
            scrim_cadence_take(&cadence, time, arrival += 3600, (struct scrim_cadence_evidence){0}),
            0);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){
                        {"headers", headers},
                        {"numbers", numbers},
                        {"jitter", jitter},
                        {"unwrapping", unwrapping},
                        {"waiting room", waiting_room},
                        {"waiting room without memory", waiting_room_without_memory},
                        {"control packets", control_packets},
                        {"wall clock", wall_clock},
                        {"counts long holes", counts_long_holes},
                        {"never accuses a varying rate", never_accuses_a_varying_rate},
                        {"jumps of the clock are no losses", jumps_of_the_clock_are_no_losses},
                        {0},
                    });
}
