#include "people/webauthn_data.h"

#include <jansson.h>
#include <sodium.h>
#include <string.h>

#define RP_ID_HASH 32
#define AAGUID 16
#define KEY_MEMBERS_MAX 8
#define COSE_ALG 3 // the member of a COSE key that names its algorithm (RFC 9052, 7.1)

// --- client data ---

static const char *text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    return text && strlen(text) == json_string_length(value) ? text : NULL;
}

static bool challenge_fits(const char *text, const uint8_t expected[SCRIM_WEBAUTHN_CHALLENGE])
{
    uint8_t given[SCRIM_WEBAUTHN_CHALLENGE];
    size_t length = 0;
    return text &&
           sodium_base642bin(given, sizeof given, text, strlen(text), NULL, &length, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           length == sizeof given && sodium_memcmp(given, expected, sizeof given) == 0;
}

int scrim_client_data_check(const void *bytes, size_t count, const char *type,
                            const struct scrim_webauthn_expected *expected,
                            struct scrim_error *error)
{
    json_t *object = json_loadb(bytes, count, JSON_REJECT_DUPLICATES, NULL);
    const char *given_type = text_of(object, "type"), *origin = text_of(object, "origin");
    int result = SCRIM_OK;
    if (!json_is_object(object) || !given_type || !origin)
        result = scrim_fail(error, SCRIM_EFORMAT, "the client data is malformed");
    else if (strcmp(given_type, type) != 0)
        result = scrim_fail(error, SCRIM_EAUTH, "the answer is for something else");
    else if (!challenge_fits(text_of(object, "challenge"), expected->challenge))
        result = scrim_fail(error, SCRIM_EAUTH, "the answer is to another challenge");
    else if (strcmp(origin, expected->origin) != 0)
        result = scrim_fail(error, SCRIM_EAUTH, "the answer was made for another address");
    else if (json_is_true(json_object_get(object, "crossOrigin")))
        result = scrim_fail(error, SCRIM_EAUTH, "the answer was made in a frame of another site");
    json_decref(object);
    return result;
}

// --- CBOR (RFC 8949), as much as CTAP's canonical form needs ---

enum { CBOR_UNSIGNED = 0, CBOR_NEGATIVE = 1, CBOR_BYTES = 2, CBOR_TEXT = 3, CBOR_MAP = 5 };

// The head of an item: its major type, and its value in the shortest form.
static bool read_head(struct scrim_reader *reader, unsigned *ret_type, uint64_t *ret_value)
{
    uint8_t first, byte;
    if (!scrim_read_u8(reader, &first))
        return false;
    const unsigned more = first & 31U;
    uint64_t value = more;
    if (more > 26) // lengths of eight bytes, and indefinite ones
        return false;
    if (more >= 24) {
        value = 0;
        for (unsigned i = 0; i < 1U << (more - 24); i++) {
            if (!scrim_read_u8(reader, &byte))
                return false;
            value = value << 8 | byte;
        }
        if (value < (more == 24 ? 24U : more == 25 ? 256U : 65536U))
            return false;
    }
    *ret_type = first >> 5;
    *ret_value = value;
    return true;
}

static bool read_typed(struct scrim_reader *reader, unsigned wanted, uint64_t *ret)
{
    unsigned type;
    return read_head(reader, &type, ret) && type == wanted;
}

static bool read_string(struct scrim_reader *reader, unsigned wanted, const uint8_t **ret,
                        size_t *ret_len)
{
    uint64_t length;
    if (!read_typed(reader, wanted, &length) || length > reader->left)
        return false;
    *ret = scrim_read_view(reader, (size_t)length);
    *ret_len = (size_t)length;
    return *ret != NULL;
}

static bool read_key(struct scrim_reader *reader, const char *name)
{
    const uint8_t *text;
    size_t length;
    return read_string(reader, CBOR_TEXT, &text, &length) && length == strlen(name) &&
           memcmp(text, name, length) == 0;
}

static bool read_integer(struct scrim_reader *reader, int *ret)
{
    unsigned type;
    uint64_t value;
    if (!read_head(reader, &type, &value) || type > CBOR_NEGATIVE || value > 1000000)
        return false;
    *ret = type == CBOR_UNSIGNED ? (int)value : -1 - (int)value;
    return true;
}

// A COSE key: a small map from integers to integers and byte strings. libfido2 reads what it says.
static bool read_cose_key(struct scrim_reader *reader, int *ret_alg)
{
    uint64_t members;
    bool named = false;
    if (!read_typed(reader, CBOR_MAP, &members) || members > KEY_MEMBERS_MAX)
        return false;
    for (uint64_t i = 0; i < members; i++) {
        int name, value = 0;
        if (!read_integer(reader, &name))
            return false;
        struct scrim_reader at = *reader;
        const uint8_t *bytes;
        size_t length;
        if (!read_string(reader, CBOR_BYTES, &bytes, &length)) {
            *reader = at;
            if (!read_integer(reader, &value))
                return false;
        }
        if (name == COSE_ALG) {
            *ret_alg = value;
            named = value != 0;
        }
    }
    return named;
}

// --- authenticator data (WebAuthn, 6.1 and 6.5.1) ---

static bool read_attested(struct scrim_reader *reader, struct scrim_authenticator_data *ret)
{
    uint16_t id_len;
    if (!scrim_read_view(reader, AAGUID) || !scrim_read_u16(reader, &id_len) || id_len == 0 ||
        id_len > SCRIM_WEBAUTHN_ID_MAX)
        return false;
    ret->id = scrim_read_view(reader, id_len);
    ret->id_len = id_len;
    return ret->id && read_cose_key(reader, &ret->alg);
}

bool scrim_authenticator_data_parse(const uint8_t *bytes, size_t count,
                                    struct scrim_authenticator_data *ret)
{
    struct scrim_reader reader = scrim_reader_of(bytes, count);
    *ret = (struct scrim_authenticator_data){.rp_id_hash = scrim_read_view(&reader, RP_ID_HASH)};
    if (!ret->rp_id_hash || !scrim_read_u8(&reader, &ret->flags) ||
        !scrim_read_u32(&reader, &ret->count))
        return false;
    if ((ret->flags & SCRIM_AUTHENTICATOR_ATTESTED) && !read_attested(&reader, ret))
        return false;
    return (reader.left > 0) == ((ret->flags & SCRIM_AUTHENTICATOR_EXTENDED) != 0);
}

// --- attestation object (WebAuthn, 6.5.4) ---

static bool read_packed(struct scrim_reader *reader, struct scrim_attestation *ret)
{
    uint64_t members; // without "x5c": self attestation, which is all that "none" leaves
    return read_typed(reader, CBOR_MAP, &members) && members == 2 && read_key(reader, "alg") &&
           read_integer(reader, &ret->alg) && read_key(reader, "sig") &&
           read_string(reader, CBOR_BYTES, &ret->signature, &ret->signature_len);
}

bool scrim_attestation_parse(const uint8_t *bytes, size_t count, struct scrim_attestation *ret)
{
    struct scrim_reader reader = scrim_reader_of(bytes, count);
    const uint8_t *format;
    size_t length;
    uint64_t members;
    *ret = (struct scrim_attestation){0};
    if (!read_typed(&reader, CBOR_MAP, &members) || members != 3 || !read_key(&reader, "fmt") ||
        !read_string(&reader, CBOR_TEXT, &format, &length) || !read_key(&reader, "attStmt"))
        return false;
    ret->packed = length == 6 && memcmp(format, "packed", 6) == 0;
    if (!ret->packed && (length != 4 || memcmp(format, "none", 4) != 0))
        return false;
    if (ret->packed ? !read_packed(&reader, ret)
                    : !read_typed(&reader, CBOR_MAP, &members) || members != 0)
        return false;
    return read_key(&reader, "authData") &&
           read_string(&reader, CBOR_BYTES, &ret->data, &ret->data_len) && reader.left == 0;
}
