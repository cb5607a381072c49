// The guard of openings: what it lists, what it opens, and all that it refuses.
#include "opener/confine.h"
#include "opener/finding.h"
#include "opener/server.h"
#include "opener/verify.h"

#include "age/bech32.h"
#include "base/alloc.h"
#include "base/sandbox.h"
#include "link/datagram.h"
#include "store/act_log.h"
#include "store_fixture.h"
#include "test.h"
#include "vault/hour_keys_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define NUMBER 7
#define VIEW_S 600
#define SEGMENTS 3
#define HOUR_US INT64_C(3600000000)

static const int64_t start_us =
    FIXTURE_START_US; // of the first segment; they are ten seconds apart

struct stage {
    struct fixture f;
    struct scrim_vault_set *vaults;
    struct scrim_hour_ring *ring;
    struct scrim_openings *openings;
    struct scrim_guard *guard;
    struct scrim_guard_setup setup;
    struct scrim_act_log *acts;
    uint8_t identity[32];
    struct scrim_request request;
    struct scrim_buf request_json, segments_json;
    int ends[2]; // of a connection, for who is locked in
};

// --- the stage ---

static void below_request(const struct stage *s, const char *name, char ret[SCRIM_PATH_MAX])
{
    char below[128];
    snprintf(below, sizeof below, "state/requests/%d/%s", NUMBER, name);
    fixture_path(&s->f, below, ret);
}

static void put(const struct stage *s, const char *name, const void *bytes, size_t count)
{
    char path[SCRIM_PATH_MAX];
    below_request(s, name, path);
    REQUIRE(scrim_fs_replace(path, bytes, count, 0600, NULL) >= 0);
}

static void start_guard(struct stage *s)
{
    struct scrim_error error = {0};
    REQUIRE(scrim_openings_open(s->f.dir, "port", &s->openings, &error) >= 0);
    s->setup = (struct scrim_guard_setup){&s->f.site, s->vaults, s->ring, s->openings};
    s->guard = scrim_guard_create(&s->setup);
}

static void stop_guard(struct stage *s)
{
    scrim_guard_destroy(s->guard);
    scrim_openings_close(s->openings);
    s->guard = NULL;
    s->openings = NULL;
}

static int find(const struct stage *s, const char *camera, int64_t from_us, int64_t to_us,
                struct scrim_buf *ret, struct scrim_error *error)
{
    struct scrim_opener_question question = {.number = 1,
                                             .kind = SCRIM_OPENER_FIND,
                                             .from_us = from_us,
                                             .to_us = to_us,
                                             .cameras_count = 1};
    snprintf(question.cameras[0], sizeof question.cameras[0], "%s", camera);
    struct scrim_finding *finding = scrim_finding_create(&s->setup, &question);
    int result;
    while ((result = scrim_finding_step(finding, error)) > 0)
        ;
    if (result >= 0)
        result = scrim_buf_append(ret, scrim_finding_result(finding)->data,
                                  scrim_finding_result(finding)->len);
    scrim_finding_destroy(finding);
    return result;
}

// The desk's part: the line in the log, then the two documents.
static void make_request(struct stage *s)
{
    struct scrim_request *r = &s->request;
    struct scrim_error error = {0};
    struct scrim_buf detail;
    char hex[65];
    scrim_request_digest(s->segments_json.data, s->segments_json.len, r->segments_sha256);
    sodium_bin2hex(hex, sizeof hex, r->segments_sha256, 32);
    scrim_buf_init(&detail, SCRIM_RECORD_JSON);
    REQUIRE(scrim_buf_printf(&detail,
                             "{\"what\":\"request.make\",\"who\":\"%s\",\"reason\":\"%s\","
                             "\"detail\":{\"number\":%d,\"segments_sha256\":\"%s\",\"recipient\":"
                             "\"%s\"}}",
                             r->who, r->reason, NUMBER, hex, r->recipient) >= 0);
    REQUIRE(scrim_buf_append_u8(&detail, '\0') >= 0);
    REQUIRE(scrim_act_log_append(s->acts, "", (const char *)detail.data, &r->log_seq, &error) >= 0);
    REQUIRE(scrim_act_log_hash(s->acts, r->log_seq, r->log_line, &error) >= 0);
    scrim_buf_finish(&detail);
    scrim_buf_clear(&s->request_json);
    REQUIRE(scrim_request_write(r, &s->request_json, &error) >= 0);
    put(s, "request.json", s->request_json.data, s->request_json.len);
    put(s, "segments.json", s->segments_json.data, s->segments_json.len);
}

