// Journals as files: reading them, finding the head of the chain, appending outside the recorder's
// sandbox.
#include "store/journal.h"

#include "store/journal_impl.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void scrim_journal_day(const struct scrim_journal_head *head, int64_t start_us,
                       char ret[SCRIM_DAY_TEXT])
{
    scrim_day_of(start_us, ret);
    if (strcmp(ret, head->day) < 0)
        memcpy(ret, head->day, SCRIM_DAY_TEXT);
}

static int journal_path(char ret[SCRIM_PATH_MAX], const char *dir, const char *camera,
                        const char *day, struct scrim_error *error)
{
    char below[SCRIM_DAY_TEXT + 16];
    snprintf(below, sizeof below, "%s/journal", day);
    return scrim_store_path(ret, dir, camera, below) < 0
               ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir)
               : SCRIM_OK;
}

int scrim_journal_days(const char *dir, const char *camera, char ***ret_days, size_t *ret_count,
                       struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    if (scrim_store_path(path, dir, camera, NULL) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    char **names = NULL;
    size_t count = 0, kept = 0;
    const int result = scrim_fs_list(path, &names, &count, error);
    if (result < 0 && result != SCRIM_ENOENT)
        return result;
    for (size_t i = 0; i < count; i++) {
        char journal[SCRIM_PATH_MAX];
        if (scrim_day_valid(names[i]) && journal_path(journal, dir, camera, names[i], NULL) >= 0 &&
            access(journal, F_OK) == 0)
            names[kept++] = names[i];
        else
            free(names[i]);
    }
    *ret_days = names;
    *ret_count = kept;
    return SCRIM_OK;
}

int scrim_journal_read(const char *dir, const char *camera, const char *day, struct scrim_buf *ret,
                       struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    scrim_buf_init(ret, SCRIM_JOURNAL_MAX);
    int result = journal_path(path, dir, camera, day, error);
    if (result >= 0)
        result = scrim_fs_read(path, ret, error);
    return result;
}

// Steps back over whole lines: returns the line that ends before `*end` and moves `*end` to its
// start.
static const char *line_before(const struct scrim_buf *content, size_t *end, size_t *ret_length)
{
    if (*end == 0)
        return NULL;
    const char *text = (const char *)content->data;
    const char *before = memrchr(text, '\n', *end - 1);
    const char *line = before ? before + 1 : text;
    *ret_length = (size_t)(text + *end - 1 - line);
    *end = (size_t)(line - text);
    return line;
}

size_t scrim_journal_whole(const struct scrim_buf *content)
{
    const size_t sure =
        content->len > SCRIM_JOURNAL_UNSURE_MAX ? content->len - SCRIM_JOURNAL_UNSURE_MAX : 0;
    if (content->len == 0)
        return 0;
    const uint8_t *hole = memchr(content->data + sure, 0, content->len - sure);
    const size_t end = hole ? (size_t)(hole - content->data) : content->len;
    const uint8_t *last = end > 0 ? memrchr(content->data, '\n', end) : NULL;
    return last ? (size_t)(last + 1 - content->data) : 0;
}

// A disk that answered late may have given its segments to the journal after newer ones of another
// disk, and after the STOP: so many segments and gaps are looked at for the latest end.
#define LATE_RECORDS 64

struct search {
    struct scrim_journal_head *head;
    bool found_line, found_seq, found_segment;
    bool found_run;       // the newest run that recorded was seen: what is older does not matter
    bool booted;          // at least one BOOT was passed
    bool clock_was_set;   // by a record that was passed
    bool any_damaged;     // a line was passed that could have been anything
    unsigned looked;      // segments and gaps looked at
    int64_t end_mono_us;  // of head->last_end_us, 0: unknown
    int64_t stop_mono_us; // of the newest STOP of the newest run, and
    int64_t run_mono_us;  // the latest end in that run
    uint64_t damaged;     // lines after the newest good one
};

static void take_segment(struct search *search, const struct scrim_record *record)
{
    const int64_t length_us = record->end_us - record->start_us;
    memcpy(search->head->disk, record->disk, sizeof record->disk);
    if (length_us >= SCRIM_SECOND)
        search->head->rate = record->bytes * (uint64_t)SCRIM_SECOND / (uint64_t)length_us;
    search->found_segment = true;
}

// Within a run the monotonic clock tells which end is the latest, whatever was done to the other
// one. What a recovery adopted has no monotonic time.
static bool ends_later(const struct search *search, const struct scrim_record *record)
{
    if (record->mono_end_us > 0 && search->end_mono_us > 0)
        return record->mono_end_us > search->end_mono_us;
    return !search->clock_was_set && record->end_us > search->head->last_end_us;
}

static void take_end(struct search *search, const struct scrim_record *record)
{
    if (!search->found_run && (search->looked == 0 || ends_later(search, record))) {
        search->head->last_end_us = record->end_us;
        search->end_mono_us = record->mono_end_us;
    }
    if (!search->booted && record->mono_end_us > search->run_mono_us)
        search->run_mono_us = record->mono_end_us;
    search->found_run |= ++search->looked >= LATE_RECORDS;
}

static void take_stop(struct search *search, const struct scrim_record *record)
{
    if (search->booted || search->any_damaged || search->head->stopped)
        return;
    search->head->stopped = true;
    search->head->stop_cause = record->cause;
    search->stop_mono_us = record->mono_end_us;
}

static void take_record(struct search *search, const struct scrim_record *record)
{
    if (!search->found_seq)
        search->head->next_seq = record->seq + 1 + search->damaged;
    search->found_seq = true;
    switch (record->type) {
    case SCRIM_RECORD_SEGMENT:
        if (!search->found_segment)
            take_segment(search, record);
        take_end(search, record);
        break;
    case SCRIM_RECORD_GAP:
    case SCRIM_RECORD_UNSEALED: take_end(search, record); break;
    case SCRIM_RECORD_STOP: take_stop(search, record); break;
    case SCRIM_RECORD_CLOCK: search->clock_was_set |= !record->of_camera; break;
    case SCRIM_RECORD_BOOT:
        search->booted = true;
        search->found_run |= search->looked > 0;
        break;
    default: break;
    }
}

static bool is_done(const struct search *search)
{
    return search->found_run && (search->found_segment || search->looked >= LATE_RECORDS);
}

// Takes from one journal, newest line first, what is still missing.
static void search_journal(struct search *search, const char *day, const struct scrim_buf *content)
{
    struct scrim_journal_head *head = search->head;
    size_t end = scrim_journal_whole(content), length;
    const char *line;
    while (!is_done(search) && (line = line_before(content, &end, &length))) {
        struct scrim_record record;
        uint8_t prev[32];
        if (!search->found_line) {
            scrim_journal_line_hash(line, length, head->prev);
            snprintf(head->day, sizeof head->day, "%s", day);
            search->found_line = true;
        }
        if (scrim_journal_parse(line, length, NULL, &record, prev, NULL) >= 0) {
            take_record(search, &record);
            continue;
        }
        search->any_damaged = true;
        search->damaged += !search->found_seq;
    }
}

// After a STOP a camera that was taken out may have been put in again: then it did not stop there.
static void finish_search(struct search *search)
{
    struct scrim_journal_head *head = search->head;
    if (!search->found_seq)
        head->next_seq = search->damaged;
    if (search->run_mono_us > search->stop_mono_us)
        head->stopped = false;
}

int scrim_journal_find_head(const char *dir, const char *site, const char *camera,
                            struct scrim_journal_head *ret, struct scrim_error *error)
{
    char **days;
    size_t count;
    int result = scrim_journal_days(dir, camera, &days, &count, error);
    if (result < 0)
        return result;
    struct scrim_journal_head head = {0};
    struct search search = {.head = &head};
    for (size_t i = count; i-- > 0 && result >= 0 && !is_done(&search);) {
        struct scrim_buf content;
        result = scrim_journal_read(dir, camera, days[i], &content, error);
        if (result >= 0)
            search_journal(&search, days[i], &content);
        scrim_buf_finish(&content);
    }
    scrim_fs_free_names(days, count);
    if (result < 0)
        return result;
    if (!search.found_line)
        scrim_journal_genesis(site, camera, head.prev);
    finish_search(&search);
    *ret = head;
    return SCRIM_OK;
}

size_t scrim_journal_scan_head(const struct scrim_buf *content, const char *site,
                               const char *camera, struct scrim_journal_head *ret)
{
    struct scrim_journal_head head = {0};
    struct search search = {.head = &head};
    scrim_journal_genesis(site, camera, head.prev);
    search_journal(&search, "", content);
    finish_search(&search);
    *ret = head;
    return scrim_journal_whole(content);
}

int scrim_journal_append(const char *path, const struct scrim_buf *lines, struct scrim_error *error)
{
    const bool is_new = access(path, F_OK) < 0;
    const int fd = scrim_fs_open(path, O_WRONLY | O_CREAT | O_APPEND, 0640, error);
    if (fd < 0)
        return fd;
    int result = scrim_fs_write(fd, lines->data, lines->len, path, error);
    if (result >= 0)
        result = scrim_fs_sync(fd, path, error);
    close(fd);
    if (result < 0 || !is_new)
        return result;
    char parent[SCRIM_PATH_MAX];
    snprintf(parent, sizeof parent, "%s", path);
    *strrchr(parent, '/') = '\0';
    return scrim_fs_sync_dir(parent, error);
}
