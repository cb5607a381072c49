// scrim check: verifies everything that was sealed and journalled, and that the index says the
// same.
#include "base/alloc.h"
#include "base/clock.h"
#include "base/opt.h"
#include "cli/commands.h"
#include "index/index.h"
#include "store/check.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#define PROGRESS_US (SCRIM_SECOND / 4)

struct args {
    bool json;
};

static const struct scrim_opt options[] = {
    {"json", 0, SCRIM_OPT_FLAG, offsetof(struct args, json), NULL,
     "print one JSON object: counts, and an array of findings {kind, file, text}", 0, 0},
    {0},
};

struct report {
    json_t *findings; // NULL: they are printed as they come
    bool terminal, shown;
    int64_t next_progress_us;
    uint64_t index_findings;
};

static void clear_progress(struct report *report)
{
    if (report->shown)
        fprintf(stderr, "\r\033[K");
    report->shown = false;
}

static void on_progress(void *context, uint64_t files, uint64_t bytes)
{
    struct report *report = context;
    const int64_t now_us = scrim_clock_mono_us();
    if (!report->terminal || now_us < report->next_progress_us)
        return;
    fprintf(stderr, "\r%" PRIu64 " files, %.1f GB verified", files, (double)bytes / 1e9);
    report->shown = true;
    report->next_progress_us = now_us + PROGRESS_US;
}

static void on_finding(void *context, enum scrim_finding_kind kind, const char *file,
                       const char *text)
{
    struct report *report = context;
    const char *kind_text = scrim_finding_text(kind);
    if (!report->findings) {
        clear_progress(report);
        printf("%s: %s: %s\n", kind_text, file, text);
        return;
    }
    json_t *finding = json_pack("{s:s, s:s, s:s}", "kind", kind_text, "file", file, "text", text);
    if (!finding) // a file's name that is no UTF-8
        finding = json_pack("{s:s, s:s, s:s}", "kind", kind_text, "file", "?", "text",
                            "a file whose name cannot be shown");
    json_array_append_new(report->findings, finding);
}

static void on_index_finding(void *context, const char *file, const char *text)
{
    struct report *report = context;
    report->index_findings++;
    on_finding(report, SCRIM_FINDING_INDEX, file, text);
}

// A damaged index loses nothing, but it is something to be told about.
static int check_index(const struct scrim_site *site, struct report *report,
                       struct scrim_error *error)
{
    struct scrim_index *index = NULL;
    int result = scrim_index_open_reader(site->dir, &index, error);
    if (result >= 0)
        result = scrim_index_agreement(index, site, on_index_finding, report, error);
    scrim_index_close(index);
    if (result == SCRIM_ENOENT)
        return SCRIM_OK; // no desk ran yet
    if (result == SCRIM_EFORMAT) {
        on_index_finding(report, "state/index.db", "it is damaged; scrim rebuild makes it again");
        return SCRIM_OK;
    }
    return result;
}

static void print_text(const struct scrim_check_result *r)
{
    printf("%" PRIu64 " cameras, %" PRIu64 " records, %" PRIu64 " segments (%.2f GB), %" PRIu64
           " torn, %" PRIu64 " being written, %" PRIu64 " expired, %" PRIu64 " purged, %" PRIu64
           " gaps, %" PRIu64 " opening records, %" PRIu64 " changes: ",
           r->cameras, r->records, r->segments, (double)r->bytes / 1e9, r->torn, r->open,
           r->expired, r->purged, r->gaps, r->openings, r->changes);
    if (r->absent > 0)
        printf("%" PRIu64 " segments on disks that are not there; ", r->absent);
    if (r->findings == 0)
        printf("all in order\n");
    else
        printf("%" PRIu64 " findings\n", r->findings);
}

static int print_json(const struct scrim_check_result *r, json_t *findings)
{
    json_t *object = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:O}", "cameras",
        (json_int_t)r->cameras, "records", (json_int_t)r->records, "segments",
        (json_int_t)r->segments, "torn", (json_int_t)r->torn, "open", (json_int_t)r->open,
        "expired", (json_int_t)r->expired, "absent", (json_int_t)r->absent, "purged",
        (json_int_t)r->purged, "gaps", (json_int_t)r->gaps, "openings", (json_int_t)r->openings,
        "changes", (json_int_t)r->changes, "bytes", (json_int_t)r->bytes, "findings", findings);
    const int result = object ? json_dumpf(object, stdout, JSON_COMPACT) : -1;
    json_decref(object);
    printf("\n");
    return result;
}

static int run(const char *dir, const struct args *args, bool *ret_clean, struct scrim_error *error)
{
    struct scrim_site site = {0};
    struct scrim_check_result checked = {0};
    struct report report = {.terminal = isatty(STDERR_FILENO) == 1};
    int result = scrim_site_load(dir, &site, error);
    if (result < 0)
        return result;
    report.findings = args->json ? json_array() : NULL;
    result = scrim_check_store(&site, on_finding, on_progress, &report, &checked, error);
    if (result >= 0)
        result = check_index(&site, &report, error);
    clear_progress(&report);
    checked.findings += report.index_findings;
    if (result >= 0 && args->json && print_json(&checked, report.findings) < 0)
        result = scrim_fail(error, SCRIM_EIO, "the result cannot be written");
    else if (result >= 0 && !args->json)
        print_text(&checked);
    if (result >= 0 && fflush(stdout) != 0)
        result = scrim_fail(error, SCRIM_EIO, "the result cannot be written");
    *ret_clean = checked.findings == 0;
    json_decref(report.findings);
    scrim_site_finish(&site);
    return result;
}

int scrim_cmd_check(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim check DIR [--json]",
        "Verifies the journals (chain, signatures), the content of every sealed file, its seal "
        "proof, the logs of openings and of changes, and that the index agrees. Exits 1 if "
        "anything is wrong.",
        options, 1, 1};
    struct args args = {0};
    const char *positionals[2];
    struct scrim_error error = {0};
    bool clean = false;
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result < 0)
        return scrim_cmd_usage("check", result, &error);
    result = run(positionals[0], &args, &clean, &error);
    if (result < 0)
        return scrim_cmd_failed("check", &error);
    return clean ? 0 : 1;
}
