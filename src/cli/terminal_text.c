#include "cli/terminal_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// Bytes of the character at `at` that must not reach a terminal; 0: it may.
static size_t steering_length(const unsigned char *at)
{
    if (at[0] < 0x20 || at[0] == 0x7f)
        return 1;
    if ((at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f) || (at[0] == 0xd8 && at[1] == 0x9c))
        return 2;
    if (at[0] != 0xe2)
        return 0;
    const bool marks =
        at[1] == 0x80 && ((at[2] >= 0x8e && at[2] <= 0x8f) || (at[2] >= 0xa8 && at[2] <= 0xae));
    const bool isolates = at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9;
    return marks || isolates ? 3 : 0;
}

void scrim_terminal_print(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        const size_t length = steering_length(at);
        if (length == 0)
            putchar(*at);
        else
            putchar(strchr("\t\n\r", *at) ? ' ' : '?');
        at += length > 0 ? length : 1;
    }
}
