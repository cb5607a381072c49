#include "recorder/parent.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/sandbox.h"
#include "base/signals.h"
#include "ingest/dial.h"
#include "recorder/confine.h"
#include "recorder/fork.h"
#include "recorder/orders.h"
#include "recorder/reload.h"
#include "recorder/sealer.h"
#include "recorder/streams.h"
#include "recorder/trials.h"
#include "recorder/vault_gate.h"
#include "store/disk.h"
#include "vault/test_opening.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWN_FDS (2 + SCRIM_TRIALS_FDS) // signals, dialer
#define WAIT_MS 1000
#define STOP_PATIENCE_US (12 * SCRIM_SECOND) // for the sealer, then it is killed
#define LEAVE_PATIENCE_US SCRIM_SECOND       // for the others

struct scrim_parent {
    struct scrim_site site;
    struct scrim_log log;
    struct scrim_vault vault; // as the sealer has it
    uint64_t boot;
    int lock_fd;                       // of the site's recorder, owned
    int signals, orders_fd, dialer_fd; // -1: none
    pid_t sealer, dialer;              // 0: ended
    struct scrim_secrets *secrets;
    struct scrim_streams *streams;
    struct scrim_trials *trials; // NULL: the desk's socket cannot be named
    struct scrim_known_cameras known;
    bool stopping; // on request
    bool ending;
};

// ---- Starting.

// The third descriptor is the lock's: until the sealer has written its last, no other recorder may
// begin, also when this process is killed.
static int seal(void *context, const int fds[SCRIM_FORK_FDS])
{
    struct scrim_sealer_setup setup = *(const struct scrim_sealer_setup *)context;
    setup.orders_fd = fds[0];
    setup.packets_fd = fds[1];
    return scrim_sealer_run(&setup);
}

