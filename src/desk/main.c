// scrimd: users, timeline, live and recorded redacted pictures. Opens what it needs, locks itself
// in, and runs until SIGTERM. It never sees an original: nobody sends it one, and it may connect to
// nobody.
#include "base/alloc.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "desk/api.h"
#include "desk/api_requests.h"
#include "desk/auth.h"
#include "desk/catalog.h"
#include "desk/glass_side.h"
#include "desk/oidc_side.h"
#include "desk/opener_side.h"
#include "desk/request_export.h"
#include "desk/second_step.h"
#include "desk/status_side.h"
#include "desk/vault_state.h"
#include "httpd/tls_cert.h"
#include "site/cameras_dir.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 12800   // descriptors, where the system allows as many
#define FILES_OF_OURS 512 // of them: databases, workers, the archive; the rest is for viewers
#define WS_QUEUE_BYTES (8U << 20) // hard ceiling; live.c drops long before
#define EXPIRE_MS 60000

// All that main opens, in the order in which it is opened.
struct program {
    struct scrim_desk desk;
    struct scrim_assets *assets;
    struct scrim_users *users; // until auth takes it
    struct scrim_auth *auth;
    struct scrim_catalog *catalog;
    struct scrim_status_side *status;
    int lock_fd, listen_fd, status_fd; // -1: not (or no longer) ours
    char tls_key[SCRIM_PATH_MAX], tls_cert[SCRIM_PATH_MAX];
    uv_signal_t signals[2];
    uv_timer_t expire;
    size_t connections_max;
    bool loop_ready, handles_ready;
};

void scrim_desk_stop(struct scrim_desk *desk, int status_code)
{
    desk->status_code = status_code;
    uv_stop(&desk->loop);
}

// --- what the peers say ---

static void on_status(void *context, unsigned camera, const struct scrim_camera_status *status)
{
    struct scrim_desk *desk = context;
    desk->status[camera] = *status;
}

static void on_recorder(void *context, bool connected)
{
    struct scrim_desk *desk = context;
    scrim_disk_report_finish(&desk->disks);
    for (unsigned i = 0; i < desk->site.config->cameras_count; i++)
        scrim_camera_status_unknown(&desk->status[i],
                                    connected ? "the recorder has just started"
                                              : "the recorder is not running",
                                    scrim_clock_utc_us());
}

static void on_disks(void *context, struct scrim_disk_report *report)
{
    struct scrim_desk *desk = context;
    scrim_disk_report_finish(&desk->disks);
    desk->disks = *report;
}

static void on_storage(void *context, json_t *report)
{
    struct scrim_desk *desk = context;
    json_decref(desk->storage);
    desk->storage = report;
}

// What scrim.yaml wants forgotten goes to viewers only.
static bool is_kept(const struct scrim_desk *desk, unsigned camera)
{
    return desk->site.config->cameras[camera].keep != SCRIM_KEEP_NOTHING;
}

static void on_init(void *context, unsigned camera, enum scrim_rendition rendition,
                    const struct scrim_live_init *init)
{
    struct scrim_desk *desk = context;
    scrim_live_begin(desk->live, camera, rendition, init);
    if (rendition == SCRIM_RENDITION_FULL && is_kept(desk, camera))
        scrim_archive_init(desk->archive, camera, init->mime, init->segment, init->segment_len);
}

static int on_frame(void *context, unsigned camera, enum scrim_rendition rendition,
                    const struct scrim_live_frame *frame)
{
    struct scrim_desk *desk = context;
    const int result = scrim_live_frame(desk->live, camera, rendition, frame);
    if (result >= 0 && rendition == SCRIM_RENDITION_FULL && is_kept(desk, camera))
        scrim_archive_frame(desk->archive, camera, frame);
    return result;
}

static void on_want(void *context, unsigned camera, bool wanted)
{
    struct scrim_desk *desk = context;
    const uint8_t body = wanted;
    if (desk->peers)
        scrim_peers_tell(desk->peers, camera, SCRIM_LINK_THIN_WANTED, &body, sizeof body);
}

static void on_worker_here(void *context, unsigned camera)
{
    const struct scrim_desk *desk = context;
    scrim_areas_worker_here(desk->areas, camera);
}

static void on_areas_taken(void *context, unsigned camera, uint64_t revision, bool understood)
{
    const struct scrim_desk *desk = context;
    scrim_areas_taken(desk->areas, camera, revision, understood);
}

