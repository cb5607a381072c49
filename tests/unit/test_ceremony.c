// What a ceremony makes: new dealings of the same vault, proofs of test openings, transcripts,
// pages, and how one dealing takes the place of another on disk. Resharing is compared with an
// independent implementation in tests/verify/reshare.py.
#include "base/fault.h"
#include "base/fs.h"
#include "vault/ceremony.h"
#include "vault/paper.h"
#include "vault/reshare_impl.h"
#include "vault/succession.h"
#include "vault/tdh2_impl.h"
#include "vault/test_opening.h"
#include "vault/vault_set.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/wait.h>

#include "test.h"

#define NOW_US INT64_C(1795000000123456)

static const char *const names[] = {"anna", "ben", "cléo", "dora", "emil"};
static const char *const others[] = {"anna", "ben", "fritz", "gerd", "hana"};
static const char *const lines[] = {"port", "town", "town", "", "port"};
static const uint8_t file_key[SCRIM_AGE_FILE_KEY] = "YELLOW SUBMARINE";
static const uint8_t hour_key[SCRIM_HOUR_KEY] = {1, 2, 3};
static const uint8_t request_id[SCRIM_REQUEST_ID] = {4, 5, 6};

// A vault, the next dealing of it, and what was sealed to it before.
struct scene {
    struct scrim_vault vault, next;
    struct scrim_share shares[5], fresh[5];
    struct scrim_reshare_deal deals[5];
    struct scrim_tdh2 sealed;
};

static void seal(struct scene *scene)
{
    static const struct scrim_vault_label label = {
        .site = "harbour", .camera = "quay", .start_utc_us = NOW_US, .hour = 498611};
    struct scrim_age_stanza stanza = {0};
    CHECK_INT(scrim_tdh2_wrap(&scene->vault, &label, hour_key, file_key, &stanza), 0);
    CHECK_INT(scrim_tdh2_parse(&stanza, &scene->sealed, NULL), 0);
    scrim_age_stanza_finish(&stanza);
}

static void set(struct scene *scene, unsigned k, unsigned n)
{
    struct scrim_error error = {0};
    CHECK_INT(scrim_vault_generate(k, n, names, lines, &scene->vault, scene->shares, &error), 0);
    seal(scene);
}

static void refresh(struct scene *scene, const unsigned *who, size_t count, unsigned k, unsigned n)
{
    struct scrim_share some[5];
    struct scrim_error error = {0};
    for (size_t i = 0; i < count; i++)
        some[i] = scene->shares[who[i]];
    CHECK_INT(scrim_vault_reshare(&scene->vault, some, count, k, n, others, lines, &scene->next,
                                  scene->fresh, scene->deals, &error),
              0);
    CHECK_TEXT(error.text, "");
}

// Opens what was sealed, by shares of this dealing; each must be accepted.
static int open_by(const struct scene *scene, const struct scrim_vault *vault,
                   const struct scrim_share *const *shares, size_t count)
{
    struct scrim_partial partials[5];
    uint8_t found[SCRIM_AGE_FILE_KEY];
    for (size_t i = 0; i < count; i++) {
        const int result =
            scrim_tdh2_partial(vault, shares[i], &scene->sealed, request_id, &partials[i], NULL);
        if (result < 0)
            return result;
    }
    const int result = scrim_tdh2_combine(vault, &scene->sealed, request_id, partials, count,
                                          hour_key, found, NULL);
    if (result >= 0)
        CHECK(memcmp(found, file_key, sizeof found) == 0);
    return result;
}

// --- resharing ---

