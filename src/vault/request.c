#include "vault/request.h"

#include "vault/json.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char format_name[] = "scrim-request/v1";

const char *const scrim_request_purposes[] = {"crime",          "accident",  "missing-person",
                                              "subject-access", "insurance", "maintenance",
                                              "test",           "other",     NULL};

bool scrim_request_purpose_valid(const char *purpose)
{
    for (size_t i = 0; scrim_request_purposes[i]; i++) {
        if (strcmp(purpose, scrim_request_purposes[i]) == 0)
            return true;
    }
    return false;
}

static bool is_id(const char *id)
{
    return id[0] && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(id);
}

static bool is_recipient(const char *text)
{
    uint8_t key[32];
    return scrim_age_recipient_parse(text, key, NULL) >= 0;
}

// --- what must hold of a request, whoever wrote it ---

static bool cameras_hold(const struct scrim_request *r)
{
    for (size_t i = 0; i < r->cameras_count; i++) {
        if (!is_id(r->cameras[i]) || (i > 0 && strcmp(r->cameras[i - 1], r->cameras[i]) >= 0))
            return false;
    }
    return r->cameras_count > 0;
}

static bool vaults_hold(const struct scrim_request *r)
{
    for (size_t i = 0; i < r->vaults_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (memcmp(r->vaults[i].id, r->vaults[j].id, SCRIM_VAULT_ID) == 0)
                return false;
        }
    }
    return true;
}

static int check(const struct scrim_request *r, struct scrim_error *error)
{
    if (!is_id(r->site) || r->number == 0)
        return scrim_fail(error, SCRIM_EINVAL, "the request has no site or no number");
    if (!cameras_hold(r))
        return scrim_fail(error, SCRIM_EINVAL, "the request's cameras are none, or not in order");
    if (r->from_us < 0 || r->from_us >= r->to_us ||
        r->to_us - r->from_us > SCRIM_REQUEST_SPAN_MAX_US)
        return scrim_fail(error, SCRIM_EINVAL,
                          "the request's time ends before it begins, or is longer than 31 days");
    if (!scrim_request_purpose_valid(r->purpose))
        return scrim_fail(error, SCRIM_EINVAL, "the request's purpose is none of the list");
    if (r->created_us < 0 || r->created_us >= r->expires_us ||
        r->expires_us - r->created_us > SCRIM_REQUEST_EXPIRY_MAX_US)
        return scrim_fail(error, SCRIM_EINVAL,
                          "the request expires before it is made, or after more than 30 days");
    if (r->view_s < SCRIM_REQUEST_VIEW_MIN_S || r->view_s > SCRIM_REQUEST_VIEW_MAX_S)
        return scrim_fail(error, SCRIM_EINVAL, "an opening lasts a minute to a day");
    if (!is_recipient(r->recipient) || (r->export_to[0] && !is_recipient(r->export_to)))
        return scrim_fail(error, SCRIM_EINVAL, "a recipient of the request is no age key");
    if (r->segments > SCRIM_SEGMENTS_MAX || !vaults_hold(r))
        return scrim_fail(error, SCRIM_EINVAL, "the request names too much, or a vault twice");
    return SCRIM_OK;
}

// --- reading ---

#define TEXT(json, name, to) scrim_json_text(json_object_get(json, name), to, sizeof(to))
#define HEX(json, name, to) scrim_json_hex(json_object_get(json, name), to, sizeof(to))

static bool read_time(const json_t *json, const char *name, int64_t *ret)
{
    uint64_t value;
    if (!scrim_json_number(json_object_get(json, name), &value))
        return false;
    *ret = (int64_t)value;
    return true;
}

static bool read_u32(const json_t *json, const char *name, uint32_t *ret)
{
    uint64_t value;
    if (!scrim_json_number(json_object_get(json, name), &value) || value > UINT32_MAX)
        return false;
    *ret = (uint32_t)value;
    return true;
}

