#include "desk/peer_message.h"

#include "desk/peers.h"
#include "desk/storage_state.h"

#include <jansson.h>
#include <string.h>

#define LINK_VERSION 1
#define TIME_MAX \
    (INT64_C(1) << 52) // µs: the year 2112, and the last that JavaScript counts exactly
#define PERMILLE 1000

static struct scrim_reader body_of(const struct scrim_link_message *message)
{
    return scrim_reader_of(message->body, message->body_len);
}

bool scrim_peer_hello_parse(const struct scrim_link_message *message, struct scrim_peer_hello *ret)
{
    struct scrim_reader reader = body_of(message);
    uint16_t version;
    return message->kind == SCRIM_LINK_HELLO && scrim_read_u16(&reader, &version) &&
           version == LINK_VERSION && scrim_read_u16(&reader, &ret->worker) &&
           scrim_read_u16(&reader, &ret->workers) && reader.left == 0 &&
           ret->workers <= SCRIM_VEIL_WORKERS_MAX &&
           (ret->workers == 0 ? ret->worker <= 2 : ret->worker < ret->workers);
}

// "video/mp4; codecs=\"…\"" in characters that need no care anywhere.
static bool mime_is_plain(const char *mime, size_t length)
{
    static const char prefix[] = "video/mp4; codecs=\"";
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.";
    if (length < sizeof prefix || strncmp(mime, prefix, sizeof prefix - 1) != 0)
        return false;
    const char *codec = mime + sizeof prefix - 1;
    const size_t codec_length = strspn(codec, letters);
    return codec_length > 0 && length == sizeof prefix - 1 + codec_length + 1 &&
           codec[codec_length] == '"';
}

bool scrim_peer_init_parse(const struct scrim_link_message *message, struct scrim_peer_init *ret)
{
    struct scrim_reader reader = body_of(message);
    uint16_t length;
    memset(ret->mime, 0, sizeof ret->mime);
    if (!scrim_read_u16(&reader, &ret->width) || !scrim_read_u16(&reader, &ret->height) ||
        !scrim_read_u16(&reader, &length) || length >= sizeof ret->mime ||
        !scrim_read_bytes(&reader, ret->mime, length) || !mime_is_plain(ret->mime, length))
        return false;
    ret->segment = reader.at;
    ret->segment_len = reader.left;
    return reader.left > 0 && ret->width > 0 && ret->height > 0;
}

static bool read_time(struct scrim_reader *reader, int64_t *ret)
{
    uint64_t value;
    if (!scrim_read_u64(reader, &value) || value > TIME_MAX)
        return false;
    *ret = (int64_t)value;
    return true;
}

bool scrim_peer_frame_parse(const struct scrim_link_message *message, struct scrim_live_frame *ret)
{
    struct scrim_reader reader = body_of(message);
    uint16_t masked;
    uint8_t reason;
    if (!read_time(&reader, &ret->utc_us) || !read_time(&reader, &ret->pts_us) ||
        !scrim_read_u16(&reader, &masked) || masked > PERMILLE || !scrim_read_u8(&reader, &reason))
        return false;
    ret->key = message->flags & SCRIM_LINK_KEY;
    ret->fragment = reader.at;
    ret->fragment_len = reader.left;
    return reader.left > 0;
}

// As much of the text as is UTF-8 without control characters and fits.
static bool take_reason(const struct scrim_reader *reader, char *ret, size_t ret_size)
{
    if (reader->left >= ret_size)
        return false;
    if (reader->left > 0)
        memcpy(ret, reader->at, reader->left);
    ret[reader->left] = '\0';
    for (size_t i = 0; i < reader->left; i++)
        if ((unsigned char)ret[i] < ' ' || ret[i] == 0x7f)
            return false;
    json_t *checked = json_string(ret); // NULL for what is not UTF-8
    json_decref(checked);
    return checked != NULL;
}

bool scrim_peer_veil_state_parse(const struct scrim_link_message *message,
                                 struct scrim_peer_veil_state *ret)
{
    struct scrim_reader reader = body_of(message);
    uint8_t state;
    if (!scrim_read_u8(&reader, &state) || state < SCRIM_VEIL_LIVE || state > SCRIM_VEIL_WAITING)
        return false;
    ret->state = (enum scrim_live_state)state;
    return take_reason(&reader, ret->reason, sizeof ret->reason);
}

bool scrim_peer_admitted_parse(const struct scrim_link_message *message,
                               struct scrim_peer_admitted *ret)
{
    struct scrim_reader reader = body_of(message);
    uint8_t ok;
    if (!scrim_read_u32(&reader, &ret->number) || !scrim_read_u8(&reader, &ok) || ok > 1)
        return false;
    ret->ok = ok == 1;
    return take_reason(&reader, ret->text, sizeof ret->text);
}

bool scrim_peer_areas_taken_parse(const struct scrim_link_message *message,
                                  struct scrim_peer_areas_taken *ret)
{
    struct scrim_reader reader = body_of(message);
    uint8_t understood;
    if (!scrim_read_u64(&reader, &ret->revision) || !scrim_read_u8(&reader, &understood) ||
        understood > 1)
        return false;
    ret->understood = understood == 1;
    return reader.left == 0;
}

json_t *scrim_peer_storage_parse(const struct scrim_link_message *message)
{
    return message->kind == SCRIM_LINK_STORAGE
               ? scrim_storage_report_parse(message->body, message->body_len)
               : NULL;
}
