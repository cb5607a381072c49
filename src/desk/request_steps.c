// What is done with a request after it was made: decided, reported, opened, ended.
#include "desk/request_book.h"

#include "base/alloc.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct scrim_request_entry *find(const struct scrim_requests *book, uint64_t number,
                                        struct scrim_request_told *told)
{
    struct scrim_request_entry *entry = book_find(book, number);
    told->number = number;
    if (!entry)
        book_refuse(told, 404, "not_found", "There is no such request.");
    return entry;
}

static int refuse_over(struct scrim_request_told *told, enum scrim_request_state state)
{
    return book_refuse(told, 409, scrim_request_state_text(state), "The request is over: it %s.",
                       state == SCRIM_REQUEST_WITHDRAWN ? "was withdrawn"
                       : state == SCRIM_REQUEST_REFUSED ? "was refused"
                       : state == SCRIM_REQUEST_EXPIRED ? "has expired"
                                                        : "has ended");
}

// --- a holder's decision ---

static int check_state(const struct scrim_request_entry *entry, int64_t now_us,
                       struct scrim_request_told *told)
{
    const enum scrim_request_state state = scrim_request_state(entry, now_us);
    if (!book_is_live(state))
        return refuse_over(told, state);
    // While it is open, another holder can still make up for one whose parts were false.
    return now_us >= entry->request.expires_us ? refuse_over(told, SCRIM_REQUEST_EXPIRED) : 0;
}

static const struct scrim_request_vault *vault_of(const struct scrim_request_entry *entry,
                                                  const struct scrim_decision *decision)
{
    for (size_t i = 0; i < entry->request.vaults_count; i++)
        if (memcmp(entry->vaults[i].id, decision->vault, SCRIM_VAULT_ID) == 0)
            return &entry->vaults[i];
    return NULL;
}

static int check_decision(struct scrim_requests *book, const struct scrim_request_entry *entry,
                          const struct scrim_decision *decision, struct scrim_vault *vault,
                          struct scrim_request_told *told)
{
    struct scrim_error error = {0};
    const struct scrim_request_vault *named = vault_of(entry, decision);
    if (memcmp(decision->request, entry->id, sizeof entry->id) != 0)
        return book_refuse(told, 409, "foreign", "The decision is about another request.");
    if (!named || !scrim_vault_state_find(book->vaults, decision->vault, vault))
        return book_refuse(told, 409, "foreign",
                           "The decision is a holder's of a vault that this request is not about.");
    if (memcmp(named->dealing, vault->dealing_id, sizeof named->dealing) != 0 ||
        memcmp(decision->dealing, vault->dealing_id, sizeof decision->dealing) != 0)
        return book_refuse(told, 409, "refreshed",
                           "The vault's shares were refreshed: this share, or the request, is of "
                           "the time before.");
    if (scrim_decision_verify(vault, entry->id, decision, &error) < 0)
        return book_refuse(told, 409, "altered", "The decision is not what its holder signed: %s.",
                           error.text);
    if (request_entry_decision(entry, decision->vault, decision->holder))
        return book_refuse(told, 409, "decided", "%s has decided already.",
                           vault->names[decision->holder - 1]);
    return 0;
}

// Its time says when it was taken: that is not in the document, which is the holder's.
static void stamp(struct scrim_requests *book, uint64_t number, const char *file, int64_t at_us)
{
    char path[SCRIM_PATH_MAX];
    const struct timespec at = {.tv_sec = at_us / SCRIM_SECOND,
                                .tv_nsec = at_us % SCRIM_SECOND * 1000};
    const struct timespec times[2] = {at, at};
    if (request_store_path(book->dir, number, file, path, NULL) < 0 ||
        utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) < 0)
        scrim_warn(&book->log, "request %" PRIu64 ": the time of %s is the clock's", number, file);
}

