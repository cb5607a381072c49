#include "keeper/glass_keys.h"

#include "base/alloc.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char magic[] = "scrim-glass-keys/v1";

struct slot {
    bool used;
    bool retired;             // no new segment gets it
    int64_t start_us, end_us; // UTC
    int64_t dies_us;          // monotonic
    uint8_t secret[SCRIM_GLASS_KEY], public[SCRIM_GLASS_KEY];
};

struct scrim_glass_keys {
    struct slot *slots; // SCRIM_GLASS_KEYS_MAX of them, in locked memory, in the order of making
};

int scrim_glass_keys_create(struct scrim_glass_keys **ret, struct scrim_error *error)
{
    struct slot *slots = sodium_allocarray(SCRIM_GLASS_KEYS_MAX, sizeof *slots);
    if (!slots)
        return scrim_fail(error, SCRIM_ENOMEM, "no locked memory for the emergency keys");
    sodium_memzero(slots, SCRIM_GLASS_KEYS_MAX * sizeof *slots);
    struct scrim_glass_keys *keys = scrim_new(struct scrim_glass_keys);
    keys->slots = slots;
    *ret = keys;
    return SCRIM_OK;
}

void scrim_glass_keys_destroy(struct scrim_glass_keys *keys)
{
    if (!keys)
        return;
    sodium_free(keys->slots); // overwrites first
    free(keys);
}

static int64_t epoch_of(int64_t utc_us)
{
    return utc_us - utc_us % SCRIM_GLASS_EPOCH_US;
}

int64_t scrim_glass_keys_until(void)
{
    return epoch_of(scrim_clock_utc_us()) + SCRIM_GLASS_EPOCH_US;
}

static bool is_over(const struct slot *slot)
{
    return scrim_clock_mono_us() >= slot->dies_us ||
           scrim_clock_utc_us() >= slot->end_us + SCRIM_GLASS_EPOCH_US;
}

// The rest move up, so that they stay in the order of making.
static void wipe(struct scrim_glass_keys *keys, size_t at)
{
    struct slot *slots = keys->slots;
    memmove(&slots[at], &slots[at + 1], (SCRIM_GLASS_KEYS_MAX - at - 1) * sizeof *slots);
    sodium_memzero(&slots[SCRIM_GLASS_KEYS_MAX - 1], sizeof *slots);
}

static void wipe_old(struct scrim_glass_keys *keys)
{
    for (size_t i = 0; i < SCRIM_GLASS_KEYS_MAX;) {
        if (keys->slots[i].used && is_over(&keys->slots[i]))
            wipe(keys, i);
        else
            i++;
    }
}

// A place behind all others. Only a clock that jumps about makes so many: the oldest goes then.
static struct slot *free_slot(struct scrim_glass_keys *keys)
{
    for (size_t i = 0; i < SCRIM_GLASS_KEYS_MAX; i++) {
        if (!keys->slots[i].used)
            return &keys->slots[i];
    }
    wipe(keys, 0);
    return &keys->slots[SCRIM_GLASS_KEYS_MAX - 1];
}

static struct slot *make(struct scrim_glass_keys *keys, int64_t start_us)
{
    struct slot *slot = free_slot(keys);
    slot->used = true;
    slot->start_us = start_us;
    slot->end_us = start_us + SCRIM_GLASS_EPOCH_US;
    slot->dies_us =
        scrim_clock_mono_us() + slot->end_us + SCRIM_GLASS_EPOCH_US - scrim_clock_utc_us();
    crypto_box_keypair(slot->public, slot->secret); // 32 random bytes, and X25519 of the base point
    return slot;
}

// How long a segment may still begin under it and have a quarter of an hour before the secret goes.
static int64_t good_us(const struct slot *slot)
{
    return slot->dies_us - SCRIM_GLASS_EPOCH_US - scrim_clock_mono_us();
}

// One whose time by the monotonic clock is over counts no more: the clock was set back since.
static struct slot *find(struct scrim_glass_keys *keys, int64_t start_us)
{
    for (size_t i = SCRIM_GLASS_KEYS_MAX; i-- > 0;) {
        struct slot *slot = &keys->slots[i];
        if (slot->used && !slot->retired && slot->start_us == start_us && good_us(slot) > 0)
            return slot;
    }
    return NULL;
}

void scrim_glass_keys_public(struct scrim_glass_keys *keys, struct scrim_glass_public ret[2])
{
    wipe_old(keys);
    const int64_t epoch_us = epoch_of(scrim_clock_utc_us());
    for (int i = 0; i < 2; i++) {
        const int64_t start_us = epoch_us + i * SCRIM_GLASS_EPOCH_US;
        const struct slot *slot = find(keys, start_us);
        if (!slot)
            slot = make(keys, start_us);
        ret[i] = (struct scrim_glass_public){
            .start_us = start_us, .end_us = slot->end_us, .good_us = good_us(slot)};
        memcpy(ret[i].key, slot->public, sizeof ret[i].key);
    }
}

int64_t scrim_glass_keys_tend(struct scrim_glass_keys *keys)
{
    wipe_old(keys);
    const int64_t mono_us = scrim_clock_mono_us();
    int64_t due_us = mono_us + scrim_glass_keys_until() - scrim_clock_utc_us();
    for (size_t i = 0; i < SCRIM_GLASS_KEYS_MAX; i++) {
        if (keys->slots[i].used && keys->slots[i].dies_us < due_us)
            due_us = keys->slots[i].dies_us;
    }
    return due_us;
}

void scrim_glass_keys_renew(struct scrim_glass_keys *keys)
{
    for (size_t i = 0; i < SCRIM_GLASS_KEYS_MAX; i++)
        keys->slots[i].retired = keys->slots[i].used;
}

static int append(const struct slot *slot, struct scrim_buf *ret)
{
    int result = scrim_buf_append_u64(ret, (uint64_t)slot->start_us);
    if (result >= 0)
        result = scrim_buf_append_u64(ret, (uint64_t)slot->end_us);
    return result < 0 ? result : scrim_buf_append(ret, slot->secret, sizeof slot->secret);
}

int scrim_glass_keys_secrets(struct scrim_glass_keys *keys, struct scrim_buf *ret)
{
    const int64_t now_us = scrim_clock_utc_us();
    uint32_t count = 0;
    wipe_old(keys);
    for (size_t i = 0; i < SCRIM_GLASS_KEYS_MAX; i++)
        count += keys->slots[i].used && keys->slots[i].start_us <= now_us;
    int result = scrim_buf_append(ret, magic, sizeof magic - 1);
    if (result >= 0)
        result = scrim_buf_append_u32(ret, count);
    for (size_t i = 0; i < SCRIM_GLASS_KEYS_MAX && result >= 0; i++) {
        if (keys->slots[i].used && keys->slots[i].start_us <= now_us)
            result = append(&keys->slots[i], ret);
    }
    return result;
}
