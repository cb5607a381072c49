// Legal holds: ranges of a camera that nothing may destroy, whatever their retention, the disk or
// `scrim shred` say, until the hold is released or lapses. DIR/state/holds/list has one line a
// decision (docs/ref/formats/holds.md); a hold that ended stays there as a record.
//
// A hold keeps whole hours, because a key is of an hour: all that its range touches, and the hour
// before where a segment that began in it may reach into the range.
#pragma once

#include "link/link.h"
#include "store/layout.h"

#define SCRIM_HOLDS_MAX 10000     // decisions in the file
#define SCRIM_HOLD_REASON_MAX 400 // bytes
#define SCRIM_HOLD_WHO_MAX 63     // bytes
#define SCRIM_HOLDS_FILE_MAX (16U << 20)

struct scrim_hold {
    uint64_t id; // from 1
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    int64_t from_us, to_us; // UTC, to > from
    int64_t until_us;       // when it lapses by itself; 0: never
    int64_t placed_us;
    char who[SCRIM_HOLD_WHO_MAX + 1], reason[SCRIM_HOLD_REASON_MAX + 1];
    int64_t released_us; // 0: it was not
    char released_by[SCRIM_HOLD_WHO_MAX + 1], release_reason[SCRIM_HOLD_REASON_MAX + 1];
};

// Oldest first. Zeroed is empty.
struct scrim_holds {
    struct scrim_hold *list;
    size_t count;
};

void scrim_holds_finish(struct scrim_holds *holds);
// Strict: a file that is not wholly understood is refused, because what it may protect must not be
// destroyed. `name` is what the sentence calls it.
SCRIM_MUST_CHECK int scrim_holds_parse(const char *name, const void *text, size_t length,
                                       struct scrim_holds *ret, struct scrim_error *error);
// A site without a file has no holds.
SCRIM_MUST_CHECK int scrim_holds_load(const char *dir, struct scrim_holds *ret,
                                      struct scrim_error *error);

// True while it keeps what it names.
bool scrim_hold_active(const struct scrim_hold *hold, int64_t now_us);
// The hours it keeps, both included.
void scrim_hold_hours(const struct scrim_hold *hold, uint64_t *ret_first, uint64_t *ret_last);
// The first active hold that keeps any of the hours first … last of the camera; NULL if none does.
const struct scrim_hold *scrim_holds_find(const struct scrim_holds *holds, const char *camera,
                                          uint64_t first, uint64_t last, int64_t now_us);
const struct scrim_hold *scrim_holds_by_id(const struct scrim_holds *holds, uint64_t id);

// Durable when they return, and seen by the keeper before it destroys anything else. `id`,
// `placed_us` and what says of the release are filled in; `ret_id` may be NULL.
SCRIM_MUST_CHECK int scrim_holds_place(const char *dir, const struct scrim_hold *hold,
                                       uint64_t *ret_id, struct scrim_error *error);
// SCRIM_ENOENT: there is no such hold; SCRIM_EEXIST: it ended already.
SCRIM_MUST_CHECK int scrim_holds_release(const char *dir, uint64_t id, const char *who,
                                         const char *reason, struct scrim_error *error);

// The keeper's side. Whoever destroys does so between _begin and _end; while a hold is being placed
// _begin refuses with SCRIM_EBUSY, and one that was placed is seen by the next _begin.
struct scrim_holds_guard;
SCRIM_MUST_CHECK int scrim_holds_guard_create(const char *dir, struct scrim_holds_guard **ret,
                                              struct scrim_error *error);
void scrim_holds_guard_destroy(struct scrim_holds_guard *guard); // NULL is fine
// Any other failure means that the holds are not known, so that nothing may be destroyed. `ret` may
// be read until the next _begin.
SCRIM_MUST_CHECK int scrim_holds_begin(struct scrim_holds_guard *guard,
                                       const struct scrim_holds **ret, struct scrim_error *error);
void scrim_holds_end(struct scrim_holds_guard *guard);
