// Kill and power cut at every operation of a site: two cameras record through the real disk
// threads, hours expire and are shredded by the real keeper, keys are made; then the site is made
// what it would be had it stopped before each operation, started again, and looked at.
#include "test.h"

#include "power_log.h"
#include "sealed.h"
#include "store_fixture.h"

#include "base/alloc.h"
#include "base/log.h"
#include "keeper/storage.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define HOUR_US (3600 * SCRIM_SECOND)
#define FRAME_US (SCRIM_SECOND / 10)
#define FLUSH_US (SCRIM_SECOND / 2) // as in src/recorder/segment.c
#define SEGMENT_FRAMES 40
#define FRAMES 110 // of each camera
#define FRAME_MAX 15000

// What may be gone. In RAM: half a second, and the frame that is not over. A flush comes within 0.4
// s of the first byte that it is for; here, where time passes in steps, one step later.
#define KILL_US (FLUSH_US + FRAME_US)
#define SYNC_US (4 * SCRIM_SECOND / 10) // as in src/store/disk_writer.c
#define POWER_US (KILL_US + SYNC_US + FRAME_US)

static const size_t frame_bytes[2] = {1800, FRAME_MAX}; // a chunk in 3.6 s, and two in one

struct filming {
    struct scrim_seal *seal;
    int64_t start_us, flushed_us;
    struct scrim_buf plain;
    unsigned in_segment;
};

struct world {
    struct fixture f;
    struct scrim_hour_ring *ring;
    struct scrim_storage *storage;
    struct scrim_disk *disk;
    struct power_log *log;
    struct filming films[2];
    size_t expired_at, shredded_at; // operations after which the keys are gone for good
};

// --- the session ---

// Until every other thread of this process sleeps, and nothing was done meanwhile.
static void settle(struct world *w)
{
    size_t before, after = 0;
    bool busy = true;
    do {
        char self[32], path[64];
        before = after;
        snprintf(self, sizeof self, "%d", gettid());
        DIR *tasks = opendir("/proc/self/task");
        const struct dirent *task;
        busy = false;
        while (tasks && (task = readdir(tasks))) {
            char line[512] = "";
            snprintf(path, sizeof path, "/proc/self/task/%.20s/stat", task->d_name);
            FILE *file =
                task->d_name[0] == '.' || strcmp(task->d_name, self) == 0 ? NULL : fopen(path, "r");
            if (!file)
                continue;
            const char *state = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
            busy |= state && state[2] != 'S';
            fclose(file);
        }
        if (tasks)
            closedir(tasks);
        after = power_count(w->log);
        const struct timespec pause = {0, 100000};
        nanosleep(&pause, NULL);
    } while (busy || before != after || after == 0);
}

static void on_report(void *context, const char *camera, const struct scrim_error *why)
{
    (void)context;
    printf("  camera %s: %s\n", camera, why->text);
    test_failures++;
}

// A purge becomes a record the way the sealer makes it one.
static bool on_purged(void *context, const struct scrim_purge *purge)
{
    struct world *w = context;
    struct scrim_record record = {.type = SCRIM_RECORD_PURGE,
                                  .start_us = purge->start_us,
                                  .end_us = purge->end_us,
                                  .cause = purge->cause,
                                  .segments = purge->segments};
    snprintf(record.detail, sizeof record.detail, "%s", purge->text);
    return w->disk && scrim_disk_record(w->disk, purge->camera, &record) >= 0;
}

static void on_status(void *context, const char *json, size_t length)
{
    (void)context, (void)json, (void)length;
}

static void must(int result, const struct scrim_error *error)
{
    if (result >= 0)
        return;
    printf("  %s\n", error->text);
    test_failures++;
}

static void keeper_ticks(struct world *w)
{
    for (int i = 0; i < 20 && w->storage; i++)
        (void)scrim_storage_tick(w->storage);
}

// Keeper and recorder start, in the order in which it must not matter.
static void start_site(struct world *w)
{
    const struct scrim_storage_handler handler = {on_purged, on_status, w};
    struct scrim_error error = {0};
    must(scrim_hour_ring_open(&w->f.site, &w->ring, &error), &error);
    if (w->ring)
        must(scrim_storage_create(&w->f.site, w->ring, &handler, &w->storage, &error), &error);
    w->disk = fixture_disk(&w->f, on_report, w);
}

