// What becomes of boxes and motion: silhouettes, doubtful people, shadows that are ground.
#include "test.h"
#include "veil/mask.h"
#include "veil/motion.h"
#include "veil/shadow.h"
#include "veil/silhouette.h"

#include <math.h>

#define W 320
#define H 240
#define COLUMNS (W / SCRIM_CELL)
#define ROWS (H / SCRIM_CELL)
#define FRAME_US 100000

static struct scrim_box person(float x0, float y0, float x1, float y1)
{
    return (struct scrim_box){x0, y0, x1, y1, 0.8F, SCRIM_CLASS_PERSON};
}

static bool covered(const struct scrim_grid *grid, int x, int y)
{
    return grid->cells[y / SCRIM_CELL * grid->columns + x / SCRIM_CELL] & SCRIM_COVER_MASK;
}

// --- silhouettes -------------------------------------------------------------------------------

static bool touches(const struct scrim_grid *grid, const struct scrim_box *box, int x, int y)
{
    const struct scrim_silhouette silhouette = scrim_silhouette_of(grid, box);
    const int row = y / SCRIM_CELL;
    struct scrim_silhouette_row span;
    return row >= silhouette.first_row && row <= silhouette.last_row &&
           scrim_silhouette_at(&silhouette, row, &span) && x / SCRIM_CELL >= span.left &&
           x / SCRIM_CELL <= span.right;
}

// Every pixel of the ellipse inscribed in the box, which is what leaks are measured by.
static void silhouette_holds_the_ellipse(void)
{
    const struct scrim_grid grid = {.columns = COLUMNS, .rows = ROWS, .width = W, .height = H};
    int missed = 0;
    for (int shape = 0; shape < 40; shape++) {
        const float x = 3.7F * (float)shape, y = 2.3F * (float)shape;
        const struct scrim_box box = person(x, y, x + 11 + (float)shape, y + 31 + 2 * (float)shape);
        const float a = (box.x1 - box.x0) / 2, b = (box.y1 - box.y0) / 2;
        for (int py = 0; py < H; py++)
            for (int px = 0; px < W; px++) {
                const float dx = ((float)px + 0.5F - box.x0) / a - 1;
                const float dy = ((float)py + 0.5F - box.y0) / b - 1;
                if (dx * dx + dy * dy < 1 && !touches(&grid, &box, px, py))
                    missed++;
            }
    }
    CHECK_INT(missed, 0);
}

static void silhouette_leaves_corners(void)
{
    const struct scrim_grid grid = {.columns = COLUMNS, .rows = ROWS, .width = W, .height = H};
    struct scrim_box box = person(80, 40, 160, 200);
    CHECK(!touches(&grid, &box, 81, 41));
    CHECK(touches(&grid, &box, 120, 41));
    box.class = SCRIM_CLASS_VEHICLE;
    CHECK(touches(&grid, &box, 81, 41));
    box = person(0, 40, 40, 200); // cut off by the edge: only the corners inside are rounded
    CHECK(touches(&grid, &box, 1, 60));
    box = person(NAN, 0, 10, 10);
    CHECK(!touches(&grid, &box, 5, 5));
    box = person(10, 10, 5, 5);
    CHECK(!touches(&grid, &box, 7, 7));
    box = person(-INFINITY, -INFINITY, INFINITY, INFINITY);
    CHECK(touches(&grid, &box, 7, 7)); // of everything rather than of nothing
}

// --- sure and doubtful people ------------------------------------------------------------------

static void build(const uint8_t *levels, const struct scrim_box *box, bool sure,
                  struct scrim_grid *grid)
{
    const struct scrim_place place = {.box = *box, .sure = sure};
    struct scrim_mask *mask = NULL;
    REQUIRE(scrim_mask_create(W, H, &mask) == SCRIM_OK);
    REQUIRE(scrim_grid_init(grid, W, H) == SCRIM_OK);
    const struct scrim_mask_motion motion = {.now = levels};
    scrim_mask_build(mask, &motion, &place, 1, grid);
    scrim_mask_destroy(mask);
}

static void doubtful_people(void)
{
    uint8_t levels[COLUMNS * ROWS] = {0};
    const struct scrim_box box = person(80, 80, 112, 160);
    struct scrim_grid grid;
    build(levels, &box, true, &grid);
    CHECK(covered(&grid, 96, 120)); // somebody is there, whatever the background says
    scrim_grid_finish(&grid);
    build(levels, &box, false, &grid);
    CHECK_INT(scrim_grid_permille(&grid), 0); // the background shows
    scrim_grid_finish(&grid);
    levels[15 * COLUMNS + 12] = 60; // too little to move, too much to be plain: around (100, 124)
    build(levels, &box, false, &grid);
    CHECK(covered(&grid, 100, 124) && covered(&grid, 100, 116) && covered(&grid, 92, 124));
    CHECK(!covered(&grid, 100, 96));
    scrim_grid_finish(&grid);
    levels[15 * COLUMNS + 12] = SCRIM_MOTION_UNKNOWN; // who knows
    build(levels, &box, false, &grid);
    CHECK(covered(&grid, 100, 124));
    scrim_grid_finish(&grid);
}

