// kernels.h for x86-64 processors with AVX2 (Haswell and Zen, and whatever came later), 32 and 16
// pixels at a time. The rest of a row is the plain twin's.
#include "veil/kernels_impl.h"

#ifdef __x86_64__

#include <immintrin.h>
#include <stddef.h>

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i load(const void *from)
{
    return _mm256_loadu_si256(from);
}

AVX2 static inline __m128i load_half(const void *from)
{
    return _mm_loadu_si128(from);
}

// Sums of 2 neighbours in `rows` rows, 16 of them from 32 pixels.
AVX2 static inline __m256i pair_sums(const uint8_t *from, int stride, int rows)
{
    const __m256i ones = _mm256_set1_epi8(1);
    __m256i sums = _mm256_setzero_si256();
    for (int y = 0; y < rows; y++)
        sums =
            _mm256_add_epi16(sums, _mm256_maddubs_epi16(load(from + (ptrdiff_t)y * stride), ones));
    return sums;
}

// Two vectors of 16-bit numbers below 256 into one of bytes, in order.
AVX2 static inline __m256i pack_bytes(__m256i low, __m256i high)
{
    return _mm256_permute4x64_epi64(_mm256_packus_epi16(low, high), 0xD8);
}

AVX2 static __m256i halved(const uint8_t *from, int stride)
{
    const __m256i two = _mm256_set1_epi16(2);
    const __m256i low = _mm256_add_epi16(pair_sums(from, stride, 2), two);
    const __m256i high = _mm256_add_epi16(pair_sums(from + 32, stride, 2), two);
    return pack_bytes(_mm256_srli_epi16(low, 2), _mm256_srli_epi16(high, 2));
}

// Sums of 4 neighbours in 4 rows: 8 of them, as 32-bit numbers.
AVX2 static inline __m256i quad_sums(const uint8_t *from, int stride)
{
    return _mm256_madd_epi16(pair_sums(from, stride, 4), _mm256_set1_epi16(1));
}

// 16 pixels of 64, as 16-bit numbers.
AVX2 static inline __m256i quarters(const uint8_t *from, int stride)
{
    const __m256i sums = _mm256_packus_epi32(quad_sums(from, stride), quad_sums(from + 32, stride));
    const __m256i ordered = _mm256_permute4x64_epi64(sums, 0xD8);
    return _mm256_srli_epi16(_mm256_add_epi16(ordered, _mm256_set1_epi16(8)), 4);
}

AVX2 static void reduce_avx2(const uint8_t *from, int stride, int shift, int width, uint8_t *to)
{
    int x = 0;
    for (; shift == 1 && x + 32 <= width; x += 32)
        _mm256_storeu_si256((void *)(to + x), halved(from + 2 * x, stride));
    for (; shift == 2 && x + 32 <= width; x += 32) {
        const uint8_t *at = from + 4 * x;
        _mm256_storeu_si256((void *)(to + x),
                            pack_bytes(quarters(at, stride), quarters(at + 64, stride)));
    }
    scrim_kernels_plain.reduce(from + ((ptrdiff_t)x << shift), stride, shift, width - x, to + x);
}

// Adds 16 numbers of 0 or 1 to 16 sums.
AVX2 static inline void add_bytes(uint8_t *sums, __m128i ones)
{
    _mm_storeu_si128((void *)sums, _mm_add_epi8(load_half(sums), ones));
}

// 1 where a pixel changed.
AVX2 static inline __m128i changed(__m128i luma, __m128i before)
{
    const __m128i delta = _mm_or_si128(_mm_subs_epu8(luma, before), _mm_subs_epu8(before, luma));
    return _mm_min_epu8(_mm_subs_epu8(delta, _mm_set1_epi8(SCRIM_CHANGE_MIN)), _mm_set1_epi8(1));
}

// 16 pixels. Every product of the plain twin fits: mulhrs is its (a × b + 2^14) >> 15.
AVX2 static inline void learn_16(const struct scrim_background_row *row, int x)
{
    const __m128i luma = load_half(row->luma + x);
    const __m256i mean = load(row->mean + x), deviation = load(row->deviation + x);
    const __m256i difference =
        _mm256_sub_epi16(_mm256_slli_epi16(_mm256_cvtepu8_epi16(luma), 7), mean);
    const __m256i distance = _mm256_abs_epi16(difference);
    const __m256i limit =
        _mm256_max_epi16(_mm256_slli_epi16(deviation, 2), _mm256_set1_epi16(SCRIM_DISTANCE_MIN));
    const __m256i other = _mm256_cmpgt_epi16(distance, limit);
    const __m256i rate =
        _mm256_blendv_epi8(load(row->rate_same + x), load(row->rate_other + x), other);
    const __m256i spread = _mm256_add_epi16(
        deviation, _mm256_mulhrs_epi16(_mm256_sub_epi16(distance, deviation), rate));
    _mm256_storeu_si256((void *)(row->mean + x),
                        _mm256_add_epi16(mean, _mm256_mulhrs_epi16(difference, rate)));
    _mm256_storeu_si256((void *)(row->deviation + x),
                        _mm256_min_epi16(spread, _mm256_set1_epi16(SCRIM_DEVIATION_MAX)));
    const __m256i bits = _mm256_srli_epi16(other, 15);
    const __m128i foreground =
        _mm_packus_epi16(_mm256_castsi256_si128(bits), _mm256_extracti128_si256(bits, 1));
    _mm_storeu_si128((void *)(row->foreground + x), foreground);
    add_bytes(row->foreground_sums + x, foreground);
    add_bytes(row->changed_sums + x, changed(luma, load_half(row->before + x)));
}

AVX2 static void learn_avx2(const struct scrim_background_row *row, int width)
{
    int x = 0;
    for (; x + 16 <= width; x += 16)
        learn_16(row, x);
    const struct scrim_background_row rest = scrim_background_row_from(row, x);
    scrim_kernels_plain.learn(&rest, width - x);
}

const struct scrim_kernels scrim_kernels_avx2 = {"avx2", reduce_avx2, learn_avx2};

#endif
