#include "ingest/ingest_impl.h"

#include <stdio.h>
#include <string.h>

// What waits for the sealer is half full: the rest is for pictures.
#define QUEUED_MAX (SCRIM_SEALER_BYTES / 2)

// Each reason is logged once, not with each connection.
static void say_why(struct scrim_ingest *ingest, const char *why)
{
    if (strncmp(ingest->sound_problem, why, sizeof ingest->sound_problem - 1) == 0)
        return;
    snprintf(ingest->sound_problem, sizeof ingest->sound_problem, "%s", why);
    scrim_warn(&ingest->setup.log, "no sound is recorded, although audio_reason is set: %s", why);
}

void scrim_sound_delivery_begin(struct scrim_sound_delivery *delivery,
                                const struct scrim_rtsp_session *session, bool udp)
{
    struct scrim_error error;
    struct scrim_ingest *ingest = delivery->ingest;
    if (!ingest->setup.sound)
        return;
    const struct scrim_sdp_media *media = scrim_rtsp_session_track(session, 1);
    if (udp)
        say_why(ingest, "the stream comes by UDP, and sound is taken over TCP only");
    else if (!media)
        say_why(ingest, "the camera offers no AAC (AAC-hbr) or G.711 track, or refuses it");
    else if (scrim_sound_receiver_create(media, &delivery->receiver, &error) < 0)
        say_why(ingest, error.text);
    if (!delivery->receiver)
        return;
    ingest->sound_problem[0] = '\0';
    // Before the first picture, so that the segment which that one begins has the track. When there
    // is no room for it now, it is told with the first frame.
    const struct scrim_sound_params *params = scrim_sound_receiver_params(delivery->receiver);
    delivery->told = scrim_wire_sound_track(ingest->sealer, params) >= 0;
}

static int tell(struct scrim_sound_delivery *delivery, const struct scrim_sound_frame *frame)
{
    struct scrim_link *sealer = delivery->ingest->sealer;
    struct scrim_sound_frame complete = *frame;
    if (scrim_link_queued(sealer) > QUEUED_MAX)
        return SCRIM_EAGAIN;
    complete.lost_packets =
        delivery->lost_packets < UINT32_MAX ? (uint32_t)delivery->lost_packets : UINT32_MAX;
    int result = SCRIM_OK;
    if (!delivery->told)
        result = scrim_wire_sound_track(sealer, scrim_sound_receiver_params(delivery->receiver));
    delivery->told |= result >= 0;
    return result < 0 ? result : scrim_wire_sound(sealer, &complete);
}

int scrim_sound_delivery_take(struct scrim_sound_delivery *delivery, const uint8_t *packet,
                              size_t size, int64_t mono_us)
{
    struct scrim_sound_frame frame;
    if (!delivery->receiver)
        return SCRIM_OK;
    scrim_sound_receiver_push(delivery->receiver, packet, size, mono_us);
    while (scrim_sound_receiver_next(delivery->receiver, &frame)) {
        delivery->lost_packets += frame.lost_packets;
        const int result = tell(delivery, &frame);
        if (result < 0 && result != SCRIM_EAGAIN)
            return result;
        delivery->lost_packets = result < 0 ? delivery->lost_packets + 1 : 0;
    }
    return SCRIM_OK;
}

void scrim_sound_delivery_end(struct scrim_sound_delivery *delivery)
{
    scrim_sound_receiver_destroy(delivery->receiver);
    delivery->receiver = NULL;
    delivery->told = false;
}