static int keep_decision(struct scrim_requests *book, struct scrim_request_entry *entry,
                         const struct scrim_decision *decision, const struct scrim_buf *bytes,
                         const struct scrim_vault *vault, const char *who,
                         struct scrim_request_told *told)
{
    struct scrim_error error = {0};
    char file[64], id[SCRIM_VAULT_ID_TEXT], digest_text[65];
    uint8_t digest[32];
    uint64_t act;
    const uint64_t number = entry->request.number;
    const int64_t now_us = scrim_requests_now(book);
    scrim_request_file_of("decision", decision->vault, decision->holder, file);
    crypto_hash_sha256(digest, bytes->data, bytes->len);
    sodium_bin2hex(digest_text, sizeof digest_text, digest, sizeof digest);
    json_t *detail = json_pack("{s:I,s:s,s:i,s:s,s:b,s:s}", "number", (json_int_t)number, "vault",
                               scrim_vault_id_text(decision->vault, id), "holder",
                               (int)decision->holder, "name", vault->names[decision->holder - 1],
                               "approve", (int)decision->approve, "sha256", digest_text);
    if (book_log(book, "request.decide", who, decision->reason, detail, &act, told) != 0)
        return told->status;
    const int result = request_store_write(book->dir, number, file, bytes, &error);
    if (result < 0) {
        request_store_take_back(book->dir, number, file);
        scrim_acts_failed(book->acts, act, error.text);
        return book_refuse_error(told, result, &error);
    }
    stamp(book, number, file, now_us);
    struct scrim_request_decided decided = {.holder = decision->holder,
                                            .approve = decision->approve,
                                            .reason = scrim_strdup(decision->reason),
                                            .at_us = decision->at_us,
                                            .taken_us = now_us,
                                            .act = (int64_t)act};
    memcpy(decided.vault, decision->vault, sizeof decided.vault);
    snprintf(decided.name, sizeof decided.name, "%s", vault->names[decision->holder - 1]);
    pthread_mutex_lock(&book->lock);
    request_entry_decided(entry, &decided);
    pthread_mutex_unlock(&book->lock);
    return 0;
}

void book_decide(struct scrim_requests *book, uint64_t number, const struct scrim_buf *bytes,
                 const char *who, struct scrim_request_told *told)
{
    struct scrim_request_entry *entry = find(book, number, told);
    struct scrim_decision decision = {0};
    struct scrim_vault *vault = scrim_new(struct scrim_vault);
    struct scrim_error error = {0};
    if (!entry || check_state(entry, scrim_requests_now(book), told) != 0)
        ; // it was said
    else if (scrim_decision_parse(bytes->data, bytes->len, &decision, &error) < 0)
        book_refuse(told, 400, "malformed", "This is no decision: %s.", error.text);
    else if (check_decision(book, entry, &decision, vault, told) == 0)
        keep_decision(book, entry, &decision, bytes, vault, who, told);
    scrim_decision_finish(&decision);
    free(vault);
    // A refusal that leaves too few ends it for good.
    if (entry && told->status == 0 &&
        scrim_request_state(entry, scrim_requests_now(book)) == SCRIM_REQUEST_REFUSED) {
        struct scrim_request_told ended = {0};
        book_end(book, number, SCRIM_REQUEST_REFUSED, NULL, NULL, &ended);
    }
}

void book_bad(struct scrim_requests *book, uint64_t number, const uint8_t vault[SCRIM_VAULT_ID],
              unsigned holder, const char *who, struct scrim_request_told *told)
{
    struct scrim_request_entry *entry = find(book, number, told);
    struct scrim_request_decided *decided =
        entry ? request_entry_decision(entry, vault, holder) : NULL;
    struct scrim_error error = {0};
    char file[64], id[SCRIM_VAULT_ID_TEXT];
    uint64_t act;
    if (!entry)
        return;
    if (!decided || !decided->approve) {
        book_refuse(told, 404, "not_found", "This holder has not approved.");
        return;
    }
    if (decided->bad)
        return; // it is known
    json_t *detail =
        json_pack("{s:I,s:s,s:i,s:s}", "number", (json_int_t)number, "vault",
                  scrim_vault_id_text(vault, id), "holder", (int)holder, "name", decided->name);
    if (book_log(book, "request.bad-partial", who, NULL, detail, &act, told) != 0)
        return;
    scrim_request_file_of("bad", vault, holder, file);
    const int result = request_store_note(book->dir, number, file,
                                          json_pack("{s:I,s:I}", "act", (json_int_t)act, "at_us",
                                                    (json_int_t)scrim_requests_now(book)),
                                          &error);
    if (result < 0) {
        scrim_acts_failed(book->acts, act, error.text);
        book_refuse_error(told, result, &error);
        return;
    }
    pthread_mutex_lock(&book->lock);
    decided->bad = true;
    pthread_mutex_unlock(&book->lock);
}

