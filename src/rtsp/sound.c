#include "rtsp/sound.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "rtsp/rtp.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define AU_HEADER 2                 // bytes: 13 bits of size, 3 of index
#define TIME_MAX (INT64_C(1) << 46) // unwrapped RTP time

struct scrim_sound_receiver {
    struct scrim_sound_params params;
    uint8_t payload_type;
    bool started;
    struct scrim_rtp_source source;
    int64_t time;             // RTP time of the last packet, unwrapped
    uint64_t told_lost;       // of stats.lost
    int64_t arrival_us;       // of the packet that is being taken apart
    struct scrim_reader au;   // AAC: its AU headers that are left
    struct scrim_reader data; // and its bytes
    int64_t next_time;        // of the frame that is next in it
    // A fragmented access unit (RFC 3640, 3.2.3): `due` bytes of it are to come.
    uint8_t fragments[SCRIM_SOUND_FRAME_MAX];
    size_t whole, due;
    int64_t fragments_time; // RTP time of all its packets
    bool assembled;         // it is whole and was not handed out yet
    struct scrim_sound_stats stats;
};

static int describe(const struct scrim_sdp_media *media, struct scrim_sound_params *ret,
                    struct scrim_error *error)
{
    if (strcmp(media->encoding, "MPEG4-GENERIC") == 0)
        return scrim_sound_aac(media->sets.data, media->sets.len, media->clock_rate, ret, error);
    const bool u_law = strcmp(media->encoding, "PCMU") == 0;
    if (!u_law && strcmp(media->encoding, "PCMA") != 0)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "its format is %s", media->encoding);
    return scrim_sound_g711(u_law ? SCRIM_SOUND_PCMU : SCRIM_SOUND_PCMA, media->clock_rate,
                            media->channels, ret, error);
}

int scrim_sound_receiver_create(const struct scrim_sdp_media *media,
                                struct scrim_sound_receiver **ret, struct scrim_error *error)
{
    struct scrim_sound_params params;
    const int result = describe(media, &params, error);
    if (result < 0)
        return result;
    struct scrim_sound_receiver *receiver = scrim_new(struct scrim_sound_receiver);
    receiver->params = params;
    receiver->payload_type = media->payload_type;
    *ret = receiver;
    return SCRIM_OK;
}

void scrim_sound_receiver_destroy(struct scrim_sound_receiver *receiver)
{
    if (!receiver)
        return;
    sodium_memzero(receiver, sizeof *receiver);
    free(receiver);
}

const struct scrim_sound_params *
scrim_sound_receiver_params(const struct scrim_sound_receiver *receiver)
{
    return &receiver->params;
}

// ---- Which packet.

static void start(struct scrim_sound_receiver *receiver, const struct scrim_rtp_packet *packet)
{
    scrim_rtp_source_start(&receiver->source, packet->ssrc, packet->sequence);
    receiver->due = 0;
    receiver->started = true;
}

// Over one connection packets come in order and from the camera alone: another source, or a number
// far off, is the camera that began anew.
static bool is_next(struct scrim_sound_receiver *receiver, struct scrim_rtp_packet *packet)
{
    if (!receiver->started || packet->ssrc != receiver->source.ssrc ||
        scrim_rtp_source_place(&receiver->source, packet->sequence, &packet->number) ==
            SCRIM_RTP_FAR) {
        start(receiver, packet);
        packet->number = packet->sequence;
    }
    const int64_t due = receiver->source.highest + 1;
    if (packet->number < due) {
        receiver->stats.late++;
        return false;
    }
    if (packet->number > due) {
        receiver->stats.lost += (uint64_t)(packet->number - due);
        receiver->due = 0;
    }
    receiver->source.highest = packet->number;
    return true;
}

static void follow_clock(struct scrim_sound_receiver *receiver, uint32_t time)
{
    receiver->time = scrim_rtp_unwrap(receiver->time, time);
    if (receiver->time > TIME_MAX || receiver->time < -TIME_MAX) // it jumps on purpose
        receiver->time = time;
}

// ---- What is in it.

static struct scrim_reader nothing(void)
{
    return scrim_reader_of(NULL, 0);
}

static void refuse(struct scrim_sound_receiver *receiver)
{
    receiver->au = receiver->data = nothing();
    receiver->due = 0;
    receiver->stats.malformed++;
}

