// What an export of opened segments is made of: the new age headers that the requester's browser
// made, the sealed payloads as they stand, and for a torn segment its last chunk. From bytes that
// come over the network.
#pragma once

#include "base/buf.h"
#include "vault/request.h"

#define REQUEST_PLAN_BODY_MAX (24U << 20) // of 20,000 segments
#define REQUEST_PLAN_HEADER_MAX 4096
#define REQUEST_PLAN_SUFFIX_MAX ((64U << 10) + 16) // a sealed chunk
#define REQUEST_PLAN_NAME 101

struct request_plan_file {
    char name[REQUEST_PLAN_NAME]; // in the archive
    uint32_t segment;             // place in segments.json
    int64_t start_us;
    uint8_t *header; // owned; what goes before the payload
    size_t header_len;
    uint64_t offset, payload; // of the sealed file, as it stands
    uint8_t *suffix;          // owned; NULL: none
    size_t suffix_len;
};

struct request_plan {
    struct request_plan_file *files;
    size_t count;
    size_t memory; // bytes that headers and suffixes take
};

// Reads the body of PUT …/headers: [{"segment":0,"header":BASE64,"payload_bytes":N,"suffix":BASE64
// or null}], ascending segments, each once. Each header must be a whole age header, and the payload
// within the sealed file. SCRIM_EINVAL with a sentence. End it with _free.
SCRIM_MUST_CHECK int request_plan_parse(const void *body, size_t count,
                                        const struct scrim_segment_list *segments,
                                        const char *folder, struct request_plan **ret,
                                        struct scrim_error *error);
void request_plan_free(struct request_plan *plan); // NULL is fine
uint64_t request_plan_size(const struct request_plan_file *file);
// manifest.json: what is in the archive.
SCRIM_MUST_CHECK int request_plan_manifest(const struct request_plan *plan,
                                           const struct scrim_segment_list *segments,
                                           const char *id, struct scrim_buf *ret);
