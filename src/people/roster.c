#include "people/roster.h"

#include "base/alloc.h"
#include "people/db.h"
#include "people/settings.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 20000 // of each table; far above what the writers let in

// --- sets ---

bool scrim_camera_set_has(const struct scrim_camera_set *set, unsigned camera)
{
    return set->all ||
           (camera < SCRIM_GROUP_CAMERAS_MAX && (set->words[camera / 64] >> camera % 64 & 1) != 0);
}

struct scrim_camera_set scrim_camera_set_meet(const struct scrim_camera_set *a,
                                              const struct scrim_camera_set *b)
{
    if (a->all)
        return *b;
    struct scrim_camera_set both = *a;
    for (size_t i = 0; !b->all && i < sizeof both.words / sizeof *both.words; i++)
        both.words[i] &= b->words[i];
    return both;
}

bool scrim_group_set_has(const struct scrim_group_set *set, size_t group)
{
    return (set->words[group / 64] >> group % 64 & 1) != 0;
}

bool scrim_group_set_empty(const struct scrim_group_set *set)
{
    for (size_t i = 0; i < sizeof set->words / sizeof *set->words; i++)
        if (set->words[i] != 0)
            return false;
    return true;
}

// --- finding ---

const struct scrim_user *scrim_roster_user(const struct scrim_roster *roster, int64_t id)
{
    for (size_t i = 0; i < roster->users_count; i++)
        if (roster->users[i].id == id)
            return &roster->users[i];
    return NULL;
}

const struct scrim_user *scrim_roster_user_named(const struct scrim_roster *roster,
                                                 const char *name)
{
    for (size_t i = 0; i < roster->users_count; i++)
        if (strcmp(roster->users[i].name, name) == 0)
            return &roster->users[i];
    return NULL;
}

const struct scrim_group *scrim_roster_group(const struct scrim_roster *roster, const char *name)
{
    for (size_t i = 0; i < roster->groups_count; i++)
        if (strcmp(roster->groups[i].name, name) == 0)
            return &roster->groups[i];
    return NULL;
}

bool scrim_roster_has_administrator(const struct scrim_roster *roster)
{
    for (size_t i = 0; i < roster->users_count; i++)
        if (roster->users[i].role == SCRIM_ROLE_ADMINISTRATOR)
            return true;
    return false;
}

// --- cameras ---

void scrim_roster_resolve(struct scrim_roster *roster,
                          bool (*find)(void *context, const char *id, unsigned *ret), void *context)
{
    for (size_t i = 0; i < roster->groups_count; i++) {
        struct scrim_group *group = &roster->groups[i];
        group->set = (struct scrim_camera_set){0};
        for (size_t k = 0; k < group->cameras_count; k++) {
            unsigned camera;
            if (find(context, group->cameras[k], &camera) && camera < SCRIM_GROUP_CAMERAS_MAX)
                group->set.words[camera / 64] |= UINT64_C(1) << camera % 64;
        }
    }
}

struct scrim_camera_set scrim_roster_cameras(const struct scrim_roster *roster,
                                             const struct scrim_group_set *groups)
{
    struct scrim_camera_set set = {.all = scrim_group_set_empty(groups)};
    for (size_t i = 0; i < roster->groups_count; i++) {
        if (!scrim_group_set_has(groups, i))
            continue;
        for (size_t k = 0; k < sizeof set.words / sizeof *set.words; k++)
            set.words[k] |= roster->groups[i].set.words[k];
    }
    return set;
}

// --- loading ---

static int damaged(struct scrim_db *db, const char *what, int64_t id, struct scrim_error *error)
{
    return scrim_fail(error, SCRIM_EFORMAT, "%s: %s %lld is damaged", db->path, what,
                      (long long)id);
}

// An array for the rows of a table.
static int make_room(struct scrim_db *db, const char *count_sql, size_t size, void *ret,
                     size_t *ret_room, struct scrim_error *error)
{
    int64_t count = 0;
    const int result = scrim_db_number(db, count_sql, &count, error);
    if (result < 0)
        return result;
    if (count > ROWS_MAX)
        return scrim_fail(error, SCRIM_ENOSPACE, "%s: %lld rows are more than it may have",
                          db->path, (long long)count);
    void *list = scrim_alloc_zero((size_t)count + 1, size);
    if (!list)
        return scrim_fail(error, SCRIM_ENOMEM, "there is no memory for %lld rows",
                          (long long)count);
    *(void **)ret = list;
    *ret_room = (size_t)count;
    return SCRIM_OK;
}

