// Pieces of fragmented MP4 become films: what goes in comes out, in the range that was asked for.
#include "bitstream/mux.h"
#include "media/media.h"
#include "media/remux.h"

#include "demux.h"
#include "sounds.h"
#include "streams.h"

#include <sys/stat.h>

#define START_US INT64_C(1795425196000000)
#define FRAME_US 100000 // ten pictures a second
#define FRAME_TICKS 9000

struct piece {
    struct scrim_buf bytes;
    size_t at, fails_at; // fails_at 0: never
    struct scrim_remux_source source;
};

static int read_piece(void *context, void *to, size_t max, size_t *ret_count,
                      struct scrim_error *error)
{
    struct piece *piece = context;
    const size_t left = piece->bytes.len - piece->at;
    *ret_count = left < max ? left : max;
    if (piece->fails_at > 0 && piece->at + *ret_count > piece->fails_at)
        return scrim_fail(error, SCRIM_EAUTH, "damaged");
    memcpy(to, piece->bytes.data + piece->at, *ret_count);
    piece->at += *ret_count;
    return SCRIM_OK;
}

// `kinds` as in streams.h: its first picture says which size the piece has.
static void piece_start(struct piece *piece, const char *kinds, unsigned number, int64_t start_us)
{
    const bool large = *kinds == 'L';
    const struct scrim_mux_params params = {.codec = SCRIM_CODEC_H264,
                                            .extradata = large ? sets_large : sets_small,
                                            .extradata_len =
                                                large ? sizeof sets_large : sizeof sets_small,
                                            .width = large ? 1920 : 640,
                                            .height = large ? 1080 : 480};
    const int64_t end_us = start_us + (int64_t)strlen(kinds) * FRAME_US;
    struct scrim_error error;
    struct scrim_mux *mux;
    *piece = (struct piece){.source = {read_piece, piece, "piece", start_us, end_us, false, false}};
    scrim_buf_init(&piece->bytes, 1 << 20);
    REQUIRE(scrim_mux_create(&params, &mux, &piece->bytes, &error) == SCRIM_OK);
    for (int64_t i = 0; kinds[i]; i++) {
        struct scrim_buf unit;
        scrim_buf_init(&unit, 1 << 16);
        put_unit(&unit, SCRIM_CODEC_H264, kinds[i], number + (unsigned)i, 200);
        if (i > 0 && kinds[i] != 'P')
            CHECK_INT(scrim_mux_cut(mux, &piece->bytes, &error), SCRIM_OK);
        CHECK_INT(scrim_mux_write(mux, unit.data, unit.len, i * FRAME_TICKS, i * FRAME_TICKS,
                                  kinds[i] != 'P', &error),
                  SCRIM_OK);
        scrim_buf_finish(&unit);
    }
    CHECK_INT(scrim_mux_cut(mux, &piece->bytes, &error), SCRIM_OK);
    scrim_mux_destroy(mux);
}

// As piece_start of "IPPPP…", with sound in frames from `first` on, that begins `lead` samples
// early.
static void piece_with_sound(struct piece *piece, unsigned pictures, unsigned number,
                             const struct scrim_sound_params *sound, uint32_t first, int64_t lead,
                             int64_t start_us)
{
    const struct scrim_mux_params params = {.codec = SCRIM_CODEC_H264,
                                            .extradata = sets_small,
                                            .extradata_len = sizeof sets_small,
                                            .width = 640,
                                            .height = 480,
                                            .sound = sound};
    const int64_t end_us = start_us + (int64_t)pictures * FRAME_US;
    struct scrim_error error;
    struct scrim_mux *mux;
    int64_t at = -lead;
    *piece = (struct piece){.source = {read_piece, piece, "piece", start_us, end_us, false, false}};
    scrim_buf_init(&piece->bytes, 1 << 20);
    REQUIRE(scrim_mux_create(&params, &mux, &piece->bytes, &error) == SCRIM_OK);
    for (int64_t i = 0; i < pictures; i++) {
        struct scrim_buf unit;
        scrim_buf_init(&unit, 1 << 16);
        put_unit(&unit, SCRIM_CODEC_H264, i % 5 ? 'P' : 'I', number + (unsigned)i, 200);
        if (i % 5 == 0)
            CHECK_INT(scrim_mux_cut(mux, &piece->bytes, &error), SCRIM_OK);
        CHECK_INT(scrim_mux_write(mux, unit.data, unit.len, i * FRAME_TICKS, i * FRAME_TICKS,
                                  i % 5 == 0, &error),
                  SCRIM_OK);
        scrim_buf_finish(&unit);
        while (at < (i + 1) * sound->rate / 10) {
            struct test_sound frame;
            test_sound(sound, first++, &frame);
            CHECK_INT(scrim_mux_write_sound(mux, &frame.frame, at), SCRIM_OK);
            at += frame.frame.samples;
        }
    }
    CHECK_INT(scrim_mux_cut(mux, &piece->bytes, &error), SCRIM_OK);
    scrim_mux_destroy(mux);
}

