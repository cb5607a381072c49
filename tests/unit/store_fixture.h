// A site of one or two cameras in a temporary directory, with a 2-of-3 vault, for tests of what
// lies on disk.
#pragma once

#include "base/fault.h"
#include "store/check.h"
#include "store/disk.h"
#include "store/hour_ring.h"
#include "store/opening.h"

struct fixture {
    char dir[256];
    struct scrim_site site;
    struct scrim_site_config config;
    struct scrim_camera_config cameras[2]; // "quay" and "gate"
    struct scrim_disk_config disks[2];     // "bay1" and "bay2", once fixture_add_disks was called
    struct scrim_vault vault;
    struct scrim_share shares[3];
    struct scrim_device_key *key;
    uint8_t public_key[32];
};

void fixture_create(struct fixture *f);
void fixture_destroy(struct fixture *f);
void fixture_keep(struct fixture *f); // the same, but the directory stays

// From here on segments go to two disks, DIR/bay1 and DIR/bay2, which are new. Of one size as they
// are, "quay" gets bay1 and "gate" bay2.
void fixture_add_disks(struct fixture *f);

// "DIR/<below>"
void fixture_path(const struct fixture *f, const char *below, char ret[SCRIM_PATH_MAX]);

#define FIXTURE_START_US INT64_C(1795428000000000) // 2026-11-23T10:00:00Z
// A clock that stands at FIXTURE_START_US until it is moved; any thread may read it meanwhile.
void fixture_clock_start(void);
void fixture_clock_pass(int64_t us);
void fixture_clock_end(void);

// Deterministic bytes that are no video.
void fixture_plain(uint8_t *to, size_t count, unsigned seed);

// Keys of one hour, as the keeper makes, reads and destroys them.
void fixture_make_key(const struct fixture *f, const char *camera, int64_t utc_us);
bool fixture_has_key(const struct fixture *f, const char *camera, int64_t utc_us);
int fixture_key(const struct fixture *f, const char *camera, uint64_t hour,
                uint8_t ret[SCRIM_HOUR_KEY], struct scrim_error *error);
void fixture_shred(const struct fixture *f, const char *camera, int64_t utc_us);

// A seal for a segment that starts at `start_us`; makes the hour key if it has to.
struct scrim_seal *fixture_seal(struct fixture *f, const char *camera, int64_t start_us,
                                struct scrim_buf *out);
// Opens a sealed file with two shares. `whole` and sizes as in scrim_plain_source.
int fixture_open(struct fixture *f, const char *camera, const char *path, const char *tail_path,
                 bool whole, struct scrim_plain **ret, struct scrim_error *error);
// All of its plaintext, appended to `ret`.
int fixture_read(struct fixture *f, const char *camera, const char *path, const char *tail_path,
                 bool whole, struct scrim_buf *ret, struct scrim_error *error);

// Recovers the camera, then writes `count` whole segments of `bytes` plaintext each, ten seconds
// apart, through the disk thread, and stops it.
void fixture_record(struct fixture *f, const char *camera, int64_t start_us, unsigned count,
                    size_t bytes);

// A recorder's disk thread with both cameras, recovered and started.
struct scrim_disk *fixture_disk(struct fixture *f, scrim_disk_report report, void *context);
// Two segments of each camera, ten seconds apart, with a tail while each is unfinished. `between`
// is called after each step of all cameras. A camera carries on whatever the disk says. What a
// segment holds is fixture_film_plain.
#define FIXTURE_FILM_PLAIN 100000
void fixture_film(struct fixture *f, struct scrim_disk *disk, int64_t start_us,
                  void (*between)(void *context), void *context);
void fixture_film_plain(unsigned segment, uint8_t ret[FIXTURE_FILM_PLAIN]);

// Everything the file system is asked for below DIR/store and DIR/bay… goes past `decide` first,
// with a number that counts up from 0. It returns 0 or the errno that the operation fails with.
// NULL ends it.
typedef int (*fixture_fault)(void *context, unsigned number, enum scrim_fault_op op,
                             const char *path);
void fixture_faults(const struct fixture *f, fixture_fault decide, void *context);

// Runs the check. Findings are appended to `ret` as lines "kind file\n".
int fixture_check(const struct fixture *f, struct scrim_check_result *ret_result,
                  struct scrim_buf *ret);
bool fixture_found(const struct scrim_buf *findings, const char *text);

// No findings; says them if there are.
bool fixture_is_clean(const struct fixture *f);

void fixture_flip(const char *path, long at, uint8_t mask);
void fixture_cut(const char *path, long size);
long fixture_size(const char *path); // -1: there is none
