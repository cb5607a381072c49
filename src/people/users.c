#include "people/users.h"

#include "base/alloc.h"
#include "people/db.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define USERS_MAX 10000

struct scrim_users {
    struct scrim_db *db;
    char nobody[crypto_pwhash_STRBYTES]; // a hash that no password fits: what an unknown name costs
};

static int hash_password(const char *password, size_t length, char ret[crypto_pwhash_STRBYTES],
                         struct scrim_error *error)
{
    return crypto_pwhash_str(ret, password, length, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                             crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0
               ? SCRIM_OK
               : scrim_fail(error, SCRIM_ENOMEM, "there is no memory to hash a password");
}

int scrim_users_open(const char *dir, struct scrim_users **ret, struct scrim_error *error)
{
    if (sodium_init() < 0)
        return scrim_fail(error, SCRIM_EINTERNAL, "libsodium does not start");
    struct scrim_users *users = scrim_new(struct scrim_users);
    char random[32];
    randombytes_buf(random, sizeof random);
    int result = scrim_db_open(dir, &users->db, error);
    if (result >= 0)
        result = hash_password(random, sizeof random, users->nobody, error);
    if (result < 0) {
        scrim_users_close(users);
        return result;
    }
    *ret = users;
    return SCRIM_OK;
}

void scrim_users_close(struct scrim_users *users)
{
    if (!users)
        return;
    scrim_db_close(users->db);
    free(users);
}

struct scrim_db *scrim_users_db(struct scrim_users *users)
{
    return users->db;
}

bool scrim_user_name_valid(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    const size_t length = strlen(name);
    return length > 0 && length <= SCRIM_USER_NAME_MAX && strspn(name, letters) == length &&
           !strchr("._-", name[0]);
}

int scrim_password_check(const char *name, const char *password, size_t length,
                         struct scrim_error *error)
{
    size_t characters = 0, kinds = 0;
    bool seen[256] = {0};
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)password[i];
        characters += (c & 0xc0) != 0x80; // UTF-8: continuation bytes are no characters
        kinds += !seen[c];
        seen[c] = true;
    }
    sodium_memzero(seen, sizeof seen);
    if (characters < SCRIM_PASSWORD_MIN)
        return scrim_fail(error, SCRIM_EINVAL, "the password is too short: %d characters at least",
                          SCRIM_PASSWORD_MIN);
    if (length > SCRIM_PASSWORD_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "the password is longer than %d bytes",
                          SCRIM_PASSWORD_MAX);
    if (kinds < 5)
        return scrim_fail(error, SCRIM_EINVAL,
                          "the password is too easy to guess: it has fewer than 5 different "
                          "characters");
    if (memmem(password, length, name, strlen(name)) && length < 2 * strlen(name) + 8)
        return scrim_fail(error, SCRIM_EINVAL,
                          "the password is too easy to guess: it contains the user's name");
    return SCRIM_OK;
}

int scrim_users_add(struct scrim_users *users, const char *name, enum scrim_role role,
                    const char *password, size_t length, struct scrim_error *error)
{
    char hash[crypto_pwhash_STRBYTES];
    int result = hash_password(password, length, hash, error);
    if (result < 0)
        return result;
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *insert = scrim_db_prepare(
        users->db, "INSERT INTO users (name, role, password, created_us) VALUES (?, ?, ?, ?)");
    if (!insert)
        return scrim_db_fail(users->db, error);
    sqlite3_bind_text(insert, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 2, scrim_role_text(role), -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 3, hash, -1, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 4, scrim_clock_utc_us());
    if (sqlite3_step(insert) == SQLITE_DONE)
        return SCRIM_OK;
    return sqlite3_extended_errcode(users->db->sqlite) == SQLITE_CONSTRAINT_UNIQUE
               ? scrim_fail(error, SCRIM_EEXIST, "there is a user '%s' already", name)
               : scrim_db_fail(users->db, error);
}

