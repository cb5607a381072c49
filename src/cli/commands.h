// The commands of `scrim`, one file each (cmd_<name>.c). argv[0] is the command's own name.
// Exit status: 0 done, 1 it did not work or something is wrong (said on stderr), 2 wrong usage.
#pragma once

#include "base/error.h"

int scrim_cmd_init(int argc, char **argv);
int scrim_cmd_up(int argc, char **argv);
int scrim_cmd_user(int argc, char **argv);
int scrim_cmd_camera(int argc, char **argv);
int scrim_cmd_vault(int argc, char **argv);
int scrim_cmd_vault_init(int argc, char **argv);
int scrim_cmd_vault_install(int argc, char **argv);
int scrim_cmd_vault_test(int argc, char **argv);
int scrim_cmd_vault_verify(int argc, char **argv);
int scrim_cmd_vault_refresh(int argc, char **argv);
int scrim_cmd_vault_rotate(int argc, char **argv);
int scrim_cmd_vault_paper(int argc, char **argv);
int scrim_cmd_vault_restore(int argc, char **argv);
int scrim_cmd_vault_protect(int argc, char **argv);
int scrim_cmd_vault_requests(int argc, char **argv);
int scrim_cmd_vault_show(int argc, char **argv);
int scrim_cmd_vault_approve(int argc, char **argv);
int scrim_cmd_vault_refuse(int argc, char **argv);
int scrim_cmd_vault_open(int argc, char **argv);
int scrim_cmd_unseal(int argc, char **argv);
int scrim_cmd_open(int argc, char **argv);
int scrim_cmd_check(int argc, char **argv);
int scrim_cmd_gaps(int argc, char **argv);
int scrim_cmd_status(int argc, char **argv);
int scrim_cmd_rebuild(int argc, char **argv);
int scrim_cmd_shred(int argc, char **argv);
int scrim_cmd_admit(int argc, char **argv);
int scrim_cmd_hold(int argc, char **argv);
int scrim_cmd_redact(int argc, char **argv);
int scrim_cmd_bench(int argc, char **argv);

// Says on stderr what scrim_opt_parse refused and returns 2; 0 if it only printed help.
int scrim_cmd_usage(const char *command, int result, const struct scrim_error *error);

// Says on stderr why the command failed and returns 1.
int scrim_cmd_failed(const char *command, const struct scrim_error *error);
