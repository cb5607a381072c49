// scrim redact: a file in, the same file with everyone in it covered out, by the code and the
// schedule that redact the live picture.
#include "cli/commands.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/opt.h"
#include "cli/mask_option.h"
#include "media/film.h"
#include "veil/clip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct args {
    const char *masks, *mask;
    bool thorough, no_text;
};

static const struct scrim_opt options[] = {
    {"masks", 'm', SCRIM_OPT_TEXT, offsetof(struct args, masks), "FILE",
     "also write what was masked, one line of JSON a frame", 0, 0},
    {"mask", 'k', SCRIM_OPT_TEXT, offsetof(struct args, mask), "POLYGONS",
     "always cover these, e.g. \"0.8,0 1,0 1,0.3; 0,0.9 0.2,0.9 0.2,1\": corners as shares of the "
     "picture",
     0, 0},
    {"thorough", 't', SCRIM_OPT_FLAG, offsetof(struct args, thorough), NULL,
     "look at every frame and further both ways; slow, for copies handed out", 0, 0},
    {"no-text", 0, SCRIM_OPT_FLAG, offsetof(struct args, no_text), NULL,
     "do not write the file's name and the time since its beginning on the pictures", 0, 0},
    {0},
};

static const struct scrim_opt_spec spec = {
    "scrim redact IN OUT [--masks FILE] [--mask POLYGONS] [--thorough] [--no-text]",
    "Covers people and vehicles in a video file as the live picture does. IN is any video file, "
    "OUT an\n"
    "MP4 file (H.264) with the same frames, size and times and no sound.",
    options, 2, 2};

struct job {
    const char *in, *out, *masks_path;
    struct scrim_clip_info info;
    struct scrim_film *film;
    struct scrim_stages stages; // encode
    FILE *masks;                // NULL: not asked for
    char masks_part[SCRIM_PATH_MAX];
    struct scrim_region *rects;
    size_t rects_max;
};

static int open_masks(struct job *job, struct scrim_error *error)
{
    if (!job->masks_path)
        return SCRIM_OK;
    const int length =
        snprintf(job->masks_part, sizeof job->masks_part, "%s.part", job->masks_path);
    if (length < 0 || (size_t)length >= sizeof job->masks_part)
        return scrim_fail(error, SCRIM_EINVAL, "%s: the name is too long", job->masks_path);
    job->masks = fopen(job->masks_part, "we");
    if (!job->masks)
        return scrim_fail_errno(error, errno, "%s", job->masks_path);
    return SCRIM_OK;
}

static int begin(void *context, const struct scrim_clip_info *info, struct scrim_error *error)
{
    struct job *job = context;
    job->info = *info;
    if (info->has_audio)
        fprintf(stderr, "%s: the sound is left out\n", job->in);
    const struct scrim_encoder_params params = {
        .width = info->width,
        .height = info->height,
        .full_range = info->full_range,
        .time_base_num = info->time_base_num,
        .time_base_den = info->time_base_den,
        .fps = info->fps,
        .key_interval = info->fps >= 1 && info->fps <= 240 ? (int)(info->fps * 2) : 50,
    };
    const int code = scrim_film_create(job->out, &params, &job->film, error);
    return code < 0 ? code : open_masks(job, error);
}

// {"frame":0,"pts":0.000000,"rects":[[x,y,w,h],…],"opaque":true,"reason":"learning the scene"}
static int write_mask(struct job *job, const struct scrim_clip_frame *frame,
                      struct scrim_error *error)
{
    const struct scrim_veiled *veiled = frame->veiled;
    const size_t cells = (size_t)veiled->mask->columns * (size_t)veiled->mask->rows;
    if (!job->rects) {
        job->rects = scrim_alloc_zero(cells, sizeof(*job->rects));
        job->rects_max = cells;
    }
    if (!job->rects)
        return scrim_fail(error, SCRIM_ENOMEM, "out of memory");
    const double seconds = (double)frame->pts * job->info.time_base_num / job->info.time_base_den;
    fprintf(job->masks, "{\"frame\":%llu,\"pts\":%.6f,\"rects\":[",
            (unsigned long long)frame->number, seconds);
    const size_t count = scrim_grid_rects(veiled->mask, job->rects, job->rects_max);
    for (size_t i = 0; i < count; i++)
        fprintf(job->masks, "%s[%d,%d,%d,%d]", i ? "," : "", job->rects[i].x, job->rects[i].y,
                job->rects[i].width, job->rects[i].height);
    const bool opaque = veiled->reason != SCRIM_REASON_NONE;
    fprintf(job->masks, "],\"opaque\":%s,\"reason\":%s%s%s}\n", opaque ? "true" : "false",
            opaque ? "\"" : "", opaque ? scrim_reason_text(veiled->reason) : "null",
            opaque ? "\"" : "");
    if (ferror(job->masks))
        return scrim_fail_errno(error, errno, "%s", job->masks_path);
    return SCRIM_OK;
}

