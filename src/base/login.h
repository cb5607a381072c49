// Who runs a command, for records that name the person.
#pragma once

#define SCRIM_LOGIN_TEXT 64

// The login name, also behind sudo; the name of the numeric user where there was no login; "" where
// that has no name either.
void scrim_login_name(char ret[SCRIM_LOGIN_TEXT]);
