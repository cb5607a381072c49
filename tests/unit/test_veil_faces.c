// Close-up faces: when they are looked for, and what becomes of what is found.
#include "test.h"
#include "veil/face_turn.h"
#include "veil/people.h"

#define W 640
#define H 480
#define CELLS ((size_t)(W / SCRIM_CELL) * (H / SCRIM_CELL))
#define SECOND 1000000

static uint8_t levels[CELLS];

// A square of cells that differ from the background, 20 × 20: 83 permille of the picture.
static void move_at(int column, int row)
{
    memset(levels, 0, sizeof(levels));
    for (int y = row; y < row + 20; y++)
        memset(levels + (size_t)y * (W / SCRIM_CELL) + column, 255, 20);
}

// --- when --------------------------------------------------------------------------------------

static bool due(const struct scrim_face_turn *turn, int64_t now_us, const struct scrim_box *box,
                bool followed)
{
    const struct scrim_place place = {.box = box ? *box : (struct scrim_box){0}};
    const struct scrim_face_hints hints = {{W, H, levels, &place, box != NULL}, followed};
    return scrim_face_turn_due(turn, now_us, &hints);
}

static void looks_at_the_first_picture_and_every_five_seconds(void)
{
    struct scrim_face_turn turn = {0};
    memset(levels, 0, sizeof(levels));
    CHECK(due(&turn, 5 * SECOND, NULL, false));
    scrim_face_turn_looked(&turn, 5 * SECOND);
    CHECK(!due(&turn, 5 * SECOND + SECOND / 2, NULL, false));
    CHECK(!due(&turn, 9 * SECOND, NULL, false));
    CHECK(due(&turn, 10 * SECOND, NULL, false));
    scrim_face_turn_forget(&turn);
    CHECK(due(&turn, 6 * SECOND, NULL, false));
}

static void a_face_is_followed_at_every_look(void)
{
    struct scrim_face_turn turn = {0};
    memset(levels, 0, sizeof(levels));
    scrim_face_turn_looked(&turn, 5 * SECOND);
    CHECK(due(&turn, 5 * SECOND + 100000, NULL, true));
}

static void something_large_that_is_nobody_is_a_reason(void)
{
    static const struct scrim_box around = {150, 150, 330, 330, 0.8F, SCRIM_CLASS_PERSON};
    static const struct scrim_box beside = {400, 150, 600, 330, 0.8F, SCRIM_CLASS_PERSON};
    struct scrim_face_turn turn = {0};
    scrim_face_turn_looked(&turn, 5 * SECOND);
    move_at(20, 20);
    CHECK(due(&turn, 6 * SECOND, NULL, false));
    CHECK(due(&turn, 6 * SECOND, &beside, false));
    CHECK(!due(&turn, 6 * SECOND, &around, false));
    CHECK(!due(&turn, 5 * SECOND + 300000, NULL, false)); // trees do not make it look all the time
    memset(levels + 20 * (W / SCRIM_CELL), 0, sizeof(levels) - 20 * (W / SCRIM_CELL));
    CHECK(!due(&turn, 6 * SECOND, NULL, false));
}

// --- what --------------------------------------------------------------------------------------

// A finder that says what it is told, and counts.
struct script {
    struct scrim_box face;
    int people_result, faces_result; // how many, or an error
    int people_runs, faces_runs;
};

static int find_people(void *context, const struct scrim_picture *picture,
                       const struct scrim_region *region, struct scrim_box *boxes, size_t max)
{
    struct script *script = context;
    (void)picture, (void)boxes, (void)max;
    script->people_runs += region == NULL; // of the whole picture, not of the closer look's parts
    return script->people_result;
}

static int find_faces(void *context, const struct scrim_picture *picture, struct scrim_box *boxes,
                      size_t max)
{
    struct script *script = context;
    (void)picture;
    script->faces_runs++;
    if (script->faces_result > 0 && max > 0)
        boxes[0] = script->face;
    return script->faces_result;
}

struct rig {
    struct script script;
    struct scrim_schedule *schedule;
    struct scrim_mask *mask;
    struct scrim_people *people;
    struct scrim_stages stages;
};

