// The small parts of the recorder: back-off, gaps, rates, what the desk is told.
#include "base/backoff.h"
#include "recorder/gap.h"
#include "recorder/rate.h"
#include "recorder/state.h"
#include "recorder/stop.h"

#include "base/clock.h"
#include "test.h"

#include <sodium.h>

static void backs_off(void)
{
    struct scrim_backoff backoff = {0};
    CHECK_INT(scrim_backoff_next(&backoff, 0, 12345), 1000000);
    int64_t expected = SCRIM_BACKOFF_SHORT_US, waited = 0;
    for (int i = 1; i < 30; i++) {
        const int64_t delay = scrim_backoff_next(&backoff, 0, (uint32_t)i * 2654435761U);
        if (i > SCRIM_BACKOFF_SHORT_TRIES && expected < SCRIM_BACKOFF_LONGEST_US)
            expected =
                expected * 2 < SCRIM_BACKOFF_LONGEST_US ? expected * 2 : SCRIM_BACKOFF_LONGEST_US;
        CHECK(delay >= expected / 2 && delay < expected);
        waited += i <= SCRIM_BACKOFF_SHORT_TRIES ? delay : 0;
    }
    CHECK(waited >= 20 * SCRIM_SECOND && waited <= 40 * SCRIM_SECOND);
    CHECK(scrim_backoff_next(&backoff, 9 * SCRIM_SECOND, 0) > 10 * SCRIM_SECOND);
    CHECK_INT(scrim_backoff_next(&backoff, 10 * SCRIM_SECOND, 0), 1000000);
}

static void gaps_tile_time(void)
{
    const int64_t start_us = 1000 * SCRIM_SECOND, utc_us = 5000 * SCRIM_SECOND;
    struct scrim_gap gap = {0};
    struct scrim_record record;
    CHECK(!scrim_gap_end(&gap, start_us, &record));
    scrim_gap_open(&gap, SCRIM_GAP_CAMERA, "refused", utc_us, start_us);
    int64_t now_us = start_us + 10 * SCRIM_SECOND;
    CHECK(!scrim_gap_cause_is(&gap, SCRIM_GAP_CAMERA, "still", now_us, &record));
    gap.lost_units = 7;
    CHECK(scrim_gap_cause_is(&gap, SCRIM_GAP_NETWORK, "unreachable", now_us, &record));
    CHECK_INT(record.type, SCRIM_RECORD_GAP);
    CHECK_INT(record.cause, SCRIM_GAP_CAMERA);
    CHECK_TEXT(record.detail, "refused");
    CHECK_INT(record.start_us, utc_us);
    CHECK_INT(record.end_us, utc_us + 10 * SCRIM_SECOND);
    CHECK_INT(record.mono_start_us, start_us);
    CHECK_INT(record.mono_end_us, now_us);
    CHECK_INT(record.lost_units, 7);

    now_us += SCRIM_GAP_PIECE_US;
    CHECK(!scrim_gap_due(&gap, now_us - 1, &record));
    CHECK(scrim_gap_due(&gap, now_us, &record));
    CHECK_INT(record.start_us, utc_us + 10 * SCRIM_SECOND);
    CHECK_INT(record.end_us, utc_us + 10 * SCRIM_SECOND + SCRIM_GAP_PIECE_US);
    CHECK_INT(record.lost_units, 0);
    CHECK(gap.open);
    // The host's clock is set meanwhile: by the old one up to there, by the new one from there.
    CHECK(scrim_gap_step(&gap, now_us + 5, -3600 * SCRIM_SECOND, &record));
    CHECK_INT(record.end_us - record.start_us, 5);
    CHECK(scrim_gap_end(&gap, now_us + 8, &record));
    CHECK_INT(record.start_us,
              utc_us + 10 * SCRIM_SECOND + SCRIM_GAP_PIECE_US + 5 - 3600 * SCRIM_SECOND);
    CHECK_INT(record.end_us - record.start_us, 3);
    CHECK_INT(record.cause, SCRIM_GAP_NETWORK);
    CHECK(!gap.open);
    // None of negative length, and none without any, unless pictures are missing.
    scrim_gap_open(&gap, SCRIM_GAP_DISK, "full", utc_us, start_us);
    CHECK(!scrim_gap_end(&gap, start_us - 100, &record));
    scrim_gap_open(&gap, SCRIM_GAP_DISK, "full", utc_us, start_us);
    gap.lost_units = 1;
    CHECK(scrim_gap_end(&gap, start_us - 100, &record));
    CHECK(record.end_us == record.start_us && record.lost_units == 1);
}

