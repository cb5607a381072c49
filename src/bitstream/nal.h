// NAL units of an access unit in byte stream format (annex B of ITU-T H.264 and of H.265), and what
// their headers say. Reads bytes that a camera chose; nothing is decoded.
#pragma once

#include "link/link.h"

struct scrim_nal {
    const uint8_t *data; // header included, start code and trailing zero bytes excluded; not owned
    size_t size;         // at least 1
    unsigned type;       // nal_unit_type
};

// Walks over `data`. Bytes before the first start code are skipped.
struct scrim_nal_walk {
    enum scrim_codec codec;
    const uint8_t *at, *end; // `at`: just behind a start code, or `end`
};

struct scrim_nal_walk scrim_nal_walk_of(enum scrim_codec codec, const uint8_t *data, size_t size);
SCRIM_MUST_CHECK bool scrim_nal_next(struct scrim_nal_walk *walk, struct scrim_nal *ret);
// The type of the next one, without a search for its end.
SCRIM_MUST_CHECK bool scrim_nal_peek(struct scrim_nal_walk *walk, unsigned *ret_type);

enum scrim_nal_kind {
    SCRIM_NAL_SLICE,  // part of a picture
    SCRIM_NAL_RANDOM, // part of a picture at which decoding can start: IDR, or IRAP in H.265
    SCRIM_NAL_VPS,
    SCRIM_NAL_SPS,
    SCRIM_NAL_PPS,
    SCRIM_NAL_SEI,
    SCRIM_NAL_OTHER,
};
enum scrim_nal_kind scrim_nal_kind(enum scrim_codec codec, unsigned type);

// True for an H.264 SEI that holds a recovery point of zero frames (H.264 D.2.8): some encoders
// mark an open GOP so, and never send a second IDR picture.
bool scrim_nal_is_recovery_point(const struct scrim_nal *sei);

// True for an H.265 SEI that holds a hash of the decoded picture (H.265 D.2.19).
bool scrim_nal_is_picture_hash(const struct scrim_nal *sei);

// Copies the start of a NAL unit without emulation prevention bytes (7.4.1). Returns the count.
size_t scrim_nal_unescape(const struct scrim_nal *nal, uint8_t *ret, size_t room);
