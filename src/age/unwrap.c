#include "age/unwrap.h"

#include <sodium.h>
#include <string.h>

// A passphrase stanza promises who encrypted; beside any other stanza that promise is broken
// (age.md "scrypt recipient stanza").
static int refuse_scrypt(const struct scrim_age_header *header, const char *name,
                         struct scrim_error *error)
{
    for (size_t i = 0; i < header->stanzas_count; i++) {
        if (strcmp(header->stanzas[i].args[0], "scrypt") != 0)
            continue;
        if (header->stanzas_count > 1)
            return scrim_fail(error, SCRIM_EFORMAT,
                              "%s: a passphrase stanza beside other stanzas is not allowed", name);
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "%s is encrypted with a passphrase, which is not supported", name);
    }
    return SCRIM_OK;
}

// Looks at every stanza even after one fitted: a malformed one anywhere spoils the file.
static int unwrap_file_key(const struct scrim_age_header *header, const uint8_t (*identities)[32],
                           size_t identities_count, uint8_t ret[SCRIM_AGE_FILE_KEY])
{
    uint8_t candidate[SCRIM_AGE_FILE_KEY];
    int result = SCRIM_EAUTH;
    for (size_t i = 0; i < header->stanzas_count && result != SCRIM_EFORMAT; i++)
        for (size_t j = 0; j < identities_count && result != SCRIM_EFORMAT; j++) {
            const int now = scrim_age_x25519_unwrap(&header->stanzas[i], identities[j], candidate);
            if (now >= 0 && result < 0)
                memcpy(ret, candidate, sizeof candidate);
            if (now != SCRIM_EAUTH && (now < 0 || result < 0))
                result = now;
        }
    sodium_memzero(candidate, sizeof candidate);
    return result;
}

int scrim_age_unwrap(const struct scrim_age_header *header, const uint8_t (*identities)[32],
                     size_t identities_count, const char *name,
                     uint8_t ret_file_key[SCRIM_AGE_FILE_KEY], struct scrim_error *error)
{
    int result = refuse_scrypt(header, name, error);
    if (result < 0)
        return result;
    result = unwrap_file_key(header, identities, identities_count, ret_file_key);
    if (result == SCRIM_EFORMAT)
        return scrim_fail(error, result, "%s: age header: malformed X25519 stanza", name);
    if (result < 0)
        return scrim_fail(error, result, "%s is not encrypted to this identity", name);
    result = scrim_age_header_verify(header, ret_file_key);
    if (result < 0)
        return scrim_fail(error, result, "%s: the header was changed (its MAC does not fit)", name);
    return SCRIM_OK;
}
