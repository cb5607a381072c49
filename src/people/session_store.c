#include "people/session_store.h"

#include "base/alloc.h"
#include "people/db.h"

#include <stdlib.h>
#include <string.h>

#define LOAD_MAX 1024 // as many as scrim_sessions holds; the latest

// Notes the use in both tables.
static int note_seen(struct scrim_db *db, const struct scrim_session *session,
                     struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *update = scrim_db_prepare(
        db, "UPDATE users SET seen_us = max(coalesce(seen_us, 0), ?) WHERE id = ?");
    if (!update)
        return scrim_db_fail(db, error);
    sqlite3_bind_int64(update, 1, session->seen_us);
    sqlite3_bind_int64(update, 2, session->user_id);
    return scrim_db_step(db, update, error);
}

static int add(struct scrim_db *db, const struct scrim_session *session, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *insert = scrim_db_prepare(
        db, "INSERT INTO sessions (hash, user_id, created_us, seen_us, address, agent)"
            " VALUES (?, ?, ?, ?, ?, ?)");
    if (!insert)
        return scrim_db_fail(db, error);
    sqlite3_bind_blob(insert, 1, session->hash, sizeof session->hash, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 2, session->user_id);
    sqlite3_bind_int64(insert, 3, session->created_us);
    sqlite3_bind_int64(insert, 4, session->seen_us);
    scrim_db_bind_text(insert, 5, session->address);
    scrim_db_bind_text(insert, 6, session->agent);
    const int result = scrim_db_step(db, insert, error);
    return result < 0 ? result : note_seen(db, session, error);
}

int scrim_session_store_add(struct scrim_db *db, const struct scrim_session *session,
                            struct scrim_error *error)
{
    const int begun = scrim_db_begin(db, error);
    return begun < 0 ? begun : scrim_db_end(db, add(db, session, error), error);
}

static int touch(struct scrim_db *db, const struct scrim_session *session,
                 struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *update = scrim_db_prepare(db, "UPDATE sessions SET seen_us = ? WHERE hash = ?");
    if (!update)
        return scrim_db_fail(db, error);
    sqlite3_bind_int64(update, 1, session->seen_us);
    sqlite3_bind_blob(update, 2, session->hash, sizeof session->hash, SQLITE_STATIC);
    const int result = scrim_db_step(db, update, error);
    return result < 0 ? result : note_seen(db, session, error);
}

int scrim_session_store_touch(struct scrim_db *db, const struct scrim_session *session,
                              struct scrim_error *error)
{
    const int begun = scrim_db_begin(db, error);
    return begun < 0 ? begun : scrim_db_end(db, touch(db, session, error), error);
}

int scrim_session_store_drop(struct scrim_db *db, const uint8_t hash[SCRIM_SESSION_HASH],
                             struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *statement = scrim_db_prepare(db, "DELETE FROM sessions WHERE hash = ?");
    if (!statement)
        return scrim_db_fail(db, error);
    sqlite3_bind_blob(statement, 1, hash, SCRIM_SESSION_HASH, SQLITE_STATIC);
    return scrim_db_step(db, statement, error);
}

int scrim_session_store_drop_user(struct scrim_db *db, int64_t user_id, const uint8_t *keep,
                                  struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *statement =
        scrim_db_prepare(db, "DELETE FROM sessions WHERE user_id = ? AND hash IS NOT ?");
    if (!statement)
        return scrim_db_fail(db, error);
    sqlite3_bind_int64(statement, 1, user_id);
    if (keep)
        sqlite3_bind_blob(statement, 2, keep, SCRIM_SESSION_HASH, SQLITE_STATIC);
    return scrim_db_step(db, statement, error);
}

static int expire(struct scrim_db *db, int64_t now_us, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *statement =
        scrim_db_prepare(db, "DELETE FROM sessions WHERE seen_us < ? OR created_us < ?");
    if (!statement)
        return scrim_db_fail(db, error);
    sqlite3_bind_int64(statement, 1, now_us - SCRIM_SESSION_IDLE_US);
    sqlite3_bind_int64(statement, 2, now_us - SCRIM_SESSION_LIFE_US);
    return scrim_db_step(db, statement, error);
}

// Columns hash, user_id, created_us, seen_us, name, role, address, agent.
static bool read_session(sqlite3_stmt *row, struct scrim_session *ret)
{
    const char *role = (const char *)sqlite3_column_text(row, 5);
    *ret = (struct scrim_session){
        .user_id = sqlite3_column_int64(row, 1),
        .created_us = sqlite3_column_int64(row, 2),
        .seen_us = sqlite3_column_int64(row, 3),
        .saved_us = sqlite3_column_int64(row, 3),
    };
    if (sqlite3_column_bytes(row, 0) != SCRIM_SESSION_HASH || !role ||
        !scrim_role_parse(role, &ret->role) ||
        !scrim_db_text(row, 4, ret->user, sizeof ret->user) ||
        !scrim_db_text(row, 6, ret->address, sizeof ret->address) ||
        !scrim_db_text(row, 7, ret->agent, sizeof ret->agent))
        return false;
    memcpy(ret->hash, sqlite3_column_blob(row, 0), SCRIM_SESSION_HASH);
    return true;
}

int scrim_session_store_load(struct scrim_db *db, int64_t now_us, struct scrim_session **ret,
                             size_t *ret_count, struct scrim_error *error)
{
    int result = expire(db, now_us, error);
    if (result < 0)
        return result;
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(
        db, "SELECT hash, user_id, sessions.created_us, sessions.seen_us, name, role, address,"
            " agent FROM sessions JOIN users ON users.id = user_id"
            " ORDER BY sessions.seen_us DESC LIMIT 1024");
    if (!rows)
        return scrim_db_fail(db, error);
    struct scrim_session *list = scrim_new_array(LOAD_MAX, struct scrim_session);
    size_t used = 0;
    while (used < LOAD_MAX && (result = scrim_db_row(db, rows, error)) > 0)
        used += read_session(rows, &list[used]);
    if (result < 0) {
        free(list);
        return result;
    }
    *ret = list;
    *ret_count = used;
    return SCRIM_OK;
}
