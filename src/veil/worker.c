#include "veil/worker.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "veil/camera.h"
#include "veil/load.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

#define PACKETS_QUEUE (64U << 10) // we say only hello to the recorder
#define LINK_VERSION 1
#define MESSAGES_PER_TURN 16
#define TICK_US (SCRIM_SECOND / 5)
#define REPORT_US (60 * SCRIM_SECOND)
#define IDLE_US SCRIM_SECOND // over so long it is seen whether there was time to wait
#define IDLE_SHARE 4         // a quarter of it: then nothing waits for us
#define ALIVE_US SCRIM_SECOND
#define HUNG_S 10 // in one turn, which is a few decoded pictures and detector runs

// Detection may take this share of a worker's core; decoding and encoding need the rest.
#define DETECT_PERMILLE 450
#define DETECT_COST_US 10000 // until it has been measured

struct scrim_worker {
    struct scrim_worker_params params;
    struct scrim_log log;
    struct scrim_link *packets, *desk;
    struct scrim_schedule *schedule;
    struct scrim_load *load;
    struct scrim_veil_camera **cameras;
    unsigned count;
    int64_t ticked_us, reported_us, alive_us;
    int64_t idle_us, idle_since_us; // spent waiting for packets since then
    bool more; // messages that poll does not know of, for they are read already
};

struct scrim_worker *scrim_worker_create(const struct scrim_worker_params *params)
{
    const struct scrim_site_config *config = params->site->config;
    struct scrim_worker *worker = scrim_new(struct scrim_worker);
    worker->params = *params;
    worker->log = scrim_log_named("veil%u", params->worker);
    worker->packets = scrim_link_create(params->packets_fd, PACKETS_QUEUE);
    worker->desk = scrim_link_create(params->desk_fd, SCRIM_OUTLET_QUEUE);
    worker->schedule = scrim_schedule_create(DETECT_PERMILLE, DETECT_COST_US, false);
    worker->cameras =
        scrim_new_array(config->cameras_count / params->workers + 1, struct scrim_veil_camera *);
    for (unsigned i = params->worker; i < config->cameras_count; i += params->workers) {
        const struct scrim_camera_config *camera = &config->cameras[i];
        if (!camera->sub_url)
            scrim_info(&worker->log,
                       "camera=%s has no sub stream: its main stream is decoded, which costs more",
                       camera->id);
        worker->cameras[worker->count++] =
            scrim_veil_camera_create(&(struct scrim_veil_camera_params){
                .config = camera,
                .finder = params->finder,
                .schedule = worker->schedule,
                .outlet = scrim_outlet_of(worker->desk),
            });
        if (params->areas)
            scrim_veil_camera_areas(worker->cameras[worker->count - 1], params->areas[i]);
    }
    worker->load = scrim_load_create(worker->count);
    worker->reported_us = scrim_clock_mono_us();
    return worker;
}

void scrim_worker_destroy(struct scrim_worker *worker)
{
    if (!worker)
        return;
    for (unsigned i = 0; i < worker->count; i++)
        scrim_veil_camera_destroy(worker->cameras[i]);
    free(worker->cameras);
    scrim_load_destroy(worker->load);
    scrim_schedule_destroy(worker->schedule);
    scrim_link_destroy(worker->packets);
    scrim_link_destroy(worker->desk);
    free(worker);
}

static int say_hello(struct scrim_worker *worker, struct scrim_link *link)
{
    const unsigned w = worker->params.worker, n = worker->params.workers;
    const uint8_t body[6] = {0,          LINK_VERSION,      (uint8_t)(w >> 8),
                             (uint8_t)w, (uint8_t)(n >> 8), (uint8_t)n};
    return scrim_link_send(link, SCRIM_LINK_HELLO, 0, "", body, sizeof body, NULL, 0);
}

static struct scrim_veil_camera *find_camera(struct scrim_worker *worker, const char *id)
{
    for (unsigned i = 0; i < worker->count; i++)
        if (strcmp(scrim_veil_camera_id(worker->cameras[i]), id) == 0)
            return worker->cameras[i];
    return NULL;
}

