#include "veil/lying.h"

#include "base/alloc.h"
#include "detect/boxes.h"
#include "veil/grid.h"
#include "veil/island.h"
#include "veil/turned.h"

#include <math.h>
#include <stdlib.h>

// Things that move and are nobody, such as trees, do not make it look more often than this.
#define HINTED_US 900000
// What may be somebody who lies: at least so long, of the picture's height; at least so many cells;
// hardly taller than wide. Parts of one island may be so many cells apart: plain clothes look like
// the ground.
#define LENGTH_MIN 0.1F
#define CELLS_MIN 8
#define WIDE_MIN 0.8F // of the height
#define ISLAND_REACH 2
// So much of the length is added at each side for context: without it the detector finds less.
#define CONTEXT 0.5F
// Proportions of the detector's input, which a part is made to fill.
#define INPUT_WIDTH 4
#define INPUT_HEIGHT 3
// More people who lie (an exercise on mats) are looked for in the whole picture at once.
#define PARTS_MAX 4

#define OVERLAP_MAX 0.5F // intersection over union of two who lie
// When so much of what was looked for lies in a box of so good a score, the other side is not
// tried: upside down, people are found too, but not well.
#define FOUND 0.3F
#define FOUND_SCORE 0.5F
#define SAME_PLACE 0.5F    // of a hint lies in the one before
#define HIDDEN 0.8F        // of a box lies in somebody else's, who hides it
#define THICKNESS_MIN 0.4F // of the length: arms lie beside a narrow box

struct scrim_lying {
    int width, height; // of the picture
    int columns, rows; // of cells
    struct scrim_turned *turned;
    uint8_t *marks;                         // per cell
    uint32_t *stack;                        // per cell
    struct scrim_box wanted[PARTS_MAX + 1]; // what to look at: pixels
    size_t wanted_count;
    bool hinted;          // the last one is where nobody is known
    enum scrim_side head; // where that of the last one was
    // The last hint, in this scene, and where the head is looked for next if it is still there.
    struct scrim_box tried;
    enum scrim_side next;
    int64_t looked_us; // when it last looked for a hint
    bool looked;       // in this scene
};

int scrim_lying_create(int width, int height, struct scrim_lying **ret)
{
    struct scrim_lying *lying = scrim_new(struct scrim_lying);
    lying->width = width;
    lying->height = height;
    lying->columns = (width + SCRIM_CELL - 1) / SCRIM_CELL;
    lying->rows = (height + SCRIM_CELL - 1) / SCRIM_CELL;
    const size_t cells = (size_t)lying->columns * (size_t)lying->rows;
    lying->marks = scrim_alloc_zero(cells, sizeof(*lying->marks));
    lying->stack = scrim_alloc_zero(cells, sizeof(*lying->stack));
    if (!lying->marks || !lying->stack || scrim_turned_create(width, height, &lying->turned) < 0) {
        scrim_lying_destroy(lying);
        return SCRIM_ENOMEM;
    }
    *ret = lying;
    return SCRIM_OK;
}

void scrim_lying_destroy(struct scrim_lying *lying)
{
    if (!lying)
        return;
    scrim_turned_destroy(lying->turned);
    free(lying->marks);
    free(lying->stack);
    free(lying);
}

void scrim_lying_forget(struct scrim_lying *lying)
{
    lying->looked = false;
}

// --- what to look at ---------------------------------------------------------------------------

static void mark_unclaimed(struct scrim_lying *lying, const struct scrim_unclaimed *picture)
{
    uint8_t *mark = lying->marks;
    for (int row = 0; row < lying->rows; row++)
        for (int column = 0; column < lying->columns; column++)
            *mark++ = scrim_unclaimed_at(picture, column, row);
}

static bool may_lie(const struct scrim_lying *lying, size_t cells,
                    const struct scrim_region *bounds)
{
    return cells >= CELLS_MIN &&
           (float)(bounds->width * SCRIM_CELL) >= LENGTH_MIN * (float)lying->height &&
           (float)bounds->width >= WIDE_MIN * (float)bounds->height;
}

static struct scrim_box box_of_cells(const struct scrim_region *cells)
{
    return (struct scrim_box){.x0 = (float)(cells->x * SCRIM_CELL),
                              .y0 = (float)(cells->y * SCRIM_CELL),
                              .x1 = (float)((cells->x + cells->width) * SCRIM_CELL),
                              .y1 = (float)((cells->y + cells->height) * SCRIM_CELL)};
}