static void stop_site(struct world *w)
{
    scrim_disk_stop(w->disk);
    w->disk = NULL;
    scrim_storage_destroy(w->storage);
    w->storage = NULL;
    scrim_hour_ring_close(w->ring);
    w->ring = NULL;
}

static void make_frame(unsigned camera, unsigned number, uint8_t ret[FRAME_MAX])
{
    fixture_plain(ret, frame_bytes[camera], 1000 * camera + number);
    ret[0] = (uint8_t)number;
}

static void begin_segment(struct world *w, unsigned camera)
{
    struct filming *film = &w->films[camera];
    struct scrim_vault_label label = {.start_utc_us = scrim_clock_utc_us(),
                                      .hour = scrim_hour_of(scrim_clock_utc_us())};
    uint8_t key[SCRIM_HOUR_KEY];
    struct scrim_buf out;
    struct scrim_error error = {0};
    const char *id = w->f.cameras[camera].id;
    struct scrim_hour_range hour = {.first = label.hour, .last = label.hour};
    snprintf(label.site, sizeof label.site, "port");
    snprintf(label.camera, sizeof label.camera, "%s", id);
    snprintf(hour.camera, sizeof hour.camera, "%s", id);
    must(scrim_hour_ring_make(w->ring, &hour, 1, &error), &error);
    must(scrim_hour_ring_get(w->ring, id, label.hour, key), &error);
    scrim_buf_init(&out, 1U << 20);
    must(scrim_seal_create(&w->f.vault, &label, key, NULL, &film->seal, &out, &error), &error);
    film->start_us = film->flushed_us = label.start_utc_us;
    film->in_segment = 0;
    CHECK_INT(scrim_disk_open(w->disk, id, film->start_us, &out), SCRIM_OK);
    scrim_buf_finish(&out);
}

static void flush_film(struct world *w, unsigned camera)
{
    struct filming *film = &w->films[camera];
    struct scrim_buf out, tail;
    bool changed;
    scrim_buf_init(&out, 1U << 20);
    scrim_buf_init(&tail, 1U << 20);
    CHECK_INT(scrim_seal_append(film->seal, film->plain.data, film->plain.len, &out), SCRIM_OK);
    scrim_buf_clear(&film->plain);
    if (out.len > 0)
        CHECK_INT(scrim_disk_append(w->disk, w->f.cameras[camera].id, &out), SCRIM_OK);
    CHECK_INT(scrim_seal_tail(film->seal, &tail, &changed), SCRIM_OK);
    if (changed)
        CHECK_INT(scrim_disk_tail(w->disk, w->f.cameras[camera].id, &tail), SCRIM_OK);
    film->flushed_us = scrim_clock_utc_us();
    scrim_buf_finish(&out);
    scrim_buf_finish(&tail);
}

static void end_segment(struct world *w, unsigned camera)
{
    struct filming *film = &w->films[camera];
    const struct scrim_record record = {.type = SCRIM_RECORD_SEGMENT,
                                        .start_us = film->start_us,
                                        .end_us = scrim_clock_utc_us(),
                                        .mono_start_us = film->start_us,
                                        .mono_end_us = scrim_clock_mono_us(),
                                        .frames = film->in_segment,
                                        .keyframes = 1,
                                        .codec = "h264"};
    struct scrim_buf out;
    scrim_buf_init(&out, 1U << 20);
    CHECK_INT(scrim_seal_append(film->seal, film->plain.data, film->plain.len, &out), SCRIM_OK);
    scrim_buf_clear(&film->plain);
    CHECK_INT(scrim_seal_finish(film->seal, &out), SCRIM_OK);
    scrim_seal_destroy(film->seal);
    film->seal = NULL;
    CHECK_INT(scrim_disk_close(w->disk, w->f.cameras[camera].id, &out, &record), SCRIM_OK);
    scrim_buf_finish(&out);
}

// One frame, which ends now. The second camera's flushes and segments lie between the first one's.
static void film_frame(struct world *w, unsigned camera, unsigned number)
{
    static uint8_t frame[FRAME_MAX];
    struct filming *film = &w->films[camera];
    if ((number + 13 * camera) % SEGMENT_FRAMES == 0 && film->seal)
        end_segment(w, camera);
    if (!film->seal)
        begin_segment(w, camera);
    if (scrim_clock_utc_us() - film->flushed_us >= FLUSH_US)
        flush_film(w, camera);
    make_frame(camera, number, frame);
    CHECK_INT(scrim_buf_append(&film->plain, frame, frame_bytes[camera]), SCRIM_OK);
    film->in_segment++;
}

