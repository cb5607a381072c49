// What the keeper says of the storage: told on as it stands, and read for /metrics.
#include "desk/storage_state.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *report = scrim_storage_report_parse(data, size);
    if (!report)
        return 0;
    const json_t *disks = json_object_get(report, "disks");
    for (size_t i = 0; i < json_array_size(disks); i++) {
        const char *id = json_string_value(json_object_get(json_array_get(disks, i), "id"));
        if (strpbrk(id, "\"\\\n{}") || scrim_storage_report_fills_us(report, id) < 0)
            abort();
    }
    const json_t *admission = json_object_get(report, "admission");
    if (!json_string_value(json_object_get(admission, "text")) ||
        json_integer_value(json_object_get(admission, "needed")) < 0)
        abort();
    char *text = json_dumps(report, JSON_COMPACT); // the API's answer
    if (!text)
        abort();
    free(text);
    json_decref(report);
    return 0;
}
