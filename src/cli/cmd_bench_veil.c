// scrim bench veil: scores our redactor, or anybody's masks, on an annotated clip.
#include "base/alloc.h"
#include "base/opt.h"
#include "cli/bench.h"
#include "cli/bench_masks.h"
#include "cli/bench_report.h"
#include "cli/bench_sheet.h"
#include "cli/commands.h"
#include "cli/mask_option.h"
#include "veil/clip.h"

#include <stddef.h>

struct args {
    const char *truth, *masks, *mask, *json, *sheet, *model;
    int64_t runs_per_s;
    bool thorough;
};

static const struct scrim_opt options[] = {
    {"truth", 't', SCRIM_OPT_TEXT, offsetof(struct args, truth), "FILE",
     "people of the clip, in the text format of the MOT challenge", 0, 0},
    {"masks", 'm', SCRIM_OPT_TEXT, offsetof(struct args, masks), "FILE",
     "score these masks (as `scrim redact --masks` writes them) instead of our own", 0, 0},
    {"mask", 'k', SCRIM_OPT_TEXT, offsetof(struct args, mask), "POLYGONS",
     "always cover these, as `scrim redact --mask` takes them", 0, 0},
    {"json", 'j', SCRIM_OPT_TEXT, offsetof(struct args, json), "FILE", "figures for programs", 0,
     0},
    {"sheet", 's', SCRIM_OPT_TEXT, offsetof(struct args, sheet), "FILE.png",
     "contact sheet of the worst frames", 0, 0},
    {"model", 0, SCRIM_OPT_TEXT, offsetof(struct args, model), "NAME",
     "detector model, for example nanodet-320x192 (default: the live one)", 0, 0},
    {"runs-per-s", 0, SCRIM_OPT_INT, offsetof(struct args, runs_per_s), "N",
     "detector runs a second at most (default: the live schedule)", 1, 1000},
    {"thorough", 0, SCRIM_OPT_FLAG, offsetof(struct args, thorough), NULL,
     "detect in every picture", 0, 0},
    {0},
};

// One measurement: where masks go, whoever makes them.
struct bench {
    const char *clip;
    struct bench_truth truth;
    struct scrim_clip_info info;
    struct bench_score *score;
    struct bench_sheet *sheet; // NULL: not wanted
    uint32_t frame;
    struct scrim_region *rects; // room for the rectangles of one of our grids
    size_t rects_max;
    struct scrim_redactor_stats stats;
};

static int take_mask(struct bench *bench, int64_t pts_us, const struct bench_mask *mask,
                     struct scrim_error *error)
{
    struct bench_frame_score score;
    bench_score_frame(bench->score, pts_us, mask, &score);
    const uint32_t frame = bench->frame++;
    if (bench->sheet && bench_sheet_consider(bench->sheet, frame, pts_us, mask, &score) < 0)
        return scrim_fail(error, SCRIM_ENOMEM, "no memory for the contact sheet");
    return SCRIM_OK;
}

// --- masks from a file -------------------------------------------------------------------------

static int clip_info(const char *path, struct scrim_clip_info *ret, struct scrim_error *error)
{
    struct scrim_clip *clip;
    const int result = scrim_clip_open(path, &clip, error);
    if (result < 0)
        return result;
    *ret = *scrim_clip_info(clip);
    scrim_clip_close(clip);
    return SCRIM_OK;
}

static int score_file(struct bench *bench, const char *path, struct scrim_error *error)
{
    struct bench_masks *masks = NULL;
    struct bench_mask mask;
    int64_t pts_us;
    int result = clip_info(bench->clip, &bench->info, error);
    if (result >= 0)
        result = bench_masks_open(path, &masks, error);
    if (result >= 0)
        result = bench_score_create(&bench->truth, bench->info.width, bench->info.height,
                                    &bench->score, error);
    while (result >= 0) {
        result = bench_masks_next(masks, &mask, &pts_us, error);
        if (result <= 0)
            break;
        result = take_mask(bench, pts_us, &mask, error);
    }
    bench_masks_close(masks);
    return result;
}

// --- masks of our own redactor -----------------------------------------------------------------

