// The Transport header (RFC 2326, 12.39): how a track's packets travel.
#pragma once

#include "base/buf.h"
#include "rtsp/text.h"

// What an answer to SETUP settles. Its `source`, `destination` and `ssrc` are not looked at: our
// sockets take packets of the camera that we talk to and of nobody else, and the packets
// themselves carry the SSRC.
struct scrim_rtsp_transport {
    bool interleaved; // over this connection: RTP/AVP/TCP
    bool multicast;
    bool has_channels; // of the interleaving
    uint8_t rtp_channel, rtcp_channel;
    uint16_t rtp_port, rtcp_port; // of the camera (server_port), 0: not said
};

// False if it is malformed. Of several alternatives the first counts.
SCRIM_MUST_CHECK bool scrim_rtsp_transport_parse(struct scrim_text field,
                                                 struct scrim_rtsp_transport *ret);
