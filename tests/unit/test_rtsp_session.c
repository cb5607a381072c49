// The RTSP conversation, driven as a camera would: what it says, what it must be asked, and where
// that ends. Each conversation runs with the camera's bytes all at once, one by one and in odd
// pieces; nothing may depend on that.
#include "base/fault.h"
#include "rtsp/auth.h"
#include "rtsp/message.h"
#include "rtsp/session.h"
#include "rtsp/transport.h"
#include "rtsp/url.h"
#include "test.h"

#include <errno.h>

#define URL "rtsp://cam/live"
#define START_US 1000000
#define PASSWORD "p@ss:word"

#define H264 "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
#define SDP "v=0\no=- 0 0 IN IP4 0.0.0.0\ns=x\nt=0 0\n" H264 "a=control:track1\n"
#define SDP_AUDIO SDP "m=audio 0 RTP/AVP 8\na=control:track2\n"

#define OPTIONS                                                                        \
    {                                                                                  \
        "OPTIONS rtsp://cam/live RTSP/1.0", "200 OK\nPublic: OPTIONS, GET_PARAMETER\n" \
    }
#define DESCRIBE(sdp)                                                                 \
    {                                                                                 \
        "DESCRIBE rtsp://cam/live RTSP/1.0|Accept: application/sdp", "200 OK\n\n" sdp \
    }
#define SETUP                                                            \
    {                                                                    \
        "SETUP rtsp://cam/live/track1 RTSP/1.0|"                         \
        "Transport: RTP/AVP/TCP;unicast;interleaved=0-1|!Session:",      \
            "200 OK\nSession: 77AB;timeout=40\n"                         \
            "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=0102\n" \
    }
#define PLAY                                                                          \
    {                                                                                 \
        "PLAY rtsp://cam/live RTSP/1.0|Session: 77AB\r|Range: npt=0.000-", "200 OK\n" \
    }

// A request that must be there ("|" between what it holds, "!" before what it must not hold; NULL:
// no request is expected), and what the camera says then. "200 OK\n<fields>\n[\n<body>]" gets its
// CSeq and Content-Length; "=" before it: these bytes as they are, and "<8:abc>" among them is the
// interleaved packet "abc" on channel 8.
struct turn {
    const char *asked;
    const char *says;
};

struct conversation {
    const char *url; // NULL: URL
    const char *user;
    enum scrim_rtsp_lower lower;
    bool audio;
    struct turn turns[14];
    enum scrim_rtsp_phase phase;
    int code;
    const char *words;   // of the error
    const char *packets; // NULL: none; "0:abc 0r:def " are packets of RTP and RTCP
};

struct camera {
    struct scrim_rtsp_session *session;
    struct scrim_buf pending;
    char packets[512];
    char request[4096];
    int code;
    struct scrim_error error;
    size_t piece; // bytes handed over at once
};

// Allocations of the session that still succeed; the test's own always do.
static unsigned allocations_left = UINT32_MAX;
static bool in_session;

static int fail_one(void *context, enum scrim_fault_op op, const char *what)
{
    (void)context;
    (void)what;
    return in_session && op == SCRIM_FAULT_ALLOC && allocations_left-- == 0 ? ENOMEM : 0;
}

static void note_packet(void *context, unsigned track, bool rtcp, const uint8_t *data, size_t size)
{
    struct camera *camera = context;
    const size_t used = strlen(camera->packets);
    CHECK(track < scrim_rtsp_session_tracks(camera->session) ||
          scrim_rtsp_session_phase(camera->session) != SCRIM_RTSP_PLAYING);
    snprintf(camera->packets + used, sizeof camera->packets - used, "%u%s:%.*s ", track,
             rtcp ? "r" : "", (int)size, (const char *)data);
}

static bool camera_start(struct camera *camera, const struct conversation *how, size_t piece)
{
    const struct scrim_rtsp_options options = {.url = how->url ? how->url : URL,
                                               .user = how->user,
                                               .password = how->user ? PASSWORD : NULL,
                                               .lower = how->lower,
                                               .audio = how->audio,
                                               .user_agent = "Scrim"};
    *camera = (struct camera){.piece = piece};
    scrim_buf_init(&camera->pending, 1 << 20);
    in_session = true;
    camera->code = scrim_rtsp_session_create(&options, note_packet, camera, START_US,
                                             &camera->session, &camera->error);
    in_session = false;
    return camera->code >= 0;
}

static void camera_stop(struct camera *camera)
{
    scrim_rtsp_session_destroy(camera->session);
    scrim_buf_finish(&camera->pending);
}

static void say_bytes(struct camera *camera, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    while (size > 0 && camera->code >= 0) {
        const size_t piece = size < camera->piece ? size : camera->piece;
        size_t taken = 0;
        if (scrim_buf_append(&camera->pending, at, piece) < 0)
            abort();
        in_session = true;
        camera->code =
            scrim_rtsp_session_receive(camera->session, camera->pending.data, camera->pending.len,
                                       START_US, &taken, &camera->error);
        in_session = false;
        if (camera->code >= 0)
            scrim_buf_drop_front(&camera->pending, taken);
        CHECK(camera->code < 0 || camera->pending.len < SCRIM_RTSP_PENDING_MAX);
        at += piece;
        size -= piece;
    }
}

// The request that waits in the output, and the CSeq of it.
static unsigned take_request(struct camera *camera)
{
    struct scrim_buf *out = scrim_rtsp_session_output(camera->session);
    snprintf(camera->request, sizeof camera->request, "%.*s", (int)out->len, (char *)out->data);
    scrim_buf_drop_front(out, out->len);
    const char *cseq = strstr(camera->request, "\r\nCSeq: ");
    return cseq ? (unsigned)strtoul(cseq + 8, NULL, 10) : 0;
}

static void say_raw(struct camera *camera, const char *says)
{
    struct scrim_buf bytes;
    scrim_buf_init(&bytes, 1 << 20);
    int failed = 0;
    for (const char *at = says; *at;) {
        const char *end = *at == '<' ? strchr(at, '>') : NULL;
        if (end) {
            char *data;
            failed |= scrim_buf_append_u8(&bytes, '$');
            failed |= scrim_buf_append_u8(&bytes, (uint8_t)strtoul(at + 1, &data, 10));
            failed |= scrim_buf_append_u16(&bytes, (uint16_t)(end - data - 1));
            failed |= scrim_buf_append(&bytes, data + 1, (size_t)(end - data - 1));
            at = end + 1;
        } else {
            failed |= scrim_buf_append(&bytes, at++, 1);
        }
    }
    if (failed < 0)
        abort();
    say_bytes(camera, bytes.data, bytes.len);
    scrim_buf_finish(&bytes);
}

static void say(struct camera *camera, const char *says, unsigned cseq)
{
    if (says[0] == '=') {
        say_raw(camera, says + 1);
        return;
    }
    struct scrim_buf text;
    scrim_buf_init(&text, 1 << 20);
    const char *body = strstr(says, "\n\n");
    const char *end = body ? body + 1 : says + strlen(says);
    const char *line = strchr(says, '\n') ? strchr(says, '\n') + 1 : end;
    int failed = scrim_buf_printf(&text, "RTSP/1.0 %.*s\r\n", (int)strcspn(says, "\n"), says);
    failed |= scrim_buf_printf(&text, "CSeq: %u\r\n", cseq);
    for (; line && line < end; line += strcspn(line, "\n") + 1)
        failed |= scrim_buf_printf(&text, "%.*s\r\n", (int)strcspn(line, "\n"), line);
    if (body)
        failed |= scrim_buf_printf(&text, "Content-Length: %zu\r\n", strlen(body + 2));
    failed |= scrim_buf_printf(&text, "\r\n%s", body ? body + 2 : "");
    if (failed < 0)
        abort();
    say_bytes(camera, text.data, text.len);
    scrim_buf_finish(&text);
}

