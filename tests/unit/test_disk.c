// The disk thread: what it writes, in which order, and what becomes of it when the disk says no.
#include "test.h"

#include "sealed.h"
#include "store_fixture.h"

#include "store/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define DAY "store/quay/2026-11-23"
#define SEGMENT DAY "/100000.mp4.age"
#define JOURNAL DAY "/journal"

struct rig {
    struct fixture f;
    struct scrim_disk *disk;
    _Atomic unsigned reports[2]; // of "quay" and of "gate"
    _Atomic int code;            // of the last report
};

static void on_report(void *context, const char *camera, const struct scrim_error *why)
{
    struct rig *rig = context;
    atomic_fetch_add(&rig->reports[strcmp(camera, "gate") == 0], 1);
    atomic_store(&rig->code, why->code);
}

static void rig_start(struct rig *rig)
{
    fixture_clock_start();
    *rig = (struct rig){0};
    fixture_create(&rig->f);
    rig->disk = fixture_disk(&rig->f, on_report, rig);
}

static void rig_stop(struct rig *rig)
{
    scrim_disk_stop(rig->disk);
    rig->disk = NULL;
    fixture_faults(&rig->f, NULL, NULL);
}

static void rig_end(struct rig *rig)
{
    rig_stop(rig);
    fixture_destroy(&rig->f);
    fixture_clock_end();
}

// Until the disk thread has come so far. The limit is only reached by a test that fails.
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

// Time passes, and the disk thread is woken to see it.
static void pass(struct rig *rig, int64_t us)
{
    struct scrim_buf nothing;
    scrim_buf_init(&nothing, 1);
    fixture_clock_pass(us);
    CHECK_INT(scrim_disk_append(rig->disk, "gate", &nothing), SCRIM_OK);
    scrim_buf_finish(&nothing);
}

// Seconds go by until the disk thread has come so far.
#define PASS_UNTIL(rig, condition)                                         \
    do {                                                                   \
        for (int test_ms = 0; !(condition) && test_ms < 5000; test_ms++) { \
            pass(rig, SCRIM_SECOND);                                       \
            usleep(1000);                                                  \
        }                                                                  \
        CHECK(condition);                                                  \
    } while (0)

static struct scrim_buf bytes_of(size_t count, unsigned seed)
{
    static uint8_t plain[1U << 20];
    struct scrim_buf buf;
    fixture_plain(plain, count, seed);
    scrim_buf_init(&buf, count + 1);
    CHECK_INT(scrim_buf_append(&buf, plain, count), SCRIM_OK);
    return buf;
}

typedef int (*push)(struct scrim_disk *disk, const char *camera, struct scrim_buf *bytes);

static int give(struct rig *rig, push function, const char *camera, size_t count, unsigned seed)
{
    struct scrim_buf bytes = bytes_of(count, seed);
    const int result = function(rig->disk, camera, &bytes);
    CHECK(result < 0 ? bytes.len == count : bytes.len == 0); // taken over, or left alone
    scrim_buf_finish(&bytes);
    return result;
}

static int begin(struct rig *rig, const char *camera, size_t count, unsigned seed)
{
    struct scrim_buf bytes = bytes_of(count, seed);
    const int result = scrim_disk_open(rig->disk, camera, FIXTURE_START_US, &bytes);
    scrim_buf_finish(&bytes);
    return result;
}

static int end(struct rig *rig, const char *camera, size_t count, unsigned seed)
{
    const struct scrim_record record = {.type = SCRIM_RECORD_SEGMENT,
                                        .start_us = FIXTURE_START_US,
                                        .end_us = FIXTURE_START_US + 9 * SCRIM_SECOND,
                                        .frames = 90,
                                        .keyframes = 3,
                                        .codec = "h265"};
    struct scrim_buf bytes = bytes_of(count, seed);
    const int result = scrim_disk_close(rig->disk, camera, &bytes, &record);
    scrim_buf_finish(&bytes);
    return result;
}

static mode_t mode_of(const struct rig *rig, const char *below)
{
    char path[SCRIM_PATH_MAX];
    struct stat info = {0};
    fixture_path(&rig->f, below, path);
    CHECK_INT(stat(path, &info), 0);
    return info.st_mode & 07777;
}

