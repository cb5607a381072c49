// What the keeper destroys, in which order, and above all what it does not.
#include "keeper_kit.h"
#include "test.h"

#include "base/alloc.h"
#include "keeper/admitted.h"
#include "keeper/demand.h"
#include "keeper/periods.h"
#include "keeper/purge_log.h"

#include <errno.h>
#include <jansson.h>
#include <sys/stat.h>

#define MINUTE_US (60 * SCRIM_SECOND)
#define T(hours, minutes, seconds) \
    (FIXTURE_START_US + (hours)*HOUR_US + (minutes)*MINUTE_US + (seconds)*SCRIM_SECOND)

static int64_t mono_us;

struct scene {
    struct kit k;
    struct scrim_storage *storage;
    struct scrim_purge said[16];
    unsigned said_count;
    bool listens;
    char *status;
};

static bool on_purged(void *context, const struct scrim_purge *purge)
{
    struct scene *s = context;
    if (s->listens && s->said_count < 16)
        s->said[s->said_count++] = *purge;
    return s->listens;
}

static void on_status(void *context, const char *json, size_t length)
{
    struct scene *s = context;
    free(s->status);
    s->status = strndup(json, length);
}

static void start(struct scene *s)
{
    const struct scrim_storage_handler handler = {on_purged, on_status, s};
    struct scrim_error error;
    kit_must(scrim_storage_create(&s->k.f.site, s->k.ring, &handler, &s->storage, &error), &error);
}

// The cameras are kept for 2 and 24 hours. `start` is left to the test.
static void begin(struct scene *s, unsigned disks)
{
    memset(s, 0, sizeof *s);
    kit_begin(&s->k, disks);
    for (unsigned i = 0; i < 2; i++) {
        s->k.f.cameras[i].retention_hours = i == 0 ? 2 : 24;
        s->k.f.cameras[i].expected_mbit = 0.1;
    }
}

static void end(struct scene *s)
{
    scrim_storage_destroy(s->storage);
    free(s->status);
    kit_end(&s->k);
}

// Some ticks at that moment, which lies at least a minute after the one before.
static void at(struct scene *s, int64_t utc_us)
{
    fixture_clock_pass(utc_us - scrim_clock_utc_us());
    for (int i = 0; i < 20; i++)
        (void)scrim_storage_tick(s->storage);
}

static bool exists(const struct scene *s, const char *camera, int64_t at_us)
{
    return kit_exists(&s->k, camera, at_us, 0);
}

static void put(const struct scene *s, const char *below)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_error error;
    fixture_path(&s->k.f, below, path);
    kit_must(scrim_fs_create(path, "x", 1, 0600, &error), &error);
}

static bool is_there(const struct scene *s, const char *below)
{
    char path[SCRIM_PATH_MAX];
    fixture_path(&s->k.f, below, path);
    return access(path, F_OK) == 0;
}

static void retention(void)
{
    struct scene s;
    begin(&s, 0);
    kit_segment(&s.k, "quay", T(0, 0, 0), 60, 0, MB);
    kit_segment(&s.k, "quay", T(0, 5, 0), 60, 0, MB);
    kit_segment(&s.k, "quay", T(0, 59, 30), 60, 0, MB); // reaches over the hour
    kit_segment(&s.k, "gate", T(0, 0, 0), 60, 0, MB);
    put(&s, "store/quay/2026-11-23/100500.mp4.age.tail");
    put(&s, "store/quay/2026-11-23/notes.txt");
    start(&s);
    at(&s, T(2, 0, 30));
    CHECK(exists(&s, "quay", T(0, 0, 0))); // it ends at 10:01
    at(&s, T(2, 2, 0));
    CHECK(!exists(&s, "quay", T(0, 0, 0)));
    CHECK(exists(&s, "quay", T(0, 5, 0)));
    CHECK(kit_has_key(&s.k, "quay", T(0, 0, 0))); // others of that hour stay
    at(&s, T(3, 0, 10));
    CHECK(!exists(&s, "quay", T(0, 5, 0)));
    CHECK(!is_there(&s, "store/quay/2026-11-23/100500.mp4.age.tail"));
    CHECK(exists(&s, "quay",
                 T(0, 59, 30))); // the hour is over, but a segment that began in it is not
    CHECK(kit_has_key(&s.k, "quay", T(0, 0, 0)));
    at(&s, T(3, 1, 40));
    CHECK(!exists(&s, "quay", T(0, 59, 30)));
    CHECK(!kit_has_key(&s.k, "quay", T(0, 0, 0)));
    CHECK(is_there(&s, "store/quay/2026-11-23/journal")); // it still says what was
    CHECK(is_there(&s, "store/quay/2026-11-23/notes.txt"));
    CHECK(exists(&s, "gate", T(0, 0, 0)));
    CHECK(kit_has_key(&s.k, "gate", T(0, 0, 0)));
    CHECK_INT(s.said_count, 0); // that was no purge
    end(&s);
}

