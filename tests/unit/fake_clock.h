// A clock that stands still until the test moves it.
#pragma once

#include "base/clock.h"

struct fake_clock {
    _Atomic int64_t utc_us, mono_us; // threads of what is tested read them
    struct scrim_clock clock;
};

static inline int64_t fake_clock_utc(void *context)
{
    return ((const struct fake_clock *)context)->utc_us;
}

static inline int64_t fake_clock_mono(void *context)
{
    return ((const struct fake_clock *)context)->mono_us;
}

// UTC and monotonic time both start at `us`.
static inline void fake_clock_start(struct fake_clock *fake, int64_t us)
{
    *fake = (struct fake_clock){us, us, {fake_clock_utc, fake_clock_mono, fake}};
    scrim_clock_replace(&fake->clock);
}

static inline void fake_clock_pass(struct fake_clock *fake, int64_t us)
{
    fake->utc_us += us;
    fake->mono_us += us;
}

static inline void fake_clock_end(void)
{
    scrim_clock_replace(NULL);
}
