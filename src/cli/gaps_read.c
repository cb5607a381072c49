#include "cli/gaps.h"
#include "store/journal_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECES_MAX (1U << 20)                      // of one kind, in one answer
#define DAY_US (24 * INT64_C(3600) * SCRIM_SECOND) // a record may have begun the day before
#define UNTOLD_HOLE_US SCRIM_SECOND                // less than that between two records is none
#define SEGMENT_UNTOLD_US (150 * SCRIM_SECOND)     // a segment gets its record when it ends
#define EXPLAINED 5                                // lists of what is known
#define GAP_UNTOLD_US (10 * 60 * SCRIM_SECOND + SEGMENT_UNTOLD_US) // and a gap every ten minutes

struct reading {
    struct scrim_gaps *gaps;
    struct scrim_buf recorded, only_redacted, not_kept, unknown, pieces, purges;
    bool any;                  // record in what was read
    bool older;                // ones before that
    int64_t first_us, last_us; // of all records
    bool last_is_gap;
    bool stopped; // the recorder was, and nothing says that it began again
    struct scrim_record stop;
    int64_t skipped_us; // UTC from which the host's clock was set forward, 0: told already
};

static int append(struct scrim_buf *list, const void *item, size_t size, struct scrim_error *error)
{
    const int result = scrim_buf_append(list, item, size);
    return result < 0 ? scrim_fail(error, result, "the range holds too much: ask for less")
                      : SCRIM_OK;
}

static bool is_asked(const struct reading *reading, int64_t from_us, int64_t to_us)
{
    return from_us < reading->gaps->asked.to_us && to_us > reading->gaps->asked.from_us;
}

static int add_piece(struct reading *reading, struct scrim_buf *list, int64_t from_us,
                     int64_t to_us, const struct scrim_record *record, uint64_t count,
                     struct scrim_error *error)
{
    struct scrim_gaps_piece piece = {
        .span = {from_us, to_us}, .cause = record->cause, .count = count};
    if (!is_asked(reading, from_us, to_us))
        return SCRIM_OK;
    snprintf(piece.detail, sizeof piece.detail, "%s", record->detail);
    return append(list, &piece, sizeof piece, error);
}

static struct scrim_buf *list_of(struct reading *reading, const struct scrim_record *record)
{
    if (record->type == SCRIM_RECORD_SEGMENT)
        return &reading->recorded;
    return record->kept == SCRIM_KEEP_REDACTED ? &reading->only_redacted : &reading->not_kept;
}

// A segment, or time that is not sealed on purpose.
static int add_segment(struct reading *reading, const struct scrim_record *record,
                       struct scrim_error *error)
{
    const struct scrim_gaps_span span = {record->start_us, record->end_us};
    if (!is_asked(reading, span.from_us, span.to_us))
        return SCRIM_OK;
    reading->gaps->lost_inside += record->lost_units;
    return append(list_of(reading, record), &span, sizeof span, error);
}

// Where the host's clock was set forward, there is time that never was: up to where the first
// record by the new clock begins.
static int add_skipped(struct reading *reading, const struct scrim_record *next,
                       struct scrim_error *error)
{
    struct scrim_record clock = {.cause = SCRIM_GAP_CLOCK};
    const int64_t from_us = reading->skipped_us;
    if (from_us == 0 || next->start_us < from_us)
        return SCRIM_OK; // the segment in which it happened: by the old clock
    reading->skipped_us = 0;
    snprintf(clock.detail, sizeof clock.detail, "the host's clock was set forward");
    return add_piece(reading, &reading->pieces, from_us, next->start_us, &clock, 0, error);
}

static void note_extent(struct reading *reading, const struct scrim_record *record)
{
    if (record->end_us > reading->stop.start_us) // else one that a slow disk held up
        reading->stopped = false;
    if (!reading->any || record->start_us < reading->first_us)
        reading->first_us = record->start_us;
    if (!reading->any || record->end_us > reading->last_us)
        reading->last_us = record->end_us;
    reading->any = true;
    reading->last_is_gap = record->type == SCRIM_RECORD_GAP;
}

static int take_record(void *context, const struct scrim_record *record, struct scrim_error *error)
{
    struct reading *reading = context;
    int result = SCRIM_OK;
    switch (record->type) {
    case SCRIM_RECORD_SEGMENT:
    case SCRIM_RECORD_UNSEALED:
    case SCRIM_RECORD_GAP:
        note_extent(reading, record);
        result = add_skipped(reading, record, error);
        if (result < 0)
            return result;
        return record->type != SCRIM_RECORD_GAP
                   ? add_segment(reading, record, error)
                   : add_piece(reading, &reading->pieces, record->start_us, record->end_us, record,
                               record->lost_units, error);
    case SCRIM_RECORD_PURGE:
        return add_piece(reading, &reading->purges, record->start_us, record->end_us, record,
                         record->segments, error);
    case SCRIM_RECORD_CLOCK:
        if (!record->of_camera && record->step_us > 0)
            reading->skipped_us = record->start_us - record->step_us;
        return SCRIM_OK;
    case SCRIM_RECORD_STOP:
        reading->stop = *record;
        reading->stopped = true;
        return SCRIM_OK;
    case SCRIM_RECORD_BOOT: reading->stopped = false; return SCRIM_OK;
    case SCRIM_RECORD_OPENING:
    case SCRIM_RECORD_CHANGE: return SCRIM_OK;
    }
    return SCRIM_OK;
}

