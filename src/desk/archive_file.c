#include "desk/archive_file.h"

#include "base/alloc.h"
#include "desk/fmp4.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define FILE_US (60 * SCRIM_SECOND)
#define JUMP_US (2 * SCRIM_SECOND) // the clock moved this far against the media time: a new file
#define RETRY_US (10 * SCRIM_SECOND)
#define SAME_SECOND_MAX 100
#define INIT_MAX (1U << 20)

void archive_camera_init(struct archive_camera *camera, const char *dir, const char *id)
{
    *camera = (struct archive_camera){.dir = dir, .id = id, .fd = -1};
    camera->log = scrim_log_named("desk.archive.%s", id);
    scrim_buf_init(&camera->init, INIT_MAX);
}

void archive_camera_finish(struct archive_camera *camera)
{
    scrim_buf_finish(&camera->init);
}

void archive_camera_picture(struct archive_camera *camera, const char *mime, const uint8_t *segment,
                            size_t segment_len)
{
    scrim_buf_clear(&camera->init);
    camera->timescale = scrim_fmp4_timescale(segment, segment_len);
    snprintf(camera->mime, sizeof camera->mime, "%s", mime);
    if (camera->timescale == 0 || scrim_buf_append(&camera->init, segment, segment_len) < 0) {
        scrim_buf_clear(&camera->init);
        scrim_warn(&camera->log, "not archived: the init segment is malformed or too large");
    }
}

// Says once what is wrong, until something works again.
static void complain(struct archive_camera *camera, const struct scrim_error *error)
{
    if (!camera->complained)
        scrim_error_log(&camera->log, "the redacted picture is not archived: %s", error->text);
    camera->complained = true;
    camera->retry_us = scrim_clock_mono_us() + RETRY_US;
}

// DIR/veil/<camera>/<day>/<HHMMSS>[-n].mp4, new. The lock tells scrim_archive_recover that it is
// being written.
static int create_file(struct archive_camera *camera, int64_t utc_us, struct scrim_error *error)
{
    char day_dir[SCRIM_PATH_MAX], day[SCRIM_DAY_TEXT];
    int result = scrim_veil_day_dir(day_dir, camera->dir, camera->id, utc_us);
    if (result < 0)
        return scrim_fail(error, result, "%s: path too long", camera->dir);
    result = scrim_fs_make_dirs(day_dir, 0750, error); // the keeper reads the lists
    if (result < 0)
        return result;
    const struct scrim_date date = scrim_date_of(utc_us);
    scrim_day_of(utc_us, day);
    for (unsigned nth = 0; nth < SAME_SECOND_MAX; nth++) {
        char name[32], suffix[8] = "";
        if (nth > 0)
            snprintf(suffix, sizeof suffix, "-%u", nth);
        snprintf(name, sizeof name, "%02d%02d%02d%s.mp4", date.hour, date.minute, date.second,
                 suffix);
        if (scrim_path_join(camera->path, day_dir, name) < 0)
            return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", day_dir);
        camera->fd = scrim_fs_open(camera->path, O_WRONLY | O_CREAT | O_EXCL, 0600, error);
        if (camera->fd >= 0) {
            snprintf(camera->file.file, sizeof camera->file.file, "%s/%s", day, name);
            return flock(camera->fd, LOCK_EX | LOCK_NB) < 0
                       ? scrim_fail_errno(error, errno, "%s", camera->path)
                       : SCRIM_OK;
        }
        if (camera->fd != SCRIM_EEXIST)
            return camera->fd;
    }
    return scrim_fail(error, SCRIM_EEXIST, "%s: too many files begin in one second", day_dir);
}

static int write_bytes(struct archive_camera *camera, const void *bytes, size_t count,
                       struct scrim_error *error)
{
    const int result = scrim_fs_write(camera->fd, bytes, count, camera->path, error);
    if (result >= 0)
        camera->file.bytes += count;
    return result;
}

