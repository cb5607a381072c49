#include "rtsp/sdp_format.h"

#include "base/base64.h"

#include <string.h>

#define AUDIO_CONFIG_MAX 64 // bytes; an AudioSpecificConfig of AAC has 2 to 7 or so

bool scrim_sdp_name(struct scrim_text name, struct scrim_sdp_media *media)
{
    char kept[sizeof media->encoding];
    if (name.length == 0 || name.length >= sizeof kept)
        return false;
    for (size_t i = 0; i < name.length; i++) {
        const char c = name.at[i];
        const bool small = c >= 'a' && c <= 'z';
        if (!small && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            (c == '\0' || !strchr("-_.", c)))
            return false;
        kept[i] = small ? (char)(c - 'a' + 'A') : c;
    }
    kept[name.length] = '\0';
    memcpy(media->encoding, kept, name.length + 1);
    return true;
}

void scrim_sdp_static_type(struct scrim_sdp_media *media)
{
    static const struct {
        uint8_t payload_type;
        enum scrim_sdp_kind kind;
        char encoding[8];
        uint32_t clock_rate, channels;
    } assigned[] = {
        {0, SCRIM_SDP_AUDIO, "PCMU", 8000, 1},   {8, SCRIM_SDP_AUDIO, "PCMA", 8000, 1},
        {26, SCRIM_SDP_VIDEO, "JPEG", 90000, 0}, {31, SCRIM_SDP_VIDEO, "H261", 90000, 0},
        {32, SCRIM_SDP_VIDEO, "MPV", 90000, 0},  {33, SCRIM_SDP_VIDEO, "MP2T", 90000, 0},
        {34, SCRIM_SDP_VIDEO, "H263", 90000, 0},
    };
    for (size_t i = 0; i < sizeof assigned / sizeof *assigned; i++) {
        if (assigned[i].payload_type != media->payload_type || assigned[i].kind != media->kind)
            continue;
        memcpy(media->encoding, assigned[i].encoding, sizeof assigned[i].encoding);
        media->clock_rate = assigned[i].clock_rate;
        media->channels = assigned[i].channels;
    }
}

// One parameter set in base64, padded or not, behind a start code.
static int append_set(struct scrim_text text, struct scrim_buf *sets)
{
    uint8_t set[SCRIM_SDP_SETS_MAX];
    size_t size;
    text = scrim_text_trim(text);
    while (text.length > 0 && text.at[text.length - 1] == '=')
        text.length--;
    if (text.length == 0 || scrim_base64_decode(text.at, text.length, set, sizeof set, &size) < 0 ||
        sets->len + 4 + size > SCRIM_SDP_SETS_MAX)
        return SCRIM_OK;
    const int result = scrim_buf_append_u32(sets, 1);
    return result < 0 ? result : scrim_buf_append(sets, set, size);
}

static bool next_parameter(struct scrim_text *rest, struct scrim_text *ret_name,
                           struct scrim_text *ret_value)
{
    struct scrim_text part;
    if (!scrim_text_split(rest, ';', &part))
        return false;
    scrim_text_pair(part, ret_name, ret_value);
    return true;
}

