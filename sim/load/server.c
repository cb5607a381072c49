#include "server.h"

#include "base/clock.h"
#include "camera.h"
#include "sender.h"

#define WAKE_US 1000 // at most so often; what falls due within is sent together
#define TEND_US SCRIM_SECOND

// Sessions whose client has not asked for anything for too long are closed, as cameras do. Receiver
// reports do not count: a client must be right with the strict ones, too.
static void end_silent_sessions(struct server *server, int64_t now_us)
{
    struct session *next;
    for (struct session *session = server->sessions; session; session = next) {
        next = session->next;
        const uint32_t timeout_s =
            session->camera ? session->camera->faults.timeout_s : SESSION_TIMEOUT_S;
        if (!session->abandoned && now_us - session->heard_us > timeout_s * SCRIM_SECOND)
            session_close(session);
    }
}

void server_pace(struct server *server)
{
    const int64_t now_us = scrim_clock_mono_us();
    int64_t next_us = now_us + TEND_US;
    for (uint32_t i = 0; i < server->cameras_count; i++) {
        const int64_t due_us = camera_pace(&server->cameras[i], now_us);
        if (due_us < next_us)
            next_us = due_us;
    }
    for (struct session *session = server->sessions; session; session = session->next) {
        if (sender_burst(session))
            next_us = now_us; // in WAKE_US
    }
    if (now_us - server->tended_us >= TEND_US) {
        server->tended_us = now_us;
        end_silent_sessions(server, now_us);
    }
    const int64_t earliest_us = now_us + WAKE_US;
    if (next_us < earliest_us)
        next_us = earliest_us;
    loop_set_timer(&server->loop, next_us - scrim_clock_mono_us());
}
