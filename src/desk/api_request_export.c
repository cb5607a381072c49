// Taking opened segments away: PUT …/headers prepares the archive, GET …/export sends it.
#include "desk/api.h"
#include "desk/api_requests.h"
#include "desk/request_export.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// --- preparing, on the query thread: the body and the list of segments may be large ---

struct prepare_job {
    struct scrim_job job;
    struct scrim_desk *desk;
    struct scrim_http_request *request; // its body is read there; nobody else looks at it meanwhile
    struct request_look looked;
    char id[65], folder[32];
    struct request_export *export;
    int result;
    struct scrim_error error;
};

static int read_segments(const struct prepare_job *job, struct scrim_segment_list *ret,
                         struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf bytes;
    scrim_buf_init(&bytes, SCRIM_SEGMENTS_JSON_MAX);
    int result =
        scrim_requests_path(job->desk->requests, job->looked.number, "segments.json", path);
    if (result >= 0)
        result = scrim_fs_read(path, &bytes, error);
    if (result >= 0)
        result = scrim_segment_list_parse(bytes.data, bytes.len, ret, error);
    scrim_buf_finish(&bytes);
    return result;
}

static int open_documents(struct request_export *export, struct scrim_error *error)
{
    for (size_t i = 0; i < export->documents_count; i++) {
        struct request_document *document = &export->documents[i];
        struct stat info;
        const int fd = scrim_fs_open(document->path, O_RDONLY | O_NOFOLLOW, 0, error);
        if (fd < 0)
            return fd;
        document->fd = fd;
        if (fstat(fd, &info) < 0)
            return scrim_fail_errno(error, errno, "%s", document->path);
        document->size = (uint64_t)info.st_size;
    }
    return SCRIM_OK;
}

static void work_prepare(struct scrim_job *base, void *context)
{
    struct prepare_job *job = (struct prepare_job *)base;
    const struct scrim_buf *body = scrim_http_body(job->request);
    struct request_export *export = job->export;
    struct scrim_segment_list segments = {0};
    (void)context;
    job->result = read_segments(job, &segments, &job->error);
    if (job->result >= 0)
        job->result = request_plan_parse(body->data, body->len, &segments, job->folder,
                                         &export->plan, &job->error);
    if (job->result >= 0)
        job->result = open_documents(export, &job->error);
    if (job->result >= 0 &&
        request_plan_manifest(export->plan, &segments, job->id, &export->manifest) < 0)
        job->result = scrim_fail(&job->error, SCRIM_ENOMEM, "there is no memory for the manifest");
    scrim_segment_list_finish(&segments);
}

static void done_prepare(struct scrim_job *base)
{
    struct prepare_job *job = (struct prepare_job *)base;
    struct request_export *export = job->export;
    json_t *answer = job->result >= 0
                         ? json_pack("{s:I,s:I}", "files", (json_int_t) export->plan->count,
                                     "bytes", (json_int_t)request_export_size(export))
                         : NULL;
    if (job->result == SCRIM_EINVAL)
        scrim_api_refuse_words(job->request, 400, "malformed", job->error.text);
    else if (job->result < 0)
        scrim_api_refuse_words(job->request, 500, "internal", job->error.text);
    else if (request_shelf_keep(job->desk->request_shelf, export) < 0)
        scrim_api_refuse(job->request, 503, "overload", "Too many exports are prepared.");
    else
        scrim_http_reply_json(job->request, 200, json_incref(answer));
    if (job->result < 0)
        request_export_unref(export);
    json_decref(answer);
    free(job);
}

// --- its documents ---

static void add_document(const struct scrim_desk *desk, struct prepare_job *job, const char *file)
{
    struct request_export *export = job->export;
    struct request_document *document = &export->documents[export->documents_count];
    snprintf(document->name, sizeof document->name, "%s/%s", job->folder, file);
    document->fd = -1;
    if (scrim_requests_path(desk->requests, job->looked.number, file, document->path) >= 0)
        export->documents_count++;
}

