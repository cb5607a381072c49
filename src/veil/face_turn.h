// When the face model looks, too, after the detector of people has: it finds who is so near the
// camera (a door bell, a counter) that there is too little of a body to see. It costs nearly as
// much as the detector, and most pictures hold no such face, so it waits for a reason.
#pragma once

#include "veil/unclaimed.h"

struct scrim_face_turn {
    int64_t looked_us; // when it last looked
    bool looked;       // in this scene
};

// What is known when the detector of people has looked.
struct scrim_face_hints {
    struct scrim_unclaimed picture; // its places include faces
    bool followed;                  // one of them is a face
};

// True when a face is being followed, when it has not looked for five seconds, or for one and
// something large differs from the background where nobody is.
bool scrim_face_turn_due(const struct scrim_face_turn *turn, int64_t now_us,
                         const struct scrim_face_hints *hints);
void scrim_face_turn_looked(struct scrim_face_turn *turn, int64_t now_us);
// The scene has changed: it is due.
void scrim_face_turn_forget(struct scrim_face_turn *turn);
