#include "keeper/glass.h"

#include "age/age.h"
#include "base/alloc.h"
#include "base/log.h"
#include "store/glass_now.h"
#include "store/json_text.h"

#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEN_MAX 256 // of one break
#define SECRETS_MAX (64 + SCRIM_GLASS_KEYS_MAX * (16 + SCRIM_GLASS_KEY))
#define AGAIN_US (10 * SCRIM_SECOND) // after what could not be written

struct scrim_glass {
    const struct scrim_site *site;
    struct scrim_glass_handler handler;
    struct scrim_log log;
    struct scrim_glass_log past;
    struct scrim_glass_keys *keys; // NULL: no break-glass
    char now_path[SCRIM_PATH_MAX];
    bool told;                 // the state, as it is
    int64_t epoch_us;          // UTC end of the quarter whose keys the handler was told of
    uint64_t under_way;        // number of the break; 0: none
    int64_t begun_us, over_us; // monotonic: of the last in this process; 0: none yet
    uint8_t recipient[32];
};

// ---- Under way.

static struct scrim_glass_entry *current(const struct scrim_glass *glass)
{
    return scrim_glass_log_find(&glass->past, glass->under_way);
}

static int publish(const struct scrim_glass *glass, struct scrim_error *error)
{
    const struct scrim_glass_entry *entry = current(glass);
    struct scrim_glass_now now = {.number = entry->number,
                                  .from_us = entry->since_us - SCRIM_GLASS_BACK_US,
                                  .since_us = entry->since_us,
                                  .until_us = entry->until_us};
    struct scrim_buf text;
    snprintf(now.who, sizeof now.who, "%s", entry->who);
    scrim_buf_init(&text, SCRIM_GLASS_NOW_MAX);
    int result = scrim_glass_now_format(&now, &text);
    if (result < 0)
        scrim_fail(error, result, "%s: %s", glass->now_path, scrim_err_text(result));
    else
        result = scrim_fs_replace(glass->now_path, text.data, text.len, 0640, error);
    scrim_buf_finish(&text);
    return result;
}

static int retract(const struct scrim_glass *glass, struct scrim_error *error)
{
    const int result = scrim_fs_unlink(glass->now_path, error);
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}

// Nobody is given keys any more, whatever else fails here. What the operator was given opens what
// it was for, so segments get other keys from here on.
static void end(struct scrim_glass *glass, const char *who)
{
    const uint64_t number = glass->under_way;
    struct scrim_error error;
    glass->under_way = 0;
    glass->told = false;
    sodium_memzero(glass->recipient, sizeof glass->recipient);
    scrim_glass_keys_renew(glass->keys);
    glass->epoch_us = 0;
    if (retract(glass, &error) < 0)
        scrim_error_log(&glass->log, "%s", error.text);
    if (scrim_glass_log_end(&glass->past, number, who, scrim_clock_utc_us(), &error) < 0)
        scrim_error_log(&glass->log, "%s", error.text);
    scrim_info(&glass->log, "break %" PRIu64 " is over%s%s", number, who[0] ? ", ended by " : "",
               who);
}

// By the clock that says so first; one that was set back before its beginning ends it, too.
static bool is_over(const struct scrim_glass *glass)
{
    const struct scrim_glass_entry *entry = current(glass);
    const int64_t now_us = scrim_clock_utc_us();
    return scrim_clock_mono_us() >= glass->over_us || now_us >= entry->until_us ||
           now_us < entry->since_us;
}

static void end_what_is_over(struct scrim_glass *glass)
{
    if (glass->under_way && is_over(glass))
        end(glass, "");
}

// ---- What is said of it.

static json_t *seen_json(const struct scrim_glass_entry *entry)
{
    json_t *list = json_array();
    for (size_t i = 0; i < entry->seen_count; i++)
        json_array_append_new(list, json_string(entry->seen[i]));
    return list;
}

static json_t *entry_json(const struct scrim_glass_entry *entry)
{
    return json_pack("{s:I,s:s,s:s,s:I,s:I,s:o}", "number", (json_int_t)entry->number, "who",
                     entry->who, "reason", entry->reason, "since_us", (json_int_t)entry->since_us,
                     "until_us", (json_int_t)(entry->ended_us ? entry->ended_us : entry->until_us),
                     "seen", seen_json(entry));
}

// Beside that which is under way, those that have no review.
static json_t *due_json(const struct scrim_glass *glass)
{
    json_t *list = json_array();
    for (size_t i = 0; i < glass->past.count; i++) {
        const struct scrim_glass_entry *entry = &glass->past.list[i];
        if (entry->number != glass->under_way && !entry->reviewed_us)
            json_array_append_new(list, entry_json(entry));
    }
    return list;
}

