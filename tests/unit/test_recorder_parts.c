// The small parts of the recorder: back-off, gaps, rates, hour keys, time, what the desk is told.
#include "base/backoff.h"
#include "recorder/gap.h"
#include "recorder/hours.h"
#include "recorder/rate.h"
#include "recorder/state.h"
#include "recorder/stop.h"
#include "recorder/timeline.h"

#include "base/clock.h"
#include "fake_clock.h"
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
    struct fake_clock clock;
    struct scrim_gap gap = {0};
    struct scrim_record record;
    fake_clock_start(&clock, 1000 * SCRIM_SECOND);
    CHECK(!scrim_gap_end(&gap, clock.utc_us, &record));
    CHECK(!scrim_gap_cause_is(&gap, SCRIM_GAP_CAMERA, "refused", clock.utc_us - 5, clock.utc_us,
                              &record));
    fake_clock_pass(&clock, 10 * SCRIM_SECOND);
    CHECK(!scrim_gap_cause_is(&gap, SCRIM_GAP_CAMERA, "still", 0, clock.utc_us, &record));
    CHECK(scrim_gap_cause_is(&gap, SCRIM_GAP_NETWORK, "unreachable", 0, clock.utc_us, &record));
    CHECK_INT(record.type, SCRIM_RECORD_GAP);
    CHECK_INT(record.cause, SCRIM_GAP_CAMERA);
    CHECK_TEXT(record.detail, "refused");
    CHECK_INT(record.start_us, 1000 * SCRIM_SECOND - 5);
    CHECK_INT(record.end_us, 1010 * SCRIM_SECOND);
    CHECK_INT(record.mono_end_us - record.mono_start_us, 10 * SCRIM_SECOND + 5);

    fake_clock_pass(&clock, SCRIM_GAP_PIECE_US - 1);
    CHECK(!scrim_gap_due(&gap, clock.utc_us, &record));
    fake_clock_pass(&clock, 1);
    CHECK(scrim_gap_due(&gap, clock.utc_us, &record));
    CHECK_INT(record.start_us, 1010 * SCRIM_SECOND);
    CHECK_INT(record.end_us, 1010 * SCRIM_SECOND + SCRIM_GAP_PIECE_US);
    CHECK(gap.open);
    fake_clock_pass(&clock, 3);
    CHECK(scrim_gap_end(&gap, clock.utc_us, &record));
    CHECK_INT(record.start_us, 1010 * SCRIM_SECOND + SCRIM_GAP_PIECE_US);
    CHECK_INT(record.cause, SCRIM_GAP_NETWORK);
    CHECK(!gap.open);
    // The clock was set back meanwhile: no gap of negative length.
    CHECK(!scrim_gap_cause_is(&gap, SCRIM_GAP_DISK, "full", clock.utc_us, clock.utc_us, &record));
    CHECK(!scrim_gap_end(&gap, clock.utc_us - 100, &record));
    fake_clock_end();
}

static void rates(void)
{
    struct scrim_rate rate = {0};
    for (int64_t i = 0; i <= 25; i++)
        scrim_rate_add(&rate, 1 + i * 40000, 20000);
    CHECK(rate.fps > 24.9 && rate.fps < 25.1);
    CHECK(rate.bitrate > 3990000 && rate.bitrate < 4010000);
}

static void hour_keys(void)
{
    char dir[256], path[512];
    struct scrim_error error;
    struct scrim_hours *hours;
    uint8_t key[SCRIM_HOUR_KEY], next[SCRIM_HOUR_KEY], again[SCRIM_HOUR_KEY];
    const int64_t hour_us = 3600 * SCRIM_SECOND, now = 500000 * hour_us + 17 * SCRIM_SECOND;
    test_make_dir(dir);
    REQUIRE(scrim_hours_create(dir, "quay", now, &hours, &error) == SCRIM_OK);
    CHECK_INT(scrim_hours_get(hours, 500000, key), SCRIM_OK);
    CHECK_INT(scrim_hours_get(hours, 500001, next), SCRIM_OK);
    CHECK_INT(scrim_hours_get(hours, 500002, again), SCRIM_ENOENT);
    CHECK(memcmp(key, next, sizeof key) != 0);

    // The next hour begins: its successor is made at once, the hour before lingers, then is wiped.
    CHECK_INT(scrim_hours_tend(hours, now + hour_us, &error), SCRIM_OK);
    CHECK_INT(scrim_hours_get(hours, 500000, again), SCRIM_OK);
    CHECK(memcmp(key, again, sizeof key) == 0);
    CHECK_INT(scrim_hours_get(hours, 500002, again), SCRIM_OK);
    CHECK_INT(scrim_hours_tend(hours, now + hour_us + 200 * SCRIM_SECOND, &error), SCRIM_OK);
    CHECK_INT(scrim_hours_get(hours, 500000, again), SCRIM_ENOENT);
    snprintf(path, sizeof path, "%s/state/keys/hours/quay/500002", dir);
    CHECK_INT(access(path, F_OK), 0);

    // The clock is set back by hours: the keys of then exist and cannot be read any more.
    CHECK_INT(scrim_hours_tend(hours, now, &error), SCRIM_EEXIST);
    CHECK_INT(scrim_hours_get(hours, 500000, again), SCRIM_ENOENT);
    scrim_hours_destroy(hours);
    REQUIRE(scrim_hours_create(dir, "quay", now, &hours, &error) == SCRIM_OK); // a new start can
    CHECK_INT(scrim_hours_get(hours, 500000, again), SCRIM_OK);
    CHECK(memcmp(key, again, sizeof key) == 0);
    scrim_hours_destroy(hours);
    scrim_hours_destroy(NULL);
    test_remove_dir(dir);
}

