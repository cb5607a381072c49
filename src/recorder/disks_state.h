// What the desk is told of the disks: the body of DISKS, one JSON object.
//
//     {"v":1,
//      "disks":[{"id":"bay1","state":"ok","detail":"","total":…,"free":…,"written":…,"queued":…,
//                "refused":…,"segments":…,"cameras":["quay"],
//                "write":{"counts":[…],"sum_us":…,"max_us":…},"flush":{…}}],
//      "journal":{"flush":{…}}}
//
// Bytes; counters since the recorder started; `counts` as in store/latency.h, the last one for what
// took longer than all bounds. `id` "" is the site's own store; `cameras` are those whose next
// segment goes there.
#pragma once

#include "store/disk.h"

#define SCRIM_DISKS_JSON_MAX (256U << 10) // 33 disks, a thousand cameras

struct scrim_disks_camera {
    const char *id;
    int place; // the number of its disk, -1: none
};
// Appends to `out`.
SCRIM_MUST_CHECK int scrim_disks_json(struct scrim_disk *disk,
                                      const struct scrim_disks_camera *cameras, unsigned count,
                                      struct scrim_buf *out);
