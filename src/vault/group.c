#include "vault/group.h"

#include <string.h>

const uint8_t scrim_group_second_generator[POINT_BYTES] = {
    0x00, 0x71, 0x98, 0xcc, 0x09, 0x9d, 0xf4, 0xad, 0xd0, 0x45, 0x27, 0x6c, 0xe6, 0x62, 0x20, 0xcd,
    0xf0, 0xf6, 0x69, 0x9a, 0x76, 0x58, 0xc5, 0x26, 0xf2, 0xc3, 0xfb, 0xd4, 0x89, 0x11, 0xd1, 0x6b};

bool scrim_point_valid(const uint8_t point[POINT_BYTES])
{
    return crypto_core_ristretto255_is_valid_point(point) == 1 &&
           !sodium_is_zero(point, POINT_BYTES);
}

bool scrim_scalar_valid(const uint8_t scalar[SCALAR_BYTES])
{
    uint8_t wide[crypto_core_ristretto255_NONREDUCEDSCALARBYTES] = {0}, reduced[SCALAR_BYTES];
    memcpy(wide, scalar, SCALAR_BYTES);
    crypto_core_ristretto255_scalar_reduce(reduced, wide);
    const bool valid =
        sodium_memcmp(reduced, scalar, SCALAR_BYTES) == 0 && !sodium_is_zero(scalar, SCALAR_BYTES);
    sodium_memzero(wide, sizeof wide);
    sodium_memzero(reduced, sizeof reduced);
    return valid;
}

bool scrim_point_mul(const uint8_t scalar[SCALAR_BYTES], const uint8_t point[POINT_BYTES],
                     uint8_t ret[POINT_BYTES])
{
    return (point ? crypto_scalarmult_ristretto255(ret, scalar, point)
                  : crypto_scalarmult_ristretto255_base(ret, scalar)) == 0;
}

bool scrim_point_mul_sub(const uint8_t a[SCALAR_BYTES], const uint8_t p[POINT_BYTES],
                         const uint8_t b[SCALAR_BYTES], const uint8_t q[POINT_BYTES],
                         uint8_t ret[POINT_BYTES])
{
    uint8_t left[POINT_BYTES], right[POINT_BYTES];
    return scrim_point_mul(a, p, left) && scrim_point_mul(b, q, right) &&
           crypto_core_ristretto255_sub(ret, left, right) == 0 && !sodium_is_zero(ret, POINT_BYTES);
}

void scrim_scalar_from_integer(uint64_t value, uint8_t ret[SCALAR_BYTES])
{
    memset(ret, 0, SCALAR_BYTES);
    for (size_t i = 0; i < 8; i++)
        ret[i] = (uint8_t)(value >> (8 * i));
}

void scrim_transcript_init(struct scrim_transcript *transcript, const char *domain)
{
    crypto_hash_sha512_init(&transcript->state);
    scrim_transcript_add(transcript, domain, strlen(domain));
}

void scrim_transcript_add(struct scrim_transcript *transcript, const void *bytes, size_t count)
{
    crypto_hash_sha512_update(&transcript->state, bytes, count);
}

void scrim_transcript_add_u16(struct scrim_transcript *transcript, uint16_t value)
{
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    scrim_transcript_add(transcript, bytes, sizeof bytes);
}

void scrim_transcript_scalar(struct scrim_transcript *transcript, uint8_t ret[SCALAR_BYTES])
{
    uint8_t digest[crypto_hash_sha512_BYTES];
    crypto_hash_sha512_final(&transcript->state, digest);
    crypto_core_ristretto255_scalar_reduce(ret, digest);
}
