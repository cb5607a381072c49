// scrim-opener: the guard of openings. Finds sealed segments for a request, and gives out the keys
// of its hours and the files themselves once its holders have signed that they agree. It reads what
// it is told nowhere else (opener/guard.h), and cannot open a segment: it has no share. One process
// a site, one thread.
//
// It connects to the desk once and then gives up sockets, so it ends when the desk does. It reads
// vaults, and builds its walls around the disks that are there, once, so it ends when a vault was
// dealt anew, or a disk came or went. Whoever started it starts it again.
#include "base/clock.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/signals.h"
#include "link/unix_socket.h"
#include "opener/confine.h"
#include "opener/server.h"
#include "store/disks.h"

#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRY_MS 200                      // until there is a desk, and a hour ring
#define WATCH_MS 1000                   // how soon a new vault or disk is noticed
#define PATIENCE_US (10 * SCRIM_SECOND) // then the log says what it waits for

static const struct scrim_opt options[] = {{0}};
static const struct scrim_opt_spec spec = {
    "scrim-opener DIR",
    "Guards what may be opened: gives out the keys of hours and sealed segments of requests that "
    "enough holders have approved. Started by `scrim up` or systemd.",
    options, 1, 1};

struct opener {
    struct scrim_log log;
    struct scrim_site site;
    char state[SCRIM_PATH_MAX];
    struct stat vault_file, vaults_dir; // as they were when the vaults were read; zero: not there
    struct stat disks[SCRIM_DISKS_MAX]; // … and when the walls were built
    struct scrim_vault_set *vaults;
    struct scrim_hour_ring *ring;
    struct scrim_openings *openings;
    struct scrim_guard *guard;
    struct scrim_opener_server *server;
    int signals;
};

// --- vaults ---

static struct stat look(const struct opener *opener, const char *name)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    const bool there = scrim_path_join(path, opener->state, name) >= 0 && stat(path, &info) == 0;
    return there ? info : (struct stat){0};
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int read_vaults(struct opener *opener, struct scrim_error *error)
{
    opener->vault_file = look(opener, SCRIM_VAULT_FILE);
    opener->vaults_dir = look(opener, SCRIM_VAULTS_DIR);
    return scrim_vault_set_load(opener->state, &opener->vaults, error);
}

static bool vaults_changed(const struct opener *opener)
{
    const struct stat file = look(opener, SCRIM_VAULT_FILE);
    const struct stat dir = look(opener, SCRIM_VAULTS_DIR);
    return !is_same(&file, &opener->vault_file) || !is_same(&dir, &opener->vaults_dir);
}

// --- disks ---

static struct stat look_at_disk(const struct opener *opener, unsigned at)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    const bool there =
        scrim_disks_path(path, &opener->site, at, NULL, NULL) >= 0 && stat(path, &info) == 0;
    return there ? info : (struct stat){0};
}

static void note_disks(struct opener *opener)
{
    for (unsigned at = 0; at < scrim_disks_count(&opener->site); at++)
        opener->disks[at] = look_at_disk(opener, at);
}

// Another file system is mounted at a disk's path, or none any more: it lies beyond the walls.
static bool disks_changed(const struct opener *opener)
{
    for (unsigned at = 0; at < scrim_disks_count(&opener->site); at++) {
        const struct stat now = look_at_disk(opener, at);
        if (now.st_dev != opener->disks[at].st_dev || now.st_ino != opener->disks[at].st_ino)
            return true;
    }
    return false;
}

// --- waiting for the others ---

