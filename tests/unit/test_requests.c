// The book of requests by itself: what time makes of a request, and what a write that fails or a
// crash leaves.
#include "base/base64.h"
#include "base/clock.h"
#include "base/fault.h"
#include "desk/request_book.h"
#include "desk/request_plan.h"
#include "desk/tar.h"
#include "vault/dealing.h"
#include "vault/decision.h"

#include "test.h"

#include <errno.h>
#include <sodium.h>
#include <sys/stat.h>

#define START_US INT64_C(1795428000000000) // 2026-11-23T10:00:00Z
#define MINUTE_US (60 * SCRIM_SECOND)
#define SEGMENT_US (START_US - 3600 * SCRIM_SECOND)

static int64_t now_us;

static int64_t tell_utc(void *context)
{
    (void)context;
    return now_us;
}

struct desk {
    char dir[256];
    struct scrim_vault vault;
    struct scrim_share shares[3];
    struct scrim_acts *acts;
    struct scrim_vault_state *state;
    struct scrim_requests *book;
};

static bool open_book(struct desk *d)
{
    const struct scrim_log log = scrim_log_named("test");
    struct scrim_error error = {0};
    if (scrim_acts_open(d->dir, "port", &d->acts, &error) < 0)
        return false;
    d->state = scrim_vault_state_open(d->dir, &log);
    return scrim_requests_open(d->dir, "port", d->acts, d->state, &d->book, &error) >= 0;
}

static void close_book(struct desk *d)
{
    scrim_requests_free(d->book);
    scrim_vault_state_close(d->state);
    scrim_acts_free(d->acts);
    d->book = NULL;
}

static bool reopen(struct desk *d)
{
    close_book(d);
    return open_book(d) && d->book != NULL;
}

static bool arrive(struct desk *d)
{
    static const struct scrim_clock clock = {.utc_us = tell_utc, .mono_us = tell_utc};
    static const char *const names[] = {"Ada", "Ben", "Cem"};
    char path[SCRIM_PATH_MAX];
    now_us = START_US;
    scrim_clock_replace(&clock);
    *d = (struct desk){0};
    test_make_dir(d->dir);
    return scrim_path_join(path, d->dir, "state/keys") >= 0 &&
           scrim_fs_make_dirs(path, 0700, NULL) >= 0 &&
           scrim_vault_generate(2, 3, names, NULL, &d->vault, d->shares, NULL) >= 0 &&
           scrim_path_join(path, d->dir, "state/vault.json") >= 0 &&
           scrim_vault_save(path, &d->vault, NULL) >= 0 && open_book(d);
}

static void leave(struct desk *d)
{
    close_book(d);
    scrim_fault_set(NULL, NULL);
    scrim_clock_replace(NULL);
    test_remove_dir(d->dir);
}

// --- making one ---

static void add_segment(const struct desk *d, struct scrim_segment_list *list)
{
    const uint8_t key[SCRIM_HOUR_KEY] = {1}, file_key[SCRIM_AGE_FILE_KEY] = {2};
    struct scrim_vault_label label = {.start_utc_us = SEGMENT_US,
                                      .hour = (uint64_t)SEGMENT_US / 3600000000};
    struct scrim_segment_entry entry = {
        .start_us = SEGMENT_US, .end_us = SEGMENT_US + MINUTE_US, .bytes = 4000, .whole = true};
    struct scrim_age_stanza stanza = {0};
    struct scrim_buf header;
    scrim_buf_init(&header, SCRIM_SEGMENT_HEADER_MAX);
    snprintf(label.site, sizeof label.site, "port");
    snprintf(label.camera, sizeof label.camera, "quay");
    snprintf(entry.camera, sizeof entry.camera, "quay");
    snprintf(entry.file, sizeof entry.file, "2026-11-23/090000.mp4.age");
    CHECK_INT(scrim_tdh2_wrap(&d->vault, &label, key, file_key, &stanza), SCRIM_OK);
    CHECK_INT(scrim_age_header_write(&stanza, 1, file_key, &header), SCRIM_OK);
    entry.header = header.data;
    entry.header_len = header.len;
    CHECK_INT(scrim_segment_list_add(list, &entry, NULL), SCRIM_OK);
    scrim_age_stanza_finish(&stanza);
    scrim_buf_finish(&header);
}

