// scrim up: runs a site in the foreground. Makes the sockets, starts keeper, recorder, veil
// workers, desk and the guard of openings, starts again what ends, and on SIGINT or SIGTERM ends
// all of it. On SIGHUP, and when the cameras in cameras.d changed, a scrim.yaml that is sound is
// taken over: by the recorder while it records on, by the others with a new start. The listening
// sockets belong to this process, so they outlive a crash of the program that serves them.
#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/signals.h"
#include "cli/child.h"
#include "cli/commands.h"
#include "cli/invite.h"
#include "keeper/admitted.h"
#include "site/cameras_dir.h"
#include "store/layout.h"
#include "vault/test_opening.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOP_PATIENCE_US (15 * SCRIM_SECOND) // then SIGKILL
// After a change in cameras.d: until several that belong together are done, and the desk has
// answered who made it.
#define SETTLE_US (SCRIM_SECOND / 2)

// Places among the children; the veil's workers come last.
enum { KEEPER, RECORDER, DESK, OPENER, OIDC, VEIL };

struct supervisor {
    struct scrim_log log;
    struct scrim_site site;
    struct scrim_child *children;
    size_t children_count;
    int signals;        // signalfd
    int changes;        // inotify on cameras.d, -1: none
    int64_t changed_us; // monotonic, of the last change there; 0: none that waits
    bool has_terminal;
    bool can_open; // scrim-opener is installed
    bool stopping;
};

static unsigned worker_count(const struct scrim_site_config *config)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned workers =
        config->veil_workers ? config->veil_workers : (unsigned)(cores > 0 ? cores : 1);
    if (workers > config->cameras_count)
        workers = config->cameras_count;
    return workers > 0 ? workers : 1;
}

static int listen_at(const struct supervisor *up, const char *name, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    if (scrim_path_join(path, up->site.dir, name) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", up->site.dir);
    return scrim_link_listen(path, error);
}

static int describe_children(struct supervisor *up, struct scrim_error *error)
{
    const unsigned workers = worker_count(up->site.config);
    const int keys = listen_at(up, SCRIM_KEYS_SOCKET, error);
    if (keys < 0)
        return keys;
    const int packets = listen_at(up, "run/packets.sock", error);
    if (packets < 0)
        return packets;
    const int desk = listen_at(up, "run/desk.sock", error);
    if (desk < 0)
        return desk;

    up->children = scrim_new_array(VEIL + workers, struct scrim_child);
    up->children_count = VEIL + workers;
    scrim_child_init(&up->children[KEEPER], "scrim-keeper", "keeper", keys);
    scrim_child_init(&up->children[RECORDER], "scrim-recorder", "recorder", packets);
    scrim_child_init(&up->children[DESK], "scrimd", "desk", desk);
    scrim_child_init(&up->children[OPENER], "scrim-opener", "opener", -1);
    scrim_child_init(&up->children[OIDC], "scrim-oidc", "oidc", -1);
    for (unsigned i = 0; i < workers; i++) {
        char name[32], worker[16], count[16];
        struct scrim_child *veil = &up->children[VEIL + i];
        snprintf(name, sizeof name, "veil-%u", i);
        snprintf(worker, sizeof worker, "%u", i);
        snprintf(count, sizeof count, "%u", workers);
        scrim_child_init(veil, "scrim-veil", name, -1);
        scrim_child_argument(veil, "--worker");
        scrim_child_argument(veil, worker);
        scrim_child_argument(veil, "--workers");
        scrim_child_argument(veil, count);
    }
    for (size_t i = 0; i < up->children_count; i++)
        scrim_child_argument(&up->children[i], up->site.dir);
    return SCRIM_OK;
}

// Cameras' passwords in the environment are the recorder's. NULL-terminated; the caller frees it.
static const char **password_variables(const struct scrim_site_config *config)
{
    const char **names = scrim_new_array(config->cameras_count + 1, const char *);
    size_t count = 0;
    for (unsigned i = 0; i < config->cameras_count; i++) {
        if (config->cameras[i].password_env)
            names[count++] = config->cameras[i].password_env;
    }
    return names;
}

static void start_child(struct supervisor *up, size_t place)
{
    const char **withheld = password_variables(up->site.config);
    struct scrim_error error;
    if (scrim_child_start(&up->children[place], place == RECORDER ? NULL : withheld, &error) < 0)
        scrim_error_log(&up->log, "%s: %s", up->children[place].name, error.text);
    free(withheld);
}

// scrim-oidc runs while scrim.yaml names a provider, scrim-opener where it is installed.
static bool is_wanted(const struct supervisor *up, size_t place)
{
    if (place == OPENER)
        return up->can_open;
    return place != OIDC || up->site.config->oidc;
}

static size_t wanted_count(const struct supervisor *up)
{
    size_t count = 0;
    for (size_t i = 0; i < up->children_count; i++)
        count += is_wanted(up, i);
    return count;
}

// Recording and looking at the redacted picture need none of it, so a site goes on without.
static void look_for_opener(struct supervisor *up)
{
    const char *path = up->children[OPENER].arguments[0];
    up->can_open = access(path, X_OK) == 0;
    if (!up->can_open)
        scrim_error_log(
            &up->log, "%s is not there: nothing can be opened over the desk; all else runs", path);
}

// Starts what is due; returns the milliseconds until the next one is, or -1 for none.
static int start_due(struct supervisor *up)
{
    const int64_t now = scrim_clock_mono_us();
    int64_t next = -1;
    for (size_t i = 0; i < up->children_count; i++) {
        struct scrim_child *child = &up->children[i];
        if (!is_wanted(up, i))
            continue;
        if (child->pid == 0 && child->due_us <= now)
            start_child(up, i);
        if (child->pid == 0 && (next < 0 || child->due_us - now < next))
            next = child->due_us > now ? child->due_us - now : 0;
    }
    return next < 0 ? -1 : (int)(next / 1000) + 1;
}

static void say_faults(const struct supervisor *up, const struct scrim_site *site)
{
    for (unsigned i = 0; i < site->faults_count; i++)
        scrim_error_log(&up->log, "a camera is left out: %s", site->faults[i].text);
}

// Veil and desk start within a second, and what they show pauses for as long. The number of the
// veil's workers stays.
static void reload(struct supervisor *up)
{
    struct scrim_site site;
    struct scrim_error error;
    if (scrim_site_load(up->site.dir, &site, &error) < 0) {
        scrim_error_log(&up->log, "scrim.yaml is not taken over: %s", error.text);
        return;
    }
    say_faults(up, &site);
    if (scrim_admission_change(&up->site, &site, &error) <
        0) { // the keeper would not start with it
        scrim_error_log(&up->log, "scrim.yaml is not taken over: %s", error.text);
        scrim_site_finish(&site);
        return;
    }
    scrim_site_finish(&up->site);
    up->site = site;
    for (size_t i = 0; i < up->children_count; i++) {
        struct scrim_child *child = &up->children[i];
        child->expected = child->pid > 0 && i != RECORDER;
        if (child->pid > 0)
            kill(child->pid, i == RECORDER ? SIGHUP : SIGTERM);
    }
}

// The terminal that the site was started from is gone: nobody asked for a new configuration.
static bool lost_terminal(const struct supervisor *up)
{
    return up->has_terminal && tcgetpgrp(STDIN_FILENO) < 0;
}

static void reap(struct supervisor *up)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < up->children_count; i++) {
            if (up->children[i].pid == pid)
                scrim_child_ended(&up->children[i], status, up->stopping ? NULL : &up->log);
        }
    }
}

