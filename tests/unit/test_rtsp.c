// Cameras that are wrong in every way, played by a scripted server: what scrim_rtsp_open says of
// them; and one that works, down to the bytes of its pictures.
#include "media/rtsp.h"

#include "base/clock.h"
#include "media/media.h"
#include "streams.h"
#include "test.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define USER "us er"
#define PASSWORD "p@ss:/wörd%"

struct server {
    int listen_fd, port;
    pthread_t thread;
    const char *describe; // the whole answer to DESCRIBE; NULL: closes there
    const char *setup;    // status line of SETUP
    const char *greeting; // said instead of RTSP
    bool silent, digest, streams;
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
        } else if (strncmp(request, "DESCRIBE", 8) == 0) {
            if (!server->describe)
                return;
            if (strncmp(server->describe, "v=", 2) == 0 || strchr(server->describe, '='))
                reply(fd, request, "200 OK", "", server->describe);
            else
                reply(fd, request, server->describe, "", "");
        } else if (strncmp(request, "SETUP", 5) == 0) {
            reply(fd, request, server->setup ? server->setup : "200 OK",
                  "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n", "");
        } else if (strncmp(request, "PLAY", 4) == 0) {
            reply(fd, request, "200 OK", "Session: 1\r\n", "");
            if (server->streams) {
                stream(fd);
                return;
            }
        } else {
            reply(fd, request, "200 OK", "", "");
        }
    }
}

