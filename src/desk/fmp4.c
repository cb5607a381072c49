#include "desk/fmp4.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define NTP_UNIX INT64_C(2208988800) // seconds from 1900 to 1970

#define FOURCC SCRIM_FMP4_TYPE

void scrim_fmp4_prft(int64_t utc_us, uint64_t media_time, uint8_t ret[SCRIM_PRFT_BYTES])
{
    const uint64_t seconds = (uint64_t)(utc_us / SCRIM_SECOND + NTP_UNIX);
    const uint64_t fraction = ((uint64_t)(utc_us % SCRIM_SECOND) << 32) / SCRIM_SECOND;
    const struct {
        uint64_t value;
        unsigned bytes;
    } fields[] = {
        {SCRIM_PRFT_BYTES, 4},
        {FOURCC('p', 'r', 'f', 't'), 4},
        {1U << 24, 4},                 // version 1: 64-bit media time; flags 0
        {1, 4},                        // track
        {seconds << 32 | fraction, 8}, // NTP
        {media_time, 8},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        for (unsigned k = 0; k < fields[i].bytes; k++)
            *ret++ = (uint8_t)(fields[i].value >> 8 * (fields[i].bytes - 1 - k));
}

size_t scrim_fmp4_box(const void *bytes, size_t count, uint32_t *ret_type, uint64_t *ret_size)
{
    struct scrim_reader at = scrim_reader_of(bytes, count);
    uint32_t size32;
    if (!scrim_read_u32(&at, &size32) || !scrim_read_u32(&at, ret_type))
        return 0;
    *ret_size = size32;
    if (size32 == 1 && !scrim_read_u64(&at, ret_size))
        return 0;
    const size_t header = size32 == 1 ? 16 : 8;
    return *ret_size >= header ? header : 0; // 0, "to the end of the file", is not ours
}

struct box {
    uint32_t type;
    struct scrim_reader body;
    size_t total; // bytes, header included
};

// The next box of `reader`, which moves behind it. False at the end, and where a box does not fit.
static bool next_box(struct scrim_reader *reader, struct box *ret)
{
    uint64_t size;
    const size_t header = scrim_fmp4_box(reader->at, reader->left, &ret->type, &size);
    if (header == 0 || size > reader->left)
        return false;
    ret->body = scrim_reader_of(reader->at + header, (size_t)size - header);
    ret->total = (size_t)size;
    return scrim_read_view(reader, (size_t)size) != NULL;
}

// The first box found along `path` (zero-terminated), from the children of `reader` on.
static bool find_box(struct scrim_reader reader, const uint32_t *path, struct box *ret)
{
    while (next_box(&reader, ret)) {
        if (ret->type != path[0])
            continue;
        return path[1] == 0 || find_box(ret->body, path + 1, ret);
    }
    return false;
}

static bool skip(struct scrim_reader *reader, size_t count)
{
    return scrim_read_view(reader, count) != NULL;
}

// The head of a FullBox.
static bool read_full(struct scrim_reader *reader, uint8_t *ret_version, uint32_t *ret_flags)
{
    uint32_t word;
    if (!scrim_read_u32(reader, &word))
        return false;
    *ret_version = (uint8_t)(word >> 24);
    *ret_flags = word & 0xffffff;
    return true;
}

static uint32_t timescale_of(struct scrim_reader moov)
{
    static const uint32_t path[] = {FOURCC('t', 'r', 'a', 'k'), FOURCC('m', 'd', 'i', 'a'),
                                    FOURCC('m', 'd', 'h', 'd'), 0};
    struct box mdhd;
    uint8_t version;
    uint32_t flags, timescale;
    if (!find_box(moov, path, &mdhd) || !read_full(&mdhd.body, &version, &flags) ||
        !skip(&mdhd.body, version == 1 ? 16 : 8) || !scrim_read_u32(&mdhd.body, &timescale))
        return 0;
    return timescale;
}

uint32_t scrim_fmp4_timescale(const void *init, size_t count)
{
    static const uint32_t path[] = {FOURCC('m', 'o', 'o', 'v'), 0};
    struct box moov;
    return find_box(scrim_reader_of(init, count), path, &moov) ? timescale_of(moov.body) : 0;
}

// "avc1.PPCCLL" from the first sample entry (ISO/IEC 14496-15 §5.3.3.1).
static bool read_mime(struct scrim_reader moov, char ret[96])
{
    static const uint32_t stsd_path[] = {FOURCC('t', 'r', 'a', 'k'), FOURCC('m', 'd', 'i', 'a'),
                                         FOURCC('m', 'i', 'n', 'f'), FOURCC('s', 't', 'b', 'l'),
                                         FOURCC('s', 't', 's', 'd'), 0};
    static const uint32_t avcc_path[] = {FOURCC('a', 'v', 'c', 'C'), 0};
    struct box stsd, entry, avcc;
    if (!find_box(moov, stsd_path, &stsd) || !skip(&stsd.body, 8) || !next_box(&stsd.body, &entry))
        return false;
    const bool avc3 = entry.type == FOURCC('a', 'v', 'c', '3');
    if (!avc3 && entry.type != FOURCC('a', 'v', 'c', '1'))
        return false;
    const uint8_t *config;
    if (!skip(&entry.body, 78) || !find_box(entry.body, avcc_path, &avcc) ||
        !(config = scrim_read_view(&avcc.body, 4)))
        return false;
    snprintf(ret, 96, "video/mp4; codecs=\"avc%c.%02x%02x%02x\"", avc3 ? '3' : '1', config[1],
             config[2], config[3]);
    return true;
}

static uint32_t trex_duration(struct scrim_reader moov)
{
    static const uint32_t path[] = {FOURCC('m', 'v', 'e', 'x'), FOURCC('t', 'r', 'e', 'x'), 0};
    struct box trex;
    uint32_t duration;
    return find_box(moov, path, &trex) && skip(&trex.body, 12) &&
                   scrim_read_u32(&trex.body, &duration)
               ? duration
               : 0;
}

// tfhd §8.8.7: where its default duration stands depends on which optional fields come before.
static void read_tfhd(struct scrim_reader body, uint32_t *duration)
{
    uint8_t version;
    uint32_t flags, value;
    if (!read_full(&body, &version, &flags) || !skip(&body, 4))
        return;
    const size_t before = (flags & 0x1 ? 8U : 0U) + (flags & 0x2 ? 4U : 0U);
    if ((flags & 0x8) && skip(&body, before) && scrim_read_u32(&body, &value))
        *duration = value;
}

// trun §8.8.8: the sum of its samples' durations.
static uint64_t trun_duration(struct scrim_reader body, uint32_t default_duration)
{
    uint8_t version;
    uint32_t flags, count;
    uint64_t sum = 0;
    if (!read_full(&body, &version, &flags) || !scrim_read_u32(&body, &count) ||
        !skip(&body, (flags & 0x1 ? 4U : 0U) + (flags & 0x4 ? 4U : 0U)))
        return 0;
    if (!(flags & 0x100))
        return (uint64_t)count * default_duration;
    const size_t after =
        (flags & 0x200 ? 4U : 0U) + (flags & 0x400 ? 4U : 0U) + (flags & 0x800 ? 4U : 0U);
    for (uint32_t duration; count > 0 && scrim_read_u32(&body, &duration); count--) {
        sum += duration;
        if (!skip(&body, after))
            break;
    }
    return sum;
}

// The media time at which the fragment begins and ends, in ticks.
static bool read_moof(struct scrim_reader moof, uint32_t default_duration, uint64_t *ret_from,
                      uint64_t *ret_to)
{
    static const uint32_t path[] = {FOURCC('t', 'r', 'a', 'f'), 0};
    struct box traf, child;
    uint64_t from = 0, length = 0;
    bool timed = false;
    if (!find_box(moof, path, &traf))
        return false;
    while (next_box(&traf.body, &child)) {
        uint8_t version = 0;
        uint32_t flags, from32 = 0;
        if (child.type == FOURCC('t', 'f', 'h', 'd')) {
            read_tfhd(child.body, &default_duration);
        } else if (child.type == FOURCC('t', 'f', 'd', 't')) {
            timed = read_full(&child.body, &version, &flags) &&
                    (version == 1 ? scrim_read_u64(&child.body, &from)
                                  : scrim_read_u32(&child.body, &from32));
            from = version == 1 ? from : from32;
        } else if (child.type == FOURCC('t', 'r', 'u', 'n')) {
            length += trun_duration(child.body, default_duration);
        }
    }
    if (!timed || from > INT64_MAX / SCRIM_SECOND || length > INT64_MAX / SCRIM_SECOND - from)
        return false;
    *ret_from = from;
    *ret_to = from + length;
    return true;
}

static bool read_prft(struct scrim_reader body, int64_t *ret_utc_us)
{
    uint8_t version;
    uint32_t flags;
    uint64_t ntp;
    if (!read_full(&body, &version, &flags) || !skip(&body, 4) || !scrim_read_u64(&body, &ntp))
        return false;
    const int64_t fraction_us = (int64_t)(((ntp & 0xffffffff) * SCRIM_SECOND + (1U << 31)) >> 32);
    *ret_utc_us = ((int64_t)(ntp >> 32) - NTP_UNIX) * SCRIM_SECOND + fraction_us;
    return *ret_utc_us >= 0;
}

int64_t scrim_fmp4_us(uint64_t ticks, uint32_t timescale)
{
    return (int64_t)(ticks / timescale * SCRIM_SECOND +
                     ticks % timescale * SCRIM_SECOND / timescale);
}

int scrim_fmp4_scan(const void *bytes, size_t count, struct scrim_fmp4 *ret)
{
    struct scrim_reader reader = scrim_reader_of(bytes, count);
    struct box box;
    uint32_t default_duration = 0;
    uint64_t from = 0, to = 0;
    bool has_utc = false, in_fragment = false;
    size_t at = 0;
    *ret = (struct scrim_fmp4){0};
    while (next_box(&reader, &box)) {
        at += box.total;
        if (box.type == FOURCC('m', 'o', 'o', 'v')) {
            ret->timescale = timescale_of(box.body);
            default_duration = trex_duration(box.body);
            if (ret->timescale == 0 || !read_mime(box.body, ret->mime))
                return SCRIM_EFORMAT;
        } else if (box.type == FOURCC('p', 'r', 'f', 't') && !has_utc && ret->fragments == 0) {
            has_utc = read_prft(box.body, &ret->start_us);
        } else if (box.type == FOURCC('m', 'o', 'o', 'f')) {
            in_fragment = ret->timescale > 0 && read_moof(box.body, default_duration, &from, &to);
        } else if (box.type == FOURCC('m', 'd', 'a', 't') && in_fragment) {
            in_fragment = false;
            if (ret->fragments++ == 0)
                ret->first_pts_us = scrim_fmp4_us(from, ret->timescale);
            ret->end_pts_us = scrim_fmp4_us(to, ret->timescale);
            ret->whole_bytes = at;
        }
    }
    return has_utc && ret->fragments > 0 && ret->end_pts_us >= ret->first_pts_us ? SCRIM_OK
                                                                                 : SCRIM_EFORMAT;
}

// --- one fragment after the other ---

static void read_trex(struct scrim_reader moov, struct scrim_fmp4_track *ret)
{
    static const uint32_t path[] = {FOURCC('m', 'v', 'e', 'x'), FOURCC('t', 'r', 'e', 'x'), 0};
    struct box trex;
    if (!find_box(moov, path, &trex) || !skip(&trex.body, 12) ||
        !scrim_read_u32(&trex.body, &ret->default_duration) ||
        !scrim_read_u32(&trex.body, &ret->default_size) ||
        !scrim_read_u32(&trex.body, &ret->default_flags))
        ret->default_duration = ret->default_size = ret->default_flags = 0;
}

// tkhd §8.3.2: its last two fields are the size, 16.16.
static bool read_size(struct scrim_reader moov, struct scrim_fmp4_track *ret)
{
    static const uint32_t path[] = {FOURCC('t', 'r', 'a', 'k'), FOURCC('t', 'k', 'h', 'd'), 0};
    struct box tkhd;
    if (!find_box(moov, path, &tkhd) || tkhd.body.left < 84 ||
        !skip(&tkhd.body, tkhd.body.left - 8) || !scrim_read_u32(&tkhd.body, &ret->width) ||
        !scrim_read_u32(&tkhd.body, &ret->height))
        return false;
    ret->width >>= 16;
    ret->height >>= 16;
    return true;
}

int scrim_fmp4_track(const void *init, size_t count, struct scrim_fmp4_track *ret)
{
    static const uint32_t moov_path[] = {FOURCC('m', 'o', 'o', 'v'), 0};
    static const uint32_t stsd_path[] = {FOURCC('t', 'r', 'a', 'k'), FOURCC('m', 'd', 'i', 'a'),
                                         FOURCC('m', 'i', 'n', 'f'), FOURCC('s', 't', 'b', 'l'),
                                         FOURCC('s', 't', 's', 'd'), 0};
    struct box moov, stsd;
    *ret = (struct scrim_fmp4_track){0};
    if (!find_box(scrim_reader_of(init, count), moov_path, &moov) ||
        !find_box(moov.body, stsd_path, &stsd) || !read_mime(moov.body, ret->mime) ||
        !read_size(moov.body, ret))
        return SCRIM_EFORMAT;
    ret->timescale = timescale_of(moov.body);
    ret->sample_entries = stsd.body.at - (stsd.total - stsd.body.left);
    ret->sample_entries_len = stsd.total;
    read_trex(moov.body, ret);
    return ret->timescale > 0 ? SCRIM_OK : SCRIM_EFORMAT;
}

#define NON_SYNC 0x10000U // sample_is_non_sync_sample, §8.8.3.1

struct defaults {
    uint32_t duration, size, flags;
};

// tfhd §8.8.7, all of its optional fields in their order.
static bool read_defaults(struct scrim_reader body, struct defaults *ret)
{
    uint8_t version;
    uint32_t flags;
    return read_full(&body, &version, &flags) && skip(&body, 4) &&
           (!(flags & 0x1) || skip(&body, 8)) && (!(flags & 0x2) || skip(&body, 4)) &&
           (!(flags & 0x8) || scrim_read_u32(&body, &ret->duration)) &&
           (!(flags & 0x10) || scrim_read_u32(&body, &ret->size)) &&
           (!(flags & 0x20) || scrim_read_u32(&body, &ret->flags));
}

static bool read_sample(struct scrim_reader *body, uint32_t flags, struct defaults values,
                        struct scrim_fmp4_sample *ret)
{
    uint32_t offset = 0;
    if (((flags & 0x100) && !scrim_read_u32(body, &values.duration)) ||
        ((flags & 0x200) && !scrim_read_u32(body, &values.size)) ||
        ((flags & 0x400) && !scrim_read_u32(body, &values.flags)) ||
        ((flags & 0x800) && !scrim_read_u32(body, &offset)))
        return false;
    *ret = (struct scrim_fmp4_sample){values.duration, values.size, !(values.flags & NON_SYNC)};
    return offset == 0;
}

// trun §8.8.8.
static bool read_run(struct scrim_reader body, const struct defaults *defaults,
                     struct scrim_fmp4_fragment *ret)
{
    uint8_t version;
    uint32_t flags, count, first_flags = 0;
    if (!read_full(&body, &version, &flags) || !scrim_read_u32(&body, &count) || count == 0 ||
        count > SCRIM_FMP4_SAMPLES || !(flags & 0x1) || !scrim_read_u32(&body, &ret->data_offset) ||
        ((flags & 0x4) && !scrim_read_u32(&body, &first_flags)))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct scrim_fmp4_sample *sample = &ret->samples[i];
        if (!read_sample(&body, flags, *defaults, sample))
            return false;
        if (i == 0 && (flags & 0x4))
            sample->key = !(first_flags & NON_SYNC);
        ret->duration += sample->duration;
        ret->data_bytes += sample->size;
    }
    ret->samples_count = count;
    return true;
}