static void every_subset_opens(void)
{
    static const struct {
        unsigned k, n, next_k, next_n;
    } sizes[] = {{2, 3, 2, 3}, {3, 5, 3, 5}, {3, 5, 2, 4}, {2, 4, 4, 5}, {2, 2, 2, 5}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct scene scene;
        static const unsigned who[] = {1, 0, 4, 3, 2}; // any, in any order
        unsigned old[5];
        size_t old_count = 0;
        set(&scene, sizes[s].k, sizes[s].n);
        for (size_t i = 0; i < 5 && old_count < sizes[s].k; i++)
            if (who[i] < sizes[s].n)
                old[old_count++] = who[i];
        refresh(&scene, old, old_count, sizes[s].next_k, sizes[s].next_n);
        CHECK(memcmp(scene.next.id, scene.vault.id, SCRIM_VAULT_ID) == 0);
        CHECK(memcmp(scene.next.public_key, scene.vault.public_key, 32) == 0);
        CHECK(memcmp(scene.next.dealing_id, scene.vault.dealing_id, 32) != 0);
        CHECK_INT(scene.next.dealing, 2);
        CHECK_INT(scrim_vault_validate(&scene.next, NULL), 0);
        for (unsigned subset = 0; subset < 1U << sizes[s].next_n; subset++) {
            const struct scrim_share *some[5];
            size_t count = 0;
            for (unsigned j = 0; j < sizes[s].next_n; j++)
                if (subset >> j & 1)
                    some[count++] = &scene.fresh[j];
            CHECK_INT(open_by(&scene, &scene.next, some, count),
                      count >= sizes[s].next_k ? 0 : SCRIM_EACCESS);
        }
    }
}

static void old_and_new_do_not_mix(void)
{
    struct scene scene;
    set(&scene, 2, 3);
    refresh(&scene, (const unsigned[]){0, 2}, 2, 2, 3);
    // An old share is refused by name, also in a new one's clothes.
    struct scrim_error error = {0};
    CHECK_INT(scrim_share_check(&scene.next, &scene.shares[0], &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "dealing 2"));
    CHECK_INT(scrim_share_check(&scene.vault, &scene.fresh[0], NULL), SCRIM_EAUTH);
    // Whatever checks are left out, points of two polynomials do not give the secret.
    for (unsigned a = 0; a < 3; a++)
        for (unsigned b = 0; b < 3; b++) {
            if (a == b)
                continue;
            struct scrim_partial partials[2];
            uint8_t found[SCRIM_AGE_FILE_KEY], t[SCALAR_BYTES] = {7};
            struct scrim_vault forged = scene.next;
            memcpy(forged.verify_keys[a], scene.vault.verify_keys[a], 32);
            CHECK_INT(scrim_tdh2_partial_with(&forged, &scene.shares[a], &scene.sealed, request_id,
                                              t, &partials[0]),
                      0);
            CHECK_INT(scrim_tdh2_partial_with(&forged, &scene.fresh[b], &scene.sealed, request_id,
                                              t, &partials[1]),
                      0);
            CHECK_INT(scrim_tdh2_combine(&forged, &scene.sealed, request_id, partials, 2, hour_key,
                                         found, NULL),
                      SCRIM_EAUTH);
        }
}

