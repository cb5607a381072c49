#include "store/file_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX (8U << 20)

void scrim_file_list_init(struct scrim_file_list *list)
{
    scrim_buf_init(&list->names, (size_t)FILES_MAX * SCRIM_PLACED_FILE_TEXT);
}

void scrim_file_list_finish(struct scrim_file_list *list)
{
    scrim_buf_finish(&list->names);
}

static bool place(char ret[SCRIM_PLACED_FILE_TEXT], const char *disk, const char *file)
{
    memset(ret, 0, SCRIM_PLACED_FILE_TEXT);
    return snprintf(ret, SCRIM_PLACED_FILE_TEXT, "%s/%s", disk, file) < SCRIM_PLACED_FILE_TEXT;
}

int scrim_file_list_add(struct scrim_file_list *list, const char *disk, const char *file)
{
    char name[SCRIM_PLACED_FILE_TEXT];
    return place(name, disk, file) ? scrim_buf_append(&list->names, name, sizeof name)
                                   : SCRIM_EINVAL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

size_t scrim_file_list_count(const struct scrim_file_list *list)
{
    return list->names.len / SCRIM_PLACED_FILE_TEXT;
}

static const char *entry(const struct scrim_file_list *list, size_t at)
{
    return (const char *)list->names.data + at * SCRIM_PLACED_FILE_TEXT;
}

const char *scrim_file_list_at(const struct scrim_file_list *list, size_t at,
                               char ret_disk[SCRIM_PLACED_FILE_TEXT])
{
    const char *name = entry(list, at), *slash = strchr(name, '/');
    snprintf(ret_disk, SCRIM_PLACED_FILE_TEXT, "%.*s", (int)(slash - name), name);
    return slash + 1;
}

void scrim_file_list_sort(struct scrim_file_list *list)
{
    if (list->names.len > 0)
        qsort(list->names.data, scrim_file_list_count(list), SCRIM_PLACED_FILE_TEXT, compare);
}

ssize_t scrim_file_list_find(const struct scrim_file_list *list, const char *disk, const char *file)
{
    char name[SCRIM_PLACED_FILE_TEXT];
    if (list->names.len == 0 || !place(name, disk, file))
        return -1;
    const char *first = entry(list, 0);
    const char *found =
        bsearch(name, first, scrim_file_list_count(list), SCRIM_PLACED_FILE_TEXT, compare);
    return found ? (found - first) / SCRIM_PLACED_FILE_TEXT : -1;
}
