// What the first bytes of an uploaded picture say of it: PNG (ISO/IEC 15948), JPEG (ITU-T T.81) or
// WebP (RFC 9649), and how many pixels it has. Nothing is decoded here; the browser that shows it
// does that. SVG is no picture to us: it is a document that can carry programs.
#pragma once

#include "base/error.h"

#define SCRIM_IMAGE_SIDE_MAX 8192 // pixels

enum scrim_image_kind { SCRIM_IMAGE_PNG, SCRIM_IMAGE_JPEG, SCRIM_IMAGE_WEBP, SCRIM_IMAGE_KINDS };

struct scrim_image_header {
    enum scrim_image_kind kind;
    unsigned width, height; // 1…SCRIM_IMAGE_SIDE_MAX
};

const char *scrim_image_mime(enum scrim_image_kind kind);      // "image/png"
const char *scrim_image_extension(enum scrim_image_kind kind); // "png"
bool scrim_image_kind_parse(const char *extension, enum scrim_image_kind *ret);

// Any bytes. SCRIM_EFORMAT with a sentence for what is none of the three, is cut off, moves, or is
// too large.
SCRIM_MUST_CHECK int scrim_image_header_parse(const void *bytes, size_t count,
                                              struct scrim_image_header *ret,
                                              struct scrim_error *error);
