// state/holds/list: written by `scrim hold`, read by the keeper before it destroys anything.
#include "keeper/holds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_holds holds;
    struct scrim_error error;
    if (scrim_holds_parse("fuzz", data, size, &holds, &error) < 0)
        return 0;
    for (size_t i = 0; i < holds.count; i++) {
        uint64_t first, last;
        scrim_hold_hours(&holds.list[i], &first, &last);
        if (first > last || scrim_holds_by_id(&holds, holds.list[i].id) != &holds.list[i])
            __builtin_trap();
    }
    (void)scrim_holds_find(&holds, "quay", 0, UINT64_MAX, 1);
    scrim_holds_finish(&holds);
    return 0;
}
