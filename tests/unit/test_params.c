#include "bitstream/nal.h"
#include "bitstream/params.h"
#include "bitstream/sps.h"

#include "streams.h"
#include "test.h"

static void walks(void)
{
    static const uint8_t data[] = {9,    9, 0, 0, 1, 0x67, 1, 0, 0, 0,   1,
                                   0x68, 0, 0, 0, 0, 1,    0, 0, 1, 0x65};
    struct scrim_nal_walk walk = scrim_nal_walk_of(SCRIM_CODEC_H264, data, sizeof data);
    struct scrim_nal nal;
    REQUIRE(scrim_nal_next(&walk, &nal));
    CHECK_INT(nal.type, 7);
    CHECK_INT(nal.size, 2);
    REQUIRE(scrim_nal_next(&walk, &nal));
    CHECK_INT(nal.type, 8);
    CHECK_INT(nal.size, 1);
    REQUIRE(scrim_nal_next(&walk, &nal)); // the empty one in between is no NAL unit
    CHECK_INT(nal.type, 5);
    CHECK(!scrim_nal_next(&walk, &nal));
    walk = scrim_nal_walk_of(SCRIM_CODEC_H264, NULL, 0);
    CHECK(!scrim_nal_next(&walk, &nal));
    unsigned type;
    CHECK(!scrim_nal_peek(&walk, &type));
    walk = scrim_nal_walk_of(SCRIM_CODEC_H264, data, 5);
    CHECK(!scrim_nal_next(&walk, &nal));
}

// In H.265 a slice may begin with a zero byte (TRAIL_N), so an empty unit looks nearly like one.
static void peeks(void)
{
    static const uint8_t data[] = {0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0x42, 1, 9, 0, 0, 1, 0, 1, 7};
    struct scrim_nal_walk walk = scrim_nal_walk_of(SCRIM_CODEC_H265, data, sizeof data);
    struct scrim_nal nal;
    unsigned type = 99;
    REQUIRE(scrim_nal_peek(&walk, &type));
    CHECK_INT(type, 33);
    REQUIRE(scrim_nal_next(&walk, &nal));
    CHECK_INT(nal.type, 33);
    REQUIRE(scrim_nal_peek(&walk, &type));
    CHECK_INT(type, 0);
    REQUIRE(scrim_nal_next(&walk, &nal));
    CHECK_INT(nal.size, 3);
    CHECK(!scrim_nal_peek(&walk, &type));
    walk = scrim_nal_walk_of(SCRIM_CODEC_H265, data, 7);
    CHECK(!scrim_nal_peek(&walk, &type));
}

