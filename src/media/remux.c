#include "base/alloc.h"
#include "bitstream/config_record.h"
#include "media/media.h"
#include "media/remux_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <libavutil/mathematics.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BLOCK (64 * 1024)
#define SETS_MAX (64 * 1024)
#define CONTINUOUS_US \
    250000 // a piece that begins this near to where the last ended follows it without a jump
#define FRAME_DEFAULT_US 40000 // of a last frame whose length nobody knows

static const AVRational micros = {1, 1000000};

int scrim_remux_create(const char *path, int64_t from_us, int64_t to_us, struct scrim_remux **ret,
                       struct scrim_error *error)
{
    struct scrim_remux *remux = scrim_new(struct scrim_remux);
    remux->from_us = from_us;
    remux->to_us = to_us;
    int result = SCRIM_OK;
    if (snprintf(remux->path, sizeof remux->path, "%s", path) >= (int)sizeof remux->path ||
        snprintf(remux->temporary, sizeof remux->temporary, "%s.new%d", path, (int)getpid()) >=
            (int)sizeof remux->temporary)
        result = scrim_fail(error, SCRIM_EINVAL, "%s: path too long", path);
    else if (access(path, F_OK) == 0)
        result = scrim_fail(error, SCRIM_EEXIST, "%s exists already", path);
    else
        result = scrim_fs_open(remux->temporary, O_WRONLY | O_CREAT | O_EXCL, 0600, error);
    if (result < 0) {
        scrim_remux_destroy(remux);
        return result;
    }
    close(result); // made here for its mode; FFmpeg opens it by name
    remux->created = true;
    *ret = remux;
    return SCRIM_OK;
}

void scrim_remux_destroy(struct scrim_remux *remux)
{
    if (!remux)
        return;
    for (size_t i = 0; i < remux->held_count; i++)
        av_packet_free(&remux->held[i]);
    scrim_remux_sound_drop(remux, INT64_MAX);
    if (remux->out)
        avio_closep(&remux->out->pb);
    avformat_free_context(remux->out);
    if (remux->created && !remux->finished)
        unlink(remux->temporary);
    free(remux);
}

static int on_read(void *opaque, uint8_t *to, int max)
{
    struct piece *piece = opaque;
    size_t count = 0;
    if (piece->source->read(piece->source->context, to, (size_t)max, &count, &piece->error) < 0) {
        piece->failed = true;
        return AVERROR(EIO);
    }
    return count > 0 ? (int)count : AVERROR_EOF;
}

static int piece_fail(struct piece *piece, int av_error, struct scrim_error *error)
{
    if (piece->failed) {
        if (error)
            *error = piece->error;
        return piece->error.code;
    }
    return scrim_fail_av(error, av_error, "%s", piece->source->name);
}

static void close_piece(struct piece *piece)
{
    scrim_buf_finish(&piece->sets);
    AVIOContext *io = piece->in ? piece->in->pb : NULL;
    avformat_close_input(&piece->in); // leaves custom I/O alone
    if (io)
        av_freep(&io->buffer);
    avio_context_free(&io);
}

static int open_piece(struct piece *piece, struct scrim_error *error)
{
    uint8_t *block = av_malloc(READ_BLOCK);
    AVIOContext *io =
        block ? avio_alloc_context(block, READ_BLOCK, 0, piece, on_read, NULL, NULL) : NULL;
    piece->in = io ? avformat_alloc_context() : NULL;
    if (!piece->in) {
        if (io)
            av_freep(&io->buffer);
        else
            av_free(block);
        avio_context_free(&io);
        return scrim_fail(error, SCRIM_ENOMEM, "%s: no memory", piece->source->name);
    }
    piece->in->pb = io;
    piece->in->flags |= AVFMT_FLAG_CUSTOM_IO;
    const int result = avformat_open_input(&piece->in, NULL, av_find_input_format("mov"), NULL);
    if (result < 0) {
        // It freed the context, not our I/O.
        av_freep(&io->buffer);
        avio_context_free(&io);
        return piece_fail(piece, result, error);
    }
    piece->sound = scrim_remux_sound_find(piece->in);
    for (unsigned i = 0; i < piece->in->nb_streams; i++) {
        const AVCodecParameters *codec = piece->in->streams[i]->codecpar;
        if (codec->codec_type == AVMEDIA_TYPE_VIDEO && codec->width > 0 && codec->height > 0) {
            piece->stream = (int)i;
            return SCRIM_OK;
        }
    }
    return scrim_fail(error, SCRIM_EFORMAT, "%s: no picture in it", piece->source->name);
}

