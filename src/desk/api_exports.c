// Exports: films of the redacted archive to take away.
#include "desk/api.h"
#include "desk/auth.h"
#include "desk/exports.h"
#include "desk/past.h"
#include "people/body.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 4000    // of a day; a minute each, and what restarts add
#define ROOM_LEFT_MB 512U // at least, whatever the site's reserve is

// --- answers ---

static json_t *gaps_json(const struct export_result *film)
{
    json_t *gaps = json_array();
    for (size_t i = 0; i < film->gaps_count && i < EXPORT_GAPS_MAX; i++)
        json_array_append_new(gaps, json_pack("[I,I]", (json_int_t)(film->gaps[i].from_us / 1000),
                                              (json_int_t)(film->gaps[i].to_us / 1000)));
    return gaps;
}

static json_t *number_or_null(bool is_known, uint64_t value)
{
    return is_known ? json_integer((json_int_t)value) : json_null();
}

static json_t *export_json(const struct scrim_desk *desk, const struct scrim_export *export)
{
    const bool ready = export->state == SCRIM_EXPORT_READY;
    const int64_t from_us = ready ? export->film.from_us : export->from_us;
    const int64_t to_us = ready ? export->film.to_us : export->to_us;
    char url[64];
    snprintf(url, sizeof url, "/api/v1/exports/%s/film", export->id);
    return json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:s,s:f,s:s?,s:o,s:o,s:s?,s:o,s:s?}", "id",
        export->id, "camera", export->camera, "name", export->name, "reason", export->reason, "who",
        export->who, "created", (json_int_t)(export->created_us / 1000), "expires",
        (json_int_t)((export->created_us + SCRIM_EXPORT_KEPT_US) / 1000), "from",
        (json_int_t)(from_us / 1000), "to", (json_int_t)(to_us / 1000), "state",
        scrim_export_state_text(export->state), "progress",
        scrim_exports_progress(desk->exports, export) / 1000.0, "words",
        export->words[0] ? export->words : NULL, "bytes", number_or_null(ready, export->film.bytes),
        "frames", number_or_null(ready, export->film.frames), "sha256",
        ready ? export->film.sha256 : NULL, "gaps", gaps_json(&export->film), "url",
        ready ? url : NULL);
}

static bool may_see(struct scrim_desk *desk, const struct scrim_http_request *request,
                    const struct scrim_export *export)
{
    unsigned camera;
    if (scrim_desk_camera(desk, export->camera, &camera))
        return scrim_desk_may(desk, request, camera);
    struct scrim_who who; // a camera that is gone is of no group
    return scrim_auth_who(desk, request, &who) && who.cameras.all;
}

void scrim_api_exports(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    json_t *list = json_array();
    for (size_t i = 0; i < scrim_exports_count(desk->exports); i++) {
        const struct scrim_export *export = scrim_exports_at(desk->exports, i);
        if (may_see(desk, request, export))
            json_array_append_new(list, export_json(desk, export));
    }
    scrim_http_reply_json(request, 200, list);
}

// NULL after an answer.
static const struct scrim_export *find(struct scrim_desk *desk, struct scrim_http_request *request)
{
    const struct scrim_export *export =
        scrim_exports_find(desk->exports, scrim_http_param(request, 0));
    if (export && may_see(desk, request, export))
        return export;
    scrim_api_refuse(request, 404, "not_found", "There is no such film.");
    return NULL;
}

void scrim_api_export(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const struct scrim_export *export = find(desk, request);
    if (export)
        scrim_http_reply_json(request, 200, export_json(desk, export));
}

// --- taking one away ---

// "attachment" with the name in the form that every client knows, and in UTF-8 (RFC 6266).
static void disposition(const struct scrim_export *export, char *ret, size_t size)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    char ascii[64] = "", encoded[3 * SCRIM_EXPORT_NAME] = "";
    size_t kept = 0, coded = 0;
    for (const char *at = export->name; *at; at++) {
        const bool is_plain = strchr(plain, *at) != NULL;
        if (kept + 1 < sizeof ascii)
            ascii[kept++] = is_plain ? *at : '_';
        coded += (size_t)snprintf(encoded + coded, sizeof encoded - coded,
                                  is_plain ? "%c" : "%%%02X", (unsigned char)*at);
    }
    snprintf(ret, size, "attachment; filename=\"%s.mp4\"; filename*=UTF-8''%s.mp4", ascii, encoded);
}

// One entry for each time that it is taken from its beginning, not for each of its parts.
static void log_fetch(struct scrim_desk *desk, const struct scrim_http_request *request,
                      const struct scrim_export *export)
{
    const char *range = scrim_http_header(request, SCRIM_HEADER_RANGE);
    struct scrim_who who;
    char detail[64];
    if ((range && strncmp(range, "bytes=0-", 8) != 0) || !scrim_auth_who(desk, request, &who))
        return;
    snprintf(detail, sizeof detail, "{\"export\":\"%s\"}", export->id);
    scrim_acts_add(desk->acts, &(struct scrim_act){.who = who.name,
                                                   .what = "export.fetch",
                                                   .camera = export->camera,
                                                   .detail = detail});
}