static void on_admitted(void *context, const struct scrim_peer_admitted *admitted)
{
    const struct scrim_desk *desk = context;
    scrim_cameras_admitted(desk->cameras, admitted);
}

static bool on_glass(void *context, const struct scrim_link_message *message)
{
    const struct scrim_desk *desk = context;
    return message->kind == SCRIM_LINK_GLASS_STATE
               ? scrim_glass_side_state(desk->glass, message->body, message->body_len)
               : scrim_glass_side_answer(desk->glass, message->body, message->body_len);
}

static void on_keeper_gone(void *context)
{
    const struct scrim_desk *desk = context;
    scrim_glass_side_lost(desk->glass);
}

static enum scrim_veil_was veil_was(enum scrim_live_state state)
{
    switch (state) {
    case SCRIM_LIVE_LIVE: return SCRIM_VEIL_WAS_LIVE;
    case SCRIM_LIVE_OPAQUE: return SCRIM_VEIL_WAS_OPAQUE;
    case SCRIM_LIVE_WAITING: return SCRIM_VEIL_WAS_WAITING;
    case SCRIM_LIVE_DOWN: break;
    }
    return SCRIM_VEIL_WAS_DOWN;
}

static void on_tried(void *context, const struct scrim_trial_report *report)
{
    const struct scrim_desk *desk = context;
    if (report)
        scrim_trials_take(desk->trials, report);
    else
        scrim_trials_lost(desk->trials);
}

static void on_veil_state(void *context, unsigned camera, enum scrim_live_state state,
                          const char *reason)
{
    struct scrim_desk *desk = context;
    if (state == SCRIM_LIVE_DOWN)
        scrim_areas_worker_gone(desk->areas, camera);
    scrim_live_set_state(desk->live, camera, state, reason);
    scrim_catalog_note_state(desk->past, camera, veil_was(state), reason);
    if (state == SCRIM_LIVE_DOWN)
        scrim_archive_end(desk->archive, camera);
}

// --- opening ---

static int site_path(const struct program *program, const char *below, char ret[SCRIM_PATH_MAX],
                     struct scrim_error *error)
{
    return scrim_path_join(ret, program->desk.site.dir, below) < 0
               ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", program->desk.site.dir)
               : SCRIM_OK;
}

static int make_dirs(const struct program *program, struct scrim_error *error)
{
    static const char *const names[] = {"run", "veil",          "store",
                                        "map", SCRIM_PLANS_DIR, SCRIM_AREAS_DIR};
    int result = SCRIM_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names && result >= 0; i++) {
        char path[SCRIM_PATH_MAX];
        result = site_path(program, names[i], path, error);
        if (result >= 0 && access(path, F_OK) < 0)
            result = scrim_fs_make_dirs(path, 0700, error);
    }
    return result;
}

static int lock_site(struct program *program, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int result = site_path(program, "run/scrimd.lock", path, error);
    if (result >= 0)
        result = program->lock_fd = scrim_fs_lock(path, error);
    return result;
}

static int prepare_tls(struct program *program, struct scrim_error *error)
{
    char host[256], fingerprint[SCRIM_FINGERPRINT_TEXT];
    const char *listen = program->desk.site.config->listen;
    const char *colon = strrchr(listen, ':');
    const bool bracketed = listen[0] == '[';
    snprintf(host, sizeof host, "%.*s", (int)(colon - listen) - 2 * bracketed, listen + bracketed);
    int result = site_path(program, "state/keys/tls.key", program->tls_key, error);
    if (result >= 0)
        result = site_path(program, "state/keys/tls.crt", program->tls_cert, error);
    if (result >= 0)
        result = scrim_tls_ensure(program->tls_key, program->tls_cert, host, error);
    if (result >= 0)
        result = scrim_tls_check(program->tls_key, program->tls_cert, fingerprint, error);
    if (result >= 0)
        scrim_info(&program->desk.log, "certificate SHA-256 %s", fingerprint);
    return result;
}

