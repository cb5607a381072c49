#include "store/disk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOOT_MAX 32 // bytes of DIR/state/boot: a decimal number and a line break

static bool parse_count(const struct scrim_buf *text, uint64_t *ret)
{
    uint64_t value = 0;
    if (text->len < 2 || text->len > 20 || text->data[text->len - 1] != '\n')
        return false;
    for (size_t i = 0; i + 1 < text->len; i++) {
        if (text->data[i] < '0' || text->data[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text->data[i] - '0');
    }
    *ret = value;
    return true;
}

int scrim_boot_count(const char *dir, uint64_t *ret, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], text[BOOT_MAX];
    if (scrim_path_join(path, dir, "state/boot") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    struct scrim_buf old;
    scrim_buf_init(&old, BOOT_MAX);
    uint64_t count = 0;
    int result = scrim_fs_read(path, &old, error);
    if (result == SCRIM_ENOENT)
        result = SCRIM_OK;
    else if (result >= 0 && !parse_count(&old, &count))
        result = scrim_fail(error, SCRIM_EFORMAT, "%s: not a number", path);
    scrim_buf_finish(&old);
    if (result < 0)
        return result;
    const int length = snprintf(text, sizeof text, "%" PRIu64 "\n", count + 1);
    result = scrim_fs_replace(path, text, (size_t)length, 0600, error);
    if (result >= 0)
        *ret = count + 1;
    return result;
}
