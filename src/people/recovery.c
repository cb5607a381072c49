#include "people/recovery.h"

#include <sodium.h>
#include <string.h>

#define LETTERS 16 // of a code, five bits each
#define GROUP 4

// Without i, l, o, u: nothing reads like something else (Crockford's base32, in small letters).
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

static void hash_letters(const char letters[LETTERS], uint8_t ret[SCRIM_RECOVERY_HASH])
{
    static const uint8_t purpose[] = "scrim recovery code";
    crypto_generichash(ret, SCRIM_RECOVERY_HASH, (const uint8_t *)letters, LETTERS, purpose,
                       sizeof purpose - 1);
}

void scrim_recovery_make(char ret_code[SCRIM_RECOVERY_TEXT], uint8_t ret_hash[SCRIM_RECOVERY_HASH])
{
    char letters[LETTERS];
    char *out = ret_code;
    for (size_t i = 0; i < LETTERS; i++) {
        letters[i] = alphabet[randombytes_uniform(sizeof alphabet - 1)];
        if (i > 0 && i % GROUP == 0)
            *out++ = '-';
        *out++ = letters[i];
    }
    *out = '\0';
    hash_letters(letters, ret_hash);
    sodium_memzero(letters, sizeof letters);
}

bool scrim_recovery_hash(const char *text, uint8_t ret_hash[SCRIM_RECOVERY_HASH])
{
    char letters[LETTERS];
    size_t count = 0;
    bool valid = true;
    for (; *text && valid; text++) {
        if (*text == '-' || *text == ' ')
            continue;
        const char small = *text >= 'A' && *text <= 'Z' ? (char)(*text + ('a' - 'A')) : *text;
        valid = count < LETTERS && strchr(alphabet, small);
        if (valid)
            letters[count++] = small;
    }
    valid = valid && count == LETTERS;
    if (valid)
        hash_letters(letters, ret_hash);
    sodium_memzero(letters, sizeof letters);
    return valid;
}
