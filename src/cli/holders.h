// Who is to hold a share, as --holder NAME=LINE says it, and what is to be said about the choice.
#pragma once

#include "base/opt.h"
#include "vault/vault.h"

struct scrim_holders {
    unsigned count;
    char names[SCRIM_OPT_LIST_MAX][64], lines[SCRIM_OPT_LIST_MAX][64];
    const char *name_of[SCRIM_OPT_LIST_MAX], *line_of[SCRIM_OPT_LIST_MAX]; // point to the above
};

// NAME, or NAME=LINE: the name ends at the first '='. Whether they are allowed is for the vault to
// say; what is too long for it is said here.
SCRIM_MUST_CHECK int scrim_holders_parse(const struct scrim_opt_list *list,
                                         struct scrim_holders *ret, struct scrim_error *error);
// Those of a vault.
void scrim_holders_of(const struct scrim_vault *vault, struct scrim_holders *ret);

// k of n, given as -k and --holder.
SCRIM_MUST_CHECK int scrim_holders_check(const struct scrim_holders *holders, int64_t threshold,
                                         struct scrim_error *error);
// Warnings on stderr: a share that may not get lost, holders who share a chief.
void scrim_holders_advise(const struct scrim_vault *vault);
