// PNG files.
#pragma once

#include "base/error.h"

#include <stdint.h>

// Writes an 8-bit RGB picture, three bytes a pixel, rows without gaps.
SCRIM_MUST_CHECK int scrim_png_write(const char *path, const uint8_t *rgb, int width, int height,
                                     struct scrim_error *error);
