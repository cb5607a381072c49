#include "people/credentials.h"

#include "people/body.h"

#include <sodium.h>
#include <stddef.h>
#include <string.h>

#define USER_MAX 1024

struct body {
    char user[USER_MAX]; // more than a name may have: what is too long is a wrong name, not a wrong
                         // body
    char password[SCRIM_PASSWORD_MAX + 1];
};

static const struct scrim_body_member members[] = {
    {"user", SCRIM_BODY_SECRET, offsetof(struct body, user), USER_MAX, false},
    {"password", SCRIM_BODY_SECRET, offsetof(struct body, password), SCRIM_PASSWORD_MAX + 1, false},
    {0},
};

bool scrim_credentials_parse(const void *bytes, size_t count, struct scrim_credentials *ret)
{
    struct body body = {0};
    unsigned given;
    *ret = (struct scrim_credentials){0};
    const bool taken = scrim_body_parse(bytes, count, members, &body, &given, NULL) >= 0;
    if (taken && scrim_user_name_valid(body.user))
        memcpy(ret->name, body.user, strlen(body.user) + 1);
    if (taken)
        ret->password_length = strlen(body.password);
    memcpy(ret->password, body.password, ret->password_length);
    sodium_memzero(&body, sizeof body);
    return taken;
}