static void wish_for(const struct desk *d, const char *who, struct scrim_request_wish *ret)
{
    struct scrim_segment_list list = {0};
    struct scrim_request *request = &ret->request;
    *ret = (struct scrim_request_wish){.expires_s = 3600};
    snprintf(request->site, sizeof request->site, "port");
    snprintf(request->who, sizeof request->who, "%s", who);
    snprintf(request->cameras[0], sizeof request->cameras[0], "quay");
    request->cameras_count = 1;
    request->from_us = SEGMENT_US;
    request->to_us = SEGMENT_US + MINUTE_US;
    snprintf(request->purpose, sizeof request->purpose, "test");
    snprintf(request->reason, sizeof request->reason, "because \"\\ of\nit");
    snprintf(request->recipient, sizeof request->recipient,
             "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj");
    request->view_s = 600;
    add_segment(d, &list);
    scrim_buf_init(&ret->segments, SCRIM_SEGMENTS_JSON_MAX);
    CHECK_INT(scrim_segment_list_write(&list, &ret->segments), SCRIM_OK);
    scrim_segment_list_finish(&list);
}

static struct scrim_request_told make(struct desk *d, const char *who)
{
    struct scrim_request_wish wish;
    struct scrim_request_told told = {0};
    wish_for(d, who, &wish);
    book_make(d->book, &wish, &told);
    scrim_buf_finish(&wish.segments);
    return told;
}

static void read_document(const struct desk *d, uint64_t number, const char *file,
                          struct scrim_buf *ret)
{
    char path[SCRIM_PATH_MAX];
    scrim_buf_init(ret, SCRIM_SEGMENTS_JSON_MAX);
    CHECK(scrim_requests_path(d->book, number, file, path) >= 0);
    CHECK_INT(scrim_fs_read(path, ret, NULL), SCRIM_OK);
}

// What holder `i` signs, as bytes.
static void decide_on(const struct desk *d, uint64_t number, unsigned i, bool approve,
                      struct scrim_buf *ret)
{
    struct scrim_buf request, segments;
    struct scrim_decision decision = {0};
    struct scrim_error error = {0};
    read_document(d, number, "request.json", &request);
    read_document(d, number, "segments.json", &segments);
    const struct scrim_decision_choice choice = {.request = request.data,
                                                 .request_len = request.len,
                                                 .segments = segments.data,
                                                 .segments_len = segments.len,
                                                 .approve = approve,
                                                 .reason = approve ? "" : "no",
                                                 .at_us = now_us};
    CHECK_INT(
        scrim_decision_make(&d->vault, &d->shares[i - 1], &choice, NULL, NULL, &decision, &error),
        SCRIM_OK);
    scrim_buf_init(ret, SCRIM_DECISION_JSON_MAX);
    CHECK_INT(scrim_decision_write(&decision, ret, &error), SCRIM_OK);
    scrim_decision_finish(&decision);
    scrim_buf_finish(&request);
    scrim_buf_finish(&segments);
}

static struct scrim_request_told decide(struct desk *d, uint64_t number, unsigned i, bool approve)
{
    struct scrim_request_told told = {0};
    struct scrim_buf bytes;
    decide_on(d, number, i, approve, &bytes);
    book_decide(d->book, number, &bytes, "kim", &told);
    scrim_buf_finish(&bytes);
    return told;
}

static enum scrim_request_state state_of(struct desk *d, uint64_t number)
{
    const struct scrim_request_entry *entry = book_find(d->book, number);
    return entry ? scrim_request_state(entry, scrim_requests_now(d->book)) : SCRIM_REQUEST_STATES;
}

