#include "opener/openings.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "store/act_log.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define OPENED_MAX (1U << 20) // intents that are remembered: all of some decades

struct opened {
    uint64_t seq; // of the intent's line
    uint8_t request[SCRIM_OPENINGS_DIGEST];
    int64_t until_us; // 0: it failed, and gave nothing out
};

struct scrim_openings {
    int lock; // a second writer would fork the chain
    struct scrim_act_log *log;
    struct scrim_buf opened; // struct opened each, in the order of their lines
    int64_t latest_us;       // of all lines
};

static size_t count_of(const struct scrim_openings *openings)
{
    return openings->opened.len / sizeof(struct opened);
}

static struct opened *opened_at(const struct scrim_openings *openings, size_t at)
{
    return (struct opened *)(void *)openings->opened.data + at;
}

static void take_back(struct scrim_openings *openings, uint64_t seq)
{
    for (size_t i = count_of(openings); i-- > 0;) {
        if (opened_at(openings, i)->seq == seq) {
            opened_at(openings, i)->until_us = 0;
            return;
        }
    }
}

static int remember(struct scrim_openings *openings, const struct opened *opened,
                    struct scrim_error *error)
{
    const int result = scrim_buf_append(&openings->opened, opened, sizeof *opened);
    return result < 0 ? scrim_fail(error, result, "%s has too many lines", SCRIM_OPENINGS_LOG)
                      : SCRIM_OK;
}

// --- reading it again ---

static int take_intent(struct scrim_openings *openings, uint64_t seq, const json_t *detail,
                       struct scrim_error *error)
{
    const char *request = json_string_value(json_object_get(detail, "request"));
    struct opened opened = {.seq = seq,
                            .until_us = json_integer_value(json_object_get(detail, "until_us"))};
    size_t count = 0;
    if (!request)
        return SCRIM_OK; // of another kind, which has no request
    if (sodium_hex2bin(opened.request, sizeof opened.request, request, strlen(request), NULL,
                       &count, NULL) != 0 ||
        count != sizeof opened.request)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: line %llu names no request",
                          SCRIM_OPENINGS_LOG, (unsigned long long)seq);
    return remember(openings, &opened, error);
}

static int take_line(struct scrim_openings *openings, uint64_t seq, struct scrim_error *error)
{
    struct scrim_record record;
    int result = scrim_act_log_read(openings->log, seq, &record, error);
    if (result < 0)
        return result;
    json_t *entry = json_loads(record.json, JSON_REJECT_DUPLICATES, NULL);
    const json_t *of = json_object_get(entry, "of");
    const char *outcome = json_string_value(json_object_get(entry, "outcome"));
    if (record.start_us > openings->latest_us)
        openings->latest_us = record.start_us;
    if (!of)
        result = take_intent(openings, seq, json_object_get(entry, "detail"), error);
    else if (outcome && strcmp(outcome, "failed") == 0)
        take_back(openings, (uint64_t)json_integer_value(of));
    json_decref(entry);
    return result;
}

