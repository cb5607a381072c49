// What the parent tells the sealer, one datagram an order over a SOCK_SEQPACKET pair, the socket of
// an ingest process with it. Both ends are the same program: structs as they are in memory.
#pragma once

#include "store/journal.h"

enum scrim_order_kind {
    SCRIM_ORDER_ADD = 1, // a camera: from now on it is recorded
    SCRIM_ORDER_PLACE,   // its place in scrim.yaml is another one
    SCRIM_ORDER_REMOVE,  // it was taken out of scrim.yaml
    SCRIM_ORDER_ATTACH,  // a process reads one of its streams: its socket comes with the order
    SCRIM_ORDER_DETACH,  // it is about to leave, since the camera's settings changed
    SCRIM_ORDER_VAULT,   // segments from now on are sealed to another: it comes with the order
    SCRIM_ORDER_STOP,    // end, and journal that
};

struct scrim_order {
    enum scrim_order_kind kind;
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    int place;                      // ADD, PLACE
    bool has_sub;                   // ADD
    enum scrim_keep keep;           // ADD
    bool changed;                   // REMOVE: it is added again at once, with other settings
    struct scrim_journal_head head; // ADD: where its chain stands
    bool sub;                       // ATTACH, DETACH
    bool sound;                     // ATTACH: scrim.yaml lets this stream's sound be recorded
};

// `fd` -1: none. Waits while the sealer is busy.
SCRIM_MUST_CHECK int scrim_order_send(int orders_fd, const struct scrim_order *order, int fd);
// 1, or 0 if there is none, SCRIM_ENETWORK when the parent is gone. *ret_fd is the caller's, -1 if
// none came.
SCRIM_MUST_CHECK int scrim_order_receive(int orders_fd, struct scrim_order *ret, int *ret_fd);
