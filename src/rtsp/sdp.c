#include "rtsp/sdp.h"

#include "rtsp/sdp_format.h"
#include "rtsp/text.h"

#define FORMATS_MAX 16 // of one m= line that are looked at
#define MALFORMED "the camera's session description (SDP) is malformed"

// The next line that is one ("x=…", RFC 4566, section 5); its letter, and what stands behind '='.
static bool next_line(struct scrim_text *rest, char *ret_type, struct scrim_text *ret_value)
{
    struct scrim_text line;
    while (scrim_text_split(rest, '\n', &line)) {
        line = scrim_text_trim(line);
        if (line.length < 2 || line.at[1] != '=')
            continue;
        *ret_type = line.at[0];
        *ret_value = (struct scrim_text){line.at + 2, line.length - 2};
        return true;
    }
    return false;
}

// "name:value" of an a= line.
static bool is_attribute(struct scrim_text line, const char *name, struct scrim_text *ret_value)
{
    struct scrim_text key;
    if (!scrim_text_split(&line, ':', &key) || !scrim_text_is(scrim_text_trim(key), name) ||
        !line.at)
        return false;
    *ret_value = scrim_text_trim(line);
    return true;
}

// "<payload type> <rest>", as rtpmap and fmtp begin.
static bool is_for(struct scrim_text *value, unsigned payload_type)
{
    struct scrim_text word;
    uint32_t number;
    return scrim_text_word(value, &word) && scrim_text_number(word, 127, &number) &&
           number == payload_type;
}

// "<encoding>/<clock rate>[/<channels>]".
static void read_rtpmap(struct scrim_text value, struct scrim_sdp_media *media)
{
    struct scrim_text part;
    uint32_t number;
    if (!scrim_text_split(&value, '/', &part) || !scrim_sdp_name(scrim_text_trim(part), media))
        return;
    if (scrim_text_split(&value, '/', &part) &&
        scrim_text_number(scrim_text_trim(part), 1000000, &number) && number > 0)
        media->clock_rate = number;
    if (scrim_text_split(&value, '/', &part) &&
        scrim_text_number(scrim_text_trim(part), 255, &number))
        media->channels = number;
}

// What `payload_type` means in the lines of this medium: what its rtpmap says, and what RFC 3551
// assigned to it where there is none.
static void describe(struct scrim_text lines, unsigned payload_type, struct scrim_sdp_media *media)
{
    char type;
    struct scrim_text line, value;
    media->payload_type = (uint8_t)payload_type;
    media->encoding[0] = '\0';
    media->clock_rate = media->channels = 0;
    scrim_sdp_static_type(media);
    while (next_line(&lines, &type, &line))
        if (type == 'a' && is_attribute(line, "rtpmap", &value) && is_for(&value, payload_type))
            read_rtpmap(value, media);
    if (media->clock_rate == 0 && media->kind == SCRIM_SDP_VIDEO)
        media->clock_rate = 90000; // of all video formats (RFC 3551, 5)
}

static bool records(const struct scrim_sdp_media *media)
{
    return scrim_sdp_codec(media) || scrim_sdp_is_audio_format(media);
}

// "<media> <port> <proto> <fmt> …" (5.14). Of several formats the first counts that Scrim records,
// or the first one. False: the line lacks a part and describes nothing.
static bool read_media_line(struct scrim_text line, struct scrim_text lines,
                            struct scrim_sdp_media *media)
{
    struct scrim_text kind, port, protocol, format;
    if (!scrim_text_word(&line, &kind) || !scrim_text_word(&line, &port) ||
        !scrim_text_word(&line, &protocol))
        return false;
    media->kind = scrim_text_is(kind, "video")   ? SCRIM_SDP_VIDEO
                  : scrim_text_is(kind, "audio") ? SCRIM_SDP_AUDIO
                                                 : SCRIM_SDP_OTHER;
    media->encrypted = scrim_text_starts(protocol, "RTP/SAVP");
    unsigned seen = 0;
    for (; seen < FORMATS_MAX && !(seen > 0 && records(media)); seen++) {
        if (!scrim_text_word(&line, &format))
            break;
        uint32_t payload_type;
        struct scrim_sdp_media candidate = *media;
        // Data and applications may name their formats by words (5.14).
        const bool number = scrim_text_number(format, 127, &payload_type);
        describe(lines, number ? payload_type : 0, &candidate);
        if (seen == 0 || records(&candidate))
            *media = candidate;
    }
    return seen > 0;
}

