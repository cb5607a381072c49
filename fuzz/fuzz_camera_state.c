// What the recorder says of a camera: JSON with words of the camera in it.
#include "desk/camera_state.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_camera_status status;
    if (scrim_camera_status_parse(data, size, &status) < 0)
        return 0;
    // All of it goes into an answer: it must be text and numbers that JSON can hold.
    const char *const texts[] = {status.state, status.cause, status.detail, status.codec};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *text = json_string(texts[i]);
        if (!text)
            abort();
        json_decref(text);
    }
    json_t *fps = json_real(status.fps);
    if (!fps || status.since_us < 0 || status.bitrate < 0)
        abort();
    json_decref(fps);
    for (size_t i = 0; i < SCRIM_GAP_CAUSES; i++)
        if (status.gaps_by[i] < 0)
            abort();
    const struct scrim_camera_feed *feed = &status.feed;
    if (status.frames < 0 || status.lost < 0 || feed->packets < 0 || feed->jitter_us < 0 ||
        feed->connected != (feed->transport[0] != '\0'))
        abort();
    return 0;
}
