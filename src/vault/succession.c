#include "vault/succession.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "vault/ceremony.h"
#include "vault/test_opening.h"
#include "vault/vault_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MODE 0644
#define NEXT_VAULT "vault.next"
#define NAME_MAX_TEXT (SCRIM_VAULT_ID_TEXT + 64)

static int path_in(const char *state, const char *name, char ret[SCRIM_PATH_MAX],
                   struct scrim_error *error)
{
    return scrim_path_join(ret, state, name) < 0
               ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", state)
               : SCRIM_OK;
}

static int put(const char *state, const char *name, const struct scrim_buf *content,
               struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    const int result = path_in(state, name, path, error);
    return result < 0 ? result
                      : scrim_fs_replace(path, content->data, content->len, FILE_MODE, error);
}

// --- what a crash left ---

// Whether a waiting file belongs to the dealing that is there.
typedef bool (*fits_fn)(const struct scrim_vault *vault, const struct scrim_buf *content);

static bool proof_fits(const struct scrim_vault *vault, const struct scrim_buf *content)
{
    struct scrim_test_opening proof;
    return scrim_test_opening_parse(content->data, content->len, &proof, NULL) >= 0 &&
           scrim_test_opening_verify(vault, &proof, NULL) >= 0;
}

static bool transcript_fits(const struct scrim_vault *vault, const struct scrim_buf *content)
{
    struct scrim_ceremony *ceremony = scrim_new(struct scrim_ceremony);
    const bool fits =
        scrim_ceremony_parse(content->data, content->len, ceremony, NULL) >= 0 &&
        memcmp(ceremony->vault.dealing_id, vault->dealing_id, sizeof vault->dealing_id) == 0;
    free(ceremony);
    return fits;
}

// To its place if it fits, else away. One that cannot be read stays: it may be all there is.
static int settle_one(const char *state, const char *waiting, const char *place,
                      const struct scrim_vault *present, fits_fn fits, struct scrim_error *error)
{
    char from[SCRIM_PATH_MAX], to[SCRIM_PATH_MAX];
    struct scrim_buf content;
    int result = path_in(state, waiting, from, error);
    if (result >= 0)
        result = path_in(state, place, to, error);
    if (result < 0 || access(from, F_OK) < 0)
        return result;
    scrim_buf_init(&content, SCRIM_VAULT_TRANSCRIPT_MAX);
    result = scrim_fs_read(from, &content, error);
    if (result >= 0)
        result = present && fits(present, &content) ? scrim_fs_rename(from, to, error)
                                                    : scrim_fs_unlink(from, error);
    scrim_buf_finish(&content);
    return result;
}

static bool never_fits(const struct scrim_vault *vault, const struct scrim_buf *content)
{
    (void)vault;
    (void)content;
    return false;
}

// NULL for `present`: there is no vault, so nothing that waits is worth anything.
static int settle(const char *state, const struct scrim_vault *present, struct scrim_error *error)
{
    int result =
        settle_one(state, SCRIM_VAULT_TEST_NEXT, SCRIM_VAULT_TEST_FILE, present, proof_fits, error);
    if (result >= 0)
        result = settle_one(state, SCRIM_VAULT_TRANSCRIPT_NEXT, SCRIM_VAULT_TRANSCRIPT_FILE,
                            present, transcript_fits, error);
    if (result >= 0)
        result = settle_one(state, NEXT_VAULT, SCRIM_VAULT_FILE, present, never_fits, error);
    return result < 0 ? result : scrim_fs_sync_dir(state, error);
}

// *ret_any is false if there is none.
static int load_present(const char *state, struct scrim_vault *ret, bool *ret_any,
                        struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int result = path_in(state, SCRIM_VAULT_FILE, path, error);
    if (result >= 0)
        result = scrim_vault_load(path, ret, error);
    *ret_any = result >= 0;
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}

int scrim_succession_lock(const char *state, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_vault *present = scrim_new(struct scrim_vault);
    bool any;
    int lock = -1;
    int result = path_in(state, "vault.lock", path, error);
    if (result >= 0)
        result = lock = scrim_fs_lock(path, error);
    if (result >= 0)
        result = load_present(state, present, &any, error);
    if (result >= 0)
        result = settle(state, any ? present : NULL, error);
    free(present);
    if (result < 0)
        scrim_close_fd(&lock);
    return result < 0 ? result : lock;
}

// --- keeping what was there ---

