#include "stamp.h"

#include <string.h>

#define USER_DATA_UNREGISTERED 5 // payloadType
#define PAYLOAD (STAMP_UUID + 4 + 8 + 8)

// Without two zero bytes in a row, so that it looks the same escaped.
const uint8_t stamp_uuid[STAMP_UUID] = {0x5c, 0x72, 0x31, 0x6d, 0x9e, 0x04, 0x4b, 0x1f,
                                        0xa6, 0x53, 0xd0, 0x8c, 0x27, 0xf1, 0xbe, 0x95};

static void put(uint8_t *to, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

// Emulation prevention (7.4.1): no 00 00 is followed by a byte below 4.
static size_t escape(const uint8_t *from, size_t size, uint8_t *to)
{
    size_t written = 0;
    unsigned zeros = 0;
    for (size_t i = 0; i < size; i++) {
        if (zeros == 2 && from[i] < 4) {
            to[written++] = 3;
            zeros = 0;
        }
        to[written++] = from[i];
        zeros = from[i] == 0 ? zeros + 1 : 0;
    }
    return written;
}

size_t stamp_write(enum scrim_codec codec, uint32_t camera, uint64_t unit, int64_t utc_us,
                   uint8_t ret[STAMP_MAX])
{
    uint8_t message[2 + PAYLOAD + 1] = {USER_DATA_UNREGISTERED, PAYLOAD};
    memcpy(message + 2, stamp_uuid, STAMP_UUID);
    put(message + 2 + STAMP_UUID, camera, 4);
    put(message + 6 + STAMP_UUID, unit, 8);
    put(message + 14 + STAMP_UUID, (uint64_t)utc_us, 8);
    message[sizeof message - 1] = 0x80; // rbsp_trailing_bits
    size_t header = 0;
    if (codec == SCRIM_CODEC_H265) {
        ret[header++] = 39 << 1; // PREFIX_SEI_NUT
        ret[header++] = 1;       // nuh_temporal_id_plus1
    } else {
        ret[header++] = 6;
    }
    return header + escape(message, sizeof message, ret + header);
}

static uint64_t get(const uint8_t *from, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | from[i];
    return value;
}

bool stamp_read(const uint8_t *uuid, size_t size, struct stamp *ret)
{
    uint8_t numbers[PAYLOAD - STAMP_UUID];
    size_t count = 0;
    unsigned zeros = 0;
    for (size_t at = STAMP_UUID; at < size && count < sizeof numbers; at++) {
        if (zeros == 2 && uuid[at] == 3) {
            zeros = 0;
            continue;
        }
        zeros = uuid[at] == 0 ? zeros + 1 : 0;
        numbers[count++] = uuid[at];
    }
    if (count < sizeof numbers)
        return false;
    ret->camera = (uint32_t)get(numbers, 4);
    ret->unit = get(numbers + 4, 8);
    ret->utc_us = (int64_t)get(numbers + 12, 8);
    return true;
}
