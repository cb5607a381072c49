// Answers to 401. Every request may be challenged; a login that was refused goes out again only
// where that can help: its nonce is stale by the camera's word, or logins of this conversation were
// right before. Anything else is a wrong password, and repeating it locks accounts.
#include "rtsp/session_impl.h"

#include <sodium.h>

#define LOGINS_MAX 2 // a request's first challenge, and one more for a stale nonce

// The request again, under a new number.
static int ask_again(struct scrim_rtsp_session *session, struct scrim_error *error)
{
    const unsigned logins = session->logins;
    const int result = scrim_rtsp_begin(session, session->step);
    session->logins = logins;
    return scrim_rtsp_explain_begin(session, result, error);
}

int scrim_rtsp_log_in(struct scrim_rtsp_session *session, const struct scrim_rtsp_message *message,
                      struct scrim_error *error)
{
    struct scrim_rtsp_challenge challenge = {0};
    struct scrim_text fields = message->fields, value;
    if (!session->auth)
        return scrim_rtsp_refused(session, message->status, error);
    while (scrim_rtsp_next_field(&fields, "WWW-Authenticate", &value))
        scrim_rtsp_challenge_read(value, &challenge);
    if (challenge.scheme == SCRIM_RTSP_NO_SCHEME)
        return scrim_fail(
            error, SCRIM_EAUTH,
            "%s: the camera wants a login of a kind that Scrim does not have; it has Digest "
            "with MD5 and SHA-256, and Basic",
            session->url);
    if (session->logins == LOGINS_MAX ||
        (session->authorized && !challenge.stale && !session->login_proven))
        return scrim_rtsp_refused(session, message->status, error);

    uint8_t random[16];
    char cnonce[2 * sizeof random + 1];
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(cnonce, sizeof cnonce, random, sizeof random);
    const int result = scrim_rtsp_auth_answer(session->auth, &challenge, cnonce);
    if (result < 0)
        return scrim_rtsp_failed(session, result, error);
    session->logins++;
    return ask_again(session, error);
}