// How often the log says this of a request.
static unsigned logged(struct desk *d, const char *what, uint64_t number, bool failed)
{
    unsigned found = 0;
    json_t *lines = NULL;
    CHECK_INT(scrim_acts_list(d->acts, 0, 1000, &lines, NULL), SCRIM_OK);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        const char *named = json_string_value(json_object_get(line, "what"));
        const json_int_t of =
            json_integer_value(json_object_get(json_object_get(line, "detail"), "number"));
        bool fell = false;
        for (size_t j = 0; j < i; j++) {
            const json_t *outcome = json_array_get(lines, j);
            const char *how = json_string_value(json_object_get(outcome, "outcome"));
            fell |= how && strcmp(how, "failed") == 0 &&
                    json_integer_value(json_object_get(outcome, "of")) ==
                        json_integer_value(json_object_get(line, "id"));
        }
        found += named && strcmp(named, what) == 0 && of == (json_int_t)number && fell == failed;
    }
    json_decref(lines);
    return found;
}

// --- time ---

static void approved_opened_ended(void)
{
    struct desk d;
    REQUIRE(arrive(&d));
    CHECK_INT(make(&d, "olga").status, 0);
    now_us += 3 * MINUTE_US;
    CHECK_INT(decide(&d, 1, 1, true).status, 0);
    CHECK_INT(state_of(&d, 1), SCRIM_REQUEST_WAITING);
    REQUIRE(reopen(&d)); // the desk ends between two approvals
    now_us += 3 * MINUTE_US;
    CHECK_INT(decide(&d, 1, 1, true).status, 409);
    CHECK_INT(decide(&d, 1, 3, true).status, 0);
    CHECK_INT(state_of(&d, 1), SCRIM_REQUEST_APPROVED);
    REQUIRE(reopen(&d));
    CHECK_INT(state_of(&d, 1), SCRIM_REQUEST_APPROVED);
    const struct scrim_request_latency latency = scrim_requests_latency(d.book);
    CHECK_INT(latency.count, 1);
    CHECK_INT(latency.median_s, 360); // also after a restart: the files' times say it
    CHECK_INT(latency.p90_s, 360);

    uint64_t act = 0;
    struct scrim_request_told told = {0};
    const struct scrim_act opening = {
        .who = "olga", .what = "request.open", .detail = "{\"number\":1,\"cameras\":[\"quay\"]}"};
    CHECK_INT(scrim_acts_begin(d.acts, &opening, &act, NULL), SCRIM_OK);
    book_opened(d.book, 1, act, now_us + 600 * SCRIM_SECOND, &told);
    CHECK_INT(told.status, 0);
    REQUIRE(reopen(&d));
    CHECK_INT(state_of(&d, 1), SCRIM_REQUEST_OPEN);
    now_us += 599 * SCRIM_SECOND;
    book_watch(d.book);
    CHECK_INT(state_of(&d, 1), SCRIM_REQUEST_OPEN);
    now_us += SCRIM_SECOND;
    CHECK_INT(state_of(&d, 1), SCRIM_REQUEST_ENDED);
    book_watch(d.book);
    CHECK_INT(logged(&d, "request.end", 1, false), 1);
    now_us = START_US; // the clock goes back: it stays over
    REQUIRE(reopen(&d));
    CHECK_INT(state_of(&d, 1), SCRIM_REQUEST_ENDED);
    const struct scrim_index_range range = {.from_us = 0, .to_us = INT64_MAX, .limit = 4};
    struct scrim_act_note notes[4];
    CHECK_INT(scrim_acts_notes(d.acts, "quay", "request.open", &range, notes), 1);
    leave(&d);
}

