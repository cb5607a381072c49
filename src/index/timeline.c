// Questions about time: what is recorded, redacted, missing with a reason, missing without one.
#include "index/index_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPANS_MAX (1U << 20) // of one kind in one answer

struct range {
    int64_t from_us, to_us;
    bool lean; // details of gaps are not wanted
};

static int append(struct scrim_index *index, struct scrim_buf *list, const void *item, size_t size,
                  struct scrim_error *error)
{
    const int result = scrim_buf_append(list, item, size);
    return result < 0 ? scrim_fail(error, result, "%s: the answer is too long: %s", index->path,
                                   scrim_err_text(result))
                      : SCRIM_OK;
}

static struct scrim_span clipped(int64_t from_us, int64_t to_us, struct range range)
{
    return (struct scrim_span){from_us > range.from_us ? from_us : range.from_us,
                               to_us < range.to_us ? to_us : range.to_us};
}

static int select_spans(struct scrim_index *index, sqlite3_int64 camera, enum span_kind kind,
                        struct range range, struct scrim_buf *ret, struct scrim_error *error)
{
    sqlite3_stmt *select = scrim_index_statement(index, STATEMENT_SPANS, error);
    if (!select)
        return error ? error->code : SCRIM_EIO;
    sqlite3_bind_int64(select, 1, camera);
    sqlite3_bind_int(select, 2, (int)kind);
    sqlite3_bind_int64(select, 3, range.from_us);
    sqlite3_bind_int64(select, 4, range.to_us);
    int result = SCRIM_OK, code = SQLITE_DONE;
    while (result >= 0 && (code = sqlite3_step(select)) == SQLITE_ROW) {
        const struct scrim_span span =
            clipped(sqlite3_column_int64(select, 0), sqlite3_column_int64(select, 1), range);
        result = append(index, ret, &span, sizeof span, error);
    }
    if (result >= 0 && code != SQLITE_DONE)
        result = scrim_index_fail(index, code, error);
    sqlite3_reset(select);
    return result;
}

static int select_gaps(struct scrim_index *index, sqlite3_int64 camera, struct range range,
                       struct scrim_buf *ret, struct scrim_error *error)
{
    sqlite3_stmt *select = scrim_index_statement(index, STATEMENT_GAPS, error);
    if (!select)
        return error ? error->code : SCRIM_EIO;
    sqlite3_bind_int64(select, 1, camera);
    sqlite3_bind_int64(select, 2, range.from_us);
    sqlite3_bind_int64(select, 3, range.to_us);
    int result = SCRIM_OK, code = SQLITE_DONE;
    while (result >= 0 && (code = sqlite3_step(select)) == SQLITE_ROW) {
        const struct scrim_span span =
            clipped(sqlite3_column_int64(select, 0), sqlite3_column_int64(select, 1), range);
        result = scrim_buf_reserve(ret, sizeof(struct scrim_gap_span));
        if (result < 0) {
            scrim_fail(error, result, "%s: the answer is too long", index->path);
            break;
        }
        struct scrim_gap_span *gap = (struct scrim_gap_span *)(void *)(ret->data + ret->len);
        ret->len += sizeof *gap;
        gap->from_us = span.from_us;
        gap->to_us = span.to_us;
        gap->cause = (enum scrim_gap_cause)sqlite3_column_int(select, 2);
        gap->detail[0] = '\0';
        if (!range.lean)
            snprintf(gap->detail, sizeof gap->detail, "%s",
                     (const char *)sqlite3_column_text(select, 3));
    }
    if (result >= 0 && code != SQLITE_DONE)
        result = scrim_index_fail(index, code, error);
    sqlite3_reset(select);
    return result;
}

// What explains time, as lists of spans in order.
#define EXPLAINED 4

struct explained {
    size_t next[EXPLAINED]; // not looked at yet
};

static const struct scrim_span *span_of(const struct scrim_timeline *timeline, unsigned list,
                                        size_t at, struct scrim_span *room)
{
    switch (list) {
    case 0: return at < timeline->recorded_count ? &timeline->recorded[at] : NULL;
    case 1: return at < timeline->only_redacted_count ? &timeline->only_redacted[at] : NULL;
    case 2: return at < timeline->not_kept_count ? &timeline->not_kept[at] : NULL;
    default: break;
    }
    if (at >= timeline->gaps_count)
        return NULL;
    *room = (struct scrim_span){timeline->gaps[at].from_us, timeline->gaps[at].to_us};
    return room;
}

