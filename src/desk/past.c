#include "desk/past.h"

#include "base/alloc.h"
#include "desk/api.h"
#include "desk/auth.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// --- what was asked ---

bool past_parse_number(const char *text, int64_t least, int64_t most, int64_t *ret)
{
    char *end;
    if (!text || text[0] < '0' || text[0] > '9' || strlen(text) > 15)
        return false;
    *ret = strtoll(text, &end, 10);
    return *end == '\0' && *ret >= least && *ret <= most;
}

bool past_parse_ms(const char *text, int64_t *ret)
{
    return past_parse_number(text, 0, PAST_TIME_MAX_MS, ret);
}

bool past_parse_range(const struct scrim_http_request *request, int64_t *ret_from, int64_t *ret_to)
{
    return past_parse_ms(scrim_http_query(request, "from"), ret_from) &&
           past_parse_ms(scrim_http_query(request, "to"), ret_to) && *ret_from < *ret_to &&
           *ret_to - *ret_from <= PAST_RANGE_MAX_MS;
}

bool past_list_has(const char *list, const char *id)
{
    if (!list)
        return true;
    const size_t length = strlen(id);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, id, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

void past_query_init(struct past_query *query, struct scrim_desk *desk,
                     struct scrim_http_request *request)
{
    query->desk = desk;
    query->request = request;
    query->cameras = scrim_new_array(desk->site.config->cameras_count + 1, struct past_camera);
    scrim_buf_init(&query->answer, PAST_ANSWER_MAX);
}

struct past_query *past_query_create(struct scrim_desk *desk, struct scrim_http_request *request)
{
    struct past_query *query = scrim_new(struct past_query);
    past_query_init(query, desk, request);
    return query;
}

void past_query_free(struct past_query *query)
{
    scrim_buf_finish(&query->answer);
    free(query->cameras);
    free(query);
}

void past_camera_of(const struct scrim_desk *desk, unsigned camera, struct past_camera *ret)
{
    snprintf(ret->id, sizeof ret->id, "%s", desk->site.config->cameras[camera].id);
    ret->recent_count = scrim_archive_recent(desk->archive, camera, ret->recent);
}

bool past_recent_at(const struct past_camera *camera, int64_t at_us, struct scrim_archive_file *ret)
{
    for (size_t i = camera->recent_count; i-- > 0;) {
        *ret = camera->recent[i].file;
        if (ret->start_us <= at_us && at_us < ret->end_us)
            return true;
    }
    return false;
}

void past_query_take(struct past_query *query, unsigned camera)
{
    past_camera_of(query->desk, camera, &query->cameras[query->cameras_count++]);
}

void past_query_choose(struct past_query *query)
{
    const struct scrim_site_config *config = query->desk->site.config;
    const char *list = scrim_http_query(query->request, "cameras");
    for (unsigned i = 0; i < config->cameras_count; i++) {
        if (past_list_has(list, config->cameras[i].id) &&
            scrim_desk_may(query->desk, query->request, i))
            past_query_take(query, i);
    }
}

// --- the answer ---

static void reply(struct past_query *query)
{
    if (query->result >= 0) {
        scrim_http_reply_text(query->request, 200, &query->answer);
    } else if (query->result == SCRIM_ENOENT) { // the first look at the journals is still under way
        const struct scrim_http_problem problem = {.status = 503,
                                                   .code = "starting",
                                                   .text = "The journals are being read.",
                                                   .retry_after_s = 1};
        scrim_http_reply_problem(query->request, &problem);
    } else {
        scrim_error_log(&query->desk->log, "the index does not answer: %s",
                        query->error.text[0] ? query->error.text : scrim_err_text(query->result));
        scrim_api_refuse(query->request, 500, "internal", "The index does not answer.");
    }
}

static void done_query(struct scrim_job *job)
{
    struct past_query *query = (struct past_query *)job;
    reply(query);
    past_query_free(query);
}

void past_query_submit(struct past_query *query, void (*work)(struct scrim_job *, void *))
{
    static const struct scrim_http_problem busy = {.status = 503,
                                                   .code = "overload",
                                                   .text = "Too many questions wait for the index.",
                                                   .retry_after_s = 1};
    query->job = (struct scrim_job){.work = work, .done = done_query};
    if (scrim_worker_submit(query->desk->query, &query->job))
        return;
    scrim_http_reply_problem(query->request, &busy);
    past_query_free(query);
}

void past_refuse_camera(struct scrim_http_request *request)
{
    scrim_api_refuse(request, 404, "not_found", "There is no such camera.");
}

void past_refuse_range(struct scrim_http_request *request)
{
    scrim_api_refuse(request, 400, "malformed",
                     "from and to must be times in ms, from before to, at most 62 days apart.");
}

int past_add_recent(const struct past_query *query, const struct past_camera *camera,
                    struct scrim_timeline *timeline)
{
    int result = SCRIM_OK;
    for (size_t i = 0; i < camera->recent_count && result >= 0; i++) {
        const struct scrim_span span = {camera->recent[i].file.start_us,
                                        camera->recent[i].file.end_us};
        result =
            scrim_timeline_add_redacted(timeline, span, query->from_ms * 1000, query->to_ms * 1000);
    }
    return result;
}

int past_append_text(struct scrim_buf *out, const char *text)
{
    json_t *string = json_string(text); // NULL for what is not UTF-8
    char *quoted = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
    const int result = scrim_buf_append_text(out, quoted ? quoted : "\"\"");
    free(quoted);
    json_decref(string);
    return result;
}

int past_append_spans(struct scrim_buf *out, const char *name, const struct scrim_span *spans,
                      size_t count)
{
    int result = scrim_buf_printf(out, ",\"%s\":[", name);
    for (size_t i = 0; i < count && result >= 0; i++)
        result = scrim_buf_printf(out, "%s[%" PRId64 ",%" PRId64 "]", i ? "," : "",
                                  spans[i].from_us / 1000, spans[i].to_us / 1000);
    return result < 0 ? result : scrim_buf_append_text(out, "]");
}
