#include "recorder/unsealed.h"

#include <stdio.h>

void scrim_unsealed_begin(struct scrim_unsealed *unsealed, enum scrim_keep kept, int64_t start_us,
                          int64_t mono_start_us)
{
    *unsealed = (struct scrim_unsealed){
        .open = true, .kept = kept, .start_us = start_us, .mono_start_us = mono_start_us};
}

bool scrim_unsealed_end(struct scrim_unsealed *unsealed, int64_t mono_us, struct scrim_record *ret)
{
    if (!unsealed->open)
        return false;
    const int64_t length_us = mono_us - unsealed->mono_start_us;
    *ret = (struct scrim_record){
        .type = SCRIM_RECORD_UNSEALED,
        .start_us = unsealed->start_us,
        .end_us = unsealed->start_us + (length_us > 0 ? length_us : 0),
        .mono_start_us = unsealed->mono_start_us,
        .mono_end_us = unsealed->mono_start_us + (length_us > 0 ? length_us : 0),
        .kept = unsealed->kept,
        .frames = unsealed->frames,
        .lost_units = unsealed->lost_units,
    };
    scrim_record_note_ntp(ret);
    snprintf(ret->detail, sizeof ret->detail, "scrim.yaml says record: %s",
             scrim_keep_text(unsealed->kept));
    unsealed->open = false;
    return true;
}
