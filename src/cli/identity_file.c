#include "cli/identity_file.h"

#include "age/age.h"
#include "base/fs.h"

#include <sodium.h>
#include <string.h>

#define IDENTITY_FILE_MAX (64 * 1024)

// One line of an identity file. Comments and empty lines are skipped; what cannot be read is
// refused and never repeated in the sentence, for it may be most of a key.
static int parse_line(const char *line, size_t length, struct scrim_buf *identities,
                      struct scrim_error *error)
{
    char text[256];
    uint8_t secret[SCRIM_IDENTITY_BYTES];
    if (length > 0 && line[length - 1] == '\r')
        length--;
    if (length == 0 || line[0] == '#')
        return SCRIM_OK;
    if (length >= sizeof text || memchr(line, '\0', length))
        return scrim_fail(error, SCRIM_EFORMAT, "not an X25519 identity (AGE-SECRET-KEY-1…)");
    memcpy(text, line, length);
    text[length] = '\0';
    int result = scrim_age_identity_parse(text, secret, error);
    if (result >= 0) {
        result = scrim_buf_append(identities, secret, sizeof secret);
        if (result < 0)
            scrim_fail(error, result, "more than %d identities", SCRIM_IDENTITIES_MAX);
    }
    sodium_memzero(text, sizeof text);
    sodium_memzero(secret, sizeof secret);
    return result;
}

static int parse_lines(const struct scrim_buf *content, const char *path,
                       struct scrim_buf *identities, struct scrim_error *error)
{
    struct scrim_reader reader = scrim_reader_of(content->data, content->len);
    for (unsigned number = 1; reader.left > 0; number++) {
        const char *line;
        size_t length;
        if (!scrim_read_line(&reader, &line, &length)) { // the last line may lack its line break
            line = (const char *)reader.at;
            length = reader.left;
            reader.left = 0;
        }
        const int result = parse_line(line, length, identities, error);
        if (result < 0) {
            scrim_fail_prefix(error, "%s:%u", path, number);
            return result;
        }
    }
    return SCRIM_OK;
}

int scrim_identities_load(const char *path, struct scrim_buf *identities, struct scrim_error *error)
{
    struct scrim_buf content;
    scrim_buf_init(&content, IDENTITY_FILE_MAX);
    const size_t before = identities->len;
    int result = scrim_buf_reserve(&content, IDENTITY_FILE_MAX); // at once: it holds secrets
    if (result < 0)
        result = scrim_fail(error, result, "%s: %s", path, scrim_err_text(result));
    else
        result = scrim_fs_read(path, &content, error);
    if (result >= 0)
        result = parse_lines(&content, path, identities, error);
    if (result >= 0 && identities->len == before)
        result = scrim_fail(error, SCRIM_EFORMAT, "%s: no identity in it", path);
    scrim_buf_finish_wipe(&content);
    return result;
}
