#include "keeper/stock.h"

#include "base/alloc.h"
#include "keeper/admission.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEASURE_US (24 * 3600 * SCRIM_SECOND)
#define SCRAPS_LEAST_US SCRIM_SECOND

void scrim_stock_init(struct scrim_stock *stock, const struct scrim_site *site)
{
    *stock = (struct scrim_stock){.site = site, .disks_count = scrim_disks_count(site)};
    scrim_stock_look(stock);
}

void scrim_stock_look(struct scrim_stock *stock)
{
    bool came = false;
    for (unsigned at = 0; at < stock->disks_count; at++) {
        const bool is = scrim_disks_look(stock->site, at, NULL) == SCRIM_DISK_PRESENT;
        came |= is && !stock->present[at];
        stock->present[at] = is;
    }
    for (size_t i = 0; i < stock->cameras_count && came; i++) {
        stock->cameras[i].loaded = false;
        stock->cameras[i].day[0] = '\0';
    }
}

void scrim_stock_finish(struct scrim_stock *stock)
{
    for (size_t i = 0; i < stock->cameras_count; i++)
        free(stock->cameras[i].pieces);
    free(stock->cameras);
    *stock = (struct scrim_stock){0};
}

struct scrim_stock_camera *scrim_stock_camera(struct scrim_stock *stock, const char *id)
{
    for (size_t i = 0; i < stock->cameras_count; i++) {
        if (strcmp(stock->cameras[i].id, id) == 0)
            return &stock->cameras[i];
    }
    return NULL;
}

static int add_camera(struct scrim_stock *stock, const char *id)
{
    struct scrim_stock_camera *larger =
        scrim_realloc(stock->cameras, (stock->cameras_count + 1) * sizeof *larger);
    if (!larger)
        return SCRIM_ENOMEM;
    stock->cameras = larger;
    struct scrim_stock_camera *camera = &larger[stock->cameras_count++];
    *camera = (struct scrim_stock_camera){0};
    snprintf(camera->id, sizeof camera->id, "%s", id);
    return SCRIM_OK;
}

