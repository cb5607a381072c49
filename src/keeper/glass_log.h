// state/keeper/glass: every break of glass, its end, who saw the alarm, and its review, a line each
// (docs/ref/formats/glass.md). Appended to and flushed before anything follows from it; never
// shortened, but for a last line that a crash tore.
#pragma once

#include "base/buf.h"
#include "base/fs.h"
#include "link/glass.h"

#define SCRIM_GLASS_LOG_FILE "state/keeper/glass"

struct scrim_glass_entry {
    uint64_t number; // from 1
    int64_t since_us, until_us;
    int64_t ended_us;    // 0: it is not over, as far as the log says
    int64_t reviewed_us; // 0: not yet
    char who[SCRIM_GLASS_NAME_MAX + 1];
    char reason[SCRIM_GLASS_TEXT_MAX + 1];
    char (*seen)[SCRIM_GLASS_NAME_MAX + 1]; // those who saw the alarm
    size_t seen_count;
};

struct scrim_glass_log {
    struct scrim_glass_entry *list; // in order
    size_t count;
    int fd;
    char path[SCRIM_PATH_MAX];
};

// Reads it, or makes it; before the sandbox.
SCRIM_MUST_CHECK int scrim_glass_log_open(const char *dir, struct scrim_glass_log *ret,
                                          struct scrim_error *error);
// Of text alone: for tests and fuzzing. SCRIM_EFORMAT for what the keeper does not write;
// *ret_whole is how many bytes are whole lines.
SCRIM_MUST_CHECK int scrim_glass_log_parse(const void *text, size_t length,
                                           struct scrim_glass_log *ret, size_t *ret_whole);
void scrim_glass_log_finish(struct scrim_glass_log *log);

// Each on disk when it returns; on failure nothing has changed.
SCRIM_MUST_CHECK int scrim_glass_log_break(struct scrim_glass_log *log,
                                           const struct scrim_glass_ask *ask, int64_t since_us,
                                           int64_t until_us, struct scrim_error *error);
// `who` "": its time was over, or the keeper ended.
SCRIM_MUST_CHECK int scrim_glass_log_end(struct scrim_glass_log *log, uint64_t number,
                                         const char *who, int64_t at_us, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_glass_log_seen(struct scrim_glass_log *log, uint64_t number,
                                          const char *who, int64_t at_us,
                                          struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_glass_log_review(struct scrim_glass_log *log, uint64_t number,
                                            const char *who, const char *text, int64_t at_us,
                                            struct scrim_error *error);
// NULL if there is none of that number.
struct scrim_glass_entry *scrim_glass_log_find(const struct scrim_glass_log *log, uint64_t number);
bool scrim_glass_entry_seen_by(const struct scrim_glass_entry *entry, const char *who);
