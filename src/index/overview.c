// A timeline for few pixels: what is finer than a step is put together.
//
// Recordings are joined over holes shorter than a step. Gaps and unknown time must not vanish that
// way, nor may a month of short ones look like one long one: of those shorter than a step, one is
// left for each step, as long as all of them there together, with the cause of the longest.
#include "index/index.h"

#include "base/alloc.h"

static void join_spans(struct scrim_span *spans, size_t *count, int64_t step_us)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        if (kept > 0 && spans[i].from_us - spans[kept - 1].to_us < step_us) {
            if (spans[i].to_us > spans[kept - 1].to_us)
                spans[kept - 1].to_us = spans[i].to_us;
        } else {
            spans[kept++] = spans[i];
        }
    }
    *count = kept;
}

// Whether two short ones begin in the same step. Steps count from the epoch, so that a picture does
// not flicker while it is moved.
static bool same_step(int64_t a_us, int64_t b_us, int64_t step_us)
{
    return a_us / step_us == b_us / step_us;
}

static void thin_gaps(struct scrim_gap_span *gaps, size_t *count, int64_t step_us)
{
    size_t kept = 0;
    int64_t longest_us = 0;
    bool open = false; // the last one kept takes more
    for (size_t i = 0; i < *count; i++) {
        const int64_t length_us = gaps[i].to_us - gaps[i].from_us;
        struct scrim_gap_span *last = kept > 0 ? &gaps[kept - 1] : NULL;
        if (length_us < step_us && open && same_step(last->from_us, gaps[i].from_us, step_us)) {
            last->to_us += length_us;
            if (length_us > longest_us) {
                longest_us = length_us;
                last->cause = gaps[i].cause;
            }
            continue;
        }
        open = length_us < step_us;
        longest_us = length_us;
        gaps[kept++] = gaps[i];
    }
    *count = kept;
}

static void thin_spans(struct scrim_span *spans, size_t *count, int64_t step_us)
{
    size_t kept = 0;
    bool open = false;
    for (size_t i = 0; i < *count; i++) {
        const int64_t length_us = spans[i].to_us - spans[i].from_us;
        if (length_us < step_us && open &&
            same_step(spans[kept - 1].from_us, spans[i].from_us, step_us)) {
            spans[kept - 1].to_us += length_us;
            continue;
        }
        open = length_us < step_us;
        spans[kept++] = spans[i];
    }
    *count = kept;
}

void scrim_timeline_coarsen(struct scrim_timeline *timeline, int64_t step_us)
{
    if (step_us <= 0)
        return;
    join_spans(timeline->recorded, &timeline->recorded_count, step_us);
    join_spans(timeline->redacted, &timeline->redacted_count, step_us);
    join_spans(timeline->only_redacted, &timeline->only_redacted_count, step_us);
    join_spans(timeline->not_kept, &timeline->not_kept_count, step_us);
    thin_spans(timeline->unknown, &timeline->unknown_count, step_us);
    thin_gaps(timeline->gaps, &timeline->gaps_count, step_us);
}

int scrim_timeline_add_redacted(struct scrim_timeline *timeline, struct scrim_span span,
                                int64_t from_us, int64_t to_us)
{
    const size_t count = timeline->redacted_count;
    struct scrim_span *last = count > 0 ? &timeline->redacted[count - 1] : NULL;
    if (span.from_us < from_us)
        span.from_us = from_us;
    if (span.to_us > to_us)
        span.to_us = to_us;
    if (span.from_us >= span.to_us || (last && last->to_us >= span.to_us))
        return SCRIM_OK;
    if (last && span.from_us - last->to_us <= SCRIM_INDEX_MERGE_US) {
        last->to_us = span.to_us;
        return SCRIM_OK;
    }
    struct scrim_span *spans = scrim_realloc(timeline->redacted, (count + 1) * sizeof span);
    if (!spans)
        return SCRIM_ENOMEM;
    spans[count] = span;
    timeline->redacted = spans;
    timeline->redacted_count = count + 1;
    return SCRIM_OK;
}
