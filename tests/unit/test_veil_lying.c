// People who lie: parts of pictures turned and boxes back, what is a reason to look at them, and a
// whole redactor with a detector that finds only who is upright in what it is shown.
#include "test.h"
#include "veil/lying.h"
#include "veil/turned.h"
#include "veil_scene.h"

#define W 320
#define H 240
#define COLUMNS (W / SCRIM_CELL)
#define CELLS ((size_t)COLUMNS * (H / SCRIM_CELL))
#define STEP_US 100000
#define SECOND 1000000

// --- somebody, and who finds them --------------------------------------------------------------

#define BODY 210 // luma; the ground is darker
#define HEAD 235

// A block of `long_side` × a third of it, whose head, a quarter, is at one end.
enum pose { HEAD_UP, HEAD_LEFT, HEAD_RIGHT };

static struct scrim_region somebody(struct scene *scene, int x0, int y0, int long_side,
                                    enum pose pose)
{
    const int width = pose == HEAD_UP ? long_side / 3 : long_side;
    const int height = pose == HEAD_UP ? long_side : long_side / 3;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const int from_head = pose == HEAD_UP ? y : pose == HEAD_LEFT ? x : width - 1 - x;
            scene->planes[0][(y0 + y) * scene->width + x0 + x] =
                from_head < long_side / 4 ? HEAD : BODY;
        }
    return (struct scrim_region){x0, y0, width, height};
}

// Stands in for a detector that has learnt people who stand: finds the one bright thing if it is
// taller than wide and its head is at the top.
struct upright {
    int runs, found;
    int fails; // negative: with this code, in turned pictures
    int width; // of whole pictures
};

static struct scrim_region bright_bounds(const struct scrim_picture *picture)
{
    int left = picture->width, top = picture->height, right = 0, bottom = 0;
    for (int y = 0; y < picture->height; y++)
        for (int x = 0; x < picture->width; x++) {
            if (picture->planes[0][y * picture->strides[0] + x] < BODY - 5)
                continue;
            left = x < left ? x : left;
            right = x >= right ? x + 1 : right;
            top = y < top ? y : top;
            bottom = y + 1;
        }
    return (struct scrim_region){left, top, right - left, bottom - top};
}

static int find_upright(void *context, const struct scrim_picture *picture,
                        const struct scrim_region *region, struct scrim_box *boxes, size_t max)
{
    struct upright *upright = context;
    const struct scrim_region seen = bright_bounds(picture);
    upright->runs += region == NULL; // of the whole picture, not of the closer look's parts
    if (upright->fails && picture->width != upright->width)
        return upright->fails;
    if (seen.width <= 0 || seen.height * 10 < seen.width * 13 || max == 0 ||
        picture->planes[0][seen.y * picture->strides[0] + seen.x] < HEAD - 5)
        return 0;
    upright->found++;
    boxes[0] = person((float)seen.x, (float)seen.y, (float)(seen.x + seen.width),
                      (float)(seen.y + seen.height));
    return 1;
}

// --- turning -----------------------------------------------------------------------------------

