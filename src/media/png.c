#include "media/png.h"

#include "base/fs.h"
#include "media/media.h"

#include <libavcodec/avcodec.h>
#include <libavutil/imgutils.h>

static int encode(AVCodecContext *encoder, const uint8_t *rgb, AVFrame *frame, AVPacket *packet)
{
    frame->format = encoder->pix_fmt;
    frame->width = encoder->width;
    frame->height = encoder->height;
    int status = av_frame_get_buffer(frame, 0);
    if (status < 0)
        return status;
    av_image_copy_plane(frame->data[0], frame->linesize[0], rgb, encoder->width * 3,
                        encoder->width * 3, encoder->height);
    status = avcodec_send_frame(encoder, frame);
    return status < 0 ? status : avcodec_receive_packet(encoder, packet);
}

int scrim_png_write(const char *path, const uint8_t *rgb, int width, int height,
                    struct scrim_error *error)
{
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
    AVCodecContext *encoder = codec ? avcodec_alloc_context3(codec) : NULL;
    AVFrame *frame = av_frame_alloc();
    AVPacket *packet = av_packet_alloc();
    int status = AVERROR(ENOMEM);
    if (encoder && frame && packet) {
        encoder->width = width;
        encoder->height = height;
        encoder->pix_fmt = AV_PIX_FMT_RGB24;
        encoder->time_base = (AVRational){1, 1};
        status = avcodec_open2(encoder, codec, NULL);
        if (status >= 0)
            status = encode(encoder, rgb, frame, packet);
    }
    int result;
    if (!codec)
        result = scrim_fail(error, SCRIM_EUNSUPPORTED, "%s: this FFmpeg has no PNG encoder", path);
    else if (status < 0)
        result = scrim_fail_av(error, status, "%s: PNG", path);
    else
        result = scrim_fs_replace(path, packet->data, (size_t)packet->size, 0644, error);
    av_packet_free(&packet);
    av_frame_free(&frame);
    avcodec_free_context(&encoder);
    return result;
}
