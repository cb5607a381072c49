#include "recorder/emergency.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS 2 // this quarter of an hour, and the next

struct slot {
    struct scrim_glass_key key;
    int64_t until_us; // monotonic; 0: free
};

struct scrim_emergency {
    struct slot slots[SLOTS];
    unsigned turn;
};

struct scrim_emergency *scrim_emergency_create(void)
{
    return scrim_new(struct scrim_emergency);
}

void scrim_emergency_destroy(struct scrim_emergency *emergency)
{
    free(emergency);
}

static bool is_another(const struct slot *before, const struct scrim_glass_key *key)
{
    return before->key.start_us == key->start_us &&
           memcmp(before->key.key, key->key, sizeof key->key) != 0;
}

void scrim_emergency_put(struct scrim_emergency *emergency, const struct scrim_glass_key *key)
{
    struct slot *place = &emergency->slots[0];
    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot *slot = &emergency->slots[i];
        if (slot->key.start_us == key->start_us) {
            place = slot;
            break;
        }
        if (slot->until_us < place->until_us)
            place = slot;
    }
    const int64_t now_us = scrim_clock_mono_us();
    if (is_another(place, key))
        emergency->turn++;
    place->key = *key;
    place->until_us = key->good_us < INT64_MAX - now_us ? now_us + key->good_us : INT64_MAX;
}

void scrim_emergency_clear(struct scrim_emergency *emergency)
{
    for (unsigned i = 0; i < SLOTS; i++)
        emergency->slots[i].until_us = 0; // its name stays, to know another one by
}

unsigned scrim_emergency_turn(const struct scrim_emergency *emergency)
{
    return emergency ? emergency->turn : 0;
}

const uint8_t *scrim_emergency_get(const struct scrim_emergency *emergency, int64_t start_us)
{
    const int64_t now_us = scrim_clock_mono_us();
    for (unsigned i = 0; emergency && i < SLOTS; i++) {
        const struct slot *slot = &emergency->slots[i];
        if (slot->until_us > now_us && start_us >= slot->key.start_us &&
            start_us < slot->key.end_us)
            return slot->key.key;
    }
    return NULL;
}