// Does the file hold what fixture_plain makes of these pieces?
static bool holds(const struct rig *rig, const char *below, const size_t *counts, size_t pieces,
                  uint8_t ret_sha256[32])
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf file;
    size_t at = 0;
    bool same = true;
    fixture_path(&rig->f, below, path);
    scrim_buf_init(&file, 4U << 20);
    CHECK_INT(scrim_fs_read(path, &file, NULL), SCRIM_OK);
    for (size_t i = 0; i < pieces && same; i++) {
        struct scrim_buf piece = bytes_of(counts[i], (unsigned)i);
        same = file.len >= at + piece.len &&
               (piece.len == 0 || memcmp(file.data + at, piece.data, piece.len) == 0);
        at += piece.len;
        scrim_buf_finish(&piece);
    }
    crypto_hash_sha256(ret_sha256, file.data, file.len);
    same = same && at == file.len;
    scrim_buf_finish(&file);
    return same;
}

static void whole_segment(void)
{
    static const size_t counts[] = {700, 65000, 0, 123};
    struct rig rig;
    struct scrim_record records[4];
    uint8_t sha256[32];
    const mode_t before = umask(0);
    rig_start(&rig);
    CHECK_INT(begin(&rig, "quay", counts[0], 0), SCRIM_OK);
    CHECK_INT(give(&rig, scrim_disk_append, "quay", counts[1], 1), SCRIM_OK);
    CHECK_INT(give(&rig, scrim_disk_append, "quay", counts[2], 2), SCRIM_OK);
    CHECK_INT(give(&rig, scrim_disk_tail, "quay", 50, 9), SCRIM_OK);
    CHECK_INT(end(&rig, "quay", counts[3], 3), SCRIM_OK);
    WAIT_UNTIL(stats_of(&rig).segments == 1);
    CHECK_INT(stats_of(&rig).bytes_written, 700 + 65000 + 123 + 50);
    rig_stop(&rig);
    umask(before);

    CHECK(holds(&rig, SEGMENT, counts, 4, sha256));
    REQUIRE(sealed_journal(rig.f.dir, "quay", records, 4) == 2);
    const struct scrim_record *record = &records[1];
    CHECK_INT(record->type, SCRIM_RECORD_SEGMENT);
    CHECK_TEXT(record->camera, "quay");
    CHECK_TEXT(record->file, "2026-11-23/100000.mp4.age");
    CHECK_INT(record->bytes, 700 + 65000 + 123);
    CHECK(memcmp(record->sha256, sha256, 32) == 0);
    CHECK(!record->torn && record->frames == 90 && record->keyframes == 3);
    CHECK_INT(mode_of(&rig, SEGMENT), 0600);
    CHECK_INT(mode_of(&rig, "store/quay/tail"), 0600);
    CHECK_INT(mode_of(&rig, JOURNAL), 0640);
    CHECK_INT(mode_of(&rig, DAY), 0770);
    rig_end(&rig);
}

static void tails_take_turns(void)
{
    struct rig rig;
    char path[SCRIM_PATH_MAX];
    rig_start(&rig);
    CHECK_INT(begin(&rig, "quay", 10, 0), SCRIM_OK);
    for (unsigned i = 1; i <= 3; i++)
        CHECK_INT(give(&rig, scrim_disk_tail, "quay", 100 * i, i), SCRIM_OK);
    rig_stop(&rig);
    fixture_path(&rig.f, "store/quay/tail", path);
    struct scrim_buf file, third = bytes_of(300, 3), second = bytes_of(200, 2);
    scrim_buf_init(&file, SCRIM_TAIL_FILE_MAX);
    CHECK_INT(scrim_fs_read(path, &file, NULL), SCRIM_OK);
    CHECK(memcmp(file.data, third.data, 300) == 0);
    REQUIRE(file.len == SCRIM_TAIL_SLOT + 200);
    CHECK(memcmp(file.data + SCRIM_TAIL_SLOT, second.data, 200) == 0);
    scrim_buf_finish(&file);
    scrim_buf_finish(&second);
    scrim_buf_finish(&third);
    rig_end(&rig);
}

