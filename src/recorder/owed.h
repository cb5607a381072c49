// Journal records that the disk's full queue refused: kept in order until it takes them. Few at a
// time; when there are too many, gaps that touch are told as one.
#pragma once

#include "store/disk.h"

#define SCRIM_OWED_MAX 64

struct scrim_owed {
    struct scrim_record *records; // SCRIM_OWED_MAX, allocated by the first one
    size_t count;
};

// Zeroed: nothing is owed. Hands the record to the disk, or keeps it.
void scrim_owed_add(struct scrim_owed *owed, struct scrim_disk *disk, const char *camera,
                    const struct scrim_record *record);
// Tries again. True if nothing is owed any more.
bool scrim_owed_settle(struct scrim_owed *owed, struct scrim_disk *disk, const char *camera);
void scrim_owed_finish(struct scrim_owed *owed);
