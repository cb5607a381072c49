// Break-glass, the keeper's part: whether it may be broken, the ten minutes, who gets the emergency
// keys, and what is remembered of it. The keeper reads in scrim.yaml itself who may, and believes
// scrimd only in who asks: docs/guide/break-glass.md says what follows from that.
//
// What is refused, and why: one at a time; not within 15 minutes of the beginning of the last, so
// that each needs a reason of its own and whoever was alarmed can step in between; not with three
// that have no review, nor with one that has had none for 7 days.
#pragma once

#include "keeper/glass_keys.h"
#include "keeper/glass_log.h"
#include "site/config.h"

#define SCRIM_GLASS_VIEW_US (10 * 60 * SCRIM_SECOND)  // that one lasts
#define SCRIM_GLASS_BACK_US (15 * 60 * SCRIM_SECOND)  // that it shows of what was before
#define SCRIM_GLASS_APART_US (15 * 60 * SCRIM_SECOND) // from one's beginning to the next's
#define SCRIM_GLASS_REVIEW_US (7 * 24 * 3600 * SCRIM_SECOND)
#define SCRIM_GLASS_UNREVIEWED_MAX 3

struct scrim_glass;

struct scrim_glass_handler {
    void (*keys)(void *context);                                  // the public keys are others
    void (*state)(void *context, const char *json, size_t count); // GLASS_STATE; on each change
    void *context;
};

// Before the sandbox; `site` must outlive it. Without break_glass in scrim.yaml what was before is
// still remembered and reviewed. A break that was under way when the keeper ended is over: its keys
// are gone.
SCRIM_MUST_CHECK int scrim_glass_create(const struct scrim_site *site,
                                        const struct scrim_glass_handler *handler,
                                        struct scrim_glass **ret, struct scrim_error *error);
void scrim_glass_destroy(struct scrim_glass *glass); // NULL is fine

// The keys for the recorder: how many of `ret`, 0 without break-glass.
size_t scrim_glass_public(struct scrim_glass *glass, struct scrim_glass_public ret[2]);
void scrim_glass_ask(struct scrim_glass *glass, const struct scrim_glass_ask *ask,
                     struct scrim_glass_answer *ret);
// Ends and wipes what is over, and has the handler called where something changed. Returns the
// monotonic µs of the next call.
int64_t scrim_glass_tend(struct scrim_glass *glass);
