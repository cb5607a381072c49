// Time as evidence: cameras whose clocks drift and jump, networks that hold pictures up, hosts
// whose clock is set; a day of each at 25 pictures a second, and what the journal says of it.
#include "recorder_rig.h"

#define SIM_FRAME 3600 // 90 kHz, 25 pictures a second
#define SIM_FRAME_US 40000
#define DAY_PICTURES (24 * 3600 * 25)
#define TRUTH_US 100000 // what a time may be off by

static struct scrim_moment place(struct scrim_timeline *timeline, int64_t rtp)
{
    return scrim_timeline_place(timeline, &(struct scrim_unit){.rtp = rtp});
}

static void time_is_steady(void)
{
    struct fake_clock clock;
    struct scrim_timeline timeline = {0};
    fake_clock_start(&clock, 1000 * SCRIM_SECOND);
    struct scrim_moment moment = place(&timeline, 777);
    const int64_t start_us = moment.utc_us;
    CHECK_INT(moment.media, 0);
    CHECK_INT(start_us, 1000 * SCRIM_SECOND);
    // Arrivals jitter and come in bursts; the estimate stays within the jitter, and media time
    // exact.
    for (int64_t i = 1; i < 5000; i++) {
        const int64_t jitter = i % 50 == 0 ? 300000 : i * 7919 % 15000;
        clock.mono_us = 1000 * SCRIM_SECOND + i * SIM_FRAME_US + jitter;
        clock.utc_us = clock.mono_us;
        moment = place(&timeline, 777 + i * SIM_FRAME);
        CHECK_INT(moment.media, i * SIM_FRAME);
        CHECK_INT(moment.dts, moment.media);
        CHECK(llabs(moment.utc_us - start_us - i * SIM_FRAME_US) < 20000);
        CHECK_INT(moment.host_step_us, 0);
    }
    fake_clock_end();
}

static void silence_takes_its_time(void)
{
    struct fake_clock clock;
    struct scrim_timeline timeline = {0};
    fake_clock_start(&clock, 1000 * SCRIM_SECOND);
    place(&timeline, 0);
    fake_clock_pass(&clock, 100 * SCRIM_SECOND);
    scrim_timeline_break(&timeline);
    const struct scrim_moment moment = place(&timeline, 50);
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
        const struct scrim_moment moment = place(&timeline, 90000 + order[i] * SIM_FRAME);
        CHECK_INT(moment.media, order[i] * SIM_FRAME);
        CHECK(moment.dts > dts);
        CHECK(i < 5 || moment.dts <= moment.media); // the depth is known by then
        CHECK(i < 9 || moment.dts == (int64_t)(i - 2) * SIM_FRAME);
        dts = moment.dts;
        fake_clock_pass(&clock, SIM_FRAME_US);
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
        const struct scrim_moment moment = place(&timeline, 42);
        CHECK(moment.dts > dts);
        dts = moment.dts;
        fake_clock_pass(&clock, SIM_FRAME_US);
    }
    fake_clock_end();
}

static void host_clock_steps(void)
{
    struct fake_clock clock;
    struct scrim_timeline timeline = {0};
    fake_clock_start(&clock, 1000 * SCRIM_SECOND);
    place(&timeline, 0);
    fake_clock_pass(&clock, SIM_FRAME_US);
    clock.utc_us += 15000; // too little for a record
    CHECK_INT(place(&timeline, SIM_FRAME).host_step_us, 0);
    fake_clock_pass(&clock, SIM_FRAME_US);
    clock.utc_us -= 3600 * SCRIM_SECOND;
    const struct scrim_moment moment = place(&timeline, 2 * SIM_FRAME);
    CHECK(moment.host_step_us < -3599 * SCRIM_SECOND);
    CHECK_INT(moment.media, 2 * SIM_FRAME);
    CHECK(llabs(moment.utc_us - clock.utc_us) < SCRIM_SECOND);
    fake_clock_end();
}

// ---- A camera whose clock is not right, and a network that is not steady.

struct sim {
    int64_t start_us; // monotonic, when the first picture is taken
    double rate;      // of the camera's clock: 1.0005 is 500 ppm fast
    int64_t rtp_step; // 90 kHz, by which its clock has jumped since
    int64_t picture;  // the next one's number
    int64_t held_until_us, arrived_us;
    uint64_t random;
};

