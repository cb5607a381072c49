#include "media/media.h"
#include "media/remux_impl.h"

#include <libavutil/mathematics.h>
#include <string.h>

// Between two pieces, or two anchors of a recording, sound may be off by so much without a seam; no
// more adds up, because it is each time the distance from where it belongs.
#define SEAM_US 40000

// A QuickTime file counts samples of G.711 and knows no pause between them (stts has one entry): a
// film has silence there, and after a longer one another film begins.
#define SILENCE_MAX_US (INT64_C(600) * 1000000)
#define SILENCE_BYTES 4096 // of a packet of it

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

// The clock of the track is that of the camera's RTP.
static int describe(const struct piece *piece, struct scrim_sound_params *ret)
{
    const AVCodecParameters *codec = sound_of(piece);
    const uint32_t rate = (uint32_t)piece->in->streams[piece->sound]->time_base.den;
    if (!is_g711(codec->codec_id))
        return scrim_sound_aac(codec->extradata, (size_t)codec->extradata_size, rate, ret, NULL);
    return scrim_sound_g711(codec->codec_id == AV_CODEC_ID_PCM_MULAW ? SCRIM_SOUND_PCMU
                                                                     : SCRIM_SOUND_PCMA,
                            rate, (uint32_t)codec->ch_layout.nb_channels, ret, NULL);
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
    if (describe(piece, &remux->sound.params) < 0)
        return AVERROR_INVALIDDATA;
    return avcodec_parameters_copy(remux->sound.stream->codecpar, sound_of(piece));
}

static bool pauses_too_long(const struct piece *piece)
{
    const struct scrim_remux *remux = piece->remux;
    return is_g711(remux->sound.stream->codecpar->codec_id) && remux->any &&
           piece->source->start_us - remux->next_utc_us > SILENCE_MAX_US;
}

bool scrim_remux_sound_fits(const struct piece *piece)
{
    const AVCodecParameters *own = sound_of(piece);
    const AVStream *stream = piece->remux->sound.stream;
    if (!own || !stream)
        return !own && !stream;
    const AVCodecParameters *film = stream->codecpar;
    return !pauses_too_long(piece) && film->codec_id == own->codec_id &&
           film->sample_rate == own->sample_rate &&
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

static int write_at(struct scrim_remux *remux, AVPacket *packet, int64_t at,
                    struct scrim_error *error)
{
    struct scrim_remux_sound *sound = &remux->sound;
    sound->last = at;
    sound->next = at + packet->duration;
    sound->any = true;
    packet->pts = packet->dts = at;
    packet->stream_index = sound->stream->index;
    const int result = av_interleaved_write_frame(remux->out, packet);
    return result < 0 ? scrim_fail_av(error, result, "%s", remux->path) : SCRIM_OK;
}

// Up to `until`.
static int write_silence(struct scrim_remux *remux, int64_t until, struct scrim_error *error)
{
    struct scrim_remux_sound *sound = &remux->sound;
    const AVCodecParameters *codec = sound->stream->codecpar;
    const int channels = codec->ch_layout.nb_channels;
    int result = SCRIM_OK;
    while (result >= 0 && sound->next < until) {
        int64_t samples = until - sound->next;
        if (samples > SILENCE_BYTES / channels)
            samples = SILENCE_BYTES / channels;
        AVPacket *packet = av_packet_alloc();
        result = packet ? av_new_packet(packet, (int)samples * channels) : AVERROR(ENOMEM);
        if (result < 0) {
            result = scrim_fail_av(error, result, "%s", remux->path);
        } else {
            memset(packet->data, codec->codec_id == AV_CODEC_ID_PCM_MULAW ? 0xff : 0xd5,
                   (size_t)packet->size);
            packet->duration = samples;
            result = write_at(remux, packet, sound->next, error);
        }
        av_packet_free(&packet);
    }
    return result;
}

// `packet` has UTC for a time stamp. What does not come after the one before has no place.
static int write(struct scrim_remux *remux, AVPacket *packet, struct scrim_error *error)
{
    const struct scrim_remux_sound *sound = &remux->sound;
    const bool counted = is_g711(sound->stream->codecpar->codec_id);
    const int64_t at = place(remux, packet->pts);
    int result = SCRIM_OK;
    if (at < 0 || (sound->any && at < (counted ? sound->next : sound->last + 1)))
        return SCRIM_OK;
    if (counted)
        result = write_silence(remux, at, error);
    return result < 0 ? result : write_at(remux, packet, at, error);
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
    // FFmpeg does not know how long the last frame of a fragment is.
    packet->duration = scrim_sound_samples(&remux->sound.params, (size_t)packet->size);
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
