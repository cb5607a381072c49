// The files of a request (requests.h says which), read and written. For the book's own files.
#pragma once

#include "desk/requests.h"

#include <jansson.h>

// DIR/state/requests/<number>/<file>; NULL: the folder itself.
SCRIM_MUST_CHECK int request_store_path(const char *dir, uint64_t number, const char *file,
                                        char ret[SCRIM_PATH_MAX], struct scrim_error *error);
// The numbers of all folders, ascending; free(*ret).
SCRIM_MUST_CHECK int request_store_numbers(const char *dir, uint64_t **ret, size_t *ret_count,
                                           struct scrim_error *error);
// Makes the folder, durable when it returns.
SCRIM_MUST_CHECK int request_store_make(const char *dir, uint64_t number,
                                        struct scrim_error *error);
// A folder of a request that never came to be, with what is in it.
void request_store_remove(const char *dir, uint64_t number);
// A file that is written once: SCRIM_EEXIST if it is there. Durable when it returns.
SCRIM_MUST_CHECK int request_store_write(const char *dir, uint64_t number, const char *file,
                                         const struct scrim_buf *bytes, struct scrim_error *error);
// After a write that failed: it may be there, and its directory was not flushed. What cannot be
// taken back counts from the next start on.
void request_store_take_back(const char *dir, uint64_t number, const char *file);
// The same as _write of small JSON, which it takes over.
SCRIM_MUST_CHECK int request_store_note(const char *dir, uint64_t number, const char *file,
                                        json_t *owned, struct scrim_error *error);
// end.json, with what is told of the request afterwards, so that a start need not read the lists of
// segments of all that are over.
SCRIM_MUST_CHECK int request_store_end(const char *dir, const struct scrim_request_entry *entry,
                                       const struct scrim_request_end *end,
                                       struct scrim_error *error);
bool request_store_has(const char *dir, uint64_t number, const char *file);

// Whether end.json says that the request never came to be: its number is used up.
bool request_store_failed(const char *dir, uint64_t number);

// Everything that is known of a request. SCRIM_ENOENT if it never was whole, or failed. Thresholds
// and names are looked up in `vaults`. End it with request_entry_free, on failure too.
SCRIM_MUST_CHECK int request_store_load(const char *dir, uint64_t number,
                                        struct scrim_vault_state *vaults,
                                        struct scrim_request_entry **ret,
                                        struct scrim_error *error);
void request_entry_free(struct scrim_request_entry *entry); // NULL is fine

// Fills in bytes and earliest_us.
void request_entry_measure(struct scrim_request_entry *entry,
                           const struct scrim_segment_list *segments);
// Fills ret->vaults from ret->request. Of what the site knows.
void request_entry_know_vaults(struct scrim_request_entry *entry, struct scrim_vault_state *vaults);
void request_entry_decided(struct scrim_request_entry *entry,
                           const struct scrim_request_decided *decided); // takes its reason over
struct scrim_request_decided *request_entry_decision(const struct scrim_request_entry *entry,
                                                     const uint8_t vault[SCRIM_VAULT_ID],
                                                     unsigned holder); // or NULL
