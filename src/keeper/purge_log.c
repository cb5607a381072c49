#include "keeper/purge_log.h"

#include "base/alloc.h"
#include "store/json_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (64U << 20)
#define AGAIN_US (60 * SCRIM_SECOND) // a record takes seconds

static bool take_purge(const char *line, size_t length, struct scrim_purge *ret)
{
    struct scrim_reader reader = scrim_reader_of(line, length);
    struct scrim_purge purge = {0};
    char cause[16];
    if (!scrim_json_take(&reader, "{\"v\":1,\"camera\":") ||
        !scrim_json_take_string(&reader, purge.camera, sizeof purge.camera) ||
        !scrim_json_take(&reader, ",\"start_us\":") ||
        !scrim_json_take_i64(&reader, &purge.start_us) ||
        !scrim_json_take(&reader, ",\"end_us\":") || !scrim_json_take_i64(&reader, &purge.end_us) ||
        purge.end_us < purge.start_us || !scrim_json_take(&reader, ",\"segments\":") ||
        !scrim_json_take_u64(&reader, &purge.segments) ||
        !scrim_json_take(&reader, ",\"cause\":") ||
        !scrim_json_take_string(&reader, cause, sizeof cause) ||
        !scrim_json_take(&reader, ",\"text\":") ||
        !scrim_json_take_string(&reader, purge.text, sizeof purge.text) ||
        !scrim_json_take(&reader, "}") || reader.left > 0)
        return false;
    if (strcmp(cause, "disk") != 0 && strcmp(cause, "operator") != 0)
        return false;
    purge.cause = cause[0] == 'd' ? SCRIM_GAP_DISK : SCRIM_GAP_OPERATOR;
    *ret = purge;
    return true;
}

static int append(struct scrim_purge_list *list, const struct scrim_purge *purge)
{
    if (list->count >= SCRIM_PURGES_WAITING_MAX)
        return SCRIM_ENOSPACE;
    if ((list->count & (list->count - 1)) == 0) {
        const size_t room = list->count > 0 ? 2 * list->count : 1;
        struct scrim_purge *larger = scrim_realloc(list->list, room * sizeof *larger);
        if (!larger)
            return SCRIM_ENOMEM;
        list->list = larger;
    }
    list->list[list->count++] = *purge;
    return SCRIM_OK;
}

int scrim_purges_parse(const char *name, const void *text, size_t length,
                       struct scrim_purge_list *ret, struct scrim_error *error)
{
    struct scrim_purge_list list = {0};
    struct scrim_reader reader = scrim_reader_of(text, length);
    const char *line;
    size_t line_length;
    int result = SCRIM_OK;
    while (result >= 0 && scrim_read_line(&reader, &line, &line_length)) {
        struct scrim_purge purge;
        result = take_purge(line, line_length, &purge) ? append(&list, &purge) : SCRIM_EFORMAT;
    }
    if (result >= 0 && reader.left > 0)
        result = SCRIM_EFORMAT;
    if (result < 0) {
        scrim_purge_list_finish(&list);
        return scrim_fail(error, result, "%s: %s: not what the keeper wrote", name,
                          scrim_err_text(result));
    }
    *ret = list;
    return SCRIM_OK;
}

// Those from `known` on are due at once.
static int fit_due(struct scrim_purge_log *log, size_t known)
{
    int64_t *due = scrim_realloc(log->due_us, (log->waiting.count + 1) * sizeof *due);
    if (!due) {
        log->waiting.count = known;
        return SCRIM_ENOMEM;
    }
    for (size_t i = known; i < log->waiting.count; i++)
        due[i] = 0;
    log->due_us = due;
    return SCRIM_OK;
}

