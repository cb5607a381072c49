#include "rtsp/receiver.h"

#include "base/alloc.h"
#include "rtsp/assembly.h"
#include "rtsp/reorder.h"
#include "rtsp/rtcp.h"

#include <stdlib.h>

#define CLOCK_RATE 90000            // Hz, of all video formats
#define SUSPECT_MAX 65536           // bytes of a packet
#define USELESS_MAX 2000            // packets in a row, before the stream is given up
#define TIME_MAX (INT64_C(1) << 46) // unwrapped RTP time: 24 years at 90 kHz
#define SAME_CLOCK_US 2000000       // RTP times and arrivals may differ by so much over an outage
// Numbers of passed packets that are remembered; more than RFC 3550, A.1 calls misordered.
#define RECENT 128

// A packet from another source, or with a number far off, is kept until a second one follows it in
// sequence (RFC 3550, A.1): then that is what the camera sends now.
struct suspect {
    bool held;
    uint32_t ssrc;
    uint16_t sequence;
    int64_t arrival_us;
    struct scrim_buf bytes;
};

struct sender_report {
    bool known, placed; // placed: `time` is
    uint64_t ntp;
    int64_t utc_us;
    uint32_t rtp;
    int64_t time; // the same, unwrapped
    int64_t arrival_us;
};

struct scrim_receiver {
    uint8_t payload_type;
    uint32_t clock_rate, our_ssrc;
    struct scrim_assembly *assembly;
    struct scrim_reorder *reorder; // NULL: packets come in order
    bool started, left;            // left: the source said goodbye
    struct scrim_rtp_source source;
    int64_t next;           // number that is due
    int64_t passed[RECENT]; // numbers that were taken, by their remainder
    int64_t time;           // RTP time of the last packet that was taken, unwrapped
    int64_t arrival_us;     // its arrival
    struct suspect suspect;
    struct sender_report report;
    unsigned useless;
    int broken; // a unit could not be handed out: the error for the next call
    struct scrim_receiver_stats stats;
};

int scrim_receiver_create(const struct scrim_sdp_media *media, bool ordered, uint32_t our_ssrc,
                          struct scrim_receiver **ret, struct scrim_error *error)
{
    const enum scrim_codec codec = scrim_sdp_codec(media);
    if (codec != SCRIM_CODEC_H264 && codec != SCRIM_CODEC_H265)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "no video that can be recorded: %s",
                          media->encoding);
    struct scrim_receiver *receiver = scrim_new(struct scrim_receiver);
    receiver->payload_type = media->payload_type;
    receiver->clock_rate = media->clock_rate ? media->clock_rate : CLOCK_RATE;
    receiver->our_ssrc = our_ssrc;
    scrim_buf_init(&receiver->suspect.bytes, SUSPECT_MAX);
    receiver->reorder = ordered ? NULL : scrim_reorder_create();
    receiver->assembly = scrim_assembly_create(codec, ordered ? 2 : SCRIM_REORDER_PACKETS + 2);
    const int result =
        scrim_assembly_describe(receiver->assembly, media->sets.data, media->sets.len);
    if (result < 0) {
        scrim_receiver_destroy(receiver);
        return scrim_fail(error, result, "the parameter sets of the description cannot be used");
    }
    *ret = receiver;
    return SCRIM_OK;
}

void scrim_receiver_destroy(struct scrim_receiver *receiver)
{
    if (!receiver)
        return;
    scrim_assembly_destroy(receiver->assembly);
    scrim_reorder_destroy(receiver->reorder);
    scrim_buf_finish_wipe(&receiver->suspect.bytes);
    free(receiver);
}

// ---- Packets in order.

static int64_t to_90khz(const struct scrim_receiver *receiver, int64_t time)
{
    return receiver->clock_rate == CLOCK_RATE ? time : time * CLOCK_RATE / receiver->clock_rate;
}

static void place_report(struct scrim_receiver *receiver)
{
    struct sender_report *report = &receiver->report;
    if (!report->known || report->placed)
        return;
    report->time = scrim_rtp_unwrap(receiver->time, report->rtp);
    report->placed = true;
}

static void follow_clock(struct scrim_receiver *receiver, const struct scrim_rtp_packet *packet)
{
    receiver->time = scrim_rtp_unwrap(receiver->time, packet->time);
    if (receiver->time > TIME_MAX || receiver->time < -TIME_MAX) { // it jumps on purpose
        receiver->time = packet->time;
        receiver->report.placed = false;
    }
    receiver->arrival_us = packet->arrival_us;
    place_report(receiver);
}

