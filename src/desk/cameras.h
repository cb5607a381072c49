// Changes of cameras at the desk. One at a time: the keeper is asked whether the disks would do,
// then the act is logged, then the files of cameras.d are written. Whoever runs the site sees the
// directory change and has the programs take it over; until then `site` is as it was when this
// program started, and what was written since is known here.
//
// Belongs to the loop's thread; a thread of its own writes.
#pragma once

#include "desk/acts.h"
#include "desk/camera_json.h"
#include "desk/peers.h"

#include <uv.h>

struct scrim_cameras;

// Makes cameras.d while directories may still be made. `site` and `acts` must outlive it.
SCRIM_MUST_CHECK int scrim_cameras_open(const struct scrim_site *site, struct scrim_acts *acts,
                                        struct scrim_cameras **ret, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_cameras_start(struct scrim_cameras *cameras, uv_loop_t *loop,
                                         struct scrim_peers *peers, struct scrim_error *error);
// Finishes what is being written. The loop must run once more before _free. Both take NULL.
void scrim_cameras_stop(struct scrim_cameras *cameras);
void scrim_cameras_free(struct scrim_cameras *cameras);

// A camera as it is written; NULL if there is none. Valid until the next change.
const struct scrim_camera_config *scrim_cameras_find(const struct scrim_cameras *cameras,
                                                     const char *id);

// What became of it. `code`: as error answers of the API have it; "" if it is done.
struct scrim_cameras_outcome {
    int status;
    const char *code;
    char text[512];
};
typedef void (*scrim_cameras_done)(void *context, const struct scrim_cameras_outcome *outcome);

struct scrim_cameras_change {
    const char *id, *who;
    struct scrim_camera_wish *wish; // taken over on success; NULL: the camera is taken away
    bool is_new;
};
// SCRIM_EBUSY while another change is under way; `done` is not called then. Else it is called once,
// on the loop's thread.
SCRIM_MUST_CHECK int scrim_cameras_change(struct scrim_cameras *cameras,
                                          const struct scrim_cameras_change *change,
                                          scrim_cameras_done done, void *context);

// From the peers.
void scrim_cameras_admitted(struct scrim_cameras *cameras,
                            const struct scrim_peer_admitted *admitted);
