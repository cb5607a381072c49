// GET /events: what happened, in one list: cameras lost and back, other gaps, opaque pictures,
// changes of areas, exports, openings of originals. Alarms will be a further kind.
#include "desk/api.h"
#include "desk/past.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT 1000
#define LIMIT_MAX 10000
#define LOST_CAUSES (1U << SCRIM_GAP_CAMERA | 1U << SCRIM_GAP_NETWORK)

enum kind {
    KIND_LOST,
    KIND_RETURNED,
    KIND_GAP,
    KIND_OPAQUE,
    KIND_AREAS,
    KIND_EXPORT,
    KIND_OPENING,
    KINDS
};

static const char *const kind_names[KINDS] = {"lost",  "returned", "gap",    "opaque",
                                              "areas", "export",   "opening"};

struct event {
    enum kind kind;
    int64_t at_us, to_us; // to_us 0: it is of a moment; INT64_MAX: it goes on
    const char *camera;
    const char *cause; // NULL: none
    char words[200];
};

struct events_job {
    struct past_query query; // first
    bool kinds[KINDS];
    struct scrim_buf list; // of struct event
};

static int add(struct events_job *job, const struct event *event)
{
    const int64_t at_us = event->at_us;
    if (!job->kinds[event->kind] || at_us < job->query.from_ms * 1000 ||
        at_us >= job->query.to_ms * 1000)
        return SCRIM_OK;
    return scrim_buf_append(&job->list, event, sizeof *event);
}

// A camera that does not answer is lost and comes back; any other gap is one event.
static int add_gap(struct events_job *job, const char *camera, const struct scrim_gap_span *gap)
{
    const bool is_lost = (LOST_CAUSES >> gap->cause) & 1;
    struct event event = {.kind = is_lost ? KIND_LOST : KIND_GAP,
                          .at_us = gap->from_us,
                          .to_us = gap->to_us,
                          .camera = camera,
                          .cause = scrim_gap_cause_text(gap->cause)};
    snprintf(event.words, sizeof event.words, "%s", gap->detail);
    const int result = add(job, &event);
    if (result < 0 || !is_lost)
        return result;
    event.kind = KIND_RETURNED;
    event.at_us = gap->to_us;
    event.to_us = 0;
    return add(job, &event);
}

static int add_gaps(struct events_job *job, struct scrim_index *index, const char *camera,
                    const struct scrim_index_range *range)
{
    struct scrim_gap_span *gaps = NULL;
    size_t count = 0;
    struct scrim_index_range wider = *range;
    wider.limit++; // the first one may only end in the range
    if (job->kinds[KIND_LOST] || job->kinds[KIND_RETURNED])
        wider.causes |= LOST_CAUSES;
    if (job->kinds[KIND_GAP])
        wider.causes |= ~LOST_CAUSES;
    int result = scrim_index_gaps(index, camera, &wider, &gaps, &count, &job->query.error);
    for (size_t i = 0; i < count && result >= 0; i++)
        result = add_gap(job, camera, &gaps[i]);
    free(gaps);
    return result;
}

static int add_opaque(struct events_job *job, struct scrim_index *index, const char *camera,
                      const struct scrim_index_range *range)
{
    struct scrim_veil_spell *spells = NULL;
    size_t count = 0;
    int result = scrim_index_opaque(index, camera, range, &spells, &count, &job->query.error);
    for (size_t i = 0; i < count && result >= 0; i++) {
        struct event event = {.kind = KIND_OPAQUE,
                              .at_us = spells[i].from_us,
                              .to_us = spells[i].to_us,
                              .camera = camera};
        snprintf(event.words, sizeof event.words, "%s", spells[i].reason);
        result = add(job, &event);
    }
    free(spells);
    return result;
}

static int add_acts(struct events_job *job, const char *camera, const char *what, enum kind kind,
                    const struct scrim_index_range *range)
{
    struct scrim_act_note *notes = scrim_alloc_zero(range->limit, sizeof *notes);
    int result = notes ? SCRIM_OK : SCRIM_ENOMEM;
    const size_t count =
        notes ? scrim_acts_notes(job->query.desk->acts, camera, what, range, notes) : 0;
    for (size_t i = 0; i < count && result >= 0; i++) {
        struct event event = {.kind = kind, .at_us = notes[i].at_us, .camera = camera};
        snprintf(event.words, sizeof event.words, "%s", notes[i].who);
        result = add(job, &event);
    }
    free(notes);
    return result;
}