static void fewer_than_k_cannot_refresh(void)
{
    struct scene scene;
    struct scrim_error error = {0};
    set(&scene, 3, 5);
    CHECK_INT(scrim_vault_reshare(&scene.vault, scene.shares, 2, 2, 3, others, lines, &scene.next,
                                  scene.fresh, scene.deals, &error),
              SCRIM_EACCESS);
    CHECK_TEXT(error.text, "3 holders must agree, only 2 did");
    const struct scrim_share twice[] = {scene.shares[0], scene.shares[1], scene.shares[0]};
    CHECK_INT(scrim_vault_reshare(&scene.vault, twice, 3, 2, 3, others, lines, &scene.next,
                                  scene.fresh, scene.deals, &error),
              SCRIM_EINVAL);
    CHECK_TEXT(error.text, "holder 1 (anna) is given twice");
    struct scrim_share foreign[] = {scene.shares[0], scene.shares[1], scene.shares[2]};
    foreign[2].secret[0] ^= 1;
    CHECK_INT(scrim_vault_reshare(&scene.vault, foreign, 3, 2, 3, others, lines, &scene.next,
                                  scene.fresh, scene.deals, &error),
              SCRIM_EAUTH);
    CHECK(strstr(error.text, "cléo"));
    static const struct {
        unsigned k, n;
    } bad[] = {{1, 3}, {4, 3}, {2, 0}, {2, 65}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(scrim_vault_reshare(&scene.vault, scene.shares, 3, bad[i].k, bad[i].n, others,
                                      lines, &scene.next, scene.fresh, scene.deals, &error),
                  SCRIM_EINVAL);
}

static void a_lying_old_holder_is_named(void)
{
    struct scene scene;
    struct scrim_reshare_deal deal;
    struct scrim_error error = {0};
    uint8_t parts[4][SCALAR_BYTES];
    set(&scene, 2, 3);
    CHECK_INT(scrim_reshare_deal(&scene.vault, &scene.shares[1], 3, 4, &deal, parts, &error), 0);
    for (unsigned j = 0; j < 4; j++)
        CHECK_INT(scrim_reshare_verify(&scene.vault, &deal, j + 1, parts[j], &error), 0);
    // A part that is another's, or is changed.
    CHECK_INT(scrim_reshare_verify(&scene.vault, &deal, 2, parts[0], &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "holder 2 (ben) for new holder 2"));
    // Commitments to something else than the share: to 0, which would keep the secret as it is.
    struct scrim_reshare_deal other = deal;
    memcpy(other.commitments[0], scene.vault.verify_keys[0], 32);
    CHECK_INT(scrim_reshare_verify(&scene.vault, &other, 1, parts[0], &error), SCRIM_EAUTH);
    CHECK_TEXT(error.text, "what holder 2 (ben) shares is not their share");
    // Under another's name.
    other = deal;
    other.holder = 3;
    CHECK_INT(scrim_reshare_verify(&scene.vault, &other, 1, parts[0], &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "cléo"));
    other.holder = 4;
    CHECK_INT(scrim_reshare_verify(&scene.vault, &other, 1, parts[0], &error), SCRIM_EINVAL);
    // A commitment that is no point, and one that is the identity.
    other = deal;
    memset(other.commitments[2], 0xff, 32);
    CHECK_INT(scrim_reshare_verify(&scene.vault, &other, 1, parts[0], &error), SCRIM_EAUTH);
    memset(other.commitments[2], 0, 32);
    CHECK_INT(scrim_reshare_verify(&scene.vault, &other, 1, parts[0], &error), SCRIM_EAUTH);
}

static void a_refresh_is_checked_from_outside(void)
{
    struct scene scene, stranger;
    set(&scene, 2, 3);
    refresh(&scene, (const unsigned[]){0, 2}, 2, 2, 4);
    CHECK_INT(scrim_reshare_check(&scene.vault, scene.deals, 2, &scene.next, NULL), 0);
    CHECK_INT(scrim_reshare_check(&scene.vault, scene.deals, 1, &scene.next, NULL), SCRIM_EACCESS);
    set(&stranger, 2, 3);
    refresh(&stranger, (const unsigned[]){0, 2}, 2, 2, 4);
    CHECK_INT(scrim_reshare_check(&scene.vault, stranger.deals, 2, &stranger.next, NULL),
              SCRIM_EAUTH);
    // Other commitments than the deals make: new shares of the same secret that nobody vouches for.
    struct scene again = scene;
    refresh(&again, (const unsigned[]){0, 1}, 2, 2, 4);
    CHECK_INT(scrim_reshare_check(&scene.vault, scene.deals, 2, &again.next, NULL), SCRIM_EAUTH);
    again.next = scene.next;
    again.next.dealing = 3;
    CHECK_INT(scrim_reshare_check(&scene.vault, scene.deals, 2, &again.next, NULL), SCRIM_EAUTH);
}

static void ten_dealings_later(void)
{
    struct scene scene;
    set(&scene, 3, 5);
    for (unsigned i = 0; i < 10; i++) {
        refresh(&scene, (const unsigned[]){i % 5, (i + 1) % 5, (i + 3) % 5}, 3, 3, 5);
        scene.vault = scene.next;
        memcpy(scene.shares, scene.fresh, sizeof scene.shares);
    }
    const struct scrim_share *some[] = {&scene.shares[4], &scene.shares[1], &scene.shares[2]};
    CHECK_INT(scene.vault.dealing, 11);
    CHECK_INT(open_by(&scene, &scene.vault, some, 3), 0);
}

// --- test openings ---

static void a_test_opening_is_seen_by_all(void)
{
    struct scene scene;
    struct scrim_test_opening proof, again;
    struct scrim_buf bytes;
    set(&scene, 2, 3);
    const struct scrim_share two[] = {scene.shares[2], scene.shares[0]};
    CHECK_INT(scrim_test_opening_make(&scene.vault, two, 2, NOW_US, &proof, NULL), 0);
    CHECK_INT(scrim_test_opening_verify(&scene.vault, &proof, NULL), 0);
    scrim_buf_init(&bytes, SCRIM_VAULT_TEST_MAX);
    CHECK_INT(scrim_test_opening_write(&proof, &bytes), 0);
    CHECK_INT(scrim_test_opening_parse(bytes.data, bytes.len, &again, NULL), 0);
    CHECK_INT(scrim_test_opening_verify(&scene.vault, &again, NULL), 0);
    // Any byte changed: refused, or white space.
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.data[i] ^= 1;
        if (scrim_test_opening_parse(bytes.data, bytes.len, &again, NULL) >= 0 &&
            scrim_test_opening_verify(&scene.vault, &again, NULL) >= 0)
            CHECK(strchr(" !\n\v", bytes.data[i]));
        bytes.data[i] ^= 1;
    }
    scrim_buf_finish(&bytes);
}

