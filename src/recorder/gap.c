#include "recorder/gap.h"

#include <stdio.h>

// What happened up to `mono_us`; the rest stays open. A piece without length is one only for the
// pictures that are missing in it.
static bool cut_piece(struct scrim_gap *gap, int64_t mono_us, struct scrim_record *ret_piece)
{
    int64_t length_us = mono_us - gap->mono_start_us;
    if (length_us <= 0 && gap->lost_units == 0)
        return false;
    if (length_us < 0)
        length_us = 0;
    *ret_piece = (struct scrim_record){
        .type = SCRIM_RECORD_GAP,
        .start_us = gap->start_us,
        .end_us = gap->start_us + length_us,
        .mono_start_us = gap->mono_start_us,
        .mono_end_us = gap->mono_start_us + length_us,
        .lost_units = gap->lost_units,
        .cause = gap->cause,
    };
    scrim_record_note_ntp(ret_piece);
    snprintf(ret_piece->detail, sizeof ret_piece->detail, "%s", gap->detail);
    gap->start_us += length_us;
    gap->mono_start_us += length_us;
    gap->lost_units = 0;
    return true;
}

void scrim_gap_open(struct scrim_gap *gap, enum scrim_gap_cause cause, const char *detail,
                    int64_t start_us, int64_t mono_start_us)
{
    *gap = (struct scrim_gap){
        .open = true, .cause = cause, .start_us = start_us, .mono_start_us = mono_start_us};
    snprintf(gap->detail, sizeof gap->detail, "%s", detail);
}

bool scrim_gap_cause_is(struct scrim_gap *gap, enum scrim_gap_cause cause, const char *detail,
                        int64_t mono_us, struct scrim_record *ret_piece)
{
    if (gap->cause == cause)
        return false;
    const bool cut = cut_piece(gap, mono_us, ret_piece);
    gap->cause = cause;
    snprintf(gap->detail, sizeof gap->detail, "%s", detail);
    return cut;
}

bool scrim_gap_due(struct scrim_gap *gap, int64_t mono_us, struct scrim_record *ret_piece)
{
    return gap->open && mono_us - gap->mono_start_us >= SCRIM_GAP_PIECE_US &&
           cut_piece(gap, mono_us, ret_piece);
}

bool scrim_gap_step(struct scrim_gap *gap, int64_t mono_us, int64_t step_us,
                    struct scrim_record *ret_piece)
{
    const bool cut = gap->open && cut_piece(gap, mono_us, ret_piece);
    gap->start_us += step_us;
    return cut;
}

bool scrim_gap_end(struct scrim_gap *gap, int64_t mono_us, struct scrim_record *ret_piece)
{
    const bool cut = gap->open && cut_piece(gap, mono_us, ret_piece);
    gap->open = false;
    return cut;
}
