// Who may do what, as site.db keeps it: steps of schema, users, groups, invitations, tokens.
#include "base/fault.h"
#include "people/body.h"
#include "people/db.h"
#include "people/invitations.h"
#include "people/preferences.h"
#include "people/schema.h"
#include "people/session_store.h"
#include "people/settings.h"
#include "people/tokens.h"
#include "people/zones.h"

#include "fake_clock.h"
#include "test.h"

#include <errno.h>
#include <sodium.h>
#include <sys/wait.h>

#define PASSWORD "a very good password"

static char dir[256];

static struct scrim_users *open_site(void)
{
    struct scrim_error error = {0};
    struct scrim_users *users = NULL;
    if (scrim_users_open(dir, &users, &error) < 0)
        printf("  %s\n", error.text);
    return users;
}

static struct scrim_users *make_site(void)
{
    char state[300];
    test_make_dir(dir);
    snprintf(state, sizeof state, "%s/state", dir);
    if (scrim_fs_make_dirs(state, 0700, NULL) < 0)
        return NULL;
    return open_site();
}

static void leave_site(struct scrim_users *users)
{
    scrim_users_close(users);
    test_remove_dir(dir);
}

static void add(struct scrim_db *db, const char *name, enum scrim_role role)
{
    struct scrim_user user;
    CHECK_INT(scrim_users_insert(db, name, role, "", &user, NULL), SCRIM_OK);
}

static struct scrim_roster *roster_of(struct scrim_db *db)
{
    struct scrim_roster *roster = NULL;
    struct scrim_error error = {0};
    if (scrim_roster_load(db, &roster, &error) < 0)
        printf("  %s\n", error.text);
    return roster;
}

static int64_t id_of(struct scrim_db *db, const char *name)
{
    struct scrim_roster *roster = roster_of(db);
    const struct scrim_user *user = scrim_roster_user_named(roster, name);
    const int64_t id = user ? user->id : 0;
    scrim_roster_free(roster);
    return id;
}

static struct scrim_names names_of(const char *const *list)
{
    struct scrim_names names = {0};
    names.list = calloc(8, sizeof *names.list);
    for (; list && list[names.count]; names.count++)
        snprintf(names.list[names.count], sizeof *names.list, "%s", list[names.count]);
    return names;
}

// --- schema ---

// As the first release made it; never to be changed.
static const char version_1[] = "CREATE TABLE users ("
                                " id INTEGER PRIMARY KEY AUTOINCREMENT,"
                                " name TEXT NOT NULL UNIQUE,"
                                " role TEXT NOT NULL,"
                                " password TEXT NOT NULL,"
                                " created_us INTEGER NOT NULL) STRICT;"
                                "CREATE TABLE sessions ("
                                " hash BLOB PRIMARY KEY CHECK (length(hash) = 32),"
                                " user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
                                " created_us INTEGER NOT NULL,"
                                " seen_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
                                "PRAGMA user_version = 1;"
                                "INSERT INTO users VALUES (7, 'olga', 'operator', 'x', 1000);"
                                "INSERT INTO sessions VALUES (zeroblob(32), 7, 9000000, 9000000);";