static struct scrim_hour_range hour_of(const char *camera, int64_t at_us)
{
    struct scrim_hour_range range = {.first = scrim_hour_of(at_us), .last = scrim_hour_of(at_us)};
    snprintf(range.camera, sizeof range.camera, "%s", camera);
    return range;
}

// "quay" is kept for two hours; its hour before that expires at 10:00:05. That of "gate" at eight
// is shredded by order: where that is
// interrupted, files may stay until their time is over, but no key. The one at nine stays.
#define EXPIRING_US (FIXTURE_START_US - 3 * HOUR_US + 30 * 60 * SCRIM_SECOND)
#define SHREDDED_US (FIXTURE_START_US - 2 * HOUR_US + 60 * SCRIM_SECOND)
#define KEPT_US (FIXTURE_START_US - HOUR_US)
#define OLD_BYTES 70000

// A segment of the past that a crash left, so that its tail is beside it.
static void leave_torn(struct fixture *f, int64_t start_us)
{
    static uint8_t plain[OLD_BYTES];
    struct scrim_buf out, tail;
    struct scrim_error error = {0};
    char path[SCRIM_PATH_MAX], name[32];
    bool changed;
    scrim_buf_init(&out, 1U << 20);
    scrim_buf_init(&tail, 1U << 20);
    struct scrim_seal *seal = fixture_seal(f, "quay", start_us, &out);
    CHECK_INT(scrim_seal_append(seal, plain, sizeof plain, &out), SCRIM_OK);
    CHECK_INT(scrim_seal_tail(seal, &tail, &changed), SCRIM_OK);
    scrim_seal_destroy(seal);
    scrim_segment_name(name, start_us, 0);
    char root[SCRIM_PATH_MAX], directory[SCRIM_PATH_MAX];
    const unsigned disk = f->config.disks_count > 0 ? 1 : 0;
    must(scrim_disks_path(root, &f->site, disk, "quay", NULL), &error);
    snprintf(directory, sizeof directory, "%.900s/2026-11-23", root);
    must(scrim_fs_make_dirs(directory, 0700, &error), &error);
    snprintf(path, sizeof path, "%.950s/%s", directory, name);
    must(scrim_fs_create(path, out.data, out.len, 0600, &error), &error);
    const struct timespec at = {(start_us + SCRIM_SECOND) / SCRIM_SECOND, 0};
    CHECK_INT(utimensat(AT_FDCWD, path, (const struct timespec[]){at, at}, 0), 0);
    snprintf(path, sizeof path, "%.950s/tail", root);
    must(scrim_fs_replace(path, tail.data, tail.len, 0600, &error), &error);
    CHECK_INT(utimensat(AT_FDCWD, path, (const struct timespec[]){at, at}, 0), 0);
    scrim_buf_finish(&out);
    scrim_buf_finish(&tail);
}

static void make_past(struct fixture *f)
{
    fixture_clock_pass(-4 * HOUR_US);
    fixture_record(f, "quay", EXPIRING_US, 2, OLD_BYTES);
    leave_torn(f, EXPIRING_US + 30 * SCRIM_SECOND);
    fixture_record(f, "gate", SHREDDED_US, 2, OLD_BYTES);
    fixture_record(f, "gate", KEPT_US, 2, OLD_BYTES);
    scrim_disk_stop(fixture_disk(f, on_report, NULL)); // adopts the torn one
    fixture_clock_pass(4 * HOUR_US);
}

static void note_destroyed(struct world *w)
{
    const uint64_t expiring = scrim_hour_of(EXPIRING_US), shredded = scrim_hour_of(SHREDDED_US);
    if (w->expired_at == 0 && !scrim_hour_ring_holds(w->ring, "quay", expiring))
        w->expired_at = power_count(w->log);
    if (w->shredded_at == 0 && !scrim_hour_ring_holds(w->ring, "gate", shredded))
        w->shredded_at = power_count(w->log);
}

static void shred(struct world *w)
{
    const struct scrim_hour_range hour = hour_of("gate", SHREDDED_US);
    struct scrim_buf done;
    struct scrim_error error = {0};
    scrim_buf_init(&done, 4096);
    must(scrim_storage_shred(w->storage, &hour, "a test", &done, &error), &error);
    scrim_buf_finish(&done);
}

