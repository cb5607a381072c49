#include "desk/trials.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "site/config.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT 16
#define KEEP_US (300 * SCRIM_SECOND)
#define PATIENCE_US ((SCRIM_TRIAL_SECONDS + 6) * SCRIM_SECOND)
#define LOOK_MS 1000

struct trial {
    char id[SCRIM_TRIAL_ID]; // "": this place is free
    uint32_t number;
    int64_t begun_us; // monotonic
    bool over;
    unsigned steps;
    struct scrim_trial_report reports[SCRIM_TRIAL_STEPS]; // in the order in which they came
};

struct scrim_trials_kept {
    struct scrim_peers *peers;
    uv_timer_t look_round;
    uint32_t numbers;
    struct trial list[KEPT];
};

static void on_look_round(uv_timer_t *timer);

struct scrim_trials_kept *scrim_trials_keep(uv_loop_t *loop, struct scrim_peers *peers)
{
    struct scrim_trials_kept *kept = scrim_new(struct scrim_trials_kept);
    kept->peers = peers;
    uv_timer_init(loop, &kept->look_round);
    kept->look_round.data = kept;
    return kept;
}

void scrim_trials_kept_close(struct scrim_trials_kept *kept)
{
    if (kept)
        uv_close((uv_handle_t *)&kept->look_round, NULL);
}

void scrim_trials_kept_free(struct scrim_trials_kept *kept)
{
    free(kept);
}

// --- the wish ---

static int read_text(const json_t *object, const char *member, char *ret, size_t ret_size,
                     struct scrim_error *error)
{
    const json_t *value = json_object_get(object, member);
    ret[0] = '\0';
    if (!value || json_is_null(value))
        return SCRIM_OK;
    const char *text = json_string_value(value);
    if (!text || json_string_length(value) >= ret_size || strlen(text) != json_string_length(value))
        return scrim_fail(error, SCRIM_EINVAL, "%s: must be a text of at most %zu bytes", member,
                          ret_size - 1);
    memcpy(ret, text, strlen(text) + 1);
    return SCRIM_OK;
}

static int read_fingerprint(const json_t *object, struct scrim_trial_wish *ret,
                            struct scrim_error *error)
{
    char text[96];
    const int result = read_text(object, "tls_fingerprint", text, sizeof text, error);
    if (result < 0 || !text[0])
        return result;
    const struct scrim_camera_config camera = {.tls_fingerprint = text};
    ret->pinned = scrim_camera_fingerprint(&camera, ret->fingerprint);
    return ret->pinned ? SCRIM_OK
                       : scrim_fail(error, SCRIM_EINVAL,
                                    "tls_fingerprint: must be the SHA-256 of the certificate: 64 "
                                    "hexadecimal digits, with or without colons");
}

static int read_transport(const json_t *object, struct scrim_trial_wish *ret,
                          struct scrim_error *error)
{
    char text[8];
    enum scrim_transport transport = SCRIM_TRANSPORT_AUTO;
    const int result = read_text(object, "transport", text, sizeof text, error);
    if (result >= 0 && text[0] && !scrim_transport_parse(text, &transport))
        return scrim_fail(error, SCRIM_EINVAL, "transport: must be auto, tcp or udp");
    ret->transport = (uint8_t)transport;
    return result;
}

static int check_members(const json_t *object, struct scrim_error *error)
{
    static const char *const known[] = {"url", "user", "password", "transport", "tls_fingerprint"};
    size_t found = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        found += json_object_get(object, known[i]) != NULL;
    if (!json_is_object(object) || found != json_object_size(object))
        return scrim_fail(error, SCRIM_EINVAL,
                          "the body must be an object with url, and user, password, transport and "
                          "tls_fingerprint where they are needed");
    return SCRIM_OK;
}