static void rates(void)
{
    struct scrim_rate rate = {0};
    for (int64_t i = 0; i <= 25; i++)
        scrim_rate_add(&rate, 1 + i * 40000, 20000);
    CHECK(rate.fps > 24.9 && rate.fps < 25.1);
    CHECK(rate.bitrate > 3990000 && rate.bitrate < 4010000);
}

// ---- What the desk is told.

static void tells(const struct scrim_camera_state *state, const char *wanted)
{
    struct scrim_buf json;
    scrim_buf_init(&json, 4096);
    CHECK_INT(scrim_camera_state_json(state, 7, &json), SCRIM_OK);
    CHECK_INT(scrim_buf_append_u8(&json, '\0'), SCRIM_OK);
    CHECK_TEXT((const char *)json.data, wanted);
    scrim_buf_finish(&json);
}

static void states(void)
{
    struct scrim_camera_state state = {.feed = {.reconnects = 2}, .recording = {.since_us = 5}};
    tells(&state,
          "{\"state\":\"connecting\",\"cause\":null,\"detail\":\"\",\"since_us\":5,"
          "\"codec\":\"\",\"width\":0,\"height\":0,\"bitrate\":0,\"fps\":0.0,\"frames\":0,"
          "\"reconnects\":2,\"gaps\":0,\"gaps_by\":{\"camera\":0,\"network\":0,\"disk\":0,"
          "\"overload\":0,\"operator\":0,\"clock\":0,\"crash\":0},\"lost\":0,\"veil_drops\":7}");
    state.streaming = true;
    state.codec = SCRIM_CODEC_H265;
    state.width = 640;
    state.height = 480;
    state.fps = 12.5;
    state.bitrate = 4000000;
    state.recording = (struct scrim_camera_status){
        .recording = true, .since_us = 6, .frames = 3, .lost_units = 4};
    state.recording.gaps_by[SCRIM_GAP_NETWORK] = 2;
    state.feed = (struct scrim_feed_stats){.connected = true,
                                           .tls = true,
                                           .packets = 9,
                                           .lost_packets = 1,
                                           .reconnects = 2,
                                           .jitter_us = 77,
                                           .has_clock_offset = true,
                                           .clock_offset_us = -5};
    tells(&state,
          "{\"state\":\"recording\",\"cause\":null,\"detail\":\"\",\"since_us\":6,"
          "\"codec\":\"h265\",\"width\":640,\"height\":480,\"bitrate\":4000000,"
          "\"fps\":12.5,\"frames\":3,\"reconnects\":2,\"gaps\":0,\"gaps_by\":{\"camera\":0,"
          "\"network\":2,\"disk\":0,\"overload\":0,\"operator\":0,\"clock\":0,\"crash\":0},"
          "\"lost\":4,"
          "\"veil_drops\":7,\"transport\":\"tls\",\"packets\":9,\"lost_packets\":1,\"dropped\":0,"
          "\"jitter_us\":77,\"clock_offset_us\":-5}");
    state = (struct scrim_camera_state){.has_cause = true,
                                        .cause = SCRIM_GAP_NETWORK,
                                        .problem = "say \"no\"",
                                        .recording = {.explained = true, .detail = "first"}};
    tells(&state, "{\"state\":\"waiting\",\"cause\":\"network\",\"detail\":\"say \\\"no\\\"\","
                  "\"since_us\":0,\"codec\":\"\",\"width\":0,\"height\":0,\"bitrate\":0,"
                  "\"fps\":0.0,\"frames\":0,\"reconnects\":0,\"gaps\":0,\"gaps_by\":{\"camera\":0,"
                  "\"network\":0,\"disk\":0,\"overload\":0,\"operator\":0,\"clock\":0,\"crash\":0},"
                  "\"lost\":0,\"veil_drops\":7}");
}

static void stop_reaches_everyone(void)
{
    struct scrim_stop *stop;
    struct scrim_error error;
    REQUIRE(scrim_stop_create(&stop, &error) == SCRIM_OK);
    CHECK(!scrim_stop_requested(stop));
    CHECK(!scrim_stop_wait(stop, 1000));
    scrim_stop_request(stop);
    scrim_stop_request(stop);
    CHECK(scrim_stop_requested(stop));
    CHECK(scrim_stop_wait(stop, 60 * SCRIM_SECOND));
    CHECK(scrim_stop_wait(stop, 60 * SCRIM_SECOND));
    scrim_stop_destroy(stop);
    scrim_stop_destroy(NULL);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(argc, argv,
                    (struct test[]){{"back-off", backs_off},
                                    {"gaps tile time", gaps_tile_time},
                                    {"rates", rates},
                                    {"states", states},
                                    {"stop", stop_reaches_everyone},
                                    {0}});
}
