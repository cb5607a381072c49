// For bench/index.py: a site with as many journal records as it would have after a month, and the
// least that reading them must cost.
//
//     journals write DIR N    appends N records to the empty journals of DIR's cameras, a minute
//                             apart, the newest now: segments, with a gap in their midst twice a
//                             day
//     journals read DIR       reads every line, in order; prints as JSON what it costs to read, to
//                             hash for the chain, and to verify one signature
#include "base/alloc.h"
#include "site/config.h"
#include "store/journal_impl.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MINUTE_US (60 * SCRIM_SECOND)
#define DAY_MINUTES 1440
#define GAP_EVERY 720  // minutes
#define VERIFIED 20000 // signatures, for one's price
#define FILES_DAYS 2   // newest days whose segments are there, empty: what a start looks at

static void require(int result, const struct scrim_error *error)
{
    if (result >= 0)
        return;
    fprintf(stderr, "journals: %s\n",
            error && error->text[0] ? error->text : scrim_err_text(result));
    exit(1);
}

struct writer {
    const struct scrim_site *site;
    struct scrim_device_key *key;
    const char *camera;
    struct scrim_journal_head head;
    struct scrim_buf lines; // of head.day
    int64_t newest_us;
};

static void path_of(const struct writer *w, const char *below, char ret[SCRIM_PATH_MAX])
{
    require(scrim_store_path(ret, w->site->dir, w->camera, below), NULL);
}

static void flush_day(struct writer *w)
{
    char path[SCRIM_PATH_MAX], below[SCRIM_DAY_TEXT + 16];
    struct scrim_error error;
    if (w->lines.len == 0)
        return;
    snprintf(below, sizeof below, "%s/journal", w->head.day);
    path_of(w, below, path);
    require(scrim_journal_append(path, &w->lines, &error), &error);
    scrim_buf_clear(&w->lines);
}

static void begin_day(struct writer *w, const char *day)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_error error;
    flush_day(w);
    memcpy(w->head.day, day, SCRIM_DAY_TEXT);
    path_of(w, day, path);
    require(scrim_fs_make_dirs(path, 0770, &error), &error);
}

static void make_file(const struct writer *w, const struct scrim_record *record)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_error error;
    if (w->newest_us - record->start_us > (int64_t)FILES_DAYS * DAY_MINUTES * MINUTE_US)
        return;
    path_of(w, record->file, path);
    const int fd = scrim_fs_open(path, O_WRONLY | O_CREAT | O_EXCL, 0600, &error);
    require(fd, &error);
    close(fd);
}

static void write_record(struct writer *w, int64_t start_us, bool gap)
{
    struct scrim_record record = {.type = gap ? SCRIM_RECORD_GAP : SCRIM_RECORD_SEGMENT,
                                  .start_us = start_us,
                                  .end_us = start_us + MINUTE_US,
                                  .mono_start_us = start_us,
                                  .mono_end_us = start_us + MINUTE_US,
                                  .boot = 1,
                                  .ntp_synchronised = true,
                                  .frames = 1500,
                                  .keyframes = 30,
                                  .bytes = 10000, // which the keeper has to fund
                                  .rtp_last = 5400000,
                                  .codec = "h264",
                                  .width = 1920,
                                  .height = 1080,
                                  .cause = SCRIM_GAP_NETWORK,
                                  .detail = "no data for 10 s"};
    char day[SCRIM_DAY_TEXT], name[32];
    scrim_day_of(start_us, day);
    if (strcmp(day, w->head.day) != 0)
        begin_day(w, day);
    scrim_segment_name(name, start_us, 0);
    snprintf(record.camera, sizeof record.camera, "%s", w->camera);
    snprintf(record.file, sizeof record.file, "%s/%s", day, name);
    memset(record.sha256, 0x5a, sizeof record.sha256);
    require(scrim_journal_format(w->key, &w->head, &record, &w->lines), NULL);
    if (!gap)
        make_file(w, &record);
}

