#include "store/journal_out.h"

#include "base/alloc.h"
#include "store/journal_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void scrim_journal_out_init(struct scrim_journal_out *out, const char *camera,
                            const struct scrim_journal_head *head, struct scrim_ledger *ledger)
{
    *out = (struct scrim_journal_out){.ledger = ledger, .head = *head, .fd = -1};
    snprintf(out->camera, sizeof out->camera, "%s", camera);
    scrim_buf_init(&out->unsure, SCRIM_JOURNAL_UNSURE_MAX);
}

void scrim_journal_out_finish(struct scrim_journal_out *out)
{
    scrim_close_fd(&out->fd);
    scrim_buf_finish(&out->unsure);
}

struct journal_name {
    char below[SCRIM_CAMERA_ID_MAX + SCRIM_DAY_TEXT + 16]; // DIR/store
    char path[SCRIM_PATH_MAX];                             // for sentences
};

static void name_journal(const struct scrim_journal_out *out,
                         const struct scrim_journal_place *place, const char *day,
                         struct journal_name *ret)
{
    snprintf(ret->below, sizeof ret->below, "%s/%s/journal", out->camera, day);
    snprintf(ret->path, sizeof ret->path, "%s/%s", place->path, ret->below);
}

static int open_day(struct scrim_journal_out *out, const struct scrim_journal_place *place,
                    const char *day, struct scrim_error *error)
{
    struct journal_name name;
    struct stat info;
    char directory[sizeof name.below];
    name_journal(out, place, day, &name);
    snprintf(directory, sizeof directory, "%s/%s", out->camera, day);
    const int made = scrim_fs_make_dirs_at(place->store_fd, directory, 0770, name.path, error);
    if (made < 0)
        return made;
    int fd =
        scrim_fs_open_at(place->store_fd, name.below, O_WRONLY | O_CREAT, 0640, name.path, error);
    if (fd < 0)
        return fd;
    if (fstat(fd, &info) < 0) {
        const int why = errno;
        scrim_close_fd(&fd);
        return scrim_fail_errno(error, why, "%s", name.path);
    }
    scrim_close_fd(&out->fd);
    out->fd = fd;
    out->named = false;
    out->durable = (uint64_t)info.st_size; // all of it: recovery has seen to that
    snprintf(out->day, sizeof out->day, "%s", day);
    return SCRIM_OK;
}

int scrim_journal_out_prepare(struct scrim_journal_out *out,
                              const struct scrim_journal_place *place, bool late_too,
                              struct scrim_error *error)
{
    char day[SCRIM_DAY_TEXT];
    if (out->unsure.len > 0)
        return SCRIM_OK; // what the open journal is owed comes first
    const struct scrim_record *next = scrim_ledger_first(out->ledger, late_too);
    if (!next)
        return SCRIM_OK;
    scrim_journal_day(&out->head, next->start_us, day);
    return out->fd >= 0 && strcmp(day, out->day) == 0 ? SCRIM_OK : open_day(out, place, day, error);
}

// The next record of the open day. A later day waits for the next round: its file is not there yet.
static const struct scrim_record *next_of_day(const struct scrim_journal_out *out, bool late_too)
{
    char day[SCRIM_DAY_TEXT];
    if (out->unsure.len + SCRIM_JOURNAL_LINE_MAX > SCRIM_JOURNAL_UNSURE_MAX)
        return NULL;
    const struct scrim_record *next = scrim_ledger_first(out->ledger, late_too);
    if (!next)
        return NULL;
    scrim_journal_day(&out->head, next->start_us, day);
    return strcmp(day, out->day) == 0 ? next : NULL;
}

static int format(struct scrim_journal_out *out, const struct scrim_journal_place *place,
                  const struct scrim_record *next, struct scrim_error *error)
{
    struct scrim_record record = *next;
    snprintf(record.camera, sizeof record.camera, "%s", out->camera);
    if (record.end_us < record.start_us) // the clock stepped back
        record.end_us = record.start_us + (record.mono_end_us > record.mono_start_us
                                               ? record.mono_end_us - record.mono_start_us
                                               : 0);
    const int result = scrim_journal_format(place->key, &out->head, &record, &out->unsure);
    if (result < 0 && result != SCRIM_EINVAL)
        return scrim_fail(error, result, "camera %s: cannot format a record: %s", out->camera,
                          scrim_err_text(result));
    scrim_ledger_pop_first(out->ledger);
    // A record that cannot be expressed is a fault in this program; it must not hold up the others.
    if (result < 0)
        return scrim_fail(error, SCRIM_EINTERNAL, "camera %s: a record was not valid", out->camera);
    snprintf(out->head.day, sizeof out->head.day, "%s", out->day);
    out->lines++;
    return SCRIM_OK;
}

static int flush(struct scrim_journal_out *out, const struct scrim_journal_place *place,
                 struct scrim_error *error)
{
    struct journal_name name;
    name_journal(out, place, out->day, &name);
    const int result = scrim_fs_pwrite(out->fd, out->unsure.data, out->unsure.len,
                                       (off_t)out->durable, name.path, error);
    return result < 0 ? result : scrim_fs_sync(out->fd, name.path, error);
}

int scrim_journal_out_write(struct scrim_journal_out *out, const struct scrim_journal_place *place,
                            bool late_too, uint64_t *ret_lines, struct scrim_error *error)
{
    const struct scrim_record *next;
    int formatted = SCRIM_OK;
    *ret_lines = 0;
    if (out->fd < 0 || !out->named)
        return SCRIM_OK;
    while (formatted >= 0 && (next = next_of_day(out, late_too)))
        formatted = format(out, place, next, error);
    if (out->unsure.len == 0)
        return formatted;
    const int flushed = flush(out, place, error);
    if (flushed < 0)
        return flushed;
    *ret_lines = out->lines;
    out->durable += out->unsure.len;
    out->lines = 0;
    scrim_buf_clear(&out->unsure);
    return formatted;
}