static int add(struct scrim_remux *remux, struct piece *piece, struct scrim_error *error)
{
    piece->at = 0;
    piece->source.context = piece; // pieces are moved about
    return scrim_remux_add(remux, &piece->source, error);
}

struct film {
    char dir[256], path[300];
    struct scrim_remux *remux;
    struct scrim_remux_summary summary;
    struct scrim_error error;
};

// A film of the range that begins and ends so many frames after START_US.
static void film_start(struct film *film, int from, int to)
{
    *film = (struct film){0};
    test_make_dir(film->dir);
    snprintf(film->path, sizeof film->path, "%s/film.mp4", film->dir);
    CHECK_INT(scrim_remux_create(film->path, START_US + from * FRAME_US, START_US + to * FRAME_US,
                                 &film->remux, &film->error),
              SCRIM_OK);
}

static void film_end(struct film *film, struct demuxed *ret)
{
    struct scrim_buf bytes;
    CHECK_INT(scrim_remux_finish(film->remux, &film->summary, &film->error), SCRIM_OK);
    scrim_remux_destroy(film->remux);
    memset(ret, 0, sizeof *ret);
    scrim_buf_init(&bytes, 1 << 20);
    if (film->summary.frames > 0) {
        FILE *file = fopen(film->path, "r");
        int byte;
        while (file && (byte = fgetc(file)) != EOF)
            put_bytes(&bytes, &(uint8_t){(uint8_t)byte}, 1);
        if (file)
            fclose(file);
        demux(bytes.data, bytes.len, ret);
    }
    CHECK_INT(ret->count, film->summary.frames);
    scrim_buf_finish(&bytes);
    test_remove_dir(film->dir);
}

static bool holds(const struct demuxed_packet *packet, const void *bytes, size_t count)
{
    return memmem(packet->data, packet->size, bytes, count) != NULL;
}

// Which of the pictures that piece_start made this is.
static bool is_number(const struct demuxed_packet *packet, uint32_t number)
{
    const uint8_t counter[5] = {(uint8_t)(0x80 | number >> 21), (uint8_t)(0x80 | number >> 14),
                                (uint8_t)(0x80 | number >> 7), (uint8_t)(0x80 | number), 0x80};
    return holds(packet, counter, sizeof counter);
}

static void pieces_run_on(void)
{
    struct piece pieces[2];
    struct film film;
    static struct demuxed out;
    piece_start(&pieces[0], "IPPPIPPP", 0, START_US);
    piece_start(&pieces[1], "IPPP", 8, START_US + 8 * FRAME_US + 7000); // the clock is no ruler
    film_start(&film, 0, 100);
    CHECK_INT(add(film.remux, &pieces[0], &film.error), 0);
    CHECK_INT(add(film.remux, &pieces[1], &film.error), 0);
    film_end(&film, &out);
    CHECK_INT(out.count, 12);
    for (size_t i = 0; i < out.count; i++) {
        CHECK_INT(out.packets[i].dts, (int64_t)i * FRAME_TICKS);
        CHECK_INT(out.packets[i].key, i % 4 == 0);
        CHECK(is_number(&out.packets[i], (uint32_t)i));
    }
    CHECK_INT(film.summary.from_us, START_US);
    CHECK_INT(film.summary.to_us, START_US + 12 * FRAME_US);
    CHECK_INT(film.summary.width, 640);
    CHECK_TEXT(film.summary.codec, "h264");
    demux_free(&out);
    for (int i = 0; i < 2; i++)
        scrim_buf_finish(&pieces[i].bytes);
}

static void gaps_stay(void)
{
    struct piece pieces[2];
    struct film film;
    static struct demuxed out;
    piece_start(&pieces[0], "IP", 0, START_US);
    piece_start(&pieces[1], "IP", 2, START_US + 50 * FRAME_US);
    film_start(&film, 0, 100);
    CHECK_INT(add(film.remux, &pieces[0], &film.error), 0);
    CHECK_INT(add(film.remux, &pieces[1], &film.error), 0);
    film_end(&film, &out);
    REQUIRE(out.count == 4);
    CHECK_INT(out.packets[2].dts, 50 * FRAME_TICKS);
    CHECK_INT(film.summary.duration_us, 4 * FRAME_US);
    demux_free(&out);
    for (int i = 0; i < 2; i++)
        scrim_buf_finish(&pieces[i].bytes);
}

