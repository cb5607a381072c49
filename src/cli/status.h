// `scrim status`: what is known of a site now, as one JSON object that is gathered, judged, and
// printed.
//
//     {"v":1,"at_us":…,"source":"desk" or "files","site":{"id","name"},
//      "programs":{"desk":true,"recorder":true,"keeper":true,"opener":true,
//                  "veil":[true,false] or null},
//      "cameras":[as the desk's status (desk/status.h) has them, and:
//                 "day":{"recorded_to_us":…,"unknown_us":…,"gaps":{"network":{"count","us"}}}],
//      "left_out":["DIR/cameras.d/quay.yaml:3: …"],"disks":[…],"storage":{…} or null,
//      "vault":{"live":true,"why":null or "…"}, where recording can begin with it
//      "problems":["…"],"notices":["…"],"ok":true}
//
// From files alone, cameras have `id`, `name`, `retention_hours` and `day`, and `disks` is empty.
// `day` is of the last 24 hours, from the journals; null where they cannot be read.
#pragma once

#include "site/config.h"

#include <jansson.h>

#define SCRIM_STATUS_DAY_US (24 * INT64_C(3600000000))

// The caller's reference; never NULL on success.
SCRIM_MUST_CHECK int scrim_status_gather(const struct scrim_site *site, int64_t now_us,
                                         json_t **ret, struct scrim_error *error);
// Adds "problems", "notices" and "ok".
void scrim_status_judge(json_t *status);

struct scrim_status_style {
    unsigned width; // columns of the terminal; 0: any
    bool colour;
};
// What a person reads; appends to `out`.
SCRIM_MUST_CHECK int scrim_status_print(const json_t *status,
                                        const struct scrim_status_style *style,
                                        struct scrim_buf *out);
