// Requests, lists of segments, decisions: the way from "k of n agree" to a file key, and what does
// not get there.
#include "vault/decision_impl.h"
#include "vault/holder_key.h"
#include "vault/hour_keys_file.h"
#include "vault/opening_set.h"

#include "age/bech32.h"
#include "vault/tdh2_impl.h"

#include <sodium.h>

#include "test.h"

#define HOUR_US INT64_C(3600000000)
#define MINUTE_US INT64_C(60000000)
#define START_US (INT64_C(498611) * HOUR_US)
#define SEGMENTS 3

static const char *const names[] = {"anna", "ben", "cléo"};
static const char *const lines[] = {"harbour", "council", ""};
static const uint8_t file_key[SCRIM_AGE_FILE_KEY] = "YELLOW SUBMARINE";
static const uint8_t hour_key[SCRIM_HOUR_KEY] = {1, 2, 3};

struct story {
    struct scrim_vault vault;
    struct scrim_share shares[3];
    uint8_t identity[32];
    struct scrim_segment_list list;
    struct scrim_request request;
    struct scrim_buf request_json, segments_json;
    uint8_t id[SCRIM_REQUEST_ID];
};

// "age1…" of an X25519 key.
static void recipient_text(const uint8_t identity[32], char ret[SCRIM_REQUEST_KEY_MAX + 1])
{
    uint8_t public[32];
    CHECK_INT(crypto_scalarmult_base(public, identity), 0);
    CHECK_INT(scrim_bech32_encode("age", public, sizeof public, ret, SCRIM_REQUEST_KEY_MAX + 1), 0);
}

static void add_segment(struct story *s, const char *camera, int64_t start_us)
{
    struct scrim_vault_label label = {
        .site = "harbour", .start_utc_us = start_us, .hour = (uint64_t)start_us / HOUR_US};
    struct scrim_age_stanza stanza = {0};
    struct scrim_buf header;
    struct scrim_segment_entry entry = {
        .start_us = start_us, .end_us = start_us + MINUTE_US, .bytes = 5000, .whole = true};
    snprintf(label.camera, sizeof label.camera, "%s", camera);
    snprintf(entry.camera, sizeof entry.camera, "%s", camera);
    snprintf(entry.file, sizeof entry.file, "2026-11-18/%06d.mp4.age",
             (int)(start_us / MINUTE_US % 60) * 100);
    scrim_buf_init(&header, 4096);
    CHECK_INT(scrim_tdh2_wrap(&s->vault, &label, hour_key, file_key, &stanza), 0);
    CHECK_INT(scrim_age_header_write(&stanza, 1, file_key, &header), 0);
    scrim_age_stanza_finish(&stanza);
    entry.header = header.data;
    entry.header_len = header.len;
    CHECK_INT(scrim_segment_list_add(&s->list, &entry, NULL), 0);
    scrim_buf_finish(&header);
}

static void write_documents(struct story *s)
{
    struct scrim_error error = {0};
    scrim_buf_clear(&s->segments_json);
    scrim_buf_clear(&s->request_json);
    CHECK_INT(scrim_segment_list_write(&s->list, &s->segments_json), 0);
    scrim_request_digest(s->segments_json.data, s->segments_json.len, s->request.segments_sha256);
    s->request.segments = (uint32_t)s->list.count;
    if (scrim_request_write(&s->request, &s->request_json, &error) < 0) {
        printf("  %s\n", error.text);
        CHECK(false);
    }
    scrim_request_digest(s->request_json.data, s->request_json.len, s->id);
}

