// Inside src/index: the handle, its prepared statements, and what one camera's row says.
#pragma once

#include "index/index.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/types.h>

enum span_kind {
    SPAN_RECORDED = 0,
    SPAN_REDACTED = 1,
    SPAN_ONLY_REDACTED = 2, // no original, on purpose
    SPAN_NOT_KEPT = 3,      // neither an original nor a redacted picture, on purpose
};

// Every statement, prepared when it is first used.
enum statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_CAMERA_GET,
    STATEMENT_CAMERA_ADD,
    STATEMENT_CAMERA_PUT,
    STATEMENT_SEGMENT_ADD,
    STATEMENT_GAP_ADD,
    STATEMENT_ARCHIVE_ADD,
    STATEMENT_SPAN_BEFORE,
    STATEMENT_SPAN_AFTER,
    STATEMENT_SPAN_DROP,
    STATEMENT_SPAN_PUT,
    STATEMENT_SPANS,
    STATEMENT_GAPS,
    STATEMENT_GAPS_AFTER,
    STATEMENT_GAPS_BEFORE,
    STATEMENT_STATE_LAST,
    STATEMENT_STATE_ADD,
    STATEMENT_SPELLS_AFTER,
    STATEMENT_SPELLS_BEFORE,
    STATEMENT_ARCHIVES,
    STATEMENT_SEGMENTS_BY_SEQ,
    STATEMENTS,
};

struct index_camera {
    sqlite3_int64 id;
    char name[SCRIM_CAMERA_ID_MAX + 1];
    char day[SCRIM_DAY_TEXT];
    int64_t offset;
    uint64_t next_seq;
    uint8_t prev[32];
    bool has_records;
    int64_t first_us, last_us; // only with has_records
    int64_t expired_us;
    char broken[300]; // what was found wrong with the journal, "" for nothing
};

// When nothing below store/<camera> was made since, listing the days again would tell nothing new.
struct index_watch {
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    struct timespec listed;      // mtime of the camera's directory when its days were listed
    char newest[SCRIM_DAY_TEXT]; // of the day directories found then
};

struct scrim_index {
    char dir[SCRIM_PATH_MAX], path[SCRIM_PATH_MAX];
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    bool writer;
    bool fresh;  // made by this open: the lists of redacted files are to be read
    int lock_fd; // of the writer
    ino_t inode; // of the database, for a reader to notice that it was replaced
    struct index_watch *watches;
    size_t watches_count;
};

// The code of SQLite as ours, with a sentence that names the database.
int scrim_index_fail(struct scrim_index *index, int sqlite_code, struct scrim_error *error);

// A statement, reset and ready to bind; NULL with `error` filled.
sqlite3_stmt *scrim_index_statement(struct scrim_index *index, enum statement which,
                                    struct scrim_error *error);
// Steps a statement that yields no row, and resets it.
SCRIM_MUST_CHECK int scrim_index_run(struct scrim_index *index, sqlite3_stmt *statement,
                                     struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_index_simple(struct scrim_index *index, enum statement which,
                                        struct scrim_error *error);

// A reader whose database was replaced opens the new one. Every question begins with it.
SCRIM_MUST_CHECK int scrim_index_refresh(struct scrim_index *index, struct scrim_error *error);
// Moves a damaged database aside and makes an empty one; index->fresh is true afterwards.
SCRIM_MUST_CHECK int scrim_index_start_afresh(struct scrim_index *index, struct scrim_error *error);

// The camera's row. SCRIM_ENOENT if there is none.
SCRIM_MUST_CHECK int scrim_index_camera_get(struct scrim_index *index, const char *name,
                                            struct index_camera *ret, struct scrim_error *error);
// The same, made if there is none, with the chain at its beginning.
SCRIM_MUST_CHECK int scrim_index_camera_obtain(struct scrim_index *index, const char *site,
                                               const char *name, struct index_camera *ret,
                                               struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_index_camera_put(struct scrim_index *index,
                                            const struct index_camera *camera,
                                            struct scrim_error *error);

// Adds [start, end] to the spans of a kind, joined with those it touches.
SCRIM_MUST_CHECK int scrim_index_add_span(struct scrim_index *index, sqlite3_int64 camera,
                                          enum span_kind kind, int64_t start_us, int64_t end_us,
                                          struct scrim_error *error);

// Takes [start, end] out of the spans of a kind.
SCRIM_MUST_CHECK int scrim_index_cut_span(struct scrim_index *index, sqlite3_int64 camera,
                                          enum span_kind kind, int64_t start_us, int64_t end_us,
                                          struct scrim_error *error);

// The row alone, without the list file. For a database that is being filled again.
SCRIM_MUST_CHECK int scrim_index_insert_archive(struct scrim_index *index,
                                                const struct scrim_archive_file *file,
                                                struct scrim_error *error);
// Reads the states of one day, as scrim_index_load_archive does.
SCRIM_MUST_CHECK int scrim_index_load_states(struct scrim_index *index,
                                             const struct index_camera *camera, const char *day,
                                             struct scrim_error *error);
// One line of such a file, without its line break; strict.
SCRIM_MUST_CHECK bool scrim_state_line_parse(const char *line, size_t length,
                                             struct scrim_veil_spell *ret);
// Reads all lists of redacted files below DIR/veil, and what became of the picture.
SCRIM_MUST_CHECK int scrim_index_load_archive(struct scrim_index *index, struct scrim_error *error);
// One line of such a list, without its line break; strict.
SCRIM_MUST_CHECK bool scrim_archive_line_parse(const char *line, size_t length, const char *camera,
                                               const char *day, struct scrim_archive_file *ret);
