#include "store/latency.h"

const int64_t scrim_latency_bounds_us[SCRIM_LATENCY_BUCKETS] = {1000,   5000,    25000,   100000,
                                                                500000, 2000000, 10000000};

void scrim_latency_add(struct scrim_latency *latency, int64_t us)
{
    unsigned at = 0;
    if (us < 0)
        us = 0;
    while (at < SCRIM_LATENCY_BUCKETS && us > scrim_latency_bounds_us[at])
        at++;
    latency->counts[at]++;
    latency->sum_us += (uint64_t)us;
    latency->last_us = us;
    if (us > latency->max_us)
        latency->max_us = us;
}
