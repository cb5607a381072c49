// The content of a hour ring: what is taken is written again byte for byte, every key is found
// where it lies, and what is added and removed leaves the rest as it was.
#include "store/hour_ring_file.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool same(const struct scrim_hour_keys *a, const struct scrim_hour_keys *b)
{
    return a->len == b->len && a->count == b->count && memcmp(a->block, b->block, a->len) == 0;
}

static void walk(const struct scrim_hour_keys *keys)
{
    size_t count = 0;
    for (size_t i = 0; i < keys->groups_count; i++) {
        const struct scrim_hour_group *group = &keys->groups[i];
        for (size_t k = 0; k < group->count; k++, count++) {
            const uint8_t *key =
                scrim_hour_keys_find(keys, group->camera, scrim_hour_keys_hour(group, k));
            require(key && key >= keys->block && key + SCRIM_HOUR_KEY <= keys->block + keys->len);
        }
    }
    require(count == keys->count);
}

static void change(const struct scrim_hour_keys *keys)
{
    const struct scrim_hour_range range = {.camera = "quay", .first = 7, .last = 9};
    struct scrim_hour_keys more, rest, again;
    size_t made, gone;
    require(scrim_hour_keys_with(keys, &range, 1, &more, &made) >= 0 && made <= 3);
    require(more.count == keys->count + made);
    walk(&more);
    require(scrim_hour_keys_find(&more, "quay", 8) != NULL);
    require(scrim_hour_keys_without(&more, &range, 1, &rest, &gone) >= 0 && gone == 3);
    walk(&rest);
    require(!scrim_hour_keys_find(&rest, "quay", 8));
    require(scrim_hour_keys_without(keys, NULL, 0, &again, &gone) >= 0 && gone == 0);
    require(same(keys, &again));
    scrim_hour_keys_finish(&again);
    if (made == 3)
        require(same(keys, &rest));
    scrim_hour_keys_finish(&rest);
    scrim_hour_keys_finish(&more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct scrim_root_key root = {.generation = 1};
    struct scrim_hour_keys keys;
    if (sodium_init() < 0 || size > 1 << 16)
        return 0;
    require(scrim_hour_ring_unseal(&root, data, size, &keys) < 0); // nobody guesses a tag
    uint8_t *block = sodium_malloc(size);
    require(block != NULL);
    if (size > 0)
        memcpy(block, data, size);
    if (scrim_hour_keys_parse(block, size, &keys) < 0)
        return 0;
    walk(&keys);
    change(&keys);
    scrim_hour_keys_finish(&keys);
    return 0;
}
