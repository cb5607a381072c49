// What a camera sends after RTP is taken off: pieces of access units, what their parameter sets
// say, and on to the muxer. The first byte chooses the codec; then each piece has a byte of time
// step, two of length, and its bytes.
#include "bitstream/access_unit.h"
#include "bitstream/mux.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct target {
    struct scrim_access_units units;
    struct scrim_mux *mux;
    struct scrim_buf out;
    unsigned generation;
    int64_t dts;
};

// As a segment would: a muxer for each set of parameters, a fragment for each picture.
static void record(struct target *target, const struct scrim_unit *frame)
{
    const struct scrim_params *params = &target->units.params;
    if (frame->random && params->generation != target->generation) {
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
    if (target->mux && scrim_mux_write(target->mux, frame->data, frame->size, frame->rtp,
                                       ++target->dts, frame->random, NULL) < 0)
        target->generation = 0;
    if (target->mux && scrim_mux_cut(target->mux, &target->out, NULL) < 0)
        target->generation = 0;
    scrim_buf_clear(&target->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_reader reader = scrim_reader_of(data, size);
    struct scrim_unit frame;
    struct target target = {.dts = 0};
    uint8_t codec, step;
    uint16_t length;
    int64_t pts = 0;
    if (!scrim_read_u8(&reader, &codec))
        return 0;
    scrim_access_units_init(&target.units, codec & 1 ? SCRIM_CODEC_H265 : SCRIM_CODEC_H264);
    scrim_buf_init(&target.out, 16U << 20);
    while (scrim_read_u8(&reader, &step) && scrim_read_u16(&reader, &length)) {
        if (length > reader.left)
            length = (uint16_t)reader.left;
        const uint8_t *piece = scrim_read_view(&reader, length);
        pts += (int8_t)step;
        const int result =
            scrim_access_units_push(&target.units, piece, length, pts, 0, &frame, NULL);
        if (result < 0)
            break;
        if (result > 0)
            record(&target, &frame);
    }
    if (scrim_access_units_flush(&target.units, &frame, NULL) > 0)
        record(&target, &frame);
    scrim_mux_destroy(target.mux);
    scrim_buf_finish(&target.out);
    scrim_access_units_finish(&target.units);
    return 0;
}
