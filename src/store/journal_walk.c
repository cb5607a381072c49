#include "store/journal_walk.h"

#include <stdio.h>
#include <string.h>

static int walk_day(struct scrim_journal_walk *walk, const char *day, struct scrim_error *error)
{
    struct scrim_buf journal;
    int result = scrim_journal_read(walk->dir, walk->camera, day, &journal, error);
    struct scrim_reader reader = scrim_reader_of(journal.data, journal.len);
    const char *line;
    size_t length;
    while (result >= 0 && scrim_read_line(&reader, &line, &length)) {
        struct scrim_record record;
        uint8_t prev[32];
        if (scrim_journal_parse(line, length, NULL, &record, prev, NULL) < 0)
            walk->damaged++;
        else
            result = walk->visit(walk->context, &record, error);
    }
    scrim_buf_finish(&journal);
    return result;
}

int scrim_journal_walk(struct scrim_journal_walk *walk, struct scrim_error *error)
{
    char **days;
    size_t count;
    walk->first_day[0] = '\0';
    walk->older = false;
    walk->damaged = 0;
    int result = scrim_journal_days(walk->dir, walk->camera, &days, &count, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < count && result >= 0; i++) {
        if (walk->from_day && strcmp(days[i], walk->from_day) < 0 && i + 1 < count) {
            walk->older = true;
            continue;
        }
        if (walk->first_day[0] == '\0')
            snprintf(walk->first_day, sizeof walk->first_day, "%.10s", days[i]);
        result = walk_day(walk, days[i], error);
    }
    scrim_fs_free_names(days, count);
    return result;
}