static int begin_clip(void *context, const struct scrim_clip_info *info, struct scrim_error *error)
{
    struct bench *bench = context;
    const size_t columns = ((size_t)info->width + SCRIM_CELL - 1) / SCRIM_CELL;
    const size_t rows = ((size_t)info->height + SCRIM_CELL - 1) / SCRIM_CELL;
    bench->info = *info;
    bench->rects_max = columns * rows;
    bench->rects = scrim_alloc(bench->rects_max * sizeof(*bench->rects));
    if (!bench->rects)
        return scrim_fail(error, SCRIM_ENOMEM, "no memory for a mask of %zu×%zu", columns, rows);
    return bench_score_create(&bench->truth, info->width, info->height, &bench->score, error);
}

static int take_frame(void *context, const struct scrim_clip_frame *frame,
                      struct scrim_error *error)
{
    struct bench *bench = context;
    const struct scrim_veiled *veiled = frame->veiled;
    const struct bench_mask mask = {
        .rects = bench->rects,
        .count = scrim_grid_rects(veiled->mask, bench->rects, bench->rects_max),
        .opaque = veiled->reason != SCRIM_REASON_NONE,
    };
    return take_mask(bench, veiled->pts_us, &mask, error);
}

static int score_redactor(struct bench *bench, const struct args *args, struct scrim_error *error)
{
    struct scrim_area drawn[SCRIM_AREAS_MAX];
    size_t drawn_count = 0;
    if (scrim_mask_option(args->mask, drawn, &drawn_count, error) < 0)
        return SCRIM_EINVAL;
    const struct scrim_clip_params params = {
        .areas = drawn,
        .areas_count = drawn_count,
        .path = bench->clip,
        .model = args->model,
        .runs_per_s = (double)args->runs_per_s,
        .thorough = args->thorough,
    };
    const struct scrim_clip_sink sink = {begin_clip, take_frame, bench};
    return scrim_clip_redact(&params, &sink, &bench->stats, error);
}

// --- the command -------------------------------------------------------------------------------

static int report(struct bench *bench, const struct args *args, struct scrim_error *error)
{
    struct bench_result figures;
    int result = bench_score_finish(bench->score, &figures, error);
    if (result < 0)
        return result;
    const struct bench_report report = {
        .clip = bench->clip,
        .result = &figures,
        .stages = args->masks ? NULL : &bench->stats.stages,
        .detector_runs = bench->stats.detector_runs,
    };
    bench_report_print(&report, stdout);
    if (args->json)
        result = bench_report_save(&report, args->json, error);
    if (result >= 0 && bench->sheet)
        result = bench_sheet_save(bench->sheet, bench->clip, &bench->truth, args->sheet, error);
    return result;
}

static int measure(const char *clip, const struct args *args, struct scrim_error *error)
{
    struct bench bench = {.clip = clip};
    int result = bench_truth_load(args->truth, &bench.truth, error);
    if (result >= 0) {
        bench.sheet = args->sheet ? bench_sheet_create() : NULL;
        result = args->masks ? score_file(&bench, args->masks, error)
                             : score_redactor(&bench, args, error);
    }
    if (result >= 0)
        result = report(&bench, args, error);
    bench_score_destroy(bench.score);
    bench_sheet_destroy(bench.sheet);
    bench_truth_finish(&bench.truth);
    scrim_free_pointer(&bench.rects);
    return result;
}

int scrim_bench_veil(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim bench veil CLIP --truth FILE [--masks FILE] [--json FILE] [--sheet FILE.png]",
        "Measures what a redactor leaks and what it hides for nothing: people covered less than "
        "95 %, tracks exposed, false masks, opaque frames, CPU by stage.",
        options, 1, 1};
    struct args args = {0};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0 && !args.truth)
        result = scrim_fail(&error, SCRIM_EINVAL, "what people are in the clip? --truth FILE");
    if (result < 0)
        return scrim_cmd_usage("bench veil", result, &error);
    result = measure(positionals[0], &args, &error);
    return result < 0 ? scrim_cmd_failed("bench veil", &error) : 0;
}