static void a_turned_part_and_its_boxes_fit_the_picture(void)
{
    // The corners, the middle, the whole, and odd sizes.
    static const struct scrim_region parts[] = {
        {0, 0, 120, 90},       {W - 120, H - 90, 120, 90}, {0, H - 91, 101, 91},
        {W - 101, 0, 101, 77}, {60, 50, 140, 100},         {0, 0, W, H},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        for (int side = 0; side < SCRIM_SIDE_COUNT; side++) {
            const struct scrim_region *part = &parts[i];
            const enum scrim_side head = (enum scrim_side)side;
            struct scene scene;
            struct scrim_turned *turned;
            struct scrim_box box;
            struct upright upright = {0};
            scene_init(&scene, W, H);
            scene_ground(&scene, 0);
            const struct scrim_region body = somebody(
                &scene, part->x, part->y, 75, head == SCRIM_SIDE_LEFT ? HEAD_LEFT : HEAD_RIGHT);
            const struct scrim_picture picture = scene_picture(&scene);
            CHECK_INT(scrim_turned_create(W, H, &turned), SCRIM_OK);
            struct scrim_picture other = scrim_turned_picture(
                turned, &picture, part, (enum scrim_side)(SCRIM_SIDE_COUNT - 1 - side));
            CHECK_INT(find_upright(&upright, &other, NULL, &box, 1), 0); // upside down
            other = scrim_turned_picture(turned, &picture, part, head);
            CHECK_INT(other.width, part->height);
            CHECK_INT(other.height, part->width);
            CHECK_INT(find_upright(&upright, &other, NULL, &box, 1), 1);
            box = scrim_turned_back(&box, part, head);
            CHECK_INT(box.x0, body.x);
            CHECK_INT(box.y0, body.y);
            CHECK_INT(box.x1, body.x + body.width);
            CHECK_INT(box.y1, body.y + body.height);
            scrim_turned_destroy(turned);
            scene_finish(&scene);
        }
}

static void colours_turn_with_the_picture(void)
{
    static const struct scrim_region part = {10, 20, 61, 41};
    struct scene scene;
    struct scrim_turned *turned;
    scene_init(&scene, W, H);
    scene_ground(&scene, 0);
    scene.planes[1][(20 / 2 + 3) * (W / 2) + 10 / 2 + 7] = 77;
    scene.planes[2][(20 / 2 + 3) * (W / 2) + 10 / 2 + 7] = 88;
    const struct scrim_picture picture = scene_picture(&scene);
    CHECK_INT(scrim_turned_create(W, H, &turned), SCRIM_OK);
    struct scrim_picture got = scrim_turned_picture(turned, &picture, &part, SCRIM_SIDE_LEFT);
    CHECK_INT(got.strides[1], 21);
    CHECK_INT(got.planes[1][7 * 21 + 3], 77);
    CHECK_INT(got.planes[2][7 * 21 + 3], 88);
    got = scrim_turned_picture(turned, &picture, &part, SCRIM_SIDE_RIGHT);
    CHECK_INT(got.planes[1][(30 - 7) * 21 + 3], 77);
    CHECK_INT(got.planes[2][(30 - 7) * 21 + 3], 88);
    scrim_turned_destroy(turned);
    scene_finish(&scene);
}

// --- reasons -----------------------------------------------------------------------------------

static uint8_t levels[CELLS];

static void differ_at(int column, int row, int columns, int rows)
{
    memset(levels, 0, sizeof(levels));
    for (int y = row; y < row + rows; y++)
        memset(levels + y * COLUMNS + column, 255, (size_t)columns);
}

// How often it has looked, at plain ground; 0: no reason.
static int looks(struct scrim_lying *lying, int64_t now_us, const struct scrim_place *places,
                 size_t count, size_t followed)
{
    const struct scrim_lying_hints hints = {{W, H, levels, places, count}, followed};
    if (!scrim_lying_due(lying, now_us, &hints))
        return 0;
    struct scrim_box boxes[4];
    struct upright upright = {.width = W};
    const struct scrim_finder finder = {find_upright, &upright, NULL};
    struct scene scene;
    scene_init(&scene, W, H);
    scene_ground(&scene, 0);
    const struct scrim_picture picture = scene_picture(&scene);
    CHECK_INT(scrim_lying_find(lying, now_us, &finder, &picture, &hints, boxes, 4), 0);
    scene_finish(&scene);
    return upright.runs;
}

static void what_may_lie_is_a_reason_once_a_second(void)
{
    static const struct scrim_place around = {.box = {60, 60, 170, 120, 0.8F, SCRIM_CLASS_PERSON}};
    static const struct scrim_place beside = {.box = {200, 60, 240, 160, 0.8F, SCRIM_CLASS_PERSON}};
    struct scrim_lying *lying;
    CHECK_INT(scrim_lying_create(W, H, &lying), SCRIM_OK);
    memset(levels, 0, sizeof(levels));
    CHECK_INT(looks(lying, 1 * SECOND, NULL, 0, 0), 0);
    differ_at(10, 10, 3, 9); // upright: nobody who lies
    CHECK_INT(looks(lying, 1 * SECOND, NULL, 0, 0), 0);
    differ_at(10, 10, 2, 2); // too small
    CHECK_INT(looks(lying, 1 * SECOND, NULL, 0, 0), 0);
    differ_at(10, 10, 9, 3);
    CHECK_INT(looks(lying, 1 * SECOND, &around, 1, 0), 0); // somebody is known there
    CHECK_INT(looks(lying, 1 * SECOND, &beside, 1, 0), 2);
    CHECK_INT(looks(lying, 1 * SECOND + SECOND / 2, &beside, 1, 0), 0);
    CHECK_INT(looks(lying, 2 * SECOND, &beside, 1, 0),
              1); // one side at a time, for it is still there
    CHECK_INT(looks(lying, 2 * SECOND + SECOND / 10, &around, 1, 1), 2); // followed: at every look
    scrim_lying_forget(lying);
    CHECK_INT(looks(lying, 2 * SECOND + SECOND / 5, NULL, 0, 0), 2);
    scrim_lying_destroy(lying);
}

// --- the whole of it ---------------------------------------------------------------------------

struct rig {
    struct scene scene;
    struct upright upright;
    struct scrim_schedule *schedule;
    struct scrim_redactor *redactor;
    int64_t now_us;
    struct scrim_region body;        // of the pictures that are being popped
    int opaque, bare, lying, nobody; // pictures: of the last part of a test
};

static void rig_init(struct rig *rig)
{
    *rig = (struct rig){.upright = {.width = W}};
    scene_init(&rig->scene, W, H);
    rig->schedule = scrim_schedule_create(1000, 100000, true);
    const struct scrim_redactor_params params = {
        .width = W,
        .height = H,
        .finder = {find_upright, &rig->upright, NULL},
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

static bool shows_body(const struct scrim_picture *picture, const struct scrim_region *body)
{
    for (int y = body->y; y < body->y + body->height; y++)
        for (int x = body->x; x < body->x + body->width; x++)
            if (picture->planes[0][y * picture->strides[0] + x] >= BODY - 5 &&
                picture->planes[1][y / 2 * picture->strides[1] + x / 2] == 120)
                return true;
    return false;
}

static void judge(struct rig *rig, const struct scrim_veiled *veiled)
{
    bool lies = false;
    for (size_t i = 0; i < veiled->places_count; i++) {
        const struct scrim_box *box = &veiled->places[i].box;
        lies |= box->class == SCRIM_CLASS_PERSON && box->x1 - box->x0 >= 1.3F * (box->y1 - box->y0);
    }
    rig->opaque += veiled->reason != SCRIM_REASON_NONE;
    rig->bare += shows_body(&veiled->picture, &rig->body);
    rig->lying += lies;
    rig->nobody += veiled->places_count == 0;
}

// So many pictures of the ground, or of somebody on it (`long_side` > 0). The counts are theirs but
// for the first half second, when those of before come out.
static void push(struct rig *rig, int pictures, int x, int y, int long_side, enum pose pose)
{
    rig->opaque = rig->bare = rig->lying = rig->nobody = 0;
    for (int i = 0; i < pictures; i++) {
        struct scrim_veiled veiled;
        scene_ground(&rig->scene, 0);
        rig->body =
            long_side ? somebody(&rig->scene, x, y, long_side, pose) : (struct scrim_region){0};
        const struct scrim_picture picture = scene_picture(&rig->scene);
        CHECK(scrim_redactor_push(rig->redactor, &picture, rig->now_us, i, NULL) >= 0);
        rig->now_us += STEP_US;
        while (scrim_redactor_pop(rig->redactor, &veiled))
            if (i >= 6)
                judge(rig, &veiled);
    }
}

static void who_lies_still_for_a_minute_stays_hidden(enum pose pose)
{
    struct rig rig;
    rig_init(&rig);
    push(&rig, 50, 0, 0, 0, pose);
    push(&rig, 20, 150, 90, 90, HEAD_UP);
    CHECK_INT(rig.bare, 0);
    CHECK_INT(rig.lying, 0);
    push(&rig, 20, 120, 150, 90, pose); // has fallen
    CHECK_INT(rig.bare, 0);
    CHECK(rig.lying > 0);
    push(&rig, 600, 120, 150, 90, pose); // lies still
    CHECK_INT(rig.opaque, 0);
    CHECK_INT(rig.bare, 0);
    CHECK_INT(rig.lying, 594);
    push(&rig, 40, 150, 90, 90, HEAD_UP); // stands up: found as people are who stand
    CHECK_INT(rig.bare, 0);
    push(&rig, 20, 150, 90, 90, HEAD_UP);
    CHECK_INT(rig.bare, 0);
    CHECK_INT(rig.lying, 0);
    push(&rig, 40, 0, 0, 0, pose); // and leaves
    push(&rig, 20, 0, 0, 0, pose);
    CHECK_INT(rig.nobody, 14);
    CHECK_INT(rig.opaque, 0);
    rig_finish(&rig);
}

static void head_left(void)
{
    who_lies_still_for_a_minute_stays_hidden(HEAD_LEFT);
}

static void head_right(void)
{
    who_lies_still_for_a_minute_stays_hidden(HEAD_RIGHT);
}

static void nobody_costs_one_look_a_time(void)
{
    struct rig rig;
    rig_init(&rig);
    push(&rig, 600, 0, 0, 0, HEAD_UP);
    CHECK_INT(rig.upright.runs, (int)scrim_redactor_stats(rig.redactor).detector_runs);
    rig_finish(&rig);
}

static void a_turned_look_that_fails_closes_the_picture(void)
{
    struct rig rig;
    rig_init(&rig);
    push(&rig, 50, 0, 0, 0, HEAD_UP);
    rig.upright.fails = SCRIM_EINTERNAL;
    push(&rig, 40, 120, 150, 90, HEAD_LEFT);
    CHECK(rig.opaque > 0);
    CHECK_INT(rig.bare, 0);
    rig.upright.fails = 0;
    push(&rig, 40, 120, 150, 90, HEAD_LEFT);
    push(&rig, 20, 120, 150, 90, HEAD_LEFT);
    CHECK_INT(rig.opaque, 0);
    CHECK_INT(rig.lying, 14);
    rig_finish(&rig);
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){
            {"a turned part and its boxes fit the picture",
             a_turned_part_and_its_boxes_fit_the_picture},
            {"colours turn with the picture", colours_turn_with_the_picture},
            {"what may lie is a reason once a second", what_may_lie_is_a_reason_once_a_second},
            {"who lies still for a minute stays hidden, head on the left", head_left},
            {"who lies still for a minute stays hidden, head on the right", head_right},
            {"nobody costs one look a time", nobody_costs_one_look_a_time},
            {"a turned look that fails closes the picture",
             a_turned_look_that_fails_closes_the_picture},
            {0}});
}