void scrim_api_export_film(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const struct scrim_export *export = find(desk, request);
    char path[SCRIM_PATH_MAX], name[4 * SCRIM_EXPORT_NAME];
    if (!export)
        return;
    if (export->state != SCRIM_EXPORT_READY) {
        scrim_api_refuse(request, 409, "not_ready", "The film is not made yet, or failed.");
        return;
    }
    disposition(export, name, sizeof name);
    if (scrim_exports_path(desk->exports, export->id, path) < 0 ||
        scrim_http_add_header(request, "Content-Disposition", name) < 0) {
        scrim_api_refuse(request, 500, "internal", "The film cannot be sent.");
        return;
    }
    log_fetch(desk, request, export);
    scrim_http_reply_file(request, path, "video/mp4");
}

// --- making one ---

struct plan_job {
    struct scrim_job job;
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    struct past_camera camera;
    struct scrim_export_order order;
    uint64_t leave; // bytes of the disk that are not for it
    int result;
    struct scrim_error error;
};

static int append_file(struct scrim_buf *files, const struct scrim_archive_file *file)
{
    return scrim_buf_append(files, file, sizeof *file);
}

// Those of the index, and what it may not have yet.
static int find_files(struct plan_job *plan, struct scrim_index *index)
{
    const struct scrim_export *wanted = &plan->order.wanted;
    struct scrim_archive_file *listed = NULL;
    size_t count = 0;
    struct scrim_buf files;
    int result = scrim_index_archive_files(index, wanted->camera, wanted->from_us, wanted->to_us,
                                           FILES_MAX, &listed, &count, &plan->error);
    if (result < 0 && result != SCRIM_ENOENT)
        return result;
    scrim_buf_init(&files, (FILES_MAX + SCRIM_ARCHIVE_RECENT) * sizeof *listed);
    result = SCRIM_OK;
    for (size_t i = 0; i < count && result >= 0; i++)
        result = append_file(&files, &listed[i]);
    for (size_t i = 0; i < plan->camera.recent_count && result >= 0; i++) {
        const struct scrim_archive_file *file = &plan->camera.recent[i].file;
        bool known = file->start_us >= wanted->to_us || file->end_us <= wanted->from_us;
        for (size_t k = 0; k < count && !known; k++)
            known = strcmp(listed[k].file, file->file) == 0;
        if (!known)
            result = append_file(&files, file);
    }
    free(listed);
    plan->order.files = (struct scrim_archive_file *)(void *)files.data;
    plan->order.files_count = files.len / sizeof *listed;
    return result < 0 ? scrim_fail(&plan->error, result, "%s", scrim_err_text(result)) : SCRIM_OK;
}

static void work_plan(struct scrim_job *job, void *index)
{
    struct plan_job *plan = (struct plan_job *)job;
    const struct scrim_export *wanted = &plan->order.wanted;
    uint64_t bytes = 0;
    plan->result = find_files(plan, index);
    if (plan->result < 0)
        return;
    const struct export_plan check = {.dir = plan->desk->site.dir,
                                      .camera = wanted->camera,
                                      .from_us = wanted->from_us,
                                      .to_us = wanted->to_us,
                                      .files = plan->order.files,
                                      .files_count = plan->order.files_count};
    for (size_t i = 0; i < check.files_count; i++)
        bytes += check.files[i].bytes;
    plan->result = export_check(&check, &plan->error);
    if (plan->result >= 0)
        plan->result = scrim_exports_room(plan->desk->site.dir, bytes, plan->leave, &plan->error);
}

static void refuse(struct scrim_http_request *request, int result, const struct scrim_error *error)
{
    char words[sizeof error->text + 2];
    snprintf(words, sizeof words, "%s.", error->text);
    if (words[0] >= 'a' && words[0] <= 'z')
        words[0] = (char)(words[0] - 'a' + 'A');
    switch (result) {
    case SCRIM_ENOENT: scrim_api_refuse_words(request, 409, "empty", words); break;
    case SCRIM_EFORMAT: scrim_api_refuse_words(request, 409, "picture_changed", words); break;
    case SCRIM_ENOSPACE: scrim_api_refuse_words(request, 409, "room", words); break;
    case SCRIM_EBUSY: scrim_api_refuse_words(request, 503, "overload", words); break;
    default: scrim_api_refuse_words(request, 500, "internal", words);
    }
}

static void on_begun(void *context, int result, const char *id, const struct scrim_error *error)
{
    struct plan_job *plan = context;
    if (result >= 0)
        scrim_http_reply_json(plan->request, 201,
                              export_json(plan->desk, scrim_exports_find(plan->desk->exports, id)));
    else
        refuse(plan->request, result, error);
    free(plan);
}