static void write_database(const char *sql)
{
    char path[300];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/state/site.db", dir);
    CHECK_INT(unlink(path), 0);
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

// All that was ever declared, so that an upgraded database can be held against a fresh one.
static char *declarations(struct scrim_db *db)
{
    struct scrim_buf text;
    scrim_buf_init(&text, 1U << 20);
    sqlite3_stmt *rows = scrim_db_prepare(
        db, "SELECT m.name || '.' || c.name || ' ' || c.type || c.\"notnull\" || c.pk"
            " FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1");
    while (rows && sqlite3_step(rows) == SQLITE_ROW)
        CHECK(scrim_buf_printf(&text, "%s\n", sqlite3_column_text(rows, 0)) >= 0);
    scrim_db_finalize(&rows);
    CHECK(scrim_buf_append_u8(&text, 0) >= 0);
    return (char *)text.data;
}

static void upgrade(void)
{
    struct scrim_users *users = make_site();
    REQUIRE(users != NULL);
    char *fresh = declarations(scrim_users_db(users));
    CHECK(strstr(fresh, "group_cameras") != NULL);
    scrim_users_close(users);
    write_database(version_1);
    users = open_site();
    REQUIRE(users != NULL);
    char *upgraded = declarations(scrim_users_db(users));
    CHECK_TEXT(upgraded, fresh);
    struct scrim_roster *roster = roster_of(scrim_users_db(users));
    REQUIRE(roster && roster->users_count == 1);
    CHECK_TEXT(roster->users[0].name, "olga");
    CHECK_INT(roster->users[0].id, 7);
    CHECK_INT(roster->users[0].seen_us, 0);
    CHECK(scrim_group_set_empty(&roster->users[0].groups));
    struct scrim_session *sessions = NULL;
    size_t count = 0;
    CHECK_INT(scrim_session_store_load(scrim_users_db(users), 10000000, &sessions, &count, NULL),
              SCRIM_OK);
    CHECK_INT(count, 1);
    free(sessions);
    free(fresh);
    free(upgraded);
    scrim_roster_free(roster);
    leave_site(users);
}

static void newer_schema(void)
{
    struct scrim_users *users = make_site();
    struct scrim_error error;
    scrim_users_close(users);
    write_database("PRAGMA user_version = 1000;");
    CHECK_INT(scrim_users_open(dir, &users, &error), SCRIM_EUNSUPPORTED);
    CHECK(strstr(error.text, "newer version") != NULL);
    write_database("PRAGMA user_version = -1;");
    CHECK_INT(scrim_users_open(dir, &users, &error), SCRIM_EUNSUPPORTED);
    test_remove_dir(dir);
}

// A second connection in this process, then another process that comes and goes: what the first
// connection writes afterwards is still there for everybody.
static void connections(void)
{
    struct scrim_users *users = make_site();
    REQUIRE(users != NULL);
    struct scrim_db *second = NULL;
    REQUIRE(scrim_db_open(dir, &second, NULL) >= 0);
    const pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "test_people", "(another process)", dir, (char *)NULL);
        _exit(1);
    }
    int status = 1;
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    add(scrim_users_db(users), "olga", SCRIM_ROLE_VIEWER);
    char wal[300];
    snprintf(wal, sizeof wal, "%s/state/site.db-wal", dir);
    CHECK_INT(access(wal, F_OK), 0);
    struct scrim_db *third = NULL;
    REQUIRE(scrim_db_open(dir, &third, NULL) >= 0);
    CHECK(id_of(third, "olga") > 0);
    scrim_db_close(third);
    scrim_db_close(second);
    leave_site(users);
}

// --- users ---

static void last_administrator(void)
{
    struct scrim_users *users = make_site();
    REQUIRE(users != NULL);
    struct scrim_db *db = scrim_users_db(users), *other = NULL;
    REQUIRE(scrim_db_open(dir, &other, NULL) >= 0);
    const enum scrim_role viewer = SCRIM_ROLE_VIEWER;
    const struct scrim_user_change demote = {.role = &viewer};
    struct scrim_error error;
    add(db, "olga", SCRIM_ROLE_OPERATOR);
    CHECK_INT(scrim_users_remove(db, "olga", NULL), SCRIM_OK); // a site without any is fine, too
    add(db, "anna", SCRIM_ROLE_ADMINISTRATOR);
    CHECK_INT(scrim_users_remove(db, "anna", &error), SCRIM_ECONFLICT);
    CHECK(strstr(error.text, "last administrator") != NULL);
    CHECK_INT(scrim_users_change(db, "anna", &demote, NULL), SCRIM_ECONFLICT);
    add(db, "berta", SCRIM_ROLE_ADMINISTRATOR);
    // Each over a connection of its own: whoever comes second is refused.
    CHECK_INT(scrim_users_change(other, "berta", &demote, NULL), SCRIM_OK);
    CHECK_INT(scrim_users_remove(db, "anna", NULL), SCRIM_ECONFLICT);
    CHECK_INT(scrim_users_require(db, id_of(db, "berta"), SCRIM_RIGHT_USERS, NULL), SCRIM_EACCESS);
    CHECK_INT(scrim_users_require(db, id_of(db, "anna"), SCRIM_RIGHT_USERS, NULL), SCRIM_OK);
    CHECK_INT(scrim_users_require(db, 4711, SCRIM_RIGHT_SESSION, NULL), SCRIM_EACCESS);
    CHECK_INT(scrim_users_remove(db, "nobody", NULL), SCRIM_ENOENT);
    scrim_db_close(other);
    leave_site(users);
}

