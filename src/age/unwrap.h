// From a header to the file key, for whoever reads age files: by descriptor (decrypt.c) or in
// memory (open.c).
#pragma once

#include "age/age.h"

// The first of the identities that fits; the header's MAC is verified. SCRIM_EAUTH if it is for
// none of them or was changed, SCRIM_EFORMAT for any malformed X25519 stanza, SCRIM_EUNSUPPORTED
// for a passphrase. `name` is what sentences call the file. Wipe the key after use, on failure too.
SCRIM_MUST_CHECK int scrim_age_unwrap(const struct scrim_age_header *header,
                                      const uint8_t (*identities)[32], size_t identities_count,
                                      const char *name, uint8_t ret_file_key[SCRIM_AGE_FILE_KEY],
                                      struct scrim_error *error);
