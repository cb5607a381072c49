// scrim: the one command for people. Each subcommand is a file of its own, cmd_<name>.c.
#include "cli/commands.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *about;
};

static const struct command commands[] = {
    {"init", scrim_cmd_init, "make a site directory with a commented configuration"},
    {"up", scrim_cmd_up, "run a site in the foreground: record, veil, serve the desk"},
    {"status", scrim_cmd_status, "how the site is now: problems first, then cameras and disks"},
    {"camera", scrim_cmd_camera, "test an address; add, list and remove cameras"},
    {"user", scrim_cmd_user, "say who may sign in at the desk"},
    {"vault", scrim_cmd_vault, "the ceremony, shares, and what holders decide"},
    {"open", scrim_cmd_open, "decrypt an age file"},
    {"unseal", scrim_cmd_unseal, "open originals with the shares of several holders"},
    {"check", scrim_cmd_check, "verify journals, seals and the content of all sealed files"},
    {"gaps", scrim_cmd_gaps, "what is missing from the recordings, why, and what nobody knows"},
    {"rebuild", scrim_cmd_rebuild, "make the index again from the journals"},
    {"shred", scrim_cmd_shred, "make recorded hours unreadable for ever, backups included"},
    {"admit", scrim_cmd_admit, "say whether the disks can hold what scrim.yaml keeps"},
    {"hold", scrim_cmd_hold, "legal holds: keep recordings beyond their retention"},
    {"redact", scrim_cmd_redact, "cover everyone in a video file"},
    {"bench", scrim_cmd_bench, "measure: what the veil leaks and costs"},
    {NULL, NULL, NULL},
};

static void print_commands(FILE *to)
{
    fprintf(to, "scrim %s: shows what happens, never who\n\nusage: scrim COMMAND …\n\n",
            SCRIM_VERSION);
    for (const struct command *c = commands; c->name; c++)
        fprintf(to, "  %-8s %s\n", c->name, c->about);
    fprintf(to, "\n`scrim COMMAND --help` says more.\n");
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0) {
        fprintf(stderr, "scrim: libsodium does not start\n");
        return 1;
    }
    const char *name = argc > 1 ? argv[1] : "";
    for (const struct command *c = commands; c->name; c++) {
        if (strcmp(c->name, name) == 0)
            return c->run(argc - 1, argv + 1);
    }
    const bool asked = strcmp(name, "--help") == 0 || strcmp(name, "help") == 0;
    if (strcmp(name, "--version") == 0) {
        printf("scrim %s\n", SCRIM_VERSION);
        return 0;
    }
    if (!asked && argc > 1)
        fprintf(stderr, "scrim: unknown command '%s'\n\n", name);
    print_commands(asked ? stdout : stderr);
    return asked ? 0 : 2;
}