// Segments that are recorded while the keeper runs, on the next day, too.
static void follows(void)
{
    struct scene s;
    begin(&s, 0);
    start(&s);
    at(&s, T(0, 1, 0));
    kit_segment(&s.k, "quay", T(13, 58, 0), 60, 0, MB);
    at(&s, T(13, 59, 0));
    kit_segment(&s.k, "quay", T(14, 1, 0), 60, 0, MB);
    kit_segment(&s.k, "quay", T(14, 2, 0), 60, 0, MB);
    at(&s, T(14, 3, 0));
    at(&s, T(16, 0, 0));
    CHECK(!exists(&s, "quay", T(13, 58, 0)));
    CHECK(exists(&s, "quay", T(14, 1, 0)));
    at(&s, T(16, 2, 30));
    CHECK(!exists(&s, "quay", T(14, 1, 0)));
    CHECK(exists(&s, "quay", T(14, 2, 0)));
    end(&s);
}

// A segment that a crash left without a record counts by its last change, which is now in truth.
static void unrecorded(void)
{
    struct scene s;
    char path[SCRIM_PATH_MAX];
    begin(&s, 0);
    kit_segment(&s.k, "quay", T(0, 0, 0), 60, 0, MB);
    kit_file(&s.k, "quay", T(0, 1, 0), 0, MB);
    kit_path(&s.k, "quay", T(0, 1, 0), 0, path);
    const struct timespec changed[2] = {{T(0, 30, 0) / SCRIM_SECOND, 0},
                                        {T(0, 30, 0) / SCRIM_SECOND, 0}};
    CHECK_INT(utimensat(AT_FDCWD, path, changed, 0), 0);
    start(&s);
    at(&s, T(2, 20, 0));
    CHECK(!exists(&s, "quay", T(0, 0, 0)));
    CHECK(exists(&s, "quay", T(0, 1, 0)));
    const struct timespec again[2] = {{T(0, 50, 0) / SCRIM_SECOND, 0},
                                      {T(0, 50, 0) / SCRIM_SECOND, 0}};
    CHECK_INT(utimensat(AT_FDCWD, path, again, 0), 0);
    at(&s, T(2, 40, 0));
    CHECK(exists(&s, "quay", T(0, 1, 0)));
    at(&s, T(2, 51, 30));
    CHECK(!exists(&s, "quay", T(0, 1, 0)));
    CHECK(kit_has_key(&s.k, "quay", T(0, 0, 0)));
    at(&s, T(3, 2, 0));
    CHECK(!kit_has_key(&s.k, "quay", T(0, 0, 0)));
    end(&s);
}

// Across disks; what lies on one that is not there stays until it is back.
static void disks(void)
{
    struct scene s;
    char here[SCRIM_PATH_MAX], away[SCRIM_PATH_MAX];
    begin(&s, 2);
    kit_segment(&s.k, "quay", T(0, 0, 0), 60, 1, MB);
    kit_segment(&s.k, "quay", T(0, 1, 0), 60, 2, MB);
    kit_segment(&s.k, "quay", T(0, 2, 0), 60, 0, MB);
    start(&s);
    at(&s, T(0, 5, 0));
    fixture_path(&s.k.f, "bay2", here);
    fixture_path(&s.k.f, "elsewhere", away);
    CHECK_INT(rename(here, away), 0);
    at(&s, T(3, 5, 0));
    CHECK(!kit_exists(&s.k, "quay", T(0, 0, 0), 1));
    CHECK(!kit_exists(&s.k, "quay", T(0, 2, 0), 0));
    CHECK(!kit_has_key(&s.k, "quay", T(0, 0, 0))); // which shreds it wherever it is
    CHECK_INT(rename(away, here), 0);
    CHECK(kit_exists(&s.k, "quay", T(0, 1, 0), 2));
    at(&s, T(3, 7, 0));
    at(&s, T(3, 9, 0));
    CHECK(!kit_exists(&s.k, "quay", T(0, 1, 0), 2));
    CHECK(is_there(&s, "bay1/scrim-disk"));
    end(&s);
}

