// SQLite's edge: opening, statements, codes. A damaged database is moved aside here.
#include "index/index_impl.h"

#include "base/alloc.h"
#include "base/log.h"
#include "index/v2.sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 5000 // a reader waits for a checkpoint at most so long

static const char *const texts[STATEMENTS] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_CAMERA_GET] =
        "SELECT id, day, offset, next_seq, prev, first_us, last_us, expired_us, broken"
        " FROM camera WHERE name = ?",
    [STATEMENT_CAMERA_ADD] = "INSERT INTO camera(name, prev) VALUES(?, ?)",
    [STATEMENT_CAMERA_PUT] =
        "UPDATE camera SET day = ?2, offset = ?3, next_seq = ?4, prev = ?5, first_us = ?6,"
        " last_us = ?7, expired_us = ?8, broken = ?9 WHERE id = ?1",
    [STATEMENT_SEGMENT_ADD] = "INSERT OR REPLACE INTO segment VALUES(?, ?, ?, ?, ?, ?, ?)",
    [STATEMENT_GAP_ADD] = "INSERT OR REPLACE INTO gap VALUES(?, ?, ?, ?, ?, ?)",
    [STATEMENT_ARCHIVE_ADD] = "INSERT OR REPLACE INTO archive VALUES(?, ?, ?, ?, ?, ?, ?)",
    [STATEMENT_SPAN_BEFORE] = "SELECT start_us, end_us FROM span WHERE camera = ? AND kind = ?"
                              " AND start_us <= ? ORDER BY start_us DESC LIMIT 1",
    [STATEMENT_SPAN_AFTER] = "SELECT start_us, end_us FROM span WHERE camera = ? AND kind = ?"
                             " AND start_us > ? ORDER BY start_us LIMIT 1",
    [STATEMENT_SPAN_DROP] = "DELETE FROM span WHERE camera = ? AND kind = ? AND start_us = ?",
    [STATEMENT_SPAN_PUT] = "INSERT OR REPLACE INTO span VALUES(?, ?, ?, ?)",
    // Ranges: from the last row that begins before ?3, which may reach into the range, up to ?4.
    [STATEMENT_SPANS] =
        "SELECT start_us, end_us FROM span WHERE camera = ?1 AND kind = ?2 AND start_us >="
        " (SELECT ifnull(max(start_us), ?3) FROM span WHERE camera = ?1 AND kind = ?2 AND"
        " start_us <= ?3) AND start_us < ?4 AND end_us > ?3 ORDER BY start_us",
    // Gaps may overlap after a clock step, so every one that began before is looked at.
    [STATEMENT_GAPS] = "SELECT start_us, end_us, cause, detail FROM gap WHERE camera = ?1"
                       " AND start_us < ?3 AND end_us > ?2 ORDER BY start_us",
    // From the last one that begins before ?2, which may end behind it, and the other way round.
    [STATEMENT_GAPS_AFTER] =
        "SELECT start_us, end_us, cause, detail FROM gap WHERE camera = ?1 AND start_us >="
        " (SELECT ifnull(max(start_us), ?2) FROM gap WHERE camera = ?1 AND start_us <= ?2)"
        " AND start_us < ?3 AND ((?5 >> cause) & 1) ORDER BY start_us LIMIT ?4",
    [STATEMENT_GAPS_BEFORE] =
        "SELECT start_us, end_us, cause, detail FROM gap WHERE camera = ?1 AND start_us < ?3"
        " AND end_us >= ?2 AND ((?5 >> cause) & 1) ORDER BY start_us DESC LIMIT ?4",
    [STATEMENT_STATE_LAST] =
        "SELECT state, reason FROM state WHERE camera = ? ORDER BY at_us DESC LIMIT 1",
    [STATEMENT_STATE_ADD] = "INSERT OR REPLACE INTO state VALUES(?, ?, ?, ?)",
    [STATEMENT_SPELLS_AFTER] =
        "SELECT at_us, (SELECT min(n.at_us) FROM state n WHERE n.camera = s.camera AND n.at_us >"
        " s.at_us), reason FROM state s WHERE camera = ?1 AND at_us >= ?2 AND at_us < ?3"
        " AND state = ?5 ORDER BY at_us LIMIT ?4",
    [STATEMENT_SPELLS_BEFORE] =
        "SELECT at_us, (SELECT min(n.at_us) FROM state n WHERE n.camera = s.camera AND n.at_us >"
        " s.at_us), reason FROM state s WHERE camera = ?1 AND at_us >= ?2 AND at_us < ?3"
        " AND state = ?5 ORDER BY at_us DESC LIMIT ?4",
    [STATEMENT_ARCHIVES] =
        "SELECT start_us, end_us, first_pts_us, bytes, file, mime FROM archive WHERE camera = ?1"
        " AND start_us >= (SELECT ifnull(max(start_us), ?2) FROM archive WHERE camera = ?1 AND"
        " start_us <= ?2) AND start_us < ?3 AND end_us > ?2 ORDER BY start_us LIMIT ?4",
    [STATEMENT_SEGMENTS_BY_SEQ] = "SELECT seq, start_us, end_us, bytes, torn, file FROM segment "
                                  "WHERE camera = ? ORDER BY seq",
};

