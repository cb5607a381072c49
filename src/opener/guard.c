#include "opener/guard.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "opener/sealed.h"
#include "opener/verify.h"
#include "vault/hour_keys_file.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A page that is loaded again asks again; who asks more often wants to fill the log.
#define TRIES_MAX 100
#define OPEN_MAX 8 // lists that are kept ready; one more pushes out the one used longest ago

// A request whose segments are being given out.
struct open_request {
    uint64_t number; // 0: this place is free
    uint64_t used;   // when, in calls
    int64_t until_us;
    struct scrim_segment_list list;
};

struct scrim_guard {
    struct scrim_guard_setup setup;
    struct scrim_verify_place place;
    struct open_request open[OPEN_MAX];
    uint64_t calls;
};

struct scrim_guard *scrim_guard_create(const struct scrim_guard_setup *setup)
{
    struct scrim_guard *guard = scrim_new(struct scrim_guard);
    guard->setup = *setup;
    guard->place = (struct scrim_verify_place){setup->site, setup->vaults};
    return guard;
}

static void forget(struct open_request *open)
{
    scrim_segment_list_finish(&open->list);
    *open = (struct open_request){0};
}

void scrim_guard_destroy(struct scrim_guard *guard)
{
    if (!guard)
        return;
    for (size_t i = 0; i < OPEN_MAX; i++)
        forget(&guard->open[i]);
    free(guard);
}

const struct scrim_guard_setup *scrim_guard_setup_of(const struct scrim_guard *guard)
{
    return &guard->setup;
}

// --- time ---

static int64_t end_of(const struct scrim_request *request, int64_t now_us)
{
    return now_us + (int64_t)request->view_s * SCRIM_SECOND;
}

// Its time box, if it was opened before, else the one that would begin now.
static int check_time(const struct scrim_guard *guard, const struct scrim_verified *verified,
                      int64_t now_us, int64_t *ret_until_us, struct scrim_error *error)
{
    char text[SCRIM_TIME_TEXT];
    const int64_t until_us = scrim_openings_until_us(guard->setup.openings, verified->digest);
    if (until_us != 0) {
        scrim_time_format(until_us, text);
        *ret_until_us = until_us;
        return now_us < until_us ? SCRIM_OK
                                 : scrim_fail(error, SCRIM_ETIMEOUT,
                                              "the time of this opening was over at %.19sZ", text);
    }
    scrim_time_format(verified->request.expires_us, text);
    *ret_until_us = end_of(&verified->request, now_us);
    return now_us < verified->request.expires_us
               ? SCRIM_OK
               : scrim_fail(error, SCRIM_ETIMEOUT, "the request expired at %.19sZ", text);
}

// --- the keys of its hours ---

static int by_camera_and_hour(const void *a, const void *b)
{
    const struct scrim_hour_key_entry *left = a, *right = b;
    const int order = strcmp(left->camera, right->camera);
    if (order != 0)
        return order;
    return left->hour < right->hour ? -1 : left->hour > right->hour;
}

// Which hours, each once, sorted; the keys are filled in later.
static size_t hours_of(const struct scrim_segment_list *list, struct scrim_hour_key_entry *ret)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct scrim_hour_key_entry *entry = &ret[i];
        snprintf(entry->camera, sizeof entry->camera, "%s", list->entries[i].camera);
        entry->hour = scrim_hour_of(list->entries[i].start_us);
    }
    if (list->count > 0)
        qsort(ret, list->count, sizeof *ret, by_camera_and_hour);
    for (size_t i = 0; i < list->count; i++) {
        if (count == 0 || by_camera_and_hour(&ret[count - 1], &ret[i]) != 0)
            ret[count++] = ret[i];
    }
    return count;
}

static int fail_shredded(const struct scrim_hour_key_entry *entry, struct scrim_error *error)
{
    char text[SCRIM_TIME_TEXT];
    scrim_time_format((int64_t)entry->hour * INT64_C(3600) * SCRIM_SECOND, text);
    return scrim_fail(error, SCRIM_EEND,
                      "camera %s: the hour key of %.13s h UTC is shredded: nobody can open it any "
                      "more",
                      entry->camera, text);
}

static int fill_keys(const struct scrim_guard *guard, struct scrim_hour_key_entry *entries,
                     size_t count, struct scrim_error *error)
{
    int result =
        scrim_hour_ring_refresh(guard->setup.ring, error); // shredded meanwhile is shredded
    for (size_t i = 0; i < count && result >= 0; i++) {
        result = scrim_hour_ring_get(guard->setup.ring, entries[i].camera, entries[i].hour,
                                     entries[i].key);
        if (result == SCRIM_ENOENT)
            result = fail_shredded(&entries[i], error);
    }
    return result;
}

