// What can happen to access units between a camera and a decoder, and what a camera that is broken
// or hostile could send.
#pragma once

#include "film.h"

#define DAMAGES(X)                                    \
    X(NONE, "nothing")                                \
    X(DROP, "one unit lost")                          \
    X(DROP_RUN, "2 to 20 units lost")                 \
    X(DROP_KEY, "a key unit lost")                    \
    X(CUT, "end of a unit lost")                      \
    X(HOLE, "a packet lost within a unit")            \
    X(SLICE, "a slice lost")                          \
    X(FLIP, "bits flipped")                           \
    X(GARBAGE, "bytes overwritten")                   \
    X(SWAP, "two units swapped")                      \
    X(DOUBLE, "a unit twice")                         \
    X(OLD, "a unit of another time")                  \
    X(FOREIGN, "units of another film")               \
    X(SETS_BROKEN, "bits flipped in parameter sets")  \
    X(SETS_FOREIGN, "parameter sets of another film") \
    X(SETS_LOST, "parameter sets lost")               \
    X(LATE_KEY, "loss, then false key flags")

enum damage {
#define X(name, text) DAMAGE_##name,
    DAMAGES(X)
#undef X
        DAMAGE_COUNT
};

const char *damage_text(enum damage damage);
// Who can have done it.
enum culprit {
    CULPRIT_NETWORK, // or whoever dropped units on the way; parts of one are lost with it
    CULPRIT_WITHIN,  // the sender, within a unit
    CULPRIT_WHOLE,   // the sender: whole units, true pictures, where they do not belong
};
enum culprit damage_culprit(enum damage damage);

// The units of a film on their way. Units are views into the film or into bytes of its own.
struct reel {
    struct unit *units;
    size_t count, room;
    uint8_t *bytes; // of units that were changed
    size_t used;
};

#define REEL_BYTES (64U << 20)

void reel_init(struct reel *reel);
// A whole film, with damage of one kind done to it one to four times behind unit `from`, from
// `random`, which moves on. `other`: where foreign units come from.
void reel_fill(struct reel *reel, const struct film *film, const struct film *other,
               enum damage damage, size_t from, uint32_t *random);
