// segments.json: the sealed segments that a request would open, each with its whole age header, so
// that a holder can check and open its seal without the file (docs/ref/formats/request.md). What is
// hashed is the exact bytes.
#pragma once

#include "vault/vault.h"

#define SCRIM_SEGMENTS_MAX 20000
#define SCRIM_SEGMENTS_JSON_MAX (64U << 20)
#define SCRIM_SEGMENT_HEADER_MAX 4096 // bytes of an age header

struct scrim_segment_entry {
    char camera[32];
    char file[40]; // "<day>/<name>"
    char disk[32]; // "": store/
    int64_t start_us, end_us;
    uint64_t bytes; // of the file
    bool whole;     // neither torn nor being written
    uint8_t *header;
    size_t header_len;
};

// Sorted by camera and start, none twice.
struct scrim_segment_list {
    struct scrim_segment_entry *entries;
    size_t count, room;
};

// Appends a copy of `entry`, whose place is after the last. SCRIM_EINVAL if it is not;
// SCRIM_ENOSPACE for more than SCRIM_SEGMENTS_MAX.
SCRIM_MUST_CHECK int scrim_segment_list_add(struct scrim_segment_list *list,
                                            const struct scrim_segment_entry *entry,
                                            struct scrim_error *error);
void scrim_segment_list_finish(struct scrim_segment_list *list); // zeroed is fine

SCRIM_MUST_CHECK int scrim_segment_list_parse(const void *bytes, size_t count,
                                              struct scrim_segment_list *ret,
                                              struct scrim_error *error);
// Appends to `ret`, whose ceiling is SCRIM_SEGMENTS_JSON_MAX.
SCRIM_MUST_CHECK int scrim_segment_list_write(const struct scrim_segment_list *list,
                                              struct scrim_buf *ret);

// The vault's seal in an entry's header: its first stanza, with at most one of break-glass (X25519)
// after it. Its proof is not checked.
SCRIM_MUST_CHECK int scrim_segment_entry_seal(const struct scrim_segment_entry *entry,
                                              struct scrim_tdh2 *ret, struct scrim_error *error);
