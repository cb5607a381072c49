// What is known of an export, as a file: exports/<id>.json. For exports.c.
#pragma once

#include "desk/exports.h"

// Replaces the file, durable when it returns.
SCRIM_MUST_CHECK int export_store_save(const char *dir, const struct scrim_export *export,
                                       struct scrim_error *error);
// SCRIM_EFORMAT for anything that _save did not write.
SCRIM_MUST_CHECK int export_store_load(const char *path, struct scrim_export *ret,
                                       struct scrim_error *error);
SCRIM_MUST_CHECK int export_store_path(const char *dir, const char *id, const char *ending,
                                       char ret[SCRIM_PATH_MAX]);
// The film and what is known of it.
SCRIM_MUST_CHECK int export_store_remove(const char *dir, const char *id,
                                         struct scrim_error *error);
