#include "store/disk.h"

#include "base/alloc.h"
#include "base/fault.h"
#include "base/queue.h"
#include "store/disk_camera.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUEUE_ITEMS 8192
#define QUEUE_BYTES (128U << 20) // some seconds of a full site while the disk is busy with itself
#define SYNC_INTERVAL_US SCRIM_SECOND
#define CAMERAS_MAX 1024
#define WAITING_MAX 1000 // records of a camera that wait for a disk which takes none

enum item_kind { ITEM_OPEN, ITEM_APPEND, ITEM_TAIL, ITEM_CLOSE, ITEM_RECORD };

struct item {
    enum item_kind kind;
    struct scrim_disk_camera *camera;
    int64_t start_us;
    struct scrim_buf bytes;
    struct scrim_record *record; // CLOSE and RECORD
};

struct scrim_disk {
    char dir[SCRIM_PATH_MAX];
    int store_fd; // for syncfs
    const struct scrim_device_key *key;
    scrim_disk_report report;
    void *context;
    struct scrim_queue *queue;
    pthread_t thread;
    bool running;

    // Filled before the camera threads start, constant afterwards.
    struct scrim_disk_camera *cameras[CAMERAS_MAX];
    size_t cameras_count;

    // Of the disk thread.
    bool dirty;
    int64_t next_sync_us; // monotonic; meaningful while dirty

    _Atomic uint64_t queued_bytes, refused;
    pthread_mutex_t stats_lock; // leaf lock, protects all below
    struct scrim_disk_stats stats;
};

static void free_item(void *pointer)
{
    struct item *item = pointer;
    scrim_buf_finish(&item->bytes);
    free(item->record);
    free(item);
}

static void note_failure(struct scrim_disk *disk, const struct scrim_error *why)
{
    pthread_mutex_lock(&disk->stats_lock);
    disk->stats.last_error = why->code;
    snprintf(disk->stats.last_error_text, sizeof disk->stats.last_error_text, "%s", why->text);
    pthread_mutex_unlock(&disk->stats_lock);
}

static void note_success(struct scrim_disk *disk, uint64_t records)
{
    pthread_mutex_lock(&disk->stats_lock);
    disk->stats.records += records;
    disk->stats.last_error = 0;
    disk->stats.last_error_text[0] = '\0';
    pthread_mutex_unlock(&disk->stats_lock);
}

static void note_written(struct scrim_disk *disk, uint64_t bytes, bool segment)
{
    pthread_mutex_lock(&disk->stats_lock);
    disk->stats.bytes_written += bytes;
    disk->stats.segments += segment;
    pthread_mutex_unlock(&disk->stats_lock);
}

static void mark_dirty(struct scrim_disk *disk)
{
    if (disk->dirty)
        return;
    disk->dirty = true;
    disk->next_sync_us = scrim_clock_mono_us() + SYNC_INTERVAL_US;
}

static int carry_out(const struct item *item, bool *ret_segment, struct scrim_error *error)
{
    struct scrim_disk_camera *camera = item->camera;
    int result = SCRIM_OK;
    switch (item->kind) {
    case ITEM_OPEN: return scrim_disk_camera_open(camera, item->start_us, &item->bytes, error);
    case ITEM_APPEND: return scrim_disk_camera_append(camera, &item->bytes, error);
    case ITEM_TAIL: return scrim_disk_camera_tail(camera, &item->bytes, error);
    case ITEM_RECORD: scrim_disk_camera_wait(camera, item->record); break;
    case ITEM_CLOSE:
        result = scrim_disk_camera_append(camera, &item->bytes, error);
        *ret_segment = scrim_disk_camera_close(camera, item->record, NULL);
        break;
    }
    return result;
}

static void handle(struct scrim_disk *disk, struct item *item)
{
    struct scrim_error error = {0};
    bool segment = false;
    const uint64_t count = item->bytes.len;
    atomic_fetch_sub(&disk->queued_bytes, count);
    mark_dirty(disk);
    if (carry_out(item, &segment, &error) < 0) {
        note_failure(disk, &error);
        disk->report(disk->context, item->camera->id, &error);
    } else {
        note_written(disk, count, segment);
    }
    free_item(item);
}