static void begin(struct story *s)
{
    *s = (struct story){0};
    CHECK_INT(scrim_vault_generate(2, 3, names, lines, &s->vault, s->shares, NULL), 0);
    randombytes_buf(s->identity, sizeof s->identity);
    for (int i = 0; i < SEGMENTS; i++)
        add_segment(s, "quay", START_US + i * MINUTE_US);
    s->request = (struct scrim_request){.site = "harbour",
                                        .number = 7,
                                        .who = "olga",
                                        .cameras = {"gate", "quay"},
                                        .cameras_count = 2,
                                        .from_us = START_US + 5 * 1000000,
                                        .to_us = START_US + 3 * MINUTE_US,
                                        .purpose = "crime",
                                        .reason = "a bicycle \"was\" taken; <b>ø</b>",
                                        .legal_basis = "§ 4 BDSG",
                                        .incident = "2026/118",
                                        .created_us = START_US + HOUR_US,
                                        .expires_us = START_US + 25 * HOUR_US,
                                        .view_s = 3600,
                                        .vaults_count = 1,
                                        .log_seq = 41};
    recipient_text(s->identity, s->request.recipient);
    memcpy(s->request.vaults[0].id, s->vault.id, SCRIM_VAULT_ID);
    memcpy(s->request.vaults[0].dealing, s->vault.dealing_id, SCRIM_DEALING_ID);
    scrim_buf_init(&s->segments_json, SCRIM_SEGMENTS_JSON_MAX);
    scrim_buf_init(&s->request_json, SCRIM_REQUEST_JSON_MAX);
    write_documents(s);
}

static void end(struct story *s)
{
    scrim_segment_list_finish(&s->list);
    scrim_buf_finish(&s->segments_json);
    scrim_buf_finish(&s->request_json);
}

static struct scrim_decision_choice choice_of(const struct story *s, bool approve,
                                              const char *reason)
{
    return (struct scrim_decision_choice){.request = s->request_json.data,
                                          .request_len = s->request_json.len,
                                          .segments = s->segments_json.data,
                                          .segments_len = s->segments_json.len,
                                          .approve = approve,
                                          .reason = reason,
                                          .at_us = START_US + 2 * HOUR_US};
}

static int decide(const struct story *s, unsigned holder, struct scrim_decision *ret,
                  struct scrim_error *error)
{
    const struct scrim_decision_choice choice = choice_of(s, true, "");
    return scrim_decision_make(&s->vault, &s->shares[holder], &choice, NULL, NULL, ret, error);
}

// --- the way that works ---

static void open_with(const struct story *s, unsigned first, unsigned second)
{
    const unsigned who[] = {first, second};
    struct scrim_partial partials[2][SEGMENTS];
    struct scrim_error error = {0};
    for (int i = 0; i < 2; i++) {
        struct scrim_decision decision;
        REQUIRE(decide(s, who[i], &decision, &error) == 0);
        CHECK_INT(scrim_decision_verify(&s->vault, s->id, &decision, &error), 0);
        CHECK_INT(scrim_partials_open(decision.partials, decision.partials_len, s->identity, s->id,
                                      decision.holder, partials[i], SEGMENTS, &error),
                  0);
        scrim_decision_finish(&decision);
    }
    for (size_t n = 0; n < SEGMENTS; n++) {
        struct scrim_tdh2 sealed;
        const struct scrim_partial both[] = {partials[0][n], partials[1][n]};
        uint8_t found[SCRIM_AGE_FILE_KEY];
        CHECK_INT(scrim_segment_entry_seal(&s->list.entries[n], &sealed, &error), 0);
        CHECK_INT(scrim_tdh2_combine(&s->vault, &sealed, s->id, both, 2, hour_key, found, &error),
                  0);
        CHECK(memcmp(found, file_key, sizeof found) == 0);
        CHECK_INT(scrim_tdh2_combine(&s->vault, &sealed, s->id, both, 1, hour_key, found, &error),
                  SCRIM_EACCESS);
    }
}

static void any_two_open(void)
{
    struct story s;
    begin(&s);
    open_with(&s, 0, 1);
    open_with(&s, 2, 0);
    end(&s);
}

