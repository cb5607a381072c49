// What an ingest process may say to the sealer: the frame of a link is dealt with in fuzz_link.
#include "ingest/wire.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_wire_message parsed;
    if (size < 2)
        return 0;
    const struct scrim_link_message message = {.kind = (enum scrim_link_kind)data[0],
                                               .flags = data[1],
                                               .body = data + 2,
                                               .body_len = size - 2};
    if (scrim_wire_parse(&message, &parsed) < 0)
        return 0;
    if (parsed.kind == SCRIM_LINK_UNIT && (parsed.unit.size == 0 || !parsed.unit.data))
        __builtin_trap();
    if (parsed.kind == SCRIM_LINK_TRACK && parsed.track.width == 0)
        __builtin_trap();
    const struct scrim_sound_params *sound = &parsed.sound_track;
    if (parsed.kind == SCRIM_LINK_SOUND_TRACK &&
        (sound->channels == 0 || sound->channels > 8 || sound->rate == 0 ||
         sound->rate > SCRIM_SOUND_RATE_MAX || sound->config_size > SCRIM_SOUND_CONFIG_MAX ||
         scrim_sound_samples(sound, 8) == 0 ||
         scrim_sound_samples(sound, 8) > SCRIM_SOUND_SAMPLES_MAX))
        __builtin_trap();
    if (parsed.kind == SCRIM_LINK_SOUND &&
        (parsed.sound.size == 0 || parsed.sound.size > SCRIM_SOUND_FRAME_MAX))
        __builtin_trap();
    return 0;
}