// Tells the desk that this loop turns, and the kernel when to end it if it no longer does: a
// decoder or a detector that never returns. SIGALRM is not handled.
static void show_life(struct scrim_worker *worker, int64_t now_us)
{
    const struct itimerval hung = {.it_value.tv_sec = HUNG_S};
    if (now_us - worker->alive_us < ALIVE_US)
        return;
    worker->alive_us = now_us;
    setitimer(ITIMER_REAL, &hung, NULL);
    // A link that is full says more than this message would.
    (void)!scrim_link_send(worker->desk, SCRIM_LINK_ALIVE, 0, "", NULL, 0, NULL, 0);
}

// Who has time to wait has caught up, whatever clocks say. A camera whose clock steps, or whose
// best moment was better than any since, would count as late for ever otherwise.
static void forgive(struct scrim_worker *worker, int64_t now_us)
{
    const int64_t passed_us = now_us - worker->idle_since_us;
    if (passed_us < IDLE_US)
        return;
    for (unsigned i = 0; i < worker->count && worker->idle_us > passed_us / IDLE_SHARE; i++)
        scrim_veil_camera_forgive(worker->cameras[i]);
    worker->idle_us = 0;
    worker->idle_since_us = now_us;
}

// Everything about time: silence, overload, figures.
static void tick(struct scrim_worker *worker, int64_t now_us)
{
    if (now_us - worker->ticked_us < TICK_US)
        return;
    worker->ticked_us = now_us;
    forgive(worker, now_us);
    int64_t behind = 0;
    for (unsigned i = 0; i < worker->count; i++) {
        scrim_veil_camera_tick(worker->cameras[i], now_us);
        const int64_t camera_behind = scrim_veil_camera_behind(worker->cameras[i]);
        behind = camera_behind > behind ? camera_behind : behind;
    }
    scrim_load_report(worker->load, now_us, behind);
    for (unsigned i = 0; i < worker->count; i++)
        scrim_veil_camera_shed(worker->cameras[i], scrim_load_divisor(worker->load),
                               scrim_load_dark(worker->load, i));
}

static void report_all(struct scrim_worker *worker, int64_t now_us)
{
    unsigned dark = 0;
    int64_t behind_us = 0;
    worker->reported_us = now_us;
    for (unsigned i = 0; i < worker->count; i++) {
        const int64_t camera_us = scrim_veil_camera_behind(worker->cameras[i]);
        behind_us = camera_us > behind_us ? camera_us : behind_us;
        dark += scrim_load_dark(worker->load, i);
        scrim_veil_camera_report(worker->cameras[i]);
    }
    scrim_info(&worker->log,
               "cameras=%u divisor=%u dark=%u steps=%llu behind_ms=%lld cpu_ms=%lld "
               "detector_runs_per_s=%.1f",
               worker->count, scrim_load_divisor(worker->load), dark,
               (unsigned long long)scrim_load_steps(worker->load), (long long)(behind_us / 1000),
               (long long)(scrim_stage_now() / 1000), scrim_schedule_rate(worker->schedule));
}

static void report(struct scrim_worker *worker, int64_t now_us)
{
    if (now_us - worker->reported_us >= REPORT_US)
        report_all(worker, now_us);
}

// SIGUSR1 asks for the figures; whatever else there is to read ends the worker.
static bool take_signals(struct scrim_worker *worker)
{
    for (;;) {
        struct signalfd_siginfo info;
        const ssize_t got = read(worker->params.signals_fd, &info, sizeof info);
        if (got < 0)
            return false; // no more
        if (got != sizeof info || info.ssi_signo != SIGUSR1)
            return true;
        report_all(worker, scrim_clock_mono_us());
    }
}

// One message from the recorder. A camera that is not ours, or a kind of a later version, is passed
// over.
static int take_message(struct scrim_worker *worker, const struct scrim_link_message *message,
                        struct scrim_error *error)
{
    if (message->kind != SCRIM_LINK_STREAM && message->kind != SCRIM_LINK_PACKET &&
        message->kind != SCRIM_LINK_END)
        return SCRIM_OK;
    struct scrim_veil_camera *camera = find_camera(worker, message->camera);
    if (!camera)
        return SCRIM_OK;
    const int code = scrim_veil_camera_message(camera, message, scrim_clock_mono_us());
    return code < 0 ? scrim_fail(error, code, "the recorder sent a malformed message for camera %s",
                                 message->camera)
                    : code;
}

