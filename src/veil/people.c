#include "veil/people.h"

#include "base/alloc.h"
#include "veil/closer.h"
#include "veil/face_turn.h"
#include "veil/lying.h"

#include <stdlib.h>

// Shares of a box that differ from the background, permille: enough to say that somebody stands
// out, and so little that they have gone.
#define STANDS_OUT 250
#define GONE_BELOW 80
// Half the moment around a time.
#define SPREAD_US 75000
#define SPREAD_THOROUGH_US 250000
// How far back those are covered who have hardly moved.
#define TRAIL_US 500000
#define PLACES_MAX (7 * KINDS * SCRIM_BOXES_MAX) // seven times in all

// Who is looked for at times of their own, and so has tracks of their own. In this order: each
// leaves out, or asks for a hint beside, whom those before it have found.
enum kind {
    UPRIGHT,
    SMALL, // found by the closer look
    LYING,
    FACES,
    KINDS,
};

struct scrim_people {
    struct scrim_people_params params;
    struct scrim_tracks *tracks[KINDS];
    struct scrim_closer_turn closer_turn;
    struct scrim_lying *lying;
    struct scrim_turn turn;
    struct scrim_face_turn face_turn;
    int64_t looked_us;
    bool failed; // the last look
    bool crowd;  // the last look found more people than can be followed

    struct scrim_box boxes[SCRIM_BOXES_MAX]; // what the detector found
    bool stands_out[SCRIM_BOXES_MAX];        // of those
    struct scrim_place places[PLACES_MAX];
};

int scrim_people_create(const struct scrim_people_params *params, struct scrim_people **ret)
{
    struct scrim_people *people = scrim_new(struct scrim_people);
    people->params = *params;
    for (int kind = 0; kind < KINDS; kind++)
        people->tracks[kind] = scrim_tracks_create(params->width, params->height, params->reach_us);
    scrim_tracks_hold(people->tracks[SMALL], SCRIM_CLOSER_HOLD_US);
    if (scrim_lying_create(params->width, params->height, &people->lying) < 0) {
        scrim_people_destroy(people);
        return SCRIM_ENOMEM;
    }
    *ret = people;
    return SCRIM_OK;
}

void scrim_people_destroy(struct scrim_people *people)
{
    if (!people)
        return;
    scrim_turn_leave(people->params.schedule, &people->turn);
    for (int kind = 0; kind < KINDS; kind++)
        scrim_tracks_destroy(people->tracks[kind]);
    scrim_lying_destroy(people->lying);
    free(people);
}

bool scrim_people_due(struct scrim_people *people, int64_t now_us, const struct scrim_pace *pace)
{
    return scrim_turn_due(people->params.schedule, &people->turn, now_us, pace->wish_us,
                          pace->floor_us) ||
           people->params.thorough;
}

void scrim_people_hurry(struct scrim_people *people)
{
    people->turn.ran = false;
    scrim_closer_forget(&people->closer_turn);
    scrim_lying_forget(people->lying);
    scrim_face_turn_forget(&people->face_turn);
}

// The first `found` of people->boxes are what was seen at `now_us`.
static void observe(struct scrim_people *people, enum kind kind, int64_t now_us,
                    const uint8_t *levels, int found)
{
    for (int i = 0; i < found; i++)
        people->stands_out[i] =
            scrim_mask_foreground(people->params.mask, levels, &people->boxes[i]) >= STANDS_OUT;
    if (!scrim_tracks_observe(people->tracks[kind], now_us, people->boxes, people->stands_out,
                              (size_t)found))
        people->crowd = true;
}

// Room in people->places after the first `count`.
static size_t room_after(size_t count)
{
    return PLACES_MAX - count;
}

// Of the `added` places after the first `count`, those stay who have not gone. Returns how many
// there are then.
static size_t keep_present(struct scrim_people *people, const uint8_t *levels, size_t count,
                           size_t added)
{
    const size_t end = count + added;
    for (size_t i = count; i < end; i++) {
        const struct scrim_place *place = &people->places[i];
        if (!place->lost || !levels ||
            scrim_mask_foreground(people->params.mask, levels, &place->box) >= GONE_BELOW)
            people->places[count++] = *place;
    }
    return count;
}

// Each adds to people->places, and returns how many there are then.

static size_t add_kind(struct scrim_people *people, enum kind kind, int64_t at_us,
                       const uint8_t *levels, size_t count)
{
    return keep_present(
        people, levels, count,
        scrim_tracks_at(people->tracks[kind], at_us, people->places + count, room_after(count)));
}

// All kinds before `end`.
static size_t add_before(struct scrim_people *people, enum kind end, int64_t at_us,
                         const uint8_t *levels, size_t count)
{
    for (enum kind kind = 0; kind < end; kind++)
        count = add_kind(people, kind, at_us, levels, count);
    return count;
}

static size_t add_people(struct scrim_people *people, int64_t at_us, const uint8_t *levels,
                         size_t count)
{
    return add_before(people, KINDS, at_us, levels, count);
}

static size_t add_trail(struct scrim_people *people, int64_t at_us, int64_t back_us,
                        const uint8_t *levels, size_t count)
{
    return keep_present(people, levels, count,
                        scrim_tracks_trail(people->tracks[UPRIGHT], at_us, back_us,
                                           people->places + count, room_after(count)));
}

