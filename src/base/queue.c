#include "base/queue.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct entry {
    void *item;
    size_t weight;
};

struct scrim_queue {
    pthread_mutex_t lock; // leaf lock, protects all below
    pthread_cond_t changed;
    struct entry *ring;
    size_t max_items, max_weight;
    size_t head, length, weight;
    bool closed;
};

struct scrim_queue *scrim_queue_create(size_t max_items, size_t max_weight)
{
    struct scrim_queue *queue = scrim_new(struct scrim_queue);
    queue->ring = scrim_new_array(max_items, struct entry);
    queue->max_items = max_items;
    queue->max_weight = max_weight;
    pthread_mutex_init(&queue->lock, NULL);

    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return queue;
}

void scrim_queue_destroy(struct scrim_queue *queue, void (*free_item)(void *))
{
    if (!queue)
        return;
    for (; queue->length > 0; queue->length--) {
        if (free_item)
            free_item(queue->ring[queue->head].item);
        queue->head = (queue->head + 1) % queue->max_items;
    }
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
    free(queue->ring);
    free(queue);
}

bool scrim_queue_push(struct scrim_queue *queue, void *item, size_t weight)
{
    pthread_mutex_lock(&queue->lock);
    const bool fits = !queue->closed && queue->length < queue->max_items &&
                      weight <= queue->max_weight - queue->weight;
    if (fits) {
        const size_t tail = (queue->head + queue->length) % queue->max_items;
        queue->ring[tail] = (struct entry){item, weight};
        queue->length++;
        queue->weight += weight;
        pthread_cond_signal(&queue->changed);
    }
    pthread_mutex_unlock(&queue->lock);
    return fits;
}

static struct timespec deadline_after(int64_t timeout_us)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    const int64_t nanos = deadline.tv_nsec + timeout_us % SCRIM_SECOND * 1000;
    deadline.tv_sec += timeout_us / SCRIM_SECOND + nanos / 1000000000;
    deadline.tv_nsec = nanos % 1000000000;
    return deadline;
}

void *scrim_queue_pop(struct scrim_queue *queue, int64_t timeout_us)
{
    const struct timespec deadline = deadline_after(timeout_us < 0 ? 0 : timeout_us);
    void *item = NULL;

    pthread_mutex_lock(&queue->lock);
    while (queue->length == 0 && !queue->closed) {
        if (timeout_us < 0)
            pthread_cond_wait(&queue->changed, &queue->lock);
        else if (pthread_cond_timedwait(&queue->changed, &queue->lock, &deadline) != 0)
            break;
    }
    if (queue->length > 0) {
        const struct entry entry = queue->ring[queue->head];
        item = entry.item;
        queue->weight -= entry.weight;
        queue->head = (queue->head + 1) % queue->max_items;
        queue->length--;
    }
    pthread_mutex_unlock(&queue->lock);
    return item;
}

void scrim_queue_close(struct scrim_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

bool scrim_queue_closed(struct scrim_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    const bool closed = queue->closed;
    pthread_mutex_unlock(&queue->lock);
    return closed;
}

size_t scrim_queue_length(struct scrim_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    const size_t length = queue->length;
    pthread_mutex_unlock(&queue->lock);
    return length;
}
