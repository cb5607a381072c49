#include "store/file_list.h"

#include <stdlib.h>
#include <string.h>

#define FILES_MAX (8U << 20)

void scrim_file_list_init(struct scrim_file_list *list)
{
    scrim_buf_init(&list->names, (size_t)FILES_MAX * SCRIM_FILE_TEXT);
}

void scrim_file_list_finish(struct scrim_file_list *list)
{
    scrim_buf_finish(&list->names);
}

int scrim_file_list_add(struct scrim_file_list *list, const char *file, size_t length)
{
    char name[SCRIM_FILE_TEXT] = "";
    if (length >= sizeof name)
        return SCRIM_EINVAL;
    memcpy(name, file, length);
    return scrim_buf_append(&list->names, name, sizeof name);
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

size_t scrim_file_list_count(const struct scrim_file_list *list)
{
    return list->names.len / SCRIM_FILE_TEXT;
}

const char *scrim_file_list_at(const struct scrim_file_list *list, size_t at)
{
    return (const char *)list->names.data + at * SCRIM_FILE_TEXT;
}

void scrim_file_list_sort(struct scrim_file_list *list)
{
    if (list->names.len > 0)
        qsort(list->names.data, scrim_file_list_count(list), SCRIM_FILE_TEXT, compare);
}

ssize_t scrim_file_list_find(const struct scrim_file_list *list, const char *file)
{
    if (list->names.len == 0)
        return -1;
    const char *first = scrim_file_list_at(list, 0);
    const char *found = bsearch(file, first, scrim_file_list_count(list), SCRIM_FILE_TEXT, compare);
    return found ? (found - first) / SCRIM_FILE_TEXT : -1;
}
