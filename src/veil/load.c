#include "veil/load.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdlib.h>

#define BEHIND_US SCRIM_SECOND           // more: shed
#define FINE_US (3 * SCRIM_SECOND / 10)  // less: take back
#define LOOK_EVERY_US (2 * SCRIM_SECOND) // a step needs that long to show
#define CATCH_UP_US (8 * SCRIM_SECOND)   // who will have caught up by then needs no further step
#define CALM_US (5 * SCRIM_SECOND)
#define TURN_US (30 * SCRIM_SECOND) // how long a camera is dark before the next one's turn
#define STEPS_OF_RATE 2             // 1/2, 1/4; every further step makes one camera dark
#define SHARE 4                     // of the cameras that are lit, or dark, change at once

struct scrim_load {
    unsigned cameras, step, first_dark;
    uint64_t steps; // taken so far, in either direction
    int64_t fine_since_us, turned_us;
    int64_t looked_us, behind_us; // how far it was behind when we last looked
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

static unsigned dark_count(const struct scrim_load *load)
{
    return load->step > STEPS_OF_RATE ? load->step - STEPS_OF_RATE : 0;
}

static void change(struct scrim_load *load, unsigned step)
{
    load->step = step;
    load->steps++;
    load->fine = false;
}

static unsigned at_least_one(unsigned count)
{
    return count > 0 ? count : 1;
}

static void shed_more(struct scrim_load *load, int64_t now_us)
{
    const unsigned dark = dark_count(load), lit = load->cameras - dark;
    if (load->step < STEPS_OF_RATE) {
        change(load, load->step + 1);
    } else if (lit > 0) {
        if (dark == 0)
            load->turned_us = now_us;
        change(load, load->step + at_least_one(lit / SHARE));
    }
}

static void take_back(struct scrim_load *load)
{
    if (load->step > 0)
        change(load, load->step - at_least_one(dark_count(load) / SHARE));
}

// What waits is worked off: at the pace since the last look it is gone soon.
static bool catches_up(const struct scrim_load *load, int64_t now_us, int64_t behind_us)
{
    const int64_t gained_us = load->behind_us - behind_us;
    return gained_us > 0 && behind_us / gained_us < CATCH_UP_US / (now_us - load->looked_us + 1);
}

// Everybody is dark for as long as anybody.
static void take_turns(struct scrim_load *load, int64_t now_us)
{
    if (dark_count(load) == 0 || now_us - load->turned_us < TURN_US)
        return;
    load->first_dark = (load->first_dark + dark_count(load)) % load->cameras;
    load->turned_us = now_us;
}

void scrim_load_report(struct scrim_load *load, int64_t now_us, int64_t behind_us)
{
    take_turns(load, now_us);
    if (behind_us > FINE_US)
        load->fine = false;
    else if (!load->fine) {
        load->fine = true;
        load->fine_since_us = now_us;
    }
    if (load->fine && now_us - load->fine_since_us >= CALM_US)
        take_back(load);
    if (now_us - load->looked_us < LOOK_EVERY_US)
        return;
    if (behind_us > BEHIND_US && !catches_up(load, now_us, behind_us))
        shed_more(load, now_us);
    load->looked_us = now_us;
    load->behind_us = behind_us;
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
    if (camera >= load->cameras)
        return false;
    const unsigned place = (camera + load->cameras - load->first_dark) % load->cameras;
    return place < dark_count(load);
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