// The groups that a row has in a table of memberships; `sql` takes its id.
static int load_membership(struct scrim_db *db, const struct scrim_roster *roster, const char *sql,
                           int64_t id, struct scrim_group_set *ret, struct scrim_error *error)
{
    int result;
    SCRIM_AUTO(scrim_db_finalize) sqlite3_stmt *rows = scrim_db_prepare(db, sql);
    if (!rows)
        return scrim_db_fail(db, error);
    sqlite3_bind_int64(rows, 1, id);
    while ((result = scrim_db_row(db, rows, error)) > 0) {
        const char *name = (const char *)sqlite3_column_text(rows, 0);
        const struct scrim_group *group = name ? scrim_roster_group(roster, name) : NULL;
        if (!group) // a group less is a camera more: nobody is let in by half
            return damaged(db, "the groups of row", id, error);
        const size_t place = (size_t)(group - roster->groups);
        ret->words[place / 64] |= UINT64_C(1) << place % 64;
    }
    return result;
}

static int load_cameras(struct scrim_db *db, struct scrim_group *group, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(
        db, "SELECT camera, count(*) OVER () FROM group_cameras WHERE group_name = ?"
            " ORDER BY camera");
    int result;
    if (!rows)
        return scrim_db_fail(db, error);
    scrim_db_bind_text(rows, 1, group->name);
    while ((result = scrim_db_row(db, rows, error)) > 0) {
        const int64_t count = sqlite3_column_int64(rows, 1);
        if (!group->cameras && count <= SCRIM_GROUP_CAMERAS_MAX)
            group->cameras = scrim_alloc_zero((size_t)count, sizeof *group->cameras);
        if (!group->cameras)
            return scrim_fail(error, SCRIM_ENOMEM, "there is no memory for %lld cameras",
                              (long long)count);
        if (!scrim_db_text(rows, 0, group->cameras[group->cameras_count++], sizeof *group->cameras))
            return scrim_fail(error, SCRIM_EFORMAT, "%s: group %s is damaged", db->path,
                              group->name);
    }
    return result;
}

static int load_groups(struct scrim_db *db, struct scrim_roster *roster, struct scrim_error *error)
{
    size_t room = 0;
    int result = make_room(db, "SELECT min(count(*), 256) FROM groups", sizeof *roster->groups,
                           &roster->groups, &room, error);
    if (result < 0)
        return result;
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(db, "SELECT name, title FROM groups ORDER BY name");
    if (!rows)
        return scrim_db_fail(db, error);
    while (roster->groups_count < room && (result = scrim_db_row(db, rows, error)) > 0) {
        struct scrim_group *group = &roster->groups[roster->groups_count++];
        if (!scrim_db_text(rows, 0, group->name, sizeof group->name) ||
            !scrim_db_text(rows, 1, group->title, sizeof group->title))
            return damaged(db, "group", (int64_t)roster->groups_count, error);
        result = load_cameras(db, group, error);
        if (result < 0)
            return result;
    }
    return result;
}

static bool read_role(sqlite3_stmt *row, int column, enum scrim_role *ret)
{
    const char *role = (const char *)sqlite3_column_text(row, column);
    return role && scrim_role_parse(role, ret);
}

static int load_users(struct scrim_db *db, struct scrim_roster *roster, struct scrim_error *error)
{
    size_t room = 0;
    int result = make_room(db, "SELECT count(*) FROM users", sizeof *roster->users, &roster->users,
                           &room, error);
    if (result < 0)
        return result;
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(
        db, "SELECT id, name, role, created_us, seen_us, password <> '' FROM users ORDER BY name");
    if (!rows)
        return scrim_db_fail(db, error);
    while (roster->users_count < room && (result = scrim_db_row(db, rows, error)) > 0) {
        struct scrim_user *user = &roster->users[roster->users_count++];
        user->id = sqlite3_column_int64(rows, 0);
        user->created_us = sqlite3_column_int64(rows, 3);
        user->seen_us = sqlite3_column_int64(rows, 4);
        user->has_password = sqlite3_column_int(rows, 5) != 0;
        if (!scrim_db_text(rows, 1, user->name, sizeof user->name) ||
            !read_role(rows, 2, &user->role))
            return damaged(db, "user", user->id, error);
        result = load_membership(db, roster, "SELECT group_name FROM user_groups WHERE user_id = ?",
                                 user->id, &user->groups, error);
        if (result < 0)
            return result;
    }
    return result;
}

