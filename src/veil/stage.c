#include "veil/stage.h"

#include <time.h>

const char *scrim_stage_text(enum scrim_stage stage)
{
    static const char *const texts[SCRIM_STAGE_COUNT] = {"decode", "motion", "detect",
                                                         "mask",   "render", "encode"};
    return stage < SCRIM_STAGE_COUNT ? texts[stage] : "";
}

int64_t scrim_stage_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void scrim_stage_add(struct scrim_stages *stages, enum scrim_stage stage, int64_t *mark)
{
    const int64_t now = scrim_stage_now();
    stages->us[stage] += now - *mark;
    *mark = now;
}
