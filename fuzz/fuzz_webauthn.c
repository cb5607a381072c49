// What a browser says for a security key. The first byte chooses: the whole answer of a new key, of
// a known one, an attestation object, authenticator data, client data.
#include "people/webauthn_data.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool within(const uint8_t *part, size_t length, const uint8_t *whole, size_t size)
{
    return part >= whole && length <= size && (size_t)(part - whole) <= size - length;
}

static void attestation(const uint8_t *data, size_t size)
{
    struct scrim_attestation ret;
    if (scrim_attestation_parse(data, size, &ret) &&
        (!within(ret.data, ret.data_len, data, size) ||
         (ret.packed && !within(ret.signature, ret.signature_len, data, size))))
        abort();
}

static void authenticator_data(const uint8_t *data, size_t size)
{
    struct scrim_authenticator_data ret;
    if (scrim_authenticator_data_parse(data, size, &ret) &&
        (!within(ret.rp_id_hash, 32, data, size) ||
         (ret.id && !within(ret.id, ret.id_len, data, size))))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct scrim_webauthn_expected expected = {"https://localhost", "localhost", {0}};
    struct scrim_webauthn_credential credential = {
        .id = {1}, .id_len = 1, .alg = -7, .key_len = 64, .rp_id = "localhost"};
    struct scrim_error error;
    uint32_t count;
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    size--;
    int result = -1;
    switch (data[0] % 5) {
    case 0: result = scrim_webauthn_register(text, size, &expected, &credential, &error); break;
    case 1:
        if (scrim_webauthn_verify(text, size, &expected, &credential, &count, &error) >= 0)
            abort(); // nobody has the key
        break;
    case 2: attestation(data + 1, size); break;
    case 3: authenticator_data(data + 1, size); break;
    default: result = scrim_client_data_check(text, size, "webauthn.get", &expected, &error); break;
    }
    if (result >= 0 && credential.key_len > sizeof credential.key)
        abort();
    return 0;
}
