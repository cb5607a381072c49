// A stream's connection against cameras that are wrong in every way, played by a scripted server:
// what it says of them; and against one that works, down to the bytes that reach the sealer. The
// dialer is the real one, on a thread.
#include "ingest/dial.h"
#include "ingest/ingest_impl.h"

#include "sounds.h"
#include "streams.h"
#include "test.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define USER "us er"
#define PASSWORD "p@ss:/wörd%"

struct server {
    int listen_fd, port;
    pthread_t thread;
    const char *describe; // the whole answer to DESCRIBE; NULL: closes there
    const char *setup;    // status line of SETUP
    const char *greeting; // said instead of RTSP
    const char *redirect; // Location of the first answer to DESCRIBE
    bool silent, digest, streams, mute;
    unsigned connections;
    char authorization[512]; // what came last
};

static const char sdp_h264[] =
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track0\r\n";

static void say(int fd, const char *text)
{
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
        return; // the client hung up; its own side of the test says whether that was right
}

static int read_request(int fd, char *request, size_t room)
{
    size_t length = 0;
    while (length + 1 < room) {
        const ssize_t got = recv(fd, request + length, 1, 0);
        if (got <= 0)
            return -1;
        request[++length] = '\0';
        if (length >= 4 && memcmp(request + length - 4, "\r\n\r\n", 4) == 0)
            return 0;
    }
    return -1;
}

static int cseq_of(const char *request)
{
    const char *found = strstr(request, "CSeq: ");
    return found ? (int)strtol(found + 6, NULL, 10) : 0;
}

static void reply(int fd, const char *request, const char *status, const char *headers,
                  const char *body)
{
    char text[4096];
    snprintf(text, sizeof text, "RTSP/1.0 %s\r\nCSeq: %d\r\n%s", status, cseq_of(request), headers);
    say(fd, text);
    if (body[0]) {
        snprintf(text, sizeof text, "Content-Type: application/sdp\r\nContent-Length: %zu\r\n",
                 strlen(body));
        say(fd, text);
    }
    say(fd, "\r\n");
    say(fd, body);
}

static void send_rtp(int fd, uint16_t sequence, uint32_t timestamp, bool marker,
                     const uint8_t *data, size_t size)
{
    uint8_t packet[4 + 12 + 2000] = {'$', 0};
    const size_t length = 12 + size;
    packet[2] = (uint8_t)(length >> 8);
    packet[3] = (uint8_t)length;
    uint8_t *rtp = packet + 4;
    rtp[0] = 0x80;
    rtp[1] = (uint8_t)(96 | (marker ? 0x80 : 0));
    rtp[2] = (uint8_t)(sequence >> 8);
    rtp[3] = (uint8_t)sequence;
    for (int i = 0; i < 4; i++)
        rtp[4 + i] = (uint8_t)(timestamp >> (24 - 8 * i));
    memcpy(rtp + 12, data, size);
    if (send(fd, packet, 4 + length, MSG_NOSIGNAL) < 0)
        return;
}

// RFC 6184: parameter sets and small slices alone, a large slice as FU-A.
static void send_unit(int fd, uint16_t *sequence, uint32_t timestamp, const struct scrim_buf *unit)
{
    for (size_t at = 0; at < unit->len;) {
        const uint8_t *start = unit->data + at + 4;
        const uint8_t *next = memmem(start, unit->len - at - 4, "\0\0\0\1", 4);
        const size_t size = next ? (size_t)(next - start) : unit->len - at - 4;
        if (size < 1000) {
            send_rtp(fd, (*sequence)++, timestamp, !next, start, size);
        } else {
            for (size_t done = 1; done < size;) {
                uint8_t piece[902];
                const size_t take = size - done < 900 ? size - done : 900;
                piece[0] = (uint8_t)((start[0] & 0x60) | 28);
                piece[1] = (uint8_t)((start[0] & 0x1f) | (done == 1 ? 0x80 : 0) |
                                     (done + take == size ? 0x40 : 0));
                memcpy(piece + 2, start + done, take);
                send_rtp(fd, (*sequence)++, timestamp, !next && done + take == size, piece,
                         take + 2);
                done += take;
            }
        }
        at += 4 + size;
    }
}

static void stream(int fd)
{
    uint16_t sequence = 65533;
    for (uint32_t i = 0; i < 5; i++) {
        struct scrim_buf unit;
        scrim_buf_init(&unit, 1 << 16);
        put_unit(&unit, SCRIM_CODEC_H264, i % 3 ? 'P' : 'I', i, i % 2 ? 100 : 3000);
        send_unit(fd, &sequence, 0xfffffff0U + i * 3600, &unit);
        scrim_buf_finish(&unit);
    }
}

