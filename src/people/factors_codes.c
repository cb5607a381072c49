// Codes by the clock, and recovery codes.
#include "base/alloc.h"
#include "people/factors_impl.h"

#include <string.h>

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define SEALED (NONCE + SCRIM_TOTP_SECRET + crypto_aead_xchacha20poly1305_ietf_ABYTES)

// --- the secret, as it lies in the database: nonce, then ciphertext; bound to its user ---

static void bind_to(int64_t user_id, uint8_t ret[8])
{
    for (unsigned i = 0; i < 8; i++)
        ret[i] = (uint8_t)((uint64_t)user_id >> (56 - 8 * i));
}

static void seal(const struct scrim_factors *factors, int64_t user_id,
                 const uint8_t secret[SCRIM_TOTP_SECRET], uint8_t ret[SEALED])
{
    uint8_t bound[8];
    bind_to(user_id, bound);
    randombytes_buf(ret, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(ret + NONCE, NULL, secret, SCRIM_TOTP_SECRET, bound,
                                               sizeof bound, NULL, ret, factors->key);
}

static bool unseal(const struct scrim_factors *factors, int64_t user_id, const uint8_t *sealed,
                   int length, uint8_t ret[SCRIM_TOTP_SECRET])
{
    uint8_t bound[8];
    bind_to(user_id, bound);
    return sealed && length == (int)SEALED &&
           crypto_aead_xchacha20poly1305_ietf_decrypt(ret, NULL, NULL, sealed + NONCE,
                                                      SEALED - NONCE, bound, sizeof bound, sealed,
                                                      factors->key) == 0;
}

// --- codes ---

struct totp {
    uint8_t secret[SCRIM_TOTP_SECRET];
    int64_t last_step;
};

// 1, or 0 if there is none.
static int read_totp(struct scrim_factors *factors, int64_t user_id, bool confirmed,
                     struct totp *ret, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *row = scrim_db_prepare(
        factors->db, "SELECT secret, last_step FROM totp WHERE user_id = ? AND confirmed = ?");
    if (!row)
        return scrim_db_fail(factors->db, error);
    sqlite3_bind_int64(row, 1, user_id);
    sqlite3_bind_int(row, 2, confirmed);
    const int result = scrim_db_row(factors->db, row, error);
    if (result <= 0)
        return result;
    ret->last_step = sqlite3_column_int64(row, 1);
    return unseal(factors, user_id, sqlite3_column_blob(row, 0), sqlite3_column_bytes(row, 0),
                  ret->secret)
               ? 1
               : scrim_fail(error, SCRIM_EFORMAT, "%s: the secret of user %lld does not fit %s",
                            factors->db->path, (long long)user_id, SCRIM_FACTORS_KEY_FILE);
}

int scrim_factors_totp_begin(struct scrim_factors *factors, int64_t user_id,
                             uint8_t ret_secret[SCRIM_TOTP_SECRET], struct scrim_error *error)
{
    uint8_t sealed[SEALED];
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *insert = scrim_db_prepare(
        factors->db, "INSERT INTO totp (user_id, confirmed, secret, last_step) VALUES (?, 0, ?, -1)"
                     " ON CONFLICT (user_id, confirmed) DO UPDATE SET secret = excluded.secret,"
                     " last_step = -1");
    if (!insert)
        return scrim_db_fail(factors->db, error);
    randombytes_buf(ret_secret, SCRIM_TOTP_SECRET);
    seal(factors, user_id, ret_secret, sealed);
    sqlite3_bind_int64(insert, 1, user_id);
    sqlite3_bind_blob(insert, 2, sealed, sizeof sealed, SQLITE_STATIC);
    return scrim_db_step(factors->db, insert, error);
}

static int set_step(struct scrim_factors *factors, int64_t user_id, bool confirmed, int64_t step,
                    struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *update = scrim_db_prepare(
        factors->db, "UPDATE totp SET last_step = ?3 WHERE user_id = ?1 AND confirmed = ?2"
                     " AND last_step < ?3");
    if (!update)
        return scrim_db_fail(factors->db, error);
    sqlite3_bind_int64(update, 1, user_id);
    sqlite3_bind_int(update, 2, confirmed);
    sqlite3_bind_int64(update, 3, step);
    const int result = scrim_db_step(factors->db, update, error);
    if (result >= 0 && sqlite3_changes(factors->db->sqlite) == 0)
        return scrim_fail(error, SCRIM_EAUTH, "this code was used already");
    return result;
}

// In a transaction: reads, compares, and remembers the step.
static int take_code(struct scrim_factors *factors, int64_t user_id, bool confirmed, uint32_t code,
                     int64_t utc_us, struct scrim_error *error)
{
    struct totp totp = {0};
    int64_t step = 0;
    int result = read_totp(factors, user_id, confirmed, &totp, error);
    if (result == 0)
        result = scrim_fail(error, confirmed ? SCRIM_EAUTH : SCRIM_ENOENT, "there are no codes");
    else if (result > 0 && !scrim_totp_fits(totp.secret, code, utc_us, totp.last_step, &step))
        result = scrim_fail(error, SCRIM_EAUTH, "the code is wrong, or was used already");
    if (result >= 0)
        result = set_step(factors, user_id, confirmed, step, error);
    sodium_memzero(&totp, sizeof totp);
    return result;
}

int scrim_factors_totp_check(struct scrim_factors *factors, int64_t user_id, uint32_t code,
                             int64_t utc_us, struct scrim_error *error)
{
    const int begun = scrim_db_begin(factors->db, error);
    if (begun < 0)
        return begun;
    return scrim_db_end(factors->db, take_code(factors, user_id, true, code, utc_us, error), error);
}

int scrim_factors_totp_confirm(struct scrim_factors *factors, int64_t user_id, uint32_t code,
                               int64_t utc_us, struct scrim_error *error)
{
    int result = scrim_db_begin(factors->db, error);
    if (result < 0)
        return result;
    result = take_code(factors, user_id, false, code, utc_us, error);
    if (result >= 0)
        result = scrim_factors_run(factors, "DELETE FROM totp WHERE user_id = ? AND confirmed = 1",
                                   user_id, error);
    if (result >= 0)
        result = scrim_factors_run(factors, "UPDATE totp SET confirmed = 1 WHERE user_id = ?",
                                   user_id, error);
    return scrim_db_end(factors->db, result, error);
}

int scrim_factors_totp_remove(struct scrim_factors *factors, int64_t user_id,
                              struct scrim_error *error)
{
    int result = scrim_db_begin(factors->db, error);
    if (result < 0)
        return result;
    result = scrim_factors_run(factors, "DELETE FROM totp WHERE user_id = ?", user_id, error);
    if (result >= 0)
        result = scrim_factors_tidy(factors, user_id, error);
    return scrim_db_end(factors->db, result, error);
}

// --- recovery codes ---

static int insert_code(struct scrim_factors *factors, int64_t user_id,
                       const uint8_t hash[SCRIM_RECOVERY_HASH], struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *insert =
        scrim_db_prepare(factors->db, "INSERT INTO recovery_codes (user_id, hash) VALUES (?, ?)");
    if (!insert)
        return scrim_db_fail(factors->db, error);
    sqlite3_bind_int64(insert, 1, user_id);
    sqlite3_bind_blob(insert, 2, hash, SCRIM_RECOVERY_HASH, SQLITE_STATIC);
    return scrim_db_step(factors->db, insert, error);
}

int scrim_factors_recovery_renew(struct scrim_factors *factors, int64_t user_id,
                                 struct scrim_recovery_set *ret, struct scrim_error *error)
{
    int result = scrim_db_begin(factors->db, error);
    if (result < 0)
        return result;
    result =
        scrim_factors_run(factors, "DELETE FROM recovery_codes WHERE user_id = ?", user_id, error);
    for (size_t i = 0; i < SCRIM_RECOVERY_CODES && result >= 0; i++) {
        uint8_t hash[SCRIM_RECOVERY_HASH];
        scrim_recovery_make(ret->codes[i], hash);
        result = insert_code(factors, user_id, hash, error);
    }
    return scrim_db_end(factors->db, result, error);
}

int scrim_factors_recovery_use(struct scrim_factors *factors, int64_t user_id, const char *text,
                               struct scrim_error *error)
{
    uint8_t hash[SCRIM_RECOVERY_HASH];
    if (!scrim_recovery_hash(text, hash))
        return scrim_fail(error, SCRIM_EAUTH, "this is no recovery code");
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *delete =
        scrim_db_prepare(factors->db, "DELETE FROM recovery_codes WHERE user_id = ? AND hash = ?");
    if (!delete)
        return scrim_db_fail(factors->db, error);
    sqlite3_bind_int64(delete, 1, user_id);
    sqlite3_bind_blob(delete, 2, hash, sizeof hash, SQLITE_STATIC);
    const int result = scrim_db_step(factors->db, delete, error);
    if (result >= 0 && sqlite3_changes(factors->db->sqlite) == 0)
        return scrim_fail(error, SCRIM_EAUTH, "the recovery code is wrong, or was used already");
    return result;
}
