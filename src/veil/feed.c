#include "veil/feed.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "bitstream/mux.h"
#include "media/encode.h"
#include "media/shrink.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY_INTERVAL_MAX 250 // frames; ours come sooner
#define FRAGMENT_MAX (8U << 20)

// What a rendition is made of.
struct recipe {
    int64_t key_every_us;
    int64_t step_us; // from one picture to the next, about; 0: all of them
    double fps;      // for the rate control; time stamps say the truth
    enum scrim_encoder_effort effort;
    int bit_rate_max;          // 0: plenty
    int max_width, max_height; // 0: as they come
};

static const struct recipe recipes[SCRIM_RENDITIONS] = {
    [SCRIM_RENDITION_FULL] = {2 * SCRIM_SECOND, 0, 10, SCRIM_EFFORT_LEAST, 0, 0, 0},
    // A key frame is worth a second of what the link takes: whoever joins asks for one instead.
    // Fragments and WebSocket add 4 kbit/s.
    [SCRIM_RENDITION_THIN] = {12 * SCRIM_SECOND, SCRIM_SECOND / 4, 4, SCRIM_EFFORT_THIN, 43000, 320,
                              240},
};

struct scrim_feed {
    struct scrim_outlet outlet;
    const char *camera;
    enum scrim_rendition rendition;
    const struct recipe *recipe;
    struct scrim_shrink *shrink; // NULL: pictures go as they come
    struct scrim_buf fragment;
    struct scrim_feed_stats stats;

    // From begin to end.
    int width, height; // as sent
    struct scrim_encoder *encoder;
    struct scrim_mux *mux; // once the desk has the init segment
    bool force_key, dropping, any_sent;
    int64_t key_pts_us, due_us; // of the last key frame, of the next picture
    int64_t sent_pts;           // of the last frame, 1/SCRIM_MUX_TIMESCALE s
};

struct scrim_feed *scrim_feed_create(const struct scrim_outlet *outlet, const char *camera,
                                     enum scrim_rendition rendition)
{
    struct scrim_feed *feed = scrim_new(struct scrim_feed);
    feed->outlet = *outlet;
    feed->camera = camera;
    feed->rendition = rendition;
    feed->recipe = &recipes[rendition];
    if (feed->recipe->max_width > 0)
        feed->shrink = scrim_shrink_create(feed->recipe->max_width, feed->recipe->max_height);
    scrim_buf_init(&feed->fragment, FRAGMENT_MAX);
    return feed;
}

void scrim_feed_destroy(struct scrim_feed *feed)
{
    if (!feed)
        return;
    scrim_feed_end(feed);
    scrim_shrink_destroy(feed->shrink);
    scrim_buf_finish(&feed->fragment);
    free(feed);
}

int scrim_feed_begin(struct scrim_feed *feed, const struct scrim_picture *like,
                     struct scrim_error *error)
{
    scrim_feed_end(feed);
    feed->width = like->width;
    feed->height = like->height;
    if (feed->shrink)
        scrim_shrink_size(feed->shrink, like->width, like->height, &feed->width, &feed->height);
    const struct scrim_encoder_params params = {
        .width = feed->width,
        .height = feed->height,
        .full_range = like->full_range,
        .time_base_num = 1,
        .time_base_den = SCRIM_MUX_TIMESCALE,
        .fps = feed->recipe->fps,
        .key_interval = KEY_INTERVAL_MAX,
        .effort = feed->recipe->effort,
        .bit_rate_max = feed->recipe->bit_rate_max,
    };
    feed->force_key = true;
    feed->dropping = false;
    feed->any_sent = false;
    return scrim_encoder_create(&params, &feed->encoder, error);
}

bool scrim_feed_begun(const struct scrim_feed *feed)
{
    return feed->encoder != NULL;
}

void scrim_feed_end(struct scrim_feed *feed)
{
    scrim_encoder_destroy(feed->encoder);
    scrim_mux_destroy(feed->mux);
    feed->encoder = NULL;
    feed->mux = NULL;
}

void scrim_feed_refresh(struct scrim_feed *feed)
{
    feed->force_key = true;
}

static int send_init(struct scrim_feed *feed, const struct scrim_mux_params *params,
                     struct scrim_error *error)
{
    char codec[64], mime[128];
    int code = scrim_mux_mime_codec(params, codec);
    if (code < 0)
        return scrim_fail(error, code, "the encoder's parameter sets");
    snprintf(mime, sizeof mime, "video/mp4; codecs=\"%s\"", codec);
    const struct scrim_outlet_stream stream = {feed->camera, feed->rendition, feed->width,
                                               feed->height, mime};
    code = scrim_outlet_init(&feed->outlet, &stream, &feed->fragment);
    if (code < 0)
        return scrim_fail(error, code, "the desk took no beginning: %s", scrim_err_text(code));
    return SCRIM_OK;
}