// A camera that left scrim.yaml goes as it was said, and is then forgotten.
static void camera_left(void)
{
    struct scene s;
    begin(&s, 0);
    kit_segment(&s.k, "gate", T(0, 0, 0), 60, 0, MB);
    start(&s);
    at(&s, T(0, 5, 0));
    scrim_storage_destroy(s.storage);
    s.k.f.config.cameras_count = 1;
    start(&s);
    at(&s, T(23, 0, 0));
    CHECK(exists(&s, "gate", T(0, 0, 0)));
    CHECK(kit_has_key(&s.k, "gate", T(0, 0, 0)));
    at(&s, T(25, 5, 0));
    CHECK(!exists(&s, "gate", T(0, 0, 0)));
    CHECK(!kit_has_key(&s.k, "gate", T(0, 0, 0)));
    at(&s, T(25, 7, 0));
    struct scrim_periods periods;
    struct scrim_error error;
    REQUIRE(scrim_periods_load(&s.k.f.site, &periods, &error) == SCRIM_OK);
    CHECK_INT(periods.count, 1);
    CHECK_TEXT(periods.list[0].camera, "quay");
    scrim_periods_finish(&periods);
    end(&s);
}

static void held(void)
{
    struct scene s;
    struct scrim_error error;
    struct scrim_buf done;
    uint64_t id;
    begin(&s, 0);
    kit_segment(&s.k, "quay", T(0, 10, 0), 60, 0, MB);
    kit_segment(&s.k, "quay", T(1, 10, 0), 60, 0, MB);
    kit_hold(&s.k, "quay", T(0, 20, 0), T(0, 21, 0), &id);
    start(&s);
    at(&s, T(5, 0, 0));
    CHECK(exists(&s, "quay", T(0, 10, 0)));
    CHECK(kit_has_key(&s.k, "quay", T(0, 10, 0)));
    CHECK(!exists(&s, "quay", T(1, 10, 0)));
    CHECK(!kit_has_key(&s.k, "quay", T(1, 10, 0)));
    const struct scrim_hour_range range = kit_hour("quay", T(0, 0, 0));
    scrim_buf_init(&done, 1000);
    CHECK_INT(scrim_storage_shred(s.storage, &range, "please", &done, &error), SCRIM_EBUSY);
    CHECK_TEXT(error.text, "legal hold 1 of ada keeps it: court");
    CHECK(kit_has_key(&s.k, "quay", T(0, 10, 0)));
    CHECK_INT(scrim_holds_release(s.k.f.dir, id, "ada", "over", &error), SCRIM_OK);
    at(&s, T(5, 2, 0));
    CHECK(!exists(&s, "quay", T(0, 10, 0)));
    CHECK(!kit_has_key(&s.k, "quay", T(0, 10, 0)));
    scrim_buf_finish(&done);
    end(&s);
}

// Holds that cannot be read keep everything.
static void holds_unknown(void)
{
    struct scene s;
    struct scrim_error error;
    char path[SCRIM_PATH_MAX];
    begin(&s, 0);
    kit_segment(&s.k, "quay", T(0, 10, 0), 60, 0, MB);
    start(&s);
    fixture_path(&s.k.f, "state/holds/list", path);
    CHECK_INT(scrim_fs_replace(path, "?\n", 2, 0600, &error), SCRIM_OK);
    at(&s, T(9, 0, 0));
    CHECK(exists(&s, "quay", T(0, 10, 0)));
    CHECK(kit_has_key(&s.k, "quay", T(0, 10, 0)));
    CHECK_INT(unlink(path), 0);
    at(&s, T(9, 2, 0));
    CHECK(!exists(&s, "quay", T(0, 10, 0)));
    end(&s);
}

