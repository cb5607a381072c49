#include "ingest/control.h"

int scrim_control_send(int fd, const struct scrim_control *message, const int *fds, unsigned count)
{
    return scrim_datagram_send(fd, message, sizeof *message, fds, count);
}

int scrim_control_receive(int fd, struct scrim_control *ret, int ret_fds[SCRIM_DATAGRAM_FDS])
{
    const int result = scrim_datagram_receive(fd, ret, sizeof *ret, ret_fds);
    if (result > 0)
        ret->host[sizeof ret->host - 1] = ret->text[sizeof ret->text - 1] =
            ret->password[sizeof ret->password - 1] = '\0';
    return result;
}
