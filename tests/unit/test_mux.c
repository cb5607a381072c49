#include "bitstream/mux.h"

#include "demux.h"
#include "sounds.h"
#include "streams.h"

#include <libavutil/sha.h>

static struct scrim_mux_params params_of(enum scrim_codec codec)
{
    const bool h264 = codec == SCRIM_CODEC_H264;
    return (struct scrim_mux_params){.codec = codec,
                                     .extradata = h264 ? sets_small : sets_h265,
                                     .extradata_len = h264 ? sizeof sets_small : sizeof sets_h265,
                                     .width = 640,
                                     .height = 480};
}

struct unit {
    struct scrim_buf bytes;
    int64_t pts, dts;
    bool key;
};

// Muxes units, cutting before each '|' of `kinds`, and checks that a demuxer gets back the same.
static void roundtrip(enum scrim_codec codec, const char *kinds, const int64_t *pts)
{
    const struct scrim_mux_params params = params_of(codec);
    struct scrim_error error;
    struct scrim_buf file;
    struct scrim_mux *mux;
    struct unit units[64] = {0};
    size_t count = 0;
    scrim_buf_init(&file, 1 << 20);
    REQUIRE(scrim_mux_create(&params, &mux, &file, &error) == SCRIM_OK);
    for (const char *kind = kinds; *kind; kind++) {
        if (*kind == '|') {
            CHECK_INT(scrim_mux_cut(mux, &file, &error), SCRIM_OK);
            continue;
        }
        struct unit *unit = &units[count];
        scrim_buf_init(&unit->bytes, 1 << 16);
        put_unit(&unit->bytes, codec, *kind, (uint32_t)count, 100 + count * 13);
        unit->dts = 1000000 + (int64_t)count * 3600;
        unit->pts = pts ? unit->dts + pts[count] : unit->dts;
        unit->key = *kind != 'P';
        CHECK_INT(scrim_mux_write(mux, unit->bytes.data, unit->bytes.len, unit->pts, unit->dts,
                                  unit->key, &error),
                  SCRIM_OK);
        count++;
    }
    CHECK_INT(scrim_mux_cut(mux, &file, &error), SCRIM_OK);
    scrim_mux_destroy(mux);

    static struct demuxed demuxed;
    demux(file.data, file.len, &demuxed);
    CHECK_INT(demuxed.count, count);
    CHECK_INT(demuxed.width, 640);
    CHECK_INT(demuxed.height, 480);
    CHECK_INT(demuxed.time_base_den, SCRIM_MUX_TIMESCALE);
    CHECK_INT(demuxed.tag,
              codec == SCRIM_CODEC_H264 ? MKTAG('a', 'v', 'c', '1') : MKTAG('h', 'e', 'v', '1'));
    for (size_t i = 0; i < count && i < demuxed.count; i++) {
        const struct demuxed_packet *packet = &demuxed.packets[i];
        // libavformat moves all times alike where one would be shown before it is decoded.
        CHECK_INT(packet->pts - demuxed.packets[0].pts, units[i].pts - units[0].pts);
        CHECK(packet->dts <= packet->pts);
        CHECK_INT(packet->key, units[i].key);
        CHECK(same_payload(packet, units[i].bytes.data, units[i].bytes.len));
    }
    demux_free(&demuxed);
    for (size_t i = 0; i < count; i++)
        scrim_buf_finish(&units[i].bytes);
    scrim_buf_finish(&file);
}

// The duration that the newest fragment tells of its only sample.
static uint32_t told_duration(const struct scrim_buf *file, size_t from)
{
    uint32_t duration = 0;
    const uint8_t *trun = memmem(file->data + from, file->len - from, "trun", 4);
    for (size_t i = 0; trun && i < 4; i++) // behind version and flags, count and data offset
        duration = duration << 8 | trun[16 + i];
    return duration;
}

// A browser takes a sample that comes later than twice the told duration of the one before for a
// break.
static void lone_samples(void)
{
    static const int64_t times[] = {0,     9000,  18000, 36000, 45000,  58500,
                                    63000, 76500, 81000, 90000, 900000, 909000};
    const struct scrim_mux_params params = params_of(SCRIM_CODEC_H264);
    struct scrim_error error;
    struct scrim_buf file, unit;
    struct scrim_mux *mux;
    uint32_t told = 0;
    scrim_buf_init(&file, 1 << 20);
    scrim_buf_init(&unit, 1 << 16);
    REQUIRE(scrim_mux_create(&params, &mux, &file, &error) == SCRIM_OK);
    put_unit(&unit, SCRIM_CODEC_H264, 'P', 0, 100);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        const size_t before = file.len;
        CHECK_INT(
            scrim_mux_write(mux, unit.data, unit.len, times[i], times[i], i % 10 == 0, &error),
            SCRIM_OK);
        CHECK_INT(scrim_mux_cut(mux, &file, &error), SCRIM_OK);
        CHECK(i % 10 == 0 || times[i] - times[i - 1] <= 2 * (int64_t)told);
        told = told_duration(&file, before);
        CHECK(told >= 9000 && told <= 18000);
    }
    scrim_mux_destroy(mux);
    scrim_buf_finish(&unit);
    scrim_buf_finish(&file);
}

