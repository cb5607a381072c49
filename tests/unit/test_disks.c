// Several disks: which is which, who goes where, and that one which fails, fills, hangs or is taken
// away costs the others nothing.
#include "test.h"

#include "sealed.h"
#include "store_fixture.h"

#include "base/alloc.h"
#include "store/disk_place.h"
#include "store/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/stat.h>

#define SEGMENT "2026-11-23/100000.mp4.age"

// ---- identity

static void write_file(const struct fixture *f, const char *below, const char *text)
{
    char path[SCRIM_PATH_MAX];
    fixture_path(f, below, path);
    CHECK_INT(scrim_fs_replace(path, text, strlen(text), 0600, NULL), SCRIM_OK);
}

static void move_file(const struct fixture *f, const char *from, const char *to)
{
    char a[SCRIM_PATH_MAX], b[SCRIM_PATH_MAX];
    fixture_path(f, from, a);
    fixture_path(f, to, b);
    CHECK_INT(rename(a, b), 0);
}

static enum scrim_disk_presence look(const struct fixture *f, unsigned at, const char *sentence)
{
    struct scrim_error why = {0};
    const enum scrim_disk_presence presence = scrim_disks_look(&f->site, at, &why);
    if (!strstr(why.text, sentence)) {
        printf("  it says: %s\n", why.text);
        CHECK(strstr(why.text, sentence));
    }
    return presence;
}

static void identity(void)
{
    struct fixture f;
    struct scrim_error error;
    fixture_create(&f);
    CHECK_INT(scrim_disks_count(&f.site), 1);
    CHECK(scrim_disks_takes_segments(&f.site, 0));
    fixture_add_disks(&f);
    CHECK_INT(scrim_disks_count(&f.site), 3);
    CHECK(!scrim_disks_takes_segments(&f.site, 0) && scrim_disks_takes_segments(&f.site, 2));
    CHECK_INT(look(&f, 0, ""), SCRIM_DISK_PRESENT);
    CHECK_INT(look(&f, 1, ""), SCRIM_DISK_NEW);
    CHECK_INT(scrim_disks_adopt(&f.site, 1, &error), SCRIM_OK);
    CHECK_INT(scrim_disks_adopt(&f.site, 2, &error), SCRIM_OK);
    CHECK_INT(look(&f, 1, ""), SCRIM_DISK_PRESENT);
    CHECK_INT(scrim_disks_adopt(&f.site, 1, &error), SCRIM_OK);

    // A crash came before it was remembered.
    move_file(&f, "state/disks/bay1", "state/bay1");
    CHECK_INT(look(&f, 1, ""), SCRIM_DISK_NEW);
    CHECK_INT(scrim_disks_adopt(&f.site, 1, &error), SCRIM_OK);
    CHECK_INT(look(&f, 1, ""), SCRIM_DISK_PRESENT);

    // Not mounted: an empty directory, or none.
    move_file(&f, "bay1/scrim-disk", "kept");
    CHECK_INT(look(&f, 1, "is it mounted?"), SCRIM_DISK_ABSENT);
    CHECK_INT(scrim_disks_adopt(&f.site, 1, &error), SCRIM_EUNSUPPORTED);
    CHECK_INT(look(&f, 1, "is it mounted?"), SCRIM_DISK_ABSENT); // and nothing was written there
    move_file(&f, "bay1", "elsewhere");
    CHECK_INT(look(&f, 1, "is not a directory"), SCRIM_DISK_ABSENT);
    move_file(&f, "elsewhere", "bay1");

    // Swapped with the other one, with one of another site, with one that was it once.
    move_file(&f, "bay2", "bay2-away");
    move_file(&f, "bay1", "bay2");
    move_file(&f, "bay2-away", "bay1");
    CHECK_INT(look(&f, 1, "holds disk 'bay2' of site 'port', not 'bay1'"), SCRIM_DISK_FOREIGN);
    write_file(&f, "bay1/scrim-disk", "{\"v\":1,\"site\":\"shop\",\"disk\":\"bay1\"}");
    CHECK_INT(look(&f, 1, "holds disk 'bay1' of site 'shop'"), SCRIM_DISK_FOREIGN);
    write_file(&f, "bay1/scrim-disk", "{\"v\":1,\"site\":\"port\",\"disk\":\"bay1\"}");
    CHECK_INT(look(&f, 1, "another disk that was once 'bay1'"), SCRIM_DISK_FOREIGN);
    write_file(&f, "bay1/scrim-disk", "something else");
    CHECK_INT(look(&f, 1, "is not an identity"), SCRIM_DISK_FOREIGN);
    CHECK_INT(scrim_disks_adopt(&f.site, 1, &error), SCRIM_EUNSUPPORTED);
    fixture_destroy(&f);
}

