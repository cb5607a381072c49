// The two documents of a request, from the site's book (DIR/state/requests/N) or from files that
// somebody brought, and what they say, for people.
#pragma once

#include "base/fs.h"
#include "vault/decision.h"
#include "vault/vault_set.h"

#define SCRIM_REQUESTS_DIR "state/requests"

struct scrim_request_docs {
    struct scrim_buf request_json, segments_json;
    struct scrim_request request;
    struct scrim_segment_list list;
    uint8_t id[SCRIM_REQUEST_ID];
};

// Zeroed is fine for _finish.
SCRIM_MUST_CHECK int scrim_request_docs_load(const char *request_path, const char *segments_path,
                                             struct scrim_request_docs *ret,
                                             struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_request_docs_of_site(const char *dir, uint64_t number,
                                                struct scrim_request_docs *ret,
                                                struct scrim_error *error);
void scrim_request_docs_finish(struct scrim_request_docs *docs);

// DIR/state/requests/N, or what is below it.
SCRIM_MUST_CHECK int scrim_request_path(const char *dir, uint64_t number, const char *below,
                                        char ret[SCRIM_PATH_MAX], struct scrim_error *error);
// A number of a request, as typed.
SCRIM_MUST_CHECK int scrim_request_number(const char *text, uint64_t *ret,
                                          struct scrim_error *error);

// Who asks, for what, why, until when, for whose key: what a holder signs. The fingerprint of the
// key is in groups, to compare by voice.
void scrim_request_docs_print(const struct scrim_request_docs *docs);