// Its thread waits by the system's clock, not by ours.
static void wake_disk(struct world *w, unsigned camera)
{
    struct scrim_buf nothing;
    scrim_buf_init(&nothing, 1);
    CHECK_INT(scrim_disk_append(w->disk, w->f.cameras[camera].id, &nothing), SCRIM_OK);
}

static void run_session(struct world *w)
{
    start_site(w);
    for (unsigned i = 0; i < 2; i++)
        scrim_buf_init(&w->films[i].plain, 1U << 20);
    for (unsigned number = 0; number < FRAMES; number++) {
        fixture_clock_pass(FRAME_US);
        film_frame(w, 0, number);
        film_frame(w, 1, number);
        for (unsigned i = 0; i < 2; i++)
            wake_disk(w, i);
        settle(w);
        if (number == 20)
            shred(w);
        if (number % 20 == 10) {
            keeper_ticks(w);
            settle(w);
        }
        note_destroyed(w);
    }
    for (unsigned i = 0; i < 2; i++) {
        end_segment(w, i);
        scrim_buf_finish(&w->films[i].plain);
    }
    stop_site(w);
}

static void begin_world(struct world *w, bool disks)
{
    memset(w, 0, sizeof *w);
    fixture_clock_start();
    fixture_create(&w->f);
    if (disks)
        fixture_add_disks(&w->f);
    w->f.cameras[0].retention_hours = 2;
    for (unsigned i = 0; i < 2; i++)
        w->f.cameras[i].expected_mbit = 0.01;
    make_past(&w->f);
}

// --- what must be true after a start ---

struct seen {
    bool frames[2][FRAMES];
    bool kept[2];
    unsigned expiring; // segments that are there
};

static void see_frames(unsigned camera, const struct scrim_buf *plain, unsigned first,
                       struct seen *seen)
{
    static uint8_t frame[FRAME_MAX];
    const size_t size = frame_bytes[camera];
    for (size_t at = 0; at + size <= plain->len; at += size) {
        const unsigned number = first + (unsigned)(at / size);
        make_frame(camera, number, frame);
        if (number >= FRAMES || memcmp(plain->data + at, frame, size) != 0) {
            printf("  frame %u of camera %u is not what was filmed\n", number, camera);
            test_failures++;
            return;
        }
        seen->frames[camera][number] = true;
    }
}

static void see_segment(struct fixture *f, unsigned camera, const struct scrim_record *record,
                        struct seen *seen)
{
    static uint8_t old[OLD_BYTES];
    char path[SCRIM_PATH_MAX], tail[SCRIM_PATH_MAX + 8];
    struct scrim_error error = {0};
    struct scrim_buf plain;
    const char *id = f->cameras[camera].id;
    must(scrim_store_segment_path(path, &f->site, record->disk, id, record->file, &error), &error);
    snprintf(tail, sizeof tail, "%s.tail", path);
    if (access(path, F_OK) < 0)
        return; // the check judges that
    const uint64_t hour = scrim_hour_of(record->start_us);
    seen->expiring += camera == 0 && hour == scrim_hour_of(EXPIRING_US);
    if (!fixture_has_key(f, id, record->start_us))
        return;
    scrim_buf_init(&plain, 64U << 20);
    must(fixture_read(f, id, path, tail, !record->torn, &plain, &error), &error);
    if (record->start_us >= FIXTURE_START_US) {
        const int64_t first = (record->start_us - FIXTURE_START_US) / FRAME_US - 1;
        see_frames(camera, &plain, (unsigned)first, seen);
    } else if (camera == 1 && hour == scrim_hour_of(KEPT_US)) {
        const unsigned nth = (unsigned)((record->start_us - KEPT_US) / (10 * SCRIM_SECOND));
        fixture_plain(old, sizeof old, nth);
        seen->kept[nth] = plain.len == sizeof old && memcmp(plain.data, old, sizeof old) == 0;
    }
    scrim_buf_finish(&plain);
}

static void see(struct fixture *f, struct seen *seen)
{
    static struct scrim_record records[512];
    *seen = (struct seen){0};
    for (unsigned camera = 0; camera < 2; camera++) {
        const size_t count = sealed_journal(f->dir, f->cameras[camera].id, records, 512);
        for (size_t i = 0; i < count; i++) {
            if (records[i].type == SCRIM_RECORD_SEGMENT)
                see_segment(f, camera, &records[i], seen);
        }
    }
}