// 1 once there is a hour ring, and a desk that is connected to; 0 not yet.
static int try_once(struct opener *opener, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int result = SCRIM_OK;
    if (!opener->ring)
        result = scrim_hour_ring_read(&opener->site, &opener->ring, error);
    if (result >= 0 && scrim_path_join(path, opener->site.dir, SCRIM_OPENER_SOCKET) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", opener->site.dir);
    if (result >= 0)
        result = scrim_unix_connect(path, SOCK_SEQPACKET, error);
    if (result < 0)
        return result == SCRIM_ENOENT || result == SCRIM_ENETWORK ? 0 : result;
    const struct scrim_guard_setup setup = {&opener->site, opener->vaults, opener->ring,
                                            opener->openings};
    opener->guard = scrim_guard_create(&setup);
    opener->server = scrim_opener_server_create(result, opener->guard);
    return 1;
}

// The keeper makes the ring and the desk its socket, each soon after it started. SCRIM_ECANCEL: a
// signal came first.
static int wait_for_others(struct opener *opener, struct scrim_error *error)
{
    struct pollfd signals = {.fd = opener->signals, .events = POLLIN};
    const int64_t begun_us = scrim_clock_mono_us();
    bool told = false;
    int result;
    while ((result = try_once(opener, error)) == 0) {
        if (!told && scrim_clock_mono_us() - begun_us > PATIENCE_US) {
            scrim_warn(&opener->log, "nothing can be opened yet: %s", error->text);
            told = true;
        }
        if (poll(&signals, 1, TRY_MS) > 0)
            return SCRIM_ECANCEL;
    }
    return result;
}

static int say_hello(struct opener *opener, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf proof;
    if (scrim_path_join(path, opener->site.dir, SCRIM_OPENER_PROOF_FILE) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", opener->site.dir);
    scrim_buf_init(&proof, 4096);
    int result = scrim_fs_read(path, &proof, error);
    if (result >= 0 && proof.len != SCRIM_OPENER_PROOF)
        result =
            scrim_fail(error, SCRIM_EFORMAT, "%s: not %d bytes long", path, SCRIM_OPENER_PROOF);
    if (result >= 0)
        result = scrim_opener_server_hello(opener->server, proof.data, error);
    scrim_buf_finish_wipe(&proof);
    return result;
}

// --- life ---

static int confine(struct opener *opener, struct scrim_error *error)
{
    if (!scrim_sandbox_lock_memory())
        scrim_warn(&opener->log, "not all memory may be locked (LimitMEMLOCK); keys are");
    struct scrim_error why = {0};
    note_disks(opener);
    const int result = scrim_opener_confine(&opener->site, &why);
    if (result == SCRIM_EUNSUPPORTED) {
        scrim_warn(&opener->log, "%s", why.text);
        return SCRIM_OK;
    }
    return result < 0 ? scrim_fail(error, result, "%s", why.text) : SCRIM_OK;
}

static int prepare(struct opener *opener, const char *dir, struct scrim_error *error)
{
    int result = scrim_sandbox_begin(error);
    if (result >= 0 && sodium_init() < 0)
        result = scrim_fail(error, SCRIM_EINTERNAL, "libsodium cannot be used here");
    json_object_seed(0); // from /dev/urandom, which is out of reach later
    signal(SIGPIPE, SIG_IGN);
    if (result >= 0)
        result = scrim_site_load(dir, &opener->site, error);
    if (result >= 0 && scrim_path_join(opener->state, opener->site.dir, "state") < 0)
        result = scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    if (result >= 0)
        result = opener->signals =
            scrim_signals_open((const int[]){SIGTERM, SIGINT, SIGHUP, 0}, error);
    if (result >= 0)
        result = read_vaults(opener, error);
    if (result >= 0)
        result = scrim_openings_open(opener->site.dir, opener->site.config->id, &opener->openings,
                                     error);
    if (result >= 0)
        result = wait_for_others(opener, error);
    if (result >= 0)
        result = say_hello(opener, error);
    return result < 0 ? result : confine(opener, error);
}

// Until a signal comes, the desk ends, a vault was dealt anew, or a disk came or went.
static int serve(struct opener *opener)
{
    struct pollfd fds[2] = {{.fd = opener->signals, .events = POLLIN},
                            {.fd = scrim_opener_server_fd(opener->server), .events = POLLIN}};
    int more = 0;
    while (more >= 0) {
        if (poll(fds, 2, more > 0 ? 0 : WATCH_MS) < 0)
            continue;
        if (fds[0].revents)
            return SCRIM_OK;
        if (vaults_changed(opener) || disks_changed(opener)) {
            scrim_info(&opener->log,
                       "a vault was dealt anew, or a disk came or went: starts again");
            return SCRIM_OK;
        }
        if (fds[1].revents)
            more = scrim_opener_server_take(opener->server);
        if (more >= 0)
            more = scrim_opener_server_step(opener->server);
    }
    return more;
}

static int run(struct opener *opener, const char *dir, struct scrim_error *error)
{
    int result = prepare(opener, dir, error);
    if (result < 0)
        return result == SCRIM_ECANCEL ? SCRIM_OK : result;
    scrim_info(&opener->log, "guarding %zu vault%s", scrim_vault_set_count(opener->vaults),
               scrim_vault_set_count(opener->vaults) == 1 ? "" : "s");
    result = serve(opener);
    if (result == SCRIM_ENETWORK) {
        scrim_info(&opener->log, "the desk has ended");
        return SCRIM_OK;
    }
    return result < 0 ? scrim_fail(error, result, "the desk asked what nobody may ask") : result;
}

int main(int argc, char **argv)
{
    const char *dir[2] = {0};
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, NULL, dir, &error);
    if (result == SCRIM_ECANCEL)
        return 0;
    if (result < 0) {
        fprintf(stderr, "scrim-opener: %s\n", error.text);
        return 2;
    }
    struct opener opener = {.log = scrim_log_named("opener"), .signals = -1};
    result = run(&opener, dir[0], &error);
    if (result < 0)
        fprintf(stderr, "scrim-opener: %s\n", error.text);
    scrim_opener_server_destroy(opener.server);
    scrim_guard_destroy(opener.guard);
    scrim_openings_close(opener.openings);
    scrim_hour_ring_close(opener.ring);
    scrim_vault_set_destroy(opener.vaults);
    scrim_site_finish(&opener.site);
    return result < 0 ? 1 : 0;
}