// --- opening and ending ---

void book_opened(struct scrim_requests *book, uint64_t number, uint64_t act, int64_t until_us,
                 struct scrim_request_told *told)
{
    struct scrim_request_entry *entry = find(book, number, told);
    struct scrim_error error = {0};
    char detail[96];
    if (!entry)
        return;
    const int64_t opened_us =
        until_us - (int64_t)entry->request.view_s * SCRIM_SECOND; // of the first time
    snprintf(detail, sizeof detail, "{\"number\":%" PRIu64 ",\"until\":%" PRId64 "}", number,
             until_us / 1000);
    int result = scrim_acts_done(book->acts, act, detail, &error);
    if (result >= 0 && entry->opened_us == 0)
        result =
            request_store_note(book->dir, number, "opened.json",
                               json_pack("{s:I,s:I,s:I}", "act", (json_int_t)act, "at_us",
                                         (json_int_t)opened_us, "until_us", (json_int_t)until_us),
                               &error);
    if (result < 0) {
        book_refuse_error(told, result, &error);
        return;
    }
    pthread_mutex_lock(&book->lock);
    entry->opened_us = opened_us;
    entry->until_us = until_us;
    pthread_mutex_unlock(&book->lock);
}

static const char *act_of(enum scrim_request_state state)
{
    return state == SCRIM_REQUEST_WITHDRAWN ? "request.withdraw"
           : state == SCRIM_REQUEST_REFUSED ? "request.refuse"
           : state == SCRIM_REQUEST_EXPIRED ? "request.expire"
                                            : "request.end";
}

static int check_end(const struct scrim_request_entry *entry, enum scrim_request_state wanted,
                     bool by_hand, int64_t now_us, struct scrim_request_told *told)
{
    const enum scrim_request_state state = scrim_request_state(entry, now_us);
    if (entry->end.at_us > 0)
        return refuse_over(told, entry->end.state);
    if (wanted == SCRIM_REQUEST_WITHDRAWN && state == SCRIM_REQUEST_OPEN)
        return book_refuse(told, 409, "open", "It was opened already. End it instead.");
    if (wanted == SCRIM_REQUEST_WITHDRAWN && !book_is_live(state))
        return refuse_over(told, state);
    if (by_hand && wanted == SCRIM_REQUEST_ENDED && state != SCRIM_REQUEST_OPEN)
        return book_refuse(told, 409, "not_open", "It is not open.");
    return 0;
}

void book_end(struct scrim_requests *book, uint64_t number, enum scrim_request_state state,
              const char *who, const char *reason, struct scrim_request_told *told)
{
    struct scrim_request_entry *entry = find(book, number, told);
    struct scrim_error error = {0};
    const int64_t now_us = scrim_requests_now(book);
    uint64_t act;
    if (!entry || check_end(entry, state, who != NULL, now_us, told) != 0 ||
        book_log(book, act_of(state), who, reason, json_pack("{s:I}", "number", (json_int_t)number),
                 &act, told) != 0)
        return;
    struct scrim_request_end end = {
        .state = state, .reason = scrim_strdup(reason), .at_us = now_us};
    snprintf(end.who, sizeof end.who, "%s", who ? who : "");
    // From here on it is over for scrim-opener, which reads the log: the file may fail.
    if (request_store_end(book->dir, entry, &end, &error) < 0)
        scrim_warn(&book->log, "%s; the next start writes it", error.text);
    pthread_mutex_lock(&book->lock);
    entry->end = end;
    pthread_mutex_unlock(&book->lock);
}
