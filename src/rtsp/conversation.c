// Which request follows which answer: OPTIONS, DESCRIBE, SETUP for each track, PLAY, keep-alive.
#include "rtsp/session_impl.h"
#include "rtsp/transport.h"

#define TIMEOUT_MAX_S 86400 // what is longer is not believed
#define RETRY_US 1000000

int scrim_rtsp_begin(struct scrim_rtsp_session *session, enum scrim_rtsp_step step)
{
    session->step = step;
    session->logins = 0;
    session->cseq++;
    session->authorized = session->auth && scrim_rtsp_auth_is_ready(session->auth);
    const int result = scrim_rtsp_write_request(session);
    session->awaiting = result >= 0;
    return result;
}

// Sets up the next track, or plays when all are.
int scrim_rtsp_next_track(struct scrim_rtsp_session *session)
{
    session->phase = SCRIM_RTSP_TALKING;
    if (session->current == session->wanted)
        return scrim_rtsp_begin(session, SCRIM_RTSP_STEP_PLAY);
    if (!session->udp)
        return scrim_rtsp_begin(session, SCRIM_RTSP_STEP_SETUP);
    session->phase = SCRIM_RTSP_NEEDS_UDP;
    return SCRIM_OK;
}

int scrim_rtsp_explain_begin(const struct scrim_rtsp_session *session, int result,
                             struct scrim_error *error)
{
    if (result == SCRIM_EFORMAT)
        return scrim_fail(
            error, SCRIM_EFORMAT,
            "%s: the camera's session description (SDP) names a track by an unusable URL",
            session->url);
    return result < 0 ? scrim_rtsp_failed(session, result, error) : SCRIM_OK;
}

static int begin(struct scrim_rtsp_session *session, enum scrim_rtsp_step step,
                 struct scrim_error *error)
{
    return scrim_rtsp_explain_begin(session, scrim_rtsp_begin(session, step), error);
}

static int next_track(struct scrim_rtsp_session *session, struct scrim_error *error)
{
    return scrim_rtsp_explain_begin(session, scrim_rtsp_next_track(session), error);
}

static bool is_success(unsigned status)
{
    return status >= 200 && status < 300;
}

// "Session: <id>[;timeout=<seconds>]" (12.37).
static bool read_session(struct scrim_rtsp_session *session,
                         const struct scrim_rtsp_message *message)
{
    struct scrim_text field = scrim_rtsp_field(message, "Session"), part, name, value;
    uint32_t seconds;
    if (!scrim_text_split(&field, ';', &part))
        return true; // not said
    if (!scrim_text_copy(scrim_text_trim(part), session->id, sizeof session->id))
        return false;
    while (scrim_text_split(&field, ';', &part)) {
        scrim_text_pair(part, &name, &value);
        if (scrim_text_is(name, "timeout") && scrim_text_number(value, TIMEOUT_MAX_S, &seconds) &&
            seconds > 0)
            session->timeout_s = seconds;
    }
    return true;
}

static int on_options(struct scrim_rtsp_session *session, const struct scrim_rtsp_message *message,
                      struct scrim_error *error)
{
    struct scrim_text methods = scrim_rtsp_field(message, "Public"), method;
    // Some cameras refuse OPTIONS and nothing else; what is wrong, DESCRIBE will tell.
    session->has_get_parameter = !is_success(message->status);
    while (scrim_text_split(&methods, ',', &method))
        session->has_get_parameter |= scrim_text_is(scrim_text_trim(method), "GET_PARAMETER");
    return begin(session, SCRIM_RTSP_STEP_DESCRIBE, error);
}

// C.1.1: what relative control URLs are relative to. An absolute URL of the session itself goes
// first, as in other clients.
static bool find_base(struct scrim_rtsp_session *session, const struct scrim_rtsp_message *message)
{
    struct scrim_text base = scrim_rtsp_field(message, "Content-Base");
    if (!scrim_rtsp_url_is_absolute(base))
        base = scrim_rtsp_field(message, "Content-Location");
    if (!scrim_rtsp_url_is_absolute(base))
        base = scrim_text_of(session->url);
    char outer[SCRIM_RTSP_URL_MAX];
    return scrim_text_copy(base, outer, sizeof outer) &&
           scrim_rtsp_url_resolve(outer, scrim_text_of(session->sdp.control), session->base);
}

