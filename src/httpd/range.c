#include "httpd/range.h"

#include <stdbool.h>
#include <stddef.h>
#include <strings.h>

// Digits at `*at`, which moves on. False without a digit; saturates instead of overflowing.
static bool take_number(const char **at, uint64_t *ret)
{
    const char *start = *at;
    uint64_t value = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        const uint64_t digit = (uint64_t)(**at - '0');
        value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
    }
    *ret = value;
    return *at > start;
}

// The last `count` bytes.
static enum scrim_range_result suffix(uint64_t count, uint64_t size, struct scrim_range *ret)
{
    if (count == 0 || size == 0)
        return SCRIM_RANGE_UNSATISFIABLE;
    *ret = (struct scrim_range){count < size ? size - count : 0, size - 1};
    return SCRIM_RANGE_PART;
}

enum scrim_range_result scrim_range_parse(const char *header, uint64_t size,
                                          struct scrim_range *ret)
{
    if (!header || strncasecmp(header, "bytes=", 6) != 0)
        return SCRIM_RANGE_WHOLE;
    const char *at = header + 6;
    uint64_t first, last = UINT64_MAX;
    const bool has_first = take_number(&at, &first);
    if (*at++ != '-')
        return SCRIM_RANGE_WHOLE;
    const bool has_last = take_number(&at, &last);
    if (*at != '\0' || (!has_first && !has_last) || (has_first && has_last && last < first))
        return SCRIM_RANGE_WHOLE;

    if (!has_first)
        return suffix(last, size, ret);
    if (first >= size)
        return SCRIM_RANGE_UNSATISFIABLE;
    if (!has_last || last >= size)
        last = size - 1;
    *ret = (struct scrim_range){first, last};
    return SCRIM_RANGE_PART;
}
