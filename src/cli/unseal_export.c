#include "base/alloc.h"
#include "base/clock.h"
#include "cli/unseal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// "<day>/<name>" becomes "<camera>-<day>-<name>" in one directory.
static int export_path(const struct scrim_opening_segment *segment, const char *camera,
                       const char *directory, char ret[SCRIM_PATH_MAX], struct scrim_error *error)
{
    return snprintf(ret, SCRIM_PATH_MAX, "%s/%s-%.*s-%s", directory, camera, SCRIM_DAY_TEXT - 1,
                    segment->file, segment->file + SCRIM_DAY_TEXT) >= SCRIM_PATH_MAX
               ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", directory)
               : SCRIM_OK;
}

// *ret_made is true once the file exists, whatever follows.
static int export_segment(struct scrim_opening *opening, size_t at, const uint8_t recipient[32],
                          const char *path, bool *ret_made, struct scrim_error *error)
{
    struct scrim_plain *plain = NULL;
    uint64_t bytes = 0;
    int result = scrim_opening_open(opening, at, &plain, error);
    if (result < 0)
        return result;
    SCRIM_AUTO(scrim_close_fd)
    int fd = scrim_fs_open(path, O_WRONLY | O_CREAT | O_EXCL, 0600, error);
    *ret_made = fd >= 0;
    result = fd;
    if (result >= 0)
        result = scrim_plain_export(plain, recipient, fd, path, &bytes, error);
    if (result >= 0 && bytes > 0)
        result = scrim_fs_sync(fd, path, error);
    scrim_plain_close(plain);
    if (result >= 0 &&
        bytes == 0) { // cut off before its first chunk: an age file of nothing helps nobody
        *ret_made = false;
        result = scrim_fs_unlink(path, error);
    }
    return result;
}

struct exported {
    size_t files;
    int64_t duration_us;
};

static void remove_exported(struct scrim_opening *opening, const char *camera,
                            const char *directory, const bool *made)
{
    for (size_t i = 0; i < scrim_opening_count(opening); i++) {
        char path[SCRIM_PATH_MAX];
        if (made[i] &&
            export_path(scrim_opening_segment(opening, i), camera, directory, path, NULL) >= 0)
            unlink(path);
    }
}

static int export_all(struct scrim_opening *opening, const char *camera,
                      const uint8_t recipient[32], const char *directory, struct exported *ret,
                      struct scrim_error *error)
{
    const size_t count = scrim_opening_count(opening);
    const int64_t now_us = scrim_clock_utc_us();
    SCRIM_AUTO(scrim_free_pointer) bool *made = scrim_new_array(count, bool);
    int result = scrim_fs_make_dirs(directory, 0700, error);
    for (size_t i = 0; i < count && result >= 0; i++) {
        const struct scrim_opening_segment *segment = scrim_opening_segment(opening, i);
        char path[SCRIM_PATH_MAX];
        result = export_path(segment, camera, directory, path, error);
        if (result >= 0)
            result = export_segment(opening, i, recipient, path, &made[i], error);
        const int64_t end_us = segment->end_us < now_us ? segment->end_us : now_us;
        ret->files += made[i];
        ret->duration_us += made[i] ? end_us - segment->start_us : 0;
    }
    if (result >= 0)
        result = scrim_fs_sync_dir(directory, error);
    if (result < 0)
        remove_exported(opening, camera, directory, made);
    return result;
}

int scrim_unseal_export(struct scrim_opening *opening, const char *camera, const char *recipient,
                        const char *directory, struct scrim_error *error)
{
    uint8_t public[32];
    struct scrim_error log_error;
    struct exported exported = {0};
    int result = scrim_age_recipient_parse(recipient, public, error);
    if (result >= 0)
        result = scrim_opening_log_intent(opening, error);
    if (result < 0)
        return result;
    result = export_all(opening, camera, public, directory, &exported, error);
    const double seconds = (double)exported.duration_us / SCRIM_SECOND;
    const int logged = scrim_opening_log_outcome(opening, result < 0 ? 0 : seconds,
                                                 result < 0 ? 0 : exported.files,
                                                 result < 0 ? error->text : NULL, &log_error);
    if (logged < 0)
        fprintf(stderr, "scrim unseal: the outcome is not logged: %s\n", log_error.text);
    if (result < 0)
        return result;
    printf("sealed %.1f s of %s (%zu %s) again for %s in %s\n", seconds, camera, exported.files,
           exported.files == 1 ? "segment" : "segments", recipient, directory);
    return logged;
}