static void shred(void)
{
    struct scene s;
    struct scrim_error error;
    struct scrim_buf done;
    begin(&s, 0);
    kit_segment(&s.k, "gate", T(0, 10, 0), 60, 0, MB);
    kit_segment(&s.k, "gate", T(0, 11, 0), 60, 0, MB);
    kit_segment(&s.k, "gate", T(1, 10, 0), 60, 0, MB);
    start(&s);
    s.listens = true;
    at(&s, T(3, 0, 0));
    const struct scrim_hour_range range = kit_hour("gate", T(0, 0, 0));
    scrim_buf_init(&done, 1000);
    REQUIRE(scrim_storage_shred(s.storage, &range, "by order", &done, &error) == SCRIM_OK);
    CHECK(!kit_has_key(&s.k, "gate", T(0, 10, 0)));
    CHECK_INT(scrim_buf_append_u8(&done, 0), SCRIM_OK);
    CHECK_TEXT((const char *)done.data,
               "camera gate: 1 hour key destroyed, 2 sealed files removed");
    at(&s, T(3, 1, 0));
    CHECK(!exists(&s, "gate", T(0, 10, 0)));
    CHECK(exists(&s, "gate", T(1, 10, 0)));
    CHECK_INT(s.said_count, 1);
    CHECK_INT(s.said[0].cause, SCRIM_GAP_OPERATOR);
    CHECK_INT(s.said[0].segments, 2);
    CHECK_INT(s.said[0].start_us, T(0, 10, 0));
    CHECK_INT(s.said[0].end_us, T(0, 12, 0));
    CHECK_TEXT(s.said[0].text, "shredded: by order");
    scrim_buf_finish(&done);
    end(&s);
}

struct failing {
    const char *path;
    enum scrim_fault_op op;
    int with;
    unsigned seen;
};

static int fail(void *context, enum scrim_fault_op op, const char *what)
{
    struct failing *failing = context;
    if (op != failing->op || !what || !strstr(what, failing->path))
        return 0;
    failing->seen++;
    return failing->with;
}

// Keys first: while they cannot be destroyed the files stay, unless the disk is full, which only
// removing can help.
static void keys_fail(void)
{
    struct scene s;
    struct failing failing = {"state/keys", SCRIM_FAULT_WRITE, EIO, 0};
    begin(&s, 0);
    kit_segment(&s.k, "quay", T(0, 10, 0), 60, 0, MB);
    kit_segment(&s.k, "quay", T(1, 10, 0), 60, 0, MB);
    start(&s);
    at(&s, T(0, 15, 0));
    scrim_fault_set(fail, &failing);
    at(&s, T(3, 5, 0));
    CHECK(failing.seen > 0);
    CHECK(kit_has_key(&s.k, "quay", T(0, 10, 0)));
    CHECK(exists(&s, "quay", T(0, 10, 0)));
    failing.with = ENOSPC;
    at(&s, T(3, 7, 0));
    CHECK(!exists(&s, "quay", T(0, 10, 0)));
    CHECK(kit_has_key(&s.k, "quay", T(0, 10, 0)));
    scrim_fault_set(NULL, NULL);
    at(&s, T(3, 9, 0));
    CHECK(!kit_has_key(&s.k, "quay", T(0, 10, 0)));
    CHECK(exists(&s, "quay", T(1, 10, 0)));
    end(&s);
}

// What cannot be removed is tried again; its neighbours go.
static void unlink_fails(void)
{
    struct scene s;
    struct failing failing = {"101000.mp4.age", SCRIM_FAULT_UNLINK, EIO, 0};
    begin(&s, 0);
    kit_segment(&s.k, "quay", T(0, 10, 0), 60, 0, MB);
    kit_segment(&s.k, "quay", T(0, 11, 0), 60, 0, MB);
    start(&s);
    at(&s, T(0, 15, 0));
    scrim_fault_set(fail, &failing);
    at(&s, T(3, 5, 0));
    scrim_fault_set(NULL, NULL);
    CHECK(exists(&s, "quay", T(0, 10, 0)));
    CHECK(!exists(&s, "quay", T(0, 11, 0)));
    at(&s, T(3, 7, 0));
    CHECK(!exists(&s, "quay", T(0, 10, 0)));
    end(&s);
}

// --- purge ---

static struct scrim_purge_list choose(struct kit *k, struct scrim_stock *stock, uint64_t places,
                                      uint64_t bytes, const struct scrim_holds *holds,
                                      uint64_t *ret_bytes)
{
    struct scrim_purge_list list = {0};
    struct scrim_error error;
    scrim_stock_init(stock, &k->f.site);
    kit_must(scrim_stock_load(stock, &error), &error);
    kit_must(scrim_purge_choose(stock, places, bytes, holds, T(1, 30, 0), "why", &list, ret_bytes,
                                &error),
             &error);
    return list;
}

