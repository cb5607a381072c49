#include "veil/load.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdlib.h>

#define BEHIND_US SCRIM_SECOND           // more: shed
#define FINE_US (3 * SCRIM_SECOND / 10)  // less: take back
#define SHED_EVERY_US (2 * SCRIM_SECOND) // a step needs that long to show
#define CALM_US (5 * SCRIM_SECOND)
#define TURN_US (30 * SCRIM_SECOND) // how long a camera is dark before the next one's turn
#define STEPS_OF_RATE 2             // 1/2, 1/4; every further step makes one camera dark

struct scrim_load {
    unsigned cameras, step, first_dark;
    uint64_t steps; // taken so far, in either direction
    int64_t stepped_us, fine_since_us, turned_us;
    bool fine;
};

struct scrim_load *scrim_load_create(unsigned cameras)
{
    struct scrim_load *load = scrim_new(struct scrim_load);
    load->cameras = cameras;
    return load;
}

void scrim_load_destroy(struct scrim_load *load)
{
    free(load);
}

static void change(struct scrim_load *load, int64_t now_us, int by)
{
    load->step = (unsigned)((int)load->step + by);
    load->steps++;
    load->stepped_us = now_us;
    load->fine = false;
}

void scrim_load_report(struct scrim_load *load, int64_t now_us, int64_t behind_us)
{
    if (load->step > STEPS_OF_RATE && now_us - load->turned_us >= TURN_US) {
        load->first_dark = (load->first_dark + load->step - STEPS_OF_RATE) % load->cameras;
        load->turned_us = now_us;
    }
    if (behind_us > FINE_US)
        load->fine = false;
    else if (!load->fine) {
        load->fine = true;
        load->fine_since_us = now_us;
    }
    const bool settled = now_us - load->stepped_us >= SHED_EVERY_US;
    if (behind_us > BEHIND_US && settled && load->step < STEPS_OF_RATE + load->cameras) {
        change(load, now_us, 1);
        if (load->step == STEPS_OF_RATE + 1)
            load->turned_us = now_us;
    } else if (load->fine && load->step > 0 && now_us - load->fine_since_us >= CALM_US) {
        change(load, now_us, -1);
    }
}

unsigned scrim_load_divisor(const struct scrim_load *load)
{
    return 1U << (load->step < STEPS_OF_RATE ? load->step : STEPS_OF_RATE);
}

uint64_t scrim_load_steps(const struct scrim_load *load)
{
    return load->steps;
}

bool scrim_load_dark(const struct scrim_load *load, unsigned camera)
{
    if (load->step <= STEPS_OF_RATE || camera >= load->cameras)
        return false;
    const unsigned place = (camera + load->cameras - load->first_dark) % load->cameras;
    return place < load->step - STEPS_OF_RATE;
}

int64_t scrim_lag_update(struct scrim_lag *lag, int64_t now_us, int64_t pts_us)
{
    const int64_t distance = now_us - pts_us;
    if (!lag->begun) {
        *lag = (struct scrim_lag){true, distance, now_us};
        return 0;
    }
    lag->least_us += (now_us - lag->at_us) / 1000; // 1 ms per second covers any drift
    lag->at_us = now_us;
    if (distance < lag->least_us)
        lag->least_us = distance;
    return distance - lag->least_us;
}
