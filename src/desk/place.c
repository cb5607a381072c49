#include "desk/place.h"

#include <string.h>

#define REACH_PLAN_MAX 2.0
#define REACH_METRES_MAX 5000.0

struct member {
    const char *name;
    double least, most;
};

bool scrim_plan_id_valid(const char *id)
{
    return strlen(id) == SCRIM_PLAN_ID_TEXT - 1 &&
           strspn(id, "0123456789abcdef") == SCRIM_PLAN_ID_TEXT - 1;
}

const char *scrim_place_plan(const json_t *place)
{
    return json_string_value(json_object_get(place, "plan"));
}

static int check_member(const json_t *place, const struct member *member, struct scrim_error *error)
{
    const json_t *value = json_object_get(place, member->name);
    const double number = json_number_value(value);
    // jansson reads no NaN and no infinity.
    if (!json_is_number(value) || number < member->least || number > member->most)
        return scrim_fail(error, SCRIM_EINVAL, "%s must be a number from %g to %g", member->name,
                          member->least, member->most);
    return SCRIM_OK;
}

int scrim_place_check(const json_t *place, struct scrim_error *error)
{
    static const struct member on_plan[] = {
        {"x", 0, 1},
        {"y", 0, 1},
        {"heading", 0, 359.999999},
        {"angle", 1, 360},
        {"reach", 0.001, REACH_PLAN_MAX},
    };
    static const struct member on_map[] = {
        {"lat", -85, 85},
        {"lon", -180, 180},
        {"heading", 0, 359.999999},
        {"angle", 1, 360},
        {"reach", 1, REACH_METRES_MAX},
    };
    const json_t *plan = json_object_get(place, "plan");
    const size_t count = sizeof on_plan / sizeof *on_plan;
    _Static_assert(sizeof on_plan == sizeof on_map, "both have as many members");
    if (plan && (!json_is_string(plan) || !scrim_plan_id_valid(json_string_value(plan))))
        return scrim_fail(error, SCRIM_EINVAL, "plan must be the id of a plan");
    int result = SCRIM_OK;
    for (size_t i = 0; i < count && result >= 0; i++)
        result = check_member(place, plan ? &on_plan[i] : &on_map[i], error);
    if (result >= 0 && json_object_size(place) != count + (plan ? 1 : 0))
        result = scrim_fail(error, SCRIM_EINVAL,
                            "a place has either plan, x and y or lat and lon, then heading, angle "
                            "and reach, and nothing else");
    return result;
}
