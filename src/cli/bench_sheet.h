// A contact sheet: the worst moments of a clip side by side, each with its mask tinted and
// everyone's box, red where the person is leaked. People look rather than read.
//
// It shows originals, so it is for annotated footage, not for anybody's cameras.
#pragma once

#include "cli/bench_score.h"

struct bench_sheet;

struct bench_sheet *bench_sheet_create(void);
void bench_sheet_destroy(struct bench_sheet *sheet); // NULL is fine

// Keeps a copy of the mask of this frame if it is among the worst leaks or the largest false masks,
// and not next to a worse one in time.
SCRIM_MUST_CHECK int bench_sheet_consider(struct bench_sheet *sheet, uint32_t frame, int64_t pts_us,
                                          const struct bench_mask *mask,
                                          const struct bench_frame_score *score);

// Reads the clip once more and writes the sheet, the worst leak first.
SCRIM_MUST_CHECK int bench_sheet_save(struct bench_sheet *sheet, const char *clip,
                                      const struct bench_truth *truth, const char *path,
                                      struct scrim_error *error);
