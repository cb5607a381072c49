#include "media/media.h"
#include "media/remux_impl.h"

#include <libavutil/mathematics.h>
#include <string.h>

// Between two pieces, or two anchors of a recording, sound may be off by so much without a seam; no
// more adds up, because it is each time the distance from where it belongs.
#define SEAM_US 40000

static const AVRational micros = {1, 1000000};

static bool is_g711(enum AVCodecID codec)
{
    return codec == AV_CODEC_ID_PCM_MULAW || codec == AV_CODEC_ID_PCM_ALAW;
}

int scrim_remux_sound_find(const AVFormatContext *in)
{
    for (unsigned i = 0; i < in->nb_streams; i++) {
        const AVCodecParameters *codec = in->streams[i]->codecpar;
        if (codec->codec_type == AVMEDIA_TYPE_AUDIO &&
            (codec->codec_id == AV_CODEC_ID_AAC || is_g711(codec->codec_id)))
            return (int)i;
    }
    return -1;
}

static const AVCodecParameters *sound_of(const struct piece *piece)
{
    return piece->sound < 0 ? NULL : piece->in->streams[piece->sound]->codecpar;
}

const char *scrim_remux_sound_format(const struct piece *piece)
{
    const AVCodecParameters *sound = sound_of(piece);
    return sound && is_g711(sound->codec_id) ? "mov" : "mp4";
}

int scrim_remux_sound_begin(struct piece *piece)
{
    struct scrim_remux *remux = piece->remux;
    if (piece->sound < 0)
        return 0;
    remux->sound.stream = avformat_new_stream(remux->out, NULL);
    if (!remux->sound.stream)
        return AVERROR(ENOMEM);
    remux->sound.stream->time_base = piece->in->streams[piece->sound]->time_base;
    return avcodec_parameters_copy(remux->sound.stream->codecpar, sound_of(piece));
}

bool scrim_remux_sound_fits(const struct piece *piece)
{
    const AVCodecParameters *own = sound_of(piece);
    const AVStream *stream = piece->remux->sound.stream;
    if (!own || !stream)
        return !own && !stream;
    const AVCodecParameters *film = stream->codecpar;
    return film->codec_id == own->codec_id && film->sample_rate == own->sample_rate &&
           film->ch_layout.nb_channels == own->ch_layout.nb_channels &&
           film->extradata_size == own->extradata_size &&
           (own->extradata_size == 0 ||
            memcmp(film->extradata, own->extradata, (size_t)own->extradata_size) == 0);
}

// Where it goes in the film. Negative: before its first picture.
static int64_t place(const struct scrim_remux *remux, int64_t utc_us)
{
    const struct scrim_remux_sound *sound = &remux->sound;
    const int64_t begin_us = av_rescale_q(remux->base_pts, remux->stream->time_base, micros);
    const int64_t at =
        av_rescale_q(utc_us - remux->origin_us - begin_us, micros, sound->stream->time_base);
    const int64_t seam = av_rescale_q(SEAM_US, micros, sound->stream->time_base);
    return sound->any && at >= sound->next - seam && at <= sound->next + seam ? sound->next : at;
}

// `packet` has UTC for a time stamp. What overlaps with the one before has no place.
static int write(struct scrim_remux *remux, AVPacket *packet, struct scrim_error *error)
{
    struct scrim_remux_sound *sound = &remux->sound;
    const int64_t at = place(remux, packet->pts);
    if (at < (sound->any ? sound->next : 0))
        return SCRIM_OK;
    sound->next = at + packet->duration;
    sound->any = true;
    packet->pts = packet->dts = at;
    packet->stream_index = sound->stream->index;
    const int result = av_interleaved_write_frame(remux->out, packet);
    return result < 0 ? scrim_fail_av(error, result, "%s", remux->path) : SCRIM_OK;
}

static int hold(struct piece *piece, const AVPacket *packet, struct scrim_error *error)
{
    struct scrim_remux_sound *sound = &piece->remux->sound;
    if (sound->held_count == SCRIM_REMUX_HELD_MAX)
        return scrim_fail(error, SCRIM_ENOSPACE, "%s: %d frames of sound without a key frame",
                          piece->source->name, SCRIM_REMUX_HELD_MAX);
    AVPacket *copy = av_packet_clone(packet);
    if (!copy)
        return scrim_fail(error, SCRIM_ENOMEM, "%s: no memory", piece->source->name);
    sound->held[sound->held_count++] = copy;
    return SCRIM_OK;
}

int scrim_remux_sound_take(struct piece *piece, AVPacket *packet, struct scrim_error *error)
{
    struct scrim_remux *remux = piece->remux;
    const AVRational base = piece->in->streams[piece->sound]->time_base;
    const AVRational pictures = piece->in->streams[piece->stream]->time_base;
    if (packet->pts == AV_NOPTS_VALUE)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: sound without a time", piece->source->name);
    if (!piece->any)
        return 1; // before the first picture there is nothing that its time would be told from
    const int64_t utc_us = piece->start_us + av_rescale_q(packet->pts, base, micros) -
                           av_rescale_q(piece->first_dts, pictures, micros);
    if (utc_us >= remux->to_us && piece->source->end_us > remux->to_us)
        return 1;
    packet->pts = packet->dts = utc_us;
    packet->duration = av_rescale_q(packet->duration, base, remux->sound.stream->time_base);
    packet->pos = -1;
    const int result = remux->begun ? write(remux, packet, error) : hold(piece, packet, error);
    return result < 0 ? result : 1;
}

int scrim_remux_sound_release(struct scrim_remux *remux, struct scrim_error *error)
{
    struct scrim_remux_sound *sound = &remux->sound;
    int result = SCRIM_OK;
    for (size_t i = 0; i < sound->held_count; i++) {
        if (result >= 0)
            result = write(remux, sound->held[i], error);
        av_packet_free(&sound->held[i]);
    }
    sound->held_count = 0;
    return result;
}

void scrim_remux_sound_drop(struct scrim_remux *remux, int64_t utc_us)
{
    struct scrim_remux_sound *sound = &remux->sound;
    size_t kept = 0;
    for (size_t i = 0; i < sound->held_count; i++) {
        if (sound->held[i]->pts >= utc_us)
            sound->held[kept++] = sound->held[i];
        else
            av_packet_free(&sound->held[i]);
    }
    sound->held_count = kept;
}