// The largest thing that may be somebody who lies and is in nobody's box. False if there is none.
static bool find_hint(struct scrim_lying *lying, const struct scrim_unclaimed *picture,
                      struct scrim_box *ret)
{
    const size_t cells = (size_t)lying->columns * (size_t)lying->rows;
    size_t most = 0;
    mark_unclaimed(lying, picture);
    for (size_t i = 0; i < cells; i++) {
        if (lying->marks[i] != 1)
            continue;
        const size_t size = scrim_island_flood(lying->marks, lying->columns, lying->rows, i,
                                               ISLAND_REACH, lying->stack);
        const struct scrim_region bounds = scrim_island_bounds(lying->stack, size, lying->columns);
        if (size <= most || !may_lie(lying, size, &bounds))
            continue;
        most = size;
        *ret = box_of_cells(&bounds);
    }
    return most > 0;
}

static struct scrim_box whole_of(const struct scrim_lying *lying)
{
    return (struct scrim_box){.x1 = (float)lying->width, .y1 = (float)lying->height};
}

bool scrim_lying_due(struct scrim_lying *lying, int64_t now_us,
                     const struct scrim_lying_hints *hints)
{
    const struct scrim_unclaimed *picture = &hints->picture;
    lying->hinted = false;
    lying->wanted_count = hints->followed <= PARTS_MAX ? hints->followed : 1;
    if (hints->followed <= PARTS_MAX)
        for (size_t i = 0; i < hints->followed; i++)
            lying->wanted[i] = picture->places[picture->places_count - hints->followed + i].box;
    else
        lying->wanted[0] = whole_of(lying);
    if (lying->looked && now_us - lying->looked_us < HINTED_US)
        return hints->followed > 0;
    lying->hinted = find_hint(lying, picture, &lying->wanted[lying->wanted_count]);
    lying->wanted_count += lying->hinted;
    return lying->wanted_count > 0;
}

// --- looking -----------------------------------------------------------------------------------

// The share of `box` that lies in `other`.
static float share_in(const struct scrim_box *box, const struct scrim_box *other)
{
    const float both = scrim_box_shared(box, other);
    return both > 0 ? both / scrim_box_area(box) : 0;
}

// All behind somebody who stands: a part of them, or already covered.
static bool is_hidden(const struct scrim_box *box, const struct scrim_lying_hints *hints)
{
    const size_t others = hints->picture.places_count - hints->followed;
    for (size_t i = 0; i < others; i++) {
        const struct scrim_place *other = &hints->picture.places[i];
        const bool stands = other->box.x1 - other->box.x0 < other->box.y1 - other->box.y0;
        if (other->box.class == SCRIM_CLASS_PERSON && other->sure && stands &&
            share_in(box, &other->box) >= HIDDEN)
            return true;
    }
    return false;
}

// Of a length that begins at `from` and ends at `to`, what lies within 0 and `end`, the beginning
// even.
static void clip(float from, float to, int end, int *ret_from, int *ret_length)
{
    *ret_from = (int)fmaxf(from, 0) & ~1;
    *ret_length = (int)fminf(ceilf(to), (float)end) - *ret_from;
}

// With context around it, and as tall as the detector has room for at that width.
static struct scrim_region part_around(const struct scrim_lying *lying,
                                       const struct scrim_box *wanted)
{
    const float context = CONTEXT * (wanted->x1 - wanted->x0);
    struct scrim_region part;
    clip(wanted->x0 - context, wanted->x1 + context, lying->width, &part.x, &part.width);
    const float height = fmaxf(wanted->y1 - wanted->y0 + 2 * context,
                               (float)part.width * INPUT_WIDTH / INPUT_HEIGHT);
    const float middle = (wanted->y0 + wanted->y1) / 2;
    clip(middle - height / 2, middle + height / 2, lying->height, &part.y, &part.height);
    return part;
}

static void thicken(const struct scrim_lying *lying, struct scrim_box *box)
{
    const float lacking = (box->x1 - box->x0) * THICKNESS_MIN - (box->y1 - box->y0);
    if (lacking > 0) {
        box->y0 = fmaxf(box->y0 - lacking / 2, 0);
        box->y1 = fminf(box->y1 + lacking / 2, (float)lying->height);
    }
}

