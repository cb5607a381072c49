// run/opener.sock: scrim-opener, the guard of openings (link/opener.h). It alone can read hour keys
// and sealed segments, and believes nothing that is said here: it looks at state/requests itself.
// Loop thread only.
#pragma once

#include "base/error.h"

#include <stdint.h>
#include <uv.h>

struct scrim_opener_side;

// Makes the proof's file if there is none, and the socket; before the desk locks itself in.
SCRIM_MUST_CHECK int scrim_opener_side_create(const char *dir, struct scrim_opener_side **ret,
                                              struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_opener_side_start(struct scrim_opener_side *side, uv_loop_t *loop,
                                             struct scrim_error *error);
// Whoever waits for an answer is told that there is none. The loop must run once more before _free.
// Both take NULL.
void scrim_opener_side_close(struct scrim_opener_side *side);
void scrim_opener_side_free(struct scrim_opener_side *side);

// Is it connected, so that it can be asked?
bool scrim_opener_side_here(const struct scrim_opener_side *side);

// How a question ended. What `code` says where it is not SCRIM_OK, with `why` as the sentence for
// the person who asked:
//     ENOENT    nothing was recorded there; there is no such request
//     EEND      an hour of it is shredded: nobody opens it any more
//     EAUTH     something is not what was signed: a document, a line of the log, a segment
//     EACCESS   not enough holders agree
//     ETIMEOUT  the request has expired, or the time of the opening is over
//     ECANCEL   it was withdrawn, refused or ended
//     EBUSY     too many questions wait
//     ENETWORK  scrim-opener is not running, or ended before it answered
//     others    a file or a disk could not be read
struct scrim_opener_told {
    int code;
    const char *why; // "" if `code` is SCRIM_OK
    // find: segments.json; open: the age file with the hour keys. Until the callback returns.
    const void *bytes;
    size_t count;
    int64_t until_us; // open, segment: UTC, when the opening ends
    // segment: the sealed file and its size; tail_fd is -1 but for a torn one that has a tail. The
    // callback takes both over. -1 otherwise.
    int fd, tail_fd;
    uint64_t file_bytes;
};
typedef void (*scrim_opener_answered)(void *context, const struct scrim_opener_told *told);

// Each returns before it calls `answered`, which is called exactly once. On failure (EBUSY,
// ENETWORK, EINVAL, with a sentence) it is never called.
//
// At most 16 cameras, from_us < to_us. Only segments that are finished, each with its seal proof
// checked; if one that the journal names cannot be given, the answer is a refusal that names it.
SCRIM_MUST_CHECK int scrim_opener_side_find(struct scrim_opener_side *side,
                                            const char *const *cameras, size_t count,
                                            int64_t from_us, int64_t to_us,
                                            scrim_opener_answered answered, void *context,
                                            struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_opener_side_open(struct scrim_opener_side *side, uint64_t request,
                                            scrim_opener_answered answered, void *context,
                                            struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_opener_side_segment(struct scrim_opener_side *side, uint64_t request,
                                               uint32_t index, scrim_opener_answered answered,
                                               void *context, struct scrim_error *error);

// Break-glass: the segments of a camera that the break under way shows, as JSON (link/opener.h),
// and one of them by its name there. ETIMEOUT: no glass is broken.
SCRIM_MUST_CHECK int scrim_opener_side_glass_list(struct scrim_opener_side *side,
                                                  const char *camera,
                                                  scrim_opener_answered answered, void *context,
                                                  struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_opener_side_glass_segment(struct scrim_opener_side *side,
                                                     const char *camera, const char *name,
                                                     scrim_opener_answered answered, void *context,
                                                     struct scrim_error *error);

// Who asked is gone: nothing is called for this context any more.
void scrim_opener_side_forget(struct scrim_opener_side *side, const void *context);
