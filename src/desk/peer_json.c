#include "desk/peer_json.h"

#include <string.h>

#define ID_SIZE 32

bool scrim_peer_json_text(const json_t *object, const char *name, char *ret, size_t ret_size)
{
    const json_t *member = json_object_get(object, name);
    const size_t length = json_string_length(member);
    if (!json_is_string(member) || length >= ret_size)
        return false;
    memcpy(ret, json_string_value(member), length + 1);
    return strlen(ret) == length;
}

bool scrim_peer_json_integer(const json_t *object, const char *name, int64_t min, int64_t max,
                             int64_t *ret)
{
    const json_t *member = json_object_get(object, name);
    const json_int_t value = json_integer_value(member);
    if (!json_is_integer(member) || value < min || value > max)
        return false;
    *ret = value;
    return true;
}

bool scrim_peer_json_count(const json_t *object, const char *name, int64_t *ret)
{
    return scrim_peer_json_integer(object, name, 0, SCRIM_PEER_COUNT_MAX, ret);
}

bool scrim_peer_json_id(const json_t *object, const char *name, char ret[ID_SIZE])
{
    return scrim_peer_json_text(object, name, ret, ID_SIZE) &&
           ret[strspn(ret, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}