static void a_used_directory_is_not_taken(void)
{
    struct fixture f;
    struct scrim_error error;
    fixture_create(&f);
    fixture_add_disks(&f);
    write_file(&f, "bay1/holiday.jpg", "x");
    CHECK_INT(look(&f, 1, "is not empty (it holds 'holiday.jpg')"), SCRIM_DISK_FOREIGN);
    CHECK_INT(scrim_disks_adopt(&f.site, 1, &error), SCRIM_EUNSUPPORTED);
    fixture_destroy(&f);
}

static void paths(void)
{
    struct fixture f;
    struct scrim_error error = {0};
    char path[SCRIM_PATH_MAX], expected[SCRIM_PATH_MAX];
    fixture_create(&f);
    fixture_add_disks(&f);
    CHECK_INT(scrim_store_segment_path(path, &f.site, "", "quay", SEGMENT, &error), SCRIM_OK);
    fixture_path(&f, "store/quay/" SEGMENT, expected);
    CHECK_TEXT(path, expected);
    CHECK_INT(scrim_store_segment_path(path, &f.site, "bay2", "quay", SEGMENT, &error), SCRIM_OK);
    fixture_path(&f, "bay2/quay/" SEGMENT, expected);
    CHECK_TEXT(path, expected);
    CHECK_INT(scrim_store_segment_path(path, &f.site, "bay9", "quay", SEGMENT, &error),
              SCRIM_ENOENT);
    CHECK_TEXT(error.text, "camera quay: " SEGMENT ": disk 'bay9' is not in scrim.yaml (any more)");
    fixture_destroy(&f);
}

// ---- placement

static void placement(void)
{
    const uint64_t tb = UINT64_C(1000000000000);
    // Empty disks of one size, then one that is twice as large.
    struct scrim_disk_room rooms[3] = {
        {true, tb, tb, 0}, {true, tb, tb, 0}, {true, 2 * tb, 2 * tb, 0}};
    struct scrim_disk_wish wishes[40];
    int places[40];
    unsigned counts[3] = {0};
    for (int i = 0; i < 40; i++)
        wishes[i] = (struct scrim_disk_wish){-1, 500000};
    scrim_disk_place_all(rooms, 3, wishes, 40, places);
    for (int i = 0; i < 40; i++)
        counts[places[i]]++;
    CHECK(counts[0] >= 10 && counts[0] <= 11);
    CHECK(counts[1] >= 9 && counts[1] <= 11);
    CHECK(counts[2] >= 18 && counts[2] <= 20);
    CHECK(counts[0] * 500000 == rooms[0].load);

    // They stay, whatever the order of scrim.yaml.
    int again[40];
    for (int i = 0; i < 40; i++)
        wishes[i].disk = places[i];
    for (int i = 0; i < 3; i++)
        rooms[i].load = 0;
    scrim_disk_place_all(rooms, 3, wishes, 40, again);
    CHECK(memcmp(places, again, sizeof places) == 0);

    // A disk is gone: only its own go elsewhere.
    rooms[1].well = false;
    for (int i = 0; i < 3; i++)
        rooms[i].load = 0;
    scrim_disk_place_all(rooms, 3, wishes, 40, again);
    for (int i = 0; i < 40; i++)
        CHECK(places[i] == 1 ? again[i] != 1 : again[i] == places[i]);

    // A disk was added: it gets its share, and no more than that moves.
    rooms[1].well = true;
    for (int i = 0; i < 3; i++)
        rooms[i].load = 0;
    for (int i = 0; i < 40; i++)
        wishes[i].disk = 0;
    scrim_disk_place_all(rooms, 3, wishes, 40, again);
    memset(counts, 0, sizeof counts);
    for (int i = 0; i < 40; i++)
        counts[again[i]]++;
    CHECK(counts[0] >= 10 && counts[0] <= 13 && counts[1] >= 8 && counts[2] >= 17);

    for (int i = 0; i < 3; i++)
        rooms[i].well = false;
    CHECK_INT(scrim_disk_place_choose(rooms, 3, 1), -1);
}

// ---- the ledger

