#include "recorder/owed.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

bool scrim_owed_settle(struct scrim_owed *owed, struct scrim_disk *disk, const char *camera)
{
    size_t done = 0;
    while (done < owed->count && scrim_disk_record(disk, camera, &owed->records[done]) >= 0)
        done++;
    owed->count -= done;
    if (done > 0)
        memmove(owed->records, owed->records + done, owed->count * sizeof *owed->records);
    return owed->count == 0;
}

static struct scrim_record *newest_gap(struct scrim_owed *owed)
{
    size_t at = owed->count - 1;
    while (at > 0 && owed->records[at].type != SCRIM_RECORD_GAP)
        at--;
    return &owed->records[at];
}

// The time, and the pictures, stay accounted for, under the earlier cause.
static void merge(struct scrim_record *gap, const struct scrim_record *record)
{
    if (record->end_us > gap->end_us)
        gap->end_us = record->end_us;
    gap->mono_end_us = record->mono_end_us;
    gap->lost_units += record->lost_units;
}

void scrim_owed_add(struct scrim_owed *owed, struct scrim_disk *disk, const char *camera,
                    const struct scrim_record *record)
{
    if (scrim_owed_settle(owed, disk, camera) && scrim_disk_record(disk, camera, record) >= 0)
        return;
    if (!owed->records)
        owed->records = scrim_new_array(SCRIM_OWED_MAX, struct scrim_record);
    if (owed->count < SCRIM_OWED_MAX) {
        owed->records[owed->count++] = *record;
        return;
    }
    merge(newest_gap(owed), record);
}

void scrim_owed_finish(struct scrim_owed *owed)
{
    free(owed->records);
    *owed = (struct scrim_owed){0};
}
