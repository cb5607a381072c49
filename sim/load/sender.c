#include "sender.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "ledger.h"
#include "stamp.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define OUT_MAX (1U << 20) // two seconds of 4 Mbit/s
#define MARKS 256          // units that wait for the socket
#define BURST 16           // packets, over UDP
#define REPORT_US (5 * SCRIM_SECOND)
#define NTP_OFFSET UINT64_C(2208988800) // seconds from 1900 to 1970
#define INTERLEAVED 4                   // bytes of the head that only TCP has

// A unit in the stream of bytes.
struct mark {
    uint64_t start, end;
    struct ledger_entry entry;
};

// A unit on its way over UDP.
struct flight {
    bool busy;
    struct camera_unit unit;
    struct ledger_entry entry;
    uint8_t stamp[CLIP_PACKET_HEAD + STAMP_MAX];
    size_t stamp_size;
    uint32_t next, taken; // packets, the stamp included
};

struct sender {
    uint8_t channel;
    int rtp_fd, rtcp_fd; // UDP only, else -1
    uint32_t ssrc, packets, octets;
    uint16_t sequence;
    int64_t report_due_us;
    struct mark marks[MARKS]; // a ring
    unsigned first, count;
    struct flight flight;
};

static void put16(uint8_t *to, uint16_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, uint32_t value)
{
    put16(to, (uint16_t)(value >> 16));
    put16(to + 2, (uint16_t)value);
}

static struct sender *create(uint8_t channel, int rtp_fd, int rtcp_fd)
{
    struct sender *sender = scrim_new(struct sender);
    sender->channel = channel;
    sender->rtp_fd = rtp_fd;
    sender->rtcp_fd = rtcp_fd;
    sender->ssrc = randombytes_random();
    sender->sequence = (uint16_t)randombytes_random();
    return sender;
}

struct sender *sender_create_tcp(uint8_t channel)
{
    return create(channel, -1, -1);
}

struct sender *sender_create_udp(int rtp_fd, int rtcp_fd)
{
    return create(0, rtp_fd, rtcp_fd);
}

void sender_skip_numbers(struct session *session, uint16_t count)
{
    if (session->sender)
        session->sender->sequence = (uint16_t)(session->sender->sequence + count);
}

uint16_t sender_next_number(const struct session *session)
{
    return session->sender->sequence;
}

static void account(struct session *session, struct ledger_entry *entry, enum ledger_fate fate)
{
    struct camera *camera = session->camera;
    uint64_t *counts[] = {[LEDGER_SENT] = &camera->sent,
                          [LEDGER_CUT] = &camera->cut,
                          [LEDGER_UNSENT] = &camera->unsent,
                          [LEDGER_SKIPPED] = &camera->skipped};
    ++*counts[fate];
    entry->fate = (uint8_t)fate;
    entry->handed_us = scrim_clock_utc_us();
    ledger_write(entry);
}

static void account_flight(struct session *session)
{
    struct flight *flight = &session->sender->flight;
    const bool whole = flight->taken == flight->unit.unit->count + 1;
    account(session, &flight->entry,
            whole               ? LEDGER_SENT
            : flight->taken > 0 ? LEDGER_CUT
                                : LEDGER_UNSENT);
    flight->busy = false;
}

void sender_settle(struct session *session)
{
    struct sender *sender = session->sender;
    while (sender && sender->count > 0 && sender->marks[sender->first].end <= session->written) {
        account(session, &sender->marks[sender->first].entry, LEDGER_SENT);
        sender->first = (sender->first + 1) % MARKS;
        sender->count--;
    }
}

void sender_destroy(struct session *session)
{
    struct sender *sender = session->sender;
    if (!sender)
        return;
    sender_settle(session);
    for (; sender->count > 0; sender->count--) {
        struct mark *mark = &sender->marks[sender->first];
        account(session, &mark->entry, mark->start < session->written ? LEDGER_CUT : LEDGER_UNSENT);
        sender->first = (sender->first + 1) % MARKS;
    }
    if (sender->flight.busy)
        account_flight(session);
    scrim_close_fd(&sender->rtp_fd);
    scrim_close_fd(&sender->rtcp_fd);
    free(sender);
    session->sender = NULL;
}