// --- the log ---

static json_t *agreed_json(const struct scrim_verified *verified)
{
    json_t *list = json_array();
    for (size_t i = 0; i < verified->request.vaults_count; i++) {
        char id[SCRIM_VAULT_ID_TEXT];
        json_t *holders = json_array();
        for (unsigned holder = 1; holder <= SCRIM_VAULT_HOLDERS_MAX; holder++) {
            if (verified->agreed[i] >> (holder - 1) & 1)
                json_array_append_new(holders, json_integer(holder));
        }
        json_array_append_new(list,
                              json_pack("{s:s,s:o}", "vault",
                                        scrim_vault_id_text(verified->request.vaults[i].id, id),
                                        "holders", holders));
    }
    return list;
}

static int log_intent(struct scrim_guard *guard, const struct scrim_verified *verified,
                      size_t hours, int64_t now_us, int64_t until_us, uint64_t *ret_seq,
                      struct scrim_error *error)
{
    const struct scrim_request *request = &verified->request;
    json_t *detail = json_pack("{s:I,s:I,s:I,s:o}", "number", (json_int_t)request->number,
                               "segments", (json_int_t)verified->list.count, "hours",
                               (json_int_t)hours, "agreed", agreed_json(verified));
    char *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    json_decref(detail);
    if (!text)
        return scrim_fail(error, SCRIM_ENOMEM, "no memory for the log of openings");
    const struct scrim_openings_intent intent = {.what = "opening.open",
                                                 .who = request->who,
                                                 .request = verified->digest,
                                                 .at_us = now_us,
                                                 .until_us = until_us,
                                                 .detail = text};
    const int result = scrim_openings_begin(guard->setup.openings, &intent, ret_seq, error);
    free(text);
    return result;
}

// Before anything is written, so that a request that can never be opened fills no log.
static int check_tries(const struct scrim_guard *guard, const struct scrim_verified *verified,
                       const struct scrim_hour_key_entry *entries, size_t count,
                       struct scrim_error *error)
{
    const struct scrim_guard_setup *setup = &guard->setup;
    int result = scrim_hour_ring_refresh(setup->ring, error);
    for (size_t i = 0; i < count && result >= 0; i++) {
        if (!scrim_hour_ring_holds(setup->ring, entries[i].camera, entries[i].hour))
            result = fail_shredded(&entries[i], error);
    }
    if (result >= 0 && scrim_openings_tries(setup->openings, verified->digest) >= TRIES_MAX)
        result =
            scrim_fail(error, SCRIM_EBUSY, "its keys were given out %d times: ask anew", TRIES_MAX);
    return result;
}

// The keys stay in `entries`, wiped by the caller, and in the age file; nowhere else.
static int hand_out(struct scrim_guard *guard, const struct scrim_verified *verified,
                    struct scrim_hour_key_entry *entries, size_t count, int64_t until_us,
                    int64_t now_us, struct scrim_buf *ret_age, struct scrim_error *error)
{
    struct scrim_error ignored;
    uint64_t seq;
    int result = check_tries(guard, verified, entries, count, error);
    if (result >= 0)
        result = log_intent(guard, verified, count, now_us, until_us, &seq, error);
    if (result < 0)
        return result;
    result = fill_keys(guard, entries, count, error);
    if (result >= 0)
        result = scrim_hour_keys_seal(verified->request.recipient, verified->digest, entries, count,
                                      ret_age, error);
    if (result >= 0)
        return scrim_openings_done(guard->setup.openings, seq, error);
    // A failure that cannot be told leaves an opening that gave nothing out.
    if (scrim_openings_failed(guard->setup.openings, seq, error->text, &ignored) < 0)
        scrim_fail_prefix(error, "%s; and the log cannot say so", ignored.text);
    return result;
}

// --- opening ---

static int check_all(struct scrim_guard *guard, struct scrim_verified *verified, int64_t now_us,
                     int64_t *ret_until_us, struct scrim_error *error)
{
    const struct scrim_verify_place *place = &guard->place;
    int result = scrim_verify_not_ended(place, verified->request.number, error);
    if (result >= 0)
        result = check_time(guard, verified, now_us, ret_until_us, error);
    if (result >= 0)
        result = scrim_verify_logged(place, verified, error);
    if (result >= 0)
        result = scrim_verify_agreed(place, verified, error);
    if (result >= 0)
        result = scrim_verify_segments(place, verified, error);
    return result;
}

