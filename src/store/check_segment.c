// One sealed file against what its record says.
#include "store/check_impl.h"

#include "base/alloc.h"
#include "store/sealed_file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HOUR_US INT64_C(3600000000)
#define BORDER_US (10 * 60 * SCRIM_SECOND) // the last segment of an hour ends in the next

static void on_bytes(void *context, uint64_t bytes)
{
    struct check *check = context;
    check->result.bytes += bytes;
    if (check->progress)
        check->progress(check->context, check->files_done, check->result.bytes);
}

// Rightly gone: the camera's retention is over, and its hour key is shredded, unless the hour is at
// the border and others of it are still kept. The site may have shortened the retention since,
// never lengthened what is gone.
static bool has_expired(const struct check *check, const char *camera,
                        const struct scrim_record *record)
{
    const struct scrim_camera_config *config = scrim_site_camera(check->site, camera);
    const uint64_t hour = scrim_hour_of(record->start_us);
    const int64_t retention_us = config ? (int64_t)config->retention_hours * HOUR_US : 0;
    const bool at_border =
        check->now_us - ((int64_t)(hour + 1) * HOUR_US + BORDER_US) < retention_us;
    return check->now_us - record->end_us >= retention_us &&
           (at_border || !(check->ring && scrim_hour_ring_holds(check->ring, camera, hour)));
}

// By the vault that was the site's then.
static int check_seal(const struct check *check, const struct scrim_tdh2 *sealed,
                      struct scrim_error *error)
{
    const struct scrim_vault *vault = scrim_vault_set_find(check->vaults, sealed->vault_id);
    return scrim_tdh2_check(vault ? vault : scrim_vault_set_at(check->vaults, 0), sealed, error);
}

static void check_head(struct check *check, const char *camera, const char *file, const char *shown,
                       int fd, const char *path, bool torn)
{
    struct scrim_sealed_head head;
    struct scrim_error why;
    int result = scrim_sealed_head_read(fd, path, &head, &why);
    if (result == SCRIM_EAGAIN && torn)
        return; // it ends before there is anything to open
    if (result < 0) {
        scrim_check_say(check, SCRIM_FINDING_HEADER, shown, "%s", why.text);
        return;
    }
    result = scrim_sealed_label_fits(&head.tdh2.label, check->site->config->id, camera, file, &why);
    if (result >= 0 && check->vaults)
        result = check_seal(check, &head.tdh2, &why);
    if (result < 0)
        scrim_check_say(check, SCRIM_FINDING_HEADER, shown, "%s", why.text);
    scrim_sealed_head_finish(&head);
}

#define ANY_SIZE UINT64_MAX // the journal does not say how long the file is

static bool digest_fits(struct check *check, int fd, const char *path, const char *shown,
                        const uint8_t sha256[32], uint64_t bytes)
{
    uint8_t found[32];
    uint64_t size;
    struct scrim_error why;
    if (scrim_file_digest(fd, path, found, &size, on_bytes, check, &why) < 0)
        scrim_check_say(check, SCRIM_FINDING_SEGMENT, shown, "cannot be read: %s", why.text);
    else if (bytes != ANY_SIZE && size != bytes)
        scrim_check_say(check, SCRIM_FINDING_SEGMENT, shown,
                        "it has %llu bytes, the journal says %llu", (unsigned long long)size,
                        (unsigned long long)bytes);
    else if (memcmp(found, sha256, sizeof found) != 0)
        scrim_check_say(check, SCRIM_FINDING_SEGMENT, shown,
                        "its content is not what was journalled (SHA-256 differs)");
    else
        return true;
    return false;
}

static void check_tail(struct check *check, const char *segment_path, const char *segment_shown,
                       const uint8_t sha256[32])
{
    char path[SCRIM_PATH_MAX], shown[SCRIM_PATH_MAX];
    struct scrim_error why;
    if (snprintf(path, sizeof path, "%s.tail", segment_path) >= (int)sizeof path ||
        snprintf(shown, sizeof shown, "%s.tail", segment_shown) >= (int)sizeof shown)
        return;
    SCRIM_AUTO(scrim_close_fd) int fd = scrim_sealed_open(path, &why);
    if (fd == SCRIM_ENOENT)
        scrim_check_say(check, SCRIM_FINDING_SEGMENT, shown, "it is missing");
    else if (fd < 0)
        scrim_check_say(check, SCRIM_FINDING_SEGMENT, shown, "cannot be opened: %s", why.text);
    else
        (void)digest_fits(check, fd, path, shown, sha256, ANY_SIZE);
}

void scrim_check_segment(struct check *check, const char *camera, const struct scrim_record *record)
{
    static const uint8_t none[32];
    char path[SCRIM_PATH_MAX], shown[SCRIM_PATH_MAX];
    struct scrim_error why;
    const int disk = scrim_check_disk_of(check, record->disk);
    if (disk < 0) {
        check->result.absent++;
        return;
    }
    scrim_check_show(check, (unsigned)disk, camera, record->file, shown);
    if (scrim_disks_path(path, check->site, (unsigned)disk, camera, record->file) < 0)
        return;
    SCRIM_AUTO(scrim_close_fd) int fd = scrim_sealed_open(path, &why);
    check->files_done++;
    if (fd == SCRIM_ENOENT && has_expired(check, camera, record))
        check->result.expired++;
    else if (fd == SCRIM_ENOENT)
        scrim_check_missing_add(check, camera, (unsigned)disk, record);
    else if (fd < 0)
        scrim_check_say(check, SCRIM_FINDING_SEGMENT, shown, "cannot be opened: %s", why.text);
    else {
        if (digest_fits(check, fd, path, shown, record->sha256, record->bytes))
            check_head(check, camera, record->file, shown, fd, path, record->torn);
        if (record->torn && memcmp(record->tail_sha256, none, sizeof none) != 0)
            check_tail(check, path, shown, record->tail_sha256);
    }
}

void scrim_check_unrecorded(struct check *check, unsigned disk, const char *camera,
                            const char *file)
{
    char path[SCRIM_PATH_MAX], shown[SCRIM_PATH_MAX];
    scrim_check_show(check, disk, camera, file, shown);
    if (scrim_disks_path(path, check->site, disk, camera, file) < 0)
        return;
    SCRIM_AUTO(scrim_close_fd) int fd = scrim_sealed_open(path, NULL);
    if (fd >= 0)
        check_head(check, camera, file, shown, fd, path, true);
}
