// What the camera asks of us: redirects, and requests of its own within the connection (RFC 2326,
// 10.1, 10.3, 10.8 to 10.10).
#include "rtsp/session_impl.h"

#include <string.h>

int scrim_rtsp_redirect(struct scrim_rtsp_session *session, struct scrim_text location,
                        struct scrim_error *error)
{
    char target[SCRIM_RTSP_URL_MAX];
    struct scrim_rtsp_url from, to;
    if (!scrim_text_copy(location, target, sizeof target) ||
        scrim_rtsp_url_parse(target, &to, NULL) < 0)
        return scrim_fail(error, SCRIM_EFORMAT,
                          "%s: the camera sends us elsewhere, but not to an RTSP address",
                          session->url);
    if (scrim_rtsp_url_parse(session->url, &from, NULL) >= 0 && from.tls && !to.tls)
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "%s: the camera sends us from rtsps:// to rtsp://, where the stream "
                          "would travel in the clear",
                          session->url);
    memcpy(session->redirect, target, sizeof target);
    session->phase = SCRIM_RTSP_REDIRECTED;
    return SCRIM_OK;
}

// Which requests we say yes to. What they set or announce changes nothing: a new description of the
// stream stands in the stream as well.
static bool is_understood(struct scrim_text method)
{
    static const char *const methods[] = {"OPTIONS",       "ANNOUNCE", "GET_PARAMETER",
                                          "SET_PARAMETER", "REDIRECT", "TEARDOWN"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (scrim_text_is(method, methods[i]))
            return true;
    return false;
}

int scrim_rtsp_on_request(struct scrim_rtsp_session *session,
                          const struct scrim_rtsp_message *message, struct scrim_error *error)
{
    const int result = scrim_rtsp_write_answer(session, is_understood(message->method),
                                               scrim_rtsp_field(message, "CSeq"));
    if (result < 0)
        return scrim_rtsp_failed(session, result, error);
    const struct scrim_text location = scrim_rtsp_field(message, "Location");
    if (scrim_text_is(message->method, "REDIRECT") && location.at)
        return scrim_rtsp_redirect(session, location, error);
    if (scrim_text_is(message->method, "REDIRECT") || scrim_text_is(message->method, "TEARDOWN"))
        session->phase = SCRIM_RTSP_ENDED;
    return SCRIM_OK;
}
