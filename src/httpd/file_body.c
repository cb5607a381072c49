// Files as the body of a response: opened and read in libuv's thread pool, a chunk at a time. One
// file, or parts that a source gives one after the other.
#include "base/alloc.h"
#include "httpd/impl.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct file_body {
    uv_loop_t *loop;
    uv_fs_t call;                       // the one under way
    struct scrim_http_request *request; // while opening
    struct conn *conn;                  // while sending; wakes it
    const char *mime;
    char etag[64];
    uv_file fd;
    uint64_t size_max;     // that may be sent; 0: all
    uint64_t offset, left; // of what is still to be read
    size_t ready;          // bytes in `chunk` that wait to be taken
    bool busy, released, failed;
    bool kept; // the browser may keep it
    // Of a body in parts.
    const struct scrim_http_source *source; // NULL: one file
    void *source_context;
    struct scrim_buf memory; // goes out before what is read
    size_t memory_taken;
    bool asked;
    uint8_t chunk[CHUNK_BYTES];
};

static void on_closed(uv_fs_t *call)
{
    uv_fs_req_cleanup(call);
    free(call);
}

static void close_file(struct file_body *file)
{
    uv_fs_t *call = file->fd >= 0 ? scrim_new(uv_fs_t) : NULL;
    if (call && uv_fs_close(file->loop, call, file->fd, on_closed) != 0)
        free(call);
    file->fd = -1;
}

static void destroy(struct file_body *file)
{
    close_file(file);
    scrim_buf_finish(&file->memory);
    free(file);
}

void file_body_release(struct file_body *file)
{
    if (!file)
        return;
    if (file->source)
        file->source->end(file->source_context);
    file->source = NULL;
    file->released = true;
    if (!file->busy)
        destroy(file);
}

static void refuse(struct file_body *file, int status, const char *code, const char *text)
{
    const struct scrim_http_problem problem = {.status = status, .code = code, .text = text};
    struct scrim_http_request *request = file->request;
    file_body_release(file);
    scrim_http_reply_problem(request, &problem);
}

static void refuse_range(struct file_body *file, uint64_t size)
{
    char range[48];
    snprintf(range, sizeof range, "bytes */%" PRIu64, size);
    if (scrim_http_add_header(file->request, "Content-Range", range) < 0)
        return refuse(file, 500, "internal", "there is no memory for the answer");
    refuse(file, 416, "range", "the file has no such bytes");
}

// The file is open and `info` is known: answers the request.
static void answer(struct file_body *file, const uv_stat_t *info)
{
    const uint64_t size =
        file->size_max > 0 && file->size_max < info->st_size ? file->size_max : info->st_size;
    struct scrim_http_request *request = file->request;
    const char *known = request->headers[SCRIM_HEADER_IF_NONE_MATCH];
    const char *if_range = request->headers[SCRIM_HEADER_IF_RANGE];
    snprintf(file->etag, sizeof file->etag, "\"%" PRIx64 "-%" PRIx64 "-%lx\"", info->st_ino, size,
             info->st_mtim.tv_sec);
    if (known && strcmp(known, file->etag) == 0) {
        file_body_release(file);
        return scrim_http_reply_empty(request, 304);
    }

    struct file_answer reply = {
        .file = file, .mime = file->mime, .etag = file->etag, .size = size, .kept = file->kept};
    const bool range_counts = !if_range || strcmp(if_range, file->etag) == 0;
    switch (scrim_range_parse(range_counts ? request->headers[SCRIM_HEADER_RANGE] : NULL, size,
                              &reply.part)) {
    case SCRIM_RANGE_UNSATISFIABLE: return refuse_range(file, size);
    case SCRIM_RANGE_PART: reply.partial = true; break;
    case SCRIM_RANGE_WHOLE: reply.part = (struct scrim_range){0, size - 1}; break;
    }
    file->offset = reply.part.first;
    file->left = reply.part.last - reply.part.first + 1;
    file->request = NULL;
    respond_file(request, &reply);
}

static void on_stat(uv_fs_t *call)
{
    struct file_body *file = call->data;
    const ssize_t result = call->result;
    const uv_stat_t info = call->statbuf;
    uv_fs_req_cleanup(call);
    file->busy = false;
    if (result < 0 || !S_ISREG(info.st_mode) || info.st_size == 0)
        refuse(file, 404, "not_found", "there is no such file");
    else
        answer(file, &info);
}