static int err_from_sqlite(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return SCRIM_OK;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return SCRIM_EFORMAT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return SCRIM_EBUSY;
    case SQLITE_FULL: return SCRIM_ENOSPACE;
    case SQLITE_NOMEM: return SCRIM_ENOMEM;
    case SQLITE_CANTOPEN: return SCRIM_ENOENT;
    case SQLITE_READONLY:
    case SQLITE_PERM: return SCRIM_EACCESS;
    case SQLITE_IOERR: return SCRIM_EIO;
    default: return SCRIM_EINTERNAL;
    }
}

int scrim_index_fail(struct scrim_index *index, int sqlite_code, struct scrim_error *error)
{
    return scrim_fail(error, err_from_sqlite(sqlite_code), "%s: %s", index->path,
                      index->db ? sqlite3_errmsg(index->db) : sqlite3_errstr(sqlite_code));
}

sqlite3_stmt *scrim_index_statement(struct scrim_index *index, enum statement which,
                                    struct scrim_error *error)
{
    sqlite3_stmt **statement = &index->statements[which];
    if (!*statement) {
        const int code = sqlite3_prepare_v3(index->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                                            statement, NULL);
        if (code != SQLITE_OK) {
            scrim_index_fail(index, code, error);
            return NULL;
        }
    }
    sqlite3_reset(*statement);
    return *statement;
}

int scrim_index_run(struct scrim_index *index, sqlite3_stmt *statement, struct scrim_error *error)
{
    const int code = sqlite3_step(statement);
    const int result = code == SQLITE_DONE ? SCRIM_OK : scrim_index_fail(index, code, error);
    sqlite3_reset(statement);
    return result;
}

int scrim_index_simple(struct scrim_index *index, enum statement which, struct scrim_error *error)
{
    sqlite3_stmt *statement = scrim_index_statement(index, which, error);
    return statement ? scrim_index_run(index, statement, error) : error ? error->code : SCRIM_EIO;
}

static void close_database(struct scrim_index *index)
{
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(index->statements[i]);
        index->statements[i] = NULL;
    }
    sqlite3_close(index->db);
    index->db = NULL;
}

static int read_pragma(struct scrim_index *index, const char *text, int *ret,
                       struct scrim_error *error)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(index->db, text, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *ret = sqlite3_column_int(statement, 0);
    const int result = code == SQLITE_ROW ? SCRIM_OK : scrim_index_fail(index, code, error);
    sqlite3_finalize(statement);
    return result;
}

