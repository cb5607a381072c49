#include "people/groups.h"

#include "base/alloc.h"
#include "people/db.h"

#include <string.h>

bool scrim_group_name_valid(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    const size_t length = strlen(name);
    return length > 0 && length <= SCRIM_GROUP_NAME_MAX && strspn(name, letters) == length &&
           name[0] != '-';
}

// Runs an INSERT or DELETE of one or two texts.
static int run_texts(struct scrim_db *db, const char *sql, const char *a, const char *b,
                     struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize) sqlite3_stmt *statement = scrim_db_prepare(db, sql);
    if (!statement)
        return scrim_db_fail(db, error);
    scrim_db_bind_text(statement, 1, a);
    if (b)
        scrim_db_bind_text(statement, 2, b);
    return scrim_db_step(db, statement, error);
}

static int put(struct scrim_db *db, const char *name, const char *title,
               const struct scrim_names *cameras, struct scrim_error *error)
{
    int64_t count = 0;
    int result = run_texts(db,
                           "INSERT INTO groups (name, title) VALUES (?, ?)"
                           " ON CONFLICT (name) DO UPDATE SET title = excluded.title",
                           name, title, error);
    if (result >= 0)
        result = scrim_db_number(db, "SELECT count(*) FROM groups", &count, error);
    if (result >= 0 && count > SCRIM_GROUPS_MAX)
        return scrim_fail(error, SCRIM_ECONFLICT, "a site has at most %d groups", SCRIM_GROUPS_MAX);
    if (result >= 0)
        result = run_texts(db, "DELETE FROM group_cameras WHERE group_name = ?", name, NULL, error);
    for (size_t i = 0; result >= 0 && i < cameras->count; i++)
        result = run_texts(db, "INSERT INTO group_cameras (group_name, camera) VALUES (?, ?)", name,
                           cameras->list[i], error);
    return result;
}

int scrim_groups_put(struct scrim_db *db, const char *name, const char *title,
                     const struct scrim_names *cameras, struct scrim_error *error)
{
    const int begun = scrim_db_begin(db, error);
    return begun < 0 ? begun : scrim_db_end(db, put(db, name, title, cameras, error), error);
}

int scrim_groups_delete(struct scrim_db *db, const char *name, struct scrim_error *error)
{
    const int result = run_texts(db, "DELETE FROM groups WHERE name = ?", name, NULL, error);
    if (result == SCRIM_EEXIST) // a foreign key points to it
        return scrim_fail(error, SCRIM_ECONFLICT,
                          "somebody, an invitation or a token is in group '%s'", name);
    if (result >= 0 && sqlite3_changes(db->sqlite) == 0)
        return scrim_fail(error, SCRIM_ENOENT, "there is no group '%s'", name);
    return result;
}

static int join(struct scrim_db *db, const char *sql, int64_t id, const char *group,
                struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize) sqlite3_stmt *statement = scrim_db_prepare(db, sql);
    if (!statement)
        return scrim_db_fail(db, error);
    sqlite3_bind_int64(statement, 1, id);
    if (group)
        scrim_db_bind_text(statement, 2, group);
    return scrim_db_step(db, statement, error);
}

int scrim_groups_assign(struct scrim_db *db, enum scrim_member kind, int64_t id,
                        const struct scrim_names *groups, struct scrim_error *error)
{
    static const struct {
        const char *clear, *add;
    } tables[] = {
        [SCRIM_MEMBER_USER] = {"DELETE FROM user_groups WHERE user_id = ?",
                               "INSERT INTO user_groups (user_id, group_name) VALUES (?, ?)"},
        [SCRIM_MEMBER_INVITATION] =
            {"DELETE FROM invitation_groups WHERE invitation_id = ?",
             "INSERT INTO invitation_groups (invitation_id, group_name) VALUES (?, ?)"},
        [SCRIM_MEMBER_TOKEN] = {"DELETE FROM token_groups WHERE token_id = ?",
                                "INSERT INTO token_groups (token_id, group_name) VALUES (?, ?)"},
    };
    int result = join(db, tables[kind].clear, id, NULL, error);
    for (size_t i = 0; result >= 0 && i < groups->count; i++) {
        result = join(db, tables[kind].add, id, groups->list[i], error);
        if (result == SCRIM_EEXIST) // of its foreign keys only this one can fail
            result = scrim_fail(error, SCRIM_EINVAL, "there is no group '%s'", groups->list[i]);
    }
    return result;
}

int scrim_groups_check_role(enum scrim_role role, size_t groups_count, struct scrim_error *error)
{
    return role == SCRIM_ROLE_ADMINISTRATOR && groups_count > 0
               ? scrim_fail(error, SCRIM_EINVAL,
                            "an administrator sees all cameras and is in no group")
               : SCRIM_OK;
}