static void write_camera(struct writer *w, const char *camera, uint64_t count)
{
    w->camera = camera;
    w->head = (struct scrim_journal_head){0};
    scrim_journal_genesis(w->site->config->id, camera, w->head.prev);
    for (uint64_t i = 0; i < count; i++)
        write_record(w, w->newest_us - (int64_t)(count - i) * MINUTE_US,
                     i % GAP_EVERY == GAP_EVERY / 2);
    flush_day(w);
}

static int write_all(const struct scrim_site *site, uint64_t count)
{
    struct writer w = {.site = site, .newest_us = scrim_clock_utc_us()};
    struct scrim_error error;
    const unsigned cameras = site->config->cameras_count;
    scrim_buf_init(&w.lines, 64U << 20);
    require(scrim_device_key_load(site->dir, &w.key, &error), &error);
    for (unsigned i = 0; i < cameras; i++)
        write_camera(&w, site->config->cameras[i].id, count / cameras + (i < count % cameras));
    scrim_device_key_destroy(w.key);
    scrim_buf_finish(&w.lines);
    return 0;
}

struct costs {
    uint64_t lines, bytes, verified;
    int64_t read_us, hash_us, verify_us;
};

static void read_day(const struct scrim_site *site, const char *camera, const char *day,
                     const uint8_t public_key[32], struct costs *costs)
{
    struct scrim_buf journal;
    struct scrim_error error;
    uint8_t hash[32];
    int64_t begun = scrim_clock_mono_us();
    require(scrim_journal_read(site->dir, camera, day, &journal, &error), &error);
    costs->read_us += scrim_clock_mono_us() - begun;
    costs->bytes += journal.len;

    const char *line;
    size_t length;
    begun = scrim_clock_mono_us();
    struct scrim_reader reader = scrim_reader_of(journal.data, journal.len);
    while (scrim_read_line(&reader, &line, &length)) {
        scrim_journal_line_hash(line, length, hash);
        costs->lines++;
    }
    costs->hash_us += scrim_clock_mono_us() - begun;

    begun = scrim_clock_mono_us();
    reader = scrim_reader_of(journal.data, journal.len);
    while (costs->verified < VERIFIED && scrim_read_line(&reader, &line, &length)) {
        require(scrim_journal_verify(line, length, public_key), NULL);
        costs->verified++;
    }
    costs->verify_us += scrim_clock_mono_us() - begun;
    scrim_buf_finish(&journal);
}

static int read_all(const struct scrim_site *site)
{
    struct costs costs = {0};
    struct scrim_error error;
    uint8_t public_key[32];
    require(scrim_device_public_load(site->dir, public_key, &error), &error);
    for (unsigned i = 0; i < site->config->cameras_count; i++) {
        const char *camera = site->config->cameras[i].id;
        char **days;
        size_t count;
        require(scrim_journal_days(site->dir, camera, &days, &count, &error), &error);
        for (size_t day = 0; day < count; day++)
            read_day(site, camera, days[day], public_key, &costs);
        scrim_fs_free_names(days, count);
    }
    printf("{\"lines\": %" PRIu64 ", \"bytes\": %" PRIu64
           ", \"read_s\": %.3f, \"hash_s\": %.3f, \"verify_us\": %.2f}\n",
           costs.lines, costs.bytes, (double)costs.read_us / SCRIM_SECOND,
           (double)costs.hash_us / SCRIM_SECOND,
           costs.verified ? (double)costs.verify_us / (double)costs.verified : 0);
    return 0;
}

int main(int argc, char **argv)
{
    struct scrim_site site = {0};
    struct scrim_error error = {0};
    const bool writes = argc == 4 && strcmp(argv[1], "write") == 0;
    if (sodium_init() < 0 || !(writes || (argc == 3 && strcmp(argv[1], "read") == 0))) {
        fprintf(stderr, "usage: journals write DIR N | journals read DIR\n");
        return 2;
    }
    require(scrim_site_load(argv[2], &site, &error), &error);
    if (site.config->cameras_count == 0)
        require(scrim_fail(&error, SCRIM_EINVAL, "%s has no cameras", argv[2]), &error);
    const int status = writes ? write_all(&site, strtoull(argv[3], NULL, 10)) : read_all(&site);
    scrim_site_finish(&site);
    return status;
}
