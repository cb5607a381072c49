#include "base/login.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

void scrim_login_name(char ret[SCRIM_LOGIN_TEXT])
{
    char buffer[1024];
    struct passwd entry, *found = NULL;
    ret[0] = '\0';
    if (getlogin_r(ret, SCRIM_LOGIN_TEXT) == 0)
        return;
    ret[0] = '\0';
    if (getpwuid_r(getuid(), &entry, buffer, sizeof buffer, &found) == 0 && found)
        snprintf(ret, SCRIM_LOGIN_TEXT, "%s", found->pw_name);
}
