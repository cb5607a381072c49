// The rows of cameras, and the spans of what they recorded.
#include "index/index_impl.h"

#include <stdio.h>
#include <string.h>

static int failed(const struct scrim_error *error)
{
    return error ? error->code : SCRIM_EIO;
}

static void take_text(sqlite3_stmt *row, int column, char *ret, size_t size)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    snprintf(ret, size, "%s", text ? (const char *)text : "");
}

static int take_camera(sqlite3_stmt *row, struct index_camera *ret)
{
    ret->id = sqlite3_column_int64(row, 0);
    take_text(row, 1, ret->day, sizeof ret->day);
    ret->offset = sqlite3_column_int64(row, 2);
    ret->next_seq = (uint64_t)sqlite3_column_int64(row, 3);
    const void *prev = sqlite3_column_blob(row, 4);
    if (!prev || sqlite3_column_bytes(row, 4) != sizeof ret->prev)
        return SCRIM_EFORMAT;
    memcpy(ret->prev, prev, sizeof ret->prev);
    ret->has_records = sqlite3_column_type(row, 5) == SQLITE_INTEGER;
    ret->first_us = sqlite3_column_int64(row, 5);
    ret->last_us = sqlite3_column_int64(row, 6);
    ret->expired_us = sqlite3_column_int64(row, 7);
    take_text(row, 8, ret->broken, sizeof ret->broken);
    return SCRIM_OK;
}

int scrim_index_camera_get(struct scrim_index *index, const char *name, struct index_camera *ret,
                           struct scrim_error *error)
{
    struct index_camera camera = {0};
    snprintf(camera.name, sizeof camera.name, "%s", name);
    sqlite3_stmt *get = scrim_index_statement(index, STATEMENT_CAMERA_GET, error);
    if (!get)
        return failed(error);
    sqlite3_bind_text(get, 1, name, -1, SQLITE_STATIC);
    const int code = sqlite3_step(get);
    int result = SCRIM_OK;
    if (code == SQLITE_DONE)
        result = scrim_fail(error, SCRIM_ENOENT, "the index knows no camera %s", name);
    else if (code != SQLITE_ROW)
        result = scrim_index_fail(index, code, error);
    else if (take_camera(get, &camera) < 0)
        result = scrim_fail(error, SCRIM_EFORMAT, "%s: camera %s: damaged row", index->path, name);
    sqlite3_reset(get);
    if (result >= 0)
        *ret = camera;
    return result;
}

