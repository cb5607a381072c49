// What is inside the two age files of an opening: a holder's partials, and the hour keys. The input
// is the plaintext, encrypted on the way, as a holder or a site could who means ill; and the age
// file itself.
#include "vault/hour_keys_file.h"
#include "vault/partials.h"

#include <sodium.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(const void *file, size_t count, const uint8_t identity[32])
{
    // Those of tests/vectors/scrim-decision.json, so that its corpus gets through.
    static const uint8_t request[SCRIM_REQUEST_ID] = {
        0xa0, 0xd6, 0x7c, 0x6b, 0x95, 0x43, 0x1c, 0x77, 0x37, 0x66, 0xe6,
        0x05, 0x06, 0x07, 0x42, 0xbe, 0x9f, 0xcc, 0xc4, 0x92, 0x66, 0x06,
        0x9f, 0x84, 0xfb, 0xe9, 0x3e, 0x15, 0xe7, 0x98, 0x25, 0x45};
    struct scrim_partial partials[4];
    struct scrim_hour_key_entry *entries;
    size_t entries_count;
    struct scrim_error error;
    for (size_t parts = 0; parts <= 4; parts++)
        (void)!scrim_partials_open(file, count, identity, request, 1, partials, parts, &error);
    if (scrim_hour_keys_open(file, count, identity, request, &entries, &entries_count, &error) >= 0)
        scrim_hour_keys_free(entries, entries_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t identity[32] = {8, 1, 2, 3};
    uint8_t recipient[32];
    struct scrim_buf file;
    if (sodium_init() < 0 || size > 4096)
        return 0;
    take(data, size, identity);
    scrim_buf_init(&file, 1U << 16);
    if (crypto_scalarmult_base(recipient, identity) == 0 &&
        scrim_age_encrypt(recipient, data, size, &file) >= 0)
        take(file.data, file.len, identity);
    scrim_buf_finish(&file);
    return 0;
}
