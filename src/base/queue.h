// A bounded queue of pointers between threads: many producers, one consumer.
// Full means refuse, never wait: the producer decides what to drop and says so.
#pragma once

#include "base/error.h"

#include <stdint.h>

struct scrim_queue;

// `max_items` and `max_weight` (any unit, usually bytes) both bound it.
struct scrim_queue *scrim_queue_create(size_t max_items, size_t max_weight);
// The queue must be empty, or its items are passed to `free_item`. NULL is fine.
void scrim_queue_destroy(struct scrim_queue *queue, void (*free_item)(void *));

// Takes the item and returns true, or leaves it with the caller: false when full or closed.
SCRIM_MUST_CHECK bool scrim_queue_push(struct scrim_queue *queue, void *item, size_t weight);

// Waits up to `timeout_us` (negative: for ever) and returns an item, or NULL on time-out and,
// once closed and drained, at once. The item is the caller's.
void *scrim_queue_pop(struct scrim_queue *queue, int64_t timeout_us);

// No more pushes; pop drains what is left.
void scrim_queue_close(struct scrim_queue *queue);
bool scrim_queue_closed(struct scrim_queue *queue);
size_t scrim_queue_length(struct scrim_queue *queue);