static void done_plan(struct scrim_job *job)
{
    struct plan_job *plan = (struct plan_job *)job;
    if (plan->result < 0) {
        free(plan->order.files);
    } else {
        plan->result = scrim_exports_make(plan->desk->exports, &plan->order, on_begun, plan);
        if (plan->result == SCRIM_EBUSY)
            scrim_fail(&plan->error, SCRIM_EBUSY, "too much waits to be written");
        else if (plan->result < 0)
            scrim_fail(&plan->error, plan->result, "there are %d films already", SCRIM_EXPORTS_MAX);
    }
    if (plan->result >= 0)
        return; // on_begun answers
    refuse(plan->request, plan->result, &plan->error);
    free(plan);
}

struct order {
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    char name[SCRIM_EXPORT_NAME], reason[SCRIM_EXPORT_REASON];
    int64_t from_ms, to_ms;
};

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

static int check_order(const struct order *order, struct scrim_error *error)
{
    if (order->from_ms >= order->to_ms ||
        (order->to_ms - order->from_ms) * 1000 > SCRIM_EXPORT_RANGE_US)
        return scrim_fail(error, SCRIM_EINVAL, "from must be before to, by at most 24 hours");
    if (is_blank(order->name))
        return scrim_fail(error, SCRIM_EINVAL, "name: what shall the film be called?");
    return is_blank(order->reason)
               ? scrim_fail(error, SCRIM_EINVAL, "reason: why is the film taken away?")
               : SCRIM_OK;
}

static int parse_order(const struct scrim_http_request *request, struct order *ret,
                       struct scrim_error *error)
{
    static const struct scrim_body_member members[] = {
        {"camera", SCRIM_BODY_TEXT, offsetof(struct order, camera), sizeof ret->camera, false},
        {"name", SCRIM_BODY_TEXT, offsetof(struct order, name), sizeof ret->name, false},
        {"reason", SCRIM_BODY_LINES, offsetof(struct order, reason), sizeof ret->reason, false},
        {"from", SCRIM_BODY_TIME, offsetof(struct order, from_ms), 0, false},
        {"to", SCRIM_BODY_TIME, offsetof(struct order, to_ms), 0, false},
        {0},
    };
    const struct scrim_buf *body = scrim_http_body(request);
    unsigned given;
    const int result = scrim_body_parse(body->data, body->len, members, ret, &given, error);
    return result < 0 ? result : check_order(ret, error);
}

static void describe(const struct scrim_desk *desk, unsigned camera, struct scrim_export_order *ret)
{
    const struct scrim_camera_config *config = &desk->site.config->cameras[camera];
    char from[SCRIM_TIME_TEXT], to[SCRIM_TIME_TEXT];
    scrim_time_format(ret->wanted.from_us, from);
    scrim_time_format(ret->wanted.to_us, to);
    snprintf(ret->author, sizeof ret->author, "%s", desk->site.config->name);
    snprintf(ret->comment, sizeof ret->comment,
             "Redacted. Camera %s (%s) of %s, %.19sZ to %.19sZ. A gap shows as the last picture "
             "before it.",
             config->name, config->id, desk->site.config->name, from, to);
}

static void submit(struct scrim_desk *desk, struct scrim_http_request *request, unsigned camera,
                   const struct order *order)
{
    static const struct scrim_error busy = {SCRIM_EBUSY, "too many questions wait for the index"};
    const struct scrim_site_config *config = desk->site.config;
    struct scrim_who who;
    if (!scrim_auth_who(desk, request, &who)) { // it ended between the question and the answer
        scrim_api_refuse(request, 401, "auth", "Sign in first.");
        return;
    }
    struct plan_job *plan = scrim_new(struct plan_job);
    struct scrim_export *wanted = &plan->order.wanted;
    plan->job = (struct scrim_job){.work = work_plan, .done = done_plan};
    plan->desk = desk;
    plan->request = request;
    plan->leave = (uint64_t)(config->reserve_mb > ROOM_LEFT_MB ? config->reserve_mb : ROOM_LEFT_MB)
                  << 20;
    past_camera_of(desk, camera, &plan->camera);
    snprintf(wanted->camera, sizeof wanted->camera, "%s", order->camera);
    snprintf(wanted->name, sizeof wanted->name, "%s", order->name);
    snprintf(wanted->reason, sizeof wanted->reason, "%s", order->reason);
    snprintf(wanted->who, sizeof wanted->who, "%s", who.name);
    wanted->from_us = order->from_ms * 1000;
    wanted->to_us = order->to_ms * 1000;
    describe(desk, camera, &plan->order);
    if (scrim_worker_submit(desk->query, &plan->job))
        return;
    refuse(request, SCRIM_EBUSY, &busy);
    free(plan);
}

void scrim_api_export_make(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct order order = {0};
    struct scrim_error error;
    unsigned camera;
    if (!scrim_auth_is_json(request))
        scrim_api_refuse(request, 415, "malformed", "The body must be application/json.");
    else if (parse_order(request, &order, &error) < 0)
        scrim_api_refuse_words(request, 400, "malformed", error.text);
    else if (!scrim_desk_camera(desk, order.camera, &camera) ||
             !scrim_desk_may(desk, request, camera))
        past_refuse_camera(request);
    else
        submit(desk, request, camera, &order);
}
