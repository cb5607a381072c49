// The measurements of `scrim bench`, one file each (cmd_bench_<name>.c), as commands.h has it for
// commands.
#pragma once

int scrim_bench_kernels(int argc, char **argv);
int scrim_bench_detector(int argc, char **argv);
int scrim_bench_vault(int argc, char **argv);
int scrim_bench_veil(int argc, char **argv);
