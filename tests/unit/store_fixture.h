// A site of one or two cameras in a temporary directory, with a 2-of-3 vault, for tests of what
// lies on disk.
#pragma once

#include "store/check.h"
#include "store/disk.h"
#include "store/hour_key.h"
#include "store/opening.h"

struct fixture {
    char dir[256];
    struct scrim_site site;
    struct scrim_site_config config;
    struct scrim_camera_config cameras[2]; // "quay" and "gate"
    struct scrim_vault vault;
    struct scrim_share shares[3];
    struct scrim_device_key *key;
    uint8_t public_key[32];
};

void fixture_create(struct fixture *f);
void fixture_destroy(struct fixture *f);

// "DIR/<below>"
void fixture_path(const struct fixture *f, const char *below, char ret[SCRIM_PATH_MAX]);

#define FIXTURE_START_US INT64_C(1795428000000000) // 2026-11-23T10:00:00Z
// Deterministic bytes that are no video.
void fixture_plain(uint8_t *to, size_t count, unsigned seed);

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

// Runs the check. Findings are appended to `ret` as lines "kind file\n".
int fixture_check(const struct fixture *f, struct scrim_check_result *ret_result,
                  struct scrim_buf *ret);
bool fixture_found(const struct scrim_buf *findings, const char *text);

void fixture_flip(const char *path, long at, uint8_t mask);
void fixture_cut(const char *path, long size);
long fixture_size(const char *path); // -1: there is none
