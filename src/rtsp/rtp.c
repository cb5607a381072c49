#include "rtsp/rtp.h"

#include "base/buf.h"

// RFC 3550, A.1: a number further ahead, or further behind, belongs to a restarted source.
#define DROPOUT_MAX 3000
#define MISORDER_MAX 100

static bool skip_extension(struct scrim_reader *reader)
{
    uint16_t profile, words;
    return scrim_read_u16(reader, &profile) && scrim_read_u16(reader, &words) &&
           scrim_read_view(reader, (size_t)words * 4);
}

// The last byte of the padding counts it, itself included.
static bool cut_padding(struct scrim_reader *reader)
{
    if (reader->left == 0)
        return false;
    const uint8_t count = reader->at[reader->left - 1];
    if (count == 0 || count > reader->left)
        return false;
    reader->left -= count;
    return true;
}

bool scrim_rtp_parse(const uint8_t *data, size_t size, struct scrim_rtp_packet *ret)
{
    struct scrim_reader reader = scrim_reader_of(data, size);
    struct scrim_rtp_packet packet = {0};
    uint8_t flags, type;
    if (!scrim_read_u8(&reader, &flags) || !scrim_read_u8(&reader, &type) ||
        !scrim_read_u16(&reader, &packet.sequence) || !scrim_read_u32(&reader, &packet.time) ||
        !scrim_read_u32(&reader, &packet.ssrc))
        return false;
    const bool padded = flags & 0x20, extended = flags & 0x10;
    if (flags >> 6 != 2 || !scrim_read_view(&reader, (size_t)(flags & 0x0f) * 4) ||
        (extended && !skip_extension(&reader)) || (padded && !cut_padding(&reader)))
        return false;
    packet.marker = type & 0x80;
    packet.payload_type = type & 0x7f;
    packet.payload = reader.at;
    packet.size = reader.left;
    *ret = packet;
    return true;
}

void scrim_rtp_source_start(struct scrim_rtp_source *source, uint32_t ssrc, uint16_t sequence)
{
    *source =
        (struct scrim_rtp_source){.ssrc = ssrc, .base = sequence, .highest = (int64_t)sequence - 1};
}

enum scrim_rtp_place scrim_rtp_source_place(const struct scrim_rtp_source *source,
                                            uint16_t sequence, int64_t *ret_number)
{
    const int distance = (int16_t)(uint16_t)(sequence - (uint16_t)source->highest);
    if (distance >= DROPOUT_MAX || distance <= -MISORDER_MAX)
        return SCRIM_RTP_FAR;
    *ret_number = source->highest + distance;
    return SCRIM_RTP_NEAR;
}

// RFC 3550, A.8.
static void note_transit(struct scrim_rtp_source *source, uint32_t transit)
{
    const int32_t change = (int32_t)(transit - source->transit);
    const uint32_t distance = change < 0 ? 0U - (uint32_t)change : (uint32_t)change;
    // A jump of the camera's clock is no jitter, and would overflow the sixteenths.
    if (source->has_transit && distance < UINT32_C(1) << 24)
        source->jitter16 += distance - ((source->jitter16 + 8) >> 4);
    source->transit = transit;
    source->has_transit = true;
}

void scrim_rtp_source_count(struct scrim_rtp_source *source, const struct scrim_rtp_packet *packet,
                            uint32_t arrival)
{
    source->received++;
    if (packet->number > source->highest)
        source->highest = packet->number;
    note_transit(source, arrival - packet->time);
}

// RFC 3550, A.3.
struct scrim_rtp_quality scrim_rtp_source_report(struct scrim_rtp_source *source)
{
    const int64_t expected = source->highest - source->base + 1;
    int64_t lost = expected - source->received;
    const int64_t expected_now = expected - source->expected_prior;
    const int64_t lost_now = expected_now - (source->received - source->received_prior);
    source->expected_prior = expected;
    source->received_prior = source->received;
    if (lost > 0x7fffff)
        lost = 0x7fffff;
    if (lost < -0x800000)
        lost = -0x800000;
    const bool some = expected_now > 0 && lost_now > 0;
    const int64_t fraction = some ? lost_now * 256 / expected_now : 0;
    return (struct scrim_rtp_quality){
        .fraction_lost = (uint8_t)(fraction > 255 ? 255 : fraction),
        .cumulative_lost = (int32_t)lost,
        .highest = (uint32_t)source->highest,
        .jitter = scrim_rtp_source_jitter(source),
    };
}
