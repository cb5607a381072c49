#include "opener/sealed.h"

#include "base/alloc.h"
#include "store/disks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_sized(const char *path, uint64_t bytes, struct scrim_error *error)
{
    struct stat info;
    int fd = scrim_sealed_open(path, error);
    if (fd == SCRIM_ENOENT)
        return scrim_fail(error, fd,
                          "%s is not there any more: its time was over, it was destroyed, or its "
                          "disk lost it",
                          path);
    if (fd < 0 || (fstat(fd, &info) == 0 && (uint64_t)info.st_size == bytes))
        return fd;
    scrim_close_fd(&fd);
    return scrim_fail(error, SCRIM_EAUTH,
                      "%s is damaged: it has not the size that was recorded of it", path);
}

static int read_front(int fd, const char *path, uint8_t *to, size_t count,
                      struct scrim_error *error)
{
    const ssize_t got = pread(fd, to, count, 0);
    if (got < 0)
        return scrim_fail_errno(error, errno, "%s", path);
    return (size_t)got == count ? SCRIM_OK
                                : scrim_fail(error, SCRIM_EAUTH, "%s is cut short", path);
}

static int take_bytes(int fd, const char *path, const struct scrim_sealed_head *head,
                      struct scrim_buf *ret, struct scrim_error *error)
{
    uint8_t front[SCRIM_SEALED_HEAD_MAX];
    if (head->header.length > sizeof front)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: too long a header", path);
    int result = read_front(fd, path, front, head->header.length, error);
    if (result >= 0 && (result = scrim_buf_append(ret, front, head->header.length)) < 0)
        scrim_fail(error, result, "%s: no memory for its header", path);
    return result;
}

int scrim_sealed_front(const struct scrim_site *site, const char *camera,
                       const struct scrim_opening_segment *segment,
                       struct scrim_sealed_head *ret_head, struct scrim_buf *ret_bytes,
                       struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_sealed_head head;
    int result = scrim_store_segment_path(path, site, segment->disk, camera, segment->file, error);
    if (result < 0)
        return result;
    SCRIM_AUTO(scrim_close_fd) int fd = open_sized(path, segment->bytes, error);
    if (fd < 0)
        return fd;
    result = scrim_sealed_head_read(fd, path, &head, error);
    if (result < 0)
        return scrim_fail_prefix(error, "a damaged segment");
    result =
        scrim_sealed_label_fits(&head.tdh2.label, site->config->id, camera, segment->file, error);
    if (result < 0)
        scrim_fail_prefix(error, "%s", path);
    else
        result = take_bytes(fd, path, &head, ret_bytes, error);
    if (result < 0)
        scrim_sealed_head_finish(&head);
    else
        *ret_head = head;
    return result;
}

static int open_tail(const char *path, int *ret_tail_fd, struct scrim_error *error)
{
    char tail[SCRIM_PATH_MAX];
    if (snprintf(tail, sizeof tail, "%s.tail", path) >= (int)sizeof tail)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", path);
    const int fd = scrim_sealed_open(tail, error);
    *ret_tail_fd = fd >= 0 ? fd : -1;
    return fd >= 0 || fd == SCRIM_ENOENT ? SCRIM_OK : fd; // a torn one need not have one
}

static int check_listed(int fd, const char *path, const struct scrim_segment_entry *entry,
                        int *ret_tail_fd, struct scrim_error *error)
{
    uint8_t front[SCRIM_SEALED_HEAD_MAX];
    if (entry->header_len > sizeof front)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: too long a header in the list", path);
    const int result = read_front(fd, path, front, entry->header_len, error);
    if (result >= 0 && memcmp(front, entry->header, entry->header_len) != 0)
        return scrim_fail(error, SCRIM_EAUTH,
                          "%s is another file than the one that the holders approved", path);
    return result < 0 || entry->whole ? result : open_tail(path, ret_tail_fd, error);
}

int scrim_sealed_listed(const struct scrim_site *site, const struct scrim_segment_entry *entry,
                        int *ret_fd, int *ret_tail_fd, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int tail_fd = -1;
    int result =
        scrim_store_segment_path(path, site, entry->disk, entry->camera, entry->file, error);
    if (result < 0)
        return result;
    int fd = open_sized(path, entry->bytes, error);
    if (fd < 0)
        return fd;
    result = check_listed(fd, path, entry, &tail_fd, error);
    if (result < 0) {
        scrim_close_fd(&fd);
        return result;
    }
    *ret_fd = fd;
    *ret_tail_fd = tail_fd;
    return SCRIM_OK;
}