static void documents_read_back(void)
{
    struct story s;
    struct scrim_request request;
    struct scrim_segment_list list;
    struct scrim_decision decision, again;
    struct scrim_buf json;
    begin(&s);
    CHECK_INT(scrim_request_parse(s.request_json.data, s.request_json.len, &request, NULL), 0);
    CHECK(memcmp(&request, &s.request, sizeof request) == 0);
    REQUIRE(scrim_segment_list_parse(s.segments_json.data, s.segments_json.len, &list, NULL) == 0);
    CHECK_INT(list.count, SEGMENTS);
    CHECK_TEXT(list.entries[1].file, s.list.entries[1].file);
    scrim_segment_list_finish(&list);

    const struct scrim_decision_choice no = choice_of(&s, false, "not \"needed\"");
    REQUIRE(scrim_decision_make(&s.vault, &s.shares[1], &no, NULL, NULL, &decision, NULL) == 0);
    scrim_buf_init(&json, SCRIM_DECISION_JSON_MAX);
    CHECK_INT(scrim_decision_write(&decision, &json, NULL), 0);
    REQUIRE(scrim_decision_parse(json.data, json.len, &again, NULL) == 0);
    CHECK(!again.approve && again.holder == 2);
    CHECK_TEXT(again.reason, "not \"needed\"");
    CHECK_INT(scrim_decision_verify(&s.vault, s.id, &again, NULL), 0);
    scrim_decision_finish(&again);
    scrim_buf_finish(&json);
    end(&s);
}

static void hour_keys_reach_the_requester_alone(void)
{
    struct story s;
    struct scrim_buf file;
    struct scrim_hour_key_entry *got;
    size_t count;
    struct scrim_hour_key_entry entry = {.camera = "quay", .hour = 498611};
    begin(&s);
    memcpy(entry.key, hour_key, sizeof hour_key);
    scrim_buf_init(&file, 1 << 16);
    CHECK_INT(scrim_hour_keys_seal(s.request.recipient, s.id, &entry, 1, &file, NULL), 0);
    REQUIRE(scrim_hour_keys_open(file.data, file.len, s.identity, s.id, &got, &count, NULL) == 0);
    CHECK(count == 1 && memcmp(got, &entry, sizeof entry) == 0);
    scrim_hour_keys_free(got, count);
    s.id[3] ^= 1;
    CHECK_INT(scrim_hour_keys_open(file.data, file.len, s.identity, s.id, &got, &count, NULL),
              SCRIM_EAUTH);
    s.id[3] ^= 1;
    s.identity[3] ^= 1;
    CHECK_INT(scrim_hour_keys_open(file.data, file.len, s.identity, s.id, &got, &count, NULL),
              SCRIM_EAUTH);
    scrim_buf_finish(&file);
    end(&s);
}

// --- what a careful holder refuses ---

static void an_altered_request_is_not_the_one_agreed_to(void)
{
    struct story s;
    struct scrim_decision decision;
    struct scrim_error error = {0};
    begin(&s);
    REQUIRE(decide(&s, 0, &decision, &error) == 0);
    s.request.to_us += MINUTE_US; // hour B for hour A
    write_documents(&s);
    CHECK_INT(scrim_decision_verify(&s.vault, s.id, &decision, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "anna") && strstr(error.text, "another request"));
    scrim_decision_finish(&decision);
    end(&s);
}

static void a_list_that_was_changed_is_refused(void)
{
    struct story s;
    struct scrim_decision decision;
    struct scrim_error error = {0};
    begin(&s);
    uint8_t *at = memmem(s.segments_json.data, s.segments_json.len, "5000", 4);
    REQUIRE(at != NULL);
    *at = '6';
    CHECK_INT(decide(&s, 0, &decision, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "changed"));
    end(&s);
}

static void expect_uncovered(struct story *s, const char *why)
{
    struct scrim_decision decision;
    struct scrim_error error = {0};
    write_documents(s);
    CHECK_INT(decide(s, 0, &decision, &error), SCRIM_EAUTH);
    if (!strstr(error.text, why))
        printf("  %s\n", error.text);
    CHECK(strstr(error.text, why));
}

static void a_segment_outside_the_request_is_refused(void)
{
    struct story s;
    begin(&s);
    s.request.to_us = START_US + MINUTE_US; // the list goes on beyond it
    expect_uncovered(&s, "time was not asked for");
    s.request.to_us = START_US + 3 * MINUTE_US;
    snprintf(s.request.cameras[1], sizeof s.request.cameras[1], "yard");
    expect_uncovered(&s, "camera was not asked for");
    snprintf(s.request.cameras[1], sizeof s.request.cameras[1], "quay");
    snprintf(s.request.site, sizeof s.request.site, "elsewhere");
    expect_uncovered(&s, "another site");
    snprintf(s.request.site, sizeof s.request.site, "harbour");
    s.list.entries[2].start_us += 1; // as the desk says, but not as it was sealed
    expect_uncovered(&s, "another camera or time");
    end(&s);
}

