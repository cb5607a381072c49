// Annotations of people (MOT text), as `scrim bench veil --truth` reads them.
#include "cli/bench_truth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bench_truth truth;
    if (bench_truth_parse(data, size, &truth, NULL) < 0)
        return 0;
    const struct bench_truth_box *boxes;
    const size_t last = bench_truth_of(&truth, truth.frames - 1, &boxes);
    if (last == 0 || !(boxes[last - 1].x0 < boxes[last - 1].x1))
        __builtin_trap();
    bench_truth_finish(&truth);
    return 0;
}
