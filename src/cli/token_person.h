// The person in front of a security token, reached through the terminal.
#pragma once

#include "token/token.h"

// The PIN is the first line of `pin_file`, or asked for where that is NULL.
struct scrim_token_person scrim_token_person_at_terminal(const char *pin_file);
