#include "people/credentials.h"

#include <jansson.h>
#include <sodium.h>
#include <string.h>

static bool take(const json_t *object, struct scrim_credentials *ret)
{
    const json_t *name = json_object_get(object, "user");
    const json_t *password = json_object_get(object, "password");
    const size_t length = json_string_length(password);
    if (json_object_size(object) != 2 || !json_is_string(name) || !json_is_string(password) ||
        length > sizeof ret->password)
        return false;
    if (scrim_user_name_valid(json_string_value(name)))
        memcpy(ret->name, json_string_value(name), json_string_length(name));
    memcpy(ret->password, json_string_value(password), length);
    ret->password_length = length;
    return true;
}

bool scrim_credentials_parse(const void *body, size_t count, struct scrim_credentials *ret)
{
    json_t *object = json_loadb(body, count, JSON_REJECT_DUPLICATES, NULL);
    const json_t *password = json_object_get(object, "password");
    *ret = (struct scrim_credentials){0};
    const bool taken = take(object, ret);
    if (json_is_string(password)) // jansson gives no other way to its copy
        sodium_memzero((char *)(uintptr_t)json_string_value(password),
                       json_string_length(password));
    json_decref(object);
    return taken;
}
