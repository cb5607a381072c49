// One recipient stanza on its own: memory, and its lines in a header (age.md "Recipient stanza").
#include "age/stanza.h"

#include "base/alloc.h"
#include "base/base64.h"

#include <stdlib.h>
#include <string.h>

void scrim_age_stanza_finish(struct scrim_age_stanza *stanza)
{
    if (!stanza)
        return;
    for (size_t i = 0; i < stanza->args_count; i++)
        free(stanza->args[i]);
    free(stanza->args);
    free(stanza->body);
    *stanza = (struct scrim_age_stanza){0};
}

bool scrim_age_is_vchar(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] < 0x21 || text[i] > 0x7e)
            return false;
    return length > 0;
}

static int append_body(const struct scrim_age_stanza *stanza, struct scrim_buf *ret)
{
    // The last line is shorter than 64 columns, so a body of n × 48 bytes ends with an empty line.
    size_t at = 0;
    for (;;) {
        const size_t left = stanza->body_len - at;
        const size_t take = left < SCRIM_AGE_LINE_BYTES ? left : SCRIM_AGE_LINE_BYTES;
        int result = scrim_base64_append(ret, take > 0 ? stanza->body + at : NULL, take);
        if (result >= 0)
            result = scrim_buf_append_text(ret, "\n");
        if (result < 0 || take < SCRIM_AGE_LINE_BYTES)
            return result;
        at += take;
    }
}

int scrim_age_stanza_append(const struct scrim_age_stanza *stanza, struct scrim_buf *ret)
{
    if (stanza->args_count == 0)
        return SCRIM_EINVAL;
    int result = scrim_buf_append_text(ret, "->");
    for (size_t i = 0; i < stanza->args_count && result >= 0; i++) {
        if (!scrim_age_is_vchar(stanza->args[i], strlen(stanza->args[i])))
            return SCRIM_EINVAL;
        result = scrim_buf_append_text(ret, " ");
        if (result >= 0)
            result = scrim_buf_append_text(ret, stanza->args[i]);
    }
    if (result >= 0)
        result = scrim_buf_append_text(ret, "\n");
    return result < 0 ? result : append_body(stanza, ret);
}

int scrim_age_stanza_add_arg(struct scrim_age_stanza *stanza, const char *text, size_t length)
{
    // Growth by doubling, at powers of two: no capacity field in a struct that others read.
    const size_t count = stanza->args_count;
    if ((count & (count - 1)) == 0) {
        char **grown = scrim_realloc(stanza->args, (count ? count * 2 : 1) * sizeof *grown);
        if (!grown)
            return SCRIM_ENOMEM;
        stanza->args = grown;
    }
    char *copy = scrim_alloc(length + 1);
    if (!copy)
        return SCRIM_ENOMEM;
    memcpy(copy, text, length);
    copy[length] = '\0';
    stanza->args[stanza->args_count++] = copy;
    return SCRIM_OK;
}
