#include "bitstream/sound.h"

#include "bitstream/bits.h"

#include <string.h>

#define G711_RATE_MIN 4000
#define G711_RATE_MAX 48000
#define G711_CHANNELS_MAX 2

enum { AAC_LC = 2, AAC_SBR = 5, AAC_PS = 29, AAC_ESCAPE = 31 }; // audioObjectType

// samplingFrequencyIndex (ISO/IEC 14496-3, table 1.18); 0: reserved.
static uint32_t take_rate(struct scrim_bits *bits)
{
    static const uint32_t rates[16] = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                       22050, 16000, 12000, 11025, 8000,  7350};
    const uint32_t index = scrim_bits_take(bits, 4);
    return index == 15 ? scrim_bits_take(bits, 24) : rates[index];
}

static uint32_t take_type(struct scrim_bits *bits)
{
    const uint32_t type = scrim_bits_take(bits, 5);
    return type == AAC_ESCAPE ? 32 + scrim_bits_take(bits, 6) : type;
}

int scrim_sound_aac(const uint8_t *config, size_t size, uint32_t clock_rate,
                    struct scrim_sound_params *ret, struct scrim_error *error)
{
    // channelConfiguration (table 1.19); 0, in the stream itself, no camera uses.
    static const uint8_t channels[16] = {0, 1, 2, 3, 4, 5, 6, 8};
    struct scrim_bits bits = {config, size, 0, false};
    uint32_t type = take_type(&bits);
    const uint32_t rate = take_rate(&bits);
    const uint32_t count = channels[scrim_bits_take(&bits, 4)];
    if (type == AAC_SBR || type == AAC_PS) {
        (void)take_rate(&bits); // of the extension: the clock rate tells which of the two counts
        type = take_type(&bits);
    }
    const uint32_t length = scrim_bits_take(&bits, 1) ? 960 : 1024; // frameLengthFlag (4.4.1)
    if (bits.overrun || size > SCRIM_SOUND_CONFIG_MAX || type != AAC_LC || count == 0)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "its AAC is of a kind that is not recorded");
    // With SBR the decoder gives twice the rate that the core has (4.6.18).
    if (rate == 0 || clock_rate > SCRIM_SOUND_RATE_MAX ||
        (clock_rate != rate && clock_rate != 2 * rate))
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "its AAC has %u Hz in one place of the description and %u Hz in another",
                          rate, clock_rate);
    *ret = (struct scrim_sound_params){.codec = SCRIM_SOUND_AAC,
                                       .rate = clock_rate,
                                       .channels = count,
                                       .frame_samples = length * (clock_rate / rate),
                                       .config_size = (uint32_t)size};
    memcpy(ret->config, config, size);
    return SCRIM_OK;
}

int scrim_sound_g711(enum scrim_sound_codec codec, uint32_t clock_rate, uint32_t channels,
                     struct scrim_sound_params *ret, struct scrim_error *error)
{
    if (channels == 0)
        channels = 1;
    if (clock_rate < G711_RATE_MIN || clock_rate > G711_RATE_MAX || channels > G711_CHANNELS_MAX)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "its G.711 has %u Hz and %u channels",
                          clock_rate, channels);
    *ret = (struct scrim_sound_params){.codec = codec, .rate = clock_rate, .channels = channels};
    return SCRIM_OK;
}

bool scrim_sound_is_same(const struct scrim_sound_params *a, const struct scrim_sound_params *b)
{
    return a->codec == b->codec && a->rate == b->rate && a->channels == b->channels &&
           a->frame_samples == b->frame_samples && a->config_size == b->config_size &&
           memcmp(a->config, b->config, sizeof a->config) == 0;
}

uint32_t scrim_sound_samples(const struct scrim_sound_params *params, size_t size)
{
    if (size == 0 || size > SCRIM_SOUND_FRAME_MAX)
        return 0;
    if (params->codec == SCRIM_SOUND_AAC)
        return params->frame_samples;
    return size % params->channels == 0 ? (uint32_t)size / params->channels : 0;
}
