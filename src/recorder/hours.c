#include "recorder/hours.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "link/link.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

// A frame's estimated time may lie this far before the host's clock: the key of the hour before is
// kept so long.
#define LINGER_US (2 * 60 * SCRIM_SECOND)
#define SLOTS 3 // the hour before, this one, the next

struct slot {
    uint64_t hour;
    bool used;
    uint8_t key[SCRIM_HOUR_KEY];
};

struct scrim_hours {
    char dir[SCRIM_PATH_MAX];
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    pthread_mutex_t lock; // leaf lock, protects what `slots` points to
    struct slot *slots;   // SLOTS of them, in locked memory
};

static struct slot *find_locked(struct scrim_hours *hours, uint64_t hour)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (hours->slots[i].used && hours->slots[i].hour == hour)
            return &hours->slots[i];
    }
    return NULL;
}

static bool holds(struct scrim_hours *hours, uint64_t hour)
{
    pthread_mutex_lock(&hours->lock);
    const bool found = find_locked(hours, hour) != NULL;
    pthread_mutex_unlock(&hours->lock);
    return found;
}

static void wipe_outside(struct scrim_hours *hours, uint64_t first, uint64_t last)
{
    pthread_mutex_lock(&hours->lock);
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &hours->slots[i];
        if (slot->used && (slot->hour < first || slot->hour > last))
            sodium_memzero(slot, sizeof *slot);
    }
    pthread_mutex_unlock(&hours->lock);
}

// A slot is free: the caller wiped all but two neighbouring hours.
static void keep(struct scrim_hours *hours, uint64_t hour, const uint8_t key[SCRIM_HOUR_KEY])
{
    pthread_mutex_lock(&hours->lock);
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &hours->slots[i];
        if (slot->used)
            continue;
        slot->hour = hour;
        slot->used = true;
        memcpy(slot->key, key, SCRIM_HOUR_KEY);
        break;
    }
    pthread_mutex_unlock(&hours->lock);
}

typedef int (*key_source)(const char *dir, const char *camera, uint64_t hour,
                          uint8_t ret[SCRIM_HOUR_KEY], struct scrim_error *error);

// The disk is touched without the lock: a camera never waits for it.
static int provide(struct scrim_hours *hours, uint64_t hour, key_source source,
                   struct scrim_error *error)
{
    if (holds(hours, hour))
        return SCRIM_OK;
    uint8_t key[SCRIM_HOUR_KEY];
    const int result = source(hours->dir, hours->camera, hour, key, error);
    if (result >= 0)
        keep(hours, hour, key);
    sodium_memzero(key, sizeof key);
    return result;
}

static int provide_from(struct scrim_hours *hours, int64_t now_us, key_source source,
                        struct scrim_error *error)
{
    const uint64_t hour = scrim_hour_of(now_us);
    wipe_outside(hours, scrim_hour_of(now_us - LINGER_US), hour + 1);
    const int result = provide(hours, hour, source, error);
    return result < 0 ? result : provide(hours, hour + 1, source, error);
}

int scrim_hours_create(const char *dir, const char *camera, int64_t now_us,
                       struct scrim_hours **ret, struct scrim_error *error)
{
    struct scrim_hours *hours = scrim_new(struct scrim_hours);
    snprintf(hours->dir, sizeof hours->dir, "%s", dir);
    snprintf(hours->camera, sizeof hours->camera, "%s", camera);
    pthread_mutex_init(&hours->lock, NULL);
    hours->slots = sodium_malloc(SLOTS * sizeof *hours->slots);
    int result = hours->slots ? SCRIM_OK
                              : scrim_fail(error, SCRIM_ENOMEM,
                                           "camera %s: no locked memory for its keys", camera);
    if (result >= 0) {
        sodium_memzero(hours->slots, SLOTS * sizeof *hours->slots);
        result = provide_from(hours, now_us, scrim_hour_key_obtain, error);
    }
    if (result < 0) {
        scrim_hours_destroy(hours);
        return result;
    }
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

int scrim_hours_tend(struct scrim_hours *hours, int64_t now_us, struct scrim_error *error)
{
    return provide_from(hours, now_us, scrim_hour_key_create, error);
}

int scrim_hours_get(struct scrim_hours *hours, uint64_t hour, uint8_t ret[SCRIM_HOUR_KEY])
{
    pthread_mutex_lock(&hours->lock);
    const struct slot *slot = find_locked(hours, hour);
    if (slot)
        memcpy(ret, slot->key, SCRIM_HOUR_KEY);
    pthread_mutex_unlock(&hours->lock);
    return slot ? SCRIM_OK : SCRIM_ENOENT;
}
