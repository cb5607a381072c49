// Files below a camera's directory, "<day>/<name>" each, to look names up in. Inside src/store
// only.
#pragma once

#include "base/buf.h"

#include <sys/types.h>

#define SCRIM_FILE_TEXT 64 // bytes of a name, its NUL included

struct scrim_file_list {
    struct scrim_buf names; // char[SCRIM_FILE_TEXT] each
};

// Room for eight million: years of a camera.
void scrim_file_list_init(struct scrim_file_list *list);
void scrim_file_list_finish(struct scrim_file_list *list);
// `length` bytes, less than SCRIM_FILE_TEXT (SCRIM_EINVAL otherwise).
SCRIM_MUST_CHECK int scrim_file_list_add(struct scrim_file_list *list, const char *file,
                                         size_t length);
// After the last add, before the first find.
void scrim_file_list_sort(struct scrim_file_list *list);
size_t scrim_file_list_count(const struct scrim_file_list *list);
const char *scrim_file_list_at(const struct scrim_file_list *list, size_t at);
// The position of a file, or -1.
ssize_t scrim_file_list_find(const struct scrim_file_list *list, const char *file);
