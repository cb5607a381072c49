#include "cli/holders.h"

#include <stdio.h>
#include <string.h>

static int take(const char *text, unsigned at, struct scrim_holders *ret, struct scrim_error *error)
{
    const char *equals = strchr(text, '=');
    const size_t name_length = equals ? (size_t)(equals - text) : strlen(text);
    const char *line = equals ? equals + 1 : "";
    if (name_length >= sizeof ret->names[at] || strlen(line) >= sizeof ret->lines[at])
        return scrim_fail(error, SCRIM_EINVAL,
                          "--holder %s: a name, and a reporting line, have at most %zu bytes", text,
                          sizeof ret->names[at] - 1);
    memcpy(ret->names[at], text, name_length);
    ret->names[at][name_length] = '\0';
    snprintf(ret->lines[at], sizeof ret->lines[at], "%s", line);
    return SCRIM_OK;
}

static void point(struct scrim_holders *holders)
{
    for (unsigned i = 0; i < holders->count; i++) {
        holders->name_of[i] = holders->names[i];
        holders->line_of[i] = holders->lines[i];
    }
}

int scrim_holders_parse(const struct scrim_opt_list *list, struct scrim_holders *ret,
                        struct scrim_error *error)
{
    ret->count = (unsigned)list->count;
    for (unsigned i = 0; i < ret->count; i++) {
        const int result = take(list->items[i], i, ret, error);
        if (result < 0)
            return result;
    }
    point(ret);
    return SCRIM_OK;
}

void scrim_holders_of(const struct scrim_vault *vault, struct scrim_holders *ret)
{
    ret->count =
        vault->holders_count < SCRIM_OPT_LIST_MAX ? vault->holders_count : SCRIM_OPT_LIST_MAX;
    for (unsigned i = 0; i < ret->count; i++) {
        memcpy(ret->names[i], vault->names[i], sizeof ret->names[i]);
        memcpy(ret->lines[i], vault->lines[i], sizeof ret->lines[i]);
    }
    point(ret);
}

int scrim_holders_check(const struct scrim_holders *holders, int64_t threshold,
                        struct scrim_error *error)
{
    if (threshold == 0)
        return scrim_fail(error, SCRIM_EINVAL, "how many must agree? give -k K");
    if (threshold > (int64_t)holders->count)
        return scrim_fail(error, SCRIM_EINVAL, "-k %d needs at least %d holders, %u given",
                          (int)threshold, (int)threshold, holders->count);
    return SCRIM_OK;
}

static unsigned count_in_line(const struct scrim_vault *vault, const char *line)
{
    unsigned count = 0;
    for (unsigned i = 0; i < vault->holders_count; i++)
        count += strcmp(vault->lines[i], line) == 0;
    return count;
}

// Whoever is above k holders can tell them to open.
static void advise_on_lines(const struct scrim_vault *vault)
{
    for (unsigned i = 0; i < vault->holders_count; i++) {
        const char *line = vault->lines[i];
        unsigned first = 0;
        while (strcmp(vault->lines[first], line) != 0)
            first++;
        const unsigned count = count_in_line(vault, line);
        if (first != i || !line[0] || count < vault->threshold)
            continue;
        if (count == vault->holders_count)
            fprintf(stderr,
                    "warning: all %u holders report to one line (%s): whoever heads it can have "
                    "everything opened\n",
                    count, line);
        else
            fprintf(stderr,
                    "warning: %u holders report to %s, and %u are enough: whoever heads it can "
                    "have everything opened\n",
                    count, line, vault->threshold);
    }
    if (count_in_line(vault, "") == vault->holders_count)
        fprintf(stderr, "note: nothing says to whom the holders report (--holder NAME=LINE); k of "
                        "them should not have the same chief\n");
}

void scrim_holders_advise(const struct scrim_vault *vault)
{
    if (vault->threshold == vault->holders_count)
        fprintf(stderr,
                "warning: all %u holders are needed: one lost share loses everything; have at "
                "least one holder more than must agree\n",
                vault->holders_count);
    advise_on_lines(vault);
}
