#include "keeper/periods.h"

#include "base/alloc.h"
#include "store/json_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (2U << 20)
#define FILE_BELOW "state/keeper/retention"
#define HOURS_MAX (10U * 365U * 24U)

void scrim_periods_finish(struct scrim_periods *periods)
{
    free(periods->list);
    *periods = (struct scrim_periods){0};
}

static struct scrim_period *find(const struct scrim_periods *periods, const char *camera)
{
    for (size_t i = 0; i < periods->count; i++) {
        if (strcmp(periods->list[i].camera, camera) == 0)
            return &periods->list[i];
    }
    return NULL;
}

uint32_t scrim_periods_hours(const struct scrim_periods *periods, const char *camera)
{
    const struct scrim_period *period = find(periods, camera);
    return period ? period->hours : SCRIM_PERIOD_UNKNOWN_HOURS;
}

void scrim_periods_forget(struct scrim_periods *periods, const char *camera)
{
    struct scrim_period *period = find(periods, camera);
    if (period)
        *period = periods->list[--periods->count];
}

static int set(struct scrim_periods *periods, const char *camera, uint32_t hours)
{
    struct scrim_period *period = find(periods, camera);
    if (!period) {
        struct scrim_period *larger =
            periods->count < SCRIM_PERIODS_MAX
                ? scrim_realloc(periods->list, (periods->count + 1) * sizeof *larger)
                : NULL;
        if (!larger)
            return SCRIM_ENOMEM;
        periods->list = larger;
        period = &larger[periods->count++];
        snprintf(period->camera, sizeof period->camera, "%s", camera);
    }
    period->hours = hours;
    return SCRIM_OK;
}

static int take_line(struct scrim_periods *periods, const char *line, size_t length)
{
    struct scrim_reader reader = scrim_reader_of(line, length);
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    uint64_t hours;
    if (!scrim_json_take(&reader, "{\"v\":1,\"camera\":") ||
        !scrim_json_take_string(&reader, camera, sizeof camera) ||
        !scrim_json_take(&reader, ",\"hours\":") || !scrim_json_take_u64(&reader, &hours) ||
        hours < 1 || hours > HOURS_MAX || !scrim_json_take(&reader, "}") || reader.left > 0)
        return SCRIM_EFORMAT;
    return set(periods, camera, (uint32_t)hours);
}

int scrim_periods_parse(const char *name, const void *text, size_t length,
                        struct scrim_periods *ret, struct scrim_error *error)
{
    struct scrim_periods periods = {0};
    struct scrim_reader reader = scrim_reader_of(text, length);
    const char *line;
    size_t line_length;
    int result = SCRIM_OK;
    while (result >= 0 && scrim_read_line(&reader, &line, &line_length))
        result = take_line(&periods, line, line_length);
    if (result >= 0 && reader.left > 0)
        result = SCRIM_EFORMAT;
    if (result < 0) {
        scrim_periods_finish(&periods);
        return scrim_fail(error, result, "%s: %s: not what the keeper wrote", name,
                          scrim_err_text(result));
    }
    *ret = periods;
    return SCRIM_OK;
}

static int read_file(const char *dir, struct scrim_buf *ret, char path[SCRIM_PATH_MAX],
                     struct scrim_error *error)
{
    scrim_buf_init(ret, FILE_MAX);
    if (scrim_path_join(path, dir, FILE_BELOW) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    const int result = scrim_fs_read(path, ret, error);
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}

int scrim_periods_load(const struct scrim_site *site, struct scrim_periods *ret,
                       struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf text;
    struct scrim_periods periods = {0};
    int result = read_file(site->dir, &text, path, error);
    if (result >= 0)
        result = scrim_periods_parse(path, text.data, text.len, &periods, error);
    scrim_buf_finish(&text);
    for (unsigned i = 0; i < site->config->cameras_count && result >= 0; i++) {
        const struct scrim_camera_config *camera = &site->config->cameras[i];
        result = set(&periods, camera->id, camera->retention_hours);
        if (result < 0)
            scrim_fail(error, result, "%s: more than %d cameras", path, SCRIM_PERIODS_MAX);
    }
    if (result < 0)
        scrim_periods_finish(&periods);
    else
        *ret = periods;
    return result;
}

static int format(const struct scrim_periods *periods, struct scrim_buf *ret)
{
    int result = SCRIM_OK;
    for (size_t i = 0; i < periods->count && result >= 0; i++) {
        result = scrim_buf_append_text(ret, "{\"v\":1,\"camera\":");
        if (result >= 0)
            result = scrim_json_append_string(ret, periods->list[i].camera);
        if (result >= 0)
            result = scrim_buf_printf(ret, ",\"hours\":%" PRIu32 "}\n", periods->list[i].hours);
    }
    return result;
}

int scrim_periods_save(const char *dir, const struct scrim_periods *periods,
                       struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf before, now;
    scrim_buf_init(&now, FILE_MAX);
    int result = read_file(dir, &before, path, error);
    if (result >= 0 && (result = format(periods, &now)) < 0)
        scrim_fail(error, result, "%s: %s", path, scrim_err_text(result));
    if (result >= 0 &&
        (before.len != now.len || (now.len > 0 && memcmp(before.data, now.data, now.len) != 0)))
        result = scrim_fs_replace(path, now.data, now.len, 0640, error);
    scrim_buf_finish(&before);
    scrim_buf_finish(&now);
    return result;
}