int scrim_users_remove(struct scrim_users *users, const char *name, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *delete = scrim_db_prepare(users->db, "DELETE FROM users WHERE name = ?");
    if (!delete)
        return scrim_db_fail(users->db, error);
    sqlite3_bind_text(delete, 1, name, -1, SQLITE_STATIC);
    if (sqlite3_step(delete) != SQLITE_DONE)
        return scrim_db_fail(users->db, error);
    return sqlite3_changes(users->db->sqlite) > 0
               ? SCRIM_OK
               : scrim_fail(error, SCRIM_ENOENT, "there is no user '%s'", name);
}

static bool copy_name(sqlite3_stmt *row, int column, char ret[SCRIM_USER_NAME_MAX + 1])
{
    const char *name = (const char *)sqlite3_column_text(row, column);
    if (!name || strlen(name) > SCRIM_USER_NAME_MAX)
        return false;
    memcpy(ret, name, strlen(name) + 1);
    return true;
}

// Columns id, name, role, created_us.
static int read_user(struct scrim_users *users, sqlite3_stmt *row, struct scrim_user *ret,
                     struct scrim_error *error)
{
    const char *role = (const char *)sqlite3_column_text(row, 2);
    ret->id = sqlite3_column_int64(row, 0);
    ret->created_us = sqlite3_column_int64(row, 3);
    return copy_name(row, 1, ret->name) && role && scrim_role_parse(role, &ret->role)
               ? SCRIM_OK
               : scrim_fail(error, SCRIM_EFORMAT, "%s: user %lld is damaged", users->db->path,
                            (long long)ret->id);
}

int scrim_users_list(struct scrim_users *users, struct scrim_user **ret, size_t *ret_count,
                     struct scrim_error *error)
{
    int64_t count = 0;
    int result = scrim_db_number(users->db, "SELECT count(*) FROM users", &count, error);
    if (result < 0)
        return result;
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(
        users->db, "SELECT id, name, role, created_us FROM users ORDER BY name LIMIT ?");
    if (!rows)
        return scrim_db_fail(users->db, error);
    const size_t room = count < USERS_MAX ? (size_t)count : USERS_MAX;
    struct scrim_user *list = scrim_alloc_zero(room + 1, sizeof *list);
    size_t used = 0;
    int stepped = SQLITE_DONE;
    if (!list)
        return scrim_fail(error, SCRIM_ENOMEM, "there is no memory for %zu users", room);
    sqlite3_bind_int64(rows, 1, (int64_t)room);
    while (result >= 0 && (stepped = sqlite3_step(rows)) == SQLITE_ROW)
        result = read_user(users, rows, &list[used++], error);
    if (result >= 0 && stepped != SQLITE_DONE)
        result = scrim_db_fail(users->db, error);
    if (result < 0) {
        free(list);
        return result;
    }
    *ret = list;
    *ret_count = used;
    return SCRIM_OK;
}

int scrim_users_verify(struct scrim_users *users, const char *name, const char *password,
                       size_t length, struct scrim_user *ret, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(
        users->db, "SELECT id, name, role, created_us, password FROM users WHERE name = ?");
    if (!rows)
        return scrim_db_fail(users->db, error);
    sqlite3_bind_text(rows, 1, name, -1, SQLITE_STATIC);
    const int stepped = sqlite3_step(rows);
    if (stepped != SQLITE_ROW && stepped != SQLITE_DONE)
        return scrim_db_fail(users->db, error);
    const char *hash =
        stepped == SQLITE_ROW ? (const char *)sqlite3_column_text(rows, 4) : users->nobody;
    const bool right = hash && crypto_pwhash_str_verify(hash, password, length) == 0;
    if (stepped != SQLITE_ROW || !right)
        return scrim_fail(error, SCRIM_EAUTH, "the name or the password is wrong");
    return read_user(users, rows, ret, error);
}