int scrim_purge_log_open(struct scrim_purge_log *log, const char *dir, struct scrim_error *error)
{
    struct scrim_buf text;
    *log = (struct scrim_purge_log){0};
    scrim_buf_init(&text, FILE_MAX);
    if (scrim_path_join(log->path, dir, "state/keeper/purges") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    int result = scrim_fs_read(log->path, &text, error);
    if (result >= 0 || result == SCRIM_ENOENT)
        result = scrim_purges_parse(log->path, text.data, text.len, &log->waiting, error);
    if (result >= 0 && (result = fit_due(log, 0)) < 0)
        scrim_fail(error, result, "no memory for the purges of %s", log->path);
    scrim_buf_finish(&text);
    return result;
}

void scrim_purge_log_finish(struct scrim_purge_log *log)
{
    scrim_purge_list_finish(&log->waiting);
    free(log->due_us);
    log->due_us = NULL;
}

static int format(const struct scrim_purge *purge, struct scrim_buf *ret)
{
    int result = scrim_buf_append_text(ret, "{\"v\":1,\"camera\":");
    if (result >= 0)
        result = scrim_json_append_string(ret, purge->camera);
    if (result >= 0)
        result = scrim_buf_printf(ret,
                                  ",\"start_us\":%" PRId64 ",\"end_us\":%" PRId64
                                  ",\"segments\":%" PRIu64 ",\"cause\":\"%s\",\"text\":",
                                  purge->start_us, purge->end_us, purge->segments,
                                  scrim_gap_cause_text(purge->cause));
    if (result >= 0)
        result = scrim_json_append_string(ret, purge->text);
    return result < 0 ? result : scrim_buf_append_text(ret, "}\n");
}

int scrim_purge_log_save(struct scrim_purge_log *log, struct scrim_error *error)
{
    struct scrim_buf text;
    int result = SCRIM_OK;
    if (!log->dirty)
        return SCRIM_OK;
    scrim_buf_init(&text, FILE_MAX);
    for (size_t i = 0; i < log->waiting.count && result >= 0; i++)
        result = format(&log->waiting.list[i], &text);
    if (result < 0)
        scrim_fail(error, result, "%s: %s", log->path, scrim_err_text(result));
    else
        result = scrim_fs_replace(log->path, text.data, text.len, 0640, error);
    scrim_buf_finish(&text);
    if (result >= 0)
        log->dirty = false;
    return result;
}

int scrim_purge_log_add(struct scrim_purge_log *log, const struct scrim_purge_list *purges,
                        struct scrim_error *error)
{
    const size_t known = log->waiting.count;
    int result = SCRIM_OK;
    for (size_t i = 0; i < purges->count && result >= 0; i++)
        result = append(&log->waiting, &purges->list[i]);
    const int fitted = fit_due(log, known);
    result = result < 0 ? result : fitted;
    log->dirty = true;
    return result < 0
               ? scrim_fail(error, result, "%zu purges wait for the recorder to journal them: %s",
                            log->waiting.count, scrim_err_text(result))
               : scrim_purge_log_save(log, error);
}

void scrim_purge_log_seen(struct scrim_purge_log *log, const struct scrim_record *record)
{
    struct scrim_purge_list *waiting = &log->waiting;
    size_t kept = 0;
    for (size_t i = 0; i < waiting->count; i++) {
        const struct scrim_purge *purge = &waiting->list[i];
        if (purge->start_us == record->start_us && purge->end_us == record->end_us &&
            purge->segments == record->segments && strcmp(purge->camera, record->camera) == 0)
            continue;
        waiting->list[kept] = *purge;
        log->due_us[kept++] = log->due_us[i];
    }
    log->dirty |= kept < waiting->count;
    waiting->count = kept;
}

void scrim_purge_log_say(struct scrim_purge_log *log, int64_t now_mono_us,
                         bool (*say)(void *context, const struct scrim_purge *purge), void *context)
{
    for (size_t i = 0; i < log->waiting.count; i++) {
        if (log->due_us[i] > now_mono_us)
            continue;
        if (!say(context, &log->waiting.list[i]))
            return;
        log->due_us[i] = now_mono_us + AGAIN_US;
    }
}