static int read_wish(const json_t *object, struct scrim_trial_wish *ret, struct scrim_error *error)
{
    int result = check_members(object, error);
    if (result >= 0)
        result = read_text(object, "url", ret->url, sizeof ret->url, error);
    if (result >= 0)
        result = read_text(object, "user", ret->user, sizeof ret->user, error);
    if (result >= 0)
        result = read_text(object, "password", ret->password, sizeof ret->password, error);
    if (result >= 0)
        result = read_transport(object, ret, error);
    if (result >= 0)
        result = read_fingerprint(object, ret, error);
    return result < 0 ? result : scrim_camera_url_check(ret->url, error);
}

int scrim_trial_wish_read(const void *body, size_t count, struct scrim_trial_wish *ret,
                          struct scrim_error *error)
{
    json_t *object = json_loadb(body, count, JSON_REJECT_DUPLICATES, NULL);
    *ret = (struct scrim_trial_wish){0};
    const int result = read_wish(object, ret, error);
    const json_t *password = json_object_get(object, "password");
    if (json_is_string(password)) // jansson gives no other way to its copy
        sodium_memzero((char *)(uintptr_t)json_string_value(password),
                       json_string_length(password));
    json_decref(object);
    if (result < 0)
        scrim_trial_wish_wipe(ret);
    return result;
}

// --- running ---

static void add_report(struct trial *trial, const struct scrim_trial_report *report)
{
    if (trial->over || trial->steps == SCRIM_TRIAL_STEPS)
        return;
    trial->reports[trial->steps++] = *report;
    trial->over = report->last;
}

static void fail(struct trial *trial)
{
    const enum scrim_trial_step step =
        trial->steps > 0 ? trial->reports[trial->steps - 1].step : SCRIM_TRIAL_ADDRESS;
    add_report(trial,
               &(struct scrim_trial_report){.step = step + (step < SCRIM_TRIAL_PICTURES ? 1 : 0),
                                            .outcome = SCRIM_TRIAL_FAILED,
                                            .last = true});
}

static void on_look_round(uv_timer_t *timer)
{
    struct scrim_trials_kept *kept = timer->data;
    const int64_t now_us = scrim_clock_mono_us();
    bool some = false;
    for (unsigned i = 0; i < KEPT; i++) {
        struct trial *trial = &kept->list[i];
        if (trial->id[0] && !trial->over && now_us - trial->begun_us > PATIENCE_US)
            fail(trial);
        if (trial->id[0] && now_us - trial->begun_us > KEEP_US)
            *trial = (struct trial){0};
        some |= trial->id[0] != '\0';
    }
    if (!some)
        uv_timer_stop(timer);
}

static unsigned running(const struct scrim_trials_kept *kept)
{
    unsigned count = 0;
    for (unsigned i = 0; i < KEPT; i++)
        count += kept->list[i].id[0] && !kept->list[i].over;
    return count;
}

// A free place, or that of the oldest that is over.
static struct trial *place_for_one(struct scrim_trials_kept *kept)
{
    struct trial *best = NULL;
    for (unsigned i = 0; i < KEPT; i++) {
        struct trial *trial = &kept->list[i];
        if (!trial->id[0])
            return trial;
        if (trial->over && (!best || trial->begun_us < best->begun_us))
            best = trial;
    }
    return best; // at most SCRIM_TRIALS_AT_ONCE are not over
}

static bool ask(struct scrim_trials_kept *kept, const struct scrim_trial_wish *wish)
{
    struct scrim_buf body;
    scrim_buf_init(&body, SCRIM_TRIAL_WISH_BYTES);
    bool asked = scrim_buf_reserve(&body, SCRIM_TRIAL_WISH_BYTES) >= 0 &&
                 scrim_trial_wish_format(wish, &body) >= 0;
    asked = asked && scrim_peers_ask_trier(kept->peers, SCRIM_LINK_TRY, body.data, body.len);
    scrim_buf_finish_wipe(&body);
    return asked;
}