// Where a segment ends is nothing that a seal proves: one of long ago, said to last until now, must
// not slip into a request for today.
static void a_stretched_segment_is_refused(void)
{
    struct story s;
    begin(&s);
    s.request.from_us = START_US + SCRIM_REQUEST_LEAD_MAX_US;
    s.request.to_us = s.request.from_us + 30 * MINUTE_US;
    for (size_t i = 0; i < s.list.count; i++)
        s.list.entries[i].end_us = s.request.to_us;
    struct scrim_decision decision;
    write_documents(&s);
    CHECK_INT(decide(&s, 0, &decision, NULL), 0); // a camera whose key frames are rare
    scrim_decision_finish(&decision);
    s.request.from_us += 1;
    expect_uncovered(&s, "more than ten minutes before");
    end(&s);
}

static void an_expired_request_is_not_decided(void)
{
    struct story s;
    struct scrim_decision decision;
    struct scrim_error error = {0};
    begin(&s);
    for (int approve = 0; approve < 2; approve++) {
        struct scrim_decision_choice choice = choice_of(&s, approve, "late");
        choice.at_us = s.request.expires_us;
        CHECK_INT(
            scrim_decision_make(&s.vault, &s.shares[0], &choice, NULL, NULL, &decision, &error),
            SCRIM_ETIMEOUT);
        CHECK_TEXT(error.text, "request 7 has expired");
        choice.at_us--;
        CHECK_INT(
            scrim_decision_make(&s.vault, &s.shares[0], &choice, NULL, NULL, &decision, &error), 0);
        scrim_decision_finish(&decision);
    }
    end(&s);
}

static void a_relabelled_seal_is_refused_before_the_share_is_used(void)
{
    struct story s;
    struct scrim_tdh2 sealed;
    struct scrim_age_stanza stanza = {0};
    struct scrim_decision decision;
    struct scrim_error error = {0};
    struct scrim_buf header;
    begin(&s);
    struct scrim_segment_entry *entry = &s.list.entries[2];
    CHECK_INT(scrim_segment_entry_seal(entry, &sealed, NULL), 0);
    sealed.label.start_utc_us += 1000; // inside the request, but not what was proved
    entry->start_us += 1000;
    CHECK_INT(scrim_tdh2_to_stanza(&sealed, &stanza), 0);
    scrim_buf_init(&header, 4096);
    CHECK_INT(scrim_age_header_write(&stanza, 1, file_key, &header), 0);
    scrim_age_stanza_finish(&stanza);
    free(entry->header);
    entry->header = header.data; // freed with the list
    entry->header_len = header.len;
    write_documents(&s);
    CHECK_INT(decide(&s, 0, &decision, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, entry->file));
    end(&s);
}

static void only_the_present_dealing_counts(void)
{
    struct story s, other;
    struct scrim_decision decision;
    struct scrim_error error = {0};
    begin(&s);
    begin(&other);
    const struct scrim_decision_choice choice = choice_of(&s, true, "");
    CHECK_INT(
        scrim_decision_make(&s.vault, &other.shares[0], &choice, NULL, NULL, &decision, &error),
        SCRIM_EAUTH); // a foreign share
    CHECK_INT(
        scrim_decision_make(&other.vault, &other.shares[0], &choice, NULL, NULL, &decision, &error),
        SCRIM_EAUTH); // a foreign vault
    s.request.vaults[0].dealing[0] ^= 1;
    write_documents(&s);
    CHECK_INT(decide(&s, 0, &decision, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "another dealing"));
    s.shares[0].secret[0] ^= 1; // corrupt
    CHECK_INT(decide(&s, 0, &decision, &error), SCRIM_EAUTH);
    end(&s);
    end(&other);
}

