#include "media/still.h"

#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define HALF (SCRIM_STILL_SIZE / 2)

// Noise: three times as much as half of the picture has, within what a coarse coding of a noiseless
// picture gives (5 levels a pixel) and what at night still is noise (16).
#define NOISE_TIMES 3
#define NOISE_MIN (5 * HALF * HALF)
#define NOISE_MAX (16 * HALF * HALF)
// Of noise, a third goes one way when 64 pixels are summed up: that is many times its deviation,
// and less than two levels where there is little.
#define SHIFT_SHARE 3

#define BIN 16 // of the histogram of noise
#define BINS (NOISE_MAX / BIN + 1)

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

// ---- Plain.

struct sums {
    unsigned noise, picture, shown;
};

// 8×8 pixels; the next pixel of what is shown is `step` further on.
static struct sums sum_up(const uint8_t *picture, int stride, const uint8_t *shown,
                          int shown_stride, int step)
{
    struct sums sums = {0};
    for (int y = 0; y < HALF; y++, picture += stride, shown += shown_stride)
        for (int x = 0; x < HALF; x++) {
            sums.noise += (unsigned)abs(picture[x] - shown[x * step]);
            sums.picture += picture[x];
            sums.shown += shown[x * step];
        }
    return sums;
}

static void add(struct scrim_difference *difference, struct sums sums, unsigned times)
{
    const unsigned shift = (unsigned)abs((int)sums.picture - (int)sums.shown);
    difference->noise = (uint16_t)larger(difference->noise, sums.noise * times);
    difference->shift = (uint16_t)larger(difference->shift, shift * times);
}

void scrim_still_measure_plain(const struct scrim_picture *picture, const struct scrim_shown *shown,
                               int row, int count, struct scrim_difference *ret)
{
    const int *strides = picture->strides;
    const uint8_t *luma = picture->planes[0] + (ptrdiff_t)row * SCRIM_STILL_SIZE * strides[0];
    const uint8_t *shown_luma =
        shown->luma + (ptrdiff_t)row * SCRIM_STILL_SIZE * shown->luma_stride;
    const ptrdiff_t chroma_row = (ptrdiff_t)row * HALF;
    for (int i = 0; i < count; i++) {
        ret[i] = (struct scrim_difference){0};
        for (int quarter = 0; quarter < 4; quarter++) {
            const int x = i * SCRIM_STILL_SIZE + quarter % 2 * HALF, y = quarter / 2 * HALF;
            add(&ret[i],
                sum_up(luma + (ptrdiff_t)y * strides[0] + x, strides[0],
                       shown_luma + (ptrdiff_t)y * shown->luma_stride + x, shown->luma_stride, 1),
                1);
        }
        for (int plane = 1; plane < 3; plane++)
            add(&ret[i],
                sum_up(picture->planes[plane] + chroma_row * strides[plane] + i * HALF,
                       strides[plane],
                       shown->chroma + chroma_row * shown->chroma_stride + i * SCRIM_STILL_SIZE +
                           plane - 1,
                       shown->chroma_stride, 2),
                2);
    }
}

// ---- SSE2, which every x86-64 has.

#ifdef __SSE2__
// The same sums of two blocks beside each other, one in each half.
struct pairs {
    __m128i noise, picture, shown;
};

static inline struct pairs add_row(struct pairs sums, __m128i picture, __m128i shown)
{
    const __m128i zero = _mm_setzero_si128();
    return (struct pairs){
        _mm_add_epi64(sums.noise, _mm_sad_epu8(picture, shown)),
        _mm_add_epi64(sums.picture, _mm_sad_epu8(picture, zero)),
        _mm_add_epi64(sums.shown, _mm_sad_epu8(shown, zero)),
    };
}

// Both differences of both blocks into the lower 16 bits of the four 32-bit lanes: noise, shift,
// noise, shift. None is larger than 64 × 255.
static inline __m128i differences_of(struct pairs sums)
{
    const __m128i shift = _mm_sub_epi32(sums.picture, sums.shown);
    const __m128i sign = _mm_srai_epi32(shift, 31);
    const __m128i size = _mm_sub_epi32(_mm_xor_si128(shift, sign), sign);
    return _mm_or_si128(sums.noise, _mm_slli_epi64(size, 32));
}

static inline __m128i load(const uint8_t *from)
{
    return _mm_loadu_si128((const void *)from);
}

static inline __m128i luma_pair(const uint8_t *picture, int stride, const uint8_t *shown,
                                int shown_stride)
{
    struct pairs sums = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
    for (int y = 0; y < HALF; y++, picture += stride, shown += shown_stride)
        sums = add_row(sums, load(picture), load(shown));
    return differences_of(sums);
}

