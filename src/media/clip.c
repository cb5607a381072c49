#include "media/clip.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "media/frame.h"
#include "media/media.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdio.h>
#include <stdlib.h>

struct scrim_clip {
    char path[SCRIM_PATH_MAX]; // for sentences
    AVFormatContext *format;
    AVCodecContext *codec;
    AVStream *stream;
    AVPacket *packet;
    AVFrame *frame;
    struct scrim_framer *framer;
    struct scrim_clip_info info;
    int64_t last_pts, step; // of the frames so far, units of the time base
    bool any, damaged, drained;
};

// "file:" keeps FFmpeg from taking a name such as "concat:…" for anything but a file's; the
// white list keeps a playlist from reaching further.
static int open_format(struct scrim_clip *clip, const char *path, struct scrim_error *error)
{
    char url[SCRIM_PATH_MAX + 8];
    snprintf(url, sizeof url, "file:%s", path);
    AVDictionary *options = NULL;
    av_dict_set(&options, "protocol_whitelist", "file", 0);
    int code = avformat_open_input(&clip->format, url, NULL, &options);
    av_dict_free(&options);
    if (code == AVERROR_INVALIDDATA)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: this is no video file that can be read", path);
    if (code < 0)
        return scrim_fail_av(error, code, "%s", path);
    code = avformat_find_stream_info(clip->format, NULL);
    return code < 0 ? scrim_fail_av(error, code, "%s", path) : SCRIM_OK;
}

static int open_codec(struct scrim_clip *clip, struct scrim_error *error)
{
    const AVCodec *av = NULL;
    const int index = av_find_best_stream(clip->format, AVMEDIA_TYPE_VIDEO, -1, -1, &av, 0);
    if (index == AVERROR_STREAM_NOT_FOUND)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: there is no video in it", clip->path);
    if (index < 0)
        return scrim_fail_av(error, index, "%s", clip->path);
    clip->stream = clip->format->streams[index];
    for (unsigned i = 0; i < clip->format->nb_streams; i++)
        if ((int)i != index)
            clip->format->streams[i]->discard = AVDISCARD_ALL;
    clip->codec = avcodec_alloc_context3(av);
    int code = clip->codec ? avcodec_parameters_to_context(clip->codec, clip->stream->codecpar)
                           : AVERROR(ENOMEM);
    if (code >= 0) {
        clip->codec->thread_count = 1;
        clip->codec->pkt_timebase = clip->stream->time_base;
        clip->codec->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER;
        code = avcodec_open2(clip->codec, av, NULL);
    }
    return code < 0 ? scrim_fail_av(error, code, "%s: opening the decoder", clip->path) : SCRIM_OK;
}

static void fill_info(struct scrim_clip *clip)
{
    const AVRational base = clip->stream->time_base;
    AVRational rate = clip->stream->avg_frame_rate;
    if (rate.num <= 0 || rate.den <= 0)
        rate = clip->stream->r_frame_rate;
    const bool known = rate.num > 0 && rate.den > 0;
    clip->info = (struct scrim_clip_info){
        .width = clip->codec->width,
        .height = clip->codec->height,
        .full_range = clip->codec->color_range == AVCOL_RANGE_JPEG ||
                      clip->codec->pix_fmt == AV_PIX_FMT_YUVJ420P,
        .time_base_num = base.num,
        .time_base_den = base.den,
        .fps = known ? av_q2d(rate) : 0,
    };
    for (unsigned i = 0; i < clip->format->nb_streams; i++)
        clip->info.has_audio |=
            clip->format->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
    clip->step = known ? av_rescale_q(1, av_inv_q(rate), base) : 1;
    if (clip->step < 1)
        clip->step = 1;
}

int scrim_clip_open(const char *path, struct scrim_clip **ret, struct scrim_error *error)
{
    scrim_media_quiet();
    struct scrim_clip *clip = scrim_new(struct scrim_clip);
    snprintf(clip->path, sizeof clip->path, "%s", path);
    clip->packet = av_packet_alloc();
    clip->frame = av_frame_alloc();
    clip->framer = scrim_framer_create(0, 0);
    int code =
        clip->packet && clip->frame ? SCRIM_OK : scrim_fail(error, SCRIM_ENOMEM, "out of memory");
    if (code == SCRIM_OK)
        code = open_format(clip, path, error);
    if (code == SCRIM_OK)
        code = open_codec(clip, error);
    if (code == SCRIM_OK) {
        fill_info(clip);
        if (clip->info.width < 2 || clip->info.height < 2)
            code = scrim_fail(error, SCRIM_EFORMAT, "%s: the picture has no size", path);
    }
    if (code < 0) {
        scrim_clip_close(clip);
        return code;
    }
    *ret = clip;
    return SCRIM_OK;
}

void scrim_clip_close(struct scrim_clip *clip)
{
    if (!clip)
        return;
    avcodec_free_context(&clip->codec);
    avformat_close_input(&clip->format);
    av_packet_free(&clip->packet);
    av_frame_free(&clip->frame);
    scrim_framer_destroy(clip->framer);
    free(clip);
}

const struct scrim_clip_info *scrim_clip_info(const struct scrim_clip *clip)
{
    return &clip->info;
}

// Gives the decoder its next packet, or the sign that there are no more.
static int feed(struct scrim_clip *clip, struct scrim_error *error)
{
    int code;
    do {
        av_packet_unref(clip->packet);
        code = av_read_frame(clip->format, clip->packet);
    } while (code >= 0 && clip->packet->stream_index != clip->stream->index);
    if (code < 0 && code != AVERROR_EOF)
        clip->damaged = true; // torn at the end: what was read before is still good
    const bool end = code < 0;
    code = avcodec_send_packet(clip->codec, end ? NULL : clip->packet);
    clip->drained |= end;
    if (code == AVERROR(ENOMEM))
        return scrim_fail_av(error, code, "%s", clip->path);
    clip->damaged |= code < 0 && code != AVERROR_EOF;
    return SCRIM_OK;
}

// A time stamp of this frame that is later than the one before.
static int64_t next_pts(struct scrim_clip *clip)
{
    int64_t pts = clip->frame->best_effort_timestamp;
    if (!clip->any && pts == AV_NOPTS_VALUE)
        pts = 0;
    if (clip->any) {
        if (pts == AV_NOPTS_VALUE)
            pts = clip->last_pts + clip->step;
        if (pts <= clip->last_pts)
            pts = clip->last_pts + 1;
    }
    clip->any = true;
    clip->last_pts = pts;
    return pts;
}

int scrim_clip_next(struct scrim_clip *clip, struct scrim_clip_picture *ret,
                    struct scrim_error *error)
{
    for (;;) {
        int code = avcodec_receive_frame(clip->codec, clip->frame);
        if (code >= 0)
            break;
        if (code == AVERROR_EOF || (code == AVERROR(EAGAIN) && clip->drained))
            return 0;
        if (code == AVERROR(EAGAIN)) {
            code = feed(clip, error);
            if (code < 0)
                return code;
        } else if (code == AVERROR(ENOMEM)) {
            return scrim_fail_av(error, code, "%s", clip->path);
        } else {
            clip->damaged = true;
        }
    }
    struct scrim_picture picture;
    const int code = scrim_framer_take(clip->framer, clip->frame, &picture, error);
    if (code < 0)
        return code;
    *ret = (struct scrim_clip_picture){
        .picture = picture,
        .pts = next_pts(clip),
        .key = clip->frame->key_frame != 0,
        .damaged = clip->damaged || scrim_frame_damaged(clip->frame),
    };
    clip->damaged = false;
    return 1;
}
