#include "veil/camera.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "media/decode.h"
#include "media/encode.h"
#include "media/mux.h"
#include "veil/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUIET_US (2 * SCRIM_SECOND) // without a packet: the camera gives no picture
#define KEY_EVERY_US (2 * SCRIM_SECOND)
#define FPS_GUESS 10         // for the rate control; time stamps say the truth
#define KEY_INTERVAL_MAX 250 // frames; ours come sooner
#define ERRORS_MAX 25        // in a row, then the decoder is made anew
#define FRAGMENT_MAX (8U << 20)
#define COMPLAIN_US (10 * SCRIM_SECOND)
#define TIME_MAX (INT64_C(1) << 56) // µs; 2,283 years, and room to count in 1/90000 s
#define DARK_EVERY_US SCRIM_SECOND  // one opaque picture a second from a camera that is dark

struct scrim_veil_camera {
    struct scrim_veil_camera_params params;
    struct scrim_log log;

    // The stream as it comes.
    bool streaming, complained;
    int64_t complained_us;
    enum scrim_codec codec;
    struct scrim_buf extradata;
    struct scrim_decoder *decoder;
    unsigned errors;
    bool wait_key;
    int64_t packet_at_us; // when the last packet came, monotonic
    struct scrim_lag lag;
    int64_t behind_us;
    // Capture time of the packets in the decoder: picture time + offset.
    int64_t utc_offset_us;

    // The stream as it goes, made when the size of the picture is known.
    struct scrim_redactor *redactor;
    struct scrim_encoder *encoder;
    struct scrim_mux *mux;
    struct scrim_buf fragment;
    int width, height;
    bool init_sent, force_key, dropping;
    int64_t key_pts_us;
    int64_t sent_pts; // of the last frame, 1/SCRIM_MUX_TIMESCALE s
    bool any_sent;

    enum scrim_veil_state state;
    char reason[128];
    bool state_sent;

    unsigned divisor, turn;
    bool dark;
    int64_t dark_pts_us;
    struct scrim_veil_camera_stats stats;
};

struct scrim_veil_camera *scrim_veil_camera_create(const struct scrim_veil_camera_params *params)
{
    struct scrim_veil_camera *camera = scrim_new(struct scrim_veil_camera);
    camera->params = *params;
    camera->log = scrim_log_named("veil.%s", params->config->id);
    camera->divisor = 1;
    camera->state = SCRIM_VEIL_WAITING;
    snprintf(camera->reason, sizeof camera->reason, "no picture from the camera");
    scrim_buf_init(&camera->extradata, SCRIM_LINK_FRAME_MAX);
    scrim_buf_init(&camera->fragment, FRAGMENT_MAX);
    return camera;
}

static void drop_output(struct scrim_veil_camera *camera)
{
    scrim_redactor_destroy(camera->redactor);
    scrim_encoder_destroy(camera->encoder);
    scrim_mux_destroy(camera->mux);
    camera->redactor = NULL;
    camera->encoder = NULL;
    camera->mux = NULL;
    camera->init_sent = false;
    camera->any_sent = false;
    camera->width = camera->height = 0;
}

void scrim_veil_camera_destroy(struct scrim_veil_camera *camera)
{
    if (!camera)
        return;
    drop_output(camera);
    scrim_decoder_destroy(camera->decoder);
    scrim_buf_finish(&camera->extradata);
    scrim_buf_finish(&camera->fragment);
    free(camera);
}

const char *scrim_veil_camera_id(const struct scrim_veil_camera *camera)
{
    return camera->params.config->id;
}

// Tells the desk when it is news; what the full link refused is told again by the next tick.
static void set_state(struct scrim_veil_camera *camera, enum scrim_veil_state state,
                      const char *reason)
{
    const bool same = camera->state == state && strcmp(camera->reason, reason) == 0;
    if (same && camera->state_sent)
        return;
    if (!same)
        scrim_debug(&camera->log, "state=%d reason=%s", state, reason);
    camera->state = state;
    if (!same)
        snprintf(camera->reason, sizeof camera->reason, "%s", reason);
    camera->state_sent = scrim_outlet_state(&camera->params.outlet, scrim_veil_camera_id(camera),
                                            state, camera->reason) >= 0;
}

