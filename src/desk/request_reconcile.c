// What a crash cut between the log of acts and the files of a request, put right at the start: an
// act without its file failed, unless it is one that ends a request, which counts from its act on.
#include "desk/request_book.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 20000 // that are looked at
#define LINES_AT_ONCE 500

static const char cut_short[] = "the desk ended before it was whole";

struct reconciling {
    struct scrim_requests *book;
    json_t *outcomes; // of acts by their id: true if it failed
    uint64_t *halves; // numbers of folders without a request
    size_t halves_count;
};

static bool is_half(const struct scrim_requests *book, uint64_t number)
{
    return !request_store_has(book->dir, number, "request.json") &&
           !request_store_failed(book->dir, number);
}

static void bury(struct scrim_requests *book, uint64_t number)
{
    struct scrim_error error;
    if (request_store_note(book->dir, number, "end.json",
                           json_pack("{s:s,s:s,s:I}", "state", "failed", "reason", cut_short,
                                     "at_us", (json_int_t)scrim_requests_now(book)),
                           &error) < 0)
        scrim_warn(&book->log, "%s", error.text);
}

static void failed_make(const struct reconciling *all, uint64_t number, uint64_t act)
{
    for (size_t i = 0; i < all->halves_count; i++)
        if (all->halves[i] == number)
            scrim_acts_failed(all->book->acts, act, cut_short);
}

static void failed_decision(struct scrim_requests *book, uint64_t number, const json_t *detail,
                            uint64_t act)
{
    const char *vault = json_string_value(json_object_get(detail, "vault"));
    char file[64];
    if (!vault || strlen(vault) != 2 * SCRIM_VAULT_ID)
        return;
    snprintf(file, sizeof file, "decision-%.8s-%u.json", vault,
             (unsigned)json_integer_value(json_object_get(detail, "holder")));
    if (!request_store_has(book->dir, number, file))
        scrim_acts_failed(book->acts, act, cut_short);
}

static void write_end(struct scrim_requests *book, uint64_t number, enum scrim_request_state state,
                      const json_t *line)
{
    struct scrim_request_entry *entry = book_find(book, number);
    const char *who = json_string_value(json_object_get(line, "who"));
    struct scrim_request_end end = {
        .state = state, .at_us = json_integer_value(json_object_get(line, "at")) * 1000};
    struct scrim_error error;
    if (!entry || entry->end.at_us > 0)
        return;
    end.reason = scrim_strdup(json_string_value(json_object_get(line, "reason")));
    snprintf(end.who, sizeof end.who, "%s", who ? who : "");
    if (request_store_end(book->dir, entry, &end, &error) < 0)
        scrim_warn(&book->log, "%s", error.text);
    entry->end = end;
}

static void look_at_intent(const struct reconciling *all, const json_t *line, const char *what,
                           const json_t *outcome)
{
    static const struct {
        const char *what;
        enum scrim_request_state state;
    } ends[] = {{"request.withdraw", SCRIM_REQUEST_WITHDRAWN},
                {"request.refuse", SCRIM_REQUEST_REFUSED},
                {"request.expire", SCRIM_REQUEST_EXPIRED},
                {"request.end", SCRIM_REQUEST_ENDED}};
    const json_t *detail = json_object_get(line, "detail");
    const uint64_t number = (uint64_t)json_integer_value(json_object_get(detail, "number"));
    const uint64_t act = (uint64_t)json_integer_value(json_object_get(line, "id"));
    if (strcmp(what, "request.make") == 0 && !outcome)
        failed_make(all, number, act);
    if (strcmp(what, "request.decide") == 0 && !outcome)
        failed_decision(all->book, number, detail, act);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (strcmp(what, ends[i].what) == 0 && !json_is_true(outcome))
            write_end(all->book, number, ends[i].state, line);
}

// Lines come newest first: what became of an act before the act itself.
static void look_at(const struct reconciling *all, const json_t *line)
{
    const char *what = json_string_value(json_object_get(line, "what"));
    const char *outcome = json_string_value(json_object_get(line, "outcome"));
    const json_t *of = json_object_get(line, outcome ? "of" : "id");
    char key[24];
    snprintf(key, sizeof key, "%" JSON_INTEGER_FORMAT, json_integer_value(of));
    if (outcome)
        json_object_set_new(all->outcomes, key, json_boolean(strcmp(outcome, "failed") == 0));
    else if (what && strncmp(what, "request.", 8) == 0)
        look_at_intent(all, line, what, json_object_get(all->outcomes, key));
}

// The number of the oldest line that matters: nothing before the first request that is not over.
static uint64_t oldest_line(const struct reconciling *all)
{
    uint64_t oldest = UINT64_MAX;
    for (size_t i = 0; i < all->book->count; i++) {
        const struct scrim_request_entry *entry = all->book->list[i];
        if (entry->end.at_us == 0 && entry->request.log_seq < oldest)
            oldest = entry->request.log_seq;
    }
    return all->halves_count > 0 ? 0 : oldest;
}

static void read_log(const struct reconciling *all)
{
    const uint64_t oldest = oldest_line(all);
    struct scrim_error error;
    uint64_t before = 0;
    bool more = oldest < UINT64_MAX;
    for (size_t read = 0; more && read < LINES_MAX; read += LINES_AT_ONCE) {
        json_t *lines = NULL;
        if (scrim_acts_list(all->book->acts, before, LINES_AT_ONCE, &lines, &error) < 0) {
            scrim_warn(&all->book->log, "%s", error.text);
            return;
        }
        const size_t count = json_array_size(lines);
        for (size_t i = 0; i < count; i++)
            look_at(all, json_array_get(lines, i));
        before = (uint64_t)json_integer_value(
            json_object_get(json_array_get(lines, count ? count - 1 : 0), "id"));
        more = count == LINES_AT_ONCE && before > oldest && before > 0;
        json_decref(lines);
    }
}

static void find_halves(struct reconciling *all)
{
    size_t count = 0;
    if (request_store_numbers(all->book->dir, &all->halves, &count, NULL) < 0)
        return;
    for (size_t i = 0; i < count; i++)
        if (is_half(all->book, all->halves[i]))
            all->halves[all->halves_count++] = all->halves[i];
}

void book_reconcile(struct scrim_requests *book)
{
    struct reconciling all = {.book = book, .outcomes = json_object()};
    find_halves(&all);
    read_log(&all);
    for (size_t i = 0; i < all.halves_count; i++)
        bury(book, all.halves[i]);
    free(all.halves);
    json_decref(all.outcomes);
}
