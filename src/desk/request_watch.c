// What becomes of a request by itself: it expires, its opening ends, it is escalated.
#include "desk/request_book.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>

#define ESCALATES_LEAST_US (15 * 60 * SCRIM_SECOND)
#define ESCALATES_MOST_US (4 * 3600 * SCRIM_SECOND)

int64_t book_escalates_after_us(const struct scrim_request *request)
{
    const int64_t quarter_us = (request->expires_us - request->created_us) / 4;
    if (quarter_us < ESCALATES_LEAST_US)
        return ESCALATES_LEAST_US;
    return quarter_us > ESCALATES_MOST_US ? ESCALATES_MOST_US : quarter_us;
}

// New shares were dealt: nobody can approve it any more, nor would scrim-opener open it.
static bool is_outdated(const struct scrim_requests *book, const struct scrim_request_entry *entry)
{
    struct scrim_vault vault;
    for (size_t i = 0; i < entry->request.vaults_count; i++)
        if (scrim_vault_state_find(book->vaults, entry->vaults[i].id, &vault) &&
            memcmp(vault.dealing_id, entry->vaults[i].dealing, sizeof vault.dealing_id) != 0)
            return true;
    return false;
}

static void escalate(struct scrim_requests *book, struct scrim_request_entry *entry, int64_t now_us)
{
    struct scrim_request_told told = {.number = entry->request.number};
    struct scrim_error error = {0};
    uint64_t act;
    if (book_log(book, "request.escalate", NULL, NULL,
                 json_pack("{s:I}", "number", (json_int_t)entry->request.number), &act,
                 &told) == 0 &&
        request_store_note(
            book->dir, entry->request.number, "escalated.json",
            json_pack("{s:I,s:I}", "act", (json_int_t)act, "at_us", (json_int_t)now_us),
            &error) < 0)
        scrim_warn(&book->log, "%s", error.text);
    book_complain(book, &told);
    if (told.status != 0)
        return;
    pthread_mutex_lock(&book->lock);
    entry->escalated_us = now_us;
    pthread_mutex_unlock(&book->lock);
}

static void watch(struct scrim_requests *book, struct scrim_request_entry *entry, int64_t now_us)
{
    const enum scrim_request_state state = scrim_request_state(entry, now_us);
    struct scrim_request_told told = {0};
    if (!book_is_live(state))
        book_end(book, entry->request.number, state, NULL, NULL, &told);
    else if (state != SCRIM_REQUEST_OPEN && is_outdated(book, entry))
        book_end(book, entry->request.number, SCRIM_REQUEST_ENDED, NULL,
                 "the vault's shares were refreshed", &told);
    else if (state == SCRIM_REQUEST_WAITING && entry->decisions_count == 0 &&
             entry->escalated_us == 0 &&
             now_us >= entry->request.created_us + book_escalates_after_us(&entry->request))
        escalate(book, entry, now_us);
    book_complain(book, &told);
}

void book_watch(struct scrim_requests *book)
{
    const int64_t now_us = scrim_requests_now(book);
    for (size_t i = 0; i < book->count; i++)
        if (book->list[i]->end.at_us == 0)
            watch(book, book->list[i], now_us);
}
