#include "rtsp/session_impl.h"

#include <string.h>

static int unauthorized(const struct scrim_rtsp_session *session, struct scrim_error *error)
{
    return session->auth
               ? scrim_fail(error, SCRIM_EAUTH,
                            "%s: the camera refuses the user name or password (401)", session->url)
               : scrim_fail(error, SCRIM_EAUTH,
                            "%s: the camera wants a user name and a password (401): set user and "
                            "password_file",
                            session->url);
}

static int forbidden(const struct scrim_rtsp_session *session, struct scrim_error *error)
{
    return session->auth
               ? scrim_fail(error, SCRIM_EAUTH,
                            "%s: the camera does not allow this user the stream (403)",
                            session->url)
               : scrim_fail(error, SCRIM_EAUTH,
                            "%s: the camera does not allow the stream to everybody (403): set user "
                            "and password_file",
                            session->url);
}

static enum scrim_rtsp_refusal refusal_of(const struct scrim_rtsp_session *session, unsigned status)
{
    switch (status) {
    case 401:
    case 403: return session->auth ? SCRIM_RTSP_REFUSED_LOGIN : SCRIM_RTSP_REFUSED_NO_LOGIN;
    case 404:
    case 410: return SCRIM_RTSP_REFUSED_PATH;
    case 461: return SCRIM_RTSP_REFUSED_TRANSPORT;
    default:
        return status == 453 || status >= 500 ? SCRIM_RTSP_REFUSED_BUSY : SCRIM_RTSP_REFUSED_OTHER;
    }
}

enum scrim_rtsp_refusal scrim_rtsp_session_refusal(const struct scrim_rtsp_session *session)
{
    return session->refusal;
}

int scrim_rtsp_refused(struct scrim_rtsp_session *session, unsigned status,
                       struct scrim_error *error)
{
    const char *url = session->url;
    session->refusal = refusal_of(session, status);
    switch (status) {
    case 401: return unauthorized(session, error);
    case 403: return forbidden(session, error);
    case 404:
    case 410:
        return scrim_fail(error, SCRIM_ENOENT,
                          "%s: the camera has no such stream (%u): check the path of its address",
                          url, status);
    case 453:
        return scrim_fail(error, SCRIM_EBUSY,
                          "%s: the camera has no bandwidth left for another viewer (453): end "
                          "other connections to it, or lower its bit rate",
                          url);
    case 461:
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "%s: the camera does not offer this transport (461)%s", url,
                          session->lower == SCRIM_RTSP_LOWER_AUTO  ? ", neither TCP nor UDP"
                          : session->lower == SCRIM_RTSP_LOWER_TCP ? ": try transport udp or auto"
                                                                   : ": try transport tcp or auto");
    default: break;
    }
    if (status >= 500)
        return scrim_fail(error, SCRIM_EBUSY, "%s: the camera cannot serve the stream now (%u)",
                          url, status);
    if (status >= 300 && status < 400)
        return scrim_fail(error, SCRIM_EFORMAT,
                          "%s: the camera sends us elsewhere (%u), but not to an RTSP address", url,
                          status);
    return scrim_fail(error, SCRIM_EFORMAT, "%s: the camera refuses the request (%u)", url, status);
}

int scrim_rtsp_not_rtsp(struct scrim_rtsp_session *session, const uint8_t *data, size_t size,
                        struct scrim_error *error)
{
    const char *hint = "";
    const bool http = size >= 4 && memcmp(data, "HTTP", 4) == 0;
    const bool tls = size >= 2 && (data[0] == 0x15 || data[0] == 0x16) && data[1] == 0x03;
    session->refusal = http  ? SCRIM_RTSP_REFUSED_HTTP
                       : tls ? SCRIM_RTSP_REFUSED_TLS
                             : SCRIM_RTSP_REFUSED_NOT_RTSP;
    if (http)
        hint = ", it is a web server: check the port, RTSP usually has 554";
    else if (tls)
        hint = " in the clear, but TLS: write rtsps:// instead of rtsp://"; // RFC 8446, 5.1
    return scrim_fail(error, SCRIM_EFORMAT, "%s: what answers there does not speak RTSP%s",
                      session->url, hint);
}

int scrim_rtsp_no_track(struct scrim_rtsp_session *session, struct scrim_error *error)
{
    const struct scrim_sdp_media *video = NULL;
    for (unsigned i = 0; i < session->sdp.count && !video; i++)
        if (session->sdp.media[i].kind == SCRIM_SDP_VIDEO)
            video = &session->sdp.media[i];
    session->refusal = !video             ? SCRIM_RTSP_REFUSED_NO_VIDEO
                       : video->encrypted ? SCRIM_RTSP_REFUSED_ENCRYPTED
                                          : SCRIM_RTSP_REFUSED_CODEC;
    if (!video)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "%s: the stream has no video track",
                          session->url);
    if (video->encrypted)
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "%s: the camera encrypts the video with SRTP, which Scrim cannot open: "
                          "switch that off in the camera, and use rtsps:// against listeners",
                          session->url);
    if (video->encoding[0] == '\0')
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "%s: the camera does not name the video codec (payload type %u); Scrim "
                          "records H.264 and H.265",
                          session->url, video->payload_type);
    return scrim_fail(error, SCRIM_EUNSUPPORTED,
                      "%s: the video codec is %s; Scrim records H.264 and H.265", session->url,
                      video->encoding);
}

int scrim_rtsp_failed(const struct scrim_rtsp_session *session, int code, struct scrim_error *error)
{
    if (code == SCRIM_ENOSPACE)
        return scrim_fail(error, SCRIM_EFORMAT,
                          "%s: the camera asks on and on and takes no answers", session->url);
    return scrim_fail(error, code, "%s: %s", session->url, scrim_err_text(code));
}
