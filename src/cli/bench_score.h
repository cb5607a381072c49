// How well a redactor did on an annotated clip, whoever it was: masks frame by frame in, figures
// out.
//
// A person in a frame is leaked when less than 95 % of the ellipse inscribed in their box is
// covered (what lies outside the picture does not count). A run of leaked frames exposes a track;
// runs over 0.2 s are what the target forbids. Masked pixels outside every box, grown to 120 % of
// its width and height, are false. Wholly opaque frames hide everyone and are counted on their own:
// they enter the leak figures as covered, and the false-mask figure not at all.
#pragma once

#include "cli/bench_truth.h"
#include "media/picture.h"

// The split by the height of the person's box in pixels, and all of them together.
enum bench_height {
    BENCH_HEIGHT_ALL,
    BENCH_HEIGHT_UNDER_30,
    BENCH_HEIGHT_30_60,
    BENCH_HEIGHT_60_120,
    BENCH_HEIGHT_OVER_120,
    BENCH_HEIGHT_COUNT,
};

#define BENCH_WARM_UP_US INT64_C(3000000) // opaque frames after this long count as unforced
#define BENCH_EXPOSED_US 200000           // a track must not be exposed for longer

struct bench_mask {
    const struct scrim_region *rects; // covered pixels; may overlap, are clipped to the picture
    size_t count;
    bool opaque; // all of it, whatever the rectangles say
};

struct bench_people {
    uint64_t person_frames;
    uint64_t leaked_95, leaked_80; // covered less than 95 % or 80 %
    uint64_t tracks;               // by their mean height, over the frames they are in
    uint64_t tracks_exposed;       // for more than 0.2 s on end
    double exposed_s;              // time with anyone leaked, seconds
    double longest_s;              // the longest run of leaked frames of one track
};

struct bench_result {
    uint64_t frames;
    double seconds; // frames × their mean distance
    struct bench_people people[BENCH_HEIGHT_COUNT];
    double false_mask; // share of the picture, 0…1, mean over frames that are not opaque
    double masked;     // the same for everything masked
    uint64_t opaque, opaque_warm, frames_warm; // _warm: after BENCH_WARM_UP_US
};

// How bad one frame was; what the contact sheet sorts by.
struct bench_frame_score {
    unsigned leaked;   // people covered less than 95 %
    double uncovered;  // their uncovered shares added up
    double false_mask; // share of the picture
};

struct bench_score;

// `truth` outlives the score.
SCRIM_MUST_CHECK int bench_score_create(const struct bench_truth *truth, int width, int height,
                                        struct bench_score **ret, struct scrim_error *error);
void bench_score_destroy(struct bench_score *score); // NULL is fine

// The frames in order, each once, from frame 0.
void bench_score_frame(struct bench_score *score, int64_t pts_us, const struct bench_mask *mask,
                       struct bench_frame_score *ret);

// Whether this mask leaks the person in this box; counts nothing.
bool bench_score_leaks(struct bench_score *score, const struct bench_mask *mask,
                       const struct bench_truth_box *box);

// SCRIM_EFORMAT if the truth goes on after the last frame.
SCRIM_MUST_CHECK int bench_score_finish(struct bench_score *score, struct bench_result *ret,
                                        struct scrim_error *error);
