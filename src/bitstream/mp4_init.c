#include "bitstream/mp4_init.h"

#include "bitstream/nal.h"
#include "bitstream/sps.h"

#include <string.h>

// Boxes are written with a length of zero that is filled in at their end. Failures add up in
// `result`: after the first one nothing is written.
struct writer {
    struct scrim_buf *out;
    int result;
};

static void put(struct writer *writer, const void *bytes, size_t count)
{
    if (writer->result >= 0)
        writer->result = scrim_buf_append(writer->out, bytes, count);
}

static void put_u8(struct writer *writer, uint8_t value)
{
    put(writer, &value, 1);
}

static void put_u16(struct writer *writer, uint32_t value)
{
    if (writer->result >= 0)
        writer->result = scrim_buf_append_u16(writer->out, (uint16_t)value);
}

static void put_u32(struct writer *writer, uint32_t value)
{
    if (writer->result >= 0)
        writer->result = scrim_buf_append_u32(writer->out, value);
}

static void put_zeros(struct writer *writer, size_t count)
{
    for (; count > 0; count--)
        put_u8(writer, 0);
}

static size_t open_box(struct writer *writer, const char type[4])
{
    const size_t at = writer->out->len;
    put_u32(writer, 0);
    put(writer, type, 4);
    return at;
}

static size_t open_full_box(struct writer *writer, const char type[4], uint32_t version_and_flags)
{
    const size_t at = open_box(writer, type);
    put_u32(writer, version_and_flags);
    return at;
}

static void close_box(struct writer *writer, size_t at)
{
    const size_t size = writer->out->len - at;
    if (writer->result < 0)
        return;
    for (unsigned i = 0; i < 4; i++)
        writer->out->data[at + i] = (uint8_t)(size >> (24 - 8 * i));
}

static void put_matrix(struct writer *writer)
{
    static const uint32_t unity[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
    for (size_t i = 0; i < 9; i++)
        put_u32(writer, unity[i]);
}

// ---- Decoder configuration.

bool scrim_mp4_is_byte_stream(const struct scrim_mux_params *params)
{
    return params->extradata_len < 1 || params->extradata[0] != 1; // configurationVersion
}

static unsigned count_kind(const struct scrim_mux_params *params, enum scrim_nal_kind kind)
{
    struct scrim_nal_walk walk =
        scrim_nal_walk_of(params->codec, params->extradata, params->extradata_len);
    struct scrim_nal nal;
    unsigned count = 0;
    while (scrim_nal_next(&walk, &nal))
        count += scrim_nal_kind(params->codec, nal.type) == kind;
    return count;
}

static void put_kind(struct writer *writer, const struct scrim_mux_params *params,
                     enum scrim_nal_kind kind)
{
    struct scrim_nal_walk walk =
        scrim_nal_walk_of(params->codec, params->extradata, params->extradata_len);
    struct scrim_nal nal;
    while (scrim_nal_next(&walk, &nal)) {
        if (scrim_nal_kind(params->codec, nal.type) != kind)
            continue;
        put_u16(writer, (uint32_t)nal.size);
        put(writer, nal.data, nal.size);
    }
}

// AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).
static void put_avcc(struct writer *writer, const struct scrim_mux_params *params,
                     const struct scrim_sps *sps)
{
    put_u8(writer, 1); // configurationVersion
    put(writer, sps->profile, 3);
    put_u8(writer, 0xfc | 3); // lengths of four bytes
    put_u8(writer, (uint8_t)(0xe0 | count_kind(params, SCRIM_NAL_SPS)));
    put_kind(writer, params, SCRIM_NAL_SPS);
    put_u8(writer, (uint8_t)count_kind(params, SCRIM_NAL_PPS));
    put_kind(writer, params, SCRIM_NAL_PPS);
    if (sps->profile[0] == 66 || sps->profile[0] == 77 || sps->profile[0] == 88)
        return; // Baseline, Main, Extended
    put_u8(writer, (uint8_t)(0xfc | sps->chroma_format));
    put_u8(writer, (uint8_t)(0xf8 | (sps->luma_bits - 8)));
    put_u8(writer, (uint8_t)(0xf8 | (sps->chroma_bits - 8)));
    put_u8(writer, 0); // no SPS extensions
}

// HEVCDecoderConfigurationRecord (8.3.3.1). Arrays are not complete: hev1 has more in the stream.
static void put_hvcc(struct writer *writer, const struct scrim_mux_params *params,
                     const struct scrim_sps *sps)
{
    static const struct {
        enum scrim_nal_kind kind;
        uint8_t type;
    } arrays[] = {{SCRIM_NAL_VPS, 32}, {SCRIM_NAL_SPS, 33}, {SCRIM_NAL_PPS, 34}};
    put_u8(writer, 1); // configurationVersion
    put(writer, sps->profile, sizeof sps->profile);
    put_u16(writer, 0xf000); // min_spatial_segmentation_idc: unknown
    put_u8(writer, 0xfc);    // parallelismType: unknown
    put_u8(writer, (uint8_t)(0xfc | sps->chroma_format));
    put_u8(writer, (uint8_t)(0xf8 | (sps->luma_bits - 8)));
    put_u8(writer, (uint8_t)(0xf8 | (sps->chroma_bits - 8)));
    put_u16(writer, 0); // avgFrameRate: unknown
    put_u8(writer, (uint8_t)((sps->temporal_layers & 7) << 3 | sps->temporal_nesting << 2 | 3));
    put_u8(writer, sizeof arrays / sizeof *arrays);
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        put_u8(writer, arrays[i].type);
        put_u16(writer, count_kind(params, arrays[i].kind));
        put_kind(writer, params, arrays[i].kind);
    }
}

