// What the decoder marks as damaged: H.264 and H.265, whole, with holes and with garbage.
#include "media/decode.h"
#include "test.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>

#define W 192
#define H 128
#define STEP_US 100000
#define KEY_EVERY 10
#define UNITS 40
#define HEAD_BYTES 6 // start code and header

struct film {
    enum scrim_codec codec;
    struct scrim_buf units[UNITS];
    bool key[UNITS];
};

// A square that wanders over a slope.
static void draw(AVFrame *frame, int number)
{
    for (int plane = 0; plane < 3; plane++)
        for (int y = 0; y < (plane ? H / 2 : H); y++)
            for (int x = 0; x < (plane ? W / 2 : W); x++) {
                const bool inside =
                    !plane && x > 3 * number && x < 3 * number + 40 && y > 40 && y < 90;
                frame->data[plane][y * frame->linesize[plane] + x] =
                    (uint8_t)(plane    ? 128
                              : inside ? 230
                                       : 60 + (x + y) % 90);
            }
}

static void take_units(struct film *film, AVCodecContext *codec, int *count)
{
    AVPacket *packet = av_packet_alloc();
    while (avcodec_receive_packet(codec, packet) == 0 && *count < UNITS) {
        scrim_buf_init(&film->units[*count], 1U << 20);
        CHECK_INT(scrim_buf_append(&film->units[*count], packet->data, (size_t)packet->size), 0);
        film->key[*count] = (packet->flags & AV_PKT_FLAG_KEY) != 0;
        CHECK(packet->pts == packet->dts);
        ++*count;
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
}

static void film_init(struct film *film, enum scrim_codec id, int key_every)
{
    const bool h265 = id == SCRIM_CODEC_H265;
    AVCodecContext *codec =
        avcodec_alloc_context3(avcodec_find_encoder_by_name(h265 ? "libx265" : "libx264"));
    int count = 0;
    codec->width = W;
    codec->height = H;
    codec->pix_fmt = AV_PIX_FMT_YUV420P;
    codec->time_base = (AVRational){1, 10};
    codec->gop_size = codec->keyint_min = key_every;
    codec->max_b_frames = 0;
    av_opt_set(codec->priv_data, "preset", "ultrafast", 0);
    av_opt_set(codec->priv_data, "tune", "zerolatency", 0);
    av_opt_set(codec->priv_data, "x265-params", "log-level=none:repeat-headers=1:open-gop=0:hash=1",
               0);
    *film = (struct film){.codec = id};
    CHECK_INT(avcodec_open2(codec, codec->codec, NULL), 0);
    AVFrame *frame = av_frame_alloc();
    frame->format = codec->pix_fmt;
    frame->width = W;
    frame->height = H;
    CHECK_INT(av_frame_get_buffer(frame, 0), 0);
    for (int i = 0; i < UNITS; i++) {
        CHECK_INT(av_frame_make_writable(frame), 0);
        draw(frame, i);
        frame->pts = i;
        CHECK_INT(avcodec_send_frame(codec, frame), 0);
        take_units(film, codec, &count);
    }
    CHECK_INT(avcodec_send_frame(codec, NULL), 0);
    take_units(film, codec, &count);
    CHECK_INT(count, UNITS);
    av_frame_free(&frame);
    avcodec_free_context(&codec);
}

static void film_finish(struct film *film)
{
    for (int i = 0; i < UNITS; i++)
        scrim_buf_finish(&film->units[i]);
}

// libx265 does not free all that it allocates; the films are its only use here.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libx265\n";
}

enum { GONE = '-', SHOWN = '+', DAMAGED = 'x' };

// What came out, a letter for each unit of the film.
struct outcome {
    char text[UNITS + 1];
};

static void receive(struct scrim_decoder *decoder, struct outcome *ret)
{
    struct scrim_decoded decoded;
    while (scrim_decoder_receive(decoder, &decoded, NULL) > 0)
        ret->text[decoded.pts_us / STEP_US] = decoded.damaged ? DAMAGED : SHOWN;
}

