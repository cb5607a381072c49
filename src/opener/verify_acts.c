// What the log of acts says of a request.
#include "opener/verify.h"

#include "store/act_log.h"

#include <jansson.h>
#include <sodium.h>
#include <string.h>

static bool text_is(const json_t *object, const char *member, const char *wanted)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text && strcmp(text, wanted) == 0;
}

static bool number_is(const json_t *detail, uint64_t number)
{
    const json_t *value = json_object_get(detail, "number");
    return json_is_integer(value) && (uint64_t)json_integer_value(value) == number;
}

// The words of the log are those that the holders read.
static bool is_about(const json_t *act, const struct scrim_request *request)
{
    const json_t *detail = json_object_get(act, "detail");
    char hex[65];
    sodium_bin2hex(hex, sizeof hex, request->segments_sha256, 32);
    return text_is(act, "what", "request.make") && text_is(act, "who", request->who) &&
           text_is(act, "reason", request->reason) && number_is(detail, request->number) &&
           text_is(detail, "segments_sha256", hex) &&
           text_is(detail, "recipient", request->recipient);
}

static int check_line(struct scrim_act_log *log, const struct scrim_request *request,
                      struct scrim_error *error)
{
    struct scrim_record record;
    uint8_t hash[32];
    int result = scrim_act_log_hash(log, request->log_seq, hash, error);
    if (result < 0 || memcmp(hash, request->log_line, sizeof hash) != 0)
        return scrim_fail(error, SCRIM_EAUTH,
                          "the log of acts has not the line that the request names: one of them "
                          "was changed");
    result = scrim_act_log_read(log, request->log_seq, &record, error);
    if (result < 0)
        return result;
    json_t *act = json_loads(record.json, JSON_REJECT_DUPLICATES, NULL);
    const bool fits = is_about(act, request);
    json_decref(act);
    return fits ? SCRIM_OK
                : scrim_fail(error, SCRIM_EAUTH,
                             "the line of the log of acts that the request names is about "
                             "something else");
}

static const char *const endings[] = {"request.withdraw", "request.end", "request.expire",
                                      "request.refuse"};

static bool ends(const json_t *act, uint64_t number)
{
    bool found = false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings && !found; i++)
        found = text_is(act, "what", endings[i]);
    return found && number_is(json_object_get(act, "detail"), number);
}

// Looks at the lines after the request's own. A line of another kind is told by its text, without
// reading it as JSON: there may be many.
static int check_not_ended(struct scrim_act_log *log, const struct scrim_request *request,
                           struct scrim_error *error)
{
    int result = SCRIM_OK;
    const uint64_t count = scrim_act_log_count(log);
    for (uint64_t seq = request->log_seq + 1; seq < count && result >= 0; seq++) {
        struct scrim_record record;
        result = scrim_act_log_peek(log, seq, &record, error);
        if (result < 0 || !strstr(record.json, "\"request."))
            continue;
        json_t *act = json_loads(record.json, JSON_REJECT_DUPLICATES, NULL);
        if (ends(act, request->number))
            result = scrim_fail(error, SCRIM_ECANCEL,
                                "the request was withdrawn, refused or ended: the log of acts "
                                "says so in line %llu",
                                (unsigned long long)seq);
        json_decref(act);
    }
    return result;
}

int scrim_verify_logged(const struct scrim_verify_place *place,
                        const struct scrim_verified *verified, struct scrim_error *error)
{
    struct scrim_act_log *log = NULL;
    int result = scrim_act_log_view(place->site->dir, place->site->config->id, &scrim_log_of_acts,
                                    &log, error);
    if (result < 0)
        return scrim_fail_prefix(error, "the log of acts cannot be read");
    result = check_line(log, &verified->request, error);
    if (result >= 0)
        result = check_not_ended(log, &verified->request, error);
    scrim_act_log_close(log);
    return result;
}