// $SCRIM_WEB, <dir of executable>/../web, /usr/share/scrim/web. Without a page the API still works.
static void load_page(struct program *program)
{
    char beside[SCRIM_PATH_MAX] = "", program_path[SCRIM_PATH_MAX - 16];
    const ssize_t length = readlink("/proc/self/exe", program_path, sizeof program_path - 1);
    if (length > 0) {
        program_path[length] = '\0';
        *strrchr(program_path, '/') = '\0';
        snprintf(beside, sizeof beside, "%s/../web", program_path);
    }
    const char *const places[] = {getenv("SCRIM_WEB"), beside, "/usr/share/scrim/web"};
    struct scrim_error error;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!places[i] || !places[i][0] || access(places[i], R_OK) < 0)
            continue;
        if (scrim_assets_load(places[i], &program->assets, &error) >= 0)
            return;
        scrim_error_log(&program->desk.log, "%s", error.text);
    }
    scrim_warn(&program->desk.log, "the page is not installed: only the API is served");
}

static int listen_for_peers(struct program *program, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int result = site_path(program, "run/desk.sock", path, error);
    if (result >= 0)
        result = program->listen_fd = scrim_link_listen(path, error);
    return result;
}

static int listen_for_status(struct program *program, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int result = site_path(program, SCRIM_STATUS_SOCKET, path, error);
    if (result >= 0)
        result = program->status_fd = scrim_link_bind(path, error);
    return result;
}

// Without a token that can be used the desk works; only Prometheus is not let in.
static void open_metrics_token(struct program *program)
{
    struct scrim_error error;
    struct scrim_desk *desk = &program->desk;
    if (scrim_metrics_token_open(desk->site.dir, &desk->metrics_token, &error) < 0)
        scrim_error_log(&desk->log, "/metrics takes no token: %s", error.text);
}

// Without it no zone can be chosen but UTC.
static void load_zones(struct program *program)
{
    struct scrim_error error;
    struct scrim_desk *desk = &program->desk;
    if (scrim_zones_load("/usr/share/zoneinfo/tzdata.zi", &desk->zones, &error) < 0) {
        scrim_warn(&desk->log, "time zones are not known: %s", error.text);
        desk->zones = scrim_zones_parse("", 0);
    }
    scrim_zones_local("/etc/localtime", desk->local_zone);
}

static int open_history(struct scrim_desk *desk, struct scrim_error *error)
{
    const struct scrim_site_config *config = desk->site.config;
    const char **ids = scrim_new_array(config->cameras_count + 1, const char *);
    for (unsigned i = 0; i < config->cameras_count; i++)
        ids[i] = config->cameras[i].id;
    const int result =
        scrim_history_open(desk->site.dir, ids, config->cameras_count, &desk->history, error);
    free(ids);
    return result;
}

static int open_state(struct program *program, const char *dir, struct scrim_error *error)
{
    struct scrim_desk *desk = &program->desk;
    int result = scrim_site_load(dir, &desk->site, error);
    if (result >= 0)
        result = make_dirs(program, error);
    if (result >= 0)
        result = lock_site(program, error);
    if (result >= 0)
        result = prepare_tls(program, error);
    if (result >= 0)
        result = scrim_users_open(desk->site.dir, &program->users, error);
    if (result >= 0)
        result = scrim_second_step_open(desk->site.dir, &desk->second, error);
    if (result >= 0 && desk->site.config->oidc)
        result = scrim_oidc_side_open(desk->site.dir, &desk->oidc, error);
    if (result >= 0)
        result = scrim_opener_side_create(desk->site.dir, &desk->opener, error);
    if (result >= 0)
        result = scrim_acts_open(desk->site.dir, desk->site.config->id, &desk->acts, error);
    desk->vault = scrim_vault_state_open(desk->site.dir, &desk->log);
    if (result >= 0)
        result = scrim_requests_open(desk->site.dir, desk->site.config->id, desk->acts, desk->vault,
                                     &desk->requests, error);
    if (result >= 0)
        result = scrim_exports_open(desk->site.dir, desk->acts, &desk->exports, error);
    if (result >= 0)
        scrim_areas_open(&desk->site, desk->acts, &desk->areas);
    if (result >= 0)
        result = scrim_cameras_open(&desk->site, desk->acts, &desk->cameras, error);
    if (result >= 0)
        result = open_history(desk, error);
    if (result >= 0)
        result = scrim_plans_open(desk->site.dir, &desk->plans, error);
    if (result >= 0)
        result = scrim_catalog_open(desk, &program->catalog, error);
    if (result >= 0)
        result = listen_for_peers(program, error);
    if (result >= 0)
        result = listen_for_status(program, error);
    if (result < 0)
        return result;
    open_metrics_token(program);
    load_zones(program);
    load_page(program);
    return result;
}

