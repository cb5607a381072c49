// Sound for tests: frames that are told apart by their number.
#pragma once

#include "bitstream/sound.h"
#include "test.h"

struct test_sound {
    struct scrim_sound_frame frame; // its data are `bytes`
    uint8_t bytes[400];
};

static inline struct scrim_sound_params test_aac(uint32_t rate)
{
    // AAC-LC, mono: 5 bits of type, 4 of rate, 4 of channels, 3 of GASpecificConfig.
    const unsigned index = rate == 16000 ? 8 : rate == 8000 ? 11 : 0;
    const uint8_t config[2] = {(uint8_t)(2 << 3 | index >> 1),
                               (uint8_t)((index & 1) << 7 | 1 << 3)};
    struct scrim_sound_params params = {0};
    struct scrim_error error;
    CHECK_INT(scrim_sound_aac(config, sizeof config, rate, &params, &error), SCRIM_OK);
    return params;
}

static inline struct scrim_sound_params test_g711(enum scrim_sound_codec codec)
{
    struct scrim_sound_params params = {0};
    struct scrim_error error;
    CHECK_INT(scrim_sound_g711(codec, 8000, 1, &params, &error), SCRIM_OK);
    return params;
}

// G.711: 160 samples, 20 ms. *ret must stay where it is.
static inline void test_sound(const struct scrim_sound_params *params, uint32_t number,
                              struct test_sound *ret)
{
    *ret = (struct test_sound){.frame.data = ret->bytes};
    ret->frame.size = params->codec == SCRIM_SOUND_AAC ? 100 + number % 200 : 160;
    for (size_t i = 0; i < ret->frame.size; i++)
        ret->bytes[i] = (uint8_t)(number * 31 + i * 7);
    ret->bytes[0] = (uint8_t)(number >> 8);
    ret->bytes[1] = (uint8_t)number;
    ret->frame.samples = scrim_sound_samples(params, ret->frame.size);
}
