// The audio track of a camera: the first byte chooses G.711 (1) and packets as they lie in the
// input (2) rather than with a header made here. Then each packet has a byte of what to do, one of
// length, and its bytes.
#include "base/buf.h"
#include "rtsp/sound.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { // what to do
    SAME_TIME = 1,
    SKIP = 2,   // leave a number out
    BACK = 4,   // the number before
    FAR = 8,    // number and time are far off
    LONG = 16,  // the length counts in 64 bytes
    OTHER = 32, // another source
};

struct target {
    struct scrim_sound_receiver *receiver;
    bool raw;
    uint16_t sequence;
    uint32_t time;
    uint8_t ssrc;
    uint64_t frames, lost, bytes;
};

static void put_header(struct target *target, uint8_t what, uint8_t *packet)
{
    if (!(what & SAME_TIME))
        target->time += 1024;
    if (what & FAR) {
        target->sequence = (uint16_t)(target->sequence + 10000);
        target->time += UINT32_C(0x70000000);
    }
    target->ssrc = (uint8_t)(target->ssrc + (what & OTHER ? 1 : 0));
    target->sequence =
        (uint16_t)(target->sequence + 1 + (what & SKIP ? 1 : 0) - (what & BACK ? 2 : 0));
    const uint8_t header[12] = {0x80,
                                96,
                                (uint8_t)(target->sequence >> 8),
                                (uint8_t)target->sequence,
                                (uint8_t)(target->time >> 24),
                                (uint8_t)(target->time >> 16),
                                (uint8_t)(target->time >> 8),
                                (uint8_t)target->time,
                                target->ssrc};
    memcpy(packet, header, sizeof header);
}

static void fetch(struct target *target)
{
    struct scrim_sound_frame frame;
    while (scrim_sound_receiver_next(target->receiver, &frame)) {
        if (frame.size == 0 || frame.size > SCRIM_SOUND_FRAME_MAX || frame.samples == 0 ||
            frame.samples > SCRIM_SOUND_SAMPLES_MAX)
            abort();
        for (size_t i = 0; i < frame.size; i++)
            target->bytes += frame.data[i];
        target->frames++;
        target->lost += frame.lost_packets;
    }
}

static bool step(struct target *target, struct scrim_reader *reader)
{
    uint8_t what, length;
    if (!scrim_read_u8(reader, &what) || !scrim_read_u8(reader, &length))
        return false;
    size_t size = what & LONG ? length * 64U : length;
    if (size > reader->left)
        size = reader->left;
    const uint8_t *bytes = scrim_read_view(reader, size);
    const size_t head = target->raw ? 0 : 12;
    uint8_t *packet = malloc(head + size + (head + size == 0)); // its end is the packet's
    if (!packet)
        abort();
    if (!target->raw)
        put_header(target, what, packet);
    if (size > 0)
        memcpy(packet + head, bytes, size);
    scrim_sound_receiver_push(target->receiver, packet, head + size, 1);
    fetch(target);
    free(packet);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t config[] = {0x14, 0x08};
    struct scrim_reader reader = scrim_reader_of(data, size);
    struct target target = {0};
    struct scrim_sdp_media media = {
        .kind = SCRIM_SDP_AUDIO, .payload_type = 96, .clock_rate = 16000};
    struct scrim_sound_stats stats;
    uint8_t choice;
    if (!scrim_read_u8(&reader, &choice))
        return 0;
    snprintf(media.encoding, sizeof media.encoding, choice & 1 ? "PCMU" : "MPEG4-GENERIC");
    media.sets = (struct scrim_buf){.data = config, .len = sizeof config};
    target.raw = choice & 2;
    if (scrim_sound_receiver_create(&media, &target.receiver, NULL) < 0)
        abort();
    while (step(&target, &reader)) {
    }
    scrim_sound_receiver_stats(target.receiver, &stats);
    if (stats.frames != target.frames || stats.lost < target.lost)
        abort();
    scrim_sound_receiver_destroy(target.receiver);
    return 0;
}