static void ledger_order(void)
{
    struct scrim_record record = {.type = SCRIM_RECORD_GAP},
                        segment = {.type = SCRIM_RECORD_SEGMENT};
    fixture_clock_start();
    struct scrim_ledger *ledger = scrim_ledger_create();
    struct scrim_ledger_entry *first = scrim_ledger_expect(ledger);
    record.frames = 1;
    CHECK_INT(scrim_ledger_add(ledger, &record), SCRIM_OK);
    struct scrim_ledger_entry *second = scrim_ledger_expect(ledger);
    record.frames = 2;
    CHECK_INT(scrim_ledger_add(ledger, &record), SCRIM_OK);
    CHECK(!scrim_ledger_first(ledger, false)); // the first segment is not flushed yet
    CHECK(scrim_ledger_first(ledger, true));
    fixture_clock_pass(SCRIM_LEDGER_LATE_US); // a disk that does not answer is not waited for
    const struct scrim_record *next = scrim_ledger_first(ledger, false);
    REQUIRE(next);
    CHECK_INT(next->frames, 1);
    segment.frames = 10;
    scrim_ledger_fulfil(ledger, first, &segment); // now it does: that does not change what is shown
    CHECK_INT(next->frames, 1);
    scrim_ledger_pop_first(ledger);
    next = scrim_ledger_first(ledger, false);
    REQUIRE(next);
    CHECK_INT(next->frames, 10);
    scrim_ledger_pop_first(ledger);
    scrim_ledger_cancel(ledger, second);
    next = scrim_ledger_first(ledger, false);
    REQUIRE(next);
    CHECK_INT(next->frames, 2);
    scrim_ledger_pop_first(ledger);
    CHECK(scrim_ledger_is_empty(ledger));
    while (scrim_ledger_add(ledger, &record) >= 0)
        continue;
    CHECK(!scrim_ledger_expect(ledger));
    scrim_ledger_destroy(ledger);
    fixture_clock_end();
}

// ---- two disks at work

struct rig {
    struct fixture f;
    struct scrim_disk *disk;
    _Atomic unsigned reports[2]; // of "quay" and of "gate"
};

static void on_report(void *context, const char *camera, const struct scrim_error *why)
{
    struct rig *rig = context;
    (void)why;
    atomic_fetch_add(&rig->reports[strcmp(camera, "gate") == 0], 1);
}

static void rig_start(struct rig *rig)
{
    fixture_clock_start();
    *rig = (struct rig){0};
    fixture_create(&rig->f);
    fixture_add_disks(&rig->f);
    rig->disk = fixture_disk(&rig->f, on_report, rig);
}

static void rig_stop(struct rig *rig)
{
    scrim_disk_stop(rig->disk);
    rig->disk = NULL;
    fixture_faults(&rig->f, NULL, NULL);
}

static void rig_again(struct rig *rig)
{
    rig->disk = fixture_disk(&rig->f, on_report, rig);
}

static void rig_end(struct rig *rig)
{
    rig_stop(rig);
    fixture_destroy(&rig->f);
    fixture_clock_end();
}

#define WAIT_UNTIL(condition)                                             \
    do {                                                                  \
        for (int test_ms = 0; !(condition) && test_ms < 20000; test_ms++) \
            usleep(1000);                                                 \
        CHECK(condition);                                                 \
    } while (0)

static struct scrim_disk_stats stats_of(const struct rig *rig)
{
    struct scrim_disk_stats stats;
    scrim_disk_stats(rig->disk, &stats);
    return stats;
}

static struct scrim_disk_place place_of(const struct rig *rig, unsigned at)
{
    struct scrim_disk_place place;
    scrim_disk_place_stats(rig->disk, at, &place);
    return place;
}

// Time passes, and the disks' threads are woken to see it.
static void pass(struct rig *rig, int64_t us)
{
    fixture_clock_pass(us);
    for (int i = 0; i < 2; i++) {
        struct scrim_buf nothing = {0};
        (void)!scrim_disk_append(rig->disk, rig->f.cameras[i].id, &nothing);
    }
}

static void a_second(void *context)
{
    pass(context, SCRIM_SECOND);
    usleep(2000);
}

#define PASS_UNTIL(rig, condition)                                         \
    do {                                                                   \
        for (int test_ms = 0; !(condition) && test_ms < 5000; test_ms++) { \
            pass(rig, SCRIM_SECOND);                                       \
            usleep(1000);                                                  \
        }                                                                  \
        CHECK(condition);                                                  \
    } while (0)

static void film(struct rig *rig, int64_t start_us)
{
    fixture_film(&rig->f, rig->disk, start_us, a_second, rig);
}

static bool exists(const struct rig *rig, const char *below)
{
    char path[SCRIM_PATH_MAX];
    fixture_path(&rig->f, below, path);
    return access(path, F_OK) == 0;
}