// What goes wrong goes wrong with every picture: one line in ten seconds is enough.
static void complain(struct scrim_veil_camera *camera, const char *text)
{
    if (camera->complained && camera->packet_at_us - camera->complained_us < COMPLAIN_US)
        return;
    camera->complained = true;
    camera->complained_us = camera->packet_at_us;
    scrim_warn(&camera->log, "%s", text);
}

static void make_decoder(struct scrim_veil_camera *camera)
{
    struct scrim_error error;
    scrim_decoder_destroy(camera->decoder);
    camera->decoder = NULL;
    camera->errors = 0;
    camera->wait_key = true;
    const int code =
        scrim_decoder_create(camera->codec, camera->extradata.data, camera->extradata.len,
                             SCRIM_VEIL_WIDTH_MAX, SCRIM_VEIL_HEIGHT_MAX, &camera->decoder, &error);
    if (code < 0)
        complain(camera, error.text);
}

static int take_stream(struct scrim_veil_camera *camera, struct scrim_reader body)
{
    uint8_t codec;
    uint32_t count;
    if (!scrim_read_u8(&body, &codec) || !scrim_read_u32(&body, &count) || count != body.left ||
        (codec != SCRIM_CODEC_H264 && codec != SCRIM_CODEC_H265))
        return SCRIM_EFORMAT;
    scrim_buf_clear(&camera->extradata);
    const int code = scrim_buf_append(&camera->extradata, body.at, count);
    if (code < 0)
        return code;
    camera->codec = (enum scrim_codec)codec;
    camera->streaming = true;
    camera->lag = (struct scrim_lag){0};
    camera->behind_us = 0;
    drop_output(camera); // other times, perhaps another picture: a new feed
    make_decoder(camera);
    set_state(camera, SCRIM_VEIL_WAITING, "waiting for the first picture");
    return SCRIM_OK;
}

static int make_redactor(struct scrim_veil_camera *camera, const struct scrim_picture *picture,
                         struct scrim_error *error)
{
    const struct scrim_camera_config *config = camera->params.config;
    const struct scrim_redactor_params params = {
        .width = picture->width,
        .height = picture->height,
        .full_range = picture->full_range,
        .masks = config->masks,
        .masks_count = config->masks_count,
        .finder = camera->params.finder,
        .schedule = camera->params.schedule,
    };
    return scrim_redactor_create(&params, &camera->redactor, error);
}

static int make_encoder(struct scrim_veil_camera *camera, const struct scrim_picture *picture,
                        struct scrim_error *error)
{
    const struct scrim_encoder_params params = {
        .width = picture->width,
        .height = picture->height,
        .full_range = picture->full_range,
        .time_base_num = 1,
        .time_base_den = SCRIM_MUX_TIMESCALE,
        .fps = FPS_GUESS,
        .key_interval = KEY_INTERVAL_MAX,
        .cheap = true,
    };
    return scrim_encoder_create(&params, &camera->encoder, error);
}

// The mux and its init segment; without them nothing is sent.
static int make_mux(struct scrim_veil_camera *camera, struct scrim_error *error)
{
    struct scrim_mux_params params = {
        .codec = SCRIM_CODEC_H264,
        .width = (uint32_t)camera->width,
        .height = (uint32_t)camera->height,
    };
    scrim_encoder_extradata(camera->encoder, &params.extradata, &params.extradata_len);
    scrim_buf_clear(&camera->fragment);
    int code = scrim_mux_create(&params, &camera->mux, &camera->fragment, error);
    if (code < 0)
        return code;
    char codec[64], mime[128];
    code = scrim_mux_mime_codec(&params, codec);
    if (code < 0)
        return scrim_fail(error, code, "the encoder's parameter sets");
    snprintf(mime, sizeof mime, "video/mp4; codecs=\"%s\"", codec);
    code = scrim_outlet_init(&camera->params.outlet, scrim_veil_camera_id(camera), camera->width,
                             camera->height, mime, &camera->fragment);
    camera->init_sent = code >= 0;
    if (code == SCRIM_EAGAIN) { // the next frame tries again
        scrim_mux_destroy(camera->mux);
        camera->mux = NULL;
        return SCRIM_OK;
    }
    return code;
}

