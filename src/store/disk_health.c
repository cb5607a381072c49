#include "store/disk_health.h"

#include <stdio.h>
#include <string.h>

#define RETRY_FIRST_US SCRIM_SECOND
#define RETRY_MAX_DOUBLINGS 6U         // 64 s
#define LASTING_US (60 * SCRIM_SECOND) // well for so long: the next failure is a first one
#define SLUGGISH_FLUSHES 3
#define RESERVE_SHARE 64                  // a disk with less than 1/64 of its size free is full
#define RESERVE_MAX (UINT64_C(256) << 20) // bytes; or with less than this, on a large one

const char *scrim_disk_state_text(enum scrim_disk_state state)
{
    switch (state) {
    case SCRIM_DISK_IS_OK: return "ok";
    case SCRIM_DISK_IS_SLOW: return "slow";
    case SCRIM_DISK_IS_FULL: return "full";
    case SCRIM_DISK_IS_READ_ONLY: return "read-only";
    case SCRIM_DISK_IS_FAILED: return "failed";
    case SCRIM_DISK_IS_ABSENT: return "absent";
    case SCRIM_DISK_IS_FOREIGN: return "foreign";
    }
    return "unknown";
}

void scrim_disk_health_init(struct scrim_disk_health *health, const char *name)
{
    *health = (struct scrim_disk_health){.retry_us = INT64_MAX};
    snprintf(health->name, sizeof health->name, "%s", name);
    pthread_mutex_init(&health->lock, NULL);
}

void scrim_disk_health_finish(struct scrim_disk_health *health)
{
    pthread_mutex_destroy(&health->lock);
}

static uint64_t reserve_locked(const struct scrim_disk_health *health)
{
    const uint64_t share = health->total_bytes / RESERVE_SHARE;
    return share < RESERVE_MAX ? share : RESERVE_MAX;
}

static void plan_retry_locked(struct scrim_disk_health *health)
{
    const unsigned doublings =
        health->failures < RETRY_MAX_DOUBLINGS ? health->failures : RETRY_MAX_DOUBLINGS;
    health->retry_us = scrim_clock_mono_us() + (RETRY_FIRST_US << doublings);
    health->failures++;
}

static void enter_locked(struct scrim_disk_health *health, enum scrim_disk_state state,
                         const char *sentence)
{
    if (health->state == SCRIM_DISK_IS_OK &&
        scrim_clock_mono_us() - health->well_since_us >= LASTING_US)
        health->failures = 0;
    if (health->state == SCRIM_DISK_IS_OK || health->retry_us <= scrim_clock_mono_us())
        plan_retry_locked(health);
    health->state = state;
    snprintf(health->sentence, sizeof health->sentence, "%s", sentence);
}

static void take_room_locked(struct scrim_disk_health *health, const struct statvfs *room)
{
    health->total_bytes = (uint64_t)room->f_frsize * room->f_blocks;
    health->free_bytes = (uint64_t)room->f_frsize * room->f_bavail;
}

static void enter_full_locked(struct scrim_disk_health *health)
{
    char sentence[512];
    snprintf(sentence, sizeof sentence, "%.400s is full: %.1f of %.1f GB are free", health->name,
             (double)health->free_bytes / 1e9, (double)health->total_bytes / 1e9);
    enter_locked(health, SCRIM_DISK_IS_FULL, sentence);
}

void scrim_disk_health_set_gone(struct scrim_disk_health *health, enum scrim_disk_state state,
                                const struct scrim_error *why)
{
    pthread_mutex_lock(&health->lock);
    health->state = state;
    snprintf(health->sentence, sizeof health->sentence, "%s", why->text);
    pthread_mutex_unlock(&health->lock);
}

void scrim_disk_health_fail(struct scrim_disk_health *health, const struct scrim_error *why,
                            const struct statvfs *room)
{
    char sentence[512];
    pthread_mutex_lock(&health->lock);
    if (room)
        take_room_locked(health, room);
    if (why->code == SCRIM_EREADONLY || (room && (room->f_flag & ST_RDONLY))) {
        snprintf(sentence, sizeof sentence, "%.400s is read-only", health->name);
        enter_locked(health, SCRIM_DISK_IS_READ_ONLY, sentence);
    } else if (why->code == SCRIM_ENOSPACE) {
        enter_full_locked(health);
    } else {
        enter_locked(health, SCRIM_DISK_IS_FAILED, why->text);
    }
    pthread_mutex_unlock(&health->lock);
}

