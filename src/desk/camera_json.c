#include "desk/camera_json.h"

#include "site/cameras_dir.h"

#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PASSWORD_MAX 256U // bytes, as scrim_camera_password reads
#define FILE_NAME "camera"

// Members that are texts, what scrim.yaml calls them, and where they go.
static const struct {
    const char *member, *key;
    size_t at;
} texts[] = {
    {"id", "id", offsetof(struct scrim_camera_config, id)},
    {"name", "name", offsetof(struct scrim_camera_config, name)},
    {"purpose", "purpose", offsetof(struct scrim_camera_config, purpose)},
    {"legal_basis", "legal_basis", offsetof(struct scrim_camera_config, legal_basis)},
    {"url", "main", offsetof(struct scrim_camera_config, main_url)},
    {"sub", "sub", offsetof(struct scrim_camera_config, sub_url)},
    {"user", "user", offsetof(struct scrim_camera_config, user)},
    {"tls_fingerprint", "tls_fingerprint", offsetof(struct scrim_camera_config, tls_fingerprint)},
    {"redirect_host", "redirect_host", offsetof(struct scrim_camera_config, redirect_host)},
    {"retention_reason", "retention_reason",
     offsetof(struct scrim_camera_config, retention_reason)},
    {"audio_reason", "audio_reason", offsetof(struct scrim_camera_config, audio_reason)},
};
#define TEXTS (sizeof texts / sizeof *texts)

static char **text_at(struct scrim_camera_config *camera, size_t which)
{
    return (char **)(void *)((char *)camera + texts[which].at);
}

static int refuse(char ret_field[SCRIM_CAMERA_FIELD], const char *field, struct scrim_error *error,
                  const char *sentence)
{
    snprintf(ret_field, SCRIM_CAMERA_FIELD, "%.31s", field);
    return scrim_fail(error, SCRIM_EINVAL, "%s: %s", field, sentence);
}

// What is being made of a body: `draft` points into the body and into the camera before.
struct reading {
    struct scrim_camera_config draft;
    char password_name[SCRIM_CAMERA_PASSWORD_NAME];
    const json_t *password; // NULL: none given
    char *field;
    struct scrim_error *error;
};

static int take_text(struct reading *reading, size_t which, const json_t *value)
{
    if (!json_is_null(value) && !json_is_string(value))
        return refuse(reading->field, texts[which].member, reading->error, "must be a text");
    const char *text = json_string_value(value);
    *text_at(&reading->draft, which) = text && text[0] ? (char *)(uintptr_t)text : NULL;
    return SCRIM_OK;
}

static int take_number(struct reading *reading, const char *member, const json_t *value)
{
    const double number = json_number_value(value);
    if (strcmp(member, "expected_mbit") == 0) {
        if (!json_is_null(value) && !json_is_number(value))
            return refuse(reading->field, member, reading->error, "must be a number");
        reading->draft.expected_mbit = number;
        return SCRIM_OK;
    }
    if (!json_is_integer(value) || number < 1 || number > 87600)
        return refuse(reading->field, member, reading->error,
                      "must be a whole number between 1 and 87600 (ten years)");
    reading->draft.retention_hours = (uint32_t)number;
    return SCRIM_OK;
}

static int take_word(struct reading *reading, const char *member, const json_t *value)
{
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    if (strcmp(member, "transport") == 0)
        return scrim_transport_parse(text, &reading->draft.transport)
                   ? SCRIM_OK
                   : refuse(reading->field, member, reading->error, "must be auto, tcp or udp");
    return scrim_keep_parse(text, &reading->draft.keep)
               ? SCRIM_OK
               : refuse(reading->field, member, reading->error,
                        "must be original, redacted or nothing");
}

static int take_password(struct reading *reading, const json_t *value)
{
    reading->password = value;
    if (json_is_null(value))
        return SCRIM_OK;
    const char *text = json_string_value(value);
    if (!json_is_string(value) || json_string_length(value) > PASSWORD_MAX ||
        strlen(text) != json_string_length(value) || strpbrk(text, "\r\n"))
        return refuse(reading->field, "password", reading->error,
                      "must be a text of at most 256 bytes without line breaks");
    return SCRIM_OK;
}

