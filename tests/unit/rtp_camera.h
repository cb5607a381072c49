// A camera's RTP for tests: pictures as a string become packets, some of which get lost, late or
// doubled on their way.
//
//     "I P P-1 p ~ P"   pictures, separated by spaces
//     I   parameter sets in one aggregate, a random access slice in three fragments: packets 0 to 3
//     S   the same sets in packets of their own (H.264: 2, H.265: 3), a slice in one more
//     P   a slice in three fragments: 0 to 2
//     p   a slice in one packet: 0
//     T   two slices, a packet each: 0 and 1
//     E   SEI and slice, a packet each: 0 and 1
//     _   no picture; time goes on
//     -n  behind a picture: its packet n is lost; -* all of them. ~n: n and the one behind it swap
//         places. +n: n comes twice. >n: n comes three places late. @n: presented at n intervals.
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "bitstream/nal.h"
#include "streams.h"
#include "test.h"

#define CAMERA_PACKETS 8192
#define CAMERA_PICTURES 2048
#define CAMERA_FRAGMENT 90 // bytes of a slice in each fragment

enum camera_marker { MARKER_RIGHT, MARKER_NEVER, MARKER_EACH_SLICE };

struct camera_packet {
    uint8_t data[512];
    size_t size;
    int64_t arrival_us;
    bool lost, twice;
};

struct camera_picture {
    char kind;
    int64_t time; // RTP, not wrapped
    uint8_t data[1024];
    size_t size;
};

struct camera {
    enum scrim_codec codec;
    enum camera_marker marker;
    uint32_t ssrc, first_time;
    uint16_t sequence;
    int64_t interval;
    // Made by camera_send.
    struct camera_packet *packets;
    size_t packet_count;
    struct camera_picture *pictures;
    size_t picture_count;
    int64_t slot; // intervals so far
};

static inline struct camera *camera_new(enum scrim_codec codec)
{
    struct camera *camera = calloc(1, sizeof *camera);
    camera->codec = codec;
    camera->ssrc = 0x5eed;
    camera->first_time = 1000000;
    camera->sequence = 100;
    camera->interval = 3600;
    camera->packets = calloc(CAMERA_PACKETS, sizeof *camera->packets);
    camera->pictures = calloc(CAMERA_PICTURES, sizeof *camera->pictures);
    return camera;
}

static inline void camera_free(struct camera *camera)
{
    free(camera->packets);
    free(camera->pictures);
    free(camera);
}

static inline struct camera_picture *camera_picture(struct camera *camera)
{
    return &camera->pictures[camera->picture_count];
}

// A packet of the picture that is being made.
static inline struct camera_packet *camera_packet(struct camera *camera, const void *head,
                                                  size_t head_size, const void *body, size_t size)
{
    struct camera_packet *packet = &camera->packets[camera->packet_count++];
    const uint32_t time = (uint32_t)(camera_picture(camera)->time);
    const uint8_t header[] = {0x80,
                              96,
                              (uint8_t)(camera->sequence >> 8),
                              (uint8_t)camera->sequence,
                              (uint8_t)(time >> 24),
                              (uint8_t)(time >> 16),
                              (uint8_t)(time >> 8),
                              (uint8_t)time,
                              (uint8_t)(camera->ssrc >> 24),
                              (uint8_t)(camera->ssrc >> 16),
                              (uint8_t)(camera->ssrc >> 8),
                              (uint8_t)camera->ssrc};
    camera->sequence++;
    memcpy(packet->data, header, sizeof header);
    if (head_size > 0)
        memcpy(packet->data + sizeof header, head, head_size);
    memcpy(packet->data + sizeof header + head_size, body, size);
    packet->size = sizeof header + head_size + size;
    packet->arrival_us =
        SCRIM_SECOND + camera->slot * camera->interval * 100 / 9 + (int64_t)camera->packet_count;
    return packet;
}

static inline void camera_mark(struct camera_packet *packet)
{
    packet->data[1] |= 0x80;
}

// Keeps a NAL unit as the receiver shall hand it out.
static inline void camera_keep(struct camera *camera, const uint8_t *nal, size_t size)
{
    struct camera_picture *picture = camera_picture(camera);
    memcpy(picture->data + picture->size, "\0\0\0\1", 4);
    memcpy(picture->data + picture->size + 4, nal, size);
    picture->size += 4 + size;
}

static inline void camera_sets(struct camera *camera, bool aggregate)
{
    const bool h264 = camera->codec == SCRIM_CODEC_H264;
    const uint8_t *sets = h264 ? sets_small : sets_h265;
    struct scrim_nal_walk walk =
        scrim_nal_walk_of(camera->codec, sets, h264 ? sizeof sets_small : sizeof sets_h265);
    struct scrim_nal nal;
    uint8_t body[400] = {h264 ? 24 : 48 << 1, 1};
    size_t size = h264 ? 1 : 2;
    while (scrim_nal_next(&walk, &nal)) {
        camera_keep(camera, nal.data, nal.size);
        if (!aggregate)
            camera_packet(camera, NULL, 0, nal.data, nal.size);
        body[size++] = (uint8_t)(nal.size >> 8);
        body[size++] = (uint8_t)nal.size;
        memcpy(body + size, nal.data, nal.size);
        size += nal.size;
    }
    if (aggregate)
        camera_packet(camera, NULL, 0, body, size);
}

