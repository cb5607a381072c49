// scrim bench detector: what a detector finds in every single picture of an annotated clip, in
// float32 and in int8, and what a run of each costs. No motion, no memory: those are `bench
// veil`'s.
#include "base/alloc.h"
#include "base/fs.h"
#include "base/opt.h"
#include "cli/bench.h"
#include "cli/bench_report.h"
#include "cli/commands.h"
#include "detect/detector.h"
#include "media/clip.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define GROWTH 0.10F         // of a box's width and height on each side, before it is scored
#define THRESHOLD_PERCENT 25 // at which the tables of docs/design/detector.md were made
#define RUNS_MAX (1 << 20)   // whose times are kept

struct args {
    const char *truth, *model, *json;
    int64_t threshold;
};

static const struct scrim_opt options[] = {
    {"truth", 't', SCRIM_OPT_TEXT, offsetof(struct args, truth), "FILE",
     "people of the clip, in the text format of the MOT challenge", 0, 0},
    {"model", 0, SCRIM_OPT_TEXT, offsetof(struct args, model), "NAME",
     "detector model, for example nanodet-320x192 (default: the live one)", 0, 0},
    {"threshold", 0, SCRIM_OPT_INT, offsetof(struct args, threshold), "PERCENT",
     "least score of a box (default: 25)", 1, 99},
    {"json", 'j', SCRIM_OPT_TEXT, offsetof(struct args, json), "FILE", "figures for programs", 0,
     0},
    {0},
};

// One way to run the model, and what came of it.
struct contender {
    enum scrim_precision precision;
    const char *name;
    struct scrim_detector *detector; // NULL: the model cannot
    struct bench_score *score;
    struct bench_result result;
    double *times_ms; // CPU of each run
    size_t runs;
};

struct bench {
    const char *clip, *model;
    float threshold;
    struct bench_truth truth;
    struct contender contenders[2];
};
#define CONTENDERS 2

// --- running -----------------------------------------------------------------------------------

static struct scrim_region grown(const struct scrim_box *box)
{
    const float grow_x = (box->x1 - box->x0) * GROWTH, grow_y = (box->y1 - box->y0) * GROWTH;
    const int x = (int)floorf(box->x0 - grow_x), y = (int)floorf(box->y0 - grow_y);
    return (struct scrim_region){x, y, (int)ceilf(box->x1 + grow_x) - x,
                                 (int)ceilf(box->y1 + grow_y) - y};
}

static int look(struct bench *bench, struct contender *contender,
                const struct scrim_picture *picture, int64_t pts_us, struct scrim_error *error)
{
    static struct scrim_box boxes[SCRIM_BOXES_MAX];
    static struct scrim_region rects[SCRIM_BOXES_MAX];
    struct bench_frame_score score;
    const int64_t start_us = scrim_stage_now();
    const int count = scrim_detector_run(contender->detector, picture, NULL, bench->threshold,
                                         boxes, SCRIM_BOXES_MAX);
    if (count < 0)
        return scrim_fail(error, (enum scrim_err)count, "the detector fails in %s",
                          contender->name);
    if (contender->runs < RUNS_MAX)
        contender->times_ms[contender->runs++] = (double)(scrim_stage_now() - start_us) / 1000;
    for (int i = 0; i < count; i++)
        rects[i] = grown(&boxes[i]);
    const struct bench_mask mask = {.rects = rects, .count = (size_t)count};
    bench_score_frame(contender->score, pts_us, &mask, &score);
    return SCRIM_OK;
}

// Every picture by each contender, one right after the other and the first one in turn: whatever
// else the machine does falls on all of them.
static int watch(struct bench *bench, struct scrim_clip *clip, struct scrim_error *error)
{
    const struct scrim_clip_info *info = scrim_clip_info(clip);
    struct scrim_clip_picture next;
    int result;
    for (unsigned frame = 0; (result = scrim_clip_next(clip, &next, error)) > 0; frame++) {
        const double pts_s = (double)next.pts * info->time_base_num / info->time_base_den;
        for (unsigned i = 0; i < CONTENDERS && result >= 0; i++) {
            struct contender *contender = &bench->contenders[(frame + i) % CONTENDERS];
            if (contender->detector)
                result = look(bench, contender, &next.picture, (int64_t)(pts_s * 1e6), error);
        }
        if (result < 0)
            break;
    }
    return result;
}

static int enter(struct bench *bench, struct contender *contender, const char *path,
                 const struct scrim_clip_info *info, struct scrim_error *error)
{
    int result = scrim_detector_create_in(contender->precision, path, &contender->detector, error);
    if (result == SCRIM_EUNSUPPORTED && contender->precision == SCRIM_PRECISION_INT8)
        return SCRIM_OK; // the report says that it does not take part
    contender->times_ms = scrim_alloc(RUNS_MAX * sizeof(double));
    if (result >= 0 && !contender->times_ms)
        result = scrim_fail(error, SCRIM_ENOMEM, "no memory for the times of the runs");
    if (result >= 0)
        result =
            bench_score_create(&bench->truth, info->width, info->height, &contender->score, error);
    return result;
}

