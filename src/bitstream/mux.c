#include "bitstream/mux.h"

#include "base/alloc.h"
#include "bitstream/mp4_init.h"
#include "bitstream/nal.h"
#include "bitstream/sps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAGMENT_MAX (64U << 20) // bytes of one fragment's samples
#define SAMPLES_MAX 8192         // of one fragment
#define SOUND_MAX (1U << 20)     // bytes of one fragment's sound
#define SOUNDS_MAX 2048          // frames of it
#define DURATION_GUESS \
    (SCRIM_MUX_TIMESCALE / 5) // of the first sample, if it is alone in its fragment

struct sample {
    uint32_t size;
    int64_t dts, pts;
    bool key;
};

struct sound {
    uint32_t size, samples;
    int64_t at; // since the track began, in samples
};

struct sound_track {
    struct scrim_sound_params params;
    int64_t lead, last;   // in samples; `last`: where the last frame began, -1: none yet
    struct sound *frames; // SOUNDS_MAX
    size_t count;
    struct scrim_buf payload;
};

struct scrim_mux {
    enum scrim_codec codec;
    bool length_prefixed; // samples come as they go into the file
    uint32_t sequence;    // of the last fragment
    int64_t last_dts;
    uint32_t last_duration; // of a fragment's last sample
    bool timed;             // it is measured, not guessed
    struct sample *samples; // SAMPLES_MAX
    size_t samples_count;
    struct scrim_buf payload;  // mdat of the fragment being made
    struct sound_track *sound; // NULL: none
};

static struct sound_track *sound_track_create(const struct scrim_sound_params *params)
{
    struct sound_track *track = scrim_new(struct sound_track);
    track->params = *params;
    track->lead = scrim_mp4_sound_lead(params);
    track->last = -1;
    track->frames = scrim_new_array(SOUNDS_MAX, struct sound);
    scrim_buf_init(&track->payload, SOUND_MAX);
    return track;
}

int scrim_mux_create(const struct scrim_mux_params *params, struct scrim_mux **ret,
                     struct scrim_buf *out, struct scrim_error *error)
{
    if (params->extradata_len < 5)
        return scrim_fail(error, SCRIM_EINVAL, "the stream has no parameter sets");
    const int result = scrim_mp4_append_init(params, out, error);
    if (result < 0)
        return result;

    struct scrim_mux *mux = scrim_new(struct scrim_mux);
    mux->codec = params->codec;
    mux->length_prefixed = !scrim_mp4_is_byte_stream(params);
    mux->last_dts = INT64_MIN;
    mux->last_duration = DURATION_GUESS;
    mux->samples = scrim_new_array(SAMPLES_MAX, struct sample);
    scrim_buf_init(&mux->payload, FRAGMENT_MAX);
    mux->sound = params->sound ? sound_track_create(params->sound) : NULL;
    *ret = mux;
    return SCRIM_OK;
}

void scrim_mux_destroy(struct scrim_mux *mux)
{
    if (!mux)
        return;
    if (mux->sound) {
        scrim_buf_finish_wipe(&mux->sound->payload);
        free(mux->sound->frames);
        free(mux->sound);
    }
    scrim_buf_finish_wipe(&mux->payload);
    free(mux->samples);
    free(mux);
}

// Start codes become lengths of four bytes (ISO/IEC 14496-15, 5.3.3.2); the NAL units stay as they
// are.
static int append_prefixed(struct scrim_mux *mux, const uint8_t *data, size_t count)
{
    const size_t before = mux->payload.len;
    struct scrim_nal_walk walk = scrim_nal_walk_of(mux->codec, data, count);
    struct scrim_nal nal;
    // A start code may have three bytes and its length has four: at most a third more.
    int result = scrim_buf_reserve(&mux->payload, count + count / 3 + 4);
    while (result >= 0 && scrim_nal_next(&walk, &nal)) {
        result = scrim_buf_append_u32(&mux->payload, (uint32_t)nal.size);
        if (result >= 0)
            result = scrim_buf_append(&mux->payload, nal.data, nal.size);
    }
    if (result < 0)
        mux->payload.len = before;
    return result;
}

// How long a fragment's last sample shows is known only when the next one comes. Media Source
// Extensions (3.5.8) take a sample that comes later than twice the duration of the one before for a
// break and drop all up to the next key frame. So what is told is the longest interval of late.
static void note_interval(struct scrim_mux *mux, int64_t dts)
{
    const bool first = mux->last_dts == INT64_MIN;
    if (first || dts - mux->last_dts > SCRIM_MUX_TIMESCALE) // after a pause
        return;
    const uint32_t interval = (uint32_t)(dts - mux->last_dts);
    const uint32_t faded = mux->timed ? mux->last_duration - mux->last_duration / 8 : 0;
    mux->last_duration = interval > faded ? interval : faded;
    mux->timed = true;
}

bool scrim_mux_is_break(const struct scrim_mux *mux, int64_t dts)
{
    return mux->last_dts != INT64_MIN && dts - mux->last_dts > 2 * (int64_t)mux->last_duration;
}

