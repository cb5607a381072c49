// ristretto255 (RFC 9496) as the vault uses it: points and scalars in their canonical 32 bytes, the
// identity refused, and one transcript hash for both proofs.
#pragma once

#include "base/buf.h"

#include <sodium.h>

#define POINT_BYTES 32
#define SCALAR_BYTES 32

// Ḡ = from_hash(SHA-512("scrim-tdh2/v1 second generator")): nobody knows its logarithm.
extern const uint8_t scrim_group_second_generator[POINT_BYTES];

// Decodes, and is not the identity, which crypto_core_ristretto255_is_valid_point accepts.
SCRIM_MUST_CHECK bool scrim_point_valid(const uint8_t point[POINT_BYTES]);
// Below the group order q, and not zero. Constant time.
SCRIM_MUST_CHECK bool scrim_scalar_valid(const uint8_t scalar[SCALAR_BYTES]);

// ret = scalar · point (NULL: the base point G). False if the result is the identity.
// Constant time.
SCRIM_MUST_CHECK bool scrim_point_mul(const uint8_t scalar[SCALAR_BYTES],
                                      const uint8_t point[POINT_BYTES], uint8_t ret[POINT_BYTES]);
// ret = a·P − b·Q, P as in scrim_point_mul: what every verification here comes down to.
// False if a part or the whole is the identity.
SCRIM_MUST_CHECK bool scrim_point_mul_sub(const uint8_t a[SCALAR_BYTES],
                                          const uint8_t p[POINT_BYTES],
                                          const uint8_t b[SCALAR_BYTES],
                                          const uint8_t q[POINT_BYTES], uint8_t ret[POINT_BYTES]);
void scrim_scalar_from_integer(uint64_t value, uint8_t ret[SCALAR_BYTES]);

// SHA-512 of everything added, as a scalar: 64 bytes little-endian, reduced modulo q.
struct scrim_transcript {
    crypto_hash_sha512_state state;
};
void scrim_transcript_init(struct scrim_transcript *transcript, const char *domain);
void scrim_transcript_add(struct scrim_transcript *transcript, const void *bytes, size_t count);
void scrim_transcript_add_u16(struct scrim_transcript *transcript, uint16_t value);
void scrim_transcript_scalar(struct scrim_transcript *transcript, uint8_t ret[SCALAR_BYTES]);