static void tell(struct scrim_glass *glass)
{
    const struct scrim_glass_entry *last =
        scrim_glass_log_find(&glass->past, (uint64_t)glass->past.count);
    const int64_t next_us = last ? last->since_us + SCRIM_GLASS_APART_US : 0;
    json_t *state = json_pack("{s:b,s:o,s:o,s:I}", "on", glass->keys != NULL, "active",
                              glass->under_way ? entry_json(current(glass)) : json_null(), "due",
                              due_json(glass), "next_us", (json_int_t)next_us);
    char *text = state ? json_dumps(state, JSON_COMPACT) : NULL;
    if (text)
        glass->handler.state(glass->handler.context, text, strlen(text));
    glass->told = text != NULL;
    free(text);
    json_decref(state);
}

// ---- Questions.

static void refuse(struct scrim_glass_answer *ret, enum scrim_glass_outcome outcome,
                   const char *text)
{
    ret->outcome = outcome;
    snprintf(ret->text, sizeof ret->text, "%s", text);
}

static void fail(struct scrim_glass *glass, struct scrim_glass_answer *ret,
                 const struct scrim_error *error)
{
    scrim_error_log(&glass->log, "%s", error->text);
    refuse(ret, SCRIM_GLASS_FAILED, "The keeper could not write it down; its log says why.");
}

// In words: UTF-8 that is not blank, without control characters but line breaks.
static bool is_words(const char *text)
{
    json_t *checked = json_string(text); // NULL for what is not UTF-8
    bool fine = checked != NULL && text[strspn(text, " \t\r\n")] != '\0';
    for (const char *at = text; *at && fine; at++)
        fine = (unsigned char)*at >= ' ' || *at == '\n' || *at == '\t';
    json_decref(checked);
    return fine;
}

// By either clock: setting one back shortens nothing, and one that was ahead bars nothing for good.
static bool is_too_soon(const struct scrim_glass *glass, int64_t now_us)
{
    const struct scrim_glass_entry *last =
        scrim_glass_log_find(&glass->past, (uint64_t)glass->past.count);
    if (glass->begun_us && scrim_clock_mono_us() - glass->begun_us < SCRIM_GLASS_APART_US)
        return true;
    return last && now_us >= last->since_us && now_us - last->since_us < SCRIM_GLASS_APART_US;
}

// SCRIM_GLASS_DONE: nothing stands in its way.
static enum scrim_glass_outcome may_break(const struct scrim_glass *glass,
                                          const struct scrim_glass_ask *ask)
{
    const int64_t now_us = scrim_clock_utc_us();
    size_t unreviewed = 0;
    bool stale = false;
    if (!glass->keys)
        return SCRIM_GLASS_OFF;
    if (!scrim_site_may_break_glass(glass->site->config, ask->who))
        return SCRIM_GLASS_NOT_NAMED;
    if (glass->under_way)
        return SCRIM_GLASS_UNDER_WAY;
    for (size_t i = 0; i < glass->past.count; i++) {
        const struct scrim_glass_entry *entry = &glass->past.list[i];
        if (entry->reviewed_us)
            continue;
        unreviewed++;
        stale |= now_us - entry->since_us >= SCRIM_GLASS_REVIEW_US;
    }
    if (stale || unreviewed >= SCRIM_GLASS_UNREVIEWED_MAX)
        return SCRIM_GLASS_REVIEW_DUE;
    if (is_too_soon(glass, now_us))
        return SCRIM_GLASS_TOO_SOON;
    return is_words(ask->text) ? SCRIM_GLASS_DONE : SCRIM_GLASS_WRONG;
}

static const char *const refusals[SCRIM_GLASS_OUTCOMES] = {
    [SCRIM_GLASS_OFF] = "This site has no break-glass.",
    [SCRIM_GLASS_NOT_NAMED] = "scrim.yaml does not name you among those who may break glass.",
    [SCRIM_GLASS_UNDER_WAY] = "Glass is broken already.",
    [SCRIM_GLASS_TOO_SOON] = "Glass was broken less than 15 minutes ago.",
    [SCRIM_GLASS_REVIEW_DUE] =
        "What was done before has no review: three at most may wait, and none for 7 days.",
    [SCRIM_GLASS_OVER] = "It is over.",
    [SCRIM_GLASS_NONE] = "There is no such break, or it has its review.",
    [SCRIM_GLASS_OWN] = "Nobody reviews what they did themselves.",
    [SCRIM_GLASS_WRONG] = "It needs words, and a key that can be encrypted to.",
};