static bool read_cameras(const json_t *array, struct scrim_request *ret)
{
    ret->cameras_count = json_array_size(array);
    if (ret->cameras_count > SCRIM_REQUEST_CAMERAS_MAX)
        return false;
    for (size_t i = 0; i < ret->cameras_count; i++) {
        if (!scrim_json_text(json_array_get(array, i), ret->cameras[i], sizeof ret->cameras[i]))
            return false;
    }
    return true;
}

static bool read_vaults(const json_t *array, struct scrim_request *ret)
{
    ret->vaults_count = json_array_size(array);
    if (!json_is_array(array) || ret->vaults_count > SCRIM_REQUEST_VAULTS_MAX)
        return false;
    for (size_t i = 0; i < ret->vaults_count; i++) {
        const json_t *vault = json_array_get(array, i);
        if (!scrim_json_has_only(vault, 2) || !HEX(vault, "id", ret->vaults[i].id) ||
            !HEX(vault, "dealing", ret->vaults[i].dealing))
            return false;
    }
    return true;
}

static bool read_who_and_why(const json_t *json, struct scrim_request *ret)
{
    const json_t *export_to = json_object_get(json, "export_to");
    return TEXT(json, "who", ret->who) && TEXT(json, "purpose", ret->purpose) &&
           TEXT(json, "reason", ret->reason) && TEXT(json, "legal_basis", ret->legal_basis) &&
           TEXT(json, "incident", ret->incident) && TEXT(json, "recipient", ret->recipient) &&
           (json_is_null(export_to) ||
            (TEXT(json, "export_to", ret->export_to) && ret->export_to[0]));
}

static bool read_log(const json_t *log, struct scrim_request *ret)
{
    return scrim_json_has_only(log, 2) &&
           scrim_json_number(json_object_get(log, "seq"), &ret->log_seq) &&
           HEX(log, "line", ret->log_line);
}

static bool read_request(const json_t *json, struct scrim_request *ret)
{
    return scrim_json_has_only(json, 20) && TEXT(json, "site", ret->site) &&
           scrim_json_number(json_object_get(json, "number"), &ret->number) &&
           read_who_and_why(json, ret) && read_cameras(json_object_get(json, "cameras"), ret) &&
           read_time(json, "from_us", &ret->from_us) && read_time(json, "to_us", &ret->to_us) &&
           read_time(json, "created_us", &ret->created_us) &&
           read_time(json, "expires_us", &ret->expires_us) &&
           read_u32(json, "view_s", &ret->view_s) &&
           read_vaults(json_object_get(json, "vaults"), ret) &&
           read_u32(json, "segments", &ret->segments) &&
           HEX(json, "segments_sha256", ret->segments_sha256) &&
           read_log(json_object_get(json, "log"), ret);
}

int scrim_request_parse(const void *bytes, size_t count, struct scrim_request *ret,
                        struct scrim_error *error)
{
    json_t *json;
    struct scrim_request request = {0};
    int result = scrim_json_load(bytes, count, format_name, &json, error);
    if (result < 0)
        return result;
    if (!read_request(json, &request))
        result = scrim_fail(error, SCRIM_EFORMAT, "a member is missing, malformed or unknown");
    json_decref(json);
    if (result >= 0 && check(&request, error) < 0)
        result = SCRIM_EFORMAT;
    if (result >= 0)
        *ret = request;
    return result;
}

// --- writing ---

static json_t *cameras_json(const struct scrim_request *r)
{
    json_t *cameras = json_array();
    for (size_t i = 0; i < r->cameras_count; i++)
        json_array_append_new(cameras, json_string(r->cameras[i]));
    return cameras;
}