// A flush that failed leaves in doubt what is on disk, for every segment being written and every
// one that waits for its record: the next flush says nothing of what this one lost.
static void fail_all(struct scrim_disk *disk, const struct scrim_error *why)
{
    note_failure(disk, why);
    for (size_t i = 0; i < disk->cameras_count; i++) {
        if (scrim_disk_camera_doubt(disk->cameras[i]))
            disk->report(disk->context, disk->cameras[i]->id, why);
    }
}

static int sync_store(struct scrim_disk *disk, struct scrim_error *error)
{
    if (scrim_fault(SCRIM_FAULT_FSYNC, disk->dir) || syncfs(disk->store_fd) < 0)
        return scrim_fail_errno(error, errno, "cannot flush %s/store to disk", disk->dir);
    return SCRIM_OK;
}

// One round of the crash protocol. What fails stays owed and is tried again in the next round.
static void sync_round(struct scrim_disk *disk)
{
    struct scrim_error error = {0};
    uint64_t records = 0;
    bool owed = false;
    disk->dirty = false;
    int result = SCRIM_OK;
    for (size_t i = 0; i < disk->cameras_count; i++) {
        const int prepared = scrim_disk_camera_prepare(disk->cameras[i], &error);
        if (prepared < 0)
            result = prepared;
    }
    const int synced = sync_store(disk, &error);
    if (synced < 0)
        fail_all(disk, &error);
    for (size_t i = 0; i < disk->cameras_count && synced >= 0; i++) {
        uint64_t count;
        const int written = scrim_disk_camera_write_records(disk->cameras[i], &count, &error);
        if (written < 0)
            result = written;
        records += count;
    }
    for (size_t i = 0; i < disk->cameras_count; i++)
        owed |= scrim_disk_camera_owes(disk->cameras[i]);
    if (result < 0)
        note_failure(disk, &error);
    else if (synced >= 0)
        note_success(disk, records);
    if (owed)
        mark_dirty(disk);
}

static void *run(void *pointer)
{
    struct scrim_disk *disk = pointer;
    for (;;) {
        int64_t timeout = -1;
        if (disk->dirty) {
            timeout = disk->next_sync_us - scrim_clock_mono_us();
            if (timeout <= 0) {
                sync_round(disk);
                continue;
            }
        }
        struct item *item = scrim_queue_pop(disk->queue, timeout);
        if (item)
            handle(disk, item);
        else if (scrim_queue_closed(disk->queue) && scrim_queue_length(disk->queue) == 0)
            break;
    }
    sync_round(disk);
    if (disk->dirty) // records of another day, or one more try
        sync_round(disk);
    return NULL;
}

