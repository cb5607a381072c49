// What the recorder says of the disks (SCRIM_LINK_DISKS, recorder/disks_state.h): one JSON object,
// taken as hostile.
#pragma once

#include "store/disks.h"
#include "store/latency.h"

struct scrim_disk_status {
    char id[SCRIM_DISK_ID_MAX + 1]; // "": the site's own store
    unsigned state;                 // enum scrim_disk_state
    char detail[512];
    int64_t total, free;              // bytes; 0: not known yet
    int64_t written, queued, refused; // bytes, bytes, pushes that found the queue full
    int64_t segments;
    struct scrim_latency write, flush; // without last_us
};

struct scrim_disk_report {
    struct scrim_disk_status disks[SCRIM_DISKS_MAX];
    unsigned count;
    struct scrim_latency journal_flush; // without last_us
    // Of each camera in scrim.yaml: the place in `disks` of what its next segment goes to, or -1.
    int *camera_disks; // owned
};

// SCRIM_EFORMAT for anything that is not exactly such an object, which leaves *ret as it was.
// Members and cameras we do not know are ignored.
SCRIM_MUST_CHECK int scrim_disk_report_parse(const void *text, size_t count,
                                             const struct scrim_site_config *config,
                                             struct scrim_disk_report *ret);
void scrim_disk_report_finish(struct scrim_disk_report *report); // empties it; NULL is fine