static bool is_camera(const char *name)
{
    const size_t length = strlen(name);
    return length >= 1 && length <= SCRIM_CAMERA_ID_MAX && name[0] != '-' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

int scrim_stock_find_cameras(struct scrim_stock *stock, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    char **names = NULL;
    size_t count = 0;
    if (scrim_path_join(path, stock->site->dir, "store") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", stock->site->dir);
    int result = scrim_fs_list(path, &names, &count, error);
    if (result < 0)
        return result == SCRIM_ENOENT ? SCRIM_OK : result;
    for (size_t i = 0; i < count && result >= 0; i++) {
        if (!is_camera(names[i]) || scrim_stock_camera(stock, names[i]))
            continue;
        result = add_camera(stock, names[i]);
        if (result < 0)
            result = scrim_fail(error, result, "no memory for camera %s", names[i]);
    }
    scrim_fs_free_names(names, count);
    return result;
}

// --- pieces ---

static int compare(const struct scrim_piece *piece, int64_t start_us, unsigned nth)
{
    if (piece->start_us != start_us)
        return piece->start_us < start_us ? -1 : 1;
    return (piece->nth > nth) - (piece->nth < nth);
}

// The first place whose piece does not come before.
static size_t lower_bound(const struct scrim_stock_camera *camera, int64_t start_us, unsigned nth)
{
    size_t low = 0, high = camera->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare(&camera->pieces[middle], start_us, nth) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t scrim_stock_from(const struct scrim_stock_camera *camera, int64_t start_us)
{
    return lower_bound(camera, start_us, 0);
}

const struct scrim_piece *scrim_stock_find(const struct scrim_stock_camera *camera,
                                           int64_t start_us, unsigned nth)
{
    const size_t at = lower_bound(camera, start_us, nth);
    if (at == camera->count || compare(&camera->pieces[at], start_us, nth) != 0)
        return NULL;
    return &camera->pieces[at];
}

int scrim_stock_add(struct scrim_stock_camera *camera, const struct scrim_piece *piece)
{
    const size_t at = lower_bound(camera, piece->start_us, piece->nth);
    if (at < camera->count && compare(&camera->pieces[at], piece->start_us, piece->nth) == 0) {
        // Now it has a record, or its disk is back.
        if (piece->state != SCRIM_PIECE_GONE &&
            (camera->pieces[at].state == SCRIM_PIECE_UNRECORDED ||
             camera->pieces[at].state == SCRIM_PIECE_GONE))
            camera->pieces[at] = *piece;
        return SCRIM_OK;
    }
    if (camera->count == camera->room) {
        const size_t room = camera->room ? 2 * camera->room : 256;
        struct scrim_piece *larger = scrim_realloc(camera->pieces, room * sizeof *larger);
        if (!larger)
            return SCRIM_ENOMEM;
        camera->pieces = larger;
        camera->room = room;
    }
    memmove(&camera->pieces[at + 1], &camera->pieces[at],
            (camera->count - at) * sizeof *camera->pieces);
    camera->pieces[at] = *piece;
    camera->count++;
    return SCRIM_OK;
}

void scrim_stock_doom(struct scrim_stock_camera *camera, struct scrim_piece *piece)
{
    piece->state = SCRIM_PIECE_DOOMED;
    camera->doomed++;
}

void scrim_stock_gone(struct scrim_stock_camera *camera, struct scrim_piece *piece)
{
    camera->doomed -= piece->state == SCRIM_PIECE_DOOMED;
    piece->state = SCRIM_PIECE_GONE;
}

bool scrim_stock_empty(const struct scrim_stock_camera *camera)
{
    for (size_t i = 0; i < camera->count; i++) {
        if (camera->pieces[i].state != SCRIM_PIECE_GONE)
            return false;
    }
    return true;
}

void scrim_stock_compact(struct scrim_stock_camera *camera)
{
    const int64_t newest_us = camera->count > 0 ? camera->pieces[camera->count - 1].start_us : 0;
    size_t kept = 0;
    for (size_t i = 0; i < camera->count; i++) {
        if (camera->pieces[i].state != SCRIM_PIECE_GONE ||
            camera->pieces[i].start_us > newest_us - MEASURE_US)
            camera->pieces[kept++] = camera->pieces[i];
    }
    camera->count = kept;
}

int scrim_stock_path(const struct scrim_stock *stock, const struct scrim_stock_camera *camera,
                     const struct scrim_piece *piece, char ret[SCRIM_PATH_MAX])
{
    char day[SCRIM_DAY_TEXT], name[32];
    scrim_day_of(piece->start_us, day);
    scrim_segment_name(name, piece->start_us, piece->nth);
    char below[SCRIM_DAY_TEXT + sizeof name];
    snprintf(below, sizeof below, "%s/%s", day, name);
    return scrim_disks_path(ret, stock->site, piece->disk, camera->id, below);
}

// Bytes by disk, and the recording that they are. What it weighs in a rate is its length.
struct measure {
    uint64_t written[SCRIM_DISKS_MAX];
    int64_t length_us;
};

static int64_t piece_length_us(const struct scrim_piece *piece)
{
    return piece->end_us - piece->start_us - piece->offset_us;
}

static void measure(struct measure *measure, const struct scrim_piece *piece)
{
    if (measure->length_us >= MEASURE_US)
        return;
    measure->written[piece->disk] += piece->bytes;
    measure->length_us += piece_length_us(piece);
}

static void take_measure(struct scrim_stock_tally *tally, const struct measure *measure)
{
    memcpy(tally->written, measure->written, sizeof tally->written);
    tally->measured_us = measure->length_us;
}

void scrim_stock_count(const struct scrim_stock *stock, const struct scrim_stock_camera *camera,
                       struct scrim_stock_tally *ret)
{
    struct measure whole = {0}, scraps = {0};
    *ret = (struct scrim_stock_tally){0};
    for (size_t i = 0; i < stock->disks_count; i++)
        ret->oldest_us[i] = INT64_MAX;
    for (size_t i = camera->count; i-- > 0;) { // newest first
        const struct scrim_piece *piece = &camera->pieces[i];
        if (piece->state == SCRIM_PIECE_DOOMED)
            ret->doomed[piece->disk] += piece->bytes;
        if (piece->state != SCRIM_PIECE_UNRECORDED)
            measure(piece->torn || piece_length_us(piece) < SCRIM_MEASURE_LEAST_US ? &scraps
                                                                                   : &whole,
                    piece);
        if (!scrim_piece_stays(piece))
            continue;
        ret->bytes[piece->disk] += piece->bytes;
        ret->total += piece->bytes;
        ret->oldest_us[piece->disk] = piece->start_us;
    }
    if (whole.length_us > 0)
        take_measure(ret, &whole);
    else if (scraps.length_us >= SCRAPS_LEAST_US)
        take_measure(ret, &scraps);
}