static void what_is_no_test_opening(void)
{
    struct scene scene, stranger;
    struct scrim_test_opening proof;
    struct scrim_error error = {0};
    set(&scene, 2, 3);
    set(&stranger, 2, 3);
    refresh(&scene, (const unsigned[]){0, 2}, 2, 2, 3);
    CHECK_INT(scrim_test_opening_make(&scene.vault, scene.shares, 1, NOW_US, &proof, &error),
              SCRIM_EACCESS);
    const struct scrim_share wrong[] = {scene.shares[0], stranger.shares[1]};
    CHECK_INT(scrim_test_opening_make(&scene.vault, wrong, 2, NOW_US, &proof, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "ben"));
    const struct scrim_share mixed[] = {scene.shares[0], scene.fresh[1]};
    CHECK_INT(scrim_test_opening_make(&scene.vault, mixed, 2, NOW_US, &proof, NULL), SCRIM_EAUTH);
    const struct scrim_share twice[] = {scene.shares[0], scene.shares[0]};
    CHECK_INT(scrim_test_opening_make(&scene.vault, twice, 2, NOW_US, &proof, NULL), SCRIM_EINVAL);
    CHECK_INT(scrim_test_opening_make(&scene.vault, scene.shares, 3, NOW_US, &proof, NULL), 0);
    CHECK_INT(scrim_test_opening_verify(&stranger.vault, &proof, &error), SCRIM_EAUTH);
    CHECK_TEXT(error.text, "it is of another vault");
    CHECK_INT(scrim_test_opening_verify(&scene.next, &proof, &error), SCRIM_EAUTH);
    CHECK_TEXT(error.text, "it is of another dealing of this vault");
    // Fewer of its parts, and its time: what the parts are bound to.
    struct scrim_test_opening changed = proof;
    changed.partials_count = 1;
    CHECK_INT(scrim_test_opening_verify(&scene.vault, &changed, NULL), SCRIM_EACCESS);
    changed = proof;
    changed.at_us++;
    CHECK_INT(scrim_test_opening_verify(&scene.vault, &changed, NULL), SCRIM_EAUTH);
    // A dealing that passes itself off as the one that was tested.
    struct scrim_vault forged = scene.next;
    memcpy(forged.dealing_id, scene.vault.dealing_id, sizeof forged.dealing_id);
    CHECK_INT(scrim_test_opening_verify(&forged, &proof, NULL), SCRIM_EAUTH);
}

// --- paper ---