// One letter an operation: o open, w write, s flush; of a segment, of the Tail, of the Journal, and
// S for the flush of the whole store.
static char trace[200];
static int note_operation(void *context, unsigned number, enum scrim_fault_op op, const char *path)
{
    static const char letters[] = {[SCRIM_FAULT_OPEN] = 'o',
                                   [SCRIM_FAULT_WRITE] = 'w',
                                   [SCRIM_FAULT_FSYNC] = 's',
                                   [SCRIM_FAULT_RENAME] = 'r',
                                   [SCRIM_FAULT_UNLINK] = 'u'};
    (void)context;
    const char *name = strrchr(path, '/') + 1;
    const char object = strcmp(name, "journal") == 0 ? 'J' : strcmp(name, "tail") == 0 ? 'T' : '.';
    const size_t at = 3 * (size_t)number;
    if (at + 3 < sizeof trace) {
        trace[at] = strstr(path, "/store/") ? object : 'S';
        trace[at + 1] = letters[op];
        trace[at + 2] = ' ';
    }
    return 0;
}

static void order_of_operations(void)
{
    struct rig rig;
    rig_start(&rig);
    memset(trace, 0, sizeof trace);
    fixture_faults(&rig.f, note_operation, NULL);
    CHECK_INT(begin(&rig, "quay", 100, 0), SCRIM_OK);
    CHECK_INT(give(&rig, scrim_disk_tail, "quay", 100, 1), SCRIM_OK);
    CHECK_INT(end(&rig, "quay", 100, 2), SCRIM_OK);
    rig_stop(&rig);
    // Data, one flush of the disk, the journal's name, flushed, and only then the record, flushed
    // too.
    CHECK_TEXT(trace, ".o .w To Tw .w Ss Jo Ss Jw Js ");
    rig_end(&rig);
}

static void nothing_is_journalled_before_it_is_durable(void)
{
    struct rig rig;
    struct scrim_record records[4];
    rig_start(&rig);
    CHECK_INT(begin(&rig, "quay", 100, 0), SCRIM_OK);
    CHECK_INT(end(&rig, "quay", 100, 1), SCRIM_OK);
    WAIT_UNTIL(stats_of(&rig).segments == 1);
    pass(&rig, SCRIM_SECOND - 1);
    WAIT_UNTIL(stats_of(&rig).queued_bytes == 0);
    CHECK_INT(sealed_journal(rig.f.dir, "quay", records, 4), 1); // BOOT
    CHECK_INT(stats_of(&rig).records, 0);
    pass(&rig, 1);
    WAIT_UNTIL(stats_of(&rig).records == 1);
    CHECK_INT(sealed_journal(rig.f.dir, "quay", records, 4), 2);
    rig_end(&rig);
}

static void names_of_one_second(void)
{
    static const char *const files[] = {"2026-11-23/100000.mp4.age", "2026-11-23/100000-1.mp4.age",
                                        "2026-11-23/100000-2.mp4.age"};
    struct rig rig;
    struct scrim_record records[5];
    rig_start(&rig);
    CHECK_INT(begin(&rig, "quay", 10, 0), SCRIM_OK);
    CHECK_INT(begin(&rig, "quay", 20, 1), SCRIM_OK); // the first was not closed
    CHECK_INT(end(&rig, "quay", 5, 2), SCRIM_OK);
    CHECK_INT(begin(&rig, "quay", 30, 3), SCRIM_OK);
    CHECK_INT(end(&rig, "quay", 0, 4), SCRIM_OK);
    rig_stop(&rig);
    REQUIRE(sealed_journal(rig.f.dir, "quay", records, 5) == 4);
    for (size_t i = 0; i < 3; i++)
        CHECK_TEXT(records[i + 1].file, files[i]);
    CHECK(records[1].torn && records[1].frames == 0 && records[1].bytes == 10);
    CHECK_TEXT(records[1].detail, "the next segment began before this one ended");
    CHECK(!records[2].torn && records[2].bytes == 25);
    CHECK(!records[3].torn && records[3].bytes == 30);
    rig_end(&rig);
}