static void answer(struct server *server, int fd)
{
    char request[8192];
    while (read_request(fd, request, sizeof request) == 0) {
        const char *authorization = strstr(request, "\r\nAuthorization: ");
        if (authorization)
            snprintf(server->authorization, sizeof server->authorization, "%.*s",
                     (int)strcspn(authorization + 2, "\r"), authorization + 2);
        if (strncmp(request, "OPTIONS", 7) == 0) {
            reply(fd, request, "200 OK", "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n", "");
        } else if (server->digest && !authorization) {
            reply(fd, request, "401 Unauthorized",
                  "WWW-Authenticate: Digest realm=\"cam\", nonce=\"abc\"\r\n", "");
        } else if (server->redirect && strncmp(request, "DESCRIBE", 8) == 0) {
            char location[200];
            snprintf(location, sizeof location, "Location: %s\r\n", server->redirect);
            server->redirect = NULL;
            reply(fd, request, "302 Moved Temporarily", location, "");
        } else if (strncmp(request, "DESCRIBE", 8) == 0) {
            if (!server->describe)
                return;
            if (strncmp(server->describe, "v=", 2) == 0 || strchr(server->describe, '='))
                reply(fd, request, "200 OK", "", server->describe);
            else
                reply(fd, request, server->describe,
                      server->digest ? "WWW-Authenticate: Digest realm=\"cam\", nonce=\"abc\"\r\n"
                                     : "",
                      "");
        } else if (strncmp(request, "SETUP", 5) == 0) {
            reply(fd, request, server->setup ? server->setup : "200 OK",
                  "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n", "");
        } else if (strncmp(request, "PLAY", 4) == 0) {
            reply(fd, request, "200 OK", "Session: 1\r\n", "");
            if (server->streams) {
                stream(fd);
                return;
            }
            if (server->mute)
                poll(&(struct pollfd){.fd = fd, .events = POLLHUP}, 1, 3000);
        } else {
            reply(fd, request, "200 OK", "", "");
        }
    }
}

// One connection after the other, until the listener is closed.
static void *serve(void *pointer)
{
    struct server *server = pointer;
    for (;;) {
        const int fd = accept(server->listen_fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        server->connections++;
        if (server->greeting)
            say(fd, server->greeting);
        else if (server->silent)
            recv(fd, &(char[1]){0}, 1, MSG_WAITALL), poll(NULL, 0, 1500);
        else
            answer(server, fd);
        shutdown(fd, SHUT_RDWR);
        close(fd);
    }
}

static void server_start(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    server->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server->listen_fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(server->listen_fd, 8) < 0 ||
        getsockname(server->listen_fd, (struct sockaddr *)&address, &length) < 0)
        abort();
    server->port = ntohs(address.sin_port);
    pthread_create(&server->thread, NULL, serve, server);
}

static void server_stop(struct server *server)
{
    shutdown(server->listen_fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listen_fd);
}

// ---- A stream's process without the process: what it holds, and both ends of its sockets.

struct rig {
    struct server server;
    char url[64];
    int control[2], media[2];
    pthread_t dialer;
    struct scrim_link *sealer; // the sealer's end
    struct scrim_ingest ingest;
    struct scrim_error error;
    int64_t healthy_us;
};

static void *dialer(void *pointer)
{
    const struct rig *rig = pointer;
    scrim_dial_run(rig->control[1]);
    return NULL;
}

static void rig_start(struct rig *rig, const struct server *server, const char *user)
{
    struct scrim_error error;
    *rig = (struct rig){.server = *server};
    server_start(&rig->server);
    snprintf(rig->url, sizeof rig->url, "rtsp://127.0.0.1:%d/stream", rig->server.port);
    REQUIRE(scrim_datagram_pair(rig->control, &error) >= 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, rig->media) == 0);
    pthread_create(&rig->dialer, NULL, dialer, rig);
    static char password[SCRIM_PASSWORD_MAX] = PASSWORD;
    rig->sealer = scrim_link_create(rig->media[1], 4096);
    rig->ingest = (struct scrim_ingest){
        .setup = {.log = scrim_log_named("test"),
                  .url = rig->url,
                  .user = user,
                  .lower = SCRIM_RTSP_LOWER_TCP,
                  .control_fd = rig->control[0]},
        .password = password,
        .sealer = scrim_link_create(rig->media[0], 1 << 20),
        .answer_fds = {-1, -1},
        .dial_us = SCRIM_SECOND,
        .talk_us = SCRIM_SECOND,
        .first_wait_us = SCRIM_SECOND,
        .end_us = INT64_MAX,
    };
    REQUIRE(scrim_rtsp_url_parse(rig->url, &rig->ingest.camera, &error) >= 0);
}

