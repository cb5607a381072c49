// Sound as a camera sends it: what the track is, and its frames. Nothing of it is decoded.
#pragma once

#include "base/error.h"

#include <stdint.h>

#define SCRIM_SOUND_CONFIG_MAX 64  // bytes of an AudioSpecificConfig; AAC-LC has 2 to 7
#define SCRIM_SOUND_FRAME_MAX 8191 // bytes: what 13 bits can say (RFC 3640, 3.3.6)
#define SCRIM_SOUND_SAMPLES_MAX 8191
#define SCRIM_SOUND_RATE_MAX 96000 // Hz

enum scrim_sound_codec {
    SCRIM_SOUND_AAC = 1, // access units of AAC-LC, alone or with SBR (ISO/IEC 14496-3)
    SCRIM_SOUND_PCMU,    // G.711 µ-law, a byte a sample
    SCRIM_SOUND_PCMA,    // G.711 A-law
};

struct scrim_sound_params {
    enum scrim_sound_codec codec;
    uint32_t rate;          // Hz, of samples and of the RTP clock
    uint32_t channels;      // 1 to 8
    uint32_t frame_samples; // AAC: of each access unit; 0: as many as a frame has bytes per channel
    uint8_t config[SCRIM_SOUND_CONFIG_MAX]; // AAC: AudioSpecificConfig; zeros behind it
    uint32_t config_size;
};

// An access unit of AAC, or a run of G.711 samples.
struct scrim_sound_frame {
    const uint8_t *data; // not owned
    size_t size;
    int64_t rtp;           // of its first sample, unwrapped
    int64_t arrival_us;    // monotonic, of its last packet
    uint32_t samples;      // of each channel
    uint32_t lost_packets; // missing between the frame before and this one
};

// From an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) and the clock rate of the description.
// SCRIM_EUNSUPPORTED with what stands in the way: another kind of AAC, or rates that contradict
// each other, which would put the sound at the wrong speed.
SCRIM_MUST_CHECK int scrim_sound_aac(const uint8_t *config, size_t size, uint32_t clock_rate,
                                     struct scrim_sound_params *ret, struct scrim_error *error);
// `channels` 0: not said, one. SCRIM_EUNSUPPORTED.
SCRIM_MUST_CHECK int scrim_sound_g711(enum scrim_sound_codec codec, uint32_t clock_rate,
                                      uint32_t channels, struct scrim_sound_params *ret,
                                      struct scrim_error *error);

bool scrim_sound_is_same(const struct scrim_sound_params *a, const struct scrim_sound_params *b);
// How many samples a frame of so many bytes has; 0 if there is no such frame.
uint32_t scrim_sound_samples(const struct scrim_sound_params *params, size_t size);