static int open_network(struct program *program, struct scrim_error *error)
{
    struct scrim_desk *desk = &program->desk;
    const unsigned cameras = desk->site.config->cameras_count;
    desk->live = scrim_live_create(cameras, on_want, desk);
    desk->sessions = scrim_sessions_create();
    desk->throttle = scrim_throttle_create();
    desk->status = scrim_new_array(cameras + 1, struct scrim_camera_status);
    on_recorder(desk, false);

    const int failed = uv_loop_init(&desk->loop);
    if (failed != 0)
        return scrim_fail(error, SCRIM_EINTERNAL, "cannot make a loop: %s", uv_strerror(failed));
    program->loop_ready = true;
    const struct scrim_httpd_config http = {
        .listen = desk->site.config->listen,
        .cert_file = program->tls_cert,
        .key_file = program->tls_key,
        .routes = scrim_api_routes,
        .routes_count = scrim_api_routes_count,
        .admit = scrim_auth_admit,
        .context = desk,
        .assets = program->assets,
        .max_connections = program->connections_max,
        .ws_queue_bytes = WS_QUEUE_BYTES,
    };
    const struct scrim_peers_handler handler = {
        .status = on_status,
        .recorder = on_recorder,
        .disks = on_disks,
        .storage = on_storage,
        .init = on_init,
        .frame = on_frame,
        .veil_state = on_veil_state,
        .worker_here = on_worker_here,
        .areas_taken = on_areas_taken,
        .admitted = on_admitted,
        .glass = on_glass,
        .keeper_gone = on_keeper_gone,
        .tried = on_tried,
        .context = desk,
    };
    int result = scrim_httpd_create(&desk->loop, &http, &desk->httpd, error);
    if (result < 0)
        return result;
    result = scrim_peers_create(&desk->loop, program->listen_fd, &desk->site, &handler,
                                &desk->peers, error);
    program->listen_fd = -1; // taken over
    if (result < 0)
        return result;
    desk->glass = scrim_glass_side_create(&desk->loop, desk->peers);
    desk->oidc_begun = scrim_oidc_begun_create();
    if (desk->oidc)
        result = scrim_oidc_side_start(desk->oidc, &desk->loop, error);
    if (result >= 0)
        result = scrim_opener_side_start(desk->opener, &desk->loop, error);
    if (result < 0)
        return result;
    result = scrim_status_side_create(desk, program->status_fd, &program->status, error);
    program->status_fd = -1; // taken over
    return result;
}

// Both databases and the page are open by now, so state/ is out of reach with all keys.
static int confine(const struct program *program, struct scrim_error *error)
{
    static const char *const denied[] = {"socket", "socketpair", "connect", "bind", "listen", NULL};
    const unsigned all = SCRIM_MAY_READ | SCRIM_MAY_APPEND | SCRIM_MAY_CREATE | SCRIM_MAY_REMOVE;
    const struct {
        const char *below;
        unsigned rights;
    } wanted[] = {
        {"veil", all},
        {"store", SCRIM_MAY_READ}, // the journals
        {SCRIM_AREAS_DIR, all},
        {SCRIM_EXPORTS_DIR, all},
        {SCRIM_REQUESTS_DIR, all},
        {SCRIM_PLANS_DIR, all},
        {SCRIM_HISTORY_DIR, SCRIM_MAY_READ | SCRIM_MAY_APPEND | SCRIM_MAY_CREATE},
        {SCRIM_CAMERAS_DIR, // written, and never read back: passwords lie there
         SCRIM_MAY_LIST | SCRIM_MAY_APPEND | SCRIM_MAY_CREATE | SCRIM_MAY_REMOVE},
        {"map", SCRIM_MAY_READ},                   // tiles that the site put there
        {"state/keys/device.pub", SCRIM_MAY_READ}, // the public half, which checks the journals
    };
    enum { COUNT = sizeof wanted / sizeof *wanted };
    char names[COUNT][SCRIM_PATH_MAX];
    struct scrim_sandbox_path paths[COUNT];
    int result = SCRIM_OK;
    for (size_t i = 0; i < COUNT && result >= 0; i++) {
        result = site_path(program, wanted[i].below, names[i], error);
        paths[i] = (struct scrim_sandbox_path){names[i], wanted[i].rights};
    }
    if (result < 0)
        return result;
    result = scrim_sandbox_files(paths, COUNT, error);
    if (result == SCRIM_EUNSUPPORTED)
        scrim_warn(&program->desk.log, "%s", error->text);
    else if (result < 0)
        return result;
    result = scrim_sandbox_deny(scrim_sandbox_never, error);
    return result < 0 ? result : scrim_sandbox_deny(denied, error);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct scrim_desk *desk = handle->data;
    scrim_info(&desk->log, "ends: signal %d", number);
    scrim_desk_stop(desk, 0);
}