static void put_configuration(struct writer *writer, const struct scrim_mux_params *params,
                              const struct scrim_sps *sps)
{
    const bool h264 = params->codec == SCRIM_CODEC_H264;
    const size_t box = open_box(writer, h264 ? "avcC" : "hvcC");
    if (!scrim_mp4_is_byte_stream(params))
        put(writer, params->extradata, params->extradata_len);
    else if (h264)
        put_avcc(writer, params, sps);
    else
        put_hvcc(writer, params, sps);
    close_box(writer, box);
}

// ---- moov.

static void put_ftyp(struct writer *writer)
{
    const size_t box = open_box(writer, "ftyp");
    put(writer, "iso5", 4);
    put_u32(writer, 512);
    put(writer, "iso5iso6mp41", 12);
    close_box(writer, box);
}

static void put_mvhd(struct writer *writer, const struct scrim_mux_params *params)
{
    const size_t box = open_full_box(writer, "mvhd", 0);
    put_zeros(writer, 8); // times of creation and change
    put_u32(writer, 1000);
    put_u32(writer, 0);       // duration: in the fragments
    put_u32(writer, 0x10000); // rate
    put_u16(writer, 0x100);   // volume
    put_zeros(writer, 10);
    put_matrix(writer);
    put_zeros(writer, 24);
    put_u32(writer, params->sound ? 3 : 2); // next_track_ID
    close_box(writer, box);
}

struct track {
    uint32_t id, timescale;
    const char *handler, *name;
    uint32_t width, height; // sound has neither
    uint32_t volume;        // 8.8; pictures have none
};

static void put_tkhd(struct writer *writer, const struct track *track)
{
    const size_t box = open_full_box(writer, "tkhd", 3); // enabled, in the movie
    put_zeros(writer, 8);
    put_u32(writer, track->id);
    put_zeros(writer, 4 + 4 + 8 + 2 + 2);
    put_u16(writer, track->volume);
    put_zeros(writer, 2);
    put_matrix(writer);
    put_u32(writer, track->width << 16);
    put_u32(writer, track->height << 16);
    close_box(writer, box);
}

static void put_mdhd(struct writer *writer, const struct track *track)
{
    const size_t box = open_full_box(writer, "mdhd", 0);
    put_zeros(writer, 8);
    put_u32(writer, track->timescale);
    put_u32(writer, 0);
    put_u16(writer, 0x55c4); // language: undetermined
    put_u16(writer, 0);
    close_box(writer, box);
}

static void put_hdlr(struct writer *writer, const struct track *track)
{
    const size_t box = open_full_box(writer, "hdlr", 0);
    put_u32(writer, 0);
    put(writer, track->handler, 4);
    put_zeros(writer, 12);
    put(writer, track->name, strlen(track->name) + 1);
    close_box(writer, box);
}

