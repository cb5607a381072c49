#include "people/schema.h"

#include <stdio.h>

// steps[i] leads from version i to i + 1. Times are UTC µs.
static const char *const steps[] = {
    // 1: who may sign in, and who is signed in
    "CREATE TABLE users ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT," // never used again, so a session cannot change hands
    " name TEXT NOT NULL UNIQUE,"
    " role TEXT NOT NULL,"
    " password TEXT NOT NULL," // crypto_pwhash_str: Argon2id with its parameters; '' for none
    " created_us INTEGER NOT NULL) STRICT;"
    "CREATE TABLE sessions ("
    " hash BLOB PRIMARY KEY CHECK (length(hash) = 32),"
    " user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " created_us INTEGER NOT NULL,"
    " seen_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;",

    // 2: groups of cameras, invitations, tokens, preferences, what is said of the site.
    // A group that somebody is in cannot be deleted: without any group they would see all cameras.
    "ALTER TABLE users ADD COLUMN seen_us INTEGER;"
    "ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE groups ("
    " name TEXT PRIMARY KEY,"
    " title TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE group_cameras ("
    " group_name TEXT NOT NULL REFERENCES groups(name) ON DELETE CASCADE,"
    " camera TEXT NOT NULL,"
    " PRIMARY KEY (group_name, camera)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE user_groups ("
    " user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " group_name TEXT NOT NULL REFERENCES groups(name),"
    " PRIMARY KEY (user_id, group_name)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE invitations ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),"
    " name TEXT NOT NULL UNIQUE,"
    " role TEXT NOT NULL,"
    " user_id INTEGER REFERENCES users(id) ON DELETE CASCADE," // who invites; NULL: the command
                                                               // line
    " created_us INTEGER NOT NULL,"
    " expires_us INTEGER NOT NULL) STRICT;"
    "CREATE TABLE invitation_groups ("
    " invitation_id INTEGER NOT NULL REFERENCES invitations(id) ON DELETE CASCADE,"
    " group_name TEXT NOT NULL REFERENCES groups(name),"
    " PRIMARY KEY (invitation_id, group_name)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE tokens ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),"
    " name TEXT NOT NULL,"
    " user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE," // who made it
    " rights TEXT NOT NULL,"                                            // names with commas between
    " created_us INTEGER NOT NULL,"
    " expires_us INTEGER NOT NULL,"
    " used_us INTEGER) STRICT;"
    "CREATE TABLE token_groups ("
    " token_id INTEGER NOT NULL REFERENCES tokens(id) ON DELETE CASCADE,"
    " group_name TEXT NOT NULL REFERENCES groups(name),"
    " PRIMARY KEY (token_id, group_name)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE preferences ("
    " user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " key TEXT NOT NULL,"
    " value TEXT NOT NULL," // JSON
    " PRIMARY KEY (user_id, key)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE settings ("
    " key TEXT PRIMARY KEY,"
    " value TEXT NOT NULL) STRICT, WITHOUT ROWID;",

    // 3: the second step of signing in, and accounts at a provider (factors.h)
    "CREATE TABLE totp ("
    " user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1))," // by a first code
    " secret BLOB NOT NULL,"       // encrypted under state/keys/factors.key
    " last_step INTEGER NOT NULL," // no code of this step or one before is taken again
    " PRIMARY KEY (user_id, confirmed)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE recovery_codes ("
    " user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " hash BLOB NOT NULL CHECK (length(hash) = 32),"
    " PRIMARY KEY (user_id, hash)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE security_keys ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " name TEXT NOT NULL,"
    " created_us INTEGER NOT NULL,"
    " used_us INTEGER NOT NULL DEFAULT 0," // 0: not yet
    " credential BLOB NOT NULL UNIQUE,"
    " alg INTEGER NOT NULL," // COSE
    " public_key BLOB NOT NULL,"
    " count INTEGER NOT NULL," // of signatures, as of the last
    " rp_id TEXT NOT NULL) STRICT;"
    "CREATE INDEX security_keys_of ON security_keys (user_id);"
    "CREATE TABLE oidc_accounts ("
    " issuer TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " PRIMARY KEY (issuer, subject)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX oidc_accounts_of ON oidc_accounts (user_id);"
    "CREATE TABLE second_step_roles (role TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;",
};

#define VERSION ((int64_t)(sizeof steps / sizeof *steps))

int64_t scrim_schema_version(void)
{
    return VERSION;
}

static int take_steps(struct scrim_db *db, int64_t version, struct scrim_error *error)
{
    int64_t now = 0;
    char set_version[48];
    int result = scrim_db_number(db, "PRAGMA user_version", &now, error);
    if (result >= 0 && (now < 0 || now > VERSION))
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "%s: made by a newer version of Scrim (schema %lld, this one knows %lld)",
                          db->path, (long long)now, (long long)VERSION);
    if (result < 0 || now >= version)
        return result;
    for (; result >= 0 && now < version; now++)
        result = scrim_db_run(db, steps[now], error);
    snprintf(set_version, sizeof set_version, "PRAGMA user_version = %lld", (long long)version);
    return result < 0 ? result : scrim_db_run(db, set_version, error);
}

int scrim_schema_ensure_version(struct scrim_db *db, int64_t version, struct scrim_error *error)
{
    const int begun = scrim_db_begin(db, error);
    return begun < 0 ? begun : scrim_db_end(db, take_steps(db, version, error), error);
}

int scrim_schema_ensure(struct scrim_db *db, struct scrim_error *error)
{
    return scrim_schema_ensure_version(db, VERSION, error);
}
