// scrim vault: what is done with a vault and its shares, a file each.
#include "cli/commands.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *usage;
} commands[] = {
    {"init", scrim_cmd_vault_init, "DIR -k K --holder NAME[=LINE] … --out SHARES_DIR [--offline]"},
    {"install", scrim_cmd_vault_install, "DIR VAULT_DIR [--rotate]"},
    {"verify", scrim_cmd_vault_verify, "DIR [--share FILE]"},
    {"test", scrim_cmd_vault_test, "DIR --share FILE --share FILE …"},
    {"protect", scrim_cmd_vault_protect, "--share FILE --out FILE [--fido2 --rp-id NAME]"},
    {"paper", scrim_cmd_vault_paper, "DIR --share FILE --out FILE.svg|FILE.html"},
    {"restore", scrim_cmd_vault_restore, "DIR --out SHARE_FILE"},
    {"refresh", scrim_cmd_vault_refresh,
     "DIR --share FILE … [-k K] [--holder NAME[=LINE] …] --out SHARES_DIR"},
    {"rotate", scrim_cmd_vault_rotate, "DIR -k K --holder NAME[=LINE] … --out SHARES_DIR"},
    {"requests", scrim_cmd_vault_requests, "DIR"},
    {"show", scrim_cmd_vault_show, "DIR N"},
    {"approve", scrim_cmd_vault_approve, "DIR N --share FILE"},
    {"refuse", scrim_cmd_vault_refuse, "DIR N --share FILE --reason TEXT"},
    {"open", scrim_cmd_vault_open, "--request FILE … (scrim vault open --help)"},
};

#define COMMANDS (sizeof commands / sizeof *commands)

int scrim_cmd_vault(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(what, commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    const bool asked = strcmp(what, "--help") == 0;
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(asked ? stdout : stderr, "%s scrim vault %s %s\n", i == 0 ? "usage:" : "      ",
                commands[i].name, commands[i].usage);
    return asked ? 0 : 2;
}
