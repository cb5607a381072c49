// GET /timeline: all cameras on one scale, as fine as the picture that shows it.
#include "desk/api.h"
#include "desk/past.h"

#include <inttypes.h>

#define WIDTH_MAX 8192
#define WIDTH 1024 // where none is given

static int append_gaps(struct scrim_buf *out, const struct scrim_gap_span *gaps, size_t count)
{
    int result = scrim_buf_append_text(out, ",\"gaps\":[");
    for (size_t i = 0; i < count && result >= 0; i++)
        result = scrim_buf_printf(out, "%s[%" PRId64 ",%" PRId64 ",\"%s\"]", i ? "," : "",
                                  gaps[i].from_us / 1000, gaps[i].to_us / 1000,
                                  scrim_gap_cause_text(gaps[i].cause));
    return result < 0 ? result : scrim_buf_append_text(out, "]");
}

static int append_timeline(struct scrim_buf *out, const char *camera,
                           const struct scrim_timeline *timeline)
{
    const struct {
        const char *name;
        const struct scrim_span *spans;
        size_t count;
    } lists[] = {
        {"recorded", timeline->recorded, timeline->recorded_count},
        {"redacted", timeline->redacted, timeline->redacted_count},
        {"only_redacted", timeline->only_redacted, timeline->only_redacted_count},
        {"not_kept", timeline->not_kept, timeline->not_kept_count},
        {"unknown", timeline->unknown, timeline->unknown_count},
    };
    int result = scrim_buf_printf(out, "{\"id\":\"%s\"", camera);
    for (size_t i = 0; i < sizeof lists / sizeof *lists && result >= 0; i++)
        result = past_append_spans(out, lists[i].name, lists[i].spans, lists[i].count);
    if (result >= 0)
        result = append_gaps(out, timeline->gaps, timeline->gaps_count);
    return result < 0 ? result : scrim_buf_append_text(out, "}");
}

// A camera that the index does not know yet has an empty line.
static int work_camera(struct past_query *query, struct scrim_index *index,
                       const struct past_camera *camera)
{
    struct scrim_timeline timeline = {0};
    int result = scrim_index_overview(index, camera->id, query->from_ms * 1000, query->to_ms * 1000,
                                      scrim_clock_utc_us(), &timeline, &query->error);
    if (result < 0 && result != SCRIM_ENOENT)
        return result;
    result = past_add_recent(query, camera, &timeline);
    scrim_timeline_coarsen(&timeline, query->step_us);
    if (result >= 0)
        result = append_timeline(&query->answer, camera->id, &timeline);
    scrim_timeline_finish(&timeline);
    return result;
}

static void work_timelines(struct scrim_job *job, void *index)
{
    struct past_query *query = (struct past_query *)job;
    int result =
        scrim_buf_printf(&query->answer, "{\"from\":%" PRId64 ",\"to\":%" PRId64 ",\"cameras\":[",
                         query->from_ms, query->to_ms);
    for (size_t i = 0; i < query->cameras_count && result >= 0; i++) {
        if (i > 0)
            result = scrim_buf_append_text(&query->answer, ",");
        if (result >= 0)
            result = work_camera(query, index, &query->cameras[i]);
    }
    query->result = result < 0 ? result : scrim_buf_append_text(&query->answer, "]}");
}

void scrim_api_timelines(void *context, struct scrim_http_request *request)
{
    const char *width_text = scrim_http_query(request, "width");
    int64_t from_ms, to_ms, width = WIDTH;
    if (!past_parse_range(request, &from_ms, &to_ms)) {
        past_refuse_range(request);
        return;
    }
    if (width_text && !past_parse_number(width_text, 1, WIDTH_MAX, &width)) {
        scrim_api_refuse(request, 400, "malformed", "width must be a number from 1 to 8192.");
        return;
    }
    struct past_query *query = past_query_create(context, request);
    query->from_ms = from_ms;
    query->to_ms = to_ms;
    query->step_us = (to_ms - from_ms) * 1000 / width;
    past_query_choose(query);
    past_query_submit(query, work_timelines);
}