static int start_output(struct piece *piece, struct scrim_error *error)
{
    struct scrim_remux *remux = piece->remux;
    const AVStream *like = piece->in->streams[piece->stream];
    char url[SCRIM_PATH_MAX + 8];
    AVDictionary *options = NULL;
    snprintf(url, sizeof url, "file:%s", remux->temporary);
    int result =
        avformat_alloc_output_context2(&remux->out, NULL, scrim_remux_sound_format(piece), url);
    if (result >= 0 && !(remux->stream = avformat_new_stream(remux->out, NULL)))
        result = AVERROR(ENOMEM);
    if (result >= 0)
        result = avcodec_parameters_copy(remux->stream->codecpar, like->codecpar);
    if (result >= 0)
        result = scrim_remux_sound_begin(piece);
    if (result >= 0) {
        remux->stream->time_base = like->time_base;
        result = avio_open(&remux->out->pb, url, AVIO_FLAG_WRITE);
    }
    if (result >= 0) // the index before the pictures: it plays while it is still being copied
        result = av_dict_set(&options, "movflags", "faststart", 0);
    if (result >= 0)
        result = avformat_write_header(remux->out, &options);
    av_dict_free(&options);
    remux->header_written = result >= 0;
    return result < 0 ? scrim_fail_av(error, result, "%s", remux->path) : SCRIM_OK;
}

static bool fits(const struct piece *piece)
{
    const AVCodecParameters *film = piece->remux->stream->codecpar;
    const AVCodecParameters *own = piece->in->streams[piece->stream]->codecpar;
    return film->codec_id == own->codec_id && scrim_remux_sound_fits(piece) &&
           (piece->source->any_size || (film->width == own->width && film->height == own->height));
}

// The film has one sample entry. From the first piece with other parameter sets on, key frames
// bring theirs along.
static int take_sets(struct piece *piece, struct scrim_error *error)
{
    const AVCodecParameters *film = piece->remux->stream->codecpar;
    const AVCodecParameters *own = piece->in->streams[piece->stream]->codecpar;
    if (!piece->remux->mixed && own->extradata_size == film->extradata_size &&
        memcmp(own->extradata, film->extradata, (size_t)own->extradata_size) == 0)
        return SCRIM_OK;
    piece->remux->mixed = true;
    const enum scrim_codec codec =
        own->codec_id == AV_CODEC_ID_H264 ? SCRIM_CODEC_H264 : SCRIM_CODEC_H265;
    scrim_buf_init(&piece->sets, SETS_MAX);
    const int result =
        scrim_config_record_sets(codec, own->extradata, (size_t)own->extradata_size, &piece->sets);
    return result < 0 ? scrim_fail(error, result, "%s: its parameter sets cannot be read",
                                   piece->source->name)
                      : SCRIM_OK;
}

static int prepend_sets(const struct piece *piece, AVPacket *packet, struct scrim_error *error)
{
    const size_t count = piece->sets.len, size = (size_t)packet->size;
    if (count == 0 || !(packet->flags & AV_PKT_FLAG_KEY))
        return SCRIM_OK;
    int result = av_packet_make_writable(packet);
    if (result >= 0)
        result = av_grow_packet(packet, (int)count);
    if (result < 0)
        return scrim_fail_av(error, result, "%s", piece->source->name);
    memmove(packet->data + count, packet->data, size);
    memcpy(packet->data, piece->sets.data, count);
    return SCRIM_OK;
}

static int write_packet(struct scrim_remux *remux, AVPacket *packet, struct scrim_error *error)
{
    const AVRational base = remux->stream->time_base;
    const int64_t duration_us = av_rescale_q(packet->duration, base, micros);
    const int64_t at_us = remux->origin_us + av_rescale_q(packet->dts, base, micros);
    if (remux->summary.frames == 0) {
        remux->summary.from_us = at_us;
        remux->base_pts = packet->pts;
    }
    remux->summary.frames++;
    remux->summary.to_us = at_us + duration_us;
    remux->summary.duration_us += duration_us;
    packet->stream_index = 0;
    packet->dts -= remux->base_pts; // the film begins at 0
    packet->pts -= remux->base_pts;
    const int result = av_interleaved_write_frame(remux->out, packet);
    return result < 0 ? scrim_fail_av(error, result, "%s", remux->path) : SCRIM_OK;
}

