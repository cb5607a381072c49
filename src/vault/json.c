#include "vault/json.h"

#include <sodium.h>
#include <string.h>

int scrim_json_load(const void *bytes, size_t count, const char *format, json_t **ret,
                    struct scrim_error *error)
{
    json_error_t why;
    json_t *json = json_loadb(count > 0 ? bytes : "", count, JSON_REJECT_DUPLICATES, &why);
    if (!json)
        return scrim_fail(error, SCRIM_EFORMAT, "not JSON (line %d)", why.line);
    const char *found = json_string_value(json_object_get(json, "format"));
    if (!found || strcmp(found, format) != 0) {
        json_decref(json);
        return scrim_fail(error, SCRIM_EFORMAT, "its format is not \"%s\"", format);
    }
    *ret = json;
    return SCRIM_OK;
}

bool scrim_json_has_only(const json_t *json, size_t members)
{
    return json_object_size(json) == members;
}

bool scrim_json_hex(const json_t *json, uint8_t *ret, size_t count)
{
    const char *text = json_string_value(json);
    size_t decoded = 0;
    return text && json_string_length(json) == 2 * count &&
           strspn(text, "0123456789abcdef") == 2 * count &&
           sodium_hex2bin(ret, count, text, 2 * count, NULL, &decoded, NULL) == 0 &&
           decoded == count;
}

bool scrim_json_text(const json_t *json, char *ret, size_t size)
{
    const char *text = json_string_value(json);
    if (!text || json_string_length(json) >= size || strlen(text) != json_string_length(json))
        return false;
    memcpy(ret, text, json_string_length(json) + 1);
    return true;
}

bool scrim_json_number(const json_t *json, uint64_t *ret)
{
    const json_int_t value = json_is_integer(json) ? json_integer_value(json) : -1;
    if (value < 0 || value >= INT64_C(1) << 53)
        return false;
    *ret = (uint64_t)value;
    return true;
}

json_t *scrim_json_from_hex(const uint8_t *bytes, size_t count)
{
    char text[2 * SCRIM_JSON_HEX_MAX + 1];
    return json_string(sodium_bin2hex(text, sizeof text, bytes, count));
}