static void signal_all(struct supervisor *up, int number)
{
    for (size_t i = 0; i < up->children_count; i++) {
        if (up->children[i].pid > 0)
            kill(up->children[i].pid, number);
    }
}

static bool any_runs(const struct supervisor *up)
{
    for (size_t i = 0; i < up->children_count; i++) {
        if (up->children[i].pid > 0)
            return true;
    }
    return false;
}

// Files that are being written, and passwords, which come with a camera's file or not at all, are
// no change.
static bool is_change(const struct inotify_event *event)
{
    const char *name = event->len > 0 ? event->name : "";
    const size_t length = strlen(name);
    return strcmp(name, SCRIM_CAMERAS_CHANGED) == 0 ||
           (length > 5 && strcmp(name + length - 5, ".yaml") == 0);
}

static void look_at_changes(struct supervisor *up)
{
    _Alignas(struct inotify_event) char events[4096];
    ssize_t got;
    while ((got = read(up->changes, events, sizeof events)) > 0) {
        const struct inotify_event *event;
        for (const char *at = events; at < events + got; at += sizeof *event + event->len) {
            event = (const struct inotify_event *)(const void *)at;
            if (is_change(event) || (event->mask & IN_Q_OVERFLOW))
                up->changed_us = scrim_clock_mono_us();
        }
    }
}

// A site without the directory gets it, so that there is something to watch.
static void watch_cameras(struct supervisor *up)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_error error = {.text = "path too long"};
    if (scrim_path_join(path, up->site.dir, SCRIM_CAMERAS_DIR) >= 0 &&
        scrim_cameras_dir_make(up->site.dir, &error) >= 0) {
        up->changes = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (up->changes >= 0 &&
            inotify_add_watch(up->changes, path,
                              IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE) >= 0)
            return;
        scrim_fail_errno(&error, errno, "%s", path);
    }
    scrim_close_fd(&up->changes);
    scrim_warn(&up->log, "changes in %s need SIGHUP: %s", SCRIM_CAMERAS_DIR, error.text);
}