int scrim_mux_write(struct scrim_mux *mux, const uint8_t *data, size_t count, int64_t pts,
                    int64_t dts, bool key, struct scrim_error *error)
{
    if (dts < 0 || dts <= mux->last_dts)
        return scrim_fail(error, SCRIM_EINVAL, "decoding times do not rise");
    if (pts - dts > INT32_MAX || pts - dts < INT32_MIN)
        return scrim_fail(error, SCRIM_EINVAL, "presentation and decoding time are too far apart");
    if (mux->samples_count == SAMPLES_MAX)
        return scrim_fail(error, SCRIM_ENOSPACE, "more than %d frames in a fragment", SAMPLES_MAX);

    const size_t before = mux->payload.len;
    const int result = mux->length_prefixed ? scrim_buf_append(&mux->payload, data, count)
                                            : append_prefixed(mux, data, count);
    if (result < 0)
        return scrim_fail(error, result, "a fragment of more than %u bytes", FRAGMENT_MAX);
    if (mux->payload.len == before)
        return scrim_fail(error, SCRIM_EFORMAT, "an access unit without NAL units");

    note_interval(mux, dts);
    mux->samples[mux->samples_count++] =
        (struct sample){(uint32_t)(mux->payload.len - before), dts, pts, key};
    mux->last_dts = dts;
    return SCRIM_OK;
}

int scrim_mux_write_sound(struct scrim_mux *mux, const struct scrim_sound_frame *frame, int64_t at)
{
    struct sound_track *track = mux->sound;
    if (!track || frame->samples == 0 || at < -track->lead || at + track->lead <= track->last ||
        (track->count > 0 && at + track->lead - track->last > UINT32_MAX))
        return SCRIM_EINVAL;
    if (track->count == SOUNDS_MAX)
        return SCRIM_ENOSPACE;
    const int result = scrim_buf_append(&track->payload, frame->data, frame->size);
    if (result < 0)
        return result;
    struct sound *sound = &track->frames[track->count++];
    *sound = (struct sound){(uint32_t)frame->size, frame->samples, at + track->lead};
    track->last = sound->at;
    return SCRIM_OK;
}

// Boxes of a fragment (ISO/IEC 14496-12, 8.8). The payload of each is of known size, so lengths are
// written as we go.
enum {
    BOX = 8,
    FULL_BOX = BOX + 4,
    MFHD = FULL_BOX + 4,
    TFHD = FULL_BOX + 4,
    TFDT = FULL_BOX + 8,
    TRUN = FULL_BOX + 8,
    TRUN_SAMPLE = 16,
    TRUN_SOUND = 8,
};

#define TFHD_DEFAULT_BASE_IS_MOOF 0x020000U
// data-offset, and for each sample duration, size, flags, composition offset
#define TRUN_FIELDS 0x000f01U
#define TRUN_SOUND_FIELDS 0x000301U // data-offset, and for each sample duration and size
#define SAMPLE_KEY 0x02000000U      // depends on no other
#define SAMPLE_DELTA 0x01010000U    // depends on others, no sync sample

static void put_u32(struct scrim_buf *out, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                              (uint8_t)value};
    memcpy(out->data + out->len, bytes, sizeof bytes);
    out->len += sizeof bytes;
}

static void put_box(struct scrim_buf *out, size_t size, const char type[4])
{
    put_u32(out, (uint32_t)size);
    memcpy(out->data + out->len, type, 4);
    out->len += 4;
}

static void put_full_box(struct scrim_buf *out, size_t size, const char type[4],
                         uint32_t version_and_flags)
{
    put_box(out, size, type);
    put_u32(out, version_and_flags);
}

static void put_samples(const struct scrim_mux *mux, struct scrim_buf *out)
{
    for (size_t i = 0; i < mux->samples_count; i++) {
        const struct sample *sample = &mux->samples[i];
        const int64_t next =
            i + 1 < mux->samples_count ? sample[1].dts : sample->dts + mux->last_duration;
        put_u32(out, (uint32_t)(next - sample->dts));
        put_u32(out, sample->size);
        put_u32(out, sample->key ? SAMPLE_KEY : SAMPLE_DELTA);
        put_u32(out, (uint32_t)(int32_t)(sample->pts - sample->dts));
    }
}

static void put_track_head(struct scrim_buf *out, uint32_t track, int64_t time)
{
    put_full_box(out, TFHD, "tfhd", TFHD_DEFAULT_BASE_IS_MOOF);
    put_u32(out, track);
    put_full_box(out, TFDT, "tfdt", 1U << 24);
    put_u32(out, (uint32_t)((uint64_t)time >> 32));
    put_u32(out, (uint32_t)time);
}

static size_t pictures_size(const struct scrim_mux *mux)
{
    return mux->samples_count == 0 ? 0
                                   : BOX + TFHD + TFDT + TRUN + TRUN_SAMPLE * mux->samples_count;
}

