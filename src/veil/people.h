// Who is in the picture, at any time: found by the detector when it is this camera's turn, followed
// by tracks between its looks. Times are the redactor's own.
#pragma once

#include "veil/finder.h"
#include "veil/mask.h"
#include "veil/reason.h"
#include "veil/schedule.h"
#include "veil/stage.h"
#include "veil/track.h"

struct scrim_people;

struct scrim_people_params {
    int width, height;               // of the picture
    int64_t reach_us;                // how far back somebody who appears is followed
    bool thorough;                   // look at every picture
    struct scrim_finder finder;      // its context outlives the people
    struct scrim_schedule *schedule; // outlives the people
    const struct scrim_mask *mask;   // outlives the people
};

// SCRIM_ENOMEM without memory.
SCRIM_MUST_CHECK int scrim_people_create(const struct scrim_people_params *params,
                                         struct scrim_people **ret);
void scrim_people_destroy(struct scrim_people *people); // NULL is fine

// Is it time to look?
bool scrim_people_due(struct scrim_people *people, int64_t now_us, const struct scrim_pace *pace);
// From now on it is, until the detector has looked.
void scrim_people_hurry(struct scrim_people *people);
// Looks at a picture; `levels` as in motion.h. False when the detector failed.
bool scrim_people_look(struct scrim_people *people, int64_t now_us,
                       const struct scrim_picture *picture, const uint8_t *levels,
                       struct scrim_stages *stages);
int64_t scrim_people_looked_at(const struct scrim_people *people); // when the detector last did
// What was wrong with the last look.
enum scrim_reason scrim_people_trouble(const struct scrim_people *people);

// Everyone at one time: the first `present` places, then where they are within a moment of it, for
// steps are uneven and detectors trail. Valid until the next call.
struct scrim_everyone {
    const struct scrim_place *places;
    size_t count, present;
};
// Leaves out those who are lost and whose place shows the background again, by the `levels` of that
// time; NULL: nobody knows.
struct scrim_everyone scrim_people_at(struct scrim_people *people, int64_t at_us,
                                      const uint8_t *levels);

// The scene has changed: nobody is known any more.
void scrim_people_forget(struct scrim_people *people);
