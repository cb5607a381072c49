#include "desk/metrics_token.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define RANDOM_BYTES 32
#define TOKEN_MIN 32
#define TOKEN_MAX 128

static void hash_of(const char *token, size_t length, uint8_t ret[32])
{
    crypto_generichash(ret, 32, (const uint8_t *)token, length, NULL, 0);
}

static int make(const char *path, struct scrim_error *error)
{
    uint8_t bytes[RANDOM_BYTES];
    char token[2 * RANDOM_BYTES + 2];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(token, sizeof token - 1, bytes, sizeof bytes);
    token[2 * RANDOM_BYTES] = '\n';
    const int result = scrim_fs_create(path, token, 2 * RANDOM_BYTES + 1, 0600, error);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(token, sizeof token);
    return result == SCRIM_EEXIST ? SCRIM_OK : result;
}

static int check_mode(const char *path, struct scrim_error *error)
{
    struct stat info;
    if (stat(path, &info) < 0)
        return scrim_fail_errno(error, errno, "%s", path);
    if (info.st_mode & (S_IRWXG | S_IRWXO))
        return scrim_fail(error, SCRIM_EINVAL,
                          "%s: others may read it; chmod 600, and make a new one: remove it", path);
    return SCRIM_OK;
}

static int load(const char *path, struct scrim_metrics_token *ret, struct scrim_error *error)
{
    struct scrim_buf text;
    scrim_buf_init(&text, 4096);
    int result = check_mode(path, error);
    if (result >= 0)
        result = scrim_fs_read(path, &text, error);
    size_t length = 0;
    while (length < text.len && text.data[length] > ' ' && text.data[length] < 0x7f)
        length++;
    const bool one_line =
        length == text.len || (length + 1 == text.len && text.data[length] == '\n');
    if (result >= 0 && (length < TOKEN_MIN || length > TOKEN_MAX || !one_line))
        result =
            scrim_fail(error, SCRIM_EINVAL, "%s: the token must be one word of %d to %d characters",
                       path, TOKEN_MIN, TOKEN_MAX);
    if (result >= 0)
        hash_of((const char *)text.data, length, ret->hash);
    scrim_buf_finish_wipe(&text);
    return result;
}

int scrim_metrics_token_open(const char *dir, struct scrim_metrics_token *ret,
                             struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    int result = scrim_path_join(path, dir, SCRIM_METRICS_TOKEN_FILE);
    if (result < 0)
        return scrim_fail(error, result, "%s: path too long", dir);
    if (stat(path, &info) < 0 && errno == ENOENT)
        result = make(path, error);
    return result < 0 ? result : load(path, ret, error);
}

bool scrim_metrics_token_fits(const struct scrim_metrics_token *token, const char *authorization)
{
    static const char scheme[] = "Bearer "; // in any case (RFC 9110, 11.1)
    uint8_t hash[sizeof token->hash];
    if (!authorization || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return false;
    const char *given = authorization + sizeof scheme - 1;
    hash_of(given, strlen(given), hash);
    return !sodium_is_zero(token->hash, sizeof token->hash) &&
           sodium_memcmp(hash, token->hash, sizeof hash) == 0;
}
