#include "people/zones.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (1U << 20)
#define ZONES_MAX 2000 // there are some 600

struct scrim_zones {
    char names[ZONES_MAX][SCRIM_ZONE_MAX + 1];
    size_t count;
};

static bool is_name(const char *text, size_t length)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "/_+-";
    if (length == 0 || length > SCRIM_ZONE_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!memchr(letters, text[i], sizeof letters - 1))
            return false;
    return true;
}

static void add(struct scrim_zones *zones, const char *name, size_t length)
{
    if (zones->count == ZONES_MAX || !is_name(name, length))
        return;
    memcpy(zones->names[zones->count], name, length);
    zones->names[zones->count++][length] = '\0';
}

// The place of the first of `count` bytes that is `c`, or `count`.
static size_t span(const char *text, size_t count, char c)
{
    const char *found = memchr(text, c, count);
    return found ? (size_t)(found - text) : count;
}

// "Z NAME …" begins a zone, "L TARGET NAME" is another name of one (zic(8)).
static void take_line(struct scrim_zones *zones, const char *line, size_t length)
{
    if (length < 3 || line[1] != ' ' || (line[0] != 'Z' && line[0] != 'L'))
        return;
    const bool link = line[0] == 'L';
    line += 2;
    length -= 2;
    const size_t first = span(line, length, ' ');
    if (!link)
        add(zones, line, first);
    else if (first < length)
        add(zones, line + first + 1, length - first - 1);
}

struct scrim_zones *scrim_zones_parse(const char *text, size_t length)
{
    struct scrim_zones *zones = scrim_new(struct scrim_zones);
    add(zones, "UTC", 3);
    while (length > 0) {
        const size_t line = span(text, length, '\n');
        take_line(zones, text, line);
        const size_t taken = line < length ? line + 1 : line;
        text += taken;
        length -= taken;
    }
    return zones;
}

int scrim_zones_load(const char *path, struct scrim_zones **ret, struct scrim_error *error)
{
    struct scrim_buf text;
    scrim_buf_init(&text, FILE_MAX);
    const int result = scrim_fs_read(path, &text, error);
    if (result >= 0)
        *ret = scrim_zones_parse((const char *)text.data, text.len);
    scrim_buf_finish(&text);
    return result;
}

void scrim_zones_free(struct scrim_zones *zones)
{
    free(zones);
}

bool scrim_zones_have(const struct scrim_zones *zones, const char *name)
{
    for (size_t i = 0; i < zones->count; i++)
        if (strcmp(zones->names[i], name) == 0)
            return true;
    return false;
}

void scrim_zones_local(const char *link, char ret[SCRIM_ZONE_MAX + 1])
{
    static const char marker[] = "/zoneinfo/";
    char target[PATH_MAX];
    const ssize_t length = readlink(link, target, sizeof target - 1);
    ret[0] = '\0';
    if (length <= 0)
        return;
    target[length] = '\0';
    const char *name = strstr(target, marker);
    name = name ? name + sizeof marker - 1 : "";
    if (is_name(name, strlen(name)))
        memcpy(ret, name, strlen(name) + 1);
}
