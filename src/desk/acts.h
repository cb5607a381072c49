// The one log of acts: who did what over the desk, to which camera, and why. state/acts/log, signed
// and chained (store/act_log.h, docs/ref/formats/acts.md).
//
// An intent is logged before the act; what does not come to pass is said after it. What is not on
// disk is not done: if the log cannot be written, the act is refused, in words.
//
//     uint64_t id;                                          // on a worker's thread
//     int result = scrim_acts_begin(acts, &act, &id, error);
//     if (result >= 0 && (result = do_it(error)) < 0)
//         scrim_acts_failed(acts, id, error->text);
#pragma once

#include "desk/worker.h"
#include "index/index.h"

#include <jansson.h>

struct scrim_act {
    const char *who;    // a user's name, or "token NAME"; NULL: the desk itself
    const char *what;   // "user.change": what is acted upon, and how; [a-z.-]
    const char *camera; // NULL: none
    const char *reason; // as the person gave it; NULL: none was asked for
    const char *detail; // text of a JSON object, never with a secret; NULL: none
};

struct scrim_acts;

// Opens the log for good, while files may still be opened freely. Made with the site's own key.
SCRIM_MUST_CHECK int scrim_acts_open(const char *dir, const char *site, struct scrim_acts **ret,
                                     struct scrim_error *error);
// Starts its thread.
SCRIM_MUST_CHECK int scrim_acts_start(struct scrim_acts *acts, uv_loop_t *loop,
                                      struct scrim_error *error);
// Writes what was asked for. The loop must run once more before _free. Both take NULL.
void scrim_acts_stop(struct scrim_acts *acts);
void scrim_acts_free(struct scrim_acts *acts);

// --- on any thread but the loop's: these wait for the disk ---

// Intent: on disk when it returns. *ret_id names it (the line's number). SCRIM_EINVAL if it is too
// long: 3,000 bytes with all that JSON adds.
SCRIM_MUST_CHECK int scrim_acts_begin(struct scrim_acts *acts, const struct scrim_act *act,
                                      uint64_t *ret_id, struct scrim_error *error);
// The hash of its line, by which the next line names it: what is bound to the log names it, too.
SCRIM_MUST_CHECK int scrim_acts_hash(struct scrim_acts *acts, uint64_t id, uint8_t ret[32],
                                     struct scrim_error *error);
// The latest moment that the newest 20,000 lines and all since tell of, UTC: time was not before
// it, whatever the clock says now.
int64_t scrim_acts_latest_us(struct scrim_acts *acts);
// It did not come to pass. If not even that can be written, the program's log says so.
void scrim_acts_failed(struct scrim_acts *acts, uint64_t id, const char *words);
// It did, and there is more to say of it; `detail` as in struct scrim_act.
SCRIM_MUST_CHECK int scrim_acts_done(struct scrim_acts *acts, uint64_t id, const char *detail,
                                     struct scrim_error *error);

// --- on the loop's thread: these do not wait ---

typedef void (*scrim_acts_written)(void *context, int result, uint64_t id,
                                   const struct scrim_error *error);
// As _begin; `written` is called on the loop's thread when it is on disk, or is not. Everything in
// `act` is copied. SCRIM_EBUSY if too many wait: then `written` is not called.
SCRIM_MUST_CHECK int scrim_acts_ask(struct scrim_acts *acts, const struct scrim_act *act,
                                    scrim_acts_written written, void *context);
// For what has happened already (a wrong password): nobody waits for it. What cannot be written is
// said in the program's log.
void scrim_acts_add(struct scrim_acts *acts, const struct scrim_act *act);
// As _failed, without waiting.
void scrim_acts_tell_failed(struct scrim_acts *acts, uint64_t id, const char *words);

// --- what happened to cameras, for lists of events ---

struct scrim_act_note {
    uint64_t id;
    int64_t at_us;
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    char what[32], who[64];
};
// Of the newest 20,000 acts on cameras (the act's own, or those that its detail names as
// `cameras`) those whose `what` begins with `what`, in [from_us, to_us),
// oldest first, or newest first. Returns how many there are in `ret`, at most `limit`.
size_t scrim_acts_notes(struct scrim_acts *acts, const char *camera, const char *what,
                        const struct scrim_index_range *range, struct scrim_act_note *ret);

// --- reading back, on any thread but the loop's ---

// Lines with numbers below `before` (0: all), newest first, at most `limit`, as a JSON array. An
// intent: {"id","at","who","what","camera","reason","detail"}; what became of one:
// {"id","at","of","outcome":"failed"|"done","words","detail"}. Every line is verified, and that it
// continues the one before: SCRIM_EAUTH if one was changed.
SCRIM_MUST_CHECK int scrim_acts_list(struct scrim_acts *acts, uint64_t before, size_t limit,
                                     json_t **ret, struct scrim_error *error);