static void purge_oldest_first(void)
{
    struct kit k;
    struct scrim_stock stock;
    struct scrim_holds holds = {0};
    uint64_t bytes;
    kit_begin(&k, 2);
    for (unsigned i = 0; i < 4; i++) {
        kit_segment(&k, "quay", T(0, 2 * i, 0), 60, 1, MB);
        kit_segment(&k, "gate", T(0, 2 * i + 1, 0), 60, i == 1 ? 2 : 1, MB);
    }
    kit_file(&k, "quay", T(0, 20, 0), 1, MB); // being written
    struct scrim_purge_list list = choose(&k, &stock, 2, 3 * MB, &holds, &bytes);
    CHECK_INT(bytes, 3 * MB);
    CHECK_INT(list.count, 2);
    CHECK_TEXT(list.list[0].camera, "quay");
    CHECK_INT(list.list[0].start_us, T(0, 0, 0));
    CHECK_INT(list.list[0].end_us, T(0, 3, 0));
    CHECK_INT(list.list[0].segments, 2);
    CHECK_TEXT(list.list[1].camera, "gate");
    CHECK_INT(list.list[1].segments, 1);
    scrim_purge_list_finish(&list);
    scrim_stock_finish(&stock);

    // More than there is: all of that disk but what is being written; the piece on the other disk
    // parts the runs of its camera.
    list = choose(&k, &stock, 2, 100 * MB, &holds, &bytes);
    CHECK_INT(bytes, 7 * MB);
    CHECK_INT(list.count, 3);
    scrim_purge_list_finish(&list);
    scrim_stock_finish(&stock);

    list = choose(&k, &stock, 4, 100 * MB, &holds, &bytes);
    CHECK_INT(bytes, MB);
    scrim_purge_list_finish(&list);
    scrim_stock_finish(&stock);
    kit_end(&k);
}

static void purge_spares_held(void)
{
    struct kit k;
    struct scrim_stock stock;
    struct scrim_holds holds;
    struct scrim_error error;
    uint64_t bytes;
    kit_begin(&k, 0);
    kit_segment(&k, "quay", T(0, 10, 0), 60, 0, MB);
    kit_segment(&k, "quay", T(1, 10, 0), 60, 0, MB);
    kit_segment(&k, "gate", T(0, 10, 0), 60, 0, MB);
    kit_hold(&k, "quay", T(0, 10, 0), T(0, 11, 0), NULL);
    REQUIRE(scrim_holds_load(k.f.dir, &holds, &error) == SCRIM_OK);
    struct scrim_purge_list list = choose(&k, &stock, 1, 100 * MB, &holds, &bytes);
    CHECK_INT(bytes, 2 * MB);
    CHECK_INT(list.count, 2);
    CHECK_TEXT(list.list[0].camera, "gate");
    CHECK_INT(list.list[1].start_us, T(1, 10, 0));
    scrim_purge_list_finish(&list);
    scrim_stock_finish(&stock);
    scrim_holds_finish(&holds);
    kit_end(&k);
}

// The site's own disk has less room than its reserve, whatever is destroyed.
static void purge_at_work(void)
{
    struct scene s;
    begin(&s, 0);
    kit_segment(&s.k, "gate", T(0, 10, 0), 60, 0, MB);
    kit_segment(&s.k, "gate", T(2, 10, 0), 60, 0, MB);
    start(&s);
    s.listens = true;
    at(&s, T(2, 15, 0));
    CHECK(exists(&s, "gate", T(0, 10, 0)));
    s.k.f.config.reserve_mb = UINT32_MAX; // 4 PB
    at(&s, T(2, 16, 30));
    CHECK(!exists(&s, "gate", T(0, 10, 0)));
    CHECK(!kit_has_key(&s.k, "gate", T(0, 10, 0)));
    CHECK(!exists(&s, "gate", T(2, 10, 0)));
    CHECK(kit_has_key(&s.k, "gate", T(2, 10, 0))); // that hour is not over
    CHECK_INT(s.said_count, 1);
    CHECK_INT(s.said[0].cause, SCRIM_GAP_DISK);
    CHECK_INT(s.said[0].segments, 2);
    CHECK(strstr(s.said[0].text, "the site's own store"));
    end(&s);
}