static int make_output(struct scrim_veil_camera *camera, const struct scrim_picture *picture,
                       struct scrim_error *error)
{
    drop_output(camera);
    camera->width = picture->width;
    camera->height = picture->height;
    camera->force_key = true;
    camera->dropping = false;
    int code = make_redactor(camera, picture, error);
    if (code >= 0)
        code = make_encoder(camera, picture, error);
    if (code < 0)
        drop_output(camera);
    return code;
}

// What the desk's full link makes us leave out: everything up to the next key frame.
static bool may_send(struct scrim_veil_camera *camera, struct scrim_error *error)
{
    const struct scrim_outlet *outlet = &camera->params.outlet;
    if (camera->dropping && !outlet->roomy(outlet->context))
        return false;
    if (camera->dropping) {
        camera->dropping = false;
        camera->force_key = true;
    }
    if (!camera->mux && make_mux(camera, error) < 0)
        complain(camera, error->text);
    camera->force_key |= !camera->any_sent;
    return camera->init_sent;
}

static int encode(struct scrim_veil_camera *camera, const struct scrim_veiled *veiled, int64_t pts,
                  bool *ret_key, struct scrim_error *error)
{
    const bool key = camera->force_key || veiled->pts_us - camera->key_pts_us >= KEY_EVERY_US ||
                     scrim_mux_is_break(camera->mux, pts);
    struct scrim_encoded encoded;
    int code = scrim_encoder_encode(camera->encoder, &veiled->picture, pts, key, &encoded, error);
    if (code < 0)
        return code;
    scrim_buf_clear(&camera->fragment);
    code = scrim_mux_write(camera->mux, encoded.data, encoded.count, encoded.pts, encoded.dts,
                           encoded.key, error);
    if (code >= 0)
        code = scrim_mux_cut(camera->mux, &camera->fragment, error);
    *ret_key = encoded.key;
    return code;
}

static int send_frame(struct scrim_veil_camera *camera, const struct scrim_veiled *veiled,
                      struct scrim_error *error)
{
    const int64_t pts = veiled->pts_us * (SCRIM_MUX_TIMESCALE / 1000) / 1000;
    // Before the beginning, two pictures of one time, or a step back: nothing a player could show.
    if (pts < 0 || (camera->any_sent && pts <= camera->sent_pts)) {
        camera->stats.dropped++;
        return SCRIM_OK;
    }
    if (!may_send(camera, error)) {
        camera->stats.dropped++;
        return SCRIM_OK;
    }
    bool key = false;
    int64_t mark = scrim_stage_now();
    int code = encode(camera, veiled, pts, &key, error);
    scrim_stage_add(&camera->stats.stages, SCRIM_STAGE_ENCODE, &mark);
    if (code < 0)
        return code;
    camera->sent_pts = pts;
    camera->any_sent = true;
    code = scrim_outlet_frame(&camera->params.outlet, scrim_veil_camera_id(camera), veiled, key,
                              &camera->fragment);
    if (code == SCRIM_EAGAIN) {
        camera->dropping = true;
        camera->stats.dropped++;
        return SCRIM_OK;
    }
    if (code < 0)
        return scrim_fail(error, code, "the desk took no frame: %s", scrim_err_text(code));
    if (key) {
        camera->force_key = false;
        camera->key_pts_us = veiled->pts_us;
    }
    camera->stats.sent++;
    return SCRIM_OK;
}

