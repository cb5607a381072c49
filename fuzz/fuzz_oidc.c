// What a provider says. The first byte chooses: a list of keys, a description, an ID token.
#include "oidc/provider.h"
#include "oidc/token.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void token(const uint8_t *data, size_t size)
{
    static const char keys[] = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
                               "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";
    const struct scrim_id_token_expected expected = {"https://idp.example", "scrim", "n",
                                                     1700000000};
    struct scrim_error error;
    struct scrim_jwks *jwks = NULL;
    json_t *claims = NULL;
    char *text = malloc(size + 1);
    if (!text)
        return;
    memcpy(text, data, size);
    text[size] = '\0';
    if (scrim_jwks_parse(keys, sizeof keys - 1, &jwks, &error) < 0 ||
        scrim_id_token_verify(text, jwks, &expected, &claims, &error) >= 0)
        abort(); // nobody has the key
    scrim_jwks_free(jwks);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_error error;
    struct scrim_jwks *jwks = NULL;
    struct scrim_provider_places places = {0};
    if (size == 0)
        return 0;
    switch (data[0] % 3) {
    case 0:
        if (scrim_jwks_parse(data + 1, size - 1, &jwks, &error) >= 0)
            scrim_jwks_free(jwks);
        break;
    case 1:
        if (scrim_provider_places_parse(data + 1, size - 1, "https://idp.example", &places,
                                        &error) >= 0)
            scrim_provider_places_finish(&places);
        break;
    default: token(data + 1, size - 1); break;
    }
    return 0;
}
