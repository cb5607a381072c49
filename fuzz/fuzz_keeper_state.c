// What the keeper reads of its own and of the desk's: remembered retention, purges that wait, lists
// of redacted files. The first byte chooses.
#include "keeper/periods.h"
#include "keeper/purge_log.h"
#include "keeper/redacted.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_periods periods;
    struct scrim_purge_list purges;
    struct scrim_redacted_day day = {0};
    struct scrim_error error;
    if (size < 1)
        return 0;
    const uint8_t kind = data[0];
    data++, size--;
    if (kind == 'r' && scrim_periods_parse("fuzz", data, size, &periods, &error) >= 0)
        scrim_periods_finish(&periods);
    else if (kind == 'p' && scrim_purges_parse("fuzz", data, size, &purges, &error) >= 0)
        scrim_purge_list_finish(&purges);
    else if (kind == 'l' && scrim_redacted_take_line(&day, (const char *)data, size) &&
             day.length_us < 0)
        __builtin_trap();
    return 0;
}