// One connection, or several where libavformat makes another try; until the listener is closed.
static void *serve(void *pointer)
{
    struct server *server = pointer;
    for (;;) {
        const int fd = accept(server->listen_fd, NULL, NULL);
        if (fd < 0)
            return NULL;
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

static bool never(void *context)
{
    (void)context;
    return false;
}

static bool flagged(void *context)
{
    return atomic_load((atomic_bool *)context);
}

static int open_at(const char *url, const char *user, const char *password, struct scrim_rtsp **ret,
                   struct scrim_error *error)
{
    const struct scrim_rtsp_options options = {.url = url,
                                               .user = user,
                                               .password = password,
                                               .transport = SCRIM_TRANSPORT_TCP,
                                               .timeout_us = SCRIM_SECOND,
                                               .cancelled = never};
    return scrim_rtsp_open(&options, ret, error);
}

static int open_server(struct server *server, const char *user, struct scrim_rtsp **ret,
                       struct scrim_error *error)
{
    char url[64];
    server_start(server);
    snprintf(url, sizeof url, "rtsp://127.0.0.1:%d/stream", server->port);
    return open_at(url, user, user ? PASSWORD : NULL, ret, error);
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
         "codec is mjpeg"},
        {{.describe = "v=0\r\nm=video 0 RTP/AVP 98\r\na=rtpmap:98 WEIRD/90000\r\na=control:a\r\n"},
         NULL,
         SCRIM_EUNSUPPORTED,
         "codec"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct server server = cases[i].server;
        struct scrim_error error = {0};
        struct scrim_rtsp *rtsp = NULL;
        CHECK_INT(open_server(&server, cases[i].user, &rtsp, &error), cases[i].code);
        if (!strstr(error.text, cases[i].words))
            CHECK_TEXT(error.text, cases[i].words);
        CHECK(!strstr(error.text, "p@ss") && !strstr(error.text, "us%20er"));
        scrim_rtsp_close(rtsp);
        server_stop(&server);
    }
}

static void says_who_cannot_be_reached(void)
{
    struct scrim_error error;
    struct scrim_rtsp *rtsp;
    CHECK_INT(open_at("rtsp://camera.invalid/x", NULL, NULL, &rtsp, &error), SCRIM_ENETWORK);
    CHECK(strstr(error.text, "camera.invalid") && strstr(error.text, "no address"));
    CHECK_INT(open_at("rtsp://127.0.0.1:1/x", USER, PASSWORD, &rtsp, &error), SCRIM_EBUSY);
    CHECK(strstr(error.text, "connection refused"));
    CHECK_INT(open_at("not a url", USER, PASSWORD, &rtsp, &error), SCRIM_EINVAL);
}

static void can_be_cancelled(void)
{
    struct server server = {.silent = true};
    atomic_bool stop = false;
    struct scrim_error error;
    struct scrim_rtsp *rtsp;
    char url[64];
    server_start(&server);
    snprintf(url, sizeof url, "rtsp://127.0.0.1:%d/stream", server.port);
    const struct scrim_rtsp_options options = {
        .url = url, .timeout_us = 60 * SCRIM_SECOND, .cancelled = flagged, .context = &stop};
    atomic_store(&stop, true);
    const int64_t start_us = scrim_clock_mono_us();
    CHECK_INT(scrim_rtsp_open(&options, &rtsp, &error), SCRIM_ECANCEL);
    CHECK(scrim_clock_mono_us() - start_us < SCRIM_SECOND);
    server_stop(&server);
}

static void md5_hex(const char *text, char ret[33])
{
    uint8_t hash[16];
    EVP_Digest(text, strlen(text), hash, NULL, EVP_md5(), NULL);
    for (int i = 0; i < 16; i++)
        snprintf(ret + 2 * i, 3, "%02x", hash[i]);
}

// RFC 2617, 3.2.2, without qop: the answer that the right password gives, and nothing of the
// password.
static void digest_is_answered(void)
{
    struct server server = {.digest = true, .describe = sdp_h264};
    struct scrim_error error;
    struct scrim_rtsp *rtsp = NULL;
    char text[512], ha1[33], ha2[33], response[33], wanted[64];
    CHECK_INT(open_server(&server, USER, &rtsp, &error), SCRIM_OK);
    scrim_rtsp_close(rtsp);
    server_stop(&server);
    const char *uri = strstr(server.authorization, "uri=\"");
    REQUIRE(uri);
    md5_hex(USER ":cam:" PASSWORD, ha1);
    snprintf(text, sizeof text, "TEARDOWN:%.*s", (int)strcspn(uri + 5, "\""), uri + 5);
    md5_hex(text, ha2);
    snprintf(text, sizeof text, "%s:abc:%s", ha1, ha2);
    md5_hex(text, response);
    snprintf(wanted, sizeof wanted, "response=\"%s\"", response);
    CHECK(strstr(server.authorization, wanted));
    CHECK(strstr(server.authorization, "username=\"" USER "\""));
    CHECK(!strstr(server.authorization, "p@ss") && !strstr(server.authorization, "p%40ss"));
}

static void pictures_arrive_bit_for_bit(void)
{
    struct server server = {.describe = sdp_h264, .streams = true};
    struct scrim_error error;
    struct scrim_rtsp *rtsp = NULL;
    struct scrim_unit frame;
    REQUIRE(open_server(&server, NULL, &rtsp, &error) == SCRIM_OK);
    for (uint32_t i = 0; i < 5; i++) {
        struct scrim_buf unit;
        scrim_buf_init(&unit, 1 << 16);
        put_unit(&unit, SCRIM_CODEC_H264, i % 3 ? 'P' : 'I', i, i % 2 ? 100 : 3000);
        CHECK_INT(scrim_rtsp_read(rtsp, 2 * SCRIM_SECOND, &frame, &error), SCRIM_OK);
        CHECK_INT(frame.size, unit.len);
        CHECK(frame.size == unit.len && memcmp(frame.data, unit.data, unit.len) == 0);
        CHECK_INT(frame.rtp, (int64_t)i * 3600); // unwrapped
        CHECK_INT(frame.random, i % 3 == 0);
        CHECK_INT(scrim_rtsp_params(rtsp)->width, 640);
        scrim_buf_finish(&unit);
    }
    CHECK_INT(scrim_rtsp_read(rtsp, 2 * SCRIM_SECOND, &frame, &error), SCRIM_EEND);
    CHECK(strstr(error.text, "closed the stream"));
    scrim_rtsp_close(rtsp);
    server_stop(&server);
}

static void silence_is_a_stall(void)
{
    struct server server = {.describe = sdp_h264};
    struct scrim_error error;
    struct scrim_rtsp *rtsp = NULL;
    struct scrim_unit frame;
    REQUIRE(open_server(&server, NULL, &rtsp, &error) == SCRIM_OK);
    CHECK_INT(scrim_rtsp_read(rtsp, SCRIM_SECOND, &frame, &error), SCRIM_ETIMEOUT);
    CHECK(strstr(error.text, "no picture for 1 s"));
    scrim_rtsp_close(rtsp);
    scrim_rtsp_close(NULL);
    server_stop(&server);
}

int main(int argc, char **argv)
{
    scrim_media_quiet();
    return test_run(argc, argv,
                    (struct test[]){{"each fault has its sentence", says_what_is_wrong},
                                    {"who cannot be reached", says_who_cannot_be_reached},
                                    {"opening can be cancelled", can_be_cancelled},
                                    {"Digest is answered", digest_is_answered},
                                    {"pictures arrive bit for bit", pictures_arrive_bit_for_bit},
                                    {"silence is a stall", silence_is_a_stall},
                                    {0}});
}
