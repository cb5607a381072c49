#include "cli/bench_masks.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>

#define PTS_MAX 1e9 // seconds

struct bench_masks {
    char *name;
    struct scrim_buf content; // empty if the bytes are somebody else's
    struct scrim_reader reader;
    struct scrim_buf rects; // struct scrim_region, of the current frame
    int64_t frame;          // the next one
};

struct bench_masks *bench_masks_of(const char *name, const void *bytes, size_t count)
{
    struct bench_masks *masks = scrim_new(struct bench_masks);
    masks->name = scrim_strdup(name);
    masks->reader = scrim_reader_of(bytes, count);
    scrim_buf_init(&masks->content, BENCH_MASKS_MAX);
    scrim_buf_init(&masks->rects, BENCH_MASKS_RECTS_MAX * sizeof(struct scrim_region));
    return masks;
}

int bench_masks_open(const char *path, struct bench_masks **ret, struct scrim_error *error)
{
    struct bench_masks *masks = bench_masks_of(path, NULL, 0);
    const int result = scrim_fs_read(path, &masks->content, error);
    if (result < 0) {
        bench_masks_close(masks);
        return result;
    }
    masks->reader = scrim_reader_of(masks->content.data, masks->content.len);
    *ret = masks;
    return SCRIM_OK;
}

void bench_masks_close(struct bench_masks *masks)
{
    if (!masks)
        return;
    scrim_free_pointer(&masks->name);
    scrim_buf_finish(&masks->content);
    scrim_buf_finish(&masks->rects);
    scrim_free_pointer(&masks);
}

static int malformed(const struct bench_masks *masks, const char *what, struct scrim_error *error)
{
    return scrim_fail(error, SCRIM_EFORMAT, "%s: line %" PRId64 ": %s", masks->name,
                      masks->frame + 1, what);
}

static bool read_rect(const json_t *value, struct scrim_region *ret)
{
    int parts[4];
    if (json_array_size(value) != 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        const json_t *part = json_array_get(value, i);
        const json_int_t number = json_integer_value(part);
        if (!json_is_integer(part) || number < -INT16_MAX || number > INT16_MAX ||
            (i >= 2 && number < 0))
            return false;
        parts[i] = (int)number;
    }
    *ret = (struct scrim_region){parts[0], parts[1], parts[2], parts[3]};
    return true;
}

static int read_rects(struct bench_masks *masks, const json_t *rects, struct scrim_error *error)
{
    scrim_buf_clear(&masks->rects);
    for (size_t i = 0; i < json_array_size(rects); i++) {
        struct scrim_region rect;
        if (!read_rect(json_array_get(rects, i), &rect))
            return malformed(masks, "a rectangle is not [x, y, width, height]", error);
        const int result = scrim_buf_append(&masks->rects, &rect, sizeof(rect));
        if (result < 0)
            return malformed(masks, scrim_err_text(result), error);
    }
    return SCRIM_OK;
}

static int read_frame(struct bench_masks *masks, const json_t *line, struct bench_mask *ret,
                      int64_t *ret_pts_us, struct scrim_error *error)
{
    const json_t *frame = json_object_get(line, "frame"), *pts = json_object_get(line, "pts");
    const json_t *rects = json_object_get(line, "rects"), *opaque = json_object_get(line, "opaque");
    if (!json_is_integer(frame) || !json_is_number(pts) || !json_is_array(rects) ||
        !json_is_boolean(opaque))
        return malformed(masks, "lacks one of frame, pts, rects, opaque", error);
    if (json_integer_value(frame) != masks->frame)
        return malformed(masks, "frames must count up from 0", error);
    if (!(fabs(json_number_value(pts)) < PTS_MAX))
        return malformed(masks, "pts is not a time in seconds", error);
    const int result = read_rects(masks, rects, error);
    if (result < 0)
        return result;
    *ret_pts_us = llround(json_number_value(pts) * 1e6);
    ret->rects = (const struct scrim_region *)(const void *)masks->rects.data;
    ret->count = masks->rects.len / sizeof(struct scrim_region);
    ret->opaque = json_is_true(opaque);
    masks->frame++;
    return 1;
}

int bench_masks_next(struct bench_masks *masks, struct bench_mask *ret, int64_t *ret_pts_us,
                     struct scrim_error *error)
{
    const char *text;
    size_t length;
    json_error_t reason;
    if (masks->reader.left == 0)
        return 0;
    if (!scrim_read_line(&masks->reader, &text, &length))
        return malformed(masks, "is cut off", error);
    json_t *line = json_loadb(text, length, JSON_REJECT_DUPLICATES, &reason);
    if (!line)
        return malformed(masks, reason.text, error);
    const int result = read_frame(masks, line, ret, ret_pts_us, error);
    json_decref(line);
    return result;
}
