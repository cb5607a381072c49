// Questions to scrim-opener, as a desk that was taken over may send them: datagrams of any size and
// content, over a real socket, to a server whose site has nothing. Every answer is a refusal or a
// list, never more.
#include "base/alloc.h"
#include "link/datagram.h"
#include "opener/server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char id[] = "port";
static struct scrim_site_config config = {.id = id};
static const struct scrim_site site = {.dir = "/nonexistent", .config = &config};

static void take_answers(int fd)
{
    struct scrim_opener_answer answer;
    int fds[SCRIM_DATAGRAM_FDS];
    while (scrim_datagram_receive(fd, &answer, sizeof answer, fds) > 0) {
        if (answer.result >= 0 || answer.text[0] == '\0' || fds[0] >= 0)
            abort(); // there is nothing to give
        if (!memchr(answer.text, '\0', sizeof answer.text))
            abort();
    }
}

// Each datagram: one byte of length, in eighths of a question, then what there is of it.
static void send_all(int fd, const uint8_t *data, size_t size)
{
    const size_t whole = sizeof(struct scrim_opener_question);
    while (size > 1) {
        size_t length = data[0] == 0xff ? whole : whole * data[0] / 8;
        data++, size--;
        if (length > size)
            length = size;
        if (length > 0)
            (void)!send(fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        data += length;
        size -= length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct scrim_guard_setup setup = {.site = &site};
    int ends[2];
    if (scrim_datagram_pair(ends, NULL) < 0)
        return 0;
    struct scrim_guard *guard = scrim_guard_create(&setup);
    struct scrim_opener_server *server = scrim_opener_server_create(ends[0], guard);
    send_all(ends[1], data, size);
    if (scrim_opener_server_take(server) >= 0)
        while (scrim_opener_server_step(server) > 0)
            take_answers(ends[1]);
    take_answers(ends[1]);
    scrim_opener_server_destroy(server);
    scrim_guard_destroy(guard);
    close(ends[1]);
    return 0;
}