static int open_file(struct archive_camera *camera, const struct scrim_live_frame *frame,
                     struct scrim_error *error)
{
    camera->file = (struct scrim_archive_file){
        .start_us = frame->utc_us,
        .end_us = frame->utc_us,
        .first_pts_us = frame->pts_us,
    };
    snprintf(camera->file.camera, sizeof camera->file.camera, "%s", camera->id);
    snprintf(camera->file.mime, sizeof camera->file.mime, "%s", camera->mime);
    int result = create_file(camera, frame->utc_us, error);
    if (result < 0)
        return result;
    const uint64_t pts = (uint64_t)frame->pts_us, scale = camera->timescale;
    uint8_t prft[SCRIM_PRFT_BYTES];
    scrim_fmp4_prft(frame->utc_us,
                    pts / SCRIM_SECOND * scale + pts % SCRIM_SECOND * scale / SCRIM_SECOND, prft);
    result = write_bytes(camera, camera->init.data, camera->init.len, error);
    return result < 0 ? result : write_bytes(camera, prft, sizeof prft, error);
}

static void discard_file(struct archive_camera *camera)
{
    struct scrim_error error;
    if (camera->fd >= 0 && scrim_fs_unlink(camera->path, &error) < 0)
        scrim_warn(&camera->log, "%s", error.text);
    scrim_close_fd(&camera->fd);
    camera->fd = -1;
}

bool archive_camera_close(struct archive_camera *camera, struct scrim_archive_file *ret_closed)
{
    if (camera->fd < 0)
        return false;
    if (camera->file.end_us == camera->file.start_us) { // not one frame got in
        discard_file(camera);
        return false;
    }
    struct scrim_error error;
    char day_dir[SCRIM_PATH_MAX];
    int result = scrim_fs_sync(camera->fd, camera->path, &error);
    if (result >= 0)
        result = scrim_veil_day_dir(day_dir, camera->dir, camera->id, camera->file.start_us);
    if (result >= 0)
        result = scrim_fs_sync_dir(day_dir, &error);
    if (result < 0) // it is there and plays; only a power cut could still take it
        complain(camera, &error);
    scrim_close_fd(&camera->fd);
    camera->fd = -1;
    *ret_closed = camera->file;
    return true;
}

// Whether this key frame begins a new file.
static bool time_to_cut(const struct archive_camera *camera, const struct scrim_live_frame *frame)
{
    const int64_t media_us = frame->pts_us - camera->file.first_pts_us;
    const int64_t drift_us = frame->utc_us - camera->file.start_us - media_us;
    char day[SCRIM_DAY_TEXT];
    scrim_day_of(frame->utc_us, day);
    return media_us >= FILE_US || media_us < 0 || drift_us > JUMP_US || drift_us < -JUMP_US ||
           strncmp(day, camera->file.file, SCRIM_DAY_TEXT - 1) != 0;
}

// The end of the file is that of its last frame, which shows for as long as the one before it.
static void note_frame(struct archive_camera *camera, const struct scrim_live_frame *frame)
{
    const int64_t since_us = frame->pts_us - camera->last_pts_us;
    if (frame->pts_us > camera->file.first_pts_us && since_us > 0 && since_us < SCRIM_SECOND)
        camera->interval_us = since_us;
    if (camera->interval_us == 0)
        camera->interval_us = SCRIM_SECOND / 10;
    camera->last_pts_us = frame->pts_us;
    const int64_t shown_us = frame->pts_us - camera->file.first_pts_us + camera->interval_us;
    camera->file.end_us = camera->file.start_us + shown_us;
}

bool archive_camera_growing(const struct archive_camera *camera, struct scrim_archive_file *ret)
{
    if (camera->fd < 0 || camera->file.end_us == camera->file.start_us)
        return false;
    *ret = camera->file;
    return true;
}

bool archive_camera_frame(struct archive_camera *camera, const struct scrim_live_frame *frame,
                          struct scrim_archive_file *ret_closed)
{
    bool closed = false;
    struct scrim_error error;
    int result = SCRIM_OK;
    if (camera->fd >= 0 && frame->key && time_to_cut(camera, frame))
        closed = archive_camera_close(camera, ret_closed);
    if (camera->fd < 0) {
        if (!frame->key || camera->init.len == 0 || scrim_clock_mono_us() < camera->retry_us)
            return closed;
        result = open_file(camera, frame, &error);
        if (result < 0) {
            complain(camera, &error);
            discard_file(camera);
            return closed;
        }
    }
    result = write_bytes(camera, frame->fragment, frame->fragment_len, &error);
    if (result < 0) {
        complain(camera, &error);
        return archive_camera_close(camera, ret_closed) || closed; // up to here it plays
    }
    camera->complained = false;
    note_frame(camera, frame);
    return closed;
}
