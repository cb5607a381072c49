// state/site.db as the files of this folder share it: one connection, used by one thread. SQLite's
// codes become ours here and nowhere else.
#pragma once

#include "base/fs.h"

#include <sqlite3.h>

struct scrim_db {
    sqlite3 *sqlite;
    char path[SCRIM_PATH_MAX];
    int64_t data_version; // as of the last scrim_db_changed
};

// Makes DIR/state/site.db (mode 0600) if there is none, and brings an older one up to date
// (schema.h). WAL, synchronous FULL, foreign keys on.
SCRIM_MUST_CHECK int scrim_db_open(const char *dir, struct scrim_db **ret,
                                   struct scrim_error *error);
void scrim_db_close(struct scrim_db *db); // NULL is fine

// The sentence and code of what SQLite did not do; never SCRIM_OK. A constraint that does not hold
// is SCRIM_EEXIST.
int scrim_db_fail(struct scrim_db *db, struct scrim_error *error);
#ifdef __clang_analyzer__ // as in base/error.h
#define scrim_db_fail(db, error) ((void)(scrim_db_fail)(db, error), (int)SCRIM_EIO)
#endif
// Statements without parameters or rows.
SCRIM_MUST_CHECK int scrim_db_run(struct scrim_db *db, const char *sql, struct scrim_error *error);
// NULL when it cannot be made; scrim_db_fail says why. Finalize it, best by SCRIM_AUTO.
SCRIM_MUST_CHECK sqlite3_stmt *scrim_db_prepare(struct scrim_db *db, const char *sql);
void scrim_db_finalize(sqlite3_stmt **statement);
// A statement that gives one number, and has no parameters.
SCRIM_MUST_CHECK int scrim_db_number(struct scrim_db *db, const char *sql, int64_t *ret,
                                     struct scrim_error *error);
// Steps a statement that gives no row.
SCRIM_MUST_CHECK int scrim_db_step(struct scrim_db *db, sqlite3_stmt *statement,
                                   struct scrim_error *error);
// 1 with a row, 0 after the last one, or an error.
SCRIM_MUST_CHECK int scrim_db_row(struct scrim_db *db, sqlite3_stmt *statement,
                                  struct scrim_error *error);
// Parameters, from 1. The text must outlive the statement's steps.
void scrim_db_bind_text(sqlite3_stmt *statement, int place, const char *text);
// The text of a column into `ret`; false if it is NULL or does not fit.
SCRIM_MUST_CHECK bool scrim_db_text(sqlite3_stmt *row, int column, char *ret, size_t size);

// A change of several statements: _begin takes the write lock, _end commits if `result` is fine and
// undoes everything otherwise. Returns `result`, or why it could not be committed.
SCRIM_MUST_CHECK int scrim_db_begin(struct scrim_db *db, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_db_end(struct scrim_db *db, int result, struct scrim_error *error);

// True if another process changed the database since the last call.
SCRIM_MUST_CHECK int scrim_db_changed(struct scrim_db *db, bool *ret, struct scrim_error *error);