static uint64_t random_below(struct sim *sim, uint64_t limit)
{
    sim->random ^= sim->random << 13;
    sim->random ^= sim->random >> 7;
    sim->random ^= sim->random << 17;
    return sim->random % limit;
}

static int64_t taken_us(const struct sim *sim, int64_t picture)
{
    return sim->start_us + (int64_t)((double)(picture * SIM_FRAME_US) / sim->rate);
}

// The next picture as it arrives: up to 80 ms late, and every minute and a half or so held up for
// as long as two seconds, to come in one burst. Moves the clock to its arrival.
static struct scrim_unit sim_next(struct sim *sim, struct fake_clock *clock)
{
    int64_t at_us = taken_us(sim, sim->picture) + (int64_t)random_below(sim, 80000);
    if (random_below(sim, 90 * 25) == 0)
        sim->held_until_us = at_us + (int64_t)random_below(sim, 2 * SCRIM_SECOND);
    if (at_us < sim->held_until_us)
        at_us = sim->held_until_us;
    if (at_us <= sim->arrived_us)
        at_us = sim->arrived_us + 300;
    sim->arrived_us = at_us;
    fake_clock_pass(clock, at_us - clock->mono_us);
    const struct scrim_unit unit = {.rtp = 1234567 + sim->picture * SIM_FRAME + sim->rtp_step,
                                    .arrival_us = at_us,
                                    .random = sim->picture % 50 == 0};
    sim->picture++;
    return unit;
}

static void sim_start(struct sim *sim, const struct fake_clock *clock, double ppm)
{
    *sim = (struct sim){
        .start_us = clock->mono_us, .rate = 1 + ppm / 1e6, .random = 88172645463325252U};
}

static void a_day(double ppm)
{
    struct fake_clock clock;
    struct scrim_timeline timeline = {0};
    struct sim sim;
    int64_t worst_us = 0;
    fake_clock_start(&clock, START_US);
    sim_start(&sim, &clock, ppm);
    for (int64_t i = 0; i < DAY_PICTURES; i++) {
        const struct scrim_unit unit = sim_next(&sim, &clock);
        const struct scrim_moment moment = scrim_timeline_place(&timeline, &unit);
        const int64_t off_us = llabs(moment.utc_us - taken_us(&sim, i));
        if (off_us > worst_us)
            worst_us = off_us;
        CHECK(moment.camera_step_us == 0 && moment.host_step_us == 0 && moment.hole_us == 0);
    }
    printf("  %+.0f ppm: off by %.1f ms at worst\n", ppm, (double)worst_us / 1000);
    CHECK(worst_us <= TRUTH_US);
    fake_clock_end();
}

static void days_of_drift(void)
{
    a_day(500);
    a_day(-500);
    a_day(0);
}

struct camera_step {
    double seconds;
    int at;     // picture; 50 to a GOP
    int within; // pictures after which time is right again
    bool told;  // in a record
};

static void a_camera_step(const struct camera_step *step)
{
    struct fake_clock clock;
    struct scrim_timeline timeline = {0};
    struct sim sim;
    int told = 0, holes = 0, backwards = 0;
    int64_t media = -1, dts = -1, worst_us = 0;
    fake_clock_start(&clock, START_US);
    sim_start(&sim, &clock, 200);
    for (int n = 0; n < 3000; n++) {
        if (n == step->at)
            sim.rtp_step = (int64_t)(step->seconds * 90000);
        const struct scrim_unit unit = sim_next(&sim, &clock);
        const struct scrim_moment moment = scrim_timeline_place(&timeline, &unit);
        if (n < step->at || n >= step->at + step->within) {
            const int64_t off_us = llabs(moment.utc_us - taken_us(&sim, n));
            worst_us = off_us > worst_us ? off_us : worst_us;
            backwards += moment.media <= media;
            media = moment.media;
        }
        backwards += moment.dts <= dts;
        dts = moment.dts;
        holes += moment.hole_us != 0;
        if (moment.camera_step_us == 0)
            continue;
        told++;
        CHECK(llabs(moment.camera_step_us - (int64_t)(step->seconds * 1e6)) <= TRUTH_US);
    }
    if (told != step->told || holes > 0 || backwards > 0 || worst_us > TRUTH_US) {
        printf(
            "  a step of %g s at picture %d: told %d times, %d holes, %d times backwards, off by "
            "%.1f ms\n",
            step->seconds, step->at, told, holes, backwards, (double)worst_us / 1000);
        CHECK(false);
    }
    fake_clock_end();
}

