#include "store/hour_keys.h"

#include "base/alloc.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define ID_BYTES (SCRIM_CAMERA_ID_MAX + 1)
#define GROUP_BYTES (ID_BYTES + 4)
#define KEY_BYTES (4 + SCRIM_HOUR_KEY)

static void put_u32(uint8_t at[4], uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get_u32(const uint8_t at[4])
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

// An id that fills its 32 bytes in one way only: no NUL before the padding, nothing after it.
static bool is_camera(const char id[ID_BYTES])
{
    const size_t length = strnlen(id, ID_BYTES);
    for (size_t i = length; i < ID_BYTES; i++) {
        if (id[i] != '\0')
            return false;
    }
    return length > 0 && length < ID_BYTES &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

void scrim_hour_keys_finish(struct scrim_hour_keys *keys)
{
    sodium_free(keys->block); // overwrites it
    free(keys->groups);
    *keys = (struct scrim_hour_keys){0};
}

// Takes one group off the reader; `before` is the group before it, or NULL.
static bool take_group(struct scrim_reader *reader, const struct scrim_hour_group *before,
                       struct scrim_hour_group *ret)
{
    uint32_t count;
    const uint8_t *id = scrim_read_view(reader, ID_BYTES);
    if (!id || !scrim_read_u32(reader, &count) || count == 0 || count > SCRIM_HOUR_RING_KEYS_MAX)
        return false;
    const uint8_t *at = scrim_read_view(reader, (size_t)count * KEY_BYTES);
    if (!at)
        return false;
    *ret = (struct scrim_hour_group){(const char *)id, at, count};
    if (!is_camera(ret->camera) || (before && strcmp(before->camera, ret->camera) >= 0))
        return false;
    for (size_t i = 1; i < count; i++) {
        if (get_u32(at + (i - 1) * KEY_BYTES) >= get_u32(at + i * KEY_BYTES))
            return false;
    }
    return true;
}

int scrim_hour_keys_parse(uint8_t *block, size_t len, struct scrim_hour_keys *ret)
{
    struct scrim_hour_keys keys = {.block = block, .len = len};
    struct scrim_reader reader = scrim_reader_of(block, len);
    uint32_t groups;
    bool good = scrim_read_u32(&reader, &groups) && groups <= SCRIM_HOUR_RING_CAMERAS_MAX;
    if (good)
        keys.groups = scrim_new_array(groups, struct scrim_hour_group);
    for (; good && keys.groups_count < groups; keys.groups_count++) {
        struct scrim_hour_group *group = &keys.groups[keys.groups_count];
        good = take_group(&reader, keys.groups_count > 0 ? group - 1 : NULL, group);
        keys.count += group->count;
    }
    if (!good || reader.left > 0 || keys.count > SCRIM_HOUR_RING_KEYS_MAX) {
        scrim_hour_keys_finish(&keys);
        return SCRIM_EFORMAT;
    }
    *ret = keys;
    return SCRIM_OK;
}

int scrim_hour_keys_empty(struct scrim_hour_keys *ret)
{
    uint8_t *block = sodium_malloc(4);
    if (!block)
        return SCRIM_ENOMEM;
    put_u32(block, 0);
    return scrim_hour_keys_parse(block, 4, ret);
}

uint64_t scrim_hour_keys_hour(const struct scrim_hour_group *group, size_t place)
{
    return get_u32(group->keys + place * KEY_BYTES);
}

static const struct scrim_hour_group *group_of(const struct scrim_hour_keys *keys,
                                               const char *camera)
{
    size_t low = 0, high = keys->groups_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(keys->groups[middle].camera, camera);
        if (order == 0)
            return &keys->groups[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

// The place of the hour's key in the group (NULL: an empty one), or -1.
static ssize_t place_of(const struct scrim_hour_group *group, uint64_t hour)
{
    size_t low = 0, high = group ? group->count : 0;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const uint64_t found = scrim_hour_keys_hour(group, middle);
        if (found == hour)
            return (ssize_t)middle;
        if (found < hour)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

const uint8_t *scrim_hour_keys_find(const struct scrim_hour_keys *keys, const char *camera,
                                    uint64_t hour)
{
    const struct scrim_hour_group *group = group_of(keys, camera);
    const ssize_t place = place_of(group, hour);
    return place < 0 ? NULL : group->keys + (size_t)place * KEY_BYTES + 4;
}

// A set being written, front to back, into a block that has room for all of it.
struct writer {
    uint8_t *block;
    size_t len;
    uint32_t groups;
    size_t group_at;      // of the group being written
    uint32_t group_count; // its keys
};

static int writer_init(struct writer *writer, size_t room)
{
    *writer = (struct writer){.block = sodium_malloc(room), .len = 4};
    return writer->block ? SCRIM_OK : SCRIM_ENOMEM;
}

static void writer_begin(struct writer *writer, const char *camera)
{
    writer->group_at = writer->len;
    writer->group_count = 0;
    memset(writer->block + writer->len, 0, ID_BYTES);
    memcpy(writer->block + writer->len, camera, strlen(camera));
    writer->len += GROUP_BYTES;
}

// A group that stayed empty is taken back.
static void writer_end(struct writer *writer)
{
    if (writer->group_count == 0) {
        writer->len = writer->group_at;
        return;
    }
    put_u32(writer->block + writer->group_at + ID_BYTES, writer->group_count);
    writer->groups++;
}

static void writer_copy(struct writer *writer, const uint8_t *key, size_t count)
{
    memcpy(writer->block + writer->len, key, count * KEY_BYTES);
    writer->len += count * KEY_BYTES;
    writer->group_count += (uint32_t)count;
}

static void writer_make(struct writer *writer, uint32_t hour)
{
    put_u32(writer->block + writer->len, hour);
    randombytes_buf(writer->block + writer->len + 4, SCRIM_HOUR_KEY);
    writer->len += KEY_BYTES;
    writer->group_count++;
}

// sodium_malloc's blocks do not shrink: what was reserved and not needed stays, locked and unused,
// until the set goes.
static int writer_finish(struct writer *writer, struct scrim_hour_keys *ret)
{
    put_u32(writer->block, writer->groups);
    const int result = scrim_hour_keys_parse(writer->block, writer->len, ret);
    return result == SCRIM_EFORMAT ? SCRIM_ENOSPACE : result; // a ceiling: the rest is ours
}

// An hour that has no key yet. It points into the caller's ranges.
struct want {
    const char *camera;
    uint32_t hour;
};

static int by_place(const void *a, const void *b)
{
    const struct want *left = a, *right = b;
    const int order = strcmp(left->camera, right->camera);
    return order != 0 ? order : (left->hour > right->hour) - (left->hour < right->hour);
}

static int check_ranges(const struct scrim_hour_range *ranges, size_t count, uint64_t *ret_hours)
{
    *ret_hours = 0;
    for (size_t i = 0; i < count; i++) {
        const struct scrim_hour_range *range = &ranges[i];
        if (strnlen(range->camera, ID_BYTES) == ID_BYTES || range->camera[0] == '\0' ||
            range->first > range->last)
            return SCRIM_EINVAL;
        *ret_hours += range->last - range->first + 1;
    }
    return SCRIM_OK;
}

// The missing hours, sorted, none twice.
static int find_wants(const struct scrim_hour_keys *keys, const struct scrim_hour_range *wanted,
                      size_t count, struct want **ret, size_t *ret_count)
{
    uint64_t hours;
    int result = check_ranges(wanted, count, &hours);
    for (size_t i = 0; i < count && result >= 0; i++) {
        char id[ID_BYTES] = {0};
        memcpy(id, wanted[i].camera, strlen(wanted[i].camera));
        if (!is_camera(id) || wanted[i].last > UINT32_MAX)
            result = SCRIM_EINVAL;
    }
    if (result < 0)
        return result;
    if (hours > SCRIM_HOUR_RING_KEYS_MAX)
        return SCRIM_ENOSPACE;
    struct want *wants = scrim_alloc_zero((size_t)hours, sizeof *wants);
    if (!wants)
        return SCRIM_ENOMEM;
    size_t found = 0, kept = 0;
    for (size_t i = 0; i < count; i++) {
        const struct scrim_hour_group *group = group_of(keys, wanted[i].camera);
        for (uint64_t hour = wanted[i].first; hour <= wanted[i].last; hour++) {
            if (place_of(group, hour) < 0)
                wants[found++] = (struct want){wanted[i].camera, (uint32_t)hour};
        }
    }
    qsort(wants, found, sizeof *wants, by_place);
    for (size_t i = 0; i < found; i++) {
        if (kept == 0 || by_place(&wants[kept - 1], &wants[i]) != 0)
            wants[kept++] = wants[i];
    }
    *ret = wants;
    *ret_count = kept;
    return SCRIM_OK;
}

// One camera's keys and wants, both sorted, into one group. Returns the wants it took.
static size_t merge_group(struct writer *writer, const struct scrim_hour_group *group,
                          const struct want *wants, size_t count)
{
    const char *camera = group ? group->camera : wants[0].camera;
    size_t taken = 0, copied = 0;
    writer_begin(writer, camera);
    while (taken < count && strcmp(wants[taken].camera, camera) == 0) {
        size_t until = copied;
        while (group && until < group->count &&
               get_u32(group->keys + until * KEY_BYTES) < wants[taken].hour)
            until++;
        if (until > copied)
            writer_copy(writer, group->keys + copied * KEY_BYTES, until - copied);
        copied = until;
        writer_make(writer, wants[taken++].hour);
    }
    if (group && copied < group->count)
        writer_copy(writer, group->keys + copied * KEY_BYTES, group->count - copied);
    writer_end(writer);
    return taken;
}

int scrim_hour_keys_with(const struct scrim_hour_keys *keys, const struct scrim_hour_range *wanted,
                         size_t count, struct scrim_hour_keys *ret, size_t *ret_changed)
{
    struct want *wants = NULL;
    size_t wants_count = 0, taken = 0, group = 0;
    struct writer writer;
    int result = find_wants(keys, wanted, count, &wants, &wants_count);
    if (result >= 0)
        result = writer_init(&writer, keys->len + wants_count * (GROUP_BYTES + KEY_BYTES));
    if (result < 0) {
        free(wants);
        return result;
    }
    while (group < keys->groups_count || taken < wants_count) {
        const struct scrim_hour_group *next =
            group < keys->groups_count ? &keys->groups[group] : NULL;
        if (next && taken < wants_count && strcmp(wants[taken].camera, next->camera) < 0)
            next = NULL; // a new camera, before that one
        group += next != NULL;
        taken += merge_group(&writer, next, wants + taken, wants_count - taken);
    }
    free(wants);
    *ret_changed = wants_count;
    return writer_finish(&writer, ret);
}

// `chosen`: places in `ranges`.
static bool is_doomed(uint32_t hour, const struct scrim_hour_range *ranges, const size_t *chosen,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (hour >= ranges[chosen[i]].first && hour <= ranges[chosen[i]].last)
            return true;
    }
    return false;
}

int scrim_hour_keys_without(const struct scrim_hour_keys *keys,
                            const struct scrim_hour_range *doomed, size_t count,
                            struct scrim_hour_keys *ret, size_t *ret_changed)
{
    struct writer writer;
    uint64_t hours;
    int result = check_ranges(doomed, count, &hours);
    size_t *of_camera = scrim_alloc_zero(count, sizeof *of_camera);
    if (result >= 0)
        result = of_camera ? writer_init(&writer, keys->len) : SCRIM_ENOMEM;
    if (result < 0) {
        free(of_camera);
        return result;
    }
    for (size_t g = 0; g < keys->groups_count; g++) {
        const struct scrim_hour_group *group = &keys->groups[g];
        size_t ranges = 0;
        for (size_t i = 0; i < count; i++) {
            if (strcmp(doomed[i].camera, group->camera) == 0)
                of_camera[ranges++] = i;
        }
        writer_begin(&writer, group->camera);
        for (size_t i = 0; i < group->count; i++) {
            const uint8_t *key = group->keys + i * KEY_BYTES;
            if (!is_doomed(get_u32(key), doomed, of_camera, ranges))
                writer_copy(&writer, key, 1);
        }
        writer_end(&writer);
    }
    free(of_camera);
    result = writer_finish(&writer, ret);
    if (result >= 0)
        *ret_changed = keys->count - ret->count;
    return result;
}
