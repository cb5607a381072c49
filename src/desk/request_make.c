// A request is made: the act first, then the document that names its place in the log.
#include "desk/request_book.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

// --- limits ---

static int check_limits(const struct scrim_requests *book, const struct scrim_request *request,
                        int64_t now_us, struct scrim_request_told *told)
{
    unsigned all = 0, own = 0;
    for (size_t i = 0; i < book->count; i++) {
        if (!book_is_live(scrim_request_state(book->list[i], now_us)))
            continue;
        all++;
        own += strcmp(book->list[i]->request.who, request->who) == 0;
    }
    if (own >= SCRIM_REQUESTS_PERSON_MAX)
        return book_refuse(told, 409, "too_many",
                           "You have %u requests that are not over. Withdraw or end one first.",
                           own);
    if (all >= SCRIM_REQUESTS_SITE_MAX)
        return book_refuse(told, 409, "too_many",
                           "The site has %u requests that are not over, which is the most there "
                           "may be.",
                           all);
    return 0;
}

// --- which vaults it is about ---

static bool is_named(const struct scrim_request *request, const uint8_t id[SCRIM_VAULT_ID])
{
    for (size_t i = 0; i < request->vaults_count; i++)
        if (memcmp(request->vaults[i].id, id, SCRIM_VAULT_ID) == 0)
            return true;
    return false;
}

static int name_vault(struct scrim_requests *book, const uint8_t id[SCRIM_VAULT_ID],
                      struct scrim_request *request, struct scrim_request_told *told)
{
    struct scrim_vault *vault = scrim_new(struct scrim_vault);
    const size_t at = request->vaults_count;
    if (!scrim_vault_state_find(book->vaults, id, vault)) {
        book_refuse(told, 409, "vault",
                    "Some of it is sealed to a vault that this site does not know.");
    } else if (at == SCRIM_REQUEST_VAULTS_MAX) {
        book_refuse(told, 409, "vault",
                    "It is sealed to more vaults than a request may name. Ask for a shorter time.");
    } else {
        memcpy(request->vaults[at].id, vault->id, sizeof vault->id);
        memcpy(request->vaults[at].dealing, vault->dealing_id, sizeof vault->dealing_id);
        request->vaults_count++;
    }
    free(vault);
    return told->status;
}

// Every holder checks the list again, and scrim-opener did before: one that does not fit would be a
// request that nobody can agree to.
static int name_vaults(struct scrim_requests *book, const struct scrim_segment_list *segments,
                       struct scrim_request *request, struct scrim_request_told *told)
{
    for (size_t i = 0; i < segments->count && told->status == 0; i++) {
        const struct scrim_segment_entry *segment = &segments->entries[i];
        struct scrim_error error = {0};
        struct scrim_tdh2 sealed;
        if (scrim_segment_entry_seal(segment, &sealed, &error) < 0 ||
            scrim_request_covers(request, segment, &sealed, &error) < 0)
            book_refuse(told, 409, "damaged", "%s of %s cannot be asked for: %s.", segment->file,
                        segment->camera, error.text);
        else if (!is_named(request, sealed.vault_id))
            name_vault(book, sealed.vault_id, request, told);
    }
    return told->status;
}

// --- the act ---

static json_t *names_json(const struct scrim_request *request)
{
    json_t *names = json_array();
    for (size_t i = 0; i < request->cameras_count; i++)
        json_array_append_new(names, json_string(request->cameras[i]));
    return names;
}

static char *detail_of(const struct scrim_request *request)
{
    char hex[65];
    sodium_bin2hex(hex, sizeof hex, request->segments_sha256, 32);
    json_t *detail = json_pack(
        "{s:I,s:o,s:I,s:I,s:s,s:s,s:s,s:I,s:s,s:s,s:s?}", "number", (json_int_t)request->number,
        "cameras", names_json(request), "from", (json_int_t)(request->from_us / 1000), "to",
        (json_int_t)(request->to_us / 1000), "purpose", request->purpose, "legal_basis",
        request->legal_basis, "incident", request->incident, "segments",
        (json_int_t)request->segments, "segments_sha256", hex, "recipient", request->recipient,
        "export_to", request->export_to[0] ? request->export_to : NULL);
    char *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    json_decref(detail);
    return text;
}

