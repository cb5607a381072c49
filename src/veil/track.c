#include "veil/track.h"

#include "base/alloc.h"
#include "detect/boxes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define TRACKS_MAX SCRIM_BOXES_MAX
#define SIGHTINGS_MAX 8
#define PAIRS_MAX 4096

// How long a track lives on after the detector has looked and not seen it: a single sighting less
// than one seen again and again, half as long. Until it has looked, nobody is gone.
#define HOLD_US 1200000

// Margins, as shares of the box: always to the sides, where arms swing and steps go, and all round
// per second away from the nearest sighting.
#define MARGIN_X 0.04F
#define MARGIN_PER_S 0.03F
// People are taken to be at least so wide, of their height: arms and bags swing out of a narrow
// box.
#define WIDTH_MIN 0.42F
// Who has moved by less than this, in heights, has hardly moved.
#define HARDLY 0.2F

// Guesses do not go on for ever: speed and growing uncertainty count for at most this long.
#define AHEAD_MAX_S 1.0F
#define AWAY_MAX_US 1000000
#define HEADING_US 1000000

#define IOU_MIN 0.15F // of a box with where its track was expected
#define IOU_WEAK \
    0.40F          // the same for a weak box: it may be a thing that looks a little like somebody
#define REACH 0.1F // sizes of the box, at once
#define REACH_PERSON 1.2F // more per second
#define REACH_VEHICLE 2.5F
#define SIZE_RATIO_MAX 1.6F

struct sighting {
    int64_t at_us;
    struct scrim_box box;
    bool stands_out;
};

struct track {
    uint32_t number;
    struct sighting seen[SIGHTINGS_MAX]; // oldest first
    int count;                           // of `seen`
    bool missed;                         // the last run of the detector did not see it
    int hits;                            // sightings in all
};

struct pair {
    float fit; // larger is better
    uint16_t track, box;
};

struct scrim_tracks {
    float width, height;
    int64_t reach_us, hold_us;
    struct track tracks[TRACKS_MAX];
    size_t count;
    struct pair pairs[PAIRS_MAX];
};

struct scrim_tracks *scrim_tracks_create(int width, int height, int64_t reach_us)
{
    struct scrim_tracks *tracks = scrim_new(struct scrim_tracks);
    tracks->width = (float)width;
    tracks->height = (float)height;
    tracks->reach_us = reach_us;
    tracks->hold_us = HOLD_US;
    return tracks;
}

void scrim_tracks_hold(struct scrim_tracks *tracks, int64_t hold_us)
{
    tracks->hold_us = hold_us;
}

void scrim_tracks_destroy(struct scrim_tracks *tracks)
{
    free(tracks);
}

void scrim_tracks_reset(struct scrim_tracks *tracks)
{
    tracks->count = 0;
}

static const struct sighting *last_of(const struct track *track)
{
    return &track->seen[track->count - 1];
}

// The last time for which the track still stands.
static int64_t end_of(const struct scrim_tracks *tracks, const struct track *track)
{
    if (!track->missed)
        return INT64_MAX;
    return last_of(track)->at_us + (track->hits < 2 ? tracks->hold_us / 2 : tracks->hold_us);
}

static float seconds(int64_t us)
{
    return (float)us * 1e-6F;
}

// Movement of the box centre in pixels per second, from the sightings `from` and `to`.
static void velocity(const struct sighting *from, const struct sighting *to, float *ret_x,
                     float *ret_y)
{
    const float elapsed = seconds(to->at_us - from->at_us);
    *ret_x = *ret_y = 0;
    if (elapsed <= 0)
        return;
    *ret_x = (to->box.x0 + to->box.x1 - from->box.x0 - from->box.x1) / (2 * elapsed);
    *ret_y = (to->box.y0 + to->box.y1 - from->box.y0 - from->box.y1) / (2 * elapsed);
}

static struct scrim_box moved(struct scrim_box box, float x, float y)
{
    box.x0 += x;
    box.x1 += x;
    box.y0 += y;
    box.y1 += y;
    return box;
}

static struct scrim_box between(const struct sighting *a, const struct sighting *b, int64_t at_us)
{
    const float share = seconds(at_us - a->at_us) / seconds(b->at_us - a->at_us);
    struct scrim_box box = a->box;
    box.x0 += (b->box.x0 - a->box.x0) * share;
    box.y0 += (b->box.y0 - a->box.y0) * share;
    box.x1 += (b->box.x1 - a->box.x1) * share;
    box.y1 += (b->box.y1 - a->box.y1) * share;
    return box;
}

