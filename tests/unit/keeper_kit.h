// A store for tests of what the keeper does with it: segments that are journalled and lie on their
// disks, but hold no video. Uses the site of store_fixture.h.
#pragma once

#include "store_fixture.h"

#include "keeper/storage.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOUR_US (3600 * SCRIM_SECOND)
#define MB UINT64_C(1000000)

struct kit {
    struct fixture f;
    struct scrim_disk_config disks[3];
    struct scrim_hour_ring *ring;
    struct scrim_journal_head heads[2];
};

static inline void kit_must(int result, const struct scrim_error *error)
{
    if (result >= 0)
        return;
    printf("  kit: %s\n", error->text);
    exit(1);
}

static inline void kit_begin(struct kit *k, unsigned disks)
{
    static const char *const ids[] = {"bay1", "bay2", "bay3"};
    struct scrim_error error;
    memset(k, 0, sizeof *k);
    fixture_create(&k->f);
    fixture_clock_start();
    for (unsigned i = 0; i < disks; i++) {
        char path[SCRIM_PATH_MAX];
        fixture_path(&k->f, ids[i], path);
        k->disks[i] = (struct scrim_disk_config){.id = strdup(ids[i]), .path = strdup(path)};
        kit_must(scrim_fs_make_dirs(path, 0700, &error), &error);
    }
    k->f.config.disks = k->disks;
    k->f.config.disks_count = disks;
    for (unsigned i = 1; i <= disks; i++)
        kit_must(scrim_disks_adopt(&k->f.site, i, &error), &error);
    for (unsigned i = 0; i < 2; i++)
        scrim_journal_genesis("port", k->f.cameras[i].id, k->heads[i].prev);
    kit_must(scrim_hour_ring_open(&k->f.site, &k->ring, &error), &error);
}

static inline void kit_end(struct kit *k)
{
    scrim_hour_ring_close(k->ring);
    for (unsigned i = 0; i < k->f.config.disks_count; i++) {
        free(k->disks[i].id);
        free(k->disks[i].path);
    }
    fixture_clock_end();
    fixture_destroy(&k->f);
}

static inline void kit_record(struct kit *k, const struct scrim_record *record)
{
    const unsigned number = strcmp(record->camera, "quay") == 0 ? 0 : 1;
    struct scrim_journal_head *head = &k->heads[number];
    struct scrim_buf line;
    struct scrim_error error = {0};
    char day[SCRIM_DAY_TEXT], path[SCRIM_PATH_MAX], dir[SCRIM_PATH_MAX];
    scrim_buf_init(&line, 1 << 16);
    scrim_journal_day(head, record->start_us, day);
    snprintf(dir, sizeof dir, "%.255s/store/%s/%s", k->f.dir, record->camera, day);
    kit_must(scrim_fs_make_dirs(dir, 0700, &error), &error);
    kit_must(scrim_path_join(path, dir, "journal"), &error);
    kit_must(scrim_journal_format(k->f.key, head, record, &line), &error);
    kit_must(scrim_journal_append(path, &line, &error), &error);
    memcpy(head->day, day, sizeof day);
    scrim_buf_finish(&line);
}

static inline struct scrim_hour_range kit_hour(const char *camera, int64_t at_us)
{
    struct scrim_hour_range range = {.first = scrim_hour_of(at_us), .last = scrim_hour_of(at_us)};
    snprintf(range.camera, sizeof range.camera, "%s", camera);
    return range;
}

static inline bool kit_has_key(const struct kit *k, const char *camera, int64_t at_us)
{
    return scrim_hour_ring_holds(k->ring, camera, scrim_hour_of(at_us));
}

static inline void kit_path(const struct kit *k, const char *camera, int64_t at_us, unsigned disk,
                            char ret[SCRIM_PATH_MAX])
{
    char day[SCRIM_DAY_TEXT], name[32], below[64];
    struct scrim_error error = {0};
    scrim_day_of(at_us, day);
    scrim_segment_name(name, at_us, 0);
    snprintf(below, sizeof below, "%s/%s", day, name);
    kit_must(scrim_disks_path(ret, &k->f.site, disk, camera, below), &error);
}

static inline void kit_file(const struct kit *k, const char *camera, int64_t at_us, unsigned disk,
                            uint64_t bytes)
{
    char path[SCRIM_PATH_MAX], dir[SCRIM_PATH_MAX];
    struct scrim_error error = {0};
    kit_path(k, camera, at_us, disk, path);
    snprintf(dir, sizeof dir, "%s", path);
    *strrchr(dir, '/') = '\0';
    kit_must(scrim_fs_make_dirs(dir, 0700, &error), &error);
    const int fd = scrim_fs_open(path, O_WRONLY | O_CREAT, 0600, &error);
    kit_must(fd, &error);
    if (ftruncate(fd, (off_t)bytes) < 0) // no video, and no room taken
        exit(1);
    close(fd);
}

// A segment of `seconds` with its file, its record and its hour's key.
static inline void kit_segment(struct kit *k, const char *camera, int64_t at_us, unsigned seconds,
                               unsigned disk, uint64_t bytes)
{
    struct scrim_error error = {0};
    struct scrim_record record = {.type = SCRIM_RECORD_SEGMENT,
                                  .start_us = at_us,
                                  .end_us = at_us + seconds * SCRIM_SECOND,
                                  .frames = 100,
                                  .keyframes = 5,
                                  .bytes = bytes,
                                  .codec = "h264"};
    char day[SCRIM_DAY_TEXT], name[32];
    const struct scrim_hour_range hour = kit_hour(camera, at_us);
    kit_must(scrim_hour_ring_make(k->ring, &hour, 1, &error), &error);
    scrim_day_of(at_us, day);
    scrim_segment_name(name, at_us, 0);
    snprintf(record.camera, sizeof record.camera, "%s", camera);
    snprintf(record.file, sizeof record.file, "%s/%s", day, name);
    snprintf(record.disk, sizeof record.disk, "%s", scrim_disks_id(&k->f.site, disk));
    kit_file(k, camera, at_us, disk, bytes);
    kit_record(k, &record);
}

static inline bool kit_exists(const struct kit *k, const char *camera, int64_t at_us, unsigned disk)
{
    char path[SCRIM_PATH_MAX];
    kit_path(k, camera, at_us, disk, path);
    return access(path, F_OK) == 0;
}

static inline void kit_hold(struct kit *k, const char *camera, int64_t from_us, int64_t to_us,
                            uint64_t *ret_id)
{
    struct scrim_error error;
    struct scrim_hold hold = {.from_us = from_us, .to_us = to_us, .who = "ada", .reason = "court"};
    snprintf(hold.camera, sizeof hold.camera, "%s", camera);
    kit_must(scrim_holds_place(k->f.dir, &hold, ret_id, &error), &error);
}
