// The places where sealed segments lie. Number 0 is the site's own store, DIR/store, whose id is
// "": it holds the journals, and segments too while scrim.yaml names no disks. Then come the disks
// of scrim.yaml, in its order. A record's `disk` is the id of the place that holds its file:
//
//     <root>/<camera>/<day>/<HHMMSS>.mp4.age, its .tail, and <root>/<camera>/tail
//     <root>/scrim-disk    which disk this is: made once, never changed (not in number 0)
//     <root>/scrim-probe   written to find out whether a disk that failed works again
//
// DIR/state/disks/<id> is the copy of scrim-disk that tells a disk from another one, and from the
// empty directory where it should be mounted. These functions keep no state and may be called from
// any thread; those that look at a disk wait for it, for ever if it hangs.
#pragma once

#include "site/config.h"
#include "store/layout.h"

#define SCRIM_DISKS_MAX 33 // places, the site's own store included

// How many places: 1 + the disks in scrim.yaml.
unsigned scrim_disks_count(const struct scrim_site *site);
// The id of place `at` (< count), "" for 0. Lives as long as the site's configuration.
const char *scrim_disks_id(const struct scrim_site *site, unsigned at);
// The number of an id, or SCRIM_ENOENT with "disk 'bay3' is not in scrim.yaml (any more)".
SCRIM_MUST_CHECK int scrim_disks_find(const struct scrim_site *site, const char *id,
                                      struct scrim_error *error);
// True if new segments go there: 0 only without disks in scrim.yaml, the others always.
bool scrim_disks_takes_segments(const struct scrim_site *site, unsigned at);
// "bay1 (/srv/scrim/bay1)" or "the site's own store (DIR/store)", for sentences.
void scrim_disks_name(const struct scrim_site *site, unsigned at, char *ret, size_t size);

// <root of place at>/<camera>/<below>. `below` NULL: the camera's directory; `camera` NULL too: the
// root.
SCRIM_MUST_CHECK int scrim_disks_path(char ret[SCRIM_PATH_MAX], const struct scrim_site *site,
                                      unsigned at, const char *camera, const char *below);
// Where the file of a record is: "<day>/<name>" of `camera` on the disk that the record names. The
// sentence is complete, also for a disk that scrim.yaml does not name.
SCRIM_MUST_CHECK int scrim_store_segment_path(char ret[SCRIM_PATH_MAX],
                                              const struct scrim_site *site, const char *disk,
                                              const char *camera, const char *file,
                                              struct scrim_error *error);

enum scrim_disk_presence {
    SCRIM_DISK_PRESENT, // its identity is the one that is remembered; the site's own store always
    SCRIM_DISK_NEW,     // never used: an empty directory, no identity
    SCRIM_DISK_ABSENT,  // nothing there, or a directory without identity: not mounted
    SCRIM_DISK_FOREIGN, // another disk's identity, or files that are not ours
};
// Reads what lies at the disk's path. `why` gets a sentence unless it is PRESENT or NEW.
enum scrim_disk_presence scrim_disks_look(const struct scrim_site *site, unsigned at,
                                          struct scrim_error *why);
// Gives a NEW disk its identity, durable before it is remembered. SCRIM_OK at once if PRESENT;
// otherwise SCRIM_EUNSUPPORTED with the sentence of _look.
SCRIM_MUST_CHECK int scrim_disks_adopt(const struct scrim_site *site, unsigned at,
                                       struct scrim_error *error);
