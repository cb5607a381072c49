// The redactor over a made-up scene: what it hides, that it fails closed, and that it recovers.
#include "test.h"
#include "veil_scene.h"

#define W 320
#define H 240
#define STEP_US 100000

struct rig {
    struct scene scene;
    struct script script;
    struct scrim_schedule *schedule;
    struct scrim_redactor *redactor;
    int64_t now_us;
    // Per frame that came out, by its tag (the number of the frame that went in):
    int in, out;
    enum scrim_reason reasons[2000];
    unsigned masked[2000];            // permille
    bool hidden[2000];                // nothing bright of the block is left, see watch
    int watch_x[2000], watch_y[2000]; // where the block was in frame n; -1: nowhere
    uint64_t hash;
};

static void rig_init(struct rig *rig)
{
    memset(rig, 0, sizeof *rig);
    scene_init(&rig->scene, W, H);
    rig->schedule = scrim_schedule_create(1000, 400000, true);
    const struct scrim_redactor_params params = {
        .width = W,
        .height = H,
        .finder = {script_find, &rig->script},
        .schedule = rig->schedule,
    };
    if (scrim_redactor_create(&params, &rig->redactor, NULL) < 0)
        abort();
}

static void rig_finish(struct rig *rig)
{
    scrim_redactor_destroy(rig->redactor);
    scrim_schedule_destroy(rig->schedule);
    scene_finish(&rig->scene);
}

#define BLOCK_W 24
#define BLOCK_H 60

// True if the block's bright pixels are gone from the inner part of where it was.
static bool is_hidden(const struct scrim_veiled *veiled, int x0, int y0)
{
    int left = 0;
    for (int y = y0 + 3; y < y0 + BLOCK_H - 3; y++)
        for (int x = x0 + 2; x < x0 + BLOCK_W - 2; x++)
            if (x >= 0 && y >= 0 && x < W && y < H)
                left += veiled->picture.planes[0][y * veiled->picture.strides[0] + x] > 205;
    return left == 0;
}

static void pop_all(struct rig *rig)
{
    struct scrim_veiled veiled;
    while (scrim_redactor_pop(rig->redactor, &veiled)) {
        const int n = (int)veiled.tag;
        CHECK_INT(n, rig->out);
        rig->reasons[n] = veiled.reason;
        rig->masked[n] = veiled.masked_permille;
        rig->hidden[n] =
            rig->watch_x[n] < 0 || is_hidden(&veiled, rig->watch_x[n], rig->watch_y[n]);
        CHECK(veiled.reason == SCRIM_REASON_NONE || veiled.masked_permille == 1000);
        for (int i = 0; i < veiled.mask->columns * veiled.mask->rows; i++)
            rig->hash = rig->hash * 31 + veiled.mask->cells[i];
        rig->out++;
    }
}

static void push(struct rig *rig)
{
    const struct scrim_picture picture = scene_picture(&rig->scene);
    CHECK(scrim_redactor_push(rig->redactor, &picture, rig->now_us, rig->in, NULL) >= 0);
    rig->in++;
    rig->now_us += STEP_US;
    pop_all(rig);
}

static void push_ground(struct rig *rig, int frames)
{
    for (int i = 0; i < frames; i++) {
        scene_ground(&rig->scene, 0);
        rig->watch_x[rig->in] = -1;
        push(rig);
    }
}

// `found`: as the detector answers: a box, none, or an error.
static void push_block(struct rig *rig, int x, int y, int found)
{
    scene_ground(&rig->scene, 0);
    scene_block(&rig->scene, x, y, BLOCK_W, BLOCK_H);
    rig->watch_x[rig->in] = x;
    rig->watch_y[rig->in] = y;
    rig->script.count = found;
    rig->script.boxes[0] = person((float)x, (float)y, (float)(x + BLOCK_W), (float)(y + BLOCK_H));
    push(rig);
}

static void finish_frames(struct rig *rig)
{
    scrim_redactor_flush(rig->redactor);
    pop_all(rig);
    CHECK_INT(rig->out, rig->in);
}

static int count_reason(const struct rig *rig, enum scrim_reason reason, int from, int to)
{
    int count = 0;
    for (int i = from; i < to; i++)
        count += rig->reasons[i] == reason;
    return count;
}

