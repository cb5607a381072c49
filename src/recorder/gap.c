#include "recorder/gap.h"

#include <stdio.h>

// What happened up to `end_us`; the rest stays open.
static bool cut_piece(struct scrim_gap *gap, int64_t end_us, struct scrim_record *ret_piece)
{
    if (end_us <= gap->start_us)
        return false;
    const int64_t mono_us = scrim_clock_mono_us();
    *ret_piece = (struct scrim_record){
        .type = SCRIM_RECORD_GAP,
        .start_us = gap->start_us,
        .end_us = end_us,
        .mono_start_us = gap->mono_start_us,
        .mono_end_us = mono_us,
        .cause = gap->cause,
    };
    scrim_record_note_ntp(ret_piece);
    snprintf(ret_piece->detail, sizeof ret_piece->detail, "%s", gap->detail);
    gap->start_us = end_us;
    gap->mono_start_us = mono_us;
    return true;
}

bool scrim_gap_cause_is(struct scrim_gap *gap, enum scrim_gap_cause cause, const char *detail,
                        int64_t start_us, int64_t now_us, struct scrim_record *ret_piece)
{
    bool cut = false;
    if (gap->open && gap->cause == cause)
        return false;
    if (gap->open) {
        cut = cut_piece(gap, now_us, ret_piece);
    } else {
        gap->open = true;
        gap->start_us = start_us < now_us ? start_us : now_us;
        gap->mono_start_us = scrim_clock_mono_us() - (now_us - gap->start_us);
    }
    gap->cause = cause;
    snprintf(gap->detail, sizeof gap->detail, "%s", detail);
    return cut;
}

bool scrim_gap_due(struct scrim_gap *gap, int64_t now_us, struct scrim_record *ret_piece)
{
    return gap->open && now_us - gap->start_us >= SCRIM_GAP_PIECE_US &&
           cut_piece(gap, now_us, ret_piece);
}

bool scrim_gap_end(struct scrim_gap *gap, int64_t end_us, struct scrim_record *ret_piece)
{
    const bool cut = gap->open && cut_piece(gap, end_us, ret_piece);
    gap->open = false;
    return cut;
}
