#include "veil/closer.h"

#include "base/clock.h"
#include "detect/boxes.h"

#include <math.h>

#define EVERY_US (5 * SCRIM_SECOND)
// Parts side by side, and one above another, by the picture's shape. Each is PART of the picture's
// width or height where there are two, so that who is cut by the edge of one is whole in the next.
#define WIDE 2 // times as wide as high: three side by side, nothing above
#define PART_OF_TWO 0.6F
#define PART_OF_THREE 0.42F
#define CROWD 24  // people
#define SAME 0.6F // of the smaller of two boxes: so much of it in the other is the same thing

bool scrim_closer_due(const struct scrim_closer_turn *turn, int64_t now_us)
{
    return !turn->looked || now_us - turn->looked_us >= EVERY_US;
}

void scrim_closer_looked(struct scrim_closer_turn *turn, int64_t now_us)
{
    turn->looked = true;
    turn->looked_us = now_us;
}

void scrim_closer_forget(struct scrim_closer_turn *turn)
{
    turn->looked = false;
}

static bool is_known(const struct scrim_box *box, const struct scrim_place *known, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (scrim_box_shared(box, &known[i].box) > SAME * scrim_box_area(box))
            return true;
    return false;
}

// Of the `more` boxes after the first `count`, those people stay whom neither a part before nor
// `known` has; somebody whom one part cuts is taken from the one that has more of them.
static size_t merge(struct scrim_box *boxes, size_t count, size_t more,
                    const struct scrim_place *known, size_t known_count)
{
    size_t kept = count;
    for (size_t i = count; i < count + more; i++) {
        const struct scrim_box *box = &boxes[i];
        if (box->class != SCRIM_CLASS_PERSON || is_known(box, known, known_count))
            continue;
        size_t twin = 0;
        while (twin < count && scrim_box_shared(&boxes[twin], box) <=
                                   SAME * fminf(scrim_box_area(&boxes[twin]), scrim_box_area(box)))
            twin++;
        if (twin == count)
            boxes[kept++] = *box;
        else if (scrim_box_area(box) > scrim_box_area(&boxes[twin]))
            boxes[twin] = *box;
    }
    return kept;
}

static int part_of(int whole, int parts)
{
    const float share = parts == 1 ? 1 : parts == 2 ? PART_OF_TWO : PART_OF_THREE;
    return (int)(share * (float)whole);
}

// Where part `i` of `parts` begins.
static int begin_of(int whole, int parts, int i)
{
    return parts == 1 ? 0 : (whole - part_of(whole, parts)) * i / (parts - 1);
}

int scrim_closer_find(const struct scrim_finder *finder, const struct scrim_picture *picture,
                      const struct scrim_place *known, size_t known_count, struct scrim_box *boxes,
                      size_t max)
{
    const bool wide = picture->width > WIDE * picture->height;
    const int columns = wide ? 3 : 2, rows = wide ? 1 : 2;
    size_t count = 0;
    for (int i = 0; i < columns * rows; i++) {
        const struct scrim_region part = {
            begin_of(picture->width, columns, i % columns),
            begin_of(picture->height, rows, i / columns),
            part_of(picture->width, columns),
            part_of(picture->height, rows),
        };
        const int found = finder->find(finder->context, picture, &part, boxes + count, max - count);
        if (found < 0)
            return found;
        count = merge(boxes, count, (size_t)found, known, known_count);
    }
    if (count + known_count >= CROWD)
        for (size_t i = 0; i < count; i++)
            boxes[i].score = fmaxf(boxes[i].score, SCRIM_SCORE_GOOD);
    return (int)count;
}
