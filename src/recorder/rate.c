#include "recorder/rate.h"

#include "base/clock.h"

#define WINDOW_US (4 * SCRIM_SECOND)

void scrim_rate_add(struct scrim_rate *rate, int64_t mono_us, size_t bytes)
{
    if (rate->start_us == 0) {
        rate->start_us = mono_us; // the first frame marks the start and is not counted
        return;
    }
    rate->frames++;
    rate->bytes += bytes;
    const int64_t passed_us = mono_us - rate->start_us;
    // The first figure comes early, so that nobody waits for it.
    if (passed_us < (rate->fps > 0 ? WINDOW_US : SCRIM_SECOND))
        return;
    rate->fps = (double)rate->frames * SCRIM_SECOND / (double)passed_us;
    rate->bitrate = rate->bytes * 8 * SCRIM_SECOND / (uint64_t)passed_us;
    rate->start_us = mono_us;
    rate->frames = rate->bytes = 0;
}