static int write_held(struct scrim_remux *remux, struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (size_t i = 0; i < remux->held_count; i++) {
        if (result >= 0)
            result = write_packet(remux, remux->held[i], error);
        av_packet_free(&remux->held[i]);
    }
    remux->held_count = 0;
    return result;
}

// What comes from `utc_us` on may belong to what is coming.
static void drop_held(struct scrim_remux *remux, int64_t utc_us)
{
    for (size_t i = 0; i < remux->held_count; i++)
        av_packet_free(&remux->held[i]);
    remux->held_count = 0;
    scrim_remux_sound_drop(remux, utc_us);
}

// Frames before the range wait here until it is known which key frame is the last before it.
static int hold(struct scrim_remux *remux, const AVPacket *packet, int64_t utc_us, const char *name,
                struct scrim_error *error)
{
    if (packet->flags & AV_PKT_FLAG_KEY)
        drop_held(remux, utc_us);
    if (remux->held_count == SCRIM_REMUX_HELD_MAX)
        return scrim_fail(error, SCRIM_ENOSPACE, "%s: %d frames without a key frame", name,
                          SCRIM_REMUX_HELD_MAX);
    AVPacket *copy = av_packet_clone(packet);
    if (!copy)
        return scrim_fail(error, SCRIM_ENOMEM, "%s: no memory", name);
    remux->held[remux->held_count++] = copy;
    return SCRIM_OK;
}

// Where the first frame of a piece goes: right behind the last one, or where the clock says after a
// gap.
static void place_piece(struct piece *piece, const AVPacket *first)
{
    struct scrim_remux *remux = piece->remux;
    if (!remux->begun && remux->next_utc_us <= remux->from_us)
        drop_held(remux, remux->next_utc_us); // they ended before the range began
    piece->any = true;
    piece->first_dts = first->dts;
    piece->start_us = piece->source->start_us;
    if (!remux->any)
        remux->origin_us = piece->start_us;
    else if (llabs(piece->start_us - remux->next_utc_us) < CONTINUOUS_US ||
             piece->start_us < remux->next_utc_us)
        piece->start_us = remux->next_utc_us;
}

// Gives a frame its time in the film. Returns the UTC time that it stands for.
static int64_t place(struct piece *piece, AVPacket *packet)
{
    struct scrim_remux *remux = piece->remux;
    const AVRational in = piece->in->streams[piece->stream]->time_base;
    const AVRational out = remux->stream->time_base;
    if (!piece->any)
        place_piece(piece, packet);
    const int64_t since_us = av_rescale_q(packet->dts - piece->first_dts, in, micros);
    const int64_t utc_us = piece->start_us + since_us;
    const int64_t reorder = packet->pts == AV_NOPTS_VALUE ? 0 : packet->pts - packet->dts;
    int64_t dts = av_rescale_q(utc_us - remux->origin_us, micros, out);
    if (remux->any && dts <= remux->last_dts)
        dts = remux->last_dts + 1;
    if (packet->duration <= 0)
        packet->duration = av_rescale_q(FRAME_DEFAULT_US, micros, in);
    remux->next_utc_us = utc_us + av_rescale_q(packet->duration, in, micros);
    packet->dts = dts;
    packet->pts = dts + av_rescale_q(reorder, in, out);
    packet->duration = av_rescale_q(packet->duration, in, out);
    packet->pos = -1;
    remux->last_dts = dts;
    remux->any = true;
    return utc_us;
}

// The range's pictures are over. Its sound is over when pictures come that are later than any that
// it shares a fragment with.
static int after_range(const struct piece *piece, const AVPacket *packet)
{
    const AVRational base = piece->in->streams[piece->stream]->time_base;
    return piece->sound >= 0 &&
           av_rescale_q(packet->dts - piece->over_dts, base, micros) < SCRIM_REMUX_FRAGMENT_US;
}

