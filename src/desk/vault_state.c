#include "desk/vault_state.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "vault/test_opening.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scrim_vault_state {
    struct scrim_log log;
    char dir[SCRIM_PATH_MAX];                          // DIR/state
    char file[SCRIM_PATH_MAX], others[SCRIM_PATH_MAX]; // vault.json, and the folder vaults
    char test[SCRIM_PATH_MAX];                         // proof of a test opening
    // As they were read, or tried; of the thread that looks.
    struct stat seen, seen_others, seen_test;
    pthread_mutex_t lock;        // leaf lock, protects what follows
    struct scrim_vault_set *set; // NULL: there is none
    bool tested;                 // a test opening was made with its present dealing
};

static bool is_as_seen(const char *path, struct stat *seen)
{
    struct stat now = {0};
    if (stat(path, &now) < 0)
        now = (struct stat){0};
    const bool same = now.st_ino == seen->st_ino && now.st_size == seen->st_size &&
                      now.st_mtim.tv_sec == seen->st_mtim.tv_sec &&
                      now.st_mtim.tv_nsec == seen->st_mtim.tv_nsec;
    *seen = now;
    return same;
}

static void take(struct scrim_vault_state *state, struct scrim_vault_set *set, bool tested)
{
    pthread_mutex_lock(&state->lock);
    struct scrim_vault_set *before = state->set;
    state->set = set;
    state->tested = tested;
    pthread_mutex_unlock(&state->lock);
    scrim_vault_set_destroy(before);
}

static bool all_as_seen(struct scrim_vault_state *state)
{
    const bool file = is_as_seen(state->file, &state->seen);
    const bool others = is_as_seen(state->others, &state->seen_others);
    const bool test = is_as_seen(state->test, &state->seen_test);
    return file && others && test;
}

bool scrim_vault_state_look(struct scrim_vault_state *state)
{
    struct scrim_error error = {0};
    struct scrim_vault_set *set = NULL;
    if (all_as_seen(state))
        return false;
    const int result = scrim_vault_set_load(state->dir, &set, &error);
    if (result == SCRIM_EACCESS)
        return true;
    if (result < 0 && result != SCRIM_ENOENT)
        scrim_warn(&state->log, "the vault: %s", error.text);
    const bool tested =
        result >= 0 && scrim_test_opening_find(state->dir, state->dir, scrim_vault_set_at(set, 0),
                                               NULL, NULL) >= 0;
    take(state, result >= 0 ? set : NULL, tested);
    return false;
}

struct scrim_vault_state *scrim_vault_state_open(const char *dir, const struct scrim_log *log)
{
    struct scrim_vault_state *state = scrim_new(struct scrim_vault_state);
    state->log = *log;
    pthread_mutex_init(&state->lock, NULL);
    if (scrim_path_join(state->dir, dir, "state") >= 0 &&
        scrim_path_join(state->file, state->dir, SCRIM_VAULT_FILE) >= 0 &&
        scrim_path_join(state->others, state->dir, SCRIM_VAULTS_DIR) >= 0 &&
        scrim_path_join(state->test, state->dir, SCRIM_VAULT_TEST_FILE) >= 0)
        scrim_vault_state_look(state);
    return state;
}

void scrim_vault_state_close(struct scrim_vault_state *state)
{
    if (!state)
        return;
    scrim_vault_set_destroy(state->set);
    pthread_mutex_destroy(&state->lock);
    free(state);
}

bool scrim_vault_state_current(struct scrim_vault_state *state, struct scrim_vault *ret)
{
    pthread_mutex_lock(&state->lock);
    const bool has = state->set != NULL;
    if (has)
        *ret = *scrim_vault_set_at(state->set, 0);
    pthread_mutex_unlock(&state->lock);
    return has;
}