static struct scrim_session session_of(int64_t user, uint8_t first)
{
    struct scrim_session session = {
        .user_id = user, .hash = {first}, .seen_us = 10, .created_us = 10};
    snprintf(session.address, sizeof session.address, "::1");
    return session;
}

static size_t sessions_left(struct scrim_db *db)
{
    struct scrim_session *list = NULL;
    size_t count = 0;
    CHECK_INT(scrim_session_store_load(db, 20, &list, &count, NULL), SCRIM_OK);
    free(list);
    return count;
}

static void stored_sessions(void)
{
    struct scrim_users *users = make_site();
    REQUIRE(users != NULL);
    struct scrim_db *db = scrim_users_db(users);
    add(db, "anna", SCRIM_ROLE_ADMINISTRATOR);
    add(db, "berta", SCRIM_ROLE_ADMINISTRATOR);
    const int64_t berta = id_of(db, "berta");
    struct scrim_session one = session_of(berta, 1), two = session_of(berta, 2);
    CHECK_INT(scrim_session_store_add(db, &one, NULL), SCRIM_OK);
    CHECK_INT(scrim_session_store_add(db, &two, NULL), SCRIM_OK);
    CHECK_INT(scrim_users_set_password(db, berta, "x", one.hash, NULL), SCRIM_OK);
    CHECK_INT(sessions_left(db), 1);
    const enum scrim_role auditor = SCRIM_ROLE_AUDITOR;
    const struct scrim_user_change change = {.role = &auditor};
    CHECK_INT(scrim_users_change(db, "berta", &change, NULL), SCRIM_OK);
    CHECK_INT(sessions_left(db), 0);
    CHECK_INT(scrim_session_store_touch(db, &one, NULL), SCRIM_OK); // on its way all the while
    CHECK_INT(sessions_left(db), 0);
    CHECK_INT(scrim_session_store_add(db, &one, NULL), SCRIM_OK);
    CHECK_INT(scrim_users_remove(db, "berta", NULL), SCRIM_OK);
    CHECK_INT(sessions_left(db), 0);
    CHECK(scrim_session_store_add(db, &one, NULL) < 0); // of nobody
    leave_site(users);
}

static void passwords(void)
{
    struct scrim_users *users = make_site();
    REQUIRE(users != NULL);
    struct scrim_user user;
    CHECK_INT(scrim_users_add(users, "olga", SCRIM_ROLE_VIEWER, PASSWORD, strlen(PASSWORD), NULL),
              SCRIM_OK);
    CHECK_INT(scrim_users_add(users, "olga", SCRIM_ROLE_VIEWER, PASSWORD, strlen(PASSWORD), NULL),
              SCRIM_EEXIST);
    add(scrim_users_db(users), "ida", SCRIM_ROLE_VIEWER); // without a password
    CHECK_INT(scrim_users_verify(users, "olga", PASSWORD, strlen(PASSWORD), &user, NULL), SCRIM_OK);
    CHECK(user.has_password);
    CHECK_INT(scrim_users_verify(users, "olga", "x", 1, &user, NULL), SCRIM_EAUTH);
    CHECK_INT(scrim_users_verify(users, "otto", "x", 1, &user, NULL), SCRIM_EAUTH);
    CHECK_INT(scrim_users_verify(users, "ida", "", 0, &user, NULL), SCRIM_EAUTH);
    leave_site(users);
}

// --- groups ---

static bool find_camera(void *context, const char *id, unsigned *ret)
{
    (void)context;
    *ret = (unsigned)(id[0] - 'a');
    return id[0] != 'z';
}