void scrim_disk_health_slow(struct scrim_disk_health *health, const char *why)
{
    char sentence[512];
    snprintf(sentence, sizeof sentence, "%.400s %s", health->name, why);
    pthread_mutex_lock(&health->lock);
    if (health->state == SCRIM_DISK_IS_OK || health->state == SCRIM_DISK_IS_SLOW)
        enter_locked(health, SCRIM_DISK_IS_SLOW, sentence);
    pthread_mutex_unlock(&health->lock);
}

void scrim_disk_health_moved(struct scrim_disk_health *health)
{
    char sentence[512];
    snprintf(sentence, sizeof sentence,
             "%.400s is not what is mounted there any more; if it is there again, restart the "
             "recorder",
             health->name);
    pthread_mutex_lock(&health->lock);
    enter_locked(health, SCRIM_DISK_IS_ABSENT, sentence);
    pthread_mutex_unlock(&health->lock);
}

void scrim_disk_health_wrote(struct scrim_disk_health *health, int64_t took_us)
{
    pthread_mutex_lock(&health->lock);
    scrim_latency_add(&health->write, took_us);
    pthread_mutex_unlock(&health->lock);
}

void scrim_disk_health_flushed(struct scrim_disk_health *health, int64_t took_us)
{
    char why[96] = "";
    pthread_mutex_lock(&health->lock);
    scrim_latency_add(&health->flush, took_us);
    health->sluggish = took_us >= SCRIM_DISK_SLUGGISH_US ? health->sluggish + 1 : 0;
    if (health->sluggish >= SLUGGISH_FLUSHES)
        snprintf(why, sizeof why, "takes %.1f s to flush", (double)took_us / SCRIM_SECOND);
    pthread_mutex_unlock(&health->lock);
    if (why[0] != '\0')
        scrim_disk_health_slow(health, why);
}

void scrim_disk_health_room(struct scrim_disk_health *health, const struct statvfs *room)
{
    pthread_mutex_lock(&health->lock);
    take_room_locked(health, room);
    if (health->state == SCRIM_DISK_IS_OK && health->free_bytes < reserve_locked(health))
        enter_full_locked(health);
    pthread_mutex_unlock(&health->lock);
}

void scrim_disk_health_tried(struct scrim_disk_health *health, int64_t took_us)
{
    pthread_mutex_lock(&health->lock);
    const bool full =
        health->state == SCRIM_DISK_IS_FULL && health->free_bytes < 2 * reserve_locked(health);
    if (full || took_us > SCRIM_DISK_BRISK_US) {
        plan_retry_locked(health);
    } else {
        health->state = SCRIM_DISK_IS_OK;
        health->sentence[0] = '\0';
        health->retry_us = INT64_MAX;
        health->well_since_us = scrim_clock_mono_us();
        health->sluggish = 0;
    }
    pthread_mutex_unlock(&health->lock);
}

int64_t scrim_disk_health_retry_us(struct scrim_disk_health *health)
{
    pthread_mutex_lock(&health->lock);
    const int64_t retry_us = health->retry_us;
    pthread_mutex_unlock(&health->lock);
    return retry_us;
}

enum scrim_disk_state scrim_disk_health_state(struct scrim_disk_health *health)
{
    pthread_mutex_lock(&health->lock);
    const enum scrim_disk_state state = health->state;
    pthread_mutex_unlock(&health->lock);
    return state;
}

void scrim_disk_health_why(struct scrim_disk_health *health, struct scrim_error *ret)
{
    pthread_mutex_lock(&health->lock);
    scrim_fail(ret, SCRIM_EUNSUPPORTED, "%s", health->sentence);
    pthread_mutex_unlock(&health->lock);
}

void scrim_disk_health_stats(struct scrim_disk_health *health, struct scrim_disk_place *ret)
{
    pthread_mutex_lock(&health->lock);
    ret->state = health->state;
    snprintf(ret->sentence, sizeof ret->sentence, "%s", health->sentence);
    ret->total_bytes = health->total_bytes;
    ret->free_bytes = health->free_bytes;
    ret->write = health->write;
    ret->flush = health->flush;
    pthread_mutex_unlock(&health->lock);
}
