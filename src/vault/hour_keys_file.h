// The hour keys of an opening, as the site hands them out: an age file to the requester's one-time
// recipient (docs/ref/formats/decision.md, "Hour keys").
#pragma once

#include "vault/request.h"

struct scrim_hour_key_entry {
    char camera[32];
    uint64_t hour; // since 1970
    uint8_t key[SCRIM_HOUR_KEY];
};

// Appends the age file to `ret`. `recipient` is "age1…".
SCRIM_MUST_CHECK int scrim_hour_keys_seal(const char *recipient,
                                          const uint8_t request_id[SCRIM_REQUEST_ID],
                                          const struct scrim_hour_key_entry *entries, size_t count,
                                          struct scrim_buf *ret, struct scrim_error *error);
// Opens it for who holds the one-time key; SCRIM_EAUTH unless it is for this identity and request.
// *ret is a fresh array: wipe and free it with scrim_hour_keys_free.
SCRIM_MUST_CHECK int scrim_hour_keys_open(const void *file, size_t file_count,
                                          const uint8_t identity[32],
                                          const uint8_t request_id[SCRIM_REQUEST_ID],
                                          struct scrim_hour_key_entry **ret, size_t *ret_count,
                                          struct scrim_error *error);
void scrim_hour_keys_free(struct scrim_hour_key_entry *entries, size_t count); // NULL is fine
