#include "rtsp/session_impl.h"

static const char *method_of(const struct scrim_rtsp_session *session)
{
    switch (session->step) {
    case SCRIM_RTSP_STEP_OPTIONS: return "OPTIONS";
    case SCRIM_RTSP_STEP_DESCRIBE: return "DESCRIBE";
    case SCRIM_RTSP_STEP_SETUP: return "SETUP";
    case SCRIM_RTSP_STEP_PLAY: return "PLAY";
    case SCRIM_RTSP_STEP_KEEP_ALIVE:
        return session->has_get_parameter ? "GET_PARAMETER" : "OPTIONS";
    case SCRIM_RTSP_STEP_TEARDOWN: return "TEARDOWN";
    }
    return "OPTIONS";
}

// The URL of the request. SCRIM_EFORMAT if the track's cannot be made of what the camera said.
static int url_of(const struct scrim_rtsp_session *session, char ret[SCRIM_RTSP_URL_MAX])
{
    const bool early = session->step <= SCRIM_RTSP_STEP_DESCRIBE;
    const char *control = session->step == SCRIM_RTSP_STEP_SETUP
                              ? session->tracks[session->current].media->control
                              : "";
    return scrim_rtsp_url_resolve(early ? session->url : session->base, scrim_text_of(control), ret)
               ? SCRIM_OK
               : SCRIM_EFORMAT;
}

static int write_transport(struct scrim_rtsp_session *session)
{
    const struct scrim_rtsp_track *track = &session->tracks[session->current];
    if (session->udp)
        return scrim_buf_printf(&session->out, "Transport: RTP/AVP;unicast;client_port=%u-%u\r\n",
                                track->our_port, track->our_port + 1U);
    return scrim_buf_printf(&session->out, "Transport: RTP/AVP/TCP;unicast;interleaved=%u-%u\r\n",
                            2 * session->current, 2 * session->current + 1);
}

static int write_step(struct scrim_rtsp_session *session)
{
    switch (session->step) {
    case SCRIM_RTSP_STEP_DESCRIBE:
        return scrim_buf_append_text(&session->out, "Accept: application/sdp\r\n");
    case SCRIM_RTSP_STEP_SETUP: return write_transport(session);
    case SCRIM_RTSP_STEP_PLAY:
        return session->refuses_range
                   ? SCRIM_OK
                   : scrim_buf_append_text(&session->out, "Range: npt=0.000-\r\n");
    default: return SCRIM_OK;
    }
}

static int write_lines(struct scrim_rtsp_session *session, const char *url)
{
    struct scrim_buf *out = &session->out;
    const char *method = method_of(session);
    int result = scrim_buf_printf(out, "%s %s RTSP/1.0\r\nCSeq: %u\r\nUser-Agent: %s\r\n", method,
                                  url, session->cseq, session->user_agent);
    if (result >= 0 && session->id[0])
        result = scrim_buf_printf(out, "Session: %s\r\n", session->id);
    if (result >= 0 && session->authorized)
        result = scrim_rtsp_auth_write(session->auth, method, url, out);
    if (result >= 0)
        result = write_step(session);
    return result < 0 ? result : scrim_buf_append_text(out, "\r\n");
}

int scrim_rtsp_write_request(struct scrim_rtsp_session *session)
{
    const size_t before = session->out.len;
    char url[SCRIM_RTSP_URL_MAX];
    int result = url_of(session, url);
    if (result >= 0)
        result = write_lines(session, url);
    if (result < 0)
        session->out.len = before;
    return result;
}

int scrim_rtsp_write_answer(struct scrim_rtsp_session *session, bool understood,
                            struct scrim_text cseq)
{
    const size_t before = session->out.len;
    uint32_t number;
    int result = scrim_buf_append_text(
        &session->out, understood ? "RTSP/1.0 200 OK\r\n" : "RTSP/1.0 501 Not Implemented\r\n");
    if (result >= 0 && scrim_text_number(cseq, UINT32_MAX, &number))
        result = scrim_buf_printf(&session->out, "CSeq: %u\r\n", number);
    if (result >= 0)
        result = scrim_buf_append_text(&session->out, "\r\n");
    if (result < 0)
        session->out.len = before;
    return result;
}