// A reserve that is missing is made up for step by step: each takes what two minutes of writing
// need, and a quarter more.
static void purge_step_by_step(void)
{
    struct scene s;
    begin(&s, 0);
    for (unsigned i = 0; i < 60; i++)
        kit_segment(&s.k, "gate", T(0, i, 0), 60, 0, 30 * MB);
    s.k.f.config.reserve_mb = 1;
    start(&s);
    s.listens = true;
    s.k.f.config.reserve_mb = UINT32_MAX;
    at(&s, T(1, 0, 0));
    REQUIRE(s.said_count == 1);
    CHECK(s.said[0].segments >= 2);
    CHECK(s.said[0].segments <= 3);
    CHECK(exists(&s, "gate", T(0, 3, 0)));
    at(&s, T(1, 1, 0));
    CHECK(!exists(&s, "gate", T(0, 3, 0)));
    end(&s);
}

// Said again until the journal has it, also by the next keeper.
static void purge_is_never_silent(void)
{
    struct scene s;
    begin(&s, 0);
    kit_segment(&s.k, "gate", T(0, 10, 0), 60, 0, MB);
    s.k.f.config.reserve_mb = 1;
    start(&s);
    s.k.f.config.reserve_mb = UINT32_MAX;
    at(&s, T(2, 16, 0));
    CHECK(!exists(&s, "gate", T(0, 10, 0)));
    CHECK_INT(s.said_count, 0); // nobody listens
    scrim_storage_destroy(s.storage);
    s.k.f.config.reserve_mb = 1;
    start(&s);
    s.listens = true;
    at(&s, T(2, 18, 0));
    CHECK_INT(s.said_count, 1);
    at(&s, T(2, 18, 30));
    CHECK_INT(s.said_count, 1);
    at(&s, T(2, 20, 0));
    CHECK_INT(s.said_count, 2); // no record yet
    struct scrim_record record = {.type = SCRIM_RECORD_PURGE,
                                  .start_us = s.said[0].start_us,
                                  .end_us = s.said[0].end_us,
                                  .segments = s.said[0].segments,
                                  .cause = s.said[0].cause};
    snprintf(record.camera, sizeof record.camera, "gate");
    kit_record(&s.k, &record);
    at(&s, T(2, 20, 30));
    at(&s, T(2, 25, 0));
    CHECK_INT(s.said_count, 2);
    struct scrim_purge_log log;
    struct scrim_error error;
    REQUIRE(scrim_purge_log_open(&log, s.k.f.dir, &error) == SCRIM_OK);
    CHECK_INT(log.waiting.count, 0);
    scrim_purge_log_finish(&log);
    end(&s);
}

// --- admission ---

// What the stock says the first camera writes.
static struct scrim_demand measured(struct kit *k)
{
    static const struct scrim_holds none;
    struct scrim_stock stock;
    struct scrim_needs needs;
    struct scrim_error error;
    scrim_stock_init(&stock, &k->f.site);
    kit_must(scrim_stock_load(&stock, &error), &error);
    scrim_needs_init(&needs, &k->f.site);
    scrim_needs_look(&needs, 0, &stock, &none, T(1, 0, 0));
    const struct scrim_demand demand = needs.list[0].demand;
    scrim_needs_finish(&needs);
    scrim_stock_finish(&stock);
    return demand;
}

static void torn_segment(struct kit *k, int64_t at_us, int64_t length_us, uint64_t bytes)
{
    struct scrim_record record = {.type = SCRIM_RECORD_SEGMENT,
                                  .camera = "quay",
                                  .start_us = at_us,
                                  .end_us = at_us + length_us,
                                  .bytes = bytes,
                                  .torn = true,
                                  .codec = "h264"};
    char day[SCRIM_DAY_TEXT], name[32];
    scrim_day_of(at_us, day);
    scrim_segment_name(name, at_us, 0);
    snprintf(record.file, sizeof record.file, "%s/%s", day, name);
    kit_file(k, "quay", at_us, 0, bytes);
    kit_record(k, &record);
}

// A segment that a crash tore has bytes, but hardly a length; a short one is not what a camera
// sends on the whole.
static void rate_of_whole_segments(void)
{
    struct kit k;
    kit_begin(&k, 0);
    torn_segment(&k, T(0, 0, 0), 1, 66000);
    struct scrim_demand demand = measured(&k);
    CHECK_INT(demand.basis, SCRIM_BASIS_ASSUMED);
    CHECK_INT(demand.rate, 1800 * MB);
    CHECK_INT(demand.redacted_rate, 225 * MB);
    kit_segment(&k, "quay", T(0, 1, 0), 2, 0, 2 * MB); // better than nothing
    demand = measured(&k);
    CHECK_INT(demand.basis, SCRIM_BASIS_MEASURED);
    CHECK_INT(demand.rate / MB, 3718);
    kit_segment(&k, "quay", T(0, 2, 0), 60, 0, 60 * MB);
    kit_segment(&k, "quay", T(0, 3, 0), 20, 0, 10 * MB);
    torn_segment(&k, T(0, 4, 0), 30 * SCRIM_SECOND, 100 * MB);
    demand = measured(&k);
    CHECK_INT(demand.basis, SCRIM_BASIS_MEASURED);
    CHECK_INT(demand.measured_us, 80 * SCRIM_SECOND);
    CHECK_INT(demand.rate, 3150 * MB);
    kit_end(&k);

    kit_begin(&k, 0);
    kit_segment(&k, "quay", T(0, 0, 0), 10, 0, 4000 * MB); // no camera sends so much
    CHECK_INT(measured(&k).rate, 90000 * MB);
    kit_end(&k);
}

