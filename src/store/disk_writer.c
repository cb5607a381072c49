#include "store/disk_writer.h"

#include "base/alloc.h"
#include "base/queue.h"
#include "store/thread_end.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define QUEUE_ITEMS 32768
#define SYNC_INTERVAL_US (2 * SCRIM_SECOND / 5) // with the half second in RAM: under a second
#define PROBE_FILE "scrim-probe"

enum item_kind { ITEM_OPEN, ITEM_APPEND, ITEM_TAIL, ITEM_CLOSE };

struct item {
    enum item_kind kind;
    struct scrim_disk_member *member;
    uint64_t generation; // of the segment
    int64_t start_us;
    struct scrim_buf bytes;
    struct ended *ended; // CLOSE
};

// A segment whose record waits for the flush, or, abandoned, for the disk to answer.
struct ended {
    struct ended *next;
    struct scrim_disk_member *member;
    uint64_t generation;
    struct scrim_ledger_entry *entry;
    struct scrim_record record;
};

struct scrim_disk_writer {
    struct scrim_disk_root root;
    dev_t device; // of root
    ino_t inode;
    struct scrim_journal_writer *journals;
    scrim_disk_writer_report report;
    void *context;
    struct scrim_queue *queue;
    pthread_t thread;
    bool running;
    struct scrim_disk_health health;

    // Of the thread.
    struct scrim_disk_camera *cameras[SCRIM_DISK_CAMERAS_MAX];       // NULL: never wrote here
    const struct scrim_disk_member *members[SCRIM_DISK_CAMERAS_MAX]; // of those that did
    uint64_t dead[SCRIM_DISK_CAMERAS_MAX]; // generations up to this one were abandoned
    struct ended *ended, **ended_end;      // oldest first
    bool dirty;
    int64_t next_sync_us; // monotonic; meaningful while dirty

    struct ended *_Atomic abandoned[SCRIM_DISK_CAMERAS_MAX];
    _Atomic unsigned abandoned_count;
    _Atomic int64_t busy_since_us; // monotonic; 0: it waits for work
    _Atomic uint64_t queued_bytes, refused;

    pthread_mutex_t lock; // leaf lock, protects all below
    uint64_t bytes_written, segments;
    struct scrim_error last_error;
};

static void free_item(void *pointer)
{
    struct item *item = pointer;
    scrim_buf_finish(&item->bytes);
    free(item->ended);
    free(item);
}

static void note_failure(struct scrim_disk_writer *writer, const struct scrim_error *why)
{
    struct statvfs room;
    const bool known = writer->root.fd >= 0 && fstatvfs(writer->root.fd, &room) == 0;
    scrim_disk_health_fail(&writer->health, why, known ? &room : NULL);
    pthread_mutex_lock(&writer->lock);
    writer->last_error = *why;
    pthread_mutex_unlock(&writer->lock);
}

static void note_written(struct scrim_disk_writer *writer, uint64_t bytes, bool segment)
{
    pthread_mutex_lock(&writer->lock);
    writer->bytes_written += bytes;
    writer->segments += segment;
    pthread_mutex_unlock(&writer->lock);
}

static void mark_dirty(struct scrim_disk_writer *writer)
{
    if (writer->dirty)
        return;
    writer->dirty = true;
    writer->next_sync_us = scrim_clock_mono_us() + SYNC_INTERVAL_US;
}

static struct scrim_disk_camera *camera_of(struct scrim_disk_writer *writer,
                                           const struct scrim_disk_member *member)
{
    struct scrim_disk_camera **camera = &writer->cameras[member->index];
    if (!*camera) {
        *camera = scrim_disk_camera_create(member->id, &writer->root);
        writer->members[member->index] = member;
    }
    return *camera;
}

// Ends the open segment; its record waits for the flush. Nothing to vouch for: `ended` is freed.
static bool end_segment(struct scrim_disk_writer *writer, struct ended *ended, const char *why_torn)
{
    struct scrim_disk_camera *camera = camera_of(writer, ended->member);
    if (!scrim_disk_camera_close(camera, &ended->record, why_torn)) {
        scrim_ledger_cancel(ended->member->ledger, ended->entry);
        free(ended);
        return false;
    }
    ended->next = NULL;
    *writer->ended_end = ended;
    writer->ended_end = &ended->next;
    return true;
}

