// The figures of one clip, for people and for programs.
#pragma once

#include "cli/bench_score.h"
#include "veil/stage.h"

#include <stdio.h>

struct bench_report {
    const char *clip; // path
    const struct bench_result *result;
    const struct scrim_stages *stages; // NULL: the masks came from a file
    uint64_t detector_runs;
};

void bench_report_print(const struct bench_report *report, FILE *to);
// One flat JSON object; docs/ref/bench.md names the members.
SCRIM_MUST_CHECK int bench_report_save(const struct bench_report *report, const char *path,
                                       struct scrim_error *error);