// Both begin with their span.
static int by_time(const void *a, const void *b)
{
    const struct scrim_gaps_span *left = a, *right = b;
    if (left->from_us != right->from_us)
        return left->from_us < right->from_us ? -1 : 1;
    return (left->to_us > right->to_us) - (left->to_us < right->to_us);
}

static size_t sorted(struct scrim_buf *list, size_t size)
{
    const size_t count = list->len / size;
    if (count > 0)
        qsort(list->data, count, size, by_time);
    return count;
}

static void join_spans(struct scrim_gaps_span *spans, size_t *count)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        struct scrim_gaps_span *last = kept > 0 ? &spans[kept - 1] : NULL;
        if (!last || spans[i].from_us - last->to_us > UNTOLD_HOLE_US)
            spans[kept++] = spans[i];
        else if (spans[i].to_us > last->to_us)
            last->to_us = spans[i].to_us;
    }
    *count = kept;
}

static void join_pieces(struct scrim_gaps_piece *pieces, size_t *count)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        struct scrim_gaps_piece *last = kept > 0 ? &pieces[kept - 1] : NULL;
        const bool same = last && pieces[i].span.from_us <= last->span.to_us &&
                          pieces[i].cause == last->cause &&
                          strcmp(pieces[i].detail, last->detail) == 0;
        if (!same) {
            pieces[kept++] = pieces[i];
            continue;
        }
        last->count += pieces[i].count;
        if (pieces[i].span.to_us > last->span.to_us)
            last->span.to_us = pieces[i].span.to_us;
    }
    *count = kept;
}

// What was destroyed is not recorded any more.
static int cut_purged(struct reading *reading, struct scrim_error *error)
{
    struct scrim_gaps *gaps = reading->gaps;
    struct scrim_buf left;
    int result = SCRIM_OK;
    size_t p = 0;
    scrim_buf_init(&left, 2 * PIECES_MAX * sizeof(struct scrim_gaps_span));
    for (size_t i = 0; i < gaps->recorded_count && result >= 0; i++) {
        struct scrim_gaps_span rest = gaps->recorded[i];
        while (p > 0 && gaps->purges[p - 1].span.to_us > rest.from_us)
            p--;
        for (; p < gaps->purges_count && gaps->purges[p].span.from_us < rest.to_us; p++) {
            const struct scrim_gaps_span before = {rest.from_us, gaps->purges[p].span.from_us};
            if (before.to_us > before.from_us && result >= 0)
                result = append(&left, &before, sizeof before, error);
            if (gaps->purges[p].span.to_us > rest.from_us)
                rest.from_us = gaps->purges[p].span.to_us;
        }
        if (rest.to_us > rest.from_us && result >= 0)
            result = append(&left, &rest, sizeof rest, error);
    }
    scrim_buf_finish(&reading->recorded);
    reading->recorded = left;
    gaps->recorded_count = left.len / sizeof *gaps->recorded;
    gaps->recorded = (struct scrim_gaps_span *)(void *)left.data;
    return result;
}

// From the first record to now, or to the last one while the next may not be due yet.
static struct scrim_gaps_span told(const struct reading *reading, int64_t now_us)
{
    const struct scrim_gaps_span asked = reading->gaps->asked;
    const int64_t untold_us = reading->last_is_gap ? GAP_UNTOLD_US : SEGMENT_UNTOLD_US;
    struct scrim_gaps_span all = {reading->older ? INT64_MIN : reading->first_us, now_us};
    if (!reading->any)
        return (struct scrim_gaps_span){asked.from_us, asked.from_us};
    if (!reading->stopped && now_us - reading->last_us <= untold_us)
        all.to_us = reading->last_us;
    return scrim_gaps_clip(all, asked);
}

// The next of the lists that begins first, or NULL.
static const struct scrim_gaps_span *next_explained(const struct scrim_gaps *gaps,
                                                    size_t at[EXPLAINED])
{
    const struct scrim_gaps_span *spans[EXPLAINED] = {
        at[0] < gaps->recorded_count ? &gaps->recorded[at[0]] : NULL,
        at[1] < gaps->gaps_count ? &gaps->gaps[at[1]].span : NULL,
        at[2] < gaps->purges_count ? &gaps->purges[at[2]].span : NULL,
        at[3] < gaps->only_redacted_count ? &gaps->only_redacted[at[3]] : NULL,
        at[4] < gaps->not_kept_count ? &gaps->not_kept[at[4]] : NULL};
    int first = -1;
    for (int i = 0; i < EXPLAINED; i++) {
        if (spans[i] && (first < 0 || spans[i]->from_us < spans[first]->from_us))
            first = i;
    }
    if (first < 0)
        return NULL;
    at[first]++;
    return spans[first];
}