static int log_act(struct scrim_requests *book, struct scrim_request *request,
                   struct scrim_error *error)
{
    char *detail = detail_of(request);
    const struct scrim_act act = {
        .who = request->who, .what = "request.make", .reason = request->reason, .detail = detail};
    int result = detail ? scrim_acts_begin(book->acts, &act, &request->log_seq, error)
                        : scrim_fail(error, SCRIM_ENOMEM, "there is no memory for the act");
    free(detail);
    if (result < 0)
        return result;
    book->next = request->number + 1; // whatever follows: it stands in the log
    result = scrim_acts_hash(book->acts, request->log_seq, request->log_line, error);
    if (result < 0)
        scrim_acts_failed(book->acts, request->log_seq, error->text);
    return result;
}

// --- the files ---

static int write_request(struct scrim_requests *book, struct scrim_request_entry *entry,
                         struct scrim_error *error)
{
    struct scrim_buf bytes;
    scrim_buf_init(&bytes, SCRIM_REQUEST_JSON_MAX);
    int result = scrim_request_write(&entry->request, &bytes, error);
    if (result >= 0)
        result =
            request_store_write(book->dir, entry->request.number, "request.json", &bytes, error);
    if (result >= 0)
        scrim_request_digest(bytes.data, bytes.len, entry->id);
    scrim_buf_finish(&bytes);
    return result;
}

// What is left of one that failed after its act: its number is used, and the folder says so.
static void bury(struct scrim_requests *book, const struct scrim_request *request,
                 const char *words)
{
    struct scrim_error error;
    scrim_acts_failed(book->acts, request->log_seq, words);
    if (request_store_note(book->dir, request->number, "end.json",
                           json_pack("{s:s,s:s,s:I}", "state", "failed", "reason", words, "at_us",
                                     (json_int_t)scrim_requests_now(book)),
                           &error) < 0)
        scrim_warn(&book->log, "%s", error.text);
}

static int keep(struct scrim_requests *book, struct scrim_request_entry *entry,
                const struct scrim_buf *segments, struct scrim_request_told *told)
{
    struct scrim_error error = {0};
    struct scrim_request *request = &entry->request;
    int result = request_store_make(book->dir, request->number, &error);
    if (result >= 0)
        result = request_store_write(book->dir, request->number, "segments.json", segments, &error);
    if (result >= 0)
        result = log_act(book, request, &error);
    const bool is_logged = book->next > request->number;
    if (result >= 0)
        result = write_request(book, entry, &error);
    if (result >= 0)
        return 0;
    if (is_logged)
        bury(book, request, error.text);
    else
        request_store_remove(book->dir, request->number);
    return result == SCRIM_EINVAL
               ? book_refuse(told, 400, "malformed", "The texts are too long for the log.")
               : book_refuse_error(told, result, &error);
}

static void fill_in(struct scrim_requests *book, struct scrim_request_wish *wish,
                    const struct scrim_segment_list *segments, int64_t now_us)
{
    struct scrim_request *request = &wish->request;
    request->number = book->next;
    request->created_us = now_us;
    request->expires_us = now_us + wish->expires_s * SCRIM_SECOND;
    request->segments = (uint32_t)segments->count;
    scrim_request_digest(wish->segments.data, wish->segments.len, request->segments_sha256);
}

static int make(struct scrim_requests *book, struct scrim_request_wish *wish,
                const struct scrim_segment_list *segments, struct scrim_request_told *told)
{
    const int64_t now_us = scrim_requests_now(book);
    if (check_limits(book, &wish->request, now_us, told) != 0 ||
        name_vaults(book, segments, &wish->request, told) != 0)
        return told->status;
    fill_in(book, wish, segments, now_us);
    struct scrim_request_entry *entry = scrim_new(struct scrim_request_entry);
    entry->request = wish->request;
    wish->request = (struct scrim_request){0};
    if (keep(book, entry, &wish->segments, told) != 0) {
        request_entry_free(entry);
        return told->status;
    }
    told->number = entry->request.number;
    request_entry_measure(entry, segments);
    request_entry_know_vaults(entry, book->vaults);
    book_add(book, entry);
    return 0;
}

void book_make(struct scrim_requests *book, struct scrim_request_wish *wish,
               struct scrim_request_told *told)
{
    struct scrim_segment_list segments = {0};
    struct scrim_error error = {0};
    if (scrim_segment_list_parse(wish->segments.data, wish->segments.len, &segments, &error) < 0)
        book_refuse(told, 500, "internal", "scrim-opener's list cannot be read: %s.", error.text);
    else if (segments.count == 0)
        book_refuse(told, 409, "empty", "Nothing was recorded there.");
    else
        make(book, wish, &segments, told);
    scrim_segment_list_finish(&segments);
}
