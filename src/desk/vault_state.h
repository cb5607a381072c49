// Whether the site has a vault, and who holds it: public facts of state/vault.json
// (vault/vault.h). The desk reads the file once, before it locks itself in; of one that is made
// later it can see that it is there, and reads it at its next start.
#pragma once

#include "base/log.h"

#include <jansson.h>

struct scrim_vault_state;

// A file that is damaged is said in the log, and counts as not read.
struct scrim_vault_state *scrim_vault_state_open(const char *dir, const struct scrim_log *log);
void scrim_vault_state_close(struct scrim_vault_state *state); // NULL is fine

// {"exists":true,"threshold":2,"holders":["Anna",…]}; null in place of what was not read. Looks at
// the disk: not for the loop's thread.
json_t *scrim_vault_state_json(const struct scrim_vault_state *state);