// Does the whole segment that the record names open, with what was filmed?
static bool opens(struct rig *rig, const struct scrim_record *record, unsigned segment)
{
    static uint8_t plain[FIXTURE_FILM_PLAIN];
    char path[SCRIM_PATH_MAX];
    struct scrim_buf read;
    struct scrim_error error = {0};
    scrim_buf_init(&read, 1U << 20);
    fixture_film_plain(segment, plain);
    int result = scrim_store_segment_path(path, &rig->f.site, record->disk, record->camera,
                                          record->file, &error);
    if (result >= 0)
        result = fixture_read(&rig->f, record->camera, path, NULL, true, &read, &error);
    const bool same =
        result >= 0 && read.len == sizeof plain && memcmp(read.data, plain, sizeof plain) == 0;
    if (!same)
        printf("  %s: %s\n", path, error.text);
    scrim_buf_finish(&read);
    return same;
}

static size_t segments_of(const struct rig *rig, const char *camera, struct scrim_record *ret,
                          size_t room)
{
    static struct scrim_record all[200];
    const size_t count = sealed_journal(rig->f.dir, camera, all, 200);
    size_t kept = 0;
    for (size_t i = 0; i < count && kept < room; i++) {
        if (all[i].type == SCRIM_RECORD_SEGMENT)
            ret[kept++] = all[i];
    }
    return kept;
}

static void each_camera_has_its_disk(void)
{
    struct rig rig;
    struct scrim_record records[8];
    rig_start(&rig);
    CHECK_INT(scrim_disk_places(rig.disk), 2);
    film(&rig, FIXTURE_START_US);
    WAIT_UNTIL(place_of(&rig, 1).segments == 2);
    const struct scrim_disk_place place = place_of(&rig, 1);
    CHECK_TEXT(place.id, "bay2");
    CHECK(place.state == SCRIM_DISK_IS_OK && place.sentence[0] == '\0' && place.cameras == 1);
    CHECK(place.total_bytes > 0 && place.free_bytes > 0 && place.bytes_written > 2 * 100000);
    rig_stop(&rig);
    CHECK(!exists(&rig, "store/quay/" SEGMENT) && !exists(&rig, "store/quay/tail"));
    CHECK(exists(&rig, "bay1/quay/" SEGMENT) && exists(&rig, "bay1/quay/tail"));
    CHECK(exists(&rig, "bay2/gate/" SEGMENT) && !exists(&rig, "bay2/gate/2026-11-23/journal"));
    REQUIRE(segments_of(&rig, "quay", records, 8) == 2);
    CHECK_TEXT(records[0].disk, "bay1");
    CHECK(!records[0].torn && opens(&rig, &records[0], 0) && opens(&rig, &records[1], 1));
    REQUIRE(segments_of(&rig, "gate", records, 8) == 2);
    CHECK_TEXT(records[1].disk, "bay2");
    CHECK(opens(&rig, &records[1], 1));
    CHECK(fixture_is_clean(&rig.f));

    // The next start puts them where they were.
    rig_again(&rig);
    film(&rig, FIXTURE_START_US + 60 * SCRIM_SECOND);
    rig_stop(&rig);
    REQUIRE(segments_of(&rig, "gate", records, 8) == 4);
    CHECK_TEXT(records[3].disk, "bay2");
    CHECK(fixture_is_clean(&rig.f));
    rig_end(&rig);
}

// Recordings from before there were disks stay where they are, and stay readable.
static void disks_are_added_later(void)
{
    struct fixture f;
    struct scrim_record records[8];
    fixture_create(&f);
    fixture_record(&f, "quay", FIXTURE_START_US, 2, 1000);
    fixture_add_disks(&f);
    fixture_record(&f, "quay", FIXTURE_START_US + 60 * SCRIM_SECOND, 2, 1000);
    REQUIRE(sealed_journal(f.dir, "quay", records, 8) == 6);
    CHECK_TEXT(records[2].disk, "");
    CHECK_TEXT(records[5].disk, "bay1");
    CHECK(fixture_is_clean(&f));

    // An id that is in the journal and not in scrim.yaml any more is told by its name, once.
    struct scrim_check_result result;
    struct scrim_buf findings;
    f.config.disks_count = 0;
    CHECK_INT(fixture_check(&f, &result, &findings), SCRIM_OK);
    CHECK_INT(result.findings, 1);
    CHECK_INT(result.absent, 2);
    CHECK_INT(result.segments, 4);
    CHECK(fixture_found(&findings, "disk scrim.yaml"));
    scrim_buf_finish(&findings);
    f.config.disks_count = 2;
    fixture_destroy(&f);
}

struct failure {
    const char *beginning; // of what follows DIR/ in the path
    int ops;               // a bit for each enum scrim_fault_op that fails
    int code;              // errno
    _Atomic int times;
};