static void put_dinf(struct writer *writer)
{
    const size_t box = open_box(writer, "dinf");
    const size_t references = open_full_box(writer, "dref", 0);
    put_u32(writer, 1);
    const size_t url = open_full_box(writer, "url ", 1); // in this file
    close_box(writer, url);
    close_box(writer, references);
    close_box(writer, box);
}

static void put_sample_entry(struct writer *writer, const struct scrim_mux_params *params,
                             const struct scrim_sps *sps)
{
    const size_t box = open_box(writer, params->codec == SCRIM_CODEC_H264 ? "avc1" : "hev1");
    put_zeros(writer, 6);
    put_u16(writer, 1); // data_reference_index
    put_zeros(writer, 16);
    put_u16(writer, params->width);
    put_u16(writer, params->height);
    put_u32(writer, 0x480000); // 72 dpi
    put_u32(writer, 0x480000);
    put_u32(writer, 0);
    put_u16(writer, 1);    // frame_count
    put_zeros(writer, 32); // compressorname
    put_u16(writer, 24);   // depth
    put_u16(writer, 0xffff);
    put_configuration(writer, params, sps);
    close_box(writer, box);
}

// ---- The sound track.

int64_t scrim_mp4_sound_lead(const struct scrim_sound_params *sound)
{
    return (int64_t)sound->rate * SCRIM_MUX_SOUND_LEAD_MS / 1000;
}

// The presentation begins at the time that is the pictures' 0 (ISO/IEC 14496-12, 8.6.6).
static void put_edit(struct writer *writer, const struct scrim_sound_params *sound)
{
    const size_t box = open_box(writer, "edts");
    const size_t list = open_full_box(writer, "elst", 0);
    put_u32(writer, 1);
    put_u32(writer, 0); // segment_duration: as long as the fragments
    put_u32(writer, (uint32_t)scrim_mp4_sound_lead(sound));
    put_u32(writer, 0x10000); // media_rate
    close_box(writer, list);
    close_box(writer, box);
}

enum { ES_DESCRIPTOR = 3, DECODER_CONFIG = 4, DECODER_SPECIFIC = 5, SL_CONFIG = 6 };

// Descriptors of ISO/IEC 14496-1 (7.2.6.5 to 7.3.2.3); none reaches the 128 bytes from which on a
// size takes a second byte.
static void put_esds(struct writer *writer, const struct scrim_sound_params *sound)
{
    const uint32_t specific = 2 + sound->config_size;
    const uint32_t config = 2 + 13 + specific;
    const size_t box = open_full_box(writer, "esds", 0);
    put_u8(writer, ES_DESCRIPTOR);
    put_u8(writer, (uint8_t)(3 + config + 3));
    put_u16(writer, 0); // ES_ID: that of the track
    put_u8(writer, 0);
    put_u8(writer, DECODER_CONFIG);
    put_u8(writer, (uint8_t)(13 + specific));
    put_u8(writer, 0x40);          // MPEG-4 audio
    put_u8(writer, 0x05 << 2 | 1); // audio stream
    put_zeros(writer, 3 + 4 + 4);  // size of buffer and bit rates: unknown
    put_u8(writer, DECODER_SPECIFIC);
    put_u8(writer, (uint8_t)sound->config_size);
    put(writer, sound->config, sound->config_size);
    put_u8(writer, SL_CONFIG);
    put_u8(writer, 1);
    put_u8(writer, 2); // as in MP4 files
    close_box(writer, box);
}

// AudioSampleEntry (ISO/IEC 14496-12, 12.2.3). G.711 has the entries of QuickTime.
static void put_sound_entry(struct writer *writer, const struct scrim_sound_params *sound)
{
    static const char *const types[] = {
        [SCRIM_SOUND_AAC] = "mp4a", [SCRIM_SOUND_PCMU] = "ulaw", [SCRIM_SOUND_PCMA] = "alaw"};
    const size_t box = open_box(writer, types[sound->codec]);
    put_zeros(writer, 6);
    put_u16(writer, 1); // data_reference_index
    put_zeros(writer, 8);
    put_u16(writer, sound->channels);
    put_u16(writer, 16); // bits of a sample, once decoded
    put_zeros(writer, 4);
    put_u32(writer, sound->rate <= UINT16_MAX ? sound->rate << 16 : 0); // 0: see mdhd
    if (sound->codec == SCRIM_SOUND_AAC)
        put_esds(writer, sound);
    close_box(writer, box);
}

