#include "desk/archive.h"

#include "base/alloc.h"
#include "base/queue.h"
#include "desk/archive_file.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_ITEMS 16384
#define QUEUE_BYTES (64U << 20)
#define LISTED_US (10 * SCRIM_SECOND) // by then the index has a closed file

enum item_kind { ITEM_INIT, ITEM_FRAME, ITEM_END };

struct item {
    enum item_kind kind;
    unsigned camera;
    bool after_loss;               // frames before this one were dropped
    struct scrim_live_frame frame; // its fragment points to `data`
    char mime[96];
    size_t count;
    uint8_t data[];
};

// What others may know of a camera's files.
struct recent {
    struct scrim_archive_file growing, closed;
    bool is_growing;
    int64_t closed_us; // monotonic; 0: never
};

struct scrim_archive {
    struct scrim_log log;
    scrim_archive_written written;
    void *context;
    unsigned cameras_count;
    struct scrim_queue *queue;
    pthread_t thread;
    struct {        // loop thread
        bool *lost; // per camera: drops until a key frame gets in
        uint64_t dropped;
    } loop;
    struct archive_camera *cameras; // archive thread
    pthread_mutex_t lock;           // of `recent`
    struct recent *recent;          // per camera
};

static void publish_closed(struct scrim_archive *archive, unsigned camera,
                           const struct scrim_archive_file *file)
{
    pthread_mutex_lock(&archive->lock);
    struct recent *recent = &archive->recent[camera];
    recent->closed = *file;
    recent->closed_us = scrim_clock_mono_us();
    recent->is_growing = false;
    pthread_mutex_unlock(&archive->lock);
    archive->written(archive->context, file);
}

static void publish_growing(struct scrim_archive *archive, unsigned camera)
{
    pthread_mutex_lock(&archive->lock);
    struct recent *recent = &archive->recent[camera];
    recent->is_growing = archive_camera_growing(&archive->cameras[camera], &recent->growing);
    pthread_mutex_unlock(&archive->lock);
}

size_t scrim_archive_recent(struct scrim_archive *archive, unsigned camera,
                            struct scrim_archive_recent ret[SCRIM_ARCHIVE_RECENT])
{
    size_t count = 0;
    pthread_mutex_lock(&archive->lock);
    const struct recent *recent = &archive->recent[camera];
    if (recent->closed_us > 0 && scrim_clock_mono_us() - recent->closed_us < LISTED_US)
        ret[count++] = (struct scrim_archive_recent){recent->closed, false};
    if (recent->is_growing)
        ret[count++] = (struct scrim_archive_recent){recent->growing, true};
    pthread_mutex_unlock(&archive->lock);
    return count;
}

static void work_item(struct scrim_archive *archive, const struct item *item)
{
    struct archive_camera *camera = &archive->cameras[item->camera];
    struct scrim_archive_file closed;
    bool has_closed = false;
    if (item->kind != ITEM_FRAME || item->after_loss)
        has_closed = archive_camera_close(camera, &closed);
    if (has_closed)
        publish_closed(archive, item->camera, &closed);
    if (item->kind == ITEM_INIT)
        archive_camera_picture(camera, item->mime, item->data, item->count);
    if (item->kind == ITEM_FRAME && archive_camera_frame(camera, &item->frame, &closed))
        publish_closed(archive, item->camera, &closed);
    publish_growing(archive, item->camera);
}

static void *run(void *argument)
{
    struct scrim_archive *archive = argument;
    struct item *item;
    while ((item = scrim_queue_pop(archive->queue, -1))) {
        work_item(archive, item);
        free(item);
    }
    for (unsigned i = 0; i < archive->cameras_count; i++) {
        struct scrim_archive_file closed;
        if (archive_camera_close(&archive->cameras[i], &closed))
            archive->written(archive->context, &closed);
    }
    return NULL;
}

