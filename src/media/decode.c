#include "media/decode.h"

#include "base/alloc.h"
#include "bitstream/frame_num.h"
#include "media/frame.h"
#include "media/media.h"

#include <libavcodec/avcodec.h>
#include <stdlib.h>
#include <string.h>

#define PIXELS_MAX (7680 * 4320)

struct scrim_decoder {
    enum scrim_codec id;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    struct scrim_framer *framer;
    struct scrim_buf unit; // the access unit, with the padding that libavcodec reads over
    struct scrim_frame_num order;
    int64_t sent; // units, which are numbered from 1
    bool doubt;
    int64_t doubt_at; // a key frame sent behind this unit ends it
};

// Pictures are not to be trusted up to the next key frame behind this unit.
static void doubt(struct scrim_decoder *decoder, int64_t unit)
{
    decoder->doubt = true;
    if (unit > decoder->doubt_at)
        decoder->doubt_at = unit;
}

void scrim_decoder_lost(struct scrim_decoder *decoder)
{
    doubt(decoder, decoder->sent);
}

static void take_sets(struct scrim_decoder *decoder, const uint8_t *data, size_t count)
{
    struct scrim_nal_walk walk = scrim_nal_walk_of(decoder->id, data, count);
    struct scrim_nal nal;
    while (decoder->id == SCRIM_CODEC_H264 && scrim_nal_next(&walk, &nal))
        scrim_frame_num_sets(&decoder->order, &nal);
}

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
    decoder->id = codec;
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
    take_sets(decoder, extradata, extradata_len);
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

// What pictures are made of. Other units describe, or carry what their sender likes: libavcodec
// need not parse them, and its complaints are about pictures then.
static bool is_wanted(const struct scrim_decoder *decoder, const struct scrim_nal *nal)
{
    switch (scrim_nal_kind(decoder->id, nal->type)) {
    case SCRIM_NAL_SLICE:
    case SCRIM_NAL_RANDOM:
    case SCRIM_NAL_VPS:
    case SCRIM_NAL_SPS:
    case SCRIM_NAL_PPS: return true;
    case SCRIM_NAL_SEI: return decoder->id == SCRIM_CODEC_H264 && scrim_nal_is_recovery_point(nal);
    case SCRIM_NAL_OTHER: break;
    }
    return decoder->id == SCRIM_CODEC_H265 && scrim_nal_is_picture_hash(nal);
}

static int append_nal(struct scrim_decoder *decoder, const struct scrim_nal *nal)
{
    static const uint8_t start_code[] = {0, 0, 0, 1};
    const int code = scrim_buf_append(&decoder->unit, start_code, sizeof start_code);
    return code < 0 ? code : scrim_buf_append(&decoder->unit, nal->data, nal->size);
}

// Copies what is wanted of the unit into `decoder->unit` and checks that it follows the one before.
static int take_unit(struct scrim_decoder *decoder, const uint8_t *data, size_t count,
                     int64_t pts_us)
{
    struct scrim_nal_walk walk = scrim_nal_walk_of(decoder->id, data, count);
    struct scrim_nal nal;
    bool sliced = false, random = false, follows = true;
    int code = SCRIM_OK;
    scrim_buf_clear(&decoder->unit);
    while (code >= 0 && scrim_nal_next(&walk, &nal)) {
        if (!is_wanted(decoder, &nal))
            continue;
        const enum scrim_nal_kind kind = scrim_nal_kind(decoder->id, nal.type);
        random |= kind == SCRIM_NAL_RANDOM || kind == SCRIM_NAL_SEI;
        if (decoder->id == SCRIM_CODEC_H264)
            scrim_frame_num_sets(&decoder->order, &nal);
        if (decoder->id == SCRIM_CODEC_H264 && kind <= SCRIM_NAL_RANDOM && !sliced)
            follows = scrim_frame_num_follows(&decoder->order, &nal, pts_us);
        sliced |= kind <= SCRIM_NAL_RANDOM;
        code = append_nal(decoder, &nal);
    }
    if (!follows) // a key frame builds on nothing before it
        doubt(decoder, random ? decoder->sent - 1 : decoder->sent);
    return code;
}

int scrim_decoder_send(struct scrim_decoder *decoder, const uint8_t *data, size_t count,
                       int64_t pts_us)
{
    static const uint8_t padding[AV_INPUT_BUFFER_PADDING_SIZE];
    if (count == 0 || count > SCRIM_LINK_FRAME_MAX)
        return SCRIM_EINVAL;
    decoder->sent++;
    int code = take_unit(decoder, data, count, pts_us);
    if (code >= 0 && decoder->unit.len == 0)
        return SCRIM_OK; // no part of a picture
    const size_t size = decoder->unit.len;
    if (code >= 0)
        code = scrim_buf_append(&decoder->unit, padding, sizeof padding);
    if (code < 0) {
        doubt(decoder, decoder->sent);
        return code;
    }
    av_packet_unref(decoder->packet);
    decoder->packet->data = decoder->unit.data;
    decoder->packet->size = (int)size;
    decoder->packet->pts = pts_us;
    decoder->packet->pos = decoder->sent; // comes back as the picture's pkt_pos
    const unsigned complaints = scrim_media_complaints();
    code = avcodec_send_packet(decoder->codec, decoder->packet);
    if (code < 0 || scrim_media_complaints() != complaints)
        doubt(decoder, decoder->sent);
    return code < 0 ? scrim_err_from_av(code) : SCRIM_OK;
}

// Is the picture that was received not to be trusted?
static bool is_damaged(struct scrim_decoder *decoder)
{
    const int64_t unit = decoder->frame->pkt_pos;
    if (scrim_frame_damaged(decoder->frame))
        doubt(decoder, unit);
    if (decoder->frame->key_frame && unit > decoder->doubt_at)
        decoder->doubt = false;
    return decoder->doubt;
}

int scrim_decoder_receive(struct scrim_decoder *decoder, struct scrim_decoded *ret,
                          struct scrim_error *error)
{
    const unsigned complaints = scrim_media_complaints();
    const int code = avcodec_receive_frame(decoder->codec, decoder->frame);
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF)
        return 0;
    if (code < 0 || scrim_media_complaints() != complaints)
        doubt(decoder, decoder->sent);
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
        .damaged = is_damaged(decoder),
    };
    return 1;
}