// ---- A track.

// The sample tables are empty: samples are in the fragments.
static void put_stbl(struct writer *writer, const struct scrim_mux_params *params,
                     const struct scrim_sps *sps)
{
    const size_t box = open_box(writer, "stbl");
    const size_t descriptions = open_full_box(writer, "stsd", 0);
    put_u32(writer, 1);
    if (sps)
        put_sample_entry(writer, params, sps);
    else
        put_sound_entry(writer, params->sound);
    close_box(writer, descriptions);
    static const char *const tables[] = {"stts", "stsc", "stsz", "stco"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        const size_t table = open_full_box(writer, tables[i], 0);
        put_zeros(writer, strcmp(tables[i], "stsz") == 0 ? 8 : 4);
        close_box(writer, table);
    }
    close_box(writer, box);
}

static void put_media_head(struct writer *writer, bool pictures)
{
    const size_t box =
        pictures ? open_full_box(writer, "vmhd", 1) : open_full_box(writer, "smhd", 0);
    put_zeros(writer, pictures ? 8 : 4);
    close_box(writer, box);
}

// `sps` NULL: of the sound.
static void put_trak(struct writer *writer, const struct track *track,
                     const struct scrim_mux_params *params, const struct scrim_sps *sps)
{
    const size_t box = open_box(writer, "trak");
    put_tkhd(writer, track);
    if (!sps)
        put_edit(writer, params->sound);
    const size_t media = open_box(writer, "mdia");
    put_mdhd(writer, track);
    put_hdlr(writer, track);
    const size_t information = open_box(writer, "minf");
    put_media_head(writer, sps != NULL);
    put_dinf(writer);
    put_stbl(writer, params, sps);
    close_box(writer, information);
    close_box(writer, media);
    close_box(writer, box);
}

static void put_trex(struct writer *writer, uint32_t track)
{
    const size_t defaults = open_full_box(writer, "trex", 0);
    put_u32(writer, track);
    put_u32(writer, 1); // sample description
    put_zeros(writer, 12);
    close_box(writer, defaults);
}

static void put_moov(struct writer *writer, const struct scrim_mux_params *params,
                     const struct scrim_sps *sps)
{
    const struct track pictures = {.id = 1,
                                   .timescale = SCRIM_MUX_TIMESCALE,
                                   .handler = "vide",
                                   .name = "VideoHandler",
                                   .width = params->width,
                                   .height = params->height};
    const size_t movie = open_box(writer, "moov");
    put_mvhd(writer, params);
    put_trak(writer, &pictures, params, sps);
    if (params->sound) {
        const struct track sound = {.id = 2,
                                    .timescale = params->sound->rate,
                                    .handler = "soun",
                                    .name = "SoundHandler",
                                    .volume = 0x100};
        put_trak(writer, &sound, params, NULL);
    }
    const size_t extends = open_box(writer, "mvex");
    put_trex(writer, 1);
    if (params->sound)
        put_trex(writer, 2);
    close_box(writer, extends);
    close_box(writer, movie);
}

int scrim_mp4_append_init(const struct scrim_mux_params *params, struct scrim_buf *out,
                          struct scrim_error *error)
{
    struct scrim_sps sps = {0};
    const size_t before = out->len;
    if (params->width == 0 || params->height == 0 || params->width > UINT16_MAX ||
        params->height > UINT16_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "a picture of %u × %u", params->width,
                          params->height);
    if (scrim_mp4_is_byte_stream(params) &&
        (scrim_sps_find(params->codec, params->extradata, params->extradata_len, &sps) < 0 ||
         count_kind(params, SCRIM_NAL_SPS) > 31 || count_kind(params, SCRIM_NAL_PPS) > 255))
        return scrim_fail(error, SCRIM_EFORMAT, "the stream's parameter sets are unusable");

    struct writer writer = {.out = out};
    put_ftyp(&writer);
    put_moov(&writer, params, &sps);
    if (writer.result < 0) {
        out->len = before;
        return scrim_fail(error, writer.result, "no room for an init segment");
    }
    return SCRIM_OK;
}
