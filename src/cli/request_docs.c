#include "cli/request_docs.h"
#include "base/clock.h"
#include "cli/terminal_text.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_document(const char *path, size_t max, struct scrim_buf *ret,
                         struct scrim_error *error)
{
    scrim_buf_init(ret, max);
    return scrim_fs_read(path, ret, error);
}

static int parse(struct scrim_request_docs *docs, const char *request_path,
                 const char *segments_path, struct scrim_error *error)
{
    uint8_t digest[32];
    int result =
        scrim_request_parse(docs->request_json.data, docs->request_json.len, &docs->request, error);
    if (result < 0) {
        scrim_fail_prefix(error, "%s", request_path);
        return result;
    }
    scrim_request_digest(docs->request_json.data, docs->request_json.len, docs->id);
    scrim_request_digest(docs->segments_json.data, docs->segments_json.len, digest);
    if (memcmp(digest, docs->request.segments_sha256, sizeof digest) != 0)
        return scrim_fail(error, SCRIM_EAUTH, "%s does not belong to %s: one of them was changed",
                          segments_path, request_path);
    result = scrim_segment_list_parse(docs->segments_json.data, docs->segments_json.len,
                                      &docs->list, error);
    if (result < 0)
        scrim_fail_prefix(error, "%s", segments_path);
    return result;
}

int scrim_request_docs_load(const char *request_path, const char *segments_path,
                            struct scrim_request_docs *ret, struct scrim_error *error)
{
    int result = read_document(request_path, SCRIM_REQUEST_JSON_MAX, &ret->request_json, error);
    if (result >= 0)
        result = read_document(segments_path, SCRIM_SEGMENTS_JSON_MAX, &ret->segments_json, error);
    return result < 0 ? result : parse(ret, request_path, segments_path, error);
}

int scrim_request_path(const char *dir, uint64_t number, const char *below,
                       char ret[SCRIM_PATH_MAX], struct scrim_error *error)
{
    return snprintf(ret, SCRIM_PATH_MAX, "%s/" SCRIM_REQUESTS_DIR "/%llu%s%s", dir,
                    (unsigned long long)number, below ? "/" : "",
                    below ? below : "") >= SCRIM_PATH_MAX
               ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir)
               : SCRIM_OK;
}

int scrim_request_docs_of_site(const char *dir, uint64_t number, struct scrim_request_docs *ret,
                               struct scrim_error *error)
{
    char request[SCRIM_PATH_MAX], segments[SCRIM_PATH_MAX];
    int result = scrim_request_path(dir, number, "request.json", request, error);
    if (result >= 0)
        result = scrim_request_path(dir, number, "segments.json", segments, error);
    if (result >= 0)
        result = scrim_request_docs_load(request, segments, ret, error);
    return result == SCRIM_ENOENT
               ? scrim_fail(error, result, "%s has no request %llu (scrim vault requests %s)", dir,
                            (unsigned long long)number, dir)
               : result;
}

void scrim_request_docs_finish(struct scrim_request_docs *docs)
{
    scrim_buf_finish(&docs->request_json);
    scrim_buf_finish(&docs->segments_json);
    scrim_segment_list_finish(&docs->list);
}

int scrim_request_number(const char *text, uint64_t *ret, struct scrim_error *error)
{
    char *end;
    errno = 0;
    *ret = strtoull(text, &end, 10);
    return errno || *end || text[0] < '1' || text[0] > '9'
               ? scrim_fail(error, SCRIM_EINVAL, "'%s' is no number of a request", text)
               : SCRIM_OK;
}

// --- for people ---

// SHA-256 of the key's text, its first 16 bytes in groups of four digits.
static void print_fingerprint(const char *key)
{
    uint8_t digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const uint8_t *)key, strlen(key));
    for (size_t i = 0; i < 16; i += 2)
        printf("%s%02x%02x", i > 0 ? " " : "", digest[i], digest[i + 1]);
    printf("\n");
}

static void print_words(const char *name, const char *words)
{
    printf("%s", name);
    scrim_terminal_print(words);
    printf("\n");
}

static void print_times(const struct scrim_request *r)
{
    char from[SCRIM_TIME_TEXT], to[SCRIM_TIME_TEXT], until[SCRIM_TIME_TEXT];
    scrim_time_format(r->from_us, from);
    scrim_time_format(r->to_us, to);
    scrim_time_format(r->expires_us, until);
    printf("  time      %s to %s\n", from, to);
    printf("  expires   %s; once open, for %u s\n", until, r->view_s);
}

void scrim_request_docs_print(const struct scrim_request_docs *docs)
{
    const struct scrim_request *r = &docs->request;
    char id[2 * SCRIM_REQUEST_ID + 1];
    printf("request %llu of site %s, by ", (unsigned long long)r->number, r->site);
    print_words("", r->who);
    printf("  cameras  ");
    for (size_t i = 0; i < r->cameras_count; i++)
        printf(" %s", r->cameras[i]);
    printf("\n");
    print_times(r);
    printf("  purpose   %s\n", r->purpose);
    print_words("  reason    ", r->reason);
    print_words("  basis     ", r->legal_basis);
    print_words("  incident  ", r->incident);
    printf("  segments  %zu\n  key       ", docs->list.count);
    print_fingerprint(r->recipient);
    printf("  export    ");
    if (r->export_to[0])
        print_fingerprint(r->export_to);
    else
        printf("for the same key\n");
    printf("  log       line %llu\n  id        %s\n", (unsigned long long)r->log_seq,
           sodium_bin2hex(id, sizeof id, docs->id, sizeof docs->id));
}
