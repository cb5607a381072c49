// Inside src/store: what the parts of the check share.
#pragma once

#include "store/check.h"
#include "vault/vault.h"

struct check {
    const struct scrim_site *site;
    struct scrim_vault vault;
    bool has_vault;
    uint8_t public_key[32];
    int64_t now_us;
    scrim_check_fn finding;
    scrim_check_progress progress;
    void *context;
    uint64_t files_done;
    struct scrim_check_result result;
};

void scrim_check_say(struct check *check, enum scrim_finding_kind kind, const char *file,
                     const char *format, ...) SCRIM_PRINTF(4, 5);

// One chain of lines, read as far as it goes and continued later.
struct check_chain {
    struct check *check;
    const char *camera; // "" for the log of openings
    uint64_t next_seq;
    uint8_t prev[32];
};

// Verifies one line and moves on. SCRIM_OK with `ret` filled, or SCRIM_EFORMAT after reporting why.
SCRIM_MUST_CHECK int scrim_check_line(struct check_chain *chain, const char *file, const char *line,
                                      size_t length, struct scrim_record *ret);

// What a segment record says against the file. Reports what differs.
void scrim_check_segment(struct check *check, const char *camera,
                         const struct scrim_record *record);
// Header, label and seal proof of a file that has no record yet.
void scrim_check_unrecorded(struct check *check, const char *camera, const char *file);
