// Which camera goes to which disk. Nothing here asks a disk or remembers anything: the same figures
// give the same answer. Inside src/store only.
//
// A disk counts with half of its size and half of what is free on it: what is free is there now,
// the rest is what retention hands back. Each further disk of scrim.yaml counts for a little less
// than it is, so that disks of one size do not reach their end on one day.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SCRIM_DISK_RATE_GUESS UINT64_C(500000) // bytes a second of a camera not measured yet

struct scrim_disk_room {
    bool well;
    uint64_t total_bytes, free_bytes;
    uint64_t load; // bytes a second of the cameras it has
};

// The disk that has the most room for what it has to take, with `rate` more; -1 if none is well.
int scrim_disk_place_choose(const struct scrim_disk_room *rooms, unsigned count, uint64_t rate);

struct scrim_disk_wish {
    int disk; // where the camera was, -1: nowhere
    uint64_t rate;
};
// Places all cameras: each stays where it was, unless that disk is not well or has been given more
// than 5/4 of its share already. ret[i] is -1 if no disk is well. Adds to the rooms' loads.
void scrim_disk_place_all(struct scrim_disk_room *rooms, unsigned rooms_count,
                          const struct scrim_disk_wish *wishes, unsigned wishes_count, int *ret);
