// What the routes of requests share. Loop thread only.
#pragma once

#include "desk/request_json.h"

// What a handler wants to know of a request before it does anything.
struct request_look {
    struct scrim_who who; // whoever asks; without the session, which may end
    uint64_t number;
    enum scrim_request_state state;
    bool own;
    char cameras[SCRIM_REQUEST_CAMERAS_MAX * 40]; // ["quay","gate"], as JSON
    uint32_t segments;
};

// The request that the path names, if whoever asks may see it; false after an answer. With `own`,
// only if it is theirs: 403 otherwise.
bool request_look(struct scrim_desk *desk, struct scrim_http_request *request, bool own,
                  struct request_look *ret);
// The same, and it must be open: 409 otherwise.
bool request_look_open(struct scrim_desk *desk, struct scrim_http_request *request,
                       struct request_look *ret);
// A number of the path, from `least` to `most`; false if it is none.
bool request_param(const struct scrim_http_request *request, size_t index, uint64_t least,
                   uint64_t most, uint64_t *ret);

// Drops what was prepared for requests that are not open any more.
void request_exports_review(struct scrim_desk *desk);

void request_refuse(struct scrim_http_request *request, const struct scrim_request_told *told);
void request_refuse_busy(struct scrim_http_request *request);
// What scrim-opener answered, as an HTTP answer.
void request_refuse_opener(struct scrim_http_request *request, int code, const char *why);
// A step's answer: 200 with the request, or why not. `context` is a struct request_step.
struct request_step {
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    struct scrim_who who;
    int status; // of a good answer
};
struct request_step *request_step_new(struct scrim_desk *desk, struct scrim_http_request *request,
                                      const struct scrim_who *who, int status);
void request_step_done(void *context, const struct scrim_request_told *told);