static void warm_up(void)
{
    struct rig rig;
    rig_init(&rig);
    push_ground(&rig, 60);
    finish_frames(&rig);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_WARM_UP, 0, 19), 19);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 25, 60), 35);
    CHECK(rig.script.calls >= 2);
    rig_finish(&rig);
}

static void looks_ahead_half_a_second(void)
{
    struct rig rig;
    rig_init(&rig);
    for (int i = 0; i < 40; i++) {
        push_ground(&rig, 1);
        CHECK_INT(rig.out, i < 5 ? 0 : i - 4);
    }
    finish_frames(&rig);
    rig_finish(&rig);
}

static void motion_alone_hides(void)
{
    struct rig rig;
    rig_init(&rig);
    push_ground(&rig, 40);
    for (int i = 0; i < 60; i++)
        push_block(&rig, 20 + 4 * i, 90, false); // nobody detects them
    finish_frames(&rig);
    for (int i = 40; i < 100; i++)
        CHECK(rig.hidden[i]);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 40, 100), 60);
    rig_finish(&rig);
}

// Somebody who was there from the start and stands still: no motion ever, only the detector.
static void still_person_stays_hidden(void)
{
    struct rig rig;
    rig_init(&rig);
    for (int i = 0; i < 1200; i++)
        push_block(&rig, 100, 90, true);
    finish_frames(&rig);
    for (int i = 0; i < 1200; i++)
        CHECK(rig.hidden[i]);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 25, 1200), 1175);
    CHECK(rig.script.calls < 280); // and that is cheap: a look a second, four parts in five
    rig_finish(&rig);
}

// Found late: the half second before is covered too, although nothing moved in it.
static void fills_backwards(void)
{
    struct rig rig;
    rig_init(&rig);
    for (int i = 0; i < 50; i++)
        push_block(&rig, 100, 90, false); // part of the background by now
    int found = 0;
    while (!found) {
        const int calls = rig.script.calls;
        push_block(&rig, 100, 90, true);
        if (rig.script.calls > calls)
            found = rig.in - 1;
    }
    for (int i = 0; i < 20; i++)
        push_block(&rig, 100, 90, true);
    finish_frames(&rig);
    for (int i = found - 5; i < rig.out; i++)
        CHECK(rig.hidden[i]);
    CHECK(!rig.hidden[found - 8]); // the test would see it
    rig_finish(&rig);
}

// Boxes move with the person between runs, so a walk is covered even where motion sees nothing.
static void deterministic(void)
{
    uint64_t hashes[2];
    for (int round = 0; round < 2; round++) {
        struct rig rig;
        rig_init(&rig);
        push_ground(&rig, 30);
        for (int i = 0; i < 60; i++)
            push_block(&rig, 10 + 4 * i, 60 + i, i % 3 != 0);
        finish_frames(&rig);
        hashes[round] = rig.hash;
        rig_finish(&rig);
    }
    CHECK(hashes[0] == hashes[1]);
}

static void scene_cut(void)
{
    struct rig rig;
    rig_init(&rig);
    push_ground(&rig, 50);
    for (int i = 0; i < 60; i++) {
        scene_ground(&rig.scene, 1);
        rig.watch_x[rig.in] = -1;
        push(&rig);
    }
    finish_frames(&rig);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 25, 45), 20);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 50, 69), 0);
    CHECK(count_reason(&rig, SCRIM_REASON_SCENE, 50, 69) > 15);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 80, 110), 30); // recovers by itself
    rig_finish(&rig);
}

// Another exposure, at once: the background follows it, and who walks on stays hidden.
static void exposure_jump(void)
{
    struct rig rig;
    rig_init(&rig);
    push_ground(&rig, 50);
    for (int i = 0; i < 60; i++) {
        rig.scene.light = i < 20 ? 100 : i < 40 ? 150 : 95;
        push_block(&rig, 20 + 4 * i, 90, false);
    }
    finish_frames(&rig);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 50, 110), 60);
    for (int i = 50; i < 110; i++)
        CHECK(rig.hidden[i]);
    CHECK(rig.masked[85] < 300); // and the rest is to be seen
    rig_finish(&rig);
}

