// Journals made by hand.
#pragma once

#include "store_fixture.h"
#include "test.h"

// Appends one record to the camera's journal, as the recorder would.
static inline void put_record(struct fixture *f, const char *camera, struct scrim_record record)
{
    struct scrim_journal_head head;
    struct scrim_buf line;
    char below[128], day[SCRIM_DAY_TEXT], path[SCRIM_PATH_MAX];
    snprintf(record.camera, sizeof record.camera, "%s", camera);
    CHECK_INT(scrim_journal_find_head(f->dir, "port", camera, &head, NULL), SCRIM_OK);
    scrim_journal_day(&head, record.start_us, day);
    snprintf(below, sizeof below, "store/%s/%s", camera, day);
    fixture_path(f, below, path);
    CHECK_INT(scrim_fs_make_dirs(path, 0750, NULL), SCRIM_OK);
    snprintf(below, sizeof below, "store/%s/%s/journal", camera, day);
    fixture_path(f, below, path);
    scrim_buf_init(&line, 1U << 16);
    CHECK_INT(scrim_journal_format(f->key, &head, &record, &line), SCRIM_OK);
    CHECK_INT(scrim_journal_append(path, &line, NULL), SCRIM_OK);
    scrim_buf_finish(&line);
}

static inline void put_segment(struct fixture *f, int64_t from_us, int64_t to_us)
{
    struct scrim_record record = {
        .type = SCRIM_RECORD_SEGMENT, .start_us = from_us, .end_us = to_us, .bytes = 100};
    char day[SCRIM_DAY_TEXT], name[32];
    scrim_day_of(from_us, day);
    scrim_segment_name(name, from_us, 0);
    snprintf(record.file, sizeof record.file, "%s/%s", day, name);
    put_record(f, "quay", record);
}

static inline void put_unsealed(struct fixture *f, int64_t from_us, int64_t to_us,
                                enum scrim_keep kept)
{
    const struct scrim_record record = {
        .type = SCRIM_RECORD_UNSEALED, .start_us = from_us, .end_us = to_us, .kept = kept};
    put_record(f, "quay", record);
}

static inline void put_gap(struct fixture *f, int64_t from_us, int64_t to_us,
                           enum scrim_gap_cause cause, const char *detail)
{
    struct scrim_record record = {
        .type = SCRIM_RECORD_GAP, .start_us = from_us, .end_us = to_us, .cause = cause};
    snprintf(record.detail, sizeof record.detail, "%s", detail);
    put_record(f, "quay", record);
}
