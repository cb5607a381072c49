// seal_overhead DIR CLIP SECONDS: what the recorder does with pictures once it has them (mux, seal,
// hash, write, flush, journal), for all cameras of a site, so many seconds of each as fast as the
// disk takes them. Prints the CPU time of it as JSON.
//
// It is built twice. The twin is linked with seal_plain.c in the place of the store's seal.c, and
// so copies where the other one seals; all else is the same code on the same pictures. The
// difference is what sealing costs. Neither is ever installed.
//
// CLIP: H.264 in byte stream format with access unit delimiters.
#include "base/alloc.h"
#include "base/sandbox.h"
#include "bitstream/nal.h"
#include "recorder/segment.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define FRAME_US 40000
#define FRAME_RTP 3600
#define SEGMENT_FRAMES 1500 // a minute
#define CLIP_MAX (256U << 20)
#define QUEUED_MAX (16U << 20) // bytes that wait for the disk before more are made
#define DELIMITER 9            // nal_unit_type of H.264

struct clip {
    struct scrim_buf file;
    struct scrim_unit *units;
    size_t count;
};

struct camera {
    struct scrim_segment_home home;
    struct scrim_params params;
    struct scrim_segment *segment;
    struct scrim_moment moment;
};

struct bench {
    struct scrim_site site;
    struct scrim_vault vault;
    struct scrim_device_key *key;
    struct scrim_disk *disk;
    struct clip clip;
    struct camera *cameras;
    unsigned count;
    uint8_t hour_key[SCRIM_HOUR_KEY];
    uint64_t bytes;
};

static void split(struct clip *clip)
{
    struct scrim_nal_walk walk =
        scrim_nal_walk_of(SCRIM_CODEC_H264, clip->file.data, clip->file.len);
    struct scrim_nal nal;
    const size_t start_code = 4;
    clip->units = scrim_new_array(clip->file.len / 64 + 1, struct scrim_unit);
    while (scrim_nal_next(&walk, &nal)) {
        struct scrim_unit *unit = &clip->units[clip->count > 0 ? clip->count - 1 : 0];
        if (nal.type == DELIMITER) {
            unit = &clip->units[clip->count++];
            unit->data = nal.data - start_code;
        }
        unit->size = (size_t)(nal.data + nal.size - unit->data);
        unit->random |= scrim_nal_kind(SCRIM_CODEC_H264, nal.type) == SCRIM_NAL_RANDOM;
    }
}

static int load(struct bench *bench, const char *dir, const char *clip, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int result = scrim_site_load(dir, &bench->site, error);
    if (result >= 0)
        result = scrim_path_join(path, bench->site.dir, "state/vault.json");
    if (result >= 0)
        result = scrim_vault_load(path, &bench->vault, error);
    if (result >= 0)
        result = scrim_device_key_load(dir, &bench->key, error);
    scrim_buf_init(&bench->clip.file, CLIP_MAX);
    if (result >= 0)
        result = scrim_fs_read(clip, &bench->clip.file, error);
    if (result < 0)
        return result;
    split(&bench->clip);
    if (bench->clip.count < SEGMENT_FRAMES / 60 || !bench->clip.units[0].random)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: no delimiters, or no key frame first", clip);
    randombytes_buf(bench->hour_key, sizeof bench->hour_key);
    return SCRIM_OK;
}

static void disk_failed(void *context, const char *camera, const struct scrim_error *why)
{
    (void)context;
    fprintf(stderr, "seal_overhead: %s: %s\n", camera, why->text);
    exit(1);
}

static int add_camera(struct bench *bench, struct camera *camera, const char *id, uint64_t boot,
                      struct scrim_error *error)
{
    struct scrim_journal_head head;
    struct scrim_access_unit_info info;
    const struct scrim_unit *first = &bench->clip.units[0];
    camera->home = (struct scrim_segment_home){.disk = bench->disk,
                                               .vault = &bench->vault,
                                               .site = bench->site.config->id,
                                               .camera = id,
                                               .boot = boot};
    scrim_params_init(&camera->params, SCRIM_CODEC_H264);
    int result = scrim_params_update(&camera->params, first->data, first->size, &info);
    if (result >= 0)
        result = scrim_store_recover(&bench->site, id, bench->key, boot, &head, error);
    return result < 0 ? result : scrim_disk_add_camera(bench->disk, id, &head);
}

