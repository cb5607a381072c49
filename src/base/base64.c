#include "base/base64.h"

#include "base/alloc.h"

#include <sodium.h>
#include <string.h>

#define VARIANT sodium_base64_VARIANT_ORIGINAL_NO_PADDING

int scrim_base64_append(struct scrim_buf *buf, const void *bytes, size_t count)
{
    const size_t with_nul = sodium_base64_encoded_len(count, VARIANT);
    const int result = scrim_buf_reserve(buf, with_nul);
    if (result < 0)
        return result;
    sodium_bin2base64((char *)buf->data + buf->len, with_nul, bytes, count, VARIANT);
    buf->len += with_nul - 1;
    return SCRIM_OK;
}

char *scrim_base64_text(const void *bytes, size_t count)
{
    const size_t with_nul = sodium_base64_encoded_len(count, VARIANT);
    char *text = scrim_new_bytes(with_nul);
    return sodium_bin2base64(text, with_nul, bytes, count, VARIANT);
}

// libsodium 1.0.18 takes bytes above 0x7F for characters of the alphabet where char is signed.
static bool is_ascii(const char *text, size_t length)
{
    unsigned char all = 0;
    for (size_t i = 0; i < length; i++)
        all |= (unsigned char)text[i];
    return all < 0x80;
}

int scrim_base64_decode(const char *text, size_t length, uint8_t *ret, size_t max,
                        size_t *ret_count)
{
    // libsodium stops at a foreign character and refuses bits that a canonical encoder leaves zero.
    const char *end = text;
    if (!is_ascii(text, length) ||
        sodium_base642bin(ret, max, text, length, NULL, ret_count, &end, VARIANT) != 0 ||
        end != text + length)
        return SCRIM_EFORMAT;
    return SCRIM_OK;
}

int scrim_base64_decode_exact(const char *text, size_t length, uint8_t *ret, size_t count)
{
    size_t decoded = 0;
    if (length != SCRIM_BASE64_LENGTH(count))
        return SCRIM_EFORMAT;
    const int result = scrim_base64_decode(text, length, ret, count, &decoded);
    return result < 0 || decoded == count ? result : SCRIM_EFORMAT;
}
