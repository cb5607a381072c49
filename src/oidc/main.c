// scrim-oidc: signs people in at a provider (OpenID Connect), on behalf of the desk, which may
// connect to nobody. It has the network and the client's secret, and nothing else of the site. One
// process a site, one thread; runs only where scrim.yaml has `oidc`.
#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/signals.h"
#include "link/oidc.h"
#include "oidc/confine.h"
#include "oidc/desk_side.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SECRET_MAX 1024
#define AUTHORITIES_MAX (4U << 20)
#define SYSTEM_AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"
#define TEND_MS 500
#define GOOD_US (3600 * SCRIM_SECOND) // until a provider that answers is asked again
#define BAD_US (5 * SCRIM_SECOND)     // … and one that does not

static const struct scrim_opt options[] = {{0}};
static const struct scrim_opt_spec spec = {
    "scrim-oidc DIR",
    "Signs people in at the provider that scrim.yaml names under `oidc`. Started by `scrim up` or "
    "systemd.",
    options, 1, 1};

struct broker {
    struct scrim_log log;
    struct scrim_site site;
    char secret[SECRET_MAX + 1];
    struct scrim_web *web;
    struct scrim_provider *provider;
    struct scrim_oidc_desk *desk;
    int64_t due_us; // monotonic: of the next look at the provider
    bool good, told;
    int signals;
};

// One line of text.
static int read_secret(struct broker *broker, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf text;
    scrim_buf_init(&text, SECRET_MAX);
    int result =
        scrim_site_file(&broker->site, broker->site.config->oidc->client_secret_file, path);
    if (result < 0)
        result = scrim_fail(error, result, "oidc: client_secret_file: path too long");
    else
        result = scrim_fs_read(path, &text, error);
    while (result >= 0 && text.len > 0 && text.data[text.len - 1] <= ' ')
        text.len--;
    if (result >= 0 && (text.len == 0 || memchr(text.data, '\0', text.len)))
        result = scrim_fail(error, SCRIM_EINVAL, "%s: there is no secret in it", path);
    if (result >= 0)
        memcpy(broker->secret, text.data, text.len);
    scrim_buf_finish_wipe(&text);
    return result;
}

static int open_web(struct broker *broker, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX] = SYSTEM_AUTHORITIES;
    const char *own = broker->site.config->oidc->tls_ca;
    struct scrim_buf authorities;
    scrim_buf_init(&authorities, AUTHORITIES_MAX);
    int result = own ? scrim_site_file(&broker->site, own, path) : SCRIM_OK;
    if (result < 0)
        result = scrim_fail(error, result, "oidc: tls_ca: path too long");
    if (result >= 0)
        result = scrim_fs_read(path, &authorities, error);
    if (result >= 0)
        result = scrim_web_create(&authorities, &broker->web, error);
    scrim_buf_finish(&authorities);
    return result;
}

static int open_desk(struct broker *broker, struct scrim_error *error)
{
    struct scrim_oidc_desk_setup setup = {.provider = broker->provider};
    char own[SCRIM_PATH_MAX];
    if (scrim_path_join(setup.socket, broker->site.dir, SCRIM_OIDC_SOCKET) < 0 ||
        scrim_path_join(setup.proof, broker->site.dir, SCRIM_OIDC_PROOF_FILE) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", broker->site.dir);
    broker->desk = scrim_oidc_desk_create(&setup);
    // Before the desk makes it: what is not there cannot be let through later.
    return scrim_path_join(own, broker->site.dir, SCRIM_OIDC_DIR) < 0
               ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", broker->site.dir)
               : scrim_fs_make_dirs(own, 0700, error);
}

static int confine(struct broker *broker, struct scrim_error *error)
{
    struct scrim_error why = {0};
    const int result = scrim_oidc_confine(&broker->site, &why);
    if (result == SCRIM_EUNSUPPORTED) {
        scrim_warn(&broker->log, "%s", why.text);
        return SCRIM_OK;
    }
    return result < 0 ? scrim_fail(error, result, "%s", why.text) : SCRIM_OK;
}

static int prepare(struct broker *broker, const char *dir, struct scrim_error *error)
{
    int result = scrim_sandbox_begin(error);
    if (result >= 0 && sodium_init() < 0)
        result = scrim_fail(error, SCRIM_EINTERNAL, "libsodium cannot be used here");
    json_object_seed(0); // from /dev/urandom, which is out of reach later
    signal(SIGPIPE, SIG_IGN);
    if (result >= 0)
        result = scrim_site_load(dir, &broker->site, error);
    if (result >= 0 && !broker->site.config->oidc)
        result = scrim_fail(error, SCRIM_EINVAL, "%s/scrim.yaml: there is no `oidc`", dir);
    if (result >= 0)
        result = broker->signals =
            scrim_signals_open((const int[]){SIGTERM, SIGINT, SIGHUP, 0}, error);
    if (result >= 0)
        result = read_secret(broker, error);
    if (result >= 0)
        result = open_web(broker, error);
    if (result < 0)
        return result;
    const struct scrim_provider_setup setup = {.issuer = broker->site.config->oidc->issuer,
                                               .client_id = broker->site.config->oidc->client_id,
                                               .client_secret = broker->secret};
    broker->provider = scrim_provider_create(&setup, broker->web);
    result = open_desk(broker, error);
    return result < 0 ? result : confine(broker, error);
}

static void look(struct broker *broker)
{
    struct scrim_error error;
    const bool good = scrim_provider_refresh(broker->provider, &error) >= 0;
    if (!broker->told || good != broker->good) {
        if (good)
            scrim_info(&broker->log, "%s answers", broker->site.config->oidc->issuer);
        else
            scrim_warn(&broker->log, "%s", error.text);
    }
    scrim_oidc_desk_tell(broker->desk, good ? NULL : error.text);
    broker->good = good;
    broker->told = true;
    broker->due_us = scrim_clock_mono_us() + (good ? GOOD_US : BAD_US);
}

// Until a signal comes.
static void serve(struct broker *broker)
{
    struct pollfd fds[2] = {{.fd = broker->signals, .events = POLLIN}};
    while (!fds[0].revents) {
        if (scrim_clock_mono_us() >= broker->due_us)
            look(broker);
        scrim_oidc_desk_tend(broker->desk);
        const size_t count = 1 + scrim_oidc_desk_poll(broker->desk, &fds[1]);
        if (poll(fds, count, TEND_MS) > 0 && count > 1 && fds[1].revents)
            scrim_oidc_desk_serve(broker->desk, &fds[1]);
    }
}

int main(int argc, char **argv)
{
    const char *dir[2] = {0};
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, NULL, dir, &error);
    if (result == SCRIM_ECANCEL)
        return 0;
    if (result < 0) {
        fprintf(stderr, "scrim-oidc: %s\n", error.text);
        return 2;
    }
    struct broker *broker = scrim_new(struct broker);
    broker->log = scrim_log_named("oidc");
    broker->signals = -1;
    result = prepare(broker, dir[0], &error);
    if (result >= 0)
        serve(broker);
    else
        scrim_error_log(&broker->log, "%s", error.text);
    scrim_oidc_desk_destroy(broker->desk);
    scrim_provider_destroy(broker->provider);
    scrim_web_destroy(broker->web);
    scrim_close_fd(&broker->signals);
    scrim_site_finish(&broker->site);
    sodium_memzero(broker, sizeof *broker);
    scrim_free_pointer(&broker);
    return result < 0 ? 1 : 0;
}
