#include "store/disk_camera.h"

#include "base/alloc.h"
#include "store/tail.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NAMES_MAX 1000 // segments that may share a second, after clock steps

struct scrim_disk_camera *scrim_disk_camera_create(const char *id,
                                                   const struct scrim_disk_root *root)
{
    struct scrim_disk_camera *camera = scrim_new(struct scrim_disk_camera);
    camera->id = id;
    camera->root = root;
    camera->segment_fd = camera->tail_fd = -1;
    camera->tail_last = camera->tail_kept = -1;
    camera->hash = EVP_MD_CTX_new();
    if (!camera->hash)
        abort();
    return camera;
}

void scrim_disk_camera_destroy(struct scrim_disk_camera *camera)
{
    if (!camera)
        return;
    scrim_close_fd(&camera->segment_fd);
    scrim_close_fd(&camera->tail_fd);
    EVP_MD_CTX_free(camera->hash);
    free(camera);
}

// A file of the camera: below the root, and in whole for sentences.
struct file_name {
    char below[SCRIM_CAMERA_ID_MAX + 80];
    char path[SCRIM_PATH_MAX];
};

static int name_file(const struct scrim_disk_camera *camera, const char *file,
                     struct file_name *ret, struct scrim_error *error)
{
    snprintf(ret->below, sizeof ret->below, "%s/%s", camera->id, file);
    return scrim_path_join(ret->path, camera->root->path, ret->below) < 0
               ? scrim_fail(error, SCRIM_EINVAL, "camera %s: path too long", camera->id)
               : SCRIM_OK;
}

// What the kernel took of a write that failed; it is in the file and must be in the hash.
static size_t taken_of(const struct scrim_disk_camera *camera, size_t count)
{
    struct stat info;
    if (fstat(camera->segment_fd, &info) < 0 || (uint64_t)info.st_size < camera->bytes)
        return 0;
    const uint64_t taken = (uint64_t)info.st_size - camera->bytes;
    return taken < count ? (size_t)taken : count;
}

static int write_segment(struct scrim_disk_camera *camera, const struct scrim_buf *bytes,
                         struct scrim_error *error)
{
    struct file_name name;
    int result = name_file(camera, camera->file, &name, error);
    if (result < 0)
        return result;
    result = scrim_fs_write(camera->segment_fd, bytes->data, bytes->len, name.path, error);
    const size_t taken = result >= 0 ? bytes->len : taken_of(camera, bytes->len);
    if (EVP_DigestUpdate(camera->hash, bytes->data, taken) != 1 && result >= 0)
        result = scrim_fail(error, SCRIM_EINTERNAL, "camera %s: SHA-256 failed", camera->id);
    camera->bytes += taken;
    camera->failed = result < 0;
    return result;
}

// Makes the file under the first free name of its second.
static int create_file(struct scrim_disk_camera *camera, int64_t start_us,
                       struct scrim_error *error)
{
    char day[SCRIM_DAY_TEXT], name[32];
    struct file_name directory, file;
    scrim_day_of(start_us, day);
    int result = name_file(camera, day, &directory, error);
    if (result >= 0)
        result =
            scrim_fs_make_dirs_at(camera->root->fd, directory.below, 0770, directory.path, error);
    if (result < 0)
        return result;
    for (unsigned nth = 0; nth < NAMES_MAX; nth++) {
        scrim_segment_name(name, start_us, nth);
        snprintf(camera->file, sizeof camera->file, "%s/%s", day, name);
        result = name_file(camera, camera->file, &file, error);
        if (result >= 0)
            result = scrim_fs_open_at(camera->root->fd, file.below, O_WRONLY | O_CREAT | O_EXCL,
                                      0600, file.path, error);
        if (result != SCRIM_EEXIST)
            return result;
    }
    return result;
}

int scrim_disk_camera_open(struct scrim_disk_camera *camera, int64_t start_us,
                           const struct scrim_buf *bytes, struct scrim_error *error)
{
    camera->failed = true;
    const int fd = create_file(camera, start_us, error);
    if (fd < 0)
        return fd;
    camera->segment_fd = fd;
    camera->start_us = start_us;
    camera->bytes = 0;
    if (EVP_DigestInit_ex(camera->hash, EVP_sha256(), NULL) != 1)
        return scrim_fail(error, SCRIM_EINTERNAL, "camera %s: SHA-256 failed", camera->id);
    return write_segment(camera, bytes, error);
}

int scrim_disk_camera_append(struct scrim_disk_camera *camera, const struct scrim_buf *bytes,
                             struct scrim_error *error)
{
    if (camera->segment_fd < 0 || camera->failed)
        return SCRIM_OK;
    return write_segment(camera, bytes, error);
}

// The slot that neither the last tail nor the last one that a flush covered is in.
static int next_slot(struct scrim_disk_camera *camera)
{
    int slot = 0;
    if (camera->tail_flushes < camera->root->flushes)
        camera->tail_kept = camera->tail_last;
    while (slot == camera->tail_last || slot == camera->tail_kept)
        slot++;
    return slot;
}

int scrim_disk_camera_tail(struct scrim_disk_camera *camera, const struct scrim_buf *bytes,
                           struct scrim_error *error)
{
    struct file_name name;
    if (camera->segment_fd < 0 || camera->failed)
        return SCRIM_OK;
    const int slot = next_slot(camera);
    int result = name_file(camera, "tail", &name, error);
    if (result >= 0 && camera->tail_fd < 0)
        result = camera->tail_fd = scrim_fs_open_at(camera->root->fd, name.below,
                                                    O_WRONLY | O_CREAT, 0600, name.path, error);
    if (result >= 0)
        result = scrim_fs_pwrite(camera->tail_fd, bytes->data, bytes->len,
                                 (off_t)slot * SCRIM_TAIL_SLOT, name.path, error);
    if (result >= 0) {
        camera->tail_last = slot;
        camera->tail_flushes = camera->root->flushes;
    }
    camera->failed = result < 0;
    return result;
}

void scrim_disk_call_torn(struct scrim_record *record, const char *why)
{
    record->torn = true;
    record->frames = record->keyframes = 0;
    if (record->detail[0] == '\0')
        snprintf(record->detail, sizeof record->detail, "%s", why);
}

bool scrim_disk_camera_doubt(struct scrim_disk_camera *camera)
{
    const bool affected = camera->segment_fd >= 0 && !camera->failed;
    if (affected)
        camera->failed = true;
    return affected;
}

bool scrim_disk_camera_close(struct scrim_disk_camera *camera, struct scrim_record *record,
                             const char *why_torn)
{
    const bool exists = camera->segment_fd >= 0;
    if (exists) {
        unsigned length = 0;
        snprintf(record->disk, sizeof record->disk, "%s", camera->root->id);
        snprintf(record->file, sizeof record->file, "%s", camera->file);
        record->bytes = camera->bytes;
        if (EVP_DigestFinal_ex(camera->hash, record->sha256, &length) != 1)
            camera->failed = true;
        if (camera->failed || why_torn)
            scrim_disk_call_torn(record, why_torn ? why_torn : "not all of it could be written");
        scrim_close_fd(&camera->segment_fd);
    }
    camera->failed = false;
    return exists;
}
