#include "media/access_unit.h"
#include "media/nal.h"

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
    walk = scrim_nal_walk_of(SCRIM_CODEC_H264, data, 5);
    CHECK(!scrim_nal_next(&walk, &nal));
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
    CHECK_INT(params.width, 0); // FFmpeg's parser tells it with the first slice
    info = update(&params, "I", NULL, 0);
    CHECK(info.random);
    CHECK_INT(params.generation, 1);
    CHECK_INT(params.width, 640);
    CHECK_INT(params.height, 480);
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
    scrim_buf_finish(&unit);
    scrim_params_finish(&params);
}

struct piece {
    const char *kind; // I, P, S (sets only), or ' ' for a continuation
    int64_t pts;
    int ends; // what the push returns
};

static void pieces_become_units(void)
{
    static const struct piece pieces[] = {
        {"S", 0, 0},     {"I", 0, 0},     {" ", 0, 0}, {"P", 3600, 1},
        {"P", 7200, 1},  {"S", 10800, 1}, // the sets have a time stamp of their own and go with the
                                          // next picture
        {"I", 10801, 0}, {"P", 14400, 1},
    };
    struct scrim_access_units units;
    struct scrim_error error;
    struct scrim_frame frame;
    int64_t expected_pts[] = {0, 3600, 7200, 10801, 14400};
    size_t seen = 0;
    scrim_access_units_init(&units, SCRIM_CODEC_H264);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct scrim_buf data;
        scrim_buf_init(&data, 4096);
        if (*pieces[i].kind == 'S')
            put_bytes(&data, sets_small, sizeof sets_small);
        else if (*pieces[i].kind == ' ')
            put_bytes(&data, "\x55\x55", 2);
        else
            put_slice(&data, SCRIM_CODEC_H264, *pieces[i].kind == 'I', (uint32_t)i, 20);
        const int result =
            scrim_access_units_push(&units, data.data, data.len, pieces[i].pts, 0, &frame, &error);
        CHECK_INT(result, pieces[i].ends);
        if (result == 1) {
            CHECK_INT(frame.pts, expected_pts[seen]);
            CHECK_INT(frame.random, seen == 0 || seen == 3);
            seen++;
        }
        scrim_buf_finish(&data);
    }
    CHECK_INT(scrim_access_units_flush(&units, &frame, &error), 1);
    CHECK_INT(frame.pts, expected_pts[seen]);
    CHECK_INT(scrim_access_units_flush(&units, &frame, &error), 0);
    scrim_access_units_finish(&units);
}

static void without_sets_nothing_starts(void)
{
    struct scrim_access_units units;
    struct scrim_error error;
    struct scrim_frame frame;
    struct scrim_buf data;
    scrim_access_units_init(&units, SCRIM_CODEC_H264);
    scrim_buf_init(&data, 4096);
    put_slice(&data, SCRIM_CODEC_H264, true, 1, 20);
    CHECK_INT(scrim_access_units_push(&units, data.data, data.len, 0, 0, &frame, &error), 0);
    CHECK_INT(scrim_access_units_push(&units, data.data, data.len, 1, 0, &frame, &error), 1);
    CHECK(!frame.random);
    scrim_buf_finish(&data);
    scrim_access_units_finish(&units);
}

static void oversized_picture(void)
{
    struct scrim_access_units units;
    struct scrim_error error;
    struct scrim_frame frame;
    uint8_t *chunk = calloc(1, 1 << 20);
    int result = 0;
    scrim_access_units_init(&units, SCRIM_CODEC_H264);
    for (int i = 0; i < 16 && result == 0; i++)
        result = scrim_access_units_push(&units, chunk, 1 << 20, 5, 0, &frame, &error);
    CHECK_INT(result, SCRIM_EFORMAT);
    free(chunk);
    scrim_access_units_finish(&units);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"NAL units are found", walks},
                                    {"recovery points", recovery_points},
                                    {"parameters follow the stream", parameters_follow},
                                    {"parameters from a session description", parameters_from_sdp},
                                    {"too many parameter sets", too_many_sets},
                                    {"pieces become access units", pieces_become_units},
                                    {"no parameter sets, no start", without_sets_nothing_starts},
                                    {"a picture too large", oversized_picture},
                                    {0}});
}
