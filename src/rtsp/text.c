#include "rtsp/text.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

struct scrim_text scrim_text_of(const char *string)
{
    return (struct scrim_text){string, strlen(string)};
}

bool scrim_text_starts(struct scrim_text text, const char *word)
{
    size_t i = 0;
    while (i < text.length && word[i] && lower(text.at[i]) == lower(word[i]))
        i++;
    return word[i] == '\0';
}

bool scrim_text_is(struct scrim_text text, const char *word)
{
    return text.length == strlen(word) && scrim_text_starts(text, word);
}

struct scrim_text scrim_text_trim(struct scrim_text text)
{
    for (; text.length > 0 && is_space(text.at[0]); text.length--)
        text.at++;
    while (text.length > 0 && is_space(text.at[text.length - 1]))
        text.length--;
    return text;
}

bool scrim_text_split(struct scrim_text *rest, char separator, struct scrim_text *ret)
{
    if (!rest->at)
        return false;
    const char *end = rest->length > 0 ? memchr(rest->at, separator, rest->length) : NULL;
    *ret = *rest;
    if (end) {
        ret->length = (size_t)(end - rest->at);
        rest->at = end + 1;
        rest->length -= ret->length + 1;
    } else {
        *rest = (struct scrim_text){0};
    }
    return true;
}

bool scrim_text_word(struct scrim_text *rest, struct scrim_text *ret)
{
    for (; rest->length > 0 && is_space(rest->at[0]); rest->length--)
        rest->at++;
    if (rest->length == 0)
        return false;
    *ret = (struct scrim_text){rest->at, 0};
    for (; rest->length > 0 && !is_space(rest->at[0]); rest->length--) {
        rest->at++;
        ret->length++;
    }
    return true;
}

void scrim_text_pair(struct scrim_text text, struct scrim_text *ret_name,
                     struct scrim_text *ret_value)
{
    struct scrim_text value = text, name = {0};
    if (scrim_text_split(&value, '=', &name))
        name = scrim_text_trim(name);
    *ret_name = name;
    *ret_value = value.at ? scrim_text_trim(value) : value;
}

bool scrim_text_number(struct scrim_text text, uint32_t max, uint32_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.at[i] - '0');
        if (value > max)
            return false;
    }
    if (text.length == 0)
        return false;
    *ret = (uint32_t)value;
    return true;
}

bool scrim_text_copy(struct scrim_text text, char *ret, size_t room)
{
    if (text.length >= room)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (text.at[i] < 0x21 || text.at[i] > 0x7e)
            return false;
    if (text.length > 0)
        memcpy(ret, text.at, text.length);
    ret[text.length] = '\0';
    return true;
}
