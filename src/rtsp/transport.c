#include "rtsp/transport.h"

// "4-5" or "4": a pair, whose second half is the next number where it is not said.
static bool read_pair(struct scrim_text value, uint32_t max, uint32_t ret[2])
{
    struct scrim_text first, second;
    if (!scrim_text_split(&value, '-', &first) ||
        !scrim_text_number(scrim_text_trim(first), max, &ret[0]))
        return false;
    ret[1] = ret[0] + 1;
    if (scrim_text_split(&value, '-', &second))
        return scrim_text_number(scrim_text_trim(second), max, &ret[1]);
    return ret[1] <= max;
}

static bool read_parameter(struct scrim_text parameter, struct scrim_rtsp_transport *transport)
{
    struct scrim_text name, value;
    uint32_t pair[2];
    scrim_text_pair(parameter, &name, &value);
    if (scrim_text_is(name, "multicast")) {
        transport->multicast = true;
    } else if (scrim_text_is(name, "interleaved")) {
        if (!read_pair(value, UINT8_MAX, pair) || pair[0] == pair[1])
            return false;
        transport->has_channels = true;
        transport->rtp_channel = (uint8_t)pair[0];
        transport->rtcp_channel = (uint8_t)pair[1];
    } else if (scrim_text_is(name, "server_port")) {
        if (!read_pair(value, UINT16_MAX, pair))
            return false;
        transport->rtp_port = (uint16_t)pair[0];
        transport->rtcp_port = (uint16_t)pair[1];
    }
    return true;
}

bool scrim_rtsp_transport_parse(struct scrim_text field, struct scrim_rtsp_transport *ret)
{
    struct scrim_rtsp_transport transport = {0};
    struct scrim_text first, part;
    if (!scrim_text_split(&field, ',', &first) || !scrim_text_split(&first, ';', &part))
        return false;
    const struct scrim_text protocol = scrim_text_trim(part);
    if (!scrim_text_starts(protocol, "RTP/AVP"))
        return false;
    transport.interleaved =
        scrim_text_is(protocol, "RTP/AVP/TCP") || scrim_text_is(protocol, "RTP/AVPF/TCP");
    while (scrim_text_split(&first, ';', &part))
        if (!read_parameter(scrim_text_trim(part), &transport))
            return false;
    *ret = transport;
    return true;
}