static void digest_of(enum scrim_codec codec, char ret[65])
{
    const struct scrim_mux_params params = params_of(codec);
    struct scrim_error error;
    struct scrim_buf file, unit;
    struct scrim_mux *mux;
    uint8_t digest[32];
    scrim_buf_init(&file, 1 << 20);
    scrim_buf_init(&unit, 1 << 16);
    REQUIRE(scrim_mux_create(&params, &mux, &file, &error) == SCRIM_OK);
    for (uint32_t i = 0; i < 12; i++) {
        scrim_buf_clear(&unit);
        put_unit(&unit, codec, i % 6 ? 'P' : 'I', i, 100 + i * 7);
        if (i % 5 == 0)
            CHECK_INT(scrim_mux_cut(mux, &file, &error), SCRIM_OK);
        CHECK_INT(scrim_mux_write(mux, unit.data, unit.len, i * 3600 + (i % 3) * 3600, i * 3600,
                                  i % 6 == 0, &error),
                  SCRIM_OK);
    }
    CHECK_INT(scrim_mux_cut(mux, &file, &error), SCRIM_OK);
    struct AVSHA *sha = av_sha_alloc();
    av_sha_init(sha, 256);
    av_sha_update(sha, file.data, file.len);
    av_sha_final(sha, digest);
    av_free(sha);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(ret + 2 * i, 3, "%02x", digest[i]);
    scrim_mux_destroy(mux);
    scrim_buf_finish(&unit);
    scrim_buf_finish(&file);
}

// What the muxer made before it knew of sound.
static void without_sound_nothing_changes(void)
{
    char digest[65];
    digest_of(SCRIM_CODEC_H264, digest);
    CHECK_TEXT(digest, "95ef6d6070627973d0b93d53f6549730658d98cfc2966ba672b9d2dd687ac37b");
    digest_of(SCRIM_CODEC_H265, digest);
    CHECK_TEXT(digest, "724ff17c21668ee7a33463f4c49670412d12a7a903c7bf611ca821b0c47b91e1");
}

static void write_picture(struct scrim_mux *mux, int64_t number)
{
    struct scrim_error error;
    struct scrim_buf unit;
    scrim_buf_init(&unit, 1 << 16);
    put_unit(&unit, SCRIM_CODEC_H264, number % 10 ? 'P' : 'I', (uint32_t)number, 100);
    CHECK_INT(scrim_mux_write(mux, unit.data, unit.len, number * 9000, number * 9000,
                              number % 10 == 0, &error),
              SCRIM_OK);
    scrim_buf_finish(&unit);
}

// A second of pictures and sound from `begin` (in samples) on, in fragments of half a second.
static void with_sound(const struct scrim_sound_params *sound, int64_t begin, bool hole)
{
    struct scrim_mux_params params = params_of(SCRIM_CODEC_H264);
    params.sound = sound;
    struct scrim_error error;
    struct scrim_buf file;
    struct scrim_mux *mux;
    static struct demuxed demuxed;
    int64_t at = begin;
    uint32_t count = 0;
    scrim_buf_init(&file, 1 << 20);
    REQUIRE(scrim_mux_create(&params, &mux, &file, &error) == SCRIM_OK);
    for (int64_t i = 0; i < 10; i++) {
        if (i == 5)
            CHECK_INT(scrim_mux_cut(mux, &file, &error), SCRIM_OK);
        write_picture(mux, i);
        for (; at < (i + 1) * sound->rate / 10; count++) {
            struct test_sound frame;
            test_sound(sound, count, &frame);
            CHECK_INT(scrim_mux_write_sound(mux, &frame.frame, at), SCRIM_OK);
            at += frame.frame.samples * (hole && count == 2 ? 3 : 1);
        }
    }
    CHECK_INT(scrim_mux_cut(mux, &file, &error), SCRIM_OK);
    scrim_mux_destroy(mux);

    demux(file.data, file.len, &demuxed);
    CHECK_INT(demuxed.count, 10);
    CHECK_INT(demuxed.packets[0].pts, 0);
    CHECK_INT(demuxed.sounds_count, count);
    CHECK_INT(demuxed.sound_rate, sound->rate);
    CHECK_INT(demuxed.sound_channels, sound->channels);
    at = begin;
    for (uint32_t i = 0; i < count && i < demuxed.sounds_count; i++) {
        struct test_sound frame;
        test_sound(sound, i, &frame);
        const struct demuxed_packet *packet = &demuxed.sounds[i];
        CHECK_INT(packet->pts, at);
        CHECK(packet->key && packet->size == frame.frame.size &&
              memcmp(packet->data, frame.bytes, packet->size) == 0);
        at += frame.frame.samples * (hole && i == 2 ? 3 : 1);
    }
    demux_free(&demuxed);
    scrim_buf_finish(&file);
}

