// scrim vault requests and show: the book of requests, for holders and auditors at the machine.
#include "base/clock.h"
#include "base/fs.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "cli/commands.h"
#include "cli/request_docs.h"
#include "cli/terminal_text.h"
#include "store/layout.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct scrim_opt no_options[] = {{0}};

// --- decisions of a request ---

struct count {
    unsigned yes, no;
};

static int look_at_decision(const char *path, const struct scrim_vault_set *vaults,
                            const uint8_t id[SCRIM_REQUEST_ID], bool print, struct count *count,
                            struct scrim_error *error)
{
    struct scrim_buf json;
    struct scrim_decision decision;
    scrim_buf_init(&json, SCRIM_DECISION_JSON_MAX);
    int result = scrim_fs_read(path, &json, error);
    if (result >= 0)
        result = scrim_decision_parse(json.data, json.len, &decision, error);
    scrim_buf_finish(&json);
    if (result < 0)
        return result;
    const struct scrim_vault *vault = scrim_vault_set_find(vaults, decision.vault);
    result = vault ? scrim_decision_verify(vault, id, &decision, error)
                   : scrim_fail(error, SCRIM_EAUTH, "%s is of no vault of this site", path);
    if (result >= 0) {
        char at[SCRIM_TIME_TEXT];
        scrim_time_format(decision.at_us, at);
        count->yes += decision.approve;
        count->no += !decision.approve;
        if (print) {
            printf("  %s  %s by %s%s", at, decision.approve ? "approved" : "refused",
                   vault->names[decision.holder - 1], decision.reason[0] ? ": " : "");
            scrim_terminal_print(decision.reason);
            printf("\n");
        }
    }
    scrim_decision_finish(&decision);
    return result;
}

static int look_at_decisions(const char *dir, uint64_t number, const struct scrim_vault_set *vaults,
                             const uint8_t id[SCRIM_REQUEST_ID], bool print, struct count *count,
                             struct scrim_error *error)
{
    char folder[SCRIM_PATH_MAX], path[SCRIM_PATH_MAX], **names = NULL;
    size_t names_count = 0;
    int result = scrim_request_path(dir, number, NULL, folder, error);
    if (result >= 0)
        result = scrim_fs_list(folder, &names, &names_count, error);
    for (size_t i = 0; i < names_count && result >= 0; i++) {
        const char *dot = strrchr(names[i], '.');
        if (strncmp(names[i], "decision-", 9) != 0 || !dot || strcmp(dot, ".json") != 0)
            continue;
        result = scrim_path_join(path, folder, names[i]) < 0
                     ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", folder)
                     : look_at_decision(path, vaults, id, print, count, error);
    }
    scrim_fs_free_names(names, names_count);
    return result;
}

static bool has_ended(const char *dir, uint64_t number)
{
    char path[SCRIM_PATH_MAX];
    return scrim_request_path(dir, number, "end.json", path, NULL) >= 0 && access(path, F_OK) == 0;
}

static int load_vaults(const char *dir, struct scrim_vault_set **ret, struct scrim_error *error)
{
    char state[SCRIM_PATH_MAX];
    return scrim_path_join(state, dir, "state") < 0
               ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir)
               : scrim_vault_set_load(state, ret, error);
}

// --- requests ---