static const char *site_dir;

static int fail_some(void *context, unsigned number, enum scrim_fault_op op, const char *path)
{
    struct failure *failure = context;
    const char *below = path + strlen(site_dir) + 1;
    (void)number;
    if (!(failure->ops & 1 << op) ||
        strncmp(below, failure->beginning, strlen(failure->beginning)) != 0 ||
        atomic_load(&failure->times) == 0)
        return 0;
    atomic_fetch_sub(&failure->times, 1);
    return failure->code;
}

#define ANY_OP (1 << SCRIM_FAULT_OPEN | 1 << SCRIM_FAULT_WRITE | 1 << SCRIM_FAULT_FSYNC)

// One disk fails for good: its camera goes to the other, whose own camera notices nothing.
static void one_disk_fails(int ops, int code, enum scrim_disk_state state)
{
    struct rig rig;
    struct scrim_record records[12];
    struct failure failure = {"bay1", ops, code, 1 << 30};
    rig_start(&rig);
    site_dir = rig.f.dir;
    fixture_faults(&rig.f, fail_some, &failure);
    film(&rig, FIXTURE_START_US);
    PASS_UNTIL(&rig, segments_of(&rig, "gate", records, 12) == 2 &&
                         segments_of(&rig, "quay", records, 12) >= 1);
    CHECK(atomic_load(&rig.reports[0]) >= 1);
    CHECK_INT(atomic_load(&rig.reports[1]), 0);
    CHECK_INT(place_of(&rig, 0).state, state);
    CHECK(strstr(place_of(&rig, 0).sentence, "bay1"));
    CHECK_INT(place_of(&rig, 0).cameras, 0);
    CHECK_INT(place_of(&rig, 1).cameras, 2);
    REQUIRE(segments_of(&rig, "gate", records, 12) == 2);
    CHECK(opens(&rig, &records[0], 0) && opens(&rig, &records[1], 1));
    const size_t count = segments_of(&rig, "quay", records, 12);
    REQUIRE(count >= 1);
    CHECK_TEXT(records[count - 1].disk, "bay2");
    CHECK(opens(&rig, &records[count - 1], 1));

    // It works again: what it holds is journalled, cameras stay where they are.
    atomic_store(&failure.times, 0);
    PASS_UNTIL(&rig, place_of(&rig, 0).state == SCRIM_DISK_IS_OK);
    CHECK_INT(place_of(&rig, 1).cameras, 2);
    CHECK_INT(stats_of(&rig).last_error, 0);
    rig_stop(&rig);
    rig_again(&rig); // what recovery leaves
    rig_stop(&rig);
    CHECK(fixture_is_clean(&rig.f));
    rig_end(&rig);
}

static void a_disk_fails(void)
{
    one_disk_fails(ANY_OP, EIO, SCRIM_DISK_IS_FAILED);
    one_disk_fails(1 << SCRIM_FAULT_WRITE, EIO, SCRIM_DISK_IS_FAILED);
    one_disk_fails(1 << SCRIM_FAULT_FSYNC, EIO, SCRIM_DISK_IS_FAILED);
    one_disk_fails(1 << SCRIM_FAULT_OPEN, EROFS, SCRIM_DISK_IS_READ_ONLY);
    one_disk_fails(1 << SCRIM_FAULT_WRITE, ENOSPC, SCRIM_DISK_IS_FULL);
}

// Holds bay1's thread at a write until it is let go.
static sem_t arrived, released;
static _Atomic bool hold;

static int hold_bay1(void *context, unsigned number, enum scrim_fault_op op, const char *path)
{
    (void)context, (void)number;
    if (op != SCRIM_FAULT_WRITE || !strstr(path, "/bay1/") || !atomic_exchange(&hold, false))
        return 0;
    sem_post(&arrived);
    while (sem_wait(&released) < 0)
        continue;
    return 0;
}

static struct scrim_buf bytes_of(size_t count)
{
    struct scrim_buf buf;
    scrim_buf_init(&buf, count + 1);
    uint8_t *plain = scrim_new_bytes(count + 1);
    CHECK_INT(scrim_buf_append(&buf, plain, count), SCRIM_OK);
    free(plain);
    return buf;
}

static int begin(struct rig *rig, const char *camera, int64_t start_us, size_t count)
{
    struct scrim_buf bytes = bytes_of(count);
    const int result = scrim_disk_open(rig->disk, camera, start_us, &bytes);
    scrim_buf_finish(&bytes);
    return result;
}

