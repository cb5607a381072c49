#include "base/alloc.h"
#include "ingest/ingest_impl.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define IN_BYTES (128U << 10)        // what is read of a connection at once
#define UDP_US (5 * SCRIM_SECOND)    // for sockets of the dialer
#define REPORT_US (5 * SCRIM_SECOND) // between receiver reports (RFC 3550, 6.2)
#define STATS_US SCRIM_SECOND
#define DATAGRAM_MAX 65536
#define DATAGRAMS_AT_ONCE 512 // of one socket, before the others have their turn
// While pictures come over TCP, the socket is read in portions of so long: that costs a picture
// some milliseconds, and saves a wake-up for each packet. The rest of the world has its turn less
// often.
#define PORTION_US (SCRIM_SECOND / 25)
#define LOOK_ROUND_US (SCRIM_SECOND / 4)
#define DENSE_US SCRIM_SECOND // without a byte for so long, every byte wakes us again
#define READS_AT_ONCE 16
#define CONNECTION_FDS 3

_Static_assert(IN_BYTES > SCRIM_RTSP_PENDING_MAX, "what the session leaves must leave room");

struct connection {
    struct scrim_ingest *ingest;
    struct scrim_transport_stream *transport;
    struct scrim_rtsp_session *session;
    struct scrim_receiver *receiver; // from PLAYING on
    struct scrim_delivery delivery;
    struct scrim_sound_delivery sound;
    char url[SCRIM_RTSP_URL_MAX];
    char host[SCRIM_HOST_MAX]; // of the URL
    uint8_t *in;               // IN_BYTES; in_used of them wait for what follows
    size_t in_used;
    int udp[2];            // RTP and RTCP, -1: interleaved
    int64_t bytes_us;      // monotonic, of the last bytes read
    bool dense;            // read in portions
    int64_t look_round_us; // monotonic; when to, while it is dense
    int64_t report_due_us, stats_due_us;
    int packet_result; // of the packets handed out during _receive
    struct scrim_error packet_error;
    int64_t now_us;
    bool named; // the sentence on how it ended says of which URL
};

// ---- Packets.

static int begin_playing(struct connection *connection)
{
    struct scrim_ingest *ingest = connection->ingest;
    const struct scrim_sdp_media *media = scrim_rtsp_session_track(connection->session, 0);
    const double rate = media->frame_rate;
    const bool udp = connection->udp[0] >= 0;
    connection->delivery.declared_mfps = rate > 0 && rate < 1000 ? (uint32_t)(rate * 1000) : 0;
    connection->delivery.last_us = connection->now_us;
    connection->delivery.first_wait_us = ingest->first_wait_us;
    connection->report_due_us = connection->stats_due_us = connection->now_us;
    ingest->stats.udp = udp;
    ingest->stats.tls = ingest->camera.tls;
    ingest->stats.connected = true;
    scrim_sound_delivery_begin(&connection->sound, connection->session, udp);
    return scrim_receiver_create(media, !udp, randombytes_random(), &connection->receiver,
                                 &connection->packet_error);
}

// Called while the session takes bytes; the first packets come right behind the answer to PLAY, or
// even before it.
static void take_packet(void *context, unsigned track, bool rtcp, const uint8_t *data, size_t size)
{
    struct connection *connection = context;
    if (connection->packet_result < 0)
        return;
    int result = SCRIM_OK;
    if (!connection->receiver)
        result = begin_playing(connection);
    if (track != 0) {
        if (result >= 0 && !rtcp)
            result = scrim_sound_delivery_take(&connection->sound, data, size, connection->now_us);
        connection->packet_result = result;
        return;
    }
    if (result >= 0)
        result =
            rtcp ? scrim_receiver_push_rtcp(connection->receiver, data, size, connection->now_us)
                 : scrim_receiver_push(connection->receiver, data, size, connection->now_us,
                                       &connection->packet_error);
    if (result >= 0)
        result = scrim_delivery_take(&connection->delivery, connection->receiver);
    connection->packet_result = result;
}

static int explain_packets(const struct connection *connection, struct scrim_error *error)
{
    const int result = connection->packet_result;
    if (result == SCRIM_ENETWORK)
        return scrim_fail(error, SCRIM_ECANCEL, "the recorder ended");
    const char *why = connection->packet_error.text;
    return scrim_fail(error, result, "the camera's pictures cannot be used: %s",
                      why[0] ? why : scrim_err_text(result));
}

