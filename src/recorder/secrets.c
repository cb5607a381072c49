#include "recorder/secrets.h"

#include "base/alloc.h"
#include "base/log.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct secret {
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    char password[SCRIM_PASSWORD_MAX];
};

struct scrim_secrets {
    struct secret *list; // of mmap
    size_t count;
};

const char *scrim_secrets_get(const struct scrim_secrets *secrets, const char *camera)
{
    for (size_t i = 0; secrets && i < secrets->count; i++) {
        if (strcmp(secrets->list[i].camera, camera) == 0)
            return secrets->list[i].password;
    }
    return NULL;
}

static void wipe_environment(const char *name)
{
    char *value = getenv(name);
    if (value)
        sodium_memzero(value, strlen(value));
}

static int load(const struct scrim_site *site, const struct scrim_camera_config *camera,
                const struct scrim_secrets *before, struct secret *ret, struct scrim_error *error)
{
    struct scrim_buf password;
    snprintf(ret->camera, sizeof ret->camera, "%s", camera->id);
    if (!camera->user)
        return SCRIM_OK;
    const char *known = scrim_secrets_get(before, camera->id);
    if (camera->password_env && known && known[0]) { // its variable is overwritten since
        memcpy(ret->password, known, strlen(known) + 1);
        return SCRIM_OK;
    }
    const int result = scrim_camera_password(site, camera, &password, error);
    if (result < 0 && camera->added) { // one of many: it cannot keep the others from recording
        const struct scrim_log log = scrim_log_named("recorder");
        scrim_error_log(&log, "%s", error->text);
        return SCRIM_OK;
    }
    if (result < 0)
        return result;
    memcpy(ret->password, password.data, password.len); // at most 256 bytes
    scrim_buf_finish_wipe(&password);
    return SCRIM_OK;
}

static int map(struct scrim_secrets *secrets, struct scrim_error *error)
{
    const size_t bytes = secrets->count * sizeof *secrets->list;
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return scrim_fail_errno(error, errno, "no memory for the cameras' passwords");
    secrets->list = pages;
    if (madvise(pages, bytes, MADV_WIPEONFORK) < 0 || madvise(pages, bytes, MADV_DONTDUMP) < 0)
        return scrim_fail_errno(error, errno, "the cameras' passwords cannot be kept apart");
    // Where locking is not allowed they might reach swap; the recorder says so of all its memory.
    (void)mlock(pages, bytes);
    return SCRIM_OK;
}

int scrim_secrets_load(const struct scrim_site *site, const struct scrim_secrets *before,
                       struct scrim_secrets **ret, struct scrim_error *error)
{
    const struct scrim_site_config *config = site->config;
    struct scrim_secrets *secrets = scrim_new(struct scrim_secrets);
    secrets->count = config->cameras_count > 0 ? config->cameras_count : 1;
    int result = map(secrets, error);
    for (unsigned i = 0; i < config->cameras_count && result >= 0; i++)
        result = load(site, &config->cameras[i], before, &secrets->list[i], error);
    if (result < 0) {
        scrim_secrets_destroy(secrets);
        return result;
    }
    for (unsigned i = 0; i < config->cameras_count; i++) {
        if (config->cameras[i].password_env)
            wipe_environment(config->cameras[i].password_env);
    }
    *ret = secrets;
    return SCRIM_OK;
}

void scrim_secrets_destroy(struct scrim_secrets *secrets)
{
    if (!secrets)
        return;
    if (secrets->list) {
        sodium_memzero(secrets->list, secrets->count * sizeof *secrets->list);
        munmap(secrets->list, secrets->count * sizeof *secrets->list);
    }
    free(secrets);
}