static int append(struct rig *rig, const char *camera, size_t count)
{
    struct scrim_buf bytes = bytes_of(count);
    const int result = scrim_disk_append(rig->disk, camera, &bytes);
    scrim_buf_finish(&bytes);
    return result;
}

static int end(struct rig *rig, const char *camera, int64_t start_us)
{
    const struct scrim_record record = {.type = SCRIM_RECORD_SEGMENT,
                                        .start_us = start_us,
                                        .end_us = start_us + 9 * SCRIM_SECOND,
                                        .frames = 90,
                                        .keyframes = 3};
    struct scrim_buf bytes = bytes_of(1);
    const int result = scrim_disk_close(rig->disk, camera, &bytes, &record);
    scrim_buf_finish(&bytes);
    return result;
}

#define T(seconds) (FIXTURE_START_US + (seconds)*SCRIM_SECOND)

// `full`: until its queue takes no more, too.
static void a_disk_hangs(bool full)
{
    struct rig rig;
    struct scrim_record records[12];
    const struct scrim_record gap = {
        .type = SCRIM_RECORD_GAP, .start_us = T(1), .end_us = T(2), .cause = SCRIM_GAP_DISK};
    sem_init(&arrived, 0, 0);
    sem_init(&released, 0, 0);
    atomic_store(&hold, true);
    rig_start(&rig);
    fixture_faults(&rig.f, hold_bay1, NULL);
    CHECK_INT(begin(&rig, "quay", T(0), 100), SCRIM_OK);
    sem_wait(&arrived);
    CHECK_INT(append(&rig, "quay", 100), SCRIM_OK);
    unsigned taken = 0;
    while (full && taken < 100000 && append(&rig, "quay", 1) == SCRIM_OK)
        taken++;
    if (full)
        CHECK_INT(place_of(&rig, 0).state, SCRIM_DISK_IS_SLOW); // the other one could do better
    else
        CHECK_INT(place_of(&rig, 0).state, SCRIM_DISK_IS_OK);

    // The other camera goes on, journal and all.
    CHECK_INT(begin(&rig, "gate", T(0), 100), SCRIM_OK);
    CHECK_INT(end(&rig, "gate", T(0)), SCRIM_OK);
    PASS_UNTIL(&rig, stats_of(&rig).records == 1);
    REQUIRE(segments_of(&rig, "gate", records, 12) == 1);

    // After five seconds it is noticed without anyone asking; its camera is told, and goes.
    fixture_clock_pass(5 * SCRIM_SECOND);
    WAIT_UNTIL(place_of(&rig, 0).state == SCRIM_DISK_IS_SLOW);
    if (!full)
        WAIT_UNTIL(atomic_load(&rig.reports[0]) == 1);
    CHECK_INT(atomic_load(&rig.reports[1]), 0);
    CHECK_INT(end(&rig, "quay", T(0)), SCRIM_OK);
    CHECK_INT(scrim_disk_record(rig.disk, "quay", &gap), SCRIM_OK);
    CHECK_INT(begin(&rig, "quay", T(20), 100), SCRIM_OK);
    CHECK_INT(end(&rig, "quay", T(20)), SCRIM_OK);
    PASS_UNTIL(&rig, stats_of(&rig).records == 3); // gap and segment, not held up
    REQUIRE(segments_of(&rig, "quay", records, 12) == 1);
    CHECK_TEXT(records[0].disk, "bay2");
    CHECK_INT(place_of(&rig, 0).cameras, 0);

    // It answers at last. What it has is journalled, and it is used again.
    sem_post(&released);
    PASS_UNTIL(&rig, stats_of(&rig).records == 4);
    PASS_UNTIL(&rig, place_of(&rig, 0).state == SCRIM_DISK_IS_OK);
    rig_stop(&rig);
    REQUIRE(segments_of(&rig, "quay", records, 12) == 2);
    CHECK_TEXT(records[1].disk, "bay1");
    CHECK_INT(records[1].torn, full);
    if (full)
        CHECK_TEXT(records[1].detail, "the disk did not answer in time");
    else
        CHECK_INT(records[1].bytes, 201);
    struct scrim_journal_head head;
    CHECK_INT(scrim_journal_find_head(rig.f.dir, "port", "quay", &head, NULL), SCRIM_OK);
    CHECK_INT(head.last_end_us, T(29)); // not the end of the record that came late
    sem_destroy(&arrived);
    sem_destroy(&released);
    rig_end(&rig);
}

static void a_disk_that_hangs(void)
{
    a_disk_hangs(false);
    a_disk_hangs(true);
}