static struct scrim_decoder *new_decoder(const struct film *film, struct outcome *outcome)
{
    struct scrim_decoder *decoder = NULL;
    memset(outcome->text, GONE, UNITS);
    outcome->text[UNITS] = '\0';
    CHECK_INT(scrim_decoder_create(film->codec, NULL, 0, 0, 0, &decoder, NULL), 0);
    return decoder;
}

static int give(struct scrim_decoder *decoder, const struct film *film, int unit, int at)
{
    return scrim_decoder_send(decoder, film->units[unit].data, film->units[unit].len,
                              (int64_t)at * STEP_US);
}

// The first key frame is 0, then 10, 20, 30. H.264 may keep the last pictures back.
static void expect(const struct outcome *outcome, const char *text)
{
    if (strncmp(outcome->text, text, 36) != 0)
        CHECK_TEXT(outcome->text, text);
}

static const enum scrim_codec codecs[] = {SCRIM_CODEC_H264, SCRIM_CODEC_H265};

// Leaves out `count` units from `first` on.
static void play_without(enum scrim_codec codec, int first, int count, const char *text)
{
    struct film film;
    struct outcome outcome;
    film_init(&film, codec, KEY_EVERY);
    struct scrim_decoder *decoder = new_decoder(&film, &outcome);
    for (int i = 0; i < UNITS; i++) {
        if (i >= first && i < first + count)
            continue;
        CHECK_INT(give(decoder, &film, i, i), SCRIM_OK);
        receive(decoder, &outcome);
    }
    expect(&outcome, text);
    scrim_decoder_destroy(decoder);
    film_finish(&film);
}

static void whole(void)
{
    for (int i = 0; i < 2; i++)
        play_without(codecs[i], UNITS, 0, "++++++++++++++++++++++++++++++++++++++++");
}

// libavcodec 5.1 fills the hole with a copy in both, and flags neither.
static void missing_reference(void)
{
    for (int i = 0; i < 2; i++) {
        play_without(codecs[i], 13, 1, "+++++++++++++-xxxxxx++++++++++++++++++++");
        play_without(codecs[i], 12, 5, "++++++++++++-----xxx++++++++++++++++++++");
        play_without(codecs[i], 8, 2, "++++++++--++++++++++++++++++++++++++++++");
    }
}

// As many as frame_num can count, and fewer and more: a key frame is far.
static void long_loss(void)
{
    for (int lost = 14; lost <= 18; lost++) {
        struct film film;
        struct outcome outcome;
        film_init(&film, SCRIM_CODEC_H264, UNITS);
        struct scrim_decoder *decoder = new_decoder(&film, &outcome);
        for (int unit = 0; unit < UNITS; unit++) {
            if (unit >= 10 && unit < 10 + lost)
                continue;
            CHECK_INT(give(decoder, &film, unit, unit), SCRIM_OK);
            receive(decoder, &outcome);
        }
        CHECK(strspn(outcome.text, "+") == 10);
        CHECK(strchr(outcome.text + 10, '+') == NULL);
        scrim_decoder_destroy(decoder);
        film_finish(&film);
    }
}

// H.264 gives up what it cannot decode at all.
static void missing_key_frame(void)
{
    play_without(SCRIM_CODEC_H264, 10, 1, "++++++++++---------x++++++++++++++++++++");
    play_without(SCRIM_CODEC_H265, 10, 1, "++++++++++-xxxxxxxxx++++++++++++++++++++");
}

// Whoever received the packets knows of a loss that the pictures do not show.
static void told_of_a_loss(void)
{
    for (int i = 0; i < 2; i++) {
        struct film film;
        struct outcome outcome;
        film_init(&film, codecs[i], KEY_EVERY);
        struct scrim_decoder *decoder = new_decoder(&film, &outcome);
        for (int unit = 0; unit < UNITS; unit++) {
            if (unit == 5 || unit == 20) // 20 is a key frame: nothing behind it is hit
                scrim_decoder_lost(decoder);
            CHECK_INT(give(decoder, &film, unit, unit), SCRIM_OK);
            receive(decoder, &outcome);
        }
        expect(&outcome, "+++++xxxxx++++++++++++++++++++++++++++++");
        scrim_decoder_destroy(decoder);
        film_finish(&film);
    }
}

