// For the files that implement kernels.h.
#pragma once

#include "veil/kernels.h"

#ifdef __x86_64__
extern const struct scrim_kernels scrim_kernels_avx2;
#endif

// The row from pixel `x` on: what is left for the plain twin.
static inline struct scrim_background_row
scrim_background_row_from(const struct scrim_background_row *row, int x)
{
    return (struct scrim_background_row){
        .luma = row->luma + x,
        .before = row->before + x,
        .rate_same = row->rate_same + x,
        .rate_other = row->rate_other + x,
        .mean = row->mean + x,
        .deviation = row->deviation + x,
        .foreground = row->foreground + x,
        .foreground_sums = row->foreground_sums + x,
        .changed_sums = row->changed_sums + x,
    };
}