static int take_out(struct scrim_veil_camera *camera, struct scrim_error *error)
{
    struct scrim_veiled veiled;
    while (scrim_redactor_pop(camera->redactor, &veiled)) {
        const int code = send_frame(camera, &veiled, error);
        if (code < 0)
            return code;
        const bool opaque = veiled.reason != SCRIM_REASON_NONE;
        set_state(camera, opaque ? SCRIM_VEIL_OPAQUE : SCRIM_VEIL_LIVE,
                  scrim_reason_text(veiled.reason));
        // Observations are of use only now: what a full link refuses is not kept.
        if (!opaque && scrim_outlet_observation(&camera->params.outlet,
                                                scrim_veil_camera_id(camera), &veiled) < 0)
            camera->stats.observations_dropped++;
    }
    return SCRIM_OK;
}

static bool shed(struct scrim_veil_camera *camera)
{
    if (camera->turn++ % camera->divisor == 0)
        return false;
    camera->stats.shed++;
    return true;
}

static int take_picture(struct scrim_veil_camera *camera, const struct scrim_decoded *decoded,
                        struct scrim_error *error)
{
    camera->stats.decoded++;
    const struct scrim_picture *picture = &decoded->picture;
    if (!camera->redactor || picture->width != camera->width || picture->height != camera->height) {
        const int code = make_output(camera, picture, error);
        if (code < 0)
            return code;
    }
    if (decoded->damaged)
        scrim_redactor_doubt(camera->redactor, SCRIM_REASON_DECODER);
    else if (decoded->key)
        scrim_redactor_trust(camera->redactor);
    if (shed(camera))
        return SCRIM_OK;
    const int code = scrim_redactor_push(camera->redactor, picture, decoded->pts_us,
                                         decoded->pts_us + camera->utc_offset_us, error);
    return code < 0 ? code : take_out(camera, error);
}

// A picture could not be decoded: what follows builds on it, up to the next key frame.
static void note_error(struct scrim_veil_camera *camera)
{
    camera->stats.decode_errors++;
    if (camera->redactor)
        scrim_redactor_doubt(camera->redactor, SCRIM_REASON_DECODER);
    if (++camera->errors >= ERRORS_MAX)
        make_decoder(camera);
}

static void decode(struct scrim_veil_camera *camera, struct scrim_reader unit, int64_t pts_us)
{
    struct scrim_error error = {0};
    struct scrim_decoded decoded;
    int64_t mark = scrim_stage_now();
    if (scrim_decoder_send(camera->decoder, unit.at, unit.left, pts_us) < 0)
        note_error(camera);
    int got;
    while (camera->decoder &&
           (got = scrim_decoder_receive(camera->decoder, &decoded, &error)) != 0) {
        scrim_stage_add(&camera->stats.stages, SCRIM_STAGE_DECODE, &mark);
        if (got < 0) {
            note_error(camera);
            break;
        }
        camera->errors = 0;
        if (take_picture(camera, &decoded, &error) < 0) {
            complain(camera, error.text);
            drop_output(camera);
            set_state(camera, SCRIM_VEIL_WAITING, "the picture cannot be redacted");
        }
        mark = scrim_stage_now();
    }
    scrim_stage_add(&camera->stats.stages, SCRIM_STAGE_DECODE, &mark);
}

// While the camera is dark nothing is decoded; one opaque picture a second says why.
static void send_dark(struct scrim_veil_camera *camera, int64_t pts_us)
{
    struct scrim_error error = {0};
    camera->wait_key = true; // what is skipped now is missing later
    if (!camera->redactor) {
        set_state(camera, SCRIM_VEIL_OPAQUE, scrim_reason_text(SCRIM_REASON_OVERLOAD));
        return;
    }
    if (pts_us - camera->dark_pts_us < DARK_EVERY_US && pts_us >= camera->dark_pts_us)
        return;
    camera->dark_pts_us = pts_us;
    int code = scrim_redactor_push_missing(camera->redactor, SCRIM_REASON_OVERLOAD, pts_us,
                                           pts_us + camera->utc_offset_us, &error);
    scrim_redactor_flush(camera->redactor);
    if (code >= 0)
        code = take_out(camera, &error);
    if (code < 0)
        complain(camera, error.text);
}