static void on_expire(uv_timer_t *timer)
{
    struct scrim_desk *desk = timer->data;
    scrim_sessions_expire(desk->sessions, scrim_clock_utc_us());
    scrim_exports_expire(desk->exports, scrim_clock_utc_us());
    request_exports_review(desk);
    scrim_auth_review(desk); // tokens run out, too
}

static void watch(struct program *program)
{
    static const int numbers[] = {SIGTERM, SIGINT};
    struct scrim_desk *desk = &program->desk;
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&desk->loop, &program->signals[i]);
        program->signals[i].data = desk;
        uv_signal_start(&program->signals[i], on_signal, numbers[i]);
    }
    uv_timer_init(&desk->loop, &program->expire);
    program->expire.data = desk;
    uv_timer_start(&program->expire, on_expire, EXPIRE_MS, EXPIRE_MS);
    program->handles_ready = true;
}

static void on_stale_vault(void *context)
{
    struct scrim_desk *desk = context;
    scrim_info(&desk->log, "the vault is another one: starts again to read it");
    scrim_desk_stop(desk, 0);
}

static int start_threads(struct program *program, struct scrim_error *error)
{
    struct scrim_desk *desk = &program->desk;
    struct scrim_users *users = program->users;
    program->users = NULL;
    int result = scrim_auth_start(desk, users, &program->auth, error);
    if (result >= 0)
        result = scrim_acts_start(desk->acts, &desk->loop, error);
    desk->request_shelf = scrim_request_shelf_create();
    if (result >= 0)
        result = scrim_requests_start(desk->requests, &desk->loop, on_stale_vault, desk, error);
    if (result >= 0)
        result = scrim_exports_start(desk->exports, &desk->loop, error);
    if (result >= 0)
        result = scrim_areas_start(desk->areas, &desk->loop, desk->peers, error);
    if (result >= 0)
        result = scrim_cameras_start(desk->cameras, &desk->loop, desk->peers, error);
    desk->trials = scrim_trials_keep(&desk->loop, desk->peers);
    if (result >= 0)
        result =
            scrim_history_start(desk->history, &desk->loop, scrim_api_history_look, desk, error);
    if (result >= 0)
        result = scrim_plans_start(desk->plans, &desk->loop, desk->acts, error);
    if (result >= 0)
        result = scrim_catalog_start(program->catalog, error);
    if (result >= 0)
        result = scrim_archive_start(&desk->site, scrim_catalog_add, program->catalog,
                                     &desk->archive, error);
    return result;
}

// How many connections there is room for among the descriptors that we may have.
static size_t limit_files(const struct scrim_log *log)
{
    struct rlimit files = {0};
    if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_max > FILES_MAX)
        files.rlim_max = FILES_MAX;
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) < 0)
        scrim_warn(log, "cannot have %d descriptors", FILES_MAX);
    return files.rlim_max > 2 * FILES_OF_OURS ? (size_t)files.rlim_max - FILES_OF_OURS
                                              : FILES_OF_OURS;
}

static int prepare(struct program *program, const char *dir, struct scrim_error *error)
{
    int result = scrim_sandbox_begin(error);
    if (result >= 0 && sodium_init() < 0)
        result = scrim_fail(error, SCRIM_EINTERNAL, "libsodium does not start");
    json_object_seed(0); // from /dev/urandom, which is out of reach later
    program->connections_max = limit_files(&program->desk.log);
    signal(SIGPIPE, SIG_IGN);
    if (result >= 0)
        result = open_state(program, dir, error);
    if (result >= 0)
        result = open_network(program, error);
    if (result >= 0)
        result = confine(program, error);
    if (result < 0)
        return result;
    watch(program);
    return start_threads(program, error);
}

// --- closing: what feeds others first, then the threads, then what they used ---

