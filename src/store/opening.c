#include "store/opening.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/login.h"
#include "store/disks.h"
#include "store/hour_ring.h"
#include "store/opening_impl.h"
#include "vault/vault_set.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEGMENTS_MAX 100000 // in one opening: ten weeks

struct scrim_opening {
    const struct scrim_site *site;
    struct scrim_vault vault;
    struct scrim_hour_ring *ring; // NULL: the site has none, so no hour can be opened
    char *camera, *reason, *output;
    int64_t from_us, to_us;
    const struct scrim_share *shares;
    size_t shares_count;
    uint8_t request_id[SCRIM_REQUEST_ID];
    struct scrim_buf segments; // struct scrim_opening_segment each
    bool intent_logged;
};

static int check_shares(const struct scrim_opening *opening, struct scrim_error *error)
{
    const struct scrim_vault *vault = &opening->vault;
    const struct scrim_share *shares = opening->shares;
    for (size_t i = 0; i < opening->shares_count; i++) {
        const int result = scrim_share_check(vault, &shares[i], error);
        if (result < 0)
            return result;
        for (size_t j = 0; j < i; j++) {
            if (shares[j].index == shares[i].index)
                return scrim_fail(error, SCRIM_EINVAL, "the share of %s was given twice",
                                  vault->names[shares[i].index - 1]);
        }
    }
    if (opening->shares_count < vault->threshold)
        return scrim_fail(error, SCRIM_EAUTH, "%u of %u holders must agree, %zu %s given",
                          vault->threshold, vault->holders_count, opening->shares_count,
                          opening->shares_count == 1 ? "share was" : "shares were");
    return SCRIM_OK;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

// One that scrim.yaml names no more may still have recordings.
static bool was_recorded(const struct scrim_site *site, const char *camera)
{
    char path[SCRIM_PATH_MAX];
    const size_t length = strlen(camera);
    return scrim_site_camera(site, camera) ||
           (length > 0 && length <= SCRIM_CAMERA_ID_MAX &&
            strspn(camera, "abcdefghijklmnopqrstuvwxyz0123456789-") == length &&
            scrim_store_path(path, site->dir, camera, NULL) >= 0 && access(path, F_OK) == 0);
}

static int check_request(const struct scrim_site *site, const struct scrim_opening_request *request,
                         struct scrim_error *error)
{
    if (!was_recorded(site, request->camera))
        return scrim_fail(error, SCRIM_ENOENT, "site %s has no camera '%s'", site->config->id,
                          request->camera);
    if (request->from_us < 0 || request->from_us >= request->to_us)
        return scrim_fail(error, SCRIM_EINVAL, "the range ends before it begins");
    if (!request->reason || is_blank(request->reason))
        return scrim_fail(error, SCRIM_EINVAL, "a reason is needed, and it is logged");
    return SCRIM_OK;
}

// The vault that the shares are of: the present one, or one that was rotated away.
static int load_vault(const struct scrim_site *site, const struct scrim_opening_request *request,
                      struct scrim_vault *ret, struct scrim_error *error)
{
    char state[SCRIM_PATH_MAX];
    struct scrim_vault_set *set;
    if (scrim_path_join(state, site->dir, "state") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", site->dir);
    const int result = scrim_vault_set_load(state, &set, error);
    if (result < 0)
        return result;
    const struct scrim_vault *vault =
        request->shares_count > 0 ? scrim_vault_set_find(set, request->shares[0].vault_id) : NULL;
    *ret = vault ? *vault : *scrim_vault_set_at(set, 0);
    scrim_vault_set_destroy(set);
    return SCRIM_OK;
}

static int find_segments(struct scrim_opening *opening, struct scrim_error *error)
{
    const int result = scrim_opening_find(opening->site, opening->camera, opening->from_us,
                                          opening->to_us, &opening->segments, error);
    if (result < 0 || opening->segments.len > 0)
        return result;
    char from[SCRIM_TIME_TEXT], to[SCRIM_TIME_TEXT];
    scrim_time_format(opening->from_us, from);
    scrim_time_format(opening->to_us, to);
    return scrim_fail(error, SCRIM_ENOENT, "camera %s: nothing was recorded from %s to %s",
                      opening->camera, from, to);
}

static int path_of(const struct scrim_opening *opening, const char *disk, const char *below,
                   char ret[SCRIM_PATH_MAX], struct scrim_error *error)
{
    return scrim_store_segment_path(ret, opening->site, disk, opening->camera, below, error);
}

// Reads the head of a segment and refuses one that is not the site's, the camera's, the time's, or
// the vault's.
static int read_head(const struct scrim_opening *opening,
                     const struct scrim_opening_segment *segment, struct scrim_sealed_head *ret,
                     struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int result = path_of(opening, segment->disk, segment->file, path, error);
    if (result < 0)
        return result;
    SCRIM_AUTO(scrim_close_fd) int fd = scrim_sealed_open(path, error);
    if (fd < 0)
        return fd;
    struct scrim_sealed_head head;
    result = scrim_sealed_head_read(fd, path, &head, error);
    if (result < 0)
        return result;
    result = scrim_sealed_label_fits(&head.tdh2.label, opening->site->config->id, opening->camera,
                                     segment->file, error);
    if (result >= 0)
        result = scrim_tdh2_check(&opening->vault, &head.tdh2, error);
    if (result < 0) {
        scrim_fail_prefix(error, "%s", path);
        scrim_sealed_head_finish(&head);
        return result;
    }
    *ret = head;
    return SCRIM_OK;
}

static int load_hour_key(const struct scrim_opening *opening, const struct scrim_tdh2 *sealed,
                         uint8_t ret[SCRIM_HOUR_KEY], struct scrim_error *error)
{
    int result = SCRIM_ENOENT;
    if (opening->ring) {
        result = scrim_hour_ring_refresh(opening->ring, error); // shredded meanwhile is shredded
        if (result >= 0)
            result = scrim_hour_ring_get(opening->ring, opening->camera, sealed->label.hour, ret);
    }
    if (result != SCRIM_ENOENT)
        return result;
    char start[SCRIM_TIME_TEXT];
    scrim_time_format(sealed->label.start_utc_us, start);
    return scrim_fail(error, SCRIM_ENOENT,
                      "camera %s: the hour key of %.13s h UTC is shredded: nobody can open it any "
                      "more",
                      opening->camera, start);
}

static int read_ring(struct scrim_opening *opening, struct scrim_error *error)
{
    const int result = scrim_hour_ring_read(opening->site, &opening->ring, error);
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}

// Everything that can be known without opening, so that what cannot work is refused before it is
// logged.
static int check_segments(const struct scrim_opening *opening, struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (size_t i = 0; i < scrim_opening_count(opening) && result >= 0; i++) {
        struct scrim_sealed_head head;
        uint8_t hour_key[SCRIM_HOUR_KEY];
        result = read_head(opening, scrim_opening_segment(opening, i), &head, error);
        if (result < 0)
            break;
        result = load_hour_key(opening, &head.tdh2, hour_key, error);
        sodium_memzero(hour_key, sizeof hour_key);
        scrim_sealed_head_finish(&head);
    }
    return result;
}

int scrim_opening_create(const struct scrim_site *site, const struct scrim_opening_request *request,
                         struct scrim_opening **ret, struct scrim_error *error)
{
    int result = check_request(site, request, error);
    if (result < 0)
        return result;
    struct scrim_opening *opening = scrim_new(struct scrim_opening);
    opening->site = site;
    opening->camera = scrim_strdup(request->camera);
    opening->reason = scrim_strdup(request->reason);
    opening->output = scrim_strdup(request->output);
    opening->from_us = request->from_us;
    opening->to_us = request->to_us;
    opening->shares = request->shares;
    opening->shares_count = request->shares_count;
    randombytes_buf(opening->request_id, sizeof opening->request_id);
    scrim_buf_init(&opening->segments, SEGMENTS_MAX * sizeof(struct scrim_opening_segment));
    result = load_vault(site, request, &opening->vault, error);
    if (result >= 0)
        result = check_shares(opening, error);
    if (result >= 0)
        result = find_segments(opening, error);
    if (result >= 0)
        result = read_ring(opening, error);
    if (result >= 0)
        result = check_segments(opening, error);
    if (result < 0) {
        scrim_opening_destroy(opening);
        return result;
    }
    *ret = opening;
    return SCRIM_OK;
}

void scrim_opening_destroy(struct scrim_opening *opening)
{
    if (!opening)
        return;
    scrim_hour_ring_close(opening->ring);
    free(opening->camera);
    free(opening->reason);
    free(opening->output);
    scrim_buf_finish(&opening->segments);
    free(opening);
}

size_t scrim_opening_count(const struct scrim_opening *opening)
{
    return opening->segments.len / sizeof(struct scrim_opening_segment);
}

const struct scrim_opening_segment *scrim_opening_segment(const struct scrim_opening *opening,
                                                          size_t at)
{
    return (const struct scrim_opening_segment *)(const void *)opening->segments.data + at;
}

// Each share's part for this segment, verified and combined. The vault's secret does not appear.
static int combine(const struct scrim_opening *opening, const struct scrim_tdh2 *sealed,
                   uint8_t ret_file_key[SCRIM_AGE_FILE_KEY], struct scrim_error *error)
{
    struct scrim_partial partials[SCRIM_VAULT_HOLDERS_MAX];
    uint8_t hour_key[SCRIM_HOUR_KEY];
    const size_t needed = opening->vault.threshold;
    int result = load_hour_key(opening, sealed, hour_key, error);
    for (size_t i = 0; i < needed && result >= 0; i++)
        result = scrim_tdh2_partial(&opening->vault, &opening->shares[i], sealed,
                                    opening->request_id, &partials[i], error);
    if (result >= 0)
        result = scrim_tdh2_combine(&opening->vault, sealed, opening->request_id, partials, needed,
                                    hour_key, ret_file_key, error);
    sodium_memzero(hour_key, sizeof hour_key);
    sodium_memzero(partials, sizeof partials);
    return result;
}

static int open_plain(const struct scrim_opening *opening,
                      const struct scrim_opening_segment *segment,
                      const uint8_t file_key[SCRIM_AGE_FILE_KEY], struct scrim_plain **ret,
                      struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], tail[SCRIM_PATH_MAX];
    int result = path_of(opening, segment->disk, segment->file, path, error);
    if (result < 0)
        return result;
    // Torn: its tail was saved beside it. Without a record: the camera's tail is still its own.
    if (snprintf(tail, sizeof tail, "%s.tail", path) >= (int)sizeof tail)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", path);
    if (access(tail, F_OK) < 0)
        result = path_of(opening, segment->disk, "tail", tail, error);
    const struct scrim_plain_source source = {.path = path,
                                              .tail_path = segment->whole ? NULL : tail,
                                              .whole = segment->whole,
                                              .bytes = segment->bytes};
    return result < 0 ? result : scrim_plain_open(&source, file_key, ret, error);
}

int scrim_opening_open(struct scrim_opening *opening, size_t at, struct scrim_plain **ret,
                       struct scrim_error *error)
{
    const struct scrim_opening_segment *segment = scrim_opening_segment(opening, at);
    struct scrim_sealed_head head;
    uint8_t file_key[SCRIM_AGE_FILE_KEY];
    if (!opening->intent_logged)
        return scrim_fail(error, SCRIM_EINTERNAL, "nothing is opened before it is logged");
    int result = read_head(opening, segment, &head, error);
    if (result < 0)
        return result;
    result = combine(opening, &head.tdh2, file_key, error);
    if (result >= 0)
        result = open_plain(opening, segment, file_key, ret, error);
    sodium_memzero(file_key, sizeof file_key);
    scrim_sealed_head_finish(&head);
    return result;
}

static json_t *who_runs(void)
{
    char name[SCRIM_LOGIN_TEXT];
    scrim_login_name(name);
    return json_pack("{s:s, s:I}", "login", name, "uid", (json_int_t)getuid());
}

static json_t *holders(const struct scrim_opening *opening)
{
    json_t *list = json_array();
    for (size_t i = 0; i < opening->shares_count; i++)
        json_array_append_new(list,
                              json_string(opening->vault.names[opening->shares[i].index - 1]));
    return list;
}

static int append(const struct scrim_opening *opening, json_t *object, struct scrim_error *error)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (!text)
        return scrim_fail(error, SCRIM_EINVAL, "the reason is not UTF-8");
    const int result = scrim_opening_append(opening->site, opening->camera, opening->from_us,
                                            opening->to_us, text, error);
    free(text);
    return result;
}

