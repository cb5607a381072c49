// sealed_hours DIR HOURS KIB: for bench/vault.py, what the recorder would have left of so many
// hours up to now: a sealed segment of KIB a minute and camera, its record in the journal, its hour
// key in the ring. What is sealed is no film: who opens it learns how long opening takes.
#include "base/clock.h"
#include "base/sandbox.h"
#include "store/hour_ring.h"
#include "store/journal_impl.h"
#include "store/seal.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_US (60 * SCRIM_SECOND)
#define SEGMENT_MAX (256U << 20)

struct maker {
    struct scrim_site site;
    struct scrim_vault vault;
    struct scrim_device_key *key;
    struct scrim_hour_ring *ring;
    struct scrim_journal_head head; // of the camera at hand
    struct scrim_buf sealed;
    uint8_t plain[SCRIM_AGE_CHUNK];
    unsigned kib; // of a segment
};

static void require(int result, const struct scrim_error *error)
{
    if (result >= 0)
        return;
    fprintf(stderr, "sealed_hours: %s\n",
            error && error->text[0] ? error->text : scrim_err_text(result));
    exit(1);
}

static void path_of(const struct maker *m, const char *camera, const char *below,
                    char ret[SCRIM_PATH_MAX])
{
    require(scrim_store_path(ret, m->site.dir, camera, below), NULL);
}

static void make_keys(const struct maker *m, const char *camera, int64_t from_us, int64_t to_us)
{
    struct scrim_hour_range range = {.first = scrim_hour_of(from_us), .last = scrim_hour_of(to_us)};
    struct scrim_error error = {0};
    snprintf(range.camera, sizeof range.camera, "%s", camera);
    require(scrim_hour_ring_make(m->ring, &range, 1, &error), &error);
}

static void seal(struct maker *m, const char *camera, int64_t start_us)
{
    struct scrim_vault_label label = {.start_utc_us = start_us, .hour = scrim_hour_of(start_us)};
    uint8_t hour_key[SCRIM_HOUR_KEY];
    struct scrim_seal *seal;
    struct scrim_error error = {0};
    snprintf(label.site, sizeof label.site, "%s", m->site.config->id);
    snprintf(label.camera, sizeof label.camera, "%s", camera);
    m->sealed.len = 0;
    require(scrim_hour_ring_get(m->ring, camera, label.hour, hour_key), NULL);
    require(scrim_seal_create(&m->vault, &label, hour_key, NULL, &seal, &m->sealed, &error),
            &error);
    sodium_memzero(hour_key, sizeof hour_key);
    for (unsigned done = 0; done < m->kib; done += 64)
        require(scrim_seal_append(seal, m->plain, sizeof m->plain, &m->sealed), NULL);
    require(scrim_seal_finish(seal, &m->sealed), NULL);
    scrim_seal_destroy(seal);
}

static void record(struct maker *m, const char *camera, const char *day, int64_t start_us)
{
    struct scrim_record made = {.type = SCRIM_RECORD_SEGMENT,
                                .start_us = start_us,
                                .end_us = start_us + MINUTE_US,
                                .mono_start_us = start_us,
                                .mono_end_us = start_us + MINUTE_US,
                                .boot = 1,
                                .ntp_synchronised = true,
                                .frames = 1500,
                                .keyframes = 30,
                                .bytes = m->sealed.len,
                                .codec = "h264",
                                .width = 1920,
                                .height = 1080};
    char name[32], path[SCRIM_PATH_MAX];
    struct scrim_buf line;
    struct scrim_error error = {0};
    scrim_segment_name(name, start_us, 0);
    snprintf(made.camera, sizeof made.camera, "%s", camera);
    snprintf(made.file, sizeof made.file, "%s/%s", day, name);
    EVP_Digest(m->sealed.data, m->sealed.len, made.sha256, NULL, EVP_sha256(), NULL);
    path_of(m, camera, made.file, path);
    require(scrim_fs_create(path, m->sealed.data, m->sealed.len, 0600, &error), &error);
    scrim_buf_init(&line, SCRIM_JOURNAL_LINE_MAX);
    require(scrim_journal_format(m->key, &m->head, &made, &line), NULL);
    snprintf(made.file, sizeof made.file, "%s/journal", day);
    path_of(m, camera, made.file, path);
    require(scrim_journal_append(path, &line, &error), &error);
    scrim_buf_finish(&line);
}

static void make_camera(struct maker *m, const char *camera, unsigned minutes, int64_t end_us)
{
    struct scrim_error error = {0};
    make_keys(m, camera, end_us - minutes * MINUTE_US, end_us);
    m->head = (struct scrim_journal_head){0};
    scrim_journal_genesis(m->site.config->id, camera, m->head.prev);
    for (unsigned i = minutes; i > 0; i--) {
        const int64_t start_us = end_us - i * MINUTE_US;
        char day[SCRIM_DAY_TEXT], path[SCRIM_PATH_MAX];
        scrim_day_of(start_us, day);
        path_of(m, camera, day, path);
        require(scrim_fs_make_dirs(path, 0770, &error), &error);
        memcpy(m->head.day, day, SCRIM_DAY_TEXT);
        seal(m, camera, start_us);
        record(m, camera, day, start_us);
    }
}

int main(int argc, char **argv)
{
    struct maker m = {0};
    struct scrim_error error = {0};
    char path[SCRIM_PATH_MAX];
    const unsigned hours = argc == 4 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    m.kib = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    if (hours == 0 || m.kib == 0 || m.kib > SEGMENT_MAX / 1024 - 1024) {
        fprintf(stderr, "usage: sealed_hours DIR HOURS KIB\n");
        return 2;
    }
    require(sodium_init(), NULL);
    require(scrim_sandbox_begin(&error), &error);
    require(scrim_site_load(argv[1], &m.site, &error), &error);
    require(scrim_path_join(path, argv[1], "state/vault.json"), NULL);
    require(scrim_vault_load(path, &m.vault, &error), &error);
    require(scrim_device_key_load(argv[1], &m.key, &error), &error);
    require(scrim_hour_ring_open(&m.site, &m.ring, &error), &error);
    scrim_buf_init(&m.sealed, SEGMENT_MAX);
    randombytes_buf(m.plain, sizeof m.plain);
    const int64_t end_us = scrim_clock_utc_us() / MINUTE_US * MINUTE_US;
    for (unsigned i = 0; i < m.site.config->cameras_count; i++)
        make_camera(&m, m.site.config->cameras[i].id, hours * 60, end_us);
    scrim_buf_finish(&m.sealed);
    scrim_hour_ring_close(m.ring);
    scrim_device_key_destroy(m.key);
    scrim_site_finish(&m.site);
    return 0;
}
