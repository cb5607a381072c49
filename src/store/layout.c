#include "store/layout.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void scrim_day_of(int64_t utc_us, char ret[SCRIM_DAY_TEXT])
{
    char text[SCRIM_TIME_TEXT];
    scrim_time_format(utc_us, text);
    memcpy(ret, text, SCRIM_DAY_TEXT - 1);
    ret[SCRIM_DAY_TEXT - 1] = '\0';
}

static int day_dir(char ret[SCRIM_PATH_MAX], const char *dir, const char *tree, const char *camera,
                   int64_t utc_us)
{
    char day[SCRIM_DAY_TEXT];
    scrim_day_of(utc_us, day);
    const int length = snprintf(ret, SCRIM_PATH_MAX, "%s/%s/%s/%s", dir, tree, camera, day);
    return length >= SCRIM_PATH_MAX ? SCRIM_EINVAL : SCRIM_OK;
}

int scrim_store_day_dir(char ret[SCRIM_PATH_MAX], const char *dir, const char *camera,
                        int64_t utc_us)
{
    return day_dir(ret, dir, "store", camera, utc_us);
}

int scrim_veil_day_dir(char ret[SCRIM_PATH_MAX], const char *dir, const char *camera,
                       int64_t utc_us)
{
    return day_dir(ret, dir, "veil", camera, utc_us);
}

static int camera_path(char ret[SCRIM_PATH_MAX], const char *dir, const char *part,
                       const char *camera, const char *below)
{
    const int length = snprintf(ret, SCRIM_PATH_MAX, "%s/%s/%s%s%s", dir, part, camera,
                                below ? "/" : "", below ? below : "");
    return length >= SCRIM_PATH_MAX ? SCRIM_EINVAL : SCRIM_OK;
}

int scrim_store_path(char ret[SCRIM_PATH_MAX], const char *dir, const char *camera,
                     const char *below)
{
    return camera_path(ret, dir, "store", camera, below);
}

int scrim_veil_path(char ret[SCRIM_PATH_MAX], const char *dir, const char *camera,
                    const char *below)
{
    return camera_path(ret, dir, "veil", camera, below);
}

void scrim_segment_name(char ret[32], int64_t utc_us, unsigned nth)
{
    const struct scrim_date d = scrim_date_of(utc_us);
    if (nth == 0)
        snprintf(ret, 32, "%02d%02d%02d.mp4.age", d.hour, d.minute, d.second);
    else
        snprintf(ret, 32, "%02d%02d%02d-%u.mp4.age", d.hour, d.minute, d.second, nth);
}

static bool two_digits(const char *at, int limit, int *ret)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return false;
    *ret = (at[0] - '0') * 10 + (at[1] - '0');
    return *ret < limit;
}

bool scrim_segment_name_parse(const char *name, int *ret_second)
{
    int hour, minute, second;
    const size_t length = strlen(name);
    if (length < 6 || !two_digits(name, 24, &hour) || !two_digits(name + 2, 60, &minute) ||
        !two_digits(name + 4, 60, &second))
        return false;
    const char *rest = name + 6;
    if (*rest == '-') {
        if (*++rest < '1' || *rest > '9')
            return false;
        const size_t digits = strspn(rest, "0123456789");
        if (digits > 3)
            return false;
        rest += digits;
    }
    *ret_second = hour * 3600 + minute * 60 + second;
    return strcmp(rest, ".mp4.age") == 0;
}

int64_t scrim_day_us(const char *day)
{
    const struct scrim_date date = {
        .year = (int)strtol(day, NULL, 10),
        .month = (int)strtol(day + 5, NULL, 10),
        .day = (int)strtol(day + 8, NULL, 10),
    };
    return scrim_date_to_us(date);
}

bool scrim_day_valid(const char *day)
{
    char text[SCRIM_TIME_TEXT];
    int64_t when;
    if (strlen(day) != SCRIM_DAY_TEXT - 1)
        return false;
    snprintf(text, sizeof text, "%sT00:00:00Z", day);
    return scrim_time_parse(text, &when);
}
