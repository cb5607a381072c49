// The Range header (RFC 9110 §14): whatever it says, only bytes of the file go out. The first
// eight bytes are the file's size.
#include "httpd/range.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t file_size;
    char header[512];
    if (size < sizeof file_size || size - sizeof file_size >= sizeof header)
        return 0;
    memcpy(&file_size, data, sizeof file_size);
    memcpy(header, data + sizeof file_size, size - sizeof file_size);
    header[size - sizeof file_size] = '\0';

    struct scrim_range part;
    if (scrim_range_parse(header, file_size, &part) == SCRIM_RANGE_PART &&
        (part.first > part.last || part.last >= file_size))
        abort();
    return 0;
}
