#include "rtsp/cadence.h"

#define BACKWARD_MAX INT64_C(90000) // reordered pictures never go back further
#define AHEAD_MAX INT64_C(180000)
#define DRIFT 1024    // a camera's clock that runs slow is followed by this part of each step
#define REORDERED 64  // pictures after one that went back in time
#define REPEATED 64   // likewise, one at the same time
#define USUAL_MIN 24  // of 32 steps
#define TRUSTED_MIN 8 // steps; fewer do not outvote as many or more
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

// Distances between neighbours in time, whatever order they came in, between which nothing is
// missing.
static unsigned list_distances(const struct scrim_cadence *cadence,
                               int64_t ret[SCRIM_CADENCE_RECENT])
{
    unsigned sorted[SCRIM_CADENCE_RECENT] = {0};
    for (unsigned i = 0; i < cadence->count; i++) {
        unsigned place = i;
        for (; place > 0 && cadence->recent[sorted[place - 1]].time > cadence->recent[i].time;
             place--)
            sorted[place] = sorted[place - 1];
        sorted[place] = i;
    }
    unsigned count = 0;
    for (unsigned i = 1; i < cadence->count; i++) {
        const int64_t step = cadence->recent[sorted[i]].time - cadence->recent[sorted[i - 1]].time;
        if (step > 0 && !cadence->recent[sorted[i]].doubted)
            ret[count++] = step;
    }
    return count;
}

// Finds the usual distance: the one that most others are near to; the smallest of these.
static void learn(struct scrim_cadence *cadence)
{
    int64_t steps[SCRIM_CADENCE_RECENT], best = 0, best_sum = 0;
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
        best_sum = sum;
    }
    cadence->usual = most;
    if (most == 0 || (most < TRUSTED_MIN && most < cadence->distance_count))
        return;
    cadence->distance_sum = best_sum;
    cadence->distance_count = most;
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

// The shortest step of all, though something may be missing in each: no less than a distance.
static int64_t shortest(const struct scrim_cadence *cadence, int64_t step)
{
    int64_t found = step;
    for (unsigned i = 1; i < cadence->count; i++) {
        const unsigned at = (cadence->at + SCRIM_CADENCE_RECENT - i) % SCRIM_CADENCE_RECENT;
        const unsigned before = (at + SCRIM_CADENCE_RECENT - 1) % SCRIM_CADENCE_RECENT;
        const int64_t other = cadence->recent[at].time - cadence->recent[before].time;
        if (other > 0 && other < found)
            found = other;
    }
    return found;
}

static uint32_t judge_unsure(struct scrim_cadence *cadence, int64_t step,
                             struct scrim_cadence_evidence evidence)
{
    struct scrim_cadence_unsure *unsure = &cadence->unsure;
    if (step <= 0 || cadence->reordered > 0)
        return evidence.seen > 0 ? evidence.seen : 1;
    const int64_t distance = shortest(cadence, step);
    int64_t missing = (step + distance / 2) / distance - 1 - evidence.merged;
    if (missing > evidence.most)
        missing = evidence.most;
    const uint32_t told = missing > evidence.seen ? (uint32_t)missing : evidence.seen;
    unsure->span += step;
    unsure->steps += 1 + evidence.merged;
    unsure->told += told;
    unsure->most += evidence.most > told ? evidence.most : told;
    return told;
}

// What was missing while no distance was known, and was not told.
static uint32_t settle_unsure(struct scrim_cadence *cadence)
{
    const struct scrim_cadence_unsure unsure = cadence->unsure;
    if (unsure.steps == 0 || cadence->distance_count == 0)
        return 0;
    cadence->unsure = (struct scrim_cadence_unsure){0};
    int64_t missing = distances(cadence, unsure.span) - unsure.steps;
    if (missing > unsure.most)
        missing = unsure.most;
    return missing > unsure.told ? (uint32_t)(missing - unsure.told) : 0;
}

// Packets are missing, or pictures were dropped.
static uint32_t judge_hole(struct scrim_cadence *cadence, int64_t time,
                           struct scrim_cadence_evidence evidence)
{
    const uint32_t least = evidence.seen > 0 ? evidence.seen : 1;
    learn(cadence);
    const int64_t from = cadence->reordered > 0 ? cadence->highest : cadence->last;
    if (cadence->distance_count == 0)
        return judge_unsure(cadence, time - from, evidence);
    int64_t missing = distances(cadence, time - from) - 1;
    if (is_steady(cadence))
        return missing > evidence.seen ? (uint32_t)missing : evidence.seen;
    if (missing > evidence.most)
        missing = evidence.most;
    return missing > least ? (uint32_t)missing : least;
}

static void restart(struct scrim_cadence *cadence)
{
    cadence->count = cadence->at = 0;
    cadence->usual = 0;
    cadence->reordered = 0;
    cadence->repeated = 0;
    cadence->odd = false;
    cadence->unsure = (struct scrim_cadence_unsure){0};
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

static void count_down(unsigned *pictures, bool again, unsigned from)
{
    if (again)
        *pictures = from;
    else if (*pictures > 0)
        (*pictures)--;
}

uint32_t scrim_cadence_take(struct scrim_cadence *cadence, int64_t time, int64_t arrival,
                            struct scrim_cadence_evidence evidence)
{
    const bool hole = evidence.seen > 0 || evidence.most > 0;
    uint32_t missing = evidence.seen == 0 && hole ? 1 : evidence.seen; // where no time tells more
    const int64_t step = time - cadence->last;
    if (cadence->count == 0) {
        cadence->lead = time - arrival;
        cadence->highest = time;
    } else if (jumped(cadence, time, arrival)) {
        restart(cadence);
        cadence->highest = time;
    } else {
        count_down(&cadence->reordered, step < 0, REORDERED);
        count_down(&cadence->repeated, step == 0, REPEATED);
        missing = hole ? judge_hole(cadence, time, evidence) : judge_step(cadence, step);
        missing += settle_unsure(cadence);
    }
    cadence->recent[cadence->at].time = time;
    cadence->recent[cadence->at].doubted = hole || evidence.merged > 0;
    cadence->at = (cadence->at + 1) % SCRIM_CADENCE_RECENT;
    if (cadence->count < SCRIM_CADENCE_RECENT)
        cadence->count++;
    cadence->last = time;
    if (time > cadence->highest)
        cadence->highest = time;
    if (cadence->distance_count == 0)
        learn(cadence);
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

bool scrim_cadence_fits(const struct scrim_cadence *cadence, int64_t time, int64_t next)
{
    if (scrim_cadence_between(cadence, time) < 0)
        return false;
    const int64_t least = distance_of(cadence) * 7 / 8;
    return time - cadence->last >= least && next - time >= least;
}

bool scrim_cadence_tells_apart(const struct scrim_cadence *cadence)
{
    return cadence->count > 1 && cadence->repeated == 0;
}