static void expiry(void)
{
    struct desk d;
    REQUIRE(arrive(&d));
    CHECK_INT(make(&d, "olga").status, 0);
    CHECK_INT(decide(&d, 1, 1, true).status, 0);
    struct scrim_buf late;
    decide_on(&d, 1, 2, true, &late);
    now_us += 3600 * SCRIM_SECOND - 1;
    book_watch(d.book);
    CHECK_INT(state_of(&d, 1), SCRIM_REQUEST_WAITING);
    now_us++;
    CHECK_INT(state_of(&d, 1), SCRIM_REQUEST_EXPIRED);
    struct scrim_request_told told = {0};
    book_decide(d.book, 1, &late, "kim", &told);
    CHECK_INT(told.status, 409);
    CHECK_TEXT(told.code, "expired");
    book_watch(d.book);
    book_watch(d.book);
    CHECK_INT(logged(&d, "request.expire", 1, false), 1);
    now_us -= 1800 * SCRIM_SECOND; // the clock goes back
    CHECK(scrim_requests_now(d.book) >= START_US + 3600 * SCRIM_SECOND);
    REQUIRE(reopen(&d));
    CHECK_INT(state_of(&d, 1), SCRIM_REQUEST_EXPIRED);
    CHECK_INT(make(&d, "olga").number, 2); // its time is that of the log
    CHECK(book_find(d.book, 2)->request.created_us >= START_US + 3600 * SCRIM_SECOND);
    scrim_buf_finish(&late);
    leave(&d);
}

static void escalation(void)
{
    struct desk d;
    REQUIRE(arrive(&d));
    CHECK_INT(make(&d, "olga").status, 0);
    CHECK_INT(make(&d, "otto").status, 0);
    CHECK_INT(decide(&d, 2, 1, true).status, 0); // somebody answered
    now_us += 15 * MINUTE_US - 1;
    book_watch(d.book);
    CHECK_INT(book_find(d.book, 1)->escalated_us, 0);
    now_us++;
    book_watch(d.book);
    book_watch(d.book);
    CHECK_INT(logged(&d, "request.escalate", 1, false), 1);
    CHECK_INT(logged(&d, "request.escalate", 2, false), 0);
    REQUIRE(reopen(&d));
    CHECK(book_find(d.book, 1)->escalated_us > 0);
    const struct scrim_request day = {.created_us = 0, .expires_us = 24 * 3600 * SCRIM_SECOND};
    const struct scrim_request six = {.created_us = 0, .expires_us = 6 * 3600 * SCRIM_SECOND};
    CHECK_INT(book_escalates_after_us(&day), 4 * 3600 * SCRIM_SECOND);
    CHECK_INT(book_escalates_after_us(&six), 90 * MINUTE_US);
    leave(&d);
}

static void refusal(void)
{
    struct desk d;
    REQUIRE(arrive(&d));
    CHECK_INT(make(&d, "olga").status, 0);
    CHECK_INT(decide(&d, 1, 1, false).status, 0);
    CHECK_INT(decide(&d, 1, 2, true).status, 0);
    CHECK_INT(state_of(&d, 1), SCRIM_REQUEST_WAITING);
    CHECK_INT(decide(&d, 1, 3, false).status, 0);
    CHECK_INT(state_of(&d, 1), SCRIM_REQUEST_REFUSED);
    CHECK_INT(logged(&d, "request.refuse", 1, false), 1);
    REQUIRE(reopen(&d));
    CHECK_INT(state_of(&d, 1), SCRIM_REQUEST_REFUSED);
    CHECK_INT(book_find(d.book, 1)->decisions_count, 3);
    CHECK_INT(book_find(d.book, 1)->bytes, 4000); // from end.json
    leave(&d);
}

