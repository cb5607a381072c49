// Whether the picture as a whole can be trusted, from made-up figures of the background.
#include "veil/scene.h"

#include "test.h"

#define STEP_US INT64_C(100000)

struct watch {
    struct scrim_scene scene;
    int64_t now_us;
    struct scrim_verdict last;
};

static void begin(struct watch *watch)
{
    *watch = (struct watch){0};
    scrim_scene_begin(&watch->scene, 0, SCRIM_REASON_WARM_UP);
}

// Pictures of which so many permille of cells differ from the background and from the picture
// before. How many were judged for `reason`.
static int watch_frames(struct watch *watch, int frames, unsigned foreground, unsigned changed,
                        enum scrim_reason reason)
{
    int count = 0;
    for (int i = 0; i < frames; i++) {
        const struct scrim_motion_result seen = {1, foreground, changed};
        watch->now_us += STEP_US;
        watch->last = scrim_scene_judge(&watch->scene, watch->now_us, STEP_US, &seen);
        count += watch->last.reason == reason;
    }
    return count;
}

static void judge_light(struct watch *watch, float gain, unsigned foreground)
{
    const struct scrim_motion_result seen = {gain, foreground, 900};
    watch->now_us += STEP_US;
    watch->last = scrim_scene_judge(&watch->scene, watch->now_us, STEP_US, &seen);
}

// Drops change a quarter of the picture all the time, but the ground behind them stays.
static void storm(void)
{
    struct watch watch;
    begin(&watch);
    watch_frames(&watch, 50, 60, 100, SCRIM_REASON_NONE);
    CHECK_INT(watch_frames(&watch, 600, 60, 260, SCRIM_REASON_NONE), 600);
}

static void carried(void)
{
    struct watch watch;
    begin(&watch);
    watch_frames(&watch, 50, 20, 20, SCRIM_REASON_NONE);
    int frames = 0;
    while (watch.last.reason != SCRIM_REASON_CAMERA && frames < 30)
        frames += watch_frames(&watch, 1, 350, 280, SCRIM_REASON_NONE) + 1;
    CHECK(watch.last.reason == SCRIM_REASON_CAMERA);
    CHECK(watch.last.other); // the pictures that wait were already of a camera that moves
    CHECK(watch.now_us < 50 * STEP_US + 2 * 1500000);
    CHECK_INT(watch_frames(&watch, 100, 350, 180, SCRIM_REASON_CAMERA), 100);
    CHECK(!watch.last.other);
    CHECK(watch_frames(&watch, 100, 60, 20, SCRIM_REASON_CAMERA) < 30); // put down again
}

// Carried from the start: nothing is known of the ground, and nothing is shown of it.
static void carried_from_the_start(void)
{
    struct watch watch;
    begin(&watch);
    watch_frames(&watch, 18, 0, 280, SCRIM_REASON_NONE);
    CHECK_INT(watch_frames(&watch, 100, 240, 240, SCRIM_REASON_CAMERA), 100);
}

// So much changes that the background can only be a blur of what went by.
static void swept(void)
{
    struct watch watch;
    begin(&watch);
    watch_frames(&watch, 30, 20, 700, SCRIM_REASON_NONE);
    CHECK_INT(watch_frames(&watch, 100, 20, 700, SCRIM_REASON_CAMERA), 100);
}

static void light_that_is_followed(void)
{
    struct watch watch;
    begin(&watch);
    watch_frames(&watch, 50, 60, 20, SCRIM_REASON_NONE);
    judge_light(&watch, 1.8F, 120);
    CHECK(watch.last.reason == SCRIM_REASON_NONE && !watch.last.learn);
    judge_light(&watch, 0.55F, 60);
    CHECK(watch.last.reason == SCRIM_REASON_NONE);
}

static void light_that_is_not(void)
{
    struct watch watch;
    begin(&watch);
    watch_frames(&watch, 50, 60, 20, SCRIM_REASON_NONE);
    judge_light(&watch, 0.6F, 260);
    CHECK(watch.last.reason == SCRIM_REASON_EXPOSURE && watch.last.learn);
}

static void cut(void)
{
    struct watch watch;
    begin(&watch);
    watch_frames(&watch, 50, 60, 20, SCRIM_REASON_NONE);
    watch_frames(&watch, 1, 700, 700, SCRIM_REASON_NONE);
    CHECK(watch.last.reason == SCRIM_REASON_SCENE && watch.last.learn && watch.last.other);
}

// Knocked by a few pixels: half of the cells differ at once.
static void knocked(void)
{
    struct watch watch;
    begin(&watch);
    watch_frames(&watch, 50, 30, 20, SCRIM_REASON_NONE);
    watch_frames(&watch, 1, 500, 500, SCRIM_REASON_NONE);
    CHECK(watch.last.reason == SCRIM_REASON_SCENE && watch.last.learn && watch.last.other);
}

// Busy from the start is not a cut when the warm-up ends.
static void busy_from_the_start(void)
{
    struct watch watch;
    begin(&watch);
    CHECK_INT(watch_frames(&watch, 300, 400, 100, SCRIM_REASON_NONE), 300);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"storm", storm},
                                    {"carried", carried},
                                    {"carried from the start", carried_from_the_start},
                                    {"swept", swept},
                                    {"light that is followed", light_that_is_followed},
                                    {"light that is not", light_that_is_not},
                                    {"cut", cut},
                                    {"knocked", knocked},
                                    {"busy from the start", busy_from_the_start},
                                    {0}});
}
