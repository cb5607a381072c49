#include "store/journal_writer.h"

#include "base/alloc.h"
#include "base/queue.h"
#include "store/journal_out.h"
#include "store/thread_end.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAMERAS_MAX 1024
#define RETRY_US SCRIM_SECOND

struct scrim_journal_writer {
    char path[SCRIM_PATH_MAX]; // DIR/store
    struct scrim_journal_place place;
    struct scrim_queue *wakeups; // at most one waits; what it points to says nothing
    pthread_t thread;
    bool running;

    struct scrim_journal_out *outs[CAMERAS_MAX]; // of the thread, once counted
    _Atomic unsigned outs_count;

    pthread_mutex_t lock; // leaf lock, protects:
    struct scrim_journal_writer_stats stats;
};

int scrim_journal_writer_create(const char *dir, const struct scrim_device_key *key,
                                struct scrim_journal_writer **ret, struct scrim_error *error)
{
    char store[SCRIM_PATH_MAX];
    if (scrim_path_join(store, dir, "store") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    int result = scrim_fs_make_dirs(store, 0770, error);
    if (result >= 0)
        result = scrim_fs_open(store, O_RDONLY | O_DIRECTORY, 0, error);
    if (result < 0)
        return result;
    struct scrim_journal_writer *writer = scrim_new(struct scrim_journal_writer);
    memcpy(writer->path, store, sizeof store);
    writer->place =
        (struct scrim_journal_place){.store_fd = result, .path = writer->path, .key = key};
    writer->wakeups = scrim_queue_create(1, 1);
    pthread_mutex_init(&writer->lock, NULL);
    *ret = writer;
    return SCRIM_OK;
}

int scrim_journal_writer_add(struct scrim_journal_writer *writer, const char *camera,
                             const struct scrim_journal_head *head, struct scrim_ledger *ledger)
{
    const unsigned at = atomic_load(&writer->outs_count);
    if (at == CAMERAS_MAX)
        return SCRIM_ENOSPACE;
    writer->outs[at] = scrim_new(struct scrim_journal_out);
    scrim_journal_out_init(writer->outs[at], camera, head, ledger);
    atomic_store(&writer->outs_count, at + 1);
    return SCRIM_OK;
}

void scrim_journal_writer_wake(struct scrim_journal_writer *writer)
{
    if (!scrim_queue_push(writer->wakeups, writer, 1))
        return; // it is awake
}

static void note(struct scrim_journal_writer *writer, uint64_t records, int result,
                 const struct scrim_error *error)
{
    pthread_mutex_lock(&writer->lock);
    writer->stats.records += records;
    writer->stats.last_error = result < 0 ? result : 0;
    snprintf(writer->stats.last_error_text, sizeof writer->stats.last_error_text, "%s",
             result < 0 ? error->text : "");
    pthread_mutex_unlock(&writer->lock);
}

static void note_flush(struct scrim_journal_writer *writer, int64_t since_us)
{
    const int64_t took_us = scrim_clock_mono_us() - since_us;
    pthread_mutex_lock(&writer->lock);
    scrim_latency_add(&writer->stats.flush, took_us);
    pthread_mutex_unlock(&writer->lock);
}

// Opens the journals of new days. One flush of the file system makes all their names durable: the
// sandbox does not let a directory be opened to flush it alone.
static int prepare(struct scrim_journal_writer *writer, bool ending, struct scrim_error *error)
{
    const unsigned count = atomic_load(&writer->outs_count);
    bool unnamed = false;
    int result = SCRIM_OK;
    for (unsigned i = 0; i < count; i++) {
        struct scrim_journal_out *out = writer->outs[i];
        const int prepared = scrim_journal_out_prepare(out, &writer->place, ending, error);
        if (prepared < 0)
            result = prepared;
        unnamed |= out->fd >= 0 && !out->named;
    }
    if (!unnamed)
        return result;
    const int synced = scrim_fs_sync_all(writer->place.store_fd, writer->path, error);
    for (unsigned i = 0; i < count && synced >= 0; i++)
        writer->outs[i]->named = true;
    return synced < 0 ? synced : result;
}

// True if something is left that can be tried again.
static bool work(struct scrim_journal_writer *writer, bool ending)
{
    struct scrim_error error = {0};
    uint64_t records = 0;
    bool owed = false;
    int result = prepare(writer, ending, &error);
    for (unsigned i = 0; i < atomic_load(&writer->outs_count); i++) {
        struct scrim_journal_out *out = writer->outs[i];
        const int64_t since_us = scrim_clock_mono_us();
        uint64_t lines;
        const int written = scrim_journal_out_write(out, &writer->place, ending, &lines, &error);
        if (written < 0)
            result = written;
        if (lines > 0)
            note_flush(writer, since_us);
        records += lines;
        owed |= out->unsure.len > 0 || !scrim_ledger_is_empty(out->ledger);
    }
    note(writer, records, result, &error);
    return owed;
}

static void *run(void *pointer)
{
    struct scrim_journal_writer *writer = pointer;
    bool owed = false;
    for (;;) {
        const void *wakeup = scrim_queue_pop(writer->wakeups, owed ? RETRY_US : -1);
        if (!wakeup && scrim_queue_closed(writer->wakeups))
            break;
        owed = work(writer, false);
    }
    if (work(writer, true)) // records of another day, or one more try
        (void)work(writer, true);
    return NULL;
}

int scrim_journal_writer_start(struct scrim_journal_writer *writer, struct scrim_error *error)
{
    const int failed = pthread_create(&writer->thread, NULL, run, writer);
    if (failed)
        return scrim_fail_errno(error, failed, "cannot start the journals' thread");
    writer->running = true;
    return SCRIM_OK;
}

void scrim_journal_writer_stats(struct scrim_journal_writer *writer,
                                struct scrim_journal_writer_stats *ret)
{
    pthread_mutex_lock(&writer->lock);
    *ret = writer->stats;
    pthread_mutex_unlock(&writer->lock);
}

bool scrim_journal_writer_stop(struct scrim_journal_writer *writer, int64_t timeout_us)
{
    scrim_queue_close(writer->wakeups);
    if (writer->running && !scrim_thread_end(writer->thread, timeout_us))
        return false;
    writer->running = false;
    return true;
}

void scrim_journal_writer_destroy(struct scrim_journal_writer *writer)
{
    if (!writer)
        return;
    for (unsigned i = 0; i < atomic_load(&writer->outs_count); i++) {
        scrim_journal_out_finish(writer->outs[i]);
        free(writer->outs[i]);
    }
    scrim_queue_destroy(writer->wakeups, NULL);
    pthread_mutex_destroy(&writer->lock);
    scrim_close_fd(&writer->place.store_fd);
    free(writer);
}
