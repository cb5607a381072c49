#include "bitstream/mux.h"

#include "demux.h"
#include "streams.h"

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
    return test_run(argc, argv,
                    (struct test[]){{"H.264 comes back bit for bit", h264},
                                    {"H.265 comes back bit for bit", h265},
                                    {"reordered pictures keep their times", reordered},
                                    {"start codes of three bytes", three_byte_start_codes},
                                    {"a lone sample is told to last long enough", lone_samples},
                                    {"what cannot be muxed is refused", refuses},
                                    {"codec strings", mime},
                                    {0}});
}