static void gather(void *context, const struct scrim_request_entry *entry)
{
    struct prepare_job *job = context;
    sodium_bin2hex(job->id, sizeof job->id, entry->id, sizeof entry->id);
    add_document(job->desk, job, "request.json");
    add_document(job->desk, job, "segments.json");
    for (size_t i = 0; i < entry->decisions_count; i++) {
        char file[64];
        scrim_request_file_of("decision", entry->decisions[i].vault, entry->decisions[i].holder,
                              file);
        add_document(job->desk, job, file);
    }
}

void scrim_api_request_headers(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct request_look looked;
    if (!scrim_auth_is_json(request)) {
        scrim_api_refuse(request, 415, "malformed", "The body must be application/json.");
        return;
    }
    if (!request_look_open(desk, request, &looked))
        return;
    struct prepare_job *job = scrim_new(struct prepare_job);
    struct request_export *export = scrim_new(struct request_export);
    *job = (struct prepare_job){.job = {.work = work_prepare, .done = done_prepare},
                                .desk = desk,
                                .request = request,
                                .looked = looked,
                                .export = export};
    export->users = 1;
    export->number = looked.number;
    export->made_s = scrim_requests_now(desk->requests) / SCRIM_SECOND;
    export->documents = scrim_new_array(REQUEST_DOCUMENTS_MAX, struct request_document);
    scrim_buf_init(&export->manifest, SCRIM_SEGMENTS_JSON_MAX);
    snprintf(job->folder, sizeof job->folder, "request-%" PRIu64, looked.number);
    snprintf(export->manifest_name, sizeof export->manifest_name, "%s/manifest.json", job->folder);
    scrim_requests_see(desk->requests, looked.number, gather, job);
    if (scrim_worker_submit(desk->query, &job->job))
        return;
    request_export_unref(export);
    free(job);
    request_refuse_busy(request);
}

// --- sending ---

struct send_job {
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    struct request_export *export;
};

static void send_archive(struct send_job *job)
{
    char disposition[80];
    snprintf(disposition, sizeof disposition, "attachment; filename=\"request-%" PRIu64 ".tar\"",
             job->export->number);
    if (scrim_http_add_header(job->request, "Content-Disposition", disposition) < 0)
        scrim_api_refuse(job->request, 500, "internal", "There is no memory for the answer.");
    else
        request_export_send(job->export, job->desk->opener, job->request);
}

static void on_logged(void *context, int result, uint64_t act, const struct scrim_error *error)
{
    struct send_job *job = context;
    (void)act;
    if (result < 0)
        scrim_api_refuse_words(job->request, 500, "internal", error->text);
    else
        send_archive(job);
    request_export_unref(job->export);
    free(job);
}

void scrim_api_request_export(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct request_look looked;
    char detail[sizeof looked.cameras + 128];
    if (!request_look_open(desk, request, &looked))
        return;
    struct request_export *export = request_shelf_find(desk->request_shelf, looked.number);
    if (!export) {
        scrim_api_refuse(request, 409, "not_prepared",
                         "Hand in the headers of its segments first.");
        return;
    }
    struct send_job *job = scrim_new(struct send_job);
    *job = (struct send_job){desk, request, request_export_ref(export)};
    snprintf(detail, sizeof detail,
             "{\"number\":%" PRIu64 ",\"cameras\":[%s],\"segments\":%zu,\"bytes\":%" PRIu64 "}",
             looked.number, looked.cameras, export->plan->count, request_export_size(export));
    const struct scrim_act act = {
        .who = looked.who.name, .what = "request.export", .detail = detail};
    if (scrim_acts_ask(desk->acts, &act, on_logged, job) >= 0)
        return;
    request_export_unref(export);
    free(job);
    request_refuse_busy(request);
}

// --- forgetting ---

struct reviewed {
    struct scrim_requests *requests;
    bool open;
};

static void see_open(void *context, const struct scrim_request_entry *entry)
{
    struct reviewed *reviewed = context;
    reviewed->open =
        scrim_request_state(entry, scrim_requests_now(reviewed->requests)) == SCRIM_REQUEST_OPEN;
}

static bool is_over(void *context, uint64_t number)
{
    const struct scrim_desk *desk = context;
    struct reviewed reviewed = {.requests = desk->requests};
    scrim_requests_see(desk->requests, number, see_open, &reviewed);
    return !reviewed.open;
}

void request_exports_review(struct scrim_desk *desk)
{
    request_shelf_sweep(desk->request_shelf, is_over, desk);
}
