#include "desk/export_boxes.h"

#include "base/clock.h"

#include <string.h>

#define MAC_EPOCH INT64_C(2082844800) // seconds from 1904 to 1970
#define MOVIE_TIMESCALE 1000

// The first failure stays; what is written after it is nothing.
struct writer {
    struct scrim_buf *out;
    int result;
};

static void put_bytes(struct writer *w, const void *bytes, size_t count)
{
    if (w->result >= 0)
        w->result = scrim_buf_append(w->out, bytes, count);
}

static void put8(struct writer *w, uint8_t value)
{
    put_bytes(w, &value, 1);
}

static void put16(struct writer *w, uint16_t value)
{
    if (w->result >= 0)
        w->result = scrim_buf_append_u16(w->out, value);
}

static void put32(struct writer *w, uint32_t value)
{
    if (w->result >= 0)
        w->result = scrim_buf_append_u32(w->out, value);
}

static void put64(struct writer *w, uint64_t value)
{
    if (w->result >= 0)
        w->result = scrim_buf_append_u64(w->out, value);
}

static void put_zeros(struct writer *w, size_t count)
{
    while (count-- > 0)
        put8(w, 0);
}

static void put_type(struct writer *w, const char type[4])
{
    put_bytes(w, type, 4);
}

// Returns where the box begins, for end_box.
static size_t begin_box(struct writer *w, const char type[4])
{
    const size_t at = w->out->len;
    put32(w, 0);
    put_type(w, type);
    return at;
}

static size_t begin_full(struct writer *w, const char type[4], uint32_t flags)
{
    const size_t at = begin_box(w, type);
    put32(w, flags);
    return at;
}

static void patch32(struct writer *w, size_t at, uint32_t value)
{
    for (unsigned i = 0; i < 4 && w->result >= 0; i++)
        w->out->data[at + i] = (uint8_t)(value >> 8 * (3 - i));
}

static void end_box(struct writer *w, size_t at)
{
    if (w->result >= 0 && w->out->len - at > UINT32_MAX)
        w->result = SCRIM_ENOSPACE;
    patch32(w, at, (uint32_t)(w->out->len - at));
}

static void put_matrix(struct writer *w)
{
    static const uint32_t unity[] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
    for (size_t i = 0; i < sizeof unity / sizeof *unity; i++)
        put32(w, unity[i]);
}

// --- what the boxes say ---

static uint64_t duration_of(const struct export_head *head)
{
    uint64_t ticks = 0;
    for (size_t i = 0; i < head->samples_count; i++)
        ticks += head->samples[i].duration;
    return ticks;
}

static uint32_t movie_duration(const struct export_head *head)
{
    return (uint32_t)(duration_of(head) * MOVIE_TIMESCALE / EXPORT_TIMESCALE);
}

static uint32_t mac_time(const struct export_head *head)
{
    return (uint32_t)(head->start_us / SCRIM_SECOND + MAC_EPOCH);
}

static void put_ftyp(struct writer *w)
{
    const size_t at = begin_box(w, "ftyp");
    put_type(w, "isom");
    put32(w, 0x200);
    put_type(w, "isom");
    put_type(w, "iso2");
    put_type(w, "avc1");
    put_type(w, "mp41");
    end_box(w, at);
}

static void put_mvhd(struct writer *w, const struct export_head *head)
{
    const size_t at = begin_full(w, "mvhd", 0);
    put32(w, mac_time(head));
    put32(w, mac_time(head));
    put32(w, MOVIE_TIMESCALE);
    put32(w, movie_duration(head));
    put32(w, 0x10000); // rate 1.0
    put16(w, 0x100);   // volume 1.0
    put_zeros(w, 10);
    put_matrix(w);
    put_zeros(w, 24);
    put32(w, 2); // next track
    end_box(w, at);
}

static void put_tkhd(struct writer *w, const struct export_head *head)
{
    const size_t at = begin_full(w, "tkhd", 3); // enabled, in the movie
    put32(w, mac_time(head));
    put32(w, mac_time(head));
    put32(w, 1); // track
    put32(w, 0);
    put32(w, movie_duration(head));
    put_zeros(w, 16);
    put_matrix(w);
    put32(w, head->width << 16);
    put32(w, head->height << 16);
    end_box(w, at);
}

