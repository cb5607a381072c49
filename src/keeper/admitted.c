#include "keeper/admitted.h"

#include "base/alloc.h"
#include "keeper/demand.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BELOW "state/keeper/admitted"
#define FILE_MAX 1024
#define DIGEST_TEXT (2 * crypto_hash_sha256_BYTES + 1)
#define DESCRIPTION_MAX (1U << 20)

// One line a thing that matters; the order of cameras and disks does not.
static int compare_lines(const void *a, const void *b)
{
    const char *const *one = a, *const *other = b;
    return strcmp(*one, *other);
}

static int describe(const struct scrim_site_config *config, struct scrim_buf *ret)
{
    int result = scrim_buf_printf(ret, "reserve %" PRIu32, config->reserve_mb);
    for (unsigned i = 0; i < config->cameras_count && result >= 0; i++) {
        const struct scrim_camera_config *camera = &config->cameras[i];
        result = scrim_buf_append_u8(ret, '\0');
        if (result >= 0)
            result = scrim_buf_printf(ret, "camera %s %" PRIu32 " %.6f", camera->id,
                                      camera->retention_hours, camera->expected_mbit);
    }
    for (unsigned i = 0; i < config->disks_count && result >= 0; i++) {
        const struct scrim_disk_config *disk = &config->disks[i];
        result = scrim_buf_append_u8(ret, '\0');
        if (result >= 0)
            result = scrim_buf_printf(ret, "disk %s %" PRIu32 " %s", disk->id, disk->reserve_mb,
                                      disk->path);
    }
    return result < 0 ? result : scrim_buf_append_u8(ret, '\0');
}

static int digest(const struct scrim_site_config *config, char ret[DIGEST_TEXT])
{
    const size_t lines = 1 + config->cameras_count + config->disks_count;
    const char **list = scrim_new_array(lines, const char *);
    struct scrim_buf text;
    scrim_buf_init(&text, DESCRIPTION_MAX);
    const int result = describe(config, &text);
    if (result >= 0) {
        uint8_t hash[crypto_hash_sha256_BYTES];
        crypto_hash_sha256_state state;
        const char *line = (const char *)text.data;
        for (size_t i = 0; i < lines; i++, line += strlen(line) + 1)
            list[i] = line;
        qsort(list, lines, sizeof *list, compare_lines);
        crypto_hash_sha256_init(&state);
        for (size_t i = 0; i < lines; i++)
            crypto_hash_sha256_update(&state, (const uint8_t *)list[i], strlen(list[i]) + 1);
        crypto_hash_sha256_final(&state, hash);
        sodium_bin2hex(ret, DIGEST_TEXT, hash, sizeof hash);
    }
    scrim_buf_finish(&text);
    free(list);
    return result;
}

static int format(const struct scrim_site *site, struct scrim_buf *ret, char path[SCRIM_PATH_MAX],
                  struct scrim_error *error)
{
    char hex[DIGEST_TEXT];
    int result = digest(site->config, hex);
    scrim_buf_init(ret, FILE_MAX);
    if (result >= 0)
        result = scrim_buf_printf(ret, "{\"v\":1,\"sha256\":\"%s\"}\n", hex);
    if (result >= 0)
        result = scrim_path_join(path, site->dir, FILE_BELOW);
    return result < 0 ? scrim_fail(error, result, "%s: %s", FILE_BELOW, scrim_err_text(result))
                      : SCRIM_OK;
}

bool scrim_admitted_is(const struct scrim_site *site)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf now, before;
    scrim_buf_init(&before, FILE_MAX);
    const bool same = format(site, &now, path, NULL) >= 0 &&
                      scrim_fs_read(path, &before, NULL) >= 0 && before.len == now.len &&
                      memcmp(before.data, now.data, now.len) == 0;
    scrim_buf_finish(&now);
    scrim_buf_finish(&before);
    return same;
}

