// Masks of any redactor, one JSON object a line, as `scrim bench veil --masks` reads them; scored
// as well.
#include "cli/bench_masks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bench_truth_box box = {0, 1, 8, 8, 24, 40, true};
    static const struct bench_truth truth = {&box, 1, 1};
    struct bench_masks *masks = bench_masks_of("masks", data, size);
    struct bench_score *score;
    struct bench_mask mask;
    struct bench_frame_score frame;
    int64_t pts_us;
    if (bench_score_create(&truth, 64, 48, &score, NULL) >= 0) {
        for (int i = 0; i < 16 && bench_masks_next(masks, &mask, &pts_us, NULL) == 1; i++)
            bench_score_frame(score, pts_us, &mask, &frame);
        bench_score_destroy(score);
    }
    bench_masks_close(masks);
    return 0;
}
