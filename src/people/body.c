#include "people/body.h"

#include "base/alloc.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define TIME_MAX_MS INT64_C(4102444800000) // the year 2100

void scrim_names_finish(struct scrim_names *names)
{
    if (!names)
        return;
    free(names->list);
    *names = (struct scrim_names){0};
}

bool scrim_names_have(const struct scrim_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->list[i], name) == 0)
            return true;
    return false;
}

static bool is_printable(const char *text, bool lines)
{
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == 0x7f || (c < ' ' && !(lines && (c == '\n' || c == '\r'))))
            return false;
    }
    return true;
}

static int wrong(const struct scrim_body_member *member, const char *what,
                 struct scrim_error *error)
{
    return scrim_fail(error, SCRIM_EINVAL, "\"%s\" %s", member->name, what);
}

static int take_text(const struct scrim_body_member *member, const json_t *value, char *ret,
                     struct scrim_error *error)
{
    const size_t length = json_string_length(value);
    if (!json_is_string(value))
        return wrong(member, "must be a text", error);
    if (length >= member->size)
        return wrong(member, "is too long", error);
    if (member->type != SCRIM_BODY_SECRET &&
        !is_printable(json_string_value(value), member->type == SCRIM_BODY_LINES))
        return wrong(member, "must not have control characters", error);
    memcpy(ret, json_string_value(value), length + 1);
    return SCRIM_OK;
}

static int take_time(const struct scrim_body_member *member, const json_t *value, int64_t *ret,
                     struct scrim_error *error)
{
    const json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || number > TIME_MAX_MS)
        return wrong(member, "must be a time in ms since 1970", error);
    *ret = number;
    return SCRIM_OK;
}

static int take_names(const struct scrim_body_member *member, const json_t *value,
                      struct scrim_names *ret, struct scrim_error *error)
{
    const size_t count = json_array_size(value);
    if (!json_is_array(value))
        return wrong(member, "must be a list of names", error);
    if (count > member->size)
        return wrong(member, "has too many names", error);
    ret->list = scrim_alloc_zero(count + 1, sizeof *ret->list);
    if (!ret->list)
        return scrim_fail(error, SCRIM_ENOMEM, "there is no memory for %zu names", count);
    for (size_t i = 0; i < count; i++) {
        const json_t *name = json_array_get(value, i);
        const size_t length = json_string_length(name);
        if (!json_is_string(name) || length == 0 || length > SCRIM_BODY_NAME_MAX ||
            scrim_names_have(ret, json_string_value(name)))
            return wrong(member, "must be a list of names, each once", error);
        memcpy(ret->list[ret->count++], json_string_value(name), length + 1);
    }
    return SCRIM_OK;
}

static int take(const struct scrim_body_member *member, json_t *value, void *to,
                struct scrim_error *error)
{
    switch (member->type) {
    case SCRIM_BODY_TEXT:
    case SCRIM_BODY_LINES:
    case SCRIM_BODY_SECRET: return take_text(member, value, to, error);
    case SCRIM_BODY_TIME: return take_time(member, value, to, error);
    case SCRIM_BODY_NAMES: return take_names(member, value, to, error);
    case SCRIM_BODY_JSON: *(json_t **)to = json_incref(value); return SCRIM_OK;
    }
    return scrim_fail(error, SCRIM_EINTERNAL, "\"%s\" has no type", member->name);
}

static int take_all(json_t *object, const struct scrim_body_member *members, void *ret,
                    unsigned *ret_given, struct scrim_error *error)
{
    size_t found = 0;
    int result = SCRIM_OK;
    *ret_given = 0;
    for (size_t i = 0; result >= 0 && members[i].name; i++) {
        json_t *value = json_object_get(object, members[i].name);
        if (!value && !members[i].optional)
            return wrong(&members[i], "is missing", error);
        if (!value)
            continue;
        found++;
        *ret_given |= 1U << i;
        result = take(&members[i], value, (char *)ret + members[i].offset, error);
    }
    if (result >= 0 && found != json_object_size(object))
        return scrim_fail(error, SCRIM_EINVAL,
                          "the body has members that this route does not take");
    return result;
}

// jansson gives no other way to its copies of what may be secret.
static void wipe(json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value) if (json_is_string(value))
        sodium_memzero((char *)(uintptr_t)json_string_value(value), json_string_length(value));
}

int scrim_body_parse(const void *bytes, size_t count, const struct scrim_body_member *members,
                     void *ret, unsigned *ret_given, struct scrim_error *error)
{
    json_t *object = json_loadb(bytes, count, JSON_REJECT_DUPLICATES, NULL);
    const int result = json_is_object(object)
                           ? take_all(object, members, ret, ret_given, error)
                           : scrim_fail(error, SCRIM_EINVAL, "the body must be one JSON object");
    wipe(object);
    json_decref(object);
    return result;
}
