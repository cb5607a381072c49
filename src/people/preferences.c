#include "people/preferences.h"

#include "base/alloc.h"
#include "people/db.h"

#include <string.h>

bool scrim_preference_key_valid(const char *key)
{
    const size_t length = strlen(key);
    return length > 0 && length <= 32 && strspn(key, "abcdefghijklmnopqrstuvwxyz-") == length;
}

int scrim_preference_get(struct scrim_db *db, int64_t user_id, const char *key, char **ret,
                         struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows =
        scrim_db_prepare(db, "SELECT value FROM preferences WHERE user_id = ? AND key = ?");
    if (!rows)
        return scrim_db_fail(db, error);
    sqlite3_bind_int64(rows, 1, user_id);
    scrim_db_bind_text(rows, 2, key);
    const int found = scrim_db_row(db, rows, error);
    if (found < 0)
        return found;
    const char *value = found > 0 ? (const char *)sqlite3_column_text(rows, 0) : "null";
    *ret = scrim_strdup(value ? value : "null");
    return SCRIM_OK;
}

static int put(struct scrim_db *db, int64_t user_id, const char *key, const char *json,
               struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *upsert =
        scrim_db_prepare(db, "INSERT INTO preferences (user_id, key, value) VALUES (?, ?, ?)"
                             " ON CONFLICT (user_id, key) DO UPDATE SET value = excluded.value");
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *count =
        scrim_db_prepare(db, "SELECT count(*) FROM preferences WHERE user_id = ?");
    if (!upsert || !count)
        return scrim_db_fail(db, error);
    sqlite3_bind_int64(upsert, 1, user_id);
    scrim_db_bind_text(upsert, 2, key);
    scrim_db_bind_text(upsert, 3, json);
    sqlite3_bind_int64(count, 1, user_id);
    int result = scrim_db_step(db, upsert, error);
    if (result >= 0)
        result = scrim_db_row(db, count, error);
    if (result >= 0 && sqlite3_column_int64(count, 0) > SCRIM_PREFERENCES_MAX)
        return scrim_fail(error, SCRIM_ECONFLICT, "a person has at most %d preferences",
                          SCRIM_PREFERENCES_MAX);
    return result < 0 ? result : SCRIM_OK;
}

int scrim_preference_put(struct scrim_db *db, int64_t user_id, const char *key, const char *json,
                         struct scrim_error *error)
{
    const int begun = scrim_db_begin(db, error);
    return begun < 0 ? begun : scrim_db_end(db, put(db, user_id, key, json, error), error);
}