static void admission(void)
{
    struct scene s;
    struct scrim_error error = {0};
    const struct scrim_storage_handler handler = {on_purged, on_status, &s};
    begin(&s, 0);
    s.k.f.cameras[0].expected_mbit = 1000;
    s.k.f.cameras[0].retention_hours = 87600;
    CHECK_INT(scrim_storage_create(&s.k.f.site, s.k.ring, &handler, &s.storage, &error),
              SCRIM_ENOSPACE);
    CHECK(strstr(error.text, "the disks are too small"));
    CHECK(strstr(error.text, "or add"));
    s.storage = NULL;
    s.k.f.cameras[0].expected_mbit = 0.1;
    s.k.f.cameras[0].retention_hours = 2;
    s.k.f.cameras[1].expected_mbit = 0.0001;
    s.k.f.cameras[1].retention_hours = 8760;
    start(&s);
    CHECK(scrim_admitted_is(&s.k.f.site));
    scrim_storage_destroy(s.storage);
    // Measured by now, and it has outgrown the disk: it goes on.
    kit_segment(&s.k, "gate", T(0, 0, 0), 1440, 0, 4000 * MB);
    CHECK_INT(scrim_admission_check(&s.k.f.site, NULL, NULL, &error), SCRIM_ENOSPACE);
    start(&s);
    at(&s, T(1, 0, 0));
    REQUIRE(s.status);
    json_t *status = json_loads(s.status, 0, NULL);
    CHECK(json_is_false(json_object_get(json_object_get(status, "admission"), "ok")));
    json_decref(status);
    // The same cameras in another order are the same; another retention is not.
    struct scrim_camera_config fewer[2] = {s.k.f.cameras[0], s.k.f.cameras[1]};
    struct scrim_site_config config = *s.k.f.site.config;
    struct scrim_site after = s.k.f.site;
    config.cameras = fewer;
    after.config = &config;
    fewer[1].retention_hours = 8761;
    CHECK(!scrim_admitted_is(&after));
    CHECK_INT(scrim_admission_change(&s.k.f.site, &after, &error), SCRIM_ENOSPACE);
    // Less than before is a change for the better, even where it still does not fit.
    fewer[1].retention_hours = 8700;
    CHECK_INT(scrim_admission_start(&after, &error), SCRIM_ENOSPACE);
    CHECK_INT(scrim_admission_change(&s.k.f.site, &after, &error), SCRIM_OK);
    CHECK(scrim_admitted_is(&after));
    struct scrim_storage_wish wish = {
        .camera = "gate", .retention_hours = 8761, .keep = SCRIM_KEEP_ORIGINAL};
    char text[SCRIM_ADMISSION_TEXT];
    CHECK(!scrim_storage_ask(s.storage, &wish, text));
    wish.gone = true;
    CHECK(scrim_storage_ask(s.storage, &wish, text));
    end(&s);
}