// Takes the list over.
static struct open_request *keep(struct scrim_guard *guard, uint64_t number, int64_t until_us,
                                 struct scrim_segment_list *list)
{
    struct open_request *place = &guard->open[0];
    for (size_t i = 0; i < OPEN_MAX; i++) {
        struct open_request *open = &guard->open[i];
        if (open->number == number) {
            place = open;
            break;
        }
        if (open->used < place->used)
            place = open;
    }
    forget(place);
    *place = (struct open_request){number, ++guard->calls, until_us, *list};
    *list = (struct scrim_segment_list){0};
    return place;
}

int scrim_guard_open(struct scrim_guard *guard, uint64_t number, struct scrim_buf *ret_age,
                     int64_t *ret_until_us, struct scrim_error *error)
{
    struct scrim_verified verified;
    int64_t until_us;
    int result = scrim_verify_read(&guard->place, number, &verified, error);
    if (result < 0)
        return result;
    const int64_t now_us = scrim_openings_now_us(guard->setup.openings);
    result = check_all(guard, &verified, now_us, &until_us, error);
    struct scrim_hour_key_entry *entries = NULL;
    const size_t bytes = verified.list.count * sizeof *entries;
    if (result >= 0 && !(entries = sodium_malloc(bytes)))
        result = scrim_fail(error, SCRIM_ENOMEM, "no locked memory for hour keys");
    if (result >= 0) {
        sodium_memzero(entries, bytes);
        const size_t count = hours_of(&verified.list, entries);
        result = hand_out(guard, &verified, entries, count, until_us, now_us, ret_age, error);
    }
    if (result >= 0) {
        keep(guard, number, until_us, &verified.list);
        *ret_until_us = until_us;
    }
    sodium_free(entries); // wipes
    scrim_verified_finish(&verified);
    return result;
}

// --- segments ---

// One that was opened before this process began, or pushed out: its list again, if it is one.
static int load_open(struct scrim_guard *guard, uint64_t number, struct open_request **ret,
                     struct scrim_error *error)
{
    struct scrim_verified verified;
    int result = scrim_verify_read(&guard->place, number, &verified, error);
    if (result < 0)
        return result;
    const int64_t until_us = scrim_openings_until_us(guard->setup.openings, verified.digest);
    if (until_us == 0)
        result = scrim_fail(error, SCRIM_EACCESS, "request %llu was not opened",
                            (unsigned long long)number);
    else
        *ret = keep(guard, number, until_us, &verified.list);
    scrim_verified_finish(&verified);
    return result;
}

static int find_open(struct scrim_guard *guard, uint64_t number, struct open_request **ret,
                     struct scrim_error *error)
{
    for (size_t i = 0; i < OPEN_MAX; i++) {
        if (guard->open[i].number == number) {
            guard->open[i].used = ++guard->calls;
            *ret = &guard->open[i];
            return SCRIM_OK;
        }
    }
    return load_open(guard, number, ret, error);
}

int scrim_guard_segment(struct scrim_guard *guard, uint64_t number, uint32_t index,
                        struct scrim_guard_file *ret, struct scrim_error *error)
{
    struct scrim_guard_file file = {.fd = -1, .tail_fd = -1};
    struct open_request *open = NULL;
    char text[SCRIM_TIME_TEXT];
    int result = find_open(guard, number, &open, error);
    if (result >= 0)
        result = scrim_verify_not_ended(&guard->place, number, error);
    if (result < 0)
        return result;
    scrim_time_format(open->until_us, text);
    if (scrim_openings_now_us(guard->setup.openings) >= open->until_us)
        return scrim_fail(error, SCRIM_ETIMEOUT, "the time of this opening was over at %.19sZ",
                          text);
    if (index >= open->list.count)
        return scrim_fail(error, SCRIM_ENOENT, "request %llu has %zu segments",
                          (unsigned long long)number, open->list.count);
    const struct scrim_segment_entry *entry = &open->list.entries[index];
    result = scrim_sealed_listed(guard->setup.site, entry, &file.fd, &file.tail_fd, error);
    if (result < 0)
        return result;
    file.bytes = entry->bytes;
    file.until_us = open->until_us;
    *ret = file;
    return SCRIM_OK;
}