// --- what everybody refuses of a decision ---

static void no_part_of_a_decision_can_be_changed(void)
{
    struct story s;
    struct scrim_decision good;
    struct scrim_error error = {0};
    begin(&s);
    REQUIRE(decide(&s, 0, &good, &error) == 0);
    for (int change = 0; change < 8; change++) {
        struct scrim_decision bad = good;
        uint8_t *partials = good.partials;
        switch (change) {
        case 0: bad.request[0] ^= 1; break;
        case 1: bad.vault[0] ^= 1; break;
        case 2: bad.dealing[0] ^= 1; break;
        case 3: bad.holder = 2; break; // another's name under it
        case 4: bad.approve = false; break;
        case 5: snprintf(bad.reason, sizeof bad.reason, "because"); break;
        case 6: bad.at_us++; break;
        case 7: partials[bad.partials_len - 1] ^= 1; break;
        }
        CHECK_INT(scrim_decision_verify(&s.vault, s.id, &bad, &error), SCRIM_EAUTH);
        if (change == 7)
            partials[bad.partials_len - 1] ^= 1;
    }
    CHECK_INT(scrim_decision_verify(&s.vault, s.id, &good, &error), 0);
    scrim_decision_finish(&good);
    end(&s);
}

static void partials_are_for_one_request_and_one_identity(void)
{
    struct story s;
    struct scrim_decision d;
    struct scrim_partial parts[SEGMENTS + 1];
    begin(&s);
    REQUIRE(decide(&s, 0, &d, NULL) == 0);
    uint8_t id[SCRIM_REQUEST_ID], identity[32];
    memcpy(id, s.id, sizeof id);
    memcpy(identity, s.identity, sizeof identity);
    id[0] ^= 1;
    identity[0] ^= 8;
#define OPEN(identity, id, holder, count) \
    scrim_partials_open(d.partials, d.partials_len, identity, id, holder, parts, count, NULL)
    CHECK_INT(OPEN(s.identity, s.id, 1, SEGMENTS), 0);
    CHECK_INT(OPEN(s.identity, id, 1, SEGMENTS), SCRIM_EAUTH);
    CHECK_INT(OPEN(identity, s.id, 1, SEGMENTS), SCRIM_EAUTH);
    CHECK_INT(OPEN(s.identity, s.id, 2, SEGMENTS), SCRIM_EAUTH);
    CHECK_INT(OPEN(s.identity, s.id, 1, SEGMENTS + 1), SCRIM_EAUTH);
    d.partials_len--; // cut off
    CHECK_INT(OPEN(s.identity, s.id, 1, SEGMENTS), SCRIM_EAUTH);
    scrim_decision_finish(&d);
    end(&s);
}

static void a_lying_part_names_its_holder(void)
{
    struct story s;
    struct scrim_decision d;
    struct scrim_partial parts[SEGMENTS];
    struct scrim_tdh2 sealed;
    struct scrim_error error = {0};
    begin(&s);
    REQUIRE(decide(&s, 2, &d, NULL) == 0);
    CHECK_INT(
        scrim_partials_open(d.partials, d.partials_len, s.identity, s.id, 3, parts, SEGMENTS, NULL),
        0);
    CHECK_INT(scrim_segment_entry_seal(&s.list.entries[0], &sealed, NULL), 0);
    CHECK_INT(scrim_partial_verify(&s.vault, &sealed, s.id, &parts[0], &error), 0);
    CHECK_INT(scrim_partial_verify(&s.vault, &sealed, s.id, &parts[1], &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "cléo"));
    scrim_decision_finish(&d);
    end(&s);
}

// --- a request over a rotation ---

// The last segment is sealed to a younger vault, whose holders have other shares.
struct rotation {
    struct story s;
    struct scrim_vault vaults[2];
    struct scrim_share young[3];
    struct scrim_buf hour_keys;
};