static const struct scrim_sdp_media *find_track(const struct scrim_sdp *sdp,
                                                enum scrim_sdp_kind kind)
{
    for (unsigned i = 0; i < sdp->count; i++) {
        const struct scrim_sdp_media *media = &sdp->media[i];
        if (media->kind == kind && !media->encrypted &&
            (scrim_sdp_codec(media) || scrim_sdp_records_audio(media)))
            return media;
    }
    return NULL;
}

static int on_describe(struct scrim_rtsp_session *session, const struct scrim_rtsp_message *message,
                       struct scrim_error *error)
{
    if (!is_success(message->status))
        return scrim_rtsp_refused(session, message->status, error);
    const int result =
        scrim_sdp_parse(message->body.at, message->body.length, &session->sdp, error);
    if (result < 0) {
        scrim_fail_prefix(error, "%s", session->url);
        return result;
    }
    const struct scrim_sdp_media *video = find_track(&session->sdp, SCRIM_SDP_VIDEO);
    const struct scrim_sdp_media *audio = find_track(&session->sdp, SCRIM_SDP_AUDIO);
    if (!video)
        return scrim_rtsp_no_track(session, error);
    if (!find_base(session, message))
        return scrim_rtsp_explain_begin(session, SCRIM_EFORMAT, error);
    session->tracks[session->wanted++].media = video;
    if (session->audio && audio)
        session->tracks[session->wanted++].media = audio;
    session->udp = session->lower == SCRIM_RTSP_LOWER_UDP;
    return next_track(session, error);
}

// Goes on with the tracks that are set up: an audio track that cannot be costs no video, and
// _tracks() tells the caller.
static int do_without(struct scrim_rtsp_session *session, struct scrim_error *error)
{
    session->wanted = session->current;
    return next_track(session, error);
}

// 461, or an answer that settles something else than was asked for.
static int on_other_transport(struct scrim_rtsp_session *session, struct scrim_error *error)
{
    if (session->current > 0)
        return do_without(session, error);
    if (session->lower != SCRIM_RTSP_LOWER_AUTO || session->udp)
        return scrim_rtsp_refused(session, 461, error);
    session->udp = true;
    return next_track(session, error);
}

static int keep_channels(struct scrim_rtsp_session *session,
                         const struct scrim_rtsp_transport *transport, struct scrim_error *error)
{
    struct scrim_rtsp_track *track = &session->tracks[session->current];
    track->rtp_channel = (uint8_t)(2 * session->current);
    track->rtcp_channel = (uint8_t)(2 * session->current + 1);
    if (transport->has_channels) {
        track->rtp_channel = transport->rtp_channel;
        track->rtcp_channel = transport->rtcp_channel;
    }
    uint8_t *rtp = &session->channels[track->rtp_channel];
    uint8_t *rtcp = &session->channels[track->rtcp_channel];
    if (*rtp != 0 || *rtcp != 0)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: the camera gives two tracks the same channel",
                          session->url);
    *rtp = (uint8_t)(1 + 2 * session->current);
    *rtcp = (uint8_t)(2 + 2 * session->current);
    return SCRIM_OK;
}

static int on_set_up(struct scrim_rtsp_session *session, const struct scrim_rtsp_message *message,
                     struct scrim_error *error)
{
    struct scrim_rtsp_track *track = &session->tracks[session->current];
    // Without a header: as asked.
    struct scrim_rtsp_transport transport = {.interleaved = !session->udp};
    const struct scrim_text field = scrim_rtsp_field(message, "Transport");
    if (!read_session(session, message) ||
        (field.at && !scrim_rtsp_transport_parse(field, &transport)))
        return scrim_fail(error, SCRIM_EFORMAT, "%s: the camera's answer to SETUP is malformed",
                          session->url);
    if (transport.multicast || transport.interleaved == session->udp)
        return on_other_transport(session, error);
    if (session->udp) {
        track->rtp_port = transport.rtp_port;
        track->rtcp_port = transport.rtcp_port;
        session->phase = SCRIM_RTSP_NEEDS_UDP_PEER;
        return SCRIM_OK;
    }
    const int result = keep_channels(session, &transport, error);
    if (result < 0)
        return result;
    session->current++;
    return next_track(session, error);
}

static int on_setup(struct scrim_rtsp_session *session, const struct scrim_rtsp_message *message,
                    struct scrim_error *error)
{
    if (is_success(message->status))
        return on_set_up(session, message, error);
    if (session->current > 0)
        return do_without(session, error);
    return message->status == 461 ? on_other_transport(session, error)
                                  : scrim_rtsp_refused(session, message->status, error);
}