static int run(struct rig *rig)
{
    return scrim_ingest_connection(&rig->ingest, &rig->healthy_us, &rig->error);
}

static void rig_finish(struct rig *rig)
{
    scrim_link_destroy(rig->ingest.sealer);
    scrim_link_destroy(rig->sealer);
    close(rig->control[0]);
    pthread_join(rig->dialer, NULL);
    close(rig->control[1]);
    server_stop(&rig->server);
}

// The next message for the sealer that is no report; 0 when there is none.
static int next(struct rig *rig, struct scrim_wire_message *ret)
{
    struct scrim_link_message raw;
    while (scrim_link_receive(rig->sealer, &raw) > 0) {
        const int result = scrim_wire_parse(&raw, ret);
        if (result < 0 || ret->kind != SCRIM_LINK_FEED)
            return result < 0 ? result : 1;
    }
    return 0;
}

static void says_what_is_wrong(void)
{
    static const struct {
        struct server server;
        const char *user;
        int code;
        const char *words;
    } cases[] = {
        {{.describe = "401 Unauthorized"}, NULL, SCRIM_EAUTH, "wants a user name and a password"},
        {{.describe = "401 Unauthorized", .digest = true},
         USER,
         SCRIM_EAUTH,
         "refuses the user name or password"},
        {{.describe = "403 Forbidden"}, USER, SCRIM_EAUTH, "(403)"},
        {{.describe = "404 Not Found"}, NULL, SCRIM_ENOENT, "no such stream (404)"},
        {{.describe = "503 Service Unavailable"}, NULL, SCRIM_EBUSY, "(503)"},
        {{.describe = "454 Session Not Found"}, NULL, SCRIM_EFORMAT, "refuses the request (454)"},
        {{.describe = sdp_h264, .setup = "461 Unsupported Transport"},
         NULL,
         SCRIM_EUNSUPPORTED,
         "(461)"},
        {{.describe = NULL}, NULL, SCRIM_EEND, "closed the connection"},
        {{.greeting = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"},
         NULL,
         SCRIM_EFORMAT,
         "does not speak RTSP"},
        {{.greeting = "SSH-2.0-OpenSSH_9.2\r\n"}, NULL, SCRIM_EFORMAT, "does not speak RTSP"},
        {{.silent = true}, NULL, SCRIM_ETIMEOUT, "no answer in time"},
        {{.describe = "nonsense=1\r\n\r\n"}, NULL, SCRIM_EFORMAT, "(SDP) is malformed"},
        {{.describe = "v=zero\r\nm=\r\na\r\n=\r\nm=video\r\n\x01\xff\r\nrtpmap:96 H264/0\r\n",
          .setup = "454 Session Not Found"},
         NULL,
         SCRIM_EFORMAT,
         "(SDP) is malformed"},
        {{.describe = "v=0\r\nm=audio 0 RTP/AVP 0\r\na=control:a\r\n"},
         NULL,
         SCRIM_EUNSUPPORTED,
         "no video track"},
        {{.describe = "v=0\r\nm=video 0 RTP/AVP 26\r\na=control:a\r\n"},
         NULL,
         SCRIM_EUNSUPPORTED,
         "codec is JPEG"},
        {{.describe = "v=0\r\nm=video 0 RTP/AVP 98\r\na=rtpmap:98 WEIRD/90000\r\na=control:a\r\n"},
         NULL,
         SCRIM_EUNSUPPORTED,
         "codec"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        rig_start(&rig, &cases[i].server, cases[i].user);
        CHECK_INT(run(&rig), cases[i].code);
        if (!strstr(rig.error.text, cases[i].words))
            CHECK_TEXT(rig.error.text, cases[i].words);
        CHECK(strncmp(rig.error.text, rig.url, strlen(rig.url)) == 0);
        CHECK(!strstr(rig.error.text + strlen(rig.url), "rtsp://"));
        CHECK(!strstr(rig.error.text, "p@ss") && !strstr(rig.error.text, "us er"));
        CHECK_INT(rig.healthy_us, 0);
        rig_finish(&rig);
    }
}

static void says_who_cannot_be_reached(void)
{
    static const struct {
        const char *url, *words;
        int code;
    } cases[] = {
        {"rtsp://camera.invalid/x", "camera.invalid/x: the host name has no address",
         SCRIM_ENETWORK},
        {"rtsp://127.0.0.1:1/x", "connection refused", SCRIM_EBUSY},
        {"rtsp://[::1]:1/x", "connection refused", SCRIM_EBUSY},
        {"not a url", "must start with", SCRIM_EINVAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        rig_start(&rig, &(struct server){.describe = sdp_h264}, NULL);
        rig.ingest.setup.url = cases[i].url;
        CHECK_INT(run(&rig), cases[i].code);
        if (!strstr(rig.error.text, cases[i].words))
            CHECK_TEXT(rig.error.text, cases[i].words);
        rig_finish(&rig);
    }
}

static void md5_hex(const char *text, char ret[33])
{
    uint8_t hash[16];
    EVP_Digest(text, strlen(text), hash, NULL, EVP_md5(), NULL);
    for (int i = 0; i < 16; i++)
        snprintf(ret + 2 * i, 3, "%02x", hash[i]);
}

// RFC 2617, 3.2.2, without qop: the answer that the right password gives, and nothing of the
// password. The last request is the TEARDOWN, which also shows that it is sent.
static void digest_is_answered(void)
{
    struct rig rig;
    char text[512], ha1[33], ha2[33], response[33], wanted[64];
    rig_start(&rig, &(struct server){.digest = true, .describe = sdp_h264, .mute = true}, USER);
    CHECK_INT(run(&rig), SCRIM_ETIMEOUT);
    const char *uri = strstr(rig.server.authorization, "uri=\"");
    REQUIRE(uri);
    md5_hex(USER ":cam:" PASSWORD, ha1);
    snprintf(text, sizeof text, "PLAY:%.*s", (int)strcspn(uri + 5, "\""), uri + 5);
    md5_hex(text, ha2);
    snprintf(text, sizeof text, "%s:abc:%s", ha1, ha2);
    md5_hex(text, response);
    snprintf(wanted, sizeof wanted, "response=\"%s\"", response);
    CHECK(strstr(rig.server.authorization, wanted));
    CHECK(strstr(rig.server.authorization, "username=\"" USER "\""));
    CHECK(!strstr(rig.server.authorization, "p@ss"));
    rig_finish(&rig);
}

static void pictures_reach_the_sealer_bit_for_bit(void)
{
    struct rig rig;
    struct scrim_wire_message message;
    rig_start(&rig, &(struct server){.describe = sdp_h264, .streams = true}, NULL);
    CHECK_INT(run(&rig), SCRIM_EEND);
    CHECK(strstr(rig.error.text, "closed the connection"));
    REQUIRE(next(&rig, &message) == 1 && message.kind == SCRIM_LINK_TRACK);
    CHECK_INT(message.track.codec, SCRIM_CODEC_H264);
    CHECK_INT(message.track.width, 640);
    int64_t first = 0;
    for (uint32_t i = 0; i < 5; i++) {
        struct scrim_buf unit;
        scrim_buf_init(&unit, 1 << 16);
        put_unit(&unit, SCRIM_CODEC_H264, i % 3 ? 'P' : 'I', i, i % 2 ? 100 : 3000);
        REQUIRE(next(&rig, &message) == 1 && message.kind == SCRIM_LINK_UNIT);
        CHECK_INT(message.unit.size, unit.len);
        CHECK(message.unit.size == unit.len && memcmp(message.unit.data, unit.data, unit.len) == 0);
        first = i == 0 ? message.unit.rtp : first;
        CHECK_INT(message.unit.rtp - first, (int64_t)i * 3600); // unwrapped
        CHECK_INT(message.unit.random, i % 3 == 0);
        CHECK_INT(message.unit.lost_units, 0);
        scrim_buf_finish(&unit);
    }
    CHECK_INT(next(&rig, &message), 0);
    rig_finish(&rig);
}

// ---- Sound on the wire.

// A link that was read empty says so once before it looks again.
static bool received(struct scrim_link *link, struct scrim_link_message *ret)
{
    return scrim_link_receive(link, ret) == 1 || scrim_link_receive(link, ret) == 1;
}

static void sound_crosses_the_wire(void)
{
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    struct scrim_link *out = scrim_link_create(fds[0], 1 << 20);
    struct scrim_link *in = scrim_link_create(fds[1], 4096);
    const struct scrim_sound_params tracks[] = {test_aac(16000), test_g711(SCRIM_SOUND_PCMU),
                                                test_g711(SCRIM_SOUND_PCMA)};
    for (size_t i = 0; i < 3; i++) {
        struct scrim_link_message raw;
        struct scrim_wire_message message;
        struct test_sound sound;
        test_sound(&tracks[i], 7, &sound);
        sound.frame.rtp = -123456789012;
        sound.frame.arrival_us = 987654321;
        sound.frame.lost_packets = 3;
        CHECK_INT(scrim_wire_sound_track(out, &tracks[i]), SCRIM_OK);
        CHECK_INT(scrim_wire_sound(out, &sound.frame), SCRIM_OK);
        CHECK_INT(scrim_link_flush(out), SCRIM_OK);
        REQUIRE(received(in, &raw));
        REQUIRE(scrim_wire_parse(&raw, &message) == SCRIM_OK);
        CHECK_INT(message.kind, SCRIM_LINK_SOUND_TRACK);
        CHECK(scrim_sound_is_same(&message.sound_track, &tracks[i]));
        REQUIRE(received(in, &raw));
        REQUIRE(scrim_wire_parse(&raw, &message) == SCRIM_OK);
        CHECK_INT(message.sound.rtp, sound.frame.rtp);
        CHECK_INT(message.sound.arrival_us, sound.frame.arrival_us);
        CHECK_INT(message.sound.lost_packets, 3);
        CHECK(message.sound.size == sound.frame.size &&
              memcmp(message.sound.data, sound.bytes, sound.frame.size) == 0);
    }
    scrim_link_destroy(out);
    scrim_link_destroy(in);
}

static void silence_is_a_stall(void)
{
    struct rig rig;
    rig_start(&rig, &(struct server){.describe = sdp_h264, .mute = true}, NULL);
    CHECK_INT(run(&rig), SCRIM_ETIMEOUT);
    CHECK(strstr(rig.error.text, "no picture for 1 s"));
    rig_finish(&rig);
}

static void a_redirect_is_followed(void)
{
    struct rig rig;
    char target[80];
    rig_start(&rig, &(struct server){.describe = sdp_h264, .streams = true}, NULL);
    snprintf(target, sizeof target, "rtsp://127.0.0.1:%d/other", rig.server.port);
    rig.server.redirect = target;
    CHECK_INT(run(&rig), SCRIM_EEND);
    CHECK_INT(rig.server.connections, 2);
    CHECK(strstr(rig.error.text, target));
    rig_finish(&rig);
}

// ---- What the sealer believes.

static void nonsense_on_the_wire_is_refused(void)
{
    static const uint8_t zeros[64];
    static const struct {
        enum scrim_link_kind kind;
        size_t size;
    } cases[] = {
        {SCRIM_LINK_TRACK, 0},        {SCRIM_LINK_TRACK, 16},    {SCRIM_LINK_TRACK, 40},
        {SCRIM_LINK_UNIT, 0},         {SCRIM_LINK_UNIT, 32},     {SCRIM_LINK_BROKEN, 0},
        {SCRIM_LINK_BROKEN, 4},       {SCRIM_LINK_FEED, 0},      {SCRIM_LINK_FEED, 63},
        {SCRIM_LINK_HELLO, 6},        {SCRIM_LINK_HOUR_KEY, 40}, {SCRIM_LINK_SOUND_TRACK, 0},
        {SCRIM_LINK_SOUND, 0},        {SCRIM_LINK_SOUND, 20},    {SCRIM_LINK_SOUND_TRACK, 12},
        {SCRIM_LINK_SOUND_TRACK, 64},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_wire_message parsed;
        const struct scrim_link_message message = {
            .kind = cases[i].kind, .body = zeros, .body_len = cases[i].size};
        CHECK_INT(scrim_wire_parse(&message, &parsed), SCRIM_EFORMAT);
    }
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){
            {"each fault has its sentence", says_what_is_wrong},
            {"who cannot be reached", says_who_cannot_be_reached},
            {"Digest is answered", digest_is_answered},
            {"pictures reach the sealer bit for bit", pictures_reach_the_sealer_bit_for_bit},
            {"sound crosses the wire", sound_crosses_the_wire},
            {"silence is a stall", silence_is_a_stall},
            {"a redirect is followed", a_redirect_is_followed},
            {"nonsense on the wire is refused", nonsense_on_the_wire_is_refused},
            {0}});
}
