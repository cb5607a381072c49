// What a worker does when the box is too slow: first fewer frames from every camera, then cameras
// wholly opaque, a few at a time and in turn. Never a worse mask. A quarter of those that are still
// lit goes dark at once, and a quarter of those that are dark is lit again, so that neither takes
// long however many there are; nothing more goes while what waits is being worked off.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct scrim_load;

struct scrim_load *scrim_load_create(unsigned cameras);
void scrim_load_destroy(struct scrim_load *load); // NULL is fine

// How far the slowest camera is behind its own stream now, in µs. Call about every 200 ms.
void scrim_load_report(struct scrim_load *load, int64_t now_us, int64_t behind_us);

// Redact only every n-th picture: 1, 2 or 4.
unsigned scrim_load_divisor(const struct scrim_load *load);
// Camera number `camera` of this worker is to be opaque, and its packets are not to be decoded.
bool scrim_load_dark(const struct scrim_load *load, unsigned camera);

// How often either of that has changed; for figures.
uint64_t scrim_load_steps(const struct scrim_load *load);

// How far one camera is behind: how much longer ago its pictures were filmed than in its best
// moment. Clocks of cameras drift, so the best moment is forgotten slowly.
struct scrim_lag {
    bool begun;
    int64_t least_us, at_us;
};
int64_t scrim_lag_update(struct scrim_lag *lag, int64_t now_us, int64_t pts_us);
