#include "opener/glass.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "store/disks.h"
#include "store/glass_now.h"
#include "store/opening.h"
#include "store/sealed_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SEGMENTS_MAX 4096 // of a quarter of an hour: a camera that comes and goes each second
#define LONGEST_US (10 * 60 * SCRIM_SECOND) // no segment is: it is cut after one, at a key frame

struct shown {
    struct scrim_glass_now now;
    struct scrim_buf found; // struct scrim_opening_segment each
    size_t count;
};

static const struct scrim_opening_segment *list_of(const struct shown *shown)
{
    return (const struct scrim_opening_segment *)(const void *)shown->found.data;
}

static int find(const struct scrim_site *site, const char *camera, struct shown *ret,
                struct scrim_error *error)
{
    const int64_t now_us = scrim_clock_utc_us();
    scrim_buf_init(&ret->found, SEGMENTS_MAX * sizeof(struct scrim_opening_segment));
    ret->count = 0;
    int result = scrim_glass_now_read(site->dir, now_us, &ret->now, error);
    if (result == SCRIM_ENOENT)
        return scrim_fail(error, SCRIM_ETIMEOUT, "No glass is broken, or its time is over.");
    if (result >= 0 && !scrim_site_camera(site, camera))
        result = scrim_fail(error, SCRIM_ENOENT, "There is no such camera.");
    if (result >= 0)
        result = scrim_opening_find(site, camera, ret->now.from_us, ret->now.until_us, &ret->found,
                                    error);
    ret->count = ret->found.len / sizeof(struct scrim_opening_segment);
    return result;
}

// One that a crash left without a record ends nowhere, too: but it began long before.
static bool is_shown(const struct scrim_glass_now *now, const struct scrim_opening_segment *segment)
{
    return segment->start_us > now->from_us - LONGEST_US &&
           scrim_glass_now_shows(now, segment->start_us,
                                 segment->end_us == INT64_MAX ? 0 : segment->end_us);
}

void scrim_opener_glass_name(const char *file, char ret[SCRIM_OPENER_NAME])
{
    const char *slash = strchr(file, '/');
    const char *dot = slash ? strchr(slash, '.') : NULL;
    ret[0] = '\0';
    if (dot)
        snprintf(ret, SCRIM_OPENER_NAME, "%.*s_%.*s", (int)(slash - file), file,
                 (int)(dot - slash - 1), slash + 1);
}

// The newest one of a camera grows until there is another, or a record of its end.
static int append(const struct scrim_opening_segment *segment, bool first, struct scrim_buf *ret)
{
    char name[SCRIM_OPENER_NAME];
    scrim_opener_glass_name(segment->file, name);
    return scrim_buf_printf(ret,
                            "%s{\"name\":\"%s\",\"start_us\":%" PRId64 ",\"end_us\":%" PRId64
                            ",\"bytes\":%" PRIu64 "}",
                            first ? "" : ",", name, segment->start_us,
                            segment->end_us == INT64_MAX ? 0 : segment->end_us, segment->bytes);
}

int scrim_opener_glass_list(const struct scrim_site *site, const char *camera,
                            struct scrim_buf *ret, int64_t *ret_until_us, struct scrim_error *error)
{
    struct shown shown;
    bool first = true;
    int result = find(site, camera, &shown, error);
    if (result >= 0)
        result = scrim_buf_append_text(ret, "{\"segments\":[");
    for (size_t i = 0; i < shown.count && result >= 0; i++) {
        const struct scrim_opening_segment *segment = &list_of(&shown)[i];
        if (!is_shown(&shown.now, segment))
            continue;
        result = append(segment, first, ret);
        first = false;
    }
    if (result >= 0)
        result = scrim_buf_append_text(ret, "]}");
    if (result >= 0)
        *ret_until_us = shown.now.until_us;
    else if (error->code != result)
        scrim_fail(error, result, "The list of segments cannot be made: %s.",
                   scrim_err_text(result));
    scrim_buf_finish(&shown.found);
    return result;
}

// Of the segment that grows it is the camera's; of a torn one its own.
static int open_tail(const struct scrim_site *site, const char *camera,
                     const struct scrim_opening_segment *segment, const char *path,
                     struct scrim_error *error)
{
    char tail[SCRIM_PATH_MAX];
    if (segment->end_us != INT64_MAX) {
        if (snprintf(tail, sizeof tail, "%s.tail", path) >= (int)sizeof tail)
            return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", path);
    } else {
        const int disk = scrim_disks_find(site, segment->disk, error);
        if (disk < 0)
            return disk;
        if (scrim_disks_path(tail, site, (unsigned)disk, camera, "tail") < 0)
            return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", site->dir);
    }
    const int fd = scrim_sealed_open(tail, error);
    return fd == SCRIM_ENOENT ? -1 : fd;
}

static int open_segment(const struct scrim_site *site, const char *camera,
                        const struct scrim_opening_segment *segment, struct scrim_guard_file *ret,
                        struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    int result = scrim_store_segment_path(path, site, segment->disk, camera, segment->file, error);
    if (result < 0)
        return result;
    int fd = scrim_sealed_open(path, error);
    if (fd < 0)
        return fd;
    if (fstat(fd, &info) < 0) {
        result = scrim_fail_errno(error, errno, "%s", path);
        scrim_close_fd(&fd);
        return result;
    }
    struct scrim_error ignored; // without its tail it shows a second less
    const int tail_fd = open_tail(site, camera, segment, path, &ignored);
    *ret = (struct scrim_guard_file){
        .fd = fd, .tail_fd = tail_fd >= 0 ? tail_fd : -1, .bytes = (uint64_t)info.st_size};
    return SCRIM_OK;
}

int scrim_opener_glass_segment(const struct scrim_site *site, const char *camera, const char *name,
                               struct scrim_guard_file *ret, struct scrim_error *error)
{
    const struct scrim_opening_segment *wanted = NULL;
    struct shown shown;
    int result = find(site, camera, &shown, error);
    for (size_t i = 0; i < shown.count && result >= 0 && !wanted; i++) {
        char found[SCRIM_OPENER_NAME];
        scrim_opener_glass_name(list_of(&shown)[i].file, found);
        if (strcmp(found, name) == 0 && is_shown(&shown.now, &list_of(&shown)[i]))
            wanted = &list_of(&shown)[i];
    }
    if (result >= 0)
        result = wanted ? open_segment(site, camera, wanted, ret, error)
                        : scrim_fail(error, SCRIM_ENOENT, "There is no such segment.");
    if (result >= 0)
        ret->until_us = shown.now.until_us;
    scrim_buf_finish(&shown.found);
    return result;
}
