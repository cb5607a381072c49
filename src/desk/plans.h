// Plans of the site, uploaded as pictures, and where each camera stands on one of them or on the
// map. In state/plans: plans.json and a picture for each plan, <id>.png, .jpg or .webp
// (docs/ref/formats/plans.md).
//
// Belongs to the loop's thread; a thread of its own writes. A change is logged as an act, then
// written, then it holds. What cannot be read at the start is left alone: there are no plans then,
// and none can be changed.
#pragma once

#include "base/fs.h"
#include "desk/acts.h"
#include "desk/image_header.h"
#include "desk/place.h"

#include <jansson.h>
#include <uv.h>

#define SCRIM_PLANS_DIR "state/plans"
#define SCRIM_PLANS_MAX 32
#define SCRIM_PLACES_MAX 4096
#define SCRIM_PLAN_NAME_MAX 96 // bytes
#define SCRIM_PLAN_IMAGE_MAX (8U << 20)

struct scrim_plans;

// Reads while files may still be opened freely. A file that cannot be read is no failure.
SCRIM_MUST_CHECK int scrim_plans_open(const char *site_dir, struct scrim_plans **ret,
                                      struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_plans_start(struct scrim_plans *plans, uv_loop_t *loop,
                                       struct scrim_acts *acts, struct scrim_error *error);
// Finishes what is being written. The loop must run once more before _free.
void scrim_plans_stop(struct scrim_plans *plans); // NULL is fine
void scrim_plans_free(struct scrim_plans *plans); // NULL is fine

// [{"id","name","width","height"}], the oldest first; NULL without memory. The caller's.
json_t *scrim_plans_list(const struct scrim_plans *plans);
// Place of a camera, or JSON null; never NULL. The caller's.
json_t *scrim_plans_place(const struct scrim_plans *plans, const char *camera);
// The picture of a plan; false if there is no such plan.
bool scrim_plans_image(const struct scrim_plans *plans, const char *id,
                       char ret_path[SCRIM_PATH_MAX], enum scrim_image_kind *ret_kind);
// Why nothing can be changed, naming the file; "" if all is well. For administrators.
const char *scrim_plans_problem(const struct scrim_plans *plans);

// Called on the loop's thread when a change holds, or does not: then `result` is negative, with a
// sentence in `error`, and nothing was changed.
typedef void (*scrim_plans_done)(void *context, int result, const struct scrim_error *error);

struct scrim_plans_answer {
    scrim_plans_done done;
    void *context;
};

struct scrim_plan_upload {
    const char *name;               // checked with scrim_plan_name_valid
    const void *bytes;              // must stay until `done`
    size_t count;                   // at most SCRIM_PLAN_IMAGE_MAX
    struct scrim_image_header head; // of these bytes
};

// UTF-8, 1 to SCRIM_PLAN_NAME_MAX bytes, without control characters.
bool scrim_plan_name_valid(const char *name);

// One change at a time. Each returns SCRIM_EBUSY while another is being written, SCRIM_EFORMAT if
// what is there cannot be read, SCRIM_ENOSPACE if there would be too many, SCRIM_ENOENT if there is
// no such plan, or nothing to take away; then `done` is not called. `who` is the user.
SCRIM_MUST_CHECK int scrim_plans_add(struct scrim_plans *plans, const char *who,
                                     const struct scrim_plan_upload *upload,
                                     char ret_id[SCRIM_PLAN_ID_TEXT],
                                     struct scrim_plans_answer answer);
// Cameras that stand on it have no place then.
SCRIM_MUST_CHECK int scrim_plans_remove(struct scrim_plans *plans, const char *who, const char *id,
                                        struct scrim_plans_answer answer);
// `place` passed scrim_place_check; NULL takes the camera off its plan.
SCRIM_MUST_CHECK int scrim_plans_put(struct scrim_plans *plans, const char *who, const char *camera,
                                     const json_t *place, struct scrim_plans_answer answer);
