// Who may run the detector, and when: one budget of detector time shared by the cameras of a
// worker. Each camera says how often it would like to look; when the wishes exceed the budget all
// of them are stretched alike, down to a floor that is always granted. Times are those of the
// pictures.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct scrim_schedule;

// `budget_permille`: the share of this worker's time that detection may take (1…1000).
// `cost_us`: what one run costs until it has been measured. With `modelled` the measurements are
// ignored, so that the outcome does not depend on the machine.
struct scrim_schedule *scrim_schedule_create(unsigned budget_permille, int64_t cost_us,
                                             bool modelled);
void scrim_schedule_destroy(struct scrim_schedule *schedule); // NULL is fine

// How many runs per second all cameras together can have now.
double scrim_schedule_rate(const struct scrim_schedule *schedule);

// A camera's place in the schedule, embedded in its redactor.
struct scrim_turn {
    int64_t wish_us; // interval it would like; 0 until it asks for the first time
    int64_t last_us; // when it last ran
    bool ran;        // at all
};

void scrim_turn_leave(struct scrim_schedule *schedule, struct scrim_turn *turn);
// May this camera run now? `wish_us` is the interval it would like, `floor_us` (>= wish) the one
// that is granted whatever the load.
bool scrim_turn_due(struct scrim_schedule *schedule, struct scrim_turn *turn, int64_t now_us,
                    int64_t wish_us, int64_t floor_us);
// It ran at `now_us`, and that took `took_us`.
void scrim_turn_ran(struct scrim_schedule *schedule, struct scrim_turn *turn, int64_t now_us,
                    int64_t took_us);

// How often a camera wishes to look, what is granted whatever the load, and how long ago the last
// look may be before nothing is shown.
struct scrim_pace {
    int64_t wish_us, floor_us, late_us;
};
// `learning`: the scene is new; `changing`: since the picture before; `somebody` is there.
const struct scrim_pace *scrim_pace_pick(bool learning, bool changing, bool somebody);
