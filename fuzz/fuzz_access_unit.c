// What a camera sends after RTP is taken off: access units, what their parameter sets say, whether
// they follow one another, and on to the muxer. The first byte chooses the codec; then each unit
// has a byte of time step, two of length, and its bytes.
#include "bitstream/frame_num.h"
#include "bitstream/mux.h"
#include "bitstream/params.h"
#include "bitstream/unit.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct target {
    struct scrim_params params;
    struct scrim_frame_num order;
    struct scrim_mux *mux;
    struct scrim_buf out;
    unsigned generation;
    int64_t dts;
};

// As a decoder would: sets are taken over, slices must follow.
static void check_order(struct target *target, const struct scrim_unit *unit)
{
    struct scrim_nal_walk walk = scrim_nal_walk_of(SCRIM_CODEC_H264, unit->data, unit->size);
    struct scrim_nal nal;
    while (scrim_nal_next(&walk, &nal)) {
        const enum scrim_nal_kind kind = scrim_nal_kind(SCRIM_CODEC_H264, nal.type);
        scrim_frame_num_sets(&target->order, &nal);
        if ((kind == SCRIM_NAL_SLICE || kind == SCRIM_NAL_RANDOM) &&
            scrim_frame_num_follows(&target->order, &nal, unit->rtp) &&
            target->order.reference >= 1U << 16)
            abort();
    }
}

// As a segment would: a muxer for each set of parameters, a fragment for each picture.
static void record(struct target *target, const struct scrim_unit *unit)
{
    const struct scrim_params *params = &target->params;
    if (unit->random && params->generation != target->generation) {
        char mime[64];
        const struct scrim_mux_params mux = {params->codec, params->sets.data, params->sets.len,
                                             params->width, params->height};
        scrim_mux_destroy(target->mux);
        target->mux = NULL;
        target->generation = params->generation;
        if (scrim_mux_create(&mux, &target->mux, &target->out, NULL) < 0 ||
            scrim_mux_mime_codec(&mux, mime) < 0)
            target->generation = 0;
    }
    if (target->mux && scrim_mux_write(target->mux, unit->data, unit->size, unit->rtp,
                                       ++target->dts, unit->random, NULL) < 0)
        target->generation = 0;
    if (target->mux && scrim_mux_cut(target->mux, &target->out, NULL) < 0)
        target->generation = 0;
    scrim_buf_clear(&target->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_reader reader = scrim_reader_of(data, size);
    struct target target = {.dts = 0};
    uint8_t codec, step;
    uint16_t length;
    int64_t pts = 0;
    if (!scrim_read_u8(&reader, &codec))
        return 0;
    scrim_params_init(&target.params, codec & 1 ? SCRIM_CODEC_H265 : SCRIM_CODEC_H264);
    scrim_buf_init(&target.out, 16U << 20);
    while (scrim_read_u8(&reader, &step) && scrim_read_u16(&reader, &length)) {
        struct scrim_access_unit_info info;
        if (length > reader.left)
            length = (uint16_t)reader.left;
        const uint8_t *bytes = scrim_read_view(&reader, length);
        pts += (int8_t)step;
        if (length == 0 || scrim_params_update(&target.params, bytes, length, &info) < 0)
            continue;
        const struct scrim_unit unit = {
            .data = bytes, .size = length, .rtp = pts, .random = info.random};
        check_order(&target, &unit);
        if (info.has_slice)
            record(&target, &unit);
    }
    scrim_mux_destroy(target.mux);
    scrim_buf_finish(&target.out);
    scrim_params_finish(&target.params);
    return 0;
}
