#include "base/alloc.h"
#include "rtsp/session_impl.h"

#include <sodium.h>
#include <stdlib.h>

#define TIMEOUT_DEFAULT_S 60 // RFC 2326, 12.37

static bool is_one_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

int scrim_rtsp_session_create(const struct scrim_rtsp_options *options, scrim_rtsp_packet_fn packet,
                              void *context, int64_t mono_us, struct scrim_rtsp_session **ret,
                              struct scrim_error *error)
{
    struct scrim_rtsp_url url;
    int result = scrim_rtsp_url_parse(options->url, &url, error);
    if (result < 0)
        return result;
    if (options->user && !is_one_line(options->user))
        return scrim_fail(error, SCRIM_EINVAL, "%s: user holds a control character", options->url);

    struct scrim_rtsp_session *session = scrim_new(struct scrim_rtsp_session);
    session->url = scrim_strdup(options->url);
    session->user_agent = scrim_strdup(options->user_agent);
    session->lower = options->lower;
    session->audio = options->audio;
    session->packet = packet;
    session->context = context;
    session->now_us = mono_us;
    session->timeout_s = TIMEOUT_DEFAULT_S;
    if (options->user && options->password)
        session->auth = scrim_rtsp_auth_create(options->user, options->password);
    scrim_buf_init(&session->out, SCRIM_RTSP_OUTPUT_MAX);
    result = scrim_buf_reserve(&session->out, SCRIM_RTSP_OUTPUT_MAX);
    if (result >= 0)
        result = scrim_rtsp_begin(session, SCRIM_RTSP_STEP_OPTIONS);
    if (result < 0) {
        scrim_rtsp_failed(session, result, error);
        scrim_rtsp_session_destroy(session);
        return result;
    }
    *ret = session;
    return SCRIM_OK;
}

void scrim_rtsp_session_destroy(struct scrim_rtsp_session *session)
{
    if (!session)
        return;
    scrim_rtsp_auth_destroy(session->auth);
    scrim_buf_finish_wipe(&session->out);
    scrim_sdp_finish(&session->sdp);
    free(session->url);
    free(session->user_agent);
    free(session);
}

enum scrim_rtsp_phase scrim_rtsp_session_phase(const struct scrim_rtsp_session *session)
{
    return session->phase;
}

static bool is_over(const struct scrim_rtsp_session *session)
{
    return session->phase == SCRIM_RTSP_ENDED || session->phase == SCRIM_RTSP_REDIRECTED;
}

int scrim_rtsp_session_receive(struct scrim_rtsp_session *session, const uint8_t *data, size_t size,
                               int64_t mono_us, size_t *ret_taken, struct scrim_error *error)
{
    size_t taken = 0;
    session->now_us = mono_us;
    while (taken < size && !is_over(session)) {
        const int result = scrim_rtsp_stream_take(session, data + taken, size - taken, error);
        if (result < 0)
            return result;
        if (result == 0)
            break;
        taken += (size_t)result;
    }
    *ret_taken = is_over(session) ? size : taken;
    return SCRIM_OK;
}

struct scrim_buf *scrim_rtsp_session_output(struct scrim_rtsp_session *session)
{
    return &session->out;
}

int scrim_rtsp_session_send(struct scrim_rtsp_session *session, unsigned track, bool rtcp,
                            const uint8_t *data, size_t size)
{
    if (track >= session->current || session->udp || size > UINT16_MAX)
        return SCRIM_EINVAL;
    const struct scrim_rtsp_track *to = &session->tracks[track];
    const uint8_t head[4] = {'$', rtcp ? to->rtcp_channel : to->rtp_channel, (uint8_t)(size >> 8),
                             (uint8_t)size};
    int result = scrim_buf_reserve(&session->out, sizeof head + size);
    if (result >= 0)
        result = scrim_buf_append(&session->out, head, sizeof head);
    return result < 0 ? result : scrim_buf_append(&session->out, data, size);
}

int scrim_rtsp_session_use_udp(struct scrim_rtsp_session *session, unsigned track,
                               uint16_t rtp_port)
{
    if (session->phase != SCRIM_RTSP_NEEDS_UDP || track != session->current || rtp_port == 0 ||
        rtp_port % 2 != 0)
        return SCRIM_EINVAL;
    session->tracks[track].our_port = rtp_port;
    const int result = scrim_rtsp_begin(session, SCRIM_RTSP_STEP_SETUP);
    if (result >= 0)
        session->phase = SCRIM_RTSP_TALKING;
    return result;
}

struct scrim_rtsp_peer scrim_rtsp_session_peer(const struct scrim_rtsp_session *session)
{
    struct scrim_rtsp_peer peer = {.track = session->current};
    if (session->phase == SCRIM_RTSP_NEEDS_UDP_PEER) {
        peer.rtp_port = session->tracks[session->current].rtp_port;
        peer.rtcp_port = session->tracks[session->current].rtcp_port;
    }
    return peer;
}

int scrim_rtsp_session_udp_ready(struct scrim_rtsp_session *session)
{
    if (session->phase != SCRIM_RTSP_NEEDS_UDP_PEER)
        return SCRIM_EINVAL;
    session->current++;
    return scrim_rtsp_next_track(session);
}

int scrim_rtsp_session_leave_out(struct scrim_rtsp_session *session)
{
    if (session->phase != SCRIM_RTSP_NEEDS_UDP || session->current == 0)
        return SCRIM_EINVAL;
    session->wanted = session->current;
    return scrim_rtsp_next_track(session);
}

const char *scrim_rtsp_session_redirect(const struct scrim_rtsp_session *session)
{
    return session->redirect;
}

unsigned scrim_rtsp_session_tracks(const struct scrim_rtsp_session *session)
{
    return session->current;
}

const struct scrim_sdp_media *scrim_rtsp_session_track(const struct scrim_rtsp_session *session,
                                                       unsigned track)
{
    return track < session->current ? session->tracks[track].media : NULL;
}

void scrim_rtsp_session_teardown(struct scrim_rtsp_session *session)
{
    const bool has_session = !is_over(session) && session->id[0];
    session->phase = SCRIM_RTSP_ENDED;
    if (has_session && scrim_rtsp_begin(session, SCRIM_RTSP_STEP_TEARDOWN) < 0)
        return; // it cannot be queued; the end of the connection will say the same
}
