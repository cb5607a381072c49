// A film as a camera would send it: access units of a byte stream that begins each with an access
// unit delimiter, their times, and the pictures that come out when nothing is damaged.
#pragma once

#include "link/link.h"

#define STEP_US 100000 // ten pictures a second

struct unit {
    const uint8_t *data; // not owned
    size_t size;
    int64_t pts_us; // multiples of STEP_US, from 0 in the order shown
    bool key;
};

struct film {
    const char *name;
    enum scrim_codec codec;
    struct scrim_buf bytes;
    struct unit *units; // in the order sent
    size_t count;
    bool hashed; // each picture with a hash of it (H.265 D.2.19)
    int width, height;
    uint8_t **luma; // by pts_us / STEP_US: width × height, as decoded without damage
};

// Reads PATH (.h264 or .h265) and PATH.pts, a number a line: when each unit is shown, in seconds.
// Ends the program with a sentence if it cannot.
void film_load(struct film *film, const char *path);