static void keep_control(struct scrim_text value, char ret[256])
{
    // One that does not fit, or could not stand in a request, is left out: the track then goes by
    // the session's URL, and the camera says what it thinks of that.
    if (!scrim_text_copy(value, ret, 256))
        ret[0] = '\0';
}

static int read_attribute(struct scrim_text line, struct scrim_sdp_media *media)
{
    struct scrim_text value;
    if (is_attribute(line, "control", &value)) {
        keep_control(value, media->control);
    } else if (is_attribute(line, "framerate", &value) ||
               is_attribute(line, "x-framerate", &value)) {
        media->frame_rate = scrim_sdp_rate(value);
    } else if (is_attribute(line, "fmtp", &value) && is_for(&value, media->payload_type)) {
        return scrim_sdp_read_fmtp(value, media);
    }
    return SCRIM_OK;
}

// One medium: its m= line and what stands before the next one. Returns 1, or 0 if it is none.
static int read_media(struct scrim_text first, struct scrim_text lines,
                      struct scrim_sdp_media *media)
{
    char type;
    struct scrim_text line;
    *media = (struct scrim_sdp_media){0};
    scrim_buf_init(&media->sets, SCRIM_SDP_SETS_MAX);
    if (!read_media_line(first, lines, media))
        return 0;
    while (next_line(&lines, &type, &line)) {
        const int result = type == 'a' ? read_attribute(line, media) : SCRIM_OK;
        if (result < 0) {
            scrim_buf_finish(&media->sets);
            return result;
        }
    }
    return 1;
}

// The lines in front of the next m= line; *rest begins with that.
static struct scrim_text take_section(struct scrim_text *rest)
{
    const struct scrim_text all = *rest;
    struct scrim_text line, ahead = *rest;
    while (scrim_text_split(&ahead, '\n', &line)) {
        if (scrim_text_starts(line, "m="))
            break;
        *rest = ahead;
    }
    if (!rest->at)
        return all;
    return (struct scrim_text){all.at, (size_t)(rest->at - all.at)};
}

static int parse(struct scrim_text rest, struct scrim_sdp *sdp, struct scrim_error *error)
{
    char type;
    struct scrim_text line, value, section = take_section(&rest);
    while (next_line(&section, &type, &line))
        if (type == 'a' && is_attribute(line, "control", &value))
            keep_control(value, sdp->control);
    while (scrim_text_split(&rest, '\n', &line)) {
        const struct scrim_text first = {line.at + 2, line.length - 2}; // behind "m="
        section = take_section(&rest);
        struct scrim_sdp_media media;
        const int result = read_media(first, section, &media);
        if (result < 0)
            return scrim_fail(error, result, "%s", scrim_err_text(result));
        if (result == 0)
            continue;
        if (sdp->count == SCRIM_SDP_MEDIA_MAX) {
            scrim_buf_finish(&media.sets);
            return scrim_fail(error, SCRIM_EFORMAT, MALFORMED ": it offers more than %d tracks",
                              SCRIM_SDP_MEDIA_MAX);
        }
        sdp->media[sdp->count++] = media;
    }
    return sdp->count > 0 ? SCRIM_OK : scrim_fail(error, SCRIM_EFORMAT, MALFORMED);
}

int scrim_sdp_parse(const char *text, size_t length, struct scrim_sdp *ret,
                    struct scrim_error *error)
{
    struct scrim_sdp sdp = {0};
    const int result = parse((struct scrim_text){text, length}, &sdp, error);
    if (result < 0)
        scrim_sdp_finish(&sdp);
    else
        *ret = sdp;
    return result;
}

void scrim_sdp_finish(struct scrim_sdp *sdp)
{
    if (!sdp)
        return;
    for (unsigned i = 0; i < sdp->count; i++)
        scrim_buf_finish(&sdp->media[i].sets);
    sdp->count = 0;
}
