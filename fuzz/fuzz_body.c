// Bodies of requests about people: a table with a member of every type, and what may come of it.
#include "people/body.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct body {
    char text[16], lines[16], secret[16];
    int64_t at;
    struct scrim_names names;
    json_t *any;
};

static const struct scrim_body_member members[] = {
    {"text", SCRIM_BODY_TEXT, offsetof(struct body, text), 16, true},
    {"lines", SCRIM_BODY_LINES, offsetof(struct body, lines), 16, true},
    {"secret", SCRIM_BODY_SECRET, offsetof(struct body, secret), 16, true},
    {"at", SCRIM_BODY_TIME, offsetof(struct body, at), 0, true},
    {"names", SCRIM_BODY_NAMES, offsetof(struct body, names), 4, true},
    {"any", SCRIM_BODY_JSON, offsetof(struct body, any), 0, true},
    {0},
};

static void check(const struct body *body, unsigned given)
{
    if (memchr(body->text, '\n', strlen(body->text)) || body->at < 0 || body->names.count > 4 ||
        ((given & 32) != 0) != (body->any != NULL))
        abort();
    for (size_t i = 0; i < body->names.count; i++)
        if (!body->names.list[i][0] || !scrim_names_have(&body->names, body->names.list[i]))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct body body = {0};
    struct scrim_error error = {0};
    unsigned given = 0;
    const int result = scrim_body_parse(data, size, members, &body, &given, &error);
    if (memchr(body.text, '\0', sizeof body.text) == NULL ||
        memchr(body.secret, '\0', sizeof body.secret) == NULL ||
        (result < 0 && error.text[0] == '\0'))
        abort();
    if (result >= 0)
        check(&body, given);
    scrim_names_finish(&body.names);
    json_decref(body.any);
    return 0;
}