static int find_unknown(struct reading *reading, struct scrim_error *error)
{
    const struct scrim_gaps *gaps = reading->gaps;
    const struct scrim_gaps_span *next;
    size_t at[EXPLAINED] = {0};
    int64_t covered_us = gaps->told.from_us;
    int result = SCRIM_OK;
    while (result >= 0 && covered_us < gaps->told.to_us) {
        next = next_explained(gaps, at);
        const int64_t until_us =
            next && next->from_us < gaps->told.to_us ? next->from_us : gaps->told.to_us;
        if (until_us - covered_us > UNTOLD_HOLE_US) {
            const struct scrim_gaps_span hole = {covered_us, until_us};
            result = append(&reading->unknown, &hole, sizeof hole, error);
        }
        if (!next)
            break;
        if (next->to_us > covered_us)
            covered_us = next->to_us;
    }
    return result;
}

static void settle_unsealed(struct reading *reading)
{
    struct scrim_gaps *gaps = reading->gaps;
    gaps->only_redacted_count = sorted(&reading->only_redacted, sizeof *gaps->only_redacted);
    gaps->not_kept_count = sorted(&reading->not_kept, sizeof *gaps->not_kept);
    gaps->only_redacted = (struct scrim_gaps_span *)(void *)reading->only_redacted.data;
    gaps->not_kept = (struct scrim_gaps_span *)(void *)reading->not_kept.data;
    join_spans(gaps->only_redacted, &gaps->only_redacted_count);
    join_spans(gaps->not_kept, &gaps->not_kept_count);
}

// The buffers become the lists.
static int settle(struct reading *reading, int64_t now_us, struct scrim_error *error)
{
    struct scrim_gaps *gaps = reading->gaps;
    int result = SCRIM_OK;
    if (reading->stopped) {
        snprintf(reading->stop.detail, sizeof reading->stop.detail, "the recorder was stopped");
        result = add_piece(reading, &reading->pieces, reading->stop.start_us, now_us,
                           &reading->stop, 0, error);
    }
    gaps->recorded_count = sorted(&reading->recorded, sizeof *gaps->recorded);
    gaps->gaps_count = sorted(&reading->pieces, sizeof *gaps->gaps);
    gaps->purges_count = sorted(&reading->purges, sizeof *gaps->purges);
    gaps->recorded = (struct scrim_gaps_span *)(void *)reading->recorded.data;
    gaps->gaps = (struct scrim_gaps_piece *)(void *)reading->pieces.data;
    gaps->purges = (struct scrim_gaps_piece *)(void *)reading->purges.data;
    join_spans(gaps->recorded, &gaps->recorded_count);
    settle_unsealed(reading);
    join_pieces(gaps->gaps, &gaps->gaps_count);
    join_pieces(gaps->purges, &gaps->purges_count);
    gaps->told = told(reading, now_us);
    const int cut = cut_purged(reading, error);
    if (result >= 0)
        result = cut;
    if (result >= 0)
        result = find_unknown(reading, error);
    gaps->unknown = (struct scrim_gaps_span *)(void *)reading->unknown.data;
    gaps->unknown_count = reading->unknown.len / sizeof *gaps->unknown;
    return result;
}

int scrim_gaps_read(const char *dir, const char *camera, struct scrim_gaps_span asked,
                    int64_t now_us, struct scrim_gaps *ret, struct scrim_error *error)
{
    char first[SCRIM_DAY_TEXT];
    struct reading reading = {.gaps = ret};
    *ret = (struct scrim_gaps){.asked = asked};
    snprintf(ret->camera, sizeof ret->camera, "%s", camera);
    scrim_buf_init(&reading.recorded, PIECES_MAX * sizeof(struct scrim_gaps_span));
    scrim_buf_init(&reading.only_redacted, PIECES_MAX * sizeof(struct scrim_gaps_span));
    scrim_buf_init(&reading.not_kept, PIECES_MAX * sizeof(struct scrim_gaps_span));
    scrim_buf_init(&reading.unknown, PIECES_MAX * sizeof(struct scrim_gaps_span));
    scrim_buf_init(&reading.pieces, PIECES_MAX * sizeof(struct scrim_gaps_piece));
    scrim_buf_init(&reading.purges, PIECES_MAX * sizeof(struct scrim_gaps_piece));
    scrim_day_of(asked.from_us - DAY_US, first);
    struct scrim_journal_walk walk = {
        .dir = dir, .camera = camera, .from_day = first, .visit = take_record, .context = &reading};
    int result = scrim_journal_walk(&walk, error);
    ret->damaged = walk.damaged;
    reading.older = walk.older;
    const int settled = settle(&reading, now_us, result < 0 ? NULL : error);
    if (result >= 0)
        result = settled;
    if (result < 0)
        scrim_gaps_finish(ret);
    return result;
}

void scrim_gaps_finish(struct scrim_gaps *gaps)
{
    free(gaps->recorded);
    free(gaps->only_redacted);
    free(gaps->not_kept);
    free(gaps->unknown);
    free(gaps->gaps);
    free(gaps->purges);
    *gaps = (struct scrim_gaps){0};
}
