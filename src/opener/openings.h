// What was opened, for whom and until when: state/openings/log, scrim-opener's own
// (docs/ref/formats/acts.md). The time box of an opening begins with its first line here, so it
// outlives a restart; and time itself never goes back behind the newest line.
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define SCRIM_OPENINGS_DIGEST 32

struct scrim_openings;

// Every line is verified: SCRIM_EAUTH if one was changed or left out, and then nothing can be
// opened before somebody has looked. Makes log and key where they are missing. Afterwards no file
// is opened.
SCRIM_MUST_CHECK int scrim_openings_open(const char *dir, const char *site,
                                         struct scrim_openings **ret, struct scrim_error *error);
void scrim_openings_close(struct scrim_openings *openings); // NULL is fine

// UTC: the clock's, or the newest line's if the clock went back behind it.
int64_t scrim_openings_now_us(struct scrim_openings *openings);

// When the first opening of this request ends, or 0: it was never opened.
int64_t scrim_openings_until_us(const struct scrim_openings *openings,
                                const uint8_t request[SCRIM_OPENINGS_DIGEST]);

// How many intents there were of it, whatever became of them.
unsigned scrim_openings_tries(const struct scrim_openings *openings,
                              const uint8_t request[SCRIM_OPENINGS_DIGEST]);

struct scrim_openings_intent {
    const char *what, *who;
    const uint8_t *request; // digest; NULL where there is none
    int64_t at_us;          // of _now_us
    int64_t until_us;
    const char *detail; // a JSON object; "request" and "until_us" are added to it
};
// The line is flushed before it returns. If nothing comes of it, _failed says so, and takes back
// that it was opened.
SCRIM_MUST_CHECK int scrim_openings_begin(struct scrim_openings *openings,
                                          const struct scrim_openings_intent *intent,
                                          uint64_t *ret_seq, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_openings_done(struct scrim_openings *openings, uint64_t seq,
                                         struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_openings_failed(struct scrim_openings *openings, uint64_t seq,
                                           const char *words, struct scrim_error *error);