static void put_mdhd(struct writer *w, const struct export_head *head)
{
    const size_t at = begin_full(w, "mdhd", 0);
    put32(w, mac_time(head));
    put32(w, mac_time(head));
    put32(w, EXPORT_TIMESCALE);
    put32(w, (uint32_t)duration_of(head));
    put16(w, 0x55c4); // "und"
    put16(w, 0);
    end_box(w, at);
}

static void put_hdlr(struct writer *w, const char type[4], const char *maker, const char *name)
{
    const size_t at = begin_full(w, "hdlr", 0);
    put32(w, 0);
    put_type(w, type);
    put_bytes(w, maker, 4);
    put_zeros(w, 8);
    put_bytes(w, name, strlen(name) + 1);
    end_box(w, at);
}

static void put_minf_heads(struct writer *w)
{
    size_t at = begin_full(w, "vmhd", 1);
    put_zeros(w, 8);
    end_box(w, at);
    at = begin_box(w, "dinf");
    const size_t dref = begin_full(w, "dref", 0);
    put32(w, 1);
    const size_t url = begin_full(w, "url ", 1); // in this file
    end_box(w, url);
    end_box(w, dref);
    end_box(w, at);
}

// Runs of equal durations.
static void put_stts(struct writer *w, const struct export_head *head)
{
    const size_t at = begin_full(w, "stts", 0), count_at = w->out->len;
    uint32_t runs = 0;
    put32(w, 0);
    for (size_t i = 0; i < head->samples_count;) {
        const uint32_t duration = head->samples[i].duration;
        size_t end = i + 1;
        while (end < head->samples_count && head->samples[end].duration == duration)
            end++;
        put32(w, (uint32_t)(end - i));
        put32(w, duration);
        runs++;
        i = end;
    }
    patch32(w, count_at, runs);
    end_box(w, at);
}

static void put_stss(struct writer *w, const struct export_head *head)
{
    const size_t at = begin_full(w, "stss", 0), count_at = w->out->len;
    uint32_t keys = 0;
    put32(w, 0);
    for (size_t i = 0; i < head->samples_count; i++) {
        if (!head->samples[i].key)
            continue;
        put32(w, (uint32_t)i + 1);
        keys++;
    }
    patch32(w, count_at, keys);
    end_box(w, at);
}

static void put_stsz(struct writer *w, const struct export_head *head)
{
    const size_t at = begin_full(w, "stsz", 0);
    put32(w, 0); // each its own
    put32(w, (uint32_t)head->samples_count);
    for (size_t i = 0; i < head->samples_count; i++)
        put32(w, head->samples[i].size);
    end_box(w, at);
}

// Samples of the chunk that begins with sample `first`: those of one source.
static size_t chunk_length(const struct export_head *head, size_t first)
{
    size_t end = first + 1;
    while (end < head->samples_count && head->samples[end].source == head->samples[first].source)
        end++;
    return end - first;
}

static void put_stsc(struct writer *w, const struct export_head *head)
{
    const size_t at = begin_full(w, "stsc", 0), count_at = w->out->len;
    uint32_t entries = 0, chunk = 1;
    size_t last = 0;
    put32(w, 0);
    for (size_t i = 0; i < head->samples_count; chunk++) {
        const size_t length = chunk_length(head, i);
        if (length != last) {
            put32(w, chunk);
            put32(w, (uint32_t)length);
            put32(w, 1);
            entries++;
        }
        last = length;
        i += length;
    }
    patch32(w, count_at, entries);
    end_box(w, at);
}