// The span that begins first among those not looked at yet; false if there is none.
static bool take_first(const struct scrim_timeline *timeline, struct explained *explained,
                       struct scrim_span *ret)
{
    int first = -1;
    for (unsigned list = 0; list < EXPLAINED; list++) {
        struct scrim_span room;
        const struct scrim_span *span = span_of(timeline, list, explained->next[list], &room);
        if (!span || (first >= 0 && span->from_us >= ret->from_us))
            continue;
        *ret = *span;
        first = (int)list;
    }
    if (first >= 0)
        explained->next[first]++;
    return first >= 0;
}

// The holes that neither a recording nor a record of why there is none covers.
static int find_unknown(struct scrim_index *index, const struct scrim_timeline *timeline,
                        struct range range, struct scrim_buf *ret, struct scrim_error *error)
{
    struct explained explained = {0};
    int64_t covered_us = range.from_us;
    int result = SCRIM_OK;
    while (result >= 0 && covered_us < range.to_us) {
        struct scrim_span next = {range.to_us, range.to_us};
        (void)take_first(timeline, &explained, &next); // none: the end of the range
        const int64_t until_us = next.from_us < range.to_us ? next.from_us : range.to_us;
        if (until_us - covered_us > SCRIM_INDEX_MERGE_US) {
            const struct scrim_span hole = {covered_us, until_us};
            result = append(index, ret, &hole, sizeof hole, error);
        }
        if (next.to_us > covered_us)
            covered_us = next.to_us;
    }
    return result;
}

// Where a hole would mean something: from the camera's first record to now, or to its last record
// while the segment after it may still be being written.
static struct range knowable(const struct index_camera *camera, struct range asked, int64_t now_us)
{
    const int64_t until_us =
        now_us - camera->last_us <= SCRIM_INDEX_OPEN_US ? camera->last_us : now_us;
    int64_t first_us = camera->first_us;
    if (camera->expired_us > first_us)
        first_us = camera->expired_us;
    return (struct range){.from_us = asked.from_us > first_us ? asked.from_us : first_us,
                          .to_us = asked.to_us < until_us ? asked.to_us : until_us};
}

static void take(struct scrim_buf *list, size_t size, void *ret_items, size_t *ret_count)
{
    memcpy(ret_items, &list->data, sizeof list->data);
    *ret_count = list->len / size;
    *list = (struct scrim_buf){0};
}

static int fill_spans(struct scrim_index *index, const struct index_camera *camera,
                      enum span_kind kind, struct range range, void *ret_spans, size_t *ret_count,
                      struct scrim_error *error)
{
    struct scrim_buf spans;
    scrim_buf_init(&spans, SPANS_MAX * sizeof(struct scrim_span));
    const int result = select_spans(index, camera->id, kind, range, &spans, error);
    take(&spans, sizeof(struct scrim_span), ret_spans, ret_count);
    return result;
}

static int fill(struct scrim_index *index, const struct index_camera *camera, struct range range,
                int64_t now_us, struct scrim_timeline *timeline, struct scrim_error *error)
{
    const struct {
        enum span_kind kind;
        void *spans;
        size_t *count;
    } lists[] = {
        {SPAN_RECORDED, &timeline->recorded, &timeline->recorded_count},
        {SPAN_REDACTED, &timeline->redacted, &timeline->redacted_count},
        {SPAN_ONLY_REDACTED, &timeline->only_redacted, &timeline->only_redacted_count},
        {SPAN_NOT_KEPT, &timeline->not_kept, &timeline->not_kept_count},
    };
    struct scrim_buf unknown, gaps;
    scrim_buf_init(&unknown, SPANS_MAX * sizeof(struct scrim_span));
    scrim_buf_init(&gaps, SPANS_MAX * sizeof(struct scrim_gap_span));
    int result = SCRIM_OK;
    for (size_t i = 0; i < sizeof lists / sizeof *lists && result >= 0; i++)
        result =
            fill_spans(index, camera, lists[i].kind, range, lists[i].spans, lists[i].count, error);
    if (result >= 0)
        result = select_gaps(index, camera->id, range, &gaps, error);
    take(&gaps, sizeof *timeline->gaps, &timeline->gaps, &timeline->gaps_count);
    if (result >= 0 && camera->has_records)
        result = find_unknown(index, timeline, knowable(camera, range, now_us), &unknown, error);
    take(&unknown, sizeof *timeline->unknown, &timeline->unknown, &timeline->unknown_count);
    return result;
}

