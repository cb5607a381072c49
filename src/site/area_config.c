#include "site/config.h"

#include <stdio.h>
#include <string.h>

static bool is_rectangle(const struct scrim_area_config *config)
{
    return config->x != 0 || config->y != 0 || config->width != 0 || config->height != 0;
}

// The short form. Written so that NaN is refused too.
static int take_rectangle(const struct scrim_area_config *config, struct scrim_area *area,
                          struct scrim_error *error)
{
    const double left = config->x, top = config->y;
    const double right = left + config->width, bottom = top + config->height;
    if (!(config->width > 0 && config->height > 0))
        return scrim_fail(error, SCRIM_EINVAL, "width and height must be more than 0");
    if (!(left >= 0 && top >= 0 && right <= 1 + 1e-9 && bottom <= 1 + 1e-9))
        return scrim_fail(error, SCRIM_EINVAL,
                          "the rectangle must lie inside the picture: x, y, width and height are "
                          "shares of it from 0 to 1");
    const double corners[4][2] = {{left, top}, {right, top}, {right, bottom}, {left, bottom}};
    int result = SCRIM_OK;
    for (int i = 0; i < 4 && result >= 0; i++) // 0.7 + 0.3 is a little more than 1
        result = scrim_area_add_point(area, corners[i][0] < 1 ? corners[i][0] : 1,
                                      corners[i][1] < 1 ? corners[i][1] : 1, error);
    return result;
}

static int take_points(const struct scrim_area_config *config, struct scrim_area *area,
                       struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (unsigned i = 0; config->points && i < config->points_count && result >= 0; i++)
        result =
            scrim_area_add_point(area, config->points[i].at[0], config->points[i].at[1], error);
    return result;
}

int scrim_area_of_config(enum scrim_area_kind kind, const struct scrim_area_config *config,
                         struct scrim_area *ret, struct scrim_error *error)
{
    struct scrim_area area = {.kind = kind};
    const bool rectangle = is_rectangle(config);
    if (!config->name && kind != SCRIM_AREA_MASK)
        return scrim_fail(error, SCRIM_EINVAL, "needs a name, for rules to refer to");
    // A name that is too long is cut here, one character beyond what is allowed.
    char name[SCRIM_AREA_NAME_MAX + 2];
    snprintf(name, sizeof name, "%s", config->name ? config->name : "");
    if (strlen(name) > SCRIM_AREA_NAME_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "the name is longer than %d characters",
                          SCRIM_AREA_NAME_MAX);
    memcpy(area.name, name, strlen(name) + 1);
    if (config->points && rectangle)
        return scrim_fail(error, SCRIM_EINVAL, "give either points, or x, y, width and height");
    if (rectangle && kind == SCRIM_AREA_LINE)
        return scrim_fail(error, SCRIM_EINVAL, "a line is given by its points");
    int result =
        rectangle ? take_rectangle(config, &area, error) : take_points(config, &area, error);
    if (result >= 0)
        result = scrim_area_check(&area, error);
    if (result >= 0)
        *ret = area;
    return result;
}