int scrim_trials_begin(struct scrim_trials_kept *kept, struct scrim_trial_wish *wish,
                       char ret_id[SCRIM_TRIAL_ID])
{
    uint8_t random[(SCRIM_TRIAL_ID - 1) / 2];
    if (running(kept) >= SCRIM_TRIALS_AT_ONCE)
        return SCRIM_EBUSY;
    wish->number = ++kept->numbers;
    if (!ask(kept, wish))
        return SCRIM_ENETWORK;
    struct trial *trial = place_for_one(kept);
    *trial = (struct trial){.number = wish->number, .begun_us = scrim_clock_mono_us()};
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(trial->id, sizeof trial->id, random, sizeof random);
    add_report(trial, &(struct scrim_trial_report){.step = SCRIM_TRIAL_ADDRESS});
    memcpy(ret_id, trial->id, SCRIM_TRIAL_ID);
    uv_timer_start(&kept->look_round, on_look_round, LOOK_MS, LOOK_MS);
    return SCRIM_OK;
}

void scrim_trials_take(struct scrim_trials_kept *kept, const struct scrim_trial_report *report)
{
    for (unsigned i = 0; i < KEPT; i++) {
        if (kept->list[i].id[0] && kept->list[i].number == report->number)
            add_report(&kept->list[i], report);
    }
}

void scrim_trials_lost(struct scrim_trials_kept *kept)
{
    for (unsigned i = 0; i < KEPT; i++) {
        if (kept->list[i].id[0] && !kept->list[i].over)
            fail(&kept->list[i]);
    }
}

// --- telling ---

static json_t *steps_json(const struct trial *trial)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < trial->steps; i++) {
        char words[SCRIM_TRIAL_WORDS];
        const struct scrim_trial_report *report = &trial->reports[i];
        scrim_trial_words(report, words);
        json_array_append_new(list, json_pack("{s:s,s:b,s:s}", "step",
                                              scrim_trial_step_text(report->step), "ok",
                                              report->outcome == SCRIM_TRIAL_GOOD, "words", words));
    }
    return list;
}

static json_t *advice_json(const struct scrim_trial_report *report)
{
    const char *advice[SCRIM_TRIAL_ADVICE];
    const size_t count = scrim_trial_advice(report, advice);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(advice[i]));
    return list;
}

static json_t *fingerprint_json(const struct scrim_trial_report *report)
{
    char hex[2 * SCRIM_TRIAL_FINGERPRINT + 1];
    if (!report->has_fingerprint)
        return json_null();
    sodium_bin2hex(hex, sizeof hex, report->fingerprint, sizeof report->fingerprint);
    return json_string(hex);
}

static json_t *number_or_null(json_t *number, bool known)
{
    if (known)
        return number;
    json_decref(number);
    return json_null();
}

static json_t *trial_json(const struct trial *trial)
{
    const struct scrim_trial_report *last = &trial->reports[trial->steps - 1];
    const char *codec = last->codec == SCRIM_CODEC_H264   ? "h264"
                        : last->codec == SCRIM_CODEC_H265 ? "h265"
                                                          : NULL;
    return json_pack("{s:s,s:s,s:o,s:s?,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "id", trial->id, "state",
                     !trial->over                        ? "running"
                     : last->outcome == SCRIM_TRIAL_GOOD ? "good"
                                                         : "bad",
                     "steps", steps_json(trial), "codec", codec, "width",
                     number_or_null(json_integer(last->width), last->width > 0), "height",
                     number_or_null(json_integer(last->height), last->height > 0), "fps",
                     number_or_null(json_real(last->mfps / 1000.0), last->mfps > 0), "bitrate",
                     number_or_null(json_integer((json_int_t)last->bitrate), last->bitrate > 0),
                     "keyframe_s",
                     number_or_null(json_real(last->keyframe_ms / 1000.0), last->keyframe_ms > 0),
                     "tls_fingerprint", fingerprint_json(last), "advice", advice_json(last));
}

json_t *scrim_trials_json(const struct scrim_trials_kept *kept, const char *id)
{
    for (unsigned i = 0; i < KEPT; i++) {
        if (kept->list[i].id[0] && strcmp(kept->list[i].id, id) == 0)
            return trial_json(&kept->list[i]);
    }
    return NULL;
}
