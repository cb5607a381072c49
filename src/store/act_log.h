// Logs of the site beside the journals: who did what over the desk, and what scrim-opener opened.
// In the form of a camera's journal: signed, chained, append-only (docs/ref/formats/acts.md). Each
// is its owner's, signed with a key of its own: the device's key is not for a program that faces
// the network. So it proves that nobody but its owner wrote it and that nothing was changed or left
// out afterwards without that key; whoever takes the owner over can write on.
//
// Not for two threads at once; src/desk/acts.h is.
#pragma once

#include "store/journal.h"

#define SCRIM_ACT_LOG "state/acts/log"
#define SCRIM_ACT_LOG_OLD "state/areas/changes" // its place while only areas were logged
#define SCRIM_ACT_GENESIS "/desk" // in place of a camera's id, and no camera can have it
#define SCRIM_OPENINGS_DIR "state/openings"
#define SCRIM_OPENINGS_LOG "state/openings/log"
#define SCRIM_OPENINGS_LOCK "state/openings/lock" // held (flock) by who writes it
#define SCRIM_OPENINGS_GENESIS "/opener"

// Which log.
struct scrim_act_log_kind {
    const char *directory, *file, *old_file; // below the site directory; old_file may be NULL
    const char *genesis;
    enum scrim_log_owner owner;
};
extern const struct scrim_act_log_kind scrim_log_of_acts, scrim_log_of_openings;

struct scrim_act_log;

// Opens it for good, so that no file has to be opened later; makes its owner's key and the file if
// they are missing, and cuts off a line that a crash tore. A log in its old place is moved, and
// goes on.
SCRIM_MUST_CHECK int scrim_act_log_open(const char *dir, const char *site,
                                        const struct scrim_act_log_kind *kind,
                                        struct scrim_act_log **ret, struct scrim_error *error);
// For reading alone, as it is now, with the public key: another program's. SCRIM_ENOENT without
// one.
SCRIM_MUST_CHECK int scrim_act_log_view(const char *dir, const char *site,
                                        const struct scrim_act_log_kind *kind,
                                        struct scrim_act_log **ret, struct scrim_error *error);
void scrim_act_log_close(struct scrim_act_log *log); // NULL is fine

// One line: `json` is an object that says who, what and why; `camera` may be "". Flushed before it
// returns; *ret_seq is the line's number. _append_at: at a time that the caller says, UTC. A failed
// write leaves nothing behind, or, if even that cannot be had, a log that takes no more.
SCRIM_MUST_CHECK int scrim_act_log_append(struct scrim_act_log *log, const char *camera,
                                          const char *json, uint64_t *ret_seq,
                                          struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_act_log_append_at(struct scrim_act_log *log, int64_t at_us,
                                             const char *camera, const char *json,
                                             uint64_t *ret_seq, struct scrim_error *error);

// How many lines there are: their numbers are 0 to one less.
uint64_t scrim_act_log_count(const struct scrim_act_log *log);
// Line `seq`, its signature checked, and its link to the line before it: SCRIM_EAUTH if either is
// not right, SCRIM_ENOENT if there is no such line.
// _peek checks neither, for what is told again from a log that scrim check vouches for.
SCRIM_MUST_CHECK int scrim_act_log_peek(struct scrim_act_log *log, uint64_t seq,
                                        struct scrim_record *ret, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_act_log_read(struct scrim_act_log *log, uint64_t seq,
                                        struct scrim_record *ret, struct scrim_error *error);
// SHA-256 of the line without its line break, as the next line names it.
SCRIM_MUST_CHECK int scrim_act_log_hash(struct scrim_act_log *log, uint64_t seq, uint8_t ret[32],
                                        struct scrim_error *error);
