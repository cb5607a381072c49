// The closer look: parts that hold the whole picture, people of which each is taken once, crowds.
#include "test.h"
#include "veil/closer.h"

#define SECOND 1000000

struct script {
    struct scrim_box people[40]; // that a part sees if all or some of them is in it
    size_t count;
    struct scrim_region parts[8];
    int runs, fails_at; // the run that fails; 0: none
};

static float larger(float a, float b)
{
    return a > b ? a : b;
}

static float smaller(float a, float b)
{
    return a < b ? a : b;
}

static int find(void *context, const struct scrim_picture *picture,
                const struct scrim_region *region, struct scrim_box *boxes, size_t max)
{
    struct script *script = context;
    size_t found = 0;
    (void)picture;
    if (!region || script->runs == 8)
        return -1;
    script->parts[script->runs++] = *region;
    if (script->runs == script->fails_at)
        return SCRIM_EINTERNAL;
    const float left = (float)region->x, top = (float)region->y;
    for (size_t i = 0; i < script->count && found < max; i++) {
        struct scrim_box box = script->people[i];
        box.x0 = larger(box.x0, left);
        box.y0 = larger(box.y0, top);
        box.x1 = smaller(box.x1, left + (float)region->width);
        box.y1 = smaller(box.y1, top + (float)region->height);
        if (box.x1 > box.x0 + 4 && box.y1 > box.y0 + 4)
            boxes[found++] = box;
    }
    return (int)found;
}

static struct scrim_box person(float x, float y, float score)
{
    return (struct scrim_box){x, y, x + 20, y + 50, score, SCRIM_CLASS_PERSON};
}

static int look(struct script *script, int width, int height, const struct scrim_place *known,
                size_t known_count, struct scrim_box *boxes)
{
    const struct scrim_picture picture = {.width = width, .height = height};
    const struct scrim_finder finder = {.find = find, .context = script};
    script->runs = 0;
    return scrim_closer_find(&finder, &picture, known, known_count, boxes, SCRIM_BOXES_MAX);
}

static bool in_a_part(const struct script *script, int x, int y)
{
    for (int i = 0; i < script->runs; i++) {
        const struct scrim_region *part = &script->parts[i];
        if (x >= part->x && x < part->x + part->width && y >= part->y && y < part->y + part->height)
            return true;
    }
    return false;
}

static void parts_hold_the_picture(void)
{
    static const int sizes[][2] = {{640, 480}, {1280, 720}, {1224, 370}, {33, 17}, {16, 16}};
    static struct scrim_box boxes[SCRIM_BOXES_MAX];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct script script = {0};
        int missed = 0;
        CHECK_INT(look(&script, sizes[i][0], sizes[i][1], NULL, 0, boxes), 0);
        for (int y = 0; y < sizes[i][1]; y++)
            for (int x = 0; x < sizes[i][0]; x++)
                missed += !in_a_part(&script, x, y);
        CHECK_INT(missed, 0);
        for (int part = 0; part < script.runs; part++)
            CHECK(script.parts[part].x >= 0 && script.parts[part].y >= 0 &&
                  script.parts[part].x + script.parts[part].width <= sizes[i][0] &&
                  script.parts[part].y + script.parts[part].height <= sizes[i][1]);
    }
}

// In one part, in two, in all four, cut by one: whole, and once.
static void each_is_found_once(void)
{
    static struct scrim_box boxes[SCRIM_BOXES_MAX];
    struct script script = {.people = {person(30, 40, 0.5F), person(310, 20, 0.5F),
                                       person(310, 220, 0.5F), person(375, 100, 0.5F)},
                            .count = 4};
    CHECK_INT(look(&script, 640, 480, NULL, 0, boxes), 4);
    for (size_t i = 0; i < 4; i++)
        CHECK(boxes[i].x1 - boxes[i].x0 == 20 && boxes[i].y1 - boxes[i].y0 == 50);
    const struct scrim_place known = {.box = person(308, 215, 0.9F)};
    CHECK_INT(look(&script, 640, 480, &known, 1, boxes), 3);
}

static void in_a_crowd_weak_boxes_are_people(void)
{
    static struct scrim_box boxes[SCRIM_BOXES_MAX];
    struct script script = {.count = 30};
    for (size_t i = 0; i < 30; i++)
        script.people[i] = person(5 + 21 * (float)i, 100, i % 3 ? 0.5F : 0.3F);
    CHECK_INT(look(&script, 640, 480, NULL, 0, boxes), 30);
    for (size_t i = 0; i < 30; i++)
        CHECK(boxes[i].score >= SCRIM_SCORE_GOOD);
    script.count = 9;
    CHECK_INT(look(&script, 640, 480, NULL, 0, boxes), 9);
    CHECK(boxes[0].score < SCRIM_SCORE_GOOD);
}

static void a_part_that_fails_is_a_look_that_failed(void)
{
    static struct scrim_box boxes[SCRIM_BOXES_MAX];
    struct script script = {.fails_at = 3};
    CHECK_INT(look(&script, 640, 480, NULL, 0, boxes), SCRIM_EINTERNAL);
}

static void due_at_first_and_seldom(void)
{
    struct scrim_closer_turn turn = {0};
    CHECK(scrim_closer_due(&turn, 0));
    scrim_closer_looked(&turn, 0);
    CHECK(!scrim_closer_due(&turn, 4 * SECOND));
    CHECK(scrim_closer_due(&turn, 5 * SECOND));
    CHECK(SCRIM_CLOSER_HOLD_US / 2 > 5 * SECOND); // who was seen once is looked for again
    scrim_closer_forget(&turn);
    CHECK(scrim_closer_due(&turn, 1 * SECOND));
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){
            {"parts hold the picture", parts_hold_the_picture},
            {"each is found once", each_is_found_once},
            {"in a crowd weak boxes are people", in_a_crowd_weak_boxes_are_people},
            {"a part that fails is a look that failed", a_part_that_fails_is_a_look_that_failed},
            {"due at first, and seldom", due_at_first_and_seldom},
            {0},
        });
}
