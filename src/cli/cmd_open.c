// scrim open: decrypts a standard age v1 file with an X25519 identity.
#include "age/age.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IDENTITY_FILE_MAX (64 * 1024)
#define IDENTITY_BYTES 32
#define IDENTITIES_MAX 256

struct args {
    struct scrim_opt_list identities;
    const char *output;
};

static const struct scrim_opt options[] = {
    {"identity", 'i', SCRIM_OPT_LIST, offsetof(struct args, identities), "IDENTITY",
     "file of age identities, as age-keygen writes it; may be repeated", 0, 0},
    {"output", 'o', SCRIM_OPT_TEXT, offsetof(struct args, output), "OUT",
     "where the plaintext goes, only if all of it is authentic (default: standard output)", 0, 0},
    {0},
};

// One line of an identity file. Comments and empty lines are skipped; what cannot be read is
// refused and never repeated in the sentence, for it may be most of a key.
static int parse_line(const char *line, size_t length, struct scrim_buf *identities,
                      struct scrim_error *error)
{
    char text[256];
    uint8_t secret[IDENTITY_BYTES];
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
            scrim_fail(error, result, "more than %d identities", IDENTITIES_MAX);
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

static int load_identities(const char *path, struct scrim_buf *identities,
                           struct scrim_error *error)
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

static int decrypt(int in_fd, int out_fd, const struct scrim_buf *identities, const char *in_name,
                   const char *out_name, struct scrim_error *error)
{
    return scrim_age_decrypt(in_fd, out_fd, (const uint8_t(*)[IDENTITY_BYTES])identities->data,
                             identities->len / IDENTITY_BYTES, in_name, out_name, error);
}

// A device or a pipe must not be replaced by a file.
static int refuse_special(const char *path, struct scrim_error *error)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return scrim_fail(error, SCRIM_EINVAL, "%s is not a regular file", path);
    return SCRIM_OK;
}

// Everything goes to a temporary file first; the name appears when all of it is verified and on
// disk.
static int decrypt_to_file(int in_fd, const struct scrim_buf *identities, const char *in_name,
                           const char *path, struct scrim_error *error)
{
    char temporary[SCRIM_PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.new%d", path, (int)getpid()) >=
        (int)sizeof temporary)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", path);
    int result = refuse_special(path, error);
    if (result < 0)
        return result;
    const int fd = scrim_fs_open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0600, error);
    if (fd < 0)
        return fd;
    result = decrypt(in_fd, fd, identities, in_name, path, error);
    if (result >= 0)
        result = scrim_fs_sync(fd, path, error);
    close(fd);
    if (result >= 0 && rename(temporary, path) < 0)
        result = scrim_fail_errno(error, errno, "%s", path);
    if (result < 0)
        unlink(temporary);
    return result;
}

static int open_file(const struct args *args, const char *path, struct scrim_error *error)
{
    struct scrim_buf identities;
    scrim_buf_init(&identities, IDENTITIES_MAX * IDENTITY_BYTES);
    SCRIM_AUTO(scrim_close_fd) int fd = -1;
    int result = scrim_buf_reserve(&identities, identities.max); // at once: secrets never move
    if (result < 0)
        result = scrim_fail(error, result, "no memory for the identities");
    for (size_t i = 0; i < args->identities.count && result >= 0; i++)
        result = load_identities(args->identities.items[i], &identities, error);
    if (result >= 0)
        result = fd = scrim_fs_open(path, O_RDONLY, 0, error);
    if (result >= 0)
        result = args->output
                     ? decrypt_to_file(fd, &identities, path, args->output, error)
                     : decrypt(fd, STDOUT_FILENO, &identities, path, "standard output", error);
    scrim_buf_finish_wipe(&identities);
    return result;
}

int scrim_cmd_open(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim open -i IDENTITY FILE.age [-o OUT]",
        "Decrypts an age v1 file that is encrypted to an X25519 recipient. Without -o, what is "
        "written before an error was verified, chunk by chunk; the exit status says whether all "
        "was.",
        options, 1, 1};
    struct args args = {0};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0 && args.identities.count == 0)
        result = scrim_fail(&error, SCRIM_EINVAL, "an identity is needed: -i IDENTITY");
    if (result < 0)
        return scrim_cmd_usage("open", result, &error);

    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = open_file(&args, positionals[0], &error);
    return result < 0 ? scrim_cmd_failed("open", &error) : 0;
}
