// The figures of one clip, for people and for programs.
#pragma once

#include "cli/bench_score.h"
#include "veil/stage.h"

#include <jansson.h>
#include <stdio.h>

struct bench_report {
    const char *clip; // path
    const struct bench_result *result;
    const struct scrim_stages *stages; // NULL: the masks came from a file
    uint64_t detector_runs;
};

// The names of enum bench_height: as people read them, and what members of the object begin with.
extern const struct bench_height_name {
    const char *text, *prefix;
} bench_height_names[BENCH_HEIGHT_COUNT];

// Rounded to what the figures mean. The member's name is `prefix` and `name`.
void bench_report_set(json_t *object, const char *prefix, const char *name, double value);
// Takes over the object. The file is replaced as a whole.
SCRIM_MUST_CHECK int bench_report_write(json_t *object, const char *path,
                                        struct scrim_error *error);

void bench_report_print(const struct bench_report *report, FILE *to);
// One flat JSON object; docs/ref/bench.md names the members.
SCRIM_MUST_CHECK int bench_report_save(const struct bench_report *report, const char *path,
                                       struct scrim_error *error);
