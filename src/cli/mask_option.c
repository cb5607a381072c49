#include "cli/mask_option.h"

#include <stdlib.h>
#include <string.h>

static const char *skip_spaces(const char *at)
{
    return at + strspn(at, " \t\n");
}

// "x,y"; NULL for anything else.
static const char *take_corner(const char *at, double *ret_x, double *ret_y)
{
    char *end;
    *ret_x = strtod(at, &end);
    if (end == at || *end != ',')
        return NULL;
    at = end + 1;
    *ret_y = strtod(at, &end);
    return end == at || (*end && !strchr(" \t\n;", *end)) ? NULL : end;
}

// One polygon, up to the ';' or the end.
static int take_polygon(const char **at, struct scrim_area *area, struct scrim_error *error)
{
    const char *text = skip_spaces(*at);
    int result = SCRIM_OK;
    while (result >= 0 && *text && *text != ';') {
        double x, y;
        const char *next = take_corner(text, &x, &y);
        result = next ? scrim_area_add_point(area, x, y, error)
                      : scrim_fail(error, SCRIM_EINVAL, "'%.20s' is not x,y", text);
        text = next ? skip_spaces(next) : text;
    }
    *at = *text == ';' ? text + 1 : text;
    return result < 0 ? result : scrim_area_check(area, error);
}

int scrim_mask_option(const char *text, struct scrim_area ret[SCRIM_AREAS_MAX], size_t *ret_count,
                      struct scrim_error *error)
{
    size_t count = 0;
    const char *at = text ? skip_spaces(text) : "";
    while (*at) {
        struct scrim_area area = {.kind = SCRIM_AREA_MASK};
        if (count == SCRIM_AREAS_MAX)
            return scrim_fail(error, SCRIM_EINVAL, "--mask: more than %d polygons",
                              SCRIM_AREAS_MAX);
        if (take_polygon(&at, &area, error) < 0)
            return scrim_fail_prefix(error, "--mask: polygon %zu", count + 1);
        ret[count++] = area;
        at = skip_spaces(at);
    }
    *ret_count = count;
    return SCRIM_OK;
}
