#include "recorder/backoff.h"

int64_t scrim_backoff_next(struct scrim_backoff *backoff, int64_t healthy_us, uint32_t random)
{
    if (healthy_us >= SCRIM_BACKOFF_HEALTHY_US)
        backoff->failures = 0;
    int64_t delay = SCRIM_BACKOFF_FIRST_US;
    for (unsigned i = 0; i < backoff->failures && delay < SCRIM_BACKOFF_LONGEST_US; i++)
        delay *= 2;
    if (delay > SCRIM_BACKOFF_LONGEST_US)
        delay = SCRIM_BACKOFF_LONGEST_US;
    if (backoff->failures++ == 0)
        return delay;
    return delay / 2 + (int64_t)(random % (uint32_t)(delay / 2));
}