static bool read_time(struct scrim_reader body, uint64_t *ret)
{
    uint8_t version;
    uint32_t flags, time32 = 0;
    if (!read_full(&body, &version, &flags))
        return false;
    const bool whole = version == 1 ? scrim_read_u64(&body, ret) : scrim_read_u32(&body, &time32);
    *ret = version == 1 ? *ret : time32;
    return whole && *ret <= INT64_MAX / SCRIM_SECOND;
}

int scrim_fmp4_fragment(const void *moof, size_t count, const struct scrim_fmp4_track *track,
                        struct scrim_fmp4_fragment *ret)
{
    static const uint32_t path[] = {FOURCC('m', 'o', 'o', 'f'), FOURCC('t', 'r', 'a', 'f'), 0};
    struct defaults defaults = {track->default_duration, track->default_size, track->default_flags};
    struct box traf, child;
    unsigned times = 0, runs = 0;
    ret->samples_count = 0;
    ret->duration = ret->data_bytes = ret->from = 0;
    if (!find_box(scrim_reader_of(moof, count), path, &traf))
        return SCRIM_EFORMAT;
    while (next_box(&traf.body, &child)) {
        bool good = true;
        if (child.type == FOURCC('t', 'f', 'h', 'd'))
            good = runs == 0 && read_defaults(child.body, &defaults);
        else if (child.type == FOURCC('t', 'f', 'd', 't'))
            good = times++ == 0 && read_time(child.body, &ret->from);
        else if (child.type == FOURCC('t', 'r', 'u', 'n'))
            good = runs++ == 0 && read_run(child.body, &defaults, ret);
        if (!good)
            return SCRIM_EFORMAT;
    }
    return times == 1 && runs == 1 ? SCRIM_OK : SCRIM_EFORMAT;
}
