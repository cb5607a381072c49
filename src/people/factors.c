#include "people/factors.h"

#include "base/alloc.h"
#include "people/factors_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int load_key(const char *path, struct scrim_factors *factors, struct scrim_error *error)
{
    struct scrim_buf bytes;
    struct stat info;
    scrim_buf_init(&bytes, 4096);
    int result = SCRIM_OK;
    if (stat(path, &info) < 0 && errno == ENOENT) {
        randombytes_buf(factors->key, sizeof factors->key);
        result = scrim_fs_create(path, factors->key, sizeof factors->key, 0600, error);
    }
    if (result >= 0)
        result = scrim_fs_read(path, &bytes, error);
    if (result >= 0 && bytes.len != sizeof factors->key)
        result = scrim_fail(error, SCRIM_EFORMAT, "%s: not a key of %zu bytes", path,
                            sizeof factors->key);
    if (result >= 0)
        memcpy(factors->key, bytes.data, sizeof factors->key);
    scrim_buf_finish_wipe(&bytes);
    return result;
}

int scrim_factors_open(const char *dir, struct scrim_factors **ret, struct scrim_error *error)
{
    struct scrim_factors *factors = scrim_new(struct scrim_factors);
    char path[SCRIM_PATH_MAX];
    int result = scrim_path_join(path, dir, SCRIM_FACTORS_KEY_FILE);
    if (result < 0)
        result = scrim_fail(error, result, "%s: path too long", dir);
    if (result >= 0)
        result = load_key(path, factors, error);
    if (result >= 0)
        result = scrim_db_open(dir, &factors->db, error);
    if (result < 0) {
        scrim_factors_close(factors);
        return result;
    }
    *ret = factors;
    return SCRIM_OK;
}

void scrim_factors_close(struct scrim_factors *factors)
{
    if (!factors)
        return;
    scrim_db_close(factors->db);
    sodium_memzero(factors, sizeof *factors);
    free(factors);
}

int scrim_factors_run(struct scrim_factors *factors, const char *sql, int64_t user_id,
                      struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize) sqlite3_stmt *statement = scrim_db_prepare(factors->db, sql);
    if (!statement)
        return scrim_db_fail(factors->db, error);
    sqlite3_bind_int64(statement, 1, user_id);
    return scrim_db_step(factors->db, statement, error);
}

int scrim_factors_tidy(struct scrim_factors *factors, int64_t user_id, struct scrim_error *error)
{
    return scrim_factors_run(
        factors,
        "DELETE FROM recovery_codes WHERE user_id = ?1"
        " AND NOT EXISTS (SELECT 1 FROM totp WHERE user_id = ?1 AND confirmed = 1)"
        " AND NOT EXISTS (SELECT 1 FROM security_keys WHERE user_id = ?1)",
        user_id, error);
}

int scrim_factors_state(struct scrim_factors *factors, int64_t user_id,
                        struct scrim_factor_state *ret, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *row = scrim_db_prepare(
        factors->db, "SELECT (SELECT count(*) FROM totp WHERE user_id = ?1 AND confirmed = 1),"
                     " (SELECT count(*) FROM security_keys WHERE user_id = ?1),"
                     " (SELECT count(*) FROM recovery_codes WHERE user_id = ?1),"
                     " (SELECT count(*) FROM oidc_accounts WHERE user_id = ?1)");
    if (!row)
        return scrim_db_fail(factors->db, error);
    sqlite3_bind_int64(row, 1, user_id);
    const int result = scrim_db_row(factors->db, row, error);
    if (result < 0)
        return result;
    ret->totp = sqlite3_column_int(row, 0) > 0;
    ret->keys = (unsigned)sqlite3_column_int(row, 1);
    ret->recovery = (unsigned)sqlite3_column_int(row, 2);
    ret->oidc = sqlite3_column_int(row, 3) > 0;
    return SCRIM_OK;
}