static void describe_request(struct stage *s)
{
    struct scrim_request *r = &s->request;
    uint8_t public_key[32];
    randombytes_buf(s->identity, sizeof s->identity);
    crypto_scalarmult_base(public_key, s->identity);
    *r = (struct scrim_request){.number = NUMBER,
                                .cameras_count = 1,
                                .from_us = start_us,
                                .to_us = start_us + 60 * SCRIM_SECOND,
                                .created_us = start_us + HOUR_US,
                                .expires_us = start_us + 2 * HOUR_US,
                                .view_s = VIEW_S,
                                .vaults_count = 1,
                                .segments = SEGMENTS};
    snprintf(r->site, sizeof r->site, "port");
    snprintf(r->who, sizeof r->who, "olga");
    snprintf(r->cameras[0], sizeof r->cameras[0], "quay");
    snprintf(r->purpose, sizeof r->purpose, "crime");
    snprintf(r->reason, sizeof r->reason, "a bicycle was stolen");
    snprintf(r->legal_basis, sizeof r->legal_basis, "the site's rules, section 4");
    snprintf(r->incident, sizeof r->incident, "2026-117");
    REQUIRE(scrim_bech32_encode("age", public_key, sizeof public_key, r->recipient,
                                sizeof r->recipient) >= 0);
    memcpy(r->vaults[0].id, s->f.vault.id, sizeof r->vaults[0].id);
    memcpy(r->vaults[0].dealing, s->f.vault.dealing_id, sizeof r->vaults[0].dealing);
}

static void set_stage(struct stage *s)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_error error = {0};
    *s = (struct stage){0};
    fixture_create(&s->f);
    fixture_clock_start();
    fixture_record(&s->f, "quay", start_us, SEGMENTS, 1000);
    fixture_clock_pass(HOUR_US);
    fixture_path(&s->f, "state", path);
    REQUIRE(scrim_vault_set_load(path, &s->vaults, &error) >= 0);
    REQUIRE(scrim_hour_ring_read(&s->f.site, &s->ring, &error) >= 0);
    REQUIRE(scrim_act_log_open(s->f.dir, "port", &scrim_log_of_acts, &s->acts, &error) >= 0);
    below_request(s, "", path);
    REQUIRE(scrim_fs_make_dirs(path, 0700, &error) >= 0);
    scrim_buf_init(&s->request_json, SCRIM_REQUEST_JSON_MAX);
    scrim_buf_init(&s->segments_json, SCRIM_SEGMENTS_JSON_MAX);
    start_guard(s);
    const int found =
        find(s, "quay", start_us, start_us + 60 * SCRIM_SECOND, &s->segments_json, &error);
    if (found < 0)
        printf("  %s\n", error.text);
    REQUIRE(found >= 0);
    describe_request(s);
    make_request(s);
}

static void clear_stage(struct stage *s)
{
    stop_guard(s);
    scrim_vault_set_destroy(s->vaults);
    scrim_hour_ring_close(s->ring);
    scrim_act_log_close(s->acts);
    scrim_buf_finish(&s->request_json);
    scrim_buf_finish(&s->segments_json);
    fixture_clock_end();
    fixture_destroy(&s->f);
}

static void decide(struct stage *s, unsigned holder, bool approve)
{
    struct scrim_error error = {0};
    struct scrim_decision decision;
    struct scrim_buf json;
    char name[64], hex[2 * SCRIM_VAULT_ID + 1];
    scrim_buf_init(&json, SCRIM_DECISION_JSON_MAX);
    const struct scrim_decision_choice choice = {.request = s->request_json.data,
                                                 .request_len = s->request_json.len,
                                                 .segments = s->segments_json.data,
                                                 .segments_len = s->segments_json.len,
                                                 .approve = approve,
                                                 .reason = approve ? ""
                                                                   : "not while nobody is "
                                                                     "accused",
                                                 .at_us = scrim_clock_utc_us()};
    const int made = scrim_decision_make(&s->f.vault, &s->f.shares[holder - 1], &choice, NULL, NULL,
                                         &decision, &error);
    if (made < 0)
        printf("  %s\n", error.text);
    REQUIRE(made >= 0);
    REQUIRE(scrim_decision_write(&decision, &json, &error) >= 0);
    snprintf(name, sizeof name, "decision-%.8s-%u.json",
             sodium_bin2hex(hex, sizeof hex, s->f.vault.id, SCRIM_VAULT_ID), holder);
    put(s, name, json.data, json.len);
    scrim_decision_finish(&decision);
    scrim_buf_finish(&json);
}

static int open_it(struct stage *s, struct scrim_buf *ret, int64_t *ret_until_us,
                   struct scrim_error *error)
{
    *error = (struct scrim_error){0};
    scrim_buf_init(ret, SCRIM_OPENER_FILE_MAX);
    return scrim_guard_open(s->guard, NUMBER, ret, ret_until_us, error);
}

// Opens, and gives nothing but a refusal with these words.
static void refuses(struct stage *s, int code, const char *words)
{
    struct scrim_error error;
    struct scrim_buf age;
    int64_t until_us = 0;
    CHECK_INT(open_it(s, &age, &until_us, &error), code);
    CHECK_INT(age.len, 0);
    CHECK(strstr(error.text, words));
    if (!strstr(error.text, words))
        printf("  it says: %s\n", error.text);
    scrim_buf_finish(&age);
}

