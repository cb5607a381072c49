#include "age/bech32.h"

#include <sodium.h>
#include <string.h>

#define CHECKSUM_CHARS 6
#define DATA_MAX 64 // bytes; keys have 32
#define DATA_CHARS_MAX ((DATA_MAX * 8 + 4) / 5)

static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

// One step of the checksum polynomial. No branch depends on the data.
static uint32_t polymod_step(uint32_t checksum, uint32_t value)
{
    static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                          0x2a1462b3};
    const uint32_t top = checksum >> 25;
    checksum = (checksum & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++)
        checksum ^= generator[i] & (0U - (top >> i & 1U));
    return checksum;
}

static uint8_t lower(char c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static uint32_t polymod_prefix(const char *prefix)
{
    uint32_t checksum = 1;
    for (const char *at = prefix; *at; at++)
        checksum = polymod_step(checksum, lower(*at) >> 5);
    checksum = polymod_step(checksum, 0);
    for (const char *at = prefix; *at; at++)
        checksum = polymod_step(checksum, lower(*at) & 31);
    return checksum;
}

// The value of a character, or 255. Looks at the whole charset, whatever the character.
static uint8_t value_of(uint8_t c)
{
    unsigned value = 255;
    for (unsigned i = 0; i < 32; i++) {
        const unsigned differs = (unsigned)(c ^ (uint8_t)charset[i]);
        const unsigned mask = 0U - ((differs - 1U) >> 31); // all ones where they are equal
        value = (value & ~mask) | (i & mask);
    }
    return (uint8_t)value;
}

// Groups of 5 bits into bytes; what is left over must be under 5 bits and zero (BIP 173).
static int regroup(const uint8_t *values, size_t values_count, uint8_t *ret, size_t count)
{
    uint32_t bits = 0, held = 0;
    size_t at = 0;
    if ((count * 8 + 4) / 5 != values_count)
        return SCRIM_EFORMAT;
    for (size_t i = 0; i < values_count; i++) {
        bits = (bits << 5 | values[i]) & 0xfff;
        held += 5;
        if (held >= 8) {
            held -= 8;
            ret[at++] = (uint8_t)(bits >> held);
        }
    }
    return (bits & ((1U << held) - 1U)) == 0 ? SCRIM_OK : SCRIM_EFORMAT;
}

int scrim_bech32_decode(const char *text, const char *prefix, uint8_t *ret, size_t count)
{
    const size_t prefix_length = strlen(prefix), length = strlen(text);
    const bool upper = prefix[0] >= 'A' && prefix[0] <= 'Z';
    if (length < prefix_length + 1 + CHECKSUM_CHARS || memcmp(text, prefix, prefix_length) != 0 ||
        text[prefix_length] != '1' || length > prefix_length + 1 + DATA_CHARS_MAX + CHECKSUM_CHARS)
        return SCRIM_EFORMAT;

    uint8_t values[DATA_CHARS_MAX + CHECKSUM_CHARS] = {0};
    const size_t values_count = length - prefix_length - 1;
    uint32_t checksum = polymod_prefix(prefix);
    unsigned wrong = 0;
    for (size_t i = 0; i < values_count; i++) {
        const char c = text[prefix_length + 1 + i];
        wrong |= upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z'; // mixed case
        values[i] = value_of(lower(c));
        wrong |= values[i] & 0xe0;
        checksum = polymod_step(checksum, values[i] & 31);
    }
    int result = wrong == 0 && checksum == 1 ? SCRIM_OK : SCRIM_EFORMAT;
    if (result >= 0)
        result = regroup(values, values_count - CHECKSUM_CHARS, ret, count);
    sodium_memzero(values, sizeof values);
    return result;
}

// The character of a value below 32. Looks at the whole charset, whatever the value.
static char character_of(uint32_t value)
{
    unsigned found = 0;
    for (unsigned i = 0; i < 32; i++) {
        const unsigned mask = 0U - (((value ^ i) - 1U) >> 31); // all ones where they are equal
        found |= (uint8_t)charset[i] & mask;
    }
    return (char)found;
}

// Bytes into groups of 5 bits, the last filled up with zeros. Returns how many.
static size_t ungroup(const uint8_t *bytes, size_t count, uint8_t *ret)
{
    uint32_t bits = 0, held = 0;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        bits = (bits << 8 | bytes[i]) & 0xfff;
        for (held += 8; held >= 5;) {
            held -= 5;
            ret[at++] = (uint8_t)(bits >> held & 31);
        }
    }
    if (held > 0)
        ret[at++] = (uint8_t)(bits << (5 - held) & 31);
    return at;
}

static void append_checksum(const char *prefix, uint8_t *values, size_t count)
{
    uint32_t checksum = polymod_prefix(prefix);
    for (size_t i = 0; i < count; i++)
        checksum = polymod_step(checksum, values[i]);
    for (unsigned i = 0; i < CHECKSUM_CHARS; i++)
        checksum = polymod_step(checksum, 0);
    for (unsigned i = 0; i < CHECKSUM_CHARS; i++)
        values[count + i] = (uint8_t)((checksum ^ 1U) >> (5 * (CHECKSUM_CHARS - 1 - i)) & 31);
}

int scrim_bech32_encode(const char *prefix, const uint8_t *bytes, size_t count, char *ret,
                        size_t size)
{
    const size_t prefix_length = strlen(prefix);
    const bool upper = prefix[0] >= 'A' && prefix[0] <= 'Z';
    uint8_t values[DATA_CHARS_MAX + CHECKSUM_CHARS];
    if (count > DATA_MAX || size < SCRIM_BECH32_TEXT(prefix_length, count))
        return SCRIM_EINVAL;
    const size_t data_count = ungroup(bytes, count, values);
    append_checksum(prefix, values, data_count);
    memcpy(ret, prefix, prefix_length); // NOLINT(bugprone-not-null-terminated-result): see below
    char *at = ret + prefix_length;
    *at++ = '1';
    for (size_t i = 0; i < data_count + CHECKSUM_CHARS; i++) {
        const unsigned c = (unsigned char)character_of(values[i]);
        *at++ = (char)(c - (c >> 1 & 0x20 & (0U - upper))); // of the charset, letters have bit 6
    }
    *at = '\0';
    sodium_memzero(values, sizeof values);
    return SCRIM_OK;
}