static int print_line(const char *dir, uint64_t number, const struct scrim_vault_set *vaults,
                      struct scrim_error *error)
{
    struct scrim_request_docs docs = {0};
    struct count count = {0};
    char from[SCRIM_TIME_TEXT];
    int result = scrim_request_docs_of_site(dir, number, &docs, error);
    if (result >= 0)
        result = look_at_decisions(dir, number, vaults, docs.id, false, &count, error);
    if (result >= 0) {
        const struct scrim_request *r = &docs.request;
        const char *state = has_ended(dir, number)                  ? "over"
                            : r->expires_us <= scrim_clock_utc_us() ? "expired"
                                                                    : "waits";
        scrim_time_format(r->from_us, from);
        printf("%6llu  %-8s %u yes, %u no  ", (unsigned long long)number, state, count.yes,
               count.no);
        scrim_terminal_print(r->who);
        printf("  %s, %d min  %s%s: ", from, (int)((r->to_us - r->from_us) / (60 * SCRIM_SECOND)),
               r->cameras[0], r->cameras_count > 1 ? " and others" : "");
        scrim_terminal_print(r->reason);
        printf("\n");
    }
    scrim_request_docs_finish(&docs);
    return result;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static int list_numbers(const char *dir, struct scrim_buf *ret, struct scrim_error *error)
{
    char folder[SCRIM_PATH_MAX], **names = NULL;
    size_t count = 0;
    uint64_t number;
    if (scrim_path_join(folder, dir, SCRIM_REQUESTS_DIR) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    int result = scrim_fs_list(folder, &names, &count, error);
    if (result == SCRIM_ENOENT)
        return SCRIM_OK; // nobody has asked yet
    for (size_t i = 0; i < count && result >= 0; i++) {
        if (scrim_request_number(names[i], &number, NULL) >= 0)
            result = scrim_buf_append(ret, &number, sizeof number);
    }
    scrim_fs_free_names(names, count);
    if (ret->len > 0)
        qsort(ret->data, ret->len / sizeof number, sizeof number, by_number);
    return result;
}

static int print_requests(const char *dir, struct scrim_error *error)
{
    struct scrim_vault_set *vaults;
    struct scrim_buf numbers;
    int result = load_vaults(dir, &vaults, error);
    if (result < 0)
        return result;
    scrim_buf_init(&numbers, 1U << 20);
    result = list_numbers(dir, &numbers, error);
    const uint64_t *each = (const uint64_t *)(const void *)numbers.data;
    const size_t count = numbers.len / sizeof *each;
    for (size_t i = 0; i < count && result >= 0; i++)
        result = print_line(dir, each[i], vaults, error);
    if (result >= 0 && count == 0)
        printf("no request yet\n");
    scrim_buf_finish(&numbers);
    scrim_vault_set_destroy(vaults);
    return result;
}

int scrim_cmd_vault_requests(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim vault requests DIR", "Lists who asked for originals, and what became of it.",
        no_options, 1, 1};
    const char *positionals[2];
    struct scrim_error error = {0};
    char none;
    int result = scrim_opt_parse(&spec, argc, argv, &none, positionals, &error);
    if (result < 0)
        return scrim_cmd_usage("vault requests", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = print_requests(positionals[0], &error);
    return result < 0 ? scrim_cmd_failed("vault requests", &error) : 0;
}

// --- one of them ---

// Where the redacted picture of that time lies, to look at before deciding.
static void print_preview(const char *dir, const struct scrim_request *r)
{
    for (size_t i = 0; i < r->cameras_count; i++) {
        char day[SCRIM_DAY_TEXT], path[SCRIM_PATH_MAX];
        scrim_day_of(r->from_us, day);
        if (scrim_veil_path(path, dir, r->cameras[i], day) >= 0)
            printf("  redacted  %s (files of a minute, named by UTC time)\n", path);
    }
}

static int print_request(const char *dir, uint64_t number, struct scrim_error *error)
{
    struct scrim_request_docs docs = {0};
    struct scrim_vault_set *vaults = NULL;
    struct count count = {0};
    int result = load_vaults(dir, &vaults, error);
    if (result >= 0)
        result = scrim_request_docs_of_site(dir, number, &docs, error);
    if (result >= 0) {
        scrim_request_docs_print(&docs);
        print_preview(dir, &docs.request);
        result = look_at_decisions(dir, number, vaults, docs.id, true, &count, error);
    }
    if (result >= 0)
        printf("  %u approved, %u refused%s\n", count.yes, count.no,
               has_ended(dir, number) ? "; it is over" : "");
    scrim_request_docs_finish(&docs);
    scrim_vault_set_destroy(vaults);
    return result;
}

int scrim_cmd_vault_show(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim vault show DIR N",
        "Shows one request: who asks, why, for what, for whose key, and who decided how.",
        no_options, 2, 2};
    const char *positionals[3];
    uint64_t number;
    struct scrim_error error = {0};
    char none;
    int result = scrim_opt_parse(&spec, argc, argv, &none, positionals, &error);
    if (result >= 0)
        result = scrim_request_number(positionals[1], &number, &error);
    if (result < 0)
        return scrim_cmd_usage("vault show", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = print_request(positionals[0], number, &error);
    return result < 0 ? scrim_cmd_failed("vault show", &error) : 0;
}
