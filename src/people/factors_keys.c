// Security keys.
#include "base/alloc.h"
#include "people/factors_impl.h"

#include <stdlib.h>
#include <string.h>

static bool copy_blob(sqlite3_stmt *row, int column, uint8_t *ret, size_t max, size_t *ret_len)
{
    const void *bytes = sqlite3_column_blob(row, column);
    const size_t length = (size_t)sqlite3_column_bytes(row, column);
    if (!bytes || length > max)
        return false;
    memcpy(ret, bytes, length);
    *ret_len = length;
    return true;
}

// Columns id, name, created_us, used_us, credential, alg, public_key, count, rp_id.
static bool read_key(sqlite3_stmt *row, struct scrim_factor_key *ret)
{
    struct scrim_webauthn_credential *credential = &ret->credential;
    ret->id = sqlite3_column_int64(row, 0);
    ret->created_us = sqlite3_column_int64(row, 2);
    ret->used_us = sqlite3_column_int64(row, 3);
    credential->alg = sqlite3_column_int(row, 5);
    credential->count = (uint32_t)sqlite3_column_int64(row, 7);
    return scrim_db_text(row, 1, ret->name, sizeof ret->name) &&
           copy_blob(row, 4, credential->id, sizeof credential->id, &credential->id_len) &&
           copy_blob(row, 6, credential->key, sizeof credential->key, &credential->key_len) &&
           scrim_db_text(row, 8, credential->rp_id, sizeof credential->rp_id);
}

int scrim_factors_keys(struct scrim_factors *factors, int64_t user_id,
                       struct scrim_factor_key **ret, size_t *ret_count, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(
        factors->db, "SELECT id, name, created_us, used_us, credential, alg, public_key, count,"
                     " rp_id FROM security_keys WHERE user_id = ? ORDER BY id LIMIT ?");
    if (!rows)
        return scrim_db_fail(factors->db, error);
    sqlite3_bind_int64(rows, 1, user_id);
    sqlite3_bind_int(rows, 2, SCRIM_FACTOR_KEYS_MAX);
    struct scrim_factor_key *list = scrim_new_array(SCRIM_FACTOR_KEYS_MAX, struct scrim_factor_key);
    size_t used = 0;
    int result = 1;
    while (used < SCRIM_FACTOR_KEYS_MAX && (result = scrim_db_row(factors->db, rows, error)) > 0) {
        if (!read_key(rows, &list[used++])) {
            result = scrim_fail(error, SCRIM_EFORMAT, "%s: a security key of user %lld is damaged",
                                factors->db->path, (long long)user_id);
            break;
        }
    }
    if (result < 0) {
        free(list);
        return result;
    }
    *ret = list;
    *ret_count = used;
    return SCRIM_OK;
}

static int insert_key(struct scrim_factors *factors, int64_t user_id, struct scrim_factor_key *key,
                      struct scrim_error *error)
{
    const struct scrim_webauthn_credential *credential = &key->credential;
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *insert = scrim_db_prepare(
        factors->db, "INSERT INTO security_keys (user_id, name, created_us, credential, alg,"
                     " public_key, count, rp_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    if (!insert)
        return scrim_db_fail(factors->db, error);
    sqlite3_bind_int64(insert, 1, user_id);
    scrim_db_bind_text(insert, 2, key->name);
    sqlite3_bind_int64(insert, 3, key->created_us);
    sqlite3_bind_blob(insert, 4, credential->id, (int)credential->id_len, SQLITE_STATIC);
    sqlite3_bind_int(insert, 5, credential->alg);
    sqlite3_bind_blob(insert, 6, credential->key, (int)credential->key_len, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 7, credential->count);
    scrim_db_bind_text(insert, 8, credential->rp_id);
    const int result = scrim_db_step(factors->db, insert, error);
    if (result >= 0)
        key->id = sqlite3_last_insert_rowid(factors->db->sqlite);
    return result;
}

int scrim_factors_key_add(struct scrim_factors *factors, int64_t user_id,
                          struct scrim_factor_key *key, struct scrim_error *error)
{
    struct scrim_factor_state state;
    int result = scrim_db_begin(factors->db, error);
    if (result < 0)
        return result;
    result = scrim_factors_state(factors, user_id, &state, error);
    if (result >= 0 && state.keys >= SCRIM_FACTOR_KEYS_MAX)
        result = scrim_fail(error, SCRIM_ENOSPACE, "a user has at most %d security keys",
                            SCRIM_FACTOR_KEYS_MAX);
    if (result >= 0)
        result = insert_key(factors, user_id, key, error);
    return scrim_db_end(factors->db, result, error);
}

int scrim_factors_key_used(struct scrim_factors *factors, const struct scrim_factor_key *key,
                           uint32_t count, int64_t utc_us, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *update = scrim_db_prepare(
        factors->db, "UPDATE security_keys SET count = ?, used_us = ? WHERE id = ? AND count = ?");
    if (!update)
        return scrim_db_fail(factors->db, error);
    sqlite3_bind_int64(update, 1, count);
    sqlite3_bind_int64(update, 2, utc_us);
    sqlite3_bind_int64(update, 3, key->id);
    sqlite3_bind_int64(update, 4, key->credential.count);
    const int result = scrim_db_step(factors->db, update, error);
    if (result >= 0 && sqlite3_changes(factors->db->sqlite) == 0)
        return scrim_fail(error, SCRIM_EAUTH, "the security key was used elsewhere meanwhile");
    return result;
}

int scrim_factors_key_remove(struct scrim_factors *factors, int64_t user_id, int64_t id,
                             struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *delete =
        scrim_db_prepare(factors->db, "DELETE FROM security_keys WHERE user_id = ? AND id = ?");
    if (!delete)
        return scrim_db_fail(factors->db, error);
    sqlite3_bind_int64(delete, 1, user_id);
    sqlite3_bind_int64(delete, 2, id);
    int result = scrim_db_begin(factors->db, error);
    if (result < 0)
        return result;
    result = scrim_db_step(factors->db, delete, error);
    if (result >= 0 && sqlite3_changes(factors->db->sqlite) == 0)
        result = scrim_fail(error, SCRIM_ENOENT, "there is no such security key");
    if (result >= 0)
        result = scrim_factors_tidy(factors, user_id, error);
    return scrim_db_end(factors->db, result, error);
}