static void groups(void)
{
    struct scrim_users *users = make_site();
    REQUIRE(users != NULL);
    struct scrim_db *db = scrim_users_db(users);
    struct scrim_names cameras = names_of((const char *[]){"a", "b", "z", NULL});
    struct scrim_names north = names_of((const char *[]){"north", NULL});
    struct scrim_names wrong = names_of((const char *[]){"north", "south", NULL});
    struct scrim_names none = {0};
    add(db, "olga", SCRIM_ROLE_OPERATOR);
    add(db, "anna", SCRIM_ROLE_ADMINISTRATOR);
    CHECK_INT(scrim_groups_put(db, "north", "North", &cameras, NULL), SCRIM_OK);
    const struct scrim_user_change into = {.groups = &north}, unknown = {.groups = &wrong};
    CHECK_INT(scrim_users_change(db, "olga", &into, NULL), SCRIM_OK);
    CHECK_INT(scrim_users_change(db, "olga", &unknown, NULL), SCRIM_EINVAL);
    CHECK_INT(scrim_users_change(db, "anna", &into, NULL), SCRIM_EINVAL);
    const enum scrim_role administrator = SCRIM_ROLE_ADMINISTRATOR;
    const struct scrim_user_change up = {.role = &administrator};
    CHECK_INT(scrim_users_change(db, "olga", &up, NULL), SCRIM_EINVAL);
    CHECK_INT(scrim_groups_delete(db, "north", NULL), SCRIM_ECONFLICT);
    CHECK_INT(scrim_groups_delete(db, "south", NULL), SCRIM_ENOENT);

    struct scrim_roster *roster = roster_of(db);
    REQUIRE(roster && roster->groups_count == 1);
    scrim_roster_resolve(roster, find_camera, NULL);
    const struct scrim_camera_set seen =
        scrim_roster_cameras(roster, &scrim_roster_user_named(roster, "olga")->groups);
    const struct scrim_camera_set all =
        scrim_roster_cameras(roster, &scrim_roster_user_named(roster, "anna")->groups);
    CHECK(!seen.all && scrim_camera_set_has(&seen, 0) && scrim_camera_set_has(&seen, 1));
    CHECK(!scrim_camera_set_has(&seen, 2) && !scrim_camera_set_has(&seen, 100000));
    CHECK(all.all && scrim_camera_set_has(&all, 100000));
    const struct scrim_camera_set met = scrim_camera_set_meet(&all, &seen);
    CHECK(!met.all && scrim_camera_set_has(&met, 1) && !scrim_camera_set_has(&met, 2));
    scrim_roster_free(roster);

    for (int i = 1; i < SCRIM_GROUPS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "g%d", i);
        CHECK_INT(scrim_groups_put(db, name, "x", &none, NULL), SCRIM_OK);
    }
    CHECK_INT(scrim_groups_put(db, "more", "x", &none, NULL), SCRIM_ECONFLICT);
    roster = roster_of(db);
    REQUIRE(roster != NULL);
    CHECK_INT(roster->groups_count, SCRIM_GROUPS_MAX);
    CHECK(!scrim_roster_group(roster, "more"));
    scrim_roster_free(roster);
    scrim_names_finish(&cameras);
    scrim_names_finish(&north);
    scrim_names_finish(&wrong);
    leave_site(users);
}

// --- invitations and tokens ---

static int invite(struct scrim_db *db, const char *name, int64_t by, char ret[SCRIM_SECRET_TEXT])
{
    struct scrim_names none = {0};
    struct scrim_invitation made;
    const struct scrim_invitation_wish wish = {
        .name = name, .role = SCRIM_ROLE_VIEWER, .groups = &none, .user_id = by};
    return scrim_invitations_make(db, &wish, ret, &made, NULL);
}

static int look(struct scrim_db *db, const char *secret)
{
    struct scrim_invitation found;
    uint8_t hash[SCRIM_SECRET_HASH];
    return scrim_secret_hash(secret, hash) ? scrim_invitations_look(db, hash, &found, NULL)
                                           : SCRIM_EINVAL;
}

