// What `scrim status` is told: all that is known of the site now, as one JSON object.
//
//     {"v":1,"at_us":…,"site":{"id","name","version"},
//      "recorder":true,"keeper":true,"opener":true,"veil":[true,false],
//      "cameras":[{"id","name","state","cause","detail","since_us","fps","bitrate","frames","lost",
//                  "gaps","gaps_by":{…},"reconnects","jitter_us","clock_offset_us","transport",
//                  "retention_hours","veil":{"state","reason"},"disk"}],
//      "disks":[{"id","state","detail","total","free","queued","refused"}],
//      "storage":{…} or null}
//
// Times are UTC in µs. A camera's `jitter_us`, `transport`, `clock_offset_us` and `disk` are there
// if they are known. `storage` is what the keeper said last (docs/ref/formats/storage-status.md).
#pragma once

#include "desk/desk.h"

json_t *scrim_status_json(const struct scrim_desk *desk);       // the caller's reference
json_t *scrim_status_disks_json(const struct scrim_desk *desk); // for GET /health
