#include "site/area.h"

#include <math.h>
#include <string.h>

static const char *const kinds[SCRIM_AREA_KINDS] = {"mask", "zone", "line"};

const char *scrim_area_kind_text(enum scrim_area_kind kind)
{
    return kinds[kind];
}

bool scrim_area_kind_parse(const char *text, enum scrim_area_kind *ret)
{
    for (int i = 0; i < SCRIM_AREA_KINDS; i++) {
        if (strcmp(text, kinds[i]) == 0) {
            *ret = (enum scrim_area_kind)i;
            return true;
        }
    }
    return false;
}

static bool is_share(double value)
{
    return value >= 0.0 && value <= 1.0; // false for NaN too
}

int scrim_area_add_point(struct scrim_area *area, double x, double y, struct scrim_error *error)
{
    if (area->count == SCRIM_AREA_POINTS_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "more than %d points", SCRIM_AREA_POINTS_MAX);
    if (!is_share(x) || !is_share(y))
        return scrim_fail(error, SCRIM_EINVAL,
                          "point %u (%g, %g) lies outside the picture: x and y are shares of it "
                          "from 0 to 1",
                          area->count + 1, x, y);
    area->points[area->count++] = (struct scrim_point){(int32_t)lround(x * SCRIM_AREA_UNIT),
                                                       (int32_t)lround(y * SCRIM_AREA_UNIT)};
    return SCRIM_OK;
}

// > 0: c lies to one side of the line from a to b; < 0: to the other; 0: on it. Exact: 2·10¹⁰ at
// most.
static int64_t side(struct scrim_point a, struct scrim_point b, struct scrim_point c)
{
    return ((int64_t)b.x - a.x) * ((int64_t)c.y - a.y) -
           ((int64_t)b.y - a.y) * ((int64_t)c.x - a.x);
}

static int sign(int64_t value)
{
    return (value > 0) - (value < 0);
}

static bool between(int32_t value, int32_t a, int32_t b)
{
    return a < b ? value >= a && value <= b : value >= b && value <= a;
}

// c lies on the line through a and b: is it between them?
static bool in_box(struct scrim_point a, struct scrim_point b, struct scrim_point c)
{
    return between(c.x, a.x, b.x) && between(c.y, a.y, b.y);
}

// Do the segments ab and cd have a point in common?
static bool meet(struct scrim_point a, struct scrim_point b, struct scrim_point c,
                 struct scrim_point d)
{
    const int abc = sign(side(a, b, c)), abd = sign(side(a, b, d));
    const int cda = sign(side(c, d, a)), cdb = sign(side(c, d, b));
    if (abc != abd && cda != cdb)
        return true;
    return (abc == 0 && in_box(a, b, c)) || (abd == 0 && in_box(a, b, d)) ||
           (cda == 0 && in_box(c, d, a)) || (cdb == 0 && in_box(c, d, b));
}

// Does the way a, b, c lead back over itself?
static bool turns_back(struct scrim_point a, struct scrim_point b, struct scrim_point c)
{
    const int64_t along =
        ((int64_t)b.x - a.x) * ((int64_t)c.x - b.x) + ((int64_t)b.y - a.y) * ((int64_t)c.y - b.y);
    return side(a, b, c) == 0 && along < 0;
}

static bool is_closed(const struct scrim_area *area)
{
    return area->kind != SCRIM_AREA_LINE;
}

static struct scrim_point at(const struct scrim_area *area, unsigned i)
{
    return area->points[i % area->count];
}

static int check_steps(const struct scrim_area *area, struct scrim_error *error)
{
    const unsigned edges = is_closed(area) ? area->count : area->count - 1;
    for (unsigned i = 0; i < edges; i++) {
        const struct scrim_point a = at(area, i), b = at(area, i + 1), c = at(area, i + 2);
        if (a.x == b.x && a.y == b.y)
            return scrim_fail(error, SCRIM_EINVAL, "point %u is the same as point %u",
                              (i + 1) % area->count + 1, i + 1);
        if ((is_closed(area) || i + 2 < area->count) && turns_back(a, b, c))
            return scrim_fail(error, SCRIM_EINVAL, "it leads back over itself at point %u",
                              (i + 1) % area->count + 1);
    }
    return SCRIM_OK;
}

// Each edge against those that do not follow it or lead to it.
static int check_crossings(const struct scrim_area *area, struct scrim_error *error)
{
    const unsigned n = area->count;
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = i + 2; j < n; j++) {
            if (i == 0 && j == n - 1)
                continue;
            if (meet(at(area, i), at(area, i + 1), at(area, j), at(area, j + 1)))
                return scrim_fail(error, SCRIM_EINVAL,
                                  "it crosses or touches itself: the edge from point %u to %u and "
                                  "the edge from point %u to %u",
                                  i + 1, i + 2, j + 1, (j + 1) % n + 1);
        }
    return SCRIM_OK;
}

static bool name_valid(const char *name)
{
    const size_t length = strnlen(name, SCRIM_AREA_NAME_MAX + 1);
    return length <= SCRIM_AREA_NAME_MAX && name[0] != '-' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

int scrim_area_check(const struct scrim_area *area, struct scrim_error *error)
{
    const unsigned least = is_closed(area) ? 3 : 2;
    if (!name_valid(area->name))
        return scrim_fail(error, SCRIM_EINVAL,
                          "a name is 1 to %d of a-z, 0-9 and '-', and starts with no '-'",
                          SCRIM_AREA_NAME_MAX);
    if (area->count < least)
        return scrim_fail(error, SCRIM_EINVAL, "needs %u points or more, has %u", least,
                          area->count);
    const int result = check_steps(area, error);
    return result < 0 || !is_closed(area) ? result : check_crossings(area, error);
}

bool scrim_area_same(const struct scrim_area *a, const struct scrim_area *b)
{
    return a->kind == b->kind && strcmp(a->name, b->name) == 0 && a->count == b->count &&
           memcmp(a->points, b->points, a->count * sizeof *a->points) == 0;
}

const struct scrim_area *scrim_area_find(const struct scrim_area *list, size_t count,
                                         const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    }
    return NULL;
}