int scrim_index_camera_obtain(struct scrim_index *index, const char *site, const char *name,
                              struct index_camera *ret, struct scrim_error *error)
{
    int result = scrim_index_camera_get(index, name, ret, error);
    if (result != SCRIM_ENOENT)
        return result;
    uint8_t genesis[32];
    scrim_journal_genesis(site, name, genesis);
    sqlite3_stmt *add = scrim_index_statement(index, STATEMENT_CAMERA_ADD, error);
    if (!add)
        return failed(error);
    sqlite3_bind_text(add, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_blob(add, 2, genesis, sizeof genesis, SQLITE_STATIC);
    result = scrim_index_run(index, add, error);
    return result < 0 ? result : scrim_index_camera_get(index, name, ret, error);
}

int scrim_index_camera_put(struct scrim_index *index, const struct index_camera *camera,
                           struct scrim_error *error)
{
    sqlite3_stmt *put = scrim_index_statement(index, STATEMENT_CAMERA_PUT, error);
    if (!put)
        return failed(error);
    sqlite3_clear_bindings(put);
    sqlite3_bind_int64(put, 1, camera->id);
    sqlite3_bind_text(put, 2, camera->day, -1, SQLITE_STATIC);
    sqlite3_bind_int64(put, 3, camera->offset);
    sqlite3_bind_int64(put, 4, (sqlite3_int64)camera->next_seq);
    sqlite3_bind_blob(put, 5, camera->prev, sizeof camera->prev, SQLITE_STATIC);
    if (camera->has_records) {
        sqlite3_bind_int64(put, 6, camera->first_us);
        sqlite3_bind_int64(put, 7, camera->last_us);
    }
    sqlite3_bind_int64(put, 8, camera->expired_us);
    if (camera->broken[0] != '\0')
        sqlite3_bind_text(put, 9, camera->broken, -1, SQLITE_STATIC);
    return scrim_index_run(index, put, error);
}

// The nearest span before or after `at`: 1 if there is one, 0 if not.
static int neighbour(struct scrim_index *index, enum statement which, sqlite3_int64 camera,
                     enum span_kind kind, int64_t at, struct scrim_span *ret,
                     struct scrim_error *error)
{
    sqlite3_stmt *find = scrim_index_statement(index, which, error);
    if (!find)
        return failed(error);
    sqlite3_bind_int64(find, 1, camera);
    sqlite3_bind_int(find, 2, (int)kind);
    sqlite3_bind_int64(find, 3, at);
    const int code = sqlite3_step(find);
    int result = code == SQLITE_ROW;
    if (result)
        *ret = (struct scrim_span){sqlite3_column_int64(find, 0), sqlite3_column_int64(find, 1)};
    else if (code != SQLITE_DONE)
        result = scrim_index_fail(index, code, error);
    sqlite3_reset(find);
    return result;
}

static int drop_span(struct scrim_index *index, sqlite3_int64 camera, enum span_kind kind,
                     int64_t start_us, struct scrim_error *error)
{
    sqlite3_stmt *drop = scrim_index_statement(index, STATEMENT_SPAN_DROP, error);
    if (!drop)
        return failed(error);
    sqlite3_bind_int64(drop, 1, camera);
    sqlite3_bind_int(drop, 2, (int)kind);
    sqlite3_bind_int64(drop, 3, start_us);
    return scrim_index_run(index, drop, error);
}

static int put_span(struct scrim_index *index, sqlite3_int64 camera, enum span_kind kind,
                    int64_t start_us, int64_t end_us, struct scrim_error *error)
{
    sqlite3_stmt *put = scrim_index_statement(index, STATEMENT_SPAN_PUT, error);
    if (!put)
        return failed(error);
    sqlite3_bind_int64(put, 1, camera);
    sqlite3_bind_int(put, 2, (int)kind);
    sqlite3_bind_int64(put, 3, start_us);
    sqlite3_bind_int64(put, 4, end_us);
    return scrim_index_run(index, put, error);
}

int scrim_index_add_span(struct scrim_index *index, sqlite3_int64 camera, enum span_kind kind,
                         int64_t start_us, int64_t end_us, struct scrim_error *error)
{
    struct scrim_span near = {0};
    int found = neighbour(index, STATEMENT_SPAN_BEFORE, camera, kind, start_us, &near, error);
    if (found > 0 && near.to_us + SCRIM_INDEX_MERGE_US >= start_us) {
        start_us = near.from_us;
        end_us = near.to_us > end_us ? near.to_us : end_us;
    }
    while (found >= 0) {
        found = neighbour(index, STATEMENT_SPAN_AFTER, camera, kind, start_us, &near, error);
        if (found <= 0 || near.from_us > end_us + SCRIM_INDEX_MERGE_US)
            break;
        end_us = near.to_us > end_us ? near.to_us : end_us;
        found = drop_span(index, camera, kind, near.from_us, error);
    }
    return found < 0 ? found : put_span(index, camera, kind, start_us, end_us, error);
}

int scrim_index_cut_span(struct scrim_index *index, sqlite3_int64 camera, enum span_kind kind,
                         int64_t start_us, int64_t end_us, struct scrim_error *error)
{
    struct scrim_span near = {0};
    int found = neighbour(index, STATEMENT_SPAN_BEFORE, camera, kind, start_us, &near, error);
    if (found > 0 && near.to_us > start_us) {
        found = near.from_us < start_us
                    ? put_span(index, camera, kind, near.from_us, start_us, error)
                    : drop_span(index, camera, kind, near.from_us, error);
        if (found >= 0 && near.to_us > end_us)
            found = put_span(index, camera, kind, end_us, near.to_us, error);
    }
    while (found >= 0) {
        found = neighbour(index, STATEMENT_SPAN_AFTER, camera, kind, start_us, &near, error);
        if (found <= 0 || near.from_us >= end_us)
            break;
        found = drop_span(index, camera, kind, near.from_us, error);
        if (found >= 0 && near.to_us > end_us)
            found = put_span(index, camera, kind, end_us, near.to_us, error);
    }
    return found < 0 ? found : SCRIM_OK;
}
