#include "people/db.h"

#include "base/alloc.h"
#include "people/schema.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 5000

int(scrim_db_fail)(struct scrim_db *db, struct scrim_error *error)
{
    int code = SCRIM_EIO;
    switch (sqlite3_errcode(db->sqlite)) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: code = SCRIM_EBUSY; break;
    case SQLITE_FULL: code = SCRIM_ENOSPACE; break;
    case SQLITE_NOMEM: code = SCRIM_ENOMEM; break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: code = SCRIM_EFORMAT; break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN: code = SCRIM_EACCESS; break;
    case SQLITE_CONSTRAINT: code = SCRIM_EEXIST; break;
    default: break;
    }
    return scrim_fail(error, code, "%s: %s", db->path, sqlite3_errmsg(db->sqlite));
}

int scrim_db_run(struct scrim_db *db, const char *sql, struct scrim_error *error)
{
    return sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ? SCRIM_OK
                                                                        : scrim_db_fail(db, error);
}

sqlite3_stmt *scrim_db_prepare(struct scrim_db *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    return sqlite3_prepare_v2(db->sqlite, sql, -1, &statement, NULL) == SQLITE_OK ? statement
                                                                                  : NULL;
}

void scrim_db_finalize(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}

int scrim_db_number(struct scrim_db *db, const char *sql, int64_t *ret, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize) sqlite3_stmt *statement = scrim_db_prepare(db, sql);
    if (!statement || sqlite3_step(statement) != SQLITE_ROW)
        return scrim_db_fail(db, error);
    *ret = sqlite3_column_int64(statement, 0);
    return SCRIM_OK;
}

int scrim_db_step(struct scrim_db *db, sqlite3_stmt *statement, struct scrim_error *error)
{
    return sqlite3_step(statement) == SQLITE_DONE ? SCRIM_OK : scrim_db_fail(db, error);
}

int scrim_db_row(struct scrim_db *db, sqlite3_stmt *statement, struct scrim_error *error)
{
    switch (sqlite3_step(statement)) {
    case SQLITE_ROW: return 1;
    case SQLITE_DONE: return 0;
    default: return scrim_db_fail(db, error);
    }
}

void scrim_db_bind_text(sqlite3_stmt *statement, int place, const char *text)
{
    sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

bool scrim_db_text(sqlite3_stmt *row, int column, char *ret, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    const size_t length = text ? strlen(text) : size;
    if (length >= size)
        return false;
    memcpy(ret, text, length + 1);
    return true;
}

int scrim_db_begin(struct scrim_db *db, struct scrim_error *error)
{
    return scrim_db_run(db, "BEGIN IMMEDIATE", error);
}

int scrim_db_end(struct scrim_db *db, int result, struct scrim_error *error)
{
    if (result >= 0) {
        const int committed = scrim_db_run(db, "COMMIT", error);
        if (committed >= 0)
            return result;
        result = committed;
    }
    // After some errors SQLite has undone it already, and says so by failing here.
    if (!sqlite3_get_autocommit(db->sqlite) && scrim_db_run(db, "ROLLBACK", NULL) < 0)
        return scrim_fail(error, SCRIM_EIO, "%s: a change can be neither made nor undone: %s",
                          db->path, sqlite3_errmsg(db->sqlite));
    return result;
}

int scrim_db_changed(struct scrim_db *db, bool *ret, struct scrim_error *error)
{
    int64_t version = 0;
    const int result = scrim_db_number(db, "PRAGMA data_version", &version, error);
    if (result < 0)
        return result;
    *ret = version != db->data_version;
    db->data_version = version;
    return SCRIM_OK;
}

// SQLite would make it with the umask's mode; its -wal and -shm files take theirs from it. A file
// that is there is not even opened: to close it again would take back the locks of any other
// connection of this process (fcntl(2)), and the next process to leave would remove the -wal file
// from under it.
static int make_file(const char *path, struct scrim_error *error)
{
    struct stat info;
    if (lstat(path, &info) == 0)
        return S_ISREG(info.st_mode)
                   ? SCRIM_OK
                   : scrim_fail(error, SCRIM_EACCESS, "%s: not a regular file", path);
    const int fd = scrim_fs_open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, error);
    if (fd == SCRIM_EEXIST) // another process was faster
        return SCRIM_OK;
    if (fd >= 0)
        close(fd);
    return fd < 0 ? fd : SCRIM_OK;
}

static int connect_database(struct scrim_db *db, struct scrim_error *error)
{
    const int made = make_file(db->path, error);
    if (made < 0)
        return made;
    const int opened =
        sqlite3_open_v2(db->path, &db->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (!db->sqlite)
        return scrim_fail(error, SCRIM_ENOMEM, "%s: out of memory", db->path);
    if (opened != SQLITE_OK)
        return scrim_db_fail(db, error);
    sqlite3_busy_timeout(db->sqlite, BUSY_MS);
    int result = scrim_db_run(
        db,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
        "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;"
        "PRAGMA temp_store = MEMORY;",
        error);
    if (result >= 0)
        result = scrim_schema_ensure(db, error);
    if (result >= 0)
        result = scrim_db_number(db, "PRAGMA data_version", &db->data_version, error);
    return result;
}

int scrim_db_open(const char *dir, struct scrim_db **ret, struct scrim_error *error)
{
    struct scrim_db *db = scrim_new(struct scrim_db);
    int result = scrim_path_join(db->path, dir, "state/site.db");
    if (result < 0)
        scrim_fail(error, result, "%s: path too long", dir);
    else
        result = connect_database(db, error);
    if (result < 0) {
        scrim_db_close(db);
        return result;
    }
    *ret = db;
    return SCRIM_OK;
}

void scrim_db_close(struct scrim_db *db)
{
    if (!db)
        return;
    sqlite3_close(db->sqlite);
    free(db);
}
