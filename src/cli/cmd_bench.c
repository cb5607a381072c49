// scrim bench: measurements. Each has its own file, cmd_bench_<name>.c.
#include "cli/bench.h"
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *about;
} benches[] = {
    {"kernels", scrim_bench_kernels,
     "inner loops of the veil, in plain C and with vector instructions"},
    {"detector", scrim_bench_detector,
     "people found in single pictures, float and int8, and what a run costs"},
    {"vault", scrim_bench_vault, "what sealing and opening one segment costs"},
    {"veil", scrim_bench_veil, "score a redactor on an annotated clip"},
};
#define BENCHES (sizeof benches / sizeof benches[0])

int scrim_cmd_bench(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < BENCHES; i++)
        if (strcmp(benches[i].name, name) == 0)
            return benches[i].run(argc - 1, argv + 1);
    const bool asked = strcmp(name, "--help") == 0;
    FILE *to = asked ? stdout : stderr;
    fprintf(to, "usage: scrim bench NAME …\n\n");
    for (size_t i = 0; i < BENCHES; i++)
        fprintf(to, "  %-9s %s\n", benches[i].name, benches[i].about);
    return asked ? 0 : 2;
}