static int accept(struct scrim_db *db, const char *secret, const char *password)
{
    struct scrim_user user;
    uint8_t hash[SCRIM_SECRET_HASH];
    return scrim_secret_hash(secret, hash)
               ? scrim_invitations_accept(db, hash, password, strlen(password), &user, NULL)
               : SCRIM_EINVAL;
}

static void invitations(void)
{
    struct scrim_users *users = make_site();
    REQUIRE(users != NULL);
    struct scrim_db *db = scrim_users_db(users);
    char first[SCRIM_SECRET_TEXT], second[SCRIM_SECRET_TEXT];
    struct fake_clock now;
    fake_clock_start(&now, 1000000 * SCRIM_SECOND);
    add(db, "anna", SCRIM_ROLE_ADMINISTRATOR);
    add(db, "berta", SCRIM_ROLE_ADMINISTRATOR);
    CHECK_INT(invite(db, "anna", 0, first), SCRIM_EEXIST);
    CHECK_INT(invite(db, "ida", 0, first), SCRIM_OK);
    CHECK_INT(invite(db, "ida", 0, second), SCRIM_OK);
    CHECK_INT(look(db, first), SCRIM_ENOENT); // its place was taken
    CHECK_INT(look(db, second), SCRIM_OK);
    CHECK_INT(accept(db, second, "short"), SCRIM_EINVAL);
    fake_clock_pass(&now, SCRIM_INVITATION_LIFE_US - 1);
    CHECK_INT(accept(db, second, PASSWORD), SCRIM_OK);
    CHECK_INT(accept(db, second, PASSWORD), SCRIM_ENOENT);
    CHECK_INT(invite(db, "otto", id_of(db, "berta"), first), SCRIM_OK);
    fake_clock_pass(&now, SCRIM_INVITATION_LIFE_US);
    CHECK_INT(look(db, first), SCRIM_ENOENT); // it has run out
    CHECK_INT(accept(db, first, PASSWORD), SCRIM_ENOENT);
    CHECK_INT(invite(db, "otto", id_of(db, "berta"), first), SCRIM_OK);
    const enum scrim_role viewer = SCRIM_ROLE_VIEWER;
    const struct scrim_user_change demote = {.role = &viewer};
    CHECK_INT(scrim_users_change(db, "berta", &demote, NULL), SCRIM_OK);
    CHECK_INT(look(db, first), SCRIM_ENOENT); // who invited may not any more
    CHECK_INT(invite(db, "otto", 0, first), SCRIM_OK);
    CHECK_INT(scrim_users_add(users, "otto", SCRIM_ROLE_VIEWER, PASSWORD, strlen(PASSWORD), NULL),
              SCRIM_OK);
    CHECK_INT(look(db, first), SCRIM_ENOENT); // came in otherwise
    fake_clock_end();
    leave_site(users);
}

static void tokens(void)
{
    struct scrim_users *users = make_site();
    REQUIRE(users != NULL);
    struct scrim_db *db = scrim_users_db(users);
    struct scrim_names none = {0};
    char secret[SCRIM_SECRET_TEXT];
    int64_t id = 0;
    add(db, "anna", SCRIM_ROLE_ADMINISTRATOR);
    add(db, "berta", SCRIM_ROLE_ADMINISTRATOR);
    const unsigned rights = scrim_token_rights_of(SCRIM_ROLE_ADMINISTRATOR);
    CHECK(!(rights & SCRIM_RIGHT_BIT(SCRIM_RIGHT_USERS)));
    CHECK(!(rights & SCRIM_RIGHT_BIT(SCRIM_RIGHT_SELF)));
    const struct scrim_token_wish wish = {.name = "x",
                                          .user_id = id_of(db, "berta"),
                                          .rights = rights,
                                          .groups = &none,
                                          .expires_us = 5};
    CHECK_INT(scrim_tokens_make(db, &wish, secret, &id, NULL), SCRIM_OK);
    CHECK_INT(scrim_tokens_touch(db, id, 3, NULL), SCRIM_OK);
    struct scrim_roster *roster = roster_of(db);
    REQUIRE(roster && roster->tokens_count == 1);
    CHECK_INT(roster->tokens[0].rights, rights);
    CHECK_INT(roster->tokens[0].used_us, 3);
    uint8_t hash[SCRIM_SECRET_HASH];
    CHECK(scrim_secret_hash(secret, hash));
    CHECK(memcmp(hash, roster->tokens[0].hash, sizeof hash) == 0);
    scrim_roster_free(roster);
    CHECK_INT(scrim_tokens_delete(db, id + 1, NULL), SCRIM_ENOENT);
    CHECK_INT(scrim_users_remove(db, "berta", NULL), SCRIM_OK);
    CHECK_INT(scrim_tokens_delete(db, id, NULL), SCRIM_ENOENT); // went with its maker
    leave_site(users);
}