static int take(struct scrim_receiver *receiver, const struct scrim_rtp_packet *packet)
{
    if (packet->number > receiver->next) {
        const uint32_t lost = (uint32_t)(packet->number - receiver->next);
        receiver->stats.lost += lost;
        scrim_assembly_hole(receiver->assembly, lost);
    }
    receiver->next = packet->number + 1;
    receiver->passed[packet->number % RECENT] = packet->number + 1;
    follow_clock(receiver, packet);
    const int result =
        scrim_assembly_take(receiver->assembly, packet, to_90khz(receiver, receiver->time));
    if (result == SCRIM_EUNSUPPORTED) {
        receiver->stats.malformed++;
        receiver->useless++;
        return SCRIM_OK;
    }
    receiver->useless = 0;
    return result;
}

// Takes all that are due of those that wait.
static int take_waiting(struct scrim_receiver *receiver)
{
    int result = SCRIM_OK;
    const struct scrim_rtp_packet *packet;
    while (result >= 0 && (packet = scrim_reorder_find(receiver->reorder, receiver->next))) {
        const int64_t number = packet->number;
        result = take(receiver, packet);
        scrim_reorder_release(receiver->reorder, number);
    }
    return result;
}

// Waits no longer for what is missing before the first that waits; all that wait are within
// SCRIM_REORDER_PACKETS of receiver->next.
static int give_up_missing(struct scrim_receiver *receiver)
{
    const int64_t number = scrim_reorder_lowest(receiver->reorder, receiver->next);
    const struct scrim_rtp_packet *packet = scrim_reorder_find(receiver->reorder, number);
    if (!packet)
        return SCRIM_OK;
    const int result = take(receiver, packet);
    scrim_reorder_release(receiver->reorder, number);
    return result < 0 ? result : take_waiting(receiver);
}

static int give_up_overdue(struct scrim_receiver *receiver, int64_t mono_us)
{
    int result = SCRIM_OK;
    while (result >= 0 && scrim_reorder_count(receiver->reorder) > 0 &&
           scrim_reorder_oldest_us(receiver->reorder) + SCRIM_REORDER_US <= mono_us)
        result = give_up_missing(receiver);
    return result;
}

// ---- Packets out of order.

// Makes room for it, at the cost of what is missing before; takes it if nothing else waits then.
static int squeeze_in(struct scrim_receiver *receiver, const struct scrim_rtp_packet *packet)
{
    int result = SCRIM_ENOSPACE;
    while (result == SCRIM_ENOSPACE) {
        if (packet->number < scrim_reorder_lowest(receiver->reorder, receiver->next))
            return take(receiver, packet);
        result = give_up_missing(receiver);
        if (result >= 0)
            result = scrim_reorder_put(receiver->reorder, packet);
    }
    return result;
}

static int put_aside(struct scrim_receiver *receiver, const struct scrim_rtp_packet *packet)
{
    int result = SCRIM_OK;
    while (result >= 0 && packet->number - receiver->next >= SCRIM_REORDER_PACKETS &&
           scrim_reorder_count(receiver->reorder) > 0)
        result = give_up_missing(receiver);
    if (result < 0)
        return result;
    if (packet->number - receiver->next >= SCRIM_REORDER_PACKETS)
        return take(receiver, packet);
    result = scrim_reorder_put(receiver->reorder, packet);
    if (result == SCRIM_ENOSPACE)
        result = squeeze_in(receiver, packet);
    if (result == SCRIM_EEXIST) {
        receiver->stats.duplicate++;
        result = SCRIM_OK;
    }
    return result;
}

static int sort_in(struct scrim_receiver *receiver, const struct scrim_rtp_packet *packet)
{
    if (packet->number < receiver->next) {
        const bool again =
            receiver->passed[(uint64_t)packet->number % RECENT] == packet->number + 1;
        *(again ? &receiver->stats.duplicate : &receiver->stats.late) += 1;
        return SCRIM_OK;
    }
    if (!receiver->reorder)
        return take(receiver, packet);
    int result =
        packet->number == receiver->next ? take(receiver, packet) : put_aside(receiver, packet);
    if (result >= 0)
        result = take_waiting(receiver);
    return result < 0 ? result : give_up_overdue(receiver, packet->arrival_us);
}

// ---- Whose packets.

static uint32_t in_rtp_time(const struct scrim_receiver *receiver, int64_t mono_us)
{
    return (uint32_t)((uint64_t)(mono_us / 1000000) * receiver->clock_rate +
                      (uint64_t)(mono_us % 1000000) * receiver->clock_rate / 1000000);
}

static int count_and_sort(struct scrim_receiver *receiver, struct scrim_rtp_packet *packet,
                          size_t size)
{
    receiver->stats.packets++;
    receiver->stats.bytes += size;
    scrim_rtp_source_count(&receiver->source, packet, in_rtp_time(receiver, packet->arrival_us));
    return sort_in(receiver, packet);
}