static int read_datagrams(struct connection *connection, unsigned which, struct scrim_error *error)
{
    for (unsigned i = 0; i < DATAGRAMS_AT_ONCE; i++) {
        const ssize_t got =
            recv(connection->udp[which], connection->in, DATAGRAM_MAX, MSG_DONTWAIT);
        if (got < 0 && errno == ECONNREFUSED)
            continue; // what an earlier report of ours met
        if (got < 0)
            break;
        connection->bytes_us = connection->now_us;
        take_packet(connection, 0, which == 1, connection->in, (size_t)got);
        if (connection->packet_result < 0)
            return explain_packets(connection, error);
    }
    return SCRIM_OK;
}

// ---- The conversation.

static int write_out(struct connection *connection, struct scrim_error *error)
{
    struct scrim_buf *out = scrim_rtsp_session_output(connection->session);
    while (out->len > 0) {
        const int sent =
            scrim_transport_write(connection->transport, out->data, (int)out->len, error);
        if (sent <= 0)
            return sent;
        scrim_buf_drop_front(out, (size_t)sent);
    }
    return SCRIM_OK;
}

static int take_bytes(struct connection *connection, size_t count, struct scrim_error *error)
{
    size_t taken = 0;
    connection->in_used += count;
    const int result =
        scrim_rtsp_session_receive(connection->session, connection->in, connection->in_used,
                                   connection->now_us, &taken, error);
    connection->named = result < 0; // its sentences begin with the URL
    if (result < 0)
        return result;
    if (connection->packet_result < 0)
        return explain_packets(connection, error);
    connection->in_used -= taken;
    memmove(connection->in, connection->in + taken, connection->in_used);
    return SCRIM_OK;
}

// Everything that is there, but for a camera that floods us: the others have their turn.
static int read_in(struct connection *connection, struct scrim_error *error)
{
    for (unsigned i = 0; i < READS_AT_ONCE; i++) {
        const int room = (int)(IN_BYTES - connection->in_used);
        const int got = scrim_transport_read(connection->transport,
                                             connection->in + connection->in_used, room, error);
        if (got <= 0)
            return got;
        connection->bytes_us = connection->now_us;
        const int result = take_bytes(connection, (size_t)got, error);
        if (result < 0)
            return result;
        if (got < room && !scrim_transport_pending(connection->transport))
            break;
    }
    return SCRIM_OK;
}

// Waits for the camera or `until_us`. What is readable then; while it is dense, the connection is
// taken to be.
static int wait_for_camera(struct connection *connection, int64_t until_us,
                           struct pollfd fds[CONNECTION_FDS], struct scrim_error *error)
{
    struct scrim_ingest *ingest = connection->ingest;
    if (connection->dense && connection->now_us < connection->look_round_us) {
        scrim_clock_sleep_until(connection->now_us + PORTION_US);
        connection->now_us = scrim_clock_mono_us();
        fds[0].revents = POLLIN;
        return SCRIM_OK;
    }
    if (connection->dense && until_us > connection->now_us + PORTION_US)
        until_us = connection->now_us + PORTION_US;
    fds[0].fd = scrim_transport_fd(connection->transport);
    fds[0].events = (short)(POLLIN | scrim_transport_events(connection->transport));
    for (unsigned i = 0; i < 2; i++)
        fds[1 + i] = (struct pollfd){.fd = connection->udp[i], .events = POLLIN};
    connection->now_us = scrim_ingest_wait(ingest, fds, CONNECTION_FDS, until_us);
    connection->look_round_us = connection->now_us + LOOK_ROUND_US;
    return ingest->over ? scrim_fail(error, SCRIM_ECANCEL, "the recorder ended") : SCRIM_OK;
}

// One turn: waits, reads what came, sends what is due.
static int turn(struct connection *connection, int64_t until_us, struct scrim_error *error)
{
    struct pollfd fds[CONNECTION_FDS] = {0};
    int result = wait_for_camera(connection, until_us, fds, error);
    for (unsigned i = 0; i < 2 && result >= 0; i++) {
        if (fds[1 + i].revents)
            result = read_datagrams(connection, i, error);
    }
    if (result >= 0 && fds[0].revents)
        result = read_in(connection, error);
    if (result >= 0)
        scrim_rtsp_session_tick(connection->session, connection->now_us);
    return result < 0 ? result : write_out(connection, error);
}

