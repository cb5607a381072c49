// Purges whose record was not seen in a journal yet: in DIR/state/keeper/purges, written before
// anything is destroyed, so that neither a crash of the keeper nor a recorder that is down can make
// a purge silent (docs/ref/formats/keeper.md).
#pragma once

#include "keeper/purge.h"

struct scrim_purge_log {
    char path[SCRIM_PATH_MAX];
    struct scrim_purge_list waiting;
    int64_t *due_us; // monotonic, per purge: when to say it (again)
    bool dirty;      // the file says something else
};

#define SCRIM_PURGES_WAITING_MAX 100000

SCRIM_MUST_CHECK int scrim_purges_parse(const char *name, const void *text, size_t length,
                                        struct scrim_purge_list *ret, struct scrim_error *error);
// A site without the file has none waiting.
SCRIM_MUST_CHECK int scrim_purge_log_open(struct scrim_purge_log *log, const char *dir,
                                          struct scrim_error *error);
void scrim_purge_log_finish(struct scrim_purge_log *log);

SCRIM_MUST_CHECK int scrim_purge_log_add(struct scrim_purge_log *log,
                                         const struct scrim_purge_list *purges,
                                         struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_purge_log_save(struct scrim_purge_log *log, struct scrim_error *error);
// A journal has the record: the purge waits no longer. Another record is no news.
void scrim_purge_log_seen(struct scrim_purge_log *log, const struct scrim_record *record);

// Says those that are due through `say`, which returns false while nobody listens. A purge whose
// record does not show up is said again.
void scrim_purge_log_say(struct scrim_purge_log *log, int64_t now_mono_us,
                         bool (*say)(void *context, const struct scrim_purge *purge),
                         void *context);
