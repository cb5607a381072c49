// What a connection carries: messages, interleaved packets, and garbage between them. Every packet
// of a camera passes here.
#include "rtsp/session_impl.h"

#define PACKET_HEAD 4 // '$', channel, u16 length (RFC 2326, 10.12)
#define FIRST_WORDS 5 // bytes that tell RTSP from other protocols

static int skip_garbage(struct scrim_rtsp_session *session, uint8_t byte, struct scrim_error *error)
{
    session->out_of_step |= byte != '\r' && byte != '\n';
    if (++session->skipped <= SCRIM_RTSP_MESSAGE_MAX)
        return 1;
    return scrim_fail(error, SCRIM_EFORMAT,
                      "%s: the camera sends what is neither RTSP nor a packet (more than %u KiB)",
                      session->url, SCRIM_RTSP_MESSAGE_MAX >> 10);
}

static void in_step(struct scrim_rtsp_session *session)
{
    session->out_of_step = false;
    session->skipped = 0;
}

// Any '$' of a garbled stream may look like a packet; one of ours holds RTP or RTCP of version 2
// and has room for its header.
static bool is_surely_packet(const struct scrim_rtsp_session *session, const uint8_t *data)
{
    return session->channels[data[1]] != 0 && (data[2] != 0 || data[3] >= 8) && data[4] >> 6 == 2;
}

static int take_packet(struct scrim_rtsp_session *session, const uint8_t *data, size_t size,
                       struct scrim_error *error)
{
    if (size < PACKET_HEAD)
        return 0;
    if (session->out_of_step) {
        if (size == PACKET_HEAD)
            return 0;
        if (!is_surely_packet(session, data))
            return skip_garbage(session, data[0], error);
    }
    const size_t length = (size_t)data[2] << 8 | data[3];
    if (size < PACKET_HEAD + length)
        return 0;
    in_step(session);
    const unsigned slot = session->channels[data[1]];
    if (slot > 0)
        session->packet(session->context, (slot - 1) / 2, (slot - 1) % 2 != 0, data + PACKET_HEAD,
                        length);
    return (int)(PACKET_HEAD + length);
}

static int take_message(struct scrim_rtsp_session *session, const uint8_t *data, size_t size,
                        struct scrim_error *error)
{
    struct scrim_rtsp_message message;
    const int used = scrim_rtsp_message_parse(&session->scan, data, size, &message, error);
    if (used < 0)
        scrim_fail_prefix(error, "%s", session->url);
    if (used <= 0)
        return used;
    in_step(session);
    session->spoke_rtsp = true;
    const int result = message.status > 0 ? scrim_rtsp_on_answer(session, &message, error)
                                          : scrim_rtsp_on_request(session, &message, error);
    return result < 0 ? result : used;
}

int scrim_rtsp_stream_take(struct scrim_rtsp_session *session, const uint8_t *data, size_t size,
                           struct scrim_error *error)
{
    if (data[0] == '$')
        return take_packet(session, data, size, error);
    if (data[0] == '\r' || data[0] == '\n')
        return skip_garbage(session, data[0], error);
    if (!session->spoke_rtsp && size < FIRST_WORDS)
        return 0;
    switch (scrim_rtsp_start_of(data, size)) {
    case SCRIM_RTSP_START_SHORT: return 0;
    case SCRIM_RTSP_START_MESSAGE: return take_message(session, data, size, error);
    case SCRIM_RTSP_START_NOTHING: break;
    }
    if (!session->spoke_rtsp)
        return scrim_rtsp_not_rtsp(session, data, size, error);
    return skip_garbage(session, data[0], error);
}
