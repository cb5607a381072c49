#include "bitstream/params.h"

#include "base/alloc.h"
#include "bitstream/nal.h"
#include "bitstream/sps.h"

#include <string.h>

static const uint8_t start_code[] = {0, 0, 0, 1};

void scrim_params_init(struct scrim_params *params, enum scrim_codec codec)
{
    *params = (struct scrim_params){.codec = codec};
    scrim_buf_init(&params->sets, SCRIM_PARAMETER_SETS_MAX);
}

void scrim_params_finish(struct scrim_params *params)
{
    scrim_buf_finish(&params->sets);
}

static bool holds_nal(enum scrim_codec codec, const struct scrim_buf *sets,
                      const struct scrim_nal *wanted)
{
    struct scrim_nal_walk walk = scrim_nal_walk_of(codec, sets->data, sets->len);
    struct scrim_nal nal;
    while (scrim_nal_next(&walk, &nal))
        if (nal.size == wanted->size && memcmp(nal.data, wanted->data, nal.size) == 0)
            return true;
    return false;
}

static bool holds_kind(enum scrim_codec codec, const struct scrim_buf *sets,
                       enum scrim_nal_kind kind)
{
    struct scrim_nal_walk walk = scrim_nal_walk_of(codec, sets->data, sets->len);
    struct scrim_nal nal;
    while (scrim_nal_next(&walk, &nal))
        if (scrim_nal_kind(codec, nal.type) == kind)
            return true;
    return false;
}

// One that is there already is not added again.
static int add_nal(enum scrim_codec codec, struct scrim_buf *sets, const struct scrim_nal *nal)
{
    if (holds_nal(codec, sets, nal))
        return SCRIM_OK;
    const int result = scrim_buf_append(sets, start_code, sizeof start_code);
    return result < 0 ? result : scrim_buf_append(sets, nal->data, nal->size);
}

static bool holds_all(enum scrim_codec codec, const struct scrim_buf *sets,
                      const struct scrim_buf *wanted)
{
    struct scrim_nal_walk walk = scrim_nal_walk_of(codec, wanted->data, wanted->len);
    struct scrim_nal nal;
    while (scrim_nal_next(&walk, &nal))
        if (!holds_nal(codec, sets, &nal))
            return false;
    return true;
}

// Takes what stands before the first slice: parameter sets into `found`.
static int take_nal(const struct scrim_params *params, const struct scrim_nal *nal,
                    struct scrim_buf *found, struct scrim_access_unit_info *info)
{
    switch (scrim_nal_kind(params->codec, nal->type)) {
    case SCRIM_NAL_SEI:
        if (params->codec == SCRIM_CODEC_H264 && scrim_nal_is_recovery_point(nal))
            info->random = true;
        return SCRIM_OK;
    case SCRIM_NAL_VPS:
    case SCRIM_NAL_SPS:
    case SCRIM_NAL_PPS: return add_nal(params->codec, found, nal);
    default: return SCRIM_OK;
    }
}

// Walks up to the first slice, and not through it: slices are nearly all of a stream.
static int look(const struct scrim_params *params, const uint8_t *data, size_t size,
                struct scrim_buf *found, struct scrim_access_unit_info *info)
{
    struct scrim_nal_walk walk = scrim_nal_walk_of(params->codec, data, size);
    struct scrim_nal nal;
    unsigned type;
    int result = SCRIM_OK;
    while (scrim_nal_peek(&walk, &type)) {
        const enum scrim_nal_kind kind = scrim_nal_kind(params->codec, type);
        info->has_slice = kind == SCRIM_NAL_SLICE || kind == SCRIM_NAL_RANDOM;
        info->random |= kind == SCRIM_NAL_RANDOM;
        if (info->has_slice || !scrim_nal_next(&walk, &nal))
            break;
        const int taken = take_nal(params, &nal, found, info);
        if (result >= 0)
            result = taken;
    }
    return result;
}

// An SPS among the found sets opens a new collection; a lone PPS joins the one there is.
static int collect(const struct scrim_params *params, const struct scrim_buf *found,
                   struct scrim_buf *ret)
{
    struct scrim_nal_walk walk = scrim_nal_walk_of(params->codec, found->data, found->len);
    struct scrim_nal nal;
    int result = SCRIM_OK;
    if (!holds_kind(params->codec, found, SCRIM_NAL_SPS))
        result = scrim_buf_append(ret, params->sets.data, params->sets.len);
    while (result >= 0 && scrim_nal_next(&walk, &nal))
        result = add_nal(params->codec, ret, &nal);
    return result;
}

// What does not describe a picture never takes the place of what did: it was damaged on its way,
// or by the camera.
static int adopt(struct scrim_params *params, const struct scrim_buf *sets)
{
    struct scrim_sps sps;
    const bool complete = scrim_sps_find(params->codec, sets->data, sets->len, &sps) >= 0 &&
                          holds_kind(params->codec, sets, SCRIM_NAL_PPS);
    if (!complete && params->generation > 0)
        return SCRIM_OK;
    scrim_buf_clear(&params->sets);
    const int result = scrim_buf_append(&params->sets, sets->data, sets->len);
    if (result < 0 || !complete) // the rest is on its way
        return result;
    params->width = sps.width;
    params->height = sps.height;
    params->declared_mfps = sps.declared_mfps;
    params->generation++;
    return SCRIM_OK;
}

int scrim_params_update(struct scrim_params *params, const uint8_t *data, size_t size,
                        struct scrim_access_unit_info *ret)
{
    SCRIM_AUTO(scrim_buf_finish) struct scrim_buf found, sets;
    scrim_buf_init(&found, SCRIM_PARAMETER_SETS_MAX);
    scrim_buf_init(&sets, SCRIM_PARAMETER_SETS_MAX);
    *ret = (struct scrim_access_unit_info){0};

    int result = look(params, data, size, &found, ret);
    if (result == SCRIM_ENOSPACE && params->generation > 0)
        return SCRIM_OK; // no encoder sends so many: damaged
    // Some of those in force, or all: a packet with others may have been lost.
    if (result < 0 || holds_all(params->codec, &params->sets, &found))
        return result;
    // Decoders change the SPS at a key frame only (H.264 7.4.1.2.1, H.265 7.4.2.4.2).
    if (params->generation > 0 && !ret->random && holds_kind(params->codec, &found, SCRIM_NAL_SPS))
        return SCRIM_OK;
    result = collect(params, &found, &sets);
    if (result == SCRIM_ENOSPACE && params->generation > 0)
        return SCRIM_OK;
    return result < 0 ? result : adopt(params, &sets);
}
