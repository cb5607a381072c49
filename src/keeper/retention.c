#include "keeper/retention.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HOUR_US (3600 * SCRIM_SECOND)

// A file without a record counts by its last change, which may have come since it was looked at.
static void look_again(const struct scrim_stock *stock, const struct scrim_stock_camera *camera,
                       struct scrim_piece *piece)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    if (scrim_stock_path(stock, camera, piece, path) < 0 || stat(path, &info) < 0)
        return;
    const int64_t end_us = info.st_mtim.tv_sec * SCRIM_SECOND;
    if (end_us > piece->end_us)
        piece->end_us = end_us;
}

size_t scrim_retention_doom(const struct scrim_stock *stock, struct scrim_stock_camera *camera,
                            uint32_t retention_hours, const struct scrim_holds *holds,
                            int64_t now_us)
{
    const int64_t cutoff_us = now_us - (int64_t)retention_hours * HOUR_US;
    size_t marked = 0;
    for (size_t i = 0; i < camera->count; i++) {
        struct scrim_piece *piece = &camera->pieces[i];
        if (piece->start_us >= cutoff_us)
            break;
        if (!scrim_piece_stays(piece) || piece->end_us >= cutoff_us)
            continue;
        if (piece->state == SCRIM_PIECE_UNRECORDED) {
            look_again(stock, camera, piece);
            if (piece->end_us >= cutoff_us)
                continue;
        }
        const uint64_t hour = scrim_hour_of(piece->start_us);
        if (scrim_holds_find(holds, camera->id, hour, hour, now_us))
            continue;
        scrim_stock_doom(camera, piece);
        marked++;
    }
    return marked;
}

bool scrim_retention_hour_needed(const struct scrim_stock_camera *camera, uint64_t hour)
{
    const int64_t end_us = (int64_t)(hour + 1) * HOUR_US;
    for (size_t i = scrim_stock_from(camera, (int64_t)hour * HOUR_US);
         i < camera->count && camera->pieces[i].start_us < end_us; i++) {
        if (scrim_piece_stays(&camera->pieces[i]))
            return true;
    }
    return false;
}

int scrim_hour_ranges_add(struct scrim_hour_range **list, size_t *count, const char *camera,
                          uint64_t hour)
{
    struct scrim_hour_range *last = *count > 0 ? &(*list)[*count - 1] : NULL;
    if (last && strcmp(last->camera, camera) == 0 && last->last + 1 == hour) {
        last->last = hour;
        return SCRIM_OK;
    }
    // Powers of two, so that a long list is not copied again and again.
    if ((*count & (*count - 1)) == 0) {
        const size_t room = *count > 0 ? 2 * *count : 1;
        struct scrim_hour_range *larger = scrim_realloc(*list, room * sizeof *larger);
        if (!larger)
            return SCRIM_ENOMEM;
        *list = larger;
    }
    struct scrim_hour_range *range = &(*list)[(*count)++];
    *range = (struct scrim_hour_range){.first = hour, .last = hour};
    snprintf(range->camera, sizeof range->camera, "%s", camera);
    return SCRIM_OK;
}

int scrim_retention_keys(struct scrim_stock *stock, const struct scrim_hour_ring *ring,
                         const struct scrim_periods *periods, const struct scrim_holds *holds,
                         int64_t now_us, struct scrim_hour_range **ret, size_t *ret_count,
                         struct scrim_error *error)
{
    struct scrim_hour_cursor cursor = {0};
    struct scrim_hour_range *list = NULL;
    size_t count = 0;
    const char *camera;
    uint64_t hour;
    while (scrim_hour_ring_next(ring, &cursor, &camera, &hour)) {
        const struct scrim_stock_camera *stored = scrim_stock_camera(stock, camera);
        const int64_t keep_us = (int64_t)scrim_periods_hours(periods, camera) * HOUR_US;
        if (hour >= INT64_MAX / HOUR_US - 1 || (int64_t)(hour + 1) * HOUR_US > now_us - keep_us ||
            (stored && (!stored->loaded || scrim_retention_hour_needed(stored, hour))) ||
            scrim_holds_find(holds, camera, hour, hour, now_us))
            continue;
        if (scrim_hour_ranges_add(&list, &count, camera, hour) < 0) {
            free(list);
            return scrim_fail(error, SCRIM_ENOMEM, "no memory for the hours that are over");
        }
    }
    *ret = list;
    *ret_count = count;
    return SCRIM_OK;
}