static int measure(struct bench *bench, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_clip *clip;
    int result = scrim_clip_open(bench->clip, &clip, error);
    if (result < 0)
        return result;
    const struct scrim_clip_info *info = scrim_clip_info(clip);
    if (!bench->model)
        bench->model = scrim_model_for_picture(info->width, info->height);
    result = scrim_model_find(bench->model, path, error);
    for (unsigned i = 0; i < CONTENDERS && result >= 0; i++)
        result = enter(bench, &bench->contenders[i], path, info, error);
    if (result >= 0)
        result = watch(bench, clip, error);
    for (unsigned i = 0; i < CONTENDERS && result >= 0; i++)
        if (bench->contenders[i].detector)
            result =
                bench_score_finish(bench->contenders[i].score, &bench->contenders[i].result, error);
    scrim_clip_close(clip);
    return result;
}

// --- figures -----------------------------------------------------------------------------------

static int compare(const void *a, const void *b)
{
    const double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

static double median_ms(struct contender *contender)
{
    if (contender->runs == 0)
        return 0;
    qsort(contender->times_ms, contender->runs, sizeof(double), compare);
    return contender->times_ms[contender->runs / 2];
}

static double found_percent(const struct bench_people *people)
{
    const uint64_t found = people->person_frames - people->leaked_80;
    return people->person_frames > 0 ? 100.0 * (double)found / (double)people->person_frames : 0;
}

static void print_contender(struct contender *contender)
{
    printf("  %-8s", contender->name);
    if (!contender->detector) {
        printf(" this model has no ranges for it\n");
        return;
    }
    for (int i = 0; i < BENCH_HEIGHT_COUNT; i++)
        if (contender->result.people[i].person_frames > 0)
            printf(" %9.2f", found_percent(&contender->result.people[i]));
        else
            printf(" %9s", "-");
    printf(" %9.2f %9.2f\n", 100 * contender->result.false_mask, median_ms(contender));
}

static void print(struct bench *bench)
{
    printf(
        "%s, %s, threshold %.2f: people found in %%, false area in %%, CPU of a run in ms\n  %-8s",
        bench->clip, bench->model, (double)bench->threshold, "");
    for (int i = 0; i < BENCH_HEIGHT_COUNT; i++)
        printf(" %9s", bench_height_names[i].text);
    printf(" %9s %9s\n", "false", "ms");
    for (unsigned i = 0; i < CONTENDERS; i++)
        print_contender(&bench->contenders[i]);
}

static void set_contender(json_t *object, struct contender *contender)
{
    char prefix[32];
    for (int i = 0; i < BENCH_HEIGHT_COUNT; i++) {
        snprintf(prefix, sizeof prefix, "%s_%s", contender->name, bench_height_names[i].prefix);
        bench_report_set(object, prefix, "found_pct", found_percent(&contender->result.people[i]));
    }
    snprintf(prefix, sizeof prefix, "%s_", contender->name);
    bench_report_set(object, prefix, "false_pct", 100 * contender->result.false_mask);
    bench_report_set(object, prefix, "ms", median_ms(contender));
}

static int save(struct bench *bench, const char *path, struct scrim_error *error)
{
    json_t *object = json_object();
    json_object_set_new(object, "clip", json_string(scrim_path_name(bench->clip)));
    json_object_set_new(object, "model", json_string(bench->model));
    json_object_set_new(object, "threshold", json_real((double)bench->threshold));
    for (unsigned i = 0; i < CONTENDERS; i++)
        if (bench->contenders[i].detector)
            set_contender(object, &bench->contenders[i]);
    return bench_report_write(object, path, error);
}

// --- the command -------------------------------------------------------------------------------

static void bench_finish(struct bench *bench)
{
    for (unsigned i = 0; i < CONTENDERS; i++) {
        scrim_detector_destroy(bench->contenders[i].detector);
        bench_score_destroy(bench->contenders[i].score);
        scrim_free_pointer(&bench->contenders[i].times_ms);
    }
    bench_truth_finish(&bench->truth);
}

int scrim_bench_detector(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim bench detector CLIP --truth FILE [--model NAME] [--json FILE]",
        "Measures which annotated people the boxes of a picture cover by themselves (80 % of the "
        "ellipse in their box), what else they cover, and the CPU of a run: in float and in int8.",
        options, 1, 1};
    struct args args = {.threshold = THRESHOLD_PERCENT};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0 && !args.truth)
        result = scrim_fail(&error, SCRIM_EINVAL, "what people are in the clip? --truth FILE");
    if (result < 0)
        return scrim_cmd_usage("bench detector", result, &error);
    struct bench bench = {
        .clip = positionals[0],
        .model = args.model,
        .threshold = (float)args.threshold / 100,
        .contenders = {{.precision = SCRIM_PRECISION_FLOAT, .name = "float"},
                       {.precision = SCRIM_PRECISION_INT8, .name = "int8"}},
    };
    result = bench_truth_load(args.truth, &bench.truth, &error);
    if (result >= 0)
        result = measure(&bench, &error);
    if (result >= 0)
        print(&bench);
    if (result >= 0 && args.json)
        result = save(&bench, args.json, &error);
    bench_finish(&bench);
    return result < 0 ? scrim_cmd_failed("bench detector", &error) : 0;
}