static void request_text(const struct scrim_opening *opening, char ret[2 * SCRIM_REQUEST_ID + 1])
{
    sodium_bin2hex(ret, 2 * SCRIM_REQUEST_ID + 1, opening->request_id, SCRIM_REQUEST_ID);
}

int scrim_opening_log_intent(struct scrim_opening *opening, struct scrim_error *error)
{
    char id[2 * SCRIM_REQUEST_ID + 1];
    request_text(opening, id);
    json_t *object =
        json_pack("{s:s, s:s, s:I, s:o, s:s, s:o, s:s?, s:I}", "event", "intent", "request", id,
                  "at_us", (json_int_t)scrim_clock_utc_us(), "who", who_runs(), "reason",
                  opening->reason, "holders", holders(opening), "output", opening->output,
                  "segments", (json_int_t)scrim_opening_count(opening));
    const int result = append(opening, object, error);
    opening->intent_logged = result >= 0;
    return result;
}

int scrim_opening_log_outcome(struct scrim_opening *opening, double seconds, size_t segments,
                              const char *failure, struct scrim_error *error)
{
    char id[2 * SCRIM_REQUEST_ID + 1], why[200];
    request_text(opening, id);
    snprintf(why, sizeof why, "%s", failure ? failure : "");
    return append(opening,
                  json_pack("{s:s, s:s, s:I, s:b, s:I, s:I, s:s?}", "event", "outcome", "request",
                            id, "at_us", (json_int_t)scrim_clock_utc_us(), "opened",
                            failure == NULL, "milliseconds", (json_int_t)(seconds * 1000),
                            "segments", (json_int_t)segments, "failure", failure ? why : NULL),
                  error);
}
