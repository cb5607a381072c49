// request.json: whoever asks writes most of it. What parses can be written, reads back the same,
// and keeps its limits.
#include "vault/request.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scrim_request request, again;
    struct scrim_error error;
    struct scrim_buf json;
    if (scrim_request_parse(data, size, &request, &error) < 0)
        return 0;
    if (request.number == 0 || request.cameras_count < 1 || request.from_us >= request.to_us ||
        request.to_us - request.from_us > SCRIM_REQUEST_SPAN_MAX_US ||
        request.expires_us - request.created_us > SCRIM_REQUEST_EXPIRY_MAX_US ||
        request.segments > SCRIM_SEGMENTS_MAX || !scrim_request_purpose_valid(request.purpose))
        abort();
    scrim_buf_init(&json, SCRIM_REQUEST_JSON_MAX);
    if (scrim_request_write(&request, &json, &error) < 0 ||
        scrim_request_parse(json.data, json.len, &again, &error) < 0 ||
        memcmp(&again, &request, sizeof again) != 0)
        abort();
    scrim_buf_finish(&json);
    return 0;
}