static int ask(struct scrim_index *index, const char *camera, struct range range, int64_t now_us,
               struct scrim_timeline *ret, struct scrim_error *error)
{
    struct index_camera row;
    struct scrim_timeline timeline = {0};
    int result = scrim_index_refresh(index, error);
    if (result >= 0)
        result = scrim_index_camera_get(index, camera, &row, error);
    if (result >= 0)
        result = fill(index, &row, range, now_us, &timeline, error);
    if (result < 0)
        scrim_timeline_finish(&timeline);
    else
        *ret = timeline;
    return result;
}

int scrim_index_timeline(struct scrim_index *index, const char *camera, int64_t from_us,
                         int64_t to_us, int64_t now_us, struct scrim_timeline *ret,
                         struct scrim_error *error)
{
    const struct range range = {.from_us = from_us, .to_us = to_us};
    return ask(index, camera, range, now_us, ret, error);
}

int scrim_index_overview(struct scrim_index *index, const char *camera, int64_t from_us,
                         int64_t to_us, int64_t now_us, struct scrim_timeline *ret,
                         struct scrim_error *error)
{
    const struct range range = {.from_us = from_us, .to_us = to_us, .lean = true};
    return ask(index, camera, range, now_us, ret, error);
}

void scrim_timeline_finish(struct scrim_timeline *timeline)
{
    if (!timeline)
        return;
    free(timeline->recorded);
    free(timeline->redacted);
    free(timeline->only_redacted);
    free(timeline->not_kept);
    free(timeline->unknown);
    free(timeline->gaps);
    *timeline = (struct scrim_timeline){0};
}

static int expire_rows(struct scrim_index *index, sqlite3_int64 camera, int64_t before_us,
                       struct scrim_error *error)
{
    static const char *const statements[] = {
        "DELETE FROM segment WHERE camera = ?1 AND end_us < ?2",
        "DELETE FROM gap WHERE camera = ?1 AND end_us < ?2",
        "DELETE FROM archive WHERE camera = ?1 AND end_us < ?2",
        "DELETE FROM state WHERE camera = ?1 AND at_us < ?2",
        "DELETE FROM span WHERE camera = ?1 AND end_us <= ?2",
        "UPDATE span SET start_us = ?2 WHERE camera = ?1 AND start_us < ?2",
        "UPDATE camera SET expired_us = max(expired_us, ?2) WHERE id = ?1",
    };
    int result = SCRIM_OK;
    for (size_t i = 0; i < sizeof statements / sizeof *statements && result >= 0; i++) {
        sqlite3_stmt *statement = NULL;
        const int code = sqlite3_prepare_v2(index->db, statements[i], -1, &statement, NULL);
        if (code != SQLITE_OK)
            return scrim_index_fail(index, code, error);
        sqlite3_bind_int64(statement, 1, camera);
        sqlite3_bind_int64(statement, 2, before_us);
        result = scrim_index_run(index, statement, error);
        sqlite3_finalize(statement);
    }
    return result;
}

int scrim_index_expire(struct scrim_index *index, const char *camera, int64_t before_us,
                       struct scrim_error *error)
{
    struct index_camera row;
    int result = scrim_index_camera_get(index, camera, &row, error);
    if (result == SCRIM_ENOENT)
        return SCRIM_OK;
    if (result >= 0)
        result = scrim_index_simple(index, STATEMENT_BEGIN, error);
    if (result < 0)
        return result;
    result = expire_rows(index, row.id, before_us, error);
    if (result >= 0)
        result = scrim_index_simple(index, STATEMENT_COMMIT, error);
    if (result < 0)
        (void)!scrim_index_simple(index, STATEMENT_ROLLBACK, NULL);
    return result;
}