static void stop_threads(struct program *program)
{
    struct scrim_desk *desk = &program->desk;
    scrim_archive_stop(desk->archive); // its last files still go to the catalog
    scrim_areas_stop(desk->areas);
    scrim_cameras_stop(desk->cameras);
    scrim_trials_kept_close(desk->trials);
    scrim_history_stop(desk->history);
    scrim_plans_stop(desk->plans);
    scrim_worker_stop(desk->query);
    scrim_worker_stop(desk->catalog);
    scrim_worker_stop(desk->auth);
    scrim_exports_stop(desk->exports);
    scrim_requests_stop(desk->requests);
    scrim_acts_stop(desk->acts);
}

static void close_loop(struct program *program)
{
    struct scrim_desk *desk = &program->desk;
    if (!program->loop_ready)
        return;
    if (program->handles_ready) {
        for (size_t i = 0; i < 2; i++)
            uv_close((uv_handle_t *)&program->signals[i], NULL);
        uv_close((uv_handle_t *)&program->expire, NULL);
    }
    if (desk->httpd)
        scrim_httpd_close(desk->httpd);
    uv_run(&desk->loop, UV_RUN_DEFAULT); // until every handle is closed
    if (uv_loop_close(&desk->loop) != 0)
        scrim_warn(&desk->log, "the loop still has something open");
}

static void finish(struct program *program)
{
    struct scrim_desk *desk = &program->desk;
    if (desk->peers)
        scrim_peers_close(desk->peers);
    if (program->status)
        scrim_status_side_close(program->status);
    scrim_oidc_side_close(desk->oidc);
    scrim_opener_side_close(desk->opener);
    scrim_glass_side_close(desk->glass);
    stop_threads(program);
    close_loop(program);
    scrim_peers_free(desk->peers);
    scrim_status_side_free(program->status);
    scrim_httpd_free(desk->httpd);
    scrim_worker_free(desk->query);
    scrim_worker_free(desk->catalog);
    scrim_worker_free(desk->auth);
    scrim_auth_finish(program->auth);
    scrim_second_step_close(desk->second);
    scrim_oidc_side_free(desk->oidc);
    scrim_opener_side_free(desk->opener);
    scrim_glass_side_free(desk->glass);
    scrim_oidc_begun_destroy(desk->oidc_begun);
    scrim_areas_free(desk->areas);
    scrim_cameras_free(desk->cameras);
    scrim_trials_kept_free(desk->trials);
    scrim_history_free(desk->history);
    scrim_plans_free(desk->plans);
    scrim_request_shelf_destroy(desk->request_shelf);
    scrim_requests_free(desk->requests);
    scrim_vault_state_close(desk->vault);
    scrim_exports_free(desk->exports);
    scrim_acts_free(desk->acts);
    scrim_catalog_close(program->catalog);
    scrim_users_close(program->users);
    scrim_assets_destroy(program->assets);
    scrim_sessions_destroy(desk->sessions);
    scrim_roster_free(desk->roster);
    scrim_zones_free(desk->zones);
    scrim_throttle_destroy(desk->throttle);
    scrim_live_destroy(desk->live);
    free(desk->status);
    json_decref(desk->storage);
    scrim_disk_report_finish(&desk->disks);
    scrim_close_fd(&program->status_fd);
    scrim_close_fd(&program->listen_fd);
    scrim_close_fd(&program->lock_fd);
    scrim_site_finish(&desk->site);
}

int main(int argc, char **argv)
{
    static const struct scrim_opt options[] = {{0}};
    static const struct scrim_opt_spec spec = {
        "scrimd DIR",
        "The desk of a site: its page, API and archive. Started by `scrim up` or systemd.", options,
        1, 1};
    const char *dir[2] = {0};
    struct scrim_error error = {0};
    const int parsed = scrim_opt_parse(&spec, argc, argv, NULL, dir, &error);
    if (parsed == SCRIM_ECANCEL)
        return 0;
    if (parsed < 0) {
        fprintf(stderr, "scrimd: %s\n", error.text);
        return 2;
    }
    struct program *program = scrim_new(struct program);
    program->lock_fd = program->listen_fd = program->status_fd = -1;
    program->desk.log = scrim_log_named("desk");
    int status = 1;
    if (prepare(program, dir[0], &error) < 0) {
        scrim_error_log(&program->desk.log, "%s", error.text);
    } else {
        scrim_info(&program->desk.log, "ready: https://%s/", program->desk.site.config->listen);
        uv_run(&program->desk.loop, UV_RUN_DEFAULT);
        status = program->desk.status_code;
    }
    finish(program);
    free(program);
    return status;
}