// The emergency keys of the quarters that have begun, for the recipient of the break.
static int seal_keys(struct scrim_glass *glass, const uint8_t recipient[32],
                     struct scrim_glass_answer *ret)
{
    struct scrim_buf secrets, sealed;
    scrim_buf_init(&secrets, SECRETS_MAX);
    scrim_buf_init(&sealed, SCRIM_GLASS_AGE_MAX);
    int result = scrim_buf_reserve(&secrets, SECRETS_MAX); // it must not move and leave a copy
    if (result >= 0)
        result = scrim_glass_keys_secrets(glass->keys, &secrets);
    if (result >= 0)
        result = scrim_age_encrypt(recipient, secrets.data, secrets.len, &sealed);
    if (result >= 0) {
        memcpy(ret->age, sealed.data, sealed.len);
        ret->age_len = sealed.len;
        ret->keys_until_us = scrim_glass_keys_until();
    }
    scrim_buf_finish_wipe(&secrets);
    scrim_buf_finish(&sealed);
    return result;
}

static void begin(struct scrim_glass *glass, const struct scrim_glass_ask *ask)
{
    const struct scrim_glass_entry *last = &glass->past.list[glass->past.count - 1];
    glass->under_way = last->number;
    glass->begun_us = scrim_clock_mono_us();
    glass->over_us = glass->begun_us + SCRIM_GLASS_VIEW_US;
    memcpy(glass->recipient, ask->recipient, sizeof glass->recipient);
    glass->told = false;
    scrim_warn(&glass->log, "glass is broken, number %" PRIu64 ", by %s, for ten minutes",
               last->number, last->who);
}

// In this order: who may, on disk, and only then the keys.
static void break_it(struct scrim_glass *glass, const struct scrim_glass_ask *ask,
                     struct scrim_glass_answer *ret)
{
    const enum scrim_glass_outcome may = may_break(glass, ask);
    const int64_t now_us = scrim_clock_utc_us();
    struct scrim_error error;
    if (may != SCRIM_GLASS_DONE) {
        scrim_warn(&glass->log, "%s may not break glass: %s", ask->who, refusals[may]);
        refuse(ret, may, refusals[may]);
        return;
    }
    if (seal_keys(glass, ask->recipient, ret) < 0) {
        refuse(ret, SCRIM_GLASS_WRONG, refusals[SCRIM_GLASS_WRONG]);
        return;
    }
    if (scrim_glass_log_break(&glass->past, ask, now_us, now_us + SCRIM_GLASS_VIEW_US, &error) <
        0) {
        ret->age_len = 0;
        fail(glass, ret, &error);
        return;
    }
    begin(glass, ask);
    if (publish(glass, &error) < 0) { // the opener would show nothing
        ret->age_len = 0;
        fail(glass, ret, &error);
        end(glass, "");
        return;
    }
    ret->glass = glass->under_way;
    ret->until_us = current(glass)->until_us;
}

static bool is_current(const struct scrim_glass *glass, const struct scrim_glass_ask *ask,
                       struct scrim_glass_answer *ret)
{
    if (glass->under_way && ask->glass == glass->under_way)
        return true;
    refuse(ret, SCRIM_GLASS_OVER, refusals[SCRIM_GLASS_OVER]);
    return false;
}

static void give_keys(struct scrim_glass *glass, const struct scrim_glass_ask *ask,
                      struct scrim_glass_answer *ret)
{
    if (!is_current(glass, ask, ret))
        return;
    if (strcmp(current(glass)->who, ask->who) != 0) {
        refuse(ret, SCRIM_GLASS_NOT_NAMED, "It is somebody else's.");
        return;
    }
    if (seal_keys(glass, glass->recipient, ret) < 0)
        refuse(ret, SCRIM_GLASS_FAILED, "The keys could not be encrypted.");
    ret->until_us = current(glass)->until_us;
}

static void note_seen(struct scrim_glass *glass, const struct scrim_glass_ask *ask,
                      struct scrim_glass_answer *ret)
{
    const struct scrim_glass_entry *entry = scrim_glass_log_find(&glass->past, ask->glass);
    struct scrim_error error;
    if (!entry)
        refuse(ret, SCRIM_GLASS_NONE, refusals[SCRIM_GLASS_NONE]);
    else if (scrim_glass_entry_seen_by(entry, ask->who) || entry->seen_count >= SEEN_MAX)
        return;
    else if (scrim_glass_log_seen(&glass->past, ask->glass, ask->who, scrim_clock_utc_us(),
                                  &error) < 0)
        fail(glass, ret, &error);
    else
        glass->told = false;
}

