// The closer look: the picture in overlapping parts, each as large to the detector as the whole is
// otherwise. It finds people who are small, half hidden or sit still in a crowd, whom neither a
// look at the whole nor motion would. It costs several looks, so it is taken seldom; who is found
// is still for as long, or motion covers them.
#pragma once

#include "veil/finder.h"
#include "veil/track.h"

// Who was found stays for three looks that miss them.
#define SCRIM_CLOSER_HOLD_US INT64_C(16000000)

struct scrim_closer_turn {
    int64_t looked_us; // when it was last taken
    bool looked;       // in this scene
};

bool scrim_closer_due(const struct scrim_closer_turn *turn, int64_t now_us);
void scrim_closer_looked(struct scrim_closer_turn *turn, int64_t now_us);
// The scene has changed: it is due.
void scrim_closer_forget(struct scrim_closer_turn *turn);

// As finder->find, with all of the picture and people alone. Whom one of the `known` places covers
// already is left out. In a crowd weak boxes come with the score of good ones: they are people,
// half hidden.
int scrim_closer_find(const struct scrim_finder *finder, const struct scrim_picture *picture,
                      const struct scrim_place *known, size_t known_count, struct scrim_box *boxes,
                      size_t max);
