#include "people/invitations.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "people/db.h"

#include <string.h>

static int insert(struct scrim_db *db, const struct scrim_invitation_wish *wish,
                  const uint8_t hash[SCRIM_SECRET_HASH], struct scrim_invitation *ret,
                  struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *statement = scrim_db_prepare(
        db, "INSERT OR REPLACE INTO invitations (hash, name, role, user_id, created_us, expires_us)"
            " VALUES (?, ?, ?, ?, ?, ?)");
    if (!statement)
        return scrim_db_fail(db, error);
    ret->role = wish->role;
    ret->created_us = scrim_clock_utc_us();
    ret->expires_us = ret->created_us + SCRIM_INVITATION_LIFE_US;
    sqlite3_bind_blob(statement, 1, hash, SCRIM_SECRET_HASH, SQLITE_STATIC);
    scrim_db_bind_text(statement, 2, wish->name);
    scrim_db_bind_text(statement, 3, scrim_role_text(wish->role));
    if (wish->user_id)
        sqlite3_bind_int64(statement, 4, wish->user_id);
    sqlite3_bind_int64(statement, 5, ret->created_us);
    sqlite3_bind_int64(statement, 6, ret->expires_us);
    const int result = scrim_db_step(db, statement, error);
    ret->id = sqlite3_last_insert_rowid(db->sqlite);
    return result;
}

static int make(struct scrim_db *db, const struct scrim_invitation_wish *wish,
                const uint8_t hash[SCRIM_SECRET_HASH], struct scrim_invitation *ret,
                struct scrim_error *error)
{
    int64_t count = 0;
    bool taken = false;
    int result = scrim_invitations_expire(db, scrim_clock_utc_us(), error);
    if (result >= 0)
        result = scrim_users_exist(db, wish->name, &taken, error);
    if (result >= 0 && taken)
        return scrim_fail(error, SCRIM_EEXIST, "there is a user '%s' already", wish->name);
    if (result >= 0)
        result = scrim_groups_check_role(wish->role, wish->groups->count, error);
    if (result >= 0)
        result = insert(db, wish, hash, ret, error);
    if (result >= 0)
        result = scrim_db_number(db, "SELECT count(*) FROM invitations", &count, error);
    if (result >= 0 && count > SCRIM_INVITATIONS_MAX)
        return scrim_fail(error, SCRIM_ECONFLICT, "a site has at most %d invitations",
                          SCRIM_INVITATIONS_MAX);
    return result < 0
               ? result
               : scrim_groups_assign(db, SCRIM_MEMBER_INVITATION, ret->id, wish->groups, error);
}

int scrim_invitations_make(struct scrim_db *db, const struct scrim_invitation_wish *wish,
                           char ret_secret[SCRIM_SECRET_TEXT], struct scrim_invitation *ret,
                           struct scrim_error *error)
{
    uint8_t hash[SCRIM_SECRET_HASH];
    *ret = (struct scrim_invitation){0};
    scrim_secret_make(ret_secret, hash);
    memcpy(ret->name, wish->name, strlen(wish->name) + 1);
    const int begun = scrim_db_begin(db, error);
    return begun < 0 ? begun : scrim_db_end(db, make(db, wish, hash, ret, error), error);
}

int scrim_invitations_look(struct scrim_db *db, const uint8_t hash[SCRIM_SECRET_HASH],
                           struct scrim_invitation *ret, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows =
        scrim_db_prepare(db, "SELECT id, name, role, created_us, expires_us FROM invitations"
                             " WHERE hash = ? AND expires_us > ?");
    if (!rows)
        return scrim_db_fail(db, error);
    sqlite3_bind_blob(rows, 1, hash, SCRIM_SECRET_HASH, SQLITE_STATIC);
    sqlite3_bind_int64(rows, 2, scrim_clock_utc_us());
    const int found = scrim_db_row(db, rows, error);
    if (found < 0)
        return found;
    if (found == 0)
        return scrim_fail(error, SCRIM_ENOENT, "this invitation is not valid any more");
    *ret = (struct scrim_invitation){
        .id = sqlite3_column_int64(rows, 0),
        .created_us = sqlite3_column_int64(rows, 3),
        .expires_us = sqlite3_column_int64(rows, 4),
    };
    const char *role = (const char *)sqlite3_column_text(rows, 2);
    return scrim_db_text(rows, 1, ret->name, sizeof ret->name) && role &&
                   scrim_role_parse(role, &ret->role)
               ? SCRIM_OK
               : scrim_fail(error, SCRIM_EFORMAT, "%s: invitation %lld is damaged", db->path,
                            (long long)ret->id);
}

