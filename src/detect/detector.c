#include "detect/detector.h"

#include "base/alloc.h"
#include "detect/boxes.h"
#include "detect/face.h"
#include "detect/nanodet.h"
#include "detect/preprocess.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OVERLAP_MAX 0.6F    // intersection over union, as NanoDet was evaluated with
#define OVERLAP_FACES 0.3F  // two faces do not cover each other and stay faces
#define CANDIDATES_MAX 4096 // boxes before suppression
#define REGION_MIN 8        // pixels

struct scrim_detector {
    struct scrim_model *model; // its weights are no longer needed, its outputs' description is
    struct scrim_network *network;
    struct scrim_preprocess *preprocess;
    struct scrim_box candidates[CANDIDATES_MAX];
};

const char *scrim_class_text(enum scrim_class class)
{
    static const char *const texts[SCRIM_CLASS_COUNT] = {"person", "two-wheeler", "vehicle",
                                                         "face"};
    return texts[class];
}

int scrim_detector_create(const char *path, struct scrim_detector **ret, struct scrim_error *error)
{
    return scrim_detector_create_in(SCRIM_PRECISION_BEST, path, ret, error);
}

int scrim_detector_create_in(enum scrim_precision precision, const char *path,
                             struct scrim_detector **ret, struct scrim_error *error)
{
    struct scrim_detector *detector = scrim_new(struct scrim_detector);
    int result = scrim_model_load(path, &detector->model, error);
    if (result >= 0)
        result = scrim_network_create(detector->model, precision, &detector->network, error);
    if (result >= 0) {
        scrim_model_drop_weights(detector->model);
        result = scrim_preprocess_create(detector->model, &detector->preprocess, error);
    }
    if (result >= 0) // libraries settle some choices in the first run: let it happen here
        result = scrim_network_run(detector->network);
    if (result < 0)
        scrim_detector_destroy(detector);
    else
        *ret = detector;
    return result;
}

void scrim_detector_destroy(struct scrim_detector *detector)
{
    if (!detector)
        return;
    scrim_preprocess_destroy(detector->preprocess);
    scrim_network_destroy(detector->network);
    scrim_model_destroy(detector->model);
    scrim_free_pointer(&detector);
}

void scrim_detector_input(const struct scrim_detector *detector, int *ret_width, int *ret_height)
{
    *ret_width = (int)detector->model->shapes[0].width;
    *ret_height = (int)detector->model->shapes[0].height;
}

static bool region_fits(const struct scrim_region *region, const struct scrim_picture *picture)
{
    return region->width >= REGION_MIN && region->height >= REGION_MIN && region->x >= 0 &&
           region->y >= 0 && region->x <= picture->width - region->width &&
           region->y <= picture->height - region->height;
}

// From pixels of the input to pixels of the picture, clipped to it. False if nothing is left.
static bool to_picture(struct scrim_box *box, const struct scrim_fit *fit,
                       const struct scrim_region *region, const struct scrim_picture *picture)
{
    const float left = (float)region->x, top = (float)region->y;
    box->x0 = fmaxf(0, left + box->x0 * fit->pixels_x);
    box->y0 = fmaxf(0, top + box->y0 * fit->pixels_y);
    box->x1 = fminf((float)picture->width, left + box->x1 * fit->pixels_x);
    box->y1 = fminf((float)picture->height, top + box->y1 * fit->pixels_y);
    return box->x0 < box->x1 && box->y0 < box->y1;
}

// Reads the network's outputs into the candidates, best first; returns how many.
static size_t decode(struct scrim_detector *detector, float threshold)
{
    const bool faces = detector->model->head == SCRIM_HEAD_FACE;
    size_t (*const read)(const struct scrim_model *, const struct scrim_network *, float,
                         struct scrim_box *, size_t) =
        faces ? scrim_face_decode : scrim_nanodet_decode;
    const size_t count =
        read(detector->model, detector->network, threshold, detector->candidates, CANDIDATES_MAX);
    return scrim_boxes_suppress(detector->candidates, count, faces ? OVERLAP_FACES : OVERLAP_MAX);
}

int scrim_detector_run(struct scrim_detector *detector, const struct scrim_picture *picture,
                       const struct scrim_region *region, float threshold, struct scrim_box *boxes,
                       size_t max)
{
    const struct scrim_region whole = {0, 0, picture->width, picture->height};
    struct scrim_fit fit;
    if (!region)
        region = &whole;
    if (!region_fits(region, picture) || !(threshold > 0 && threshold < 1))
        return SCRIM_EINVAL;
    const struct scrim_tensor input = scrim_network_input(detector->network);
    int result = scrim_preprocess_run(detector->preprocess, picture, region, &input, &fit);
    if (result >= 0)
        result = scrim_network_run(detector->network);
    if (result < 0)
        return result;
    size_t count = decode(detector, threshold);
    if (max > SCRIM_BOXES_MAX)
        max = SCRIM_BOXES_MAX;
    size_t kept = 0;
    for (size_t i = 0; i < count && kept < max; i++)
        if (to_picture(&detector->candidates[i], &fit, region, picture))
            boxes[kept++] = detector->candidates[i];
    return (int)kept;
}

// --- finding models ----------------------------------------------------------------------------

// The directory of the running program, without a final slash.
static int program_dir(char ret[SCRIM_PATH_MAX])
{
    const ssize_t length = readlink("/proc/self/exe", ret, SCRIM_PATH_MAX - 1);
    if (length < 0)
        return scrim_err_from_errno(errno);
    ret[length] = '\0';
    char *slash = strrchr(ret, '/');
    if (!slash)
        return SCRIM_ENOENT;
    *slash = '\0';
    return SCRIM_OK;
}

static bool model_in(const char *directory, const char *name, char ret[SCRIM_PATH_MAX])
{
    char file[128];
    const int length = snprintf(file, sizeof(file), "%s.nvm", name);
    return length > 0 && (size_t)length < sizeof(file) &&
           scrim_path_join(ret, directory, file) >= 0 && access(ret, R_OK) == 0;
}

int scrim_model_find(const char *name, char ret[SCRIM_PATH_MAX], struct scrim_error *error)
{
    static const char installed[] = "/usr/share/scrim/models";
    char program[SCRIM_PATH_MAX], beside[SCRIM_PATH_MAX] = "(no program directory)";
    const char *asked = getenv("SCRIM_MODELS");
    const int result = program_dir(program);
    if (asked && *asked && model_in(asked, name, ret))
        return SCRIM_OK;
    if (result >= 0 && scrim_path_join(beside, program, "../models") >= 0 &&
        model_in(beside, name, ret))
        return SCRIM_OK;
    if (model_in(installed, name, ret))
        return SCRIM_OK;
    return scrim_fail(error, SCRIM_ENOENT, "no detector model %s.nvm in %s%s%s or %s", name,
                      asked ? asked : "", asked ? ", " : "", beside, installed);
}

bool scrim_detector_is_fast(void)
{
    return scrim_network_int8_pays();
}

// Halfway between 4:3 and 5:3, the proportions of the two inputs there are.
static bool is_wide(int width, int height)
{
    return 2 * (int64_t)width >= 3 * (int64_t)height;
}

const char *scrim_model_for_picture(int width, int height)
{
    return is_wide(width, height) ? "nanodet-320x192" : "nanodet-256x192";
}

const char *scrim_far_model_for_picture(int width, int height)
{
    return is_wide(width, height) ? "nanodet-480x288" : "nanodet-384x288";
}

const char *scrim_face_model_for_picture(int width, int height)
{
    return is_wide(width, height) ? "face-160x96" : "face-128x96";
}
