#include "ingest/wire.h"

#include <string.h>

#define HEAD_MAX 128
#define SIZE_MAX_PIXELS 32768U // wider or higher than any camera
#define RATE_MAX 1000000U      // 1,000 pictures a second

enum feed_flag { FEED_CONNECTED = 1, FEED_UDP = 2, FEED_TLS = 4, FEED_HAS_OFFSET = 8 };

// A message's fixed part; room for the largest of them is certain.
struct head {
    size_t size;
    uint8_t bytes[HEAD_MAX];
};

static void put_u32(struct head *head, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                              (uint8_t)value};
    memcpy(head->bytes + head->size, bytes, sizeof bytes);
    head->size += sizeof bytes;
}

static void put_u64(struct head *head, uint64_t value)
{
    put_u32(head, (uint32_t)(value >> 32));
    put_u32(head, (uint32_t)value);
}

static int send(struct scrim_link *link, enum scrim_link_kind kind, uint8_t flags,
                const struct head *head, const void *tail, size_t tail_size)
{
    return scrim_link_send(link, kind, flags, "", head->bytes, head->size, tail, tail_size);
}

int scrim_wire_track(struct scrim_link *link, const struct scrim_params *params,
                     uint32_t declared_mfps)
{
    struct head head = {0};
    put_u32(&head, (uint32_t)params->codec);
    put_u32(&head, params->width);
    put_u32(&head, params->height);
    put_u32(&head, declared_mfps);
    return send(link, SCRIM_LINK_TRACK, 0, &head, params->sets.data, params->sets.len);
}

int scrim_wire_unit(struct scrim_link *link, const struct scrim_unit *unit)
{
    struct head head = {0};
    put_u64(&head, (uint64_t)unit->rtp);
    put_u64(&head, (uint64_t)unit->arrival_us);
    put_u64(&head, (uint64_t)unit->sender_utc_us);
    put_u32(&head, unit->lost_units);
    put_u32(&head, unit->lost_packets);
    put_u32(&head, unit->dropped_units);
    return send(link, SCRIM_LINK_UNIT, unit->random ? SCRIM_LINK_KEY : 0, &head, unit->data,
                unit->size);
}

int scrim_wire_broken(struct scrim_link *link, const struct scrim_error *why)
{
    struct head head = {0};
    put_u32(&head, (uint32_t)why->code);
    return send(link, SCRIM_LINK_BROKEN, 0, &head, why->text, strlen(why->text));
}

int scrim_wire_feed(struct scrim_link *link, const struct scrim_feed_stats *stats)
{
    struct head head = {0};
    put_u32(&head, (stats->connected ? FEED_CONNECTED : 0U) | (stats->udp ? FEED_UDP : 0U) |
                       (stats->tls ? FEED_TLS : 0U) |
                       (stats->has_clock_offset ? FEED_HAS_OFFSET : 0U));
    put_u64(&head, stats->packets);
    put_u64(&head, stats->lost_packets);
    put_u64(&head, stats->late_packets);
    put_u64(&head, stats->malformed_packets);
    put_u64(&head, stats->dropped_units);
    put_u64(&head, stats->reconnects);
    put_u32(&head, stats->jitter_us);
    put_u64(&head, (uint64_t)stats->clock_offset_us);
    return send(link, SCRIM_LINK_FEED, 0, &head, NULL, 0);
}

int scrim_wire_sound_track(struct scrim_link *link, const struct scrim_sound_params *params)
{
    struct head head = {0};
    put_u32(&head, (uint32_t)params->codec);
    put_u32(&head, params->rate);
    put_u32(&head, params->channels);
    return send(link, SCRIM_LINK_SOUND_TRACK, 0, &head, params->config, params->config_size);
}

int scrim_wire_sound(struct scrim_link *link, const struct scrim_sound_frame *frame)
{
    struct head head = {0};
    put_u64(&head, (uint64_t)frame->rtp);
    put_u64(&head, (uint64_t)frame->arrival_us);
    put_u32(&head, frame->lost_packets);
    return send(link, SCRIM_LINK_SOUND, 0, &head, frame->data, frame->size);
}

static bool get_i64(struct scrim_reader *reader, int64_t *ret)
{
    uint64_t value;
    if (!scrim_read_u64(reader, &value))
        return false;
    *ret = (int64_t)value;
    return true;
}

static bool parse_track(struct scrim_reader *reader, struct scrim_wire_message *ret)
{
    uint32_t codec;
    if (!scrim_read_u32(reader, &codec) || !scrim_read_u32(reader, &ret->track.width) ||
        !scrim_read_u32(reader, &ret->track.height) ||
        !scrim_read_u32(reader, &ret->track.declared_mfps))
        return false;
    ret->track.codec = (enum scrim_codec)codec;
    ret->track.sets = reader->at;
    ret->track.sets_size = reader->left;
    return (codec == SCRIM_CODEC_H264 || codec == SCRIM_CODEC_H265) && reader->left > 0 &&
           reader->left <= SCRIM_PARAMETER_SETS_MAX && ret->track.width > 0 &&
           ret->track.width <= SIZE_MAX_PIXELS && ret->track.height > 0 &&
           ret->track.height <= SIZE_MAX_PIXELS && ret->track.declared_mfps <= RATE_MAX;
}