static void unexplained_motion(void)
{
    uint8_t levels[COLUMNS * ROWS] = {0};
    struct scrim_mask *mask = NULL;
    struct scrim_grid grid;
    REQUIRE(scrim_mask_create(W, H, &mask) == SCRIM_OK && scrim_grid_init(&grid, W, H) == SCRIM_OK);
    const struct scrim_place place = {.box = person(80, 80, 112, 160), .sure = true};
    for (int i = 0; i < 4; i++) {
        levels[15 * COLUMNS + 11 + i] = 255; // in and beside somebody
        levels[4 * COLUMNS + 30 + i] = 255;  // by itself
    }
    levels[25 * COLUMNS + 4] = 255; // noise
    scrim_mask_build(mask, &(struct scrim_mask_motion){.now = levels}, &place, 1, &grid);
    const struct scrim_region *regions;
    CHECK_INT(scrim_mask_unexplained(mask, &regions), 1);
    CHECK_INT(regions[0].x, 30 * SCRIM_CELL);
    CHECK_INT(regions[0].y, 4 * SCRIM_CELL);
    CHECK_INT(regions[0].width, 4 * SCRIM_CELL);
    CHECK_INT(regions[0].height, SCRIM_CELL);
    CHECK(covered(&grid, 31 * SCRIM_CELL, 4 * SCRIM_CELL));
    CHECK(!covered(&grid, 4 * SCRIM_CELL, 25 * SCRIM_CELL));
    scrim_grid_finish(&grid);
    scrim_mask_destroy(mask);
}

// --- shadows -----------------------------------------------------------------------------------

struct ground {
    uint8_t luma[W * H], u[W * H / 4], v[W * H / 4];
};

// A rough grey-green road, the same each time.
static void pave(struct ground *ground)
{
    uint32_t random = 7;
    for (int i = 0; i < W * H; i++) {
        random = random * 1664525 + 1013904223;
        ground->luma[i] = (uint8_t)(120 + (random >> 24) % 40);
    }
    memset(ground->u, 120, sizeof ground->u);
    memset(ground->v, 124, sizeof ground->v);
}

// What lies between x 80 and 144, y 80 and 144: its light, and its colour off the road's.
struct patch {
    float light;
    bool plain; // without the road's texture
    int colour;
};

static void lay(struct ground *ground, struct patch patch)
{
    for (int y = 80; y < 144; y++)
        for (int x = 80; x < 144; x++) {
            uint8_t *luma = &ground->luma[y * W + x];
            *luma = (uint8_t)(patch.light * (patch.plain ? 140 : *luma));
            ground->u[y / 2 * (W / 2) + x / 2] = (uint8_t)(120 + patch.colour);
        }
}

static unsigned level_under(struct patch patch)
{
    static struct ground ground;
    static uint8_t claimed[COLUMNS * ROWS], levels[COLUMNS * ROWS];
    struct scrim_motion *motion = NULL;
    struct scrim_motion_result result;
    if (scrim_motion_create(W, H, &motion) < 0)
        return 0;
    const struct scrim_picture picture = {.planes = {ground.luma, ground.u, ground.v},
                                          .strides = {W, W / 2, W / 2},
                                          .width = W,
                                          .height = H};
    for (int i = 0; i < 30; i++) {
        pave(&ground);
        scrim_motion_step(motion, &picture, FRAME_US, claimed, levels, &result);
    }
    lay(&ground, patch);
    scrim_motion_step(motion, &picture, FRAME_US, claimed, levels, &result);
    scrim_motion_destroy(motion);
    return levels[14 * COLUMNS + 14];
}

static void shadows_are_ground(void)
{
    CHECK_INT(level_under((struct patch){.light = 0.8F}), 0);
    CHECK_INT(level_under((struct patch){.light = 0.65F}), 0);
}

static void people_are_no_shadows(void)
{
    CHECK(level_under((struct patch){.light = 0.4F}) > 200);                // black clothes
    CHECK(level_under((struct patch){.light = 1.25F}) > 200);               // bright ones
    CHECK(level_under((struct patch){.light = 0.75F, .plain = true}) > 80); // no road shows through
    CHECK(level_under((struct patch){.light = 0.75F, .colour = 12}) > 200); // another colour
}

static void unknown_is_no_shadow(void)
{
    static struct ground ground;
    struct scrim_shadows *shadows = NULL;
    REQUIRE(scrim_shadows_create(COLUMNS, ROWS, &shadows) == SCRIM_OK);
    const struct scrim_picture picture = {.planes = {ground.luma, ground.u, ground.v},
                                          .strides = {W, W / 2, W / 2},
                                          .width = W,
                                          .height = H};
    const uint8_t luma[4] = {80, 80, 80, 80};
    const uint16_t mean[4] = {100 * 128, 100 * 128, 100 * 128, 100 * 128};
    const struct scrim_cell_pixels pixels = {luma, mean, 2, 2, 2};
    scrim_shadows_look(shadows, &picture);
    CHECK(!scrim_shadows_is(shadows, 5, &pixels)); // its colour was never learnt
    scrim_shadows_learn(shadows, 5, 0);
    CHECK(scrim_shadows_is(shadows, 5, &pixels));
    scrim_shadows_reset(shadows);
    CHECK(!scrim_shadows_is(shadows, 5, &pixels));
    scrim_shadows_destroy(shadows);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){
                        {"silhouettes hold the ellipse", silhouette_holds_the_ellipse},
                        {"silhouettes leave corners", silhouette_leaves_corners},
                        {"doubtful people are where the background does not show", doubtful_people},
                        {"motion that nobody explains", unexplained_motion},
                        {"shadows are ground", shadows_are_ground},
                        {"people are no shadows", people_are_no_shadows},
                        {"unknown is no shadow", unknown_is_no_shadow},
                        {0},
                    });
}
