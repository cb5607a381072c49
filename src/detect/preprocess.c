#include "detect/preprocess.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

#define REDUCTION_MAX 31.0F
#define TAPS_MAX 64             // 2 × ⌈REDUCTION_MAX⌉ and room for rounding
#define COLUMNS_MAX (2048 * 32) // source columns a row can span

// How each output position of one axis is made: `taps` source positions from `first`, weighted.
struct axis {
    unsigned taps;
    int *first;     // one an output position
    float *weights; // `taps` an output position
};

// One plane's filters and the current row, filtered vertically.
struct plane {
    struct axis columns, rows;
    float *row;    // source columns columns.first[0] … the last one needed, from index 0
    float *output; // the row, filtered both ways
};

struct scrim_preprocess {
    struct plane luma, chroma;
    float *cr_row, *cr_output; // beside those of chroma, which hold Cb
    bool bgr;
    float mean[3], scale[3];
    int width, height; // of the input
};

static bool axis_allocate(struct axis *axis, int length)
{
    axis->first = scrim_alloc((size_t)length * sizeof(int));
    axis->weights = scrim_alloc((size_t)length * TAPS_MAX * sizeof(float));
    return axis->first && axis->weights;
}

static bool plane_allocate(struct plane *plane, int width, int height)
{
    plane->row = scrim_alloc(COLUMNS_MAX * sizeof(float));
    plane->output = scrim_alloc((size_t)width * sizeof(float));
    return plane->row && plane->output && axis_allocate(&plane->columns, width) &&
           axis_allocate(&plane->rows, height);
}

static void plane_finish(struct plane *plane)
{
    scrim_free_pointer(&plane->columns.first);
    scrim_free_pointer(&plane->columns.weights);
    scrim_free_pointer(&plane->rows.first);
    scrim_free_pointer(&plane->rows.weights);
    scrim_free_pointer(&plane->row);
    scrim_free_pointer(&plane->output);
}

int scrim_preprocess_create(const struct scrim_model *model, struct scrim_preprocess **ret,
                            struct scrim_error *error)
{
    struct scrim_preprocess *preprocess = scrim_new(struct scrim_preprocess);
    preprocess->width = (int)model->shapes[0].width;
    preprocess->height = (int)model->shapes[0].height;
    preprocess->bgr = model->bgr;
    memcpy(preprocess->mean, model->mean, sizeof(model->mean));
    memcpy(preprocess->scale, model->scale, sizeof(model->scale));
    preprocess->cr_row = scrim_alloc(COLUMNS_MAX * sizeof(float));
    preprocess->cr_output = scrim_alloc((size_t)preprocess->width * sizeof(float));
    if (!preprocess->cr_row || !preprocess->cr_output ||
        !plane_allocate(&preprocess->luma, preprocess->width, preprocess->height) ||
        !plane_allocate(&preprocess->chroma, preprocess->width, preprocess->height)) {
        scrim_preprocess_destroy(preprocess);
        return scrim_fail(error, SCRIM_ENOMEM, "no memory to scale pictures");
    }
    *ret = preprocess;
    return SCRIM_OK;
}

void scrim_preprocess_destroy(struct scrim_preprocess *preprocess)
{
    if (!preprocess)
        return;
    plane_finish(&preprocess->luma);
    plane_finish(&preprocess->chroma);
    scrim_free_pointer(&preprocess->cr_row);
    scrim_free_pointer(&preprocess->cr_output);
    scrim_free_pointer(&preprocess);
}

