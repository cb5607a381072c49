// The connection to the desk: says how the provider is, and hands over what the desk asks. No desk
// is no error: it starts later, or is being started again.
#pragma once

#include "base/fs.h"
#include "oidc/provider.h"

#include <poll.h>

struct scrim_oidc_desk;

struct scrim_oidc_desk_setup {
    char socket[SCRIM_PATH_MAX], proof[SCRIM_PATH_MAX]; // paths
    struct scrim_provider *provider;                    // not owned
};

struct scrim_oidc_desk *scrim_oidc_desk_create(const struct scrim_oidc_desk_setup *setup);
void scrim_oidc_desk_destroy(struct scrim_oidc_desk *desk); // NULL is fine

// How the provider is: NULL, it answers; else why it does not.
void scrim_oidc_desk_tell(struct scrim_oidc_desk *desk, const char *why);
// Now and then: connects.
void scrim_oidc_desk_tend(struct scrim_oidc_desk *desk);
// Fills at most one entry and returns how many; _serve takes it back after poll. Serving may take
// as long as the provider does.
size_t scrim_oidc_desk_poll(const struct scrim_oidc_desk *desk, struct pollfd *fd);
void scrim_oidc_desk_serve(struct scrim_oidc_desk *desk, const struct pollfd *fd);
