#include "keeper/shred.h"

#include "base/clock.h"

int scrim_shred(struct scrim_hour_ring *ring, const struct scrim_hour_range *range,
                struct scrim_buf *ret_done, struct scrim_error *error)
{
    size_t destroyed;
    if (range->last >= scrim_hour_of(scrim_clock_utc_us() - SCRIM_HOUR_LINGER_US))
        return scrim_fail(error, SCRIM_EBUSY,
                          "camera %s: an hour can be shredded from two minutes after its end",
                          range->camera);
    const int result = scrim_hour_ring_destroy(ring, range, 1, &destroyed, error);
    if (result < 0)
        return result;
    return scrim_buf_printf(ret_done, "%zu hour key%s of camera %s destroyed", destroyed,
                            destroyed == 1 ? "" : "s", range->camera);
}
