// Where scrim.yaml has break-glass: the emergency keys that the keeper gave out, public halves, for
// the segments that start in their quarters of an hour. Belongs to the sealer's thread.
#pragma once

#include "link/glass.h"

struct scrim_emergency;

struct scrim_emergency *scrim_emergency_create(void);
void scrim_emergency_destroy(struct scrim_emergency *emergency); // NULL is fine

// Takes the place of another key of the same quarter.
void scrim_emergency_put(struct scrim_emergency *emergency, const struct scrim_glass_key *key);
// The keeper is gone, and its secrets may be.
void scrim_emergency_clear(struct scrim_emergency *emergency);
// Changes when a keeper that started again, or a break of glass that ended, made keys the second
// time for a quarter: a segment that has the old one should end. 0 for NULL.
unsigned scrim_emergency_turn(const struct scrim_emergency *emergency);
// The key for a segment that starts now, at `start_us` UTC; NULL if there is none whose secret
// lives a quarter of an hour from now. NULL for no `emergency`. Valid until the next call.
const uint8_t *scrim_emergency_get(const struct scrim_emergency *emergency, int64_t start_us);
