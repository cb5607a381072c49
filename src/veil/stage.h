// Where the CPU of a camera goes, by stage: the figures of `scrim bench veil` and of the logs.
#pragma once

#include <stdint.h>

enum scrim_stage {
    SCRIM_STAGE_DECODE,
    SCRIM_STAGE_MOTION,
    SCRIM_STAGE_DETECT,
    SCRIM_STAGE_MASK,
    SCRIM_STAGE_RENDER,
    SCRIM_STAGE_ENCODE,
    SCRIM_STAGE_COUNT,
};
const char *scrim_stage_text(enum scrim_stage stage); // "decode", "motion", …

// CPU time of the calling thread in µs; only differences mean anything.
int64_t scrim_stage_now(void);

struct scrim_stages {
    int64_t us[SCRIM_STAGE_COUNT]; // CPU, sums over all frames so far
};

// Adds the time since `*mark` to a stage and moves the mark on.
void scrim_stage_add(struct scrim_stages *stages, enum scrim_stage stage, int64_t *mark);