static void ranges(void)
{
    static const struct {
        int from, to;
        uint32_t first, count;
    } cases[] = {
        {0, 12, 0, 12}, {5, 7, 4, 3},  {4, 5, 4, 1},  {3, 4, 0, 4}, {11, 50, 8, 4},
        {12, 50, 0, 0}, {-5, 0, 0, 0}, {-5, 1, 0, 1}, {9, 9, 8, 1},
    };
    struct piece piece;
    piece_start(&piece, "IPPPIPPPIPPP", 0, START_US);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct film film;
        static struct demuxed out;
        film_start(&film, cases[i].from, cases[i].to);
        CHECK_INT(add(film.remux, &piece, &film.error), 0);
        film_end(&film, &out);
        CHECK_INT(out.count, cases[i].count);
        for (uint32_t j = 0; j < out.count; j++)
            CHECK(is_number(&out.packets[j], cases[i].first + j));
        if (out.count > 0)
            CHECK_INT(out.packets[0].dts, 0);
        demux_free(&out);
    }
    scrim_buf_finish(&piece.bytes);
}

// Its clock ran ahead of its time stamps: no frame of it is cut for that.
static void a_piece_that_ends_in_the_range_is_whole(void)
{
    struct piece piece;
    struct film film;
    static struct demuxed out;
    piece_start(&piece, "IPPPPPPP", 0, START_US);
    piece.source.end_us = START_US + 6 * FRAME_US;
    film_start(&film, 0, 6);
    CHECK_INT(add(film.remux, &piece, &film.error), 0);
    film_end(&film, &out);
    CHECK_INT(out.count, 8);
    demux_free(&out);
    scrim_buf_finish(&piece.bytes);
}

static void another_size_is_another_film(void)
{
    struct piece pieces[2];
    struct film film;
    static struct demuxed out;
    piece_start(&pieces[0], "IPP", 0, START_US);
    piece_start(&pieces[1], "LPP", 3, START_US + 3 * FRAME_US);
    film_start(&film, 0, 100);
    CHECK_INT(add(film.remux, &pieces[0], &film.error), 0);
    CHECK_INT(add(film.remux, &pieces[1], &film.error), 1);
    film_end(&film, &out);
    CHECK_INT(out.count, 3);
    demux_free(&out);
    film_start(&film, 0, 100);
    CHECK_INT(add(film.remux, &pieces[1], &film.error), 0);
    film_end(&film, &out);
    CHECK_INT(out.count, 3);
    CHECK_INT(film.summary.width, 1920);
    CHECK_INT(film.summary.from_us, START_US + 3 * FRAME_US);
    demux_free(&out);
    for (int i = 0; i < 2; i++)
        scrim_buf_finish(&pieces[i].bytes);
}

// Key frames bring their sets from where they first differ, and go on doing so: the decoder of a
// film does not go back to the sample entry by itself.
static void a_passing_size_stays_in_the_film(void)
{
    static const uint8_t small_sps[] = {0x67, 0x42, 0xc0, 0x16},
                         large_sps[] = {0x67, 0x42, 0xc0, 0x28};
    struct piece pieces[3];
    struct film film;
    static struct demuxed out;
    piece_start(&pieces[0], "IPP", 0, START_US);
    piece_start(&pieces[1], "LPP", 3, START_US + 3 * FRAME_US);
    piece_start(&pieces[2], "IPP", 6, START_US + 6 * FRAME_US);
    pieces[1].source.any_size = true;
    film_start(&film, 0, 100);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(add(film.remux, &pieces[i], &film.error), 0);
        scrim_buf_finish(&pieces[i].bytes);
    }
    film_end(&film, &out);
    REQUIRE(out.count == 9);
    CHECK_INT(out.width, 640);
    CHECK(holds(&out.packets[3], large_sps, sizeof large_sps));
    CHECK(holds(&out.packets[6], small_sps, sizeof small_sps));
    CHECK(!holds(&out.packets[4], large_sps, sizeof large_sps));
    demux_free(&out);
}

// Cut off anywhere, it yields the frames that are whole, and never fails.
static void torn_anywhere(void)
{
    struct piece piece;
    size_t most = 0;
    piece_start(&piece, "IPPIPP", 0, START_US);
    piece.source.may_be_torn = true;
    const size_t whole = piece.bytes.len;
    for (size_t length = 0; length <= whole; length += 11) {
        struct film film;
        static struct demuxed out;
        film_start(&film, 0, 100);
        piece.bytes.len = length;
        CHECK_INT(add(film.remux, &piece, &film.error), 0);
        film_end(&film, &out);
        CHECK(out.count >= most);
        most = out.count;
        for (uint32_t i = 0; i < out.count; i++)
            CHECK(is_number(&out.packets[i], i));
        demux_free(&out);
    }
    CHECK(most >= 5);
    scrim_buf_finish(&piece.bytes);
}

