#include "media/decode.h"

#include "base/alloc.h"
#include "media/frame.h"
#include "media/media.h"

#include <libavcodec/avcodec.h>
#include <stdlib.h>
#include <string.h>

#define PIXELS_MAX (7680 * 4320)

struct scrim_decoder {
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    struct scrim_framer *framer;
    struct scrim_buf unit; // the access unit, with the padding that libavcodec reads over
};

static int set_extradata(AVCodecContext *codec, const uint8_t *extradata, size_t count)
{
    if (count == 0)
        return SCRIM_OK;
    codec->extradata = av_mallocz(count + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!codec->extradata)
        return SCRIM_ENOMEM;
    memcpy(codec->extradata, extradata, count);
    codec->extradata_size = (int)count;
    return SCRIM_OK;
}

int scrim_decoder_create(enum scrim_codec codec, const uint8_t *extradata, size_t extradata_len,
                         int max_width, int max_height, struct scrim_decoder **ret,
                         struct scrim_error *error)
{
    if (extradata_len > SCRIM_LINK_FRAME_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "parameter sets of %zu bytes", extradata_len);
    scrim_media_quiet();
    const AVCodec *av =
        avcodec_find_decoder(codec == SCRIM_CODEC_H265 ? AV_CODEC_ID_HEVC : AV_CODEC_ID_H264);
    if (!av)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "this FFmpeg has no decoder for %s",
                          codec == SCRIM_CODEC_H265 ? "H.265" : "H.264");
    struct scrim_decoder *decoder = scrim_new(struct scrim_decoder);
    decoder->framer = scrim_framer_create(max_width, max_height);
    decoder->codec = avcodec_alloc_context3(av);
    decoder->packet = av_packet_alloc();
    decoder->frame = av_frame_alloc();
    scrim_buf_init(&decoder->unit, SCRIM_LINK_FRAME_MAX + AV_INPUT_BUFFER_PADDING_SIZE);
    int code = SCRIM_ENOMEM;
    if (decoder->codec && decoder->packet && decoder->frame)
        code = set_extradata(decoder->codec, extradata, extradata_len);
    if (code < 0) {
        scrim_decoder_destroy(decoder);
        return scrim_fail(error, code, "out of memory for a decoder");
    }
    decoder->codec->thread_count = 1;
    decoder->codec->pkt_timebase = (AVRational){1, 1000000};
    decoder->codec->max_pixels = PIXELS_MAX;
    decoder->codec->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER;
    const int opened = avcodec_open2(decoder->codec, av, NULL);
    if (opened < 0) {
        scrim_decoder_destroy(decoder);
        return scrim_fail_av(error, opened, "opening the decoder");
    }
    *ret = decoder;
    return SCRIM_OK;
}

void scrim_decoder_destroy(struct scrim_decoder *decoder)
{
    if (!decoder)
        return;
    avcodec_free_context(&decoder->codec);
    av_packet_free(&decoder->packet);
    av_frame_free(&decoder->frame);
    scrim_framer_destroy(decoder->framer);
    scrim_buf_finish(&decoder->unit);
    free(decoder);
}

int scrim_decoder_send(struct scrim_decoder *decoder, const uint8_t *data, size_t count,
                       int64_t pts_us)
{
    static const uint8_t padding[AV_INPUT_BUFFER_PADDING_SIZE];
    if (count == 0 || count > SCRIM_LINK_FRAME_MAX)
        return SCRIM_EINVAL;
    scrim_buf_clear(&decoder->unit);
    if (scrim_buf_append(&decoder->unit, data, count) < 0 ||
        scrim_buf_append(&decoder->unit, padding, sizeof padding) < 0)
        return SCRIM_ENOMEM;
    av_packet_unref(decoder->packet);
    decoder->packet->data = decoder->unit.data;
    decoder->packet->size = (int)count;
    decoder->packet->pts = pts_us;
    const int code = avcodec_send_packet(decoder->codec, decoder->packet);
    return code < 0 ? scrim_err_from_av(code) : SCRIM_OK;
}

int scrim_decoder_receive(struct scrim_decoder *decoder, struct scrim_decoded *ret,
                          struct scrim_error *error)
{
    const int code = avcodec_receive_frame(decoder->codec, decoder->frame);
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF)
        return 0;
    if (code < 0)
        return scrim_fail_av(error, code, "decoding");
    struct scrim_picture picture;
    const int taken = scrim_framer_take(decoder->framer, decoder->frame, &picture, error);
    if (taken < 0)
        return taken;
    *ret = (struct scrim_decoded){
        .picture = picture,
        .pts_us = decoder->frame->best_effort_timestamp,
        .key = decoder->frame->key_frame != 0,
        .damaged = scrim_frame_damaged(decoder->frame),
    };
    return 1;
}
