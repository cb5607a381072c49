#include "base/alloc.h"
#include "ingest/ingest_impl.h"

#include <string.h>

#define FEED_US (2 * SCRIM_SECOND)
#define ALIVE_US (2 * SCRIM_SECOND)
#define OURS 2 // descriptors of our own, before the caller's
#define FDS_MAX 8

static void close_answer(struct scrim_ingest *ingest)
{
    for (unsigned i = 0; i < SCRIM_DATAGRAM_FDS; i++)
        scrim_close_fd(&ingest->answer_fds[i]);
}

static void hear_parent(struct scrim_ingest *ingest)
{
    struct scrim_control message;
    int fds[SCRIM_DATAGRAM_FDS];
    const int got = scrim_control_receive(ingest->setup.control_fd, &message, fds);
    if (got < 0)
        ingest->over = true;
    if (got <= 0)
        return;
    close_answer(ingest); // one that nobody waits for any more
    ingest->answer = message;
    memcpy(ingest->answer_fds, fds, sizeof fds);
    ingest->answered = true;
}

static void report(struct scrim_ingest *ingest, int64_t now_us)
{
    if (now_us >= ingest->feed_due_us) {
        ingest->feed_due_us = now_us + FEED_US;
        // A report that finds the link full is not missed: the next one says more.
        if (scrim_wire_feed(ingest->sealer, &ingest->stats) == SCRIM_ENETWORK)
            ingest->over = true;
    }
    if (now_us >= ingest->alive_due_us) {
        const struct scrim_control alive = {.kind = SCRIM_DIAL_ALIVE};
        ingest->alive_due_us = now_us + ALIVE_US;
        if (scrim_control_send(ingest->setup.control_fd, &alive, NULL, 0) == SCRIM_ENETWORK)
            ingest->over = true;
    }
    if (scrim_link_wants_write(ingest->sealer) && scrim_link_flush(ingest->sealer) < 0)
        ingest->over = true;
}

static int milliseconds_until(int64_t due_us, int64_t now_us)
{
    if (due_us <= now_us)
        return 0;
    const int64_t left_ms = (due_us - now_us + 999) / 1000;
    return left_ms > 60000 ? 60000 : (int)left_ms;
}

int64_t scrim_ingest_wait(struct scrim_ingest *ingest, struct pollfd *fds, nfds_t count,
                          int64_t until_us)
{
    struct pollfd all[FDS_MAX] = {
        {.fd = ingest->setup.control_fd, .events = POLLIN},
        {.fd = scrim_link_fd(ingest->sealer),
         .events = scrim_link_wants_write(ingest->sealer) ? POLLOUT : 0},
    };
    for (nfds_t i = 0; i < count; i++)
        all[OURS + i] = fds[i];
    int64_t now_us = scrim_clock_mono_us();
    int64_t due_us = until_us < ingest->feed_due_us ? until_us : ingest->feed_due_us;
    if (ingest->alive_due_us < due_us)
        due_us = ingest->alive_due_us;
    if (ingest->end_us < due_us)
        due_us = ingest->end_us;
    if (poll(all, OURS + count, milliseconds_until(due_us, now_us)) < 0)
        return scrim_clock_mono_us(); // EINTR
    if (all[0].revents)
        hear_parent(ingest);
    if (all[1].revents & (POLLHUP | POLLERR))
        ingest->over = true;
    for (nfds_t i = 0; i < count; i++)
        fds[i].revents = all[OURS + i].revents;
    now_us = scrim_clock_mono_us();
    ingest->over |= now_us >= ingest->end_us;
    report(ingest, now_us);
    return now_us;
}

int scrim_ingest_dial(struct scrim_ingest *ingest, const struct scrim_control *request,
                      int64_t timeout_us, struct scrim_error *error)
{
    const int64_t deadline_us = scrim_clock_mono_us() + timeout_us;
    close_answer(ingest);
    ingest->answered = false;
    if (scrim_control_send(ingest->setup.control_fd, request, NULL, 0) < 0)
        return scrim_fail(error, SCRIM_EAGAIN, "the recorder does not answer");
    while (!ingest->over) {
        if (ingest->answered && ingest->answer.kind == request->kind)
            return ingest->answer.code < 0
                       ? scrim_fail(error, ingest->answer.code, "%s", ingest->answer.text)
                       : SCRIM_OK;
        if (scrim_ingest_wait(ingest, NULL, 0, deadline_us) >= deadline_us)
            return scrim_fail(error, SCRIM_ETIMEOUT, "no answer in time");
    }
    return scrim_fail(error, SCRIM_ECANCEL, "the recorder ended");
}