// New shares: the old ones and the requests that wait for them are of no use any more.
static void refresh(void)
{
    struct desk d;
    char path[SCRIM_PATH_MAX], file[SCRIM_PATH_MAX], id[SCRIM_VAULT_ID_TEXT];
    REQUIRE(arrive(&d));
    CHECK_INT(make(&d, "olga").status, 0);
    CHECK_INT(decide(&d, 1, 1, true).status, 0);
    CHECK_INT(make(&d, "olga").status, 0);
    struct scrim_buf late;
    decide_on(&d, 2, 1, true, &late);
    CHECK(scrim_path_join(path, d.dir, "state/vaults") >= 0);
    CHECK_INT(scrim_fs_make_dirs(path, 0755, NULL), SCRIM_OK);
    snprintf(file, sizeof file, "%s/state/vaults/%s-1.json", d.dir,
             scrim_vault_id_text(d.vault.id, id));
    CHECK_INT(scrim_vault_save(file, &d.vault, NULL), SCRIM_OK);
    d.vault.dealing = 2;
    scrim_vault_compute_dealing_id(&d.vault, d.vault.dealing_id);
    CHECK(scrim_path_join(path, d.dir, "state/vault.json") >= 0);
    CHECK_INT(unlink(path), 0);
    CHECK_INT(scrim_vault_save(path, &d.vault, NULL), SCRIM_OK);
    CHECK(!scrim_vault_state_look(d.state));
    struct scrim_request_told told = {0};
    book_decide(d.book, 2, &late, "kim", &told);
    CHECK_TEXT(told.code, "refreshed");
    book_watch(d.book);
    for (uint64_t i = 1; i <= 2; i++)
        CHECK_INT(state_of(&d, i), SCRIM_REQUEST_ENDED);
    REQUIRE(reopen(&d));
    CHECK_TEXT(book_find(d.book, 1)->end.reason, "the vault's shares were refreshed");
    REQUIRE(book_find(d.book, 1)->decisions_count ==
            1); // the dealing of then still says who it was
    CHECK_TEXT(book_find(d.book, 1)->decisions[0].name, "Ada");
    CHECK_INT(make(&d, "olga").status, 0);
    CHECK_INT(memcmp(book_find(d.book, 3)->vaults[0].dealing, d.vault.dealing_id, 32), 0);
    scrim_buf_finish(&late);
    leave(&d);
}

static void limits(void)
{
    struct desk d;
    REQUIRE(arrive(&d));
    for (int i = 0; i < SCRIM_REQUESTS_PERSON_MAX; i++)
        CHECK_INT(make(&d, "olga").status, 0);
    CHECK_TEXT(make(&d, "olga").code, "too_many");
    CHECK_INT(make(&d, "otto").number, SCRIM_REQUESTS_PERSON_MAX + 1);
    uint64_t beside[4];
    CHECK_INT(scrim_requests_beside(d.book, book_find(d.book, 9), now_us, beside, 4), 4);
    CHECK_INT(beside[0], 8);
    struct scrim_request_told told = {0};
    book_end(d.book, 3, SCRIM_REQUEST_WITHDRAWN, "olga", "found", &told);
    CHECK_INT(told.status, 0);
    CHECK_INT(make(&d, "olga").number, 10);
    leave(&d);
}

// --- what fails ---

static int left; // operations until one fails

static int fail_once(void *context, enum scrim_fault_op op, const char *what)
{
    (void)context;
    (void)what;
    return op != SCRIM_FAULT_ALLOC && left-- == 0 ? ENOSPC : 0;
}

static bool is_on_disk(const struct desk *d, uint64_t number)
{
    return request_store_has(d->dir, number, "request.json") &&
           !request_store_failed(d->dir, number);
}

// A request is whole or is not, whichever write fails; its number is not used for another one if
// the log has it.
static void making_fails(void)
{
    struct desk d;
    bool made = false;
    int at = 0;
    REQUIRE(arrive(&d));
    for (; !made && at < 40; at++) {
        left = at;
        scrim_fault_set(fail_once, NULL);
        const struct scrim_request_told told = make(&d, "olga");
        scrim_fault_set(NULL, NULL);
        made = told.status == 0;
        const uint64_t next = d.book->next;
        const uint64_t number = made ? told.number : next;
        REQUIRE(reopen(&d) && d.book);
        CHECK(d.book->next >= next);
        CHECK(is_on_disk(&d, number) == made && (book_find(d.book, number) != NULL) == made);
        for (uint64_t i = 1; i < d.book->next; i++) {
            const bool whole = book_find(d.book, i) != NULL;
            CHECK_INT(logged(&d, "request.make", i, false), whole);
            CHECK(logged(&d, "request.make", i, true) <= !whole);
        }
    }
    CHECK(made && at > 8);
    leave(&d);
}