static void what_makes_no_sense(void)
{
    struct rig rig;
    struct scrim_record records[4];
    struct scrim_journal_head head = {0};
    rig_start(&rig);
    CHECK_INT(begin(&rig, "shed", 10, 0), SCRIM_ENOENT);
    CHECK_INT(scrim_disk_add_camera(rig.disk, "quay", &head), SCRIM_EEXIST);
    CHECK_INT(give(&rig, scrim_disk_append, "quay", 10, 0), SCRIM_OK); // no segment is open
    CHECK_INT(give(&rig, scrim_disk_tail, "quay", 10, 0), SCRIM_OK);
    CHECK_INT(end(&rig, "quay", 10, 0), SCRIM_OK);
    rig_stop(&rig);
    CHECK_INT(sealed_journal(rig.f.dir, "quay", records, 4), 1); // nothing to vouch for
    CHECK_INT(atomic_load(&rig.reports[0]), 0);
    char path[SCRIM_PATH_MAX];
    fixture_path(&rig.f, "store/quay/tail", path);
    CHECK_INT(fixture_size(path), -1);
    CHECK(fixture_is_clean(&rig.f));

    // A store that is no directory is refused with its name, and no thread is left.
    struct scrim_disk *disk;
    struct scrim_error error;
    struct scrim_site wrong = rig.f.site;
    fixture_path(&rig.f, "state/vault.json", wrong.dir);
    CHECK(scrim_disk_create(&wrong, rig.f.key, on_report, NULL, &disk, &error) < 0);
    CHECK(strstr(error.text, "state/vault.json/store"));
    scrim_disk_stop(NULL);
    rig_end(&rig);
}

// Holds the disk thread at its next write.
static sem_t arrived, released;
static int hold_a_write(void *context, unsigned number, enum scrim_fault_op op, const char *path)
{
    (void)context, (void)number, (void)path;
    static _Atomic bool held;
    if (op != SCRIM_FAULT_WRITE || atomic_exchange(&held, true))
        return 0;
    sem_post(&arrived);
    while (sem_wait(&released) < 0)
        continue;
    return 0;
}

static void full_queue(void)
{
    struct rig rig;
    struct scrim_record records[4];
    sem_init(&arrived, 0, 0);
    sem_init(&released, 0, 0);
    rig_start(&rig);
    fixture_faults(&rig.f, hold_a_write, NULL);
    CHECK_INT(begin(&rig, "quay", 10, 0), SCRIM_OK);
    sem_wait(&arrived); // the thread is in the disk's hands
    unsigned taken = 0;
    while (taken < 100000 && give(&rig, scrim_disk_append, "quay", 1, taken) == SCRIM_OK)
        taken++;
    CHECK_INT(taken, 32768); // as disk_writer.c says
    CHECK_INT(stats_of(&rig).queued_bytes, 32768);
    CHECK_INT(stats_of(&rig).refused, 1);
    CHECK_INT(end(&rig, "quay", 0, 0), SCRIM_EAGAIN);
    sem_post(&released);
    WAIT_UNTIL(stats_of(&rig).queued_bytes == 0);
    CHECK_INT(stats_of(&rig).refused, 2);
    CHECK_INT(end(&rig, "quay", 0, 0), SCRIM_OK);
    rig_stop(&rig);
    REQUIRE(sealed_journal(rig.f.dir, "quay", records, 4) == 2);
    CHECK_INT(records[1].bytes, 10 + 32768); // what was taken was written
    sem_destroy(&arrived);
    sem_destroy(&released);
    rig_end(&rig);
}

struct failure {
    enum scrim_fault_op op;
    const char *ending; // of the path
    int code;           // errno
    _Atomic int times;
};

static int fail_some(void *context, unsigned number, enum scrim_fault_op op, const char *path)
{
    struct failure *failure = context;
    const size_t length = strlen(path), ending = strlen(failure->ending);
    (void)number;
    if (op != failure->op || length < ending ||
        strcmp(path + length - ending, failure->ending) != 0 || atomic_load(&failure->times) == 0)
        return 0;
    atomic_fetch_sub(&failure->times, 1);
    return failure->code;
}

