// scrim open: decrypts a standard age v1 file with an X25519 identity.
#include "age/age.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "cli/commands.h"
#include "cli/identity_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static int decrypt(int in_fd, int out_fd, const struct scrim_buf *identities, const char *in_name,
                   const char *out_name, struct scrim_error *error)
{
    return scrim_age_decrypt(in_fd, out_fd,
                             (const uint8_t(*)[SCRIM_IDENTITY_BYTES])identities->data,
                             identities->len / SCRIM_IDENTITY_BYTES, in_name, out_name, error);
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
    scrim_buf_init(&identities, SCRIM_IDENTITIES_MAX * SCRIM_IDENTITY_BYTES);
    SCRIM_AUTO(scrim_close_fd) int fd = -1;
    int result = scrim_buf_reserve(&identities, identities.max); // at once: secrets never move
    if (result < 0)
        result = scrim_fail(error, result, "no memory for the identities");
    for (size_t i = 0; i < args->identities.count && result >= 0; i++)
        result = scrim_identities_load(args->identities.items[i], &identities, error);
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
