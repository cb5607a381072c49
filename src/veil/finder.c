#include "veil/finder.h"

#include "base/alloc.h"
#include "detect/boxes.h"

#include <stdlib.h>
#include <string.h>

// Weak boxes count too: they continue tracks, and motion is there to confirm them (track.c).
#define THRESHOLD 0.3F
#define THRESHOLD_FACES 0.3F
#define LARGE_MODEL "nanodet-640x384"
// Boxes of two looks that overlap by more are of the same thing: intersection over union.
#define SAME_THING 0.5F
// Smaller heads belong to people who are seen as people: shares of the picture's height.
#define HEAD_MIN 0.3F

// Pictures as cameras send them, whose models together serve every shape.
static const int shapes[][2] = {{640, 480}, {1280, 720}};
#define MODELS_MAX (sizeof shapes / sizeof *shapes)

// Detectors for one thing.
struct models {
    const char *(*name_for)(int width, int height);
    struct {
        const char *name; // of name_for; NULL: serves all
        struct scrim_detector *detector;
    } list[MODELS_MAX];
    size_t count;
};

struct scrim_finder_set {
    struct models people, faces;
    struct models far; // for people who are small; none where two looks are too slow
};

static int load(const char *name, struct scrim_detector **ret, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    const int code = scrim_model_find(name, path, error);
    return code < 0 ? code : scrim_detector_create(path, ret, error);
}

static int add_model(struct models *models, const char *name, const char *serves,
                     struct scrim_error *error)
{
    const int code = load(name, &models->list[models->count].detector, error);
    if (code >= 0)
        models->list[models->count++].name = serves;
    return code;
}

static struct scrim_detector *detector_for(const struct models *models, int width, int height)
{
    const char *name = models->name_for(width, height);
    for (size_t i = 0; i < models->count; i++)
        if (!models->list[i].name || strcmp(models->list[i].name, name) == 0)
            return models->list[i].detector;
    return NULL;
}

static int add_every_shape(struct models *models, struct scrim_error *error)
{
    int code = SCRIM_OK;
    for (size_t i = 0; i < MODELS_MAX && code >= 0; i++) {
        if (detector_for(models, shapes[i][0], shapes[i][1]))
            continue;
        const char *name = models->name_for(shapes[i][0], shapes[i][1]);
        code = add_model(models, name, name, error);
    }
    return code;
}

static void models_finish(struct models *models)
{
    for (size_t i = 0; i < models->count; i++)
        scrim_detector_destroy(models->list[i].detector);
}

int scrim_finder_set_create(const char *model, bool thorough, struct scrim_finder_set **ret,
                            struct scrim_error *error)
{
    struct scrim_finder_set *set = scrim_new(struct scrim_finder_set);
    set->people.name_for = scrim_model_for_picture;
    set->faces.name_for = scrim_face_model_for_picture;
    set->far.name_for = scrim_far_model_for_picture;
    int code =
        model ? add_model(&set->people, model, NULL, error) : add_every_shape(&set->people, error);
    if (code >= 0)
        code = add_every_shape(&set->faces, error);
    if (code >= 0 && thorough)
        code = add_model(&set->far, LARGE_MODEL, NULL, error);
    else if (code >= 0 && !model && scrim_detector_is_fast())
        code = add_every_shape(&set->far, error);
    if (code < 0) {
        scrim_finder_set_destroy(set);
        return code;
    }
    *ret = set;
    return SCRIM_OK;
}

void scrim_finder_set_destroy(struct scrim_finder_set *set)
{
    if (!set)
        return;
    models_finish(&set->people);
    models_finish(&set->faces);
    models_finish(&set->far);
    free(set);
}

static int run(const struct models *models, const struct scrim_picture *picture,
               const struct scrim_region *region, float threshold, struct scrim_box *boxes,
               size_t max)
{
    struct scrim_detector *detector = detector_for(models, picture->width, picture->height);
    if (!detector)
        return SCRIM_EUNSUPPORTED;
    return scrim_detector_run(detector, picture, region, threshold, boxes, max);
}

static int find_near(void *context, const struct scrim_picture *picture, struct scrim_box *boxes,
                     size_t max)
{
    const struct scrim_finder_set *set = context;
    return run(&set->people, picture, NULL, THRESHOLD, boxes, max);
}

static int find(void *context, const struct scrim_picture *picture,
                const struct scrim_region *region, struct scrim_box *boxes, size_t max)
{
    const struct scrim_finder_set *set = context;
    const int count = run(&set->people, picture, region, THRESHOLD, boxes, max);
    if (count < 0 || set->far.count == 0)
        return count;
    const int more = run(&set->far, picture, region, THRESHOLD, boxes + count, max - (size_t)count);
    return more < 0 ? more : (int)scrim_boxes_merge(boxes, (size_t)count, (size_t)more, SAME_THING);
}

static int keep_large(const struct scrim_picture *picture, struct scrim_box *boxes, int count)
{
    const float least = HEAD_MIN * (float)picture->height;
    int kept = 0;
    for (int i = 0; i < count; i++) // one that leaves the picture still has one whole side
        if (boxes[i].y1 - boxes[i].y0 >= least || boxes[i].x1 - boxes[i].x0 >= least)
            boxes[kept++] = boxes[i];
    return kept;
}

static int find_faces(void *context, const struct scrim_picture *picture, struct scrim_box *boxes,
                      size_t max)
{
    const struct scrim_finder_set *set = context;
    const int count = run(&set->faces, picture, NULL, THRESHOLD_FACES, boxes, max);
    return count < 0 ? count : keep_large(picture, boxes, count);
}

struct scrim_finder scrim_finder_of(struct scrim_finder_set *set)
{
    return (struct scrim_finder){find, set, find_faces, find_near};
}
