#include "recorder/hours.h"

#include "base/alloc.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 3 // the hour before, this one, the next

struct slot {
    uint64_t hour;
    bool used;
    uint8_t key[SCRIM_HOUR_KEY];
};

struct scrim_hours {
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    uint64_t first, last; // hours whose time it is; the main thread's
    pthread_mutex_t lock; // leaf lock, protects what follows
    struct slot *slots;   // SLOTS of them, in locked memory
    char why[160];
};

int scrim_hours_create(const char *camera, struct scrim_hours **ret, struct scrim_error *error)
{
    struct scrim_hours *hours = scrim_new(struct scrim_hours);
    snprintf(hours->camera, sizeof hours->camera, "%s", camera);
    pthread_mutex_init(&hours->lock, NULL);
    hours->slots = sodium_malloc(SLOTS * sizeof *hours->slots);
    if (!hours->slots) {
        scrim_hours_destroy(hours);
        return scrim_fail(error, SCRIM_ENOMEM, "camera %s: no locked memory for its keys", camera);
    }
    sodium_memzero(hours->slots, SLOTS * sizeof *hours->slots);
    *ret = hours;
    return SCRIM_OK;
}

void scrim_hours_destroy(struct scrim_hours *hours)
{
    if (!hours)
        return;
    sodium_free(hours->slots); // overwrites first
    pthread_mutex_destroy(&hours->lock);
    free(hours);
}

const char *scrim_hours_camera(const struct scrim_hours *hours)
{
    return hours->camera;
}

static struct slot *find_locked(struct scrim_hours *hours, uint64_t hour)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (hours->slots[i].used && hours->slots[i].hour == hour)
            return &hours->slots[i];
    }
    return NULL;
}

bool scrim_hours_holds(struct scrim_hours *hours, uint64_t hour)
{
    pthread_mutex_lock(&hours->lock);
    const bool found = find_locked(hours, hour) != NULL;
    pthread_mutex_unlock(&hours->lock);
    return found;
}

// There is a slot for it: they hold nothing outside first … last, which are three hours at most.
void scrim_hours_put(struct scrim_hours *hours, uint64_t hour, const uint8_t key[SCRIM_HOUR_KEY])
{
    if (hour < hours->first || hour > hours->last)
        return;
    pthread_mutex_lock(&hours->lock);
    struct slot *slot = find_locked(hours, hour);
    for (size_t i = 0; i < SLOTS && !slot; i++) {
        if (!hours->slots[i].used)
            slot = &hours->slots[i];
    }
    if (slot) {
        slot->hour = hour;
        slot->used = true;
        memcpy(slot->key, key, SCRIM_HOUR_KEY);
    }
    pthread_mutex_unlock(&hours->lock);
}

void scrim_hours_tend(struct scrim_hours *hours, int64_t now_us)
{
    hours->first = scrim_hour_of(now_us - SCRIM_HOUR_LINGER_US);
    hours->last = scrim_hour_of(now_us) + 1;
    pthread_mutex_lock(&hours->lock);
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &hours->slots[i];
        if (slot->used && (slot->hour < hours->first || slot->hour > hours->last))
            sodium_memzero(slot, sizeof *slot);
    }
    pthread_mutex_unlock(&hours->lock);
}

void scrim_hours_explain(struct scrim_hours *hours, const char *why)
{
    pthread_mutex_lock(&hours->lock);
    snprintf(hours->why, sizeof hours->why, "%s", why);
    pthread_mutex_unlock(&hours->lock);
}

int scrim_hours_get(struct scrim_hours *hours, uint64_t hour, uint8_t ret[SCRIM_HOUR_KEY],
                    struct scrim_error *error)
{
    int result = SCRIM_OK;
    pthread_mutex_lock(&hours->lock);
    const struct slot *slot = find_locked(hours, hour);
    if (slot)
        memcpy(ret, slot->key, SCRIM_HOUR_KEY);
    else
        result = scrim_fail(error, SCRIM_ENOENT, "there is no key to seal with: %s", hours->why);
    pthread_mutex_unlock(&hours->lock);
    return result;
}