static void status(void)
{
    struct scene s;
    begin(&s, 1);
    for (unsigned i = 0; i < 60; i++)
        kit_segment(&s.k, "quay", T(0, i, 0), 60, 1, 30 * MB);
    kit_hold(&s.k, "quay", T(0, 10, 0), T(0, 11, 0), NULL);
    start(&s);
    at(&s, T(1, 0, 0));
    at(&s, T(1, 0, 10));
    REQUIRE(s.status);
    json_t *root = json_loads(s.status, 0, NULL), *camera, *disk;
    REQUIRE(root);
    camera = json_array_get(json_object_get(root, "cameras"), 0);
    CHECK_TEXT(json_string_value(json_object_get(camera, "id")), "quay");
    CHECK_INT(json_integer_value(json_object_get(camera, "bytes")), 1800 * MB);
    CHECK_INT(json_integer_value(json_object_get(camera, "rate")), 1800 * MB);
    CHECK_INT(json_integer_value(json_object_get(camera, "needed_bytes")), 3600 * MB);
    CHECK_INT(json_integer_value(json_object_get(camera, "holds")), 1);
    CHECK_INT(json_integer_value(json_object_get(camera, "oldest_us")), T(0, 0, 0));
    CHECK_INT(json_array_size(json_object_get(root, "disks")), 2);
    disk = json_array_get(json_object_get(root, "disks"), 1);
    CHECK_TEXT(json_string_value(json_object_get(disk, "id")), "bay1");
    CHECK_TEXT(json_string_value(json_object_get(disk, "state")), "ok");
    CHECK(json_is_false(json_object_get(root, "loading")));
    json_decref(root);
    CHECK(is_there(&s, "run/storage.json"));
    end(&s);
}

static int64_t stepped_us; // by how much the host's clock was set ahead

static int64_t utc_clock(void *context)
{
    (void)context;
    return mono_us + stepped_us;
}

static int64_t mono_clock(void *context)
{
    (void)context;
    return mono_us;
}

static void pass(struct scene *s, int64_t us)
{
    mono_us += us;
    for (int i = 0; i < 20; i++)
        (void)scrim_storage_tick(s->storage);
}

// A clock that is set years ahead destroys nothing, unless it stays so for a day.
static void clock_set_ahead(void)
{
    static const struct scrim_clock clock = {utc_clock, mono_clock, NULL};
    struct scene s;
    if (scrim_clock_ntp().synchronised)
        SKIP("this host's clock is synchronised");
    begin(&s, 0);
    mono_us = FIXTURE_START_US;
    stepped_us = 0;
    scrim_clock_replace(&clock);
    kit_segment(&s.k, "quay", T(0, 0, 0), 60, 0, MB);
    start(&s);
    pass(&s, 5 * MINUTE_US);
    stepped_us = 365 * 24 * HOUR_US;
    pass(&s, 5 * MINUTE_US);
    CHECK(exists(&s, "quay", T(0, 0, 0)));
    CHECK(kit_has_key(&s.k, "quay", T(0, 0, 0)));
    stepped_us = 0;
    pass(&s, 5 * MINUTE_US);
    CHECK(exists(&s, "quay", T(0, 0, 0)));
    stepped_us = 365 * 24 * HOUR_US;
    pass(&s, 10 * MINUTE_US);
    pass(&s, 23 * HOUR_US);
    CHECK(exists(&s, "quay", T(0, 0, 0)));
    pass(&s, 2 * HOUR_US);
    CHECK(!exists(&s, "quay", T(0, 0, 0)));
    end(&s);
}

// Years of it, whatever the clock says: no time before the first hour, no overflow.
static void clocks(void)
{
    struct scene s;
    begin(&s, 0);
    kit_segment(&s.k, "quay", T(0, 0, 0), 60, 0, MB);
    start(&s);
    at(&s, SCRIM_SECOND);
    scrim_storage_destroy(s.storage);
    start(&s);
    at(&s, HOUR_US);
    CHECK(exists(&s, "quay", T(0, 0, 0)));
    at(&s, T(0, 0, 0) + 1000 * 24 * HOUR_US);
    CHECK(!exists(&s, "quay", T(0, 0, 0)));
    CHECK(!kit_has_key(&s.k, "quay", T(0, 0, 0)));
    end(&s);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"retention", retention},
                                    {"what is recorded meanwhile", follows},
                                    {"a segment without a record", unrecorded},
                                    {"several disks", disks},
                                    {"a camera that left", camera_left},
                                    {"what is held", held},
                                    {"holds that cannot be read", holds_unknown},
                                    {"shred", shred},
                                    {"keys that cannot be destroyed", keys_fail},
                                    {"files that cannot be removed", unlink_fails},
                                    {"purge: oldest first", purge_oldest_first},
                                    {"purge: not what is held", purge_spares_held},
                                    {"purge at work", purge_at_work},
                                    {"a purge goes step by step", purge_step_by_step},
                                    {"a purge is never silent", purge_is_never_silent},
                                    {"rates of whole segments", rate_of_whole_segments},
                                    {"admission", admission},
                                    {"status", status},
                                    {"a clock that is set ahead", clock_set_ahead},
                                    {"clocks", clocks},
                                    {0}});
}