// Every set of the parameter `wanted`, which lists them with commas.
static int append_sets(struct scrim_text parameters, const char *wanted, struct scrim_buf *sets)
{
    struct scrim_text name, value, one;
    int result = SCRIM_OK;
    while (result >= 0 && next_parameter(&parameters, &name, &value))
        while (result >= 0 && scrim_text_is(name, wanted) && scrim_text_split(&value, ',', &one))
            result = append_set(one, sets);
    return result;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static int append_config(struct scrim_text hex, struct scrim_buf *config)
{
    uint8_t bytes[AUDIO_CONFIG_MAX];
    if (hex.length % 2 != 0 || hex.length / 2 > sizeof bytes)
        return SCRIM_OK;
    for (size_t i = 0; i < hex.length; i += 2) {
        const int high = hex_digit(hex.at[i]), low = hex_digit(hex.at[i + 1]);
        if (high < 0 || low < 0)
            return SCRIM_OK;
        bytes[i / 2] = (uint8_t)(high << 4 | low);
    }
    return scrim_buf_append(config, bytes, hex.length / 2);
}

// RFC 3640, 3.3.6: the mode that all cameras use has AU headers of 13 bits of size and 3 of index.
// Without its parameters the payload could not be taken apart, so the config of any other mode is
// not kept and the track not recorded.
static bool is_aac_hbr(struct scrim_text parameters)
{
    uint32_t size = 0, index = 0, delta = 0, number;
    struct scrim_text name, value;
    while (next_parameter(&parameters, &name, &value)) {
        if (!scrim_text_number(value, 64, &number))
            continue;
        if (scrim_text_is(name, "sizelength"))
            size = number;
        else if (scrim_text_is(name, "indexlength"))
            index = number;
        else if (scrim_text_is(name, "indexdeltalength"))
            delta = number;
    }
    return size == 13 && index == 3 && delta == 3;
}

static int read_aac(struct scrim_text parameters, struct scrim_buf *config)
{
    struct scrim_text rest = parameters, name, value;
    if (!is_aac_hbr(parameters))
        return SCRIM_OK;
    while (next_parameter(&rest, &name, &value))
        if (scrim_text_is(name, "config") && config->len == 0)
            return append_config(value, config);
    return SCRIM_OK;
}

int scrim_sdp_read_fmtp(struct scrim_text value, struct scrim_sdp_media *media)
{
    static const char *const h264[] = {"sprop-parameter-sets", NULL};
    // In the order in which decoders want them, whatever the order in the description.
    static const char *const h265[] = {"sprop-vps", "sprop-sps", "sprop-pps", NULL};
    const enum scrim_codec codec = scrim_sdp_codec(media);
    if (codec == 0)
        return strcmp(media->encoding, "MPEG4-GENERIC") == 0 ? read_aac(value, &media->sets)
                                                             : SCRIM_OK;
    int result = SCRIM_OK;
    for (const char *const *name = codec == SCRIM_CODEC_H264 ? h264 : h265; result >= 0 && *name;
         name++)
        result = append_sets(value, *name, &media->sets);
    return result;
}

double scrim_sdp_rate(struct scrim_text value)
{
    struct scrim_text whole, fraction;
    uint32_t number, digits;
    if (!scrim_text_split(&value, '.', &whole) || !scrim_text_number(whole, 1000, &number))
        return 0;
    double rate = number, place = 1;
    if (scrim_text_split(&value, '.', &fraction)) {
        if (fraction.length > 6)
            fraction.length = 6;
        if (fraction.length > 0 && !scrim_text_number(fraction, 999999, &digits))
            return 0;
        for (size_t i = 0; i < fraction.length; i++)
            rate += (fraction.at[i] - '0') * (place /= 10);
    }
    return rate;
}

enum scrim_codec scrim_sdp_codec(const struct scrim_sdp_media *media)
{
    if (media->kind != SCRIM_SDP_VIDEO)
        return 0;
    return strcmp(media->encoding, "H264") == 0   ? SCRIM_CODEC_H264
           : strcmp(media->encoding, "H265") == 0 ? SCRIM_CODEC_H265
                                                  : 0;
}

bool scrim_sdp_is_audio_format(const struct scrim_sdp_media *media)
{
    return media->kind == SCRIM_SDP_AUDIO && media->clock_rate > 0 &&
           (strcmp(media->encoding, "PCMU") == 0 || strcmp(media->encoding, "PCMA") == 0 ||
            strcmp(media->encoding, "MPEG4-GENERIC") == 0);
}

bool scrim_sdp_records_audio(const struct scrim_sdp_media *media)
{
    return scrim_sdp_is_audio_format(media) &&
           (strcmp(media->encoding, "MPEG4-GENERIC") != 0 || media->sets.len >= 2);
}
