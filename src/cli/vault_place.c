#include "cli/vault_place.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/login.h"
#include "site/cameras_dir.h"
#include "store/opening_log.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// --- where it is ---

static bool has(const char *dir, const char *name)
{
    char path[SCRIM_PATH_MAX];
    return scrim_path_join(path, dir, name) >= 0 && access(path, F_OK) == 0;
}

static int open_site(const char *dir, struct scrim_vault_place *place, struct scrim_error *error)
{
    if (!has(dir, "scrim.yaml"))
        return scrim_fail(error, SCRIM_ENOENT, "%s is not a site: make one with scrim init %s", dir,
                          dir);
    if (scrim_path_join(place->state, dir, "state") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    int result = scrim_site_load(dir, &place->site, error);
    place->is_site = result >= 0;
    if (result >= 0)
        result = scrim_fs_make_dirs(place->state, 0700, error);
    return result;
}

int scrim_vault_place_open(const char *dir, struct scrim_vault_place *ret,
                           struct scrim_error *error)
{
    *ret = (struct scrim_vault_place){.dir = dir, .lock = -1};
    if (!has(dir, SCRIM_VAULT_FILE))
        return open_site(dir, ret, error);
    return snprintf(ret->state, sizeof ret->state, "%s", dir) < (int)sizeof ret->state
               ? SCRIM_OK
               : scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
}

int scrim_vault_place_make(const char *dir, struct scrim_vault_place *ret,
                           struct scrim_error *error)
{
    *ret = (struct scrim_vault_place){.dir = dir, .lock = -1};
    if (has(dir, "scrim.yaml"))
        return scrim_fail(error, SCRIM_EINVAL,
                          "%s is a site: without --offline its vault is made in it", dir);
    if (snprintf(ret->state, sizeof ret->state, "%s", dir) >= (int)sizeof ret->state)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    return scrim_fs_make_dirs(dir, 0755, error);
}

void scrim_vault_place_close(struct scrim_vault_place *place)
{
    scrim_close_fd(&place->lock);
    if (place->is_site)
        scrim_site_finish(&place->site);
    place->is_site = false;
}

int scrim_vault_place_lock(struct scrim_vault_place *place, struct scrim_error *error)
{
    return place->lock = scrim_succession_lock(place->state, error);
}

int scrim_vault_place_load(const struct scrim_vault_place *place, struct scrim_vault *ret,
                           struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    if (scrim_path_join(path, place->state, SCRIM_VAULT_FILE) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", place->dir);
    const int result = scrim_vault_load(path, ret, error);
    return result == SCRIM_ENOENT
               ? scrim_fail(error, result, "%s has no vault yet: scrim vault init %s makes one",
                            place->dir, place->dir)
               : result;
}

// --- what becomes of it ---

static json_t *event(const char *what, const struct scrim_vault *vault, const uint8_t digest[32])
{
    char name[SCRIM_LOGIN_TEXT], id[SCRIM_VAULT_ID_TEXT], dealing[65], sum[65];
    scrim_login_name(name);
    return json_pack("{s:s,s:s,s:I,s:{s:s,s:I},s:s,s:i,s:s,s:i,s:i,s:s}", "event", "vault", "what",
                     what, "at_us", (json_int_t)scrim_clock_utc_us(), "who", "login", name, "uid",
                     (json_int_t)getuid(), "vault", scrim_vault_id_text(vault->id, id), "dealing",
                     (int)vault->dealing, "dealing_id",
                     sodium_bin2hex(dealing, sizeof dealing, vault->dealing_id, 32), "threshold",
                     (int)vault->threshold, "holders", (int)vault->holders_count, "sha256",
                     sodium_bin2hex(sum, sizeof sum, digest, 32));
}

int scrim_vault_place_log(const struct scrim_vault_place *place, const char *what,
                          const struct scrim_vault *vault, const uint8_t digest[32],
                          struct scrim_error *error)
{
    if (!place->is_site)
        return SCRIM_OK;
    json_t *json = event(what, vault, digest);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    const int64_t now_us = scrim_clock_utc_us();
    const int result = text ? scrim_opening_append(&place->site, "", now_us, now_us, text, error)
                            : scrim_fail(error, SCRIM_ENOMEM, "out of memory");
    json_decref(json);
    free(text);
    return result;
}

void scrim_vault_place_tell(const struct scrim_vault_place *place)
{
    struct scrim_error error;
    if (place->is_site && scrim_cameras_dir_touch(place->dir, &error) < 0)
        fprintf(stderr,
                "warning: the programs that run do not know of it (%s): send SIGHUP to scrim up, "
                "or start the site again\n",
                error.text);
}

void scrim_ceremony_sign_off(struct scrim_ceremony *ceremony)
{
    scrim_login_name(ceremony->who);
    snprintf(ceremony->program, sizeof ceremony->program, "scrim %s", SCRIM_VERSION);
    ceremony->at_us = scrim_clock_utc_us();
}

static void print_digest(const uint8_t digest[32])
{
    char text[SCRIM_CEREMONY_DIGEST_TEXT];
    scrim_ceremony_digest_text(digest, text);
    printf("transcript, for the witnesses to write down (SHA-256):\n  %.39s\n  %s\n", text,
           text + 40);
}

static int render(const struct scrim_ceremony *ceremony, const struct scrim_test_opening *proof,
                  struct scrim_buf *transcript, struct scrim_buf *test, struct scrim_error *error)
{
    int result = scrim_ceremony_write(ceremony, transcript);
    if (result >= 0 && proof)
        result = scrim_test_opening_write(proof, test);
    return result < 0 ? scrim_fail(error, result, "the transcript: %s", scrim_err_text(result))
                      : SCRIM_OK;
}

int scrim_vault_place_take(struct scrim_vault_place *place, const struct scrim_ceremony *ceremony,
                           const struct scrim_test_opening *proof, struct scrim_error *error)
{
    struct scrim_buf transcript, test;
    uint8_t digest[32];
    scrim_buf_init(&transcript, SCRIM_VAULT_TRANSCRIPT_MAX);
    scrim_buf_init(&test, SCRIM_VAULT_TEST_MAX);
    int result = render(ceremony, proof, &transcript, &test, error);
    if (result >= 0) {
        scrim_ceremony_digest(transcript.data, transcript.len, digest);
        result = scrim_vault_place_log(place, scrim_ceremony_text(ceremony->kind), &ceremony->vault,
                                       digest, error);
    }
    const struct scrim_succession next = {
        .vault = &ceremony->vault, .transcript = &transcript, .proof = proof ? &test : NULL};
    if (result >= 0)
        result = scrim_succession_take(place->state, &next, error);
    if (result >= 0)
        print_digest(digest);
    scrim_buf_finish(&transcript);
    scrim_buf_finish(&test);
    if (result >= 0 && ceremony->kind != SCRIM_CEREMONY_INIT)
        scrim_vault_place_tell(place);
    return result;
}

bool scrim_vault_place_has(const struct scrim_vault_place *place, const struct scrim_vault *vault)
{
    struct scrim_vault present;
    return scrim_vault_place_load(place, &present, NULL) >= 0 &&
           memcmp(present.dealing_id, vault->dealing_id, sizeof vault->dealing_id) == 0;
}
