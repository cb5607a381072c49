// Inside of model.c and model_ops.c only: a model on its way out of its file.
#pragma once

#include "base/buf.h"
#include "detect/model.h"

#include <math.h>
#include <string.h>

struct scrim_model_parser {
    struct scrim_reader reader;
    struct scrim_model *model;
    size_t floats; // of all values so far
    struct scrim_error *error;
};

static inline int truncated(struct scrim_model_parser *parser)
{
    return scrim_fail(parser->error, SCRIM_EFORMAT, "ends too early");
}

static inline bool read_u8(struct scrim_model_parser *parser, uint32_t *ret)
{
    uint8_t value;
    if (!scrim_read_u8(&parser->reader, &value))
        return false;
    *ret = value;
    return true;
}

static inline bool read_u16(struct scrim_model_parser *parser, uint32_t *ret)
{
    uint16_t value;
    if (!scrim_read_u16(&parser->reader, &value))
        return false;
    *ret = value;
    return true;
}

// False also for infinities and NaN: no field may hold them.
static inline bool read_f32(struct scrim_model_parser *parser, float *ret)
{
    uint32_t bits;
    if (!scrim_read_u32(&parser->reader, &bits))
        return false;
    memcpy(ret, &bits, sizeof(bits));
    return isfinite(*ret);
}

// The operations, and the shapes of what they make; the input's shape is known.
SCRIM_MUST_CHECK int scrim_model_read_ops(struct scrim_model_parser *parser);