// A fragment of an access unit: alone in its packet, and its header tells the size of the whole.
static void take_fragment(struct scrim_sound_receiver *receiver, size_t whole)
{
    const struct scrim_reader data = receiver->data;
    if (receiver->due == 0 || whole != receiver->whole || data.left > receiver->due ||
        receiver->time != receiver->fragments_time) {
        receiver->stats.malformed += receiver->due > 0; // what began before has no end
        receiver->whole = receiver->due = whole;
        receiver->fragments_time = receiver->time;
    }
    memcpy(receiver->fragments + (whole - receiver->due), data.at, data.left);
    receiver->due -= data.left;
    receiver->assembled = receiver->due == 0;
    receiver->au = receiver->data = nothing();
}

// "AU-headers-length" in bits, the headers, the access units (RFC 3640, 3.2.1). The index of the
// first is 0, of the others how many are left out before: none, since nothing is interleaved.
static void open_aac(struct scrim_sound_receiver *receiver, const struct scrim_rtp_packet *packet)
{
    struct scrim_reader reader = scrim_reader_of(packet->payload, packet->size);
    uint16_t bits;
    const uint8_t *headers = NULL;
    if (scrim_read_u16(&reader, &bits) && bits > 0 && bits % (8 * AU_HEADER) == 0)
        headers = scrim_read_view(&reader, bits / 8U);
    if (!headers || reader.left == 0) {
        refuse(receiver);
        return;
    }
    receiver->au = scrim_reader_of(headers, bits / 8U);
    receiver->data = reader;
    const size_t first = (size_t)(headers[0] << 8 | headers[1]) >> 3;
    const bool alone = bits == 8 * AU_HEADER;
    if (alone && first > reader.left && (headers[1] & 7) == 0) {
        take_fragment(receiver, first);
    } else if (receiver->due > 0) { // what began before has no end
        receiver->due = 0;
        receiver->stats.malformed++;
    }
}

static bool take_unit(struct scrim_sound_receiver *receiver, struct scrim_sound_frame *ret)
{
    uint16_t header;
    if (receiver->assembled) {
        receiver->assembled = false;
        ret->data = receiver->fragments;
        ret->size = receiver->whole;
        return true;
    }
    if (!scrim_read_u16(&receiver->au, &header))
        return false;
    ret->size = header >> 3;
    ret->data =
        ret->size > 0 && (header & 7) == 0 ? scrim_read_view(&receiver->data, ret->size) : NULL;
    if (!ret->data)
        refuse(receiver);
    return ret->data != NULL;
}

static bool take_run(struct scrim_sound_receiver *receiver, struct scrim_sound_frame *ret)
{
    ret->size = receiver->data.left;
    ret->data = ret->size > 0 ? scrim_read_view(&receiver->data, ret->size) : NULL;
    return ret->data != NULL;
}

void scrim_sound_receiver_push(struct scrim_sound_receiver *receiver, const uint8_t *packet,
                               size_t size, int64_t mono_us)
{
    struct scrim_rtp_packet parsed;
    receiver->au = receiver->data = nothing();
    receiver->assembled = false;
    if (!scrim_rtp_parse(packet, size, &parsed) || parsed.payload_type != receiver->payload_type) {
        receiver->stats.malformed++;
        return;
    }
    if (!is_next(receiver, &parsed))
        return;
    receiver->stats.packets++;
    receiver->arrival_us = mono_us;
    follow_clock(receiver, parsed.time);
    receiver->next_time = receiver->time;
    if (receiver->params.codec == SCRIM_SOUND_AAC)
        open_aac(receiver, &parsed);
    else if (scrim_sound_samples(&receiver->params, parsed.size) > 0)
        receiver->data = scrim_reader_of(parsed.payload, parsed.size);
    else
        refuse(receiver);
}

bool scrim_sound_receiver_next(struct scrim_sound_receiver *receiver, struct scrim_sound_frame *ret)
{
    const bool found = receiver->params.codec == SCRIM_SOUND_AAC ? take_unit(receiver, ret)
                                                                 : take_run(receiver, ret);
    if (!found)
        return false;
    ret->samples = scrim_sound_samples(&receiver->params, ret->size);
    ret->rtp = receiver->next_time;
    ret->arrival_us = receiver->arrival_us;
    const uint64_t lost = receiver->stats.lost - receiver->told_lost;
    ret->lost_packets = lost < UINT32_MAX ? (uint32_t)lost : UINT32_MAX;
    receiver->told_lost = receiver->stats.lost;
    receiver->next_time += ret->samples;
    receiver->stats.frames++;
    return true;
}

void scrim_sound_receiver_stats(const struct scrim_sound_receiver *receiver,
                                struct scrim_sound_stats *ret)
{
    *ret = receiver->stats;
}
