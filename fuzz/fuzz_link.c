// What a program receives from another one: the veil worker, for one, decodes hostile video.
#include "link/link.h"

#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fds[2];
    if (size > 60000 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
        return 0;
    struct scrim_link *link = scrim_link_create(fds[0], 1000);
    const ssize_t sent = write(fds[1], data, size);
    close(fds[1]);

    volatile uint8_t sink = 0;
    struct scrim_link_message message;
    while (sent > 0 && scrim_link_receive(link, &message) == 1) {
        for (size_t i = 0; i < message.body_len; i++)
            sink = (uint8_t)(sink ^ message.body[i]); // every byte of the view must be readable
    }
    scrim_link_destroy(link);
    return 0;
}