static bool is_sound(const struct demuxed_packet *packet, const struct scrim_sound_params *params,
                     uint32_t number)
{
    struct test_sound sound;
    test_sound(params, number, &sound);
    return packet->size == sound.frame.size && memcmp(packet->data, sound.bytes, packet->size) == 0;
}

// Two pieces that share no frame of sound: the second one's begins before its pictures.
static void sound_goes_along(void)
{
    const struct scrim_sound_params aac = test_aac(8000); // 128 ms a frame
    struct piece pieces[2];
    struct film film;
    static struct demuxed out;
    piece_with_sound(&pieces[0], 10, 0, &aac, 0, 0, START_US); // 8 frames: 24 ms too long
    piece_with_sound(&pieces[1], 10, 10, &aac, 8, -192, START_US + 10 * FRAME_US);
    film_start(&film, 0, 100);
    for (int i = 0; i < 2; i++)
        CHECK_INT(add(film.remux, &pieces[i], &film.error), 0);
    film_end(&film, &out);
    CHECK_INT(out.count, 20);
    CHECK_INT(out.sound_codec, AV_CODEC_ID_AAC);
    CHECK_INT(out.sound_rate, 8000);
    CHECK(out.sounds_count >= 15);
    for (uint32_t i = 0; i < out.sounds_count; i++) {
        CHECK(is_sound(&out.sounds[i], &aac, i));
        CHECK_INT(out.sounds[i].pts, (int64_t)i * 1024);
    }
    demux_free(&out);
    for (int i = 0; i < 2; i++)
        scrim_buf_finish(&pieces[i].bytes);
}

// From the key frame before the range to its end, and no further.
static void sound_of_a_range(void)
{
    const struct scrim_sound_params aac = test_aac(8000);
    struct piece piece;
    struct film film;
    static struct demuxed out;
    piece_with_sound(&piece, 40, 0, &aac, 0, 500, START_US);
    film_start(&film, 12, 21);
    CHECK_INT(add(film.remux, &piece, &film.error), 0);
    film_end(&film, &out);
    CHECK_INT(out.count, 11); // from 10 on
    CHECK(is_number(&out.packets[0], 10));
    REQUIRE(out.sounds_count > 0);
    // The first frame that begins at 1.0 s or later: 1024 n - 500 >= 8000.
    CHECK(is_sound(&out.sounds[0], &aac, 9));
    const int64_t off = out.sounds[0].pts - (9 * 1024 - 500 - 8000);
    CHECK(off >= -8 && off <= 8); // an edit list counts in milliseconds
    const struct demuxed_packet *last = &out.sounds[out.sounds_count - 1];
    CHECK_INT(out.sounds_count, 8); // 16 is the last that begins in it: 1024 n - 500 < 16800
    CHECK(is_sound(last, &aac, 16));
    demux_free(&out);
    scrim_buf_finish(&piece.bytes);
}

static void g711_pauses_are_silence(void)
{
    const struct scrim_sound_params u_law = test_g711(SCRIM_SOUND_PCMU);
    struct piece pieces[3];
    struct film film;
    static struct demuxed out;
    uint8_t sound[8000 * 12];
    size_t used = 0;
    piece_with_sound(&pieces[0], 10, 0, &u_law, 0, 0, START_US);
    piece_with_sound(&pieces[1], 10, 10, &u_law, 50, 0, START_US + 100 * FRAME_US);
    piece_with_sound(&pieces[2], 10, 20, &u_law, 100, 0, START_US + 7000 * FRAME_US);
    film_start(&film, 0, 10000);
    CHECK_INT(add(film.remux, &pieces[0], &film.error), 0);
    CHECK_INT(add(film.remux, &pieces[1], &film.error), 0);
    CHECK_INT(add(film.remux, &pieces[2], &film.error), 1); // after more than ten minutes
    film_end(&film, &out);
    CHECK_INT(out.count, 20);
    CHECK_INT(out.sound_codec, AV_CODEC_ID_PCM_MULAW);
    for (size_t i = 0; i < out.sounds_count && used + out.sounds[i].size <= sizeof sound; i++) {
        memcpy(sound + used, out.sounds[i].data, out.sounds[i].size);
        used += out.sounds[i].size;
    }
    REQUIRE(used == 8000 * 11); // a second, nine of silence, a second
    for (uint32_t i = 0; i < 100; i++) {
        struct test_sound frame;
        test_sound(&u_law, i, &frame);
        CHECK(memcmp(sound + (i < 50 ? 0 : 72000) + i * 160, frame.bytes, 160) == 0);
    }
    for (size_t i = 8000; i < 80000; i++)
        CHECK(sound[i] == 0xff);
    demux_free(&out);
    for (int i = 0; i < 3; i++)
        scrim_buf_finish(&pieces[i].bytes);
}