// What has arrived, but not so much that signals wait: one message may be a detector run. 1 if more
// may be there.
static int receive_packets(struct scrim_worker *worker, struct scrim_error *error)
{
    for (int i = 0; i < MESSAGES_PER_TURN; i++) {
        struct scrim_link_message message;
        int code = scrim_link_receive(worker->packets, &message);
        if (code == 0)
            return 0;
        if (code < 0)
            return scrim_fail(error, code, "the recorder has gone: %s", scrim_err_text(code));
        code = take_message(worker, &message, error);
        if (code < 0)
            return code;
        code = scrim_link_flush(worker->desk);
        if (code < 0)
            return scrim_fail(error, code, "the desk has gone");
    }
    return 1;
}

// Areas of a camera, or who watches it. A camera that is not ours, or a kind of a later version, is
// passed over.
static int take_from_desk(struct scrim_worker *worker, const struct scrim_link_message *message,
                          struct scrim_error *error)
{
    struct scrim_veil_camera *camera = find_camera(worker, message->camera);
    const struct scrim_reader body = scrim_reader_of(message->body, message->body_len);
    int code = SCRIM_OK;
    if (camera && message->kind == SCRIM_LINK_AREAS)
        code = scrim_veil_camera_areas_message(camera, body);
    else if (camera && message->kind == SCRIM_LINK_THIN_WANTED)
        code = scrim_veil_camera_thin_message(camera, body);
    return code < 0 ? scrim_fail(error, code, "the desk sent a malformed message for camera %s",
                                 message->camera)
                    : SCRIM_OK;
}

// What the desk says; reading also notices that it is gone.
static int receive_desk(struct scrim_worker *worker, struct scrim_error *error)
{
    for (int i = 0; i < MESSAGES_PER_TURN; i++) {
        struct scrim_link_message message;
        int code = scrim_link_receive(worker->desk, &message);
        if (code < 0)
            return scrim_fail(error, code, "the desk has gone: %s", scrim_err_text(code));
        if (code == 0)
            return 0;
        code = take_from_desk(worker, &message, error);
        if (code < 0)
            return code;
    }
    return 1;
}

static int turn(struct scrim_worker *worker, bool *ret_stop, struct scrim_error *error)
{
    struct pollfd fds[3] = {
        {scrim_link_fd(worker->packets), POLLIN, 0},
        {scrim_link_fd(worker->desk), POLLIN, 0},
        {worker->params.signals_fd, POLLIN, 0},
    };
    if (scrim_link_wants_write(worker->packets))
        fds[0].events |= POLLOUT;
    if (scrim_link_wants_write(worker->desk))
        fds[1].events |= POLLOUT;
    const int64_t begun_us = scrim_clock_mono_us();
    if (poll(fds, 3, worker->more ? 0 : (int)(TICK_US / 1000)) < 0 && errno != EINTR)
        return scrim_fail_errno(error, errno, "waiting for packets");
    worker->idle_us += scrim_clock_mono_us() - begun_us;
    *ret_stop = fds[2].revents != 0 && take_signals(worker);
    int code = scrim_link_flush(worker->packets);
    if (code < 0)
        return scrim_fail(error, code, "the recorder has gone");
    const int more_of_desk = receive_desk(worker, error);
    code = more_of_desk < 0 ? more_of_desk : receive_packets(worker, error);
    if (code < 0)
        return code;
    worker->more = code > 0 || more_of_desk > 0;
    const int64_t now_us = scrim_clock_mono_us();
    show_life(worker, now_us);
    tick(worker, now_us);
    report(worker, now_us);
    code = scrim_link_flush(worker->desk);
    return code < 0 ? scrim_fail(error, code, "the desk has gone") : SCRIM_OK;
}

int scrim_worker_run(struct scrim_worker *worker, struct scrim_error *error)
{
    if (say_hello(worker, worker->packets) < 0 || say_hello(worker, worker->desk) < 0)
        return scrim_fail(error, SCRIM_EINTERNAL, "no room for the first message");
    bool stop = false;
    while (!stop) {
        const int code = turn(worker, &stop, error);
        if (code < 0)
            return code;
    }
    return SCRIM_OK;
}
