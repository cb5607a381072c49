// Inside src/store: what the parts of the check share.
#pragma once

#include "store/check.h"
#include "store/disks.h"
#include "store/hour_ring.h"
#include "vault/vault_set.h"

struct check {
    const struct scrim_site *site;
    struct scrim_vault_set *vaults; // NULL: the site has none
    struct scrim_hour_ring *ring;   // NULL: the site has none
    uint8_t public_key[32];
    int64_t now_us;
    scrim_check_fn finding;
    scrim_check_progress progress;
    void *context;
    uint64_t files_done;
    bool present[SCRIM_DISKS_MAX];
    char (*unknown)[SCRIM_DISK_ID_MAX + 1]; // disks that records name and scrim.yaml does not
    size_t unknown_count;
    struct scrim_buf missing; // check_missing.c
    struct scrim_check_result result;
};

void scrim_check_say(struct check *check, enum scrim_finding_kind kind, const char *file,
                     const char *format, ...) SCRIM_PRINTF(4, 5);

// Says of each disk in scrim.yaml that is not there that it is not.
void scrim_check_disks(struct check *check);
// The number of the disk of a record if it is there; otherwise -1, said once per disk.
int scrim_check_disk_of(struct check *check, const char *id);
// How findings call "<camera>/<below>" on a disk: "store/…", or the whole path. Truncated if need
// be.
void scrim_check_show(const struct check *check, unsigned disk, const char *camera,
                      const char *below, char ret[SCRIM_PATH_MAX]);

// One chain of lines, read as far as it goes and continued later.
struct check_chain {
    struct check *check;
    const char *camera;        // "" for a log of the site
    const uint8_t *public_key; // NULL: the device's
    uint64_t next_seq;
    uint8_t prev[32];
};

// Verifies one line and moves on. SCRIM_OK with `ret` filled, or SCRIM_EFORMAT after reporting why.
SCRIM_MUST_CHECK int scrim_check_line(struct check_chain *chain, const char *file, const char *line,
                                      size_t length, struct scrim_record *ret);

// What a segment record says against the file. Reports what differs.
void scrim_check_segment(struct check *check, const char *camera,
                         const struct scrim_record *record);
// Segments of one camera whose file is not there and whose time is not over: they wait for a record
// that says they were destroyed early. _say reports those without one, and forgets all.
void scrim_check_missing_init(struct check *check);
void scrim_check_missing_finish(struct check *check);
void scrim_check_missing_add(struct check *check, const char *camera, unsigned disk,
                             const struct scrim_record *record);
void scrim_check_purged(struct check *check, const struct scrim_record *record);
size_t scrim_check_missing_count(const struct check *check);
void scrim_check_missing_say(struct check *check, const char *camera);
// Header, label and seal proof of a file that has no record yet.
void scrim_check_unrecorded(struct check *check, unsigned disk, const char *camera,
                            const char *file);