// `offset`: of the first sample's bytes, from the start of moof.
static void put_pictures(const struct scrim_mux *mux, size_t offset, struct scrim_buf *out)
{
    put_box(out, pictures_size(mux), "traf");
    put_track_head(out, 1, mux->samples[0].dts);
    // version 1: signed offsets
    put_full_box(out, TRUN + TRUN_SAMPLE * mux->samples_count, "trun", 1U << 24 | TRUN_FIELDS);
    put_u32(out, (uint32_t)mux->samples_count);
    put_u32(out, (uint32_t)offset);
    put_samples(mux, out);
}

static size_t sound_size(const struct scrim_mux *mux)
{
    return !mux->sound || mux->sound->count == 0
               ? 0
               : BOX + TFHD + TFDT + TRUN + TRUN_SOUND * mux->sound->count;
}

// A frame lasts until the next one begins: longer than it sounds where some are missing, shorter
// where it was put too late.
static void put_sound(const struct sound_track *track, size_t size, size_t offset,
                      struct scrim_buf *out)
{
    put_box(out, size, "traf");
    put_track_head(out, 2, track->frames[0].at);
    put_full_box(out, TRUN + TRUN_SOUND * track->count, "trun", TRUN_SOUND_FIELDS);
    put_u32(out, (uint32_t)track->count);
    put_u32(out, (uint32_t)offset);
    for (size_t i = 0; i < track->count; i++) {
        const struct sound *sound = &track->frames[i];
        const bool last = i + 1 == track->count;
        put_u32(out, last ? sound->samples : (uint32_t)(sound[1].at - sound->at));
        put_u32(out, sound->size);
    }
}

static void put_payload(struct scrim_buf *out, struct scrim_buf *payload)
{
    if (payload->len == 0)
        return;
    memcpy(out->data + out->len, payload->data, payload->len);
    out->len += payload->len;
    scrim_buf_clear(payload);
}

int scrim_mux_cut(struct scrim_mux *mux, struct scrim_buf *out, struct scrim_error *error)
{
    const size_t pictures = pictures_size(mux), sound = sound_size(mux);
    if (pictures + sound == 0)
        return SCRIM_OK;
    const size_t moof = BOX + MFHD + pictures + sound;
    const size_t payload = mux->payload.len + (sound > 0 ? mux->sound->payload.len : 0);
    const int result = scrim_buf_reserve(out, moof + BOX + payload);
    if (result < 0)
        return scrim_fail(error, result, "no room for a fragment of %zu bytes", payload);

    put_box(out, moof, "moof");
    put_full_box(out, MFHD, "mfhd", 0);
    put_u32(out, ++mux->sequence);
    if (pictures > 0)
        put_pictures(mux, moof + BOX, out);
    if (sound > 0)
        put_sound(mux->sound, sound, moof + BOX + mux->payload.len, out);
    put_box(out, BOX + payload, "mdat");
    put_payload(out, &mux->payload);
    mux->samples_count = 0;
    if (sound > 0) {
        put_payload(out, &mux->sound->payload);
        mux->sound->count = 0;
    }
    return SCRIM_OK;
}

// H.264: profile_idc, constraint flags and level_idc follow the NAL header (RFC 6381, 3.3).
static int h264_codec(const uint8_t *profile, char ret[64])
{
    snprintf(ret, 64, "avc1.%02x%02x%02x", profile[0], profile[1], profile[2]);
    return SCRIM_OK;
}

static uint32_t reverse_bits(uint32_t value)
{
    uint32_t reversed = 0;
    for (int i = 0; i < 32; i++, value >>= 1)
        reversed = reversed << 1 | (value & 1);
    return reversed;
}

// H.265: profile_tier_level of 12 bytes (ISO/IEC 14496-15, E.3).
static int h265_codec(const uint8_t profile[12], char ret[64])
{
    static const char *const spaces[] = {"", "A", "B", "C"};
    const uint32_t compatibility = (uint32_t)profile[1] << 24 | (uint32_t)profile[2] << 16 |
                                   (uint32_t)profile[3] << 8 | profile[4];
    int used = snprintf(ret, 64, "hev1.%s%u.%X.%c%u", spaces[profile[0] >> 6], profile[0] & 0x1fU,
                        reverse_bits(compatibility), profile[0] & 0x20 ? 'H' : 'L', profile[11]);
    size_t constraints = 6; // trailing zero bytes are left out
    while (constraints > 0 && profile[5 + constraints - 1] == 0)
        constraints--;
    for (size_t i = 0; i < constraints; i++)
        used += snprintf(ret + used, 64 - (size_t)used, ".%X", profile[5 + i]);
    return SCRIM_OK;
}

int scrim_mux_mime_codec(const struct scrim_mux_params *params, char ret[64])
{
    const bool h264 = params->codec == SCRIM_CODEC_H264;
    if (!scrim_mp4_is_byte_stream(
            params)) { // avcC and hvcC begin with the version, then the profile
        if (params->extradata_len < 13)
            return SCRIM_EFORMAT;
        return h264 ? h264_codec(params->extradata + 1, ret)
                    : h265_codec(params->extradata + 1, ret);
    }
    struct scrim_sps sps;
    const int result =
        scrim_sps_find(params->codec, params->extradata, params->extradata_len, &sps);
    if (result < 0)
        return result;
    return h264 ? h264_codec(sps.profile, ret) : h265_codec(sps.profile, ret);
}