static void rotate(struct rotation *r)
{
    struct story *s = &r->s;
    begin(s);
    r->vaults[0] = s->vault;
    CHECK_INT(scrim_vault_generate(2, 3, names, lines, &r->vaults[1], r->young, NULL), 0);
    s->vault = r->vaults[1];
    add_segment(s, "quay", START_US + SEGMENTS * MINUTE_US);
    s->vault = r->vaults[0];
    s->request.to_us += MINUTE_US;
    memcpy(s->request.vaults[1].id, r->vaults[1].id, SCRIM_VAULT_ID);
    memcpy(s->request.vaults[1].dealing, r->vaults[1].dealing_id, SCRIM_DEALING_ID);
    s->request.vaults_count = 2;
    write_documents(s);
    struct scrim_hour_key_entry entry = {.camera = "quay", .hour = 498611};
    memcpy(entry.key, hour_key, sizeof hour_key);
    scrim_buf_init(&r->hour_keys, 1 << 16);
    CHECK_INT(scrim_hour_keys_seal(s->request.recipient, s->id, &entry, 1, &r->hour_keys, NULL), 0);
}

static int gather(const struct rotation *r, struct scrim_opening_set **ret)
{
    const struct story *s = &r->s;
    const struct scrim_opening_set_setup setup = {.request = s->request_json.data,
                                                  .request_len = s->request_json.len,
                                                  .segments = s->segments_json.data,
                                                  .segments_len = s->segments_json.len,
                                                  .hour_keys = r->hour_keys.data,
                                                  .hour_keys_len = r->hour_keys.len,
                                                  .vaults = r->vaults,
                                                  .vaults_count = 2,
                                                  .identity = s->identity};
    return scrim_opening_set_create(&setup, ret, NULL);
}

static void add_approval(const struct rotation *r, unsigned vault, unsigned holder,
                         struct scrim_opening_set *set)
{
    const struct scrim_decision_choice yes = choice_of(&r->s, true, "");
    const struct scrim_share *shares = vault == 0 ? r->s.shares : r->young;
    struct scrim_decision decision;
    struct scrim_buf json;
    REQUIRE(scrim_decision_make(&r->vaults[vault], &shares[holder], &yes, NULL, NULL, &decision,
                                NULL) == 0);
    scrim_buf_init(&json, SCRIM_DECISION_JSON_MAX);
    CHECK_INT(scrim_decision_write(&decision, &json, NULL), 0);
    CHECK_INT(scrim_opening_set_add(set, json.data, json.len, NULL), 0);
    CHECK_INT(scrim_opening_set_add(set, json.data, json.len, NULL), SCRIM_EINVAL); // twice
    scrim_decision_finish(&decision);
    scrim_buf_finish(&json);
}

static void each_vault_opens_its_own(void)
{
    static struct rotation r;
    struct scrim_opening_set *set;
    uint8_t found[SCRIM_AGE_FILE_KEY];
    rotate(&r);
    REQUIRE(gather(&r, &set) == 0);
    add_approval(&r, 0, 0, set);
    add_approval(&r, 0, 2, set);
    add_approval(&r, 1, 1, set); // one of the younger: its segment stays shut
    for (size_t i = 0; i < SEGMENTS; i++) {
        CHECK_INT(scrim_opening_set_key(set, i, found, NULL), 0);
        CHECK(memcmp(found, file_key, sizeof found) == 0);
    }
    CHECK_INT(scrim_opening_set_key(set, SEGMENTS, found, NULL), SCRIM_EACCESS);
    add_approval(&r, 1, 2, set);
    CHECK_INT(scrim_opening_set_key(set, SEGMENTS, found, NULL), 0);
    CHECK(memcmp(found, file_key, sizeof found) == 0);
    scrim_opening_set_destroy(set);
    r.vaults[1].dealing_id[0] ^= 1; // of another dealing than the request names
    CHECK_INT(gather(&r, &set), SCRIM_EAUTH);
    scrim_buf_finish(&r.hour_keys);
    end(&r.s);
}

// A segment may be sealed to no vault but those that the request names.
static void a_segment_of_an_unnamed_vault_is_refused(void)
{
    static struct rotation r;
    struct scrim_decision decision;
    struct scrim_error error = {0};
    rotate(&r);
    r.s.request.vaults_count = 1;
    write_documents(&r.s);
    CHECK_INT(decide(&r.s, 0, &decision, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "a vault that the request does not name"));
    scrim_buf_finish(&r.hour_keys);
    end(&r.s);
}

