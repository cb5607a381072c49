#include "recorder/state.h"

#include <jansson.h>
#include <stdlib.h>

static const char *state_name(const struct scrim_camera_state *state)
{
    if (state->recording.recording)
        return state->recording.keep == SCRIM_KEEP_ORIGINAL ? "recording" : "watching";
    return state->streaming || state->problem[0] ? "waiting" : "connecting";
}

// The connection's problem comes first: it says what is wrong now, a gap says what it began with.
static json_t *cause_of(const struct scrim_camera_state *state)
{
    if (state->has_cause)
        return json_string(scrim_gap_cause_text(state->cause));
    if (!state->recording.recording && state->recording.explained)
        return json_string(scrim_gap_cause_text(state->recording.cause));
    return json_null();
}

static const char *detail_of(const struct scrim_camera_state *state)
{
    if (state->problem[0])
        return state->problem;
    if (state->recording.recording)
        return "";
    if (state->streaming && !state->recording.explained)
        return "waiting for a key frame";
    return state->recording.detail;
}

static json_t *gaps_by_json(const struct scrim_camera_state *state)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < SCRIM_GAP_CAUSES; i++)
        json_object_set_new(object, scrim_gap_cause_text((enum scrim_gap_cause)i),
                            json_integer((json_int_t)state->recording.gaps_by[i]));
    return object;
}

int scrim_camera_state_json(const struct scrim_camera_state *state, uint64_t veil_drops,
                            struct scrim_buf *out)
{
    static const char *const codecs[] = {
        [0] = "", [SCRIM_CODEC_H264] = "h264", [SCRIM_CODEC_H265] = "h265"};
    const struct scrim_feed_stats *feed = &state->feed;
    json_t *json =
        json_pack("{s:s, s:o, s:s, s:I, s:s, s:I, s:I, s:I, s:f, s:I, s:I, s:I, s:o, s:I, s:I}",
                  "state", state_name(state), "cause", cause_of(state), "detail", detail_of(state),
                  "since_us", (json_int_t)state->recording.since_us, "codec", codecs[state->codec],
                  "width", (json_int_t)state->width, "height", (json_int_t)state->height, "bitrate",
                  (json_int_t)state->bitrate, "fps", state->fps, "frames",
                  (json_int_t)state->recording.frames, "reconnects", (json_int_t)feed->reconnects,
                  "gaps", (json_int_t)state->recording.gaps, "gaps_by", gaps_by_json(state), "lost",
                  (json_int_t)state->recording.lost_units, "veil_drops", (json_int_t)veil_drops);
    if (json && state->recording.sound)
        json_object_set_new(json, "sound",
                            json_pack("{s:I, s:I, s:I}", "frames",
                                      (json_int_t)state->recording.sound_frames, "dropped",
                                      (json_int_t)state->recording.sound_dropped, "lost_packets",
                                      (json_int_t)state->recording.sound_lost_packets));
    if (json && feed->connected) {
        json_object_set_new(json, "transport",
                            json_string(feed->tls   ? "tls"
                                        : feed->udp ? "udp"
                                                    : "tcp"));
        json_object_set_new(json, "packets", json_integer((json_int_t)feed->packets));
        json_object_set_new(json, "lost_packets", json_integer((json_int_t)feed->lost_packets));
        json_object_set_new(json, "dropped", json_integer((json_int_t)feed->dropped_units));
        json_object_set_new(json, "jitter_us", json_integer((json_int_t)feed->jitter_us));
        if (feed->has_clock_offset)
            json_object_set_new(json, "clock_offset_us",
                                json_integer((json_int_t)feed->clock_offset_us));
    }
    // Text that is not UTF-8 cannot be said in JSON; ours quotes nothing that a camera sent.
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    const int result = text ? scrim_buf_append_text(out, text) : SCRIM_ENOMEM;
    free(text);
    json_decref(json);
    return result;
}
