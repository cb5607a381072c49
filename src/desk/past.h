// Questions about the past: which cameras, which time, asked of the query thread. For api_past.c,
// api_timeline.c, api_events.c and their kin.
#pragma once

#include "desk/desk.h"

#define PAST_RANGE_MAX_MS (INT64_C(62) * 24 * 3600 * 1000)
#define PAST_TIME_MAX_MS INT64_C(4102444800000) // the year 2100
#define PAST_ANSWER_MAX (48U << 20)             // bytes of JSON

// A camera, and its files that the index may not have yet, as of the question.
struct past_camera {
    char id[SCRIM_CAMERA_ID_MAX + 1];
    struct scrim_archive_recent recent[SCRIM_ARCHIVE_RECENT];
    size_t recent_count;
};

struct past_query {
    struct scrim_job job;
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    int64_t from_ms, to_ms;      // [from, to)
    struct past_camera *cameras; // that are asked for, and that the session may see
    size_t cameras_count;
    int64_t step_us;         // a pixel's width
    unsigned limit;          // of items
    bool backwards;          // newest first
    struct scrim_buf answer; // JSON
    int result;
    struct scrim_error error;
};

// Decimal digits, up to the year 2100.
bool past_parse_ms(const char *text, int64_t *ret);
// Decimal digits within the bounds; `text` may be NULL, which is false.
bool past_parse_number(const char *text, int64_t least, int64_t most, int64_t *ret);
// from and to of the query.
bool past_parse_range(const struct scrim_http_request *request, int64_t *ret_from, int64_t *ret_to);
// Whether `id` is one of the names in "a,b,c"; NULL is a list of all.
bool past_list_has(const char *list, const char *id);

// A query without cameras or times. Free it with past_query_free, or submit it. _init is for one
// that is the first member of something larger, made with scrim_new, which is freed with it.
void past_query_init(struct past_query *query, struct scrim_desk *desk,
                     struct scrim_http_request *request);
struct past_query *past_query_create(struct scrim_desk *desk, struct scrim_http_request *request);
void past_query_free(struct past_query *query);
// The cameras of the query's `cameras=a,b`, all without it, of those that the session may see. One
// that there is not, or that it may not see, is not an error: it is not in the answer.
void past_query_choose(struct past_query *query);
void past_camera_of(const struct scrim_desk *desk, unsigned camera, struct past_camera *ret);
// The recent file that shows a moment; false if none does.
bool past_recent_at(const struct past_camera *camera, int64_t at_us,
                    struct scrim_archive_file *ret);
// One camera, by its place in the configuration.
void past_query_take(struct past_query *query, unsigned camera);
// Has `work` run on the query thread, answers with what it left, and frees the query.
void past_query_submit(struct past_query *query, void (*work)(struct scrim_job *, void *index));

// The usual answers to what cannot be.
void past_refuse_camera(struct scrim_http_request *request);
void past_refuse_range(struct scrim_http_request *request);

// Adds the camera's recent files to what was redacted.
SCRIM_MUST_CHECK int past_add_recent(const struct past_query *query,
                                     const struct past_camera *camera,
                                     struct scrim_timeline *timeline);

// JSON, straight into the answer: a busy month has too many spans for a tree of them.
SCRIM_MUST_CHECK int past_append_text(struct scrim_buf *out, const char *text); // quoted
SCRIM_MUST_CHECK int past_append_spans(struct scrim_buf *out, const char *name,
                                       const struct scrim_span *spans, size_t count);