int scrim_disk_create(const char *dir, const struct scrim_device_key *key, scrim_disk_report report,
                      void *context, struct scrim_disk **ret, struct scrim_error *error)
{
    char store[SCRIM_PATH_MAX];
    if (scrim_path_join(store, dir, "store") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    int result = scrim_fs_make_dirs(store, 0770, error);
    if (result >= 0)
        result = scrim_fs_open(store, O_RDONLY | O_DIRECTORY, 0, error);
    if (result < 0)
        return result;

    struct scrim_disk *disk = scrim_new(struct scrim_disk);
    snprintf(disk->dir, sizeof disk->dir, "%s", dir);
    disk->store_fd = result;
    disk->key = key;
    disk->report = report;
    disk->context = context;
    disk->queue = scrim_queue_create(QUEUE_ITEMS, QUEUE_BYTES);
    pthread_mutex_init(&disk->stats_lock, NULL);
    *ret = disk;
    return SCRIM_OK;
}

int scrim_disk_start(struct scrim_disk *disk, struct scrim_error *error)
{
    const int failed = pthread_create(&disk->thread, NULL, run, disk);
    if (failed)
        return scrim_fail_errno(error, failed, "cannot start the disk thread");
    disk->running = true;
    return SCRIM_OK;
}

static struct scrim_disk_camera *find(const struct scrim_disk *disk, const char *camera)
{
    for (size_t i = 0; i < disk->cameras_count; i++) {
        if (strcmp(disk->cameras[i]->id, camera) == 0)
            return disk->cameras[i];
    }
    return NULL;
}

int scrim_disk_add_camera(struct scrim_disk *disk, const char *camera,
                          const struct scrim_journal_head *head)
{
    if (disk->cameras_count == CAMERAS_MAX)
        return SCRIM_ENOSPACE;
    if (find(disk, camera))
        return SCRIM_EEXIST;
    disk->cameras[disk->cameras_count++] =
        scrim_disk_camera_create(disk->dir, disk->key, camera, head);
    return SCRIM_OK;
}

// Queues one item. On success `bytes` is emptied: its memory went along.
static int submit(struct scrim_disk *disk, const char *camera, enum item_kind kind,
                  int64_t start_us, struct scrim_buf *bytes, const struct scrim_record *record)
{
    struct scrim_disk_camera *target = find(disk, camera);
    if (!target)
        return SCRIM_ENOENT;
    if (kind == ITEM_RECORD && atomic_load(&target->waiting_count) >= WAITING_MAX) {
        atomic_fetch_add(&disk->refused, 1);
        return SCRIM_EAGAIN;
    }
    struct item *item = scrim_new(struct item);
    *item = (struct item){.kind = kind, .camera = target, .start_us = start_us};
    if (bytes)
        item->bytes = *bytes;
    if (record) {
        item->record = scrim_new(struct scrim_record);
        *item->record = *record;
    }
    const size_t count = item->bytes.len;
    atomic_fetch_add(&disk->queued_bytes, count);
    if (!scrim_queue_push(disk->queue, item, count)) {
        atomic_fetch_sub(&disk->queued_bytes, count);
        atomic_fetch_add(&disk->refused, 1);
        free(item->record);
        free(item);
        return SCRIM_EAGAIN;
    }
    if (bytes)
        scrim_buf_init(bytes, bytes->max);
    return SCRIM_OK;
}

int scrim_disk_open(struct scrim_disk *disk, const char *camera, int64_t start_utc_us,
                    struct scrim_buf *bytes)
{
    return submit(disk, camera, ITEM_OPEN, start_utc_us, bytes, NULL);
}

int scrim_disk_append(struct scrim_disk *disk, const char *camera, struct scrim_buf *bytes)
{
    return submit(disk, camera, ITEM_APPEND, 0, bytes, NULL);
}

int scrim_disk_tail(struct scrim_disk *disk, const char *camera, struct scrim_buf *bytes)
{
    return submit(disk, camera, ITEM_TAIL, 0, bytes, NULL);
}

int scrim_disk_close(struct scrim_disk *disk, const char *camera, struct scrim_buf *bytes,
                     const struct scrim_record *record)
{
    return submit(disk, camera, ITEM_CLOSE, 0, bytes, record);
}

int scrim_disk_record(struct scrim_disk *disk, const char *camera,
                      const struct scrim_record *record)
{
    return submit(disk, camera, ITEM_RECORD, 0, NULL, record);
}

void scrim_disk_stats(struct scrim_disk *disk, struct scrim_disk_stats *ret)
{
    pthread_mutex_lock(&disk->stats_lock);
    *ret = disk->stats;
    pthread_mutex_unlock(&disk->stats_lock);
    ret->queued_bytes = atomic_load(&disk->queued_bytes);
    ret->refused = atomic_load(&disk->refused);
}

void scrim_disk_stop(struct scrim_disk *disk)
{
    if (!disk)
        return;
    scrim_queue_close(disk->queue);
    if (disk->running)
        pthread_join(disk->thread, NULL);
    scrim_queue_destroy(disk->queue, free_item);
    for (size_t i = 0; i < disk->cameras_count; i++)
        scrim_disk_camera_destroy(disk->cameras[i]);
    pthread_mutex_destroy(&disk->stats_lock);
    close(disk->store_fd);
    free(disk);
}