// Begins with this packet, as if nothing came before.
static void start(struct scrim_receiver *receiver, const struct scrim_rtp_packet *packet)
{
    if (receiver->started && receiver->source.ssrc != packet->ssrc)
        receiver->report = (struct sender_report){0}; // of another clock
    if (!receiver->started)
        receiver->time = packet->time;
    scrim_rtp_source_start(&receiver->source, packet->ssrc, packet->sequence);
    for (unsigned i = 0; i < RECENT; i++)
        receiver->passed[i] = INT64_MIN;
    receiver->next = packet->sequence;
    receiver->started = true;
    receiver->left = false;
}

// How many packets are missing where the sequence was broken: that can be told if the camera's
// clock went on, for then it did not restart.
static uint32_t jump_of(const struct scrim_receiver *receiver, const struct scrim_rtp_packet *to)
{
    const uint16_t distance = (uint16_t)(to->sequence - (uint16_t)receiver->next);
    const int64_t step = scrim_rtp_unwrap(receiver->time, to->time) - receiver->time;
    const int64_t off_us =
        step * 1000000 / receiver->clock_rate - (to->arrival_us - receiver->arrival_us);
    const bool went_on = step > 0 && off_us < SAME_CLOCK_US && off_us > -SAME_CLOCK_US;
    return receiver->source.ssrc == to->ssrc && distance < 0x8000 && went_on ? distance : 0;
}

static int restart(struct scrim_receiver *receiver, struct scrim_rtp_packet *packet, size_t size)
{
    int result = SCRIM_OK;
    while (receiver->reorder && result >= 0 && scrim_reorder_count(receiver->reorder) > 0)
        result = give_up_missing(receiver);
    if (result < 0)
        return result;
    const uint32_t lost = jump_of(receiver, packet);
    receiver->stats.lost += lost;
    scrim_assembly_hole(receiver->assembly, lost);
    start(receiver, packet);
    packet->number = packet->sequence;
    return count_and_sort(receiver, packet, size);
}

static int keep_suspect(struct scrim_receiver *receiver, const struct scrim_rtp_packet *packet,
                        const uint8_t *data, size_t size)
{
    struct suspect *suspect = &receiver->suspect;
    if (suspect->held) { // nothing followed it
        receiver->stats.malformed++;
        receiver->useless++;
    }
    scrim_buf_clear(&suspect->bytes);
    suspect->held = size <= SUSPECT_MAX;
    suspect->ssrc = packet->ssrc;
    suspect->sequence = packet->sequence;
    suspect->arrival_us = packet->arrival_us;
    return suspect->held ? scrim_buf_append(&suspect->bytes, data, size) : SCRIM_OK;
}

static int doubt(struct scrim_receiver *receiver, struct scrim_rtp_packet *packet,
                 const uint8_t *data, size_t size)
{
    struct suspect *suspect = &receiver->suspect;
    const bool follows = suspect->held && suspect->ssrc == packet->ssrc &&
                         (uint16_t)(suspect->sequence + 1) == packet->sequence;
    struct scrim_rtp_packet first;
    if (!follows || !scrim_rtp_parse(suspect->bytes.data, suspect->bytes.len, &first))
        return keep_suspect(receiver, packet, data, size);
    first.arrival_us = suspect->arrival_us;
    suspect->held = false;
    const int result = restart(receiver, &first, suspect->bytes.len);
    packet->number = receiver->next;
    return result < 0 ? result : count_and_sort(receiver, packet, size);
}

static int place_packet(struct scrim_receiver *receiver, struct scrim_rtp_packet *packet,
                        const uint8_t *data, size_t size)
{
    if (!receiver->started)
        start(receiver, packet);
    const bool ours = packet->ssrc == receiver->source.ssrc;
    if (!ours && receiver->left)
        return restart(receiver, packet, size);
    if (!ours || scrim_rtp_source_place(&receiver->source, packet->sequence, &packet->number) ==
                     SCRIM_RTP_FAR)
        return doubt(receiver, packet, data, size);
    return count_and_sort(receiver, packet, size);
}

static int explain(int code, struct scrim_error *error)
{
    switch (code) {
    case SCRIM_ENOSPACE:
        return scrim_fail(error, SCRIM_EFORMAT, "a picture of more than %u bytes",
                          SCRIM_ACCESS_UNIT_MAX);
    case SCRIM_EFORMAT:
        return scrim_fail(error, SCRIM_EFORMAT, "more than %d bytes of parameter sets",
                          SCRIM_PARAMETER_SETS_MAX);
    default: return scrim_fail(error, code, "a picture: %s", scrim_err_text(code));
    }
}