static int start_sealer(struct scrim_parent *parent, struct scrim_sealer_setup *setup,
                        struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int orders[2];
    if (scrim_path_join(path, parent->site.dir, "run/packets.sock") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", parent->site.dir);
    const int packets_fd = scrim_link_listen(path, error);
    if (packets_fd < 0)
        return packets_fd;
    int result = scrim_datagram_pair(orders, error);
    if (result >= 0) {
        const int fds[SCRIM_FORK_FDS] = {orders[1], packets_fd, parent->lock_fd};
        result = parent->sealer = scrim_fork(seal, setup, "scrim-sealer", fds, error);
        parent->orders_fd = orders[0];
        close(orders[1]);
    }
    close(packets_fd);
    return result;
}

static int dial_once(const struct scrim_log *log, int fd)
{
    struct scrim_error error;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int result = scrim_dialer_confine(&error);
    if (result < 0)
        scrim_warn(log, "%s", error.text);
    return result < 0 && result != SCRIM_EUNSUPPORTED ? 1 : scrim_dial_run(fd);
}

// The dialer is started again by a process of its own, since the parent has no network to give.
// What it was dialling is dialled again when the streams lose patience.
static int dial(void *context, const int fds[SCRIM_FORK_FDS])
{
    const struct scrim_log *log = context;
    struct scrim_error error;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (scrim_sandbox_forbid(scrim_sandbox_never, &error) < 0)
        return 1;
    for (;;) {
        int status;
        const pid_t pid = fork();
        if (pid == 0)
            _exit(dial_once(log, fds[0]));
        if (pid < 0 || waitpid(pid, &status, 0) < 0)
            return 1;
        if (WIFEXITED(status))
            return WEXITSTATUS(status);
        scrim_error_log(log, "the dialer was ended by signal %d; again", WTERMSIG(status));
    }
}

static int start_dialer(struct scrim_parent *parent, struct scrim_error *error)
{
    int pair[2];
    int result = scrim_datagram_pair(pair, error);
    if (result < 0)
        return result;
    const int fds[SCRIM_FORK_FDS] = {pair[1], -1, -1};
    result = parent->dialer = scrim_fork(dial, &parent->log, "scrim-dialer", fds, error);
    parent->dialer_fd = pair[0];
    close(pair[1]);
    return result;
}

// The signing key is in this process only while chains are brought into order.
static int start_sealing(struct scrim_parent *parent, struct scrim_error *error)
{
    struct scrim_device_key *key = NULL;
    struct scrim_journal_head *heads =
        scrim_new_array(parent->site.config->cameras_count + 1, struct scrim_journal_head);
    int result = scrim_vault_load_live(parent->site.dir, &parent->vault, error);
    if (result >= 0)
        result = scrim_device_key_load(parent->site.dir, &key, error);
    if (result >= 0)
        result = scrim_boot_count(parent->site.dir, &parent->boot, error);
    if (result >= 0)
        result = scrim_known_cameras_recover(&parent->known, &parent->site, key, parent->boot,
                                             heads, error);
    if (result >= 0) {
        struct scrim_sealer_setup setup = {.site = &parent->site,
                                           .heads = heads,
                                           .key = key,
                                           .vault = &parent->vault,
                                           .boot = parent->boot};
        result = start_sealer(parent, &setup, error);
    }
    scrim_device_key_destroy(key);
    free(heads);
    return result;
}

static int start(struct scrim_parent *parent, struct scrim_error *error)
{
    int result = parent->signals =
        scrim_signals_open((const int[]){SIGTERM, SIGINT, SIGHUP, SIGCHLD, 0}, error);
    if (result >= 0)
        result = scrim_streams_check(&parent->site, error);
    // Before any process is forked, which would inherit passwords in the environment.
    if (result >= 0)
        result = scrim_secrets_load(&parent->site, NULL, &parent->secrets, error);
    if (result >= 0)
        result = start_sealing(parent, error);
    if (result >= 0)
        result = start_dialer(parent, error);
    if (result >= 0)
        result = scrim_parent_confine(error);
    if (result < 0)
        return result;
    parent->streams = scrim_streams_create(parent->orders_fd, parent->dialer_fd);
    scrim_streams_set(parent->streams, &parent->site, parent->secrets);
    parent->trials = scrim_trials_create(parent->site.dir, parent->streams);
    return SCRIM_OK;
}

int scrim_parent_create(struct scrim_site *site, int lock_fd, struct scrim_parent **ret,
                        struct scrim_error *error)
{
    struct scrim_parent *parent = scrim_new(struct scrim_parent);
    parent->site = *site;
    *site = (struct scrim_site){0};
    parent->log = scrim_log_named("recorder");
    parent->lock_fd = lock_fd;
    parent->signals = parent->orders_fd = parent->dialer_fd = -1;
    *ret = parent;
    return start(parent, error);
}

// ---- Serving.

// All of it or nothing: what the new scrim.yaml gets wrong leaves the cameras as they are.
static int take_over(struct scrim_parent *parent, struct scrim_error *error)
{
    struct scrim_site site;
    struct scrim_secrets *secrets = NULL;
    int result = scrim_site_load(parent->site.dir, &site, error);
    if (result < 0)
        return result;
    result = scrim_streams_check(&site, error);
    if (result >= 0)
        result = scrim_secrets_load(&site, parent->secrets, &secrets, error);
    if (result >= 0)
        result = scrim_reload(&parent->site, &site, &parent->known, parent->boot, parent->orders_fd,
                              error);
    if (result < 0) {
        scrim_secrets_destroy(secrets);
        scrim_site_finish(&site);
        return result;
    }
    scrim_streams_set(parent->streams, &site, secrets);
    scrim_secrets_destroy(parent->secrets);
    scrim_site_finish(&parent->site);
    parent->secrets = secrets;
    parent->site = site;
    return SCRIM_OK;
}

// After `scrim vault refresh` and `rotate`. What is wrong with it leaves the vault as it was, and
// is nothing that the cameras need wait for.
static void take_vault_over(struct scrim_parent *parent)
{
    struct scrim_vault vault;
    struct scrim_error error = {0};
    int result = scrim_vault_load_live(parent->site.dir, &vault, &error);
    if (result >= 0 &&
        memcmp(vault.dealing_id, parent->vault.dealing_id, sizeof vault.dealing_id) != 0) {
        result = scrim_vault_gate_send(parent->orders_fd, &vault, &error);
        if (result >= 0)
            parent->vault = vault;
    }
    if (result < 0)
        scrim_error_log(&parent->log, "the vault is not taken over: %s", error.text);
}

static void reload(struct scrim_parent *parent)
{
    struct scrim_error error = {0};
    if (take_over(parent, &error) < 0)
        scrim_error_log(&parent->log, "scrim.yaml is not taken over: %s", error.text);
    else
        scrim_info(&parent->log, "scrim.yaml is taken over: %u cameras",
                   parent->site.config->cameras_count);
    take_vault_over(parent);
}

static void reap(struct scrim_parent *parent)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == parent->sealer) {
            parent->sealer = 0;
        } else if (pid == parent->dialer) {
            parent->dialer = 0;
        } else if (parent->streams && !parent->ending) {
            (void)scrim_streams_ended(parent->streams, pid, status); // one may have left already
        }
    }
}