static int take_groups(struct scrim_db *db, int64_t invitation, int64_t user,
                       struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *statement = scrim_db_prepare(
        db, "INSERT INTO user_groups (user_id, group_name)"
            " SELECT ?, group_name FROM invitation_groups WHERE invitation_id = ?");
    if (!statement)
        return scrim_db_fail(db, error);
    sqlite3_bind_int64(statement, 1, user);
    sqlite3_bind_int64(statement, 2, invitation);
    return scrim_db_step(db, statement, error);
}

static int accept(struct scrim_db *db, const uint8_t hash[SCRIM_SECRET_HASH],
                  const char *password_hash, struct scrim_user *ret, struct scrim_error *error)
{
    struct scrim_invitation invitation;
    int result = scrim_invitations_look(db, hash, &invitation, error);
    if (result >= 0)
        result =
            scrim_users_insert(db, invitation.name, invitation.role, password_hash, ret, error);
    if (result >= 0)
        result = take_groups(db, invitation.id, ret->id, error);
    return result < 0 ? result : scrim_invitations_delete(db, invitation.id, error);
}

int scrim_invitations_accept(struct scrim_db *db, const uint8_t hash[SCRIM_SECRET_HASH],
                             const char *password, size_t length, struct scrim_user *ret,
                             struct scrim_error *error)
{
    struct scrim_invitation invitation;
    char password_hash[SCRIM_PASSWORD_HASH];
    // Before the lock: hashing takes a moment. What it says is looked up again under it.
    int result = scrim_invitations_look(db, hash, &invitation, error);
    if (result >= 0)
        result = scrim_password_check(invitation.name, password, length, error);
    if (result >= 0)
        result = scrim_password_hash(password, length, password_hash, error);
    if (result >= 0)
        result = scrim_db_begin(db, error);
    return result < 0 ? result
                      : scrim_db_end(db, accept(db, hash, password_hash, ret, error), error);
}

static int link_account(struct scrim_db *db, int64_t user, const char *issuer, const char *subject,
                        struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *insert = scrim_db_prepare(
        db, "INSERT INTO oidc_accounts (issuer, subject, user_id) VALUES (?, ?, ?)");
    if (!insert)
        return scrim_db_fail(db, error);
    scrim_db_bind_text(insert, 1, issuer);
    scrim_db_bind_text(insert, 2, subject);
    sqlite3_bind_int64(insert, 3, user);
    return scrim_db_step(db, insert, error);
}

int scrim_invitations_accept_account(struct scrim_db *db, const uint8_t hash[SCRIM_SECRET_HASH],
                                     const char *issuer, const char *subject,
                                     struct scrim_user *ret, struct scrim_error *error)
{
    int result = scrim_db_begin(db, error);
    if (result < 0)
        return result;
    result = accept(db, hash, "", ret, error);
    if (result >= 0)
        result = link_account(db, ret->id, issuer, subject, error);
    return scrim_db_end(db, result, error);
}

int scrim_invitations_delete(struct scrim_db *db, int64_t id, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *statement = scrim_db_prepare(db, "DELETE FROM invitations WHERE id = ?");
    if (!statement)
        return scrim_db_fail(db, error);
    sqlite3_bind_int64(statement, 1, id);
    const int result = scrim_db_step(db, statement, error);
    if (result >= 0 && sqlite3_changes(db->sqlite) == 0)
        return scrim_fail(error, SCRIM_ENOENT, "there is no such invitation");
    return result;
}

int scrim_invitations_expire(struct scrim_db *db, int64_t now_us, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *statement = scrim_db_prepare(db, "DELETE FROM invitations WHERE expires_us <= ?");
    if (!statement)
        return scrim_db_fail(db, error);
    sqlite3_bind_int64(statement, 1, now_us);
    return scrim_db_step(db, statement, error);
}