// Onward from the last sighting, at the speed of the last three.
static struct scrim_box ahead(const struct track *track, int64_t at_us)
{
    const struct sighting *last = last_of(track);
    float x, y;
    velocity(&track->seen[track->count > 3 ? track->count - 3 : 0], last, &x, &y);
    const float time = fminf(seconds(at_us - last->at_us), AHEAD_MAX_S);
    return moved(last->box, x * time, y * time);
}

// Back from the first sighting, at the speed of the first three.
static struct scrim_box behind(const struct track *track, int64_t at_us)
{
    const struct sighting *first = &track->seen[0];
    float x, y;
    velocity(first, &track->seen[track->count > 2 ? 2 : track->count - 1], &x, &y);
    const float time = seconds(at_us - first->at_us);
    return moved(first->box, x * time, y * time);
}

// Where the track is at `at_us`, and how far in time from the nearest sighting.
static struct scrim_box locate(const struct track *track, int64_t at_us, int64_t *ret_away_us)
{
    const struct sighting *first = &track->seen[0], *last = last_of(track);
    if (at_us >= last->at_us) {
        *ret_away_us = at_us - last->at_us;
        if (*ret_away_us > AWAY_MAX_US)
            *ret_away_us = AWAY_MAX_US;
        return ahead(track, at_us);
    }
    if (at_us < first->at_us) {
        *ret_away_us = first->at_us - at_us;
        return behind(track, at_us);
    }
    int i = track->count - 2;
    while (track->seen[i].at_us > at_us)
        i--;
    const int64_t before = at_us - track->seen[i].at_us, after = track->seen[i + 1].at_us - at_us;
    *ret_away_us = before < after ? before : after;
    return between(&track->seen[i], &track->seen[i + 1], at_us);
}

// Between the centres.
static float distance(const struct scrim_box *a, const struct scrim_box *b)
{
    return hypotf(a->x0 + a->x1 - b->x0 - b->x1, a->y0 + a->y1 - b->y0 - b->y1) / 2;
}

static bool same_kind(enum scrim_class a, enum scrim_class b)
{
    return a == b || (a != SCRIM_CLASS_PERSON && b != SCRIM_CLASS_PERSON && a != SCRIM_CLASS_FACE &&
                      b != SCRIM_CLASS_FACE);
}

static int better_pair(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->fit != y->fit)
        return x->fit < y->fit ? 1 : -1;
    if (x->track != y->track)
        return x->track < y->track ? -1 : 1;
    return x->box < y->box ? -1 : x->box > y->box;
}

// Somebody's box changes its height slowly; a jump is somebody else, or something in front.
static bool same_size(const struct scrim_box *a, const struct scrim_box *b)
{
    const float x = a->y1 - a->y0, y = b->y1 - b->y0;
    return x < y * SIZE_RATIO_MAX && y < x * SIZE_RATIO_MAX;
}

static size_t find_pairs(struct scrim_tracks *tracks, int64_t at_us, const struct scrim_box *boxes,
                         size_t count)
{
    size_t pairs = 0;
    for (size_t t = 0; t < tracks->count; t++) {
        const struct scrim_box expected = ahead(&tracks->tracks[t], at_us);
        const struct scrim_box *last = &last_of(&tracks->tracks[t])->box;
        for (size_t b = 0; b < count && pairs < PAIRS_MAX; b++) {
            if (!same_kind(last->class, boxes[b].class) || !same_size(last, &boxes[b]))
                continue;
            // Somebody who stops is nearer to where they were than to where they were going.
            const float fit =
                fmaxf(scrim_box_overlap(&expected, &boxes[b]), scrim_box_overlap(last, &boxes[b]));
            if (fit >= (boxes[b].score < SCRIM_SCORE_GOOD ? IOU_WEAK : IOU_MIN))
                tracks->pairs[pairs++] = (struct pair){fit, (uint16_t)t, (uint16_t)b};
        }
    }
    qsort(tracks->pairs, pairs, sizeof(*tracks->pairs), better_pair);
    return pairs;
}

static void add_sighting(struct track *track, int64_t at_us, const struct scrim_box *box,
                         bool stands_out)
{
    if (track->count == SIGHTINGS_MAX) {
        memmove(track->seen, track->seen + 1, (SIGHTINGS_MAX - 1) * sizeof(*track->seen));
        track->count--;
    }
    track->seen[track->count++] = (struct sighting){at_us, *box, stands_out};
    track->hits++;
    track->missed = false;
}

