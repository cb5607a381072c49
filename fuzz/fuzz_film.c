// The moofs of a film of the archive: samples, keys, where their bytes lie. The first byte says how
// many more are the init segment's, in steps of 16; the rest is one moof after the other.
#include "desk/fmp4.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_moof(const uint8_t *moof, size_t count, const struct scrim_fmp4_track *track)
{
    static struct scrim_fmp4_fragment fragment;
    if (scrim_fmp4_fragment(moof, count, track, &fragment) < 0)
        return;
    uint64_t bytes = 0, duration = 0;
    if (fragment.samples_count == 0 || fragment.samples_count > SCRIM_FMP4_SAMPLES)
        abort();
    for (unsigned i = 0; i < fragment.samples_count; i++) {
        bytes += fragment.samples[i].size;
        duration += fragment.samples[i].duration;
    }
    if (bytes != fragment.data_bytes || duration != fragment.duration ||
        scrim_fmp4_us(fragment.from, track->timescale) < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_fmp4_track track;
    if (size == 0)
        return 0;
    const size_t init = data[0] * 16U < size - 1 ? data[0] * 16U : size - 1;
    if (scrim_fmp4_track(data + 1, init, &track) < 0)
        track = (struct scrim_fmp4_track){.timescale = 1000};
    else if (track.timescale == 0 || track.sample_entries < data + 1 ||
             track.sample_entries + track.sample_entries_len > data + 1 + init)
        abort();
    for (size_t at = 1 + init; at < size;) {
        uint32_t type;
        uint64_t box;
        if (scrim_fmp4_box(data + at, size - at, &type, &box) == 0)
            break;
        const size_t length = box < size - at ? (size_t)box : size - at;
        read_moof(data + at, length, &track);
        at += length;
    }
    return 0;
}