// The mux, with its init segment sent; without it no fragment is of use. SCRIM_EAGAIN when the desk
// has no room.
static int make_mux(struct scrim_feed *feed, struct scrim_error *error)
{
    struct scrim_mux_params params = {
        .codec = SCRIM_CODEC_H264,
        .width = (uint32_t)feed->width,
        .height = (uint32_t)feed->height,
    };
    scrim_encoder_extradata(feed->encoder, &params.extradata, &params.extradata_len);
    scrim_buf_clear(&feed->fragment);
    int code = scrim_mux_create(&params, &feed->mux, &feed->fragment, error);
    if (code < 0)
        return code;
    code = send_init(feed, &params, error);
    if (code < 0) {
        scrim_mux_destroy(feed->mux);
        feed->mux = NULL;
    }
    return code;
}

// What the desk's full link makes us leave out: everything up to the next key frame.
static bool has_room(struct scrim_feed *feed)
{
    if (!feed->dropping)
        return true;
    if (!feed->outlet.roomy(feed->outlet.context))
        return false;
    feed->dropping = false;
    feed->force_key = true;
    return true;
}

// Before the beginning, two pictures of one time, or a step back: nothing a player could show.
static bool can_be_shown(const struct scrim_feed *feed, int64_t pts)
{
    return pts >= 0 && (!feed->any_sent || pts > feed->sent_pts);
}

static int encode(struct scrim_feed *feed, const struct scrim_veiled *veiled, int64_t pts,
                  bool *ret_key, struct scrim_error *error)
{
    const bool key = feed->force_key ||
                     veiled->pts_us - feed->key_pts_us >= feed->recipe->key_every_us ||
                     scrim_mux_is_break(feed->mux, pts);
    struct scrim_picture picture = veiled->picture;
    struct scrim_encoded encoded;
    int code = SCRIM_OK;
    if (feed->shrink)
        code = scrim_shrink_take(feed->shrink, &veiled->picture, &picture, error);
    if (code >= 0)
        code = scrim_encoder_encode(feed->encoder, &picture, pts, key, &encoded, error);
    if (code < 0)
        return code;
    scrim_buf_clear(&feed->fragment);
    code = scrim_mux_write(feed->mux, encoded.data, encoded.count, encoded.pts, encoded.dts,
                           encoded.key, error);
    if (code >= 0)
        code = scrim_mux_cut(feed->mux, &feed->fragment, error);
    *ret_key = encoded.key;
    return code;
}

static int leave_out(struct scrim_feed *feed)
{
    feed->stats.dropped++;
    return SCRIM_OK;
}

static int send_fragment(struct scrim_feed *feed, const struct scrim_veiled *veiled, bool key,
                         struct scrim_error *error)
{
    const int code = scrim_outlet_frame(&feed->outlet, feed->camera, feed->rendition, veiled, key,
                                        &feed->fragment);
    if (code == SCRIM_EAGAIN) {
        feed->dropping = true;
        return leave_out(feed);
    }
    if (code < 0)
        return scrim_fail(error, code, "the desk took no frame: %s", scrim_err_text(code));
    if (key) {
        feed->force_key = false;
        feed->key_pts_us = veiled->pts_us;
    }
    feed->stats.sent++;
    return SCRIM_OK;
}

// Whether it is a picture's turn: so many a second on average, whatever the camera's own rate. A
// jump in time begins a new count.
static bool is_due(struct scrim_feed *feed, int64_t pts_us)
{
    const int64_t step_us = feed->recipe->step_us, early_us = feed->due_us - pts_us;
    if (feed->any_sent && early_us > 0 && early_us <= step_us && !feed->force_key)
        return false;
    const bool steady = feed->any_sent && early_us > -step_us && early_us <= 0;
    feed->due_us = (steady ? feed->due_us : pts_us) + step_us;
    return true;
}

int scrim_feed_send(struct scrim_feed *feed, const struct scrim_veiled *veiled,
                    struct scrim_error *error)
{
    const int64_t pts = veiled->pts_us * (SCRIM_MUX_TIMESCALE / 1000) / 1000;
    if (feed->recipe->step_us > 0 && !is_due(feed, veiled->pts_us))
        return SCRIM_OK;
    if (!can_be_shown(feed, pts) || !has_room(feed))
        return leave_out(feed);
    if (!feed->mux) {
        const int code = make_mux(feed, error);
        if (code < 0)
            return code == SCRIM_EAGAIN ? leave_out(feed) : code;
    }
    bool key = false;
    int64_t mark = scrim_stage_now();
    const int code = encode(feed, veiled, pts, &key, error);
    scrim_stage_add(&feed->stats.stages, SCRIM_STAGE_ENCODE, &mark);
    if (code < 0)
        return code;
    feed->sent_pts = pts;
    feed->any_sent = true;
    return send_fragment(feed, veiled, key, error);
}

struct scrim_feed_stats scrim_feed_stats(const struct scrim_feed *feed)
{
    return feed->stats;
}