static int write_frame(void *context, const struct scrim_clip_frame *frame,
                       struct scrim_error *error)
{
    struct job *job = context;
    int64_t mark = scrim_stage_now();
    const int code = scrim_film_write(job->film, &frame->veiled->picture, frame->pts, error);
    scrim_stage_add(&job->stages, SCRIM_STAGE_ENCODE, &mark);
    if (code < 0 || !job->masks)
        return code;
    return write_mask(job, frame, error);
}

static int finish_masks(struct job *job, struct scrim_error *error)
{
    if (!job->masks)
        return SCRIM_OK;
    const bool bad = fflush(job->masks) != 0 || fsync(fileno(job->masks)) < 0;
    const int errno_value = errno;
    fclose(job->masks);
    job->masks = NULL;
    if (bad)
        return scrim_fail_errno(error, errno_value, "%s", job->masks_path);
    if (rename(job->masks_part, job->masks_path) < 0)
        return scrim_fail_errno(error, errno, "%s", job->masks_path);
    job->masks_part[0] = '\0';
    return SCRIM_OK;
}

static void finish_job(struct job *job)
{
    if (job->masks)
        fclose(job->masks);
    if (job->masks_part[0])
        unlink(job->masks_part);
    scrim_film_destroy(job->film);
    free(job->rects);
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void report(const struct job *job, const struct scrim_redactor_stats *stats)
{
    fprintf(stderr, "%s: %llu frames, %llu of them wholly opaque, detector ran %llu times\n",
            job->out, (unsigned long long)stats->popped, (unsigned long long)stats->opaque,
            (unsigned long long)stats->detector_runs);
    if (stats->popped == 0)
        return;
    fprintf(stderr, "CPU ms per frame:");
    for (int i = 0; i < SCRIM_STAGE_COUNT; i++)
        fprintf(stderr, " %s %.2f", scrim_stage_text((enum scrim_stage)i),
                (double)(stats->stages.us[i] + job->stages.us[i]) / 1000 / (double)stats->popped);
    fprintf(stderr, "\n");
}

static int redact(struct job *job, const struct args *args, struct scrim_error *error)
{
    if (same_file(job->in, job->out))
        return scrim_fail(error, SCRIM_EINVAL, "%s: input and output are the same file", job->in);
    struct scrim_area drawn[SCRIM_AREAS_MAX];
    size_t drawn_count = 0;
    if (scrim_mask_option(args->mask, drawn, &drawn_count, error) < 0)
        return SCRIM_EINVAL;
    const struct scrim_clip_params params = {
        .path = job->in,
        .thorough = args->thorough,
        .bare = args->no_text,
        .areas = drawn,
        .areas_count = drawn_count,
    };
    const struct scrim_clip_sink sink = {begin, write_frame, job};
    struct scrim_redactor_stats stats;
    int code = scrim_clip_redact(&params, &sink, &stats, error);
    if (code < 0)
        return code;
    if (stats.popped == 0)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: not one picture in it could be decoded",
                          job->in);
    code = finish_masks(job, error);
    if (code < 0)
        return code;
    code = scrim_film_finish(job->film, error);
    if (code >= 0)
        report(job, &stats);
    return code;
}

int scrim_cmd_redact(int argc, char **argv)
{
    struct args args = {0};
    const char *paths[3] = {0};
    struct scrim_error error = {0};
    int code = scrim_opt_parse(&spec, argc, argv, &args, paths, &error);
    if (code < 0)
        return scrim_cmd_usage("redact", code, &error);
    struct job job = {.in = paths[0], .out = paths[1], .masks_path = args.masks};
    code = redact(&job, &args, &error);
    finish_job(&job);
    return code < 0 ? scrim_cmd_failed("redact", &error) : 0;
}
