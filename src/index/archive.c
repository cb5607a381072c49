// Redacted files: the list beside them, one line a file, and the rows made from it.
//
//     {"v":1,"file":"103000.mp4","start_us":…,"end_us":…,"first_pts_us":…,"bytes":…,"mime":"…"}\n
#include "index/index_impl.h"

#include "base/alloc.h"
#include "base/log.h"
#include "store/json_text.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIST_MAX (64U << 20) // bytes of one day's list
#define LINE_MAX_BYTES 512
#define NAME_TEXT 32

// "<HHMMSS>.mp4": like a segment's name, without its last ending.
static bool name_valid(const char *name)
{
    char sealed[NAME_TEXT + 8];
    int second;
    return strlen(name) < NAME_TEXT &&
           snprintf(sealed, sizeof sealed, "%s.age", name) < (int)sizeof sealed &&
           scrim_segment_name_parse(sealed, &second);
}

bool scrim_archive_line_parse(const char *line, size_t length, const char *camera, const char *day,
                              struct scrim_archive_file *ret)
{
    struct scrim_reader reader = scrim_reader_of(line, length);
    struct scrim_archive_file file = {0};
    char name[NAME_TEXT];
    if (!scrim_json_take(&reader, "{\"v\":1,\"file\":") ||
        !scrim_json_take_string(&reader, name, sizeof name) || !name_valid(name) ||
        !scrim_json_take(&reader, ",\"start_us\":") ||
        !scrim_json_take_i64(&reader, &file.start_us) ||
        !scrim_json_take(&reader, ",\"end_us\":") || !scrim_json_take_i64(&reader, &file.end_us) ||
        file.end_us < file.start_us || !scrim_json_take(&reader, ",\"first_pts_us\":") ||
        !scrim_json_take_i64(&reader, &file.first_pts_us) ||
        !scrim_json_take(&reader, ",\"bytes\":") || !scrim_json_take_u64(&reader, &file.bytes) ||
        file.bytes > INT64_MAX || !scrim_json_take(&reader, ",\"mime\":") ||
        !scrim_json_take_string(&reader, file.mime, sizeof file.mime) ||
        !scrim_json_take(&reader, "}") || reader.left > 0)
        return false;
    snprintf(file.camera, sizeof file.camera, "%s", camera);
    snprintf(file.file, sizeof file.file, "%s/%s", day, name);
    *ret = file;
    return true;
}

static int format_line(const struct scrim_archive_file *file, const char *name,
                       struct scrim_buf *line)
{
    int result = scrim_buf_append_text(line, "{\"v\":1,\"file\":");
    if (result >= 0)
        result = scrim_json_append_string(line, name);
    if (result >= 0)
        result = scrim_buf_printf(line,
                                  ",\"start_us\":%" PRId64 ",\"end_us\":%" PRId64
                                  ",\"first_pts_us\":%" PRId64 ",\"bytes\":%" PRIu64 ",\"mime\":",
                                  file->start_us, file->end_us, file->first_pts_us, file->bytes);
    if (result >= 0)
        result = scrim_json_append_string(line, file->mime);
    return result < 0 ? result : scrim_buf_append_text(line, "}\n");
}

static int list_path(char ret[SCRIM_PATH_MAX], const char *dir, const char *camera, const char *day,
                     struct scrim_error *error)
{
    return snprintf(ret, SCRIM_PATH_MAX, "%s/veil/%s/%s/list", dir, camera, day) >= SCRIM_PATH_MAX
               ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir)
               : SCRIM_OK;
}

static int append_to_list(const struct scrim_index *index, const struct scrim_archive_file *file,
                          const char *day, const char *name, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int result = list_path(path, index->dir, file->camera, day, error);
    if (result < 0)
        return result;
    struct scrim_buf line;
    scrim_buf_init(&line, LINE_MAX_BYTES);
    SCRIM_AUTO(scrim_close_fd) int fd = -1;
    result = format_line(file, name, &line);
    if (result < 0)
        scrim_fail(error, result, "camera %s: a redacted file's line is too long", file->camera);
    else
        result = fd = scrim_fs_open(path, O_WRONLY | O_CREAT | O_APPEND, 0640, error);
    if (result >= 0)
        result = scrim_fs_write(fd, line.data, line.len, path, error);
    scrim_buf_finish(&line);
    return result;
}