static void deciding_fails(void)
{
    struct desk d;
    bool taken = false;
    int at = 0;
    REQUIRE(arrive(&d));
    for (; !taken && at < 16; at++) {
        const uint64_t number = make(&d, "olga").number;
        struct scrim_request_told told = {0};
        struct scrim_buf bytes;
        decide_on(&d, number, 2, true, &bytes);
        left = at;
        scrim_fault_set(fail_once, NULL);
        book_decide(d.book, number, &bytes, "kim", &told);
        scrim_fault_set(NULL, NULL);
        scrim_buf_finish(&bytes);
        taken = told.status == 0;
        REQUIRE(reopen(&d));
        CHECK_INT(book_find(d.book, number)->decisions_count, taken);
        CHECK_INT(logged(&d, "request.decide", number, false), taken);
        if (!taken) // it can be handed in again
            CHECK_INT(decide(&d, number, 2, true).status, 0);
        struct scrim_request_told ended = {0};
        book_end(d.book, number, SCRIM_REQUEST_WITHDRAWN, "olga", "next", &ended);
    }
    CHECK(taken && at > 3);
    leave(&d);
}

static void remove_file(const struct desk *d, uint64_t number, const char *file)
{
    char path[SCRIM_PATH_MAX];
    CHECK(request_store_path(d->dir, number, file, path, NULL) >= 0);
    CHECK_INT(unlink(path), 0);
}

// As kill -9 leaves it, between the line in the log and the file.
static void cut_short(void)
{
    struct desk d;
    char file[64];
    REQUIRE(arrive(&d));
    for (int i = 0; i < 4; i++)
        CHECK_INT(make(&d, "olga").status, 0);
    CHECK_INT(decide(&d, 2, 3, true).status, 0);
    struct scrim_request_told told = {0};
    book_end(d.book, 3, SCRIM_REQUEST_WITHDRAWN, "olga", "found", &told);
    remove_file(&d, 1, "request.json");
    scrim_request_file_of("decision", d.vault.id, 3, file);
    remove_file(&d, 2, file);
    remove_file(&d, 3, "end.json");
    for (int i = 0; i < 2; i++) { // the second start finds nothing more to do
        REQUIRE(reopen(&d));
        CHECK(!book_find(d.book, 1));
        CHECK_INT(logged(&d, "request.make", 1, true), 1);
        CHECK_INT(book_find(d.book, 2)->decisions_count, 0);
        CHECK_INT(logged(&d, "request.decide", 2, true), 1);
        CHECK_INT(state_of(&d, 3), SCRIM_REQUEST_WITHDRAWN);
        CHECK_TEXT(book_find(d.book, 3)->end.reason, "found");
        CHECK_INT(state_of(&d, 4), SCRIM_REQUEST_WAITING);
        CHECK_INT(d.book->next, 5);
    }
    leave(&d);
}

// A document that was changed from outside is not what was decided on.
static void changed_on_disk(void)
{
    struct desk d;
    char path[SCRIM_PATH_MAX];
    REQUIRE(arrive(&d));
    CHECK_INT(make(&d, "olga").status, 0);
    CHECK_INT(make(&d, "olga").status, 0);
    CHECK_INT(decide(&d, 1, 1, true).status, 0);
    struct scrim_buf bytes;
    read_document(&d, 1, "request.json", &bytes);
    uint8_t *at = memmem(bytes.data, bytes.len, "because", 7);
    REQUIRE(at != NULL);
    at[0] = 'B';
    CHECK(request_store_path(d.dir, 1, "request.json", path, NULL) >= 0);
    CHECK_INT(scrim_fs_replace(path, bytes.data, bytes.len, 0640, NULL), SCRIM_OK);
    scrim_buf_finish(&bytes);
    read_document(&d, 2, "segments.json", &bytes);
    CHECK(request_store_path(d.dir, 2, "segments.json", path, NULL) >= 0);
    CHECK_INT(scrim_fs_replace(path, bytes.data, bytes.len - 1, 0640, NULL), SCRIM_OK);
    scrim_buf_finish(&bytes);
    REQUIRE(reopen(&d));
    CHECK_INT(book_find(d.book, 1)->decisions_count, 0); // its signature is of another document
    CHECK(!book_find(d.book, 2));
    leave(&d);
}

