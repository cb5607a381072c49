// The stock as the disks have it: a day's journal first, then its directories, so that a file that
// is finished in between has no record yet rather than being missed.
#include "keeper/stock.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL_MAX (256U << 20)
#define CHUNK (1U << 20) // bytes of a journal that are read at once

// "<day>/<name>" as a piece's identity.
static bool place_of(const char *day, const char *name, struct scrim_piece *ret)
{
    int second;
    if (!scrim_segment_name_parse(name, &second))
        return false;
    ret->start_us = scrim_day_us(day) + second * SCRIM_SECOND;
    ret->nth = name[6] == '-' ? (uint16_t)strtoul(name + 7, NULL, 10) : 0;
    return true;
}

static uint32_t fit_u32(uint64_t value)
{
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static bool piece_of(const struct scrim_stock *stock, const struct scrim_record *record,
                     struct scrim_piece *ret)
{
    const int disk = scrim_disks_find(stock->site, record->disk, NULL); // or taken out since
    struct scrim_piece piece = {.state = SCRIM_PIECE_RECORDED};
    if (disk < 0 || !place_of(record->file, record->file + SCRIM_DAY_TEXT, &piece))
        return false;
    const int64_t offset_us = record->start_us - piece.start_us;
    piece.disk = (uint8_t)disk;
    piece.bytes = fit_u32(record->bytes);
    piece.torn = record->torn;
    piece.end_us = record->end_us > piece.start_us ? record->end_us : piece.start_us;
    // A clock that was set between the name and the first picture makes no difference.
    piece.offset_us = offset_us >= 0 && offset_us < SCRIM_SECOND ? (int32_t)offset_us : 0;
    *ret = piece;
    return true;
}

// --- lines ---

struct reading {
    struct scrim_stock *stock;
    struct scrim_stock_camera *camera;
    const char *loading_day; // its segments wait in `found`; NULL: what is read goes straight in
    struct scrim_stock_camera found;
};

static bool is_on_disk(const struct reading *reading, const struct scrim_piece *piece)
{
    char path[SCRIM_PATH_MAX];
    return scrim_stock_path(reading->stock, reading->camera, piece, path) >= 0 &&
           access(path, F_OK) == 0;
}

static int take_record(struct reading *reading, const struct scrim_record *record)
{
    struct scrim_piece piece;
    if (record->type == SCRIM_RECORD_PURGE && reading->stock->on_purge)
        reading->stock->on_purge(reading->stock->context, record);
    if (record->type != SCRIM_RECORD_SEGMENT || !piece_of(reading->stock, record, &piece))
        return SCRIM_OK;
    if (!reading->loading_day)
        return scrim_stock_add(reading->camera, &piece);
    if (strncmp(record->file, reading->loading_day, SCRIM_DAY_TEXT - 1) == 0)
        return scrim_stock_add(&reading->found, &piece);
    // The clock was set back, and the file lies in a day before its record.
    return is_on_disk(reading, &piece) ? scrim_stock_add(reading->camera, &piece) : SCRIM_OK;
}

// Takes whole lines; *ret_used is how far they went. Damaged ones are for `scrim check` to name.
static int take_lines(struct reading *reading, const struct scrim_buf *text, size_t *ret_used)
{
    struct scrim_reader reader = scrim_reader_of(text->data, text->len);
    const char *line;
    size_t length;
    int result = SCRIM_OK;
    while (result >= 0 && scrim_read_line(&reader, &line, &length)) {
        struct scrim_record record;
        uint8_t prev[32];
        if (scrim_journal_parse(line, length, NULL, &record, prev, NULL) >= 0)
            result = take_record(reading, &record);
    }
    *ret_used = text->len - reader.left;
    return result;
}

// --- loading a day ---

static int take_file(struct reading *reading, unsigned disk, const char *path, const char *name)
{
    struct scrim_piece piece = {.disk = (uint8_t)disk, .state = SCRIM_PIECE_UNRECORDED};
    if (!place_of(reading->loading_day, name, &piece))
        return SCRIM_OK; // a journal, a tail, or nothing of ours
    const struct scrim_piece *recorded =
        scrim_stock_find(&reading->found, piece.start_us, piece.nth);
    if (recorded) {
        piece = *recorded;
        piece.disk = (uint8_t)disk; // where it is, whatever its record says
        return scrim_stock_add(reading->camera, &piece);
    }
    struct stat info;
    char file[SCRIM_PATH_MAX];
    if (scrim_path_join(file, path, name) < 0)
        return SCRIM_EINVAL;
    if (stat(file, &info) < 0)
        return errno == ENOENT ? SCRIM_OK : scrim_err_from_errno(errno);
    const int64_t end_us = info.st_mtim.tv_sec * SCRIM_SECOND + info.st_mtim.tv_nsec / 1000;
    piece.end_us = end_us > piece.start_us ? end_us : piece.start_us;
    piece.bytes = fit_u32((uint64_t)info.st_size);
    return scrim_stock_add(reading->camera, &piece);
}

static int list_disk(struct reading *reading, unsigned disk, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    char **names = NULL;
    size_t count = 0;
    if (scrim_disks_path(path, reading->stock->site, disk, reading->camera->id,
                         reading->loading_day) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "camera %s: path too long", reading->camera->id);
    int result = scrim_fs_list(path, &names, &count, error);
    if (result == SCRIM_ENOENT)
        return SCRIM_OK;
    for (size_t i = 0; i < count && result >= 0; i++) {
        result = take_file(reading, disk, path, names[i]);
        if (result < 0)
            result = scrim_fail(error, result, "%s/%s: %s", path, names[i], scrim_err_text(result));
    }
    if (names)
        scrim_fs_free_names(names, count);
    return result;
}

// What is recorded but not there still says how much the camera writes.
static int note_gone(struct reading *reading, struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (size_t i = 0; i < reading->found.count && result >= 0; i++) {
        struct scrim_piece piece = reading->found.pieces[i];
        piece.state = SCRIM_PIECE_GONE;
        result = scrim_stock_add(reading->camera, &piece);
    }
    scrim_stock_compact(reading->camera);
    return result < 0 ? scrim_fail(error, result, "no memory for camera %s", reading->camera->id)
                      : SCRIM_OK;
}

static int load_day(struct reading *reading, const char *day, size_t *ret_offset,
                    struct scrim_error *error)
{
    struct scrim_buf text;
    reading->loading_day = day;
    *ret_offset = 0;
    int result =
        scrim_journal_read(reading->stock->site->dir, reading->camera->id, day, &text, error);
    if (result >= 0) {
        result = take_lines(reading, &text, ret_offset);
        if (result < 0)
            scrim_fail(error, result, "camera %s, %s: %s", reading->camera->id, day,
                       scrim_err_text(result));
    } else if (result == SCRIM_ENOENT) {
        result = SCRIM_OK; // files without a journal
    }
    scrim_buf_finish(&text);
    for (unsigned at = 0; at < reading->stock->disks_count && result >= 0; at++) {
        if (reading->stock->present[at])
            result = list_disk(reading, at, error);
    }
    if (result >= 0)
        result = note_gone(reading, error);
    free(reading->found.pieces);
    return result;
}

// --- following ---

static int read_on(struct reading *reading, bool *ret_more, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], below[SCRIM_DAY_TEXT + 16];
    struct scrim_buf text;
    struct scrim_stock_camera *camera = reading->camera;
    snprintf(below, sizeof below, "%s/journal", camera->day);
    *ret_more = false;
    if (scrim_store_path(path, reading->stock->site->dir, camera->id, below) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", reading->stock->site->dir);
    SCRIM_AUTO(scrim_close_fd) int fd = scrim_fs_open(path, O_RDONLY, 0, error);
    if (fd < 0)
        return fd == SCRIM_ENOENT ? SCRIM_OK : fd;
    scrim_buf_init(&text, CHUNK);
    int result = scrim_buf_reserve(&text, CHUNK);
    const ssize_t got = result < 0 ? 0 : pread(fd, text.data, CHUNK, (off_t)camera->offset);
    if (got < 0)
        result = scrim_fail_errno(error, errno, "cannot read %s", path);
    size_t used = 0;
    if (result >= 0) {
        text.len = (size_t)got;
        result = take_lines(reading, &text, &used);
    }
    camera->offset += used;
    *ret_more = used > 0 && (size_t)got == CHUNK;
    scrim_buf_finish(&text);
    return result;
}

// Takes the earliest valid day of the directory that lies after `after` and before *ret ("": any).
static int earliest_day(const char *path, const char *after, char ret[SCRIM_DAY_TEXT],
                        struct scrim_error *error)
{
    char **days = NULL;
    size_t count = 0;
    const int result = scrim_fs_list(path, &days, &count, error);
    if (result < 0)
        return result == SCRIM_ENOENT ? SCRIM_OK : result;
    for (size_t i = 0; i < count; i++) {
        if (scrim_day_valid(days[i]) && strcmp(days[i], after) > 0 &&
            (ret[0] == '\0' || strcmp(days[i], ret) < 0))
            memcpy(ret, days[i], SCRIM_DAY_TEXT);
    }
    scrim_fs_free_names(days, count);
    return SCRIM_OK;
}

// The camera's day after the one it stands at, "" if there is none. While it is loaded on every
// disk, as the clock may have been set back between a file and its record.
static int next_day(const struct scrim_stock *stock, const struct scrim_stock_camera *camera,
                    char ret[SCRIM_DAY_TEXT], struct scrim_error *error)
{
    int result = SCRIM_OK;
    ret[0] = '\0';
    for (unsigned at = 0; at < (camera->loaded ? 1 : stock->disks_count) && result >= 0; at++) {
        char path[SCRIM_PATH_MAX];
        if (!stock->present[at])
            continue;
        if (scrim_disks_path(path, stock->site, at, camera->id, NULL) < 0)
            return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", stock->site->dir);
        result = earliest_day(path, camera->day, ret, error);
    }
    return result;
}

int scrim_stock_step(struct scrim_stock *stock, struct scrim_stock_camera *camera,
                     struct scrim_error *error)
{
    struct reading reading = {.stock = stock, .camera = camera};
    char day[SCRIM_DAY_TEXT];
    if (camera->loaded) {
        bool more = false;
        const int result = read_on(&reading, &more, error);
        if (result < 0 || more)
            return result < 0 ? result : 1;
    }
    int result = next_day(stock, camera, day, error);
    if (result < 0)
        return result;
    if (day[0] == '\0') {
        camera->loaded = true;
        return 0;
    }
    size_t offset = 0;
    if (!camera->loaded)
        result = load_day(&reading, day, &offset, error);
    if (result < 0)
        return result;
    memcpy(camera->day, day, sizeof day);
    camera->offset = offset;
    return 1;
}

int scrim_stock_load(struct scrim_stock *stock, struct scrim_error *error)
{
    int result = scrim_stock_find_cameras(stock, error);
    for (size_t i = 0; i < stock->cameras_count && result >= 0; i++) {
        do
            result = scrim_stock_step(stock, &stock->cameras[i], error);
        while (result > 0);
    }
    return result;
}
