#include "desk/request_export.h"

#include "base/alloc.h"
#include "desk/tar.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHELF_PLACES 32          // each holds descriptors of its documents
#define SHELF_BYTES (128U << 20) // that all plans may take
#define PART_BYTES_MAX (256U << 10)

// --- what is prepared ---

struct request_export *request_export_ref(struct request_export *export)
{
    export->users++;
    return export;
}

void request_export_unref(struct request_export *export)
{
    if (!export || --export->users > 0)
        return;
    request_plan_free(export->plan);
    for (size_t i = 0; i < export->documents_count; i++)
        scrim_close_fd(&export->documents[i].fd);
    free(export->documents);
    scrim_buf_finish(&export->manifest);
    free(export);
}

static uint64_t member_size(uint64_t size)
{
    return TAR_BLOCK + size + tar_padding(size);
}

uint64_t request_export_size(const struct request_export *export)
{
    uint64_t size = (uint64_t)2 * TAR_BLOCK + member_size(export->manifest.len);
    for (size_t i = 0; i < export->documents_count; i++)
        size += member_size(export->documents[i].size);
    for (size_t i = 0; i < export->plan->count; i++)
        size += member_size(request_plan_size(&export->plan->files[i]));
    return size;
}

struct scrim_request_shelf {
    struct request_export *list[SHELF_PLACES]; // NULL: free
};

struct scrim_request_shelf *scrim_request_shelf_create(void)
{
    return scrim_new(struct scrim_request_shelf);
}

void scrim_request_shelf_destroy(struct scrim_request_shelf *shelf)
{
    for (size_t i = 0; shelf && i < SHELF_PLACES; i++)
        request_export_unref(shelf->list[i]);
    free(shelf);
}

static struct request_export **place_of(struct scrim_request_shelf *shelf, uint64_t number)
{
    struct request_export **empty = NULL;
    for (size_t i = 0; i < SHELF_PLACES; i++) {
        if (shelf->list[i] && shelf->list[i]->number == number)
            return &shelf->list[i];
        if (!shelf->list[i] && !empty)
            empty = &shelf->list[i];
    }
    return empty;
}

int request_shelf_keep(struct scrim_request_shelf *shelf, struct request_export *export)
{
    struct request_export **place = place_of(shelf, export->number);
    size_t taken = export->plan->memory;
    for (size_t i = 0; i < SHELF_PLACES; i++)
        if (shelf->list[i] && &shelf->list[i] != place)
            taken += shelf->list[i]->plan->memory;
    if (!place || taken > SHELF_BYTES) {
        request_export_unref(export);
        return SCRIM_ENOSPACE;
    }
    request_export_unref(*place);
    *place = export;
    return SCRIM_OK;
}

struct request_export *request_shelf_find(const struct scrim_request_shelf *shelf, uint64_t number)
{
    for (size_t i = 0; i < SHELF_PLACES; i++)
        if (shelf->list[i] && shelf->list[i]->number == number)
            return shelf->list[i];
    return NULL;
}

void request_shelf_sweep(struct scrim_request_shelf *shelf,
                         bool (*over)(void *context, uint64_t number), void *context)
{
    for (size_t i = 0; i < SHELF_PLACES; i++) {
        if (!shelf->list[i] || !over(context, shelf->list[i]->number))
            continue;
        request_export_unref(shelf->list[i]);
        shelf->list[i] = NULL;
    }
}

// --- sending ---

struct sending {
    struct request_export *export;
    struct scrim_opener_side *opener;
    struct file_body *body;  // NULL once the answer is over
    size_t next;             // member: documents, the manifest, segments, the end
    struct scrim_buf before; // ends the member before: goes out with the next part
    bool asked;              // of scrim-opener
};

static void free_sending(struct sending *sending)
{
    request_export_unref(sending->export);
    scrim_buf_finish(&sending->before);
    free(sending);
}

static void fail(struct sending *sending)
{
    scrim_http_give(sending->body, NULL);
}

static int append_zeros(struct scrim_buf *buf, size_t count)
{
    static const uint8_t zeros[2 * TAR_BLOCK];
    return scrim_buf_append(buf, zeros, count);
}

// Begins a part with what ends the member before it and the header of this one.
static int begin(struct sending *sending, const char *name, uint64_t size, int64_t modified_s,
                 struct scrim_http_part *ret)
{
    char header[TAR_BLOCK];
    *ret = (struct scrim_http_part){.bytes = sending->before, .fd = -1};
    scrim_buf_init(&sending->before, PART_BYTES_MAX);
    int result = tar_header(name, size, modified_s, header);
    if (result >= 0)
        result = scrim_buf_append(&ret->bytes, header, sizeof header);
    if (result >= 0)
        result = append_zeros(&sending->before, tar_padding(size));
    return result;
}