static void check_asked(const struct camera *camera, const char *asked)
{
    char words[1024];
    snprintf(words, sizeof words, "%s", asked);
    char *rest = words, *word;
    while ((word = strsep(&rest, "|")) != NULL) {
        const bool absent = word[0] == '!';
        if ((strstr(camera->request, word + absent) == NULL) != absent)
            CHECK_TEXT(camera->request, asked);
    }
}

static void converse(const struct conversation *how, size_t piece)
{
    struct camera camera;
    if (camera_start(&camera, how, piece)) {
        unsigned cseq = 0;
        for (const struct turn *turn = how->turns; turn->says && camera.code >= 0; turn++) {
            if (turn->asked) {
                cseq = take_request(&camera);
                check_asked(&camera, turn->asked);
            }
            say(&camera, turn->says, cseq);
        }
        CHECK_INT(scrim_rtsp_session_phase(camera.session), how->phase);
        CHECK_TEXT(camera.packets, how->packets ? how->packets : "");
        // Unless something went wrong, nothing of what the camera said is left over.
        CHECK(camera.code < 0 || camera.pending.len == 0);
    }
    CHECK_INT(camera.code, how->code);
    if (how->words && !strstr(camera.error.text, how->words))
        CHECK_TEXT(camera.error.text, how->words);
    camera_stop(&camera);
}

static void converse_all(const struct conversation *list, size_t count)
{
    static const size_t pieces[] = {SIZE_MAX, 1, 3, 7, 64};
    for (size_t i = 0; i < count; i++) {
        const int before = test_failures;
        for (size_t k = 0; k < sizeof pieces / sizeof *pieces && test_failures == before; k++) {
            converse(&list[i], pieces[k]);
            if (test_failures != before)
                printf("  conversation %zu in pieces of %zu\n", i, pieces[k]);
        }
    }
}
#define CONVERSE(list) converse_all(list, sizeof(list) / sizeof *(list))

static void plays(void)
{
    static const struct conversation list[] = {
        {.turns = {OPTIONS, DESCRIBE(SDP), SETUP, PLAY}, .phase = SCRIM_RTSP_PLAYING},
        // An answer may come late and is announced (100), or belong to nothing.
        {.turns = {{"OPTIONS",
                    "=RTSP/1.0 100 Continue\r\nCSeq: 1\r\n\r\n"
                    "RTSP/1.0 500 x\r\nCSeq: 17\r\n\r\nRTSP/1.0 404 x\r\nCSeq: 0\r\n\r\n"},
                   {NULL, "=RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\nRTSP/1.0 404 x\r\nCSeq: 1\r\n\r\n"},
                   DESCRIBE(SDP),
                   SETUP,
                   PLAY},
         .phase = SCRIM_RTSP_PLAYING},
        // OPTIONS refused, lines that end in LF, header names in capitals, folded, without CSeq.
        {.turns = {{"OPTIONS", "501 Not Implemented\n"},
                   {"DESCRIBE", "=RTSP/1.0 200 OK\nCSEQ : 2\nCONTENT-LENGTH:\n  62\n\nv=0\n" H264
                                "a=control:track1\n"},
                   {"SETUP", "=RTSP/1.0 200\nSession:  77AB  ;  timeout = 40\n\n"},
                   PLAY},
         .phase = SCRIM_RTSP_PLAYING},
        // A range is refused: without it.
        {.turns = {OPTIONS,
                   DESCRIBE(SDP),
                   SETUP,
                   {"PLAY", "457 Invalid Range\n"},
                   {"PLAY rtsp://cam/live |!Range:", "200 OK\n"}},
         .phase = SCRIM_RTSP_PLAYING},
        // Audio: asked for and there; refused; not asked for.
        {.audio = true,
         .turns = {OPTIONS,
                   DESCRIBE(SDP_AUDIO),
                   SETUP,
                   {"SETUP rtsp://cam/live/track2 |interleaved=2-3|Session: 77AB",
                    "200 OK\nSession: 77AB\nTransport: RTP/AVP/TCP;interleaved=8-9\n"},
                   {"PLAY", "=<0:v>RTSP/1.0 200 OK\r\nCSeq: 5\r\n\r\n<8:a><9:b><1:c>"}},
         .phase = SCRIM_RTSP_PLAYING,
         .packets = "0:v 1:a 1r:b 0r:c "},
        {.audio = true,
         .turns = {OPTIONS,
                   DESCRIBE(SDP_AUDIO),
                   SETUP,
                   {"SETUP rtsp://cam/live/track2 ", "415 Unsupported Media Type\n"},
                   PLAY},
         .phase = SCRIM_RTSP_PLAYING},
        {.audio = true,
         .turns = {OPTIONS,
                   DESCRIBE(SDP_AUDIO),
                   SETUP,
                   {"SETUP rtsp://cam/live/track2 ", "200 OK\nTransport: RTP/AVP;unicast\n"},
                   PLAY},
         .phase = SCRIM_RTSP_PLAYING},
        {.turns = {OPTIONS, DESCRIBE(SDP_AUDIO), SETUP, PLAY}, .phase = SCRIM_RTSP_PLAYING},
    };
    CONVERSE(list);
}

static void packets_come_between(void)
{
    static const struct conversation list[] = {
        // Before and between answers, on channels of the camera's choice, on ones that are
        // nobody's,
        // empty ones; line breaks between messages.
        {.turns = {{"OPTIONS", "=<0:early>\r\n\nRTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"},
                   DESCRIBE(SDP),
                   {"SETUP", "200 OK\nSession: 77AB\n"
                             "Transport: RTP/AVP/TCP;unicast;interleaved=254-255;mode=\"PLAY\"\n"},
                   {"PLAY", "=<254:a><0:x>RTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n\r\n<255:b>"},
                   {NULL, "=<254:><254:c>\r\n<3:x><254:$$$$><254:RTSP/1.0>"}},
         .phase = SCRIM_RTSP_PLAYING,
         .packets = "0:a 0r:b 0: 0:c 0:$$$$ 0:RTSP/1.0 "},
        // Garbage, a '$' that opens no packet of ours in it; then in step again.
        {.turns = {OPTIONS,
                   DESCRIBE(SDP),
                   SETUP,
                   PLAY,
                   {NULL,
                    "=<0:a>garbage$$\x01zz\x7f <9:zzzzzzzzzz><0:short><0:not version 2>"
                    "<0:\x80 in step><0:b>R<0:\x90 PLA RTSP>PLAYRTSRTSP/1.0 200 OK\r\n\r\n<1:r>"}},
         .phase = SCRIM_RTSP_PLAYING,
         .packets = "0:a 0:\x80 in step 0:b 0:\x90 PLA RTSP 0r:r "},
    };
    CONVERSE(list);
}

