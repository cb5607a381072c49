// The index as the desk uses it: one thread writes (journals, redacted files, retention), another
// answers.
#pragma once

#include "desk/desk.h"
#include "index/index.h"

// Opens both handles while files may still be opened freely.
struct scrim_catalog;
SCRIM_MUST_CHECK int scrim_catalog_open(struct scrim_desk *desk, struct scrim_catalog **ret,
                                        struct scrim_error *error);
// Starts desk->catalog and desk->query.
SCRIM_MUST_CHECK int scrim_catalog_start(struct scrim_catalog *catalog, struct scrim_error *error);
// From the archive's thread: lists a file.
void scrim_catalog_add(void *catalog, const struct scrim_archive_file *file);
// From the loop's thread: notes what became of a camera's redacted picture.
void scrim_catalog_note_state(struct scrim_catalog *catalog, unsigned camera,
                              enum scrim_veil_was state, const char *reason);
// After both workers have stopped.
void scrim_catalog_close(struct scrim_catalog *catalog); // NULL is fine