static void on_open(uv_fs_t *call)
{
    struct file_body *file = call->data;
    const ssize_t result = call->result;
    uv_fs_req_cleanup(call);
    file->busy = false;
    if (result < 0)
        return refuse(file, 404, "not_found", "there is no such file");
    file->fd = (uv_file)result;
    file->busy = uv_fs_fstat(file->loop, call, file->fd, on_stat) == 0;
    if (!file->busy)
        refuse(file, 500, "internal", "the file cannot be read");
}

// NULL after an answer.
static struct file_body *new_body(struct scrim_http_request *request)
{
    struct file_body *file = scrim_alloc_zero(1, sizeof *file);
    if (!file) {
        const struct scrim_http_problem problem = {
            .status = 503, .code = "overload", .text = "there is no memory for the answer"};
        scrim_http_reply_problem(request, &problem);
        return NULL;
    }
    file->loop = request->httpd->loop;
    file->request = request;
    file->fd = -1;
    file->call.data = file;
    return file;
}

void file_body_open(struct scrim_http_request *request, const char *path, const char *mime,
                    uint64_t size_max)
{
    struct file_body *file = new_body(request);
    if (!file)
        return;
    file->mime = mime;
    file->size_max = size_max;
    file->kept = true;
    file->busy = uv_fs_open(file->loop, &file->call, path,
                            O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0, on_open) == 0;
    if (!file->busy)
        refuse(file, 500, "internal", "the file cannot be opened");
}

void scrim_http_reply_descriptor(struct scrim_http_request *request, int fd, const char *mime,
                                 uint64_t size_max)
{
    struct file_body *file = new_body(request);
    if (!file) {
        close(fd);
        return;
    }
    file->mime = mime;
    file->size_max = size_max;
    file->fd = fd;
    file->busy = uv_fs_fstat(file->loop, &file->call, fd, on_stat) == 0;
    if (!file->busy)
        refuse(file, 500, "internal", "the file cannot be read");
}

void scrim_http_reply_parts(struct scrim_http_request *request, const char *mime, uint64_t total,
                            const struct scrim_http_source *source, void *context)
{
    struct file_body *file = new_body(request);
    if (!file) {
        source->end(context);
        return;
    }
    file->source = source;
    file->source_context = context;
    file->request = NULL;
    respond_parts(request, file, mime, total);
}

static void on_read(uv_fs_t *call)
{
    struct file_body *file = call->data;
    const ssize_t result = call->result;
    uv_fs_req_cleanup(call);
    file->busy = false;
    if (file->released)
        return destroy(file);
    file->failed = result <= 0; // 0: the file became shorter
    if (!file->failed) {
        file->ready = (size_t)result;
        file->offset += (uint64_t)result;
        file->left -= (uint64_t)result;
    }
    lws_callback_on_writable(file->conn->wsi);
}

static void read_ahead(struct file_body *file)
{
    const uv_buf_t room = {
        .base = (char *)file->chunk,
        .len = file->left < CHUNK_BYTES ? (size_t)file->left : CHUNK_BYTES,
    };
    file->busy = uv_fs_read(file->loop, &file->call, file->fd, &room, 1, (int64_t)file->offset,
                            on_read) == 0;
    file->failed = !file->busy;
}

// What comes next: of this file, or of the next part.
static void pull(struct file_body *file)
{
    if (file->left > 0) {
        read_ahead(file);
    } else if (file->source && !file->asked) {
        close_file(file);
        scrim_buf_finish(&file->memory);
        file->memory_taken = 0;
        file->asked = true;
        file->source->next(file->source_context, file);
    }
}

void scrim_http_give(struct file_body *file, struct scrim_http_part *part)
{
    file->asked = false;
    file->failed = part == NULL;
    if (part) {
        file->memory = part->bytes;
        file->fd = part->fd;
        file->offset = part->offset;
        file->left = part->count;
        *part = (struct scrim_http_part){.fd = -1};
    }
    lws_callback_on_writable(file->conn->wsi);
}

void file_body_start(struct file_body *file, struct conn *conn)
{
    file->conn = conn;
    pull(file);
}

static const uint8_t *take_memory(struct file_body *file, size_t *ret_count)
{
    const size_t left = file->memory.len - file->memory_taken;
    const uint8_t *bytes = file->memory.data + file->memory_taken;
    *ret_count = left < CHUNK_BYTES ? left : CHUNK_BYTES;
    file->memory_taken += *ret_count;
    return bytes;
}

const uint8_t *file_body_take(struct file_body *file, size_t *ret_count, bool *ret_failed)
{
    *ret_failed = false;
    if (file->memory_taken < file->memory.len)
        return take_memory(file, ret_count);
    *ret_count = file->ready;
    file->ready = 0;
    if (*ret_count == 0 && !file->busy && !file->failed)
        pull(file);
    *ret_failed = file->failed;
    return file->chunk;
}
