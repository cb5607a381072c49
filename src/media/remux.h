// Pieces of fragmented MP4, one after the other, into one plain MP4 that every player takes:
// nothing is decoded or encoded. Sound goes along where the pieces have it; a film with G.711 is a
// QuickTime file, since MP4 has no place for that. The film begins with the key frame at or before
// `from_us`, times run on from piece to piece, and a gap stays a jump in time. It appears under its
// name only when it is whole.
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct scrim_remux;

// One piece: a stream of bytes that is read once, front to back.
struct scrim_remux_source {
    // Up to `max` bytes; *ret_count 0 is the end.
    int (*read)(void *context, void *to, size_t max, size_t *ret_count, struct scrim_error *error);
    void *context;
    const char *name; // for sentences
    int64_t start_us; // UTC of its first frame
    int64_t end_us;   // UTC at which it ends, at the latest: one that ends in the range is not cut
    bool may_be_torn; // its end may be missing: whole frames are taken as far as they go
    bool any_size;    // belongs into the film whatever its picture size
};

struct scrim_remux_summary {
    uint64_t frames;
    int64_t from_us, to_us; // UTC of the first frame and the end of the last
    int64_t duration_us;    // without the gaps
    int width, height;
    const char *codec; // "h264", "hevc"
};

// SCRIM_EEXIST if there is a file of that name.
SCRIM_MUST_CHECK int scrim_remux_create(const char *path, int64_t from_us, int64_t to_us,
                                        struct scrim_remux **ret, struct scrim_error *error);
// Pieces in the order of their times. 0: taken. 1: left alone because it has another codec or
// picture size, or other sound; it belongs, read afresh, into a film of its own, which always takes
// it.
SCRIM_MUST_CHECK int scrim_remux_add(struct scrim_remux *remux,
                                     const struct scrim_remux_source *source,
                                     struct scrim_error *error);
// If no frame was in the range, ret->frames is 0, and there is no file.
SCRIM_MUST_CHECK int scrim_remux_finish(struct scrim_remux *remux, struct scrim_remux_summary *ret,
                                        struct scrim_error *error);
// Without _finish before, removes what was written. NULL is fine.
void scrim_remux_destroy(struct scrim_remux *remux);