static void review(struct scrim_glass *glass, const struct scrim_glass_ask *ask,
                   struct scrim_glass_answer *ret)
{
    const struct scrim_glass_entry *entry = scrim_glass_log_find(&glass->past, ask->glass);
    struct scrim_error error;
    if (!entry || entry->reviewed_us || ask->glass == glass->under_way)
        refuse(ret, SCRIM_GLASS_NONE, refusals[SCRIM_GLASS_NONE]);
    else if (strcmp(entry->who, ask->who) == 0)
        refuse(ret, SCRIM_GLASS_OWN, refusals[SCRIM_GLASS_OWN]);
    else if (!is_words(ask->text))
        refuse(ret, SCRIM_GLASS_WRONG, refusals[SCRIM_GLASS_WRONG]);
    else if (scrim_glass_log_review(&glass->past, ask->glass, ask->who, ask->text,
                                    scrim_clock_utc_us(), &error) < 0)
        fail(glass, ret, &error);
    else
        glass->told = false;
}

void scrim_glass_ask(struct scrim_glass *glass, const struct scrim_glass_ask *ask,
                     struct scrim_glass_answer *ret)
{
    *ret = (struct scrim_glass_answer){.number = ask->number, .glass = ask->glass};
    end_what_is_over(glass);
    switch (ask->verb) {
    case SCRIM_GLASS_BREAK: break_it(glass, ask, ret); break;
    case SCRIM_GLASS_KEYS: give_keys(glass, ask, ret); break;
    case SCRIM_GLASS_END:
        if (is_current(glass, ask, ret))
            end(glass, ask->who);
        break;
    case SCRIM_GLASS_SEEN: note_seen(glass, ask, ret); break;
    case SCRIM_GLASS_REVIEW: review(glass, ask, ret); break;
    case SCRIM_GLASS_VERBS: break;
    }
}

// ---- Beginning, end, and in between.

// Its keys went with the keeper that made them.
static int end_interrupted(struct scrim_glass *glass, struct scrim_error *error)
{
    const int64_t now_us = scrim_clock_utc_us();
    int result = retract(glass, error);
    for (size_t i = 0; i < glass->past.count && result >= 0; i++) {
        const struct scrim_glass_entry *entry = &glass->past.list[i];
        if (!entry->ended_us)
            result = scrim_glass_log_end(&glass->past, entry->number, "", now_us, error);
    }
    return result;
}

int scrim_glass_create(const struct scrim_site *site, const struct scrim_glass_handler *handler,
                       struct scrim_glass **ret, struct scrim_error *error)
{
    struct scrim_glass *glass = scrim_new(struct scrim_glass);
    glass->site = site;
    glass->handler = *handler;
    glass->log = scrim_log_named("keeper.glass");
    glass->past.fd = -1;
    int result = scrim_path_join(glass->now_path, site->dir, SCRIM_GLASS_NOW_FILE);
    if (result < 0)
        scrim_fail(error, result, "%s: path too long", site->dir);
    if (result >= 0)
        result = scrim_glass_log_open(site->dir, &glass->past, error);
    if (result >= 0)
        result = end_interrupted(glass, error);
    if (result >= 0 && site->config->glass)
        result = scrim_glass_keys_create(&glass->keys, error);
    if (result < 0)
        scrim_glass_destroy(glass);
    else
        *ret = glass;
    return result;
}

void scrim_glass_destroy(struct scrim_glass *glass)
{
    struct scrim_error error;
    if (!glass)
        return;
    if (glass->under_way && retract(glass, &error) < 0)
        scrim_error_log(&glass->log, "%s", error.text);
    scrim_glass_keys_destroy(glass->keys);
    scrim_glass_log_finish(&glass->past);
    sodium_memzero(glass, sizeof *glass);
    free(glass);
}

size_t scrim_glass_public(struct scrim_glass *glass, struct scrim_glass_public ret[2])
{
    if (!glass->keys)
        return 0;
    scrim_glass_keys_public(glass->keys, ret);
    return 2;
}

int64_t scrim_glass_tend(struct scrim_glass *glass)
{
    int64_t due_us = INT64_MAX;
    end_what_is_over(glass);
    if (glass->keys) {
        due_us = scrim_glass_keys_tend(glass->keys);
        if (glass->epoch_us != scrim_glass_keys_until()) {
            glass->epoch_us = scrim_glass_keys_until();
            glass->handler.keys(glass->handler.context);
        }
    }
    if (!glass->told)
        tell(glass);
    if (glass->under_way && glass->over_us < due_us)
        due_us = glass->over_us;
    const int64_t again_us = scrim_clock_mono_us() + AGAIN_US; // also for a clock that is set
    return due_us < again_us ? due_us : again_us;
}