static void a_refusal_needs_a_reason(void)
{
    struct story s;
    struct scrim_decision d;
    struct scrim_error error = {0};
    begin(&s);
    const struct scrim_decision_choice blank = choice_of(&s, false, " \n");
    CHECK_INT(scrim_decision_make(&s.vault, &s.shares[0], &blank, NULL, NULL, &d, &error),
              SCRIM_EINVAL);
    end(&s);
}

// Each byte of each document turned over: refused, or (white space, say) read as the same.
static void damaged_documents(void)
{
    struct story s;
    struct scrim_request request;
    struct scrim_segment_list list;
    begin(&s);
    for (size_t i = 0; i < s.request_json.len - 1; i++) {
        s.request_json.data[i] ^= 0x80; // no longer UTF-8, or no longer what it was
        CHECK_INT(scrim_request_parse(s.request_json.data, s.request_json.len, &request, NULL),
                  SCRIM_EFORMAT);
        s.request_json.data[i] ^= 0x80;
        CHECK_INT(scrim_request_parse(s.request_json.data, i, &request, NULL), SCRIM_EFORMAT);
    }
    for (size_t i = 0; i < s.segments_json.len - 1; i += 7)
        CHECK_INT(scrim_segment_list_parse(s.segments_json.data, i, &list, NULL), SCRIM_EFORMAT);
    end(&s);
}

static void requests_that_make_no_sense(void)
{
    struct story s;
    begin(&s);
    for (int change = 0; change < 10; change++) {
        struct scrim_request bad = s.request;
        switch (change) {
        case 0: bad.cameras_count = 0; break;
        case 1: snprintf(bad.cameras[0], sizeof bad.cameras[0], "zoo"); break; // out of order
        case 2: bad.to_us = bad.from_us; break;
        case 3: bad.to_us = bad.from_us + SCRIM_REQUEST_SPAN_MAX_US + 1; break;
        case 4: snprintf(bad.purpose, sizeof bad.purpose, "curiosity"); break;
        case 5: bad.expires_us = bad.created_us; break;
        case 6: bad.view_s = 59; break;
        case 7: bad.recipient[9] = bad.recipient[9] == 'q' ? 'p' : 'q'; break;
        case 8: bad.number = 0; break;
        case 9: bad.reason[0] = '\xff'; break;
        }
        CHECK_INT(scrim_request_write(&bad, &s.request_json, NULL), SCRIM_EINVAL);
    }
    end(&s);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    static const struct test tests[] = {
        {"any two of three open, one does not", any_two_open},
        {"documents read back as they were", documents_read_back},
        {"hour keys reach the requester alone", hour_keys_reach_the_requester_alone},
        {"an altered request is not the one agreed to",
         an_altered_request_is_not_the_one_agreed_to},
        {"a list that was changed is refused", a_list_that_was_changed_is_refused},
        {"a segment outside the request is refused", a_segment_outside_the_request_is_refused},
        {"a stretched segment is refused", a_stretched_segment_is_refused},
        {"an expired request is not decided", an_expired_request_is_not_decided},
        {"a relabelled seal is refused before the share is used",
         a_relabelled_seal_is_refused_before_the_share_is_used},
        {"only the present dealing counts", only_the_present_dealing_counts},
        {"no part of a decision can be changed", no_part_of_a_decision_can_be_changed},
        {"partials are for one request and one identity",
         partials_are_for_one_request_and_one_identity},
        {"a lying part names its holder", a_lying_part_names_its_holder},
        {"each vault opens its own", each_vault_opens_its_own},
        {"a segment of an unnamed vault is refused", a_segment_of_an_unnamed_vault_is_refused},
        {"a refusal needs a reason", a_refusal_needs_a_reason},
        {"damaged documents", damaged_documents},
        {"requests that make no sense", requests_that_make_no_sense},
        {0},
    };
    return test_run(argc, argv, tests);
}
