#include "media/encode.h"

#include "base/alloc.h"
#include "media/media.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <stdlib.h>
#include <string.h>

// Bits per pixel that a second may cost at most, on top of what constant quality asks for.
#define BITS_PER_PIXEL_MAX 0.35
#define BIT_RATE_MIN 200000
// What a bit rate that must hold may borrow, in seconds of it: a key frame is worth several others.
#define BUFFER_S 1.5

struct scrim_encoder {
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    bool whole_chroma; // 4:4:4
};

// The bits that may leave, and the buffer they leave from (VBV).
static void set_rate(AVCodecContext *codec, const struct scrim_encoder_params *params, double fps)
{
    if (params->bit_rate_max > 0) {
        codec->rc_max_rate = params->bit_rate_max;
        codec->rc_buffer_size = (int)(params->bit_rate_max * BUFFER_S);
        return;
    }
    const double rate = params->width * params->height * fps * BITS_PER_PIXEL_MAX;
    codec->rc_max_rate = rate > BIT_RATE_MIN ? (int64_t)rate : BIT_RATE_MIN;
    codec->rc_buffer_size =
        (int)(codec->rc_max_rate < INT_MAX / 2 ? codec->rc_max_rate : INT_MAX / 2);
}

static void set_params(AVCodecContext *codec, const struct scrim_encoder_params *params,
                       bool whole_chroma)
{
    const double fps = params->fps > 0 && params->fps < 240 ? params->fps : 25;
    codec->width = params->width;
    codec->height = params->height;
    codec->pix_fmt = whole_chroma ? AV_PIX_FMT_YUV444P : AV_PIX_FMT_YUV420P;
    codec->color_range = params->full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    codec->time_base = (AVRational){params->time_base_num, params->time_base_den};
    codec->framerate = av_d2q(fps, 1000);
    codec->gop_size = params->key_interval;
    codec->max_b_frames = 0;
    codec->thread_count = 1;
    set_rate(codec, params, fps);
    codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
}

static int open_x264(AVCodecContext *codec, const AVCodec *av, bool whole_chroma,
                     enum scrim_encoder_effort effort)
{
    static const char *const presets[] = {
        [SCRIM_EFFORT_LEAST] = "ultrafast",
        [SCRIM_EFFORT_FILE] = "superfast",
        [SCRIM_EFFORT_THIN] = "veryfast",
    };
    AVDictionary *options = NULL;
    av_dict_set(&options, "preset", presets[effort], 0);
    av_dict_set(&options, "tune", "zerolatency", 0);
    av_dict_set(&options, "profile", whole_chroma ? "high444" : "main", 0);
    av_dict_set(&options, "crf", "25", 0);
    av_dict_set(&options, "forced-idr", "1", 0);
    // The key frames are where we want them, and nothing waits for a second picture.
    av_dict_set(&options, "x264-params", "scenecut=0:sliced-threads=0:sync-lookahead=0", 0);
    const int code = avcodec_open2(codec, av, &options);
    av_dict_free(&options);
    return code;
}

int scrim_encoder_create(const struct scrim_encoder_params *params, struct scrim_encoder **ret,
                         struct scrim_error *error)
{
    scrim_media_quiet();
    const AVCodec *av = avcodec_find_encoder_by_name("libx264");
    if (!av)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "this FFmpeg has no libx264");
    struct scrim_encoder *encoder = scrim_new(struct scrim_encoder);
    encoder->whole_chroma = params->width % 2 || params->height % 2;
    encoder->codec = avcodec_alloc_context3(av);
    encoder->packet = av_packet_alloc();
    encoder->frame = av_frame_alloc();
    int code = AVERROR(ENOMEM);
    if (encoder->codec && encoder->packet && encoder->frame) {
        set_params(encoder->codec, params, encoder->whole_chroma);
        code = open_x264(encoder->codec, av, encoder->whole_chroma, params->effort);
    }
    if (code >= 0) {
        encoder->frame->width = params->width;
        encoder->frame->height = params->height;
        encoder->frame->format = encoder->codec->pix_fmt;
        encoder->frame->color_range = encoder->codec->color_range;
        code = av_frame_get_buffer(encoder->frame, 0);
    }
    if (code < 0) {
        scrim_encoder_destroy(encoder);
        return scrim_fail_av(error, code, "opening the encoder for %d×%d", params->width,
                             params->height);
    }
    *ret = encoder;
    return SCRIM_OK;
}

void scrim_encoder_destroy(struct scrim_encoder *encoder)
{
    if (!encoder)
        return;
    avcodec_free_context(&encoder->codec);
    av_packet_free(&encoder->packet);
    av_frame_free(&encoder->frame);
    free(encoder);
}

void scrim_encoder_extradata(const struct scrim_encoder *encoder, const uint8_t **ret_data,
                             size_t *ret_len)
{
    *ret_data = encoder->codec->extradata;
    *ret_len = (size_t)encoder->codec->extradata_size;
}

static void copy_plane(AVFrame *frame, int plane, const struct scrim_picture *picture, int width,
                       int height)
{
    for (int y = 0; y < height; y++)
        memcpy(frame->data[plane] + (ptrdiff_t)y * frame->linesize[plane],
               picture->planes[plane] + (ptrdiff_t)y * picture->strides[plane], (size_t)width);
}

// Every chroma sample four times.
static void spread_plane(AVFrame *frame, int plane, const struct scrim_picture *picture)
{
    for (int y = 0; y < picture->height; y++) {
        const uint8_t *from = picture->planes[plane] + (ptrdiff_t)(y / 2) * picture->strides[plane];
        uint8_t *to = frame->data[plane] + (ptrdiff_t)y * frame->linesize[plane];
        for (int x = 0; x < picture->width; x++)
            to[x] = from[x / 2];
    }
}

static void fill_frame(struct scrim_encoder *encoder, const struct scrim_picture *picture)
{
    copy_plane(encoder->frame, 0, picture, picture->width, picture->height);
    for (int plane = 1; plane < 3; plane++) {
        if (encoder->whole_chroma)
            spread_plane(encoder->frame, plane, picture);
        else
            copy_plane(encoder->frame, plane, picture, picture->width / 2, picture->height / 2);
    }
}

int scrim_encoder_encode(struct scrim_encoder *encoder, const struct scrim_picture *picture,
                         int64_t pts, bool force_key, struct scrim_encoded *ret,
                         struct scrim_error *error)
{
    if (picture->width != encoder->frame->width || picture->height != encoder->frame->height)
        return scrim_fail(error, SCRIM_EINVAL, "a picture of %d×%d for an encoder of %d×%d",
                          picture->width, picture->height, encoder->frame->width,
                          encoder->frame->height);
    av_packet_unref(encoder->packet);
    int code = av_frame_make_writable(encoder->frame);
    if (code < 0)
        return scrim_fail_av(error, code, "encoding");
    fill_frame(encoder, picture);
    encoder->frame->pts = pts;
    encoder->frame->pict_type = force_key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    code = avcodec_send_frame(encoder->codec, encoder->frame);
    if (code >= 0)
        code = avcodec_receive_packet(encoder->codec, encoder->packet);
    if (code < 0)
        return scrim_fail_av(error, code, "encoding");
    *ret = (struct scrim_encoded){
        .data = encoder->packet->data,
        .count = (size_t)encoder->packet->size,
        .pts = encoder->packet->pts,
        .dts = encoder->packet->dts,
        .key = (encoder->packet->flags & AV_PKT_FLAG_KEY) != 0,
    };
    return SCRIM_OK;
}
