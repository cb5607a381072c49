#include "cli/bench_report.h"

#include "base/fs.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

const struct bench_height_name bench_height_names[BENCH_HEIGHT_COUNT] = {
    {"all", ""},           {"< 30 px", "h0_"},    {"30-60 px", "h30_"},
    {"60-120 px", "h60_"}, {"> 120 px", "h120_"},
};

static double percent(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static double per_hour(double part_s, double whole_s)
{
    return whole_s > 0 ? part_s * 3600 / whole_s : 0;
}

// CPU in ms a frame; `stage` SCRIM_STAGE_COUNT: all of them.
static double stage_ms(const struct bench_report *report, enum scrim_stage stage)
{
    int64_t us = 0;
    for (int i = 0; i < SCRIM_STAGE_COUNT; i++)
        us += stage == SCRIM_STAGE_COUNT || (int)stage == i ? report->stages->us[i] : 0;
    return report->result->frames > 0 ? (double)us / 1000 / (double)report->result->frames : 0;
}

static void print_people(const struct bench_report *report, FILE *to)
{
    fprintf(to, "  %-10s %13s %9s %9s %8s %9s %10s %9s\n", "height", "person-frames", "leaked %",
            "< 80 %", "tracks", "> 0.2 s", "longest s", "s/hour");
    for (int i = 0; i < BENCH_HEIGHT_COUNT; i++) {
        const struct bench_people *people = &report->result->people[i];
        if (people->person_frames == 0)
            continue;
        fprintf(to, "  %-10s %13" PRIu64 " %9.3f %9.3f %8" PRIu64 " %9" PRIu64 " %10.2f %9.1f\n",
                bench_height_names[i].text, people->person_frames,
                percent(people->leaked_95, people->person_frames),
                percent(people->leaked_80, people->person_frames), people->tracks,
                people->tracks_exposed, people->longest_s,
                per_hour(people->exposed_s, report->result->seconds));
    }
}

void bench_report_print(const struct bench_report *report, FILE *to)
{
    const struct bench_result *result = report->result;
    fprintf(to, "%s: %" PRIu64 " frames, %.1f s\n", report->clip, result->frames, result->seconds);
    print_people(report, to);
    fprintf(to, "  masked %.2f %%, of that false %.2f %% of the picture\n", 100 * result->masked,
            100 * result->false_mask);
    fprintf(to, "  wholly opaque %.2f %% of frames, %.2f %% after the first %d s\n",
            percent(result->opaque, result->frames),
            percent(result->opaque_warm, result->frames_warm), (int)(BENCH_WARM_UP_US / 1000000));
    if (!report->stages)
        return;
    fprintf(to, "  CPU %.2f ms a frame:", stage_ms(report, SCRIM_STAGE_COUNT));
    for (int i = 0; i < SCRIM_STAGE_COUNT; i++)
        fprintf(to, " %s %.2f", scrim_stage_text((enum scrim_stage)i),
                stage_ms(report, (enum scrim_stage)i));
    fprintf(to, "; %" PRIu64 " detector runs\n", report->detector_runs);
}

// --- JSON --------------------------------------------------------------------------------------

void bench_report_set(json_t *object, const char *prefix, const char *name, double value)
{
    char key[64];
    snprintf(key, sizeof(key), "%s%s", prefix, name);
    json_object_set_new(object, key, json_real(round(value * 1e4) / 1e4));
}

static void set_count(json_t *object, const char *prefix, const char *name, uint64_t value)
{
    char key[64];
    snprintf(key, sizeof(key), "%s%s", prefix, name);
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

static void set_people(json_t *object, const struct bench_report *report, int height)
{
    const struct bench_people *people = &report->result->people[height];
    const char *prefix = bench_height_names[height].prefix;
    set_count(object, prefix, "person_frames", people->person_frames);
    bench_report_set(object, prefix, "leaked_pct",
                     percent(people->leaked_95, people->person_frames));
    bench_report_set(object, prefix, "leaked80_pct",
                     percent(people->leaked_80, people->person_frames));
    set_count(object, prefix, "tracks", people->tracks);
    set_count(object, prefix, "tracks_exposed", people->tracks_exposed);
    bench_report_set(object, prefix, "longest_exposure_s", people->longest_s);
    bench_report_set(object, prefix, "exposed_s_per_hour",
                     per_hour(people->exposed_s, report->result->seconds));
}

static void set_stages(json_t *object, const struct bench_report *report)
{
    bench_report_set(object, "", "cpu_ms_per_frame", stage_ms(report, SCRIM_STAGE_COUNT));
    for (int i = 0; i < SCRIM_STAGE_COUNT; i++)
        bench_report_set(object, "cpu_ms_", scrim_stage_text((enum scrim_stage)i),
                         stage_ms(report, (enum scrim_stage)i));
    set_count(object, "", "detector_runs", report->detector_runs);
}

static json_t *report_object(const struct bench_report *report)
{
    const struct bench_result *result = report->result;
    json_t *object = json_object();
    json_object_set_new(object, "clip", json_string(scrim_path_name(report->clip)));
    set_count(object, "", "frames", result->frames);
    bench_report_set(object, "", "seconds", result->seconds);
    bench_report_set(object, "", "masked_pct", 100 * result->masked);
    bench_report_set(object, "", "false_mask_pct", 100 * result->false_mask);
    bench_report_set(object, "", "opaque_pct", percent(result->opaque, result->frames));
    bench_report_set(object, "", "opaque_warm_pct",
                     percent(result->opaque_warm, result->frames_warm));
    for (int i = 0; i < BENCH_HEIGHT_COUNT; i++)
        set_people(object, report, i);
    if (report->stages)
        set_stages(object, report);
    return object;
}

int bench_report_write(json_t *object, const char *path, struct scrim_error *error)
{
    char *text = json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(7));
    json_decref(object);
    if (!text)
        return scrim_fail(error, SCRIM_ENOMEM, "%s: no memory for the report", path);
    struct scrim_buf out;
    scrim_buf_init(&out, 1U << 20);
    int result = scrim_buf_printf(&out, "%s\n", text);
    free(text);
    if (result >= 0)
        result = scrim_fs_replace(path, out.data, out.len, 0644, error);
    scrim_buf_finish(&out);
    return result;
}

int bench_report_save(const struct bench_report *report, const char *path,
                      struct scrim_error *error)
{
    return bench_report_write(report_object(report), path, error);
}