struct losses {
    int64_t most_us[POWER_LOSSES];
    unsigned states;
};

// Frames that ended before `cut_us` and are not there. They are newer than what may be gone.
static int64_t lost_us(const struct seen *seen, int64_t cut_us)
{
    int64_t most_us = 0;
    for (unsigned camera = 0; camera < 2; camera++) {
        for (unsigned number = 0; number < FRAMES; number++) {
            const int64_t start_us = FIXTURE_START_US + number * FRAME_US;
            if (start_us + FRAME_US > cut_us)
                break;
            if (!seen->frames[camera][number] && cut_us - start_us > most_us)
                most_us = cut_us - start_us;
        }
    }
    return most_us;
}

// When the recording was cut, and before which operation of it.
struct cut {
    size_t at;
    int64_t utc_us;
};

static struct cut cut_at(const struct world *w, size_t at)
{
    return (struct cut){at, power_time(w->log, at)};
}

static void check_state(struct world *w, struct cut cut, enum power_loss loss,
                        struct losses *losses)
{
    struct seen seen;
    CHECK(cut.at < w->expired_at ||
          !fixture_has_key(&w->f, "quay", EXPIRING_US)); // before the keeper could do it again
    CHECK(cut.at < w->shredded_at || !fixture_has_key(&w->f, "gate", SHREDDED_US));
    start_site(w);
    keeper_ticks(w);
    scrim_disk_stop(w->disk); // the journals have what the keeper said
    w->disk = NULL;
    keeper_ticks(w);
    stop_site(w);
    CHECK(fixture_is_clean(&w->f));
    see(&w->f, &seen);
    CHECK(seen.kept[0] && seen.kept[1]);
    CHECK_INT(seen.expiring, 0);
    CHECK(fixture_has_key(&w->f, "gate", KEPT_US));
    const int64_t lost = lost_us(&seen, cut.utc_us);
    if (lost > losses->most_us[loss])
        losses->most_us[loss] = lost;
    CHECK(lost <= (loss == POWER_KILL ? KILL_US : POWER_US));
    losses->states++;
}

// The site in another directory, as the cut left it.
static void enter(struct world *w, const struct world *from, char directory[256])
{
    *w = *from;
    snprintf(w->f.dir, sizeof w->f.dir, "%s", directory);
    snprintf(w->f.site.dir, sizeof w->f.site.dir, "%s", directory);
    w->f.site.config = &w->f.config;
    w->f.config.cameras = w->f.cameras;
    if (w->f.config.disks_count == 0)
        return;
    w->f.config.disks = w->f.disks;
    for (unsigned i = 0; i < 2; i++) {
        char path[SCRIM_PATH_MAX];
        snprintf(path, sizeof path, "%s/bay%u", directory, i + 1);
        w->f.disks[i].path = scrim_strdup(path);
    }
}

static void leave(struct world *w)
{
    for (unsigned i = 0; i < w->f.config.disks_count; i++)
        free(w->f.disks[i].path);
    test_remove_dir(w->f.dir);
}

static void try_state(struct world *w, struct power_log *log, size_t at, enum power_loss loss,
                      unsigned seed, struct cut when, struct losses *losses)
{
    struct world cut;
    char directory[256];
    test_make_dir(directory);
    power_make(log, at, loss, seed, directory);
    enter(&cut, w, directory);
    const int before = test_failures;
    check_state(&cut, when, loss, losses);
    if (test_failures > before) {
        printf("  operation %zu (%s), %s, seed %u\n", at, power_text(log, at),
               power_loss_names[loss], seed);
        fflush(stdout);
    }
    leave(&cut);
}

static bool is_long(void)
{
    return getenv("SCRIM_SOAK") != NULL;
}

static void say(const struct losses *losses, size_t operations)
{
    printf("  %zu operations, %u states;", operations, losses->states);
    for (int i = 0; i < POWER_LOSSES; i++)
        printf(" %s: %.1f s%s", power_loss_names[i], (double)losses->most_us[i] / SCRIM_SECOND,
               i + 1 < POWER_LOSSES ? "," : "\n");
}

