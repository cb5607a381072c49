// The commands of `scrim`, one file each (cmd_<name>.c). argv[0] is the command's own name.
// Exit status: 0 done, 1 it did not work or something is wrong (said on stderr), 2 wrong usage.
#pragma once

int scrim_cmd_init(int argc, char **argv);
int scrim_cmd_up(int argc, char **argv);
int scrim_cmd_user(int argc, char **argv);
int scrim_cmd_vault(int argc, char **argv);
int scrim_cmd_unseal(int argc, char **argv);
int scrim_cmd_open(int argc, char **argv);
int scrim_cmd_check(int argc, char **argv);
int scrim_cmd_rebuild(int argc, char **argv);
int scrim_cmd_redact(int argc, char **argv);
int scrim_cmd_bench(int argc, char **argv);
