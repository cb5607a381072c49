// Exports of opened segments: a tar archive (tar.h) that is put together while it is sent, of the
// request's documents, a manifest, and for each segment a new age header with the sealed payload as
// it stands. `age -d` opens each. Nothing of it lies on the desk's disk, and nothing in the clear.
//
// Loop thread only.
#pragma once

#include "base/clock.h"
#include "base/fs.h"
#include "desk/opener_side.h"
#include "desk/request_plan.h"
#include "httpd/httpd.h"

#define REQUEST_DOCUMENTS_MAX (2 + SCRIM_REQUEST_VAULTS_MAX * SCRIM_VAULT_HOLDERS_MAX)

// A file of the request's folder that goes in front.
struct request_document {
    char name[REQUEST_PLAN_NAME]; // in the archive
    char path[SCRIM_PATH_MAX];
    int fd; // open for reading; -1: not yet
    uint64_t size;
};

// What was prepared for a request: taken over by _keep.
struct request_export {
    uint64_t number;
    int64_t made_s; // UTC seconds: the documents' time in the archive
    struct request_plan *plan;
    struct request_document *documents;
    size_t documents_count;
    struct scrim_buf manifest;
    char manifest_name[REQUEST_PLAN_NAME];
    unsigned users; // answers that are being sent, and the shelf
};
struct request_export *request_export_ref(struct request_export *export);
void request_export_unref(struct request_export *export);          // NULL is fine
uint64_t request_export_size(const struct request_export *export); // of the archive

// What is prepared, until it is replaced, its request is over, or the desk ends.
struct scrim_request_shelf;
struct scrim_request_shelf *scrim_request_shelf_create(void);
void scrim_request_shelf_destroy(struct scrim_request_shelf *shelf); // NULL is fine
// Takes it over. SCRIM_ENOSPACE if too much lies there already: it is freed then.
SCRIM_MUST_CHECK int request_shelf_keep(struct scrim_request_shelf *shelf,
                                        struct request_export *export);
struct request_export *request_shelf_find(const struct scrim_request_shelf *shelf,
                                          uint64_t number); // NULL: none
// Drops what `over` says is of no use any more.
void request_shelf_sweep(struct scrim_request_shelf *shelf,
                         bool (*over)(void *context, uint64_t number), void *context);

// Answers the request with the archive. Segments come from scrim-opener, one after the other, so
// that the time of the opening holds to the end.
void request_export_send(struct request_export *export, struct scrim_opener_side *opener,
                         struct scrim_http_request *request);
