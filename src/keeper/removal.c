#include "keeper/removal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DAY_US (24 * 3600 * SCRIM_SECOND)

static bool remove_file(const char *path, struct scrim_removal *removal)
{
    struct scrim_error error;
    const int result = scrim_fs_unlink(path, &error);
    if (result >= 0 || result == SCRIM_ENOENT)
        return true;
    if (removal->failures++ == 0)
        removal->first = error;
    return false;
}

// The tail first: as long as its segment lies there, it is found again.
static bool remove_piece(const struct scrim_stock *stock, const struct scrim_stock_camera *camera,
                         const struct scrim_piece *piece, struct scrim_removal *removal)
{
    char path[SCRIM_PATH_MAX], tail[SCRIM_PATH_MAX + 8];
    if (scrim_stock_path(stock, camera, piece, path) < 0)
        return false;
    snprintf(tail, sizeof tail, "%s.tail", path);
    if (access(tail, F_OK) == 0 && !remove_file(tail, removal))
        return false;
    return remove_file(path, removal);
}

static bool same_day(const struct scrim_piece *one, const struct scrim_piece *other)
{
    return scrim_hour_of(one->start_us) / 24 == scrim_hour_of(other->start_us) / 24;
}

// A day's directory on a disk goes with its last file, once the recorder can have no business
// there. That in the site's store holds the journal.
static void remove_day(const struct scrim_stock *stock, const struct scrim_stock_camera *camera,
                       const struct scrim_piece *last)
{
    char path[SCRIM_PATH_MAX], day[SCRIM_DAY_TEXT];
    scrim_day_of(last->start_us, day);
    if (last->disk > 0 && scrim_clock_utc_us() - last->start_us > 2 * DAY_US &&
        scrim_disks_path(path, stock->site, last->disk, camera->id, day) >= 0)
        rmdir(path); // stays if there is something in it
}

void scrim_removal_run(const struct scrim_stock *stock, struct scrim_stock_camera *camera,
                       const struct scrim_holds *holds, int64_t now_us, size_t *budget,
                       int64_t deadline_us, struct scrim_removal *removal)
{
    const struct scrim_piece *last = NULL;
    if (camera->doomed == 0)
        return;
    for (size_t i = 0; i<camera->count && * budget> 0; i++) {
        struct scrim_piece *piece = &camera->pieces[i];
        if (piece->state != SCRIM_PIECE_DOOMED || !stock->present[piece->disk])
            continue;
        const uint64_t hour = scrim_hour_of(piece->start_us);
        if (scrim_holds_find(holds, camera->id, hour, hour, now_us)) {
            piece->state = SCRIM_PIECE_RECORDED;
            camera->doomed--;
            continue;
        }
        if (scrim_clock_mono_us() >= deadline_us)
            break;
        --*budget;
        if (!remove_piece(stock, camera, piece, removal))
            continue;
        scrim_stock_gone(camera, piece);
        removal->segments++;
        removal->bytes += piece->bytes;
        removal->bytes_on[piece->disk] += piece->bytes;
        if (last && (last->disk != piece->disk || !same_day(last, piece)))
            remove_day(stock, camera, last);
        last = piece;
    }
    if (last)
        remove_day(stock, camera, last);
    scrim_stock_compact(camera);
}
