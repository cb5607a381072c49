#include "rtsp/reorder.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <stdlib.h>

#define KEPT_BYTES 2048 // of a slot's memory, for the packet after; an Ethernet frame fits

struct slot {
    bool used;
    struct scrim_rtp_packet packet; // its payload is in `bytes`
    struct scrim_buf bytes;
};

struct scrim_reorder {
    struct slot slots[SCRIM_REORDER_PACKETS]; // by number
    unsigned count;
    size_t size; // of all payloads that wait
};

static unsigned place_of(int64_t number)
{
    return (unsigned)((uint64_t)number % SCRIM_REORDER_PACKETS);
}

struct scrim_reorder *scrim_reorder_create(void)
{
    struct scrim_reorder *reorder = scrim_new(struct scrim_reorder);
    for (unsigned i = 0; i < SCRIM_REORDER_PACKETS; i++)
        scrim_buf_init(&reorder->slots[i].bytes, SCRIM_REORDER_BYTES);
    return reorder;
}

void scrim_reorder_destroy(struct scrim_reorder *reorder)
{
    if (!reorder)
        return;
    for (unsigned i = 0; i < SCRIM_REORDER_PACKETS; i++)
        scrim_buf_finish_wipe(&reorder->slots[i].bytes);
    free(reorder);
}

int scrim_reorder_put(struct scrim_reorder *reorder, const struct scrim_rtp_packet *packet)
{
    struct slot *slot = &reorder->slots[place_of(packet->number)];
    if (slot->used)
        return SCRIM_EEXIST;
    if (packet->size > SCRIM_REORDER_BYTES - reorder->size)
        return SCRIM_ENOSPACE;
    int result = scrim_buf_reserve(&slot->bytes, KEPT_BYTES);
    if (result >= 0)
        result = scrim_buf_append(&slot->bytes, packet->payload, packet->size);
    if (result < 0)
        return result;
    slot->used = true;
    slot->packet = *packet;
    slot->packet.payload = slot->bytes.data;
    reorder->size += packet->size;
    reorder->count++;
    return SCRIM_OK;
}

unsigned scrim_reorder_count(const struct scrim_reorder *reorder)
{
    return reorder->count;
}

const struct scrim_rtp_packet *scrim_reorder_find(const struct scrim_reorder *reorder,
                                                  int64_t number)
{
    const struct slot *slot = &reorder->slots[place_of(number)];
    return slot->used && slot->packet.number == number ? &slot->packet : NULL;
}

static void empty(struct scrim_reorder *reorder, struct slot *slot)
{
    if (!slot->used)
        return;
    reorder->count--;
    reorder->size -= slot->packet.size;
    slot->used = false;
    scrim_buf_clear(&slot->bytes);
    if (slot->bytes.capacity > KEPT_BYTES)
        scrim_buf_finish(&slot->bytes);
}

void scrim_reorder_release(struct scrim_reorder *reorder, int64_t number)
{
    empty(reorder, &reorder->slots[place_of(number)]);
}

int64_t scrim_reorder_lowest(const struct scrim_reorder *reorder, int64_t from)
{
    if (reorder->count == 0)
        return INT64_MAX;
    for (int64_t number = from; number < from + SCRIM_REORDER_PACKETS; number++)
        if (scrim_reorder_find(reorder, number))
            return number;
    return INT64_MAX;
}

int64_t scrim_reorder_oldest_us(const struct scrim_reorder *reorder)
{
    int64_t oldest_us = INT64_MAX;
    for (unsigned i = 0; i < SCRIM_REORDER_PACKETS && reorder->count > 0; i++) {
        const struct slot *slot = &reorder->slots[i];
        if (slot->used && slot->packet.arrival_us < oldest_us)
            oldest_us = slot->packet.arrival_us;
    }
    return oldest_us;
}

void scrim_reorder_clear(struct scrim_reorder *reorder)
{
    for (unsigned i = 0; i < SCRIM_REORDER_PACKETS; i++)
        empty(reorder, &reorder->slots[i]);
}
