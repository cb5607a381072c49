// Reads an MP4 that lies in memory with libavformat: what a player gets to see of ours.
#pragma once

#include "test.h"

#include <libavformat/avformat.h>

struct demuxed_packet {
    int64_t pts, dts, duration;
    bool key;
    uint8_t *data;
    size_t size;
};

struct demuxed {
    struct demuxed_packet packets[4096];
    size_t count;
    int width, height, time_base_den;
    enum AVCodecID codec;
    uint32_t tag;
    // The second track.
    struct demuxed_packet sounds[1024];
    size_t sounds_count;
    int sound_rate, sound_channels;
    enum AVCodecID sound_codec;
};

struct demux_source {
    const uint8_t *data;
    size_t size, at;
};

static inline int demux_read(void *context, uint8_t *to, int room)
{
    struct demux_source *source = context;
    const size_t left = source->size - source->at;
    const size_t count = left < (size_t)room ? left : (size_t)room;
    memcpy(to, source->data + source->at, count);
    source->at += count;
    return count > 0 ? (int)count : AVERROR_EOF;
}

static inline void demux_keep(struct demuxed_packet *to, const AVPacket *packet)
{
    to->pts = packet->pts;
    to->dts = packet->dts;
    to->duration = packet->duration;
    to->key = packet->flags & AV_PKT_FLAG_KEY;
    to->size = (size_t)packet->size;
    to->data = av_memdup(packet->data, to->size);
}

// Free with demux_free. `ret` has no packets if it is no MP4 at all.
static inline void demux(const uint8_t *data, size_t size, struct demuxed *ret)
{
    struct demux_source source = {data, size, 0};
    memset(ret, 0, sizeof *ret);
    AVFormatContext *context = avformat_alloc_context();
    AVPacket *packet = av_packet_alloc();
    context->pb = avio_alloc_context(av_malloc(32768), 32768, 0, &source, demux_read, NULL, NULL);
    AVIOContext *pb = context->pb;
    context->flags |= AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN;
    if (avformat_open_input(&context, NULL, av_find_input_format("mp4"), NULL) >= 0 &&
        (context->nb_streams == 1 || context->nb_streams == 2)) {
        const AVStream *stream = context->streams[0];
        if (context->nb_streams == 2) {
            const AVStream *sound = context->streams[1];
            ret->sound_codec = sound->codecpar->codec_id;
            ret->sound_rate = sound->time_base.num == 1 ? sound->time_base.den : 0;
            ret->sound_channels = sound->codecpar->ch_layout.nb_channels;
        }
        ret->width = stream->codecpar->width;
        ret->height = stream->codecpar->height;
        ret->codec = stream->codecpar->codec_id;
        ret->tag = stream->codecpar->codec_tag;
        ret->time_base_den = stream->time_base.den;
        while (ret->count < 4096 && av_read_frame(context, packet) >= 0) {
            if (packet->stream_index == 0)
                demux_keep(&ret->packets[ret->count++], packet);
            else if (ret->sounds_count < 1024)
                demux_keep(&ret->sounds[ret->sounds_count++], packet);
            av_packet_unref(packet);
        }
    }
    avformat_close_input(&context);
    av_freep(&pb->buffer);
    avio_context_free(&pb);
    av_packet_free(&packet);
}

static inline void demux_free(struct demuxed *demuxed)
{
    for (size_t i = 0; i < demuxed->count; i++)
        av_free(demuxed->packets[i].data);
    for (size_t i = 0; i < demuxed->sounds_count; i++)
        av_free(demuxed->sounds[i].data);
}

// Is `sample` (lengths of four bytes) the access unit `unit` (start codes), bit for bit?
static inline bool same_payload(const struct demuxed_packet *sample, const uint8_t *unit,
                                size_t unit_size)
{
    size_t at = 0, in = 0;
    while (at + 4 <= sample->size) {
        const size_t length = (size_t)sample->data[at] << 24 | (size_t)sample->data[at + 1] << 16 |
                              (size_t)sample->data[at + 2] << 8 | sample->data[at + 3];
        in += unit_size - in >= 4 && memcmp(unit + in, "\0\0\0\1", 4) == 0 ? 4
              : unit_size - in >= 3 && memcmp(unit + in, "\0\0\1", 3) == 0 ? 3
                                                                           : unit_size;
        at += 4;
        if (length > sample->size - at || in > unit_size || length > unit_size - in ||
            memcmp(sample->data + at, unit + in, length) != 0)
            return false;
        at += length;
        in += length;
    }
    return at == sample->size && in == unit_size;
}
