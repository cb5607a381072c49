// The textual header of an age file, line by line as the ABNF of age.md has it:
//
//     header = v1-line 1*stanza end
//
// Nothing here needs a secret except the MAC.
#include "age/age.h"

#include "age/hkdf.h"
#include "age/stanza.h"
#include "base/alloc.h"
#include "base/base64.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char version_line[] = "age-encryption.org/v1\n";
static const char version_prefix[] = "age-encryption.org/";
static const char armor_prefix[] = "-----BEGIN AGE ENCRYPTED FILE-----";
static const char end_mark[] = "---";

#define MAC_BYTES 32
#define MAC_CHARS SCRIM_BASE64_LENGTH(MAC_BYTES)

void scrim_age_header_finish(struct scrim_age_header *header)
{
    if (!header)
        return;
    for (size_t i = 0; i < header->stanzas_count; i++)
        scrim_age_stanza_finish(&header->stanzas[i]);
    free(header->stanzas);
    free(header->signed_bytes);
    *header = (struct scrim_age_header){0};
}

static bool starts_with(const struct scrim_reader *reader, const char *prefix)
{
    const size_t length = strlen(prefix);
    return reader->left >= length && memcmp(reader->at, prefix, length) == 0;
}

static int parse_version(struct scrim_reader *reader, struct scrim_error *error)
{
    const size_t length = sizeof version_line - 1;
    const size_t seen = reader->left < length ? reader->left : length;
    if (memcmp(reader->at, version_line, seen) == 0)
        return scrim_read_view(reader, length) ? SCRIM_OK : SCRIM_EAGAIN;
    if (starts_with(reader, armor_prefix))
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "ASCII-armored age files are not supported, decode it first");
    if (starts_with(reader, version_prefix))
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "not version v1 of the age format");
    return scrim_fail(error, SCRIM_EFORMAT, "not an age file");
}

static int parse_args(const char *line, size_t length, struct scrim_age_stanza *stanza,
                      struct scrim_error *error)
{
    for (;;) {
        const char *space = memchr(line, ' ', length);
        const size_t word = space ? (size_t)(space - line) : length;
        if (!scrim_age_is_vchar(line, word))
            return scrim_fail(error, SCRIM_EFORMAT,
                              "age header: a stanza argument is empty or not printable ASCII");
        const int result = scrim_age_stanza_add_arg(stanza, line, word);
        if (result < 0)
            return scrim_fail(error, result, "age header: %s", scrim_err_text(result));
        if (!space)
            return SCRIM_OK;
        line += word + 1;
        length -= word + 1;
    }
}

static int parse_body(struct scrim_reader *reader, struct scrim_buf *body,
                      struct scrim_error *error)
{
    for (;;) {
        const char *line;
        size_t length, decoded;
        uint8_t bytes[SCRIM_AGE_LINE_BYTES];
        if (!scrim_read_line(reader, &line, &length))
            return SCRIM_EAGAIN;
        if (length > SCRIM_AGE_LINE)
            return scrim_fail(error, SCRIM_EFORMAT,
                              "age header: a stanza line is longer than 64 columns");
        if (scrim_base64_decode(line, length, bytes, sizeof bytes, &decoded) < 0)
            return scrim_fail(error, SCRIM_EFORMAT,
                              "age header: a stanza body is not canonical base64");
        const int result = scrim_buf_append(body, bytes, decoded);
        if (result < 0)
            return scrim_fail(error, result, "age header: %s", scrim_err_text(result));
        if (length < SCRIM_AGE_LINE)
            return SCRIM_OK;
    }
}

static int parse_stanza(struct scrim_reader *reader, const char *args, size_t args_length,
                        struct scrim_age_stanza *stanza, struct scrim_error *error)
{
    struct scrim_buf body;
    scrim_buf_init(&body, SCRIM_AGE_HEADER_MAX);
    int result = parse_args(args, args_length, stanza, error);
    if (result >= 0)
        result = parse_body(reader, &body, error);
    if (result >= 0) {
        stanza->body = body.data; // moves
        stanza->body_len = body.len;
        return SCRIM_OK;
    }
    scrim_buf_finish(&body);
    return result;
}

static int add_stanza(struct scrim_age_header *header, struct scrim_age_stanza **ret,
                      struct scrim_error *error)
{
    const size_t count = header->stanzas_count;
    if ((count & (count - 1)) == 0) { // grow by doubling, at powers of two
        struct scrim_age_stanza *grown =
            scrim_realloc(header->stanzas, (count ? count * 2 : 1) * sizeof *grown);
        if (!grown)
            return scrim_fail(error, SCRIM_ENOMEM, "age header: out of memory");
        header->stanzas = grown;
    }
    *ret = &header->stanzas[header->stanzas_count++];
    **ret = (struct scrim_age_stanza){0};
    return SCRIM_OK;
}

