// One RTSP conversation with a camera (RFC 2326; interleaving: section 10.12) as a state machine:
// bytes in, bytes out, time passed in. It owns no socket and reads no clock, so that tests and the
// fuzzer drive it like a camera would.
//
//     OPTIONS → DESCRIBE → SETUP (a track each) → PLAY → keep-alive … → TEARDOWN
//
// The caller moves bytes: what arrived goes to _receive, what _output holds goes to the socket.
// After each call it looks at _phase and does what the phase asks for.
#pragma once

#include "base/buf.h"
#include "rtsp/sdp.h"

// A camera may say so much before its first picture, and no more.
#define SCRIM_RTSP_MESSAGE_MAX (64U << 10) // bytes of one head with its body
#define SCRIM_RTSP_REDIRECTS_MAX 3         // for the caller to count
// The largest beginning that _receive leaves with the caller: a packet's head and 65535 bytes.
#define SCRIM_RTSP_PENDING_MAX ((64U << 10) + 4)

enum scrim_rtsp_phase {
    SCRIM_RTSP_TALKING, // answers are due; the caller's deadline runs
    // The camera takes no interleaving: the caller opens a pair of UDP sockets and calls _use_udp.
    SCRIM_RTSP_NEEDS_UDP,
    // SETUP was answered: the caller connects the pair to _peer's ports and calls _udp_ready.
    SCRIM_RTSP_NEEDS_UDP_PEER,
    SCRIM_RTSP_PLAYING,
    // 3xx, or REDIRECT by the camera: connect anew to _redirect(). A camera may name any host
    // there; whether user and password go along is for the caller to decide.
    SCRIM_RTSP_REDIRECTED,
    SCRIM_RTSP_ENDED, // by the camera, or by us after TEARDOWN was sent
};

enum scrim_rtsp_lower { SCRIM_RTSP_LOWER_AUTO, SCRIM_RTSP_LOWER_TCP, SCRIM_RTSP_LOWER_UDP };

struct scrim_rtsp_options {      // all of it is copied
    const char *url;             // rtsp:// or rtsps://, without credentials
    const char *user;            // NULL: none
    const char *password;        // NULL: none; never shown, its copies are wiped
    enum scrim_rtsp_lower lower; // AUTO: interleaved first, UDP if the camera answers 461
    bool audio; // set up the first audio track that Scrim records, too; where the camera has none
                // or refuses it, _tracks() stays 1
    const char *user_agent;
};

// What the interleaved connection carried beside answers. `track` counts those that were set up;
// `data` is valid during the call. Packets may come before the answer to PLAY, and behind it in the
// same bytes: what _track says is valid from a track's first packet on.
typedef void (*scrim_rtsp_packet_fn)(void *context, unsigned track, bool rtcp, const uint8_t *data,
                                     size_t size);

// Why a camera did not give us its stream, for who explains it in words of their own.
enum scrim_rtsp_refusal {
    SCRIM_RTSP_REFUSED_NOT,
    SCRIM_RTSP_REFUSED_NO_LOGIN, // and it wants one
    SCRIM_RTSP_REFUSED_LOGIN,
    SCRIM_RTSP_REFUSED_PATH,
    SCRIM_RTSP_REFUSED_BUSY,
    SCRIM_RTSP_REFUSED_TRANSPORT,
    SCRIM_RTSP_REFUSED_NO_VIDEO,
    SCRIM_RTSP_REFUSED_CODEC,
    SCRIM_RTSP_REFUSED_ENCRYPTED,
    SCRIM_RTSP_REFUSED_NOT_RTSP,
    SCRIM_RTSP_REFUSED_HTTP,
    SCRIM_RTSP_REFUSED_TLS, // what answers speaks it, and we do not
    SCRIM_RTSP_REFUSED_OTHER,
};

struct scrim_rtsp_session;