// Forgets tracks that no frame still to come can show.
static void drop_ended(struct scrim_tracks *tracks, int64_t at_us)
{
    size_t kept = 0;
    for (size_t t = 0; t < tracks->count; t++) {
        const struct track *track = &tracks->tracks[t];
        if (!track->missed || at_us - tracks->reach_us <= end_of(tracks, track))
            tracks->tracks[kept++] = *track;
    }
    tracks->count = kept;
}

// How far apart, in sizes of the box, two boxes of somebody may be after `elapsed_us`: people run
// at some three heights a second, vehicles at a few lengths.
static float reach_of(const struct scrim_box *box, int64_t elapsed_us)
{
    const float size = fmaxf(box->x1 - box->x0, box->y1 - box->y0);
    const float speed = box->class == SCRIM_CLASS_PERSON ? REACH_PERSON : REACH_VEHICLE;
    return size * (REACH + speed * fminf(seconds(elapsed_us), AHEAD_MAX_S));
}

// What is left when the overlaps are done: the nearest of the same size, as far as it can have
// gone. People near the camera cross more than their own width between two runs.
static size_t find_near_pairs(struct scrim_tracks *tracks, int64_t at_us,
                              const struct scrim_box *boxes, size_t count, const bool *track_used,
                              const bool *box_used)
{
    size_t pairs = 0;
    for (size_t t = 0; t < tracks->count; t++) {
        const struct sighting *last = last_of(&tracks->tracks[t]);
        if (track_used[t])
            continue;
        const struct scrim_box expected = ahead(&tracks->tracks[t], at_us);
        const float reach = reach_of(&last->box, at_us - last->at_us);
        for (size_t b = 0; b < count && pairs < PAIRS_MAX; b++) {
            if (box_used[b] || boxes[b].score < SCRIM_SCORE_GOOD ||
                !same_kind(last->box.class, boxes[b].class) || !same_size(&last->box, &boxes[b]))
                continue;
            const float far =
                fminf(distance(&expected, &boxes[b]), distance(&last->box, &boxes[b]));
            if (far < reach)
                tracks->pairs[pairs++] = (struct pair){1 - far / reach, (uint16_t)t, (uint16_t)b};
        }
    }
    qsort(tracks->pairs, pairs, sizeof(*tracks->pairs), better_pair);
    return pairs;
}

// Nothing that could be counted or foreseen.
static uint32_t draw_number(void)
{
    uint32_t number = 0;
    while (number == 0)
        if (getrandom(&number, sizeof number, 0) != sizeof number)
            abort(); // only a kernel without it, or one that forbids it
    return number;
}

bool scrim_tracks_observe(struct scrim_tracks *tracks, int64_t at_us, const struct scrim_box *boxes,
                          const bool *stands_out, size_t count)
{
    bool track_used[TRACKS_MAX] = {0}, box_used[SCRIM_BOXES_MAX] = {0};
    count = count < SCRIM_BOXES_MAX ? count : SCRIM_BOXES_MAX;
    drop_ended(tracks, at_us);
    for (size_t t = 0; t < tracks->count; t++)
        tracks->tracks[t].missed = true; // unless paired
    for (int round = 0; round < 2; round++) {
        const size_t pairs =
            round == 0 ? find_pairs(tracks, at_us, boxes, count)
                       : find_near_pairs(tracks, at_us, boxes, count, track_used, box_used);
        for (size_t i = 0; i < pairs; i++) {
            const struct pair *pair = &tracks->pairs[i];
            if (track_used[pair->track] || box_used[pair->box])
                continue;
            track_used[pair->track] = box_used[pair->box] = true;
            add_sighting(&tracks->tracks[pair->track], at_us, &boxes[pair->box],
                         stands_out[pair->box]);
        }
    }
    for (size_t b = 0; b < count; b++) {
        if (box_used[b] || boxes[b].score < SCRIM_SCORE_GOOD)
            continue;
        if (tracks->count == TRACKS_MAX)
            return false;
        tracks->tracks[tracks->count] = (struct track){.number = draw_number()};
        add_sighting(&tracks->tracks[tracks->count++], at_us, &boxes[b], stands_out[b]);
    }
    return true;
}