static void a_disk_is_swapped(void)
{
    struct rig rig;
    struct scrim_record records[12];
    struct scrim_check_result result;
    struct scrim_buf findings;
    char path[SCRIM_PATH_MAX];
    rig_start(&rig);
    film(&rig, FIXTURE_START_US);
    PASS_UNTIL(&rig, stats_of(&rig).records == 4);
    move_file(&rig.f, "bay1", "bay1-away");
    fixture_path(&rig.f, "bay1", path);
    CHECK_INT(mkdir(path, 0700), 0); // its mount point
    PASS_UNTIL(&rig, place_of(&rig, 0).state == SCRIM_DISK_IS_ABSENT);
    CHECK(strstr(place_of(&rig, 0).sentence, "is not what is mounted there any more"));
    film(&rig, FIXTURE_START_US + 60 * SCRIM_SECOND);
    rig_stop(&rig);
    CHECK(rmdir(path) == 0); // nothing was written there
    const size_t count = segments_of(&rig, "quay", records, 12);
    REQUIRE(count >= 3);
    CHECK_TEXT(records[count - 1].disk, "bay2");

    // Without it: said once, the rest is checked, and recording goes on.
    CHECK_INT(fixture_check(&rig.f, &result, &findings), SCRIM_OK);
    CHECK_INT(result.findings, 1);
    CHECK(fixture_found(&findings, "disk ") && fixture_found(&findings, "bay1"));
    CHECK(result.absent >= 2 && result.segments >= 7);
    scrim_buf_finish(&findings);
    rig_again(&rig);
    CHECK_INT(place_of(&rig, 0).state, SCRIM_DISK_IS_ABSENT);
    film(&rig, FIXTURE_START_US + 120 * SCRIM_SECOND);
    rig_stop(&rig);

    // Back again.
    move_file(&rig.f, "bay1-away", "bay1");
    rig_again(&rig);
    CHECK_INT(place_of(&rig, 0).state, SCRIM_DISK_IS_OK);
    rig_stop(&rig);
    CHECK(fixture_is_clean(&rig.f));
    rig_end(&rig);
}

static void no_disk_is_well(void)
{
    struct rig rig;
    struct failure failure = {"bay", ANY_OP, EIO, 1 << 30};
    struct scrim_record records[12];
    rig_start(&rig);
    site_dir = rig.f.dir;
    fixture_faults(&rig.f, fail_some, &failure);
    film(&rig, FIXTURE_START_US);
    PASS_UNTIL(&rig, atomic_load(&rig.reports[0]) >= 1 && atomic_load(&rig.reports[1]) >= 1);
    atomic_store(&failure.times, 0);
    PASS_UNTIL(&rig, place_of(&rig, 0).state == SCRIM_DISK_IS_OK);
    film(&rig, FIXTURE_START_US + 60 * SCRIM_SECOND);
    rig_stop(&rig);
    const size_t count = segments_of(&rig, "quay", records, 12);
    REQUIRE(count >= 2);
    CHECK(opens(&rig, &records[count - 1], 1));
    CHECK(fixture_is_clean(&rig.f));
    rig_end(&rig);
}

// What a crash leaves is found on every disk.
static void a_crash(void)
{
    struct rig rig;
    struct scrim_record records[12];
    rig_start(&rig);
    film(&rig, FIXTURE_START_US);
    PASS_UNTIL(&rig, stats_of(&rig).records == 4);
    struct scrim_buf out;
    for (int i = 0; i < 2; i++) {
        scrim_buf_init(&out, 1U << 20);
        struct scrim_seal *seal = fixture_seal(&rig.f, rig.f.cameras[i].id, T(100), &out);
        CHECK_INT(scrim_disk_open(rig.disk, rig.f.cameras[i].id, T(100), &out), SCRIM_OK);
        scrim_buf_finish(&out);
        scrim_seal_destroy(seal);
    }
    rig_stop(&rig); // without closing
    rig_again(&rig);
    rig_stop(&rig);
    for (int i = 0; i < 2; i++) {
        REQUIRE(segments_of(&rig, rig.f.cameras[i].id, records, 12) == 3);
        CHECK(records[2].torn);
        CHECK_TEXT(records[2].disk, i == 0 ? "bay1" : "bay2");
    }
    CHECK(fixture_is_clean(&rig.f));
    rig_end(&rig);
}

struct nth {
    unsigned number;
    bool all_after;
    _Atomic unsigned count; // of what bay1 is asked for
    _Atomic bool happened;
};

static int fail_nth(void *context, unsigned number, enum scrim_fault_op op, const char *path)
{
    struct nth *nth = context;
    (void)op, (void)number;
    if (!strstr(path, "/bay1"))
        return 0;
    const unsigned at = atomic_fetch_add(&nth->count, 1);
    if (at != nth->number && !(nth->all_after && at > nth->number))
        return 0;
    atomic_store(&nth->happened, true);
    return EIO;
}

