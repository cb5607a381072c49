#include "cli/commands.h"

#include <stdio.h>

int scrim_cmd_usage(const char *command, int result, const struct scrim_error *error)
{
    if (result == SCRIM_ECANCEL)
        return 0;
    fprintf(stderr, "scrim %s: %s\n", command, error->text);
    return 2;
}

int scrim_cmd_failed(const char *command, const struct scrim_error *error)
{
    fprintf(stderr, "scrim %s: %s\n", command, error->text);
    return 1;
}