// SCRIM_EFORMAT if it is not a database of this schema, or its pages do not hang together.
static int examine(struct scrim_index *index, struct scrim_error *error)
{
    int application = 0, version = 0;
    int result = read_pragma(index, "PRAGMA application_id", &application, error);
    if (result >= 0)
        result = read_pragma(index, "PRAGMA user_version", &version, error);
    if (result >= 0 && (application != SCRIM_INDEX_APPLICATION || version != SCRIM_INDEX_VERSION))
        result = scrim_fail(error, SCRIM_EFORMAT, "%s: not an index of this version", index->path);
    if (result < 0)
        return result;
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(index->db, "PRAGMA quick_check(1)", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code != SQLITE_ROW)
        result = scrim_index_fail(index, code, error);
    else if (strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0)
        result = scrim_fail(error, SCRIM_EFORMAT, "%s: %s", index->path,
                            (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return result;
}

static int make_schema(struct scrim_index *index, struct scrim_error *error)
{
    char *sql = sqlite3_mprintf("BEGIN IMMEDIATE; %s PRAGMA application_id = %d;"
                                " PRAGMA user_version = %d; COMMIT;",
                                schema, SCRIM_INDEX_APPLICATION, SCRIM_INDEX_VERSION);
    if (!sql)
        return scrim_fail(error, SCRIM_ENOMEM, "%s: no memory", index->path);
    const int code = sqlite3_exec(index->db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    index->fresh = true;
    return code == SQLITE_OK ? SCRIM_OK : scrim_index_fail(index, code, error);
}

static int open_database(struct scrim_index *index, int flags, struct scrim_error *error)
{
    struct stat info;
    const bool existed = stat(index->path, &info) == 0 && info.st_size > 0;
    if (!existed && !index->writer)
        return scrim_fail(error, SCRIM_ENOENT, "%s: there is no index yet", index->path);
    int code = sqlite3_open_v2(index->path, &index->db,
                               flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(index->db, BUSY_MS);
    if (code == SQLITE_OK && index->writer)
        code = sqlite3_exec(index->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
                            NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return scrim_index_fail(index, code, error);
    int result = SCRIM_OK;
    if (index->writer)
        result = existed ? examine(index, error) : make_schema(index, error);
    if (result >= 0 && stat(index->path, &info) == 0)
        index->inode = info.st_ino;
    return result;
}

// Its -wal and -shm go along: they belong to that file. The one kept before goes: it was a cache.
static int move_aside(struct scrim_index *index, struct scrim_error *error)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    char from[SCRIM_PATH_MAX], to[SCRIM_PATH_MAX];
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (snprintf(from, sizeof from, "%s%s", index->path, endings[i]) >= (int)sizeof from ||
            snprintf(to, sizeof to, "%s.damaged%s", index->path, endings[i]) >= (int)sizeof to)
            return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", index->path);
        if (rename(from, to) < 0 && errno != ENOENT)
            return scrim_fail_errno(error, errno, "cannot move %s aside", from);
    }
    return SCRIM_OK;
}

int scrim_index_start_afresh(struct scrim_index *index, struct scrim_error *error)
{
    const struct scrim_log log = scrim_log_named("index");
    scrim_warn(&log, "%s; it is moved aside and made again from the journals",
               error ? error->text : index->path);
    close_database(index);
    const int result = move_aside(index, error);
    if (result < 0)
        return result;
    return open_database(index, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error);
}

static struct scrim_index *create(const char *dir, bool writer)
{
    struct scrim_index *index = scrim_new(struct scrim_index);
    snprintf(index->dir, sizeof index->dir, "%s", dir);
    index->writer = writer;
    index->lock_fd = -1;
    return index;
}

static int lock_writer(struct scrim_index *index, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], run[SCRIM_PATH_MAX];
    if (scrim_path_join(run, index->dir, "run") < 0 ||
        scrim_path_join(path, index->dir, "run/index.lock") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", index->dir);
    int result = scrim_fs_make_dirs(run, 0700, error);
    if (result >= 0)
        result = index->lock_fd = scrim_fs_lock(path, error);
    return result;
}

static int remove_database(struct scrim_index *index, struct scrim_error *error)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    char path[SCRIM_PATH_MAX];
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (snprintf(path, sizeof path, "%s%s", index->path, endings[i]) >= (int)sizeof path)
            return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", index->path);
        if (access(path, F_OK) < 0)
            continue;
        const int result = scrim_fs_unlink(path, error);
        if (result < 0)
            return result;
    }
    return SCRIM_OK;
}

static int open_writer(const char *dir, bool empty, struct scrim_index **ret,
                       struct scrim_error *error)
{
    struct scrim_error own;
    struct scrim_index *index = create(dir, true);
    int result = SCRIM_OK;
    if (scrim_path_join(index->path, dir, "state/index.db") < 0)
        result = scrim_fail(&own, SCRIM_EINVAL, "%s: path too long", dir);
    if (result >= 0)
        result = lock_writer(index, &own);
    if (result >= 0 && empty)
        result = remove_database(index, &own);
    if (result >= 0)
        result = open_database(index, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &own);
    if (result == SCRIM_EFORMAT)
        result = scrim_index_start_afresh(index, &own);
    if (result < 0) {
        scrim_index_close(index);
        return scrim_fail(error, result, "%s", own.text);
    }
    *ret = index;
    return SCRIM_OK;
}

int scrim_index_open(const char *dir, struct scrim_index **ret, struct scrim_error *error)
{
    return open_writer(dir, false, ret, error);
}

int scrim_index_rebuild(const char *dir, struct scrim_index **ret, struct scrim_error *error)
{
    return open_writer(dir, true, ret, error);
}

int scrim_index_open_reader(const char *dir, struct scrim_index **ret, struct scrim_error *error)
{
    struct scrim_index *index = create(dir, false);
    int result = SCRIM_OK;
    if (scrim_path_join(index->path, dir, "state/index.db") < 0)
        result = scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    if (result >= 0)
        result = open_database(index, SQLITE_OPEN_READWRITE, error);
    if (result < 0) {
        scrim_index_close(index);
        return result;
    }
    *ret = index;
    return SCRIM_OK;
}

int scrim_index_refresh(struct scrim_index *index, struct scrim_error *error)
{
    struct stat info;
    if (index->writer || (stat(index->path, &info) == 0 && info.st_ino == index->inode))
        return SCRIM_OK;
    close_database(index);
    return open_database(index, SQLITE_OPEN_READWRITE, error);
}

void scrim_index_close(struct scrim_index *index)
{
    if (!index)
        return;
    close_database(index);
    scrim_close_fd(&index->lock_fd);
    free(index->watches);
    free(index);
}