static int insert_row(struct scrim_index *index, sqlite3_int64 camera,
                      const struct scrim_archive_file *file, struct scrim_error *error)
{
    sqlite3_stmt *add = scrim_index_statement(index, STATEMENT_ARCHIVE_ADD, error);
    if (!add)
        return error ? error->code : SCRIM_EIO;
    sqlite3_bind_int64(add, 1, camera);
    sqlite3_bind_int64(add, 2, file->start_us);
    sqlite3_bind_int64(add, 3, file->end_us);
    sqlite3_bind_int64(add, 4, file->first_pts_us);
    sqlite3_bind_int64(add, 5, (sqlite3_int64)file->bytes);
    sqlite3_bind_text(add, 6, file->file, -1, SQLITE_STATIC);
    sqlite3_bind_text(add, 7, file->mime, -1, SQLITE_STATIC);
    const int result = scrim_index_run(index, add, error);
    return result < 0 ? result
                      : scrim_index_add_span(index, camera, SPAN_REDACTED, file->start_us,
                                             file->end_us, error);
}

int scrim_index_insert_archive(struct scrim_index *index, const struct scrim_archive_file *file,
                               struct scrim_error *error)
{
    struct index_camera camera;
    int result = scrim_index_simple(index, STATEMENT_BEGIN, error);
    if (result < 0)
        return result;
    // The site's name is in the row's chain only when the journals are read: they come first.
    result = scrim_index_camera_get(index, file->camera, &camera, error);
    if (result >= 0)
        result = insert_row(index, camera.id, file, error);
    if (result >= 0)
        result = scrim_index_simple(index, STATEMENT_COMMIT, error);
    if (result < 0)
        (void)!scrim_index_simple(index, STATEMENT_ROLLBACK, NULL);
    return result;
}

int scrim_index_add_archive_file(struct scrim_index *index, const struct scrim_archive_file *file,
                                 struct scrim_error *error)
{
    char day[SCRIM_DAY_TEXT] = "";
    memcpy(day, file->file, SCRIM_DAY_TEXT - 1);
    if (strlen(file->file) <= SCRIM_DAY_TEXT || file->file[SCRIM_DAY_TEXT - 1] != '/' ||
        !scrim_day_valid(day) || !name_valid(file->file + SCRIM_DAY_TEXT) ||
        file->end_us < file->start_us)
        return scrim_fail(error, SCRIM_EINVAL, "camera %s: %s is not a redacted file's name",
                          file->camera, file->file);
    const int result = append_to_list(index, file, day, file->file + SCRIM_DAY_TEXT, error);
    return result < 0 ? result : scrim_index_insert_archive(index, file, error);
}

static int load_lines(struct scrim_index *index, const struct index_camera *camera, const char *day,
                      const struct scrim_buf *list, struct scrim_error *error)
{
    const struct scrim_log log = scrim_log_named("index");
    struct scrim_reader reader = scrim_reader_of(list->data, list->len);
    const char *line;
    size_t length;
    int result = SCRIM_OK;
    while (result >= 0 && scrim_read_line(&reader, &line, &length)) {
        struct scrim_archive_file file;
        char path[SCRIM_PATH_MAX];
        if (!scrim_archive_line_parse(line, length, camera->name, day, &file)) {
            scrim_warn(&log, "veil/%s/%s/list: a line that cannot be read is left out",
                       camera->name, day);
            continue;
        }
        if (snprintf(path, sizeof path, "%s/veil/%s/%s", index->dir, camera->name, file.file) <
                (int)sizeof path &&
            access(path, F_OK) == 0)
            result = insert_row(index, camera->id, &file, error);
    }
    return result;
}

static int load_day(struct scrim_index *index, const struct index_camera *camera, const char *day,
                    struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf list;
    scrim_buf_init(&list, LIST_MAX);
    int result = list_path(path, index->dir, camera->name, day, error);
    if (result >= 0)
        result = scrim_fs_read(path, &list, error);
    if (result >= 0)
        result = load_lines(index, camera, day, &list, error);
    scrim_buf_finish(&list);
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}