static void opens(struct stage *s, int64_t expected_until_us)
{
    struct scrim_error error;
    struct scrim_buf age;
    struct scrim_hour_key_entry *entries = NULL;
    uint8_t digest[32], key[SCRIM_HOUR_KEY];
    size_t count = 0;
    int64_t until_us = 0;
    CHECK_INT(open_it(s, &age, &until_us, &error), SCRIM_OK);
    if (error.code < 0)
        printf("  %s\n", error.text);
    CHECK_INT(until_us, expected_until_us);
    scrim_request_digest(s->request_json.data, s->request_json.len, digest);
    CHECK_INT(
        scrim_hour_keys_open(age.data, age.len, s->identity, digest, &entries, &count, &error),
        SCRIM_OK);
    CHECK_INT(count, 1);
    if (count == 1) {
        CHECK_TEXT(entries[0].camera, "quay");
        CHECK_INT(entries[0].hour, scrim_hour_of(start_us));
        CHECK_INT(fixture_key(&s->f, "quay", scrim_hour_of(start_us), key, &error), SCRIM_OK);
        CHECK(memcmp(key, entries[0].key, sizeof key) == 0);
    }
    scrim_hour_keys_free(entries, count);
    scrim_buf_finish(&age);
}

static int64_t until_now(void)
{
    return scrim_clock_utc_us() + VIEW_S * SCRIM_SECOND;
}

// --- finding ---

static void finds_what_was_recorded(void)
{
    struct stage s;
    struct scrim_segment_list list = {0};
    struct scrim_error error = {0};
    set_stage(&s);
    REQUIRE(scrim_segment_list_parse(s.segments_json.data, s.segments_json.len, &list, &error) >=
            0);
    CHECK_INT(list.count, SEGMENTS);
    for (size_t i = 0; i < list.count; i++) {
        struct scrim_tdh2 sealed;
        CHECK_TEXT(list.entries[i].camera, "quay");
        CHECK_INT(list.entries[i].start_us, start_us + (int64_t)i * 10 * SCRIM_SECOND);
        CHECK(list.entries[i].whole);
        CHECK_INT(scrim_segment_entry_seal(&list.entries[i], &sealed, &error), SCRIM_OK);
    }
    scrim_segment_list_finish(&list);
    clear_stage(&s);
}

static void cannot_find(const struct stage *s, int code, const char *words)
{
    struct scrim_buf ignored;
    struct scrim_error error = {0};
    scrim_buf_init(&ignored, SCRIM_SEGMENTS_JSON_MAX);
    CHECK_INT(find(s, "quay", start_us, start_us + 60 * SCRIM_SECOND, &ignored, &error), code);
    CHECK(strstr(error.text, words));
    if (!strstr(error.text, words))
        printf("  it says: %s\n", error.text);
    scrim_buf_finish(&ignored);
}

static void segment_path(const struct stage *s, unsigned nth, char ret[SCRIM_PATH_MAX])
{
    char name[32], below[128];
    scrim_segment_name(name, start_us + nth * 10 * SCRIM_SECOND, 0);
    snprintf(below, sizeof below, "store/quay/2026-11-23/%s", name);
    fixture_path(&s->f, below, ret);
}

static void a_list_is_complete_or_refused(void)
{
    struct stage s;
    char path[SCRIM_PATH_MAX], other[SCRIM_PATH_MAX];
    struct scrim_buf file;
    struct scrim_error error = {0};
    set_stage(&s);
    segment_path(&s, 1, path);
    scrim_buf_init(&file, 1U << 20);
    REQUIRE(scrim_fs_read(path, &file, NULL) >= 0);
    const long size = (long)file.len;

    fixture_cut(path, size - 1);
    cannot_find(&s, SCRIM_EAUTH, "100010.mp4.age is damaged");
    REQUIRE(scrim_fs_replace(path, file.data, file.len, 0600, NULL) >= 0);
    fixture_flip(path, 120, 1); // in the stanza: a point, or its label
    CHECK(find(&s, "quay", start_us, start_us + 60 * SCRIM_SECOND, &file, &error) < 0);
    CHECK(strstr(error.text, "100010.mp4.age"));
    // Another one, sealed right, but at another time: spliced.
    file.len = (size_t)size;
    segment_path(&s, 2, other);
    scrim_buf_clear(&file);
    REQUIRE(scrim_fs_read(other, &file, NULL) >= 0);
    REQUIRE(scrim_fs_replace(path, file.data, file.len, 0600, NULL) >= 0);
    cannot_find(&s, SCRIM_EAUTH, "it was sealed for 2026-11-23/100020.mp4.age");
    REQUIRE(unlink(path) == 0);
    cannot_find(&s, SCRIM_ENOENT, "100010.mp4.age is not there any more");
    REQUIRE(symlink(other, path) == 0);
    cannot_find(&s, SCRIM_EFORMAT, "a link");
    fixture_shred(&s.f, "quay", start_us);
    cannot_find(&s, SCRIM_EEND, "shredded");
    scrim_buf_finish(&file);
    clear_stage(&s);
}

static void nothing_there(void)
{
    struct stage s;
    struct scrim_buf ignored;
    struct scrim_error error = {0};
    set_stage(&s);
    scrim_buf_init(&ignored, 1U << 20);
    CHECK_INT(find(&s, "quay", start_us + HOUR_US, start_us + 2 * HOUR_US, &ignored, &error),
              SCRIM_ENOENT);
    CHECK_INT(find(&s, "gate", start_us, start_us + HOUR_US, &ignored, &error), SCRIM_ENOENT);
    scrim_buf_finish(&ignored);
    clear_stage(&s);
}

// --- opening ---

