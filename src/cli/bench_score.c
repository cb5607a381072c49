#include "cli/bench_score.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

#define COVERED 0.95 // share of a person below which they count as leaked
#define GROWTH 0.1F  // of width and height on each side, for false masks

struct track {
    int32_t id;
    uint32_t last_frame;
    uint64_t frames, run, longest; // run: leaked frames on end up to last_frame
    double heights;                // summed
};

struct bench_score {
    const struct bench_truth *truth;
    int width, height;
    uint8_t *covered; // one byte a pixel of the current frame: 0 or 1
    struct track *tracks;
    size_t tracks_count, tracks_capacity;
    uint32_t frame; // the next one
    int64_t first_us, last_us;
    uint64_t leaked_frames[BENCH_HEIGHT_COUNT]; // with anyone of that height leaked
    double false_sum, masked_sum;
    struct bench_result result;
};

int bench_score_create(const struct bench_truth *truth, int width, int height,
                       struct bench_score **ret, struct scrim_error *error)
{
    struct bench_score *score = scrim_new(struct bench_score);
    score->truth = truth;
    score->width = width;
    score->height = height;
    score->covered = scrim_alloc((size_t)width * (size_t)height);
    score->tracks_capacity = truth->count; // no more tracks than boxes
    score->tracks = scrim_alloc_zero(truth->count, sizeof(struct track));
    if (!score->covered || !score->tracks) {
        bench_score_destroy(score);
        return scrim_fail(error, SCRIM_ENOMEM, "no memory to score %d×%d", width, height);
    }
    *ret = score;
    return SCRIM_OK;
}

void bench_score_destroy(struct bench_score *score)
{
    if (!score)
        return;
    scrim_free_pointer(&score->covered);
    scrim_free_pointer(&score->tracks);
    scrim_free_pointer(&score);
}

// --- pixels ------------------------------------------------------------------------------------

static int clamp_int(int64_t value, int high)
{
    return value < 0 ? 0 : value > high ? high : (int)value;
}

static void paint(struct bench_score *score, int64_t x0, int64_t y0, int64_t x1, int64_t y1,
                  int value)
{
    const int left = clamp_int(x0, score->width), right = clamp_int(x1, score->width);
    const int bottom = clamp_int(y1, score->height);
    for (int y = clamp_int(y0, score->height); left < right && y < bottom; y++)
        memset(score->covered + (size_t)y * (size_t)score->width + left, value,
               (size_t)(right - left));
}

static void paint_mask(struct bench_score *score, const struct bench_mask *mask)
{
    memset(score->covered, mask->opaque, (size_t)score->width * (size_t)score->height);
    for (size_t i = 0; !mask->opaque && i < mask->count; i++) {
        const struct scrim_region *rect = &mask->rects[i];
        paint(score, rect->x, rect->y, (int64_t)rect->x + rect->width,
              (int64_t)rect->y + rect->height, 1);
    }
}

static uint64_t count_covered(const struct bench_score *score, int y, int from, int to)
{
    const uint8_t *row = score->covered + (size_t)y * (size_t)score->width;
    uint64_t sum = 0;
    for (int x = from; x < to; x++)
        sum += row[x];
    return sum;
}

// Covered share of the ellipse inscribed in the box, as far as it lies in the picture; -1 if it is
// outside altogether.
static double ellipse_coverage(const struct bench_score *score, const struct bench_truth_box *box)
{
    const double centre_x = ((double)box->x0 + (double)box->x1) / 2;
    const double centre_y = ((double)box->y0 + (double)box->y1) / 2;
    const double half_width = ((double)box->x1 - (double)box->x0) / 2;
    const double half_height = ((double)box->y1 - (double)box->y0) / 2;
    uint64_t inside = 0, covered = 0;
    const int bottom = clamp_int((int64_t)ceil((double)box->y1), score->height);
    for (int y = clamp_int((int64_t)floor((double)box->y0), score->height); y < bottom; y++) {
        const double off = (y + 0.5 - centre_y) / half_height;
        if (off <= -1 || off >= 1)
            continue;
        const double reach = half_width * sqrt(1 - off * off);
        const int from = clamp_int((int64_t)ceil(centre_x - reach - 0.5), score->width);
        const int to = clamp_int((int64_t)floor(centre_x + reach - 0.5) + 1, score->width);
        inside += to > from ? (uint64_t)(to - from) : 0;
        covered += count_covered(score, y, from, to);
    }
    return inside > 0 ? (double)covered / (double)inside : -1;
}

static double covered_share(const struct bench_score *score)
{
    uint64_t sum = 0;
    for (int y = 0; y < score->height; y++)
        sum += count_covered(score, y, 0, score->width);
    return (double)sum / ((double)score->width * score->height);
}

static void uncover_boxes(struct bench_score *score, const struct bench_truth_box *boxes,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct bench_truth_box *box = &boxes[i];
        const float grow_x = (box->x1 - box->x0) * GROWTH, grow_y = (box->y1 - box->y0) * GROWTH;
        paint(score, (int64_t)floorf(box->x0 - grow_x), (int64_t)floorf(box->y0 - grow_y),
              (int64_t)ceilf(box->x1 + grow_x), (int64_t)ceilf(box->y1 + grow_y), 0);
    }
}

// --- people ------------------------------------------------------------------------------------

