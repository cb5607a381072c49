// Whether the site has a vault, and who holds it: public facts of state/vault.json and of the
// vaults before it (vault/vault_set.h). Any thread may ask; the files are looked at by one that may
// wait for the disk.
#pragma once

#include "base/log.h"
#include "vault/vault_set.h"

#include <jansson.h>

struct scrim_vault_state;

// Reads it while files may still be opened freely. One that is damaged is said in the log, and
// counts as not read.
struct scrim_vault_state *scrim_vault_state_open(const char *dir, const struct scrim_log *log);
void scrim_vault_state_close(struct scrim_vault_state *state); // NULL is fine

// Reads what changed since the last look. True, once for each change, if there is something to read
// and it must not be: Landlock lets the desk read none of it once it has locked itself in. Then
// only a new start helps.
bool scrim_vault_state_look(struct scrim_vault_state *state);

// The vault that seals now; false without one.
bool scrim_vault_state_current(struct scrim_vault_state *state, struct scrim_vault *ret);
// The latest dealing of a vault, the current one or an earlier one; false if it is not known.
bool scrim_vault_state_find(struct scrim_vault_state *state, const uint8_t id[SCRIM_VAULT_ID],
                            struct scrim_vault *ret);
// The dealing that this is the id of, of that vault: the latest, or an older one, which opens
// nothing any more but says who its holders were. Reads files. False if there is none.
bool scrim_vault_state_dealing(struct scrim_vault_state *state, const uint8_t id[SCRIM_VAULT_ID],
                               const uint8_t dealing[32], struct scrim_vault *ret);

// What is public of one, as the API shows it.
json_t *scrim_vault_state_public_json(const struct scrim_vault *vault);
// {"exists":true,"id",…} as GET /vault answers it, without "latency"; null in place of what is not
// known. Looks at the disk.
json_t *scrim_vault_state_json(struct scrim_vault_state *state);
