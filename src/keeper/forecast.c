#include "keeper/forecast.h"

#include "base/alloc.h"

#include <stdlib.h>

#define HOUR_US 3.6e9
#define FAR_HOURS (50.0 * 365 * 24) // later than that is never

// At `hours` from now the growth changes by `by` bytes an hour.
struct bend {
    double hours, by;
};

static int compare(const void *a, const void *b)
{
    const struct bend *one = a, *other = b;
    return (one->hours > other->hours) - (one->hours < other->hours);
}

// Its growth now, and its two bends.
static double bends_of(const struct scrim_flow *flow, struct bend ret[2])
{
    double age = flow->age_hours, stored = flow->stored;
    if (age > flow->retention_hours) { // what is too old goes at once
        stored *= flow->retention_hours / age;
        age = flow->retention_hours;
    }
    const double leaving = age > 0 ? stored / age : 0;
    const double waits = flow->retention_hours - age;
    ret[0] = (struct bend){waits, -leaving};
    ret[1] = (struct bend){flow->retention_hours, leaving - flow->rate};
    return flow->rate;
}

int64_t scrim_forecast_full_us(const struct scrim_flow *flows, size_t count, double room,
                               int64_t now_us)
{
    struct bend *bends = scrim_new_array(2 * count + 1, struct bend);
    double growth = 0, at = 0, full = -1;
    for (size_t i = 0; i < count; i++)
        growth += bends_of(&flows[i], &bends[2 * i]);
    qsort(bends, 2 * count, sizeof *bends, compare);
    for (size_t i = 0; i < 2 * count && full < 0; i++) {
        const double span = bends[i].hours - at;
        if (growth * span >= room && growth > 0)
            full = at + (room > 0 ? room / growth : 0);
        room -= growth * span;
        at = bends[i].hours;
        growth += bends[i].by;
    }
    free(bends);
    if (full < 0 || full > FAR_HOURS)
        return SCRIM_FORECAST_NEVER;
    return now_us + (int64_t)(full * HOUR_US);
}