// Milliseconds until a change in cameras.d is taken over, or `otherwise_ms` (-1: for ever).
static int until_settled(const struct supervisor *up, int otherwise_ms)
{
    if (up->changed_us == 0)
        return otherwise_ms;
    const int64_t left_us = up->changed_us + SETTLE_US - scrim_clock_mono_us();
    const int left_ms = left_us > 0 ? (int)(left_us / 1000) + 1 : 0;
    return otherwise_ms >= 0 && otherwise_ms < left_ms ? otherwise_ms : left_ms;
}

static void take_settled(struct supervisor *up)
{
    if (up->changed_us == 0 || scrim_clock_mono_us() - up->changed_us < SETTLE_US)
        return;
    up->changed_us = 0;
    if (!up->stopping)
        reload(up);
}

static void wait_for_signal(struct supervisor *up, int timeout_ms)
{
    struct pollfd wait[] = {{.fd = up->signals, .events = POLLIN},
                            {.fd = up->changes, .events = POLLIN}};
    const int ready = poll(wait, 2, until_settled(up, timeout_ms));
    if (ready > 0 && wait[1].revents)
        look_at_changes(up);
    take_settled(up);
    if (ready <= 0 || !wait[0].revents)
        return;
    struct signalfd_siginfo info;
    bool again = false;
    while (read(up->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        again |= info.ssi_signo == SIGHUP;
        up->stopping |= info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM;
    }
    up->stopping |= again && lost_terminal(up);
    if (again && !up->stopping)
        reload(up);
    reap(up);
}

static void run(struct supervisor *up)
{
    while (!up->stopping)
        wait_for_signal(up, start_due(up));

    scrim_info(&up->log, "stopping");
    signal_all(up, SIGTERM);
    const int64_t patience = scrim_clock_mono_us() + STOP_PATIENCE_US;
    while (any_runs(up) && scrim_clock_mono_us() < patience)
        wait_for_signal(up, 100);
    for (size_t i = 0; i < up->children_count; i++) {
        if (up->children[i].pid > 0)
            scrim_warn(&up->log, "%s does not end: killed", up->children[i].name);
    }
    signal_all(up, SIGKILL);
    while (any_runs(up))
        wait_for_signal(up, 100);
}

static int up_site(struct supervisor *up, const char *dir, struct scrim_error *error)
{
    int result = scrim_site_load(dir, &up->site, error);
    if (result < 0)
        return result;
    struct scrim_vault vault;
    result = scrim_vault_load_live(up->site.dir, &vault, error);
    if (result < 0)
        return result;
    char path[SCRIM_PATH_MAX];
    if (scrim_path_join(path, up->site.dir, "run") < 0 ||
        scrim_fs_make_dirs(path, 0700, error) < 0 ||
        scrim_path_join(path, up->site.dir, "run/site.lock") < 0)
        return scrim_fail_prefix(error, "%s", dir);
    result = scrim_fs_lock(path, error); // held until the process ends
    if (result >= 0)
        result = scrim_admission_start(&up->site, error);
    if (result >= 0)
        result = up->signals =
            scrim_signals_open((const int[]){SIGINT, SIGTERM, SIGHUP, SIGCHLD, 0}, error);
    up->has_terminal = isatty(STDIN_FILENO);
    if (result >= 0) {
        watch_cameras(up);
        say_faults(up, &up->site);
        result = scrim_invite_first(&up->site, error);
    }
    if (result >= 0)
        result = describe_children(up, error);
    if (result >= 0)
        look_for_opener(up);
    return result;
}

int scrim_cmd_up(int argc, char **argv)
{
    static const struct scrim_opt options[] = {{0}};
    static const struct scrim_opt_spec spec = {
        "scrim up DIR",
        "Runs a site until SIGINT or SIGTERM: keeper, recorder, veil workers, desk and guard of "
        "openings, each started again when it ends.",
        options, 1, 1};
    const char *positionals[2];
    struct scrim_error error = {0};
    const int parsed = scrim_opt_parse(&spec, argc, argv, NULL, positionals, &error);
    if (parsed < 0)
        return scrim_cmd_usage("up", parsed, &error);

    struct supervisor up = {.log = scrim_log_named("up"), .signals = -1, .changes = -1};
    const int result = up_site(&up, positionals[0], &error);
    if (result >= 0) {
        scrim_info(&up.log, "site=%s cameras=%u programs=%zu", up.site.config->id,
                   up.site.config->cameras_count, wanted_count(&up));
        run(&up);
    }
    for (size_t i = 0; i < up.children_count; i++)
        scrim_child_finish(&up.children[i]);
    free(up.children);
    scrim_close_fd(&up.changes);
    scrim_site_finish(&up.site);
    return result < 0 ? scrim_cmd_failed("up", &error) : 0;
}
