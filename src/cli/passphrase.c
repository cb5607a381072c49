#include "cli/passphrase.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define CTRL_C 0x03

// Keeps the first line of what is in `ret`, NUL-terminated.
static int keep_first_line(struct scrim_buf *ret, const char *source, struct scrim_error *error)
{
    const uint8_t *end = ret->len > 0 ? memchr(ret->data, '\n', ret->len) : NULL;
    if (end)
        ret->len = (size_t)(end - ret->data);
    if (ret->len > 0 && ret->data[ret->len - 1] == '\r')
        ret->len--;
    if (ret->len == 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: an empty passphrase protects nothing", source);
    if (ret->len > SCRIM_PASSPHRASE_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "%s: the passphrase is longer than %d bytes", source,
                          SCRIM_PASSPHRASE_MAX);
    if (memchr(ret->data, '\0', ret->len))
        return scrim_fail(error, SCRIM_EINVAL, "%s: the passphrase has a NUL byte in it", source);
    ret->data[ret->len] = '\0';
    return SCRIM_OK;
}

static int open_terminal(struct scrim_error *error)
{
    const int fd = scrim_fs_open("/dev/tty", O_RDWR, 0, NULL);
    return fd >= 0 ? fd
                   : scrim_fail(error, SCRIM_ENOENT,
                                "there is no terminal to ask for the passphrase: give a file with "
                                "--passphrase-file");
}

// Ctrl-C ends the line as a character instead of killing the process, so that the terminal always
// gets its echo back.
static int silence(int fd, struct termios *ret_before, struct scrim_error *error)
{
    if (tcgetattr(fd, ret_before) < 0)
        return scrim_fail_errno(error, errno, "/dev/tty");
    struct termios quiet = *ret_before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    quiet.c_lflag |= ICANON | ECHONL;
    quiet.c_cc[VEOL] = CTRL_C;
    return tcsetattr(fd, TCSAFLUSH, &quiet) < 0 ? scrim_fail_errno(error, errno, "/dev/tty")
                                                : SCRIM_OK;
}

static int read_answer(int fd, const char *prompt, struct scrim_buf *ret, struct scrim_error *error)
{
    int result = scrim_fs_write(fd, prompt, strlen(prompt), "/dev/tty", error);
    if (result < 0)
        return result;
    ssize_t got;
    do
        got = read(fd, ret->data, ret->capacity - 1);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return scrim_fail_errno(error, errno, "/dev/tty");
    ret->len = (size_t)got;
    if (got == 0 || memchr(ret->data, CTRL_C, ret->len))
        return scrim_fail(error, SCRIM_ECANCEL, "cancelled at the passphrase");
    return keep_first_line(ret, "/dev/tty", error);
}

static int ask(const char *prompt, struct scrim_buf *ret, struct scrim_error *error)
{
    const int fd = open_terminal(error);
    if (fd < 0)
        return fd;
    struct termios before;
    int result = silence(fd, &before, error);
    if (result >= 0) {
        result = read_answer(fd, prompt, ret, error);
        if (tcsetattr(fd, TCSAFLUSH, &before) < 0 && result >= 0)
            result = scrim_fail_errno(error, errno, "/dev/tty");
    }
    close(fd);
    return result;
}

int scrim_passphrase_read(const char *prompt, const char *file_or_null, struct scrim_buf *ret,
                          struct scrim_error *error)
{
    scrim_buf_init(ret, 4 * SCRIM_PASSPHRASE_MAX);
    int result = scrim_buf_reserve(ret, ret->max); // at once: growth would leave copies behind
    if (result < 0)
        return scrim_fail(error, result, "no memory for the passphrase");
    if (!file_or_null)
        return ask(prompt, ret, error);
    result = scrim_fs_read(file_or_null, ret, error);
    if (result >= 0 && ret->len == ret->max) // leave room for the NUL
        result = scrim_fail(error, SCRIM_EINVAL, "%s: too long for a passphrase", file_or_null);
    return result < 0 ? result : keep_first_line(ret, file_or_null, error);
}

int scrim_passphrase_choose(const char *prompt, const char *file_or_null, struct scrim_buf *ret,
                            struct scrim_error *error)
{
    int result = scrim_passphrase_read(prompt, file_or_null, ret, error);
    if (result < 0 || file_or_null)
        return result;
    struct scrim_buf again;
    result = scrim_passphrase_read("The same again: ", NULL, &again, error);
    if (result >= 0 &&
        (again.len != ret->len || sodium_memcmp(again.data, ret->data, ret->len) != 0))
        result = scrim_fail(error, SCRIM_EAUTH, "the two passphrases differ");
    scrim_buf_finish_wipe(&again);
    return result;
}