// Times far from any that arithmetic on them could overflow with.
static bool is_time(int64_t value)
{
    return value > -(INT64_C(1) << 60) && value < INT64_C(1) << 60;
}

static bool parse_unit(struct scrim_reader *reader, uint8_t flags, struct scrim_wire_message *ret)
{
    struct scrim_unit *unit = &ret->unit;
    *unit = (struct scrim_unit){.random = flags & SCRIM_LINK_KEY};
    if (!get_i64(reader, &unit->rtp) || !get_i64(reader, &unit->arrival_us) ||
        !get_i64(reader, &unit->sender_utc_us) || !scrim_read_u32(reader, &unit->lost_units) ||
        !scrim_read_u32(reader, &unit->lost_packets) ||
        !scrim_read_u32(reader, &unit->dropped_units))
        return false;
    unit->data = reader->at;
    unit->size = reader->left;
    return unit->size > 0 && unit->size <= SCRIM_ACCESS_UNIT_MAX && is_time(unit->rtp) &&
           is_time(unit->arrival_us) && is_time(unit->sender_utc_us);
}

static bool parse_broken(struct scrim_reader *reader, struct scrim_wire_message *ret)
{
    uint32_t code;
    if (!scrim_read_u32(reader, &code) || reader->left >= sizeof ret->broken.text)
        return false;
    ret->broken.code = (int)code;
    for (size_t i = 0; i < reader->left; i++)
        ret->broken.text[i] =
            (char)(reader->at[i] < ' ' || reader->at[i] > '~' ? '?' : reader->at[i]);
    ret->broken.text[reader->left] = '\0';
    return ret->broken.code < 0;
}

static bool parse_feed(struct scrim_reader *reader, struct scrim_wire_message *ret)
{
    struct scrim_feed_stats *feed = &ret->feed;
    uint32_t flags;
    if (!scrim_read_u32(reader, &flags) || !scrim_read_u64(reader, &feed->packets) ||
        !scrim_read_u64(reader, &feed->lost_packets) ||
        !scrim_read_u64(reader, &feed->late_packets) ||
        !scrim_read_u64(reader, &feed->malformed_packets) ||
        !scrim_read_u64(reader, &feed->dropped_units) ||
        !scrim_read_u64(reader, &feed->reconnects) || !scrim_read_u32(reader, &feed->jitter_us) ||
        !get_i64(reader, &feed->clock_offset_us))
        return false;
    feed->connected = flags & FEED_CONNECTED;
    feed->udp = flags & FEED_UDP;
    feed->tls = flags & FEED_TLS;
    feed->has_clock_offset = flags & FEED_HAS_OFFSET;
    return reader->left == 0 && is_time(feed->clock_offset_us);
}

static bool parse_sound_track(struct scrim_reader *reader, struct scrim_wire_message *ret)
{
    struct scrim_sound_params *params = &ret->sound_track;
    uint32_t codec, rate, channels;
    if (!scrim_read_u32(reader, &codec) || !scrim_read_u32(reader, &rate) ||
        !scrim_read_u32(reader, &channels))
        return false;
    if (codec == SCRIM_SOUND_AAC)
        return scrim_sound_aac(reader->at, reader->left, rate, params, NULL) >= 0 &&
               params->channels == channels;
    return (codec == SCRIM_SOUND_PCMU || codec == SCRIM_SOUND_PCMA) && reader->left == 0 &&
           channels > 0 &&
           scrim_sound_g711((enum scrim_sound_codec)codec, rate, channels, params, NULL) >= 0;
}

static bool parse_sound(struct scrim_reader *reader, struct scrim_wire_message *ret)
{
    struct scrim_sound_frame *frame = &ret->sound;
    *frame = (struct scrim_sound_frame){0};
    if (!get_i64(reader, &frame->rtp) || !get_i64(reader, &frame->arrival_us) ||
        !scrim_read_u32(reader, &frame->lost_packets))
        return false;
    frame->data = reader->at;
    frame->size = reader->left;
    return frame->size > 0 && frame->size <= SCRIM_SOUND_FRAME_MAX && is_time(frame->rtp) &&
           is_time(frame->arrival_us);
}

int scrim_wire_parse(const struct scrim_link_message *message, struct scrim_wire_message *ret)
{
    struct scrim_reader reader = scrim_reader_of(message->body, message->body_len);
    ret->kind = message->kind;
    bool valid = false;
    switch (message->kind) {
    case SCRIM_LINK_TRACK: valid = parse_track(&reader, ret); break;
    case SCRIM_LINK_UNIT: valid = parse_unit(&reader, message->flags, ret); break;
    case SCRIM_LINK_BROKEN: valid = parse_broken(&reader, ret); break;
    case SCRIM_LINK_FEED: valid = parse_feed(&reader, ret); break;
    case SCRIM_LINK_SOUND_TRACK: valid = parse_sound_track(&reader, ret); break;
    case SCRIM_LINK_SOUND: valid = parse_sound(&reader, ret); break;
    default: break;
    }
    return valid ? SCRIM_OK : SCRIM_EFORMAT;
}