static void rig_begin(struct rig *rig)
{
    *rig = (struct rig){.script = {.face = {200, 100, 440, 400, 0.7F, SCRIM_CLASS_FACE}}};
    memset(levels, 0, sizeof(levels));
    rig->schedule = scrim_schedule_create(1000, 10000, true);
    if (scrim_mask_create(W, H, &rig->mask) < 0)
        abort();
    const struct scrim_people_params params = {
        .width = W,
        .height = H,
        .reach_us = SECOND / 2,
        .finder = {find_people, &rig->script, find_faces},
        .schedule = rig->schedule,
        .mask = rig->mask,
    };
    if (scrim_people_create(&params, &rig->people) < 0)
        abort();
}

static void rig_end(struct rig *rig)
{
    scrim_people_destroy(rig->people);
    scrim_mask_destroy(rig->mask);
    scrim_schedule_destroy(rig->schedule);
}

static bool look(struct rig *rig, int64_t at_us)
{
    static const struct scrim_picture picture = {.width = W, .height = H};
    return scrim_people_look(rig->people, at_us, &picture, levels, &rig->stages);
}

static bool is_hidden(struct rig *rig, int64_t at_us)
{
    const struct scrim_everyone everyone = scrim_people_at(rig->people, at_us, levels);
    return everyone.present == 1 && everyone.places[0].box.class == SCRIM_CLASS_FACE &&
           everyone.places[0].box.x0 < 201 && everyone.places[0].box.x1 > 439;
}

static void a_still_face_is_found_and_stays_found(void)
{
    struct rig rig;
    rig_begin(&rig);
    CHECK(look(&rig, 1 * SECOND));
    CHECK_INT(scrim_people_at(rig.people, 1 * SECOND, levels).count, 0);
    rig.script.faces_result = 1;
    for (int at = 2; at < 32; at++) {
        CHECK(look(&rig, at * SECOND));
        CHECK(is_hidden(&rig, at * SECOND) == (at >= 6)); // five seconds after the last look
    }
    CHECK_INT(rig.script.people_runs, 31);
    CHECK_INT(rig.script.faces_runs, 1 + 26); // followed at every look
    rig.script.faces_result = 0;              // and gone
    CHECK(look(&rig, 32 * SECOND));
    CHECK(look(&rig, 34 * SECOND));
    CHECK_INT(scrim_people_at(rig.people, 34 * SECOND, levels).count, 0);
    rig_end(&rig);
}

static void a_new_scene_is_looked_at_at_once(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig.script.faces_result = 1;
    CHECK(look(&rig, 1 * SECOND));
    CHECK(is_hidden(&rig, 1 * SECOND));
    scrim_people_forget(rig.people);
    CHECK_INT(scrim_people_at(rig.people, 1 * SECOND, levels).count, 0);
    CHECK(look(&rig, 1 * SECOND + 100000));
    CHECK(is_hidden(&rig, 1 * SECOND + 100000));
    rig_end(&rig);
}

static void a_face_model_that_fails_closes_the_picture(void)
{
    struct rig rig;
    rig_begin(&rig);
    rig.script.faces_result = SCRIM_EINTERNAL;
    CHECK(!look(&rig, 1 * SECOND));
    CHECK_INT(scrim_people_trouble(rig.people), SCRIM_REASON_DETECTOR);
    CHECK_INT(scrim_people_looked_at(rig.people), 0);
    rig.script.faces_result = 0;
    CHECK(look(&rig, 2 * SECOND)); // it is due until it has looked
    CHECK_INT(rig.script.faces_runs, 2);
    CHECK_INT(scrim_people_trouble(rig.people), SCRIM_REASON_NONE);
    rig_end(&rig);
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){
            {"looks at the first picture and every five seconds",
             looks_at_the_first_picture_and_every_five_seconds},
            {"a face is followed at every look", a_face_is_followed_at_every_look},
            {"something large that is nobody is a reason",
             something_large_that_is_nobody_is_a_reason},
            {"a still face is found and stays found", a_still_face_is_found_and_stays_found},
            {"a new scene is looked at at once", a_new_scene_is_looked_at_at_once},
            {"a face model that fails closes the picture",
             a_face_model_that_fails_closes_the_picture},
            {0}});
}