static void plan_keep_alive(struct scrim_rtsp_session *session)
{
    session->keep_alive_us = session->now_us + (int64_t)session->timeout_s * 1000000 / 2;
}

static int on_play(struct scrim_rtsp_session *session, const struct scrim_rtsp_message *message,
                   struct scrim_error *error)
{
    if (message->status == 457 && !session->refuses_range) { // Invalid Range: live has none
        session->refuses_range = true;
        return begin(session, SCRIM_RTSP_STEP_PLAY, error);
    }
    if (!is_success(message->status))
        return scrim_rtsp_refused(session, message->status, error);
    if (!read_session(session, message))
        return scrim_fail(error, SCRIM_EFORMAT, "%s: the camera's answer to PLAY is malformed",
                          session->url);
    session->phase = SCRIM_RTSP_PLAYING;
    plan_keep_alive(session);
    return SCRIM_OK;
}

// A refused keep-alive costs nothing while pictures come; when they stop, the caller notices. The
// next one is of the other kind.
static int on_kept_alive(struct scrim_rtsp_session *session,
                         const struct scrim_rtsp_message *message)
{
    if (!is_success(message->status))
        session->has_get_parameter = !session->has_get_parameter;
    return SCRIM_OK;
}

static int on_step(struct scrim_rtsp_session *session, const struct scrim_rtsp_message *message,
                   struct scrim_error *error)
{
    switch (session->step) {
    case SCRIM_RTSP_STEP_OPTIONS: return on_options(session, message, error);
    case SCRIM_RTSP_STEP_DESCRIBE: return on_describe(session, message, error);
    case SCRIM_RTSP_STEP_SETUP: return on_setup(session, message, error);
    case SCRIM_RTSP_STEP_PLAY: return on_play(session, message, error);
    case SCRIM_RTSP_STEP_KEEP_ALIVE: return on_kept_alive(session, message);
    case SCRIM_RTSP_STEP_TEARDOWN: break;
    }
    return SCRIM_OK;
}

// An answer without CSeq is taken for the one that is due; any other number is not for us, or late.
static bool is_expected(const struct scrim_rtsp_session *session,
                        const struct scrim_rtsp_message *message)
{
    const struct scrim_text field = scrim_rtsp_field(message, "CSeq");
    uint32_t number;
    return session->awaiting && (!field.at || (scrim_text_number(field, UINT32_MAX, &number) &&
                                               number == session->cseq));
}

// In a keep-alive, too, a refusal costs nothing yet.
static int on_unauthorized(struct scrim_rtsp_session *session,
                           const struct scrim_rtsp_message *message, struct scrim_error *error)
{
    const int result = scrim_rtsp_log_in(session, message, error);
    if (session->step == SCRIM_RTSP_STEP_KEEP_ALIVE && result == SCRIM_EAUTH)
        return SCRIM_OK;
    return result;
}

static void read_next_nonce(struct scrim_rtsp_session *session,
                            const struct scrim_rtsp_message *message)
{
    const struct scrim_text field = scrim_rtsp_field(message, "Authentication-Info");
    if (field.at)
        scrim_rtsp_auth_info(session->auth, field);
}

int scrim_rtsp_on_answer(struct scrim_rtsp_session *session,
                         const struct scrim_rtsp_message *message, struct scrim_error *error)
{
    if (message->status < 200 || !is_expected(session, message)) // 100: it takes its time
        return SCRIM_OK;
    session->awaiting = false;
    if (message->status == 401)
        return on_unauthorized(session, message, error);
    session->login_proven |= session->authorized && message->status != 403;
    if (session->authorized)
        read_next_nonce(session, message);
    const struct scrim_text location = scrim_rtsp_field(message, "Location");
    if (message->status >= 300 && message->status < 400 && location.at)
        return scrim_rtsp_redirect(session, location, error);
    return on_step(session, message, error);
}

int64_t scrim_rtsp_session_tick(struct scrim_rtsp_session *session, int64_t mono_us)
{
    session->now_us = mono_us;
    if (session->phase != SCRIM_RTSP_PLAYING)
        return INT64_MAX;
    if (mono_us >= session->keep_alive_us) {
        plan_keep_alive(session);
        // No room or no memory: the next one is soon enough, since half the time-out is left.
        if (scrim_rtsp_begin(session, SCRIM_RTSP_STEP_KEEP_ALIVE) < 0)
            session->keep_alive_us = mono_us + RETRY_US;
    }
    return session->keep_alive_us;
}
