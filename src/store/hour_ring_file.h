// A hour ring as bytes on disk (docs/ref/formats/hour-ring.md): sealing and opening, no files.
// Private to src/store, and for what checks the format.
#pragma once

#include "store/hour_keys.h"
#include "store/root_key.h"

#define SCRIM_HOUR_RING_SALT 32
#define SCRIM_HOUR_RING_HEADER (16 + 8 + SCRIM_HOUR_RING_SALT) // name, generation, salt
#define SCRIM_HOUR_RING_TAG 16
#define SCRIM_HOUR_RING_BYTES_MAX \
    (SCRIM_HOUR_RING_HEADER + SCRIM_HOUR_KEYS_BYTES_MAX + SCRIM_HOUR_RING_TAG)

// Appends the sealed ring. The salt must never have been used with this root key before.
SCRIM_MUST_CHECK int scrim_hour_ring_seal(const struct scrim_root_key *root,
                                          const uint8_t salt[SCRIM_HOUR_RING_SALT],
                                          const struct scrim_hour_keys *keys,
                                          struct scrim_buf *ret);

// Which root key a ring says it is under; false if it is no ring of ours.
SCRIM_MUST_CHECK bool scrim_hour_ring_generation(const uint8_t *sealed, size_t len,
                                                 uint64_t *ret_generation);
// SCRIM_EAUTH: not with this key, or damaged. SCRIM_EFORMAT: no ring, or sealed by somebody who
// writes it otherwise.
SCRIM_MUST_CHECK int scrim_hour_ring_unseal(const struct scrim_root_key *root,
                                            const uint8_t *sealed, size_t len,
                                            struct scrim_hour_keys *ret);