// A unit that comes again, and one of another time.
static void out_of_order(void)
{
    for (int i = 0; i < 2; i++) {
        struct film film;
        struct outcome outcome;
        film_init(&film, codecs[i], KEY_EVERY);
        struct scrim_decoder *decoder = new_decoder(&film, &outcome);
        for (int unit = 0; unit < UNITS; unit++) {
            const bool old = unit == 14;
            const int code = give(decoder, &film, old ? 3 : unit, unit);
            CHECK(code == SCRIM_OK || old);
            receive(decoder, &outcome);
        }
        CHECK(outcome.text[14] != SHOWN);
        CHECK(strspn(outcome.text + 15, "x-") == 5);
        CHECK(strspn(outcome.text + 20, "+") >= 16);
        scrim_decoder_destroy(decoder);
        film_finish(&film);
    }
}

// libavcodec 5.1 believes nearly anything of H.265 that has no hash, but H.264 that is none it
// notices.
static void garbage(void)
{
    struct film film;
    struct outcome outcome;
    film_init(&film, SCRIM_CODEC_H264, KEY_EVERY);
    struct scrim_decoder *decoder = new_decoder(&film, &outcome);
    for (int unit = 0; unit < UNITS; unit++) {
        for (size_t at = HEAD_BYTES; unit == 6 && at < film.units[unit].len; at++)
            film.units[unit].data[at] = (uint8_t)(at * 37 | 1);
        CHECK(give(decoder, &film, unit, unit) == SCRIM_OK || unit == 6);
        receive(decoder, &outcome);
    }
    CHECK(strncmp(outcome.text, "++++++", 6) == 0);
    CHECK(strspn(outcome.text + 6, "x-") == 4);
    CHECK(strspn(outcome.text + 10, "+") >= 26);
    scrim_decoder_destroy(decoder);
    film_finish(&film);
}

// A hash of the picture (H.265 D.2.19) is believed rather than the picture.
static void wrong_hash(void)
{
    struct film film;
    struct outcome outcome;
    film_init(&film, SCRIM_CODEC_H265, KEY_EVERY);
    struct scrim_decoder *decoder = new_decoder(&film, &outcome);
    for (int unit = 0; unit < UNITS; unit++) {
        struct scrim_buf *bytes = &film.units[unit];
        if (unit == 14)
            bytes->data[bytes->len - 4] ^= 0x10; // the hash stands last
        CHECK_INT(give(decoder, &film, unit, unit), SCRIM_OK);
        receive(decoder, &outcome);
    }
    expect(&outcome, "++++++++++++++xxxxxx++++++++++++++++++++");
    scrim_decoder_destroy(decoder);
    film_finish(&film);
}

// What is no part of a picture does not reach libavcodec, and does not cost one.
static void other_units(void)
{
    static const uint8_t sei[2][8] = {{0, 0, 0, 1, 0x06, 0xff, 0xff, 0xff},
                                      {0, 0, 0, 1, 0x4e, 0x01, 0xff, 0xff}};
    for (int i = 0; i < 2; i++) {
        struct film film;
        struct outcome outcome;
        film_init(&film, codecs[i], KEY_EVERY);
        struct scrim_decoder *decoder = new_decoder(&film, &outcome);
        for (int unit = 0; unit < UNITS; unit++) {
            CHECK_INT(scrim_decoder_send(decoder, sei[i], sizeof sei[i], 0), SCRIM_OK);
            CHECK_INT(give(decoder, &film, unit, unit), SCRIM_OK);
            receive(decoder, &outcome);
        }
        expect(&outcome, "++++++++++++++++++++++++++++++++++++++++");
        scrim_decoder_destroy(decoder);
        film_finish(&film);
    }
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"whole", whole},
                                    {"missing reference", missing_reference},
                                    {"missing key frame", missing_key_frame},
                                    {"long loss", long_loss},
                                    {"told of a loss", told_of_a_loss},
                                    {"out of order", out_of_order},
                                    {"garbage", garbage},
                                    {"wrong hash", wrong_hash},
                                    {"other units", other_units},
                                    {0}});
}
