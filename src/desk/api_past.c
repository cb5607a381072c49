// What was: timeline, list of redacted files, and the files. Answers are put together on the query
// thread.
#include "desk/api.h"
#include "desk/past.h"
#include "index/index.h"
#include "store/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 100000

static int append_gaps(struct scrim_buf *out, const struct scrim_gap_span *gaps, size_t count)
{
    int result = scrim_buf_append_text(out, ",\"gaps\":[");
    for (size_t i = 0; i < count && result >= 0; i++) {
        result = scrim_buf_printf(
            out,
            "%s{\"from\":%" PRId64 ",\"to\":%" PRId64 ",\"cause\":\"%s\",\"detail\":", i ? "," : "",
            gaps[i].from_us / 1000, gaps[i].to_us / 1000, scrim_gap_cause_text(gaps[i].cause));
        if (result >= 0)
            result = past_append_text(out, gaps[i].detail);
        if (result >= 0)
            result = scrim_buf_append_text(out, "}");
    }
    return result < 0 ? result : scrim_buf_append_text(out, "]");
}

// Where there is no original on purpose.
static int append_unsealed(struct scrim_buf *out, const struct scrim_timeline *timeline)
{
    int result = past_append_spans(out, "only_redacted", timeline->only_redacted,
                                   timeline->only_redacted_count);
    return result < 0
               ? result
               : past_append_spans(out, "not_kept", timeline->not_kept, timeline->not_kept_count);
}

static int timeline_json(struct past_query *past, const struct scrim_timeline *timeline)
{
    struct scrim_buf *out = &past->answer;
    int result =
        scrim_buf_printf(out, "{\"from\":%" PRId64 ",\"to\":%" PRId64, past->from_ms, past->to_ms);
    if (result >= 0)
        result = past_append_spans(out, "recorded", timeline->recorded, timeline->recorded_count);
    if (result >= 0)
        result = append_gaps(out, timeline->gaps, timeline->gaps_count);
    if (result >= 0)
        result = past_append_spans(out, "redacted", timeline->redacted, timeline->redacted_count);
    if (result >= 0)
        result = append_unsealed(out, timeline);
    if (result >= 0)
        result = past_append_spans(out, "unknown", timeline->unknown, timeline->unknown_count);
    return result < 0 ? result : scrim_buf_append_text(out, "}");
}

static void work_timeline(struct scrim_job *job, void *index)
{
    struct past_query *past = (struct past_query *)job;
    struct scrim_timeline timeline;
    past->result =
        scrim_index_timeline(index, past->cameras[0].id, past->from_ms * 1000, past->to_ms * 1000,
                             scrim_clock_utc_us(), &timeline, &past->error);
    if (past->result < 0)
        return;
    past->result = past_add_recent(past, &past->cameras[0], &timeline);
    if (past->result >= 0)
        past->result = timeline_json(past, &timeline);
    scrim_timeline_finish(&timeline);
}

static int recording_json(struct scrim_buf *out, const struct scrim_archive_file *file,
                          bool growing, bool first)
{
    int result = scrim_buf_printf(
        out,
        "%s{\"start_ms\":%" PRId64 ",\"end_ms\":%" PRId64 ",\"first_pts_ms\":%" PRId64
        ",\"bytes\":%" PRIu64
        ",\"growing\":%s,\"url\":\"/api/v1/cameras/%s/recordings/%s\",\"mime\":",
        first ? "" : ",", file->start_us / 1000, file->end_us / 1000, file->first_pts_us / 1000,
        file->bytes, growing ? "true" : "false", file->camera, file->file);
    if (result >= 0)
        result = past_append_text(out, file->mime);
    return result < 0 ? result : scrim_buf_append_text(out, "}");
}

static bool is_listed(const struct scrim_archive_file *files, size_t count, const char *file)
{
    for (size_t i = count; i-- > 0;)
        if (strcmp(files[i].file, file) == 0)
            return true;
    return false;
}

