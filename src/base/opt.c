#include "base/opt.h"

#include "base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct scrim_opt *find_long(const struct scrim_opt *options, const char *name,
                                         size_t length)
{
    for (; options->name; options++) {
        if (strlen(options->name) == length && memcmp(options->name, name, length) == 0)
            return options;
    }
    return NULL;
}

static const struct scrim_opt *find_letter(const struct scrim_opt *options, char letter)
{
    for (; options->name; options++) {
        if (options->letter != 0 && options->letter == letter)
            return options;
    }
    return NULL;
}

static int store_int(const struct scrim_opt *option, const char *value, int64_t *field,
                     struct scrim_error *error)
{
    char *end;
    errno = 0;
    const long long number = strtoll(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0')
        return scrim_fail(error, SCRIM_EINVAL, "--%s: '%s' is not a whole number", option->name,
                          value);
    const bool bounded = option->min != 0 || option->max != 0;
    if (bounded && (number < option->min || number > option->max))
        return scrim_fail(error, SCRIM_EINVAL, "--%s: %lld is not between %" PRId64 " and %" PRId64,
                          option->name, number, option->min, option->max);
    *field = number;
    return SCRIM_OK;
}

static int store_value(const struct scrim_opt *option, const char *value, void *args,
                       struct scrim_error *error)
{
    void *field = (char *)args + option->offset;
    switch (option->type) {
    case SCRIM_OPT_FLAG: *(bool *)field = true; return SCRIM_OK;
    case SCRIM_OPT_TEXT: *(const char **)field = value; return SCRIM_OK;
    case SCRIM_OPT_INT: return store_int(option, value, field, error);
    case SCRIM_OPT_TIME:
        if (!scrim_time_parse(value, field))
            return scrim_fail(error, SCRIM_EINVAL,
                              "--%s: '%s' is not a time such as 2026-11-23T09:13:16Z, "
                              "2026-11-23T10:13:16+01:00 or now-5m",
                              option->name, value);
        return SCRIM_OK;
    case SCRIM_OPT_LIST: {
        struct scrim_opt_list *list = field;
        if (list->count == SCRIM_OPT_LIST_MAX)
            return scrim_fail(error, SCRIM_EINVAL, "--%s: given more than %d times", option->name,
                              SCRIM_OPT_LIST_MAX);
        list->items[list->count++] = value;
        return SCRIM_OK;
    }
    }
    return scrim_fail(error, SCRIM_EINTERNAL, "--%s: unknown option type", option->name);
}

static void print_help(const struct scrim_opt_spec *spec)
{
    printf("usage: %s\n\n%s\n", spec->usage, spec->about);
    if (spec->options->name)
        printf("\n");
    for (const struct scrim_opt *o = spec->options; o->name; o++) {
        char left[64];
        snprintf(left, sizeof left, "%s%c%s--%s%s%s", o->letter ? "-" : " ",
                 o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name, o->value ? " " : "",
                 o->value ? o->value : "");
        printf("  %-28s %s\n", left, o->help);
    }
}

// One argument that starts with '-'. Takes its value from the same or the next argument.
static int parse_option(const struct scrim_opt_spec *spec, char **argv, int argc, int *at,
                        void *args, struct scrim_error *error)
{
    const char *text = argv[*at];
    const bool is_long = text[1] == '-';
    const char *equals = is_long ? strchr(text, '=') : NULL;
    const struct scrim_opt *option =
        is_long ? find_long(spec->options, text + 2,
                            equals ? (size_t)(equals - text - 2) : strlen(text + 2))
                : find_letter(spec->options, text[1]);
    if (!option)
        return scrim_fail(error, SCRIM_EINVAL, "unknown option %s", text);

    const char *value = equals ? equals + 1 : NULL;
    if (!is_long && text[2] != '\0')
        value = text + 2; // -k2
    if (option->type == SCRIM_OPT_FLAG) {
        if (value)
            return scrim_fail(error, SCRIM_EINVAL, "--%s takes no value", option->name);
        return store_value(option, NULL, args, error);
    }
    if (!value) {
        if (*at + 1 >= argc)
            return scrim_fail(error, SCRIM_EINVAL, "--%s needs a value: %s", option->name,
                              option->value);
        value = argv[++*at];
    }
    return store_value(option, value, args, error);
}

int scrim_opt_parse(const struct scrim_opt_spec *spec, int argc, char **argv, void *args,
                    const char **positionals, struct scrim_error *error)
{
    size_t count = 0;
    bool only_positionals = false;
    for (size_t i = 0; i <= spec->max_positionals; i++)
        positionals[i] = NULL;

    for (int at = 1; at < argc; at++) {
        if (!only_positionals && strcmp(argv[at], "--") == 0) {
            only_positionals = true;
        } else if (!only_positionals &&
                   (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0)) {
            print_help(spec);
            return SCRIM_ECANCEL;
        } else if (!only_positionals && argv[at][0] == '-' && argv[at][1] != '\0') {
            const int result = parse_option(spec, argv, argc, &at, args, error);
            if (result < 0)
                return result;
        } else if (count == spec->max_positionals) {
            return scrim_fail(error, SCRIM_EINVAL, "unexpected argument '%s' (usage: %s)", argv[at],
                              spec->usage);
        } else {
            positionals[count++] = argv[at];
        }
    }
    if (count < spec->min_positionals)
        return scrim_fail(error, SCRIM_EINVAL, "usage: %s", spec->usage);
    return SCRIM_OK;
}