// --- failures ---

static int fail_nth(void *context, enum scrim_fault_op op, const char *what)
{
    int *left = context;
    (void)what;
    return op == SCRIM_FAULT_ALLOC && (*left)-- == 0 ? ENOMEM : 0;
}

// Without memory for a table the roster is not loaded by half.
static void no_memory(void)
{
    struct scrim_users *users = make_site();
    REQUIRE(users != NULL);
    struct scrim_db *db = scrim_users_db(users);
    struct scrim_names cameras = names_of((const char *[]){"a", NULL});
    CHECK_INT(scrim_groups_put(db, "north", "North", &cameras, NULL), SCRIM_OK);
    scrim_names_finish(&cameras);
    int failed = 0;
    for (;; failed++) {
        int left = failed;
        struct scrim_roster *roster = NULL;
        scrim_fault_set(fail_nth, &left);
        const int result = scrim_roster_load(db, &roster, NULL);
        scrim_fault_set(NULL, NULL);
        CHECK((result >= 0) == (roster != NULL));
        scrim_roster_free(roster);
        if (result >= 0)
            break;
        CHECK_INT(result, SCRIM_ENOMEM);
    }
    CHECK_INT(failed, 5); // four tables and the cameras of one group
    leave_site(users);
}

// A disk that is full in the middle of a change leaves everything as it was.
static void full_disk(void)
{
    struct scrim_users *users = make_site();
    REQUIRE(users != NULL);
    struct scrim_db *db = scrim_users_db(users);
    struct scrim_names cameras = {0};
    char limit[64];
    int64_t pages = 0;
    CHECK_INT(scrim_groups_put(db, "north", "North", &cameras, NULL), SCRIM_OK);
    CHECK_INT(scrim_db_number(db, "PRAGMA page_count", &pages, NULL), SCRIM_OK);
    snprintf(limit, sizeof limit, "PRAGMA max_page_count = %lld", (long long)pages);
    CHECK_INT(scrim_db_run(db, limit, NULL), SCRIM_OK);
    cameras.list = calloc(1000, sizeof *cameras.list);
    for (; cameras.count < 1000; cameras.count++)
        snprintf(cameras.list[cameras.count], sizeof *cameras.list, "camera-%zu", cameras.count);
    CHECK_INT(scrim_groups_put(db, "north", "Full", &cameras, NULL), SCRIM_ENOSPACE);
    struct scrim_roster *roster = roster_of(db);
    REQUIRE(roster && roster->groups_count == 1);
    CHECK_TEXT(roster->groups[0].title, "North");
    CHECK_INT(roster->groups[0].cameras_count, 0);
    scrim_roster_free(roster);
    scrim_names_finish(&cameras);
    CHECK_INT(scrim_settings_set(db, "name", "Pier", NULL), SCRIM_OK); // and the next one may work
    leave_site(users);
}