static int clamp_int(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

// Filters that map `span` source positions from `start` onto `length` output positions. Taps beyond
// the plane's `limit` positions count for the one at its edge.
static void axis_build(struct axis *axis, int length, float start, float span, int limit)
{
    const float step = span / (float)length;
    const float reach = fmaxf(1, step); // half the width of the triangle
    const int wanted = (int)ceilf(2 * reach);
    const int taps = wanted < limit ? wanted : limit;
    axis->taps = (unsigned)taps;
    for (int i = 0; i < length; i++) {
        const float centre = start + ((float)i + 0.5F) * step - 0.5F;
        const int from = (int)floorf(centre - reach) + 1;
        float *weights = axis->weights + (size_t)i * axis->taps;
        float sum = 0;
        axis->first[i] = clamp_int(from, 0, limit - taps);
        memset(weights, 0, axis->taps * sizeof(float));
        for (int k = from; k < from + wanted; k++) {
            const float weight = fmaxf(0, 1 - fabsf((float)k - centre) / reach);
            weights[clamp_int(k - axis->first[i], 0, taps - 1)] += weight;
            sum += weight;
        }
        for (int k = 0; k < taps; k++)
            weights[k] /= sum;
    }
}

static void filter_rows(const struct plane *plane, const uint8_t *source, int stride, int y,
                        float *restrict row, int first, int columns)
{
    const float *weights = plane->rows.weights + (size_t)y * plane->rows.taps;
    memset(row, 0, (size_t)columns * sizeof(float));
    for (unsigned k = 0; k < plane->rows.taps; k++) {
        const uint8_t *restrict line =
            source + (ptrdiff_t)(plane->rows.first[y] + (int)k) * stride + first;
        const float weight = weights[k];
        for (int x = 0; weight > 0 && x < columns; x++)
            row[x] += weight * (float)line[x];
    }
}

// Inlined with a known number of taps, so that the inner loop unrolls.
static inline void filter_columns_by(const struct axis *axis, unsigned taps, const float *row,
                                     int width, float *restrict to)
{
    const float *weights = axis->weights;
    for (int x = 0; x < width; x++, weights += taps) {
        const float *from = row + (axis->first[x] - axis->first[0]);
        float sum = 0;
        for (unsigned k = 0; k < taps; k++)
            sum += weights[k] * from[k];
        to[x] = sum;
    }
}

// From the source columns of a row to `width` output columns.
static void filter_columns(const struct axis *axis, const float *row, int width, float *to)
{
    switch (axis->taps) { // reductions up to 4, which is what cameras and inputs come to
    case 2: filter_columns_by(axis, 2, row, width, to); break;
    case 3: filter_columns_by(axis, 3, row, width, to); break;
    case 4: filter_columns_by(axis, 4, row, width, to); break;
    case 5: filter_columns_by(axis, 5, row, width, to); break;
    case 6: filter_columns_by(axis, 6, row, width, to); break;
    case 7: filter_columns_by(axis, 7, row, width, to); break;
    case 8: filter_columns_by(axis, 8, row, width, to); break;
    default: filter_columns_by(axis, axis->taps, row, width, to); break;
    }
}

// ITU-R BT.601 as differences from luma: R = y + red·Cr, B = y + blue·Cb. Cameras rarely say which
// matrix they use, and BT.709 differs by less than the detector notices.
struct matrix {
    float luma, offset, red, green_cb, green_cr, blue;
};
static const struct matrix limited_range = {1.164383F,  16,         1.596027F,
                                            -0.391762F, -0.812968F, 2.017232F};
static const struct matrix full_range = {1, 0, 1.402F, -0.344136F, -0.714136F, 1.772F};

static float clamp_pixel(float value)
{
    return value < 0 ? 0 : value > 255 ? 255 : value;
}

// One row of planes, already of the input's width, to the input's numbers.
static void convert(const struct scrim_preprocess *preprocess, const struct matrix *matrix,
                    int width, float *restrict to)
{
    const float *restrict y = preprocess->luma.output, *restrict cb = preprocess->chroma.output;
    const float *restrict cr = preprocess->cr_output;
    const struct matrix m = *matrix;
    const float *mean = preprocess->mean, *scale = preprocess->scale;
    const size_t red_at = preprocess->bgr ? 2 : 0, blue_at = 2 - red_at;
    const float red_mean = mean[red_at], green_mean = mean[1], blue_mean = mean[blue_at];
    const float red_scale = scale[red_at], green_scale = scale[1], blue_scale = scale[blue_at];
    for (int x = 0; x < width; x++) {
        const float luma = m.luma * (y[x] - m.offset), blue_off = cb[x] - 128;
        const float red_off = cr[x] - 128;
        const float red = clamp_pixel(luma + m.red * red_off);
        const float green = clamp_pixel(luma + m.green_cb * blue_off + m.green_cr * red_off);
        const float blue = clamp_pixel(luma + m.blue * blue_off);
        to[3 * x + (int)red_at] = (red - red_mean) * red_scale;
        to[3 * x + 1] = (green - green_mean) * green_scale;
        to[3 * x + (int)blue_at] = (blue - blue_mean) * blue_scale;
    }
}

// First source column that any output column needs, and how many from there.
static int column_span(const struct axis *axis, int width, int *ret_first)
{
    *ret_first = axis->first[0];
    return axis->first[width - 1] + (int)axis->taps - axis->first[0];
}

static void fill_row(struct scrim_preprocess *preprocess, const struct scrim_picture *picture,
                     int y, int width, float *to)
{
    struct plane *luma = &preprocess->luma, *chroma = &preprocess->chroma;
    const struct matrix *matrix = picture->full_range ? &full_range : &limited_range;
    int luma_first, chroma_first;
    const int luma_columns = column_span(&luma->columns, width, &luma_first);
    const int chroma_columns = column_span(&chroma->columns, width, &chroma_first);
    float *cr = preprocess->cr_row;
    filter_rows(luma, picture->planes[0], picture->strides[0], y, luma->row, luma_first,
                luma_columns);
    filter_rows(chroma, picture->planes[1], picture->strides[1], y, chroma->row, chroma_first,
                chroma_columns);
    filter_rows(chroma, picture->planes[2], picture->strides[2], y, cr, chroma_first,
                chroma_columns);
    filter_columns(&luma->columns, luma->row, width, luma->output);
    filter_columns(&chroma->columns, chroma->row, width, chroma->output);
    filter_columns(&chroma->columns, cr, width, preprocess->cr_output);
    convert(preprocess, matrix, width, to);
}

static struct scrim_fit fit(const struct scrim_preprocess *preprocess,
                            const struct scrim_region *region)
{
    const float factor = fminf((float)preprocess->width / (float)region->width,
                               (float)preprocess->height / (float)region->height);
    struct scrim_fit fit = {
        .width = clamp_int((int)lroundf((float)region->width * factor), 1, preprocess->width),
        .height = clamp_int((int)lroundf((float)region->height * factor), 1, preprocess->height),
    };
    fit.pixels_x = (float)region->width / (float)fit.width;
    fit.pixels_y = (float)region->height / (float)fit.height;
    return fit;
}

static void build_filters(struct scrim_preprocess *preprocess, const struct scrim_picture *picture,
                          const struct scrim_region *region, const struct scrim_fit *fit)
{
    const float x = (float)region->x, y = (float)region->y;
    const float width = (float)region->width, height = (float)region->height;
    axis_build(&preprocess->luma.columns, fit->width, x, width, picture->width);
    axis_build(&preprocess->luma.rows, fit->height, y, height, picture->height);
    axis_build(&preprocess->chroma.columns, fit->width, x / 2, width / 2, (picture->width + 1) / 2);
    axis_build(&preprocess->chroma.rows, fit->height, y / 2, height / 2, (picture->height + 1) / 2);
}

int scrim_preprocess_run(struct scrim_preprocess *preprocess, const struct scrim_picture *picture,
                         const struct scrim_region *region, const struct scrim_tensor *input,
                         struct scrim_fit *ret)
{
    const struct scrim_fit placed = fit(preprocess, region);
    if (placed.pixels_x > REDUCTION_MAX || placed.pixels_y > REDUCTION_MAX)
        return SCRIM_EINVAL;
    build_filters(preprocess, picture, region, &placed);
    const size_t pitch = (size_t)preprocess->width * 3, used = (size_t)placed.width * 3;
    for (int y = 0; y < preprocess->height; y++) {
        float *row = input->data + (size_t)y * pitch;
        const size_t filled = y < placed.height ? used : 0;
        if (filled > 0)
            fill_row(preprocess, picture, y, placed.width, row);
        memset(row + filled, 0, (pitch - filled) * sizeof(float));
    }
    *ret = placed;
    return SCRIM_OK;
}
