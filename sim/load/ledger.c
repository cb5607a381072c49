#include "ledger.h"

#include <errno.h>
#include <stdio.h>

_Static_assert(sizeof(struct ledger_entry) == 40, "readers rely on the layout");

static FILE *file;

int ledger_open(const char *path, struct scrim_error *error)
{
    if (!path)
        return SCRIM_OK;
    file = fopen(path, "we");
    if (!file)
        return scrim_fail_errno(error, errno, "%s", path);
    const uint32_t numbers[2] = {1, sizeof(struct ledger_entry)};
    fputs("SCRMLEDG", file);
    fwrite(numbers, sizeof numbers, 1, file);
    return SCRIM_OK;
}

void ledger_write(const struct ledger_entry *entry)
{
    if (file)
        fwrite(entry, sizeof *entry, 1, file);
}

bool ledger_close(void)
{
    if (!file)
        return true;
    const bool failed = ferror(file);
    if (fclose(file) == 0 && !failed)
        return true;
    perror("scrim-camload: the ledger is not whole");
    return false;
}
