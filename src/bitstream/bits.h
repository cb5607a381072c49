// Bits of a parameter set, as H.264 and H.265 write them (clause 9.1: Exp-Golomb). Reading past the
// end yields zeros and is remembered, so that a parser checks once, at its end.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scrim_bits {
    const uint8_t *data; // without emulation prevention bytes; not owned
    size_t size, at;     // `at` in bits
    bool overrun;
};

static inline uint32_t scrim_bits_take(struct scrim_bits *bits, unsigned count) // at most 32
{
    uint32_t value = 0;
    for (; count > 0; count--, bits->at++) {
        const size_t byte = bits->at / 8;
        bits->overrun |= byte >= bits->size;
        const unsigned bit = byte < bits->size ? bits->data[byte] >> (7 - bits->at % 8) & 1U : 0;
        value = value << 1 | bit;
    }
    return value;
}

static inline void scrim_bits_skip(struct scrim_bits *bits, size_t count)
{
    bits->at += count;
    bits->overrun |= bits->at > bits->size * 8;
}

static inline uint32_t scrim_bits_ue(struct scrim_bits *bits)
{
    unsigned zeros = 0;
    while (!bits->overrun && zeros < 32 && scrim_bits_take(bits, 1) == 0)
        zeros++;
    if (zeros == 32)
        bits->overrun = true; // no value of these standards is so large
    return bits->overrun ? 0 : (UINT32_C(1) << zeros) - 1 + scrim_bits_take(bits, zeros);
}

static inline int32_t scrim_bits_se(struct scrim_bits *bits)
{
    const uint32_t code = scrim_bits_ue(bits);
    return code & 1 ? (int32_t)(code / 2 + 1) : -(int32_t)(code / 2);
}