static struct ended *new_ended(struct scrim_disk_member *member, uint64_t generation,
                               const struct scrim_record *record)
{
    struct scrim_ledger_entry *entry = scrim_ledger_expect(member->ledger);
    if (!entry)
        return NULL;
    struct ended *ended = scrim_new(struct ended);
    *ended = (struct ended){
        .member = member, .generation = generation, .entry = entry, .record = *record};
    return ended;
}

static int open_segment(struct scrim_disk_writer *writer, const struct item *item,
                        struct scrim_error *error)
{
    struct scrim_disk_camera *camera = camera_of(writer, item->member);
    const enum scrim_disk_state state = scrim_disk_health_state(&writer->health);
    camera->generation = item->generation;
    if (state == SCRIM_DISK_IS_ABSENT || state == SCRIM_DISK_IS_FOREIGN) {
        camera->failed = true;
        scrim_disk_health_why(&writer->health, error);
        return SCRIM_EUNSUPPORTED;
    }
    return scrim_disk_camera_open(camera, item->start_us, &item->bytes, error);
}

static int carry_out(struct scrim_disk_writer *writer, struct item *item, bool *ret_segment,
                     struct scrim_error *error)
{
    struct scrim_disk_camera *camera = camera_of(writer, item->member);
    int result = SCRIM_OK;
    switch (item->kind) {
    case ITEM_OPEN: return open_segment(writer, item, error);
    case ITEM_APPEND: return scrim_disk_camera_append(camera, &item->bytes, error);
    case ITEM_TAIL: return scrim_disk_camera_tail(camera, &item->bytes, error);
    case ITEM_CLOSE:
        result = scrim_disk_camera_append(camera, &item->bytes, error);
        *ret_segment = end_segment(writer, item->ended, NULL);
        item->ended = NULL;
        break;
    }
    return result;
}

// The camera of this segment went elsewhere while the disk did not answer.
static void end_abandoned(struct scrim_disk_writer *writer, struct ended *ended)
{
    struct scrim_disk_camera *camera = camera_of(writer, ended->member);
    writer->dead[ended->member->index] = ended->generation;
    if (camera->segment_fd >= 0 && camera->generation == ended->generation) {
        mark_dirty(writer);
        (void)end_segment(writer, ended, "the disk did not answer in time");
    } else {
        scrim_ledger_cancel(ended->member->ledger, ended->entry);
        free(ended);
    }
}

static void end_all_abandoned(struct scrim_disk_writer *writer)
{
    for (size_t i = 0; i < SCRIM_DISK_CAMERAS_MAX && atomic_load(&writer->abandoned_count) > 0;
         i++) {
        struct ended *ended = atomic_exchange(&writer->abandoned[i], NULL);
        if (!ended)
            continue;
        atomic_fetch_sub(&writer->abandoned_count, 1);
        end_abandoned(writer, ended);
    }
}

static void drop(struct item *item)
{
    if (item->ended)
        scrim_ledger_cancel(item->member->ledger, item->ended->entry);
    free_item(item);
}

static void handle(struct scrim_disk_writer *writer, struct item *item)
{
    struct scrim_error error = {0};
    bool segment = false;
    const uint64_t count = item->bytes.len;
    end_all_abandoned(writer); // what is queued behind it counts on that
    atomic_fetch_sub(&writer->queued_bytes, count);
    if (item->generation <= writer->dead[item->member->index]) {
        drop(item);
        return;
    }
    mark_dirty(writer);
    const int64_t since_us = scrim_clock_mono_us();
    atomic_store(&writer->busy_since_us, since_us);
    if (carry_out(writer, item, &segment, &error) < 0) {
        note_failure(writer, &error);
        writer->report(writer->context, item->member, &error);
    } else {
        note_written(writer, count, segment);
    }
    atomic_store(&writer->busy_since_us, 0);
    if (count > 0)
        scrim_disk_health_wrote(&writer->health, scrim_clock_mono_us() - since_us);
    free_item(item);
}

