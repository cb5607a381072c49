// request.json: who asks for which originals, and why. Immutable; its SHA-256, over the exact
// bytes, is the request id that every decision is signed over and every partial is made for
// (docs/ref/formats/request.md). It names the list of segments by hash and its own line in the log
// of acts, so what holders agreed to can neither be widened nor kept out of the log.
#pragma once

#include "vault/segment_list.h"

#define SCRIM_REQUEST_CAMERAS_MAX 16
#define SCRIM_REQUEST_VAULTS_MAX 16
#define SCRIM_REQUEST_JSON_MAX (64U << 10)
#define SCRIM_REQUEST_SPAN_MAX_US (INT64_C(31) * 86400 * 1000000)
#define SCRIM_REQUEST_EXPIRY_MAX_US (INT64_C(30) * 86400 * 1000000)
// What a seal proves is where a segment begins, not where it ends. So that nobody who writes the
// list can stretch one of long ago into the time that was asked for, it begins at most this much
// earlier.
#define SCRIM_REQUEST_LEAD_MAX_US (INT64_C(10) * 60 * 1000000)
#define SCRIM_REQUEST_VIEW_MIN_S 60
#define SCRIM_REQUEST_VIEW_MAX_S 86400
#define SCRIM_REQUEST_REASON_MAX 2000 // bytes of UTF-8, as the next two
#define SCRIM_REQUEST_BASIS_MAX 500
#define SCRIM_REQUEST_INCIDENT_MAX 100
#define SCRIM_REQUEST_KEY_MAX 100 // characters of "age1…"

struct scrim_request {
    char site[32];
    uint64_t number; // of the request at this site, from 1
    char who[128];
    char cameras[SCRIM_REQUEST_CAMERAS_MAX][32]; // ascending
    size_t cameras_count;
    int64_t from_us, to_us; // UTC; segments that overlap [from, to)
    char purpose[16];       // one of scrim_request_purposes
    char reason[SCRIM_REQUEST_REASON_MAX + 1], legal_basis[SCRIM_REQUEST_BASIS_MAX + 1],
        incident[SCRIM_REQUEST_INCIDENT_MAX + 1];
    char recipient[SCRIM_REQUEST_KEY_MAX + 1]; // one-time, of who asks
    char export_to[SCRIM_REQUEST_KEY_MAX + 1]; // who may open the export; "": the same
    int64_t created_us, expires_us;
    uint32_t view_s; // an opening lasts so long
    struct {
        uint8_t id[SCRIM_VAULT_ID], dealing[SCRIM_DEALING_ID];
    } vaults[SCRIM_REQUEST_VAULTS_MAX];
    size_t vaults_count;
    uint32_t segments; // in the list
    uint8_t segments_sha256[32];
    uint64_t log_seq; // of its line in the log of acts
    uint8_t log_line[32];
};

extern const char *const scrim_request_purposes[]; // NULL at the end
SCRIM_MUST_CHECK bool scrim_request_purpose_valid(const char *purpose);

SCRIM_MUST_CHECK int scrim_request_parse(const void *bytes, size_t count, struct scrim_request *ret,
                                         struct scrim_error *error);
// Appends to `ret`. SCRIM_EINVAL, naming what is wrong, for a request that could not be read back.
SCRIM_MUST_CHECK int scrim_request_write(const struct scrim_request *request, struct scrim_buf *ret,
                                         struct scrim_error *error);
// SHA-256 of a document's exact bytes: the request id; also what names the list.
void scrim_request_digest(const void *bytes, size_t count, uint8_t ret[SCRIM_REQUEST_ID]);

// Does this segment lie inside what was asked for? What its seal says, which cannot be changed,
// must be what the entry says, of the request's site and cameras, and overlap its time, from a
// beginning at most SCRIM_REQUEST_LEAD_MAX_US before it. SCRIM_EAUTH with a sentence if not. The
// seal's proof is checked elsewhere (scrim_tdh2_check).
SCRIM_MUST_CHECK int scrim_request_covers(const struct scrim_request *request,
                                          const struct scrim_segment_entry *entry,
                                          const struct scrim_tdh2 *sealed,
                                          struct scrim_error *error);