int scrim_admitted_remember(const struct scrim_site *site, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf now;
    int result = scrim_admitted_is(site) ? SCRIM_OK : 1;
    if (result == SCRIM_OK)
        return SCRIM_OK;
    result = format(site, &now, path, error);
    if (result >= 0)
        result = scrim_fs_replace(path, now.data, now.len, 0640, error);
    scrim_buf_finish(&now);
    return result;
}

// --- the arithmetic, all at once ---

struct whole {
    struct scrim_stock stock;
    struct scrim_needs needs;
    struct scrim_holds holds;
    struct scrim_volumes volumes;
    struct scrim_burden burdens[SCRIM_DISKS_MAX];
    struct scrim_admission_room room;
    struct scrim_admission admission;
};

static int gather(struct whole *whole, const struct scrim_site *site, struct scrim_error *error)
{
    const int64_t now_us = scrim_clock_utc_us();
    scrim_stock_init(&whole->stock, site);
    scrim_needs_init(&whole->needs, site);
    int result = scrim_stock_load(&whole->stock, error);
    if (result >= 0)
        result = scrim_holds_load(site->dir, &whole->holds, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < whole->needs.count; i++)
        scrim_needs_look(&whole->needs, i, &whole->stock, &whole->holds, now_us);
    scrim_volumes_look(site, &whole->volumes);
    scrim_burdens_weigh(&whole->needs, &whole->stock, &whole->volumes, now_us, whole->burdens);
    scrim_needs_admit(&whole->needs, &whole->stock, &whole->volumes, whole->burdens, &whole->room,
                      &whole->admission);
    return SCRIM_OK;
}

static void finish(struct whole *whole)
{
    free(whole->room.demands);
    scrim_holds_finish(&whole->holds);
    scrim_needs_finish(&whole->needs);
    scrim_stock_finish(&whole->stock);
    free(whole);
}

int scrim_admission_check(const struct scrim_site *site, struct scrim_buf *report,
                          char ret_text[SCRIM_ADMISSION_TEXT], struct scrim_error *error)
{
    char text[SCRIM_ADMISSION_TEXT];
    struct whole *whole = scrim_new(struct whole);
    int result = gather(whole, site, error);
    if (result >= 0) {
        scrim_admission_sentence(&whole->admission, text, sizeof text);
        if (report && (result = scrim_admission_report(&whole->admission, report)) < 0)
            scrim_fail(error, result, "the report does not fit into memory");
        if (ret_text)
            memcpy(ret_text, text, sizeof text);
    }
    if (result >= 0 && !whole->admission.ok)
        result = scrim_fail(error, SCRIM_ENOSPACE,
                            "the disks are too small for what scrim.yaml keeps: %s", text);
    finish(whole);
    return result;
}

int scrim_admission_start(const struct scrim_site *site, struct scrim_error *error)
{
    if (scrim_admitted_is(site))
        return SCRIM_OK;
    const int result = scrim_admission_check(site, NULL, NULL, error);
    if (result == SCRIM_ENOSPACE && error) {
        struct scrim_error why = *error;
        return scrim_fail(error, SCRIM_ENOSPACE, "%s; `scrim admit %s` shows the arithmetic",
                          why.text, site->dir);
    }
    return result;
}

static int needed(const struct scrim_site *site, uint64_t *ret, struct scrim_error *error)
{
    struct whole *whole = scrim_new(struct whole);
    const int result = gather(whole, site, error);
    *ret = whole->admission.needed;
    finish(whole);
    return result;
}

int scrim_admission_change(const struct scrim_site *before, const struct scrim_site *after,
                           struct scrim_error *error)
{
    struct scrim_error ignored;
    uint64_t now, then;
    const int result = scrim_admission_start(after, error);
    if (result != SCRIM_ENOSPACE || needed(before, &now, &ignored) < 0 ||
        needed(after, &then, &ignored) < 0 || then >= now)
        return result;
    return scrim_admitted_remember(after, error);
}
