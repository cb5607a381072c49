#include "keeper/shred.h"

#include "base/clock.h"

#include <inttypes.h>

int scrim_shred(struct scrim_hour_ring *ring, const struct scrim_hour_range *range,
                const struct scrim_holds *holds, struct scrim_buf *ret_done,
                struct scrim_error *error)
{
    const int64_t now_us = scrim_clock_utc_us();
    const struct scrim_hold *hold =
        scrim_holds_find(holds, range->camera, range->first, range->last, now_us);
    size_t destroyed;
    if (hold)
        return scrim_fail(error, SCRIM_EBUSY, "legal hold %" PRIu64 " of %s keeps it: %.300s",
                          hold->id, hold->who, hold->reason);
    if (range->last >= scrim_hour_of(now_us - SCRIM_HOUR_LINGER_US))
        return scrim_fail(error, SCRIM_EBUSY,
                          "camera %s: an hour can be shredded from two minutes after its end",
                          range->camera);
    const int result = scrim_hour_ring_destroy(ring, range, 1, &destroyed, error);
    if (result < 0)
        return result;
    return scrim_buf_printf(ret_done, "camera %s: %zu hour key%s destroyed", range->camera,
                            destroyed, destroyed == 1 ? "" : "s");
}