static void destroy(struct scrim_archive *archive)
{
    for (unsigned i = 0; i < archive->cameras_count; i++)
        archive_camera_finish(&archive->cameras[i]);
    scrim_queue_destroy(archive->queue, free);
    free(archive->cameras);
    free(archive->recent);
    pthread_mutex_destroy(&archive->lock);
    free(archive->loop.lost);
    free(archive);
}

int scrim_archive_start(const struct scrim_site *site, scrim_archive_written written, void *context,
                        struct scrim_archive **ret, struct scrim_error *error)
{
    struct scrim_archive *archive = scrim_new(struct scrim_archive);
    archive->log = scrim_log_named("desk.archive");
    archive->written = written;
    archive->context = context;
    archive->cameras_count = site->config->cameras_count;
    archive->queue = scrim_queue_create(QUEUE_ITEMS, QUEUE_BYTES);
    archive->cameras = scrim_new_array(archive->cameras_count + 1, struct archive_camera);
    archive->recent = scrim_new_array(archive->cameras_count + 1, struct recent);
    pthread_mutex_init(&archive->lock, NULL);
    archive->loop.lost = scrim_new_array(archive->cameras_count + 1, bool);
    for (unsigned i = 0; i < archive->cameras_count; i++)
        archive_camera_init(&archive->cameras[i], site->dir, site->config->cameras[i].id);
    const int failed = pthread_create(&archive->thread, NULL, run, archive);
    if (failed != 0) {
        destroy(archive);
        return scrim_fail_errno(error, failed, "cannot start the archive's thread");
    }
    pthread_setname_np(archive->thread, "archive");
    *ret = archive;
    return SCRIM_OK;
}

void scrim_archive_stop(struct scrim_archive *archive)
{
    if (!archive)
        return;
    scrim_queue_close(archive->queue);
    pthread_join(archive->thread, NULL);
    destroy(archive);
}

static struct item *new_item(enum item_kind kind, unsigned camera, const uint8_t *bytes,
                             size_t count)
{
    struct item *item = scrim_alloc(sizeof *item + count);
    if (!item)
        return NULL;
    memset(item, 0, sizeof *item);
    item->kind = kind;
    item->camera = camera;
    item->count = count;
    if (count > 0)
        memcpy(item->data, bytes, count);
    return item;
}

// Queues the item or drops it; then the camera's frames are dropped up to the next key frame.
static bool queue_item(struct scrim_archive *archive, struct item *item)
{
    if (item && scrim_queue_push(archive->queue, item, sizeof *item + item->count))
        return true;
    free(item);
    return false;
}

void scrim_archive_init(struct scrim_archive *archive, unsigned camera, const char *mime,
                        const uint8_t *segment, size_t segment_len)
{
    struct item *item = new_item(ITEM_INIT, camera, segment, segment_len);
    if (item)
        snprintf(item->mime, sizeof item->mime, "%s", mime);
    if (!queue_item(archive, item))
        scrim_warn(&archive->log,
                   "the disk is too slow: the picture of camera %u is not archived "
                   "until it begins anew",
                   camera);
}

void scrim_archive_frame(struct scrim_archive *archive, unsigned camera,
                         const struct scrim_live_frame *frame)
{
    bool *lost = &archive->loop.lost[camera];
    struct item *item = NULL;
    if (!*lost || frame->key)
        item = new_item(ITEM_FRAME, camera, frame->fragment, frame->fragment_len);
    if (item) {
        item->after_loss = *lost;
        item->frame = *frame;
        item->frame.fragment = item->data;
    }
    if (queue_item(archive, item)) {
        *lost = false;
        return;
    }
    if (!*lost)
        scrim_warn(&archive->log, "the disk is too slow: redacted frames are not archived");
    *lost = true;
    archive->loop.dropped++;
}

void scrim_archive_end(struct scrim_archive *archive, unsigned camera)
{
    if (!queue_item(archive, new_item(ITEM_END, camera, NULL, 0)))
        archive->loop.lost[camera] = true; // the next frame closes the file instead
}

uint64_t scrim_archive_dropped(const struct scrim_archive *archive)
{
    return archive->loop.dropped;
}