static int load_invitations(struct scrim_db *db, struct scrim_roster *roster,
                            struct scrim_error *error)
{
    size_t room = 0;
    int result = make_room(db, "SELECT count(*) FROM invitations", sizeof *roster->invitations,
                           &roster->invitations, &room, error);
    if (result < 0)
        return result;
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(
        db, "SELECT id, name, role, created_us, expires_us FROM invitations ORDER BY id");
    if (!rows)
        return scrim_db_fail(db, error);
    while (roster->invitations_count < room && (result = scrim_db_row(db, rows, error)) > 0) {
        struct scrim_invitation *made = &roster->invitations[roster->invitations_count++];
        made->id = sqlite3_column_int64(rows, 0);
        made->created_us = sqlite3_column_int64(rows, 3);
        made->expires_us = sqlite3_column_int64(rows, 4);
        if (!scrim_db_text(rows, 1, made->name, sizeof made->name) ||
            !read_role(rows, 2, &made->role))
            return damaged(db, "invitation", made->id, error);
        result = load_membership(db, roster,
                                 "SELECT group_name FROM invitation_groups WHERE invitation_id = ?",
                                 made->id, &made->groups, error);
        if (result < 0)
            return result;
    }
    return result;
}

// Names with commas between; false for one that is none.
static bool read_rights(const char *text, unsigned *ret)
{
    char name[16];
    *ret = 0;
    while (text && *text) {
        const size_t length = strcspn(text, ",");
        enum scrim_right right;
        if (length >= sizeof name)
            return false;
        memcpy(name, text, length);
        name[length] = '\0';
        if (!scrim_right_parse(name, &right))
            return false;
        *ret |= SCRIM_RIGHT_BIT(right);
        text += length + (text[length] == ',');
    }
    return text != NULL;
}

static bool read_token(sqlite3_stmt *row, struct scrim_token *ret)
{
    ret->id = sqlite3_column_int64(row, 0);
    ret->user_id = sqlite3_column_int64(row, 1);
    ret->created_us = sqlite3_column_int64(row, 5);
    ret->expires_us = sqlite3_column_int64(row, 6);
    ret->used_us = sqlite3_column_int64(row, 7);
    if (sqlite3_column_bytes(row, 2) != SCRIM_SECRET_HASH)
        return false;
    memcpy(ret->hash, sqlite3_column_blob(row, 2), SCRIM_SECRET_HASH);
    return scrim_db_text(row, 3, ret->name, sizeof ret->name) &&
           read_rights((const char *)sqlite3_column_text(row, 4), &ret->rights);
}

static int load_tokens(struct scrim_db *db, struct scrim_roster *roster, struct scrim_error *error)
{
    size_t room = 0;
    int result = make_room(db, "SELECT count(*) FROM tokens", sizeof *roster->tokens,
                           &roster->tokens, &room, error);
    if (result < 0)
        return result;
    SCRIM_AUTO(scrim_db_finalize)
    sqlite3_stmt *rows = scrim_db_prepare(
        db, "SELECT id, user_id, hash, name, rights, created_us, expires_us, used_us FROM tokens"
            " ORDER BY id");
    if (!rows)
        return scrim_db_fail(db, error);
    while (roster->tokens_count < room && (result = scrim_db_row(db, rows, error)) > 0) {
        struct scrim_token *token = &roster->tokens[roster->tokens_count++];
        if (!read_token(rows, token))
            return damaged(db, "token", token->id, error);
        result =
            load_membership(db, roster, "SELECT group_name FROM token_groups WHERE token_id = ?",
                            token->id, &token->groups, error);
        if (result < 0)
            return result;
    }
    return result;
}

static int load(struct scrim_db *db, struct scrim_roster *roster, struct scrim_error *error)
{
    int result = load_groups(db, roster, error);
    if (result >= 0)
        result = load_users(db, roster, error);
    if (result >= 0)
        result = load_invitations(db, roster, error);
    if (result >= 0)
        result = load_tokens(db, roster, error);
    if (result >= 0)
        result = scrim_settings_load(db, &roster->site, error);
    return result;
}

int scrim_roster_load(struct scrim_db *db, struct scrim_roster **ret, struct scrim_error *error)
{
    struct scrim_roster *roster = scrim_new(struct scrim_roster);
    // One transaction, so that it is one moment of the database.
    int result = scrim_db_run(db, "BEGIN", error);
    if (result >= 0)
        result = scrim_db_end(db, load(db, roster, error), error);
    if (result < 0) {
        scrim_roster_free(roster);
        return result;
    }
    *ret = roster;
    return SCRIM_OK;
}

void scrim_roster_free(struct scrim_roster *roster)
{
    if (!roster)
        return;
    for (size_t i = 0; i < roster->groups_count; i++)
        free(roster->groups[i].cameras);
    free(roster->users);
    free(roster->groups);
    free(roster->invitations);
    free(roster->tokens);
    free(roster);
}