static int take_member(struct reading *reading, const char *member, const json_t *value)
{
    for (size_t i = 0; i < TEXTS; i++) {
        if (strcmp(member, texts[i].member) == 0)
            return take_text(reading, i, value);
    }
    if (strcmp(member, "password") == 0)
        return take_password(reading, value);
    if (strcmp(member, "retention_hours") == 0 || strcmp(member, "expected_mbit") == 0)
        return take_number(reading, member, value);
    if (strcmp(member, "transport") == 0 || strcmp(member, "record") == 0)
        return take_word(reading, member, value);
    return refuse(reading->field, member, reading->error, "there is no such setting");
}

static int check_present(struct reading *reading)
{
    const struct scrim_camera_config *draft = &reading->draft;
    if (!draft->id)
        return refuse(reading->field, "id", reading->error, "a camera needs one");
    if (!draft->main_url)
        return refuse(reading->field, "url", reading->error, "a camera needs an address");
    if (!draft->purpose)
        return refuse(reading->field, "purpose", reading->error,
                      "why this camera films is shown to the people it films: say it");
    return SCRIM_OK;
}

static bool is_ours(const struct reading *reading, const char *password_file)
{
    return password_file && strcmp(password_file, reading->password_name) == 0;
}

// "rtsps://host:port" of an address: who hears the password.
static bool same_authority(const char *a, const char *b)
{
    const char *a_host = a ? strstr(a, "://") : NULL, *b_host = b ? strstr(b, "://") : NULL;
    if (!a_host || !b_host)
        return false;
    const size_t length = (size_t)(a_host - a) + 3 + strcspn(a_host + 3, "/?#");
    return length == (size_t)(b_host - b) + 3 + strcspn(b_host + 3, "/?#") &&
           strncasecmp(a, b, length) == 0;
}

static bool was_reached(const struct scrim_camera_config *before, const char *url)
{
    return !url || same_authority(url, before->main_url) || same_authority(url, before->sub_url);
}

// A password that nobody can read back must not be sent to somebody new, either.
static bool reaches_others(const struct scrim_camera_config *before,
                           const struct scrim_camera_config *draft)
{
    return !was_reached(before, draft->main_url) || !was_reached(before, draft->sub_url) ||
           (draft->redirect_host && (!before->redirect_host ||
                                     strcasecmp(draft->redirect_host, before->redirect_host) != 0));
}

// Where the password lies from now on, and what is to be written of it.
static int place_password(struct reading *reading, const struct scrim_camera_config *before,
                          struct scrim_camera_wish *ret)
{
    struct scrim_camera_config *draft = &reading->draft;
    const bool given = json_is_string(reading->password);
    scrim_camera_password_name(draft->id, reading->password_name);
    scrim_buf_init(&ret->password, PASSWORD_MAX);
    if (given && json_string_length(reading->password) > 0 && !draft->user)
        return refuse(reading->field, "password", reading->error, "needs a user beside it");
    if (!draft->user) {
        ret->forget = before && is_ours(reading, draft->password_file);
        draft->password_file = draft->password_env = NULL;
        return SCRIM_OK;
    }
    if (!reading->password && draft->password_file)
        return before && reaches_others(before, draft)
                   ? refuse(reading->field, "password", reading->error,
                            "the address leads to another host: give the password again")
                   : SCRIM_OK; // stays as it is
    draft->password_env = NULL;
    draft->password_file = reading->password_name;
    ret->has_password = true;
    int result = scrim_buf_reserve(&ret->password, PASSWORD_MAX);
    if (result >= 0 && given)
        result = scrim_buf_append_text(&ret->password, json_string_value(reading->password));
    return result < 0 ? scrim_fail(reading->error, result, "no memory for the password") : result;
}

// "camera:7: camera 'quay': purpose: …": the member of the body instead of place and key.
static int explain(struct reading *reading, int result)
{
    struct scrim_error *error = reading->error;
    char text[sizeof error->text];
    const char *at = strstr(error->text, "camera '");
    const char *end = at ? strstr(at, "': ") : NULL;
    at = end ? end + 3 : error->text + strcspn(error->text, " ");
    at += at[0] == ' ';
    const size_t length = strcspn(at, ":");
    for (size_t i = 0; i < TEXTS; i++) {
        if (strlen(texts[i].key) == length && strncmp(at, texts[i].key, length) == 0) {
            snprintf(text, sizeof text, "%.400s", at + length + strspn(at + length, ": "));
            return refuse(reading->field, texts[i].member, error, text);
        }
    }
    if (length < SCRIM_CAMERA_FIELD)
        snprintf(reading->field, SCRIM_CAMERA_FIELD, "%.*s", (int)length, at);
    snprintf(text, sizeof text, "%s", at);
    return scrim_fail(error, result, "%s", text);
}

