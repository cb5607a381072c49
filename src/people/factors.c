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

static int load_entries(struct scrim_factors *factors, struct scrim_factor_news *ret,
                        struct scrim_error *error)
{
    enum { STEP = 64 };
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(
        factors->db,
        "SELECT * FROM (SELECT id, password <> '',"
        " (SELECT count(*) FROM totp WHERE user_id = id AND confirmed = 1) AS codes,"
        " (SELECT count(*) FROM security_keys AS k WHERE k.user_id = users.id) AS keys,"
        " (SELECT count(*) FROM recovery_codes WHERE user_id = id),"
        " (SELECT count(*) FROM oidc_accounts WHERE user_id = id) AS accounts FROM users)"
        " WHERE codes + keys + accounts > 0");
    if (!rows)
        return scrim_db_fail(factors->db, error);
    int result;
    while ((result = scrim_db_row(factors->db, rows, error)) > 0) {
        if (ret->count % STEP == 0) {
            struct scrim_factor_entry *more =
                scrim_realloc(ret->list, (ret->count + STEP) * sizeof *more);
            if (!more)
                return scrim_fail(error, SCRIM_ENOMEM, "there is no memory for the users");
            ret->list = more;
        }
        ret->list[ret->count++] =
            (struct scrim_factor_entry){.user_id = sqlite3_column_int64(rows, 0),
                                        .password = sqlite3_column_int(rows, 1) != 0,
                                        .state = {.totp = sqlite3_column_int(rows, 2) > 0,
                                                  .keys = (unsigned)sqlite3_column_int(rows, 3),
                                                  .recovery = (unsigned)sqlite3_column_int(rows, 4),
                                                  .oidc = sqlite3_column_int(rows, 5) > 0}};
    }
    return result;
}

int scrim_factors_news(struct scrim_factors *factors, struct scrim_factor_news *ret,
                       struct scrim_error *error)
{
    *ret = (struct scrim_factor_news){0};
    int result = load_entries(factors, ret, error);
    if (result >= 0)
        result = scrim_factors_required(factors, &ret->required, error);
    if (result < 0)
        scrim_factor_news_finish(ret);
    return result;
}

void scrim_factor_news_finish(struct scrim_factor_news *news)
{
    free(news->list);
    *news = (struct scrim_factor_news){0};
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
                            struct scrim_user *ret, struct scrim_error *error)
{
    char role[32];
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *row = scrim_db_prepare(
        factors->db, "SELECT id, name, role FROM users JOIN oidc_accounts ON user_id = id"
                     " WHERE issuer = ? AND subject = ?");
    if (!row)
        return scrim_db_fail(factors->db, error);
    scrim_db_bind_text(row, 1, issuer);
    scrim_db_bind_text(row, 2, subject);
    const int result = scrim_db_row(factors->db, row, error);
    if (result < 0)
        return result;
    if (result == 0)
        return scrim_fail(error, SCRIM_ENOENT, "nobody here has this account");
    *ret = (struct scrim_user){.id = sqlite3_column_int64(row, 0)};
    return scrim_db_text(row, 1, ret->name, sizeof ret->name) &&
                   scrim_db_text(row, 2, role, sizeof role) && scrim_role_parse(role, &ret->role)
               ? SCRIM_OK
               : scrim_fail(error, SCRIM_EFORMAT, "%s: user %lld is damaged", factors->db->path,
                            (long long)ret->id);
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