static int keep_one(const char *state, const char *name, const char *stem, const char *end,
                    struct scrim_error *error)
{
    char from[SCRIM_PATH_MAX], kept[NAME_MAX_TEXT];
    struct scrim_buf content;
    snprintf(kept, sizeof kept, SCRIM_VAULTS_DIR "/%s%s.json", stem, end);
    scrim_buf_init(&content, SCRIM_VAULT_TRANSCRIPT_MAX);
    int result = path_in(state, name, from, error);
    if (result >= 0)
        result = scrim_fs_read(from, &content, error);
    const bool absent = result == SCRIM_ENOENT; // one that was never tested has no proof
    if (result >= 0)
        result = put(state, kept, &content, error);
    scrim_buf_finish(&content);
    return absent ? SCRIM_OK : result;
}

static int keep_present(const char *state, const struct scrim_vault *present, bool same_vault,
                        struct scrim_error *error)
{
    char id[SCRIM_VAULT_ID_TEXT], stem[NAME_MAX_TEXT], directory[SCRIM_PATH_MAX];
    scrim_vault_id_text(present->id, id);
    if (same_vault)
        snprintf(stem, sizeof stem, "%s-%u", id, present->dealing);
    else
        snprintf(stem, sizeof stem, "%s", id);
    int result = path_in(state, SCRIM_VAULTS_DIR, directory, error);
    if (result >= 0)
        result = scrim_fs_make_dirs(directory, 0755, error);
    if (result >= 0)
        result = keep_one(state, SCRIM_VAULT_FILE, stem, "", error);
    if (result >= 0)
        result = keep_one(state, SCRIM_VAULT_TEST_FILE, stem, "-test", error);
    if (result >= 0)
        result = keep_one(state, SCRIM_VAULT_TRANSCRIPT_FILE, stem, "-transcript", error);
    return result;
}

// --- the next one ---

static int check_order(const char *state, const struct scrim_vault *present,
                       const struct scrim_vault *next, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], kept[NAME_MAX_TEXT], id[SCRIM_VAULT_ID_TEXT];
    if (memcmp(present->id, next->id, SCRIM_VAULT_ID) == 0)
        return next->dealing == present->dealing + 1
                   ? SCRIM_OK
                   : scrim_fail(error, SCRIM_ECONFLICT,
                                "dealing %u does not follow dealing %u, which is there",
                                next->dealing, present->dealing);
    snprintf(kept, sizeof kept, SCRIM_VAULTS_DIR "/%s.json", scrim_vault_id_text(next->id, id));
    const int result = path_in(state, kept, path, error);
    if (result >= 0 && access(path, F_OK) == 0)
        return scrim_fail(error, SCRIM_ECONFLICT,
                          "vault %s was rotated away here, and does not come back", id);
    return result;
}

static int replace_vault(const char *state, const struct scrim_vault *vault, bool is_first,
                         struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], waiting[SCRIM_PATH_MAX];
    int result = path_in(state, SCRIM_VAULT_FILE, path, error);
    if (result >= 0)
        result = path_in(state, NEXT_VAULT, waiting, error);
    if (result < 0)
        return result;
    if (is_first)
        return scrim_vault_save(path, vault, error);
    result = scrim_vault_save(waiting, vault, error);
    if (result >= 0)
        result = scrim_fs_rename(waiting, path, error);
    return result < 0 ? result : scrim_fs_sync_dir(state, error);
}

static int take(const char *state, const struct scrim_vault *present,
                const struct scrim_succession *next, struct scrim_error *error)
{
    int result = SCRIM_OK;
    if (present)
        result = check_order(state, present, next->vault, error);
    if (result >= 0 && present && !next->proof)
        result = scrim_fail(error, SCRIM_EINVAL, "its holders have opened nothing yet: no proof");
    if (result >= 0 && present)
        result = keep_present(state, present,
                              memcmp(present->id, next->vault->id, SCRIM_VAULT_ID) == 0, error);
    if (result >= 0 && next->proof)
        result = put(state, SCRIM_VAULT_TEST_NEXT, next->proof, error);
    if (result >= 0)
        result = put(state, SCRIM_VAULT_TRANSCRIPT_NEXT, next->transcript, error);
    if (result >= 0)
        result = replace_vault(state, next->vault, !present, error);
    return result < 0 ? result : settle(state, next->vault, error);
}

int scrim_succession_take(const char *state, const struct scrim_succession *next,
                          struct scrim_error *error)
{
    struct scrim_vault *present = scrim_new(struct scrim_vault);
    bool any;
    int result = load_present(state, present, &any, error);
    if (result >= 0)
        result = take(state, any ? present : NULL, next, error);
    free(present);
    return result;
}

int scrim_succession_prove(const char *state, const struct scrim_buf *proof,
                           struct scrim_error *error)
{
    return put(state, SCRIM_VAULT_TEST_FILE, proof, error);
}