// Whom a provider signs in has a second step there, or not; that is the provider's to say.
int scrim_factors_users(struct scrim_factors *factors, int64_t **ret, size_t *ret_count,
                        struct scrim_error *error)
{
    enum { STEP = 64 };
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(
        factors->db, "SELECT user_id FROM totp WHERE confirmed = 1"
                     " UNION SELECT user_id FROM security_keys"
                     " UNION SELECT id FROM users JOIN oidc_accounts ON user_id = id"
                     " WHERE password = ''");
    if (!rows)
        return scrim_db_fail(factors->db, error);
    int64_t *list = NULL;
    size_t used = 0;
    int result;
    while ((result = scrim_db_row(factors->db, rows, error)) > 0) {
        if (used % STEP == 0) {
            int64_t *more = scrim_realloc(list, (used + STEP) * sizeof *list);
            if (!more) {
                result = scrim_fail(error, SCRIM_ENOMEM, "there is no memory for the users");
                break;
            }
            list = more;
        }
        list[used++] = sqlite3_column_int64(rows, 0);
    }
    if (result < 0) {
        free(list);
        return result;
    }
    *ret = list;
    *ret_count = used;
    return SCRIM_OK;
}

int scrim_factors_clear(struct scrim_factors *factors, int64_t user_id, struct scrim_error *error)
{
    int result = scrim_db_begin(factors->db, error);
    if (result < 0)
        return result;
    result = scrim_factors_run(factors, "DELETE FROM totp WHERE user_id = ?", user_id, error);
    if (result >= 0)
        result = scrim_factors_run(factors, "DELETE FROM security_keys WHERE user_id = ?", user_id,
                                   error);
    if (result >= 0)
        result = scrim_factors_tidy(factors, user_id, error);
    return scrim_db_end(factors->db, result, error);
}

// --- which roles must have a second step ---

int scrim_factors_required(struct scrim_factors *factors, unsigned *ret_roles,
                           struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(factors->db, "SELECT role FROM second_step_roles");
    if (!rows)
        return scrim_db_fail(factors->db, error);
    unsigned roles = 0;
    int result;
    while ((result = scrim_db_row(factors->db, rows, error)) > 0) {
        const char *text = (const char *)sqlite3_column_text(rows, 0);
        enum scrim_role role;
        if (!text || !scrim_role_parse(text, &role))
            return scrim_fail(error, SCRIM_EFORMAT, "%s: second_step_roles is damaged",
                              factors->db->path);
        roles |= 1U << role;
    }
    if (result >= 0)
        *ret_roles = roles;
    return result;
}

static int insert_role(struct scrim_factors *factors, enum scrim_role role,
                       struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *insert =
        scrim_db_prepare(factors->db, "INSERT INTO second_step_roles (role) VALUES (?)");
    if (!insert)
        return scrim_db_fail(factors->db, error);
    scrim_db_bind_text(insert, 1, scrim_role_text(role));
    return scrim_db_step(factors->db, insert, error);
}

int scrim_factors_require(struct scrim_factors *factors, unsigned roles, struct scrim_error *error)
{
    int result = scrim_db_begin(factors->db, error);
    if (result < 0)
        return result;
    result = scrim_db_run(factors->db, "DELETE FROM second_step_roles", error);
    for (unsigned role = 0; role < SCRIM_ROLE_COUNT && result >= 0; role++)
        if (roles & 1U << role)
            result = insert_role(factors, (enum scrim_role)role, error);
    return scrim_db_end(factors->db, result, error);
}

// --- accounts at a provider ---

int scrim_factors_oidc_find(struct scrim_factors *factors, const char *issuer, const char *subject,
                            int64_t *ret_user_id, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *row = scrim_db_prepare(
        factors->db, "SELECT user_id FROM oidc_accounts WHERE issuer = ? AND subject = ?");
    if (!row)
        return scrim_db_fail(factors->db, error);
    scrim_db_bind_text(row, 1, issuer);
    scrim_db_bind_text(row, 2, subject);
    const int result = scrim_db_row(factors->db, row, error);
    if (result == 0)
        return scrim_fail(error, SCRIM_ENOENT, "nobody here has this account");
    if (result < 0)
        return result;
    *ret_user_id = sqlite3_column_int64(row, 0);
    return SCRIM_OK;
}

int scrim_factors_oidc_link(struct scrim_factors *factors, int64_t user_id, const char *issuer,
                            const char *subject, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *insert = scrim_db_prepare(
        factors->db, "INSERT INTO oidc_accounts (issuer, subject, user_id) VALUES (?, ?, ?)");
    if (!insert)
        return scrim_db_fail(factors->db, error);
    scrim_db_bind_text(insert, 1, issuer);
    scrim_db_bind_text(insert, 2, subject);
    sqlite3_bind_int64(insert, 3, user_id);
    return scrim_db_step(factors->db, insert, error);
}
