#include "cli/token_person.h"

#include "cli/passphrase.h"

#include <stdio.h>

#define TRIES_TO_MENTION 3

static int ask_pin(const void *context, const char *device, int tries_left, struct scrim_buf *ret,
                   struct scrim_error *error)
{
    char prompt[240];
    if (tries_left >= 0 && tries_left <= TRIES_TO_MENTION)
        snprintf(prompt, sizeof prompt, "PIN of %s (%d left to try): ", device, tries_left);
    else
        snprintf(prompt, sizeof prompt, "PIN of %s: ", device);
    return scrim_passphrase_read(prompt, context, ret, error);
}

// On stderr, which stays on the screen when somebody keeps the output.
static void say_touch(const void *context, const char *device)
{
    (void)context;
    fprintf(stderr, "Touch %s when it blinks.\n", device);
}

struct scrim_token_person scrim_token_person_at_terminal(const char *pin_file)
{
    return (struct scrim_token_person){.context = pin_file, .pin = ask_pin, .touch = say_touch};
}
