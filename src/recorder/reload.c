#include "recorder/reload.h"

#include "base/alloc.h"
#include "recorder/orders.h"
#include "store/disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool knows(const struct scrim_known_cameras *known, const char *id)
{
    for (size_t i = 0; i < known->count; i++) {
        if (strcmp(known->ids[i], id) == 0)
            return true;
    }
    return false;
}

static void note(struct scrim_known_cameras *known, const struct scrim_site_config *config)
{
    char **ids = scrim_new_array(known->count + config->cameras_count + 1, char *);
    for (size_t i = 0; i < known->count; i++)
        ids[i] = known->ids[i];
    free(known->ids);
    known->ids = ids;
    for (unsigned i = 0; i < config->cameras_count; i++) {
        if (!knows(known, config->cameras[i].id))
            known->ids[known->count++] = scrim_strdup(config->cameras[i].id);
    }
}

int scrim_known_cameras_recover(struct scrim_known_cameras *known, const struct scrim_site *site,
                                const struct scrim_device_key *key, uint64_t boot,
                                struct scrim_journal_head *heads, struct scrim_error *error)
{
    const struct scrim_site_config *config = site->config;
    int result = SCRIM_OK;
    for (unsigned i = 0; i < config->cameras_count && result >= 0; i++) {
        if (!knows(known, config->cameras[i].id))
            result = scrim_store_recover(site, config->cameras[i].id, key, boot, &heads[i], error);
    }
    if (result >= 0)
        note(known, config);
    return result;
}

void scrim_known_cameras_finish(struct scrim_known_cameras *known)
{
    for (size_t i = 0; i < known->count; i++)
        free(known->ids[i]);
    free(known->ids);
}

static int send_order(int orders_fd, struct scrim_order *order, const char *camera,
                      struct scrim_error *error)
{
    snprintf(order->camera, sizeof order->camera, "%s", camera);
    const int result = scrim_order_send(orders_fd, order, -1);
    return result < 0 ? scrim_fail(error, result, "the sealer does not hear") : SCRIM_OK;
}

// With or without a sub stream, or with something else kept of it, it is another camera to the
// sealer.
static bool stays(const struct scrim_camera_config *camera, const struct scrim_site *other)
{
    const struct scrim_camera_config *same = scrim_site_camera(other, camera->id);
    return same && !same->sub_url == !camera->sub_url && same->keep == camera->keep;
}

static int remove_gone(const struct scrim_site *before, const struct scrim_site *after,
                       int orders_fd, struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (unsigned i = 0; i < before->config->cameras_count && result >= 0; i++) {
        const struct scrim_camera_config *camera = &before->config->cameras[i];
        struct scrim_order order = {.kind = SCRIM_ORDER_REMOVE,
                                    .changed = scrim_site_camera(after, camera->id) != NULL};
        if (!stays(camera, after))
            result = send_order(orders_fd, &order, camera->id, error);
    }
    return result;
}

static int add_and_place(const struct scrim_site *before, const struct scrim_site *after,
                         const struct scrim_journal_head *heads, int orders_fd,
                         struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (unsigned i = 0; i < after->config->cameras_count && result >= 0; i++) {
        const struct scrim_camera_config *camera = &after->config->cameras[i];
        struct scrim_order order = {.kind =
                                        stays(camera, before) ? SCRIM_ORDER_PLACE : SCRIM_ORDER_ADD,
                                    .place = (int)i,
                                    .has_sub = camera->sub_url != NULL,
                                    .keep = camera->keep,
                                    .head = heads[i]};
        result = send_order(orders_fd, &order, camera->id, error);
    }
    return result;
}

int scrim_reload(const struct scrim_site *before, const struct scrim_site *after,
                 struct scrim_known_cameras *known, uint64_t boot, int orders_fd,
                 struct scrim_error *error)
{
    struct scrim_journal_head *heads =
        scrim_new_array(after->config->cameras_count + 1, struct scrim_journal_head);
    struct scrim_device_key *key = NULL;
    int result = scrim_device_key_load(after->dir, &key, error);
    if (result >= 0)
        result = scrim_known_cameras_recover(known, after, key, boot, heads, error);
    scrim_device_key_destroy(key);
    if (result >= 0)
        result = remove_gone(before, after, orders_fd, error);
    if (result >= 0)
        result = add_and_place(before, after, heads, orders_fd, error);
    free(heads);
    return result;
}
