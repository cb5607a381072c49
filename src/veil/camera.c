#include "veil/camera.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "veil/feed.h"
#include "veil/intake.h"
#include "veil/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUIET_US (2 * SCRIM_SECOND) // without a packet: the camera gives no picture
#define COMPLAIN_US (10 * SCRIM_SECOND)
#define BLANK_EVERY_US SCRIM_SECOND // an opaque picture, while there is no other

struct scrim_veil_camera {
    struct scrim_veil_camera_params params;
    struct scrim_log log;
    int64_t complained_us;

    struct scrim_area *areas; // scrim.yaml's, and what was drawn since
    size_t areas_count;
    uint64_t areas_revision; // of the last message

    struct scrim_intake *intake;
    int64_t packet_at_us; // when the last packet came, monotonic
    int64_t shown_at_us;  // when the last frame left
    struct scrim_lag lag;
    int64_t behind_us;
    // Capture time of the packets in the decoder: picture time + offset.
    int64_t utc_offset_us;

    struct scrim_redactor *redactor; // once the size of the picture is known
    int width, height;
    struct scrim_feed *feed; // begun with the redactor
    struct scrim_feed *thin; // begun with the first picture while it is wanted

    enum scrim_veil_state state;
    char reason[128];

    unsigned divisor, turn;
    int64_t blank_pts_us;
    struct scrim_veil_camera_stats stats;

    bool complained, streaming, areas_unknown, thin_wanted, dark;
    bool areas_told; // the desk knows that the last message on areas was taken
    bool state_sent; // the desk knows the state
};

struct scrim_veil_camera *scrim_veil_camera_create(const struct scrim_veil_camera_params *params)
{
    static const struct scrim_area_set none;
    struct scrim_veil_camera *camera = scrim_new(struct scrim_veil_camera);
    camera->params = *params;
    camera->log = scrim_log_named("veil.%s", params->config->id);
    camera->divisor = 1;
    camera->state = SCRIM_VEIL_WAITING;
    snprintf(camera->reason, sizeof camera->reason, "no picture from the camera");
    camera->intake = scrim_intake_create();
    camera->feed =
        scrim_feed_create(&camera->params.outlet, params->config->id, SCRIM_RENDITION_FULL);
    camera->thin =
        scrim_feed_create(&camera->params.outlet, params->config->id, SCRIM_RENDITION_THIN);
    scrim_veil_camera_areas(camera, &none);
    camera->areas_told = true; // nobody asked
    return camera;
}

void scrim_veil_camera_areas(struct scrim_veil_camera *camera, const struct scrim_area_set *set)
{
    const struct scrim_camera_config *config = camera->params.config;
    const size_t drawn = set ? set->count : 0;
    struct scrim_area *areas = scrim_new_array(config->areas_count + drawn + 1, struct scrim_area);
    for (unsigned i = 0; i < config->areas_count; i++)
        areas[i] = config->areas[i];
    for (size_t i = 0; i < drawn; i++)
        areas[config->areas_count + i] = set->list[i];
    free(camera->areas);
    camera->areas = areas;
    camera->areas_count = config->areas_count + drawn;
    camera->areas_unknown = set == NULL;
    if (camera->redactor)
        scrim_redactor_areas(camera->redactor, set ? areas : NULL, camera->areas_count);
}

static void drop_output(struct scrim_veil_camera *camera)
{
    scrim_redactor_destroy(camera->redactor);
    camera->redactor = NULL;
    scrim_feed_end(camera->feed);
    scrim_feed_end(camera->thin);
}

void scrim_veil_camera_destroy(struct scrim_veil_camera *camera)
{
    if (!camera)
        return;
    drop_output(camera);
    scrim_intake_destroy(camera->intake);
    scrim_feed_destroy(camera->feed);
    scrim_feed_destroy(camera->thin);
    free(camera->areas);
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

static void open_intake(struct scrim_veil_camera *camera)
{
    struct scrim_error error;
    if (scrim_intake_open(camera->intake, &error) < 0)
        complain(camera, error.text);
}

static int take_stream(struct scrim_veil_camera *camera, struct scrim_reader body)
{
    const int code = scrim_intake_stream(camera->intake, body);
    if (code < 0)
        return code;
    camera->streaming = true;
    camera->lag = (struct scrim_lag){0};
    camera->behind_us = 0;
    drop_output(camera); // other times, perhaps another picture: a new feed
    open_intake(camera);
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
        .name = config->name ? config->name : config->id,
        .stamp = SCRIM_STAMP_CLOCK,
        .finder = camera->params.finder,
        .schedule = camera->params.schedule,
    };
    const int code = scrim_redactor_create(&params, &camera->redactor, error);
    if (code >= 0)
        scrim_redactor_areas(camera->redactor, camera->areas_unknown ? NULL : camera->areas,
                             camera->areas_count);
    return code;
}

