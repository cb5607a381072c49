// Stands between a camera and its redactor (ld --wrap): knows each picture that was decoded and
// each frame that left, and compares both with the film as it would be without damage.
//
// A cell of 8×8 pixels is wrong when its luma differs from the clean film's by more than WRONG_MEAN
// on average. A frame is exposed when it is not opaque and shows wrong cells, without a mask, that
// make up a visible spot: more than SPOT_CELLS of them.
#pragma once

#include "film.h"
#include "veil/redactor.h"

#define WRONG_MEAN 12 // of 255
#define SPOT_CELLS 3

struct judge_figures {
    uint64_t frames, opaque; // that left
    uint64_t damaged;        // with wrong cells in what was decoded, of any number above SPOT_CELLS
    uint64_t damaged_opaque, damaged_masked; // of those: wholly opaque; every wrong cell masked
    uint64_t exposed;
    size_t most_shown;     // wrong cells in an exposed frame
    size_t cells;          // of a frame
    uint64_t people, bare; // boxes of the clean film in frames that were shown; less than 80 %
                           // of their inner half covered
};

// From now on `film` is what comes, shown from `base_us` on. Figures add up in `figures`.
void judge_begin(const struct film *film, int64_t base_us, struct judge_figures *figures);
// What leaves now is remembered as the people of the film, for every later run of it.
void judge_learn_people(bool learn);