// ---- Until it plays.

static int open_udp(struct connection *connection, struct scrim_error *error)
{
    struct scrim_ingest *ingest = connection->ingest;
    const struct scrim_control request = {.kind = SCRIM_DIAL_UDP};
    if (scrim_rtsp_session_peer(connection->session).track > 0)
        return scrim_rtsp_session_leave_out(connection->session); // the sound: see sound.c
    int result = scrim_ingest_dial(ingest, &request, UDP_US, error);
    if (result < 0)
        return result;
    memcpy(connection->udp, ingest->answer_fds, sizeof connection->udp);
    ingest->answer_fds[0] = ingest->answer_fds[1] = -1;
    result = scrim_rtsp_session_use_udp(connection->session, 0, ingest->answer.rtp_port);
    return result < 0 ? scrim_fail(error, result, "UDP cannot be used") : SCRIM_OK;
}

static int connect_udp(struct connection *connection, struct scrim_error *error)
{
    const struct scrim_rtsp_peer peer = scrim_rtsp_session_peer(connection->session);
    const struct scrim_control request = {
        .kind = SCRIM_DIAL_UDP_PEER, .rtp_port = peer.rtp_port, .rtcp_port = peer.rtcp_port};
    if (peer.track != 0 || peer.rtp_port == 0)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "the camera names no UDP ports of its own");
    int result = scrim_ingest_dial(connection->ingest, &request, UDP_US, error);
    if (result >= 0)
        result = scrim_rtsp_session_udp_ready(connection->session);
    return result;
}

// Talks until pictures may come. 1: it redirects to connection->url.
static int talk(struct connection *connection, struct scrim_error *error)
{
    const int64_t deadline_us = connection->now_us + connection->ingest->talk_us;
    int result = write_out(connection, error);
    while (result >= 0) {
        switch (scrim_rtsp_session_phase(connection->session)) {
        case SCRIM_RTSP_PLAYING: return SCRIM_OK;
        case SCRIM_RTSP_REDIRECTED:
            snprintf(connection->url, sizeof connection->url, "%s",
                     scrim_rtsp_session_redirect(connection->session));
            return 1;
        case SCRIM_RTSP_ENDED: return scrim_fail(error, SCRIM_EEND, "the camera ended the session");
        case SCRIM_RTSP_NEEDS_UDP: result = open_udp(connection, error); break;
        case SCRIM_RTSP_NEEDS_UDP_PEER: result = connect_udp(connection, error); break;
        case SCRIM_RTSP_TALKING:
            if (connection->now_us >= deadline_us)
                return scrim_fail(error, SCRIM_ETIMEOUT, "no answer in time");
            result = turn(connection, deadline_us, error);
            continue;
        }
        if (result >= 0)
            result = write_out(connection, error);
    }
    return result;
}

static int shake_hands(struct connection *connection, struct scrim_error *error)
{
    const int64_t deadline_us = connection->now_us + connection->ingest->talk_us;
    for (;;) {
        const int done = scrim_transport_handshake(connection->transport, error);
        if (done != 0)
            return done < 0 ? done : SCRIM_OK;
        struct pollfd wait = {.fd = scrim_transport_fd(connection->transport)};
        wait.events = (short)(POLLIN | scrim_transport_events(connection->transport));
        connection->now_us = scrim_ingest_wait(connection->ingest, &wait, 1, deadline_us);
        if (connection->ingest->over)
            return scrim_fail(error, SCRIM_ECANCEL, "the recorder ended");
        if (connection->now_us >= deadline_us)
            return scrim_fail(error, SCRIM_ETIMEOUT, "no answer in time");
    }
}

