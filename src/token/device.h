// Tokens as devices: finding, opening, what they can do, and their error codes as sentences.
#pragma once

#include "token/token.h"

#include <fido.h>

#define TOKEN_DEVICES_MAX 16

struct scrim_token_device {
    fido_dev_t *handle;
    char name[160];       // for people
    bool has_pin, has_uv; // PIN is set; a finger or the like is enrolled
};

// Paths of what may be tokens: those given, or all that are plugged in. SCRIM_ENOENT if none is.
struct scrim_token_paths {
    char paths[TOKEN_DEVICES_MAX][96], names[TOKEN_DEVICES_MAX][160];
    size_t count;
};
SCRIM_MUST_CHECK int scrim_token_find(const struct scrim_token_use *use,
                                      struct scrim_token_paths *ret, struct scrim_error *error);

// Opens one and sees that it can do what a share needs. Close `ret`, on failure too.
SCRIM_MUST_CHECK int scrim_token_open(const char *path, const char *name,
                                      struct scrim_token_device *ret, struct scrim_error *error);
void scrim_token_close(struct scrim_token_device *device);

// Turns an error of libfido2 (not FIDO_OK) into ours, with a sentence that says what to do.
SCRIM_MUST_CHECK int scrim_token_fail(const struct scrim_token_device *device, int code,
                                      struct scrim_error *error);
