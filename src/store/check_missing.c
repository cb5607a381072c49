// Segments whose file is not there. A record that comes later in the journal may say why: they were
// destroyed before their time. What no record accounts for is a finding.
#include "store/check_impl.h"

#include <stdio.h>

#define MISSING_MAX (8U << 20) // of a camera, as in file_list.h

struct missing {
    int64_t start_us, end_us;
    uint8_t disk;
    bool accounted;
    char file[64];
};

void scrim_check_missing_init(struct check *check)
{
    scrim_buf_init(&check->missing, (size_t)MISSING_MAX * sizeof(struct missing));
}

void scrim_check_missing_finish(struct check *check)
{
    scrim_buf_finish(&check->missing);
}

static struct missing *list(const struct check *check, size_t *ret_count)
{
    *ret_count = check->missing.len / sizeof(struct missing);
    return (struct missing *)(void *)check->missing.data; // malloc'd, so aligned
}

static void say(struct check *check, const char *camera, const struct missing *missing)
{
    char shown[SCRIM_PATH_MAX];
    scrim_check_show(check, missing->disk, camera, missing->file, shown);
    scrim_check_say(check, SCRIM_FINDING_SEGMENT, shown, "it is missing");
}

void scrim_check_missing_add(struct check *check, const char *camera, unsigned disk,
                             const struct scrim_record *record)
{
    struct missing missing = {
        .start_us = record->start_us, .end_us = record->end_us, .disk = (uint8_t)disk};
    snprintf(missing.file, sizeof missing.file, "%s", record->file);
    if (scrim_buf_append(&check->missing, &missing, sizeof missing) < 0)
        say(check, camera, &missing); // more than can wait for their reason
}

void scrim_check_purged(struct check *check, const struct scrim_record *record)
{
    size_t count;
    uint64_t left = record->segments;
    struct missing *missing = list(check, &count);
    for (size_t i = 0; i < count && left > 0; i++) {
        if (missing[i].accounted || missing[i].start_us < record->start_us ||
            missing[i].end_us > record->end_us)
            continue;
        missing[i].accounted = true;
        check->result.purged++;
        left--;
    }
}

size_t scrim_check_missing_count(const struct check *check)
{
    size_t count, open = 0;
    const struct missing *missing = list(check, &count);
    for (size_t i = 0; i < count; i++)
        open += !missing[i].accounted;
    return open;
}

void scrim_check_missing_say(struct check *check, const char *camera)
{
    size_t count;
    const struct missing *missing = list(check, &count);
    for (size_t i = 0; i < count; i++) {
        if (!missing[i].accounted)
            say(check, camera, &missing[i]);
    }
    scrim_buf_clear(&check->missing);
}
