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
    float *row; // source columns columns.first[0] … the last one needed, from index 0
};

struct scrim_preprocess {
    struct plane luma, chroma;
    float *chroma_row_2; // Cr beside chroma.row, which holds Cb
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
    return plane->row && axis_allocate(&plane->columns, width) &&
           axis_allocate(&plane->rows, height);
}

static void plane_finish(struct plane *plane)
{
    scrim_free_pointer(&plane->columns.first);
    scrim_free_pointer(&plane->columns.weights);
    scrim_free_pointer(&plane->rows.first);
    scrim_free_pointer(&plane->rows.weights);
    scrim_free_pointer(&plane->row);
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
    preprocess->chroma_row_2 = scrim_alloc(COLUMNS_MAX * sizeof(float));
    if (!preprocess->chroma_row_2 ||
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
    scrim_free_pointer(&preprocess->chroma_row_2);
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

static float filter_column(const float *row, const float *weights, unsigned taps)
{
    float sum = 0;
    for (unsigned k = 0; k < taps; k++)
        sum += weights[k] * row[k];
    return sum;
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

static void convert(const struct scrim_preprocess *preprocess, const struct matrix *matrix, float y,
                    float cb, float cr, float *to)
{
    const float luma = matrix->luma * (y - matrix->offset);
    const float red = clamp_pixel(luma + matrix->red * (cr - 128));
    const float green =
        clamp_pixel(luma + matrix->green_cb * (cb - 128) + matrix->green_cr * (cr - 128));
    const float blue = clamp_pixel(luma + matrix->blue * (cb - 128));
    to[0] = ((preprocess->bgr ? blue : red) - preprocess->mean[0]) * preprocess->scale[0];
    to[1] = (green - preprocess->mean[1]) * preprocess->scale[1];
    to[2] = ((preprocess->bgr ? red : blue) - preprocess->mean[2]) * preprocess->scale[2];
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
    float *cr = preprocess->chroma_row_2;
    filter_rows(luma, picture->planes[0], picture->strides[0], y, luma->row, luma_first,
                luma_columns);
    filter_rows(chroma, picture->planes[1], picture->strides[1], y, chroma->row, chroma_first,
                chroma_columns);
    filter_rows(chroma, picture->planes[2], picture->strides[2], y, cr, chroma_first,
                chroma_columns);
    for (int x = 0; x < width; x++) {
        const unsigned luma_taps = luma->columns.taps, chroma_taps = chroma->columns.taps;
        const float *luma_weights = luma->columns.weights + (size_t)x * luma_taps;
        const float *chroma_weights = chroma->columns.weights + (size_t)x * chroma_taps;
        const int at = chroma->columns.first[x] - chroma_first;
        convert(
            preprocess, matrix,
            filter_column(luma->row + luma->columns.first[x] - luma_first, luma_weights, luma_taps),
            filter_column(chroma->row + at, chroma_weights, chroma_taps),
            filter_column(cr + at, chroma_weights, chroma_taps), to + 3 * (size_t)x);
    }
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
