#include "recorder/skew.h"

#include <string.h>

// A camera that is faster than time is followed picture by picture, so its rate matters little, and
// a steep line down would only follow a congestion that ended. One that is slower is seen through
// the rate alone.
#define SLOPE_MIN (-0.001)
#define SLOPE_MAX 0.5
#define RATE_WINDOWS 6 // before that, the rate is what it was

int64_t scrim_skew_offset(const struct scrim_skew *skew, int64_t arrival_us)
{
    return skew->line.offset_us + (int64_t)((double)(arrival_us - skew->line.at_us) * skew->slope);
}

static double slope_of(const struct scrim_skew_point *from, const struct scrim_skew_point *to)
{
    return (double)(to->offset_us - from->offset_us) / (double)(to->at_us - from->at_us);
}

// The lower convex hull of the windows (monotone chain). Returns the number of its corners.
static unsigned hull(const struct scrim_skew *skew,
                     const struct scrim_skew_point *ret[SCRIM_SKEW_WINDOWS])
{
    unsigned corners = 0;
    for (unsigned i = 0; i < skew->count; i++) {
        const struct scrim_skew_point *point = &skew->least[i];
        while (corners >= 2 &&
               slope_of(ret[corners - 1], point) <= slope_of(ret[corners - 2], ret[corners - 1]))
            corners--;
        ret[corners++] = point;
    }
    return corners;
}

// Of all lines below the points, the one for which their distances sum up to the least goes along
// the edge of the hull above which the middle of the times lies.
static double rate(const struct scrim_skew *skew)
{
    const struct scrim_skew_point *corners[SCRIM_SKEW_WINDOWS];
    const unsigned count = hull(skew, corners);
    const int64_t first_us = skew->least[0].at_us;
    int64_t sum_us = 0;
    unsigned right = 1;
    for (unsigned i = 0; i < skew->count; i++)
        sum_us += skew->least[i].at_us - first_us;
    while (right + 1 < count && corners[right]->at_us - first_us < sum_us / skew->count)
        right++;
    const double slope = slope_of(corners[right - 1], corners[right]);
    return slope < SLOPE_MIN ? SLOPE_MIN : slope > SLOPE_MAX ? SLOPE_MAX : slope;
}

// Lays the line under the windows. `now_us` is when the newest of them closed.
static void fit(struct scrim_skew *skew, int64_t now_us)
{
    if (skew->count >= RATE_WINDOWS)
        skew->slope = rate(skew);
    int64_t least_us = INT64_MAX;
    for (unsigned i = 0; i < skew->count; i++) {
        const struct scrim_skew_point *point = &skew->least[i];
        const int64_t there_us =
            point->offset_us + (int64_t)((double)(now_us - point->at_us) * skew->slope);
        if (there_us < least_us)
            least_us = there_us;
    }
    skew->line = (struct scrim_skew_point){now_us, least_us};
}

static void close_window(struct scrim_skew *skew)
{
    if (skew->count == SCRIM_SKEW_WINDOWS) {
        memmove(skew->least, skew->least + 1, sizeof skew->least - sizeof skew->least[0]);
        skew->count--;
    }
    skew->least[skew->count++] = skew->window;
}

static void open_window(struct scrim_skew *skew, const struct scrim_skew_point *first)
{
    skew->window = *first;
    skew->window_end_us = first->at_us + SCRIM_SKEW_WINDOW_US;
}

void scrim_skew_restart(struct scrim_skew *skew, int64_t arrival_us, int64_t offset_us)
{
    skew->count = 0;
    skew->line = (struct scrim_skew_point){arrival_us, offset_us};
    open_window(skew, &skew->line);
}

int64_t scrim_skew_add(struct scrim_skew *skew, int64_t arrival_us, int64_t media_us)
{
    const struct scrim_skew_point point = {arrival_us, arrival_us - media_us};
    if (skew->window_end_us == 0)
        scrim_skew_restart(skew, arrival_us, point.offset_us);
    const int64_t before_us = scrim_skew_offset(skew, arrival_us);
    if (arrival_us >= skew->window_end_us) {
        close_window(skew);
        fit(skew, arrival_us);
        open_window(skew, &point);
    } else if (point.offset_us < skew->window.offset_us) {
        skew->window = point;
    }
    // Nothing arrives before it was sent: the line was too high.
    if (point.offset_us < scrim_skew_offset(skew, arrival_us))
        skew->line = point;
    const int64_t after_us = scrim_skew_offset(skew, arrival_us);
    return after_us > before_us ? after_us - before_us : 0;
}