static void preferences(void)
{
    struct scrim_users *users = make_site();
    REQUIRE(users != NULL);
    struct scrim_db *db = scrim_users_db(users);
    char key[16], *value = NULL;
    add(db, "olga", SCRIM_ROLE_VIEWER);
    const int64_t olga = id_of(db, "olga");
    for (int i = 0; i < SCRIM_PREFERENCES_MAX; i++) {
        snprintf(key, sizeof key, "k%c%c", 'a' + i / 26, 'a' + i % 26);
        CHECK_INT(scrim_preference_put(db, olga, key, "1", NULL), SCRIM_OK);
    }
    CHECK_INT(scrim_preference_put(db, olga, "more", "1", NULL), SCRIM_ECONFLICT);
    CHECK_INT(scrim_preference_put(db, olga, "kaa", "2", NULL), SCRIM_OK);
    CHECK_INT(scrim_preference_get(db, olga, "kaa", &value, NULL), SCRIM_OK);
    CHECK_TEXT(value, "2");
    free(value);
    CHECK_INT(scrim_preference_get(db, olga, "more", &value, NULL), SCRIM_OK);
    CHECK_TEXT(value, "null");
    free(value);
    leave_site(users);
}

// --- pure parts ---

struct body {
    char text[8], lines[8], secret[8];
    int64_t at;
    struct scrim_names names;
    json_t *any;
};

static const struct scrim_body_member members[] = {
    {"text", SCRIM_BODY_TEXT, offsetof(struct body, text), 8, false},
    {"lines", SCRIM_BODY_LINES, offsetof(struct body, lines), 8, true},
    {"secret", SCRIM_BODY_SECRET, offsetof(struct body, secret), 8, true},
    {"at", SCRIM_BODY_TIME, offsetof(struct body, at), 0, true},
    {"names", SCRIM_BODY_NAMES, offsetof(struct body, names), 2, true},
    {"any", SCRIM_BODY_JSON, offsetof(struct body, any), 0, true},
    {0},
};

