// What became of the redacted picture: the file of each day, one line a change, and the rows made
// from it.
//
//     {"v":1,"at_us":…,"state":"opaque","reason":"…"}\n
#include "index/index_impl.h"

#include "base/alloc.h"
#include "base/log.h"
#include "store/json_text.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX (16U << 20) // bytes of one day
#define LINE_MAX_BYTES 2048  // a reason may be all escapes

static const char *const names[SCRIM_VEIL_WAS] = {"live", "opaque", "waiting", "down"};

static int states_path(char ret[SCRIM_PATH_MAX], const char *dir, const char *camera,
                       const char *day, struct scrim_error *error)
{
    return snprintf(ret, SCRIM_PATH_MAX, "%s/veil/%s/%s/states", dir, camera, day) >= SCRIM_PATH_MAX
               ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir)
               : SCRIM_OK;
}

bool scrim_state_line_parse(const char *line, size_t length, struct scrim_veil_spell *ret)
{
    struct scrim_reader reader = scrim_reader_of(line, length);
    struct scrim_veil_spell spell = {0};
    char name[16];
    unsigned state = 0;
    if (!scrim_json_take(&reader, "{\"v\":1,\"at_us\":") ||
        !scrim_json_take_i64(&reader, &spell.from_us) || spell.from_us < 0 ||
        !scrim_json_take(&reader, ",\"state\":") ||
        !scrim_json_take_string(&reader, name, sizeof name) ||
        !scrim_json_take(&reader, ",\"reason\":") ||
        !scrim_json_take_string(&reader, spell.reason, sizeof spell.reason) ||
        !scrim_json_take(&reader, "}") || reader.left > 0)
        return false;
    while (state < SCRIM_VEIL_WAS && strcmp(names[state], name) != 0)
        state++;
    spell.state = (enum scrim_veil_was)state;
    *ret = spell;
    return state < SCRIM_VEIL_WAS;
}

static int format_line(const struct scrim_veil_spell *spell, struct scrim_buf *line)
{
    int result = scrim_buf_printf(
        line, "{\"v\":1,\"at_us\":%" PRId64 ",\"state\":\"%s\",\"reason\":", spell->from_us,
        names[spell->state]);
    if (result >= 0)
        result = scrim_json_append_string(line, spell->reason);
    return result < 0 ? result : scrim_buf_append_text(line, "}\n");
}

// Not flushed: a power cut may cost the last seconds of it, and no more.
static int append_line(const struct scrim_index *index, const char *camera,
                       const struct scrim_veil_spell *spell, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], day[SCRIM_DAY_TEXT], day_dir[SCRIM_PATH_MAX];
    struct scrim_buf line;
    SCRIM_AUTO(scrim_close_fd) int fd = -1;
    scrim_day_of(spell->from_us, day);
    scrim_buf_init(&line, LINE_MAX_BYTES);
    int result = states_path(path, index->dir, camera, day, error);
    if (result >= 0 && (result = format_line(spell, &line)) < 0)
        scrim_fail(error, result, "camera %s: a state's line is too long", camera);
    if (result >= 0)
        result = scrim_veil_day_dir(day_dir, index->dir, camera, spell->from_us);
    if (result >= 0)
        result = scrim_fs_make_dirs(day_dir, 0750, error); // the keeper reads what is in it
    if (result >= 0)
        result = fd = scrim_fs_open(path, O_WRONLY | O_CREAT | O_APPEND, 0640, error);
    if (result >= 0)
        result = scrim_fs_write(fd, line.data, line.len, path, error);
    scrim_buf_finish(&line);
    return result;
}

static int insert_row(struct scrim_index *index, sqlite3_int64 camera,
                      const struct scrim_veil_spell *spell, struct scrim_error *error)
{
    sqlite3_stmt *add = scrim_index_statement(index, STATEMENT_STATE_ADD, error);
    if (!add)
        return error ? error->code : SCRIM_EIO;
    sqlite3_bind_int64(add, 1, camera);
    sqlite3_bind_int64(add, 2, spell->from_us);
    sqlite3_bind_int(add, 3, (int)spell->state);
    sqlite3_bind_text(add, 4, spell->reason, -1, SQLITE_STATIC);
    return scrim_index_run(index, add, error);
}

static int said_last(struct scrim_index *index, sqlite3_int64 camera,
                     const struct scrim_veil_spell *spell, bool *ret, struct scrim_error *error)
{
    sqlite3_stmt *last = scrim_index_statement(index, STATEMENT_STATE_LAST, error);
    if (!last)
        return error ? error->code : SCRIM_EIO;
    sqlite3_bind_int64(last, 1, camera);
    const int code = sqlite3_step(last);
    if (code == SQLITE_ROW) // that it is down, for another reason, is no news
        *ret = sqlite3_column_int(last, 0) == (int)spell->state &&
               (spell->state == SCRIM_VEIL_WAS_DOWN ||
                strcmp((const char *)sqlite3_column_text(last, 1), spell->reason) == 0);
    else // a camera that was never shown is down
        *ret = spell->state == SCRIM_VEIL_WAS_DOWN;
    const int result =
        code == SQLITE_ROW || code == SQLITE_DONE ? SCRIM_OK : scrim_index_fail(index, code, error);
    sqlite3_reset(last);
    return result;
}

int scrim_index_add_state(struct scrim_index *index, const char *site, const char *camera,
                          const struct scrim_veil_spell *spell, struct scrim_error *error)
{
    struct index_camera row;
    bool known = false;
    int result = scrim_index_camera_obtain(index, site, camera, &row, error);
    if (result >= 0)
        result = said_last(index, row.id, spell, &known, error);
    if (result < 0 || known)
        return result;
    result = append_line(index, camera, spell, error);
    return result < 0 ? result : insert_row(index, row.id, spell, error);
}

static int load_lines(struct scrim_index *index, const struct index_camera *camera, const char *day,
                      const struct scrim_buf *lines, struct scrim_error *error)
{
    const struct scrim_log log = scrim_log_named("index");
    struct scrim_reader reader = scrim_reader_of(lines->data, lines->len);
    const char *line;
    size_t length;
    int result = SCRIM_OK;
    while (result >= 0 && scrim_read_line(&reader, &line, &length)) {
        struct scrim_veil_spell spell;
        if (scrim_state_line_parse(line, length, &spell))
            result = insert_row(index, camera->id, &spell, error);
        else
            scrim_warn(&log, "veil/%s/%s/states: a line that cannot be read is left out",
                       camera->name, day);
    }
    return result;
}

int scrim_index_load_states(struct scrim_index *index, const struct index_camera *camera,
                            const char *day, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf lines;
    scrim_buf_init(&lines, FILE_MAX);
    int result = states_path(path, index->dir, camera->name, day, error);
    if (result >= 0)
        result = scrim_fs_read(path, &lines, error);
    if (result >= 0)
        result = load_lines(index, camera, day, &lines, error);
    scrim_buf_finish(&lines);
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}
