// Values of a network that are needed at the same time never overlap, and others do.
#include "detect/layout.h"

#include "test.h"

#include <limits.h>

#define COUNT 60

static bool overlap(size_t a, size_t a_end, size_t b, size_t b_end)
{
    return a < b_end && b < a_end;
}

static void never_overlap(void)
{
    uint32_t seed = 7;
    for (int round = 0; round < 200; round++) {
        struct scrim_span spans[COUNT];
        size_t sum = 0;
        for (unsigned i = 0; i < COUNT; i++) {
            seed = seed * 1664525 + 1013904223; // Knuth
            const unsigned first = seed >> 24 & 63, length = seed >> 16 & 7;
            spans[i] = (struct scrim_span){
                .size = seed >> 10 & 31, .first = first, .last = first + length};
            sum += spans[i].size;
        }
        const size_t size = scrim_layout(spans, COUNT);
        CHECK(size < sum);
        for (unsigned i = 0; i < COUNT; i++) {
            CHECK(spans[i].size == 0 || spans[i].offset + spans[i].size <= size);
            for (unsigned k = 0; k < i; k++)
                REQUIRE(!overlap(spans[i].first, (size_t)spans[i].last + 1, spans[k].first,
                                 (size_t)spans[k].last + 1) ||
                        !overlap(spans[i].offset, spans[i].offset + spans[i].size, spans[k].offset,
                                 spans[k].offset + spans[k].size));
        }
    }
}

// A chain needs two places; a value that is used again later keeps its own; so does an output.
static void spans_of_a_model(void)
{
    struct scrim_model_op ops[4] = {
        {.inputs = {0}, .inputs_count = 1},
        {.inputs = {1}, .inputs_count = 1},
        {.inputs = {2}, .inputs_count = 1},
        {.inputs = {3, 1}, .inputs_count = 2},
    };
    const struct scrim_model model = {
        .ops = ops, .ops_count = 4, .outputs = {{.value = 2}}, .outputs_count = 1};
    struct scrim_span spans[5];
    scrim_layout_spans(&model, spans);
    const unsigned last[] = {1, 4, UINT_MAX, 4, 4};
    for (unsigned i = 0; i < 5; i++) {
        CHECK_INT(spans[i].first, i);
        CHECK_INT(spans[i].last, last[i]);
        spans[i].size = 10;
    }
    CHECK_INT(scrim_layout(spans, 5), 40);
    scrim_layout_merge(&spans[4], &spans[3]);
    CHECK_INT(spans[4].first, 3);
    CHECK_INT(spans[3].size, 0);
    CHECK_INT(scrim_layout(spans, 5), 30);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){
                        {"what is needed at the same time does not overlap", never_overlap},
                        {"when the values of a model are needed", spans_of_a_model},
                        {0},
                    });
}