static void pages_are_read_back(void)
{
    struct scene scene;
    char text[SCRIM_PAPER_TEXT], typed[2 * SCRIM_PAPER_TEXT];
    struct scrim_paper paper;
    struct scrim_share share;
    struct scrim_error error = {0};
    set(&scene, 2, 3);
    CHECK_INT(scrim_paper_write(&scene.vault, &scene.shares[1], text, &error), 0);
    CHECK(strncmp(text, "SCRIM-SHARE-1", 13) == 0 && strlen(text) == SCRIM_PAPER_TEXT - 1);
    size_t count = 0;
    for (size_t i = 0; text[i]; i++) {
        typed[count++] = (char)(i % 2 && text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
        if (i % 4 == 3)
            typed[count++] = i % 8 == 7 ? '\n' : ' ';
    }
    CHECK_INT(scrim_paper_read(typed, count, &paper, &error), 0);
    CHECK_INT(scrim_paper_share(&paper, &scene.vault, &share, &error), 0);
    CHECK(memcmp(&share, &scene.shares[1], sizeof share) == 0);
    refresh(&scene, (const unsigned[]){0, 2}, 2, 2, 3);
    CHECK_INT(scrim_paper_share(&paper, &scene.next, &share, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "refreshed since"));
    set(&scene, 2, 3);
    CHECK_INT(scrim_paper_share(&paper, &scene.vault, &share, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "another vault"));
    CHECK_INT(scrim_paper_write(&scene.next, &scene.shares[1], text, &error), SCRIM_EAUTH);
}

static void slips_of_the_pen(void)
{
    static const char all[] = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LBIO1-?";
    struct scene scene;
    char text[SCRIM_PAPER_TEXT + 1], wrong[SCRIM_PAPER_TEXT + 1];
    struct scrim_paper paper;
    set(&scene, 2, 3);
    CHECK_INT(scrim_paper_write(&scene.vault, &scene.shares[0], text, NULL), 0);
    const size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        memcpy(wrong, text, length + 1);
        for (const char *c = all; *c; c++) { // any other character
            wrong[i] = *c;
            CHECK_INT(scrim_paper_read(wrong, length, &paper, NULL),
                      *c == text[i] ? 0 : SCRIM_EFORMAT);
        }
        memcpy(wrong, text, length + 1);
        if (i + 1 < length && text[i] != text[i + 1]) { // two neighbours swapped
            wrong[i] = text[i + 1];
            wrong[i + 1] = text[i];
            CHECK_INT(scrim_paper_read(wrong, length, &paper, NULL), SCRIM_EFORMAT);
        }
        memcpy(wrong, text, i); // one left out
        memcpy(wrong + i, text + i + 1, length - i);
        CHECK_INT(scrim_paper_read(wrong, length - 1, &paper, NULL), SCRIM_EFORMAT);
        memcpy(wrong, text, i + 1); // one twice
        memcpy(wrong + i + 1, text + i, length - i);
        CHECK_INT(scrim_paper_read(wrong, length + 1, &paper, NULL), SCRIM_EFORMAT);
    }
    CHECK_INT(scrim_paper_read("", 0, &paper, NULL), SCRIM_EFORMAT);
}

// --- on disk ---

static void render(struct scene *scene, enum scrim_ceremony_kind kind,
                   const struct scrim_vault *vault, const struct scrim_share *shares,
                   struct scrim_buf *transcript, struct scrim_buf *proof)
{
    static struct scrim_ceremony ceremony;
    static struct scrim_test_opening opening;
    ceremony = (struct scrim_ceremony){
        .kind = kind, .who = "clerk", .program = "scrim test", .at_us = NOW_US, .vault = *vault};
    if (kind == SCRIM_CEREMONY_REFRESH) {
        ceremony.deals_count = scene->vault.threshold;
        memcpy(ceremony.deals, scene->deals, sizeof scene->deals);
    }
    if (kind != SCRIM_CEREMONY_INIT)
        memcpy(ceremony.before_vault, scene->vault.id, SCRIM_VAULT_ID);
    scrim_buf_init(transcript, SCRIM_VAULT_TRANSCRIPT_MAX);
    scrim_buf_init(proof, SCRIM_VAULT_TEST_MAX);
    CHECK_INT(scrim_ceremony_write(&ceremony, transcript), 0);
    CHECK_INT(scrim_test_opening_make(vault, shares, vault->threshold, NOW_US, &opening, NULL), 0);
    CHECK_INT(scrim_test_opening_write(&opening, proof), 0);
}