bool scrim_vault_state_find(struct scrim_vault_state *state, const uint8_t id[SCRIM_VAULT_ID],
                            struct scrim_vault *ret)
{
    pthread_mutex_lock(&state->lock);
    const struct scrim_vault *found = state->set ? scrim_vault_set_find(state->set, id) : NULL;
    if (found)
        *ret = *found;
    pthread_mutex_unlock(&state->lock);
    return found != NULL;
}

static bool load_older(const struct scrim_vault_state *state, const uint8_t id[SCRIM_VAULT_ID],
                       unsigned dealing, struct scrim_vault *ret)
{
    char path[SCRIM_PATH_MAX], hex[SCRIM_VAULT_ID_TEXT];
    const int length = snprintf(path, sizeof path, "%s/%s-%u.json", state->others,
                                scrim_vault_id_text(id, hex), dealing);
    return length < (int)sizeof path && scrim_vault_load(path, ret, NULL) >= 0 &&
           memcmp(ret->id, id, SCRIM_VAULT_ID) == 0;
}

bool scrim_vault_state_dealing(struct scrim_vault_state *state, const uint8_t id[SCRIM_VAULT_ID],
                               const uint8_t dealing[32], struct scrim_vault *ret)
{
    if (!scrim_vault_state_find(state, id, ret))
        return false;
    if (memcmp(ret->dealing_id, dealing, sizeof ret->dealing_id) == 0)
        return true;
    for (unsigned i = ret->dealing; i-- > 1;)
        if (load_older(state, id, i, ret) &&
            memcmp(ret->dealing_id, dealing, sizeof ret->dealing_id) == 0)
            return true;
    return false;
}

// --- for the API ---

static json_t *hex_json(const uint8_t *bytes, size_t count)
{
    char hex[2 * 32 + 1];
    return json_string(sodium_bin2hex(hex, sizeof hex, bytes, count));
}

static json_t *holders_json(const struct scrim_vault *vault)
{
    json_t *holders = json_array();
    for (unsigned i = 0; i < vault->holders_count; i++)
        json_array_append_new(holders, json_pack("{s:i,s:s,s:s,s:o,s:o}", "index", (int)i + 1,
                                                 "name", vault->names[i], "line", vault->lines[i],
                                                 "verify_key", hex_json(vault->verify_keys[i], 32),
                                                 "sign_key", hex_json(vault->sign_keys[i], 32)));
    return holders;
}

static json_t *commitments_json(const struct scrim_vault *vault)
{
    json_t *commitments = json_array();
    for (unsigned i = 0; i < vault->threshold; i++)
        json_array_append_new(commitments, hex_json(vault->commitments[i], 32));
    return commitments;
}

static bool is_tested(struct scrim_vault_state *state)
{
    pthread_mutex_lock(&state->lock);
    const bool tested = state->tested;
    pthread_mutex_unlock(&state->lock);
    return tested;
}

json_t *scrim_vault_state_public_json(const struct scrim_vault *vault)
{
    return json_pack("{s:o,s:I,s:i,s:o,s:o,s:o}", "id", hex_json(vault->id, SCRIM_VAULT_ID),
                     "dealing", (json_int_t)vault->dealing, "threshold", (int)vault->threshold,
                     "holders", holders_json(vault), "commitments", commitments_json(vault),
                     "public_key", hex_json(vault->public_key, 32));
}

json_t *scrim_vault_state_json(struct scrim_vault_state *state)
{
    struct scrim_vault *vault = scrim_new(struct scrim_vault);
    json_t *json;
    if (scrim_vault_state_current(state, vault)) {
        json = scrim_vault_state_public_json(vault);
        json_object_set_new(json, "exists", json_true());
        json_object_set_new(json, "tested", json_boolean(is_tested(state)));
    } else {
        json = json_pack("{s:b,s:n,s:n,s:n,s:n,s:n,s:n,s:b}", "exists",
                         access(state->file, F_OK) == 0, "id", "dealing", "threshold", "holders",
                         "commitments", "public_key", "tested", false);
    }
    free(vault);
    return json;
}
