// A request's document. What is read must be written and read back as the same.
#include "vault/request.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_request request, again;
    struct scrim_error error;
    struct scrim_buf json;
    if (scrim_request_parse(data, size, &request, &error) < 0)
        return 0;
    scrim_buf_init(&json, SCRIM_REQUEST_JSON_MAX);
    if (scrim_request_write(&request, &json, &error) < 0 ||
        scrim_request_parse(json.data, json.len, &again, &error) < 0 ||
        strcmp(request.reason, again.reason) != 0 || request.log_seq != again.log_seq)
        abort();
    scrim_buf_finish(&json);
    return 0;
}