int scrim_users_save_session(struct scrim_users *users, const struct scrim_session *session,
                             struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *upsert = scrim_db_prepare(
        users->db, "INSERT INTO sessions (hash, user_id, created_us, seen_us) VALUES (?, ?, ?, ?)"
                   " ON CONFLICT (hash) DO UPDATE SET seen_us = excluded.seen_us");
    if (!upsert)
        return scrim_db_fail(users->db, error);
    sqlite3_bind_blob(upsert, 1, session->hash, sizeof session->hash, SQLITE_STATIC);
    sqlite3_bind_int64(upsert, 2, session->user_id);
    sqlite3_bind_int64(upsert, 3, session->created_us);
    sqlite3_bind_int64(upsert, 4, session->seen_us);
    return sqlite3_step(upsert) == SQLITE_DONE ? SCRIM_OK : scrim_db_fail(users->db, error);
}

int scrim_users_drop_session(struct scrim_users *users, const uint8_t hash[SCRIM_SESSION_HASH],
                             struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *delete = scrim_db_prepare(users->db, "DELETE FROM sessions WHERE hash = ?");
    if (!delete)
        return scrim_db_fail(users->db, error);
    sqlite3_bind_blob(delete, 1, hash, SCRIM_SESSION_HASH, SQLITE_STATIC);
    return sqlite3_step(delete) == SQLITE_DONE ? SCRIM_OK : scrim_db_fail(users->db, error);
}

static int expire_sessions(struct scrim_users *users, int64_t now_us, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *delete =
        scrim_db_prepare(users->db, "DELETE FROM sessions WHERE seen_us < ? OR created_us < ?");
    if (!delete)
        return scrim_db_fail(users->db, error);
    sqlite3_bind_int64(delete, 1, now_us - SCRIM_SESSION_IDLE_US);
    sqlite3_bind_int64(delete, 2, now_us - SCRIM_SESSION_LIFE_US);
    return sqlite3_step(delete) == SQLITE_DONE ? SCRIM_OK : scrim_db_fail(users->db, error);
}

// Columns hash, user_id, created_us, seen_us, name, role.
static bool read_session(sqlite3_stmt *row, struct scrim_session *ret)
{
    const char *role = (const char *)sqlite3_column_text(row, 5);
    if (sqlite3_column_bytes(row, 0) != SCRIM_SESSION_HASH || !role ||
        !scrim_role_parse(role, &ret->role) || !copy_name(row, 4, ret->user))
        return false;
    memcpy(ret->hash, sqlite3_column_blob(row, 0), SCRIM_SESSION_HASH);
    ret->user_id = sqlite3_column_int64(row, 1);
    ret->created_us = sqlite3_column_int64(row, 2);
    ret->seen_us = ret->saved_us = sqlite3_column_int64(row, 3);
    return true;
}

int scrim_users_load_sessions(struct scrim_users *users, int64_t now_us, struct scrim_session **ret,
                              size_t *ret_count, struct scrim_error *error)
{
    const size_t room = 1024; // as many as scrim_sessions holds; the latest
    const int expired = expire_sessions(users, now_us, error);
    if (expired < 0)
        return expired;
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(
        users->db, "SELECT hash, user_id, sessions.created_us, seen_us, name, role FROM sessions"
                   " JOIN users ON users.id = user_id ORDER BY seen_us DESC LIMIT 1024");
    if (!rows)
        return scrim_db_fail(users->db, error);
    struct scrim_session *list = scrim_new_array(room, struct scrim_session);
    size_t used = 0;
    int stepped = SQLITE_DONE;
    while (used < room && (stepped = sqlite3_step(rows)) == SQLITE_ROW)
        used += read_session(rows, &list[used]);
    if (stepped != SQLITE_ROW && stepped != SQLITE_DONE) {
        free(list);
        return scrim_db_fail(users->db, error);
    }
    *ret = list;
    *ret_count = used;
    return SCRIM_OK;
}