static inline void camera_fragments(struct camera *camera, const uint8_t *nal, size_t size)
{
    const bool h264 = camera->codec == SCRIM_CODEC_H264;
    const size_t header = h264 ? 1 : 2;
    for (size_t at = header; at < size; at += CAMERA_FRAGMENT) {
        const size_t count = size - at < CAMERA_FRAGMENT ? size - at : CAMERA_FRAGMENT;
        const unsigned flags = (at == header ? 0x80U : 0U) | (at + count == size ? 0x40U : 0U);
        const uint8_t head264[] = {(uint8_t)((nal[0] & 0xe0) | 28),
                                   (uint8_t)(flags | (nal[0] & 0x1f))};
        const uint8_t head265[] = {(uint8_t)((nal[0] & 0x81) | 49 << 1), nal[1],
                                   (uint8_t)(flags | nal[0] >> 1)};
        camera_packet(camera, h264 ? head264 : head265, h264 ? 2 : 3, nal + at, count);
    }
}

// A slice of bytes that differ from picture to picture and hold no start code.
static inline void camera_slice(struct camera *camera, bool random, bool first, size_t size)
{
    uint8_t nal[512];
    size_t at = 0;
    if (camera->codec == SCRIM_CODEC_H264) {
        nal[at++] = random ? 0x65 : 0x41;
    } else {
        nal[at++] = random ? 19 << 1 : 1 << 1;
        nal[at++] = 1;
    }
    nal[at++] = first ? 0x88 : 0x48;
    while (at < size) {
        nal[at] = (uint8_t)(1 + (at * 7 + camera->picture_count * 13) % 250);
        at++;
    }
    camera_keep(camera, nal, size);
    if (size > 2 * CAMERA_FRAGMENT)
        camera_fragments(camera, nal, size);
    else
        camera_packet(camera, NULL, 0, nal, size);
    if (camera->marker == MARKER_EACH_SLICE)
        camera_mark(&camera->packets[camera->packet_count - 1]);
}

static inline void camera_sei(struct camera *camera)
{
    static const uint8_t h264[] = {6, 5, 1, 9, 0x80}, h265[] = {39 << 1, 1, 5, 1, 9, 0x80};
    const bool is264 = camera->codec == SCRIM_CODEC_H264;
    camera_keep(camera, is264 ? h264 : h265, is264 ? sizeof h264 : sizeof h265);
    camera_packet(camera, NULL, 0, is264 ? h264 : h265, is264 ? sizeof h264 : sizeof h265);
}

static inline void camera_expose(struct camera *camera, char kind)
{
    const size_t large = 3 * CAMERA_FRAGMENT, small = 60;
    if (kind == 'I' || kind == 'S')
        camera_sets(camera, kind == 'I');
    if (kind == 'E')
        camera_sei(camera);
    camera_slice(camera, kind == 'I' || kind == 'S', true,
                 kind == 'I' || kind == 'P' ? large : small);
    if (kind == 'T')
        camera_slice(camera, false, false, small);
    if (camera->marker == MARKER_RIGHT)
        camera_mark(&camera->packets[camera->packet_count - 1]);
}

static inline size_t camera_read(const char **at, size_t *ret_count, size_t packets)
{
    *ret_count = 1;
    if (**at == '*') {
        (*at)++;
        *ret_count = packets;
        return 0;
    }
    char *end;
    const size_t number = strtoul(*at, &end, 10);
    *at = end;
    return number;
}

static inline void camera_move_back(struct camera *camera, size_t from, size_t places)
{
    const struct camera_packet packet = camera->packets[from];
    for (size_t i = from; i < from + places; i++) {
        const int64_t arrival_us = camera->packets[i].arrival_us;
        camera->packets[i] = camera->packets[i + 1];
        camera->packets[i].arrival_us = arrival_us;
    }
    const int64_t arrival_us = camera->packets[from + places].arrival_us;
    camera->packets[from + places] = packet;
    camera->packets[from + places].arrival_us = arrival_us;
}

// Appends the packets of a stream. What the network does to order happens at the end.
static inline void camera_send(struct camera *camera, const char *stream)
{
    struct {
        size_t from, places;
    } moves[16];
    size_t move_count = 0;
    for (const char *at = stream; *at;) {
        const char kind = *at++;
        if (kind == ' ')
            continue;
        if (kind == '_') {
            camera->slot++;
            continue;
        }
        struct camera_picture *picture = camera_picture(camera);
        const char *ops = at;
        int64_t slot = camera->slot;
        while (*ops && *ops != ' ')
            if (*ops++ == '@')
                slot = strtol(ops, NULL, 10);
        *picture = (struct camera_picture){.kind = kind,
                                           .time = camera->first_time + slot * camera->interval};
        const size_t first = camera->packet_count;
        camera_expose(camera, kind);
        while (*at && *at != ' ') {
            const char op = *at++;
            size_t count;
            const size_t n = first + camera_read(&at, &count, camera->packet_count - first);
            for (size_t i = n; i < n + count && op == '-'; i++)
                camera->packets[i].lost = true;
            if (op == '+')
                camera->packets[n].twice = true;
            if (op == '~' || op == '>') {
                moves[move_count].from = n;
                moves[move_count++].places = op == '~' ? 1 : 3;
            }
        }
        camera->picture_count++;
        camera->slot++;
    }
    while (move_count-- > 0)
        camera_move_back(camera, moves[move_count].from, moves[move_count].places);
}
