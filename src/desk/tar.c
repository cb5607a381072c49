#include "desk/tar.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// Where the fields lie.
enum {
    NAME = 0,
    MODE = 100,
    UID = 108,
    GID = 116,
    SIZE = 124,
    MTIME = 136,
    SUM = 148,
    TYPE = 156,
    MAGIC = 257,
    VERSION = 263
};

static void put_octal(char *at, int digits, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%0*" PRIo64, digits, value);
    memcpy(at, text, (size_t)digits);
}

int tar_header(const char *name, uint64_t size, int64_t modified_s, char ret[TAR_BLOCK])
{
    const size_t length = strlen(name);
    unsigned sum = 0;
    if (length == 0 || length > TAR_NAME_MAX || size > TAR_SIZE_MAX || modified_s < 0 ||
        (uint64_t)modified_s > TAR_SIZE_MAX)
        return SCRIM_EINVAL;
    memset(ret, 0, TAR_BLOCK);
    memcpy(ret + NAME, name, length);
    put_octal(ret + MODE, 7, 0644);
    put_octal(ret + UID, 7, 0);
    put_octal(ret + GID, 7, 0);
    put_octal(ret + SIZE, 11, size);
    put_octal(ret + MTIME, 11, (uint64_t)modified_s);
    ret[TYPE] = '0';
    memcpy(ret + MAGIC, "ustar", 6);
    memcpy(ret + VERSION, "00", 2);
    memset(ret + SUM, ' ', 8); // as the sum counts itself
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += (unsigned char)ret[i];
    put_octal(ret + SUM, 6, sum);
    ret[SUM + 6] = '\0';
    return SCRIM_OK;
}
