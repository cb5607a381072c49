#include "rtsp/cadence.h"

#define BACKWARD_MAX INT64_C(90000) // reordered pictures never go back further
#define AHEAD_MAX INT64_C(180000)
#define DRIFT 1024   // a camera's clock that runs slow is followed by this part of each step
#define REORDERED 64 // pictures after one that went back in time
#define USUAL_MIN 24 // of 32 steps
#define STEP_MAX (INT64_C(90000) * 86400)

static bool is_near(int64_t step, int64_t distance)
{
    const int64_t off = step > distance ? step - distance : distance - step;
    return off <= distance / 8;
}

static int64_t distance_of(const struct scrim_cadence *cadence)
{
    return cadence->distance_sum / cadence->distance_count;
}

static bool is_usual(const struct scrim_cadence *cadence, int64_t step)
{
    return cadence->distance_count > 0 && is_near(step, distance_of(cadence));
}

// How many distances the step is, to the nearest.
static int64_t distances(const struct scrim_cadence *cadence, int64_t step)
{
    if (step <= 0)
        return 0;
    if (step > STEP_MAX)
        step = STEP_MAX;
    const int64_t sum = cadence->distance_sum;
    return (step * cadence->distance_count + sum / 2) / sum;
}

// Distances between neighbours in time, whatever order they came in.
static unsigned list_distances(const struct scrim_cadence *cadence,
                               int64_t ret[SCRIM_CADENCE_RECENT])
{
    int64_t sorted[SCRIM_CADENCE_RECENT];
    for (unsigned i = 0; i < cadence->count; i++) {
        unsigned place = i;
        for (; place > 0 && sorted[place - 1] > cadence->recent[i]; place--)
            sorted[place] = sorted[place - 1];
        sorted[place] = cadence->recent[i];
    }
    unsigned count = 0;
    for (unsigned i = 1; i < cadence->count; i++)
        if (sorted[i] > sorted[i - 1])
            ret[count++] = sorted[i] - sorted[i - 1];
    return count;
}

// Finds the usual distance: the one that most others are near to; the smallest of these.
static void learn(struct scrim_cadence *cadence)
{
    int64_t steps[SCRIM_CADENCE_RECENT], best = 0;
    const unsigned count = list_distances(cadence, steps);
    unsigned most = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned near = 0;
        int64_t sum = 0;
        for (unsigned j = 0; j < count; j++)
            if (is_near(steps[j], steps[i])) {
                near++;
                sum += steps[j];
            }
        if (near < most || (near == most && steps[i] >= best))
            continue;
        most = near;
        best = steps[i];
        cadence->distance_sum = sum;
        cadence->distance_count = near;
    }
    cadence->usual = most;
}

static bool is_steady(const struct scrim_cadence *cadence)
{
    return !cadence->varies && cadence->reordered == 0 && cadence->count == SCRIM_CADENCE_RECENT &&
           cadence->usual >= USUAL_MIN;
}

// No packet is missing: what the step alone says.
static uint32_t judge_step(struct scrim_cadence *cadence, int64_t step)
{
    if (step <= 0 || cadence->reordered > 0)
        return 0;
    if (is_usual(cadence, step)) {
        cadence->odd = false;
        return 0;
    }
    learn(cadence);
    if (is_usual(cadence, step)) {
        cadence->odd = false;
        return 0;
    }
    const bool steady = is_steady(cadence);
    if (cadence->odd && cadence->count == SCRIM_CADENCE_RECENT)
        cadence->varies = true;
    const bool alone = !cadence->odd;
    cadence->odd = true;
    if (!steady || !alone)
        return 0;
    const int64_t n = distances(cadence, step);
    const int64_t distance = distance_of(cadence);
    const int64_t off = step - n * distance;
    return n < 2 || off > distance / 4 || off < -distance / 4 ? 0 : (uint32_t)(n - 1);
}

// Packets are missing, or pictures were dropped.
static uint32_t judge_hole(struct scrim_cadence *cadence, int64_t time, uint32_t seen,
                           uint32_t most)
{
    const uint32_t least = seen > 0 ? seen : 1;
    learn(cadence);
    if (cadence->distance_count == 0)
        return least;
    const int64_t from = cadence->reordered > 0 ? cadence->highest : cadence->last;
    int64_t missing = distances(cadence, time - from) - 1;
    if (is_steady(cadence))
        return missing > seen ? (uint32_t)missing : seen;
    if (missing > most)
        missing = most;
    return missing > least ? (uint32_t)missing : least;
}

static void restart(struct scrim_cadence *cadence)
{
    cadence->count = cadence->at = 0;
    cadence->usual = 0;
    cadence->reordered = 0;
    cadence->odd = false;
}

// True if the time cannot be of the same clock as those before.
static bool jumped(struct scrim_cadence *cadence, int64_t time, int64_t arrival)
{
    const int64_t step = time - cadence->last, lead = time - arrival;
    const bool jump = step < -BACKWARD_MAX || lead > cadence->lead + AHEAD_MAX;
    if (jump || lead > cadence->lead)
        cadence->lead = lead;
    else if (step > 0)
        cadence->lead -= step / DRIFT;
    return jump;
}

uint32_t scrim_cadence_take(struct scrim_cadence *cadence, int64_t time, int64_t arrival,
                            uint32_t seen, uint32_t most)
{
    uint32_t missing = seen == 0 && most > 0 ? 1 : seen; // where no time tells more
    const int64_t step = time - cadence->last;
    if (cadence->count == 0) {
        cadence->lead = time - arrival;
        cadence->highest = time;
    } else if (jumped(cadence, time, arrival)) {
        restart(cadence);
        cadence->highest = time;
    } else {
        if (step < 0)
            cadence->reordered = REORDERED;
        else if (cadence->reordered > 0)
            cadence->reordered--;
        missing = seen > 0 || most > 0 ? judge_hole(cadence, time, seen, most)
                                       : judge_step(cadence, step);
    }
    cadence->recent[cadence->at] = time;
    cadence->at = (cadence->at + 1) % SCRIM_CADENCE_RECENT;
    if (cadence->count < SCRIM_CADENCE_RECENT)
        cadence->count++;
    cadence->last = time;
    if (time > cadence->highest)
        cadence->highest = time;
    return missing;
}

int64_t scrim_cadence_between(const struct scrim_cadence *cadence, int64_t time)
{
    const int64_t step = time - cadence->last;
    if (cadence->count == 0 || cadence->reordered > 0 || cadence->distance_count == 0 ||
        cadence->varies || step <= 0)
        return -1;
    const int64_t n = distances(cadence, step);
    return n > 0 ? n - 1 : 0;
}