// ---- Time.

#define FRAME 3600 // 90 kHz, 25 pictures a second
#define FRAME_US 40000

static void time_is_steady(void)
{
    struct fake_clock clock;
    struct scrim_timeline timeline = {0};
    fake_clock_start(&clock, 1000 * SCRIM_SECOND);
    struct scrim_moment moment = scrim_timeline_place(&timeline, 777);
    const int64_t start_us = moment.utc_us;
    CHECK_INT(moment.media, 0);
    CHECK_INT(start_us, 1000 * SCRIM_SECOND);
    // Arrivals jitter and come in bursts; the estimate stays within the jitter, and media time
    // exact.
    for (int64_t i = 1; i < 5000; i++) {
        const int64_t jitter = i % 50 == 0 ? 300000 : i * 7919 % 15000;
        clock.mono_us = 1000 * SCRIM_SECOND + i * FRAME_US + jitter;
        clock.utc_us = clock.mono_us;
        moment = scrim_timeline_place(&timeline, 777 + i * FRAME);
        CHECK_INT(moment.media, i * FRAME);
        CHECK_INT(moment.dts, moment.media);
        CHECK(llabs(moment.utc_us - start_us - i * FRAME_US) < 20000);
        CHECK_INT(moment.host_step_us, 0);
    }
    fake_clock_end();
}

static void drift_is_followed(void)
{
    struct fake_clock clock;
    for (int direction = -1; direction <= 1; direction += 2) {
        struct scrim_timeline timeline = {0};
        struct scrim_moment moment = {0};
        fake_clock_start(&clock, 1000 * SCRIM_SECOND);
        for (int64_t i = 0; i < 250000; i++) { // nearly three hours, 100 ppm: a second
            moment = scrim_timeline_place(&timeline, i * FRAME);
            fake_clock_pass(&clock, FRAME_US + direction * 4);
        }
        CHECK(llabs(clock.utc_us - FRAME_US - moment.utc_us) < 50000);
    }
    fake_clock_end();
}

static void camera_clock_jumps(void)
{
    struct fake_clock clock;
    struct scrim_timeline timeline = {0};
    fake_clock_start(&clock, 1000 * SCRIM_SECOND);
    int64_t pts = 0, media = -1, dts = -1;
    for (int i = 0; i < 400; i++) {
        pts += FRAME;
        if (i == 100)
            pts -= 60 * 90000; // back by a minute
        if (i == 200)
            pts += 3600 * 90000; // forward by an hour
        if (i == 300)
            scrim_timeline_break(&timeline), pts = 12345; // another session
        fake_clock_pass(&clock, FRAME_US);
        const struct scrim_moment moment = scrim_timeline_place(&timeline, pts);
        CHECK(moment.media > media && moment.media < media + 2 * FRAME + 1);
        CHECK(moment.dts > dts && moment.dts <= moment.media);
        CHECK(llabs(moment.utc_us - clock.utc_us) < 2 * FRAME_US);
        media = moment.media;
        dts = moment.dts;
    }
    fake_clock_end();
}

static void silence_takes_its_time(void)
{
    struct fake_clock clock;
    struct scrim_timeline timeline = {0};
    fake_clock_start(&clock, 1000 * SCRIM_SECOND);
    scrim_timeline_place(&timeline, 0);
    fake_clock_pass(&clock, 100 * SCRIM_SECOND);
    scrim_timeline_break(&timeline);
    const struct scrim_moment moment = scrim_timeline_place(&timeline, 50);
    CHECK_INT(moment.media, 100 * 90000);
    CHECK_INT(moment.utc_us, clock.utc_us);
    fake_clock_end();
}