// `line` is what follows "---".
static int parse_mac(const char *line, size_t length, uint8_t ret[MAC_BYTES],
                     struct scrim_error *error)
{
    if (length != 1 + MAC_CHARS || line[0] != ' ' ||
        scrim_base64_decode_exact(line + 1, MAC_CHARS, ret, MAC_BYTES) < 0)
        return scrim_fail(error, SCRIM_EFORMAT, "age header: malformed MAC line");
    return SCRIM_OK;
}

static int parse_lines(struct scrim_reader *reader, struct scrim_age_header *header,
                       const char **ret_end_mark, struct scrim_error *error)
{
    int result = parse_version(reader, error);
    while (result >= 0) {
        const char *line;
        size_t length;
        if (!scrim_read_line(reader, &line, &length))
            return SCRIM_EAGAIN;
        if (length >= 3 && memcmp(line, end_mark, 3) == 0) {
            if (header->stanzas_count == 0)
                return scrim_fail(error, SCRIM_EFORMAT, "age header: no recipient stanza");
            *ret_end_mark = line;
            return parse_mac(line + 3, length - 3, header->mac, error);
        }
        if (length < 3 || memcmp(line, "-> ", 3) != 0)
            return scrim_fail(error, SCRIM_EFORMAT,
                              "age header: a line is neither a stanza nor the MAC");
        struct scrim_age_stanza *stanza = NULL;
        result = add_stanza(header, &stanza, error);
        if (result >= 0)
            result = parse_stanza(reader, line + 3, length - 3, stanza, error);
    }
    return result;
}

int scrim_age_header_parse(const void *bytes, size_t count, struct scrim_age_header *ret,
                           struct scrim_error *error)
{
    struct scrim_age_header header = {0};
    struct scrim_reader reader =
        scrim_reader_of(bytes, count < SCRIM_AGE_HEADER_MAX ? count : SCRIM_AGE_HEADER_MAX);
    const char *end = NULL;
    int result = count > 0 ? parse_lines(&reader, &header, &end, error) : SCRIM_EAGAIN;

    if (result == SCRIM_EAGAIN)
        result = count >= SCRIM_AGE_HEADER_MAX
                     ? scrim_fail(error, SCRIM_EFORMAT, "age header: longer than %d bytes",
                                  SCRIM_AGE_HEADER_MAX)
                     : scrim_fail(error, SCRIM_EAGAIN, "age header: ends too early");
    if (result >= 0) {
        header.length = (size_t)(reader.at - (const uint8_t *)bytes);
        header.signed_len = (size_t)(end - (const char *)bytes) + strlen(end_mark);
        header.signed_bytes = scrim_alloc(header.signed_len);
        if (!header.signed_bytes)
            result = scrim_fail(error, SCRIM_ENOMEM, "age header: out of memory");
    }
    if (result < 0) {
        scrim_age_header_finish(&header);
        return result;
    }
    memcpy(header.signed_bytes, bytes, header.signed_len);
    *ret = header;
    return SCRIM_OK;
}

// HMAC-SHA-256 over the header up to and including "---" (age.md "Header MAC").
static void header_mac(const uint8_t file_key[SCRIM_AGE_FILE_KEY], const uint8_t *bytes,
                       size_t count, uint8_t ret[MAC_BYTES])
{
    uint8_t key[SCRIM_HKDF_OUTPUT];
    scrim_hkdf_sha256(file_key, SCRIM_AGE_FILE_KEY, NULL, 0, "header", strlen("header"), key);
    crypto_auth_hmacsha256(ret, bytes, count, key);
    sodium_memzero(key, sizeof key);
}

int scrim_age_header_verify(const struct scrim_age_header *header,
                            const uint8_t file_key[SCRIM_AGE_FILE_KEY])
{
    uint8_t expected[MAC_BYTES];
    header_mac(file_key, header->signed_bytes, header->signed_len, expected);
    const bool same = sodium_memcmp(expected, header->mac, sizeof expected) == 0;
    sodium_memzero(expected, sizeof expected);
    return same ? SCRIM_OK : SCRIM_EAUTH;
}

int scrim_age_header_write(const struct scrim_age_stanza *stanzas, size_t count,
                           const uint8_t file_key[SCRIM_AGE_FILE_KEY], struct scrim_buf *ret)
{
    if (count == 0)
        return SCRIM_EINVAL;
    const size_t start = ret->len;
    int result = scrim_buf_append_text(ret, version_line);
    for (size_t i = 0; i < count && result >= 0; i++)
        result = scrim_age_stanza_append(&stanzas[i], ret);
    if (result >= 0)
        result = scrim_buf_append_text(ret, end_mark);

    uint8_t mac[MAC_BYTES];
    if (result >= 0) {
        header_mac(file_key, ret->data + start, ret->len - start, mac);
        result = scrim_buf_append_text(ret, " ");
    }
    if (result >= 0)
        result = scrim_base64_append(ret, mac, sizeof mac);
    if (result >= 0)
        result = scrim_buf_append_text(ret, "\n");
    if (result < 0)
        ret->len = start;
    return result;
}