static int take(struct scene *scene, enum scrim_ceremony_kind kind, const struct scrim_vault *vault,
                const struct scrim_share *shares, const char *state, struct scrim_error *error)
{
    struct scrim_buf transcript, proof;
    render(scene, kind, vault, shares, &transcript, &proof);
    const struct scrim_succession next = {
        .vault = vault, .transcript = &transcript, .proof = &proof};
    const int result = scrim_succession_take(state, &next, error);
    scrim_buf_finish(&transcript);
    scrim_buf_finish(&proof);
    return result;
}

// What a program that reads the site sees: one whole dealing, proven, with its transcript.
static unsigned dealing_seen(const char *state, const struct scene *scene)
{
    static struct scrim_ceremony ceremony;
    struct scrim_vault_set *set;
    uint8_t digest[32];
    struct scrim_error error = {0};
    if (scrim_vault_set_load(state, &set, &error) < 0) {
        printf("  %s\n", error.text);
        return 0;
    }
    const struct scrim_vault vault = *scrim_vault_set_at(set, 0);
    scrim_vault_set_destroy(set);
    CHECK_INT(scrim_test_opening_find(state, "DIR", &vault, NULL, &error), 0);
    CHECK_INT(scrim_ceremony_find(state, &vault, &ceremony, digest, &error), 0);
    CHECK(memcmp(vault.dealing_id, scene->vault.dealing_id, 32) == 0 ||
          memcmp(vault.dealing_id, scene->next.dealing_id, 32) == 0);
    return memcmp(vault.dealing_id, scene->next.dealing_id, 32) == 0 ? 2 : 1;
}

static void one_dealing_after_another(void)
{
    struct scene scene, other;
    struct scrim_error error = {0};
    struct scrim_vault_set *vaults;
    char state[256];
    set(&scene, 2, 3);
    refresh(&scene, (const unsigned[]){0, 2}, 2, 2, 3);
    set(&other, 2, 3);
    test_make_dir(state);
    CHECK_INT(take(&scene, SCRIM_CEREMONY_INIT, &scene.vault, scene.shares, state, &error), 0);
    CHECK_INT(dealing_seen(state, &scene), 1);
    // The same again, and one that leaves a dealing out.
    CHECK_INT(take(&scene, SCRIM_CEREMONY_INIT, &scene.vault, scene.shares, state, &error),
              SCRIM_ECONFLICT);
    CHECK_INT(take(&scene, SCRIM_CEREMONY_REFRESH, &scene.next, scene.fresh, state, &error), 0);
    CHECK_INT(dealing_seen(state, &scene), 2);
    CHECK_INT(take(&other, SCRIM_CEREMONY_ROTATE, &other.vault, other.shares, state, &error), 0);
    CHECK_INT(scrim_vault_set_load(state, &vaults, &error), 0);
    CHECK_INT(scrim_vault_set_count(vaults), 2); // older dealings are not among them
    const struct scrim_vault *before = scrim_vault_set_find(vaults, scene.vault.id);
    CHECK(before && before->dealing == 2);
    CHECK(scrim_vault_set_find(vaults, other.vault.id) == scrim_vault_set_at(vaults, 0));
    CHECK(!scrim_vault_set_find(vaults, (const uint8_t[SCRIM_VAULT_ID]){0}));
    scrim_vault_set_destroy(vaults);
    CHECK_INT(take(&scene, SCRIM_CEREMONY_ROTATE, &scene.next, scene.fresh, state, &error),
              SCRIM_ECONFLICT);
    CHECK(strstr(error.text, "does not come back"));
    test_remove_dir(state);
}

