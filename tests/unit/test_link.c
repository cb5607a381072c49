#include "link/link.h"

#include "test.h"

#include <sys/socket.h>

static void make_pair(struct scrim_link **a, struct scrim_link **b, size_t max_queued)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        abort();
    *a = scrim_link_create(fds[0], max_queued);
    *b = scrim_link_create(fds[1], max_queued);
}

static void messages_arrive_as_sent(void)
{
    struct scrim_link *a, *b;
    make_pair(&a, &b, 1 << 20);
    CHECK_INT(scrim_link_send(a, SCRIM_LINK_PACKET, SCRIM_LINK_KEY, "quay", "head", 4, "tail!", 5),
              0);
    CHECK_INT(scrim_link_send(a, SCRIM_LINK_END, 0, NULL, NULL, 0, NULL, 0), 0);
    CHECK_INT(scrim_link_flush(a), SCRIM_OK);
    CHECK(!scrim_link_wants_write(a));

    struct scrim_link_message message;
    CHECK_INT(scrim_link_receive(b, &message), 1);
    CHECK_INT(message.kind, SCRIM_LINK_PACKET);
    CHECK_INT(message.flags, SCRIM_LINK_KEY);
    CHECK_TEXT(message.camera, "quay");
    CHECK(message.body_len == 9 && memcmp(message.body, "headtail!", 9) == 0);
    CHECK_INT(scrim_link_receive(b, &message), 1);
    CHECK_INT(message.body_len, 0);
    CHECK_INT(scrim_link_receive(b, &message), 0);
    scrim_link_destroy(a);
    CHECK_INT(scrim_link_receive(b, &message), SCRIM_ENETWORK);
    scrim_link_destroy(b);
}

// A peer that does not read costs its messages, never our time; what was queued arrives whole.
static void a_stalled_reader_is_refused_not_awaited(void)
{
    struct scrim_link *a, *b;
    make_pair(&a, &b, 1 << 20);
    static uint8_t body[100000];
    int sent = 0;
    for (int i = 0; i < 200; i++) {
        body[0] = (uint8_t)i;
        const int result =
            scrim_link_send(a, SCRIM_LINK_FRAME, 0, "quay", body, sizeof body, NULL, 0);
        if (result == SCRIM_EAGAIN)
            break;
        CHECK_INT(result, SCRIM_OK);
        CHECK_INT(scrim_link_flush(a), SCRIM_OK);
        sent++;
    }
    CHECK(sent >= 10 && sent < 200);
    CHECK(scrim_link_queued(a) <= 1 << 20);

    int got = 0;
    struct scrim_link_message message;
    while (got < sent) {
        CHECK_INT(scrim_link_flush(a), SCRIM_OK);
        const int result = scrim_link_receive(b, &message);
        REQUIRE(result >= 0);
        if (result == 0)
            continue;
        CHECK_INT(message.body_len, sizeof body);
        CHECK_INT(message.body[0], got & 0xff);
        got++;
    }
    scrim_link_destroy(a);
    scrim_link_destroy(b);
}

static void malformed_frames_are_refused(void)
{
    static const struct {
        const char *what;
        uint8_t bytes[48];
    } cases[] = {
        {"shorter than its header", {0, 0, 0, 3, 2, 0, 0}},
        {"larger than the ceiling", {0xff, 0, 0, 0, 2, 0, 0, 0}},
        {"unknown kind", {0, 0, 0, 36, 99, 0, 0, 0, 'a'}},
        {"reserved bits", {0, 0, 0, 36, 2, 0, 1, 0, 'a'}},
        {"endless camera name",
         {0,   0,   0,   36,  2,   0,   0,   0,   'a', 'a', 'a', 'a', 'a', 'a',
          'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a',
          'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a'}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fds[2];
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
        struct scrim_link *link = scrim_link_create(fds[0], 1000);
        REQUIRE(write(fds[1], cases[i].bytes, sizeof cases[i].bytes) > 0);
        struct scrim_link_message message;
        if (scrim_link_receive(link, &message) != SCRIM_EFORMAT) {
            printf("  accepted: %s\n", cases[i].what);
            test_failures++;
        }
        scrim_link_destroy(link);
        close(fds[1]);
    }
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"messages arrive as sent", messages_arrive_as_sent},
                                    {"a stalled reader is refused, not awaited",
                                     a_stalled_reader_is_refused_not_awaited},
                                    {"malformed frames are refused", malformed_frames_are_refused},
                                    {0}});
}
