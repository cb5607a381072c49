// run/desk.sock: recorder, keeper and veil workers, who connect and tell; workers are told, too.
// Every byte of theirs is taken as hostile; one that breaks the rules of link.h is cut off. Loop
// thread only.
#pragma once

#include "desk/camera_state.h"
#include "desk/disk_state.h"
#include "desk/live.h"
#include "desk/peer_message.h"
#include "link/trial.h"
#include "site/config.h"

#include <jansson.h>
#include <uv.h>

#define SCRIM_VEIL_WORKERS_MAX 1024

// Where it all goes. `camera` is an index into the configuration.
struct scrim_peers_handler {
    void (*status)(void *context, unsigned camera, const struct scrim_camera_status *status);
    void (*recorder)(void *context, bool connected);
    // Takes over what the report owns.
    void (*disks)(void *context, struct scrim_disk_report *report);
    void (*storage)(void *context, json_t *report); // takes the reference
    void (*init)(void *context, unsigned camera, enum scrim_rendition rendition,
                 const struct scrim_live_init *init);
    // Negative: the worker is cut off.
    int (*frame)(void *context, unsigned camera, enum scrim_rendition rendition,
                 const struct scrim_live_frame *frame);
    void (*veil_state)(void *context, unsigned camera, enum scrim_live_state state,
                       const char *reason);              // DOWN when the worker has gone
    void (*worker_here)(void *context, unsigned camera); // a worker has come that has this camera
    void (*areas_taken)(void *context, unsigned camera, uint64_t revision, bool understood);
    // The keeper's answer to a question of scrim_peers_ask_keeper.
    void (*admitted)(void *context, const struct scrim_peer_admitted *admitted);
    // What the keeper says of break-glass, as it came: false cuts it off. The second: it has gone.
    bool (*glass)(void *context, const struct scrim_link_message *message);
    void (*keeper_gone)(void *context);
    // Of a live test; NULL: who makes them has gone.
    void (*tried)(void *context, const struct scrim_trial_report *report);
    void *context;
};

struct scrim_peers;

// Takes the listening socket over.
SCRIM_MUST_CHECK int scrim_peers_create(uv_loop_t *loop, int listen_fd,
                                        const struct scrim_site *site,
                                        const struct scrim_peers_handler *handler,
                                        struct scrim_peers **ret, struct scrim_error *error);
// Cuts everybody off, without a word to the handler. The loop must run once more before _free.
void scrim_peers_close(struct scrim_peers *peers);
void scrim_peers_free(struct scrim_peers *peers); // NULL is fine

bool scrim_peers_recorder(const struct scrim_peers *peers);
bool scrim_peers_keeper(const struct scrim_peers *peers);
// How many veil workers there are or should be, and which of them are connected.
unsigned scrim_peers_workers(const struct scrim_peers *peers);
bool scrim_peers_worker(const struct scrim_peers *peers, unsigned worker);
// Sends the keeper a message about a camera that may be none of the configuration. False without a
// keeper.
SCRIM_MUST_CHECK bool scrim_peers_ask_keeper(struct scrim_peers *peers, enum scrim_link_kind kind,
                                             const char *camera, const void *body, size_t body_len);
// The same for whoever tries addresses: the recorder's parent.
SCRIM_MUST_CHECK bool scrim_peers_ask_trier(struct scrim_peers *peers, enum scrim_link_kind kind,
                                            const void *body, size_t body_len);
// Sends a message to the worker of a camera. Without a word if there is none: whoever comes is told
// then. One that does not read is cut off.
void scrim_peers_tell(struct scrim_peers *peers, unsigned camera, enum scrim_link_kind kind,
                      const void *body, size_t body_len);