int scrim_receiver_push(struct scrim_receiver *receiver, const uint8_t *packet, size_t size,
                        int64_t mono_us, struct scrim_error *error)
{
    struct scrim_rtp_packet parsed;
    if (receiver->broken < 0)
        return explain(receiver->broken, error);
    scrim_assembly_recycle(receiver->assembly);
    if (scrim_rtp_parse(packet, size, &parsed) && parsed.payload_type == receiver->payload_type) {
        parsed.arrival_us = mono_us;
        const int result = place_packet(receiver, &parsed, packet, size);
        if (result < 0)
            return explain(result, error);
    } else {
        receiver->stats.malformed++;
        receiver->useless++;
    }
    if (receiver->useless >= USELESS_MAX)
        return scrim_fail(error, SCRIM_EFORMAT,
                          "%d packets in a row are not of the format that the camera announced",
                          USELESS_MAX);
    return SCRIM_OK;
}

// ---- Units.

// RFC 3550, 6.4.1: the newest report tells both clocks at one moment.
static int64_t sender_utc_us(const struct scrim_receiver *receiver, int64_t time)
{
    const struct sender_report *report = &receiver->report;
    if (!report->placed || report->utc_us == 0)
        return 0;
    return report->utc_us + (time - to_90khz(receiver, report->time)) * 100 / 9;
}

bool scrim_receiver_next(struct scrim_receiver *receiver, struct scrim_unit *ret)
{
    const int result = scrim_assembly_next(receiver->assembly, ret);
    if (result < 0) {
        receiver->broken = result == SCRIM_EEND ? receiver->broken : result;
        return false;
    }
    ret->sender_utc_us = sender_utc_us(receiver, ret->rtp);
    return true;
}

int64_t scrim_receiver_expire(struct scrim_receiver *receiver, int64_t mono_us)
{
    int64_t due_us = INT64_MAX;
    scrim_assembly_recycle(receiver->assembly);
    if (receiver->reorder && receiver->broken >= 0) {
        receiver->broken = give_up_overdue(receiver, mono_us);
        const int64_t oldest_us = scrim_reorder_oldest_us(receiver->reorder);
        if (oldest_us < INT64_MAX)
            due_us = oldest_us + SCRIM_REORDER_US;
    }
    const int64_t marked_us = scrim_assembly_expire(receiver->assembly, mono_us);
    return marked_us < due_us ? marked_us : due_us;
}

void scrim_receiver_flush(struct scrim_receiver *receiver)
{
    scrim_assembly_recycle(receiver->assembly);
    if (receiver->reorder)
        while (receiver->broken >= 0 && scrim_reorder_count(receiver->reorder) > 0)
            receiver->broken = give_up_missing(receiver);
    scrim_assembly_flush(receiver->assembly);
}

const struct scrim_params *scrim_receiver_params(const struct scrim_receiver *receiver)
{
    return scrim_assembly_params(receiver->assembly);
}

// ---- Reports.

int scrim_receiver_push_rtcp(struct scrim_receiver *receiver, const uint8_t *packet, size_t size,
                             int64_t mono_us)
{
    struct scrim_rtcp_news news;
    const uint32_t *ssrc = receiver->started ? &receiver->source.ssrc : NULL;
    if (scrim_rtcp_parse(packet, size, ssrc, &news) < 0) {
        receiver->stats.malformed++;
        return SCRIM_OK;
    }
    receiver->left |= news.bye;
    if (!news.has_report)
        return SCRIM_OK;
    receiver->report = (struct sender_report){
        .known = true,
        .ntp = news.ntp,
        .utc_us = news.ntp ? scrim_rtcp_utc_us(news.ntp) : 0,
        .rtp = news.rtp_time,
        .arrival_us = mono_us,
    };
    if (receiver->started)
        place_report(receiver);
    return SCRIM_OK;
}

void scrim_receiver_stats(const struct scrim_receiver *receiver, struct scrim_receiver_stats *ret)
{
    const struct sender_report *report = &receiver->report;
    *ret = receiver->stats;
    scrim_assembly_count(receiver->assembly, &ret->units, &ret->lost_units);
    ret->jitter = scrim_rtp_source_jitter(&receiver->source);
    if (report->utc_us != 0) {
        ret->report_us = report->arrival_us;
        ret->report_utc_us = report->utc_us;
        ret->report_rtp = report->rtp;
    }
}

int scrim_receiver_report(struct scrim_receiver *receiver, int64_t mono_us, struct scrim_buf *out)
{
    struct scrim_rtcp_report report = {.our_ssrc = receiver->our_ssrc,
                                       .has_source = receiver->started};
    if (receiver->started) {
        report.ssrc = receiver->source.ssrc;
        report.quality = scrim_rtp_source_report(&receiver->source);
    }
    if (receiver->report.known && mono_us >= receiver->report.arrival_us) {
        report.last_ntp = receiver->report.ntp;
        report.since_us = mono_us - receiver->report.arrival_us;
    }
    return scrim_rtcp_append_report(&report, out);
}