static int begin(struct bench *bench, struct scrim_error *error)
{
    const struct scrim_site_config *config = bench->site.config;
    uint64_t boot = 0;
    int result = scrim_boot_count(bench->site.dir, &boot, error);
    if (result >= 0)
        result =
            scrim_disk_create(&bench->site, bench->key, disk_failed, NULL, &bench->disk, error);
    bench->count = config->cameras_count;
    bench->cameras = scrim_new_array(bench->count, struct camera);
    for (unsigned i = 0; i < bench->count && result >= 0; i++)
        result = add_camera(bench, &bench->cameras[i], config->cameras[i].id, boot, error);
    return result < 0 ? result : scrim_disk_start(bench->disk, error);
}

static int record(struct bench *bench, struct camera *camera, size_t frame,
                  struct scrim_error *error)
{
    struct scrim_unit unit = bench->clip.units[frame % bench->clip.count];
    struct scrim_moment *moment = &camera->moment;
    int result = SCRIM_OK;
    unit.rtp = moment->media = moment->dts = (int64_t)frame * FRAME_RTP;
    moment->utc_us += FRAME_US;
    moment->mono_us = moment->arrival_us = moment->mono_us + FRAME_US;
    if (camera->segment && unit.random && frame % SEGMENT_FRAMES == 0) {
        result = scrim_segment_end(camera->segment, moment->mono_us, error);
        scrim_segment_destroy(camera->segment);
        camera->segment = NULL;
    }
    if (result >= 0 && !camera->segment)
        result = scrim_segment_open(&camera->home, &camera->params, NULL, &unit, moment,
                                    bench->hour_key, &camera->segment, error);
    bench->bytes += unit.size;
    return result < 0 ? result : scrim_segment_add(camera->segment, &unit, moment, error);
}

static void wait_for_disk(struct bench *bench, uint64_t most)
{
    const struct timespec moment = {.tv_nsec = 2000000};
    struct scrim_disk_stats stats;
    while (scrim_disk_stats(bench->disk, &stats), stats.queued_bytes > most)
        nanosleep(&moment, NULL);
}

static int record_all(struct bench *bench, size_t seconds, struct scrim_error *error)
{
    const int64_t utc_us = scrim_clock_utc_us(), mono_us = scrim_clock_mono_us();
    int result = SCRIM_OK;
    for (unsigned i = 0; i < bench->count; i++)
        bench->cameras[i].moment = (struct scrim_moment){.utc_us = utc_us, .mono_us = mono_us};
    for (size_t frame = 0; frame < seconds * 25 && result >= 0; frame++) {
        for (unsigned i = 0; i < bench->count && result >= 0; i++)
            result = record(bench, &bench->cameras[i], frame, error);
        wait_for_disk(bench, QUEUED_MAX);
    }
    for (unsigned i = 0; i < bench->count && result >= 0; i++)
        result = scrim_segment_end(bench->cameras[i].segment,
                                   bench->cameras[i].moment.mono_us + FRAME_US, error);
    wait_for_disk(bench, 0);
    return result;
}

static double cpu_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct scrim_error error = {0};
    const long seconds = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
    if (seconds <= 0 || seconds > 86400 || sodium_init() < 0) {
        fprintf(stderr, "usage: seal_overhead DIR CLIP SECONDS\n");
        return 2;
    }
    int result = load(&bench, argv[1], argv[2], &error);
    if (result >= 0)
        result = begin(&bench, &error);
    const double before = cpu_s();
    if (result >= 0)
        result = record_all(&bench, (size_t)seconds, &error);
    const double cpu = cpu_s() - before;
    scrim_disk_stop(bench.disk);
    if (result < 0) {
        fprintf(stderr, "seal_overhead: %s\n", error.text);
        return 1;
    }
    printf("{\"cpu_s\": %.6f, \"bytes\": %" PRIu64 "}\n", cpu, bench.bytes);
    return 0; // the memory goes with the process
}