static void control_urls(void)
{
    static const struct {
        const char *base, *control, *whole;
    } cases[] = {
        {"rtsp://h/a/", "trackID=1", "rtsp://h/a/trackID=1"},
        {"rtsp://h/a", "trackID=1", "rtsp://h/a/trackID=1"},
        {"rtsp://h/a/", "/trackID=1", "rtsp://h/a/trackID=1"},
        {"rtsp://h/a", "/trackID=1", "rtsp://h/a/trackID=1"},
        {"rtsp://h", "t", "rtsp://h/t"},
        {"rtsp://h/a?channel=1&subtype=0", "trackID=0", "rtsp://h/a?channel=1&subtype=0/trackID=0"},
        {"rtsp://h/a?x=1/", "trackID=0", "rtsp://h/a?x=1/trackID=0"},
        {"rtsp://h/*", "t", "rtsp://h/t"},
        {"rtsp://h/a", "", "rtsp://h/a"},
        {"rtsp://h/a/", "*", "rtsp://h/a/"},
        {"rtsp://h/a", "rtsp://10.0.0.9:8554/b?c", "rtsp://10.0.0.9:8554/b?c"},
        {"rtsp://h/a", "RTSP://h/b", "RTSP://h/b"},
        {"rtsp://h/a", "a b", NULL},
        {"rtsp://h/a", "t\x01", NULL},
        {"rtsp://h/a", "t\r\nX: y", NULL},
        {"rtsp://h/a", "rtsp://h/\xc3\xa4", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char whole[SCRIM_RTSP_URL_MAX];
        const bool resolved =
            scrim_rtsp_url_resolve(cases[i].base, scrim_text_of(cases[i].control), whole);
        CHECK_INT(resolved, cases[i].whole != NULL);
        if (resolved && cases[i].whole)
            CHECK_TEXT(whole, cases[i].whole);
    }
    char long_one[SCRIM_RTSP_URL_MAX + 1], whole[SCRIM_RTSP_URL_MAX];
    memset(long_one, 'a', sizeof long_one);
    for (size_t length = 0; length <= sizeof long_one; length++) {
        const struct scrim_text control = {long_one, length};
        CHECK_INT(scrim_rtsp_url_resolve("rtsp://h", control, whole),
                  length == 0 || length + 9 < SCRIM_RTSP_URL_MAX);
    }
}

static void urls(void)
{
    static const struct {
        const char *url, *host;
        bool tls;
        uint16_t port;
    } cases[] = {
        {"rtsp://cam", "cam", false, 554},
        {"rtsp://cam/", "cam", false, 554},
        {"RTSP://10.1.2.3:8554/x", "10.1.2.3", false, 8554},
        {"rtsps://cam/x", "cam", true, 322},
        {"rtsps://cam:?x@y", "cam", true, 322},
        {"rtsp://[fe80::1]:65535/x", "fe80::1", false, 65535},
        {"rtsp://[::1]", "::1", false, 554},
        {"rtsp://[::1", NULL, false, 0},
        {"rtsp://[::1]x", NULL, false, 0},
        {"rtsp://[]/", NULL, false, 0},
        {"rtsp:///x", NULL, false, 0},
        {"rtsp://:554/x", NULL, false, 0},
        {"rtsp://cam:0/x", NULL, false, 0},
        {"rtsp://cam:65536/x", NULL, false, 0},
        {"rtsp://cam:5x/x", NULL, false, 0},
        {"rtsp://user:secret@cam/x", NULL, false, 0},
        {"rtsp://cam/a b", NULL, false, 0},
        {"http://cam/", NULL, false, 0},
        {"not a url", NULL, false, 0},
        {"", NULL, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_rtsp_url url;
        struct scrim_error error = {0};
        const int result = scrim_rtsp_url_parse(cases[i].url, &url, &error);
        CHECK_INT(result, cases[i].host ? SCRIM_OK : SCRIM_EINVAL);
        CHECK(!strstr(error.text, "secret"));
        if (result < 0 || !cases[i].host)
            continue;
        CHECK_TEXT(url.host, cases[i].host);
        CHECK_INT(url.tls, cases[i].tls);
        CHECK_INT(url.port, cases[i].port);
    }
}

// C.1.1: Content-Base, then Content-Location, then the URL itself; a=control of the session.
static void bases(void)
{
#define DESCRIBED(fields, session)                                           \
    {                                                                        \
        "DESCRIBE", "200 OK\n" fields "\nv=0\n" session H264 "a=control:t\n" \
    }
    static const struct conversation list[] = {
        {.turns = {OPTIONS,
                   DESCRIBED("Content-Location: rtsp://x/loc\nContent-Base: rtsp://x/base/\n", ""),
                   {"SETUP rtsp://x/base/t ", "200 OK\nSession: 1\n"},
                   {"PLAY rtsp://x/base/ RTSP", "200 OK\n"}},
         .phase = SCRIM_RTSP_PLAYING},
        {.turns = {OPTIONS,
                   DESCRIBED("Content-Location: rtsp://x/loc\nContent-Base: /live\n",
                             "a=control:*\n"),
                   {"SETUP rtsp://x/loc/t ", "200 OK\nSession: 1\n"},
                   {"PLAY rtsp://x/loc RTSP", "200 OK\n"}},
         .phase = SCRIM_RTSP_PLAYING},
        {.turns = {OPTIONS,
                   DESCRIBED("Content-Base: rtsp://x/base\n", "a=control:rtsp://y/whole/\n"),
                   {"SETUP rtsp://y/whole/t ", "200 OK\nSession: 1\n"},
                   {"PLAY rtsp://y/whole/ RTSP", "200 OK\n"}},
         .phase = SCRIM_RTSP_PLAYING},
        {.url = "rtsps://cam:7441/s?x=1",
         .turns = {{"OPTIONS rtsps://cam:7441/s?x=1 ", "200 OK\n"},
                   DESCRIBED("", ""),
                   {"SETUP rtsps://cam:7441/s?x=1/t ", "200 OK\nSession: 1\n"},
                   {"PLAY rtsps://cam:7441/s?x=1 ", "200 OK\n"}},
         .phase = SCRIM_RTSP_PLAYING},
        {.turns = {OPTIONS, DESCRIBED("Content-Base: rtsp://x/a b\n", "")},
         .code = SCRIM_EFORMAT,
         .words = "(SDP) names a track by an unusable URL"},
    };
    CONVERSE(list);
}

#define WANTS(challenge) "401 Unauthorized\nWWW-Authenticate: " challenge "\n"
#define DIGEST(nonce) "Digest realm=\"cam\", nonce=\"" nonce "\""

static void logs_in(void)
{
    static const struct conversation list[] = {
        {.user = "us\"er",
         .turns =
             {{"OPTIONS|!Authorization", "200 OK\n"},
              {"DESCRIBE|!Authorization", WANTS(DIGEST("abc"))},
              {"DESCRIBE|CSeq: 3|Authorization: Digest username=\"us\\\"er\", realm=\"cam\", "
               "nonce=\"abc\", uri=\"rtsp://cam/live\", response=\"|!qop|!algorithm|!" PASSWORD,
               "200 OK\n\n" SDP},
              {"SETUP|uri=\"rtsp://cam/live/track1\"", "200 OK\nSession: 1\n"},
              {"PLAY|nonce=\"abc\"", "200 OK\n"}},
         .phase = SCRIM_RTSP_PLAYING},
        // The strongest of several, in fields of their own and in one; qop; the count goes up.
        {.user = "u",
         .turns = {{"OPTIONS",
                    "401 x\nWWW-Authenticate: Basic realm=\"cam\"\n"
                    "WWW-Authenticate: Digest realm=\"cam\", algorithm=SHA-512, nonce=\"5\", "
                    "Digest realm=\"cam\",nonce=\"6\",algorithm=\"sha-256\", opaque=\"o\\\"\","
                    "qop=\"auth-int, auth\", Digest realm=\"cam\", nonce=\"7\", "
                    "algorithm=MD5\n"},
                   {"OPTIONS|nonce=\"6\"|algorithm=SHA-256|opaque=\"o\\\"\"|qop=auth, nc=00000001|"
                    "cnonce=\"",
                    "200 OK\n"},
                   {"DESCRIBE|nc=00000002", "200 OK\nAuthentication-Info: nextnonce=\"8\"\n\n" SDP},
                   {"SETUP|nonce=\"8\"|nc=00000001", "200 OK\nSession: 1\n"},
                   {"PLAY|nonce=\"8\"|nc=00000002", "200 OK\n"}},
         .phase = SCRIM_RTSP_PLAYING},
        // A stale nonce costs one more round, without asking anybody.
        {.user = "u",
         .turns = {{"OPTIONS", WANTS(DIGEST("1"))},
                   {"OPTIONS|nonce=\"1\"", WANTS(DIGEST("2") ", stale=TRUE")},
                   {"OPTIONS|nonce=\"2\"", "200 OK\n"},
                   DESCRIBE(SDP),
                   {"SETUP", WANTS(DIGEST("3") ", stale=true")},
                   {"SETUP rtsp://cam/live/track1 |nonce=\"3\"|Transport:", "200 OK\nSession: 1\n"},
                   // No word of stale, but the password is known to be right.
                   {"PLAY", WANTS(DIGEST("4"))},
                   {"PLAY|nonce=\"4\"|Range:", "200 OK\n"}},
         .phase = SCRIM_RTSP_PLAYING},
        // Basic, if nothing else is offered: "u:p@ss:word".
        {.user = "u",
         .turns = {{"OPTIONS", WANTS("Basic realm=\"cam\"")},
                   {"OPTIONS|Authorization: Basic dTpwQHNzOndvcmQ=\r\n", "200 OK\n"},
                   {"DESCRIBE|Authorization: Basic dTpwQHNzOndvcmQ=\r\n", "200 OK\n\n" SDP}},
         .phase = SCRIM_RTSP_TALKING},
    };
    CONVERSE(list);
}

static void logins_end(void)
{
    static const struct conversation list[] = {
        {.turns = {{"OPTIONS", WANTS(DIGEST("1"))}},
         .code = SCRIM_EAUTH,
         .words = "wants a user name and a password (401): set user and password_file"},
        {.user = "u",
         .turns = {{"OPTIONS", WANTS(DIGEST("1"))}, {"OPTIONS|Auth", WANTS(DIGEST("2"))}},
         .code = SCRIM_EAUTH,
         .words = "refuses the user name or password (401)"},
        {.user = "u",
         .turns = {{"OPTIONS", WANTS(DIGEST("1"))},
                   {"OPTIONS|Auth", WANTS(DIGEST("2") ",stale=true")},
                   {"OPTIONS|Auth", WANTS(DIGEST("3") ",stale=true")}},
         .code = SCRIM_EAUTH,
         .words = "refuses the user name or password (401)"},
        {.user = "u",
         .turns = {{"OPTIONS", WANTS("Basic realm=\"x\"")},
                   {"OPTIONS", WANTS("Basic realm=\"x\"")}},
         .code = SCRIM_EAUTH,
         .words = "refuses the user name or password (401)"},
        {.user = "u",
         .turns = {{"OPTIONS", WANTS("Negotiate abc==")}},
         .code = SCRIM_EAUTH,
         .words = "a kind that Scrim does not have"},
        {.user = "u",
         .turns = {{"OPTIONS", "401 Unauthorized\n"}},
         .code = SCRIM_EAUTH,
         .words = "a kind that Scrim does not have"},
        {.user = "u",
         .turns = {{"OPTIONS", "200 OK\n"}, {"DESCRIBE", "403 Forbidden\n"}},
         .code = SCRIM_EAUTH,
         .words = "does not allow this user the stream (403)"},
        {.turns = {{"OPTIONS", "200 OK\n"}, {"DESCRIBE", "403 Forbidden\n"}},
         .code = SCRIM_EAUTH,
         .words = "(403): set user and password_file"},
    };
    CONVERSE(list);
}

static void faults_have_sentences(void)
{
#define AFTER_OPTIONS(says)  \
    {                        \
        OPTIONS,             \
        {                    \
            "DESCRIBE", says \
        }                    \
    }
    static const struct conversation list[] = {
        {.turns = AFTER_OPTIONS("404 Not Found\n"),
         .code = SCRIM_ENOENT,
         .words = "rtsp://cam/live: the camera has no such stream (404)"},
        {.turns = AFTER_OPTIONS("503 Service Unavailable\n"),
         .code = SCRIM_EBUSY,
         .words = "cannot serve the stream now (503)"},
        {.turns = AFTER_OPTIONS("454 Session Not Found\n"),
         .code = SCRIM_EFORMAT,
         .words = "refuses the request (454)"},
        {.turns = {OPTIONS, DESCRIBE(SDP), {"SETUP", "453 Not Enough Bandwidth\n"}},
         .code = SCRIM_EBUSY,
         .words = "no bandwidth left for another viewer (453)"},
        {.lower = SCRIM_RTSP_LOWER_TCP,
         .turns = {OPTIONS, DESCRIBE(SDP), {"SETUP", "461 Unsupported Transport\n"}},
         .code = SCRIM_EUNSUPPORTED,
         .words = "does not offer this transport (461): try"},
        {.lower = SCRIM_RTSP_LOWER_TCP,
         .turns = {OPTIONS, DESCRIBE(SDP), {"SETUP", "200 OK\nTransport: RTP/AVP;unicast\n"}},
         .code = SCRIM_EUNSUPPORTED,
         .words = "(461)"},
        {.turns = {OPTIONS, DESCRIBE(SDP), SETUP, {"PLAY", "500 Oh no\n"}},
         .code = SCRIM_EBUSY,
         .words = "(500)"},
        {.turns = {OPTIONS, DESCRIBE(SDP), SETUP, {"PLAY", "200 OK\nSession: a b\n"}},
         .code = SCRIM_EFORMAT,
         .words = "answer to PLAY is malformed"},
        {.turns = AFTER_OPTIONS("200 OK\n"), .code = SCRIM_EFORMAT, .words = "(SDP) is malformed"},
        {.turns = AFTER_OPTIONS("200 OK\n\nnonsense=1\n"),
         .code = SCRIM_EFORMAT,
         .words = "rtsp://cam/live: the camera's session description (SDP) is malformed"},
        {.turns =
             AFTER_OPTIONS("200 OK\n\nv=zero\nm=\na\n=\nm=video\n\x01\xff\nrtpmap:96 H264/0\n"),
         .code = SCRIM_EFORMAT,
         .words = "(SDP) is malformed"},
        {.turns = AFTER_OPTIONS("200 OK\n\nv=0\nm=audio 0 RTP/AVP 0\na=control:a\n"),
         .code = SCRIM_EUNSUPPORTED,
         .words = "no video track"},
        {.turns = AFTER_OPTIONS("200 OK\n\nv=0\nm=video 0 RTP/AVP 26\n"),
         .code = SCRIM_EUNSUPPORTED,
         .words = "the video codec is JPEG; Scrim records H.264 and H.265"},
        {.turns = AFTER_OPTIONS("200 OK\n\nv=0\nm=video 0 RTP/AVP 98\na=rtpmap:98 WEIRD/90000\n"),
         .code = SCRIM_EUNSUPPORTED,
         .words = "the video codec is WEIRD;"},
        {.turns = AFTER_OPTIONS("200 OK\n\nv=0\nm=video 0 RTP/AVP 98\na=rtpmap:98 \x1b[2J/9\n"),
         .code = SCRIM_EUNSUPPORTED,
         .words = "does not name the video codec (payload type 98)"},
        {.turns = AFTER_OPTIONS("200 OK\n\nv=0\nm=video 0 RTP/SAVP 96\na=rtpmap:96 H264/90000\n"),
         .code = SCRIM_EUNSUPPORTED,
         .words = "SRTP"},
        {.turns = {OPTIONS, DESCRIBE(SDP), {"SETUP", "200 OK\nTransport: nonsense\n"}},
         .code = SCRIM_EFORMAT,
         .words = "answer to SETUP is malformed"},
        {.turns = {OPTIONS, DESCRIBE(SDP), {"SETUP", "200 OK\nSession: a b\n"}},
         .code = SCRIM_EFORMAT,
         .words = "answer to SETUP is malformed"},
        {.audio = true,
         .turns = {OPTIONS,
                   DESCRIBE(SDP_AUDIO),
                   SETUP,
                   {"SETUP", "200 OK\nTransport: RTP/AVP/TCP;interleaved=1-2\n"}},
         .code = SCRIM_EFORMAT,
         .words = "the same channel"},
        {.url = "rtsp://", .code = SCRIM_EINVAL, .words = "names no host"},
        {.user = "u\r\nX: y", .code = SCRIM_EINVAL, .words = "user holds a control character"},
    };
    CONVERSE(list);
}

static void strangers_are_told_apart(void)
{
    static const struct conversation list[] = {
        {.turns = {{"OPTIONS", "=HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"}},
         .code = SCRIM_EFORMAT,
         .words = "does not speak RTSP, it is a web server"},
        {.turns = {{"OPTIONS", "=SSH-2.0-OpenSSH_9.2\r\n"}},
         .code = SCRIM_EFORMAT,
         .words = "does not speak RTSP"},
        {.turns = {{"OPTIONS", "=\x15\x03\x03\x01\x02\x02\x46"}},
         .code = SCRIM_EFORMAT,
         .words = "write rtsps://"},
        {.turns = {{"OPTIONS", "=RTSP/1.0 9 x\r\n\r\n"}},
         .code = SCRIM_EFORMAT,
         .words = "answer is malformed"},
        {.turns = {{"OPTIONS", "=RTSP/1.0 200 OK\r\nCSeq: 1\r\nX: \x01\r\n\r\n"}},
         .code = SCRIM_EFORMAT,
         .words = "answer is malformed"},
        {.turns = {{"OPTIONS", "=RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n"}},
         .code = SCRIM_EFORMAT,
         .words = "answer is malformed"},
        {.turns = {{"OPTIONS",
                    "=RTSP/1.0 200 OK\r\nContent-Length: 1\r\nContent-length: 2\r\n\r\n"}},
         .code = SCRIM_EFORMAT,
         .words = "answer is malformed"},
        {.turns = {{"OPTIONS", "=RTSP/1.0 200 OK\r\nContent-Length: 4000000000\r\n\r\n"}},
         .code = SCRIM_EFORMAT,
         .words = "larger than 64 KiB"},
        {.turns = {{"OPTIONS", "=RTSP/1.0 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"}},
         .code = SCRIM_EFORMAT,
         .words = "malformed"},
    };
    CONVERSE(list);
}

// What has no end: a head, many small heads' worth of fields, garbage, requests.
static void endless_talk_ends(void)
{
    static const struct {
        const char *start, *again, *words;
    } cases[] = {
        {"RTSP/1.0 200 OK\r\n", "X: y\r\n", "larger than 64 KiB"},
        {"RTSP/1.0 200 OK\r\nX:", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
         "larger than 64 KiB"},
        {"RTSP/1.0 200 OK\r\n\r\n", "garbage", "neither RTSP nor a packet (more than 64 KiB)"},
        {"RTSP/1.0 200 OK\r\n\r\n", "\r\n", "neither RTSP nor a packet (more than 64 KiB)"},
        {"", "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", "asks on and on and takes no answers"},
    };
    static const struct conversation how = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct camera camera;
        REQUIRE(camera_start(&camera, &how, SIZE_MAX));
        say_bytes(&camera, cases[i].start, strlen(cases[i].start));
        size_t said = 0;
        for (; camera.code >= 0 && said < 1 << 18; said += strlen(cases[i].again))
            say_bytes(&camera, cases[i].again, strlen(cases[i].again));
        CHECK_INT(camera.code, SCRIM_EFORMAT);
        if (!strstr(camera.error.text, cases[i].words))
            CHECK_TEXT(camera.error.text, cases[i].words);
        CHECK(said < SCRIM_RTSP_MESSAGE_MAX + 64);
        camera_stop(&camera);
    }
}

static void sends_us_elsewhere(void)
{
    static const struct conversation list[] = {
        {.turns = {{"OPTIONS", "302 Found\nLocation: rtsp://other:8554/x\n"}},
         .phase = SCRIM_RTSP_REDIRECTED},
        {.turns = {OPTIONS,
                   {"DESCRIBE", "=RTSP/1.0 301 x\r\nCSeq: 2\r\nLocation: rtsps://o/\r\n\r\nxyz"}},
         .phase = SCRIM_RTSP_REDIRECTED},
        {.turns = {OPTIONS, {"DESCRIBE", "302 Found\n"}},
         .code = SCRIM_EFORMAT,
         .words = "sends us elsewhere (302)"},
        {.turns = {{"OPTIONS", "302 Found\nLocation: http://other/\n"}},
         .code = SCRIM_EFORMAT,
         .words = "not to an RTSP address"},
        {.turns = {{"OPTIONS", "302 Found\nLocation: rtsp://u:secret@other/\n"}},
         .code = SCRIM_EFORMAT,
         .words = "not to an RTSP address"},
        {.url = "rtsps://cam/",
         .turns = {{"OPTIONS", "302 Found\nLocation: rtsp://cam/\n"}},
         .code = SCRIM_EUNSUPPORTED,
         .words = "in the clear"},
        {.turns = {OPTIONS,
                   DESCRIBE(SDP),
                   SETUP,
                   PLAY,
                   {NULL,
                    "=<0:a>REDIRECT rtsp://cam/live RTSP/1.0\r\nCSeq: 732\r\n"
                    "Location: rtsp://big.example:8001\r\nRange: clock=19960213T143205Z-\r\n\r\n"
                    "<0:b>"}},
         .phase = SCRIM_RTSP_REDIRECTED,
         .packets = "0:a "},
    };
    CONVERSE(list);
    struct camera camera;
    REQUIRE(camera_start(&camera, &list[0], SIZE_MAX));
    say(&camera, list[0].turns[0].says, take_request(&camera));
    CHECK_TEXT(scrim_rtsp_session_redirect(camera.session), "rtsp://other:8554/x");
    camera_stop(&camera);
}

// Requests of the camera are answered with its numbers and disturb ours not.
static void camera_asks(void)
{
    static const struct conversation list[] = {
        {.turns =
             {{"OPTIONS", "=OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 2\r\n\r\nOK"},
              {"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n",
               "=SET_PARAMETER rtsp://cam/live RTSP/1.0\r\nCSeq: 900\r\n\r\n"},
              {"RTSP/1.0 200 OK\r\nCSeq: 900\r\n\r\n", "=RECORD x RTSP/1.0\r\nCSeq: 2\r\n\r\n"},
              {"RTSP/1.0 501 Not Implemented\r\nCSeq: 2\r\n\r\n",
               "=ANNOUNCE rtsp://cam/live RTSP/1.0\r\nCSeq: x\r\nContent-Length: 5\r\n\r\nv=0\r\n"
               "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"},
              {"RTSP/1.0 200 OK\r\n\r\nDESCRIBE|CSeq: 2\r\n", "200 x\n\n" SDP}},
         .phase = SCRIM_RTSP_TALKING},
        {.turns = {OPTIONS,
                   DESCRIBE(SDP),
                   SETUP,
                   PLAY,
                   {NULL, "=TEARDOWN rtsp://cam/live RTSP/1.0\r\nCSeq: 9\r\nSession: 77AB\r\n\r\n"},
                   {"RTSP/1.0 200 OK\r\nCSeq: 9\r\n", "=<0:x>anything"}},
         .phase = SCRIM_RTSP_ENDED},
    };
    CONVERSE(list);
}

static void start_playing(struct camera *camera, const struct conversation *how)
{
    if (!camera_start(camera, how, SIZE_MAX))
        return;
    for (const struct turn *turn = how->turns; turn->says; turn++)
        say(camera, turn->says, take_request(camera));
    CHECK_INT(scrim_rtsp_session_phase(camera->session), SCRIM_RTSP_PLAYING);
}

static void keeps_alive(void)
{
    static const struct conversation how = {.user = "u",
                                            .turns = {OPTIONS, DESCRIBE(SDP), SETUP, PLAY}};
    struct camera camera;
    start_playing(&camera, &how);
    int64_t due_us = scrim_rtsp_session_tick(camera.session, START_US);
    CHECK_INT(due_us, START_US + 20000000); // half of "timeout=40"
    CHECK_INT(scrim_rtsp_session_tick(camera.session, due_us - 1), due_us);
    CHECK_INT(take_request(&camera), 0);

    CHECK_INT(scrim_rtsp_session_tick(camera.session, due_us), due_us + 20000000);
    unsigned cseq = take_request(&camera);
    check_asked(&camera, "GET_PARAMETER rtsp://cam/live RTSP/1.0|Session: 77AB\r");
    say(&camera, WANTS(DIGEST("1")), cseq); // a login is wanted in the middle of it
    cseq = take_request(&camera);
    check_asked(&camera, "GET_PARAMETER|nonce=\"1\"");
    say(&camera, "451 Parameter Not Understood\n", cseq); // then OPTIONS

    due_us = scrim_rtsp_session_tick(camera.session, due_us + 20000000);
    cseq = take_request(&camera);
    check_asked(&camera, "OPTIONS rtsp://cam/live RTSP/1.0|Session: 77AB\r|nonce=\"1\"");
    say(&camera, WANTS(DIGEST("2") ", stale=true"), cseq);
    cseq = take_request(&camera);
    check_asked(&camera, "OPTIONS|nonce=\"2\"");
    // Refused for good, yet the pictures come: nothing ends, and the next one tries again.
    say(&camera, WANTS(DIGEST("3")), cseq);
    say(&camera, WANTS(DIGEST("4")), take_request(&camera));
    CHECK_INT(camera.code, SCRIM_OK);
    CHECK_INT(take_request(&camera), 0);
    CHECK_INT(scrim_rtsp_session_phase(camera.session), SCRIM_RTSP_PLAYING);
    // Unanswered, the next one goes out all the same.
    due_us = scrim_rtsp_session_tick(camera.session, due_us);
    CHECK(take_request(&camera) > 0);
    CHECK(scrim_rtsp_session_tick(camera.session, due_us) > due_us);
    CHECK(take_request(&camera) > 0);
    camera_stop(&camera);

    static const struct conversation plain = {.turns = {{"OPTIONS", "200 OK\nPublic: DESCRIBE\n"},
                                                        DESCRIBE(SDP),
                                                        {"SETUP", "200 OK\nSession: 1;timeout=0\n"},
                                                        PLAY}};
    start_playing(&camera, &plain);
    due_us = scrim_rtsp_session_tick(camera.session, START_US);
    CHECK_INT(due_us, START_US + 30000000); // the default is 60 s
    CHECK_INT(scrim_rtsp_session_tick(camera.session, due_us), due_us + 30000000);
    take_request(&camera);
    check_asked(&camera, "OPTIONS rtsp://cam/live RTSP/1.0|Session: 1\r");

    scrim_rtsp_session_teardown(camera.session);
    CHECK_INT(scrim_rtsp_session_phase(camera.session), SCRIM_RTSP_ENDED);
    take_request(&camera);
    check_asked(&camera, "TEARDOWN rtsp://cam/live RTSP/1.0|Session: 1\r");
    CHECK_INT(scrim_rtsp_session_tick(camera.session, due_us + 90000000), INT64_MAX);
    scrim_rtsp_session_teardown(camera.session);
    CHECK_INT(take_request(&camera), 0);
    camera_stop(&camera);
}

static void teardown_without_session(void)
{
    static const struct conversation how = {0};
    struct camera camera;
    REQUIRE(camera_start(&camera, &how, SIZE_MAX));
    take_request(&camera);
    CHECK_INT(scrim_rtsp_session_tick(camera.session, START_US), INT64_MAX);
    scrim_rtsp_session_teardown(camera.session);
    CHECK_INT(take_request(&camera), 0);
    CHECK_INT(scrim_rtsp_session_phase(camera.session), SCRIM_RTSP_ENDED);
    camera_stop(&camera);
    scrim_rtsp_session_destroy(NULL);
}

static void goes_over_to_udp(void)
{
    static const struct conversation how = {.audio = true};
    struct camera camera;
    REQUIRE(camera_start(&camera, &how, SIZE_MAX));
    CHECK_INT(scrim_rtsp_session_use_udp(camera.session, 0, 5000), SCRIM_EINVAL);
    CHECK_INT(scrim_rtsp_session_udp_ready(camera.session), SCRIM_EINVAL);
    say(&camera, "200 OK\n", take_request(&camera));
    say(&camera, "200 OK\n\n" SDP_AUDIO, take_request(&camera));
    say(&camera, "461 Unsupported Transport\n", take_request(&camera));

    CHECK_INT(scrim_rtsp_session_phase(camera.session), SCRIM_RTSP_NEEDS_UDP);
    CHECK_INT(scrim_rtsp_session_peer(camera.session).track, 0);
    CHECK_INT(scrim_rtsp_session_use_udp(camera.session, 1, 5000), SCRIM_EINVAL);
    CHECK_INT(scrim_rtsp_session_use_udp(camera.session, 0, 5001), SCRIM_EINVAL);
    CHECK_INT(scrim_rtsp_session_use_udp(camera.session, 0, 0), SCRIM_EINVAL);
    CHECK_INT(scrim_rtsp_session_use_udp(camera.session, 0, 5000), SCRIM_OK);
    CHECK_INT(scrim_rtsp_session_phase(camera.session), SCRIM_RTSP_TALKING);
    unsigned cseq = take_request(&camera);
    check_asked(&camera, "SETUP rtsp://cam/live/track1 |"
                         "Transport: RTP/AVP;unicast;client_port=5000-5001\r");
    say(&camera,
        "200 OK\nSession: 5\nTransport: RTP/AVP/UDP;unicast;client_port=5000-5001;"
        "server_port=6970-6971;source=10.0.0.9;ssrc=ABCD\n",
        cseq);
    CHECK_INT(scrim_rtsp_session_phase(camera.session), SCRIM_RTSP_NEEDS_UDP_PEER);
    CHECK_INT(scrim_rtsp_session_peer(camera.session).rtp_port, 6970);
    CHECK_INT(scrim_rtsp_session_peer(camera.session).rtcp_port, 6971);
    CHECK_INT(scrim_rtsp_session_udp_ready(camera.session), SCRIM_OK);

    CHECK_INT(scrim_rtsp_session_phase(camera.session), SCRIM_RTSP_NEEDS_UDP);
    CHECK_INT(scrim_rtsp_session_peer(camera.session).track, 1);
    CHECK_INT(scrim_rtsp_session_use_udp(camera.session, 1, 5002), SCRIM_OK);
    cseq = take_request(&camera);
    check_asked(&camera, "SETUP rtsp://cam/live/track2 |client_port=5002-5003|Session: 5\r");
    say(&camera, "200 OK\nTransport: RTP/AVP;unicast;server_port=7000\n", cseq);
    CHECK_INT(scrim_rtsp_session_peer(camera.session).rtcp_port, 7001);
    CHECK_INT(scrim_rtsp_session_udp_ready(camera.session), SCRIM_OK);
    say(&camera, "200 OK\n", take_request(&camera));
    CHECK_INT(scrim_rtsp_session_phase(camera.session), SCRIM_RTSP_PLAYING);
    CHECK_INT(scrim_rtsp_session_tracks(camera.session), 2);
    CHECK_INT(scrim_rtsp_session_send(camera.session, 0, true, (const uint8_t *)"r", 1),
              SCRIM_EINVAL);
    camera_stop(&camera);
}

// The caller has no second pair of sockets: the session goes on with the pictures.
static void leaves_a_track_out(void)
{
    static const struct conversation how = {.audio = true, .lower = SCRIM_RTSP_LOWER_UDP};
    struct camera camera;
    REQUIRE(camera_start(&camera, &how, SIZE_MAX));
    say(&camera, "200 OK\n", take_request(&camera));
    say(&camera, "200 OK\n\n" SDP_AUDIO, take_request(&camera));
    CHECK_INT(scrim_rtsp_session_leave_out(camera.session), SCRIM_EINVAL); // not the pictures
    CHECK_INT(scrim_rtsp_session_use_udp(camera.session, 0, 5000), SCRIM_OK);
    CHECK_INT(scrim_rtsp_session_leave_out(camera.session), SCRIM_EINVAL);
    say(&camera, "200 OK\nSession: 5\nTransport: RTP/AVP;unicast;server_port=6970-6971\n",
        take_request(&camera));
    CHECK_INT(scrim_rtsp_session_udp_ready(camera.session), SCRIM_OK);
    CHECK_INT(scrim_rtsp_session_peer(camera.session).track, 1);
    CHECK_INT(scrim_rtsp_session_leave_out(camera.session), SCRIM_OK);
    const unsigned cseq = take_request(&camera);
    check_asked(&camera, "PLAY rtsp://cam/live ");
    say(&camera, "200 OK\n", cseq);
    CHECK_INT(scrim_rtsp_session_phase(camera.session), SCRIM_RTSP_PLAYING);
    CHECK_INT(scrim_rtsp_session_tracks(camera.session), 1);
    camera_stop(&camera);
}

static void udp_alone(void)
{
    static const struct conversation how = {.lower = SCRIM_RTSP_LOWER_UDP};
    static const char *const refusals[] = {
        "461 Unsupported Transport\n", "200 OK\nTransport: RTP/AVP/TCP;interleaved=0-1\n",
        "200 OK\nTransport: RTP/AVP;multicast;destination=232.0.0.1;port=4-5\n"};
    for (size_t i = 0; i < 3; i++) {
        struct camera camera;
        REQUIRE(camera_start(&camera, &how, SIZE_MAX));
        say(&camera, "200 OK\n", take_request(&camera));
        say(&camera, "200 OK\n\n" SDP, take_request(&camera));
        CHECK_INT(scrim_rtsp_session_phase(camera.session), SCRIM_RTSP_NEEDS_UDP);
        CHECK_INT(scrim_rtsp_session_use_udp(camera.session, 0, 65534), SCRIM_OK);
        say(&camera, refusals[i], take_request(&camera));
        CHECK_INT(camera.code, SCRIM_EUNSUPPORTED);
        CHECK(strstr(camera.error.text, "try transport tcp or auto"));
        camera_stop(&camera);
    }
}

static void tells_its_tracks(void)
{
    static const struct conversation how = {
        .audio = true,
        .turns = {OPTIONS,
                  DESCRIBE("v=0\nm=application 0 RTP/AVP 107\n" H264 "a=control:v\n"
                           "m=audio 0 RTP/AVP 3\nm=audio 0 RTP/AVP 0\na=control:a\n"),
                  SETUP,
                  {"SETUP rtsp://cam/live/a ", "200 OK\n"},
                  PLAY}};
    struct camera camera;
    start_playing(&camera, &how);
    REQUIRE(scrim_rtsp_session_tracks(camera.session) == 2);
    CHECK_TEXT(scrim_rtsp_session_track(camera.session, 0)->encoding, "H264");
    CHECK_TEXT(scrim_rtsp_session_track(camera.session, 1)->encoding, "PCMU");
    CHECK(!scrim_rtsp_session_track(camera.session, 2));
    camera_stop(&camera);
}

static void sends_reports(void)
{
    static const struct conversation how = {
        .turns = {OPTIONS,
                  DESCRIBE(SDP),
                  {"SETUP", "200 OK\nSession: 1\nTransport: RTP/AVP/TCP;interleaved=6-7\n"},
                  PLAY}};
    struct camera camera;
    start_playing(&camera, &how);
    struct scrim_buf *out = scrim_rtsp_session_output(camera.session);
    CHECK_INT(scrim_rtsp_session_send(camera.session, 0, true, (const uint8_t *)"report", 6), 0);
    CHECK(out->len == 10 && memcmp(out->data, "$\x07\x00\x06report", 10) == 0);
    CHECK_INT(scrim_rtsp_session_send(camera.session, 1, true, (const uint8_t *)"x", 1),
              SCRIM_EINVAL);
    static const uint8_t large[8192];
    CHECK_INT(scrim_rtsp_session_send(camera.session, 0, false, large, sizeof large), SCRIM_OK);
    CHECK_INT(scrim_rtsp_session_send(camera.session, 0, false, large, sizeof large),
              SCRIM_ENOSPACE);
    CHECK_INT(out->len, 10 + 4 + sizeof large);
    // Nor does a keep-alive fit that is longer than what is left; it tries again soon.
    while (scrim_rtsp_session_send(camera.session, 0, false, large, 16) >= 0)
        ;
    const size_t before = out->len;
    CHECK_INT(scrim_rtsp_session_tick(camera.session, START_US + 30000000), START_US + 31000000);
    CHECK_INT(out->len, before);
    scrim_buf_drop_front(out, out->len);
    CHECK_INT(scrim_rtsp_session_tick(camera.session, START_US + 31000000), START_US + 61000000);
    CHECK(take_request(&camera) > 0);
    camera_stop(&camera);
}

// RFC 7616, 3.9.1; RFC 2617, 3.5; RFC 2069, 2.4 (as its erratum 749 has it).
static void digest_vectors(void)
{
#define RFC7616                                                         \
    "realm=\"http-auth@example.org\", qop=\"auth, auth-int\", nonce=\"" \
    "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "                  \
    "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
#define RFC2617                                                                    \
    "realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", " \
    "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""
    static const char long_cnonce[] = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    static const struct {
        const char *challenge, *password, *cnonce, *response;
    } vectors[] = {
        {"Digest " RFC7616 ", algorithm=MD5", "Circle of Life", long_cnonce,
         "8ca523f5e9506fed4657c9700eebdbec"},
        {"Digest " RFC7616 ", algorithm=SHA-256", "Circle of Life", long_cnonce,
         "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
        {"Digest " RFC2617 ", qop=\"auth,auth-int\"", "Circle Of Life", "0a4f113b",
         "6629fae49393a05397450978507c4ef1"},
        {"Digest " RFC2617, "CircleOfLife", "0a4f113b", "1949323746fe6a43ef61f9606e7febea"},
        // The RFCs have none for -sess; these come from Python's hashlib.
        {"Digest " RFC7616 ", algorithm=SHA-256-sess", "Circle of Life", long_cnonce,
         "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7"},
        {"Digest " RFC2617 ", algorithm=MD5-sess", "Circle Of Life", "0a4f113b",
         "4726bc10c33fa6cb357eb27807b1cce8"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct scrim_rtsp_challenge challenge = {0};
        scrim_rtsp_challenge_read(scrim_text_of(vectors[i].challenge), &challenge);
        struct scrim_rtsp_auth *auth = scrim_rtsp_auth_create("Mufasa", vectors[i].password);
        struct scrim_buf out;
        char wanted[128];
        scrim_buf_init(&out, 4096);
        CHECK(!scrim_rtsp_auth_is_ready(auth));
        CHECK_INT(scrim_rtsp_auth_answer(auth, &challenge, vectors[i].cnonce), SCRIM_OK);
        CHECK(scrim_rtsp_auth_is_ready(auth));
        CHECK_INT(scrim_rtsp_auth_write(auth, "GET", "/dir/index.html", &out), SCRIM_OK);
        CHECK_INT(scrim_buf_append_u8(&out, 0), SCRIM_OK);
        snprintf(wanted, sizeof wanted, "response=\"%s\"", vectors[i].response);
        if (!strstr((char *)out.data, wanted))
            CHECK_TEXT((char *)out.data, wanted);
        scrim_buf_finish(&out);
        scrim_rtsp_auth_destroy(auth);
    }
}

static void challenges(void)
{
    static const struct {
        const char *field;
        enum scrim_rtsp_scheme scheme;
        const char *nonce;
    } cases[] = {
        {"Digest realm=\"\", nonce=\"n\"", SCRIM_RTSP_DIGEST_MD5, "n"},
        {"digest REALM = \"x\" , Nonce = n , algorithm=md5-SESS", SCRIM_RTSP_DIGEST_MD5, "n"},
        {"Digest realm=\"x\",\r\n nonce=\"n\"", SCRIM_RTSP_DIGEST_MD5, "n"},
        {"Digest realm=\"a, nonce=\\\"x\\\"\", nonce=\"n\", qop=\"\"", SCRIM_RTSP_DIGEST_MD5, "n"},
        {"Digest realm=\"x\", nonce=\"1\", Digest realm=\"x\", nonce=\"2\"", SCRIM_RTSP_DIGEST_MD5,
         "1"},
        {"Basic realm=\"x\", Digest realm=\"x\", nonce=\"2\", algorithm=SHA-256-sess",
         SCRIM_RTSP_DIGEST_SHA256, "2"},
        {"Basic", SCRIM_RTSP_BASIC, ""},
        {"Digest realm=\"x\"", SCRIM_RTSP_NO_SCHEME, ""},
        {"Digest nonce=\"x\"", SCRIM_RTSP_NO_SCHEME, ""},
        {"Digest realm=\"x\", nonce=\"n\", qop=auth-int", SCRIM_RTSP_NO_SCHEME, ""},
        {"Digest realm=\"x\", nonce=\"n\", algorithm=MD6", SCRIM_RTSP_NO_SCHEME, ""},
        {"Digest realm=\"x\", nonce=\"a\rb\"", SCRIM_RTSP_NO_SCHEME, ""},
        {"Digest realm=\"x\", nonce=a\"b", SCRIM_RTSP_NO_SCHEME, ""},
        {"Digest realm=\"x\", nonce=\"a\\", SCRIM_RTSP_NO_SCHEME, ""},
        {"realm=\"x\", nonce=\"n\"", SCRIM_RTSP_NO_SCHEME, ""},
        {"=,=\"\",,", SCRIM_RTSP_NO_SCHEME, ""},
        {"", SCRIM_RTSP_NO_SCHEME, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_rtsp_challenge best = {0};
        scrim_rtsp_challenge_read(scrim_text_of(cases[i].field), &best);
        CHECK_INT(best.scheme, cases[i].scheme);
        CHECK_TEXT(best.nonce, cases[i].nonce);
    }
}

static void transports(void)
{
    static const struct {
        const char *field;
        bool valid, interleaved;
        int rtp, rtcp; // channels or ports
    } cases[] = {
        {"RTP/AVP/TCP;unicast;interleaved=0-1", true, true, 0, 1},
        {"rtp/avp/tcp ; unicast ; interleaved = 4 - 9", true, true, 4, 9},
        {"RTP/AVP/TCP;interleaved=4", true, true, 4, 5},
        {"RTP/AVP/TCP;interleaved=2-3,RTP/AVP;unicast", true, true, 2, 3},
        {"RTP/AVP;server_port=65534-65535;;x", true, false, 65534, 65535},
        {"RTP/AVP/UDP;unicast", true, false, 0, 0},
        {"RTP/AVP/TCP;interleaved=255", false, true, 0, 0},
        {"RTP/AVP/TCP;interleaved=0-256", false, true, 0, 0},
        {"RTP/AVP/TCP;interleaved=3-3", false, true, 0, 0},
        {"RTP/AVP/TCP;interleaved", false, true, 0, 0},
        {"RTP/AVP;server_port=65536", false, false, 0, 0},
        {"RTP/AVP;server_port=a-b", false, false, 0, 0},
        {"RAW/RAW/UDP", false, false, 0, 0},
        {"", false, false, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_rtsp_transport transport;
        const bool valid = scrim_rtsp_transport_parse(scrim_text_of(cases[i].field), &transport);
        CHECK_INT(valid, cases[i].valid);
        if (!valid)
            continue;
        CHECK_INT(transport.interleaved, cases[i].interleaved);
        CHECK_INT(transport.interleaved ? transport.rtp_channel : transport.rtp_port, cases[i].rtp);
        CHECK_INT(transport.interleaved ? transport.rtcp_channel : transport.rtcp_port,
                  cases[i].rtcp);
    }
}

// Each allocation that can fail does in turn; what is left is an error with a sentence, no more.
static void memory_runs_out(void)
{
    static const struct conversation how = {
        .user = "u",
        .turns = {{"OPTIONS", WANTS("Basic realm=\"x\"")},
                  {"OPTIONS", "200 OK\n"},
                  DESCRIBE("v=0\n" H264 "a=fmtp:96 sprop-parameter-sets=Z0IAHpWoKA9k,aM48gA==\n"
                           "a=control:track1\n")}};
    unsigned failed = 0;
    scrim_fault_set(fail_one, NULL);
    for (unsigned i = 0; i < 20; i++) {
        struct camera camera;
        allocations_left = i;
        const bool started = camera_start(&camera, &how, SIZE_MAX);
        for (const struct turn *turn = how.turns; started && turn->says && camera.code >= 0; turn++)
            say(&camera, turn->says, take_request(&camera));
        if (camera.code < 0) {
            failed++;
            CHECK_INT(camera.code, SCRIM_ENOMEM);
            CHECK(strstr(camera.error.text, "out of memory"));
        }
        camera_stop(&camera);
    }
    scrim_fault_set(NULL, NULL);
    CHECK(failed >= 3 && failed < 20);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){
                        {"a stream is played", plays},
                        {"packets come between answers", packets_come_between},
                        {"a URL says where to connect", urls},
                        {"control URLs are resolved", control_urls},
                        {"relative to what the camera says", bases},
                        {"every kind of login", logs_in},
                        {"a login that fails ends it", logins_end},
                        {"each fault has its sentence", faults_have_sentences},
                        {"strangers are told apart", strangers_are_told_apart},
                        {"endless talk ends", endless_talk_ends},
                        {"redirects", sends_us_elsewhere},
                        {"the camera asks", camera_asks},
                        {"keep-alive and teardown", keeps_alive},
                        {"teardown without a session", teardown_without_session},
                        {"461 leads to UDP", goes_over_to_udp},
                        {"a track is left out", leaves_a_track_out},
                        {"UDP alone", udp_alone},
                        {"tracks", tells_its_tracks},
                        {"reports go out between requests", sends_reports},
                        {"Digest as the RFCs compute it", digest_vectors},
                        {"challenges", challenges},
                        {"Transport", transports},
                        {"memory runs out", memory_runs_out},
                        {0},
                    });
}