// A redactor and a feed for pictures like this one.
static int make_output(struct scrim_veil_camera *camera, const struct scrim_picture *picture,
                       struct scrim_error *error)
{
    drop_output(camera);
    camera->width = picture->width;
    camera->height = picture->height;
    camera->shown_at_us = camera->packet_at_us;
    int code = make_redactor(camera, picture, error);
    if (code >= 0)
        code = scrim_feed_begin(camera->feed, picture, error);
    if (code < 0)
        drop_output(camera);
    return code;
}

// What goes wrong here ends the thin rendition, until it is asked for again, and nothing else.
static void send_thin(struct scrim_veil_camera *camera, const struct scrim_veiled *veiled)
{
    struct scrim_error error = {0};
    int code = SCRIM_OK;
    if (!camera->thin_wanted)
        return;
    if (!scrim_feed_begun(camera->thin))
        code = scrim_feed_begin(camera->thin, &veiled->picture, &error);
    if (code >= 0)
        code = scrim_feed_send(camera->thin, veiled, &error);
    if (code >= 0)
        return;
    complain(camera, error.text);
    scrim_feed_end(camera->thin);
    camera->thin_wanted = false;
}

static int take_out(struct scrim_veil_camera *camera, struct scrim_error *error)
{
    struct scrim_veiled veiled;
    while (scrim_redactor_pop(camera->redactor, &veiled)) {
        camera->shown_at_us = camera->packet_at_us;
        const int code = scrim_feed_send(camera->feed, &veiled, error);
        if (code < 0)
            return code;
        send_thin(camera, &veiled);
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
}

static void decode(struct scrim_veil_camera *camera, const struct scrim_packet *packet)
{
    struct scrim_error error = {0};
    struct scrim_decoded decoded;
    int64_t mark = scrim_stage_now();
    if (scrim_intake_send(camera->intake, packet) < 0)
        note_error(camera);
    int got;
    while ((got = scrim_intake_receive(camera->intake, &decoded)) > 0) {
        scrim_stage_add(&camera->stats.stages, SCRIM_STAGE_DECODE, &mark);
        if (take_picture(camera, &decoded, &error) < 0) {
            complain(camera, error.text);
            drop_output(camera);
            set_state(camera, SCRIM_VEIL_WAITING, "the picture cannot be redacted");
        }
        mark = scrim_stage_now();
    }
    if (got < 0)
        note_error(camera);
    scrim_stage_add(&camera->stats.stages, SCRIM_STAGE_DECODE, &mark);
}

// Packets come and pictures do not: one opaque picture a second says why.
static void send_blank(struct scrim_veil_camera *camera, enum scrim_reason reason, int64_t pts_us)
{
    struct scrim_error error = {0};
    if (!camera->redactor) {
        set_state(camera, SCRIM_VEIL_OPAQUE, scrim_reason_text(reason));
        return;
    }
    if (pts_us - camera->blank_pts_us < BLANK_EVERY_US && pts_us >= camera->blank_pts_us)
        return;
    camera->blank_pts_us = pts_us;
    int code = scrim_redactor_push_missing(camera->redactor, reason, pts_us,
                                           pts_us + camera->utc_offset_us, &error);
    scrim_redactor_flush(camera->redactor);
    if (code >= 0)
        code = take_out(camera, &error);
    if (code < 0)
        complain(camera, error.text);
}

static int take_packet(struct scrim_veil_camera *camera, struct scrim_reader body, uint8_t flags,
                       int64_t now_us)
{
    const bool key = flags & SCRIM_LINK_KEY;
    struct scrim_packet packet;
    const int code = scrim_packet_read(body, &packet);
    if (code < 0)
        return code;
    if (!camera->streaming)
        return SCRIM_OK; // the tail of a stream that ended
    camera->stats.packets++;
    camera->packet_at_us = now_us;
    camera->utc_offset_us = packet.utc_us - packet.pts_us;
    camera->behind_us = scrim_lag_update(&camera->lag, now_us, packet.pts_us);
    if (camera->dark) {
        scrim_intake_skip(camera->intake);
        send_blank(camera, SCRIM_REASON_OVERLOAD, packet.pts_us);
        return SCRIM_OK;
    }
    if (flags & SCRIM_LINK_LOSS)
        scrim_intake_lost(camera->intake);
    if (key)
        open_intake(camera); // unless it is
    if (scrim_intake_wants(camera->intake, key))
        decode(camera, &packet);
    // Nothing comes out of it, and what was last seen must not look like what is.
    if (camera->redactor && now_us - camera->shown_at_us > QUIET_US)
        send_blank(camera, SCRIM_REASON_DECODER, packet.pts_us);
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
    case SCRIM_LINK_PACKET: return take_packet(camera, body, message->flags, now_us);
    case SCRIM_LINK_END: return take_end(camera, body);
    default: return SCRIM_EFORMAT;
    }
}