static int take_lock(const char *dir, struct scrim_error *error)
{
    char directory[SCRIM_PATH_MAX], path[SCRIM_PATH_MAX];
    if (scrim_path_join(directory, dir, SCRIM_OPENINGS_DIR) < 0 ||
        scrim_path_join(path, dir, SCRIM_OPENINGS_LOCK) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    const int result = scrim_fs_make_dirs(directory, 0750, error);
    return result < 0 ? result : scrim_fs_lock(path, error);
}

int scrim_openings_open(const char *dir, const char *site, struct scrim_openings **ret,
                        struct scrim_error *error)
{
    struct scrim_openings *openings = scrim_new(struct scrim_openings);
    scrim_buf_init(&openings->opened, OPENED_MAX * sizeof(struct opened));
    int result = openings->lock = take_lock(dir, error);
    if (result >= 0)
        result = scrim_act_log_open(dir, site, &scrim_log_of_openings, &openings->log, error);
    const uint64_t lines = result >= 0 ? scrim_act_log_count(openings->log) : 0;
    for (uint64_t i = 0; i < lines && result >= 0; i++)
        result = take_line(openings, i, error);
    if (result < 0) {
        scrim_openings_close(openings);
        return result;
    }
    *ret = openings;
    return SCRIM_OK;
}

void scrim_openings_close(struct scrim_openings *openings)
{
    if (!openings)
        return;
    scrim_act_log_close(openings->log);
    scrim_buf_finish(&openings->opened);
    scrim_close_fd(&openings->lock);
    free(openings);
}

// --- asking ---

int64_t scrim_openings_now_us(struct scrim_openings *openings)
{
    const int64_t now_us = scrim_clock_utc_us();
    return now_us > openings->latest_us ? now_us : openings->latest_us;
}

int64_t scrim_openings_until_us(const struct scrim_openings *openings,
                                const uint8_t request[SCRIM_OPENINGS_DIGEST])
{
    for (size_t i = 0; i < count_of(openings); i++) {
        const struct opened *opened = opened_at(openings, i);
        if (opened->until_us != 0 && memcmp(opened->request, request, sizeof opened->request) == 0)
            return opened->until_us;
    }
    return 0;
}

unsigned scrim_openings_tries(const struct scrim_openings *openings,
                              const uint8_t request[SCRIM_OPENINGS_DIGEST])
{
    unsigned tries = 0;
    for (size_t i = 0; i < count_of(openings); i++)
        tries += memcmp(opened_at(openings, i)->request, request, SCRIM_OPENINGS_DIGEST) == 0;
    return tries;
}

// --- writing ---

// Takes `entry` over.
static int append(struct scrim_openings *openings, int64_t at_us, json_t *entry, uint64_t *ret_seq,
                  struct scrim_error *error)
{
    char *text = entry ? json_dumps(entry, JSON_COMPACT) : NULL;
    json_decref(entry);
    if (!text)
        return scrim_fail(error, SCRIM_EINVAL, "the opening cannot be put into words for its log");
    const int result = scrim_act_log_append_at(openings->log, at_us, "", text, ret_seq, error);
    free(text);
    if (result >= 0 && at_us > openings->latest_us)
        openings->latest_us = at_us;
    return result;
}

int scrim_openings_begin(struct scrim_openings *openings,
                         const struct scrim_openings_intent *intent, uint64_t *ret_seq,
                         struct scrim_error *error)
{
    struct opened opened = {.until_us = intent->until_us};
    json_t *detail = json_loads(intent->detail, JSON_REJECT_DUPLICATES, NULL);
    if (intent->request) {
        char hex[2 * SCRIM_OPENINGS_DIGEST + 1];
        sodium_bin2hex(hex, sizeof hex, intent->request, SCRIM_OPENINGS_DIGEST);
        memcpy(opened.request, intent->request, sizeof opened.request);
        json_object_set_new(detail, "request", json_string(hex));
    }
    json_object_set_new(detail, "until_us", json_integer(intent->until_us));
    int result = append(
        openings, intent->at_us,
        json_pack("{s:s,s:s,s:o}", "what", intent->what, "who", intent->who, "detail", detail),
        &opened.seq, error);
    if (result >= 0 && intent->request)
        result = remember(openings, &opened, error);
    if (result >= 0)
        *ret_seq = opened.seq;
    return result;
}

int scrim_openings_done(struct scrim_openings *openings, uint64_t seq, struct scrim_error *error)
{
    uint64_t line;
    return append(openings, scrim_openings_now_us(openings),
                  json_pack("{s:I,s:s}", "of", (json_int_t)seq, "outcome", "done"), &line, error);
}

int scrim_openings_failed(struct scrim_openings *openings, uint64_t seq, const char *words,
                          struct scrim_error *error)
{
    uint64_t line;
    const int result = append(
        openings, scrim_openings_now_us(openings),
        json_pack("{s:I,s:s,s:s}", "of", (json_int_t)seq, "outcome", "failed", "words", words),
        &line, error);
    if (result >= 0)
        take_back(openings, seq);
    return result;
}
