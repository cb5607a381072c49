// The tail: the unfinished chunk of the segment that is being written, sealed under a key of its
// own. docs/ref/formats/segment.md, "The tail". store/<camera>/tail has three slots: the one that
// the last flush of the disk covered, the one written last, and the one that is written next. So a
// write torn by a kill costs that write and leaves the one before it, and power that fails while
// anything of the others is on its way to the disk leaves the first.
#pragma once

#include "age/age.h"

#define SCRIM_TAIL_SLOT (68 * 1024) // bytes between the slots; whole pages
#define SCRIM_TAIL_SLOTS 3
#define SCRIM_TAIL_FILE_MAX (SCRIM_TAIL_SLOTS * SCRIM_TAIL_SLOT) // bytes of the whole file
#define SCRIM_TAIL_HEAD 64                                       // bytes before the sealed chunk
#define SCRIM_TAIL_KEY 32

// One parsed slot. `head` and `sealed` point into the bytes that were parsed.
struct scrim_tail {
    uint64_t chunk;               // index of the chunk it holds the beginning of
    uint32_t length;              // plaintext bytes, 1 … SCRIM_AGE_CHUNK
    const uint8_t *payload_nonce; // of the age file it belongs to: names the segment
    const uint8_t *nonce;         // of this write
    const uint8_t *head, *sealed; // sealed: length + 16 bytes
    size_t size;                  // of the slot's content
};

// HKDF-SHA-256 over the file key. Wipe it after use.
void scrim_tail_key(const uint8_t file_key[SCRIM_AGE_FILE_KEY],
                    const uint8_t payload_nonce[SCRIM_AGE_NONCE], uint8_t ret[SCRIM_TAIL_KEY]);

// Appends one slot's content to `out`. `count` is 1 … SCRIM_AGE_CHUNK.
SCRIM_MUST_CHECK int scrim_tail_seal(const uint8_t key[SCRIM_TAIL_KEY],
                                     const uint8_t payload_nonce[SCRIM_AGE_NONCE], uint64_t chunk,
                                     const uint8_t *plain, size_t count, struct scrim_buf *out);
// Reads one slot strictly; its checksum is verified. SCRIM_EFORMAT otherwise. Bytes after it are
// left alone.
SCRIM_MUST_CHECK int scrim_tail_parse(const void *bytes, size_t count, struct scrim_tail *ret);
// The longest whole slot of a tail file that holds the beginning of this chunk of the segment.
// SCRIM_EAGAIN if there is one of a later chunk only: the segment has grown, or lost its end.
// SCRIM_ENOENT if there is none.
SCRIM_MUST_CHECK int scrim_tail_find(const void *file, size_t count,
                                     const uint8_t payload_nonce[SCRIM_AGE_NONCE], uint64_t chunk,
                                     struct scrim_tail *ret);
// Appends the slots that may continue a segment of `whole` chunks by its size, as a tail file of
// its own: of each chunk up to that one the longest, the latest chunk first. Nothing if there are
// none. An earlier chunk than the last is needed where the file lost bytes that its size counts.
SCRIM_MUST_CHECK int scrim_tail_extract(const void *file, size_t count,
                                        const uint8_t payload_nonce[SCRIM_AGE_NONCE],
                                        uint64_t whole, struct scrim_buf *ret);
// Writes tail->length bytes to `plain`; SCRIM_EAUTH on any change.
SCRIM_MUST_CHECK int scrim_tail_open(const struct scrim_tail *tail,
                                     const uint8_t key[SCRIM_TAIL_KEY], uint8_t *plain);
