#include "store_fixture.h"

#include "test.h"

#include "base/alloc.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdatomic.h>
#include <sys/stat.h>

#define MUST(expression)                                                     \
    do {                                                                     \
        if ((expression) < 0) {                                              \
            printf("  %s:%d: %s failed\n", __FILE__, __LINE__, #expression); \
            exit(1);                                                         \
        }                                                                    \
    } while (0)

static void make_camera(struct scrim_camera_config *camera, const char *id)
{
    camera->id = scrim_strdup(id);
    camera->name = scrim_strdup(id);
    camera->retention_hours = 72;
}

void fixture_create(struct fixture *f)
{
    static const char *const names[] = {"anna", "bert", "cleo"};
    char path[SCRIM_PATH_MAX];
    struct scrim_error error;
    *f = (struct fixture){0};
    MUST(sodium_init());
    test_make_dir(f->dir);
    snprintf(f->site.dir, sizeof f->site.dir, "%s", f->dir);
    f->site.config = &f->config;
    f->config.id = scrim_strdup("port");
    f->config.name = scrim_strdup("port");
    f->config.cameras = f->cameras;
    f->config.cameras_count = 2;
    make_camera(&f->cameras[0], "quay");
    make_camera(&f->cameras[1], "gate");
    fixture_path(f, "run", path);
    MUST(scrim_fs_make_dirs(path, 0700, NULL));
    MUST(scrim_device_key_create(f->dir, &error));
    MUST(scrim_device_key_load(f->dir, &f->key, &error));
    MUST(scrim_device_public_load(f->dir, f->public_key, &error));
    MUST(scrim_vault_generate(2, 3, names, NULL, &f->vault, f->shares, &error));
    fixture_path(f, "state/vault.json", path);
    MUST(scrim_vault_save(path, &f->vault, &error));
}

void fixture_add_disks(struct fixture *f)
{
    static const char *const ids[] = {"bay1", "bay2"};
    for (int i = 0; i < 2; i++) {
        char path[SCRIM_PATH_MAX];
        fixture_path(f, ids[i], path);
        MUST(scrim_fs_make_dirs(path, 0700, NULL));
        f->disks[i].id = scrim_strdup(ids[i]);
        f->disks[i].path = scrim_strdup(path);
    }
    f->config.disks = f->disks;
    f->config.disks_count = 2;
}

void fixture_keep(struct fixture *f)
{
    for (int i = 0; i < 2; i++) {
        free(f->disks[i].id);
        free(f->disks[i].path);
    }
    scrim_device_key_destroy(f->key);
    free(f->config.id);
    free(f->config.name);
    for (int i = 0; i < 2; i++) {
        free(f->cameras[i].id);
        free(f->cameras[i].name);
    }
}

void fixture_destroy(struct fixture *f)
{
    fixture_keep(f);
    test_remove_dir(f->dir);
}

void fixture_path(const struct fixture *f, const char *below, char ret[SCRIM_PATH_MAX])
{
    MUST(scrim_path_join(ret, f->dir, below));
}

static _Atomic int64_t now_us;

static int64_t read_clock(void *context)
{
    (void)context;
    return atomic_load(&now_us);
}

void fixture_clock_start(void)
{
    static const struct scrim_clock clock = {read_clock, read_clock, NULL};
    atomic_store(&now_us, FIXTURE_START_US);
    scrim_clock_replace(&clock);
}

void fixture_clock_pass(int64_t us)
{
    atomic_fetch_add(&now_us, us);
}

void fixture_clock_end(void)
{
    scrim_clock_replace(NULL);
}

void fixture_plain(uint8_t *to, size_t count, unsigned seed)
{
    uint64_t state = seed * 2654435761U + 1;
    for (size_t i = 0; i < count; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        to[i] = (uint8_t)(state >> 56);
    }
}

static struct scrim_hour_range hour_range(const char *camera, int64_t utc_us)
{
    struct scrim_hour_range range = {.first = scrim_hour_of(utc_us), .last = scrim_hour_of(utc_us)};
    snprintf(range.camera, sizeof range.camera, "%s", camera);
    return range;
}

void fixture_make_key(const struct fixture *f, const char *camera, int64_t utc_us)
{
    const struct scrim_hour_range range = hour_range(camera, utc_us);
    struct scrim_hour_ring *ring;
    MUST(scrim_hour_ring_open(&f->site, &ring, NULL));
    MUST(scrim_hour_ring_make(ring, &range, 1, NULL));
    scrim_hour_ring_close(ring);
}

int fixture_key(const struct fixture *f, const char *camera, uint64_t hour,
                uint8_t ret[SCRIM_HOUR_KEY], struct scrim_error *error)
{
    struct scrim_hour_ring *ring;
    int result = scrim_hour_ring_read(&f->site, &ring, error);
    if (result < 0)
        return result;
    result = scrim_hour_ring_get(ring, camera, hour, ret);
    scrim_hour_ring_close(ring);
    return result;
}

bool fixture_has_key(const struct fixture *f, const char *camera, int64_t utc_us)
{
    uint8_t key[SCRIM_HOUR_KEY];
    return fixture_key(f, camera, scrim_hour_of(utc_us), key, NULL) >= 0;
}

void fixture_shred(const struct fixture *f, const char *camera, int64_t utc_us)
{
    const struct scrim_hour_range range = hour_range(camera, utc_us);
    struct scrim_hour_ring *ring;
    size_t destroyed;
    MUST(scrim_hour_ring_open(&f->site, &ring, NULL));
    MUST(scrim_hour_ring_destroy(ring, &range, 1, &destroyed, NULL));
    scrim_hour_ring_close(ring);
}

struct scrim_seal *fixture_seal(struct fixture *f, const char *camera, int64_t start_us,
                                struct scrim_buf *out)
{
    struct scrim_vault_label label = {.start_utc_us = start_us, .hour = scrim_hour_of(start_us)};
    uint8_t hour_key[SCRIM_HOUR_KEY];
    struct scrim_seal *seal = NULL;
    struct scrim_error error;
    snprintf(label.site, sizeof label.site, "port");
    snprintf(label.camera, sizeof label.camera, "%s", camera);
    fixture_make_key(f, camera, start_us);
    MUST(fixture_key(f, camera, label.hour, hour_key, &error));
    MUST(scrim_seal_create(&f->vault, &label, hour_key, NULL, &seal, out, &error));
    return seal;
}

static int file_key_of(struct fixture *f, const char *camera, const char *path,
                       uint8_t ret[SCRIM_AGE_FILE_KEY], struct scrim_error *error)
{
    struct scrim_sealed_head head;
    struct scrim_partial partials[2];
    uint8_t hour_key[SCRIM_HOUR_KEY];
    static const uint8_t request[SCRIM_REQUEST_ID] = {7};
    SCRIM_AUTO(scrim_close_fd) int fd = scrim_fs_open(path, O_RDONLY, 0, error);
    if (fd < 0)
        return fd;
    int result = scrim_sealed_head_read(fd, path, &head, error);
    if (result < 0)
        return result;
    result = fixture_key(f, camera, head.tdh2.label.hour, hour_key, error);
    for (int i = 0; i < 2 && result >= 0; i++)
        result =
            scrim_tdh2_partial(&f->vault, &f->shares[i], &head.tdh2, request, &partials[i], error);
    if (result >= 0)
        result =
            scrim_tdh2_combine(&f->vault, &head.tdh2, request, partials, 2, hour_key, ret, error);
    scrim_sealed_head_finish(&head);
    return result;
}

int fixture_open(struct fixture *f, const char *camera, const char *path, const char *tail_path,
                 bool whole, struct scrim_plain **ret, struct scrim_error *error)
{
    uint8_t file_key[SCRIM_AGE_FILE_KEY];
    const int result = file_key_of(f, camera, path, file_key, error);
    const struct scrim_plain_source source = {.path = path,
                                              .tail_path = tail_path,
                                              .whole = whole,
                                              .bytes = (uint64_t)fixture_size(path)};
    return result < 0 ? result : scrim_plain_open(&source, file_key, ret, error);
}

int fixture_read(struct fixture *f, const char *camera, const char *path, const char *tail_path,
                 bool whole, struct scrim_buf *ret, struct scrim_error *error)
{
    struct scrim_plain *plain = NULL;
    int result = fixture_open(f, camera, path, tail_path, whole, &plain, error);
    uint8_t block[10000];
    size_t count = 1;
    while (result >= 0 && count > 0) {
        result = scrim_plain_read(plain, block, sizeof block, &count, error);
        if (result >= 0)
            result = scrim_buf_append(ret, block, count);
    }
    scrim_plain_close(plain);
    return result;
}

static void ignore_report(void *context, const char *camera, const struct scrim_error *why)
{
    (void)context;
    printf("  camera %s: %s\n", camera, why->text);
}

void fixture_record(struct fixture *f, const char *camera, int64_t start_us, unsigned count,
                    size_t bytes)
{
    struct scrim_disk *disk = NULL;
    struct scrim_journal_head head;
    struct scrim_error error;
    uint64_t boot;
    MUST(scrim_boot_count(f->dir, &boot, &error));
    MUST(scrim_store_recover(&f->site, camera, f->key, boot, &head, &error));
    MUST(scrim_disk_create(&f->site, f->key, ignore_report, NULL, &disk, &error));
    MUST(scrim_disk_add_camera(disk, camera, &head));
    MUST(scrim_disk_start(disk, &error));
    uint8_t *plain = scrim_new_bytes(bytes + 1);
    for (unsigned i = 0; i < count; i++) {
        const int64_t at_us = start_us + i * 10 * SCRIM_SECOND;
        struct scrim_buf out;
        scrim_buf_init(&out, 64U << 20);
        struct scrim_seal *seal = fixture_seal(f, camera, at_us, &out);
        MUST(scrim_disk_open(disk, camera, at_us, &out));
        fixture_plain(plain, bytes, i);
        MUST(scrim_seal_append(seal, plain, bytes, &out));
        MUST(scrim_seal_finish(seal, &out));
        scrim_seal_destroy(seal);
        const struct scrim_record record = {.type = SCRIM_RECORD_SEGMENT,
                                            .start_us = at_us,
                                            .end_us = at_us + 10 * SCRIM_SECOND,
                                            .boot = boot,
                                            .frames = 100,
                                            .keyframes = 5,
                                            .codec = "h264",
                                            .width = 640,
                                            .height = 480};
        MUST(scrim_disk_close(disk, camera, &out, &record));
    }
    free(plain);
    scrim_disk_stop(disk);
}

struct scrim_disk *fixture_disk(struct fixture *f, scrim_disk_report report, void *context)
{
    struct scrim_disk *disk = NULL;
    struct scrim_error error;
    uint64_t boot;
    MUST(scrim_boot_count(f->dir, &boot, &error));
    MUST(scrim_disk_create(&f->site, f->key, report, context, &disk, &error));
    for (int i = 0; i < 2; i++) {
        struct scrim_journal_head head;
        MUST(scrim_store_recover(&f->site, f->cameras[i].id, f->key, boot, &head, &error));
        MUST(scrim_disk_add_camera(disk, f->cameras[i].id, &head));
    }
    MUST(scrim_disk_start(disk, &error));
    return disk;
}

void fixture_film_plain(unsigned segment, uint8_t ret[FIXTURE_FILM_PLAIN])
{
    fixture_plain(ret, FIXTURE_FILM_PLAIN, 40 + segment);
}

// The three steps in the life of a segment.
static void film_step(struct fixture *f, struct scrim_disk *disk, const char *camera,
                      unsigned segment, int step, int64_t at_us, struct scrim_seal **seal)
{
    static uint8_t plain[FIXTURE_FILM_PLAIN];
    struct scrim_buf out, tail;
    bool changed;
    scrim_buf_init(&out, 1U << 20);
    scrim_buf_init(&tail, 1U << 20);
    fixture_film_plain(segment, plain);
    if (step == 0) {
        *seal = fixture_seal(f, camera, at_us, &out);
        (void)!scrim_disk_open(disk, camera, at_us, &out);
    } else if (step == 1) {
        MUST(scrim_seal_append(*seal, plain, sizeof plain, &out));
        MUST(scrim_seal_tail(*seal, &tail, &changed));
        (void)!scrim_disk_append(disk, camera, &out);
        (void)!scrim_disk_tail(disk, camera, &tail);
    } else {
        const struct scrim_record record = {.type = SCRIM_RECORD_SEGMENT,
                                            .start_us = at_us,
                                            .end_us = at_us + 10 * SCRIM_SECOND,
                                            .frames = 100,
                                            .keyframes = 5,
                                            .codec = "h264"};
        MUST(scrim_seal_finish(*seal, &out));
        scrim_seal_destroy(*seal);
        (void)!scrim_disk_close(disk, camera, &out, &record);
    }
    scrim_buf_finish(&out);
    scrim_buf_finish(&tail);
}

void fixture_film(struct fixture *f, struct scrim_disk *disk, int64_t start_us,
                  void (*between)(void *context), void *context)
{
    struct scrim_seal *seals[2];
    for (unsigned segment = 0; segment < 2; segment++) {
        const int64_t at_us = start_us + segment * 10 * SCRIM_SECOND;
        for (int step = 0; step < 3; step++) {
            for (int i = 0; i < 2; i++)
                film_step(f, disk, f->cameras[i].id, segment, step, at_us, &seals[i]);
            if (between)
                between(context);
        }
    }
}

static struct {
    char store[SCRIM_PATH_MAX], bays[SCRIM_PATH_MAX];
    fixture_fault decide;
    void *context;
    _Atomic unsigned count;
} faults;

static int on_fault(void *context, enum scrim_fault_op op, const char *what)
{
    (void)context;
    if (!what || (strncmp(what, faults.store, strlen(faults.store)) != 0 &&
                  strncmp(what, faults.bays, strlen(faults.bays)) != 0))
        return 0;
    return faults.decide(faults.context, atomic_fetch_add(&faults.count, 1), op, what);
}

void fixture_faults(const struct fixture *f, fixture_fault decide, void *context)
{
    scrim_fault_set(NULL, NULL);
    fixture_path(f, "store", faults.store);
    fixture_path(f, "bay", faults.bays);
    faults.decide = decide;
    faults.context = context;
    atomic_store(&faults.count, 0);
    if (decide)
        scrim_fault_set(on_fault, NULL);
}

static void on_finding(void *context, enum scrim_finding_kind kind, const char *file,
                       const char *text)
{
    (void)text;
    MUST(scrim_buf_printf(context, "%s %s\n", scrim_finding_text(kind), file));
}

int fixture_check(const struct fixture *f, struct scrim_check_result *ret_result,
                  struct scrim_buf *ret)
{
    struct scrim_error error = {0};
    scrim_buf_init(ret, 1U << 20);
    const int result = scrim_check_store(&f->site, on_finding, NULL, ret, ret_result, &error);
    if (result < 0)
        printf("  check: %s\n", error.text);
    MUST(scrim_buf_append_u8(ret, '\0'));
    return result;
}

bool fixture_found(const struct scrim_buf *findings, const char *text)
{
    return strstr((const char *)findings->data, text) != NULL;
}

bool fixture_is_clean(const struct fixture *f)
{
    struct scrim_check_result result;
    struct scrim_buf findings;
    const bool clean = fixture_check(f, &result, &findings) >= 0 && result.findings == 0;
    if (!clean)
        printf("%s", (const char *)findings.data);
    scrim_buf_finish(&findings);
    return clean;
}

void fixture_flip(const char *path, long at, uint8_t mask)
{
    const int fd = open(path, O_RDWR);
    uint8_t byte;
    if (fd < 0 || pread(fd, &byte, 1, at) != 1) {
        perror(path);
        exit(1);
    }
    byte ^= mask;
    MUST((int)pwrite(fd, &byte, 1, at) - 1);
    close(fd);
}

void fixture_cut(const char *path, long size)
{
    MUST(truncate(path, size));
}

long fixture_size(const char *path)
{
    struct stat info;
    return stat(path, &info) < 0 ? -1 : (long)info.st_size;
}
