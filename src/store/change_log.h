// state/areas/changes: who changed what over the desk, in the form of a camera's journal: signed,
// chained, append-only. It is the desk's own, signed with a key of its own: the device's key is
// not for a program that faces the network. So it proves that nobody but the desk wrote it and that
// nothing was changed or left out afterwards without the desk's key; whoever takes the desk over
// can write on.
#pragma once

#include "store/journal.h"

#define SCRIM_CHANGE_LOG "state/areas/changes"
#define SCRIM_CHANGE_GENESIS "/desk" // in place of a camera's id, and no camera can have it

struct scrim_change_log;

// Opens it for good, so that no file has to be opened later; makes the desk's key and the file if
// they are missing, and cuts off a line that a crash tore.
SCRIM_MUST_CHECK int scrim_change_log_open(const char *dir, const char *site,
                                           struct scrim_change_log **ret,
                                           struct scrim_error *error);
void scrim_change_log_close(struct scrim_change_log *log); // NULL is fine

// One line: `json` is an object that says who, what before and what after. Flushed before it
// returns. After a failure the log takes no more, since what is in the file is not known.
SCRIM_MUST_CHECK int scrim_change_log_append(struct scrim_change_log *log, const char *camera,
                                             const char *json, struct scrim_error *error);