static void sound_comes_back(void)
{
    const struct scrim_sound_params aac = test_aac(16000), u_law = test_g711(SCRIM_SOUND_PCMU),
                                    a_law = test_g711(SCRIM_SOUND_PCMA), wide = test_aac(96000);
    with_sound(&aac, 0, false);
    with_sound(&aac, 700, true);
    with_sound(&aac, -8000, false); // as early as may be
    with_sound(&wide, 0, false);
    with_sound(&u_law, -77, true);
    with_sound(&a_law, 0, false);
}

static void sound_that_has_no_place(void)
{
    const struct scrim_sound_params aac = test_aac(16000);
    struct scrim_mux_params params = params_of(SCRIM_CODEC_H264);
    struct scrim_error error;
    struct scrim_buf file;
    struct scrim_mux *mux;
    static struct demuxed demuxed;
    struct test_sound sound;
    const struct scrim_sound_frame *frame = &sound.frame;
    test_sound(&aac, 0, &sound);
    scrim_buf_init(&file, 4 << 20);
    REQUIRE(scrim_mux_create(&params, &mux, &file, &error) == SCRIM_OK);
    CHECK_INT(scrim_mux_write_sound(mux, frame, 0), SCRIM_EINVAL);
    scrim_mux_destroy(mux);
    scrim_buf_clear(&file);

    params.sound = &aac;
    REQUIRE(scrim_mux_create(&params, &mux, &file, &error) == SCRIM_OK);
    write_picture(mux, 0);
    CHECK_INT(scrim_mux_write_sound(mux, frame, -8001), SCRIM_EINVAL);
    CHECK_INT(scrim_mux_write_sound(mux, frame, 0), SCRIM_OK);
    CHECK_INT(scrim_mux_write_sound(mux, frame, 0), SCRIM_EINVAL);
    CHECK_INT(scrim_mux_write_sound(mux, frame, INT64_C(1) << 40), SCRIM_EINVAL);
    int64_t more = 1;
    while (scrim_mux_write_sound(mux, frame, more * 1024) == SCRIM_OK)
        more++;
    CHECK_INT(scrim_mux_write_sound(mux, frame, more * 1024), SCRIM_ENOSPACE);
    CHECK_INT(more, 2048); // pictures are taken all the same
    write_picture(mux, 1);
    CHECK_INT(scrim_mux_cut(mux, &file, &error), SCRIM_OK);
    CHECK_INT(scrim_mux_write_sound(mux, frame, more * 1024), SCRIM_OK);
    CHECK_INT(scrim_mux_cut(mux, &file, &error), SCRIM_OK); // a fragment of nothing else
    demux(file.data, file.len, &demuxed);
    CHECK_INT(demuxed.count, 2);
    CHECK_INT(demuxed.sounds_count, 1024); // as many as demux keeps
    demux_free(&demuxed);
    scrim_mux_destroy(mux);
    scrim_buf_finish(&file);
}

static void h264(void)
{
    roundtrip(SCRIM_CODEC_H264, "IPPP|PPIP||PP", NULL);
}

static void h265(void)
{
    roundtrip(SCRIM_CODEC_H265, "IPPP|PP|IPP", NULL);
}

static void reordered(void)
{
    static const int64_t late[] = {7200, 10800, 0, 3600, 10800, 0, 3600};
    static const int64_t early[] = {0, 7200, -3600, -3600, 7200, -3600, -3600};
    roundtrip(SCRIM_CODEC_H264, "IPP|PPPP", late);
    roundtrip(SCRIM_CODEC_H264, "IPP|PPPP", early); // negative composition offsets
}

