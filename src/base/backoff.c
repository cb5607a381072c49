#include "base/backoff.h"

int64_t scrim_backoff_next(struct scrim_backoff *backoff, int64_t healthy_us, uint32_t random)
{
    if (healthy_us >= SCRIM_BACKOFF_HEALTHY_US)
        backoff->failures = 0;
    const unsigned failures = backoff->failures++;
    if (failures == 0)
        return SCRIM_BACKOFF_FIRST_US;
    int64_t delay = SCRIM_BACKOFF_SHORT_US;
    for (unsigned i = SCRIM_BACKOFF_SHORT_TRIES; i < failures && delay < SCRIM_BACKOFF_LONGEST_US;
         i++)
        delay *= 2;
    if (delay > SCRIM_BACKOFF_LONGEST_US)
        delay = SCRIM_BACKOFF_LONGEST_US;
    return delay / 2 + (int64_t)(random % (uint32_t)(delay / 2));
}
