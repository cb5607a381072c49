// Time. UTC in microseconds since 1970-01-01T00:00:00Z, monotonic time in microseconds
// since an arbitrary start. Both go through one replaceable clock, so that tests own time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRIM_SECOND INT64_C(1000000) // in microseconds

int64_t scrim_clock_utc_us(void);
int64_t scrim_clock_mono_us(void);
// The same to within some milliseconds, for a fraction of the price: for asking thousands of times
// a second whether a deadline has passed.
int64_t scrim_clock_coarse_us(void);

// Sleeps until a moment of the monotonic clock, whatever signals come. Returns at once if it is
// past.
void scrim_clock_sleep_until(int64_t mono_us);

// For tests: functions that answer instead of the system. NULL restores the system clock.
struct scrim_clock {
    int64_t (*utc_us)(void *context);
    int64_t (*mono_us)(void *context);
    void *context;
};
void scrim_clock_replace(const struct scrim_clock *clock);

// What the kernel says of its own synchronisation (adjtimex).
struct scrim_ntp_state {
    bool synchronised;
    int64_t max_error_us;
};
struct scrim_ntp_state scrim_clock_ntp(void);

#define SCRIM_TIME_TEXT 32

// "2026-11-23T09:13:16.123456Z" (27 characters and NUL).
void scrim_time_format(int64_t utc_us, char text[SCRIM_TIME_TEXT]);

// Reads "2026-11-23T09:13:16[.ffffff](Z|+hh:mm|-hh:mm)", with a space allowed for the T, or
// "now", "now-30s", "now-5m", "now-2h". A time without an offset is refused: it would be a guess.
bool scrim_time_parse(const char *text, int64_t *ret_utc_us);

struct scrim_date {
    int year, month, day, hour, minute, second; // month and day from 1, UTC
};
struct scrim_date scrim_date_of(int64_t utc_us);
int64_t scrim_date_to_us(struct scrim_date date);
