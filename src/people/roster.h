// What site.db says of people, as one picture: users, groups of cameras, invitations, tokens, and
// what was said of the site. Loaded on the thread of the database, then handed over, whole, to the
// loop's, which answers from it and decides by it.
#pragma once

#include "people/role.h"
#include "people/secret.h"

#include <stddef.h>

#define SCRIM_USER_NAME_MAX 32
#define SCRIM_GROUP_NAME_MAX 32 // [a-z0-9] followed by [a-z0-9-]
#define SCRIM_GROUP_TITLE_MAX 80
#define SCRIM_TOKEN_NAME_MAX 64
#define SCRIM_GROUPS_MAX 256
#define SCRIM_GROUP_CAMERAS_MAX 1024 // as many as a site has

// Places of groups in the roster. Of a user: none means that they see all cameras.
struct scrim_group_set {
    uint64_t words[SCRIM_GROUPS_MAX / 64];
};

// Places of cameras in the site's configuration.
struct scrim_camera_set {
    bool all; // also those that come later
    uint64_t words[SCRIM_GROUP_CAMERAS_MAX / 64];
};
bool scrim_camera_set_has(const struct scrim_camera_set *set, unsigned camera);
// Those in both.
struct scrim_camera_set scrim_camera_set_meet(const struct scrim_camera_set *a,
                                              const struct scrim_camera_set *b);

struct scrim_user {
    int64_t id;
    char name[SCRIM_USER_NAME_MAX + 1];
    enum scrim_role role;
    int64_t created_us, seen_us; // seen_us 0: never
    bool has_password;
    struct scrim_group_set groups;
};

struct scrim_group {
    char name[SCRIM_GROUP_NAME_MAX + 1];
    char title[SCRIM_GROUP_TITLE_MAX + 1];
    char (*cameras)[SCRIM_USER_NAME_MAX + 1]; // ids, sorted; some may be of cameras that are gone
    size_t cameras_count;
    struct scrim_camera_set set; // after scrim_roster_resolve
};

struct scrim_invitation {
    int64_t id;
    char name[SCRIM_USER_NAME_MAX + 1];
    enum scrim_role role;
    int64_t created_us, expires_us;
    struct scrim_group_set groups;
};

struct scrim_token {
    int64_t id, user_id; // whose it is
    uint8_t hash[SCRIM_SECRET_HASH];
    char name[SCRIM_TOKEN_NAME_MAX + 1];
    unsigned rights; // bits; what its maker may not do now it may not either
    int64_t created_us, expires_us, used_us; // used_us 0: never
    struct scrim_group_set groups;
};

// What was said of the site over the desk; "" where nothing was.
struct scrim_site_words {
    char name[201], time_zone[65], controller[401], contact[401], address[401];
};

struct scrim_roster {
    struct scrim_user *users; // by name
    size_t users_count;
    struct scrim_group *groups; // by name
    size_t groups_count;
    struct scrim_invitation *invitations; // by id
    size_t invitations_count;
    struct scrim_token *tokens; // by id
    size_t tokens_count;
    struct scrim_site_words site;
};

struct scrim_db;
SCRIM_MUST_CHECK int scrim_roster_load(struct scrim_db *db, struct scrim_roster **ret,
                                       struct scrim_error *error);
void scrim_roster_free(struct scrim_roster *roster); // NULL is fine

// NULL when there is none.
const struct scrim_user *scrim_roster_user(const struct scrim_roster *roster, int64_t id);
const struct scrim_user *scrim_roster_user_named(const struct scrim_roster *roster,
                                                 const char *name);
const struct scrim_group *scrim_roster_group(const struct scrim_roster *roster, const char *name);
bool scrim_roster_has_administrator(const struct scrim_roster *roster);
bool scrim_group_set_has(const struct scrim_group_set *set, size_t group);
bool scrim_group_set_empty(const struct scrim_group_set *set);

// Finds the cameras of every group; again when the site's cameras change.
void scrim_roster_resolve(struct scrim_roster *roster,
                          bool (*find)(void *context, const char *id, unsigned *ret),
                          void *context);
// What those in these groups see.
struct scrim_camera_set scrim_roster_cameras(const struct scrim_roster *roster,
                                             const struct scrim_group_set *groups);
