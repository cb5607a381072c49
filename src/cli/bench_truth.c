#include "cli/bench_truth.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 256
#define COLUMNS_MIN 7
#define COLUMNS_MAX 10
#define COLUMNS_WITH_CLASS 9
#define NUMBER_MAX 1e7 // beyond any frame number or pixel

// Splits a line at its commas into numbers. How many, or -1 if something is not one.
static int split(const char *line, size_t length, double columns[COLUMNS_MAX])
{
    char text[LINE_MAX_BYTES];
    if (length >= sizeof(text) || memchr(line, '\0', length))
        return -1;
    memcpy(text, line, length);
    text[length] = '\0';
    if (length > 0 && text[length - 1] == '\r')
        text[length - 1] = '\0';
    char *at = text;
    for (int count = 0; count < COLUMNS_MAX; at++) {
        char *end;
        columns[count] = strtod(at, &end);
        if (end == at || !(fabs(columns[count]) <= NUMBER_MAX))
            return -1;
        count++;
        if (*end == '\0')
            return count;
        if (*end != ',')
            return -1;
        at = end;
    }
    return -1;
}

static bool parse_box(const char *line, size_t length, struct bench_truth_box *ret)
{
    double columns[COLUMNS_MAX];
    const int count = split(line, length, columns);
    if (count < COLUMNS_MIN || columns[0] < 1)
        return false;
    const bool pedestrian = count != COLUMNS_WITH_CLASS || lround(columns[7]) == 1;
    *ret = (struct bench_truth_box){
        .frame = (uint32_t)(columns[0] - 1),
        .id = (int32_t)columns[1],
        .x0 = (float)columns[2],
        .y0 = (float)columns[3],
        .x1 = (float)(columns[2] + columns[4]),
        .y1 = (float)(columns[3] + columns[5]),
        .scored = pedestrian && lround(columns[6]) == 1,
    };
    return ret->x0 < ret->x1 && ret->y0 < ret->y1;
}

static int by_frame(const void *a, const void *b)
{
    const struct bench_truth_box *x = a, *y = b;
    if (x->frame != y->frame)
        return x->frame < y->frame ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static int parse_lines(struct scrim_reader *reader, struct scrim_buf *boxes,
                       struct scrim_error *error)
{
    const char *line;
    size_t length, number = 0;
    while (reader->left > 0) {
        struct bench_truth_box box;
        number++;
        if (!scrim_read_line(reader, &line, &length)) { // the last line may lack its line break
            line = (const char *)reader->at;
            length = reader->left;
            reader->left = 0;
        }
        if (!parse_box(line, length, &box))
            return scrim_fail(error, SCRIM_EFORMAT,
                              "line %zu is not \"frame,id,x,y,width,height,confidence,…\"", number);
        const int result = scrim_buf_append(boxes, &box, sizeof(box));
        if (result < 0)
            return scrim_fail(error, result, "line %zu: %s", number, scrim_err_text(result));
    }
    return SCRIM_OK;
}

int bench_truth_parse(const void *bytes, size_t count, struct bench_truth *ret,
                      struct scrim_error *error)
{
    struct scrim_buf boxes;
    struct scrim_reader reader = scrim_reader_of(bytes, count);
    scrim_buf_init(&boxes, (size_t)BENCH_TRUTH_MAX * 2);
    const int result = parse_lines(&reader, &boxes, error);
    if (result < 0 || boxes.len == 0) {
        scrim_buf_finish(&boxes);
        return result < 0 ? result : scrim_fail(error, SCRIM_EFORMAT, "has no boxes");
    }
    struct bench_truth_box *list = (struct bench_truth_box *)(void *)boxes.data;
    const size_t list_count = boxes.len / sizeof(*list);
    qsort(list, list_count, sizeof(*list), by_frame);
    *ret = (struct bench_truth){list, list_count, list[list_count - 1].frame + 1};
    return SCRIM_OK;
}

int bench_truth_load(const char *path, struct bench_truth *ret, struct scrim_error *error)
{
    struct scrim_buf content;
    scrim_buf_init(&content, BENCH_TRUTH_MAX);
    int result = scrim_fs_read(path, &content, error);
    if (result >= 0) {
        result = bench_truth_parse(content.data, content.len, ret, error);
        if (result < 0)
            scrim_fail_prefix(error, "%s", path);
    }
    scrim_buf_finish(&content);
    return result;
}

void bench_truth_finish(struct bench_truth *truth)
{
    scrim_free_pointer(&truth->boxes);
    *truth = (struct bench_truth){0};
}

// First box of a frame that is not before `frame`.
static size_t lower_bound(const struct bench_truth *truth, uint32_t frame)
{
    size_t low = 0, high = truth->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (truth->boxes[middle].frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t bench_truth_of(const struct bench_truth *truth, uint32_t frame,
                      const struct bench_truth_box **ret)
{
    const size_t first = lower_bound(truth, frame);
    size_t end = first;
    while (end < truth->count && truth->boxes[end].frame == frame)
        end++;
    *ret = truth->boxes + first;
    return end - first;
}