// SCRIM_EINVAL: the URL or the user name cannot be used.
SCRIM_MUST_CHECK int scrim_rtsp_session_create(const struct scrim_rtsp_options *options,
                                               scrim_rtsp_packet_fn packet, void *context,
                                               int64_t mono_us, struct scrim_rtsp_session **ret,
                                               struct scrim_error *error);
void scrim_rtsp_session_destroy(struct scrim_rtsp_session *session); // wipes; NULL is fine

enum scrim_rtsp_phase scrim_rtsp_session_phase(const struct scrim_rtsp_session *session);
// Says more than the code of the error that ended it; REFUSED_NOT if it was another one.
enum scrim_rtsp_refusal scrim_rtsp_session_refusal(const struct scrim_rtsp_session *session);

// Takes bytes of the connection; *ret_taken of them are dealt with, the rest is the beginning of
// something: call again with it and what follows (it never grows over SCRIM_RTSP_PENDING_MAX).
// Packets are handed out from where they lie, without a copy. After an error the conversation is
// over. The sentence in `error` says what to do about it; the code, where to look:
//   SCRIM_EAUTH 401 or 403, SCRIM_ENOENT 404, SCRIM_EBUSY 453 or 5xx, SCRIM_EUNSUPPORTED no video
//   track, codec or transport that we have, SCRIM_EFORMAT not RTSP, malformed or without end.
SCRIM_MUST_CHECK int scrim_rtsp_session_receive(struct scrim_rtsp_session *session,
                                                const uint8_t *data, size_t size, int64_t mono_us,
                                                size_t *ret_taken, struct scrim_error *error);
// What is to be sent; drop what the socket took with scrim_buf_drop_front. Receiver reports and the
// like over the interleaved connection go in with _send. SCRIM_ENOSPACE: too much is waiting,
// nothing was queued. SCRIM_EINVAL: the track is not set up, or its packets travel by UDP.
struct scrim_buf *scrim_rtsp_session_output(struct scrim_rtsp_session *session);
SCRIM_MUST_CHECK int scrim_rtsp_session_send(struct scrim_rtsp_session *session, unsigned track,
                                             bool rtcp, const uint8_t *data, size_t size);
// Keep-alive before the session's time-out (GET_PARAMETER where the camera offers it, else
// OPTIONS). Returns the monotonic time at which it wants to be called again.
int64_t scrim_rtsp_session_tick(struct scrim_rtsp_session *session, int64_t mono_us);

// Answers to NEEDS_UDP (`rtp_port` even, RTCP on the next; `track` as _peer says) and
// NEEDS_UDP_PEER. SCRIM_EINVAL: nothing of the kind was asked for.
SCRIM_MUST_CHECK int scrim_rtsp_session_use_udp(struct scrim_rtsp_session *session, unsigned track,
                                                uint16_t rtp_port);
struct scrim_rtsp_peer {
    unsigned track;
    uint16_t rtp_port, rtcp_port; // of the camera; 0: it named none, or in NEEDS_UDP not yet
};
struct scrim_rtsp_peer scrim_rtsp_session_peer(const struct scrim_rtsp_session *session);
SCRIM_MUST_CHECK int scrim_rtsp_session_udp_ready(struct scrim_rtsp_session *session);
// Another answer to NEEDS_UDP, for a track after the video: go on without it. SCRIM_EINVAL
// likewise.
SCRIM_MUST_CHECK int scrim_rtsp_session_leave_out(struct scrim_rtsp_session *session);

const char *scrim_rtsp_session_redirect(const struct scrim_rtsp_session *session); // URL

// Tracks that are set up; 0 is the video. All of them are from PLAYING on.
unsigned scrim_rtsp_session_tracks(const struct scrim_rtsp_session *session);
const struct scrim_sdp_media *scrim_rtsp_session_track(const struct scrim_rtsp_session *session,
                                                       unsigned track);
// Queues TEARDOWN; the caller sends what _output holds and need not wait for the answer.
void scrim_rtsp_session_teardown(struct scrim_rtsp_session *session);
