// The body of a sign-in: {"user":TEXT,"password":TEXT}, and nothing else. Hostile input is fine.
#pragma once

#include "people/users.h"

struct scrim_credentials {
    char name[SCRIM_USER_NAME_MAX + 1]; // "" stands for a name that nobody can have
    char password[SCRIM_PASSWORD_MAX];  // UTF-8, not NUL-terminated
    size_t password_length;
};

// False for any other body; nothing of the password is then in `ret`. The caller wipes `ret`.
SCRIM_MUST_CHECK bool scrim_credentials_parse(const void *body, size_t count,
                                              struct scrim_credentials *ret);