static void take_signals(struct scrim_parent *parent)
{
    struct signalfd_siginfo info;
    while (read(parent->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
            parent->stopping = true;
        else if (info.ssi_signo == SIGHUP)
            reload(parent);
    }
    reap(parent);
}

static void take_answers(struct scrim_parent *parent)
{
    struct scrim_control answer;
    int fds[SCRIM_DATAGRAM_FDS];
    while (scrim_control_receive(parent->dialer_fd, &answer, fds) > 0)
        scrim_streams_answer(parent->streams, &answer, fds);
}

int scrim_parent_serve(struct scrim_parent *parent, struct scrim_error *error)
{
    struct pollfd *fds = scrim_new_array(OWN_FDS + SCRIM_STREAMS_MAX, struct pollfd);
    int result = SCRIM_OK;
    while (result >= 0 && !parent->stopping) {
        fds[0] = (struct pollfd){.fd = parent->signals, .events = POLLIN};
        fds[1] = (struct pollfd){.fd = parent->dialer_fd, .events = POLLIN};
        if (scrim_streams_wait_for_dialer(parent->streams))
            fds[1].events |= POLLOUT;
        scrim_trials_poll(parent->trials, fds + 2);
        const size_t count = scrim_streams_poll(parent->streams, fds + OWN_FDS);
        if (poll(fds, OWN_FDS + count, WAIT_MS) < 0)
            continue; // EINTR
        if (fds[1].revents)
            take_answers(parent);
        scrim_trials_serve(parent->trials, fds + 2);
        result = scrim_streams_serve(parent->streams, fds + OWN_FDS, count, error);
        if (fds[0].revents)
            take_signals(parent);
        if (result >= 0 && parent->sealer == 0)
            result = scrim_fail(error, SCRIM_EINTERNAL, "the sealer ended: starting afresh");
        if (result >= 0 && parent->dialer == 0)
            result = scrim_fail(error, SCRIM_EINTERNAL, "the dialer ended: starting afresh");
    }
    free(fds);
    return result;
}

// ---- Ending.

static void wait_while(struct scrim_parent *parent, const pid_t *pid, int64_t patience_us)
{
    const int64_t until_us = scrim_clock_mono_us() + patience_us;
    struct pollfd wait = {.fd = parent->signals, .events = POLLIN};
    struct signalfd_siginfo info;
    for (reap(parent); *pid > 0 && scrim_clock_mono_us() < until_us; reap(parent)) {
        poll(&wait, 1, 100);
        while (read(parent->signals, &info, sizeof info) == (ssize_t)sizeof info)
            ; // how they end is all that counts now
    }
}

// Without the order it sees its parent go, and its journals say so.
static void end_sealer(struct scrim_parent *parent)
{
    const struct scrim_order stop = {.kind = SCRIM_ORDER_STOP};
    if (parent->sealer <= 0)
        return;
    if (parent->stopping && scrim_order_send(parent->orders_fd, &stop, -1) < 0)
        scrim_warn(&parent->log, "the sealer does not hear");
    scrim_close_fd(&parent->orders_fd);
    wait_while(parent, &parent->sealer, STOP_PATIENCE_US);
    if (parent->sealer > 0) {
        scrim_error_log(&parent->log, "the sealer does not end: killed");
        kill(parent->sealer, SIGKILL);
    }
}

void scrim_parent_destroy(struct scrim_parent *parent)
{
    if (!parent)
        return;
    parent->ending = true;
    end_sealer(parent);
    scrim_trials_destroy(parent->trials);
    scrim_streams_destroy(parent->streams); // they see their sockets close, and leave
    parent->streams = NULL;
    scrim_close_fd(&parent->dialer_fd);
    if (parent->dialer > 0)
        wait_while(parent, &parent->dialer, LEAVE_PATIENCE_US);
    scrim_close_fd(&parent->orders_fd);
    scrim_close_fd(&parent->signals);
    scrim_close_fd(&parent->lock_fd);
    scrim_secrets_destroy(parent->secrets);
    scrim_known_cameras_finish(&parent->known);
    scrim_site_finish(&parent->site);
    free(parent);
}