static void records_wait_for_the_disk(void)
{
    struct rig rig;
    const struct scrim_record gap = {.type = SCRIM_RECORD_GAP, .cause = SCRIM_GAP_DISK};
    struct failure failure = {SCRIM_FAULT_FSYNC, "", EIO, 1 << 30};
    static struct scrim_record records[20000];
    size_t accepted = 0;
    rig_start(&rig);
    fixture_faults(&rig.f, fail_some, &failure);
    while (accepted < 20000) {
        const int result = scrim_disk_record(rig.disk, "quay", &gap);
        if (result == SCRIM_EAGAIN)
            break;
        CHECK_INT(result, SCRIM_OK);
        accepted++;
    }
    // Some are formatted already.
    CHECK(accepted >= 250 && accepted <= 250 + 1000);
    CHECK_INT(stats_of(&rig).refused, 1);
    WAIT_UNTIL(scrim_disk_record(rig.disk, "quay", &gap) == SCRIM_EAGAIN);
    CHECK_INT(scrim_disk_record(rig.disk, "gate", &gap), SCRIM_OK); // the other one may still
    CHECK_INT(stats_of(&rig).records, 0);
    atomic_store(&failure.times, 0);
    rig_stop(&rig);
    CHECK_INT(sealed_journal(rig.f.dir, "quay", records, 20000), accepted + 1);
    CHECK_INT(sealed_journal(rig.f.dir, "gate", records, 20000), 2);
    CHECK(fixture_is_clean(&rig.f));
    rig_end(&rig);
}

// A disk that fails costs the segment it failed in, says so, and the next one is whole again.
static void one_failure(enum scrim_fault_op op, const char *ending, int code, int expected)
{
    struct rig rig;
    struct failure failure = {op, ending, code, 1};
    struct scrim_record records[6];
    const bool made = op != SCRIM_FAULT_OPEN || strcmp(ending, "quay/tail") == 0;
    rig_start(&rig);
    fixture_faults(&rig.f, fail_some, &failure);
    CHECK_INT(begin(&rig, "quay", 100, 0), SCRIM_OK);
    CHECK_INT(begin(&rig, "gate", 100, 0), SCRIM_OK);
    CHECK_INT(give(&rig, scrim_disk_append, "quay", 100, 1), SCRIM_OK);
    CHECK_INT(give(&rig, scrim_disk_tail, "quay", 100, 2), SCRIM_OK);
    WAIT_UNTIL(atomic_load(&rig.reports[0]) == 1);
    CHECK_INT(atomic_load(&rig.code), expected);
    CHECK_INT(stats_of(&rig).last_error, expected);
    CHECK(strstr(stats_of(&rig).last_error_text, rig.f.dir));
    CHECK_INT(end(&rig, "quay", 100, 3), SCRIM_OK);
    CHECK_INT(end(&rig, "gate", 100, 3), SCRIM_OK);
    CHECK_INT(begin(&rig, "quay", 100, 0), SCRIM_OK);
    CHECK_INT(end(&rig, "quay", 100, 3), SCRIM_OK);
    WAIT_UNTIL(stats_of(&rig).queued_bytes == 0);
    PASS_UNTIL(&rig, stats_of(&rig).records == (made ? 3 : 2));
    CHECK_INT(stats_of(&rig).last_error, 0);
    rig_stop(&rig);
    CHECK_INT(atomic_load(&rig.reports[0]), 1);
    CHECK_INT(atomic_load(&rig.reports[1]), 0);
    const size_t count = sealed_journal(rig.f.dir, "quay", records, 6);
    REQUIRE(count == (made ? 3 : 2)); // a file that was never made leaves no record
    if (made) {
        CHECK(records[1].torn && records[1].frames == 0);
        CHECK_TEXT(records[1].detail, "not all of it could be written");
    }
    CHECK(!records[count - 1].torn && records[count - 1].bytes == 200);
    REQUIRE(sealed_journal(rig.f.dir, "gate", records, 6) == 2);
    CHECK(!records[1].torn);
    rig_end(&rig);
}

static void failures(void)
{
    one_failure(SCRIM_FAULT_OPEN, "quay/2026-11-23/100000.mp4.age", ENOSPC, SCRIM_ENOSPACE);
    one_failure(SCRIM_FAULT_OPEN, "quay/2026-11-23/100000.mp4.age", EACCES, SCRIM_EACCESS);
    one_failure(SCRIM_FAULT_WRITE, "quay/2026-11-23/100000.mp4.age", ENOSPC, SCRIM_ENOSPACE);
    one_failure(SCRIM_FAULT_WRITE, "quay/2026-11-23/100000.mp4.age", EIO, SCRIM_EIO);
    one_failure(SCRIM_FAULT_OPEN, "quay/tail", EMFILE, SCRIM_EIO);
    one_failure(SCRIM_FAULT_WRITE, "quay/tail", ENOSPC, SCRIM_ENOSPACE);
}

