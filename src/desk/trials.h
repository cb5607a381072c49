// Live tests of cameras' addresses, as the desk keeps them: asked of the recorder (peers), gathered
// step by step, told to who asks by an id that nobody guesses. At most SCRIM_TRIALS_AT_ONCE at a
// time; the newest are kept for some minutes, in memory. Loop thread only.
#pragma once

#include "desk/peers.h"
#include "link/trial.h"

#include <jansson.h>
#include <uv.h>

struct scrim_trials_kept;

#define SCRIM_TRIAL_ID 17 // 16 hexadecimal digits and NUL

struct scrim_trials_kept *scrim_trials_keep(uv_loop_t *loop, struct scrim_peers *peers);
void scrim_trials_kept_close(struct scrim_trials_kept *kept); // NULL is fine
void scrim_trials_kept_free(struct scrim_trials_kept *kept);  // the loop ran in between

// A body {"url","user","password","transport","tls_fingerprint"} as a wish; all but `url` may be
// missing or null. SCRIM_EINVAL with a sentence.
SCRIM_MUST_CHECK int scrim_trial_wish_read(const void *body, size_t count,
                                           struct scrim_trial_wish *ret, struct scrim_error *error);

// SCRIM_EBUSY: so many run already. SCRIM_ENETWORK: no recorder is there. The wish gets its number,
// and may be wiped then.
SCRIM_MUST_CHECK int scrim_trials_begin(struct scrim_trials_kept *kept,
                                        struct scrim_trial_wish *wish, char ret_id[SCRIM_TRIAL_ID]);
// {"state","steps",…}; the caller's reference. NULL if there is no such trial (any more).
json_t *scrim_trials_json(const struct scrim_trials_kept *kept, const char *id);

// From the peers.
void scrim_trials_take(struct scrim_trials_kept *kept, const struct scrim_trial_report *report);
void scrim_trials_lost(struct scrim_trials_kept *kept); // the recorder is gone
