#include "veil/shadow.h"

#include "base/alloc.h"
#include "veil/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// How dark a shadow is, as a share of the ground's brightness. Darker is clothes.
#define DARKEST 0.6F
#define LIGHTEST 0.985F
#define TEXTURE_MAX 4.0F // grey levels off the darkened ground, mean over the cell
#define COLOUR_MAX 4.0F  // levels off the ground's colour, both components together
#define GREY 2.0F        // levels off grey, mean of the picture: less has no colour to judge by

#define CHROMA_CELL (SCRIM_CELL / 2)
#define CHROMA_CELL_SHIFT 2

struct colour {
    float u, v;
};

struct scrim_shadows {
    const struct scrim_kernels *kernels;
    int columns, rows;
    int whole_columns,
        whole_rows;        // cells that lie in the picture as a whole; others are no shadows
    uint8_t *u, *v;        // a byte a cell, of the picture
    struct colour *ground; // per cell
    bool *known;           // per cell: whether its ground is
    bool coloured;         // the picture
};

int scrim_shadows_create(int columns, int rows, struct scrim_shadows **ret)
{
    const size_t cells = (size_t)columns * (size_t)rows;
    struct scrim_shadows *shadows = scrim_new(struct scrim_shadows);
    shadows->kernels = scrim_kernels_best();
    shadows->columns = columns;
    shadows->rows = rows;
    shadows->u = scrim_alloc_zero(cells, 1);
    shadows->v = scrim_alloc_zero(cells, 1);
    shadows->ground = scrim_alloc_zero(cells, sizeof(*shadows->ground));
    shadows->known = scrim_alloc_zero(cells, sizeof(*shadows->known));
    if (!shadows->u || !shadows->v || !shadows->ground || !shadows->known) {
        scrim_shadows_destroy(shadows);
        return SCRIM_ENOMEM;
    }
    *ret = shadows;
    return SCRIM_OK;
}

void scrim_shadows_destroy(struct scrim_shadows *shadows)
{
    if (!shadows)
        return;
    free(shadows->u);
    free(shadows->v);
    free(shadows->ground);
    free(shadows->known);
    free(shadows);
}

void scrim_shadows_reset(struct scrim_shadows *shadows)
{
    memset(shadows->known, 0,
           (size_t)shadows->columns * (size_t)shadows->rows * sizeof(*shadows->known));
}

static void reduce(const struct scrim_shadows *shadows, const uint8_t *plane, int stride,
                   uint8_t *to)
{
    for (int row = 0; row < shadows->whole_rows; row++)
        shadows->kernels->reduce(plane + (ptrdiff_t)row * CHROMA_CELL * stride, stride,
                                 CHROMA_CELL_SHIFT, shadows->whole_columns,
                                 to + (size_t)row * (size_t)shadows->columns);
}

static bool is_coloured(const struct scrim_shadows *shadows)
{
    uint32_t off = 0;
    for (int row = 0; row < shadows->whole_rows; row++)
        for (int column = 0; column < shadows->whole_columns; column++) {
            const int cell = row * shadows->columns + column;
            off += (uint32_t)(abs(shadows->u[cell] - 128) + abs(shadows->v[cell] - 128));
        }
    return (float)off > GREY * (float)(shadows->whole_rows * shadows->whole_columns);
}

void scrim_shadows_look(struct scrim_shadows *shadows, const struct scrim_picture *picture)
{
    shadows->whole_columns = picture->width / SCRIM_CELL;
    shadows->whole_rows = picture->height / SCRIM_CELL;
    reduce(shadows, picture->planes[1], picture->strides[1], shadows->u);
    reduce(shadows, picture->planes[2], picture->strides[2], shadows->v);
    shadows->coloured = is_coloured(shadows);
}

void scrim_shadows_learn(struct scrim_shadows *shadows, int cell, int rate)
{
    struct colour *ground = &shadows->ground[cell];
    const float share = shadows->known[cell] ? (float)rate / SCRIM_RATE_ONE : 1;
    ground->u += ((float)shadows->u[cell] - ground->u) * share;
    ground->v += ((float)shadows->v[cell] - ground->v) * share;
    shadows->known[cell] = true;
}

static bool same_colour(const struct scrim_shadows *shadows, int cell)
{
    const struct colour *ground = &shadows->ground[cell];
    return fabsf((float)shadows->u[cell] - ground->u) + fabsf((float)shadows->v[cell] - ground->v) <
           COLOUR_MAX;
}

// The share of its brightness that the ground has kept, over the whole cell.
static float darkening(const struct scrim_cell_pixels *pixels)
{
    uint32_t luma = 0, mean = 0;
    for (int y = 0; y < pixels->height; y++)
        for (int x = 0; x < pixels->width; x++) {
            luma += pixels->luma[y * pixels->stride + x];
            mean += pixels->mean[y * pixels->stride + x];
        }
    return mean > 0 ? (float)luma * SCRIM_LEVEL / (float)mean : 0;
}

static bool same_texture(const struct scrim_cell_pixels *pixels, float darkening)
{
    const float scale = darkening / SCRIM_LEVEL;
    float off = 0;
    for (int y = 0; y < pixels->height; y++)
        for (int x = 0; x < pixels->width; x++) {
            const int at = y * pixels->stride + x;
            off += fabsf((float)pixels->luma[at] - scale * (float)pixels->mean[at]);
        }
    return off < TEXTURE_MAX * (float)(pixels->width * pixels->height);
}

bool scrim_shadows_is(const struct scrim_shadows *shadows, int cell,
                      const struct scrim_cell_pixels *pixels)
{
    const int column = cell % shadows->columns, row = cell / shadows->columns;
    if (!shadows->coloured || column >= shadows->whole_columns || row >= shadows->whole_rows ||
        !shadows->known[cell] || !same_colour(shadows, cell))
        return false;
    const float kept = darkening(pixels);
    return kept > DARKEST && kept < LIGHTEST && same_texture(pixels, kept);
}