static void three_byte_start_codes(void)
{
    static const uint8_t unit[] = {0, 0, 1, 0x09, 0xf0, 0, 0, 1, 0x65, 0x88, 0x84, 0x80, 0, 0, 0};
    const struct scrim_mux_params params = params_of(SCRIM_CODEC_H264);
    struct scrim_error error;
    struct scrim_buf file;
    struct scrim_mux *mux;
    static struct demuxed demuxed;
    scrim_buf_init(&file, 1 << 20);
    REQUIRE(scrim_mux_create(&params, &mux, &file, &error) == SCRIM_OK);
    CHECK_INT(scrim_mux_write(mux, unit, sizeof unit, 0, 0, true, &error), SCRIM_OK);
    CHECK_INT(scrim_mux_cut(mux, &file, &error), SCRIM_OK);
    demux(file.data, file.len, &demuxed);
    CHECK_INT(demuxed.count, 1);
    CHECK(demuxed.count == 1 && same_payload(&demuxed.packets[0], unit, sizeof unit - 3));
    demux_free(&demuxed);
    scrim_mux_destroy(mux);
    scrim_buf_finish(&file);
}

static void refuses(void)
{
    struct scrim_mux_params params = params_of(SCRIM_CODEC_H264);
    struct scrim_error error;
    struct scrim_buf file;
    struct scrim_mux *mux;
    scrim_buf_init(&file, 1 << 20);
    params.extradata_len = 0;
    CHECK_INT(scrim_mux_create(&params, &mux, &file, &error), SCRIM_EINVAL);
    params.extradata_len = 10; // an SPS cut short
    CHECK_INT(scrim_mux_create(&params, &mux, &file, &error), SCRIM_EFORMAT);
    CHECK_INT(file.len, 0);
    params = params_of(SCRIM_CODEC_H264);
    REQUIRE(scrim_mux_create(&params, &mux, &file, &error) == SCRIM_OK);
    const uint8_t *unit = sets_small;
    CHECK_INT(scrim_mux_write(mux, unit, sizeof sets_small, 10, 10, true, &error), SCRIM_OK);
    CHECK_INT(scrim_mux_write(mux, unit, sizeof sets_small, 20, 10, true, &error), SCRIM_EINVAL);
    CHECK_INT(scrim_mux_write(mux, unit, sizeof sets_small, INT64_C(1) << 40, 11, true, &error),
              SCRIM_EINVAL);
    CHECK_INT(scrim_mux_write(mux, (const uint8_t *)"junk", 4, 20, 20, true, &error),
              SCRIM_EFORMAT);
    // A file that may not grow: nothing of the fragment is lost.
    struct scrim_buf narrow;
    scrim_buf_init(&narrow, 10);
    CHECK_INT(scrim_mux_cut(mux, &narrow, &error), SCRIM_ENOSPACE);
    const size_t before = file.len;
    CHECK_INT(scrim_mux_cut(mux, &file, &error), SCRIM_OK);
    CHECK(file.len > before + sizeof sets_small);
    scrim_mux_destroy(mux);
    scrim_mux_destroy(NULL);
    scrim_buf_finish(&file);
}

static void mime(void)
{
    char text[64];
    struct scrim_mux_params params = params_of(SCRIM_CODEC_H264);
    CHECK_INT(scrim_mux_mime_codec(&params, text), SCRIM_OK);
    CHECK_TEXT(text, "avc1.42c016");
    params = params_of(SCRIM_CODEC_H265);
    CHECK_INT(scrim_mux_mime_codec(&params, text), SCRIM_OK);
    CHECK_TEXT(text, "hev1.1.6.L90.90");
    static const uint8_t avcc[] = {1, 0x4d, 0x40, 0x1f, 0xff, 0xe1, 0,
                                   4, 0x67, 0x4d, 0x40, 0x1f, 1};
    params = (struct scrim_mux_params){
        .codec = SCRIM_CODEC_H264, .extradata = avcc, .extradata_len = sizeof avcc};
    CHECK_INT(scrim_mux_mime_codec(&params, text), SCRIM_OK);
    CHECK_TEXT(text, "avc1.4d401f");
    params.extradata_len = 5;
    CHECK_INT(scrim_mux_mime_codec(&params, text), SCRIM_EFORMAT);
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){{"H.264 comes back bit for bit", h264},
                        {"H.265 comes back bit for bit", h265},
                        {"reordered pictures keep their times", reordered},
                        {"start codes of three bytes", three_byte_start_codes},
                        {"a lone sample is told to last long enough", lone_samples},
                        {"what cannot be muxed is refused", refuses},
                        {"without sound, files are what they were", without_sound_nothing_changes},
                        {"sound comes back bit for bit", sound_comes_back},
                        {"sound that has no place", sound_that_has_no_place},
                        {"codec strings", mime},
                        {0}});
}