static void camera_clock_steps(void)
{
    static const struct camera_step steps[] = {
        {0.3, 1510, 0, true},  {2, 1510, 0, true},     {5, 1500, 0, true},
        {3600, 1510, 0, true}, {47000, 1510, 0, true}, {-1.5, 1510, 0, true},
        {-0.5, 1500, 0, true}, {-0.5, 1510, 0, true},  {-0.2, 1510, 600, false},
        {-60, 1510, 0, true},  {-3600, 1501, 0, true}, {-47000, 1510, 0, true},
        {0.1, 1510, 0, false},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        a_camera_step(&steps[i]);
}

// Its clock stood still for a while, and so did nothing else. Found out when the delay stays.
static void a_clock_that_was_late(void)
{
    struct fake_clock clock;
    struct scrim_timeline timeline = {0};
    struct sim sim;
    int told = 0;
    fake_clock_start(&clock, START_US);
    sim_start(&sim, &clock, 0);
    for (int n = 0; n < 5000; n++) {
        if (n == 1510)
            sim.start_us += 4 * SCRIM_SECOND;
        const struct scrim_unit unit = sim_next(&sim, &clock);
        const struct scrim_moment moment = scrim_timeline_place(&timeline, &unit);
        if (n < 1510 || n > 1510 + 25 * 25)
            CHECK(llabs(moment.utc_us - taken_us(&sim, n)) <= TRUTH_US);
        told += moment.camera_step_us != 0;
    }
    CHECK_INT(told, 1);
    fake_clock_end();
}

static void host_clock_steps_table(void)
{
    static const double steps[] = {0.05, -0.05, 0.4, -0.4, 1, -1, 3600, -86400};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct fake_clock clock;
        struct scrim_timeline timeline = {0};
        struct sim sim;
        int64_t ahead_us = 0, told_us = 0;
        fake_clock_start(&clock, START_US);
        sim_start(&sim, &clock, -300);
        for (int n = 0; n < 2000; n++) {
            if (n == 1000) {
                ahead_us = (int64_t)(steps[i] * 1e6);
                clock.utc_us += ahead_us;
            }
            const struct scrim_unit unit = sim_next(&sim, &clock);
            const struct scrim_moment moment = scrim_timeline_place(&timeline, &unit);
            CHECK(llabs(moment.utc_us - ahead_us - taken_us(&sim, n)) <= TRUTH_US);
            told_us += moment.host_step_us;
            CHECK_INT(moment.camera_step_us, 0);
        }
        CHECK_INT(told_us, ahead_us);
        fake_clock_end();
    }
}

// What a compromised ingest process may say.
static void senseless_numbers(void)
{
    static const int64_t values[] = {
        0, 1, -1, INT64_MAX, INT64_MIN, 1LL << 50, -(1LL << 50), 1LL << 62, 90000, INT64_MAX - 1};
    enum { COUNT = sizeof values / sizeof *values };
    struct fake_clock clock;
    struct scrim_timeline timeline = {0};
    int64_t dts = -1;
    fake_clock_start(&clock, START_US);
    for (int i = 0; i < 10000; i++) {
        const struct scrim_unit unit = {.rtp = values[i * 7 % COUNT],
                                        .arrival_us = values[i / 3 % COUNT],
                                        .random = i % 5 == 0,
                                        .lost_units = i % 3 ? 0 : UINT32_MAX,
                                        .lost_packets = i % 4 ? 0 : UINT32_MAX};
        const struct scrim_moment moment = scrim_timeline_place(&timeline, &unit);
        CHECK(moment.dts > dts);
        CHECK(moment.arrival_us <= clock.mono_us);
        dts = moment.dts;
        fake_clock_pass(&clock, SIM_FRAME_US);
    }
    fake_clock_end();
}

// ---- A day through the real camera, disk and journal.

static void wait_for_disk(struct rig *rig)
{
    struct scrim_disk_stats stats;
    for (scrim_disk_stats(rig->disk, &stats); stats.queued_bytes > 0;
         scrim_disk_stats(rig->disk, &stats))
        usleep(200);
}

struct sent {
    uint64_t pictures;
    struct scrim_unit key, other;
};

