// Which files hold a range of time: what the journals say, and the newest file, which has no record
// yet.
#include "store/opening_impl.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "store/disks.h"
#include "store/journal_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY_US (24 * INT64_C(3600) * SCRIM_SECOND)

struct search {
    const struct scrim_site *site;
    const char *camera;
    int64_t from_us, to_us;
    struct scrim_buf *found;
    char first[SCRIM_DAY_TEXT];       // journals were read from this day on
    char newest[SCRIM_DISKS_MAX][64]; // of each disk's files that their records name
};

static int add(struct search *s, const struct scrim_opening_segment *segment,
               struct scrim_error *error)
{
    if (segment->start_us >= s->to_us || segment->end_us <= s->from_us)
        return SCRIM_OK;
    const int result = scrim_buf_append(s->found, segment, sizeof *segment);
    return result < 0 ? scrim_fail(error, result, "the range holds too many segments: ask for less")
                      : SCRIM_OK;
}

// A damaged line hides its segment; scrim check names it.
static int take_record(void *context, const struct scrim_record *record, struct scrim_error *error)
{
    struct search *s = context;
    if (record->type != SCRIM_RECORD_SEGMENT)
        return SCRIM_OK;
    struct scrim_opening_segment segment = {.start_us = record->start_us,
                                            .end_us = record->end_us,
                                            .bytes = record->bytes,
                                            .whole = !record->torn,
                                            .keyframes = record->keyframes,
                                            .width = record->width,
                                            .height = record->height};
    const int disk = scrim_disks_find(s->site, record->disk, NULL);
    snprintf(segment.file, sizeof segment.file, "%s", record->file);
    snprintf(segment.disk, sizeof segment.disk, "%s", record->disk);
    if (disk >= 0 && strcmp(record->file, s->newest[disk]) > 0)
        snprintf(s->newest[disk], sizeof s->newest[disk], "%s", record->file);
    return record->bytes > 0 ? add(s, &segment, error) : SCRIM_OK;
}

// A record is in the journal of its own day or of a later one, so reading begins there.
static int search_journals(struct search *s, struct scrim_error *error)
{
    char first[SCRIM_DAY_TEXT];
    scrim_day_of(s->from_us - DAY_US, first); // a segment may have begun before midnight
    struct scrim_journal_walk walk = {.dir = s->site->dir,
                                      .camera = s->camera,
                                      .from_day = first,
                                      .visit = take_record,
                                      .context = s};
    const int result = scrim_journal_walk(&walk, error);
    memcpy(s->first, walk.first_day, sizeof s->first);
    return result;
}

// A file newer than all of its disk that have a record. It begins when its label says; where it
// ends is open.
static int add_unrecorded(struct search *s, unsigned disk, const char *file,
                          struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_sealed_head head;
    if (scrim_disks_path(path, s->site, disk, s->camera, file) < 0)
        return SCRIM_OK;
    SCRIM_AUTO(scrim_close_fd) int fd = scrim_sealed_open(path, NULL);
    if (fd < 0 || scrim_sealed_head_read(fd, path, &head, NULL) < 0)
        return SCRIM_OK; // just being made
    struct scrim_opening_segment segment = {.start_us = head.tdh2.label.start_utc_us,
                                            .end_us = INT64_MAX};
    snprintf(segment.file, sizeof segment.file, "%s", file);
    snprintf(segment.disk, sizeof segment.disk, "%s", scrim_disks_id(s->site, disk));
    scrim_sealed_head_finish(&head);
    return add(s, &segment, error);
}

static int search_day(struct search *s, unsigned disk, const char *day, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], **names;
    size_t count;
    if (scrim_disks_path(path, s->site, disk, s->camera, day) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", s->site->dir);
    int result = scrim_fs_list(path, &names, &count, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < count && result >= 0; i++) {
        char file[64];
        int second;
        if (!scrim_segment_name_parse(names[i], &second))
            continue;
        snprintf(file, sizeof file, "%.10s/%.31s", day, names[i]);
        if (strcmp(file, s->newest[disk]) > 0)
            result = add_unrecorded(s, disk, file, error);
    }
    scrim_fs_free_names(names, count);
    return result;
}

// A file's record is in the journal of its own day or of a later one: one of an earlier day than
// was read tells nothing by having no record there.
static int search_disk(struct search *s, unsigned disk, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], from_day[SCRIM_DAY_TEXT], **names;
    size_t count;
    if (scrim_disks_path(path, s->site, disk, s->camera, NULL) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", s->site->dir);
    int result = scrim_fs_list(path, &names, &count, error);
    if (result == SCRIM_ENOENT)
        return SCRIM_OK;
    if (result < 0)
        return result;
    snprintf(from_day, sizeof from_day, "%.10s",
             strcmp(s->newest[disk], s->first) > 0 ? s->newest[disk] : s->first);
    for (size_t i = 0; i < count && result >= 0; i++) {
        if (scrim_day_valid(names[i]) && strcmp(names[i], from_day) >= 0)
            result = search_day(s, disk, names[i], error);
    }
    scrim_fs_free_names(names, count);
    return result;
}

// A disk that is not there, or fails, hides what it holds of the range: the journal's records name
// that, and opening them says what is wrong.
static int search_unrecorded(struct search *s, struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (unsigned disk = 0; disk < scrim_disks_count(s->site) && result >= 0; disk++) {
        if (scrim_disks_look(s->site, disk, NULL) == SCRIM_DISK_PRESENT)
            result = search_disk(s, disk, error);
    }
    return result;
}

static int by_start(const void *a, const void *b)
{
    const struct scrim_opening_segment *left = a, *right = b;
    if (left->start_us != right->start_us)
        return left->start_us < right->start_us ? -1 : 1;
    return strcmp(left->file, right->file);
}

int scrim_opening_find(const struct scrim_site *site, const char *camera, int64_t from_us,
                       int64_t to_us, struct scrim_buf *ret, struct scrim_error *error)
{
    struct search s = {
        .site = site, .camera = camera, .from_us = from_us, .to_us = to_us, .found = ret};
    int result = search_journals(&s, error);
    if (result >= 0)
        result = search_unrecorded(&s, error);
    if (result >= 0 && ret->len > 0)
        qsort(ret->data, ret->len / sizeof(struct scrim_opening_segment),
              sizeof(struct scrim_opening_segment), by_start);
    return result;
}