static int dial(struct connection *connection, struct scrim_error *error)
{
    struct scrim_ingest *ingest = connection->ingest;
    struct scrim_rtsp_url url;
    int result = scrim_rtsp_url_parse(connection->url, &url, error);
    if (result < 0)
        return result;
    if (url.tls != ingest->camera.tls)
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "the camera redirects from rtsps to rtsp, or the other way");
    struct scrim_control request = {
        .kind = SCRIM_DIAL_TCP, .port = url.port, .timeout_ms = (uint32_t)(ingest->dial_us / 1000)};
    snprintf(request.host, sizeof request.host, "%s", url.host);
    snprintf(connection->host, sizeof connection->host, "%s", url.host);
    result = scrim_ingest_dial(ingest, &request, ingest->dial_us + SCRIM_SECOND, error);
    if (result < 0)
        return result;
    const int fd = ingest->answer_fds[0];
    ingest->answer_fds[0] = -1;
    result = scrim_transport_create(fd, url.tls ? ingest->tls : NULL, url.host,
                                    &connection->transport, error);
    if (result < 0)
        close(fd);
    return result;
}

// Name and password are for the camera, not for whoever it redirects to.
static int open_session(struct connection *connection, struct scrim_error *error)
{
    const struct scrim_ingest *ingest = connection->ingest;
    const bool at_home = strcasecmp(connection->host, ingest->camera.host) == 0;
    const struct scrim_rtsp_options options = {
        .url = connection->url,
        .user = at_home ? ingest->setup.user : NULL,
        .password = at_home && ingest->setup.user ? ingest->password : NULL,
        .lower = ingest->setup.lower,
        .audio = ingest->setup.sound,
        .user_agent = "Scrim/" SCRIM_VERSION,
    };
    return scrim_rtsp_session_create(&options, take_packet, connection, connection->now_us,
                                     &connection->session, error);
}

static void hang_up(struct connection *connection)
{
    scrim_rtsp_session_destroy(connection->session);
    connection->session = NULL;
    scrim_transport_destroy(connection->transport);
    connection->transport = NULL;
    for (unsigned i = 0; i < 2; i++)
        scrim_close_fd(&connection->udp[i]);
    connection->in_used = 0;
    connection->dense = false;
}

// Dials and talks, over redirects, until pictures may come.
static int reach(struct connection *connection, struct scrim_error *error)
{
    for (unsigned i = 0; i <= SCRIM_RTSP_REDIRECTS_MAX; i++) {
        connection->now_us = scrim_clock_mono_us();
        int result = dial(connection, error);
        connection->now_us = scrim_clock_mono_us();
        if (result >= 0) {
            scrim_trial_passed(connection->ingest, SCRIM_TRIAL_CONNECT);
            result = shake_hands(connection, error);
        }
        if (result >= 0) {
            scrim_trial_passed(connection->ingest, SCRIM_TRIAL_TLS);
            result = open_session(connection, error);
        }
        if (result >= 0)
            result = talk(connection, error);
        if (result <= 0)
            return result;
        hang_up(connection);
    }
    return scrim_fail(error, SCRIM_EFORMAT, "the camera redirects in a circle");
}

// ---- While it plays.