// Those that the index does not have yet: the one that is being written, for one.
static int append_recent(struct past_query *past, const struct scrim_archive_file *files,
                         size_t count)
{
    const struct past_camera *camera = &past->cameras[0];
    int result = SCRIM_OK;
    for (size_t i = 0; i < camera->recent_count && result >= 0; i++) {
        const struct scrim_archive_file *file = &camera->recent[i].file;
        if (file->start_us < past->to_ms * 1000 && file->end_us > past->from_ms * 1000 &&
            !is_listed(files, count, file->file))
            result = recording_json(&past->answer, file, camera->recent[i].growing,
                                    past->answer.len <= 1);
    }
    return result;
}

static void work_recordings(struct scrim_job *job, void *index)
{
    struct past_query *past = (struct past_query *)job;
    struct scrim_archive_file *files = NULL;
    size_t count = 0;
    past->result =
        scrim_index_archive_files(index, past->cameras[0].id, past->from_ms * 1000,
                                  past->to_ms * 1000, FILES_MAX, &files, &count, &past->error);
    if (past->result < 0)
        return;
    past->result = scrim_buf_append_text(&past->answer, "[");
    for (size_t i = 0; i < count && past->result >= 0; i++)
        past->result = recording_json(&past->answer, &files[i], false, i == 0);
    if (past->result >= 0)
        past->result = append_recent(past, files, count);
    if (past->result >= 0)
        past->result = scrim_buf_append_text(&past->answer, "]");
    free(files);
}

static void ask(struct scrim_desk *desk, struct scrim_http_request *request,
                void (*work)(struct scrim_job *, void *))
{
    unsigned camera;
    int64_t from_ms, to_ms;
    if (!scrim_desk_camera(desk, scrim_http_param(request, 0), &camera)) {
        past_refuse_camera(request);
        return;
    }
    if (!past_parse_range(request, &from_ms, &to_ms)) {
        past_refuse_range(request);
        return;
    }
    struct past_query *query = past_query_create(desk, request);
    query->from_ms = from_ms;
    query->to_ms = to_ms;
    past_query_take(query, camera);
    past_query_submit(query, work);
}

void scrim_api_timeline(void *context, struct scrim_http_request *request)
{
    ask(context, request, work_timeline);
}

void scrim_api_recordings(void *context, struct scrim_http_request *request)
{
    ask(context, request, work_recordings);
}

// "HHMMSS.mp4" or "HHMMSS-n.mp4": what archive_file.c makes, and nothing that leads elsewhere.
static bool file_name_valid(const char *name)
{
    static const char digits[] = "0123456789";
    if (strspn(name, digits) != 6)
        return false;
    name += 6;
    if (*name == '-') {
        const size_t count = strspn(++name, digits);
        if (count < 1 || count > 2)
            return false;
        name += count;
    }
    return strcmp(name, ".mp4") == 0;
}

// What may go out of a file that is being written; 0: all.
static uint64_t whole_bytes(const struct past_camera *camera, const char *day, const char *name)
{
    for (size_t i = 0; i < camera->recent_count; i++) {
        const char *file = camera->recent[i].file.file;
        if (camera->recent[i].growing && strncmp(file, day, SCRIM_DAY_TEXT - 1) == 0 &&
            strcmp(file + SCRIM_DAY_TEXT, name) == 0)
            return camera->recent[i].file.bytes;
    }
    return 0;
}

void scrim_api_recording(void *context, struct scrim_http_request *request)
{
    const struct scrim_desk *desk = context;
    struct past_camera seen;
    const char *id = scrim_http_param(request, 0), *day = scrim_http_param(request, 1);
    const char *name = scrim_http_param(request, 2);
    char path[SCRIM_PATH_MAX];
    unsigned camera;
    if (!scrim_desk_camera(desk, id, &camera) || !scrim_day_valid(day) || !file_name_valid(name) ||
        (size_t)snprintf(path, sizeof path, "%s/veil/%s/%s/%s", desk->site.dir, id, day, name) >=
            sizeof path) {
        scrim_api_refuse(request, 404, "not_found", "There is no such recording.");
        return;
    }
    past_camera_of(desk, camera, &seen);
    scrim_http_reply_growing(request, path, "video/mp4", whole_bytes(&seen, day, name));
}