static void widen(struct scrim_box *box)
{
    const float lacking = (box->y1 - box->y0) * WIDTH_MIN - (box->x1 - box->x0);
    if (box->class == SCRIM_CLASS_PERSON && lacking > 0) {
        box->x0 -= lacking / 2;
        box->x1 += lacking / 2;
    }
}

// Grown by its margin and clipped; false if nothing of it is in the picture.
static bool grow(const struct scrim_tracks *tracks, int64_t away_us, struct scrim_box *box)
{
    widen(box);
    const float away = MARGIN_PER_S * seconds(away_us);
    const float x = (box->x1 - box->x0) * (MARGIN_X + away);
    const float y = (box->y1 - box->y0) * away;
    box->x0 = fmaxf(box->x0 - x, 0);
    box->y0 = fmaxf(box->y0 - y, 0);
    box->x1 = fminf(box->x1 + x, tracks->width);
    box->y1 = fminf(box->y1 + y, tracks->height);
    return box->x1 > box->x0 && box->y1 > box->y0;
}

static bool is_lost(const struct track *track, int64_t at_us)
{
    const struct sighting *last = last_of(track);
    return at_us > last->at_us && track->missed && last->stands_out;
}

static bool is_good(const struct sighting *sighting)
{
    return sighting->stands_out || sighting->box.score >= SCRIM_SCORE_GOOD;
}

// Whether a sighting beside this moment says that somebody is there.
static bool is_sure(const struct track *track, int64_t at_us)
{
    int after = 0;
    while (after < track->count - 1 && track->seen[after].at_us < at_us)
        after++;
    const int before = after > 0 && track->seen[after].at_us > at_us ? after - 1 : after;
    return !is_lost(track, at_us) &&
           (is_good(&track->seen[before]) || is_good(&track->seen[after]));
}

static bool stands_at(const struct scrim_tracks *tracks, const struct track *track, int64_t at_us)
{
    return at_us <= end_of(tracks, track) && at_us >= track->seen[0].at_us - tracks->reach_us;
}

// Between half a second before and after: nearer in time, a detector's unrest turns people around.
static struct scrim_heading heading_of(const struct track *track, int64_t at_us)
{
    int64_t away_us;
    const struct scrim_box from = locate(track, at_us - HEADING_US / 2, &away_us);
    const struct scrim_box to = locate(track, at_us + HEADING_US / 2, &away_us);
    const float elapsed = seconds(HEADING_US);
    return (struct scrim_heading){(to.x0 + to.x1 - from.x0 - from.x1) / (2 * elapsed),
                                  (to.y0 + to.y1 - from.y0 - from.y1) / (2 * elapsed)};
}

static struct scrim_place place_of(const struct track *track, struct scrim_box box, int64_t at_us)
{
    return (struct scrim_place){
        .box = box,
        .heading = heading_of(track, at_us),
        .number = track->number,
        .lost = is_lost(track, at_us),
        .sure = is_sure(track, at_us),
    };
}

size_t scrim_tracks_at(const struct scrim_tracks *tracks, int64_t at_us, struct scrim_place *places,
                       size_t max)
{
    size_t count = 0;
    for (size_t t = 0; t < tracks->count && count < max; t++) {
        const struct track *track = &tracks->tracks[t];
        if (!stands_at(tracks, track, at_us))
            continue;
        int64_t away_us;
        struct scrim_box box = locate(track, at_us, &away_us);
        if (grow(tracks, away_us, &box))
            places[count++] = place_of(track, box, at_us);
    }
    return count;
}

size_t scrim_tracks_trail(const struct scrim_tracks *tracks, int64_t at_us, int64_t back_us,
                          struct scrim_place *places, size_t max)
{
    const int64_t then_us = at_us - back_us;
    size_t count = 0;
    for (size_t t = 0; t < tracks->count && count < max; t++) {
        const struct track *track = &tracks->tracks[t];
        if (track->seen[0].box.class != SCRIM_CLASS_PERSON || then_us > last_of(track)->at_us ||
            !stands_at(tracks, track, at_us) || !stands_at(tracks, track, then_us))
            continue;
        int64_t away_us;
        const struct scrim_box now = locate(track, at_us, &away_us);
        struct scrim_box box = locate(track, then_us, &away_us);
        if (distance(&now, &box) <= HARDLY * (now.y1 - now.y0) && grow(tracks, away_us, &box))
            places[count++] = place_of(track, box, at_us);
    }
    return count;
}
