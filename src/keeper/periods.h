// How long each camera's originals are kept. scrim.yaml says so for the cameras it has; for one
// that was taken out, what it said last is remembered in DIR/state/keeper/retention until nothing
// of the camera is left (docs/ref/formats/keeper.md).
#pragma once

#include "site/config.h"

#define SCRIM_PERIOD_UNKNOWN_HOURS 72 // of a camera that nothing is known of: the default
#define SCRIM_PERIODS_MAX 10000

struct scrim_period {
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    uint32_t hours;
};

struct scrim_periods {
    struct scrim_period *list; // owned
    size_t count;
};

void scrim_periods_finish(struct scrim_periods *periods);
SCRIM_MUST_CHECK int scrim_periods_parse(const char *name, const void *text, size_t length,
                                         struct scrim_periods *ret, struct scrim_error *error);
// What is remembered, and over it what the configuration says.
SCRIM_MUST_CHECK int scrim_periods_load(const struct scrim_site *site, struct scrim_periods *ret,
                                        struct scrim_error *error);
// Writes the file if it says something else.
SCRIM_MUST_CHECK int scrim_periods_save(const char *dir, const struct scrim_periods *periods,
                                        struct scrim_error *error);

uint32_t scrim_periods_hours(const struct scrim_periods *periods, const char *camera);
void scrim_periods_forget(struct scrim_periods *periods, const char *camera);
