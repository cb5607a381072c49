// The Range header of RFC 9110 §14, one range of bytes. Several ranges, other units and malformed
// values are ignored, as the RFC allows: the whole file is sent.
#pragma once

#include <stdint.h>

enum scrim_range_result {
    SCRIM_RANGE_WHOLE,         // no usable range: send everything, 200
    SCRIM_RANGE_PART,          // send [first, last], 206
    SCRIM_RANGE_UNSATISFIABLE, // 416
};

struct scrim_range {
    uint64_t first, last; // both included
};

// `header` may be NULL. `size` is that of the file.
enum scrim_range_result scrim_range_parse(const char *header, uint64_t size,
                                          struct scrim_range *ret);
