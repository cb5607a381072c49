#include "keeper/redacted.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "keeper/admission.h"
#include "store/json_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (1U << 20)
#define DAY_US (24 * 3600 * SCRIM_SECOND)
#define FILE_US_MAX (24 * 3600 * SCRIM_SECOND) // a longer film is no film of ours
#define DAYS_MAX 4000                          // ten years

void scrim_redacted_finish(struct scrim_redacted *redacted)
{
    free(redacted->days);
    *redacted = (struct scrim_redacted){0};
}

bool scrim_redacted_take_line(struct scrim_redacted_day *day, const char *line, size_t length)
{
    struct scrim_reader reader = scrim_reader_of(line, length);
    char text[128];
    int64_t start_us, end_us, pts_us;
    uint64_t bytes;
    if (!scrim_json_take(&reader, "{\"v\":1,\"file\":") ||
        !scrim_json_take_string(&reader, text, sizeof text) ||
        !scrim_json_take(&reader, ",\"start_us\":") || !scrim_json_take_i64(&reader, &start_us) ||
        !scrim_json_take(&reader, ",\"end_us\":") || !scrim_json_take_i64(&reader, &end_us) ||
        !scrim_json_take(&reader, ",\"first_pts_us\":") || !scrim_json_take_i64(&reader, &pts_us) ||
        !scrim_json_take(&reader, ",\"bytes\":") || !scrim_json_take_u64(&reader, &bytes) ||
        !scrim_json_take(&reader, ",\"mime\":") ||
        !scrim_json_take_string(&reader, text, sizeof text) || !scrim_json_take(&reader, "}") ||
        reader.left > 0)
        return false;
    if (start_us < 0 || end_us < start_us || end_us - start_us > FILE_US_MAX ||
        bytes > (UINT64_C(1) << 40) || day->bytes > (UINT64_C(1) << 56) ||
        day->length_us > INT64_MAX / 2)
        return false;
    day->bytes += bytes;
    day->length_us += end_us - start_us;
    return true;
}

static int read_new(struct scrim_redacted_day *day, const char *path, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_close_fd) int fd = scrim_fs_open(path, O_RDONLY, 0, error);
    if (fd < 0)
        return fd == SCRIM_ENOENT ? SCRIM_OK : fd; // pictures without a list yet
    struct scrim_buf text;
    scrim_buf_init(&text, CHUNK);
    int result = scrim_buf_reserve(&text, CHUNK);
    ssize_t got = CHUNK;
    while (result >= 0 && got == CHUNK) {
        got = pread(fd, text.data, CHUNK, (off_t)day->offset);
        if (got < 0) {
            result = scrim_fail_errno(error, errno, "cannot read %s", path);
            break;
        }
        struct scrim_reader reader = scrim_reader_of(text.data, (size_t)got);
        const char *line;
        size_t length;
        while (scrim_read_line(&reader, &line, &length)) {
            if (!scrim_redacted_take_line(day, line, length))
                continue; // a damaged one is passed over, as when the index is rebuilt
        }
        if (reader.left == (size_t)got)
            break; // no whole line
        day->offset += (size_t)got - reader.left;
    }
    scrim_buf_finish(&text);
    return result;
}

static const struct scrim_redacted_day *find(const struct scrim_redacted *redacted, const char *day)
{
    for (size_t i = 0; i < redacted->count; i++) {
        if (strcmp(redacted->days[i].day, day) == 0)
            return &redacted->days[i];
    }
    return NULL;
}

static int read_days(const struct scrim_redacted *before, const char *camera_dir, char **names,
                     size_t names_count, struct scrim_redacted *now, struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (size_t i = 0; i < names_count && now->count < DAYS_MAX && result >= 0; i++) {
        char path[SCRIM_PATH_MAX], below[SCRIM_DAY_TEXT + 8];
        struct scrim_redacted_day *day = &now->days[now->count];
        if (!scrim_day_valid(names[i]))
            continue;
        const struct scrim_redacted_day *known = find(before, names[i]);
        if (known)
            *day = *known;
        else
            memcpy(day->day, names[i], SCRIM_DAY_TEXT);
        snprintf(below, sizeof below, "%s/list", day->day);
        // Only the newest two still grow.
        if (!known || i + 2 >= names_count) {
            result = scrim_path_join(path, camera_dir, below);
            if (result >= 0)
                result = read_new(day, path, error);
        }
        now->count++;
    }
    return result;
}

int scrim_redacted_read(struct scrim_redacted *redacted, const char *dir, const char *camera,
                        struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    char **names = NULL;
    size_t count = 0;
    if (scrim_veil_path(path, dir, camera, NULL) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    int result = scrim_fs_list(path, &names, &count, error);
    if (result < 0) {
        scrim_redacted_finish(redacted);
        return result == SCRIM_ENOENT ? SCRIM_OK : result;
    }
    struct scrim_redacted now = {scrim_alloc_zero(count + 1, sizeof *now.days), 0};
    result = now.days ? read_days(redacted, path, names, count, &now, error)
                      : scrim_fail(error, SCRIM_ENOMEM, "no memory for the days of %s", camera);
    scrim_fs_free_names(names, count);
    if (result < 0) {
        scrim_redacted_finish(&now);
        return result;
    }
    scrim_redacted_finish(redacted);
    *redacted = now;
    return SCRIM_OK;
}

uint64_t scrim_redacted_stored(const struct scrim_redacted *redacted, int64_t cutoff_us)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < redacted->count; i++) {
        const struct scrim_redacted_day *day = &redacted->days[i];
        const int64_t kept_us = scrim_day_us(day->day) + DAY_US - cutoff_us;
        if (kept_us >= DAY_US)
            bytes += day->bytes;
        else if (kept_us > 0) // the part of the day that is still there
            bytes += (uint64_t)((double)day->bytes * (double)kept_us / (double)DAY_US);
    }
    return bytes;
}

uint64_t scrim_redacted_rate(const struct scrim_redacted *redacted)
{
    uint64_t bytes = 0;
    int64_t length_us = 0;
    for (size_t i = redacted->count; i-- > 0 && length_us < DAY_US;) {
        bytes += redacted->days[i].bytes;
        length_us += redacted->days[i].length_us;
    }
    return length_us >= SCRIM_MEASURE_LEAST_US ? scrim_rate_measured(bytes, length_us) : 0;
}

int64_t scrim_redacted_oldest_us(const struct scrim_redacted *redacted)
{
    return redacted->count > 0 ? scrim_day_us(redacted->days[0].day) : INT64_MAX;
}