// Receiver reports tell the camera that somebody listens; over UDP they also keep the way open
// through whatever translates addresses between us.
static int send_report(struct connection *connection)
{
    struct scrim_buf report;
    scrim_buf_init(&report, 512);
    int result = scrim_receiver_report(connection->receiver, connection->now_us, &report);
    if (result >= 0 && connection->udp[1] >= 0) {
        if (send(connection->udp[1], report.data, report.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            result = SCRIM_OK; // a report more or less; the stall tells if nothing gets through
    } else if (result >= 0) {
        result = scrim_rtsp_session_send(connection->session, 0, true, report.data, report.len);
        if (result == SCRIM_ENOSPACE) // the camera does not read; the next report says as much
            result = SCRIM_OK;
    }
    scrim_buf_finish(&report);
    return result;
}

static void note_stats(struct connection *connection)
{
    struct scrim_feed_stats *to = &connection->ingest->stats;
    struct scrim_receiver_stats from;
    scrim_receiver_stats(connection->receiver, &from);
    to->packets = from.packets;
    to->lost_packets = from.lost;
    to->late_packets = from.late;
    to->malformed_packets = from.malformed;
    to->jitter_us = (uint32_t)((uint64_t)from.jitter * 100 / 9); // of 90 kHz
    to->has_clock_offset = from.report_us != 0;
    if (to->has_clock_offset)
        to->clock_offset_us =
            from.report_utc_us - (scrim_clock_utc_us() - (scrim_clock_mono_us() - from.report_us));
}

static int do_what_is_due(struct connection *connection, struct scrim_error *error)
{
    const int64_t now_us = connection->now_us;
    if (now_us >= connection->stats_due_us) {
        connection->stats_due_us = now_us + STATS_US;
        note_stats(connection);
        connection->dense = connection->udp[0] < 0 && now_us - connection->bytes_us < DENSE_US;
    }
    if (now_us >= connection->report_due_us) {
        connection->report_due_us = now_us + REPORT_US;
        const int result = send_report(connection);
        if (result < 0)
            return scrim_fail(error, result, "the camera does not read what we send");
    }
    return SCRIM_OK;
}

// Units that are ready, and what the packets before put into the queue.
static int deliver(struct connection *connection, struct scrim_error *error)
{
    int *result = &connection->packet_result;
    *result = scrim_delivery_take(&connection->delivery, connection->receiver);
    if (*result >= 0)
        *result = scrim_link_flush(connection->ingest->sealer);
    return *result < 0 ? explain_packets(connection, error) : SCRIM_OK;
}

static int play(struct connection *connection, struct scrim_error *error)
{
    int64_t expire_us = INT64_MAX;
    int result = SCRIM_OK;
    while (result >= 0) {
        const int64_t stall_us = scrim_delivery_stall_us(&connection->delivery);
        if (connection->now_us >= stall_us)
            return scrim_fail(error, SCRIM_ETIMEOUT, "no picture for %.0f s",
                              (double)(connection->now_us - connection->delivery.last_us) /
                                  SCRIM_SECOND);
        result = do_what_is_due(connection, error);
        if (result < 0)
            break;
        int64_t until_us =
            stall_us < connection->stats_due_us ? stall_us : connection->stats_due_us;
        if (expire_us < until_us)
            until_us = expire_us;
        result = turn(connection, until_us, error);
        if (result < 0)
            break;
        expire_us = scrim_receiver_expire(connection->receiver, connection->now_us);
        result = deliver(connection, error);
        if (result < 0)
            break;
        if (scrim_rtsp_session_phase(connection->session) != SCRIM_RTSP_PLAYING)
            return scrim_fail(error, SCRIM_EEND, "the camera ended the session");
    }
    return result;
}

// What the receiver still holds, and a word of farewell, which nobody waits for.
static void end_playing(struct connection *connection)
{
    struct scrim_error ignored;
    if (connection->receiver) {
        scrim_receiver_flush(connection->receiver);
        if (deliver(connection, &ignored) < 0)
            connection->ingest->over = true;
    }
    if (connection->session &&
        scrim_rtsp_session_phase(connection->session) == SCRIM_RTSP_PLAYING) {
        scrim_rtsp_session_teardown(connection->session);
        (void)!write_out(connection, &ignored);
    }
}

int scrim_ingest_connection(struct scrim_ingest *ingest, int64_t *ret_healthy_us,
                            struct scrim_error *error)
{
    struct connection connection = {.ingest = ingest, .udp = {-1, -1}};
    snprintf(connection.url, sizeof connection.url, "%s", ingest->setup.url);
    connection.delivery.ingest = connection.sound.ingest = ingest;
    connection.in = scrim_new_bytes(IN_BYTES);
    int result = reach(&connection, error);
    if (result >= 0 && !connection.receiver) {
        connection.packet_result = begin_playing(&connection);
        if (connection.packet_result < 0)
            result = explain_packets(&connection, error);
    }
    if (result >= 0) {
        scrim_trial_passed(ingest, SCRIM_TRIAL_DESCRIBE);
        result = play(&connection, error);
    }
    if (!connection.named)
        scrim_fail_prefix(error, "%s", connection.url);
    ingest->refusal = connection.session ? scrim_rtsp_session_refusal(connection.session)
                                         : SCRIM_RTSP_REFUSED_NOT;
    end_playing(&connection);
    *ret_healthy_us = connection.delivery.first_us
                          ? connection.delivery.last_us - connection.delivery.first_us
                          : 0;
    ingest->stats = (struct scrim_feed_stats){.reconnects = ingest->stats.reconnects,
                                              .dropped_units = ingest->stats.dropped_units};
    scrim_receiver_destroy(connection.receiver);
    scrim_sound_delivery_end(&connection.sound);
    hang_up(&connection);
    sodium_memzero(connection.in, IN_BYTES);
    free(connection.in);
    return result;
}