// Of the `found` boxes of a turned part, those of people who lie, where they are in the picture.
// Returns how many are left.
static int take_back(const struct scrim_lying *lying, const struct scrim_region *part,
                     enum scrim_side head, const struct scrim_lying_hints *hints,
                     struct scrim_box *boxes, int found)
{
    int kept = 0;
    for (int i = 0; i < found; i++) {
        struct scrim_box box = scrim_turned_back(&boxes[i], part, head);
        if (box.class != SCRIM_CLASS_PERSON || box.x1 - box.x0 < WIDE_MIN * (box.y1 - box.y0) ||
            is_hidden(&box, hints))
            continue;
        thicken(lying, &box);
        boxes[kept++] = box;
    }
    return kept;
}

// What a look is given.
struct look {
    const struct scrim_finder *finder;
    const struct scrim_picture *picture;
    const struct scrim_lying_hints *hints;
};

static int find_in(const struct scrim_finder *finder, const struct scrim_picture *picture,
                   struct scrim_box *boxes, size_t max)
{
    return finder->find_near ? finder->find_near(finder->context, picture, boxes, max)
                             : finder->find(finder->context, picture, NULL, boxes, max);
}

static bool has_found(const struct scrim_box *wanted, const struct scrim_box *boxes, int count)
{
    for (int i = 0; i < count; i++)
        if (boxes[i].score >= FOUND_SCORE && share_in(wanted, &boxes[i]) >= FOUND)
            return true;
    return false;
}

// Looks at a part with heads on the side `first`, and on the other one if `both`, unless what is
// `wanted` has been found. As scrim_lying_find.
static int look_at(struct scrim_lying *lying, const struct look *look,
                   const struct scrim_box *wanted, enum scrim_side first, bool both,
                   struct scrim_box *boxes, size_t max)
{
    const struct scrim_region part = part_around(lying, wanted);
    int count = 0;
    for (unsigned i = 0; i < (both ? SCRIM_SIDE_COUNT : 1); i++) {
        const enum scrim_side head = (first + i) % SCRIM_SIDE_COUNT;
        const struct scrim_picture turned =
            scrim_turned_picture(lying->turned, look->picture, &part, head);
        const int found = find_in(look->finder, &turned, boxes + count, max - (size_t)count);
        if (found < 0)
            return found;
        const int kept = take_back(lying, &part, head, look->hints, boxes + count, found);
        count += kept;
        if (has_found(wanted, boxes + count - kept, kept)) {
            lying->head = head;
            break;
        }
    }
    return count;
}

// A hint that has been looked at before: a tape in the wind, or somebody who was not found. One
// side at a time is enough.
static bool is_tried(const struct scrim_lying *lying, size_t wanted)
{
    return lying->hinted && wanted == lying->wanted_count - 1 && lying->looked &&
           share_in(&lying->wanted[wanted], &lying->tried) >= SAME_PLACE;
}

// As scrim_lying_find, but one person may be in several boxes.
static int look_at_all(struct scrim_lying *lying, const struct look *look, struct scrim_box *boxes,
                       size_t max)
{
    int count = 0;
    for (size_t i = 0; i < lying->wanted_count && count >= 0; i++) {
        const bool again = is_tried(lying, i);
        const int found = look_at(lying, look, &lying->wanted[i], again ? lying->next : lying->head,
                                  !again, boxes + count, max - (size_t)count);
        count = found < 0 ? found : count + found;
    }
    return count;
}

int scrim_lying_find(struct scrim_lying *lying, int64_t now_us, const struct scrim_finder *finder,
                     const struct scrim_picture *picture, const struct scrim_lying_hints *hints,
                     struct scrim_box *boxes, size_t max)
{
    const int count = look_at_all(lying, &(struct look){finder, picture, hints}, boxes, max);
    if (count < 0)
        return count; // the hint is still to be looked at
    if (lying->hinted) {
        lying->looked_us = now_us;
        lying->looked = true;
        lying->tried = lying->wanted[lying->wanted_count - 1];
        lying->next = (lying->next + 1U) % SCRIM_SIDE_COUNT;
    }
    return (int)scrim_boxes_suppress(boxes, (size_t)count, OVERLAP_MAX);
}