// 1 to go on, 0 when the range is over.
static int take_picture(struct piece *piece, AVPacket *packet, struct scrim_error *error)
{
    struct scrim_remux *remux = piece->remux;
    if (packet->dts == AV_NOPTS_VALUE)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: a frame without a time", piece->source->name);
    if (piece->over)
        return after_range(piece, packet);
    const int64_t dts = packet->dts, utc_us = place(piece, packet);
    if (utc_us >= remux->to_us && piece->source->end_us > remux->to_us) {
        piece->over = true;
        piece->over_dts = dts;
        return piece->sound >= 0;
    }
    const int prepended = prepend_sets(piece, packet, error);
    if (prepended < 0)
        return prepended;
    if (!remux->begun && utc_us <= remux->from_us) {
        const int held = hold(remux, packet, utc_us, piece->source->name, error);
        return held < 0 ? held : 1;
    }
    if (!remux->begun && remux->held_count == 0 && !(packet->flags & AV_PKT_FLAG_KEY))
        return 1; // nothing can be shown before a key frame
    remux->begun = true;
    int result = write_held(remux, error);
    if (result >= 0)
        result = write_packet(remux, packet, error);
    if (result >= 0)
        result = scrim_remux_sound_release(remux, error);
    return result < 0 ? result : 1;
}

static int copy_packets(struct piece *piece, struct scrim_error *error)
{
    AVPacket *packet = av_packet_alloc();
    if (!packet)
        return scrim_fail(error, SCRIM_ENOMEM, "%s: no memory", piece->source->name);
    int result = 1;
    while (result > 0) {
        const int read = av_read_frame(piece->in, packet);
        const bool cut = packet->flags & AV_PKT_FLAG_CORRUPT;
        const bool damaged = (read < 0 && read != AVERROR_EOF) || cut;
        // The end of a torn one is not there; what came before is.
        if (read == AVERROR_EOF || (damaged && piece->source->may_be_torn && !piece->failed))
            result = 0;
        else if (damaged)
            result = piece_fail(piece, read < 0 ? read : AVERROR_INVALIDDATA, error);
        else if (packet->stream_index == piece->stream)
            result = take_picture(piece, packet, error);
        else if (packet->stream_index == piece->sound)
            result = scrim_remux_sound_take(piece, packet, error);
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    // FFmpeg takes a source that fails in mid-frame for one that ends.
    return result >= 0 && piece->failed ? piece_fail(piece, AVERROR(EIO), error) : result;
}

static int add_piece(struct piece *piece, struct scrim_error *error)
{
    struct scrim_remux *remux = piece->remux;
    int result = open_piece(piece, error);
    if (result < 0) // cut off before its first frame?
        return piece->source->may_be_torn && !piece->failed ? SCRIM_OK : result;
    if (!remux->header_written)
        result = start_output(piece, error);
    else if (!fits(piece))
        return 1;
    else
        result = take_sets(piece, error);
    return result < 0 ? result : copy_packets(piece, error);
}

int scrim_remux_add(struct scrim_remux *remux, const struct scrim_remux_source *source,
                    struct scrim_error *error)
{
    struct piece piece = {.remux = remux, .source = source};
    const int result = add_piece(&piece, error);
    close_piece(&piece);
    return result;
}

static int put_in_place(struct scrim_remux *remux, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_close_fd) int fd = scrim_fs_open(remux->temporary, O_RDONLY, 0, error);
    if (fd < 0)
        return fd;
    const int result = scrim_fs_sync(fd, remux->path, error);
    if (result < 0)
        return result;
    // link refuses to replace what appeared meanwhile.
    if (link(remux->temporary, remux->path) < 0)
        return scrim_fail_errno(error, errno, "%s", remux->path);
    unlink(remux->temporary);
    remux->finished = true;
    return SCRIM_OK;
}

int scrim_remux_finish(struct scrim_remux *remux, struct scrim_remux_summary *ret,
                       struct scrim_error *error)
{
    int result = SCRIM_OK;
    if (remux->next_utc_us > remux->from_us) // the range lies within the last frame
        result = write_held(remux, error);
    if (result >= 0 && remux->summary.frames > 0)
        result = scrim_remux_sound_release(remux, error);
    *ret = remux->summary;
    if (result < 0 || remux->summary.frames == 0)
        return result;
    result = av_write_trailer(remux->out);
    if (result >= 0)
        result = avio_closep(&remux->out->pb);
    if (result < 0)
        return scrim_fail_av(error, result, "%s", remux->path);
    result = put_in_place(remux, error);
    if (result < 0)
        return result;
    ret->width = remux->stream->codecpar->width;
    ret->height = remux->stream->codecpar->height;
    ret->codec = avcodec_get_name(remux->stream->codecpar->codec_id);
    return SCRIM_OK;
}
