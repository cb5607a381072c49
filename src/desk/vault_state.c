#include "desk/vault_state.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "vault/vault.h"

#include <stdlib.h>
#include <unistd.h>

struct scrim_vault_state {
    char path[SCRIM_PATH_MAX];
    struct scrim_vault *vault; // NULL: there was none at the start
};

struct scrim_vault_state *scrim_vault_state_open(const char *dir, const struct scrim_log *log)
{
    struct scrim_error error = {0};
    struct scrim_vault_state *state = scrim_new(struct scrim_vault_state);
    state->vault = scrim_new(struct scrim_vault);
    int result = scrim_path_join(state->path, dir, "state/vault.json");
    if (result >= 0)
        result = scrim_vault_load(state->path, state->vault, &error);
    if (result >= 0)
        return state;
    if (result != SCRIM_ENOENT)
        scrim_warn(log, "the vault: %s", error.text);
    free(state->vault);
    state->vault = NULL;
    return state;
}

void scrim_vault_state_close(struct scrim_vault_state *state)
{
    if (!state)
        return;
    free(state->vault);
    free(state);
}

json_t *scrim_vault_state_json(const struct scrim_vault_state *state)
{
    const struct scrim_vault *vault = state->vault;
    const bool exists = access(state->path, F_OK) == 0;
    if (!exists || !vault)
        return json_pack("{s:b,s:n,s:n}", "exists", exists, "threshold", "holders");
    json_t *holders = json_array();
    for (unsigned i = 0; i < vault->holders_count; i++)
        json_array_append_new(holders, json_string(vault->names[i]));
    return json_pack("{s:b,s:i,s:o}", "exists", true, "threshold", (int)vault->threshold, "holders",
                     holders);
}