static void fail_open_segments(struct scrim_disk_writer *writer, const struct scrim_error *why)
{
    for (size_t i = 0; i < SCRIM_DISK_CAMERAS_MAX; i++) {
        if (writer->cameras[i] && scrim_disk_camera_doubt(writer->cameras[i]))
            writer->report(writer->context, writer->members[i], why);
    }
}

// A flush that failed leaves in doubt what is on disk, for every segment being written and every
// one that waits for its record: the next flush says nothing of what this one lost.
static void doubt_all(struct scrim_disk_writer *writer, const struct scrim_error *why)
{
    fail_open_segments(writer, why);
    for (struct ended *at = writer->ended; at; at = at->next)
        scrim_disk_call_torn(&at->record, "the disk failed to flush it");
}

// Everything that ended before the flush may be journalled.
static void fulfil(struct scrim_disk_writer *writer)
{
    const bool any = writer->ended != NULL;
    while (writer->ended) {
        struct ended *ended = writer->ended;
        writer->ended = ended->next;
        scrim_ledger_fulfil(ended->member->ledger, ended->entry, &ended->record);
        free(ended);
    }
    writer->ended_end = &writer->ended;
    if (any)
        scrim_journal_writer_wake(writer->journals);
}

// Is what was opened at start still what lies at the disk's path?
static bool has_moved(const struct scrim_disk_writer *writer)
{
    struct stat info;
    return stat(writer->root.path, &info) < 0 || info.st_dev != writer->device ||
           info.st_ino != writer->inode;
}

static void look_at_room(struct scrim_disk_writer *writer)
{
    struct statvfs room;
    if (fstatvfs(writer->root.fd, &room) == 0)
        scrim_disk_health_room(&writer->health, &room);
}

static void flushed(struct scrim_disk_writer *writer, int64_t took_us)
{
    writer->root.flushes++;
    scrim_disk_health_flushed(&writer->health, took_us);
    fulfil(writer);
    look_at_room(writer);
    pthread_mutex_lock(&writer->lock);
    writer->last_error = (struct scrim_error){0};
    pthread_mutex_unlock(&writer->lock);
}

static void note_moved(struct scrim_disk_writer *writer)
{
    struct scrim_error why;
    scrim_disk_health_moved(&writer->health);
    scrim_disk_health_why(&writer->health, &why);
    pthread_mutex_lock(&writer->lock);
    writer->last_error = why;
    pthread_mutex_unlock(&writer->lock);
    fail_open_segments(writer, &why);
}

// One round of the crash protocol. What fails stays owed and is tried again in the next round.
static void sync_round(struct scrim_disk_writer *writer)
{
    struct scrim_error error = {0};
    writer->dirty = false;
    if (writer->root.fd < 0)
        return;
    const int64_t since_us = scrim_clock_mono_us();
    atomic_store(&writer->busy_since_us, since_us);
    if (scrim_fs_sync_all(writer->root.fd, writer->root.path, &error) < 0) {
        note_failure(writer, &error);
        doubt_all(writer, &error);
    } else {
        flushed(writer, scrim_clock_mono_us() - since_us);
    }
    if (has_moved(writer))
        note_moved(writer);
    atomic_store(&writer->busy_since_us, 0);
    if (writer->ended)
        mark_dirty(writer);
}

