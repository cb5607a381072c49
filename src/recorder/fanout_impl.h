// The two sides of the fan-out. Everything here belongs to the fan-out thread.
#pragma once

#include "recorder/fanout.h"

#include <poll.h>
#include <stdatomic.h>

// ---- What the sealer hands over.

enum scrim_item_kind {
    SCRIM_ITEM_PLACE,
    SCRIM_ITEM_STREAM,
    SCRIM_ITEM_PACKET,
    SCRIM_ITEM_END,
    SCRIM_ITEM_STATE,
    SCRIM_ITEM_DISKS
};

struct scrim_item {
    enum scrim_item_kind kind;
    unsigned camera;
    int place;                       // PLACE
    bool key, after_loss;            // PACKET
    enum scrim_codec codec;          // STREAM
    int64_t utc_us, pts_us;          // PACKET
    struct scrim_camera_state state; // STATE
    size_t size;
    uint8_t data[]; // PLACE: id; STREAM: parameter sets; PACKET: the access unit; END: text;
                    // DISKS: JSON
};

// One per slot.
struct scrim_fanout_camera {
    char id[SCRIM_CAMERA_ID_MAX + 1]; // "": the slot is free
    int place;                        // in scrim.yaml
    atomic_bool wanted;               // this and the next are shared with the sealer's thread
    _Atomic uint64_t drops;
};

// ---- Veil workers.

struct scrim_veil_side;

// `cameras`: SCRIM_FANOUT_CAMERAS_MAX of them.
struct scrim_veil_side *scrim_veil_side_create(int listen_fd, struct scrim_fanout_camera *cameras);
void scrim_veil_side_destroy(struct scrim_veil_side *side); // closes the listening socket
// Fills `fds` (room for SCRIM_VEIL_SIDE_FDS) with what to poll; returns the count.
#define SCRIM_VEIL_SIDE_FDS 65
size_t scrim_veil_side_poll(const struct scrim_veil_side *side, struct pollfd *fds);
// After poll: accepts, reads, writes. `fds` as filled by _poll.
void scrim_veil_side_serve(struct scrim_veil_side *side, const struct pollfd *fds);
// Another camera comes into this slot, or none.
void scrim_veil_side_forget(struct scrim_veil_side *side, unsigned camera);
void scrim_veil_side_take(struct scrim_veil_side *side, const struct scrim_item *item);
void scrim_veil_side_flush(struct scrim_veil_side *side);

// ---- The desk.

struct scrim_desk_side;

struct scrim_desk_side *scrim_desk_side_create(const char *path,
                                               struct scrim_fanout_camera *cameras);
void scrim_desk_side_destroy(struct scrim_desk_side *side);
size_t scrim_desk_side_poll(const struct scrim_desk_side *side, struct pollfd *fd); // 0 or 1
void scrim_desk_side_serve(struct scrim_desk_side *side, const struct pollfd *fd);
void scrim_desk_side_take(struct scrim_desk_side *side, const struct scrim_item *item);
// Connects, and repeats states, when either is due. Returns the µs until it wants to be called
// again.
int64_t scrim_desk_side_tend(struct scrim_desk_side *side);
