// The cameras' passwords, in the parent: in pages of their own that are locked, left out of core
// dumps, and come out empty in every process that is forked. Each ingest process is sent its own.
#pragma once

#include "ingest/control.h"
#include "site/config.h"

struct scrim_secrets;

// Reads password files and environment variables; the latter are overwritten in the environment,
// which forked processes inherit. `before` (may be NULL) still knows those of an earlier call.
SCRIM_MUST_CHECK int scrim_secrets_load(const struct scrim_site *site,
                                        const struct scrim_secrets *before,
                                        struct scrim_secrets **ret, struct scrim_error *error);
void scrim_secrets_destroy(struct scrim_secrets *secrets); // wipes; NULL is fine

// The camera's password, NUL-terminated, "" without one; NULL if it was not there when loading.
// Lives as long as the secrets.
const char *scrim_secrets_get(const struct scrim_secrets *secrets, const char *camera);