// Does it work again? Writes and flushes one block, always the same.
static int probe(const struct scrim_disk_writer *writer, struct scrim_error *error)
{
    static const char text[512] = "scrim-recorder writes this to see whether the disk works.\n";
    char path[SCRIM_PATH_MAX];
    if (scrim_path_join(path, writer->root.path, PROBE_FILE) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", writer->root.path);
    SCRIM_AUTO(scrim_close_fd)
    int fd = scrim_fs_open_at(writer->root.fd, PROBE_FILE, O_WRONLY | O_CREAT, 0600, path, error);
    if (fd < 0)
        return fd;
    const int result = scrim_fs_pwrite(fd, text, sizeof text, 0, path, error);
    return result < 0 ? result : scrim_fs_sync(fd, path, error);
}

static void try_again(struct scrim_disk_writer *writer)
{
    struct scrim_error error;
    const int64_t since_us = scrim_clock_mono_us();
    atomic_store(&writer->busy_since_us, since_us);
    if (has_moved(writer)) {
        note_moved(writer);
    } else if (probe(writer, &error) < 0) {
        note_failure(writer, &error);
    } else {
        look_at_room(writer);
        scrim_disk_health_tried(&writer->health, scrim_clock_mono_us() - since_us);
    }
    atomic_store(&writer->busy_since_us, 0);
}

// Until the next flush or try is due, in µs; negative: neither is.
static int64_t patience(struct scrim_disk_writer *writer)
{
    int64_t next_us =
        writer->root.fd >= 0 ? scrim_disk_health_retry_us(&writer->health) : INT64_MAX;
    if (writer->dirty && writer->next_sync_us < next_us)
        next_us = writer->next_sync_us;
    if (next_us == INT64_MAX)
        return -1;
    const int64_t now_us = scrim_clock_mono_us();
    return next_us > now_us ? next_us - now_us : 0;
}

static void *run(void *pointer)
{
    struct scrim_disk_writer *writer = pointer;
    for (;;) {
        end_all_abandoned(writer);
        const int64_t timeout_us = patience(writer);
        if (timeout_us == 0) {
            if (writer->dirty && writer->next_sync_us <= scrim_clock_mono_us())
                sync_round(writer);
            else
                try_again(writer);
            continue;
        }
        struct item *item = scrim_queue_pop(writer->queue, timeout_us);
        if (item)
            handle(writer, item);
        else if (scrim_queue_closed(writer->queue) && scrim_queue_length(writer->queue) == 0)
            break;
    }
    sync_round(writer);
    if (writer->dirty) // one more try
        sync_round(writer);
    return NULL;
}

struct scrim_disk_writer *scrim_disk_writer_create(const struct scrim_disk_writer_setup *setup)
{
    struct scrim_disk_writer *writer = scrim_new(struct scrim_disk_writer);
    struct stat info;
    writer->root = setup->root;
    writer->journals = setup->journals;
    writer->report = setup->report;
    writer->context = setup->context;
    writer->queue = scrim_queue_create(QUEUE_ITEMS, setup->queue_bytes);
    writer->ended_end = &writer->ended;
    pthread_mutex_init(&writer->lock, NULL);
    scrim_disk_health_init(&writer->health, setup->name);
    if (writer->root.fd >= 0 && fstat(writer->root.fd, &info) == 0) {
        writer->device = info.st_dev;
        writer->inode = info.st_ino;
        look_at_room(writer);
    }
    return writer;
}

int scrim_disk_writer_start(struct scrim_disk_writer *writer, struct scrim_error *error)
{
    const int failed = pthread_create(&writer->thread, NULL, run, writer);
    if (failed)
        return scrim_fail_errno(error, failed, "cannot start the thread of %s", writer->root.path);
    writer->running = true;
    return SCRIM_OK;
}

void scrim_disk_writer_end(struct scrim_disk_writer *writer)
{
    scrim_queue_close(writer->queue);
}

bool scrim_disk_writer_join(struct scrim_disk_writer *writer, int64_t timeout_us)
{
    if (writer->running && !scrim_thread_end(writer->thread, timeout_us))
        return false;
    writer->running = false;
    return true;
}

void scrim_disk_writer_destroy(struct scrim_disk_writer *writer)
{
    if (!writer)
        return;
    scrim_queue_destroy(writer->queue, free_item);
    for (size_t i = 0; i < SCRIM_DISK_CAMERAS_MAX; i++) {
        scrim_disk_camera_destroy(writer->cameras[i]);
        free(atomic_load(&writer->abandoned[i]));
    }
    while (writer->ended) {
        struct ended *next = writer->ended->next;
        free(writer->ended);
        writer->ended = next;
    }
    scrim_disk_health_finish(&writer->health);
    pthread_mutex_destroy(&writer->lock);
    scrim_close_fd(&writer->root.fd);
    free(writer);
}

// Queues one item. On success `bytes` is emptied: its memory went along.
static int submit(struct scrim_disk_writer *writer, const struct item *content,
                  struct scrim_buf *bytes)
{
    struct item *item = scrim_new(struct item);
    *item = *content;
    item->generation = item->member->generation;
    item->bytes = *bytes;
    const size_t count = bytes->len;
    atomic_fetch_add(&writer->queued_bytes, count);
    if (!scrim_queue_push(writer->queue, item, count)) {
        atomic_fetch_sub(&writer->queued_bytes, count);
        atomic_fetch_add(&writer->refused, 1);
        free(item);
        return SCRIM_EAGAIN;
    }
    scrim_buf_init(bytes, bytes->max);
    return SCRIM_OK;
}

int scrim_disk_writer_open(struct scrim_disk_writer *writer, struct scrim_disk_member *member,
                           int64_t start_us, struct scrim_buf *bytes)
{
    const struct item item = {.kind = ITEM_OPEN, .member = member, .start_us = start_us};
    return submit(writer, &item, bytes);
}

int scrim_disk_writer_append(struct scrim_disk_writer *writer, struct scrim_disk_member *member,
                             struct scrim_buf *bytes)
{
    return submit(writer, &(struct item){.kind = ITEM_APPEND, .member = member}, bytes);
}

int scrim_disk_writer_tail(struct scrim_disk_writer *writer, struct scrim_disk_member *member,
                           struct scrim_buf *bytes)
{
    return submit(writer, &(struct item){.kind = ITEM_TAIL, .member = member}, bytes);
}

int scrim_disk_writer_close(struct scrim_disk_writer *writer, struct scrim_disk_member *member,
                            struct scrim_buf *bytes, const struct scrim_record *record)
{
    struct ended *ended = new_ended(member, member->generation, record);
    if (!ended) {
        atomic_fetch_add(&writer->refused, 1);
        return SCRIM_EAGAIN;
    }
    const struct item item = {.kind = ITEM_CLOSE, .member = member, .ended = ended};
    const int result = submit(writer, &item, bytes);
    if (result < 0) {
        scrim_ledger_cancel(member->ledger, ended->entry);
        free(ended);
    }
    return result;
}

int scrim_disk_writer_abandon(struct scrim_disk_writer *writer, struct scrim_disk_member *member,
                              const struct scrim_record *record)
{
    struct ended *none = NULL, *ended = new_ended(member, member->generation, record);
    if (!ended)
        return SCRIM_EAGAIN;
    if (!atomic_compare_exchange_strong(&writer->abandoned[member->index], &none, ended)) {
        scrim_ledger_cancel(member->ledger, ended->entry);
        free(ended);
        return SCRIM_EAGAIN;
    }
    atomic_fetch_add(&writer->abandoned_count, 1);
    return SCRIM_OK;
}

struct scrim_disk_health *scrim_disk_writer_health(struct scrim_disk_writer *writer)
{
    return &writer->health;
}

int64_t scrim_disk_writer_busy_us(const struct scrim_disk_writer *writer)
{
    const int64_t since_us = atomic_load(&writer->busy_since_us);
    return since_us == 0 ? 0 : scrim_clock_mono_us() - since_us;
}

void scrim_disk_writer_stats(struct scrim_disk_writer *writer, struct scrim_disk_place *ret,
                             struct scrim_error *ret_error)
{
    snprintf(ret->id, sizeof ret->id, "%s", writer->root.id);
    snprintf(ret->path, sizeof ret->path, "%s", writer->root.path);
    scrim_disk_health_stats(&writer->health, ret);
    ret->queued_bytes = atomic_load(&writer->queued_bytes);
    ret->refused = atomic_load(&writer->refused);
    pthread_mutex_lock(&writer->lock);
    ret->bytes_written = writer->bytes_written;
    ret->segments = writer->segments;
    *ret_error = writer->last_error;
    pthread_mutex_unlock(&writer->lock);
}