static int load_camera(struct scrim_index *index, const char *name, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], **days = NULL;
    size_t count = 0;
    struct index_camera camera;
    int result = scrim_index_camera_get(index, name, &camera, error);
    if (result == SCRIM_ENOENT)
        return SCRIM_OK; // not a camera of this site any more
    if (result >= 0 &&
        snprintf(path, sizeof path, "%s/veil/%s", index->dir, name) >= (int)sizeof path)
        result = scrim_fail(error, SCRIM_EINVAL, "%s: path too long", index->dir);
    if (result >= 0)
        result = scrim_fs_list(path, &days, &count, error);
    for (size_t i = 0; i < count && result >= 0; i++) {
        if (scrim_day_valid(days[i]))
            result = load_day(index, &camera, days[i], error);
        if (result >= 0 && scrim_day_valid(days[i]))
            result = scrim_index_load_states(index, &camera, days[i], error);
    }
    scrim_fs_free_names(days, count);
    return result;
}

int scrim_index_load_archive(struct scrim_index *index, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], **cameras = NULL;
    size_t count = 0;
    if (scrim_path_join(path, index->dir, "veil") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", index->dir);
    int result = scrim_fs_list(path, &cameras, &count, error);
    if (result == SCRIM_ENOENT)
        return SCRIM_OK;
    if (result >= 0)
        result = scrim_index_simple(index, STATEMENT_BEGIN, error);
    for (size_t i = 0; i < count && result >= 0; i++) {
        result = load_camera(index, cameras[i], error);
        if (result == SCRIM_ENOENT)
            result = SCRIM_OK; // a stray file instead of a directory
    }
    if (result >= 0)
        result = scrim_index_simple(index, STATEMENT_COMMIT, error);
    if (result < 0)
        (void)!scrim_index_simple(index, STATEMENT_ROLLBACK, NULL);
    scrim_fs_free_names(cameras, count);
    return result;
}

int scrim_index_archive_files(struct scrim_index *index, const char *camera, int64_t from_us,
                              int64_t to_us, size_t limit, struct scrim_archive_file **ret,
                              size_t *ret_count, struct scrim_error *error)
{
    struct index_camera row;
    int result = scrim_index_refresh(index, error);
    if (result >= 0)
        result = scrim_index_camera_get(index, camera, &row, error);
    if (result < 0)
        return result;
    sqlite3_stmt *select = scrim_index_statement(index, STATEMENT_ARCHIVES, error);
    if (!select)
        return error ? error->code : SCRIM_EIO;
    sqlite3_bind_int64(select, 1, row.id);
    sqlite3_bind_int64(select, 2, from_us);
    sqlite3_bind_int64(select, 3, to_us);
    sqlite3_bind_int64(select, 4, (sqlite3_int64)limit);

    struct scrim_buf files;
    scrim_buf_init(&files, limit * sizeof **ret);
    int code;
    while (result >= 0 && (code = sqlite3_step(select)) != SQLITE_DONE) {
        struct scrim_archive_file file = {0};
        if (code != SQLITE_ROW) {
            result = scrim_index_fail(index, code, error);
            break;
        }
        snprintf(file.camera, sizeof file.camera, "%s", camera);
        file.start_us = sqlite3_column_int64(select, 0);
        file.end_us = sqlite3_column_int64(select, 1);
        file.first_pts_us = sqlite3_column_int64(select, 2);
        file.bytes = (uint64_t)sqlite3_column_int64(select, 3);
        snprintf(file.file, sizeof file.file, "%s", (const char *)sqlite3_column_text(select, 4));
        snprintf(file.mime, sizeof file.mime, "%s", (const char *)sqlite3_column_text(select, 5));
        result = scrim_buf_append(&files, &file, sizeof file);
        if (result < 0)
            scrim_fail(error, result, "camera %s: %s", camera, scrim_err_text(result));
    }
    sqlite3_reset(select);
    if (result < 0) {
        scrim_buf_finish(&files);
        return result;
    }
    *ret_count = files.len / sizeof **ret;
    *ret = (struct scrim_archive_file *)(void *)files.data;
    return SCRIM_OK;
}