static void no_vault_after_another_without_proof(void)
{
    struct scene scene;
    struct scrim_error error = {0};
    struct scrim_buf transcript, proof;
    char state[256];
    set(&scene, 2, 3);
    refresh(&scene, (const unsigned[]){0, 2}, 2, 2, 3);
    test_make_dir(state);
    CHECK_INT(take(&scene, SCRIM_CEREMONY_INIT, &scene.vault, scene.shares, state, &error), 0);
    render(&scene, SCRIM_CEREMONY_REFRESH, &scene.next, scene.fresh, &transcript, &proof);
    const struct scrim_succession next = {.vault = &scene.next, .transcript = &transcript};
    CHECK_INT(scrim_succession_take(state, &next, &error), SCRIM_EINVAL);
    CHECK_INT(dealing_seen(state, &scene), 1);
    scrim_buf_finish(&transcript);
    scrim_buf_finish(&proof);
    test_remove_dir(state);
}

struct cut {
    unsigned left; // operations until then
    bool kill;     // the process ends there; else that one fails
};

static int cut_off(void *context, enum scrim_fault_op op, const char *what)
{
    struct cut *cut = context;
    (void)what;
    if (op == SCRIM_FAULT_ALLOC || cut->left == 0 || --cut->left > 0)
        return 0;
    if (cut->kill)
        _exit(9);
    return EIO;
}

// One refresh that is cut off at its `nth` operation on files. What is left is the old dealing or
// the new one, and the next ceremony goes on from it. True if nothing was cut off.
static bool refresh_cut_off(struct scene *scene, unsigned nth, bool kill, unsigned seen[3])
{
    char state[256];
    int status = 0;
    struct scrim_error error = {0};
    struct cut cut = {.left = nth, .kill = kill};
    test_make_dir(state);
    CHECK_INT(take(scene, SCRIM_CEREMONY_INIT, &scene->vault, scene->shares, state, &error), 0);
    const pid_t child = fork();
    if (child == 0) {
        scrim_fault_set(cut_off, &cut);
        const int result =
            take(scene, SCRIM_CEREMONY_REFRESH, &scene->next, scene->fresh, state, NULL);
        _exit(cut.left > 0 ? 77 : result < 0);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    const bool whole = WEXITSTATUS(status) == 77;
    const unsigned dealing = dealing_seen(state, scene);
    seen[dealing]++;
    const int lock = scrim_succession_lock(state, &error);
    CHECK(lock >= 0);
    close(lock);
    CHECK_INT(dealing_seen(state, scene), dealing);
    if (dealing == 1)
        CHECK_INT(take(scene, SCRIM_CEREMONY_REFRESH, &scene->next, scene->fresh, state, &error),
                  0);
    CHECK_INT(dealing_seen(state, scene), 2);
    test_remove_dir(state);
    return whole;
}

static void whatever_is_cut_off(void)
{
    struct scene scene;
    set(&scene, 2, 3);
    refresh(&scene, (const unsigned[]){0, 2}, 2, 2, 3);
    for (int kill = 0; kill < 2; kill++) {
        unsigned seen[3] = {0};
        for (unsigned nth = 1; !refresh_cut_off(&scene, nth, kill, seen); nth++)
            ;
        CHECK(seen[0] == 0 && seen[1] > 10 && seen[2] > 1);
    }
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(
        argc, argv,
        (struct test[]){
            {"reshare: any k of the new holders open, fewer do not", every_subset_opens},
            {"reshare: old and new shares do not go together", old_and_new_do_not_mix},
            {"reshare: fewer than k, one twice, a foreign one", fewer_than_k_cannot_refresh},
            {"reshare: an old holder who lies is named", a_lying_old_holder_is_named},
            {"reshare: checked with public facts alone", a_refresh_is_checked_from_outside},
            {"reshare: ten dealings later", ten_dealings_later},
            {"test opening: anybody can check it, and any change shows",
             a_test_opening_is_seen_by_all},
            {"test opening: of another vault, dealing, share", what_is_no_test_opening},
            {"paper: a page is read back, however it is typed", pages_are_read_back},
            {"paper: every slip of one character is noticed", slips_of_the_pen},
            {"succession: refresh, rotate, and what does not follow", one_dealing_after_another},
            {"succession: nothing untested takes a vault's place",
             no_vault_after_another_without_proof},
            {"succession: cut off at any write, old or new is whole", whatever_is_cut_off},
            {0}});
}
