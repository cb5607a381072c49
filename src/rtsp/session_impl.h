// The session between the files that make it up: session.c (the caller's side), stream.c (what the
// connection carries), conversation.c (which request follows which answer), login.c, asked.c (what
// the camera asks of us), request.c (the text of requests), refusal.c (sentences).
#pragma once

#include "rtsp/auth.h"
#include "rtsp/message.h"
#include "rtsp/session.h"
#include "rtsp/url.h"

#define SCRIM_RTSP_TRACKS_MAX 2
// Bytes that wait to be sent; all of it is reserved at once, because a request may hold a password.
#define SCRIM_RTSP_OUTPUT_MAX (16U << 10)

enum scrim_rtsp_step {
    SCRIM_RTSP_STEP_OPTIONS,
    SCRIM_RTSP_STEP_DESCRIBE,
    SCRIM_RTSP_STEP_SETUP,
    SCRIM_RTSP_STEP_PLAY,
    SCRIM_RTSP_STEP_KEEP_ALIVE,
    SCRIM_RTSP_STEP_TEARDOWN,
};

struct scrim_rtsp_track {
    const struct scrim_sdp_media *media; // in session->sdp
    uint16_t our_port;                   // UDP, of RTP
    uint16_t rtp_port, rtcp_port;        // UDP, of the camera
    uint8_t rtp_channel, rtcp_channel;   // interleaved
};

struct scrim_rtsp_session {
    char *url, *user_agent;
    enum scrim_rtsp_lower lower;
    bool audio;
    scrim_rtsp_packet_fn packet;
    void *context;
    struct scrim_rtsp_auth *auth; // NULL: no credentials
    enum scrim_rtsp_phase phase;
    enum scrim_rtsp_refusal refusal;
    int64_t now_us; // monotonic, as last passed in
    struct scrim_buf out;
    char redirect[SCRIM_RTSP_URL_MAX];

    // The request that was sent last.
    enum scrim_rtsp_step step;
    uint32_t cseq;
    bool awaiting;     // its answer
    bool authorized;   // it carried a login
    unsigned logins;   // how often a 401 to it was answered
    bool login_proven; // a login with the present nonce or one before it was accepted

    // What the camera said about itself and the session.
    bool has_get_parameter; // or is worth a try, since it refuses OPTIONS
    bool refuses_range;
    char id[128];
    uint32_t timeout_s;
    int64_t keep_alive_us; // when the next one is due

    // Tracks: `wanted` of them, `current` is being set up, those before it are.
    struct scrim_sdp sdp;
    char base[SCRIM_RTSP_URL_MAX]; // of PLAY and TEARDOWN, and of relative control URLs
    struct scrim_rtsp_track tracks[SCRIM_RTSP_TRACKS_MAX];
    unsigned wanted, current;
    bool udp;

    // The connection's bytes.
    struct scrim_rtsp_scan scan;
    bool spoke_rtsp;
    bool out_of_step;      // after garbage: only what is surely a packet is taken for one
    size_t skipped;        // bytes of it in a row
    uint8_t channels[256]; // 0: not ours; else 1 + 2 * track + (RTCP ? 1 : 0)
};

// stream.c: how many bytes at the front are dealt with, 0: more are needed.
SCRIM_MUST_CHECK int scrim_rtsp_stream_take(struct scrim_rtsp_session *session, const uint8_t *data,
                                            size_t size, struct scrim_error *error);

// conversation.c
SCRIM_MUST_CHECK int scrim_rtsp_begin(struct scrim_rtsp_session *session,
                                      enum scrim_rtsp_step step);
SCRIM_MUST_CHECK int scrim_rtsp_next_track(struct scrim_rtsp_session *session);
SCRIM_MUST_CHECK int scrim_rtsp_on_answer(struct scrim_rtsp_session *session,
                                          const struct scrim_rtsp_message *message,
                                          struct scrim_error *error);
// The sentence to a failed _begin or _next_track; passes success through.
int scrim_rtsp_explain_begin(const struct scrim_rtsp_session *session, int result,
                             struct scrim_error *error);

// login.c: answers a challenge, or SCRIM_EAUTH.
SCRIM_MUST_CHECK int scrim_rtsp_log_in(struct scrim_rtsp_session *session,
                                       const struct scrim_rtsp_message *message,
                                       struct scrim_error *error);

// asked.c
SCRIM_MUST_CHECK int scrim_rtsp_redirect(struct scrim_rtsp_session *session,
                                         struct scrim_text location, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_rtsp_on_request(struct scrim_rtsp_session *session,
                                           const struct scrim_rtsp_message *message,
                                           struct scrim_error *error);

// request.c: appends to session->out, all or nothing.
SCRIM_MUST_CHECK int scrim_rtsp_write_request(struct scrim_rtsp_session *session);
SCRIM_MUST_CHECK int scrim_rtsp_write_answer(struct scrim_rtsp_session *session, bool understood,
                                             struct scrim_text cseq);

// refusal.c: sentences that begin with the URL, and the code that goes with them.
int scrim_rtsp_refused(struct scrim_rtsp_session *session, unsigned status,
                       struct scrim_error *error);
int scrim_rtsp_not_rtsp(struct scrim_rtsp_session *session, const uint8_t *data, size_t size,
                        struct scrim_error *error);
int scrim_rtsp_no_track(struct scrim_rtsp_session *session, struct scrim_error *error);
// A code without a sentence: memory, or room for output.
int scrim_rtsp_failed(const struct scrim_rtsp_session *session, int code,
                      struct scrim_error *error);