static int add_camera(struct events_job *job, struct scrim_index *index, const char *camera,
                      const struct scrim_index_range *range)
{
    int result = SCRIM_OK;
    if (job->kinds[KIND_LOST] || job->kinds[KIND_RETURNED] || job->kinds[KIND_GAP])
        result = add_gaps(job, index, camera, range);
    if (result >= 0 && job->kinds[KIND_OPAQUE])
        result = add_opaque(job, index, camera, range);
    if (result == SCRIM_ENOENT) // the index does not know it yet
        result = SCRIM_OK;
    if (result >= 0 && job->kinds[KIND_AREAS])
        result = add_acts(job, camera, "area.", KIND_AREAS, range);
    if (result >= 0 && job->kinds[KIND_EXPORT])
        result = add_acts(job, camera, "export.make", KIND_EXPORT, range);
    if (result >= 0 && job->kinds[KIND_OPENING])
        result = add_acts(job, camera, "request.open", KIND_OPENING, range);
    if (result >= 0 && job->kinds[KIND_OPENING])
        result = add_acts(job, camera, "glass.break", KIND_OPENING, range);
    return result;
}

static int by_time(const void *a, const void *b)
{
    const struct event *one = a, *other = b;
    if (one->at_us != other->at_us)
        return one->at_us < other->at_us ? -1 : 1;
    return strcmp(one->camera, other->camera);
}

static int by_time_backwards(const void *a, const void *b)
{
    return by_time(b, a);
}

static int append_event(struct scrim_buf *out, const struct event *event, bool first)
{
    int result = scrim_buf_printf(out, "%s{\"at\":%" PRId64 ",\"to\":", first ? "" : ",",
                                  event->at_us / 1000);
    if (result >= 0 && (event->to_us == 0 || event->to_us == INT64_MAX))
        result = scrim_buf_append_text(out, "null");
    else if (result >= 0)
        result = scrim_buf_printf(out, "%" PRId64, event->to_us / 1000);
    if (result >= 0)
        result =
            scrim_buf_printf(out, ",\"camera\":\"%s\",\"kind\":\"%s\",\"cause\":", event->camera,
                             kind_names[event->kind]);
    if (result >= 0)
        result = event->cause ? scrim_buf_printf(out, "\"%s\"", event->cause)
                              : scrim_buf_append_text(out, "null");
    if (result >= 0)
        result = scrim_buf_append_text(out, ",\"words\":");
    if (result >= 0)
        result = past_append_text(out, event->words);
    return result < 0 ? result : scrim_buf_append_text(out, "}");
}

static int write_answer(struct events_job *job)
{
    struct event *events = (struct event *)(void *)job->list.data;
    size_t count = job->list.len / sizeof *events;
    if (count > 0)
        qsort(events, count, sizeof *events, job->query.backwards ? by_time_backwards : by_time);
    if (count > job->query.limit)
        count = job->query.limit;
    int result = scrim_buf_append_text(&job->query.answer, "[");
    for (size_t i = 0; i < count && result >= 0; i++)
        result = append_event(&job->query.answer, &events[i], i == 0);
    return result < 0 ? result : scrim_buf_append_text(&job->query.answer, "]");
}

static void work_events(struct scrim_job *base, void *index)
{
    struct events_job *job = (struct events_job *)base;
    const struct scrim_index_range range = {job->query.from_ms * 1000, job->query.to_ms * 1000,
                                            job->query.backwards, job->query.limit, 0};
    int result = SCRIM_OK;
    for (size_t i = 0; i < job->query.cameras_count && result >= 0; i++)
        result = add_camera(job, index, job->query.cameras[i].id, &range);
    job->query.result = result < 0 ? result : write_answer(job);
    scrim_buf_finish(&job->list);
}

// from and to; or `after`, for the next ones; or `before`, for those that came last, newest first.
static bool parse_time(struct events_job *job, const struct scrim_http_request *request)
{
    const char *after = scrim_http_query(request, "after");
    const char *before = scrim_http_query(request, "before");
    struct past_query *query = &job->query;
    query->from_ms = 0;
    query->to_ms = PAST_TIME_MAX_MS;
    if (after && before)
        return false;
    if (after) {
        const bool good = past_parse_ms(after, &query->from_ms);
        query->from_ms++;
        return good;
    }
    query->backwards = before != NULL;
    return before ? past_parse_ms(before, &query->to_ms)
                  : past_parse_range(request, &query->from_ms, &query->to_ms);
}

void scrim_api_events(void *context, struct scrim_http_request *request)
{
    const char *limit_text = scrim_http_query(request, "limit");
    const char *kinds = scrim_http_query(request, "kinds");
    struct events_job *job = scrim_new(struct events_job);
    int64_t limit = LIMIT;
    past_query_init(&job->query, context, request);
    scrim_buf_init(&job->list, PAST_ANSWER_MAX);
    for (unsigned i = 0; i < KINDS; i++)
        job->kinds[i] = past_list_has(kinds, kind_names[i]);
    if (!parse_time(job, request) ||
        (limit_text && !past_parse_number(limit_text, 1, LIMIT_MAX, &limit))) {
        scrim_api_refuse(request, 400, "malformed",
                         "It takes from and to, at most 62 days apart, or after, or before, in ms, "
                         "and a limit of up to 10,000.");
        past_query_free(&job->query);
        return;
    }
    job->query.limit = (unsigned)limit;
    past_query_choose(&job->query);
    past_query_submit(&job->query, work_events);
}
