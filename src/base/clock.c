#include "base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

static _Atomic(const struct scrim_clock *) replacement;

static int64_t system_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * SCRIM_SECOND + now.tv_nsec / 1000;
}

int64_t scrim_clock_utc_us(void)
{
    const struct scrim_clock *clock = atomic_load(&replacement);
    return clock ? clock->utc_us(clock->context) : system_us(CLOCK_REALTIME);
}

int64_t scrim_clock_mono_us(void)
{
    const struct scrim_clock *clock = atomic_load(&replacement);
    return clock ? clock->mono_us(clock->context) : system_us(CLOCK_MONOTONIC);
}

int64_t scrim_clock_coarse_us(void)
{
    const struct scrim_clock *clock = atomic_load(&replacement);
    return clock ? clock->mono_us(clock->context) : system_us(CLOCK_MONOTONIC_COARSE);
}

void scrim_clock_sleep_until(int64_t mono_us)
{
    const struct timespec until = {.tv_sec = mono_us / SCRIM_SECOND,
                                   .tv_nsec = (long)(mono_us % SCRIM_SECOND) * 1000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}

void scrim_clock_replace(const struct scrim_clock *clock)
{
    atomic_store(&replacement, clock);
}

struct scrim_ntp_state scrim_clock_ntp(void)
{
    struct timex state = {0};
    const int status = adjtimex(&state);
    return (struct scrim_ntp_state){
        .synchronised = status >= 0 && status != TIME_ERROR,
        .max_error_us = status >= 0 ? (int64_t)state.maxerror : -1,
    };
}

struct scrim_date scrim_date_of(int64_t utc_us)
{
    int64_t seconds = utc_us / SCRIM_SECOND;
    if (utc_us % SCRIM_SECOND < 0)
        seconds--;
    const time_t when = (time_t)seconds;
    struct tm tm;
    gmtime_r(&when, &tm);
    return (struct scrim_date){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                               tm.tm_hour,        tm.tm_min,     tm.tm_sec};
}

int64_t scrim_date_to_us(struct scrim_date date)
{
    struct tm tm = {.tm_year = date.year - 1900,
                    .tm_mon = date.month - 1,
                    .tm_mday = date.day,
                    .tm_hour = date.hour,
                    .tm_min = date.minute,
                    .tm_sec = date.second};
    return (int64_t)timegm(&tm) * SCRIM_SECOND;
}

void scrim_time_format(int64_t utc_us, char text[SCRIM_TIME_TEXT])
{
    const struct scrim_date d = scrim_date_of(utc_us);
    const int64_t micros = ((utc_us % SCRIM_SECOND) + SCRIM_SECOND) % SCRIM_SECOND;
    snprintf(text, SCRIM_TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%06" PRId64 "Z", d.year % 10000,
             d.month, d.day, d.hour, d.minute, d.second, micros);
}

// "now" with an optional "-<number><s|m|h>".
static bool parse_relative(const char *text, int64_t *ret_utc_us)
{
    const char *rest = text + strlen("now");
    int64_t back = 0;
    if (*rest != '\0') {
        if (rest[0] != '-' || rest[1] < '0' || rest[1] > '9')
            return false;
        char *unit;
        const long count = strtol(rest + 1, &unit, 10);
        const int64_t scale = *unit == 's' ? 1 : *unit == 'm' ? 60 : *unit == 'h' ? 3600 : 0;
        if (scale == 0 || unit[1] != '\0' || count > 1000000)
            return false;
        back = (int64_t)count * scale * SCRIM_SECOND;
    }
    *ret_utc_us = scrim_clock_utc_us() - back;
    return true;
}

// Reads exactly `count` digits, then moves the cursor behind them.
static bool take_digits(const char **at, int count, int *ret)
{
    int value = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        value = value * 10 + (**at - '0');
    }
    *ret = value;
    return true;
}

static bool take_char(const char **at, const char *allowed)
{
    if (**at == '\0' || !strchr(allowed, **at))
        return false;
    (*at)++;
    return true;
}

static bool take_offset(const char **at, int64_t *ret_us)
{
    const char sign = **at;
    if (take_char(at, "Zz")) {
        *ret_us = 0;
        return true;
    }
    int hours, minutes;
    if (!take_char(at, "+-") || !take_digits(at, 2, &hours) || !take_char(at, ":") ||
        !take_digits(at, 2, &minutes) || hours > 14 || minutes > 59)
        return false;
    *ret_us = (sign == '-' ? -1 : 1) * (int64_t)(hours * 60 + minutes) * 60 * SCRIM_SECOND;
    return true;
}

bool scrim_time_parse(const char *text, int64_t *ret_utc_us)
{
    if (strncmp(text, "now", 3) == 0)
        return parse_relative(text, ret_utc_us);

    const char *at = text;
    struct scrim_date d;
    if (!take_digits(&at, 4, &d.year) || !take_char(&at, "-") || !take_digits(&at, 2, &d.month) ||
        !take_char(&at, "-") || !take_digits(&at, 2, &d.day) || !take_char(&at, "Tt ") ||
        !take_digits(&at, 2, &d.hour) || !take_char(&at, ":") || !take_digits(&at, 2, &d.minute) ||
        !take_char(&at, ":") || !take_digits(&at, 2, &d.second))
        return false;

    int64_t micros = 0;
    if (take_char(&at, ".")) {
        int64_t scale = SCRIM_SECOND / 10;
        if (*at < '0' || *at > '9')
            return false;
        for (; *at >= '0' && *at <= '9'; at++, scale /= 10)
            micros += (*at - '0') * scale;
    }
    int64_t offset;
    if (!take_offset(&at, &offset) || *at != '\0')
        return false;

    const int64_t whole = scrim_date_to_us(d);
    const struct scrim_date back = scrim_date_of(whole);
    if (memcmp(&d, &back, sizeof d) != 0) // the 31st of April, hour 24 …
        return false;
    *ret_utc_us = whole + micros - offset;
    return true;
}
