// state/keeper/glass-now: the break of glass that is under way, as scrim-keeper says it and
// scrim-opener reads it. There is no such file while none is, and none outlives its keeper's start.
// One line of JSON, format in docs/ref/formats/glass.md.
#pragma once

#include "base/buf.h"
#include "base/fs.h"

#define SCRIM_GLASS_NOW_FILE "state/keeper/glass-now"
#define SCRIM_GLASS_NOW_MAX 1024 // bytes of it
#define SCRIM_GLASS_WHO_MAX 128  // bytes of a name, with NUL

struct scrim_glass_now {
    uint64_t number;               // of the break, from 1
    char who[SCRIM_GLASS_WHO_MAX]; // the operator
    int64_t from_us;               // UTC: segments that end after it are shown
    int64_t since_us, until_us;    // UTC: the ten minutes
};

SCRIM_MUST_CHECK int scrim_glass_now_format(const struct scrim_glass_now *now,
                                            struct scrim_buf *ret);
// SCRIM_EFORMAT for anything that _format does not write.
SCRIM_MUST_CHECK int scrim_glass_now_parse(const void *bytes, size_t count,
                                           struct scrim_glass_now *ret);
// What is under way at `now_us`. SCRIM_ENOENT if nothing is: no file, or its time is over or has
// not come.
SCRIM_MUST_CHECK int scrim_glass_now_read(const char *dir, int64_t now_us,
                                          struct scrim_glass_now *ret, struct scrim_error *error);
// Is a segment of [start_us, end_us) shown? end_us 0: it still grows.
bool scrim_glass_now_shows(const struct scrim_glass_now *now, int64_t start_us, int64_t end_us);
