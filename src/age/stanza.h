// What header.c, x25519.c and the vault need to build stanzas.
#pragma once

#include "age/age.h"

#define SCRIM_AGE_LINE 64       // columns of a full body line
#define SCRIM_AGE_LINE_BYTES 48 // that they decode to

// True for one or more of %x21-7E, which is what an argument may consist of.
bool scrim_age_is_vchar(const char *text, size_t length);

// Appends a copy of the argument.
SCRIM_MUST_CHECK int scrim_age_stanza_add_arg(struct scrim_age_stanza *stanza, const char *text,
                                              size_t length);

// Writes the stanza's lines. SCRIM_EINVAL for arguments that the grammar does not allow.
SCRIM_MUST_CHECK int scrim_age_stanza_append(const struct scrim_age_stanza *stanza,
                                             struct scrim_buf *ret);