// What a failed flush was to cover may be lost, though the next one succeeds: nobody calls it
// whole.
static void failed_flush(void)
{
    struct rig rig;
    struct failure failure = {SCRIM_FAULT_FSYNC, "", EIO, 0};
    struct scrim_record records[6];
    rig_start(&rig);
    fixture_faults(&rig.f, fail_some, &failure);
    CHECK_INT(begin(&rig, "quay", 100, 0), SCRIM_OK);
    CHECK_INT(end(&rig, "quay", 100, 1), SCRIM_OK); // whole, and waits for its record
    CHECK_INT(begin(&rig, "gate", 100, 0), SCRIM_OK);
    WAIT_UNTIL(stats_of(&rig).bytes_written == 300);
    atomic_store(&failure.times, 1);
    pass(&rig, SCRIM_SECOND);
    WAIT_UNTIL(atomic_load(&rig.reports[1]) == 1); // its segment was open
    CHECK_INT(atomic_load(&rig.reports[0]), 0);
    CHECK_INT(end(&rig, "gate", 100, 1), SCRIM_OK);
    PASS_UNTIL(&rig, stats_of(&rig).records == 2);
    rig_stop(&rig);
    REQUIRE(sealed_journal(rig.f.dir, "quay", records, 6) == 2);
    CHECK(records[1].torn && records[1].bytes == 200);
    CHECK_TEXT(records[1].detail, "the disk failed to flush it");
    REQUIRE(sealed_journal(rig.f.dir, "gate", records, 6) == 2);
    CHECK(records[1].torn && records[1].bytes == 100);
    rig_end(&rig);
}

// The journal itself: what is owed is paid later, in order, without a line twice or half.
static void failing_journal(enum scrim_fault_op op)
{
    struct rig rig;
    struct failure failure = {op, "quay/2026-11-23/journal", ENOSPC, 2};
    struct scrim_record records[6];
    rig_start(&rig);
    fixture_faults(&rig.f, fail_some, &failure);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_INT(begin(&rig, "quay", 100, 0), SCRIM_OK);
        CHECK_INT(end(&rig, "quay", i, 1), SCRIM_OK);
    }
    WAIT_UNTIL(stats_of(&rig).segments == 3);
    PASS_UNTIL(&rig, stats_of(&rig).last_error == SCRIM_ENOSPACE);
    PASS_UNTIL(&rig, stats_of(&rig).last_error == 0);
    rig_stop(&rig);
    REQUIRE(sealed_journal(rig.f.dir, "quay", records, 6) == 4);
    for (unsigned i = 0; i < 3; i++) {
        CHECK(!records[i + 1].torn && records[i + 1].bytes == 100 + i);
        CHECK_INT(records[i + 1].seq, i + 1);
    }
    CHECK_INT(atomic_load(&rig.reports[0]), 0); // no segment suffered
    rig_end(&rig);
}

static void failing_journals(void)
{
    failing_journal(SCRIM_FAULT_OPEN);
    failing_journal(SCRIM_FAULT_WRITE);
    failing_journal(SCRIM_FAULT_FSYNC);
}

