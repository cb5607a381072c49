// The plaintext of one sealed segment, given its file key, chunk by chunk and strictly in order. It
// exists in locked memory only, one chunk at a time. A segment that is torn, or still being
// written, yields its whole chunks and then what the tail holds.
#pragma once

#include "store/sealed_file.h"

struct scrim_plain;

struct scrim_plain_source {
    const char *path;
    const char *tail_path; // of a torn or growing segment: where its tail is; may be NULL
    bool whole;            // the journal vouches for its end: anything less is SCRIM_EAUTH
    uint64_t bytes;        // its size by the journal, if whole
};

// SCRIM_EAUTH if the key does not fit the header, SCRIM_EFORMAT if the size is not what the journal
// says.
SCRIM_MUST_CHECK int scrim_plain_open(const struct scrim_plain_source *source,
                                      const uint8_t file_key[SCRIM_AGE_FILE_KEY],
                                      struct scrim_plain **ret, struct scrim_error *error);
void scrim_plain_close(struct scrim_plain *plain); // wipes; NULL is fine

// Valid until the next call.
struct scrim_plain_chunk {
    uint64_t index;
    const uint8_t *bytes;
    size_t count;
    const uint8_t *sealed; // count + 16 bytes as they stand in the file; NULL: from the tail
    bool last;             // sealed as the last chunk of the file
};
// 1 with the next chunk, 0 at the end. SCRIM_EAUTH names the damaged chunk.
SCRIM_MUST_CHECK int scrim_plain_next(struct scrim_plain *plain, struct scrim_plain_chunk *ret,
                                      struct scrim_error *error);
// Up to `max` bytes of the stream that the chunks make; *ret_count is 0 at its end.
SCRIM_MUST_CHECK int scrim_plain_read(struct scrim_plain *plain, void *to, size_t max,
                                      size_t *ret_count, struct scrim_error *error);

// Writes the segment to `out_fd` as an age file for one X25519 recipient: a new header, and the
// sealed payload as it stands. A torn one gets the last chunk it lacks. *ret_bytes counts
// plaintext. From a fresh `plain`.
SCRIM_MUST_CHECK int scrim_plain_export(struct scrim_plain *plain, const uint8_t recipient[32],
                                        int out_fd, const char *out_name, uint64_t *ret_bytes,
                                        struct scrim_error *error);