static void two_of_three_open(void)
{
    struct stage s;
    set_stage(&s);
    refuses(&s, SCRIM_EACCESS, "2 of 3 holders must agree, 0 do");
    decide(&s, 3, true);
    refuses(&s, SCRIM_EACCESS, "2 of 3 holders must agree, 1 does");
    decide(&s, 1, false);
    refuses(&s, SCRIM_EACCESS, "1 does");
    stop_guard(&s); // the site is started again between two approvals
    start_guard(&s);
    decide(&s, 2, true);
    opens(&s, until_now());
    CHECK(fixture_is_clean(&s.f)); // its log, too
    clear_stage(&s);
}

static void the_time_box_is_the_first(void)
{
    struct stage s;
    struct scrim_guard_file file;
    struct scrim_error error = {0};
    set_stage(&s);
    decide(&s, 1, true);
    decide(&s, 2, true);
    CHECK_INT(scrim_guard_segment(s.guard, NUMBER, 0, &file, &error), SCRIM_EACCESS);
    const int64_t until_us = until_now();
    opens(&s, until_us);
    fixture_clock_pass(60 * SCRIM_SECOND);
    opens(&s, until_us);
    stop_guard(&s);
    start_guard(&s);
    opens(&s, until_us);
    stop_guard(&s);
    start_guard(&s);
    REQUIRE(scrim_guard_segment(s.guard, NUMBER, 2, &file, &error) >= 0);
    CHECK_INT(file.until_us, until_us);
    close(file.fd);
    CHECK_INT(scrim_guard_segment(s.guard, NUMBER, SEGMENTS, &file, &error), SCRIM_ENOENT);
    fixture_clock_pass(VIEW_S * SCRIM_SECOND - 60 * SCRIM_SECOND);
    CHECK_INT(scrim_guard_segment(s.guard, NUMBER, 2, &file, &error), SCRIM_ETIMEOUT);
    refuses(&s, SCRIM_ETIMEOUT, "the time of this opening was over");
    fixture_clock_pass(-HOUR_US); // and a clock that goes back …
    opens(&s, until_us);          // … goes back to the newest line, no further
    stop_guard(&s);
    start_guard(&s);
    fixture_clock_pass(2 * HOUR_US);
    refuses(&s, SCRIM_ETIMEOUT, "the time of this opening was over");
    clear_stage(&s);
}

static void a_clock_that_goes_back_revives_nothing(void)
{
    struct stage s;
    uint64_t line;
    struct scrim_error error = {0};
    set_stage(&s);
    decide(&s, 1, true);
    decide(&s, 2, true);
    fixture_clock_pass(3 * HOUR_US);
    refuses(&s, SCRIM_ETIMEOUT, "the request expired at 2026-11-23T12:00:00Z");
    const struct scrim_openings_intent later = {
        .what = "opening.test", .who = "olga", .at_us = scrim_clock_utc_us(), .detail = "{}"};
    REQUIRE(scrim_openings_begin(s.openings, &later, &line, &error) >= 0);
    fixture_clock_pass(-3 * HOUR_US);
    refuses(&s, SCRIM_ETIMEOUT, "the request expired");
    stop_guard(&s);
    start_guard(&s);
    refuses(&s, SCRIM_ETIMEOUT, "the request expired");
    clear_stage(&s);
}

static void an_ended_one_stays_closed(void)
{
    struct stage s;
    char path[SCRIM_PATH_MAX];
    uint64_t line;
    struct scrim_guard_file file;
    struct scrim_error error = {0};
    set_stage(&s);
    decide(&s, 1, true);
    decide(&s, 2, true);
    opens(&s, until_now());
    put(&s, "end.json", "{}", 2);
    refuses(&s, SCRIM_ECANCEL, "has ended");
    CHECK_INT(scrim_guard_segment(s.guard, NUMBER, 0, &file, &error), SCRIM_ECANCEL);
    below_request(&s, "end.json", path);
    REQUIRE(unlink(path) == 0); // by somebody who has the desk: the log still says so
    REQUIRE(scrim_act_log_append(s.acts, "",
                                 "{\"what\":\"request.withdraw\",\"who\":\"olga\",\"detail\":{"
                                 "\"number\":8}}",
                                 &line, &error) >= 0);
    opens(&s, until_now()); // that was another one
    REQUIRE(scrim_act_log_append(s.acts, "",
                                 "{\"what\":\"request.withdraw\",\"who\":\"olga\",\"detail\":{"
                                 "\"number\":7}}",
                                 &line, &error) >= 0);
    refuses(&s, SCRIM_ECANCEL, "the log of acts says so");
    clear_stage(&s);
}

static void shredded_hours_stay_closed(void)
{
    struct stage s;
    uint8_t digest[32];
    set_stage(&s);
    decide(&s, 1, true);
    decide(&s, 2, true);
    fixture_shred(&s.f, "quay", start_us);
    refuses(&s, SCRIM_EEND, "camera quay: the hour key of 2026-11-23T10 h UTC is shredded");
    scrim_request_digest(s.request_json.data, s.request_json.len, digest);
    CHECK_INT(scrim_openings_until_us(s.openings, digest), 0); // no time runs …
    CHECK_INT(scrim_openings_tries(s.openings, digest), 0);    // … and no log is filled
    clear_stage(&s);
}