// Returns where the offsets stand. They count from the first sample's byte until fix_offsets.
static size_t put_offsets(struct writer *w, const struct export_head *head, bool large)
{
    const size_t at = begin_full(w, large ? "co64" : "stco", 0), count_at = w->out->len;
    uint64_t offset = 0;
    uint32_t chunks = 0;
    put32(w, 0);
    for (size_t i = 0; i < head->samples_count; chunks++) {
        if (large)
            put64(w, offset);
        else
            put32(w, (uint32_t)offset);
        for (size_t end = i + chunk_length(head, i); i < end; i++)
            offset += head->samples[i].size;
    }
    patch32(w, count_at, chunks);
    end_box(w, at);
    return count_at;
}

static void fix_offsets(struct writer *w, size_t count_at, bool large, uint64_t data_at)
{
    struct scrim_reader reader = scrim_reader_of(w->out->data + count_at, w->out->len - count_at);
    uint32_t chunks, offset32 = 0;
    uint64_t offset = 0;
    if (!scrim_read_u32(&reader, &chunks))
        return;
    for (size_t at = count_at + 4; chunks > 0; chunks--, at += large ? 8 : 4) {
        if (large ? !scrim_read_u64(&reader, &offset) : !scrim_read_u32(&reader, &offset32))
            return;
        const uint64_t fixed = (large ? offset : offset32) + data_at;
        if (large)
            patch32(w, at, (uint32_t)(fixed >> 32));
        patch32(w, large ? at + 4 : at, (uint32_t)fixed);
    }
}

static size_t put_trak(struct writer *w, const struct export_head *head, bool large)
{
    const size_t trak = begin_box(w, "trak");
    put_tkhd(w, head);
    const size_t mdia = begin_box(w, "mdia");
    put_mdhd(w, head);
    put_hdlr(w, "vide", "\0\0\0\0", "redacted");
    const size_t minf = begin_box(w, "minf");
    put_minf_heads(w);
    const size_t stbl = begin_box(w, "stbl");
    put_bytes(w, head->sample_entries, head->sample_entries_len);
    put_stts(w, head);
    put_stss(w, head);
    put_stsc(w, head);
    put_stsz(w, head);
    const size_t offsets = put_offsets(w, head, large);
    end_box(w, stbl);
    end_box(w, minf);
    end_box(w, mdia);
    end_box(w, trak);
    return offsets;
}

// An item of iTunes' list, which is what players and ffprobe show.
static void put_item(struct writer *w, const char type[4], const char *text)
{
    const size_t item = begin_box(w, type);
    const size_t data = begin_full(w, "data", 1); // UTF-8
    put32(w, 0);
    put_bytes(w, text, strlen(text));
    end_box(w, data);
    end_box(w, item);
}

static void put_udta(struct writer *w, const struct export_head *head)
{
    char day[SCRIM_TIME_TEXT];
    const size_t udta = begin_box(w, "udta");
    const size_t meta = begin_full(w, "meta", 0);
    put_hdlr(w, "mdir", "appl", "");
    const size_t ilst = begin_box(w, "ilst");
    scrim_time_format(head->start_us, day);
    put_item(w, "\251nam", head->title);
    put_item(w, "\251ART", head->author);
    put_item(w, "\251day", day);
    put_item(w, "\251too", head->tool);
    put_item(w, "\251cmt", head->comment);
    end_box(w, ilst);
    end_box(w, meta);
    end_box(w, udta);
}

uint64_t export_data_bytes(const struct export_head *head)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < head->samples_count; i++)
        bytes += head->samples[i].size;
    return bytes;
}

int export_write_head(const struct export_head *head, struct scrim_buf *ret)
{
    const uint64_t data = export_data_bytes(head);
    // The tables take less than 1 GiB: with them, 32 bits are enough up to here.
    const bool large = data > UINT32_MAX - (1U << 30);
    struct writer w = {ret, SCRIM_OK};
    put_ftyp(&w);
    const size_t moov = begin_box(&w, "moov");
    put_mvhd(&w, head);
    const size_t offsets = put_trak(&w, head, large);
    put_udta(&w, head);
    end_box(&w, moov);
    put32(&w, large ? 1 : (uint32_t)data + 8);
    put_type(&w, "mdat");
    if (large)
        put64(&w, data + 16);
    if (w.result >= 0)
        fix_offsets(&w, offsets, large, ret->len);
    return w.result;
}