static void record_session(struct world *w, bool disks)
{
    begin_world(w, disks);
    w->log = power_begin(w->f.dir);
    run_session(w);
    power_end(w->log);
    CHECK(w->expired_at > 0 && w->shredded_at > 0);
}

static void end_world(struct world *w)
{
    power_destroy(w->log);
    fixture_destroy(&w->f);
    fixture_clock_end();
}

// Every operation: killed before or in it, and in turn each way of losing power; all of them, many
// times, in `make soak`.
static void cut_everywhere(bool disks)
{
    struct world w;
    struct losses losses = {0};
    record_session(&w, disks);
    const size_t count = power_count(w.log);
    for (size_t at = 0; at < count && test_failures == 0; at++) {
        for (unsigned loss = 0; loss < POWER_LOSSES; loss++) {
            const unsigned seeds = is_long() ? loss >= POWER_PREFIX ? 10 : 1
                                             : loss == POWER_KILL || at % 4 == loss - 1;
            for (unsigned seed = 0; seed < seeds; seed++)
                try_state(&w, w.log, at, (enum power_loss)loss, seed, cut_at(&w, at), &losses);
        }
    }
    say(&losses, count);
    CHECK(power_agrees(w.log));
    end_world(&w);
}

static void one_disk(void)
{
    cut_everywhere(false);
}

static void two_disks(void)
{
    cut_everywhere(true);
}

// While the site starts again after this, the power fails, at every operation.
static void cut_the_start(struct world *w, struct power_log *log, size_t from, struct cut when,
                          struct losses *losses)
{
    for (size_t at = from; at < power_count(log) && test_failures == 0; at++)
        try_state(w, log, at, at % 3 ? POWER_BLOCKS : POWER_LOST + at / 3 % 3, 5, when, losses);
    CHECK(power_agrees(log));
}

// It was lost to a power cut before: what is there is durable.
static void cut_twice(void)
{
    struct world w;
    struct losses losses = {0};
    unsigned starts = 0;
    record_session(&w, false);
    const size_t count = power_count(w.log), stride = count / (is_long() ? 40 : 2);
    for (size_t at = stride / 2; at < count && test_failures == 0; at += stride, starts++) {
        struct world cut;
        char directory[256];
        test_make_dir(directory);
        power_make(w.log, at, POWER_BLOCKS, 99, directory);
        enter(&cut, &w, directory);
        struct power_log *log = power_begin(directory);
        start_site(&cut);
        keeper_ticks(&cut);
        stop_site(&cut);
        power_end(log);
        cut_the_start(&cut, log, 0, cut_at(&w, at), &losses);
        power_destroy(log);
        leave(&cut);
    }
    printf("  %u starts, %u states\n", starts, losses.states);
    end_world(&w);
}

static void start_after_kill(struct world *w, size_t at, struct losses *losses)
{
    struct world cut;
    const struct cut when = cut_at(w, at);
    char directory[256];
    test_make_dir(directory);
    power_forget(w->log, at);
    power_make(w->log, at, POWER_KILL, 0, directory);
    enter(&cut, w, directory);
    power_continue(w->log, directory);
    start_site(&cut);
    keeper_ticks(&cut);
    stop_site(&cut);
    power_end(w->log);
    cut_the_start(&cut, w->log, at, when, losses);
    leave(&cut);
}

// It was killed before, and much of what the start finds is in the page cache only.
static void cut_after_kill(void)
{
    struct world w;
    unsigned starts = 0;
    record_session(&w, false);
    const size_t count = power_count(w.log), stride = count / (is_long() ? 40 : 3);
    for (size_t at = stride / 2; at < count && test_failures == 0; at += stride, starts++) {
        int status = 0;
        fflush(stdout);
        const pid_t child = fork(); // the log goes another way from here
        if (child == 0) {
            struct losses losses = {0};
            start_after_kill(&w, at, &losses);
            printf("  killed at operation %zu: %u states\n", at, losses.states);
            fflush(stdout);
            _exit(test_failures > 0);
        }
        CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    }
    end_world(&w);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    scrim_log_set_level(SCRIM_LOG_ERROR);
    if (!getenv("TMPDIR") && access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 1);
    return test_run(argc, argv,
                    (struct test[]){
                        {"power: cut at any operation", one_disk},
                        {"power: cut at any operation, with two disks", two_disks},
                        {"power: cut again while it starts", cut_twice},
                        {"power: cut while it starts after a kill", cut_after_kill},
                        {0},
                    });
}