static enum bench_height height_class(double height)
{
    if (height < 30)
        return BENCH_HEIGHT_UNDER_30;
    if (height < 60)
        return BENCH_HEIGHT_30_60;
    return height <= 120 ? BENCH_HEIGHT_60_120 : BENCH_HEIGHT_OVER_120;
}

// Linear: a clip has some tens of tracks.
static struct track *track_of(struct bench_score *score, int32_t id)
{
    for (size_t i = 0; i < score->tracks_count; i++)
        if (score->tracks[i].id == id)
            return &score->tracks[i];
    struct track *track = &score->tracks[score->tracks_count++];
    track->id = id;
    return track;
}

static void follow(struct bench_score *score, const struct bench_truth_box *box, bool leaked)
{
    struct track *track = track_of(score, box->id);
    const bool on_end = track->frames > 0 && track->last_frame + 1 == score->frame;
    track->run = leaked ? (on_end ? track->run : 0) + 1 : 0;
    if (track->run > track->longest)
        track->longest = track->run;
    track->last_frame = score->frame;
    track->frames++;
    track->heights += (double)box->y1 - (double)box->y0;
}

static void count_person(struct bench_people *people, double coverage)
{
    people->person_frames++;
    people->leaked_95 += coverage < COVERED;
    people->leaked_80 += coverage < 0.80;
}

static void score_people(struct bench_score *score, const struct bench_truth_box *boxes,
                         size_t count, struct bench_frame_score *ret)
{
    bool anyone[BENCH_HEIGHT_COUNT] = {false};
    for (size_t i = 0; i < count; i++) {
        const double coverage = boxes[i].scored ? ellipse_coverage(score, &boxes[i]) : -1;
        const bool exposed = coverage >= 0 && coverage < COVERED;
        if (coverage < 0)
            continue;
        const enum bench_height class = height_class((double)boxes[i].y1 - (double)boxes[i].y0);
        count_person(&score->result.people[BENCH_HEIGHT_ALL], coverage);
        count_person(&score->result.people[class], coverage);
        follow(score, &boxes[i], exposed);
        if (!exposed)
            continue;
        anyone[BENCH_HEIGHT_ALL] = anyone[class] = true;
        ret->leaked++;
        ret->uncovered += 1 - coverage;
    }
    for (int i = 0; i < BENCH_HEIGHT_COUNT; i++)
        score->leaked_frames[i] += anyone[i];
}

void bench_score_frame(struct bench_score *score, int64_t pts_us, const struct bench_mask *mask,
                       struct bench_frame_score *ret)
{
    const struct bench_truth_box *boxes;
    const size_t count = bench_truth_of(score->truth, score->frame, &boxes);
    *ret = (struct bench_frame_score){0};
    if (score->frame == 0)
        score->first_us = pts_us;
    score->last_us = pts_us;
    paint_mask(score, mask);
    score_people(score, boxes, count, ret);
    if (!mask->opaque) {
        score->masked_sum += covered_share(score);
        uncover_boxes(score, boxes, count);
        ret->false_mask = covered_share(score);
        score->false_sum += ret->false_mask;
    }
    const bool warm = pts_us - score->first_us >= BENCH_WARM_UP_US;
    score->result.opaque += mask->opaque;
    score->result.opaque_warm += warm && mask->opaque;
    score->result.frames_warm += warm;
    score->frame++;
}

bool bench_score_leaks(struct bench_score *score, const struct bench_mask *mask,
                       const struct bench_truth_box *box)
{
    paint_mask(score, mask);
    const double coverage = ellipse_coverage(score, box);
    return coverage >= 0 && coverage < COVERED;
}

// --- the end -----------------------------------------------------------------------------------

static void close_tracks(struct bench_score *score, double frame_s)
{
    for (size_t i = 0; i < score->tracks_count; i++) {
        const struct track *track = &score->tracks[i];
        const enum bench_height class = height_class(track->heights / (double)track->frames);
        const double longest = (double)track->longest * frame_s;
        // Half a frame of slack: 0.2 s is a whole number of frames at many frame rates.
        const bool exposed = longest > BENCH_EXPOSED_US / 1e6 + frame_s / 2;
        struct bench_people *groups[] = {&score->result.people[BENCH_HEIGHT_ALL],
                                         &score->result.people[class]};
        for (int k = 0; k < 2; k++) {
            groups[k]->tracks++;
            groups[k]->tracks_exposed += exposed;
            groups[k]->longest_s = fmax(groups[k]->longest_s, longest);
        }
    }
}

int bench_score_finish(struct bench_score *score, struct bench_result *ret,
                       struct scrim_error *error)
{
    if (score->frame < score->truth->frames)
        return scrim_fail(error, SCRIM_EFORMAT,
                          "the masks end after %u frames, the annotation after %u", score->frame,
                          score->truth->frames);
    struct bench_result *result = &score->result;
    const double frame_s =
        score->frame > 1 ? (double)(score->last_us - score->first_us) / 1e6 / (score->frame - 1)
                         : 0;
    const uint64_t clear = score->frame - result->opaque;
    result->frames = score->frame;
    result->seconds = score->frame * frame_s;
    result->false_mask = clear > 0 ? score->false_sum / (double)clear : 0;
    result->masked = clear > 0 ? score->masked_sum / (double)clear : 0;
    for (int i = 0; i < BENCH_HEIGHT_COUNT; i++)
        result->people[i].exposed_s = (double)score->leaked_frames[i] * frame_s;
    close_tracks(score, frame_s);
    *ret = *result;
    return SCRIM_OK;
}