static json_t *vaults_json(const struct scrim_request *r)
{
    json_t *vaults = json_array();
    for (size_t i = 0; i < r->vaults_count; i++)
        json_array_append_new(
            vaults,
            json_pack("{s:o,s:o}", "id", scrim_json_from_hex(r->vaults[i].id, SCRIM_VAULT_ID),
                      "dealing", scrim_json_from_hex(r->vaults[i].dealing, SCRIM_DEALING_ID)));
    return vaults;
}

static json_t *to_json(const struct scrim_request *r)
{
    json_t *log = json_pack("{s:I,s:o}", "seq", (json_int_t)r->log_seq, "line",
                            scrim_json_from_hex(r->log_line, sizeof r->log_line));
    return json_pack(
        "{s:s,s:s,s:I,s:s,s:o,s:I,s:I,s:s,s:s,s:s,s:s,s:s,s:o,s:I,s:I,s:I,s:o,s:I,s:o,s:o}",
        "format", format_name, "site", r->site, "number", (json_int_t)r->number, "who", r->who,
        "cameras", cameras_json(r), "from_us", (json_int_t)r->from_us, "to_us",
        (json_int_t)r->to_us, "purpose", r->purpose, "reason", r->reason, "legal_basis",
        r->legal_basis, "incident", r->incident, "recipient", r->recipient, "export_to",
        r->export_to[0] ? json_string(r->export_to) : json_null(), "created_us",
        (json_int_t)r->created_us, "expires_us", (json_int_t)r->expires_us, "view_s",
        (json_int_t)r->view_s, "vaults", vaults_json(r), "segments", (json_int_t)r->segments,
        "segments_sha256", scrim_json_from_hex(r->segments_sha256, sizeof r->segments_sha256),
        "log", log);
}

int scrim_request_write(const struct scrim_request *request, struct scrim_buf *ret,
                        struct scrim_error *error)
{
    struct scrim_request again;
    int result = check(request, error);
    if (result < 0)
        return result;
    const size_t start = ret->len;
    json_t *json = to_json(request);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    result = text ? scrim_buf_printf(ret, "%s\n", text) : SCRIM_EINVAL;
    json_decref(json);
    free(text);
    if (result >= 0) // what is hashed and signed must be readable for everybody
        result = scrim_request_parse(ret->data + start, ret->len - start, &again, NULL);
    if (result < 0) {
        ret->len = start;
        return scrim_fail(error, SCRIM_EINVAL, "a text of the request is not UTF-8, or too long");
    }
    return SCRIM_OK;
}

void scrim_request_digest(const void *bytes, size_t count, uint8_t ret[SCRIM_REQUEST_ID])
{
    crypto_hash_sha256(ret, bytes, count);
}

// --- what it covers ---

static bool asks_for(const struct scrim_request *request, const char *camera)
{
    for (size_t i = 0; i < request->cameras_count; i++) {
        if (strcmp(request->cameras[i], camera) == 0)
            return true;
    }
    return false;
}

int scrim_request_covers(const struct scrim_request *request,
                         const struct scrim_segment_entry *entry, const struct scrim_tdh2 *sealed,
                         struct scrim_error *error)
{
    const struct scrim_vault_label *label = &sealed->label;
    const char *why = NULL;
    if (strcmp(label->camera, entry->camera) != 0 || label->start_utc_us != entry->start_us)
        why = "its seal says another camera or time";
    else if (strcmp(label->site, request->site) != 0)
        why = "it was sealed for another site";
    else if (!asks_for(request, label->camera))
        why = "its camera was not asked for";
    else if (entry->end_us <= entry->start_us || entry->end_us <= request->from_us ||
             entry->start_us >= request->to_us)
        why = "its time was not asked for";
    else if (entry->start_us < request->from_us - SCRIM_REQUEST_LEAD_MAX_US)
        why = "it began more than ten minutes before the time that was asked for: ask from its "
              "beginning";
    return why ? scrim_fail(error, SCRIM_EAUTH, "camera %s, %s: %s", entry->camera, entry->file,
                            why)
               : SCRIM_OK;
}
