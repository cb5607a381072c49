// The moment a volume is full, if what is measured now goes on. A camera's bytes grow until the
// oldest are as old as its retention; then as much leaves as came in at that time, and when all of
// it has left, nothing grows any more. So each flow is a line of three straight pieces, and the
// first moment at which their sum has no room is the forecast.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SCRIM_FORECAST_NEVER INT64_MAX

// What one camera keeps on one volume, of originals or of redacted pictures.
struct scrim_flow {
    double stored;          // bytes that leave at their time: held ones do not count
    double rate;            // bytes an hour that are written
    double age_hours;       // of the oldest of `stored`
    double retention_hours; // > 0
};

// `room`: bytes that may still be used. The result is UTC µs, or SCRIM_FORECAST_NEVER.
int64_t scrim_forecast_full_us(const struct scrim_flow *flows, size_t count, double room,
                               int64_t now_us);