static void bodies(void)
{
    static const struct {
        const char *body, *wrong; // NULL: taken
        unsigned given;
    } cases[] = {
        {"{\"text\":\"x\"}", NULL, 1},
        {"{\"text\":\"x\",\"at\":5,\"names\":[\"a\",\"b\"],\"any\":{\"a\":[1]}}", NULL,
         1 | 8 | 16 | 32},
        {"{\"text\":\"1234567\",\"lines\":\"a\\nb\",\"secret\":\"a\\tb\"}", NULL, 1 | 2 | 4},
        {"{\"text\":\"12345678\"}", "\"text\" is too long", 0},
        {"{\"text\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}", "\"text\" is too long", 0},
        {"{\"text\":\"a\\nb\"}", "\"text\" must not have control characters", 0},
        {"{\"text\":\"x\",\"lines\":\"a\\tb\"}", "\"lines\" must not have control characters", 0},
        {"{\"text\":null}", "\"text\" must be a text", 0},
        {"{}", "\"text\" is missing", 0},
        {"{\"text\":\"x\",\"more\":1}", "the body has members that this route does not take", 0},
        {"{\"text\":\"x\",\"text\":\"x\"}", "the body must be one JSON object", 0},
        {"{\"text\":\"a\\u0000b\"}", "the body must be one JSON object", 0},
        {"{\"text\":\"x\",\"at\":-1}", "\"at\" must be a time in ms since 1970", 0},
        {"{\"text\":\"x\",\"at\":1.0}", "\"at\" must be a time in ms since 1970", 0},
        {"{\"text\":\"x\",\"at\":4102444800001}", "\"at\" must be a time in ms since 1970", 0},
        {"{\"text\":\"x\",\"names\":{}}", "\"names\" must be a list of names", 0},
        {"{\"text\":\"x\",\"names\":[\"a\",\"b\",\"c\"]}", "\"names\" has too many names", 0},
        {"{\"text\":\"x\",\"names\":[\"a\",\"a\"]}", "\"names\" must be a list of names, each once",
         0},
        {"{\"text\":\"x\",\"names\":[\"\"]}", "\"names\" must be a list of names, each once", 0},
        {"[]", "the body must be one JSON object", 0},
        {"\"x\"", "the body must be one JSON object", 0},
        {"", "the body must be one JSON object", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct body body = {0};
        struct scrim_error error = {0};
        unsigned given = 0;
        const int result =
            scrim_body_parse(cases[i].body, strlen(cases[i].body), members, &body, &given, &error);
        CHECK_INT(result, cases[i].wrong ? SCRIM_EINVAL : SCRIM_OK);
        CHECK_TEXT(error.text, cases[i].wrong ? cases[i].wrong : "");
        if (!cases[i].wrong)
            CHECK_INT(given, cases[i].given);
        scrim_names_finish(&body.names);
        json_decref(body.any);
    }
}

static void time_zones(void)
{
    static const char text[] =
        "# version 2025b\nR d 1916 o - Jun 14 23s 1 S\n"
        "Z Europe/Berlin 0:53:28 - LMT 1893 Ap\n1 c CE%sT 1945 May 24 2\n"
        "L Europe/Berlin Arctic/Longyearbyen\nL x\nZ \nZ ../../etc/passwd x\n"
        "Z Etc/GMT+5";
    struct scrim_zones *zones = scrim_zones_parse(text, sizeof text - 1);
    CHECK(scrim_zones_have(zones, "UTC"));
    CHECK(scrim_zones_have(zones, "Europe/Berlin"));
    CHECK(scrim_zones_have(zones, "Arctic/Longyearbyen"));
    CHECK(scrim_zones_have(zones, "Etc/GMT+5"));
    CHECK(!scrim_zones_have(zones, ""));
    CHECK(!scrim_zones_have(zones, "Europe"));
    CHECK(!scrim_zones_have(zones, "../../etc/passwd"));
    scrim_zones_free(zones);
    CHECK_INT(scrim_zones_load("/nonexistent/tzdata.zi", &zones, NULL), SCRIM_ENOENT);

    char path[300], zone[SCRIM_ZONE_MAX + 1];
    test_make_dir(dir);
    snprintf(path, sizeof path, "%s/localtime", dir);
    scrim_zones_local(path, zone);
    CHECK_TEXT(zone, "");
    CHECK_INT(symlink("../usr/share/zoneinfo/Asia/Kolkata", path), 0);
    scrim_zones_local(path, zone);
    CHECK_TEXT(zone, "Asia/Kolkata");
    test_remove_dir(dir);
}

static void rights(void)
{
    enum scrim_right right;
    for (int i = 0; i < SCRIM_RIGHT_COUNT; i++)
        CHECK(scrim_right_parse(scrim_right_text((enum scrim_right)i), &right) && (int)right == i);
    CHECK(!scrim_right_parse("root", &right));
    // An administrator may all that somebody may, but decide on originals.
    const unsigned most =
        scrim_role_rights(SCRIM_ROLE_ADMINISTRATOR) | SCRIM_RIGHT_BIT(SCRIM_RIGHT_DECIDE);
    for (int i = 0; i < SCRIM_ROLE_COUNT; i++)
        CHECK(!(scrim_role_rights((enum scrim_role)i) & ~most));
    CHECK(!scrim_role_has(SCRIM_ROLE_ADMINISTRATOR, SCRIM_RIGHT_DECIDE));
    CHECK(!(scrim_token_rights_of(SCRIM_ROLE_KEYHOLDER) &
            (SCRIM_RIGHT_BIT(SCRIM_RIGHT_REQUEST) | SCRIM_RIGHT_BIT(SCRIM_RIGHT_DECIDE))));
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "(another process)") == 0) { // of `connections`
        struct scrim_db *db = NULL;
        const int result = scrim_db_open(argv[2], &db, NULL);
        scrim_db_close(db);
        return result < 0;
    }
    static const struct test tests[] = {
        {"a database of version 1 is brought up to date", upgrade},
        {"a database of a newer Scrim is left alone", newer_schema},
        {"connections do not take each other's locks", connections},
        {"the last administrator stays", last_administrator},
        {"sessions end on the disk, too", stored_sessions},
        {"passwords, and no password", passwords},
        {"groups of cameras", groups},
        {"invitations", invitations},
        {"tokens", tokens},
        {"no memory for the roster", no_memory},
        {"a full disk undoes a change", full_disk},
        {"preferences", preferences},
        {"bodies of requests", bodies},
        {"time zones", time_zones},
        {"roles and rights", rights},
        {0},
    };
    return sodium_init() < 0 ? 1 : test_run(argc, argv, tests);
}