// The kernel takes a part of a write and then says no: files of at most `bytes`.
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    CHECK_INT(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void half_a_write(void)
{
    struct rig rig;
    struct scrim_record records[12];
    uint8_t sha256[32];
    static const size_t counts[] = {3000};
    rig_start(&rig);
    limit_files(3000);
    struct scrim_buf bytes = bytes_of(5000, 0);
    CHECK_INT(scrim_disk_open(rig.disk, "quay", FIXTURE_START_US, &bytes), SCRIM_OK);
    WAIT_UNTIL(atomic_load(&rig.reports[0]) == 1);
    limit_files(RLIM_INFINITY);
    CHECK_INT(end(&rig, "quay", 100, 1), SCRIM_OK);
    rig_stop(&rig);
    REQUIRE(sealed_journal(rig.f.dir, "quay", records, 12) == 2);
    struct scrim_buf front = bytes_of(5000, 0);
    front.len = 3000;
    crypto_hash_sha256(sha256, front.data, front.len);
    CHECK(records[1].torn && records[1].bytes == counts[0]);
    CHECK(memcmp(records[1].sha256, sha256, 32) == 0); // of what is there
    scrim_buf_finish(&front);
    rig_end(&rig);
}

static void half_a_line(void)
{
    struct rig rig;
    const struct scrim_record gap = {.type = SCRIM_RECORD_GAP, .detail = "no answer"};
    struct scrim_record records[12];
    char path[SCRIM_PATH_MAX];
    rig_start(&rig);
    fixture_path(&rig.f, JOURNAL, path);
    const long before = fixture_size(path);
    limit_files((rlim_t)before + 1000); // two lines and a part of the third
    for (int i = 0; i < 8; i++)
        CHECK_INT(scrim_disk_record(rig.disk, "quay", &gap), SCRIM_OK);
    PASS_UNTIL(&rig, stats_of(&rig).last_error != 0);
    const long cut = fixture_size(path);
    limit_files(RLIM_INFINITY);
    CHECK_INT(cut, before + 1000);
    rig_stop(&rig);
    CHECK_INT(sealed_journal(rig.f.dir, "quay", records, 12), 9);
    CHECK(fixture_is_clean(&rig.f));
    rig_end(&rig);
}

static void a_second(void *context)
{
    struct rig *rig = context;
    WAIT_UNTIL(stats_of(rig).queued_bytes == 0);
    pass(rig, SCRIM_SECOND);
}

struct nth {
    unsigned number;
    bool all_after;
    int code;
    _Atomic bool happened;
};

static int fail_nth(void *context, unsigned number, enum scrim_fault_op op, const char *path)
{
    struct nth *nth = context;
    (void)op, (void)path;
    if (number != nth->number && !(nth->all_after && number > nth->number))
        return 0;
    atomic_store(&nth->happened, true);
    return nth->code;
}

// Whatever operation fails, once or for good: the next start finds everything in order.
static void any_failure(bool all_after, int code)
{
    struct nth nth = {.all_after = all_after, .code = code};
    do {
        struct rig rig;
        atomic_store(&nth.happened, false);
        rig_start(&rig);
        fixture_faults(&rig.f, fail_nth, &nth);
        fixture_film(&rig.f, rig.disk, FIXTURE_START_US, a_second, &rig);
        rig_stop(&rig);
        scrim_disk_stop(fixture_disk(&rig.f, on_report, &rig)); // what recovery leaves
        if (!fixture_is_clean(&rig.f)) {
            printf("  operation %u failed with %d\n", nth.number, code);
            CHECK(false);
        }
        rig_end(&rig);
        nth.number++;
    } while (atomic_load(&nth.happened) && nth.number < 500);
    CHECK(nth.number > 30 && nth.number < 500);
}

static void any_failure_once(void)
{
    any_failure(false, ENOSPC);
}

static void any_failure_for_good(void)
{
    any_failure(true, EIO);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    signal(SIGXFSZ, SIG_IGN);
    return test_run(
        argc, argv,
        (struct test[]){
            {"disk: a segment, its record, its modes", whole_segment},
            {"disk: tails take turns in two slots", tails_take_turns},
            {"disk: data, flush, record, in this order", order_of_operations},
            {"disk: nothing is journalled before it is durable",
             nothing_is_journalled_before_it_is_durable},
            {"disk: segments of one second get names of their own", names_of_one_second},
            {"disk: what makes no sense leaves nothing behind", what_makes_no_sense},
            {"disk: a full queue refuses, counts, and loses nothing it took", full_queue},
            {"disk: records wait for a disk that takes none, up to a limit",
             records_wait_for_the_disk},
            {"disk: a failure costs one segment and is said", failures},
            {"disk: what a failed flush covered is called torn", failed_flush},
            {"disk: a journal that fails is written later, in order", failing_journals},
            {"disk: a write taken in part is hashed as it stands", half_a_write},
            {"disk: a line taken in part is continued", half_a_line},
            {"disk: any operation may fail once", any_failure_once},
            {"disk: any operation may fail, and all after it", any_failure_for_good},
            {0},
        });
}