static void number_packet(struct sender *sender, uint32_t rtp, uint8_t *packet, size_t size)
{
    packet[1] = sender->channel;
    put16(packet + 6, sender->sequence++);
    put32(packet + 8, rtp);
    put32(packet + 12, sender->ssrc);
    sender->packets++;
    sender->octets += (uint32_t)(size - CLIP_PACKET_HEAD);
}

// The stamp as a packet of its own, not yet numbered. Returns its size.
static size_t stamp_packet(const struct camera_unit *unit,
                           uint8_t ret[CLIP_PACKET_HEAD + STAMP_MAX])
{
    const size_t size = stamp_write(unit->clip->codec, unit->camera->number, unit->number,
                                    unit->made_us, ret + CLIP_PACKET_HEAD);
    ret[0] = '$';
    put16(ret + 2, (uint16_t)(CLIP_PACKET_HEAD - INTERLEAVED + size));
    ret[4] = 0x80; // version 2
    ret[5] = 96;   // payload type
    return CLIP_PACKET_HEAD + size;
}

// Packet `at` of a unit into which the stamp was put.
static uint8_t *packet_at(const struct camera_unit *unit, uint32_t at, uint8_t *stamp,
                          size_t stamp_size, size_t *ret_size)
{
    const struct clip_unit *in_clip = unit->unit;
    if (at == in_clip->lead) {
        *ret_size = stamp_size;
        return stamp;
    }
    const struct clip_packet *packet =
        &unit->clip->packets[in_clip->first + (at < in_clip->lead ? at : at - 1)];
    *ret_size = packet->size;
    return unit->clip->bytes + packet->at;
}

static struct ledger_entry entry_of(const struct session *session, const struct camera_unit *unit,
                                    size_t stamp_size)
{
    return (struct ledger_entry){
        .camera = unit->camera->number,
        .clip = (uint16_t)(unit->clip - session->server->clips),
        .flags = (uint8_t)((unit->unit->random ? LEDGER_RANDOM : 0) |
                           (session->sender->rtp_fd >= 0 ? LEDGER_UDP : 0)),
        .unit = unit->number,
        .made_us = unit->made_us,
        .session = session->number,
        .bytes = (uint32_t)(unit->unit->bytes + stamp_size),
    };
}

enum spoil { SPOIL_NOT, SPOIL_WITHHOLD, SPOIL_OVERWRITE };

// What is to happen to the next packet. A stamp is never overwritten: a picture full of garbage
// that is recorded all the same must be found again.
static enum spoil spoil_of(struct session *session, bool is_stamp)
{
    struct camera *camera = session->camera;
    if (camera->faults.loss > 0 && randombytes_random() < camera->faults.loss * UINT32_MAX) {
        camera->withheld++;
        return SPOIL_WITHHOLD;
    }
    if (camera->faults.garbage > 0 && !is_stamp) {
        camera->faults.garbage--;
        return SPOIL_OVERWRITE;
    }
    return SPOIL_NOT;
}

// ---- TCP

static bool append(struct session *session, const void *bytes, size_t count)
{
    session->queued += count;
    return scrim_buf_append(&session->out, bytes, count) >= 0;
}

static bool append_spoiled(struct session *session, uint8_t *packet, size_t size, bool is_stamp,
                           struct ledger_entry *entry)
{
    const enum spoil spoil = spoil_of(session, is_stamp);
    uint8_t junk[CLIP_PACKET_HEAD + CLIP_PAYLOAD_MAX];
    if (spoil == SPOIL_NOT)
        return append(session, packet, size);
    entry->flags |= LEDGER_DAMAGED;
    if (spoil == SPOIL_WITHHOLD)
        return true;
    memcpy(junk, packet, CLIP_PACKET_HEAD);
    randombytes_buf(junk + CLIP_PACKET_HEAD, size - CLIP_PACKET_HEAD);
    return append(session, junk, size);
}