// A log in which the keys of this request were given out so many times.
static void write_openings(const struct stage *s, unsigned times)
{
    char path[SCRIM_PATH_MAX], hex[65];
    uint8_t digest[32];
    struct scrim_device_key *key = NULL;
    struct scrim_journal_head head = {0};
    struct scrim_record record = {.type = SCRIM_RECORD_CHANGE,
                                  .start_us = scrim_clock_utc_us(),
                                  .end_us = scrim_clock_utc_us()};
    struct scrim_buf lines;
    scrim_request_digest(s->request_json.data, s->request_json.len, digest);
    snprintf(record.json, sizeof record.json,
             "{\"what\":\"opening.open\",\"who\":\"olga\",\"detail\":{\"request\":\"%s\","
             "\"until_us\":%" PRId64 "}}",
             sodium_bin2hex(hex, sizeof hex, digest, 32), until_now());
    REQUIRE(scrim_log_key_obtain(s->f.dir, SCRIM_LOG_OF_OPENER, &key, NULL) >= 0);
    scrim_journal_genesis("port", SCRIM_OPENINGS_GENESIS, head.prev);
    scrim_buf_init(&lines, 1U << 20);
    for (unsigned i = 0; i < times; i++)
        REQUIRE(scrim_journal_format(key, &head, &record, &lines) >= 0);
    fixture_path(&s->f, SCRIM_OPENINGS_LOG, path);
    REQUIRE(scrim_fs_replace(path, lines.data, lines.len, 0600, NULL) >= 0);
    scrim_buf_finish(&lines);
    scrim_device_key_destroy(key);
}

// Keys are given out again while the time lasts, but nobody fills the log with it.
static void a_hundred_times_is_enough(void)
{
    struct stage s;
    set_stage(&s);
    decide(&s, 1, true);
    decide(&s, 2, true);
    stop_guard(&s);
    write_openings(&s, 99);
    start_guard(&s);
    opens(&s, until_now());
    refuses(&s, SCRIM_EBUSY, "ask anew");
    CHECK(fixture_is_clean(&s.f));
    clear_stage(&s);
}

// An intent that came to nothing takes its time back; the next one begins anew.
static void a_failure_begins_no_time(void)
{
    struct stage s;
    uint8_t digest[32];
    uint64_t line;
    struct scrim_error error = {0};
    set_stage(&s);
    scrim_request_digest(s.request_json.data, s.request_json.len, digest);
    const struct scrim_openings_intent intent = {.what = "opening.open",
                                                 .who = "olga",
                                                 .request = digest,
                                                 .at_us = scrim_clock_utc_us(),
                                                 .until_us = scrim_clock_utc_us() + 1,
                                                 .detail = "{}"};
    REQUIRE(scrim_openings_begin(s.openings, &intent, &line, &error) >= 0);
    CHECK_INT(scrim_openings_until_us(s.openings, digest), intent.until_us);
    REQUIRE(scrim_openings_failed(s.openings, line, "no memory", &error) >= 0);
    CHECK_INT(scrim_openings_until_us(s.openings, digest), 0);
    stop_guard(&s);
    start_guard(&s);
    CHECK_INT(scrim_openings_until_us(s.openings, digest), 0);
    CHECK_INT(scrim_openings_tries(s.openings, digest), 1);
    decide(&s, 1, true);
    decide(&s, 2, true);
    opens(&s, until_now());
    clear_stage(&s);
}

// --- what was changed ---

static void altered_documents(void)
{
    struct stage s;
    struct scrim_error error = {0};
    struct scrim_buf wider;
    set_stage(&s);
    decide(&s, 1, true);
    decide(&s, 2, true);
    // Wider than what was agreed to: other bytes, another digest, nobody's approval.
    struct scrim_request request = s.request;
    request.view_s = 86400;
    scrim_buf_init(&wider, SCRIM_REQUEST_JSON_MAX);
    REQUIRE(scrim_request_write(&request, &wider, &error) >= 0);
    put(&s, "request.json", wider.data, wider.len);
    refuses(&s, SCRIM_EACCESS, "0 do");
    // A space more is another document, too.
    scrim_buf_clear(&wider);
    REQUIRE(scrim_buf_append(&wider, s.request_json.data, s.request_json.len) >= 0);
    REQUIRE(scrim_buf_append_text(&wider, " ") >= 0);
    put(&s, "request.json", wider.data, wider.len);
    CHECK_INT(scrim_guard_open(s.guard, NUMBER, &wider, &request.from_us, &error) < 0, true);
    put(&s, "request.json", s.request_json.data, s.request_json.len);
    s.segments_json.data[s.segments_json.len / 2] ^= 1;
    put(&s, "segments.json", s.segments_json.data, s.segments_json.len);
    refuses(&s, SCRIM_EAUTH, "it was changed");
    s.segments_json.data[s.segments_json.len / 2] ^= 1;
    put(&s, "segments.json", s.segments_json.data, s.segments_json.len);
    opens(&s, until_now());
    scrim_buf_finish(&wider);
    clear_stage(&s);
}

