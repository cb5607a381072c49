// Reading the journals into the database: new lines only, each checked against the chain, the
// newest also against the device's signature, which vouches for all before it.
#include "index/index_impl.h"

#include "base/alloc.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct catch_up {
    struct scrim_index *index;
    const struct scrim_site *site;
    uint8_t public_key[32];
    struct index_camera camera;
    uint64_t records;
    struct scrim_error *error;
};

// Remembered in the camera's row and logged, the first time only.
static void broken(struct catch_up *c, const char *day, const char *format, ...) SCRIM_PRINTF(3, 4);
static void broken(struct catch_up *c, const char *day, const char *format, ...)
{
    if (c->camera.broken[0] != '\0')
        return;
    char why[128];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    snprintf(c->camera.broken, sizeof c->camera.broken, "store/%s/%s/journal: %s", c->camera.name,
             day, why);
    const struct scrim_log log = scrim_log_named("index");
    scrim_error_log(&log, "%s", c->camera.broken);
}

static int add_segment(struct catch_up *c, const struct scrim_record *record)
{
    sqlite3_stmt *add = scrim_index_statement(c->index, STATEMENT_SEGMENT_ADD, c->error);
    if (!add)
        return c->error->code;
    sqlite3_bind_int64(add, 1, c->camera.id);
    sqlite3_bind_int64(add, 2, (sqlite3_int64)record->seq);
    sqlite3_bind_int64(add, 3, record->start_us);
    sqlite3_bind_int64(add, 4, record->end_us);
    sqlite3_bind_int64(add, 5, (sqlite3_int64)record->bytes);
    sqlite3_bind_int(add, 6, record->torn);
    sqlite3_bind_text(add, 7, record->file, -1, SQLITE_STATIC);
    const int result = scrim_index_run(c->index, add, c->error);
    return result < 0 ? result
                      : scrim_index_add_span(c->index, c->camera.id, SPAN_RECORDED,
                                             record->start_us, record->end_us, c->error);
}

static int add_gap(struct catch_up *c, const struct scrim_record *record)
{
    sqlite3_stmt *add = scrim_index_statement(c->index, STATEMENT_GAP_ADD, c->error);
    if (!add)
        return c->error->code;
    sqlite3_bind_int64(add, 1, c->camera.id);
    sqlite3_bind_int64(add, 2, record->start_us);
    sqlite3_bind_int64(add, 3, (sqlite3_int64)record->seq);
    sqlite3_bind_int64(add, 4, record->end_us);
    sqlite3_bind_int(add, 5, (int)record->cause);
    sqlite3_bind_text(add, 6, record->detail, -1, SQLITE_STATIC);
    return scrim_index_run(c->index, add, c->error);
}

// What was destroyed early is not recorded any more, and neither is it unknown: it is told like a
// gap, with who or what did it.
static int add_purge(struct catch_up *c, const struct scrim_record *record)
{
    const int result = scrim_index_cut_span(c->index, c->camera.id, SPAN_RECORDED, record->start_us,
                                            record->end_us, c->error);
    return result < 0 ? result : add_gap(c, record);
}

// Where the host's clock was set forward lies time that never was.
static int add_clock(struct catch_up *c, const struct scrim_record *record)
{
    struct scrim_record gap = *record;
    if (record->of_camera || record->step_us <= SCRIM_INDEX_MERGE_US ||
        __builtin_sub_overflow(record->start_us, record->step_us, &gap.start_us))
        return SCRIM_OK;
    gap.cause = SCRIM_GAP_CLOCK;
    return add_gap(c, &gap);
}

static int add_unsealed(struct catch_up *c, const struct scrim_record *record)
{
    const enum span_kind kind =
        record->kept == SCRIM_KEEP_REDACTED ? SPAN_ONLY_REDACTED : SPAN_NOT_KEPT;
    return scrim_index_add_span(c->index, c->camera.id, kind, record->start_us, record->end_us,
                                c->error);
}

