// Headers of a tar archive: ustar, as IEEE Std 1003.1-1988 and every tar since know it. Regular
// files of mode 0644 with owner 0. After a header come the file's bytes, filled up with zeros to
// the next block; two blocks of zeros end the archive.
#pragma once

#include "base/error.h"

#include <stdint.h>

#define TAR_BLOCK 512
#define TAR_NAME_MAX 100
#define TAR_SIZE_MAX ((UINT64_C(1) << 33) - 1) // 11 octal digits

// Zeros that follow `size` bytes.
static inline size_t tar_padding(uint64_t size)
{
    return (size_t)(-size % TAR_BLOCK);
}

// SCRIM_EINVAL for a name or a size that does not fit.
SCRIM_MUST_CHECK int tar_header(const char *name, uint64_t size, int64_t modified_s,
                                char ret[TAR_BLOCK]);
