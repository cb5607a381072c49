// A session description as a camera wrote it.
#include "rtsp/sdp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_visible(const char *text, size_t room)
{
    if (strnlen(text, room) == room)
        abort();
    for (; *text; text++)
        if (*text <= 0x20 || *text > 0x7e)
            abort();
}

static void check_media(const struct scrim_sdp_media *media)
{
    check_visible(media->encoding, sizeof media->encoding);
    check_visible(media->control, sizeof media->control);
    if (strpbrk(media->encoding, "%\"\\<>&'`$") || media->payload_type > 127 ||
        !(media->frame_rate >= 0 && media->frame_rate < 1001) ||
        media->sets.len > SCRIM_SDP_SETS_MAX)
        abort();
    if (scrim_sdp_codec(media) && (media->kind != SCRIM_SDP_VIDEO || media->clock_rate == 0))
        abort();
    if (scrim_sdp_records_audio(media) &&
        (media->kind != SCRIM_SDP_AUDIO || media->clock_rate == 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_sdp sdp = {0};
    struct scrim_error error = {0};
    if (scrim_sdp_parse((const char *)data, size, &sdp, &error) < 0) {
        if (error.text[0] == '\0')
            abort();
        return 0;
    }
    if (sdp.count == 0 || sdp.count > SCRIM_SDP_MEDIA_MAX)
        abort();
    check_visible(sdp.control, sizeof sdp.control);
    for (unsigned i = 0; i < sdp.count; i++)
        check_media(&sdp.media[i]);
    scrim_sdp_finish(&sdp);
    return 0;
}
