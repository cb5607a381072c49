#include "desk/request_json.h"

#include "desk/desk.h"
#include "store/layout.h"

#include <sodium.h>
#include <string.h>

#define HOUR_US (INT64_C(3600) * SCRIM_SECOND)
#define BESIDE_MAX 16

bool request_is_own(const struct scrim_who *who, const struct scrim_request_entry *entry)
{
    return strcmp(who->name, entry->request.who) == 0;
}

// A camera that is gone is of no group.
static bool sees(const struct scrim_desk *desk, const struct scrim_who *who, const char *id)
{
    unsigned camera;
    return scrim_desk_camera(desk, id, &camera) ? scrim_camera_set_has(&who->cameras, camera)
                                                : who->cameras.all;
}

bool request_visible(const struct scrim_desk *desk, const struct scrim_who *who,
                     const struct scrim_request_entry *entry)
{
    bool all = request_is_own(who, entry) || scrim_who_may(who, SCRIM_RIGHT_DECIDE) ||
               scrim_who_may(who, SCRIM_RIGHT_ACTS);
    for (size_t i = 0; i < entry->request.cameras_count && all; i++)
        all = sees(desk, who, entry->request.cameras[i]);
    return all;
}

// --- its members ---

static json_t *hex_json(const uint8_t *bytes, size_t count)
{
    char hex[65];
    return json_string(sodium_bin2hex(hex, sizeof hex, bytes, count));
}

static json_t *ms_or_null(int64_t us)
{
    return us > 0 ? json_integer((json_int_t)(us / 1000)) : json_null();
}

static json_t *cameras_json(const struct scrim_request *request)
{
    json_t *cameras = json_array();
    for (size_t i = 0; i < request->cameras_count; i++)
        json_array_append_new(cameras, json_string(request->cameras[i]));
    return cameras;
}

static json_t *vaults_json(const struct scrim_request_entry *entry)
{
    json_t *vaults = json_array();
    for (size_t i = 0; i < entry->request.vaults_count; i++)
        json_array_append_new(vaults, json_pack("{s:o,s:o,s:i,s:i}", "id",
                                                hex_json(entry->vaults[i].id, SCRIM_VAULT_ID),
                                                "dealing", hex_json(entry->vaults[i].dealing, 32),
                                                "threshold", (int)entry->vaults[i].threshold,
                                                "holders", (int)entry->vaults[i].holders));
    return vaults;
}

static json_t *decisions_json(const struct scrim_request_entry *entry)
{
    json_t *decisions = json_array();
    for (size_t i = 0; i < entry->decisions_count; i++) {
        const struct scrim_request_decided *decided = &entry->decisions[i];
        json_array_append_new(
            decisions,
            json_pack("{s:o,s:i,s:s,s:b,s:s,s:I,s:I,s:o,s:b}", "vault",
                      hex_json(decided->vault, SCRIM_VAULT_ID), "holder", (int)decided->holder,
                      "name", decided->name, "approve", (int)decided->approve, "reason",
                      decided->reason ? decided->reason : "", "at_ms",
                      (json_int_t)(decided->at_us / 1000), "taken_ms",
                      (json_int_t)(decided->taken_us / 1000), "log_seq",
                      decided->act < 0 ? json_null() : json_integer((json_int_t)decided->act),
                      "bad", (int)decided->bad));
    }
    return decisions;
}

static json_t *end_json(const struct scrim_request_end *end)
{
    return end->at_us > 0
               ? json_pack("{s:s?,s:s?,s:I}", "who", end->who[0] ? end->who : NULL, "reason",
                           end->reason, "at_ms", (json_int_t)(end->at_us / 1000))
               : json_null();
}

// Others of the same cameras and time that are not over.
static json_t *beside_json(const struct scrim_desk *desk, const struct scrim_request_entry *entry,
                           int64_t now_us)
{
    uint64_t numbers[BESIDE_MAX];
    json_t *beside = json_array();
    const size_t count = scrim_requests_beside(desk->requests, entry, now_us, numbers, BESIDE_MAX);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(beside, json_integer((json_int_t)numbers[i]));
    return beside;
}

// When retention takes the first of it, if that is before the request expires; 0: not.
static int64_t due_us(const struct scrim_desk *desk, const struct scrim_request_entry *entry)
{
    const struct scrim_request *request = &entry->request;
    const int64_t hour_end_us = (int64_t)(scrim_hour_of(entry->earliest_us) + 1) * HOUR_US;
    int64_t due = 0;
    for (size_t i = 0; i < request->cameras_count; i++) {
        unsigned camera;
        if (!scrim_desk_camera(desk, request->cameras[i], &camera))
            continue;
        const int64_t hours = desk->site.config->cameras[camera].retention_hours;
        if (due == 0 || hour_end_us + hours * HOUR_US < due)
            due = hour_end_us + hours * HOUR_US;
    }
    return due < request->expires_us ? due : 0;
}

json_t *request_json(const struct scrim_desk *desk, const struct scrim_who *who,
                     const struct scrim_request_entry *entry, int64_t now_us)
{
    const struct scrim_request *request = &entry->request;
    const enum scrim_request_state state = scrim_request_state(entry, now_us);
    const bool live = state == SCRIM_REQUEST_WAITING || state == SCRIM_REQUEST_APPROVED ||
                      state == SCRIM_REQUEST_OPEN;
    json_t *json = json_pack(
        "{s:I,s:o,s:s,s:b,s:o,s:I,s:I,s:s,s:s,s:s,s:s,s:s,s:s?,s:I,s:I,s:I}", "number",
        (json_int_t)request->number, "id", hex_json(entry->id, sizeof entry->id), "who",
        request->who, "mine", (int)request_is_own(who, entry), "cameras", cameras_json(request),
        "from_ms", (json_int_t)(request->from_us / 1000), "to_ms",
        (json_int_t)(request->to_us / 1000), "purpose", request->purpose, "reason", request->reason,
        "legal_basis", request->legal_basis, "incident", request->incident, "recipient",
        request->recipient, "export_to", request->export_to[0] ? request->export_to : NULL,
        "created_ms", (json_int_t)(request->created_us / 1000), "expires_ms",
        (json_int_t)(request->expires_us / 1000), "view_s", (json_int_t)request->view_s);
    json_t *more = json_pack(
        "{s:I,s:I,s:i,s:o,s:s,s:o,s:o,s:b,s:o,s:o,s:o,s:o,s:{s:I,s:o}}", "segments",
        (json_int_t)request->segments, "bytes", (json_int_t)entry->bytes, "threshold",
        (int)entry->vaults[0].threshold, "vaults", vaults_json(entry), "state",
        scrim_request_state_text(state), "opened_ms", ms_or_null(entry->opened_us), "until_ms",
        ms_or_null(entry->until_us), "escalated", (int)(entry->escalated_us > 0), "decisions",
        decisions_json(entry), "end", end_json(&entry->end), "beside",
        live ? beside_json(desk, entry, now_us) : json_array(), "due_ms",
        ms_or_null(live ? due_us(desk, entry) : 0), "log", "seq", (json_int_t)request->log_seq,
        "line", hex_json(request->log_line, 32));
    json_object_update(json, more);
    json_decref(more);
    return json;
}