// Where they would be if they were earlier or later than they are taken to be: nothing sure.
static size_t add_moment(struct scrim_people *people, int64_t at_us, const uint8_t *levels,
                         size_t count)
{
    const size_t all = add_people(people, at_us, levels, count);
    for (size_t i = count; i < all; i++)
        people->places[i].sure = people->params.thorough;
    return all;
}

// The first `count` of people->places, and what nobody claims.
static struct scrim_unclaimed unclaimed(const struct scrim_people *people, const uint8_t *levels,
                                        size_t count)
{
    return (struct scrim_unclaimed){
        .width = people->params.width,
        .height = people->params.height,
        .levels = levels,
        .places = people->places,
        .places_count = count,
    };
}

// People who are small. False when the detector failed.
static bool look_closer(struct scrim_people *people, int64_t now_us,
                        const struct scrim_picture *picture, const uint8_t *levels)
{
    if (!scrim_closer_due(&people->closer_turn, now_us))
        return true;
    const size_t known = add_before(people, SMALL, now_us, NULL, 0);
    const int found = scrim_closer_find(&people->params.finder, picture, people->places, known,
                                        people->boxes, SCRIM_BOXES_MAX);
    if (found < 0)
        return false;
    observe(people, SMALL, now_us, levels, found);
    scrim_closer_looked(&people->closer_turn, now_us);
    return true;
}

// People who lie. False when the detector failed.
static bool look_for_lying(struct scrim_people *people, int64_t now_us,
                           const struct scrim_picture *picture, const uint8_t *levels)
{
    const size_t others = add_before(people, LYING, now_us, NULL, 0);
    const size_t count = add_kind(people, LYING, now_us, NULL, others);
    const struct scrim_lying_hints hints = {unclaimed(people, levels, count), count - others};
    if (!scrim_lying_due(people->lying, now_us, &hints))
        return true;
    const int found = scrim_lying_find(people->lying, now_us, &people->params.finder, picture,
                                       &hints, people->boxes, SCRIM_BOXES_MAX);
    if (found < 0)
        return false;
    observe(people, LYING, now_us, levels, found);
    return true;
}

static bool faces_due(struct scrim_people *people, int64_t now_us, const uint8_t *levels)
{
    const size_t others = add_before(people, FACES, now_us, NULL, 0);
    const size_t count = add_kind(people, FACES, now_us, NULL, others);
    const struct scrim_face_hints hints = {unclaimed(people, levels, count), count > others};
    return people->params.thorough || scrim_face_turn_due(&people->face_turn, now_us, &hints);
}

// Faces of people who are too near to be seen as people. False when the model failed.
static bool look_for_faces(struct scrim_people *people, int64_t now_us,
                           const struct scrim_picture *picture, const uint8_t *levels)
{
    const struct scrim_finder *finder = &people->params.finder;
    if (!finder->find_faces || !faces_due(people, now_us, levels))
        return true;
    const int found = finder->find_faces(finder->context, picture, people->boxes, SCRIM_BOXES_MAX);
    if (found < 0)
        return false;
    observe(people, FACES, now_us, levels, found);
    scrim_face_turn_looked(&people->face_turn, now_us);
    return true;
}

bool scrim_people_look(struct scrim_people *people, int64_t now_us,
                       const struct scrim_picture *picture, const uint8_t *levels,
                       struct scrim_stages *stages)
{
    int64_t mark = scrim_stage_now();
    const int64_t begun = mark;
    const struct scrim_finder *finder = &people->params.finder;
    const int found = finder->find(finder->context, picture, NULL, people->boxes, SCRIM_BOXES_MAX);
    people->failed = found < 0;
    if (!people->failed) {
        people->crowd = false;
        observe(people, UPRIGHT, now_us, levels, found);
        people->failed = !look_closer(people, now_us, picture, levels) ||
                         !look_for_lying(people, now_us, picture, levels) ||
                         !look_for_faces(people, now_us, picture, levels);
    }
    scrim_stage_add(stages, SCRIM_STAGE_DETECT, &mark);
    scrim_turn_ran(people->params.schedule, &people->turn, now_us, mark - begun);
    if (people->failed)
        return false;
    people->looked_us = now_us;
    return true;
}

int64_t scrim_people_looked_at(const struct scrim_people *people)
{
    return people->looked_us;
}

enum scrim_reason scrim_people_trouble(const struct scrim_people *people)
{
    if (people->failed)
        return SCRIM_REASON_DETECTOR;
    return people->crowd ? SCRIM_REASON_CROWD : SCRIM_REASON_NONE;
}

struct scrim_everyone scrim_people_at(struct scrim_people *people, int64_t at_us,
                                      const uint8_t *levels)
{
    const int64_t spread_us = people->params.thorough ? SPREAD_THOROUGH_US : SPREAD_US;
    const size_t present = add_people(people, at_us, levels, 0);
    size_t count = present;
    for (int half = 1; half <= 2; half++) {
        count = add_trail(people, at_us, half * TRAIL_US / 2, levels, count);
        count = add_moment(people, at_us - half * spread_us / 2, levels, count);
        count = add_moment(people, at_us + half * spread_us / 2, levels, count);
    }
    return (struct scrim_everyone){people->places, count, present};
}

void scrim_people_forget(struct scrim_people *people)
{
    for (int kind = 0; kind < KINDS; kind++)
        scrim_tracks_reset(people->tracks[kind]);
    scrim_closer_forget(&people->closer_turn);
    scrim_lying_forget(people->lying);
    scrim_face_turn_forget(&people->face_turn);
}
