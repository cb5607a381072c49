#include "veil/intake.h"

#include "base/alloc.h"

#include <stdlib.h>

#define WIDTH_MAX 1280
#define HEIGHT_MAX 720
#define ERRORS_MAX 25               // in a row, then the decoder is made anew
#define TIME_MAX (INT64_C(1) << 56) // µs; 2,283 years, and room to count in 1/90000 s

struct scrim_intake {
    enum scrim_codec codec;
    struct scrim_buf extradata;
    struct scrim_decoder *decoder;
    unsigned errors; // in a row
    bool wait_key;
};

static bool read_time(struct scrim_reader *body, int64_t *ret_us)
{
    uint64_t bits;
    if (!scrim_read_u64(body, &bits))
        return false;
    *ret_us = (int64_t)bits;
    return *ret_us > -TIME_MAX && *ret_us < TIME_MAX;
}

int scrim_packet_read(struct scrim_reader body, struct scrim_packet *ret)
{
    if (!read_time(&body, &ret->utc_us) || !read_time(&body, &ret->pts_us) || body.left == 0)
        return SCRIM_EFORMAT;
    ret->unit = body;
    return SCRIM_OK;
}

struct scrim_intake *scrim_intake_create(void)
{
    struct scrim_intake *intake = scrim_new(struct scrim_intake);
    scrim_buf_init(&intake->extradata, SCRIM_LINK_FRAME_MAX);
    return intake;
}

static void drop_decoder(struct scrim_intake *intake)
{
    scrim_decoder_destroy(intake->decoder);
    intake->decoder = NULL;
}

void scrim_intake_destroy(struct scrim_intake *intake)
{
    if (!intake)
        return;
    drop_decoder(intake);
    scrim_buf_finish(&intake->extradata);
    free(intake);
}

int scrim_intake_stream(struct scrim_intake *intake, struct scrim_reader body)
{
    uint8_t codec;
    uint32_t count;
    if (!scrim_read_u8(&body, &codec) || !scrim_read_u32(&body, &count) || count != body.left ||
        (codec != SCRIM_CODEC_H264 && codec != SCRIM_CODEC_H265))
        return SCRIM_EFORMAT;
    scrim_buf_clear(&intake->extradata);
    const int code = scrim_buf_append(&intake->extradata, body.at, count);
    if (code < 0)
        return code;
    intake->codec = (enum scrim_codec)codec;
    drop_decoder(intake);
    return SCRIM_OK;
}

int scrim_intake_open(struct scrim_intake *intake, struct scrim_error *error)
{
    if (intake->decoder)
        return SCRIM_OK;
    intake->errors = 0;
    intake->wait_key = true;
    return scrim_decoder_create(intake->codec, intake->extradata.data, intake->extradata.len,
                                WIDTH_MAX, HEIGHT_MAX, &intake->decoder, error);
}

void scrim_intake_skip(struct scrim_intake *intake)
{
    intake->wait_key = true;
}

void scrim_intake_lost(struct scrim_intake *intake)
{
    if (intake->decoder)
        scrim_decoder_lost(intake->decoder);
}

bool scrim_intake_wants(const struct scrim_intake *intake, bool key)
{
    return intake->decoder && (key || !intake->wait_key);
}

static void note_error(struct scrim_intake *intake)
{
    if (++intake->errors >= ERRORS_MAX)
        drop_decoder(intake);
}

int scrim_intake_send(struct scrim_intake *intake, const struct scrim_packet *packet)
{
    intake->wait_key = false;
    const int code =
        scrim_decoder_send(intake->decoder, packet->unit.at, packet->unit.left, packet->pts_us);
    if (code < 0)
        note_error(intake);
    return code;
}

int scrim_intake_receive(struct scrim_intake *intake, struct scrim_decoded *ret)
{
    const int got = intake->decoder ? scrim_decoder_receive(intake->decoder, ret, NULL) : 0;
    if (got < 0)
        note_error(intake);
    else if (got > 0)
        intake->errors = 0;
    return got;
}