// What the full link refused is told again by the next tick.
static void tell_areas(struct scrim_veil_camera *camera)
{
    if (!camera->areas_told)
        camera->areas_told =
            scrim_outlet_areas_taken(&camera->params.outlet, scrim_veil_camera_id(camera),
                                     camera->areas_revision, !camera->areas_unknown) >= 0;
}

// What cannot be understood is like what cannot be read: nothing is shown, and the desk hears it.
int scrim_veil_camera_areas_message(struct scrim_veil_camera *camera, struct scrim_reader body)
{
    struct scrim_error error = {0};
    uint64_t revision;
    if (!scrim_read_u64(&body, &revision))
        return SCRIM_EFORMAT;
    SCRIM_AUTO(scrim_free_pointer)
    struct scrim_area_set *set = scrim_new(struct scrim_area_set);
    const bool known = body.left > 0;
    bool sound = known && scrim_area_set_parse(body.at, body.left, set, &error) >= 0;
    if (sound && set->revision != revision)
        sound =
            scrim_fail(&error, SCRIM_EFORMAT, "they are not of the revision that was said") >= 0;
    if (!sound)
        scrim_error_log(&camera->log, "its areas are not known, all of it is opaque: %s",
                        known ? error.text : "the desk cannot read them");
    scrim_veil_camera_areas(camera, sound ? set : NULL);
    camera->areas_revision = revision;
    camera->areas_told = false;
    tell_areas(camera);
    return SCRIM_OK;
}

int scrim_veil_camera_thin_message(struct scrim_veil_camera *camera, struct scrim_reader body)
{
    uint8_t wanted;
    if (!scrim_read_u8(&body, &wanted) || body.left > 0 || wanted > 1)
        return SCRIM_EFORMAT;
    camera->thin_wanted = wanted;
    if (wanted)
        scrim_feed_refresh(camera->thin);
    else
        scrim_feed_end(camera->thin);
    return SCRIM_OK;
}

void scrim_veil_camera_tick(struct scrim_veil_camera *camera, int64_t now_us)
{
    const bool quiet = now_us - camera->packet_at_us > QUIET_US;
    tell_areas(camera);
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

void scrim_veil_camera_forgive(struct scrim_veil_camera *camera)
{
    camera->lag = (struct scrim_lag){0};
    camera->behind_us = 0;
}

struct scrim_veil_camera_stats scrim_veil_camera_stats(const struct scrim_veil_camera *camera)
{
    struct scrim_veil_camera_stats stats = camera->stats;
    const struct scrim_feed_stats feed = scrim_feed_stats(camera->feed);
    stats.sent = feed.sent;
    stats.dropped = feed.dropped;
    stats.thin = scrim_feed_stats(camera->thin);
    stats.stages.us[SCRIM_STAGE_ENCODE] = feed.stages.us[SCRIM_STAGE_ENCODE];
    if (camera->redactor)
        stats.redactor = scrim_redactor_stats(camera->redactor);
    return stats;
}

void scrim_veil_camera_report(const struct scrim_veil_camera *camera)
{
    const struct scrim_veil_camera_stats stats = scrim_veil_camera_stats(camera);
    const double frames = stats.sent > 0 ? (double)stats.sent * 1000 : 1;
    double ms[SCRIM_STAGE_COUNT];
    for (int i = 0; i < SCRIM_STAGE_COUNT; i++)
        ms[i] = (double)(stats.stages.us[i] + stats.redactor.stages.us[i]) / frames;
    scrim_info(&camera->log,
               "packets=%llu sent=%llu opaque=%llu shed=%llu dropped=%llu errors=%llu "
               "detector_runs=%llu ms_per_frame decode=%.2f motion=%.2f detect=%.2f mask=%.2f "
               "render=%.2f encode=%.2f",
               (unsigned long long)stats.packets, (unsigned long long)stats.sent,
               (unsigned long long)stats.redactor.opaque, (unsigned long long)stats.shed,
               (unsigned long long)stats.dropped, (unsigned long long)stats.decode_errors,
               (unsigned long long)stats.redactor.detector_runs, ms[SCRIM_STAGE_DECODE],
               ms[SCRIM_STAGE_MOTION], ms[SCRIM_STAGE_DETECT], ms[SCRIM_STAGE_MASK],
               ms[SCRIM_STAGE_RENDER], ms[SCRIM_STAGE_ENCODE]);
}
