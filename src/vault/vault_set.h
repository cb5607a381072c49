// All vaults of a site: the present one, and those that were rotated away, whose holders can still
// open what was sealed to them (docs/ref/formats/vault.md, "Files of a site"). Public facts only.
//
//     STATE/vault.json              the present dealing of the present vault
//     STATE/vaults/<id>.json        the last dealing of a vault that was rotated away
//     STATE/vaults/<id>-<n>.json    an older dealing, which opens nothing any more: not read here
#pragma once

#include "vault/vault.h"

#define SCRIM_VAULT_FILE "vault.json"
#define SCRIM_VAULTS_DIR "vaults"
#define SCRIM_VAULT_ID_TEXT (2 * SCRIM_VAULT_ID + 1) // lower-case hexadecimal and a NUL

struct scrim_vault_set;

// `state` is the site's DIR/state. SCRIM_ENOENT if there is no vault.json, and never for another
// reason; a file among the others that is damaged, or named for another vault, is SCRIM_EFORMAT.
SCRIM_MUST_CHECK int scrim_vault_set_load(const char *state, struct scrim_vault_set **ret,
                                          struct scrim_error *error);
void scrim_vault_set_destroy(struct scrim_vault_set *set); // NULL is fine

// The first of them is the present one.
size_t scrim_vault_set_count(const struct scrim_vault_set *set);
const struct scrim_vault *scrim_vault_set_at(const struct scrim_vault_set *set, size_t at);
// The one of this id, or NULL.
const struct scrim_vault *scrim_vault_set_find(const struct scrim_vault_set *set,
                                               const uint8_t id[SCRIM_VAULT_ID]);

const char *scrim_vault_id_text(const uint8_t id[SCRIM_VAULT_ID], char ret[SCRIM_VAULT_ID_TEXT]);
