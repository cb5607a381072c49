// What the parts of scrimd share: one struct, owned by main, on the loop's thread.
#pragma once

#include "base/log.h"
#include "desk/acts.h"
#include "desk/archive.h"
#include "desk/areas.h"
#include "desk/camera_state.h"
#include "desk/cameras.h"
#include "desk/exports.h"
#include "desk/history.h"
#include "desk/live.h"
#include "desk/metrics_token.h"
#include "desk/peers.h"
#include "desk/plans.h"
#include "desk/requests.h"
#include "desk/trials.h"
#include "desk/worker.h"
#include "httpd/httpd.h"
#include "people/sessions.h"
#include "people/throttle.h"
#include "people/users.h"
#include "people/zones.h"
#include "site/config.h"

#include <uv.h>

#define SCRIM_DESK_COOKIE "__Host-scrim"

struct scrim_desk {
    struct scrim_log log;
    struct scrim_site site;
    uv_loop_t loop;

    struct scrim_httpd *httpd;
    struct scrim_peers *peers;
    struct scrim_live *live;
    struct scrim_archive *archive;
    struct scrim_acts *acts; // all that is done over the desk, logged
    struct scrim_exports *exports;
    struct scrim_areas *areas;
    struct scrim_cameras *cameras;
    struct scrim_trials_kept *trials;
    struct scrim_history *history;
    struct scrim_plans *plans;
    struct scrim_vault_state *vault;
    struct scrim_requests *requests;           // for openings of originals
    struct scrim_request_shelf *request_shelf; // what is prepared to be taken away
    struct scrim_glass_side *glass;
    struct scrim_roster *roster; // what site.db says of people
    struct scrim_zones *zones;
    char local_zone[SCRIM_ZONE_MAX + 1]; // the machine's own; "" if it does not say
    struct scrim_sessions *sessions;
    struct scrim_second_step *second; // tickets and factors
    struct scrim_oidc_side *oidc;     // NULL: scrim.yaml names no provider
    struct scrim_oidc_begun *oidc_begun;
    struct scrim_opener_side *opener; // scrim-opener, which guards what may be opened
    struct scrim_throttle *throttle;
    struct scrim_camera_status *status; // one per camera

    struct scrim_worker *auth;    // owns `users`
    struct scrim_catalog *past;   // notes what becomes of the picture; main's
    struct scrim_worker *catalog; // owns the index's writer; catches up, deletes what expired
    struct scrim_worker *query;   // owns the index's reader

    uint64_t disk_free, disk_total; // bytes of the store's file system, as of the last look
    json_t *storage;                // what the keeper said last; NULL: nothing yet
    struct scrim_disk_report disks; // what the recorder says of them; empty while there is none
    struct scrim_metrics_token metrics_token;
    int status_code; // what main returns
};

// Index of a camera by its id; false if there is none.
bool scrim_desk_camera(const struct scrim_desk *desk, const char *id, unsigned *ret);
// Ends the loop; main cleans up and returns `status_code`.
void scrim_desk_stop(struct scrim_desk *desk, int status_code);
