#include "veil/finder.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

// Weak boxes count too: they continue tracks, and motion is there to confirm them (track.c).
#define THRESHOLD 0.25F
#define LARGE_MODEL "nanodet-640x384"

// Pictures as cameras send them, whose models together serve every shape.
static const int shapes[][2] = {{640, 480}, {1280, 720}};
#define MODELS_MAX (sizeof shapes / sizeof *shapes)

struct scrim_finder_set {
    struct {
        const char *name; // of scrim_model_for_picture, NULL: serves all
        struct scrim_detector *detector;
    } models[MODELS_MAX];
    size_t count;
    struct scrim_detector *large; // NULL unless thorough
};

static int load(const char *name, struct scrim_detector **ret, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    const int code = scrim_model_find(name, path, error);
    return code < 0 ? code : scrim_detector_create(path, ret, error);
}

static int add_model(struct scrim_finder_set *set, const char *name, const char *serves,
                     struct scrim_error *error)
{
    const int code = load(name, &set->models[set->count].detector, error);
    if (code >= 0)
        set->models[set->count++].name = serves;
    return code;
}

static struct scrim_detector *detector_for(const struct scrim_finder_set *set, int width,
                                           int height)
{
    const char *name = scrim_model_for_picture(width, height);
    for (size_t i = 0; i < set->count; i++)
        if (!set->models[i].name || strcmp(set->models[i].name, name) == 0)
            return set->models[i].detector;
    return NULL;
}

int scrim_finder_set_create(const char *model, bool thorough, struct scrim_finder_set **ret,
                            struct scrim_error *error)
{
    struct scrim_finder_set *set = scrim_new(struct scrim_finder_set);
    int code = model ? add_model(set, model, NULL, error) : SCRIM_OK;
    for (size_t i = 0; i < MODELS_MAX && code >= 0 && !model; i++) {
        if (detector_for(set, shapes[i][0], shapes[i][1]))
            continue;
        const char *name = scrim_model_for_picture(shapes[i][0], shapes[i][1]);
        code = add_model(set, name, name, error);
    }
    if (code >= 0 && thorough)
        code = load(LARGE_MODEL, &set->large, error);
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
    for (size_t i = 0; i < set->count; i++)
        scrim_detector_destroy(set->models[i].detector);
    scrim_detector_destroy(set->large);
    free(set);
}

static int find(void *context, const struct scrim_picture *picture,
                const struct scrim_region *region, struct scrim_box *boxes, size_t max)
{
    const struct scrim_finder_set *set = context;
    struct scrim_detector *detector = detector_for(set, picture->width, picture->height);
    if (!detector)
        return SCRIM_EUNSUPPORTED;
    const int count = scrim_detector_run(detector, picture, region, THRESHOLD, boxes, max);
    if (count < 0 || !set->large)
        return count;
    const int more = scrim_detector_run(set->large, picture, region, THRESHOLD, boxes + count,
                                        max - (size_t)count);
    return more < 0 ? more : count + more;
}

struct scrim_finder scrim_finder_of(struct scrim_finder_set *set)
{
    return (struct scrim_finder){find, set};
}
