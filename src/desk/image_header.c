#include "desk/image_header.h"

#include "base/buf.h"

#include <string.h>

#define VP8X_ANIMATION 0x02U

static const struct {
    const char *mime, *extension;
} kinds[SCRIM_IMAGE_KINDS] = {
    [SCRIM_IMAGE_PNG] = {"image/png", "png"},
    [SCRIM_IMAGE_JPEG] = {"image/jpeg", "jpg"},
    [SCRIM_IMAGE_WEBP] = {"image/webp", "webp"},
};

const char *scrim_image_mime(enum scrim_image_kind kind)
{
    return kinds[kind].mime;
}

const char *scrim_image_extension(enum scrim_image_kind kind)
{
    return kinds[kind].extension;
}

bool scrim_image_kind_parse(const char *extension, enum scrim_image_kind *ret)
{
    for (unsigned i = 0; i < SCRIM_IMAGE_KINDS; i++) {
        if (strcmp(kinds[i].extension, extension) == 0) {
            *ret = (enum scrim_image_kind)i;
            return true;
        }
    }
    return false;
}

static bool begins(const struct scrim_reader *reader, const char *magic, size_t count)
{
    return reader->left >= count && memcmp(reader->at, magic, count) == 0;
}

// The first chunk is always IHDR (§11.2.1).
static bool read_png(struct scrim_reader *reader, unsigned *width, unsigned *height)
{
    static const char head[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    uint32_t w, h;
    if (!begins(reader, head, sizeof head - 1) || !scrim_read_view(reader, sizeof head - 1) ||
        !scrim_read_u32(reader, &w) || !scrim_read_u32(reader, &h))
        return false;
    *width = w;
    *height = h;
    return true;
}

// SOF0…SOF15 carry the size; C4, C8 and CC of that range are other things (table B.1).
static bool is_frame(uint8_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

// From segment to segment up to the frame header (§B.2.2).
static bool read_jpeg(struct scrim_reader *reader, unsigned *width, unsigned *height)
{
    uint8_t byte = 0, precision;
    uint16_t length, w, h;
    if (!scrim_read_view(reader, 2)) // SOI
        return false;
    for (;;) {
        if (!scrim_read_u8(reader, &byte) || byte != 0xff)
            return false;
        while (byte == 0xff) // fill bytes (§B.1.1.2)
            if (!scrim_read_u8(reader, &byte))
                return false;
        if (byte == 0x01 || (byte >= 0xd0 && byte <= 0xd9)) // no segment of its own may come here
            return false;
        if (!scrim_read_u16(reader, &length) || length < 2)
            return false;
        if (is_frame(byte))
            break;
        if (!scrim_read_view(reader, length - 2U))
            return false;
    }
    if (!scrim_read_u8(reader, &precision) || !scrim_read_u16(reader, &h) ||
        !scrim_read_u16(reader, &w))
        return false;
    *width = w;
    *height = h; // 0 would mean a DNL segment later: refused as too small
    return true;
}

static unsigned little(const uint8_t *bytes, unsigned count)
{
    unsigned value = 0;
    for (unsigned i = count; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

// RIFF, then VP8X, VP8L or VP8 as the first chunk (RFC 9649 §2.4…2.7).
static bool read_webp(struct scrim_reader *reader, unsigned *width, unsigned *height)
{
    const uint8_t *head = scrim_read_view(reader, 12), *chunk = scrim_read_view(reader, 8);
    const uint8_t *body = chunk ? scrim_read_view(reader, 10) : NULL;
    if (!head || !body)
        return false;
    if (memcmp(chunk, "VP8X", 4) == 0) {
        if (body[0] & VP8X_ANIMATION)
            return false;
        *width = little(body + 4, 3) + 1;
        *height = little(body + 7, 3) + 1;
    } else if (memcmp(chunk, "VP8L", 4) == 0 && body[0] == 0x2f) {
        const unsigned bits = little(body + 1, 4);
        *width = (bits & 0x3fff) + 1;
        *height = (bits >> 14 & 0x3fff) + 1;
    } else if (memcmp(chunk, "VP8 ", 4) == 0 && memcmp(body + 3, "\x9d\x01\x2a", 3) == 0) {
        *width = little(body + 6, 2) & 0x3fff; // the upper two bits ask for scaling
        *height = little(body + 8, 2) & 0x3fff;
    } else {
        return false;
    }
    return true;
}

int scrim_image_header_parse(const void *bytes, size_t count, struct scrim_image_header *ret,
                             struct scrim_error *error)
{
    struct scrim_reader reader = scrim_reader_of(bytes, count);
    struct scrim_image_header header = {0};
    bool known = false;
    if (begins(&reader, "\x89PNG", 4)) {
        header.kind = SCRIM_IMAGE_PNG;
        known = read_png(&reader, &header.width, &header.height);
    } else if (begins(&reader, "\xff\xd8\xff", 3)) {
        header.kind = SCRIM_IMAGE_JPEG;
        known = read_jpeg(&reader, &header.width, &header.height);
    } else if (begins(&reader, "RIFF", 4) && count >= 12 && memcmp(reader.at + 8, "WEBP", 4) == 0) {
        header.kind = SCRIM_IMAGE_WEBP;
        known = read_webp(&reader, &header.width, &header.height);
    } else {
        return scrim_fail(error, SCRIM_EFORMAT, "it is no PNG, JPEG or WebP picture");
    }
    if (!known)
        return scrim_fail(error, SCRIM_EFORMAT, "the picture is damaged, cut off or moves");
    if (header.width == 0 || header.height == 0 || header.width > SCRIM_IMAGE_SIDE_MAX ||
        header.height > SCRIM_IMAGE_SIDE_MAX)
        return scrim_fail(error, SCRIM_EFORMAT,
                          "the picture has %u × %u pixels; 1 to %d on a side are taken",
                          header.width, header.height, SCRIM_IMAGE_SIDE_MAX);
    *ret = header;
    return SCRIM_OK;
}
