#include "people/tokens.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "people/db.h"

#include <stdio.h>
#include <string.h>

#define RIGHTS_TEXT 160

unsigned scrim_token_rights_of(enum scrim_role role)
{
    return scrim_role_rights(role) &
           ~(SCRIM_RIGHT_BIT(SCRIM_RIGHT_NONE) | SCRIM_RIGHT_BIT(SCRIM_RIGHT_SELF) |
             SCRIM_RIGHT_BIT(SCRIM_RIGHT_USERS) | SCRIM_RIGHT_BIT(SCRIM_RIGHT_REQUEST) |
             SCRIM_RIGHT_BIT(SCRIM_RIGHT_DECIDE) | SCRIM_RIGHT_BIT(SCRIM_RIGHT_GLASS));
}

static void format_rights(unsigned rights, char ret[RIGHTS_TEXT])
{
    size_t length = 0;
    ret[0] = '\0';
    for (int i = 0; i < SCRIM_RIGHT_COUNT; i++)
        if (rights & SCRIM_RIGHT_BIT(i))
            length += (size_t)snprintf(ret + length, RIGHTS_TEXT - length, "%s%s",
                                       length ? "," : "", scrim_right_text((enum scrim_right)i));
}

static int insert(struct scrim_db *db, const struct scrim_token_wish *wish,
                  const uint8_t hash[SCRIM_SECRET_HASH], struct scrim_error *error)
{
    char rights[RIGHTS_TEXT];
    int64_t count = 0;
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *statement = scrim_db_prepare(
        db, "INSERT INTO tokens (hash, name, user_id, rights, created_us, expires_us)"
            " VALUES (?, ?, ?, ?, ?, ?)");
    if (!statement)
        return scrim_db_fail(db, error);
    format_rights(wish->rights, rights);
    sqlite3_bind_blob(statement, 1, hash, SCRIM_SECRET_HASH, SQLITE_STATIC);
    scrim_db_bind_text(statement, 2, wish->name);
    sqlite3_bind_int64(statement, 3, wish->user_id);
    scrim_db_bind_text(statement, 4, rights);
    sqlite3_bind_int64(statement, 5, scrim_clock_utc_us());
    sqlite3_bind_int64(statement, 6, wish->expires_us);
    int result = scrim_db_step(db, statement, error);
    if (result >= 0)
        result = scrim_db_number(db, "SELECT count(*) FROM tokens", &count, error);
    if (result >= 0 && count > SCRIM_TOKENS_MAX)
        return scrim_fail(error, SCRIM_ECONFLICT, "a site has at most %d tokens", SCRIM_TOKENS_MAX);
    return result;
}

int scrim_tokens_make(struct scrim_db *db, const struct scrim_token_wish *wish,
                      char ret_secret[SCRIM_SECRET_TEXT], int64_t *ret_id,
                      struct scrim_error *error)
{
    uint8_t hash[SCRIM_SECRET_HASH];
    scrim_secret_make(ret_secret, hash);
    int result = scrim_db_begin(db, error);
    if (result < 0)
        return result;
    result = insert(db, wish, hash, error);
    const int64_t id = sqlite3_last_insert_rowid(db->sqlite);
    if (result >= 0)
        result = scrim_groups_assign(db, SCRIM_MEMBER_TOKEN, id, wish->groups, error);
    result = scrim_db_end(db, result, error);
    if (result >= 0)
        *ret_id = id;
    return result;
}

int scrim_tokens_delete(struct scrim_db *db, int64_t id, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *statement = scrim_db_prepare(db, "DELETE FROM tokens WHERE id = ?");
    if (!statement)
        return scrim_db_fail(db, error);
    sqlite3_bind_int64(statement, 1, id);
    const int result = scrim_db_step(db, statement, error);
    if (result >= 0 && sqlite3_changes(db->sqlite) == 0)
        return scrim_fail(error, SCRIM_ENOENT, "there is no such token");
    return result;
}

int scrim_tokens_touch(struct scrim_db *db, int64_t id, int64_t used_us, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *statement = scrim_db_prepare(db, "UPDATE tokens SET used_us = ? WHERE id = ?");
    if (!statement)
        return scrim_db_fail(db, error);
    sqlite3_bind_int64(statement, 1, used_us);
    sqlite3_bind_int64(statement, 2, id);
    return scrim_db_step(db, statement, error);
}