static void other_sound_is_another_film(void)
{
    const struct scrim_sound_params aac = test_aac(8000), other = test_aac(16000);
    struct piece with, without, changed;
    struct film film;
    static struct demuxed out;
    piece_with_sound(&with, 10, 0, &aac, 0, 0, START_US);
    piece_with_sound(&changed, 10, 0, &other, 0, 0, START_US + 10 * FRAME_US);
    piece_start(&without, "IPPP", 0, START_US + 20 * FRAME_US);
    film_start(&film, 0, 100);
    CHECK_INT(add(film.remux, &with, &film.error), 0);
    CHECK_INT(add(film.remux, &changed, &film.error), 1);
    CHECK_INT(add(film.remux, &without, &film.error), 1);
    film_end(&film, &out);
    CHECK_INT(out.count, 10);
    demux_free(&out);
    film_start(&film, 0, 100);
    CHECK_INT(add(film.remux, &without, &film.error), 0);
    CHECK_INT(add(film.remux, &with, &film.error), 1);
    film_end(&film, &out);
    CHECK_INT(out.sound_rate, 0);
    demux_free(&out);
    scrim_buf_finish(&with.bytes);
    scrim_buf_finish(&changed.bytes);
    scrim_buf_finish(&without.bytes);
}

static void torn_with_sound(void)
{
    const struct scrim_sound_params aac = test_aac(8000);
    struct piece piece;
    piece_with_sound(&piece, 10, 0, &aac, 0, 0, START_US);
    piece.source.may_be_torn = true;
    const size_t whole = piece.bytes.len;
    for (size_t length = 0; length <= whole; length += 13) {
        struct film film;
        static struct demuxed out;
        film_start(&film, 0, 100);
        piece.bytes.len = length;
        CHECK_INT(add(film.remux, &piece, &film.error), 0);
        film_end(&film, &out);
        for (uint32_t i = 0; i < out.sounds_count; i++)
            CHECK(is_sound(&out.sounds[i], &aac, i));
        demux_free(&out);
    }
    scrim_buf_finish(&piece.bytes);
}

static void what_is_wrong_is_said(void)
{
    struct piece piece;
    struct film film;
    struct scrim_remux *second;
    struct stat info;
    piece_start(&piece, "IPPIPP", 0, START_US);
    piece.fails_at = piece.bytes.len - 100;
    film_start(&film, 0, 100);
    CHECK_INT(add(film.remux, &piece, &film.error), SCRIM_EAUTH);
    CHECK_TEXT(film.error.text, "damaged");
    piece.fails_at = 0;
    memset(piece.bytes.data, 0xff, piece.bytes.len);
    CHECK(add(film.remux, &piece, &film.error) < 0);
    scrim_remux_destroy(film.remux);
    CHECK(stat(film.path, &info) < 0);
    FILE *mine = fopen(film.path, "w");
    REQUIRE(mine);
    fclose(mine);
    CHECK_INT(scrim_remux_create(film.path, 0, 1, &second, &film.error), SCRIM_EEXIST);
    test_remove_dir(film.dir);
    scrim_buf_finish(&piece.bytes);
}

int main(int argc, char **argv)
{
    scrim_media_quiet();
    return test_run(
        argc, argv,
        (struct test[]){
            {"pieces run on", pieces_run_on},
            {"gaps stay", gaps_stay},
            {"ranges begin at a key frame", ranges},
            {"a piece that ends in the range is whole", a_piece_that_ends_in_the_range_is_whole},
            {"another size is another film", another_size_is_another_film},
            {"a passing size stays in the film", a_passing_size_stays_in_the_film},
            {"torn anywhere", torn_anywhere},
            {"sound goes along", sound_goes_along},
            {"sound of a range", sound_of_a_range},
            {"pauses of G.711 are silence", g711_pauses_are_silence},
            {"other sound is another film", other_sound_is_another_film},
            {"torn anywhere, with sound", torn_with_sound},
            {"what is wrong is said", what_is_wrong_is_said},
            {0}});
}
