// What a veil worker, which decodes hostile video, sends to the desk. The first byte chooses the
// kind.
#include "desk/peer_message.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_view(const struct scrim_link_message *message, const uint8_t *view, size_t count)
{
    if (count == 0 || view < message->body || view + count != message->body + message->body_len)
        abort();
}

static void check_text(const char *text)
{
    json_t *string = json_string(text);
    if (!string)
        abort();
    json_decref(string);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_peer_hello hello;
    struct scrim_peer_init init;
    struct scrim_live_frame frame;
    struct scrim_peer_veil_state state;
    if (size == 0)
        return 0;
    const struct scrim_link_message message = {
        .kind = (enum scrim_link_kind)data[0], .body = data + 1, .body_len = size - 1};
    if (scrim_peer_hello_parse(&message, &hello) && hello.workers > 0 &&
        hello.worker >= hello.workers)
        abort();
    if (scrim_peer_init_parse(&message, &init)) {
        check_view(&message, init.segment, init.segment_len);
        check_text(init.mime);
    }
    if (scrim_peer_frame_parse(&message, &frame)) {
        check_view(&message, frame.fragment, frame.fragment_len);
        if (frame.pts_us < 0 || frame.utc_us < 0)
            abort();
    }
    if (scrim_peer_veil_state_parse(&message, &state))
        check_text(state.reason);
    json_decref(scrim_peer_storage_parse(&message));
    return 0;
}
