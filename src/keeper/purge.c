#include "keeper/purge.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US (3600 * SCRIM_SECOND)
#define ABANDONED_US HOUR_US // a file without a record that did not change for so long

struct choice {
    struct scrim_stock *stock;
    uint64_t places;
    const struct scrim_holds *holds;
    int64_t now_us;
    size_t *at;   // per camera: the piece to look at next
    ssize_t *run; // per camera: its last purge in `list`, -1: none that goes on
    struct scrim_purge_list list;
    const char *text;
};

static bool may_go(const struct choice *choice, const struct scrim_stock_camera *camera,
                   const struct scrim_piece *piece)
{
    const uint64_t hour = scrim_hour_of(piece->start_us);
    if (!(choice->places >> piece->disk & 1) || !choice->stock->present[piece->disk])
        return false;
    if (piece->state != SCRIM_PIECE_RECORDED &&
        (piece->state != SCRIM_PIECE_UNRECORDED || piece->end_us + ABANDONED_US > choice->now_us))
        return false;
    return !scrim_holds_find(choice->holds, camera->id, hour, hour, choice->now_us);
}

// Moves on to the camera's next piece that may go; NULL if there is none. A piece that stays ends
// the run of those that went.
static struct scrim_piece *next_of(struct choice *choice, size_t number)
{
    struct scrim_stock_camera *camera = &choice->stock->cameras[number];
    for (size_t *at = &choice->at[number]; *at < camera->count; ++*at) {
        if (may_go(choice, camera, &camera->pieces[*at]))
            return &camera->pieces[*at];
        if (scrim_piece_stays(&camera->pieces[*at]))
            choice->run[number] = -1;
    }
    return NULL;
}

static ssize_t oldest_camera(struct choice *choice)
{
    ssize_t found = -1;
    int64_t oldest_us = INT64_MAX;
    for (size_t i = 0; i < choice->stock->cameras_count; i++) {
        const struct scrim_piece *piece = next_of(choice, i);
        if (piece && piece->start_us < oldest_us) {
            oldest_us = piece->start_us;
            found = (ssize_t)i;
        }
    }
    return found;
}

static int note(struct choice *choice, size_t number, const struct scrim_piece *piece)
{
    struct scrim_purge_list *list = &choice->list;
    ssize_t *run = &choice->run[number];
    if (*run < 0) {
        struct scrim_purge *larger = scrim_realloc(list->list, (list->count + 1) * sizeof *larger);
        if (!larger)
            return SCRIM_ENOMEM;
        list->list = larger;
        *run = (ssize_t)list->count++;
        struct scrim_purge *purge = &larger[*run];
        *purge = (struct scrim_purge){.start_us = piece->start_us + piece->offset_us,
                                      .cause = SCRIM_GAP_DISK};
        snprintf(purge->camera, sizeof purge->camera, "%s", choice->stock->cameras[number].id);
        snprintf(purge->text, sizeof purge->text, "%s", choice->text);
    }
    struct scrim_purge *purge = &list->list[*run];
    const int64_t end_us = piece->end_us;
    purge->end_us = end_us > purge->end_us ? end_us : purge->end_us;
    purge->segments++;
    return SCRIM_OK;
}

static int choose(struct choice *choice, uint64_t wanted, uint64_t *ret_bytes)
{
    uint64_t bytes = 0;
    int result = SCRIM_OK;
    for (unsigned n = 0; n < SCRIM_PURGE_SEGMENTS_MAX && bytes < wanted && result >= 0; n++) {
        const ssize_t number = oldest_camera(choice);
        if (number < 0)
            break;
        struct scrim_stock_camera *camera = &choice->stock->cameras[number];
        struct scrim_piece *piece = &camera->pieces[choice->at[number]];
        result = note(choice, (size_t)number, piece);
        if (result >= 0) {
            scrim_stock_doom(camera, piece);
            bytes += piece->bytes;
        }
    }
    *ret_bytes = bytes;
    return result;
}

int scrim_purge_choose(struct scrim_stock *stock, uint64_t places, uint64_t bytes,
                       const struct scrim_holds *holds, int64_t now_us, const char *text,
                       struct scrim_purge_list *ret, uint64_t *ret_bytes, struct scrim_error *error)
{
    struct choice choice = {
        .stock = stock, .places = places, .holds = holds, .now_us = now_us, .text = text};
    choice.at = scrim_new_array(stock->cameras_count + 1, size_t);
    choice.run = scrim_new_array(stock->cameras_count + 1, ssize_t);
    for (size_t i = 0; i < stock->cameras_count; i++)
        choice.run[i] = -1;
    const int result = choose(&choice, bytes, ret_bytes);
    free(choice.at);
    free(choice.run);
    *ret = choice.list; // what was marked so far goes, and has to be said
    return result < 0 ? scrim_fail(error, result, "no memory for a purge") : SCRIM_OK;
}

void scrim_purge_list_finish(struct scrim_purge_list *list)
{
    free(list->list);
    *list = (struct scrim_purge_list){0};
}