// All that the socket takes at once; false if it is broken.
static bool write_gathered(struct session *session, const struct iovec *parts, size_t count)
{
    const struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = count};
    ssize_t written = sendmsg(session->source.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (written < 0 && errno != EAGAIN && errno != EINTR)
        return false;
    size_t skip = written > 0 ? (size_t)written : 0;
    session->written += skip;
    for (size_t i = 0; i < count; i++) {
        const size_t gone = skip < parts[i].iov_len ? skip : parts[i].iov_len;
        skip -= gone;
        if (scrim_buf_append(&session->out, (uint8_t *)parts[i].iov_base + gone,
                             parts[i].iov_len - gone) < 0)
            return false;
    }
    return true;
}

// The three stretches of a healthy unit: parameter sets, stamp, pictures.
static bool write_whole(struct session *session, const struct camera_unit *unit, uint8_t *stamp,
                        size_t stamp_size)
{
    const struct clip *clip = unit->clip;
    const struct clip_packet *first = &clip->packets[unit->unit->first];
    const uint32_t begin = first->at, end = begin + unit->unit->bytes;
    const uint32_t lead = unit->unit->lead;
    const uint32_t split = lead == unit->unit->count ? end : first[lead].at;
    const struct iovec parts[] = {{clip->bytes + begin, split - begin},
                                  {stamp, stamp_size},
                                  {clip->bytes + split, end - split}};
    session->queued += end - begin + stamp_size;
    if (session->out.len == 0)
        return write_gathered(session, parts, 3);
    for (size_t i = 0; i < 3; i++) {
        if (scrim_buf_append(&session->out, parts[i].iov_base, parts[i].iov_len) < 0)
            return false;
    }
    return true;
}

static void send_tcp(struct session *session, const struct camera_unit *unit)
{
    struct sender *sender = session->sender;
    const struct faults *faults = &unit->camera->faults;
    const bool spoil = faults->loss > 0 || faults->garbage > 0;
    uint8_t stamp[CLIP_PACKET_HEAD + STAMP_MAX];
    const size_t stamp_size = stamp_packet(unit, stamp);
    struct ledger_entry entry = entry_of(session, unit, stamp_size);
    if (session->out.len + entry.bytes > OUT_MAX || sender->count == MARKS) {
        account(session, &entry, LEDGER_SKIPPED);
        return;
    }
    struct mark *mark = &sender->marks[(sender->first + sender->count++) % MARKS];
    *mark = (struct mark){.start = session->queued, .end = UINT64_MAX, .entry = entry};
    bool good = true;
    for (uint32_t i = 0; i <= unit->unit->count && good; i++) {
        size_t size;
        uint8_t *packet = packet_at(unit, i, stamp, stamp_size, &size);
        number_packet(sender, unit->rtp, packet, size);
        if (spoil)
            good = append_spoiled(session, packet, size, packet == stamp, &mark->entry);
    }
    if (good && !spoil)
        good = write_whole(session, unit, stamp, stamp_size);
    mark->end = session->queued;
    if (!good)
        session_close(session);
    else if (session_flush(session))
        sender_settle(session);
}

// ---- UDP

