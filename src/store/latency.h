// How long something took: a histogram as Prometheus wants it.
#pragma once

#include <stdint.h>

#define SCRIM_LATENCY_BUCKETS 7
// Upper bounds in µs, each inclusive: 1, 5, 25, 100, 500 ms, 2 s, 10 s.
extern const int64_t scrim_latency_bounds_us[SCRIM_LATENCY_BUCKETS];

struct scrim_latency {
    uint64_t counts[SCRIM_LATENCY_BUCKETS + 1]; // not cumulative; the last: longer than all bounds
    uint64_t sum_us;
    int64_t last_us, max_us;
};

void scrim_latency_add(struct scrim_latency *latency, int64_t us);
