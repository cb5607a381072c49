// Files of a camera on all disks, "<disk>/<day>/<name>" each, to look names up in. The disk is ""
// for the site's own store. Inside src/store only.
#pragma once

#include "base/buf.h"

#include <sys/types.h>

#define SCRIM_FILE_TEXT 64        // bytes of "<day>/<name>", its NUL included
#define SCRIM_PLACED_FILE_TEXT 96 // of "<disk>/<day>/<name>"

struct scrim_file_list {
    struct scrim_buf names; // char[SCRIM_PLACED_FILE_TEXT] each
};

// Room for eight million: years of a camera.
void scrim_file_list_init(struct scrim_file_list *list);
void scrim_file_list_finish(struct scrim_file_list *list);
// SCRIM_EINVAL for a name that is too long to be one of ours.
SCRIM_MUST_CHECK int scrim_file_list_add(struct scrim_file_list *list, const char *disk,
                                         const char *file);
// After the last add, before the first find.
void scrim_file_list_sort(struct scrim_file_list *list);
size_t scrim_file_list_count(const struct scrim_file_list *list);
// "<day>/<name>" of the entry, and the id of its disk.
const char *scrim_file_list_at(const struct scrim_file_list *list, size_t at,
                               char ret_disk[SCRIM_PLACED_FILE_TEXT]);
// The position of a file, or -1.
ssize_t scrim_file_list_find(const struct scrim_file_list *list, const char *disk,
                             const char *file);
