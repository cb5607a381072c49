// A made-up scene for the veil's tests: textured ground with a little sensor noise, and bright
// blocks that stand for people. The same calls give the same pictures.
#pragma once

#include "media/picture.h"
#include "veil/redactor.h"

#include <stdlib.h>
#include <string.h>

struct scene {
    int width, height;
    uint8_t *planes[3];
    uint32_t random;
    int light; // percent
    int pan;   // pixels the camera is turned by
};

static inline void scene_init(struct scene *scene, int width, int height)
{
    const size_t half = (size_t)((width + 1) / 2) * (size_t)((height + 1) / 2);
    *scene = (struct scene){width, height, {0}, 1, 100, 0};
    scene->planes[0] = calloc((size_t)width * (size_t)height, 1);
    scene->planes[1] = calloc(half, 1);
    scene->planes[2] = calloc(half, 1);
}

static inline void scene_finish(struct scene *scene)
{
    for (int i = 0; i < 3; i++)
        free(scene->planes[i]);
}

static inline uint32_t scene_random(struct scene *scene)
{
    scene->random = scene->random * 1664525U + 1013904223U;
    return scene->random >> 8;
}

// The ground; `kind` chooses between scenes that have nothing in common.
static inline void scene_ground(struct scene *scene, int kind)
{
    const size_t half = (size_t)((scene->width + 1) / 2) * (size_t)((scene->height + 1) / 2);
    for (int y = 0; y < scene->height; y++)
        for (int x = 0; x < scene->width; x++) {
            const int pattern = kind ? 60 + ((x + scene->pan) * 7 + y * 13) % 120
                                     : 90 + (((x + scene->pan) / 9 + y / 7) % 5) * 12;
            const int value = pattern * scene->light / 100 + (int)(scene_random(scene) % 5) - 2;
            scene->planes[0][y * scene->width + x] = (uint8_t)(value < 16    ? 16
                                                               : value > 235 ? 235
                                                                             : value);
        }
    memset(scene->planes[1], 120, half);
    memset(scene->planes[2], 135, half);
}

// Somebody: a block of pixels unlike the ground.
static inline void scene_block(struct scene *scene, int x0, int y0, int width, int height)
{
    for (int y = y0; y < y0 + height; y++)
        for (int x = x0; x < x0 + width; x++)
            if (x >= 0 && y >= 0 && x < scene->width && y < scene->height) {
                scene->planes[0][y * scene->width + x] = (uint8_t)(220 - (x + y) % 9);
                const int half = (scene->width + 1) / 2;
                scene->planes[1][y / 2 * half + x / 2] = 200;
                scene->planes[2][y / 2 * half + x / 2] = 60;
            }
}

static inline struct scrim_picture scene_picture(const struct scene *scene)
{
    const int half = (scene->width + 1) / 2;
    return (struct scrim_picture){
        .planes = {scene->planes[0], scene->planes[1], scene->planes[2]},
        .strides = {scene->width, half, half},
        .width = scene->width,
        .height = scene->height,
    };
}

// A detector that is told what to see.
struct script {
    struct scrim_box boxes[4];
    int count; // of boxes; negative: the detector fails with this code
    int calls;
};

static inline int script_find(void *context, const struct scrim_picture *picture,
                              const struct scrim_region *region, struct scrim_box *boxes,
                              size_t max)
{
    struct script *script = context;
    (void)picture;
    (void)region;
    (void)max;
    script->calls++;
    if (script->count > 0)
        memcpy(boxes, script->boxes, (size_t)script->count * sizeof(*boxes));
    return script->count;
}

static inline struct scrim_box person(float x0, float y0, float x1, float y1)
{
    return (struct scrim_box){x0, y0, x1, y1, 0.8F, SCRIM_CLASS_PERSON};
}
