#include "recorder/orders.h"

#include "link/datagram.h"

#include <unistd.h>

int scrim_order_send(int orders_fd, const struct scrim_order *order, int fd)
{
    return scrim_datagram_send_all(orders_fd, order, sizeof *order, &fd, fd >= 0 ? 1 : 0);
}

int scrim_order_receive(int orders_fd, struct scrim_order *ret, int *ret_fd)
{
    int fds[SCRIM_DATAGRAM_FDS];
    const int result = scrim_datagram_receive(orders_fd, ret, sizeof *ret, fds);
    if (fds[1] >= 0)
        close(fds[1]);
    *ret_fd = fds[0];
    return result;
}
