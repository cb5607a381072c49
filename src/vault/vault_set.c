#include "vault/vault_set.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_LENGTH (SCRIM_VAULT_ID_TEXT - 1 + sizeof ".json" - 1)

struct scrim_vault_set {
    struct scrim_vault **vaults; // owned, each of them too
    size_t count;
};

const char *scrim_vault_id_text(const uint8_t id[SCRIM_VAULT_ID], char ret[SCRIM_VAULT_ID_TEXT])
{
    return sodium_bin2hex(ret, SCRIM_VAULT_ID_TEXT, id, SCRIM_VAULT_ID);
}

static bool names_a_vault(const char *name)
{
    return strlen(name) == NAME_LENGTH &&
           strspn(name, "0123456789abcdef") == SCRIM_VAULT_ID_TEXT - 1 &&
           strcmp(name + SCRIM_VAULT_ID_TEXT - 1, ".json") == 0;
}

static int load_one(struct scrim_vault_set *set, const char *directory, const char *name,
                    struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    if (scrim_path_join(path, directory, name) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", directory);
    struct scrim_vault *vault = scrim_new(struct scrim_vault);
    const int result = scrim_vault_load(path, vault, error);
    if (result < 0)
        free(vault);
    else
        set->vaults[set->count++] = vault;
    return result;
}

static int load_former(struct scrim_vault_set *set, const char *directory, const char *name,
                       struct scrim_error *error)
{
    char id[SCRIM_VAULT_ID_TEXT];
    const int result = load_one(set, directory, name, error);
    if (result < 0)
        return result == SCRIM_ENOENT ? SCRIM_EIO : result; // it was listed a moment ago
    const struct scrim_vault *vault = set->vaults[set->count - 1];
    if (memcmp(scrim_vault_id_text(vault->id, id), name, sizeof id - 1) != 0)
        return scrim_fail(error, SCRIM_EFORMAT, "%s/%s: in it is vault %s", directory, name, id);
    return SCRIM_OK;
}

static int load_all_former(struct scrim_vault_set *set, const char *directory,
                           struct scrim_error *error)
{
    char **names;
    size_t count;
    int result = scrim_fs_list(directory, &names, &count, error);
    if (result < 0)
        return result == SCRIM_ENOENT ? SCRIM_OK : result;
    struct scrim_vault *present = set->vaults[0];
    free(set->vaults);
    set->vaults = scrim_new_array(count + 1, struct scrim_vault *);
    set->vaults[0] = present;
    for (size_t i = 0; i < count && result >= 0; i++) {
        if (names_a_vault(names[i]))
            result = load_former(set, directory, names[i], error);
    }
    scrim_fs_free_names(names, count);
    return result;
}

int scrim_vault_set_load(const char *state, struct scrim_vault_set **ret, struct scrim_error *error)
{
    char directory[SCRIM_PATH_MAX];
    if (scrim_path_join(directory, state, SCRIM_VAULTS_DIR) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", state);
    struct scrim_vault_set *set = scrim_new(struct scrim_vault_set);
    set->vaults = scrim_new_array(1, struct scrim_vault *);
    int result = load_one(set, state, SCRIM_VAULT_FILE, error);
    if (result >= 0)
        result = load_all_former(set, directory, error);
    if (result < 0)
        scrim_vault_set_destroy(set);
    else
        *ret = set;
    return result;
}

void scrim_vault_set_destroy(struct scrim_vault_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++)
        free(set->vaults[i]);
    free(set->vaults);
    free(set);
}

size_t scrim_vault_set_count(const struct scrim_vault_set *set)
{
    return set->count;
}

const struct scrim_vault *scrim_vault_set_at(const struct scrim_vault_set *set, size_t at)
{
    return set->vaults[at];
}

const struct scrim_vault *scrim_vault_set_find(const struct scrim_vault_set *set,
                                               const uint8_t id[SCRIM_VAULT_ID])
{
    for (size_t i = 0; i < set->count; i++) {
        if (memcmp(set->vaults[i]->id, id, SCRIM_VAULT_ID) == 0)
            return set->vaults[i];
    }
    return NULL;
}
