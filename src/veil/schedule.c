#include "veil/schedule.h"

#include "base/alloc.h"

#include <stdlib.h>

struct scrim_schedule {
    double budget;  // share of one core, 0…1
    double cost_us; // of one run, smoothed
    bool modelled;
    double wished; // runs per second that all cameras together would like
};

struct scrim_schedule *scrim_schedule_create(unsigned budget_permille, int64_t cost_us,
                                             bool modelled)
{
    struct scrim_schedule *schedule = scrim_new(struct scrim_schedule);
    schedule->budget = budget_permille / 1000.0;
    schedule->cost_us = (double)cost_us;
    schedule->modelled = modelled;
    return schedule;
}

void scrim_schedule_destroy(struct scrim_schedule *schedule)
{
    free(schedule);
}

double scrim_schedule_rate(const struct scrim_schedule *schedule)
{
    return schedule->budget * 1e6 / schedule->cost_us;
}

static double rate_of(int64_t interval_us)
{
    return interval_us > 0 ? 1e6 / (double)interval_us : 0;
}

static void set_wish(struct scrim_schedule *schedule, struct scrim_turn *turn, int64_t wish_us)
{
    schedule->wished += rate_of(wish_us) - rate_of(turn->wish_us);
    turn->wish_us = wish_us;
}

void scrim_turn_leave(struct scrim_schedule *schedule, struct scrim_turn *turn)
{
    set_wish(schedule, turn, 0);
    turn->ran = false;
}

bool scrim_turn_due(struct scrim_schedule *schedule, struct scrim_turn *turn, int64_t now_us,
                    int64_t wish_us, int64_t floor_us)
{
    if (wish_us != turn->wish_us)
        set_wish(schedule, turn, wish_us);
    if (!turn->ran)
        return true;
    const double rate = scrim_schedule_rate(schedule);
    const double stretch = schedule->wished > rate ? schedule->wished / rate : 1;
    const double interval = (double)wish_us * stretch;
    const double waited = (double)(now_us - turn->last_us);
    return waited >= interval || waited >= (double)floor_us;
}

void scrim_turn_ran(struct scrim_schedule *schedule, struct scrim_turn *turn, int64_t now_us,
                    int64_t took_us)
{
    turn->last_us = now_us;
    turn->ran = true;
    if (!schedule->modelled && took_us > 0)
        schedule->cost_us += ((double)took_us - schedule->cost_us) * 0.1;
}

const struct scrim_pace *scrim_pace_pick(bool learning, bool changing, bool somebody)
{
    static const struct scrim_pace new_scene = {250000, 500000, 1500000},
                                   busy = {300000, 1000000, 1600000},
                                   calm = {1000000, 2000000, 4000000},
                                   empty = {3000000, 6000000, 10000000};
    if (learning)
        return &new_scene;
    if (changing)
        return &busy;
    return somebody ? &calm : &empty;
}