// Whatever operation of one disk fails, once or for good: the other's camera loses nothing, and the
// next start finds everything in order.
static void any_failure(bool all_after)
{
    struct nth nth = {.all_after = all_after};
    do {
        struct rig rig;
        struct scrim_record records[12];
        atomic_store(&nth.happened, false);
        atomic_store(&nth.count, 0);
        rig_start(&rig);
        fixture_faults(&rig.f, fail_nth, &nth);
        film(&rig, FIXTURE_START_US);
        rig_stop(&rig);
        const size_t count = segments_of(&rig, "gate", records, 12);
        CHECK(count == 2 && opens(&rig, &records[0], 0) && opens(&rig, &records[1], 1));
        scrim_disk_stop(fixture_disk(&rig.f, on_report, &rig));
        if (!fixture_is_clean(&rig.f)) {
            printf("  operation %u of bay1 failed\n", nth.number);
            CHECK(false);
        }
        rig_end(&rig);
        nth.number++;
    } while (atomic_load(&nth.happened) && nth.number < 300);
    CHECK(nth.number > 10 && nth.number < 300);
}

static void any_failure_once(void)
{
    any_failure(false);
}

static void any_failure_for_good(void)
{
    any_failure(true);
}

// A failed fsync, after which the kernel forgets what it did not write, and says yes the next time.
struct forgetful {
    long durable; // bytes of the journal
    char path[SCRIM_PATH_MAX];
    _Atomic int times;
};

static int forget(void *context, unsigned number, enum scrim_fault_op op, const char *path)
{
    struct forgetful *forgetful = context;
    (void)number;
    if (op != SCRIM_FAULT_FSYNC || strcmp(path, forgetful->path) != 0 ||
        atomic_load(&forgetful->times) == 0)
        return 0;
    atomic_fetch_sub(&forgetful->times, 1);
    fixture_cut(path, forgetful->durable);
    return EIO;
}

static void journal_pages_are_lost(void)
{
    struct rig rig;
    struct forgetful forgetful = {.times = 0};
    struct scrim_record records[12];
    const struct scrim_record gap = {.type = SCRIM_RECORD_GAP, .cause = SCRIM_GAP_CAMERA};
    rig_start(&rig);
    CHECK_INT(scrim_disk_record(rig.disk, "quay", &gap), SCRIM_OK);
    WAIT_UNTIL(stats_of(&rig).records == 1);
    fixture_path(&rig.f, "store/quay/2026-11-23/journal", forgetful.path);
    forgetful.durable = fixture_size(forgetful.path);
    atomic_store(&forgetful.times, 2);
    fixture_faults(&rig.f, forget, &forgetful);
    CHECK_INT(scrim_disk_record(rig.disk, "quay", &gap), SCRIM_OK);
    WAIT_UNTIL(stats_of(&rig).last_error == SCRIM_EIO);
    CHECK_INT(scrim_disk_record(rig.disk, "quay", &gap), SCRIM_OK);
    WAIT_UNTIL(stats_of(&rig).records == 3);
    CHECK_INT(stats_of(&rig).last_error, 0);
    rig_stop(&rig);
    REQUIRE(sealed_journal(rig.f.dir, "quay", records, 12) == 4);
    CHECK_INT(records[3].seq, 3);
    CHECK(fixture_is_clean(&rig.f));
    rig_end(&rig);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(
        argc, argv,
        (struct test[]){
            {"disks: a disk is known by its identity", identity},
            {"disks: a directory that is in use is not taken", a_used_directory_is_not_taken},
            {"disks: a record's file has one path", paths},
            {"disks: cameras are spread by size, and stay", placement},
            {"disks: records keep their order, and wait for no disk for ever", ledger_order},
            {"disks: each camera has its disk, and comes back to it", each_camera_has_its_disk},
            {"disks: disks can be added, and are missed by name", disks_are_added_later},
            {"disks: one that fails hands its cameras over", a_disk_fails},
            {"disks: one that hangs holds up nobody", a_disk_that_hangs},
            {"disks: one that is swapped is not written to", a_disk_is_swapped},
            {"disks: when none is well, cameras wait", no_disk_is_well},
            {"disks: a crash is mended on all of them", a_crash},
            {"disks: any operation of one may fail once", any_failure_once},
            {"disks: any operation of one may fail, and all after it", any_failure_for_good},
            {"disks: a journal's lines survive a flush that lost them", journal_pages_are_lost},
            {0},
        });
}
