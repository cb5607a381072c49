// What administrators say of the site over the desk, beside scrim.yaml: kept in site.db.
#pragma once

#include "people/roster.h"

// Reads all of it; "" where nothing was said.
SCRIM_MUST_CHECK int scrim_settings_load(struct scrim_db *db, struct scrim_site_words *ret,
                                         struct scrim_error *error);
// One of the members of struct scrim_site_words by its name; "" forgets what was said.
SCRIM_MUST_CHECK int scrim_settings_set(struct scrim_db *db, const char *key, const char *value,
                                        struct scrim_error *error);
