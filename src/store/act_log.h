// state/acts/log: who did what over the desk, in the form of a camera's journal: signed, chained,
// append-only (docs/ref/formats/acts.md). It is the desk's own, signed with a key of its own: the
// device's key is not for a program that faces the network. So it proves that nobody but the desk
// wrote it and that nothing was changed or left out afterwards without the desk's key; whoever
// takes the desk over can write on.
//
// Not for two threads at once; src/desk/acts.h is.
#pragma once

#include "store/journal.h"

#define SCRIM_ACT_LOG "state/acts/log"
#define SCRIM_ACT_LOG_OLD "state/areas/changes" // its place while only areas were logged
#define SCRIM_ACT_GENESIS "/desk" // in place of a camera's id, and no camera can have it

struct scrim_act_log;

// Opens it for good, so that no file has to be opened later; makes the desk's key and the file if
// they are missing, and cuts off a line that a crash tore. A log in its old place is moved, and
// goes on.
SCRIM_MUST_CHECK int scrim_act_log_open(const char *dir, const char *site,
                                        struct scrim_act_log **ret, struct scrim_error *error);
void scrim_act_log_close(struct scrim_act_log *log); // NULL is fine

// One line: `json` is an object that says who, what and why; `camera` may be "". Flushed before it
// returns; *ret_seq is the line's number. A failed write leaves nothing behind, or, if even that
// cannot be had, a log that takes no more.
SCRIM_MUST_CHECK int scrim_act_log_append(struct scrim_act_log *log, const char *camera,
                                          const char *json, uint64_t *ret_seq,
                                          struct scrim_error *error);

// How many lines there are: their numbers are 0 to one less.
uint64_t scrim_act_log_count(const struct scrim_act_log *log);
// Line `seq`, its signature checked, and its link to the line before it: SCRIM_EAUTH if either is
// not right, SCRIM_ENOENT if there is no such line.
// _peek checks neither, for what is told again from a log that scrim check vouches for.
SCRIM_MUST_CHECK int scrim_act_log_peek(struct scrim_act_log *log, uint64_t seq,
                                        struct scrim_record *ret, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_act_log_read(struct scrim_act_log *log, uint64_t seq,
                                        struct scrim_record *ret, struct scrim_error *error);