// --- taking away ---

static void archive(void)
{
    char header[TAR_BLOCK], name[TAR_NAME_MAX + 2];
    memset(name, 'n', sizeof name);
    name[TAR_NAME_MAX + 1] = '\0';
    CHECK_INT(tar_header(name, 1, 1, header), SCRIM_EINVAL);
    name[TAR_NAME_MAX] = '\0';
    CHECK_INT(tar_header(name, TAR_SIZE_MAX, 1, header), SCRIM_OK);
    CHECK_INT(tar_header(name, TAR_SIZE_MAX + 1, 1, header), SCRIM_EINVAL);
    CHECK_INT(tar_header("", 1, 1, header), SCRIM_EINVAL);
    CHECK_INT(tar_header("a", 1, -1, header), SCRIM_EINVAL);
    CHECK_INT(tar_padding(0), 0);
    CHECK_INT(tar_padding(1), 511);
    CHECK_INT(tar_padding(512), 0);
}

static void plans(void)
{
    struct desk d;
    struct scrim_segment_list list = {0};
    struct request_plan *plan = NULL;
    struct scrim_error error = {0};
    struct scrim_buf body, manifest;
    REQUIRE(arrive(&d));
    add_segment(&d, &list);
    scrim_buf_init(&body, 1U << 20);
    scrim_buf_init(&manifest, 1U << 20);
    CHECK_INT(scrim_buf_append_text(&body, "[{\"segment\":0,\"header\":\""), SCRIM_OK);
    CHECK_INT(scrim_base64_append(&body, list.entries[0].header, list.entries[0].header_len),
              SCRIM_OK);
    CHECK_INT(scrim_buf_append_text(&body, "\",\"payload_bytes\":100,\"suffix\":\"AAAA\"}]"),
              SCRIM_OK);
    CHECK_INT(request_plan_parse(body.data, body.len, &list, "request-1", &plan, &error), SCRIM_OK);
    REQUIRE(plan && plan->count == 1);
    CHECK_TEXT(plan->files[0].name, "request-1/quay/2026-11-23/090000.mp4.age");
    CHECK_INT(request_plan_size(&plan->files[0]), list.entries[0].header_len + 100 + 3);
    CHECK_INT(plan->files[0].offset, list.entries[0].header_len);
    CHECK_INT(request_plan_manifest(plan, &list, "ab", &manifest), SCRIM_OK);
    json_t *read = json_loadb((const char *)manifest.data, manifest.len, 0, NULL);
    CHECK_INT(json_array_size(json_object_get(read, "files")), 1);
    json_decref(read);
    for (size_t cut = 0; cut < body.len; cut += 7) {
        struct request_plan *none = NULL;
        CHECK_INT(request_plan_parse(body.data, cut, &list, "request-1", &none, &error),
                  SCRIM_EINVAL);
    }
    request_plan_free(plan);
    scrim_segment_list_finish(&list);
    scrim_buf_finish(&body);
    scrim_buf_finish(&manifest);
    leave(&d);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"approved, opened, ended; restarts and a clock that goes back", approved_opened_ended},
        {"expiry", expiry},
        {"escalation", escalation},
        {"refusal", refusal},
        {"new shares", refresh},
        {"limits", limits},
        {"a request is whole or is not, whichever write fails", making_fails},
        {"so is a decision", deciding_fails},
        {"a crash between the log and a file", cut_short},
        {"documents changed on the disk", changed_on_disk},
        {"headers of an archive", archive},
        {"what an export is made of", plans},
        {0},
    };
    return sodium_init() < 0 ? 1 : test_run(argc, argv, tests);
}
