// Packets of UDP that came before one that is still missing. Bounded in packets, in bytes and, by
// its owner, in time. A packet that is in order never comes here; one that does is copied.
#pragma once

#include "rtsp/rtp.h"

#define SCRIM_REORDER_PACKETS 256 // how far ahead of the missing one
#define SCRIM_REORDER_BYTES (1U << 20)
#define SCRIM_REORDER_US 150000 // more than any network reorders by, less than anybody notices

// Memory: up to SCRIM_REORDER_BYTES that wait, and 2 KiB for each of the packets.
struct scrim_reorder;

struct scrim_reorder *scrim_reorder_create(void);
void scrim_reorder_destroy(struct scrim_reorder *reorder); // NULL is fine

// Keeps a copy. The caller sees to it that all that wait are within SCRIM_REORDER_PACKETS of each
// other. SCRIM_EEXIST: it waits already; SCRIM_ENOSPACE: too many bytes wait; SCRIM_ENOMEM.
SCRIM_MUST_CHECK int scrim_reorder_put(struct scrim_reorder *reorder,
                                       const struct scrim_rtp_packet *packet);
unsigned scrim_reorder_count(const struct scrim_reorder *reorder);
// The packet of this number, or NULL. Valid until its _release.
const struct scrim_rtp_packet *scrim_reorder_find(const struct scrim_reorder *reorder,
                                                  int64_t number);
void scrim_reorder_release(struct scrim_reorder *reorder, int64_t number);
// The lowest number that waits, `from` or higher; INT64_MAX if none.
int64_t scrim_reorder_lowest(const struct scrim_reorder *reorder, int64_t from);
// Arrival of the one that waits longest; INT64_MAX if none.
int64_t scrim_reorder_oldest_us(const struct scrim_reorder *reorder);
void scrim_reorder_clear(struct scrim_reorder *reorder);