static void recovery_points(void)
{
    static const struct {
        uint8_t bytes[12];
        size_t size;
        bool is;
    } cases[] = {
        {{0x06, 6, 1, 0x84, 0x80}, 5, true},                // recovery_frame_cnt 0
        {{0x06, 6, 1, 0x44, 0x80}, 5, false},               // 1
        {{0x06, 1, 2, 9, 9, 6, 1, 0xc0, 0x80}, 9, true},    // after another message
        {{0x06, 0xff, 5, 1, 9, 6, 1, 0x80, 0x80}, 9, true}, // a type above 255
        {{0x06, 6, 200, 0x84}, 4, false},                   // longer than the NAL unit
        {{0x06, 0xff, 0xff}, 3, false},
        {{0x06}, 1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct scrim_nal nal = {cases[i].bytes, cases[i].size, 6};
        CHECK_INT(scrim_nal_is_recovery_point(&nal), cases[i].is);
    }
}

static struct scrim_access_unit_info update(struct scrim_params *params, const char *kind,
                                            const uint8_t *more, size_t more_size)
{
    struct scrim_buf unit;
    struct scrim_access_unit_info info;
    scrim_buf_init(&unit, 1 << 16);
    if (more)
        put_bytes(&unit, more, more_size);
    if (kind)
        put_unit(&unit, params->codec, *kind, 1, 50);
    CHECK_INT(scrim_params_update(params, unit.data, unit.len, &info), SCRIM_OK);
    scrim_buf_finish(&unit);
    return info;
}

static void parameters_follow(void)
{
    struct scrim_params params;
    scrim_params_init(&params, SCRIM_CODEC_H264);
    struct scrim_access_unit_info info = update(&params, "P", NULL, 0);
    CHECK(info.has_slice && !info.random);
    CHECK_INT(params.generation, 0); // no parameter sets yet

    info = update(&params, "I", NULL, 0);
    CHECK(info.has_slice && info.random);
    CHECK_INT(params.generation, 1);
    CHECK_INT(params.width, 640);
    CHECK_INT(params.height, 480);
    CHECK_INT(params.sets.len, sizeof sets_small);

    update(&params, "P", NULL, 0);
    update(&params, "I", NULL, 0);
    update(&params, "I", sets_small, sizeof sets_small); // twice in one unit is still the same
    CHECK_INT(params.generation, 1);

    update(&params, "L", NULL, 0);
    CHECK_INT(params.generation, 2);
    CHECK_INT(params.width, 1920);
    CHECK_INT(params.height, 1080);

    static const uint8_t pps[] = {0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x90};
    update(&params, "P", pps, sizeof pps); // one more PPS joins the sets there are
    CHECK_INT(params.generation, 3);
    CHECK_INT(params.sets.len, sizeof sets_large + sizeof pps);
    scrim_params_finish(&params);
}

static void parameters_from_sdp(void)
{
    struct scrim_params params;
    scrim_params_init(&params, SCRIM_CODEC_H265);
    struct scrim_access_unit_info info = update(&params, NULL, sets_h265, sizeof sets_h265);
    CHECK(!info.has_slice);
    CHECK_INT(params.generation, 1);
    CHECK_INT(params.width, 640);
    info = update(&params, "I", NULL, 0);
    CHECK(info.random);
    CHECK_INT(params.generation, 1);
    CHECK_INT(params.width, 640);
    CHECK_INT(params.height, 480);
    scrim_params_finish(&params);
}

static void picture_sizes(void)
{
    static const struct {
        enum scrim_codec codec;
        const char *bytes;
        size_t count;
        uint32_t width, height;
        uint8_t chroma_format, bits;
    } cases[] = {
        // x264: 10 bits 4:2:2; interlaced with scaling matrices; 4:4:4 with odd cropping
        {SCRIM_CODEC_H264,
         "\x67\x7a\x00\x20\xb6\xcb\x40\x2b\x03\x0f\x37\x80\x88\x00\x00\x03\x00\x08\x00\x00\x03\x01"
         "\x90\x78\xc1\x95",
         26, 1366, 768, 2, 10},
        {SCRIM_CODEC_H264,
         "\x67\x64\x00\x1e\xac\xd9\x40\xb4\x24\xd8\x08\x80\x00\x00\x03\x00\x80\x00\x00\x19\x0f\x8a"
         "\x14\xcb",
         24, 720, 576, 1, 8},
        {SCRIM_CODEC_H264,
         "\x67\xf4\x00\x0d\x91\x96\x81\x50\x87\x8f\x8f\xc0\x44\x00\x00\x03\x00\x04\x00\x00\x03\x00"
         "\xc8\x3c\x50\xaa\x80",
         27, 322, 242, 3, 8},
        // x265: Main 10 with temporal layers; 4:2:2; 4:4:4
        {SCRIM_CODEC_H265,
         "\x42\x01\x01\x02\x20\x00\x00\x03\x00\x90\x00\x00\x03\x00\x00\x03\x00\x5d\xa0\x02\x88\x80"
         "\x2d\x1c\x45\x36\x59\x59\x52\x93\x0b\xc0\x5a\x02\x00\x00\x03\x00\x02\x00\x00\x03\x00\x32"
         "\x10",
         45, 1282, 718, 1, 10},
        {SCRIM_CODEC_H265,
         "\x42\x01\x01\x04\x08\x00\x00\x03\x00\x9d\x08\x00\x00\x03\x00\x00\x78\xb0\x03\xc0\x80\x11"
         "\x07\x51\x79\x65\x65\x4a\x4c\x2f\x01\x68\x08\x00\x00\x03\x00\x08\x00\x00\x03\x00\xc8\x40",
         44, 1918, 1078, 2, 8},
        {SCRIM_CODEC_H265,
         "\x42\x01\x01\x04\x08\x00\x00\x03\x00\x9e\x08\x00\x00\x03\x00\x00\x5a\x90\x00\xa0\x40\x3c"
         "\x2c\xb2\xb2\xa5\x26\x17\x80\xb4\x04\x00\x00\x03\x00\x04\x00\x00\x03\x00\x64\x20",
         42, 640, 480, 3, 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_nal nal = {(const uint8_t *)cases[i].bytes, cases[i].count, 7};
        struct scrim_sps sps;
        CHECK_INT(scrim_sps_parse(cases[i].codec, &nal, &sps), SCRIM_OK);
        CHECK_INT(sps.width, cases[i].width);
        CHECK_INT(sps.height, cases[i].height);
        CHECK_INT(sps.chroma_format, cases[i].chroma_format);
        CHECK_INT(sps.luma_bits, cases[i].bits);
        CHECK_INT(sps.chroma_bits, cases[i].bits);
        nal.size = 6; // cut short
        CHECK_INT(scrim_sps_parse(cases[i].codec, &nal, &sps), SCRIM_EFORMAT);
    }
}

// Far behind the picture size; FFmpeg reads the same out of these.
static void declared_rates(void)
{
    static const struct {
        enum scrim_codec codec;
        const char *bytes;
        size_t count;
        uint32_t mfps;
    } cases[] = {
        {SCRIM_CODEC_H264,
         "\x67\xf4\x00\x0d\x91\x9b\x28\x28\x3f\x60\x22\x00\x00\x07\xd2\x00\x01\xd4\xc0\x1e\x28\x53"
         "\x2c",
         23, 29970},
        {SCRIM_CODEC_H264,
         "\x67\xf4\x00\x0c\x91\x9b\x28\x28\x3f\x60\x22\x00\x00\x03\x00\x04\x00\x00\x03\x00\x64\x1e"
         "\x28\x53\x2c",
         25, 12500},
        // x265 with scaling lists by default
        {SCRIM_CODEC_H265,
         "\x42\x01\x01\x04\x08\x00\x00\x03\x00\x9e\x08\x00\x00\x03\x00\x00\x3c\x90\x01\x41\x01\xe2"
         "\xcb\x2b\x34\x92\x72\xbc\x05\xb8\x10\x10\x00\x20\x00\x00\x03\x00\x20\x00\x00\x03\x00\xe1",
         44, 7000},
        // made up: scaling lists, PCM, three reference picture sets of which two follow from the
        // one before, long-term ones, and all that the VUI can hold before its rate
        {SCRIM_CODEC_H265,
         "\x42\x01\x01\x01\x60\x00\x00\x03\x00\xb0\x00\x00\x03\x00\x00\x03\x00\x5d\xa0\x02\x80\x80"
         "\x2d\x16\x59\x5e\x49\x3e\x57\x44\x2b\xa2\x15\xd1\x0a\x44\x44\x52\xba\x21\x5d\x10\xae\x88"
         "\x57\x44\x2b\xa2\x15\xd1\x0a\xe8\x85\x74\x42\xba\x21\x5d\x10\xae\x88\x57\x44\x2b\xa2\x22"
         "\x22\x98\xae\x88\x57\x44\x2b\xa2\x15\xd1\x0a\xe8\x85\x74\x42\xba\x21\x5d\x10\xae\x88\x57"
         "\x44\x2b\xa2\x15\xd1\x0a\xe8\x88\x88\xa6\x2b\xa2\x15\xd1\x0a\xe8\x85\x74\x42\xba\x21\x5d"
         "\x10\xae\x88\x57\x44\x2b\xa2\x15\xd1\x0a\xe8\x85\x74\x42\xba\x98\xae\x88\x57\x44\x2b\xa2"
         "\x15\xd1\x0a\xe8\x85\x74\x42\xba\x21\x5d\x10\xae\x88\x57\x44\x2b\xa2\x15\xd1\x0a\xeb\xbb"
         "\xf2\x35\xaf\xe9\x96\x6c\x46\x42\xff\xf0\x00\x40\x00\x3b\x70\x10\x10\x1a\x42\x9c\xb0\x00"
         "\x00\x3e\x90\x00\x03\xa9\x80\x80",
         184, 14985},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_nal nal = {(const uint8_t *)cases[i].bytes, cases[i].count, 7};
        struct scrim_sps sps, cut;
        CHECK_INT(scrim_sps_parse(cases[i].codec, &nal, &sps), SCRIM_OK);
        CHECK_INT(sps.declared_mfps, cases[i].mfps);
        while (--nal.size > 0) { // a rate that is cut off is none; the picture stays
            if (scrim_sps_parse(cases[i].codec, &nal, &cut) < 0)
                break;
            CHECK_INT(cut.width, sps.width);
            CHECK(cut.declared_mfps == 0 || cut.declared_mfps == sps.declared_mfps);
        }
        CHECK(nal.size > 6 && cut.declared_mfps == 0);
    }
}

// Damaged sets change nothing: the picture they came with is recorded as it is.
static void damaged_sets(void)
{
    static const uint8_t garbled[] = {0, 0, 1, 0x67, 0x42, 0xc0, 0x16, 0xff,
                                      0, 0, 1, 0x68, 0xce, 0x3c, 0x80};
    struct scrim_params params;
    scrim_params_init(&params, SCRIM_CODEC_H264);
    update(&params, "P", garbled, sizeof garbled);
    CHECK_INT(params.generation, 0);
    update(&params, "I", NULL, 0);
    CHECK_INT(params.generation, 1);
    for (const char *kind = "PK"; *kind; kind++) {
        const struct scrim_access_unit_info info = update(&params, kind, garbled, sizeof garbled);
        CHECK_INT(info.random, *kind == 'K');
        CHECK_INT(params.generation, 1);
        CHECK_INT(params.width, 640);
        CHECK_INT(params.sets.len, sizeof sets_small);
    }
    scrim_params_finish(&params);
}

static void lost_and_misplaced_sets(void)
{
    const size_t sps = sizeof sets_small - 8; // without the PPS
    struct scrim_params params;
    scrim_params_init(&params, SCRIM_CODEC_H264);
    update(&params, "I", NULL, 0);
    update(&params, "K", sets_small, sps); // its PPS was lost
    update(&params, "K", sets_small + sps, sizeof sets_small - sps);
    update(&params, "K", sets_large, sizeof sets_large - 8); // that of a new SPS was
    update(&params, "P", sets_large, sizeof sets_large);     // not at a key frame
    CHECK_INT(params.generation, 1);
    CHECK_INT(params.width, 640);
    CHECK_INT(params.sets.len, sizeof sets_small);
    update(&params, "K", sets_large, sizeof sets_large);
    CHECK_INT(params.generation, 2);
    CHECK_INT(params.width, 1920);
    scrim_params_finish(&params);
}

static void too_many_sets(void)
{
    struct scrim_params params;
    struct scrim_buf unit;
    struct scrim_access_unit_info info;
    scrim_params_init(&params, SCRIM_CODEC_H264);
    scrim_buf_init(&unit, 1 << 20);
    for (unsigned i = 0; i < 4000; i++) {
        const uint8_t pps[] = {0, 0, 1, 0x68, (uint8_t)(i >> 6 | 0x80), (uint8_t)(i | 0x80)};
        put_bytes(&unit, pps, sizeof pps);
    }
    CHECK_INT(scrim_params_update(&params, unit.data, unit.len, &info), SCRIM_ENOSPACE);
    update(&params, "I", NULL, 0);
    CHECK_INT(params.generation, 1);
    CHECK_INT(scrim_params_update(&params, unit.data, unit.len, &info), SCRIM_OK);
    CHECK_INT(params.generation, 1);
    scrim_buf_finish(&unit);
    scrim_params_finish(&params);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"NAL units are found", walks},
                                    {"the next NAL unit is told", peeks},
                                    {"recovery points", recovery_points},
                                    {"parameters follow the stream", parameters_follow},
                                    {"parameters from a session description", parameters_from_sdp},
                                    {"picture sizes", picture_sizes},
                                    {"declared rates", declared_rates},
                                    {"damaged parameter sets", damaged_sets},
                                    {"lost and misplaced parameter sets", lost_and_misplaced_sets},
                                    {"too many parameter sets", too_many_sets},
                                    {0}});
}