static int add_record(struct catch_up *c, const struct scrim_record *record)
{
    struct index_camera *camera = &c->camera;
    if (record->type == SCRIM_RECORD_PURGE)
        return add_purge(c, record);
    if (record->type == SCRIM_RECORD_CLOCK)
        return add_clock(c, record);
    if (!scrim_record_covers(record->type))
        return SCRIM_OK;
    if (!camera->has_records || record->start_us < camera->first_us)
        camera->first_us = record->start_us;
    if (!camera->has_records || record->end_us > camera->last_us)
        camera->last_us = record->end_us;
    camera->has_records = true;
    if (record->type == SCRIM_RECORD_UNSEALED)
        return add_unsealed(c, record);
    return record->type == SCRIM_RECORD_SEGMENT ? add_segment(c, record) : add_gap(c, record);
}

static int take_line(struct catch_up *c, const char *day, const char *line, size_t length,
                     bool newest)
{
    struct index_camera *camera = &c->camera;
    struct scrim_record record;
    uint8_t prev[32];
    struct scrim_error why;
    int result = SCRIM_OK;
    if (scrim_journal_parse(line, length, newest ? c->public_key : NULL, &record, prev, &why) < 0) {
        broken(c, day, "record %" PRIu64 ": %s", camera->next_seq, why.text);
        camera->next_seq++;
    } else {
        if (memcmp(prev, camera->prev, sizeof prev) != 0 || record.seq != camera->next_seq ||
            strcmp(record.camera, camera->name) != 0)
            broken(c, day, "record %" PRIu64 " does not continue the one before it", record.seq);
        camera->next_seq = record.seq + 1;
        result = add_record(c, &record);
    }
    scrim_journal_line_hash(line, length, camera->prev);
    c->records++;
    return result;
}

static int take_lines(struct catch_up *c, const char *day, const uint8_t *bytes, size_t count)
{
    const uint8_t *last = count > 0 ? memrchr(bytes, '\n', count) : NULL;
    struct scrim_reader reader =
        scrim_reader_of(bytes, last ? (size_t)(last + 1 - bytes) : 0); // an unfinished line waits
    const char *line;
    size_t length;
    int result = SCRIM_OK;
    while (result >= 0 && scrim_read_line(&reader, &line, &length))
        result = take_line(c, day, line, length, reader.left == 0);
    if (last)
        c->camera.offset += last + 1 - bytes;
    return result;
}

static int64_t journal_size(const struct catch_up *c, const char *day)
{
    char below[SCRIM_DAY_TEXT + 16], path[SCRIM_PATH_MAX];
    struct stat info;
    snprintf(below, sizeof below, "%s/journal", day);
    if (scrim_store_path(path, c->site->dir, c->camera.name, below) < 0 || stat(path, &info) < 0)
        return -1;
    return info.st_size;
}

// What lies behind the position in one day's journal, in one transaction with the new position.
static int read_day(struct catch_up *c, const char *day)
{
    struct scrim_buf journal;
    int result = scrim_journal_read(c->site->dir, c->camera.name, day, &journal, c->error);
    if (result >= 0)
        result = scrim_index_simple(c->index, STATEMENT_BEGIN, c->error);
    if (result >= 0) {
        const bool same = strcmp(day, c->camera.day) == 0;
        const size_t from = same ? (size_t)c->camera.offset : 0;
        if (!same) {
            snprintf(c->camera.day, sizeof c->camera.day, "%s", day);
            c->camera.offset = 0;
        }
        if (from <= journal.len)
            result = take_lines(c, day, journal.data + from, journal.len - from);
        if (result >= 0)
            result = scrim_index_camera_put(c->index, &c->camera, c->error);
        if (result >= 0)
            result = scrim_index_simple(c->index, STATEMENT_COMMIT, c->error);
        if (result < 0)
            (void)!scrim_index_simple(c->index, STATEMENT_ROLLBACK, NULL);
    }
    scrim_buf_finish(&journal);
    return result;
}