static bool read_time(struct scrim_reader *body, int64_t *ret_us)
{
    uint64_t bits;
    if (!scrim_read_u64(body, &bits))
        return false;
    *ret_us = (int64_t)bits;
    return *ret_us > -TIME_MAX && *ret_us < TIME_MAX;
}

static int take_packet(struct scrim_veil_camera *camera, struct scrim_reader body, bool key,
                       int64_t now_us)
{
    int64_t utc_us, pts_us;
    if (!read_time(&body, &utc_us) || !read_time(&body, &pts_us) || body.left == 0)
        return SCRIM_EFORMAT;
    if (!camera->streaming)
        return SCRIM_OK; // the tail of a stream that ended
    camera->stats.packets++;
    camera->packet_at_us = now_us;
    camera->utc_offset_us = utc_us - pts_us;
    camera->behind_us = scrim_lag_update(&camera->lag, now_us, pts_us);
    if (camera->dark) {
        send_dark(camera, pts_us);
        return SCRIM_OK;
    }
    if (!camera->decoder && key)
        make_decoder(camera);
    if (!camera->decoder || (camera->wait_key && !key))
        return SCRIM_OK;
    camera->wait_key = false;
    decode(camera, body, pts_us);
    return SCRIM_OK;
}

static int take_end(struct scrim_veil_camera *camera, struct scrim_reader body)
{
    char cause[sizeof camera->reason];
    const size_t count = body.left < sizeof cause - 1 ? body.left : sizeof cause - 1;
    memcpy(cause, body.at, count);
    cause[count] = '\0';
    camera->streaming = false;
    camera->behind_us = 0;
    struct scrim_error error = {0};
    if (camera->redactor) {
        scrim_redactor_flush(camera->redactor);
        if (take_out(camera, &error) < 0)
            complain(camera, error.text);
    }
    set_state(camera, SCRIM_VEIL_WAITING, count ? cause : "no picture from the camera");
    return SCRIM_OK;
}

int scrim_veil_camera_message(struct scrim_veil_camera *camera,
                              const struct scrim_link_message *message, int64_t now_us)
{
    const struct scrim_reader body = scrim_reader_of(message->body, message->body_len);
    switch (message->kind) {
    case SCRIM_LINK_STREAM: camera->packet_at_us = now_us; return take_stream(camera, body);
    case SCRIM_LINK_PACKET:
        return take_packet(camera, body, (message->flags & SCRIM_LINK_KEY) != 0, now_us);
    case SCRIM_LINK_END: return take_end(camera, body);
    default: return SCRIM_EFORMAT;
    }
}

void scrim_veil_camera_tick(struct scrim_veil_camera *camera, int64_t now_us)
{
    const bool quiet = now_us - camera->packet_at_us > QUIET_US;
    if (quiet)
        camera->behind_us = 0;
    if (quiet && camera->state != SCRIM_VEIL_WAITING)
        set_state(camera, SCRIM_VEIL_WAITING, "no picture from the camera");
    else
        set_state(camera, camera->state, camera->reason); // unless it was told already
}

void scrim_veil_camera_shed(struct scrim_veil_camera *camera, unsigned divisor, bool dark)
{
    camera->divisor = divisor > 0 ? divisor : 1;
    camera->dark = dark;
}

int64_t scrim_veil_camera_behind(const struct scrim_veil_camera *camera)
{
    return camera->behind_us;
}

struct scrim_veil_camera_stats scrim_veil_camera_stats(const struct scrim_veil_camera *camera)
{
    struct scrim_veil_camera_stats stats = camera->stats;
    if (camera->redactor)
        stats.redactor = scrim_redactor_stats(camera->redactor);
    return stats;
}
