// Command lines: one table per command, from which parsing, errors and --help all come.
//
//     static const struct scrim_opt options[] = {
//         {"camera", 'c', SCRIM_OPT_TEXT, offsetof(struct args, camera), "ID", "the camera"},
//         {0},
//     };
//     int scrim_opt_parse(&spec, argc, argv, &args, error);
#pragma once

#include "base/error.h"

#include <stdint.h>

enum scrim_opt_type {
    SCRIM_OPT_FLAG, // bool
    SCRIM_OPT_TEXT, // const char *, points into argv
    SCRIM_OPT_INT,  // int64_t
    SCRIM_OPT_TIME, // int64_t, UTC µs, as scrim_time_parse reads it
    SCRIM_OPT_LIST, // struct scrim_opt_list, may be given again and again
};

#define SCRIM_OPT_LIST_MAX 32
struct scrim_opt_list {
    const char *items[SCRIM_OPT_LIST_MAX];
    size_t count;
};

struct scrim_opt {
    const char *name; // without "--"; NULL ends the table
    char letter;      // 0 for none
    enum scrim_opt_type type;
    size_t offset;     // of the field in the caller's struct
    const char *value; // what --help calls the value, NULL for flags
    const char *help;
    int64_t min, max; // for SCRIM_OPT_INT; both 0 means any
};

struct scrim_opt_spec {
    const char *usage; // "scrim unseal DIR --camera ID …"
    const char *about; // one or two sentences
    const struct scrim_opt *options;
    size_t min_positionals, max_positionals;
};

// Fills `args` (zeroed or with defaults by the caller) and `positionals`. Returns SCRIM_OK,
// SCRIM_ECANCEL after printing help for --help, or SCRIM_EINVAL with a sentence that names the
// option. `positionals` has room for max_positionals + 1, unused ones are NULL.
SCRIM_MUST_CHECK int scrim_opt_parse(const struct scrim_opt_spec *spec, int argc, char **argv,
                                     void *args, const char **positionals,
                                     struct scrim_error *error);
