// One file of the redacted archive, read fragment by fragment (fmp4.h): of pictures that nobody
// asks for, only the heads are read. For a thread that may wait for the disk.
#pragma once

#include "desk/fmp4.h"

#include "base/fs.h"

struct scrim_film {
    char path[SCRIM_PATH_MAX];
    int fd;
    struct scrim_buf init; // everything before the first fragment, but for the prft box
    struct scrim_fmp4_track track;
    uint64_t at, size; // where the next fragment is looked for; what may be read
};

struct scrim_film_fragment {
    uint64_t offset, bytes; // of moof and mdat together
    struct scrim_fmp4_fragment head;
};

// Opens DIR/veil/<camera>/<file>; `size` bounds what is read of it (of one that is still being
// written: what is whole), 0: all. SCRIM_ENOENT, SCRIM_EFORMAT. Finish it in any case.
SCRIM_MUST_CHECK int scrim_film_open(struct scrim_film *film, const char *path, uint64_t size,
                                     struct scrim_error *error);
void scrim_film_finish(struct scrim_film *film);

// The next whole fragment; SCRIM_EEND behind the last one.
SCRIM_MUST_CHECK int scrim_film_next(struct scrim_film *film, struct scrim_film_fragment *ret,
                                     struct scrim_error *error);
// The last fragment that begins with a key frame at or before `pts_us` (media time); the first of
// all if that is later.
SCRIM_MUST_CHECK int scrim_film_key_before(struct scrim_film *film, int64_t pts_us,
                                           struct scrim_film_fragment *ret,
                                           struct scrim_error *error);
// Appends `count` bytes from `offset` on.
SCRIM_MUST_CHECK int scrim_film_read(const struct scrim_film *film, uint64_t offset, uint64_t count,
                                     struct scrim_buf *ret, struct scrim_error *error);
