#include "link/unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int address_of(const char *path, struct sockaddr_un *ret, struct scrim_error *error)
{
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof ret->sun_path)
        return scrim_fail(error, SCRIM_EINVAL,
                          "%s: too long for a socket, at most %zu characters: use a site "
                          "directory with a shorter path",
                          path, sizeof ret->sun_path - 1);
    memcpy(ret->sun_path, path, strlen(path) + 1);
    return SCRIM_OK;
}

static int new_socket(const char *path, int type, struct sockaddr_un *ret_address,
                      struct scrim_error *error)
{
    const int result = address_of(path, ret_address, error);
    if (result < 0)
        return result;
    const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    return fd >= 0 ? fd : scrim_fail_errno(error, errno, "cannot make a socket");
}

int scrim_unix_bind(const char *path, int type, struct scrim_error *error)
{
    struct sockaddr_un address;
    const int fd = new_socket(path, type, &address, error);
    if (fd < 0)
        return fd;
    unlink(path); // the site lock keeps two runs apart
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || chmod(path, 0600) < 0 ||
        listen(fd, 64) < 0) {
        const int result = scrim_fail_errno(error, errno, "cannot listen on %s", path);
        close(fd);
        return result;
    }
    return fd;
}

int scrim_unix_connect(const char *path, int type, struct scrim_error *error)
{
    struct sockaddr_un address;
    const int fd = new_socket(path, type, &address, error);
    if (fd < 0)
        return fd;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        const int result = scrim_fail_errno(error, errno, "cannot reach %s", path);
        close(fd);
        return result;
    }
    return fd;
}
