#include "people/users.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "people/db.h"
#include "people/groups.h"
#include "people/session_store.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(SCRIM_PASSWORD_HASH == crypto_pwhash_STRBYTES, "the length of a password's hash");

struct scrim_users {
    struct scrim_db *db;
    char nobody[SCRIM_PASSWORD_HASH]; // a hash that no password fits: what an unknown name costs
};

int scrim_password_hash(const char *password, size_t length, char ret[SCRIM_PASSWORD_HASH],
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
        result = scrim_password_hash(random, sizeof random, users->nobody, error);
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

// --- one row ---

// Columns id, name, role, created_us, seen_us, password.
static int read_user(struct scrim_db *db, sqlite3_stmt *row, struct scrim_user *ret,
                     struct scrim_error *error)
{
    const char *role = (const char *)sqlite3_column_text(row, 2);
    *ret = (struct scrim_user){
        .id = sqlite3_column_int64(row, 0),
        .created_us = sqlite3_column_int64(row, 3),
        .seen_us = sqlite3_column_int64(row, 4),
        .has_password = sqlite3_column_bytes(row, 5) > 0,
    };
    return scrim_db_text(row, 1, ret->name, sizeof ret->name) && role &&
                   scrim_role_parse(role, &ret->role)
               ? SCRIM_OK
               : scrim_fail(error, SCRIM_EFORMAT, "%s: user %lld is damaged", db->path,
                            (long long)ret->id);
}

// The user of this name, or SCRIM_ENOENT.
static int find(struct scrim_db *db, const char *name, struct scrim_user *ret,
                struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(
        db, "SELECT id, name, role, created_us, seen_us, password FROM users WHERE name = ?");
    if (!rows)
        return scrim_db_fail(db, error);
    scrim_db_bind_text(rows, 1, name);
    const int found = scrim_db_row(db, rows, error);
    if (found == 0)
        return scrim_fail(error, SCRIM_ENOENT, "there is no user '%s'", name);
    return found < 0 ? found : read_user(db, rows, ret, error);
}

int scrim_users_exist(struct scrim_db *db, const char *name, bool *ret, struct scrim_error *error)
{
    struct scrim_user user;
    const int found = find(db, name, &user, error);
    *ret = found >= 0;
    return found == SCRIM_ENOENT ? SCRIM_OK : found;
}

// A statement about one user, by id.
static int run_for(struct scrim_db *db, const char *sql, int64_t id, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize) sqlite3_stmt *statement = scrim_db_prepare(db, sql);
    if (!statement)
        return scrim_db_fail(db, error);
    sqlite3_bind_int64(statement, 1, id);
    return scrim_db_step(db, statement, error);
}

// --- adding ---

static int insert_row(struct scrim_db *db, const char *name, enum scrim_role role, const char *hash,
                      int64_t now_us, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *insert = scrim_db_prepare(
        db, "INSERT INTO users (name, role, password, created_us) VALUES (?, ?, ?, ?)");
    if (!insert)
        return scrim_db_fail(db, error);
    scrim_db_bind_text(insert, 1, name);
    scrim_db_bind_text(insert, 2, scrim_role_text(role));
    scrim_db_bind_text(insert, 3, hash);
    sqlite3_bind_int64(insert, 4, now_us);
    const int result = scrim_db_step(db, insert, error);
    return result == SCRIM_EEXIST
               ? scrim_fail(error, SCRIM_EEXIST, "there is a user '%s' already", name)
               : result;
}

static int void_invitations_for(struct scrim_db *db, const char *name, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *statement = scrim_db_prepare(db, "DELETE FROM invitations WHERE name = ?");
    if (!statement)
        return scrim_db_fail(db, error);
    scrim_db_bind_text(statement, 1, name);
    return scrim_db_step(db, statement, error);
}

int scrim_users_insert(struct scrim_db *db, const char *name, enum scrim_role role,
                       const char *hash, struct scrim_user *ret, struct scrim_error *error)
{
    int64_t count = 0;
    int result = scrim_db_number(db, "SELECT count(*) FROM users", &count, error);
    if (result >= 0 && count >= SCRIM_USERS_MAX)
        return scrim_fail(error, SCRIM_ECONFLICT, "a site has at most %d users", SCRIM_USERS_MAX);
    if (result >= 0)
        result = insert_row(db, name, role, hash, scrim_clock_utc_us(), error);
    return result < 0 ? result : find(db, name, ret, error);
}

static int add(struct scrim_db *db, const char *name, enum scrim_role role, const char *hash,
               struct scrim_error *error)
{
    struct scrim_user user;
    const int result = scrim_users_insert(db, name, role, hash, &user, error);
    return result < 0 ? result : void_invitations_for(db, name, error);
}

int scrim_users_add(struct scrim_users *users, const char *name, enum scrim_role role,
                    const char *password, size_t length, struct scrim_error *error)
{
    char hash[SCRIM_PASSWORD_HASH];
    int result = scrim_password_hash(password, length, hash, error);
    if (result >= 0)
        result = scrim_db_begin(users->db, error);
    return result < 0 ? result
                      : scrim_db_end(users->db, add(users->db, name, role, hash, error), error);
}

// --- changing; each inside of a transaction ---

static int check_not_last(struct scrim_db *db, const struct scrim_user *user,
                          struct scrim_error *error)
{
    int64_t count = 0;
    if (user->role != SCRIM_ROLE_ADMINISTRATOR)
        return SCRIM_OK;
    const int result = scrim_db_number(
        db, "SELECT count(*) FROM users WHERE role = 'administrator'", &count, error);
    return result >= 0 && count < 2
               ? scrim_fail(error, SCRIM_ECONFLICT,
                            "'%s' is the last administrator: make another one first", user->name)
               : result;
}