// Cb in the lower half, Cr in the upper one, once what is shown has been sorted.
static inline __m128i chroma_pair(const struct scrim_picture *picture,
                                  const struct scrim_shown *shown, ptrdiff_t row, int x)
{
    struct pairs sums = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
    const __m128i low_bytes = _mm_set1_epi16(0xFF);
    for (ptrdiff_t y = row; y < row + HALF; y++) {
        const __m128i mixed = load(shown->chroma + y * shown->chroma_stride + 2 * x);
        const __m128i sorted =
            _mm_packus_epi16(_mm_and_si128(mixed, low_bytes), _mm_srli_epi16(mixed, 8));
        const __m128i cb =
            _mm_loadl_epi64((const void *)(picture->planes[1] + y * picture->strides[1] + x));
        const __m128i cr =
            _mm_loadl_epi64((const void *)(picture->planes[2] + y * picture->strides[2] + x));
        sums = add_row(sums, _mm_unpacklo_epi64(cb, cr), sorted);
    }
    return _mm_slli_epi32(differences_of(sums), 1);
}

static void measure_sse2(const struct scrim_picture *picture, const struct scrim_shown *shown,
                         int row, int count, struct scrim_difference *ret)
{
    const int stride = picture->strides[0], shown_stride = shown->luma_stride;
    const uint8_t *luma = picture->planes[0] + (ptrdiff_t)row * SCRIM_STILL_SIZE * stride;
    const uint8_t *shown_luma = shown->luma + (ptrdiff_t)row * SCRIM_STILL_SIZE * shown_stride;
    for (int i = 0; i < count; i++, luma += SCRIM_STILL_SIZE, shown_luma += SCRIM_STILL_SIZE) {
        const __m128i above = luma_pair(luma, stride, shown_luma, shown_stride);
        const __m128i below = luma_pair(luma + (ptrdiff_t)HALF * stride, stride,
                                        shown_luma + (ptrdiff_t)HALF * shown_stride, shown_stride);
        const __m128i chroma = chroma_pair(picture, shown, (ptrdiff_t)row * HALF, i * HALF);
        // As signed 16-bit numbers: the upper half of every lane is zero, and a chroma that does
        // not fit is far over every limit, so that it may be cut.
        const __m128i most = _mm_max_epi16(_mm_max_epi16(above, below), chroma);
        const __m128i both = _mm_max_epi16(most, _mm_srli_si128(most, 8));
        ret[i] = (struct scrim_difference){
            .noise = (uint16_t)_mm_extract_epi16(both, 0),
            .shift = (uint16_t)_mm_extract_epi16(both, 2),
        };
    }
}

scrim_still_measure *scrim_still_measure_best(void)
{
    return measure_sse2;
}
#else
scrim_still_measure *scrim_still_measure_best(void)
{
    return scrim_still_measure_plain;
}
#endif

// ---- What is noise.

static unsigned median_noise(const struct scrim_difference *differences, size_t count)
{
    uint32_t bins[BINS] = {0};
    for (size_t i = 0; i < count; i++) {
        const unsigned bin = differences[i].noise / BIN;
        bins[bin < BINS ? bin : BINS - 1]++;
    }
    size_t below = 0;
    unsigned bin = 0;
    while (bin < BINS - 1 && below + bins[bin] <= count / 2)
        below += bins[bin++];
    return bin * BIN;
}

void scrim_still_find(const struct scrim_picture *picture, const struct scrim_shown *shown,
                      struct scrim_difference *differences, uint8_t *ret)
{
    scrim_still_measure *measure = scrim_still_measure_best();
    const int whole_columns = picture->width / SCRIM_STILL_SIZE;
    const int whole_rows = picture->height / SCRIM_STILL_SIZE;
    const int columns = (picture->width + SCRIM_STILL_SIZE - 1) / SCRIM_STILL_SIZE;
    const int rows = (picture->height + SCRIM_STILL_SIZE - 1) / SCRIM_STILL_SIZE;
    for (int row = 0; row < whole_rows; row++)
        measure(picture, shown, row, whole_columns, differences + (ptrdiff_t)row * whole_columns);
    const unsigned usual =
        NOISE_TIMES * median_noise(differences, (size_t)whole_columns * (size_t)whole_rows);
    const unsigned noise = usual < NOISE_MIN ? NOISE_MIN : usual > NOISE_MAX ? NOISE_MAX : usual;
    memset(ret, 0, (size_t)columns * (size_t)rows);
    for (int row = 0; row < whole_rows; row++)
        for (int column = 0; column < whole_columns; column++) {
            const struct scrim_difference *at = &differences[row * whole_columns + column];
            ret[row * columns + column] = at->noise <= noise && at->shift <= noise / SHIFT_SHARE;
        }
}
