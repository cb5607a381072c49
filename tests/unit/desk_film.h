// A film as a veil makes it, of frames whose bytes say which they are: 10 a second, a key frame
// each second, timescale 10,000.
#pragma once

#include "desk/fmp4.h"

#include "base/fs.h"
#include "test.h"

#define FILM_TIMESCALE 10000U
#define FILM_FRAME_US (SCRIM_SECOND / 10)
#define FILM_FRAME_BYTES 50U

struct film_writer {
    struct scrim_buf out;
    size_t open[16];
    unsigned depth;
};

static inline void film_put(struct film_writer *w, const void *bytes, size_t count)
{
    REQUIRE(scrim_buf_append(&w->out, bytes, count) >= 0);
}

static inline void film_u32(struct film_writer *w, uint32_t value)
{
    REQUIRE(scrim_buf_append_u32(&w->out, value) >= 0);
}

static inline void film_zeros(struct film_writer *w, size_t count)
{
    while (count-- > 0)
        film_put(w, "", 1);
}

static inline void film_begin(struct film_writer *w, const char *type)
{
    w->open[w->depth++] = w->out.len;
    film_u32(w, 0);
    film_put(w, type, 4);
}

static inline void film_end(struct film_writer *w)
{
    const size_t at = w->open[--w->depth], size = w->out.len - at;
    for (unsigned i = 0; i < 4; i++)
        w->out.data[at + i] = (uint8_t)(size >> 8 * (3 - i));
}

static inline void film_init(struct film_writer *w, uint32_t width)
{
    static const uint8_t avcc[] = {1, 0x4d, 0x40, 0x1f, 0xff, 0xe1, 0,
                                   2, 0x67, 0x4d, 1,    0,    1,    0x68};
    film_begin(w, "ftyp");
    film_put(w, "isom\0\0\2\0isom", 12);
    film_end(w);
    film_begin(w, "moov");
    film_begin(w, "trak");
    film_begin(w, "tkhd");
    film_zeros(w, 76);
    film_u32(w, width << 16);
    film_u32(w, 240U << 16);
    film_end(w);
    film_begin(w, "mdia");
    film_begin(w, "mdhd");
    film_zeros(w, 12);
    film_u32(w, FILM_TIMESCALE);
    film_zeros(w, 8);
    film_end(w);
    film_begin(w, "minf");
    film_begin(w, "stbl");
    film_begin(w, "stsd");
    film_u32(w, 0);
    film_u32(w, 1);
    film_begin(w, "avc1");
    film_zeros(w, 78);
    w->out.data[w->out.len - 46] = (uint8_t)(width >> 8); // so that the entry tells sizes apart
    film_begin(w, "avcC");
    film_put(w, avcc, sizeof avcc);
    for (int i = 0; i < 6; i++) // avcC, avc1, stsd, stbl, minf, mdia
        film_end(w);
    film_end(w); // trak
    film_begin(w, "mvex");
    film_begin(w, "trex");
    film_u32(w, 0);
    film_u32(w, 1);
    film_u32(w, 1);
    film_u32(w, FILM_TIMESCALE / 10);
    film_u32(w, FILM_FRAME_BYTES);
    film_u32(w, 0x10000); // no key frame
    for (int i = 0; i < 3; i++)
        film_end(w);
}

// Frame `n` since the veil began.
static inline void film_frame(struct film_writer *w, unsigned n)
{
    const size_t at = w->out.len;
    film_begin(w, "moof");
    film_begin(w, "mfhd");
    film_zeros(w, 8);
    film_end(w);
    film_begin(w, "traf");
    film_begin(w, "tfhd");
    film_u32(w, 0x20000);
    film_u32(w, 1);
    film_end(w);
    film_begin(w, "tfdt");
    film_u32(w, 0);
    film_u32(w, n * FILM_TIMESCALE / 10);
    film_end(w);
    film_begin(w, "trun");
    film_u32(w, 0x5); // data offset, flags of the first sample
    film_u32(w, 1);
    const size_t offset_at = w->out.len;
    film_u32(w, 0);
    film_u32(w, n % 10 == 0 ? 0 : 0x10000);
    for (int i = 0; i < 3; i++)
        film_end(w);
    w->out.data[offset_at + 3] = (uint8_t)(w->out.len + 8 - at);
    film_begin(w, "mdat");
    for (unsigned i = 0; i < FILM_FRAME_BYTES; i++) {
        const uint8_t byte = (uint8_t)(n + i);
        film_put(w, &byte, 1);
    }
    film_end(w);
}

// Frames first to first + count - 1 as a file of the archive; the first one shows `utc_us`.
static inline void film_save(const char *path, int64_t utc_us, unsigned first, unsigned count,
                             uint32_t width)
{
    struct film_writer w = {0};
    uint8_t prft[SCRIM_PRFT_BYTES];
    scrim_buf_init(&w.out, 64U << 20);
    film_init(&w, width);
    scrim_fmp4_prft(utc_us, first * FILM_TIMESCALE / 10, prft);
    film_put(&w, prft, sizeof prft);
    for (unsigned n = first; n < first + count; n++)
        film_frame(&w, n);
    REQUIRE(scrim_fs_create(path, w.out.data, w.out.len, 0600, NULL) >= 0);
    scrim_buf_finish(&w.out);
}