static struct index_watch *watch_of(struct scrim_index *index, const char *camera)
{
    for (size_t i = 0; i < index->watches_count; i++) {
        if (strcmp(index->watches[i].camera, camera) == 0)
            return &index->watches[i];
    }
    struct index_watch *grown = scrim_new_array(index->watches_count + 1, struct index_watch);
    if (index->watches_count > 0)
        memcpy(grown, index->watches, index->watches_count * sizeof *grown);
    free(index->watches);
    index->watches = grown;
    struct index_watch *watch = &grown[index->watches_count++];
    snprintf(watch->camera, sizeof watch->camera, "%s", camera);
    return watch;
}

// Have new days come since they were listed? A day may be there before its journal is.
static bool days_changed(struct catch_up *c, struct index_watch *watch)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    if (scrim_store_path(path, c->site->dir, c->camera.name, NULL) < 0 || stat(path, &info) < 0)
        return false;
    if (memcmp(&info.st_mtim, &watch->listed, sizeof watch->listed) == 0 &&
        strcmp(watch->newest, c->camera.day) <= 0)
        return false;
    watch->listed = info.st_mtim;
    return true;
}

static int read_days(struct catch_up *c, struct index_watch *watch)
{
    char path[SCRIM_PATH_MAX], **names = NULL;
    size_t count = 0;
    if (scrim_store_path(path, c->site->dir, c->camera.name, NULL) < 0)
        return scrim_fail(c->error, SCRIM_EINVAL, "%s: path too long", c->site->dir);
    int result = scrim_fs_list(path, &names, &count, c->error);
    for (size_t i = 0; i < count && result >= 0; i++) {
        if (!scrim_day_valid(names[i]))
            continue;
        snprintf(watch->newest, sizeof watch->newest, "%.10s", names[i]);
        const int order = strcmp(names[i], c->camera.day);
        const int64_t have = order > 0 ? -1 : c->camera.offset;
        if (order >= 0 && journal_size(c, names[i]) > have)
            result = read_day(c, names[i]);
    }
    scrim_fs_free_names(names, count);
    return result;
}

static int catch_up_camera(struct catch_up *c, const char *name)
{
    int result =
        scrim_index_camera_obtain(c->index, c->site->config->id, name, &c->camera, c->error);
    if (result < 0)
        return result;
    const int64_t size = c->camera.day[0] == '\0' ? 0 : journal_size(c, c->camera.day);
    if (size < c->camera.offset) {
        const char *day = c->camera.day;
        if (c->camera.broken[0] != '\0')
            return SCRIM_OK;
        broken(c, day, size < 0 ? "it is gone" : "it became shorter than it was");
        return scrim_index_camera_put(c->index, &c->camera, c->error);
    }
    struct index_watch *watch = watch_of(c->index, name);
    if (days_changed(c, watch))
        return read_days(c, watch);
    return size > c->camera.offset ? read_day(c, c->camera.day) : SCRIM_OK;
}

static int catch_up(struct catch_up *c)
{
    int result = SCRIM_OK;
    for (unsigned i = 0; i < c->site->config->cameras_count && result >= 0; i++)
        result = catch_up_camera(c, c->site->config->cameras[i].id);
    if (result >= 0 && c->index->fresh) {
        result = scrim_index_load_archive(c->index, c->error);
        c->index->fresh = result < 0;
    }
    return result;
}

int scrim_index_catch_up(struct scrim_index *index, const struct scrim_site *site,
                         uint64_t *ret_records, struct scrim_error *error)
{
    struct scrim_error own = {0};
    struct catch_up c = {.index = index, .site = site, .error = error ? error : &own};
    int result = scrim_device_public_load(site->dir, c.public_key, c.error);
    if (result >= 0)
        result = catch_up(&c);
    if (result == SCRIM_EFORMAT) { // SQLite found its pages damaged
        result = scrim_index_start_afresh(index, c.error);
        free(index->watches);
        index->watches = NULL;
        index->watches_count = 0;
        c.records = 0;
        if (result >= 0)
            result = catch_up(&c);
    }
    if (result >= 0)
        *ret_records = c.records;
    return result;
}
