// A decoded frame as the decoder leaves it: three planes, 4:2:0, 8 bits. Borrowed, never owned.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct scrim_picture {
    const uint8_t
        *planes[3];    // Y, Cb, Cr; the chroma planes hold (width + 1) / 2 × (height + 1) / 2
    int strides[3];    // bytes from one row to the next, at least the width of the plane
    int width, height; // pixels, both at least 2
    bool full_range;   // luma 0…255 (JPEG range) instead of 16…235
};

// A rectangle in pixels of a picture.
struct scrim_region {
    int x, y, width, height;
};