// One picture of the day: about one in a thousand is lost, and now and then two seconds of them.
static void send_one(struct rig *rig, struct sim *sim, struct sent *sent)
{
    if (random_below(sim, 20 * 60 * 25) == 0) {
        rig->lost += 50;
        sim->picture += 50;
        sent->pictures += 50;
    }
    struct scrim_unit unit = sim_next(sim, &rig->clock);
    sent->pictures++;
    if (random_below(sim, 1000) == 0) {
        rig->lost++;
        return;
    }
    unit.data = unit.random ? sent->key.data : sent->other.data;
    unit.size = unit.random ? sent->key.size : sent->other.size;
    unit.lost_units = rig->lost;
    unit.lost_packets = rig->lost * 3;
    rig->lost = 0;
    scrim_camera_frame(rig->camera, &unit, &rig->params);
}

static void check_day(struct rig *rig, const struct sim *sim, const struct sent *sent)
{
    static struct scrim_record records[20000];
    const size_t count = journal_by_time(rig, records, 20000);
    int64_t until_us = 0, worst_us = 0;
    uint64_t accounted = rig->lost, segments = 0, gaps = 0; // lost after the last one: nobody knows
    REQUIRE(count > 0 && count < 20000);
    for (size_t i = 0; i < count; i++) {
        const struct scrim_record *r = &records[i];
        accounted += r->frames + r->lost_units;
        CHECK(r->type != SCRIM_RECORD_CLOCK);
        if (r->type != SCRIM_RECORD_SEGMENT && r->type != SCRIM_RECORD_GAP)
            continue;
        CHECK(until_us == 0 || r->start_us == until_us);
        until_us = r->end_us;
        gaps += r->type == SCRIM_RECORD_GAP;
        if (r->type != SCRIM_RECORD_SEGMENT)
            continue;
        segments++;
        const int64_t picture = (r->rtp_first - 1234567) / SIM_FRAME;
        const int64_t off_us = llabs(r->start_us - taken_us(sim, picture));
        if (off_us > worst_us)
            worst_us = off_us;
        CHECK(r->end_us - r->start_us == r->mono_end_us - r->mono_start_us);
    }
    printf("  %d segments, %d gaps: starts off by %.1f ms at worst; %llu pictures sent\n",
           (int)segments, (int)gaps, (double)worst_us / 1000, (unsigned long long)sent->pictures);
    CHECK(worst_us <= TRUTH_US);
    CHECK_INT(accounted, sent->pictures);
    CHECK(segments > 170 && gaps > 0);
}

static void hours_in_the_journal(double ppm, int hours)
{
    struct rig rig;
    struct sim sim;
    struct sent sent = {0};
    struct scrim_buf key, other;
    struct scrim_access_unit_info info;
    scrim_buf_init(&key, 4096);
    scrim_buf_init(&other, 4096);
    put_unit(&key, SCRIM_CODEC_H264, 'I', 1, 20);
    put_unit(&other, SCRIM_CODEC_H264, 'P', 2, 20);
    sent.key = (struct scrim_unit){.data = key.data, .size = key.len};
    sent.other = (struct scrim_unit){.data = other.data, .size = other.len};
    rig_start(&rig);
    CHECK_INT(scrim_params_update(&rig.params, key.data, key.len, &info), SCRIM_OK);
    sim_start(&sim, &rig.clock, ppm);
    while (sim.picture < hours * 3600 * 25) {
        send_one(&rig, &sim, &sent);
        if (sim.picture % (25 * 60) == 0) {
            wait_for_disk(&rig);
            rig_tend(&rig);
        }
    }
    rig_stop(&rig);
    check_day(&rig, &sim, &sent);
    rig_finish(&rig);
    scrim_buf_finish(&key);
    scrim_buf_finish(&other);
}

static void days_in_the_journal(void)
{
    hours_in_the_journal(-500, 8); // a floor that rises is harder to follow
    hours_in_the_journal(500, 3);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(argc, argv,
                    (struct test[]){{"time is steady", time_is_steady},
                                    {"silence takes its time", silence_takes_its_time},
                                    {"reordered pictures", reordered_pictures},
                                    {"repeated time stamps", repeated_time_stamps},
                                    {"the host's clock steps", host_clock_steps},
                                    {"days of drift", days_of_drift},
                                    {"steps of the camera's clock", camera_clock_steps},
                                    {"a clock that was late", a_clock_that_was_late},
                                    {"steps of the host's clock", host_clock_steps_table},
                                    {"senseless numbers", senseless_numbers},
                                    {"days in the journal", days_in_the_journal},
                                    {0}});
}
