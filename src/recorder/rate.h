// Frames and bits a second over the last few seconds.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct scrim_rate {
    int64_t start_us; // monotonic, of the window being counted; 0: none yet
    uint64_t frames, bytes;
    double fps; // of the last whole window
    uint64_t bitrate;
};

void scrim_rate_add(struct scrim_rate *rate, int64_t mono_us, size_t bytes);