// As when the infrared lamp comes on: everything is brighter, and not by one factor.
static void exposure_jump_that_cannot_be_followed(void)
{
    struct rig rig;
    rig_init(&rig);
    push_ground(&rig, 50);
    rig.scene.light = 180;
    for (int i = 0; i < 60; i++) {
        scene_ground(&rig.scene, 1);
        rig.watch_x[rig.in] = -1;
        push(&rig);
    }
    finish_frames(&rig);
    CHECK_INT(rig.reasons[50], SCRIM_REASON_EXPOSURE);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 50, 69), 0);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 80, 110), 30);
    rig_finish(&rig);
}

// Slow changes of light are the background's business.
static void exposure_drift(void)
{
    struct rig rig;
    rig_init(&rig);
    push_ground(&rig, 40);
    for (int i = 0; i < 100; i++) {
        rig.scene.light = 100 + i / 2;
        push_ground(&rig, 1);
    }
    finish_frames(&rig);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 40, 140), 100);
    rig_finish(&rig);
}

static void too_much_motion(void)
{
    struct rig rig;
    rig_init(&rig);
    push_ground(&rig, 40);
    // The picture fills up slowly, so that it is no cut.
    for (int i = 0; i < 60; i++) {
        scene_ground(&rig.scene, 0);
        scene_block(&rig.scene, 0, 0, W, i * 8);
        rig.watch_x[rig.in] = -1;
        push(&rig);
    }
    push_ground(&rig, 60);
    finish_frames(&rig);
    CHECK(count_reason(&rig, SCRIM_REASON_MOTION, 40, 100) > 8);
    for (int i = 60; i < 80; i++)
        CHECK(rig.reasons[i] != SCRIM_REASON_NONE);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 140, 160), 20);
    rig_finish(&rig);
}

static void carried_camera(void)
{
    struct rig rig;
    rig_init(&rig);
    push_ground(&rig, 40);
    for (int i = 0; i < 60; i++) {
        rig.scene.pan += 7;
        push_ground(&rig, 1);
    }
    push_ground(&rig, 120);
    finish_frames(&rig);
    CHECK(count_reason(&rig, SCRIM_REASON_CAMERA, 40, 100) > 40);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 50, 100), 0);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 160, 220), 60);
    rig_finish(&rig);
}

static void dead_detector(void)
{
    struct rig rig;
    rig_init(&rig);
    push_ground(&rig, 50);
    rig.script.count = SCRIM_EINTERNAL;
    push_ground(&rig, 100); // nothing moves, so the next look may be seconds away
    rig.script.count = 0;
    push_ground(&rig, 60);
    finish_frames(&rig);
    CHECK(count_reason(&rig, SCRIM_REASON_DETECTOR, 50, 150) > 40);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 190, 210), 20);
    rig_finish(&rig);
}

// It fails while somebody walks: nothing is shown when the last look is too long ago to say where
// they are, and soon after it works again.
static void detector_fails_in_a_busy_scene(void)
{
    struct rig rig;
    rig_init(&rig);
    push_ground(&rig, 40);
    for (int i = 0; i < 20; i++)
        push_block(&rig, 20 + 2 * i, 90, true);
    for (int i = 20; i < 60; i++)
        push_block(&rig, 20 + 2 * i, 90, SCRIM_EINTERNAL);
    for (int i = 60; i < 90; i++)
        push_block(&rig, 20 + 2 * i, 90, true);
    finish_frames(&rig);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 40, 55), 15);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_DETECTOR, 80, 95), 15);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 110, 130), 20);
    rig_finish(&rig);
}

// The detector never failed, it just is not asked any more: a budget of next to nothing.
static void late_detector(void)
{
    struct rig rig;
    rig_init(&rig);
    scrim_redactor_destroy(rig.redactor);
    const struct scrim_redactor_params params = {
        .width = W, .height = H, .finder = {script_find, &rig.script}, .schedule = rig.schedule};
    REQUIRE(scrim_redactor_create(&params, &rig.redactor, NULL) >= 0);
    push_ground(&rig, 40);
    const int calls = rig.script.calls;
    for (int i = 0; i < 60; i++)
        push_block(&rig, 20 + 4 * i, 90, true);
    finish_frames(&rig);
    CHECK(rig.script.calls - calls >= 60 * STEP_US / 1000000); // the floor of a busy scene
    rig_finish(&rig);
}

