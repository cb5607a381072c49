#include "faults.h"

#include <gst/rtp/gstrtpbuffer.h>
#include <string.h>

#define RTP_TICKS_PER_MS 90

struct spoiling {
    struct faults *faults;
    guint64 *lost;
};

static void rewrite_packet(struct faults *faults, GstRTPBuffer *packet)
{
    const gint64 shift = faults->shift_ms * RTP_TICKS_PER_MS;
    gst_rtp_buffer_set_timestamp(packet, gst_rtp_buffer_get_timestamp(packet) + (guint32)shift);
    gst_rtp_buffer_set_seq(packet,
                           (guint16)(gst_rtp_buffer_get_seq(packet) + faults->sequence_shift));
    if (faults->garbage == 0)
        return;
    faults->garbage--;
    guint8 *payload = gst_rtp_buffer_get_payload(packet);
    // The first two bytes say which NAL unit this is: kept, so that the damage reaches the decoder.
    for (guint i = 2; i < gst_rtp_buffer_get_payload_len(packet); i++)
        payload[i] = (guint8)g_random_int();
}

// GstBufferListFunc: *buffer may be replaced, NULL removes it.
static gboolean spoil_packet(GstBuffer **buffer, guint index, gpointer data)
{
    (void)index;
    const struct spoiling *spoiling = data;
    if (g_random_double() < spoiling->faults->loss) {
        (*spoiling->lost)++;
        gst_clear_buffer(buffer);
        return TRUE;
    }
    *buffer = gst_buffer_make_writable(*buffer);
    GstRTPBuffer packet = GST_RTP_BUFFER_INIT;
    if (gst_rtp_buffer_map(*buffer, GST_MAP_READWRITE, &packet)) {
        rewrite_packet(spoiling->faults, &packet);
        gst_rtp_buffer_unmap(&packet);
    }
    return TRUE;
}

static bool touches_packets(const struct faults *faults)
{
    return faults->loss > 0 || faults->shift_ms != 0 || faults->sequence_shift != 0 ||
           faults->garbage > 0;
}

GstPadProbeReturn faults_spoil_packets(struct faults *faults, GstPadProbeInfo *info, guint64 *lost)
{
    if (!touches_packets(faults))
        return GST_PAD_PROBE_OK;
    struct spoiling spoiling = {faults, lost};
    if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
        GstBufferList *list = gst_buffer_list_make_writable(info->data);
        gst_buffer_list_foreach(list, spoil_packet, &spoiling);
        if (gst_buffer_list_length(list) == 0) // the RTSP server crashes on an empty one
            gst_clear_buffer_list(&list);
        info->data = list;
        return list ? GST_PAD_PROBE_OK : GST_PAD_PROBE_HANDLED;
    }
    GstBuffer *packet = info->data;
    spoil_packet(&packet, 0, &spoiling);
    info->data = packet;
    return packet ? GST_PAD_PROBE_OK : GST_PAD_PROBE_HANDLED;
}

void faults_spoil_description(enum fault_sdp fault, GstRTSPMessage *answer)
{
#define SESSION "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    static const char *const bodies[] = {
        [FAULT_SDP_MALFORMED] =
            "v=zero\r\nm=\r\na\r\n=\r\nm=video\r\n\x01\x02\xff\r\nrtpmap:96 H264/0\r\n",
        [FAULT_SDP_NO_VIDEO] = SESSION "m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
                                       "a=control:stream=0\r\n",
        [FAULT_SDP_UNKNOWN] = SESSION "m=video 0 RTP/AVP 96\r\na=rtpmap:96 X-SCRIM-NONE/90000\r\n"
                                      "a=control:stream=0\r\n",
    };
#undef SESSION
    if (fault == FAULT_SDP_NONE)
        return;
    const char *body = bodies[fault];
    gst_rtsp_message_set_body(answer, (const guint8 *)body, (guint)strlen(body));
}
