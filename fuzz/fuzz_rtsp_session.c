// A hostile camera: what it says reaches the session whole, and byte by byte in a second one; both
// must come to the same. The first byte holds options; "\n~~\n" in the input ends a turn, after
// which UDP is answered for and time passes.
#include "rtsp/session.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char end_of_turn[] = "\n~~\n", password[] = "hush-hush";

struct run {
    struct scrim_rtsp_session *session;
    struct scrim_buf pending;
    size_t piece;
    int code;
    struct scrim_error error;
    int64_t now_us;
    uint64_t packets; // a hash of all of them
};

static void take_packet(void *context, unsigned track, bool rtcp, const uint8_t *data, size_t size)
{
    struct run *run = context;
    if (track >= 2 || size > UINT16_MAX || !scrim_rtsp_session_track(run->session, track))
        abort();
    run->packets = run->packets * 31 + track * 2 + rtcp;
    for (size_t i = 0; i < size; i++)
        run->packets = run->packets * 31 + data[i];
}

static void start(struct run *run, uint8_t bits, size_t piece)
{
    const struct scrim_rtsp_options options = {
        .url = bits & 1 ? "rtsps://cam:8322/live?x=1" : "rtsp://cam/live",
        .user = bits & 2 ? "user" : NULL,
        .password = bits & 2 ? password : NULL,
        .lower = (enum scrim_rtsp_lower)((bits >> 2 & 3) % 3),
        .audio = bits & 16,
        .user_agent = "fuzz",
    };
    *run = (struct run){.piece = piece, .now_us = 1};
    scrim_buf_init(&run->pending, 1U << 24);
    if (scrim_rtsp_session_create(&options, take_packet, run, run->now_us, &run->session,
                                  &run->error) < 0)
        abort();
}

static void hear(struct run *run, const uint8_t *data, size_t size)
{
    while (size > 0 && run->code >= 0) {
        const size_t piece = size < run->piece ? size : run->piece;
        size_t taken = 0;
        if (scrim_buf_append(&run->pending, data, piece) < 0)
            abort();
        run->code = scrim_rtsp_session_receive(run->session, run->pending.data, run->pending.len,
                                               run->now_us, &taken, &run->error);
        if (run->code >= 0 && taken > run->pending.len)
            abort();
        if (run->code >= 0)
            scrim_buf_drop_front(&run->pending, taken);
        if (run->code >= 0 && run->pending.len >= SCRIM_RTSP_PENDING_MAX)
            abort();
        data += piece;
        size -= piece;
    }
}

static void end_turn(struct run *run)
{
    const struct scrim_rtsp_peer peer = scrim_rtsp_session_peer(run->session);
    if (scrim_rtsp_session_phase(run->session) == SCRIM_RTSP_NEEDS_UDP)
        run->code = scrim_rtsp_session_use_udp(run->session, peer.track, 5000);
    else if (scrim_rtsp_session_phase(run->session) == SCRIM_RTSP_NEEDS_UDP_PEER)
        run->code = scrim_rtsp_session_udp_ready(run->session);
    run->now_us += 10000000;
    if (scrim_rtsp_session_tick(run->session, run->now_us) <= run->now_us)
        abort();
}

static void play(struct run *run, const uint8_t *data, size_t size)
{
    while (size > 0 && run->code >= 0) {
        const uint8_t *end = memmem(data, size, end_of_turn, sizeof end_of_turn - 1);
        const size_t turn = end ? (size_t)(end - data) : size;
        const size_t used = end ? turn + sizeof end_of_turn - 1 : size;
        hear(run, data, turn);
        if (run->code >= 0)
            end_turn(run);
        data += used;
        size -= used;
    }
}

// Text of the camera's is neither in a sentence nor, where it could end a line, in a request; the
// password is nowhere, unless the camera (or the fuzzer) says it itself.
static void check_said(const struct run *run, bool knows_password)
{
    const struct scrim_buf *out = scrim_rtsp_session_output(run->session);
    for (const char *at = run->error.text; *at; at++)
        if (*at < 0x20 || *at > 0x7e)
            abort();
    for (size_t i = 0; i < out->len; i++) {
        const uint8_t c = out->data[i];
        const bool line_end = c == '\r' && i + 1 < out->len && out->data[i + 1] == '\n';
        const bool ended = c == '\n' && i > 0 && out->data[i - 1] == '\r';
        if ((c < 0x20 && c != '\t' && !line_end && !ended) || c == 0x7f)
            abort();
    }
    if (!knows_password && out->len > 0 &&
        memmem(out->data, out->len, password, sizeof password - 1))
        abort();
    for (unsigned i = 0; i < scrim_rtsp_session_tracks(run->session); i++)
        if (!scrim_rtsp_session_track(run->session, i))
            abort();
}

static void finish(struct run *run)
{
    scrim_rtsp_session_teardown(run->session);
    scrim_rtsp_session_destroy(run->session);
    scrim_buf_finish(&run->pending);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run whole, drip;
    if (size == 0)
        return 0;
    start(&whole, data[0], SIZE_MAX);
    start(&drip, data[0], 1);
    play(&whole, data + 1, size - 1);
    play(&drip, data + 1, size - 1);
    const bool knows_password = memmem(data, size, password, sizeof password - 1) != NULL;
    check_said(&whole, knows_password);
    check_said(&drip, knows_password);
    if (whole.code != drip.code || whole.packets != drip.packets ||
        strcmp(whole.error.text, drip.error.text) != 0 ||
        scrim_rtsp_session_phase(whole.session) != scrim_rtsp_session_phase(drip.session) ||
        strcmp(scrim_rtsp_session_redirect(whole.session),
               scrim_rtsp_session_redirect(drip.session)) != 0 ||
        scrim_rtsp_session_output(whole.session)->len !=
            scrim_rtsp_session_output(drip.session)->len)
        abort();
    finish(&whole);
    finish(&drip);
    return 0;
}