// The desk was taken over before the request was made: its documents fit one another and the log,
// the holders were careless, and still nothing that was not asked for is opened.
static void lists_that_do_not_fit(void)
{
    struct stage s;
    struct scrim_segment_list list = {0};
    struct scrim_error error = {0};
    set_stage(&s);
    REQUIRE(scrim_segment_list_parse(s.segments_json.data, s.segments_json.len, &list, &error) >=
            0);
    // The last one under the time of a later one: relabelled.
    list.entries[2].start_us += HOUR_US;
    list.entries[2].end_us += HOUR_US;
    scrim_buf_clear(&s.segments_json);
    REQUIRE(scrim_segment_list_write(&list, &s.segments_json) >= 0);
    make_request(&s);
    struct scrim_verified verified = {0};
    const struct scrim_verify_place place = {&s.f.site, s.vaults};
    REQUIRE(scrim_verify_read(&place, NUMBER, &verified, &error) >= 0);
    CHECK_INT(scrim_verify_logged(&place, &verified, &error), SCRIM_OK);
    CHECK_INT(scrim_verify_segments(&place, &verified, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "quay/2026-11-23/100020.mp4.age"));
    scrim_verified_finish(&verified);
    // Nor is what lies outside of its hours, though it is what it says.
    list.entries[2].start_us -= HOUR_US;
    list.entries[2].end_us -= HOUR_US;
    scrim_buf_clear(&s.segments_json);
    REQUIRE(scrim_segment_list_write(&list, &s.segments_json) >= 0);
    s.request.to_us = start_us + 15 * SCRIM_SECOND;
    make_request(&s);
    REQUIRE(scrim_verify_read(&place, NUMBER, &verified, &error) >= 0);
    CHECK_INT(scrim_verify_segments(&place, &verified, &error), SCRIM_EAUTH);
    scrim_verified_finish(&verified);
    scrim_segment_list_finish(&list);
    clear_stage(&s);
}

static void refuses_logged(struct stage *s, const char *words)
{
    struct scrim_verified verified = {0};
    const struct scrim_verify_place place = {&s->f.site, s->vaults};
    struct scrim_error error = {0};
    REQUIRE(scrim_verify_read(&place, NUMBER, &verified, &error) >= 0);
    CHECK_INT(scrim_verify_logged(&place, &verified, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, words));
    scrim_verified_finish(&verified);
}

static void the_log_must_say_so(void)
{
    struct stage s;
    char path[SCRIM_PATH_MAX];
    struct scrim_buf log;
    struct scrim_error error = {0};
    set_stage(&s);
    decide(&s, 1, true);
    decide(&s, 2, true);
    fixture_path(&s.f, SCRIM_ACT_LOG, path);
    fixture_flip(path, 200, 1);
    refuses_logged(&s, "one of them was changed");
    refuses(&s, SCRIM_EAUTH, "one of them was changed");
    fixture_flip(path, 200, 1);
    opens(&s, until_now());
    scrim_buf_init(&log, 1U << 20);
    REQUIRE(scrim_fs_read(path, &log, &error) >= 0);
    fixture_cut(path, 0);
    refuses(&s, SCRIM_EAUTH, "one of them was changed");
    REQUIRE(scrim_fs_replace(path, log.data, log.len, 0600, NULL) >= 0);
    opens(&s, until_now());
    scrim_buf_finish(&log);
    clear_stage(&s);
}

// A line of the log that is right, and of somebody or something else.
static void the_line_is_of_this_request(void)
{
    struct stage s;
    struct scrim_error error = {0};
    set_stage(&s);
    snprintf(s.request.reason, sizeof s.request.reason, "something that the log does not know");
    scrim_buf_clear(&s.request_json);
    REQUIRE(scrim_request_write(&s.request, &s.request_json, &error) >= 0);
    put(&s, "request.json", s.request_json.data, s.request_json.len);
    decide(&s, 1, true);
    decide(&s, 2, true);
    refuses(&s, SCRIM_EAUTH, "is about something else");
    clear_stage(&s);
}

static void decisions_that_do_not_count(void)
{
    struct stage s;
    char first[SCRIM_PATH_MAX], second[SCRIM_PATH_MAX], name[64], hex[2 * SCRIM_VAULT_ID + 1];
    struct scrim_buf json;
    set_stage(&s);
    decide(&s, 1, true);
    sodium_bin2hex(hex, sizeof hex, s.f.vault.id, SCRIM_VAULT_ID);
    snprintf(name, sizeof name, "decision-%.8s-1.json", hex);
    below_request(&s, name, first);
    snprintf(name, sizeof name, "decision-%.8s-2.json", hex);
    below_request(&s, name, second);
    scrim_buf_init(&json, SCRIM_DECISION_JSON_MAX);
    REQUIRE(scrim_fs_read(first, &json, NULL) >= 0);
    // One holder's in another's place.
    REQUIRE(scrim_fs_replace(second, json.data, json.len, 0600, NULL) >= 0);
    refuses(&s, SCRIM_EACCESS, "lies in another's place");
    // Another's name on it: the signature does not fit.
    char *at = memmem(json.data, json.len, "\"holder\":1", 10);
    REQUIRE(at != NULL);
    at[9] = '2';
    REQUIRE(scrim_fs_replace(second, json.data, json.len, 0600, NULL) >= 0);
    refuses(&s, SCRIM_EACCESS, "bert");
    // A link in its place.
    REQUIRE(unlink(second) == 0 && symlink(first, second) == 0);
    refuses(&s, SCRIM_EACCESS, "1 does");
    REQUIRE(unlink(second) == 0);
    decide(&s, 2, true);
    opens(&s, until_now());
    scrim_buf_finish(&json);
    clear_stage(&s);
}

