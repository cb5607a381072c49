// Inside src/store only: the device key, and the text of a journal line.
#pragma once

#include "store/journal.h"

#define SCRIM_JOURNAL_MAX (256U << 20) // bytes of one day; a day at one record a second has 60 MB
#define SCRIM_JOURNAL_LINE_MAX 4096    // bytes of a line, its line break included

// The text of a line, as far as writer and reader share it.
#define SCRIM_JOURNAL_SIGNED "scrim-journal/v1\n" // what the signature covers, before the JSON
#define SCRIM_JOURNAL_SIGNATURE 88                // base64 of 64 bytes, padded
#define SCRIM_RECORD_TYPES 9
extern const char *const scrim_record_type_names[SCRIM_RECORD_TYPES];
extern const char *const scrim_gap_cause_names[SCRIM_GAP_CAUSES];
extern const char *const scrim_record_clock_names[2]; // by of_camera
// Only a full disk and a person destroy what was to be kept.
static inline bool scrim_purge_cause_valid(enum scrim_gap_cause cause)
{
    return cause == SCRIM_GAP_DISK || cause == SCRIM_GAP_OPERATOR;
}

static inline bool scrim_kept_valid(enum scrim_keep kept)
{
    return kept == SCRIM_KEEP_REDACTED || kept == SCRIM_KEEP_NOTHING;
}

struct scrim_device_key {
    uint8_t public[32];
    uint8_t secret[64];
};

// The signature alone of a line without its line break; scrim_journal_parse with a key does the
// same and more.
SCRIM_MUST_CHECK int scrim_journal_verify(const char *line, size_t length,
                                          const uint8_t public_key[32]);

// What a writer gives a journal between two flushes, at most.
#define SCRIM_JOURNAL_UNSURE_MAX (16 * SCRIM_JOURNAL_LINE_MAX)
// Bytes of the whole lines of a journal. Not among them: a last line without its end, and all that
// follows zeros among what was written last. Where power failed, a file system may have the second
// half of a write without the first; no flush covered either, so nothing vouches for them.
size_t scrim_journal_whole(const struct scrim_buf *content);

// The head of a chain that lies in one file. Returns the bytes of its whole lines: less than all of
// it if the last line has no end. An empty one is at its genesis.
size_t scrim_journal_scan_head(const struct scrim_buf *content, const char *site,
                               const char *camera, struct scrim_journal_head *ret);
