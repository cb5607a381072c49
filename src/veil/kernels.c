#include "veil/kernels.h"

#include "veil/kernels_impl.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// Inlined with a known shift, so that the inner loops unroll.
static inline void reduce_by(const uint8_t *from, int stride, int shift, int width,
                             uint8_t *restrict to)
{
    const int step = 1 << shift, half = 1 << (2 * shift - 1);
    for (int x = 0; x < width; x++) {
        int sum = half;
        for (int y = 0; y < step; y++)
            for (int k = 0; k < step; k++)
                sum += from[(ptrdiff_t)y * stride + (x << shift) + k];
        to[x] = (uint8_t)(sum >> (2 * shift));
    }
}

static void reduce_plain(const uint8_t *from, int stride, int shift, int width, uint8_t *to)
{
    switch (shift) {
    case 0: memcpy(to, from, (size_t)width); break;
    case 1: reduce_by(from, stride, 1, width, to); break;
    case 2: reduce_by(from, stride, 2, width, to); break;
    default: reduce_by(from, stride, 3, width, to); break;
    }
}

// value × rate, rounded to the nearest.
static int scaled(int value, int rate)
{
    return (value * rate + (1 << 14)) >> 15;
}

// Compilers make vectors of this loop too where nothing overlaps.
static void learn_plain(const struct scrim_background_row *row, int width)
{
    const uint8_t *restrict luma = row->luma, *restrict before = row->before;
    const int16_t *restrict rate_same = row->rate_same, *restrict rate_other = row->rate_other;
    uint16_t *restrict means = row->mean, *restrict deviations = row->deviation;
    uint8_t *restrict foreground = row->foreground;
    uint8_t *restrict foreground_sums = row->foreground_sums;
    uint8_t *restrict changed_sums = row->changed_sums;
    for (int x = 0; x < width; x++) {
        const int mean = means[x], deviation = deviations[x];
        const int difference = luma[x] * SCRIM_LEVEL - mean;
        const int distance = abs(difference);
        const int limit = 4 * deviation > SCRIM_DISTANCE_MIN ? 4 * deviation : SCRIM_DISTANCE_MIN;
        const bool other = distance > limit;
        const int rate = other ? rate_other[x] : rate_same[x];
        const int spread = deviation + scaled(distance - deviation, rate);
        means[x] = (uint16_t)(mean + scaled(difference, rate));
        deviations[x] = (uint16_t)(spread < SCRIM_DEVIATION_MAX ? spread : SCRIM_DEVIATION_MAX);
        foreground[x] = other;
        foreground_sums[x] = (uint8_t)(foreground_sums[x] + other);
        changed_sums[x] =
            (uint8_t)(changed_sums[x] + (abs(luma[x] - before[x]) > SCRIM_CHANGE_MIN));
    }
}

const struct scrim_kernels scrim_kernels_plain = {"plain", reduce_plain, learn_plain};

const struct scrim_kernels *scrim_kernels_best(void)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2"))
        return &scrim_kernels_avx2;
#endif
    return &scrim_kernels_plain;
}