static void give(struct sending *sending, struct scrim_http_part *part, int result)
{
    if (result >= 0) {
        sending->next++;
        scrim_http_give(sending->body, part);
        return;
    }
    scrim_buf_finish(&part->bytes);
    scrim_close_fd(&part->fd);
    fail(sending);
}

static void give_document(struct sending *sending, const struct request_document *document)
{
    struct scrim_http_part part;
    int result = begin(sending, document->name, document->size, sending->export->made_s, &part);
    if (result >= 0)
        result = part.fd = fcntl(document->fd, F_DUPFD_CLOEXEC, 0);
    part.count = document->size;
    give(sending, &part, result);
}

static void give_manifest(struct sending *sending)
{
    const struct request_export *export = sending->export;
    struct scrim_http_part part;
    int result = begin(sending, export->manifest_name, export->manifest.len, export->made_s, &part);
    if (result >= 0) {
        part.bytes.max += export->manifest.len;
        result = scrim_buf_append(&part.bytes, export->manifest.data, export->manifest.len);
    }
    give(sending, &part, result);
}

static void give_end(struct sending *sending)
{
    struct scrim_http_part part = {.bytes = sending->before, .fd = -1};
    scrim_buf_init(&sending->before, 0);
    give(sending, &part, append_zeros(&part.bytes, (size_t)2 * TAR_BLOCK));
}

static const struct request_plan_file *file_of(const struct sending *sending)
{
    const struct request_export *export = sending->export;
    return &export->plan->files[sending->next - export->documents_count - 1];
}

static void give_segment(struct sending *sending, int fd)
{
    const struct request_plan_file *file = file_of(sending);
    struct scrim_http_part part;
    int result =
        begin(sending, file->name, request_plan_size(file), file->start_us / SCRIM_SECOND, &part);
    part.fd = fd;
    part.offset = file->offset;
    part.count = file->payload;
    if (result >= 0)
        result = scrim_buf_append(&part.bytes, file->header, file->header_len);
    if (result >= 0 && file->suffix) { // before the padding, which is made already
        struct scrim_buf padding = sending->before;
        scrim_buf_init(&sending->before, PART_BYTES_MAX);
        result = scrim_buf_append(&sending->before, file->suffix, file->suffix_len);
        if (result >= 0)
            result = scrim_buf_append(&sending->before, padding.data, padding.len);
        scrim_buf_finish(&padding);
    }
    give(sending, &part, result);
}

static void on_segment(void *context, const struct scrim_opener_told *told)
{
    struct sending *sending = context;
    int fd = told->fd, tail_fd = told->tail_fd;
    sending->asked = false;
    if (told->code == SCRIM_OK)
        scrim_close_fd(&tail_fd);
    if (sending->body && told->code == SCRIM_OK) {
        give_segment(sending, fd);
        return;
    }
    if (told->code == SCRIM_OK)
        scrim_close_fd(&fd);
    if (sending->body)
        fail(sending);
    else
        free_sending(sending);
}

static void ask_segment(struct sending *sending)
{
    sending->asked =
        scrim_opener_side_segment(sending->opener, sending->export->number,
                                  file_of(sending)->segment, on_segment, sending, NULL) >= 0;
    if (!sending->asked)
        fail(sending);
}

static void next(void *context, struct file_body *body)
{
    struct sending *sending = context;
    const struct request_export *export = sending->export;
    sending->body = body;
    if (sending->next < export->documents_count)
        give_document(sending, &export->documents[sending->next]);
    else if (sending->next == export->documents_count)
        give_manifest(sending);
    else if (sending->next <= export->documents_count + export->plan->count)
        ask_segment(sending);
    else
        give_end(sending);
}

static void end(void *context)
{
    struct sending *sending = context;
    sending->body = NULL;
    if (!sending->asked)
        free_sending(sending);
}

void request_export_send(struct request_export *export, struct scrim_opener_side *opener,
                         struct scrim_http_request *request)
{
    static const struct scrim_http_source source = {.next = next, .end = end};
    struct sending *sending = scrim_new(struct sending);
    sending->export = request_export_ref(export);
    sending->opener = opener;
    scrim_buf_init(&sending->before, PART_BYTES_MAX);
    scrim_http_reply_parts(request, "application/x-tar", request_export_size(export), &source,
                           sending);
}
