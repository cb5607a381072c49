// RTP and RTCP as a camera could send them. The first byte chooses the codec (1), UDP (2), packets
// as they lie in the input (4) rather than with a header made here, and the time between them (the
// upper four bits). Then each packet has a byte of what to do, one of length, and its bytes.
#include "base/buf.h"
#include "rtsp/receiver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { // what to do
    MARKER = 1,
    NEW_TIME = 2,
    SKIP = 4,  // leave a number out
    BACK = 8,  // the number before
    RTCP = 16, // it is RTCP
    LONG = 32, // the length counts in 16 bytes
    FAR = 64,  // the number and the time are far off
    EXPIRE = 128,
};

struct target {
    struct scrim_receiver *receiver;
    bool raw;
    int64_t mono_us, step_us;
    uint16_t sequence;
    uint32_t time;
    uint64_t bytes; // of all units, so that they are read
    uint64_t units, told_lost;
};

static void fetch(struct target *target)
{
    struct scrim_unit unit;
    while (scrim_receiver_next(target->receiver, &unit)) {
        if (unit.size == 0 || unit.size > SCRIM_ACCESS_UNIT_MAX)
            abort();
        for (size_t i = 0; i < unit.size; i++)
            target->bytes += unit.data[i];
        target->units++;
        target->told_lost += unit.lost_units;
    }
}

static void put_header(struct target *target, uint8_t what, uint8_t *packet)
{
    if (what & NEW_TIME)
        target->time += 3600;
    if (what & FAR) {
        target->sequence = (uint16_t)(target->sequence + 10000);
        target->time += UINT32_C(0x70000000);
    }
    target->sequence =
        (uint16_t)(target->sequence + 1 + (what & SKIP ? 1 : 0) - (what & BACK ? 2 : 0));
    const uint8_t header[12] = {0x80,
                                (uint8_t)(96 | (what & MARKER ? 0x80 : 0)),
                                (uint8_t)(target->sequence >> 8),
                                (uint8_t)target->sequence,
                                (uint8_t)(target->time >> 24),
                                (uint8_t)(target->time >> 16),
                                (uint8_t)(target->time >> 8),
                                (uint8_t)target->time};
    memcpy(packet, header, sizeof header);
}

static int deliver(struct target *target, uint8_t what, const uint8_t *bytes, size_t size)
{
    const bool made = !target->raw && !(what & RTCP);
    const size_t head = made ? 12 : 0;
    uint8_t *packet = malloc(head + size + 1); // the end of the block is the packet's, or nearly
    if (!packet)
        abort();
    if (made)
        put_header(target, what, packet);
    if (size > 0)
        memcpy(packet + head, bytes, size);
    struct scrim_error error;
    const int result =
        what & RTCP
            ? scrim_receiver_push_rtcp(target->receiver, packet, size, target->mono_us)
            : scrim_receiver_push(target->receiver, packet, head + size, target->mono_us, &error);
    free(packet);
    return result;
}

static int step(struct target *target, struct scrim_reader *reader)
{
    uint8_t what, length;
    if (!scrim_read_u8(reader, &what) || !scrim_read_u8(reader, &length))
        return SCRIM_EEND;
    size_t size = what & LONG ? length * 16U : length;
    if (size > reader->left)
        size = reader->left;
    const uint8_t *bytes = scrim_read_view(reader, size);
    target->mono_us += target->step_us;
    int result = deliver(target, what, bytes, size);
    fetch(target);
    if (result >= 0 && what & EXPIRE) {
        target->mono_us += 200000;
        if (scrim_receiver_expire(target->receiver, target->mono_us) <= target->mono_us)
            abort(); // the caller would be called without end
        fetch(target);
    }
    return result;
}

static void check_totals(struct target *target)
{
    struct scrim_receiver_stats stats;
    struct scrim_buf report;
    scrim_buf_init(&report, 256);
    scrim_receiver_stats(target->receiver, &stats);
    if (stats.lost_units != target->told_lost || stats.units < target->units ||
        scrim_receiver_report(target->receiver, target->mono_us, &report) < 0 ||
        report.len % 4 != 0)
        abort();
    scrim_buf_finish(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_reader reader = scrim_reader_of(data, size);
    struct target target = {.mono_us = 1};
    struct scrim_sdp_media media = {
        .kind = SCRIM_SDP_VIDEO, .payload_type = 96, .clock_rate = 90000};
    struct scrim_error error;
    uint8_t choice;
    if (!scrim_read_u8(&reader, &choice))
        return 0;
    snprintf(media.encoding, sizeof media.encoding, choice & 1 ? "H265" : "H264");
    target.raw = choice & 4;
    target.step_us = (choice >> 4) * 4000;
    if (scrim_receiver_create(&media, !(choice & 2), 1, &target.receiver, &error) < 0)
        abort();
    while (step(&target, &reader) >= 0) {
    }
    scrim_receiver_flush(target.receiver);
    fetch(&target);
    check_totals(&target);
    scrim_receiver_destroy(target.receiver);
    return 0;
}