static void reordered_pictures(void)
{
    static const int order[] = {0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11}; // I, then P B b b
    struct fake_clock clock;
    struct scrim_timeline timeline = {0};
    fake_clock_start(&clock, 1000 * SCRIM_SECOND);
    int64_t dts = INT64_MIN;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const struct scrim_moment moment =
            scrim_timeline_place(&timeline, 90000 + order[i] * FRAME);
        CHECK_INT(moment.media, order[i] * FRAME);
        CHECK(moment.dts > dts);
        CHECK(i < 5 || moment.dts <= moment.media); // the depth is known by then
        CHECK(i < 9 || moment.dts == (int64_t)(i - 2) * FRAME);
        dts = moment.dts;
        fake_clock_pass(&clock, FRAME_US);
    }
    fake_clock_end();
}

static void repeated_time_stamps(void)
{
    struct fake_clock clock;
    struct scrim_timeline timeline = {0};
    int64_t dts = -1;
    fake_clock_start(&clock, 1000 * SCRIM_SECOND);
    for (int i = 0; i < 1000; i++) {
        const struct scrim_moment moment = scrim_timeline_place(&timeline, 42);
        CHECK(moment.dts > dts);
        dts = moment.dts;
        fake_clock_pass(&clock, FRAME_US);
    }
    fake_clock_end();
}

static void host_clock_steps(void)
{
    struct fake_clock clock;
    struct scrim_timeline timeline = {0};
    fake_clock_start(&clock, 1000 * SCRIM_SECOND);
    scrim_timeline_place(&timeline, 0);
    fake_clock_pass(&clock, FRAME_US);
    clock.utc_us += 400000; // slewed, not stepped
    CHECK_INT(scrim_timeline_place(&timeline, FRAME).host_step_us, 0);
    fake_clock_pass(&clock, FRAME_US);
    clock.utc_us -= 3600 * SCRIM_SECOND;
    const struct scrim_moment moment = scrim_timeline_place(&timeline, 2 * FRAME);
    CHECK(moment.host_step_us < -3599 * SCRIM_SECOND);
    CHECK_INT(moment.media, 2 * FRAME);
    CHECK(llabs(moment.utc_us - clock.utc_us) < SCRIM_SECOND);
    fake_clock_end();
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
    struct scrim_camera_state state = {.reconnects = 2, .recording = {.since_us = 5}};
    tells(&state, "{\"state\":\"connecting\",\"cause\":null,\"detail\":\"\",\"since_us\":5,"
                  "\"codec\":\"\",\"width\":0,\"height\":0,\"bitrate\":0,\"fps\":0.0,\"frames\":0,"
                  "\"reconnects\":2,\"gaps\":0,\"veil_drops\":7}");
    state.streaming = true;
    state.codec = SCRIM_CODEC_H265;
    state.width = 640;
    state.height = 480;
    state.fps = 12.5;
    state.bitrate = 4000000;
    state.recording = (struct scrim_camera_status){.recording = true, .since_us = 6, .frames = 3};
    tells(&state, "{\"state\":\"recording\",\"cause\":null,\"detail\":\"\",\"since_us\":6,"
                  "\"codec\":\"h265\",\"width\":640,\"height\":480,\"bitrate\":4000000,"
                  "\"fps\":12.5,\"frames\":3,\"reconnects\":2,\"gaps\":0,\"veil_drops\":7}");
    state = (struct scrim_camera_state){.has_cause = true,
                                        .cause = SCRIM_GAP_NETWORK,
                                        .problem = "say \"no\"",
                                        .recording = {.explained = true, .detail = "first"}};
    tells(&state, "{\"state\":\"waiting\",\"cause\":\"network\",\"detail\":\"say \\\"no\\\"\","
                  "\"since_us\":0,\"codec\":\"\",\"width\":0,\"height\":0,\"bitrate\":0,"
                  "\"fps\":0.0,\"frames\":0,\"reconnects\":0,\"gaps\":0,\"veil_drops\":7}");
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
                                    {"hour keys", hour_keys},
                                    {"time is steady", time_is_steady},
                                    {"drift is followed", drift_is_followed},
                                    {"the camera's clock jumps", camera_clock_jumps},
                                    {"silence takes its time", silence_takes_its_time},
                                    {"reordered pictures", reordered_pictures},
                                    {"repeated time stamps", repeated_time_stamps},
                                    {"the host's clock steps", host_clock_steps},
                                    {"states", states},
                                    {"stop", stop_reaches_everyone},
                                    {0}});
}