static int remove_user(struct scrim_db *db, const char *name, struct scrim_error *error)
{
    struct scrim_user user;
    int result = find(db, name, &user, error);
    if (result >= 0)
        result = check_not_last(db, &user, error);
    return result < 0 ? result : run_for(db, "DELETE FROM users WHERE id = ?", user.id, error);
}

int scrim_users_remove(struct scrim_db *db, const char *name, struct scrim_error *error)
{
    const int begun = scrim_db_begin(db, error);
    return begun < 0 ? begun : scrim_db_end(db, remove_user(db, name, error), error);
}

static int set_role(struct scrim_db *db, const struct scrim_user *user, enum scrim_role role,
                    struct scrim_error *error)
{
    if (user->role == role)
        return SCRIM_OK;
    int result = check_not_last(db, user, error);
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *update = scrim_db_prepare(db, "UPDATE users SET role = ? WHERE id = ?");
    if (result >= 0 && !update)
        result = scrim_db_fail(db, error);
    if (result < 0)
        return result;
    scrim_db_bind_text(update, 1, scrim_role_text(role));
    sqlite3_bind_int64(update, 2, user->id);
    result = scrim_db_step(db, update, error);
    if (result >= 0)
        result = run_for(db, "DELETE FROM sessions WHERE user_id = ?", user->id, error);
    return result < 0 ? result
                      : run_for(db, "DELETE FROM invitations WHERE user_id = ?", user->id, error);
}

static int count_groups(struct scrim_db *db, int64_t user_id, size_t *ret,
                        struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(db, "SELECT count(*) FROM user_groups WHERE user_id = ?");
    if (!rows)
        return scrim_db_fail(db, error);
    sqlite3_bind_int64(rows, 1, user_id);
    const int result = scrim_db_row(db, rows, error);
    *ret = (size_t)sqlite3_column_int64(rows, 0);
    return result < 0 ? result : SCRIM_OK;
}

static int change_user(struct scrim_db *db, const char *name,
                       const struct scrim_user_change *change, struct scrim_error *error)
{
    struct scrim_user user;
    size_t groups = 0;
    int result = find(db, name, &user, error);
    if (result >= 0 && change->groups)
        result = scrim_groups_assign(db, SCRIM_MEMBER_USER, user.id, change->groups, error);
    if (result >= 0)
        result = count_groups(db, user.id, &groups, error);
    if (result >= 0)
        result = scrim_groups_check_role(change->role ? *change->role : user.role, groups, error);
    return result < 0 || !change->role ? result : set_role(db, &user, *change->role, error);
}

int scrim_users_change(struct scrim_db *db, const char *name,
                       const struct scrim_user_change *change, struct scrim_error *error)
{
    const int begun = scrim_db_begin(db, error);
    return begun < 0 ? begun : scrim_db_end(db, change_user(db, name, change, error), error);
}

static int set_password(struct scrim_db *db, int64_t user_id, const char *hash, const uint8_t *keep,
                        struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *update = scrim_db_prepare(db, "UPDATE users SET password = ? WHERE id = ?");
    if (!update)
        return scrim_db_fail(db, error);
    scrim_db_bind_text(update, 1, hash);
    sqlite3_bind_int64(update, 2, user_id);
    int result = scrim_db_step(db, update, error);
    if (result >= 0 && sqlite3_changes(db->sqlite) == 0)
        return scrim_fail(error, SCRIM_ENOENT, "there is no such user");
    return result < 0 ? result : scrim_session_store_drop_user(db, user_id, keep, error);
}

int scrim_users_set_password(struct scrim_db *db, int64_t user_id, const char *hash,
                             const uint8_t *keep, struct scrim_error *error)
{
    const int begun = scrim_db_begin(db, error);
    return begun < 0 ? begun
                     : scrim_db_end(db, set_password(db, user_id, hash, keep, error), error);
}

// --- asking ---

int scrim_users_verify(struct scrim_users *users, const char *name, const char *password,
                       size_t length, struct scrim_user *ret, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(
        users->db,
        "SELECT id, name, role, created_us, seen_us, password FROM users WHERE name = ?");
    if (!rows)
        return scrim_db_fail(users->db, error);
    scrim_db_bind_text(rows, 1, name);
    const int found = scrim_db_row(users->db, rows, error);
    if (found < 0)
        return found;
    const char *hash = found > 0 ? (const char *)sqlite3_column_text(rows, 5) : NULL;
    const bool has = hash && *hash; // one who has no password costs as much as one who has
    const bool right = crypto_pwhash_str_verify(has ? hash : users->nobody, password, length) == 0;
    if (!has || !right)
        return scrim_fail(error, SCRIM_EAUTH, "the name or the password is wrong");
    return read_user(users->db, rows, ret, error);
}

int scrim_users_require(struct scrim_db *db, int64_t user_id, enum scrim_right right,
                        struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(db, "SELECT role FROM users WHERE id = ?");
    enum scrim_role role;
    if (!rows)
        return scrim_db_fail(db, error);
    sqlite3_bind_int64(rows, 1, user_id);
    const int found = scrim_db_row(db, rows, error);
    if (found < 0)
        return found;
    const char *text = found > 0 ? (const char *)sqlite3_column_text(rows, 0) : NULL;
    return text && scrim_role_parse(text, &role) && scrim_role_has(role, right)
               ? SCRIM_OK
               : scrim_fail(error, SCRIM_EACCESS, "your role does not allow this any more");
}