// The request's directory itself is a link to another, whose documents are right in their place.
static void links_lead_nowhere(void)
{
    struct stage s;
    char path[SCRIM_PATH_MAX], link[SCRIM_PATH_MAX];
    struct scrim_error error = {0};
    struct scrim_buf age;
    int64_t until_us;
    set_stage(&s);
    decide(&s, 1, true);
    decide(&s, 2, true);
    fixture_path(&s.f, "state/requests/7", path);
    fixture_path(&s.f, "state/requests/8", link);
    REQUIRE(symlink(path, link) == 0);
    scrim_buf_init(&age, SCRIM_OPENER_FILE_MAX);
    CHECK(scrim_guard_open(s.guard, 8, &age, &until_us, &error) < 0);
    REQUIRE(unlink(link) == 0 && rename(path, link) == 0); // moved: it says another number
    CHECK_INT(scrim_guard_open(s.guard, 8, &age, &until_us, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "is request 7 of site port"));
    CHECK_INT(scrim_guard_open(s.guard, 7, &age, &until_us, &error), SCRIM_ENOENT);
    CHECK_INT(age.len, 0);
    scrim_buf_finish(&age);
    clear_stage(&s);
}

static void shares_that_were_dealt_anew(void)
{
    struct stage s;
    set_stage(&s);
    s.request.vaults[0].dealing[0] ^= 1;
    make_request(&s);
    refuses(&s, SCRIM_EAUTH, "dealt anew");
    s.request.vaults[0].id[0] ^= 1;
    make_request(&s);
    refuses(&s, SCRIM_EAUTH, "this site has no vault");
    clear_stage(&s);
}

