#include "people/settings.h"

#include "base/alloc.h"
#include "people/db.h"

#include <string.h>

static const struct {
    const char *key;
    size_t offset, size;
} fields[] = {
#define FIELD(name)                                                                                \
    {                                                                                              \
#name, offsetof(struct scrim_site_words, name), sizeof((struct scrim_site_words *)0)->name \
    }
    FIELD(name), FIELD(time_zone), FIELD(controller), FIELD(contact), FIELD(address),
#undef FIELD
};

static bool take(sqlite3_stmt *row, struct scrim_site_words *ret)
{
    const char *key = (const char *)sqlite3_column_text(row, 0);
    for (size_t i = 0; key && i < sizeof fields / sizeof *fields; i++)
        if (strcmp(key, fields[i].key) == 0)
            return scrim_db_text(row, 1, (char *)ret + fields[i].offset, fields[i].size);
    return key != NULL; // other parts may keep theirs here, too
}

int scrim_settings_load(struct scrim_db *db, struct scrim_site_words *ret,
                        struct scrim_error *error)
{
    int result;
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(db, "SELECT key, value FROM settings");
    if (!rows)
        return scrim_db_fail(db, error);
    while ((result = scrim_db_row(db, rows, error)) > 0)
        if (!take(rows, ret))
            return scrim_fail(error, SCRIM_EFORMAT, "%s: what is said of the site is damaged",
                              db->path);
    return result;
}

int scrim_settings_set(struct scrim_db *db, const char *key, const char *value,
                       struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *statement =
        scrim_db_prepare(db, *value ? "INSERT INTO settings (key, value) VALUES (?1, ?2)"
                                      " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
                                    : "DELETE FROM settings WHERE key = ?1");
    if (!statement)
        return scrim_db_fail(db, error);
    scrim_db_bind_text(statement, 1, key);
    if (*value)
        scrim_db_bind_text(statement, 2, value);
    return scrim_db_step(db, statement, error);
}
