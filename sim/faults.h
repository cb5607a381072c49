// What can be wrong with a camera, and doing it to its packets and its session description.
#pragma once

#include <gst/gst.h>
#include <gst/rtsp/gstrtspmessage.h>
#include <stdbool.h>

enum fault_sdp {
    FAULT_SDP_NONE,
    FAULT_SDP_MALFORMED, // not a session description at all
    FAULT_SDP_NO_VIDEO,  // audio only
    FAULT_SDP_UNKNOWN,   // a video codec that nobody knows
};

struct faults {
    bool freeze;          // send nothing, keep the connection
    bool repeat;          // send the same frame again and again
    double loss;          // share of RTP packets that vanish, 0…1
    gint64 shift_ms;      // added to every RTP time stamp
    guint sequence_shift; // added to every RTP sequence number
    guint garbage;        // overwrite the payload of the next so many packets; counts down
    enum fault_sdp sdp;   // what DESCRIBE answers
    guint refuse;         // RTSP status that DESCRIBE answers, 0: none
};

// Spoils the RTP packet or list of packets that passes a pad. The healthy case copies nothing.
GstPadProbeReturn faults_spoil_packets(struct faults *faults, GstPadProbeInfo *info, guint64 *lost);

// Replaces the body of a DESCRIBE answer.
void faults_spoil_description(enum fault_sdp fault, GstRTSPMessage *answer);