static void files_are_those_that_were_listed(void)
{
    struct stage s;
    char path[SCRIM_PATH_MAX];
    struct scrim_guard_file file;
    struct scrim_error error = {0};
    struct stat info;
    set_stage(&s);
    decide(&s, 1, true);
    decide(&s, 2, true);
    opens(&s, until_now());
    segment_path(&s, 1, path);
    REQUIRE(scrim_guard_segment(s.guard, NUMBER, 1, &file, &error) >= 0);
    CHECK_INT(file.bytes, (uint64_t)fixture_size(path));
    CHECK_INT(file.tail_fd, -1);
    CHECK((fcntl(file.fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
    CHECK(fstat(file.fd, &info) == 0 && S_ISREG(info.st_mode));
    close(file.fd);
    fixture_flip(path, 120, 1);
    CHECK_INT(scrim_guard_segment(s.guard, NUMBER, 1, &file, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "another file than the one"));
    fixture_flip(path, 120, 1);
    fixture_cut(path, fixture_size(path) - 1);
    CHECK_INT(scrim_guard_segment(s.guard, NUMBER, 1, &file, &error), SCRIM_EAUTH);
    CHECK_INT(unlink(path), 0);
    CHECK_INT(scrim_guard_segment(s.guard, NUMBER, 1, &file, &error), SCRIM_ENOENT);
    clear_stage(&s);
}

static void its_own_log_must_be_whole(void)
{
    struct stage s;
    char path[SCRIM_PATH_MAX];
    struct scrim_openings *again = NULL;
    struct scrim_check_result checked;
    struct scrim_buf findings;
    struct scrim_error error = {0};
    set_stage(&s);
    decide(&s, 1, true);
    decide(&s, 2, true);
    opens(&s, until_now());
    CHECK_INT(scrim_openings_open(s.f.dir, "port", &again, &error), SCRIM_EBUSY);
    stop_guard(&s);
    fixture_path(&s.f, SCRIM_OPENINGS_LOG, path);
    fixture_flip(path, 150, 1);
    CHECK_INT(scrim_openings_open(s.f.dir, "port", &again, &error), SCRIM_EAUTH);
    scrim_buf_init(&findings, 1U << 16);
    CHECK(fixture_check(&s.f, &checked, &findings) >= 0);
    CHECK(fixture_found(&findings, "journal " SCRIM_OPENINGS_LOG));
    scrim_buf_finish(&findings);
    fixture_flip(path, 150, 1);
    start_guard(&s);
    clear_stage(&s);
}

// --- walls ---

static int ask_datagram(int fd, const void *bytes, size_t size, struct scrim_opener_server *server)
{
    CHECK(send(fd, bytes, size, MSG_DONTWAIT) == (ssize_t)size);
    return scrim_opener_server_take(server);
}

static void hostile_datagrams(void)
{
    struct stage s;
    int ends[2];
    struct scrim_opener_question question = {
        .number = 1, .kind = SCRIM_OPENER_OPEN, .request = NUMBER};
    set_stage(&s);
    for (unsigned nth = 0; nth < 5; nth++) {
        struct scrim_opener_question wrong = question;
        size_t size = sizeof wrong;
        REQUIRE(scrim_datagram_pair(ends, NULL) >= 0);
        struct scrim_opener_server *server = scrim_opener_server_create(ends[0], s.guard);
        CHECK_INT(ask_datagram(ends[1], &question, sizeof question, server), SCRIM_OK);
        switch (nth) {
        case 0: size--; break;
        case 1: wrong.kind = 99; break;
        case 2: wrong.number = 0; break;
        case 3: wrong.request = UINT64_MAX; break;
        default:
            wrong.kind = SCRIM_OPENER_FIND;
            wrong.to_us = 1;
            wrong.cameras_count = 1;
            snprintf(wrong.cameras[0], sizeof wrong.cameras[0], "../../etc");
        }
        CHECK_INT(ask_datagram(ends[1], &wrong, size, server), SCRIM_EFORMAT);
        scrim_opener_server_destroy(server);
        close(ends[1]);
    }
    clear_stage(&s);
}

static void open_beyond(const struct stage *s)
{
    char path[SCRIM_PATH_MAX];
    fixture_path(&s->f, "state/keys/device.key", path);
    const bool refused = open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES &&
                         open(path, O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES;
    fixture_path(&s->f, "store/quay/planted", path);
    _exit(refused && open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 && errno == EACCES ? 0
                                                                                             : 1);
}

static void make_socket(const struct stage *s)
{
    (void)s;
    (void)!socket(AF_UNIX, SOCK_STREAM, 0);
    _exit(1);
}

static void run_program(const struct stage *s)
{
    (void)s;
    char name[] = "/bin/true";
    char *const arguments[] = {name, NULL};
    execv(name, arguments);
    _exit(1);
}

// By datagrams, as the desk asks: an age file in sealed memory, and a descriptor.
static void still_opens(const struct stage *s)
{
    struct scrim_opener_question question = {
        .number = 1, .kind = SCRIM_OPENER_OPEN, .request = NUMBER};
    struct scrim_opener_answer answer = {.result = -1};
    int ends[2], fds[SCRIM_DATAGRAM_FDS], status = 1;
    memcpy(ends, s->ends, sizeof ends);
    struct scrim_opener_server *server = scrim_opener_server_create(ends[0], s->guard);
    if (ask_datagram(ends[1], &question, sizeof question, server) >= 0 &&
        scrim_datagram_receive(ends[1], &answer, sizeof answer, fds) > 0 && answer.result >= 0 &&
        fds[0] >= 0 && lseek(fds[0], 0, SEEK_END) == (off_t)answer.bytes)
        status = 2;
    question.number = 2;
    question.kind = SCRIM_OPENER_SEGMENT;
    if (status == 2 && ask_datagram(ends[1], &question, sizeof question, server) >= 0 &&
        scrim_datagram_receive(ends[1], &answer, sizeof answer, fds) > 0 && answer.result >= 0 &&
        fds[0] >= 0 && lseek(fds[0], 0, SEEK_END) == (off_t)answer.bytes)
        status = 0;
    _exit(status);
}

// What became of it: an exit status, or minus a signal.
static int locked_in(const struct stage *s, void (*run)(const struct stage *))
{
    int status = 0;
    fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) {
        struct scrim_error error = {0};
        const bool confined =
            scrim_sandbox_begin(&error) >= 0 && scrim_opener_confine(&s->f.site, &error) >= 0;
        if (!confined)
            _exit(error.code == SCRIM_EUNSUPPORTED ? 77 : 99);
        run(s);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return 98;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void locked_in_it_works_and_nothing_else(void)
{
    struct stage s;
    set_stage(&s);
    decide(&s, 1, true);
    decide(&s, 2, true);
    REQUIRE(scrim_datagram_pair(s.ends, NULL) >= 0);
    const int opened = locked_in(&s, still_opens);
    CHECK(opened == 0 || opened == 77);
    if (opened == 0)
        CHECK_INT(locked_in(&s, open_beyond), 0);
    if (opened == 0)
        CHECK_INT(locked_in(&s, make_socket), -SIGSYS);
    if (opened == 0)
        CHECK_INT(locked_in(&s, run_program), -SIGSYS);
    close(s.ends[0]);
    close(s.ends[1]);
    clear_stage(&s);
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){
            {"finds what was recorded", finds_what_was_recorded},
            {"a list is complete, or refused with a name", a_list_is_complete_or_refused},
            {"nothing there is said", nothing_there},
            {"two of three open, one does not, over a restart", two_of_three_open},
            {"the time box begins once, and outlives a restart", the_time_box_is_the_first},
            {"a clock that goes back revives nothing", a_clock_that_goes_back_revives_nothing},
            {"an ended request stays closed", an_ended_one_stays_closed},
            {"shredded hours stay closed", shredded_hours_stay_closed},
            {"a hundred times is enough", a_hundred_times_is_enough},
            {"a failure begins no time", a_failure_begins_no_time},
            {"altered documents open nothing", altered_documents},
            {"lists that do not fit open nothing", lists_that_do_not_fit},
            {"the log must have its line, unchanged", the_log_must_say_so},
            {"the line must be about this request", the_line_is_of_this_request},
            {"decisions that do not count", decisions_that_do_not_count},
            {"links lead nowhere", links_lead_nowhere},
            {"shares that were dealt anew", shares_that_were_dealt_anew},
            {"files are those that were listed", files_are_those_that_were_listed},
            {"its own log must be whole", its_own_log_must_be_whole},
            {"hostile datagrams end the connection", hostile_datagrams},
            {"locked in it works, and does nothing else", locked_in_it_works_and_nothing_else},
            {0}});
}