static int finish_reading(struct reading *reading, const struct scrim_camera_config *before,
                          struct scrim_camera_wish *ret)
{
    int result = check_present(reading);
    if (result >= 0)
        result = place_password(reading, before, ret);
    if (result < 0)
        return result;
    scrim_buf_init(&ret->text, SCRIM_CAMERA_FILE_MAX);
    result = scrim_camera_format(&reading->draft, &ret->text);
    if (result < 0)
        return scrim_fail(reading->error, SCRIM_EINVAL, "it does not fit into a camera's file");
    result = scrim_camera_parse(FILE_NAME, (const char *)ret->text.data, ret->text.len,
                                &ret->camera, reading->error);
    if (result < 0)
        return explain(reading, result);
    ret->camera->added = true;
    return SCRIM_OK;
}

static int read_body(struct reading *reading, const struct scrim_camera_config *before,
                     json_t *object, struct scrim_camera_wish *ret)
{
    const char *member;
    json_t *value;
    int result = json_is_object(object)
                     ? SCRIM_OK
                     : scrim_fail(reading->error, SCRIM_EINVAL, "the body must be a JSON object");
    if (before)
        reading->draft = *before;
    json_object_foreach(object, member, value)
    {
        if (result >= 0 && before && strcmp(member, "id") == 0 &&
            (!json_is_string(value) || strcmp(json_string_value(value), before->id) != 0))
            result = refuse(reading->field, "id", reading->error,
                            "stands in journals and labels, so that it stays as it is");
        else if (result >= 0)
            result = take_member(reading, member, value);
    }
    return result < 0 ? result : finish_reading(reading, before, ret);
}

int scrim_camera_wish_parse(const struct scrim_camera_config *before, const void *body,
                            size_t count, struct scrim_camera_wish *ret,
                            char ret_field[SCRIM_CAMERA_FIELD], struct scrim_error *error)
{
    struct reading reading = {.field = ret_field, .error = error};
    struct scrim_camera_wish wish = {0};
    json_t *object = json_loadb(body, count, JSON_REJECT_DUPLICATES, NULL);
    ret_field[0] = '\0';
    const int result = read_body(&reading, before, object, &wish);
    const json_t *password = json_object_get(object, "password");
    if (json_is_string(password)) // jansson gives no other way to its copy
        sodium_memzero((char *)(uintptr_t)json_string_value(password),
                       json_string_length(password));
    json_decref(object);
    if (result < 0)
        scrim_camera_wish_finish(&wish);
    else
        *ret = wish;
    return result;
}

void scrim_camera_wish_finish(struct scrim_camera_wish *wish)
{
    scrim_camera_config_free(wish->camera);
    wish->camera = NULL;
    scrim_buf_finish(&wish->text);
    scrim_buf_finish_wipe(&wish->password);
}

json_t *scrim_camera_config_json(const struct scrim_camera_config *camera)
{
    return json_pack(
        "{s:s,s:b,s:s?,s:s?,s:s?,s:s?,s:s?,s:s?,s:b,s:s,s:s?,s:s?,s:i,s:s?,s:s,s:o,s:s?}", "id",
        camera->id, "fixed", !camera->added, "name", camera->name, "purpose", camera->purpose,
        "legal_basis", camera->legal_basis, "url", camera->main_url, "sub", camera->sub_url, "user",
        camera->user, "has_password", camera->password_file || camera->password_env, "transport",
        scrim_transport_text(camera->transport), "tls_fingerprint", camera->tls_fingerprint,
        "redirect_host", camera->redirect_host, "retention_hours", (int)camera->retention_hours,
        "retention_reason", camera->retention_reason, "record", scrim_keep_text(camera->keep),
        "expected_mbit", camera->expected_mbit > 0 ? json_real(camera->expected_mbit) : json_null(),
        "audio_reason", camera->audio_reason);
}
