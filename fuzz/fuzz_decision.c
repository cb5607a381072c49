// A holder's decision: read, written and read back; what it is signed over is computed.
#include "vault/decision_impl.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_decision decision, again;
    struct scrim_error error;
    struct scrim_buf json;
    uint8_t bytes[SCRIM_DECISION_SIGNED_BYTES], bytes_again[SCRIM_DECISION_SIGNED_BYTES];
    if (scrim_decision_parse(data, size, &decision, &error) < 0)
        return 0;
    scrim_buf_init(&json, SCRIM_DECISION_JSON_MAX);
    if (scrim_decision_write(&decision, &json, &error) < 0 ||
        scrim_decision_parse(json.data, json.len, &again, &error) < 0)
        abort();
    scrim_decision_signed_bytes(&decision, bytes);
    scrim_decision_signed_bytes(&again, bytes_again);
    if (memcmp(bytes, bytes_again, sizeof bytes) != 0)
        abort();
    scrim_decision_finish(&again);
    scrim_decision_finish(&decision);
    scrim_buf_finish(&json);
    return 0;
}
