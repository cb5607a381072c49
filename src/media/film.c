#include "media/film.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "media/media.h"

#include <errno.h>
#include <fcntl.h>
#include <libavformat/avformat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scrim_film {
    char path[SCRIM_PATH_MAX], part[SCRIM_PATH_MAX];
    struct scrim_encoder *encoder;
    AVFormatContext *format;
    AVPacket *packet;
    AVRational time_base;
    int64_t last_pts, step; // of the pictures so far
    bool any, created;      // created: `part` is ours to remove
};

// x264 needs a way to say how long the last frame is shown; the track's own scale must hold each
// time stamp exactly, so it is the clip's.
static int open_format(struct scrim_film *film, const struct scrim_encoder_params *params,
                       struct scrim_error *error)
{
    char url[SCRIM_PATH_MAX + 8];
    snprintf(url, sizeof url, "file:%s", film->part);
    int code = avformat_alloc_output_context2(&film->format, NULL, "mp4", NULL);
    AVStream *stream = code < 0 ? NULL : avformat_new_stream(film->format, NULL);
    if (!stream)
        return scrim_fail_av(error, code < 0 ? code : AVERROR(ENOMEM), "%s", film->path);
    const uint8_t *extradata;
    size_t count;
    scrim_encoder_extradata(film->encoder, &extradata, &count);
    stream->codecpar->extradata = av_mallocz(count + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!stream->codecpar->extradata)
        return scrim_fail(error, SCRIM_ENOMEM, "out of memory");
    memcpy(stream->codecpar->extradata, extradata, count);
    stream->codecpar->extradata_size = (int)count;
    stream->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
    stream->codecpar->codec_id = AV_CODEC_ID_H264;
    stream->codecpar->width = params->width;
    stream->codecpar->height = params->height;
    stream->codecpar->color_range = params->full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    stream->time_base = film->time_base;
    if (params->fps > 0)
        stream->avg_frame_rate = av_d2q(params->fps, 1000);
    code = avio_open(&film->format->pb, url, AVIO_FLAG_WRITE);
    if (code < 0)
        return scrim_fail_av(error, code, "%s", film->path);
    film->created = true;
    code = avformat_write_header(film->format, NULL);
    return code < 0 ? scrim_fail_av(error, code, "%s", film->path) : SCRIM_OK;
}

int scrim_film_create(const char *path, const struct scrim_encoder_params *params,
                      struct scrim_film **ret, struct scrim_error *error)
{
    scrim_media_quiet();
    struct scrim_film *film = scrim_new(struct scrim_film);
    film->time_base = (AVRational){params->time_base_num, params->time_base_den};
    film->step =
        params->fps > 0 ? av_rescale_q(1, av_inv_q(av_d2q(params->fps, 1000)), film->time_base) : 1;
    const int length = snprintf(film->path, sizeof film->path, "%s", path);
    const int part = snprintf(film->part, sizeof film->part, "%s.part", path);
    int code = SCRIM_OK;
    if (length < 0 || part < 0 || (size_t)part >= sizeof film->part)
        code = scrim_fail(error, SCRIM_EINVAL, "%s: the name is too long", path);
    film->packet = av_packet_alloc();
    if (code == SCRIM_OK && !film->packet)
        code = scrim_fail(error, SCRIM_ENOMEM, "out of memory");
    if (code == SCRIM_OK)
        code = scrim_encoder_create(params, &film->encoder, error);
    if (code == SCRIM_OK)
        code = open_format(film, params, error);
    if (code < 0) {
        scrim_film_destroy(film);
        return code;
    }
    *ret = film;
    return SCRIM_OK;
}

int scrim_film_write(struct scrim_film *film, const struct scrim_picture *picture, int64_t pts,
                     struct scrim_error *error)
{
    struct scrim_encoded encoded;
    int code = scrim_encoder_encode(film->encoder, picture, pts, false, &encoded, error);
    if (code < 0)
        return code;
    if (film->any)
        film->step = pts - film->last_pts;
    film->last_pts = pts;
    film->any = true;
    code = av_new_packet(film->packet, (int)encoded.count);
    if (code < 0)
        return scrim_fail_av(error, code, "%s", film->path);
    memcpy(film->packet->data, encoded.data, encoded.count);
    film->packet->pts = encoded.pts;
    film->packet->dts = encoded.dts;
    film->packet->duration = film->step;
    film->packet->flags = encoded.key ? AV_PKT_FLAG_KEY : 0;
    av_packet_rescale_ts(film->packet, film->time_base, film->format->streams[0]->time_base);
    code = av_interleaved_write_frame(film->format, film->packet);
    return code < 0 ? scrim_fail_av(error, code, "%s", film->path) : SCRIM_OK;
}

static int sync_part(const struct scrim_film *film, struct scrim_error *error)
{
    int fd SCRIM_AUTO(scrim_close_fd) = scrim_fs_open(film->part, O_RDONLY, 0, error);
    if (fd < 0)
        return fd;
    return scrim_fs_sync(fd, film->path, error);
}

int scrim_film_finish(struct scrim_film *film, struct scrim_error *error)
{
    int code = av_write_trailer(film->format);
    const int closed = avio_closep(&film->format->pb);
    code = code < 0 ? code : closed;
    if (code < 0)
        return scrim_fail_av(error, code, "%s", film->path);
    code = sync_part(film, error);
    if (code < 0)
        return code;
    if (rename(film->part, film->path) < 0)
        return scrim_fail_errno(error, errno, "%s", film->path);
    film->created = false;
    return SCRIM_OK;
}

void scrim_film_destroy(struct scrim_film *film)
{
    if (!film)
        return;
    if (film->format)
        avio_closep(&film->format->pb);
    avformat_free_context(film->format);
    if (film->created)
        unlink(film->part);
    av_packet_free(&film->packet);
    scrim_encoder_destroy(film->encoder);
    free(film);
}
