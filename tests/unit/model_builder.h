// Builds small model files in memory, field by field as docs/ref/formats/model.md has them.
#pragma once

#include "detect/model.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct model_builder {
    struct scrim_buf bytes;
    uint32_t random; // state of the weights
};

static inline void model_check(int result)
{
    if (result < 0) {
        fprintf(stderr, "model builder: %s\n", scrim_err_text(result));
        abort();
    }
}

static inline void model_u8(struct model_builder *model, unsigned value)
{
    model_check(scrim_buf_append_u8(&model->bytes, (uint8_t)value));
}

static inline void model_u16(struct model_builder *model, unsigned value)
{
    model_check(scrim_buf_append_u16(&model->bytes, (uint16_t)value));
}

static inline void model_f32(struct model_builder *model, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    model_check(scrim_buf_append_u32(&model->bytes, bits));
}

// Header without outputs and operations. Mean 0 and scale 1: the network sees plain pixel values.
static inline void model_begin_head(struct model_builder *model, enum scrim_head_kind head,
                                    unsigned width, unsigned height)
{
    scrim_buf_init(&model->bytes, 1U << 24);
    model->random = 1;
    model_check(scrim_buf_append_text(&model->bytes, "scrimnvm"));
    model_u16(model, 2); // version
    model_u16(model, head);
    model_u16(model, width);
    model_u16(model, height);
    model_u8(model, 1); // RGB
    for (int i = 0; i < 6; i++)
        model_f32(model, i < 3 ? 0 : 1);
}

static inline void model_begin(struct model_builder *model, unsigned width, unsigned height)
{
    model_begin_head(model, SCRIM_HEAD_GFL, width, height);
}

static inline void model_classes(struct model_builder *model, unsigned count,
                                 const uint8_t *classes)
{
    model_u8(model, count);
    for (unsigned i = 0; i < count; i++)
        model_u8(model, classes[i]);
}

// Kind, activation (leaky with slope 0.25 or none) and up to two inputs.
static inline void model_op(struct model_builder *model, enum scrim_op_kind kind, bool leaky,
                            unsigned inputs, unsigned first, unsigned second)
{
    model_u8(model, kind);
    model_u8(model, leaky ? SCRIM_ACTIVATION_LEAKY : SCRIM_ACTIVATION_NONE);
    model_f32(model, leaky ? 0.25F : 0);
    model_u8(model, inputs);
    model_u16(model, first);
    if (inputs > 1)
        model_u16(model, second);
}

static inline void model_window(struct model_builder *model, unsigned kernel, unsigned stride,
                                unsigned pad)
{
    const unsigned fields[] = {kernel, kernel, stride, pad, pad, pad, pad};
    for (unsigned i = 0; i < 7; i++)
        model_u8(model, fields[i]);
}

// A kernel of 3 at a stride of 2 as TensorFlow pads even sizes: only behind.
static inline void model_window_behind(struct model_builder *model)
{
    const unsigned fields[] = {3, 3, 2, 0, 0, 1, 1};
    for (unsigned i = 0; i < 7; i++)
        model_u8(model, fields[i]);
}

// Addition with ReLU.
static inline void model_add_relu(struct model_builder *model, unsigned first, unsigned second)
{
    model_u8(model, SCRIM_OP_ADD);
    model_u8(model, SCRIM_ACTIVATION_RELU);
    model_f32(model, 0);
    model_u8(model, 2);
    model_u16(model, first);
    model_u16(model, second);
}

// Halves between -1 and 1, all exact in 16 bits; then biases of 1/8.
static inline void model_weights(struct model_builder *model, size_t count, size_t biases)
{
    for (size_t i = 0; i < count; i++) {
        model->random = model->random * 1664525U + 1013904223U;
        model_u16(model, (model->random >> 31 << 15) | (13U << 10) | (model->random >> 16 & 1023));
    }
    for (size_t i = 0; i < biases; i++)
        model_f32(model, 0.125F);
}

// A convolution over value `input` of `from` channels; `kernel` odd, padded to keep the size.
static inline void model_conv(struct model_builder *model, unsigned input, unsigned from,
                              unsigned to, unsigned kernel, unsigned stride, bool leaky)
{
    model_op(model, SCRIM_OP_CONV, leaky, 1, input, 0);
    model_window(model, kernel, stride, kernel / 2);
    model_u16(model, to);
    model_weights(model, (size_t)from * to * kernel * kernel, to);
}

static inline void model_seal(struct model_builder *model)
{
    uint8_t digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, model->bytes.data, model->bytes.len);
    model_check(scrim_buf_append(&model->bytes, digest, sizeof(digest)));
}

// After the last operation: no ranges.
static inline void model_end(struct model_builder *model)
{
    model_u8(model, 0);
    model_seal(model);
}

static inline void model_finish(struct model_builder *model)
{
    scrim_buf_finish(&model->bytes);
}

// A whole small detector: two strided convolutions to one grid of stride 8; one class, two bins.
static inline void model_small(struct model_builder *model)
{
    static const uint8_t classes[] = {SCRIM_CLASS_PERSON};
    model_begin(model, 64, 32);
    model_classes(model, 1, classes);
    model_u8(model, 2); // bins
    model_u8(model, 1); // outputs
    model_u16(model, 2);
    model_u16(model, 8);
    model_u16(model, 2); // operations
    model_conv(model, 0, 3, 4, 3, 4, true);
    model_conv(model, 1, 4, 9, 1, 2, false);
    model_end(model);
}

// The same for faces: `boxes` a cell, of `class`, and as many channels as the caller says.
static inline void model_small_faces(struct model_builder *model, unsigned class, unsigned boxes,
                                     unsigned channels)
{
    const uint8_t classes[] = {(uint8_t) class};
    model_begin_head(model, SCRIM_HEAD_FACE, 64, 32);
    model_classes(model, 1, classes);
    model_u8(model, 1); // outputs
    model_u16(model, 2);
    model_u16(model, 8);
    model_u8(model, boxes);
    model_u16(model, 2); // operations
    model_conv(model, 0, 3, 4, 3, 4, true);
    model_conv(model, 1, 4, channels, 1, 2, false);
    model_end(model);
}