// As many as there is room for, and others each time.
static int find_crowd(void *context, const struct scrim_picture *picture,
                      const struct scrim_region *region, struct scrim_box *boxes, size_t max)
{
    struct script *script = context;
    (void)picture;
    (void)region;
    if (script->count == 0)
        return 0;
    script->calls++;
    for (size_t i = 0; i < max; i++) {
        const float x = (float)(i % 32 * 10), y = (float)(i / 32 * 14);
        boxes[i] = person(x, y, x + 8, y + 13);
        boxes[i].class = script->calls % 2 ? SCRIM_CLASS_PERSON : SCRIM_CLASS_VEHICLE;
    }
    return (int)max;
}

static void too_many_people(void)
{
    struct rig rig;
    rig_init(&rig);
    scrim_redactor_destroy(rig.redactor);
    const struct scrim_redactor_params params = {
        .width = W, .height = H, .finder = {find_crowd, &rig.script}, .schedule = rig.schedule};
    REQUIRE(scrim_redactor_create(&params, &rig.redactor, NULL) >= 0);
    push_ground(&rig, 40);
    rig.script.count = 1;
    push_ground(&rig, 60);
    rig.script.count = 0;
    push_ground(&rig, 120);
    finish_frames(&rig);
    CHECK(count_reason(&rig, SCRIM_REASON_CROWD, 40, 110) > 10);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 200, 220), 20);
    rig_finish(&rig);
}

#define PARTS 4 // of the closer look, which is due with the first one

static void doubt_and_trust(void)
{
    struct rig rig;
    rig_init(&rig);
    push_ground(&rig, 40);
    scrim_redactor_doubt(rig.redactor, SCRIM_REASON_DECODER);
    const int calls = rig.script.calls;
    push_ground(&rig, 10);
    CHECK_INT(rig.script.calls, calls); // it does not look at what is damaged
    scrim_redactor_trust(rig.redactor);
    push_ground(&rig, 1);
    CHECK_INT(rig.script.calls, calls + 1 + PARTS); // but at once at what is not
    push_ground(&rig, 20);
    finish_frames(&rig);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_DECODER, 0, 71), 10);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 50, 71), 21);
    rig_finish(&rig);
}

static void wrong_size(void)
{
    struct rig rig;
    struct scene other;
    rig_init(&rig);
    scene_init(&other, 640, 360);
    scene_ground(&other, 1);
    push_ground(&rig, 40);
    const struct scrim_picture picture = scene_picture(&other);
    CHECK(scrim_redactor_push(rig.redactor, &picture, rig.now_us, rig.in, NULL) >= 0);
    rig.watch_x[rig.in++] = -1;
    rig.now_us += STEP_US;
    push_ground(&rig, 40);
    finish_frames(&rig);
    CHECK_INT(rig.reasons[40], SCRIM_REASON_MISMATCH);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 40, 60), 0);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 70, 81), 11);
    scene_finish(&other);
    rig_finish(&rig);
}

static void time_that_makes_no_sense(void)
{
    static const int64_t jumps[] = {-5000000, 0, 3600000000, INT64_MIN / 4, INT64_MAX / 4};
    for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
        struct rig rig;
        rig_init(&rig);
        push_ground(&rig, 40);
        rig.now_us += jumps[i] - STEP_US;
        push_ground(&rig, 60);
        finish_frames(&rig);
        CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 36, 59), 0); // the waiting ones too
        CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 70, 100), 30);
        rig_finish(&rig);
    }
}

static void missing_picture(void)
{
    struct rig rig;
    rig_init(&rig);
    push_ground(&rig, 40);
    CHECK(scrim_redactor_push_missing(rig.redactor, SCRIM_REASON_OVERLOAD, rig.now_us, rig.in,
                                      NULL) >= 0);
    rig.watch_x[rig.in++] = -1;
    rig.now_us += STEP_US;
    push_ground(&rig, 40);
    finish_frames(&rig);
    CHECK_INT(rig.reasons[40], SCRIM_REASON_OVERLOAD);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 41, 59), 0);
    CHECK_INT(count_reason(&rig, SCRIM_REASON_NONE, 70, 81), 11);
    rig_finish(&rig);
}