// One packet without its interleaving head; the socket said of it what it says.
static bool send_datagram(struct session *session, uint8_t *packet, size_t size)
{
    struct flight *flight = &session->sender->flight;
    uint8_t junk[CLIP_PACKET_HEAD + CLIP_PAYLOAD_MAX];
    switch (spoil_of(session, packet == flight->stamp)) {
    case SPOIL_WITHHOLD: flight->entry.flags |= LEDGER_DAMAGED; return true;
    case SPOIL_OVERWRITE:
        flight->entry.flags |= LEDGER_DAMAGED;
        memcpy(junk, packet, CLIP_PACKET_HEAD);
        randombytes_buf(junk + CLIP_PACKET_HEAD, size - CLIP_PACKET_HEAD);
        packet = junk;
        break;
    case SPOIL_NOT: break;
    }
    for (int attempt = 0; attempt < 2; attempt++) { // the first may report an older datagram's fate
        if (send(session->sender->rtp_fd, packet + INTERLEAVED, size - INTERLEAVED,
                 MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            return true;
    }
    return false;
}

static void send_packets(struct session *session, uint32_t max)
{
    struct sender *sender = session->sender;
    struct flight *flight = &sender->flight;
    const uint32_t total = flight->unit.unit->count + 1;
    for (uint32_t sent = 0; flight->next < total && sent < max; sent++) {
        size_t size;
        uint8_t *packet =
            packet_at(&flight->unit, flight->next++, flight->stamp, flight->stamp_size, &size);
        number_packet(sender, flight->unit.rtp, packet, size);
        flight->taken += send_datagram(session, packet, size);
    }
    if (flight->next == total)
        account_flight(session);
}

bool sender_burst(struct session *session)
{
    if (!session->sender || !session->sender->flight.busy)
        return false;
    send_packets(session, BURST);
    return session->sender->flight.busy;
}

static void send_udp(struct session *session, const struct camera_unit *unit)
{
    struct flight *flight = &session->sender->flight;
    if (flight->busy) // larger than an interval carries in bursts
        send_packets(session, UINT32_MAX);
    *flight = (struct flight){.busy = true, .unit = *unit};
    flight->stamp_size = stamp_packet(unit, flight->stamp);
    flight->entry = entry_of(session, unit, flight->stamp_size);
    send_packets(session, BURST);
}

// ---- Sender reports (RFC 3550, 6.4.1) with a CNAME

static size_t write_report(const struct sender *sender, const struct camera_unit *unit,
                           uint8_t ret[64])
{
    static const uint8_t cname[] = {1, 7, 'c', 'a', 'm', 'l', 'o', 'a', 'd', 0, 0, 0};
    const uint64_t us = (uint64_t)unit->made_us;
    const uint64_t fraction = (us % 1000000 << 32) / 1000000;
    uint8_t *report = ret + INTERLEAVED;
    report[0] = 0x80;
    report[1] = 200; // SR
    put16(report + 2, 6);
    put32(report + 4, sender->ssrc);
    put32(report + 8, (uint32_t)(us / 1000000 + NTP_OFFSET));
    put32(report + 12, (uint32_t)fraction);
    put32(report + 16, unit->rtp);
    put32(report + 20, sender->packets);
    put32(report + 24, sender->octets);
    report[28] = 0x81;
    report[29] = 202; // SDES
    put16(report + 30, 1 + sizeof cname / 4);
    put32(report + 32, sender->ssrc);
    memcpy(report + 36, cname, sizeof cname);
    const size_t size = 36 + sizeof cname;
    ret[0] = '$';
    ret[1] = (uint8_t)(sender->channel + 1);
    put16(ret + 2, (uint16_t)size);
    return INTERLEAVED + size;
}

static void send_report(struct session *session, const struct camera_unit *unit)
{
    struct sender *sender = session->sender;
    uint8_t report[64];
    const size_t size = write_report(sender, unit, report);
    sender->report_due_us = scrim_clock_mono_us() + REPORT_US;
    if (sender->rtcp_fd >= 0) {
        // A report that is lost is one that the network lost: the next one says the same.
        (void)!send(sender->rtcp_fd, report + INTERLEAVED, size - INTERLEAVED,
                    MSG_DONTWAIT | MSG_NOSIGNAL);
    } else if (!append(session, report, size)) {
        session_close(session);
    } else {
        (void)session_flush(session);
    }
}

void sender_unit(struct session *session, const struct camera_unit *unit)
{
    session->camera->packets += unit->unit->count + 1; // the stamp is one
    if (session->sender->rtp_fd >= 0)
        send_udp(session, unit);
    else
        send_tcp(session, unit);
    // A failure above took the sender away.
    if (session->sender && scrim_clock_mono_us() >= session->sender->report_due_us)
        send_report(session, unit);
}
