#include "httpd/route.h"

#include <string.h>

static bool segment_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

// Takes the segment at `*path` into the next parameter.
static bool take_segment(const char **path, struct scrim_route_params *ret)
{
    size_t length = 0;
    while (segment_char((*path)[length]))
        length++;
    if (length == 0 || length > SCRIM_ROUTE_PARAM_MAX || (*path)[0] == '.' ||
        ret->count == SCRIM_ROUTE_PARAMS)
        return false;
    memcpy(ret->values[ret->count], *path, length);
    ret->values[ret->count][length] = '\0';
    ret->count++;
    *path += length;
    return true;
}

bool scrim_route_match(const char *pattern, const char *path, struct scrim_route_params *ret)
{
    ret->count = 0;
    while (*pattern) {
        if (*pattern == '{') {
            if (!take_segment(&path, ret))
                return false;
            pattern = strchr(pattern, '}') + 1;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}