static void static_mask(void)
{
    struct rig rig;
    rig_init(&rig);
    scrim_redactor_destroy(rig.redactor);
    static const struct scrim_area areas[] = {
        {.kind = SCRIM_AREA_MASK,
         .count = 4,
         .points = {{25000, 25000}, {75000, 25000}, {75000, 75000}, {25000, 75000}}},
        {.kind = SCRIM_AREA_ZONE, // hides nothing
         .count = 3,
         .points = {{0, 0}, {20000, 0}, {0, 20000}}}};
    const struct scrim_redactor_params params = {
        .width = W, .height = H, .finder = {script_find, &rig.script}, .schedule = rig.schedule};
    REQUIRE(scrim_redactor_create(&params, &rig.redactor, NULL) >= 0);
    struct scrim_veiled veiled = {0};
    int clear = 0, masked = 0, unknown = 0;
    for (int i = 0; i < 80; i++) {
        if (i == 40) // covers what waits, too
            scrim_redactor_areas(rig.redactor, areas, 2);
        if (i == 60)
            scrim_redactor_areas(rig.redactor, NULL, 0);
        if (i == 70)
            scrim_redactor_areas(rig.redactor, areas, 1);
        scene_ground(&rig.scene, 0);
        const struct scrim_picture picture = scene_picture(&rig.scene);
        CHECK(scrim_redactor_push(rig.redactor, &picture, i * STEP_US, i, NULL) >= 0);
        while (scrim_redactor_pop(rig.redactor, &veiled)) {
            const uint8_t middle =
                veiled.mask->cells[(H / 2 / 8) * veiled.mask->columns + W / 2 / 8];
            if (i >= 60 && i < 70) {
                CHECK_INT(veiled.reason, SCRIM_REASON_AREAS);
                CHECK_INT(veiled.masked_permille, 1000);
                unknown++;
            }
            if (veiled.reason != SCRIM_REASON_NONE)
                continue;
            CHECK_INT(middle, i < 40 ? SCRIM_COVER_CLEAR : SCRIM_COVER_STATIC);
            CHECK_INT(veiled.mask->cells[0], SCRIM_COVER_CLEAR);
            clear += i < 40;
            masked += i >= 40;
        }
    }
    CHECK(clear > 0 && masked >= 29 && unknown == 10);
    rig_finish(&rig);
}

static void refuses_sizes(void)
{
    struct scrim_redactor *redactor;
    static const int sizes[][2] = {{0, 0}, {15, 100}, {100, -1}, {100000, 100}};
    struct scrim_schedule *schedule = scrim_schedule_create(1000, 1000, true);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const struct scrim_redactor_params params = {
            .width = sizes[i][0], .height = sizes[i][1], .schedule = schedule};
        CHECK_INT(scrim_redactor_create(&params, &redactor, NULL), SCRIM_EUNSUPPORTED);
    }
    scrim_schedule_destroy(schedule);
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){
            {"warm-up is opaque", warm_up},
            {"looks ahead half a second", looks_ahead_half_a_second},
            {"motion alone hides", motion_alone_hides},
            {"still person stays hidden", still_person_stays_hidden},
            {"fills backwards", fills_backwards},
            {"deterministic", deterministic},
            {"scene cut", scene_cut},
            {"exposure jump", exposure_jump},
            {"exposure jump that cannot be followed", exposure_jump_that_cannot_be_followed},
            {"exposure drift", exposure_drift},
            {"too much motion", too_much_motion},
            {"carried camera", carried_camera},
            {"dead detector", dead_detector},
            {"detector fails in a busy scene", detector_fails_in_a_busy_scene},
            {"late detector", late_detector},
            {"too many people", too_many_people},
            {"doubt and trust", doubt_and_trust},
            {"wrong size", wrong_size},
            {"time that makes no sense", time_that_makes_no_sense},
            {"missing picture", missing_picture},
            {"static mask", static_mask},
            {"refuses sizes", refuses_sizes},
            {0}});
}
