// Writes an MP4 file of H.264 from pictures. The file appears under its name only when it is whole;
// until then it is NAME.part, and abandoning it leaves nothing.
#pragma once

#include "media/encode.h"

struct scrim_film;

// SCRIM_EINVAL, SCRIM_EACCESS and the like if `path` cannot be written.
SCRIM_MUST_CHECK int scrim_film_create(const char *path, const struct scrim_encoder_params *params,
                                       struct scrim_film **ret, struct scrim_error *error);
// `pts` in the time base of the parameters, rising; the file's times are the same.
SCRIM_MUST_CHECK int scrim_film_write(struct scrim_film *film, const struct scrim_picture *picture,
                                      int64_t pts, struct scrim_error *error);
// Completes the file, syncs it and gives it its name.
SCRIM_MUST_CHECK int scrim_film_finish(struct scrim_film *film, struct scrim_error *error);
// Without _finish before, removes what was written. NULL is fine.
void scrim_film_destroy(struct scrim_film *film);
