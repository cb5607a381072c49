// The start after whatever happened: kills at every operation, torn lines, stumps, both tail slots.
#include "test.h"

#include "sealed.h"
#include "store_fixture.h"

#include "store/journal_impl.h"
#include "store/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define DAY "store/quay/2026-11-23"
#define SEGMENT DAY "/100000.mp4.age"
#define FILM_US (FIXTURE_START_US - 60 * SCRIM_SECOND) // what the crash interrupted
#define FILM DAY "/095900.mp4.age"

static void start(struct fixture *f)
{
    fixture_clock_start();
    fixture_create(f);
}

static void finish(struct fixture *f)
{
    fixture_destroy(f);
    fixture_clock_end();
}

static int recover(struct fixture *f, uint64_t boot, struct scrim_journal_head *ret)
{
    struct scrim_error error = {0};
    const int result = scrim_store_recover(&f->site, "quay", f->key, boot, ret, &error);
    CHECK(result >= 0 || error.text[0] != '\0');
    return result;
}

static void write_file(const struct fixture *f, const char *below, const void *bytes, size_t count)
{
    char path[SCRIM_PATH_MAX], directory[SCRIM_PATH_MAX];
    fixture_path(f, below, path);
    snprintf(directory, sizeof directory, "%s", path);
    *strrchr(directory, '/') = '\0';
    CHECK_INT(scrim_fs_make_dirs(directory, 0750, NULL), SCRIM_OK);
    CHECK_INT(scrim_fs_replace(path, bytes, count, 0600, NULL), SCRIM_OK);
}

static void set_modified(const struct fixture *f, const char *below, int64_t us)
{
    char path[SCRIM_PATH_MAX];
    const struct timespec at = {us / SCRIM_SECOND, us % SCRIM_SECOND * 1000};
    fixture_path(f, below, path);
    CHECK_INT(utimensat(AT_FDCWD, path, (const struct timespec[]){at, at}, 0), 0);
}

// What a kill leaves of a segment that began at FILM_US: its whole chunks, and two tails, of which
// slot 1 has the newer, 90,000 bytes in all.
#define FIRST_TAIL 80000
#define SECOND_TAIL 90000
static void leave_torn(struct fixture *f, struct scrim_buf *ret_tail)
{
    static uint8_t plain[SECOND_TAIL];
    struct scrim_buf out;
    bool changed;
    scrim_buf_init(&out, 1U << 20);
    scrim_buf_init(ret_tail, SCRIM_TAIL_FILE_MAX);
    fixture_plain(plain, sizeof plain, 1);
    struct scrim_seal *seal = fixture_seal(f, "quay", FILM_US, &out);
    CHECK_INT(scrim_seal_append(seal, plain, FIRST_TAIL, &out), SCRIM_OK);
    CHECK_INT(scrim_seal_tail(seal, ret_tail, &changed), SCRIM_OK);
    CHECK_INT(scrim_buf_reserve(ret_tail, SCRIM_TAIL_SLOT), SCRIM_OK);
    memset(ret_tail->data + ret_tail->len, 0, SCRIM_TAIL_SLOT - ret_tail->len);
    ret_tail->len = SCRIM_TAIL_SLOT;
    CHECK_INT(scrim_seal_append(seal, plain + FIRST_TAIL, SECOND_TAIL - FIRST_TAIL, &out),
              SCRIM_OK);
    CHECK_INT(scrim_seal_tail(seal, ret_tail, &changed), SCRIM_OK);
    scrim_seal_destroy(seal);
    write_file(f, FILM, out.data, out.len);
    scrim_buf_finish(&out);
}

static size_t opened_length(struct fixture *f, const char *below)
{
    static uint8_t plain[SECOND_TAIL];
    char path[SCRIM_PATH_MAX], tail[SCRIM_PATH_MAX + 8];
    struct scrim_buf opened;
    struct scrim_error error = {0};
    fixture_path(f, below, path);
    snprintf(tail, sizeof tail, "%s.tail", path);
    scrim_buf_init(&opened, 1U << 20);
    CHECK_INT(fixture_read(f, "quay", path, tail, false, &opened, &error), SCRIM_OK);
    fixture_plain(plain, sizeof plain, 1);
    const size_t length = opened.len;
    CHECK(length <= sizeof plain && (length == 0 || memcmp(opened.data, plain, length) == 0));
    scrim_buf_finish(&opened);
    return length;
}

static void first_start(void)
{
    struct fixture f;
    struct scrim_journal_head head;
    struct scrim_record records[2];
    start(&f);
    CHECK_INT(recover(&f, 5, &head), SCRIM_OK);
    CHECK(head.next_seq == 1 && head.last_end_us == 0 && !head.stopped);
    CHECK_TEXT(head.day, "2026-11-23");
    REQUIRE(sealed_journal(f.dir, "quay", records, 2) == 1);
    CHECK_INT(records[0].type, SCRIM_RECORD_BOOT);
    CHECK_INT(records[0].boot, 5);
    CHECK_INT(records[0].start_us, FIXTURE_START_US);
    CHECK_TEXT(records[0].detail, "scrim " SCRIM_VERSION);
    CHECK(fixture_is_clean(&f));
    finish(&f);
}

static void torn_segment(void)
{
    struct fixture f;
    struct scrim_journal_head head;
    struct scrim_record records[4];
    struct scrim_buf tail, saved;
    char path[SCRIM_PATH_MAX];
    uint8_t sha256[32];
    start(&f);
    leave_torn(&f, &tail);
    write_file(&f, "store/quay/tail", tail.data, tail.len);
    set_modified(&f, FILM, FILM_US + 20 * SCRIM_SECOND);
    set_modified(&f, "store/quay/tail", FILM_US + 21 * SCRIM_SECOND);
    CHECK_INT(recover(&f, 2, &head), SCRIM_OK);

    REQUIRE(sealed_journal(f.dir, "quay", records, 4) == 2);
    CHECK_INT(records[0].type, SCRIM_RECORD_SEGMENT);
    CHECK_TEXT(records[0].file, "2026-11-23/095900.mp4.age");
    CHECK(records[0].torn && records[0].frames == 0 && records[0].boot == 2);
    CHECK_TEXT(records[0].detail,
               "the recorder stopped before it was finished; what was lost in it is not known");
    CHECK_INT(records[0].start_us, FILM_US);
    CHECK_INT(records[0].end_us, FILM_US + 21 * SCRIM_SECOND); // the tail was the last sign of life
    CHECK_INT(head.last_end_us, records[0].end_us);
    fixture_path(&f, FILM ".tail", path);
    scrim_buf_init(&saved, SCRIM_TAIL_FILE_MAX);
    REQUIRE(scrim_fs_read(path, &saved, NULL) >= 0);
    crypto_hash_sha256(sha256, saved.data, saved.len);
    CHECK(memcmp(records[0].tail_sha256, sha256, 32) == 0);
    CHECK_INT(opened_length(&f, FILM), SECOND_TAIL);
    CHECK(fixture_is_clean(&f));

    // Once more changes nothing but the BOOT record.
    CHECK_INT(recover(&f, 3, &head), SCRIM_OK);
    CHECK_INT(sealed_journal(f.dir, "quay", records, 4), 3);
    CHECK_INT(records[2].type, SCRIM_RECORD_BOOT);
    CHECK_INT(opened_length(&f, FILM), SECOND_TAIL);
    scrim_buf_finish(&tail);
    scrim_buf_finish(&saved);
    finish(&f);
}

// Recovers with this tail file, and tells how much of the segment opens.
static size_t length_with(const struct scrim_buf *tail, const uint8_t *segment, size_t count,
                          struct fixture *f)
{
    struct scrim_journal_head head;
    char path[SCRIM_PATH_MAX];
    fixture_path(f, "store", path);
    test_remove_dir(path);
    write_file(f, FILM, segment, count);
    write_file(f, "store/quay/tail", tail->data, tail->len);
    CHECK_INT(recover(f, 2, &head), SCRIM_OK);
    CHECK(fixture_is_clean(f));
    return opened_length(f, FILM);
}

// The kill came before a chunk or a tail was on disk: the record claims no time that cannot be
// read.
static void nothing_but_a_header(void)
{
    struct fixture f;
    struct scrim_journal_head head;
    struct scrim_record records[4];
    struct scrim_buf out;
    start(&f);
    scrim_buf_init(&out, 1U << 20);
    scrim_seal_destroy(fixture_seal(&f, "quay", FILM_US, &out));
    write_file(&f, FILM, out.data, out.len);
    set_modified(&f, FILM, FILM_US + 2 * SCRIM_SECOND);
    CHECK_INT(recover(&f, 2, &head), SCRIM_OK);
    REQUIRE(sealed_journal(f.dir, "quay", records, 4) == 2);
    CHECK(records[0].torn);
    CHECK_INT(records[0].start_us, FILM_US);
    CHECK_INT(records[0].end_us, FILM_US);
    CHECK_INT(head.last_end_us, FILM_US);
    CHECK_INT(opened_length(&f, FILM), 0);
    CHECK(fixture_is_clean(&f));
    scrim_buf_finish(&out);
    finish(&f);
}

static void both_tail_slots(void)
{
    struct fixture f;
    struct scrim_buf tail, segment;
    char path[SCRIM_PATH_MAX];
    const size_t whole = SCRIM_AGE_CHUNK, sealed = SCRIM_AGE_SEALED_CHUNK;
    start(&f);
    leave_torn(&f, &tail);
    fixture_path(&f, FILM, path);
    scrim_buf_init(&segment, 1U << 20);
    CHECK_INT(scrim_fs_read(path, &segment, NULL), SCRIM_OK);
    CHECK_INT(length_with(&tail, segment.data, segment.len, &f), SECOND_TAIL);

    tail.data[SCRIM_TAIL_SLOT + 3000] ^= 1; // the kill came while the newer was written
    CHECK_INT(length_with(&tail, segment.data, segment.len, &f), FIRST_TAIL);
    tail.data[5] ^= 1;
    CHECK_INT(length_with(&tail, segment.data, segment.len, &f), whole);
    tail.data[5] ^= 1;
    tail.data[SCRIM_TAIL_SLOT + 3000] ^= 1;
    tail.data[5000] ^= 1;
    CHECK_INT(length_with(&tail, segment.data, segment.len, &f), SECOND_TAIL);
    tail.data[5000] ^= 1;

    // A part of the next chunk reached the file: the tail still has more.
    CHECK_INT(scrim_buf_append(&segment, tail.data, 1000), SCRIM_OK);
    CHECK_INT(length_with(&tail, segment.data, segment.len, &f), SECOND_TAIL);
    // The file lost its only chunk, power went: the tail of chunk 1 does not continue chunk 0.
    CHECK_INT(length_with(&tail, segment.data, segment.len - 1000 - sealed, &f), 0);
    fixture_path(&f, FILM ".tail", path);
    CHECK_INT(fixture_size(path), -1);
    // Cut off in mid-slot.
    for (size_t cut = 1; cut < 10000; cut += 999) {
        tail.len = SCRIM_TAIL_SLOT + cut;
        CHECK_INT(length_with(&tail, segment.data, segment.len - 1000, &f), FIRST_TAIL);
    }
    scrim_buf_finish(&tail);
    scrim_buf_finish(&segment);
    finish(&f);
}

static void tail_of_another_segment(void)
{
    struct fixture f;
    struct scrim_journal_head head;
    struct scrim_buf tail, other;
    char path[SCRIM_PATH_MAX];
    start(&f);
    leave_torn(&f, &other); // sealed again below, under another key and nonce
    leave_torn(&f, &tail);
    write_file(&f, "store/quay/tail", other.data, other.len);
    CHECK_INT(recover(&f, 2, &head), SCRIM_OK);
    fixture_path(&f, FILM ".tail", path);
    CHECK_INT(fixture_size(path), -1);
    CHECK_INT(opened_length(&f, FILM), SCRIM_AGE_CHUNK);
    CHECK(fixture_is_clean(&f));
    scrim_buf_finish(&tail);
    scrim_buf_finish(&other);
    finish(&f);
}

// A file that ends in its header opens for nobody. Nothing else is ever removed.
static void stumps(void)
{
    struct fixture f;
    struct scrim_buf out;
    start(&f);
    scrim_buf_init(&out, 1U << 20);
    struct scrim_seal *seal = fixture_seal(&f, "quay", FILM_US, &out); // the head alone
    scrim_seal_destroy(seal);
    for (size_t size = 0; size <= out.len;
         size += size + 67 > out.len && size < out.len ? out.len - size : 67) {
        struct scrim_journal_head head;
        struct scrim_record records[4];
        char path[SCRIM_PATH_MAX];
        write_file(&f, FILM, out.data, size);
        CHECK_INT(recover(&f, 2, &head), SCRIM_OK);
        fixture_path(&f, FILM, path);
        const size_t count = sealed_journal(f.dir, "quay", records, 4);
        if (size < out.len) {
            CHECK_INT(fixture_size(path), -1);
            REQUIRE(count == 1);
            CHECK_TEXT(records[0].detail, "scrim " SCRIM_VERSION "; removed 1 without a whole "
                                          "header: 2026-11-23/095900.mp4.age");
        } else {
            CHECK_INT(fixture_size(path), out.len);
            CHECK(count == 2 && records[0].torn);
        }
        CHECK(fixture_is_clean(&f));
        fixture_path(&f, "store", path);
        test_remove_dir(path);
    }
    scrim_buf_finish(&out);
    finish(&f);
}

// Kept, journalled as what it is, and pointed at by the check ever after.
static void unreadable_header(void)
{
    struct fixture f;
    struct scrim_journal_head head;
    struct scrim_record records[4];
    struct scrim_check_result result;
    struct scrim_buf findings;
    start(&f);
    write_file(&f, FILM, "no age file at all\n", 19);
    CHECK_INT(recover(&f, 2, &head), SCRIM_OK);
    REQUIRE(sealed_journal(f.dir, "quay", records, 4) == 2);
    CHECK(records[0].torn && records[0].bytes == 19);
    CHECK_TEXT(records[0].detail, "its header cannot be read");
    CHECK_INT(records[0].start_us, FILM_US); // from its name
    CHECK_INT(fixture_check(&f, &result, &findings), SCRIM_OK);
    CHECK_INT(result.findings, 1);
    CHECK(fixture_found(&findings, "header " FILM));
    scrim_buf_finish(&findings);
    finish(&f);
}

// Not what a recorder makes, so nothing to adopt, and no reason not to start.
static void no_ordinary_file(void)
{
    struct fixture f;
    struct scrim_journal_head head;
    struct scrim_record records[4];
    char path[SCRIM_PATH_MAX];
    start(&f);
    CHECK_INT(recover(&f, 2, &head), SCRIM_OK);
    fixture_path(&f, FILM, path);
    CHECK_INT(mkfifo(path, 0600), 0);
    fixture_path(&f, SEGMENT, path);
    CHECK_INT(symlink("/dev/zero", path), 0);
    fixture_path(&f, DAY "/100001.mp4.age", path);
    CHECK_INT(mkdir(path, 0700), 0);
    CHECK_INT(recover(&f, 3, &head), SCRIM_OK);
    CHECK_INT(sealed_journal(f.dir, "quay", records, 4), 2); // two starts, no segment
    finish(&f);
}

static void leftovers(void)
{
    struct fixture f;
    struct scrim_journal_head head;
    struct scrim_buf tail;
    char path[SCRIM_PATH_MAX];
    start(&f);
    leave_torn(&f, &tail);
    write_file(&f, "store/quay/tail", tail.data, tail.len);
    write_file(&f, FILM ".tail.new4711", "half", 4); // an earlier recovery was killed
    CHECK_INT(recover(&f, 2, &head), SCRIM_OK);
    fixture_path(&f, FILM ".tail.new4711", path);
    CHECK_INT(fixture_size(path), -1);
    CHECK(fixture_is_clean(&f));
    scrim_buf_finish(&tail);
    finish(&f);
}

// A line that lost its end loses itself, never its segment.
static void torn_line(void)
{
    struct fixture f;
    struct scrim_buf journal;
    char path[SCRIM_PATH_MAX];
    start(&f);
    fixture_record(&f, "quay", FIXTURE_START_US, 2, 5000);
    fixture_path(&f, DAY "/journal", path);
    scrim_buf_init(&journal, 1U << 20);
    CHECK_INT(scrim_fs_read(path, &journal, NULL), SCRIM_OK);
    const uint8_t *end = memrchr(journal.data, '\n', journal.len - 1);
    const size_t kept = (size_t)(end + 1 - journal.data);
    for (size_t size = kept; size < journal.len; size += 31) {
        struct scrim_journal_head head;
        struct scrim_record records[6];
        write_file(&f, DAY "/journal", journal.data, size);
        CHECK_INT(recover(&f, 2, &head), SCRIM_OK);
        CHECK_INT(head.next_seq, 4);
        REQUIRE(sealed_journal(f.dir, "quay", records, 6) == 4);
        CHECK(!records[1].torn && records[2].torn && records[3].type == SCRIM_RECORD_BOOT);
        CHECK_TEXT(records[2].file, "2026-11-23/100010.mp4.age");
        CHECK(fixture_is_clean(&f));
    }
    scrim_buf_finish(&journal);
    finish(&f);
}

// The day never goes back, whatever the clock did; files of the day before are found too.
static void clock_went_back(void)
{
    struct fixture f;
    struct scrim_journal_head head;
    struct scrim_record records[8];
    char path[SCRIM_PATH_MAX];
    start(&f);
    fixture_record(&f, "quay", FIXTURE_START_US + 24 * 3600 * SCRIM_SECOND, 1, 100);
    struct scrim_buf tail;
    leave_torn(&f, &tail);
    write_file(&f, "store/quay/tail", tail.data, tail.len);
    set_modified(&f, FILM, FILM_US - 100 * SCRIM_SECOND); // before it began
    set_modified(&f, "store/quay/tail", FILM_US - 100 * SCRIM_SECOND);
    CHECK_INT(recover(&f, 2, &head), SCRIM_OK);
    CHECK_TEXT(head.day, "2026-11-24");
    fixture_path(&f, "store/quay/2026-11-24/journal", path);
    CHECK(fixture_size(path) > 0);
    REQUIRE(sealed_journal(f.dir, "quay", records, 8) == 4);
    CHECK_TEXT(records[2].file, "2026-11-23/095900.mp4.age");
    CHECK_INT(records[2].end_us, records[2].start_us);
    CHECK(fixture_is_clean(&f));
    scrim_buf_finish(&tail);
    finish(&f);
}

static void ended_on_purpose(void)
{
    struct fixture f;
    struct scrim_journal_head head;
    start(&f);
    CHECK_INT(recover(&f, 1, &head), SCRIM_OK);
    const struct scrim_record stop = {.type = SCRIM_RECORD_STOP,
                                      .camera = "quay",
                                      .start_us = FIXTURE_START_US,
                                      .end_us = FIXTURE_START_US,
                                      .cause = SCRIM_GAP_OPERATOR};
    struct scrim_buf line;
    char path[SCRIM_PATH_MAX];
    scrim_buf_init(&line, SCRIM_JOURNAL_LINE_MAX);
    CHECK_INT(scrim_journal_format(f.key, &head, &stop, &line), SCRIM_OK);
    fixture_path(&f, DAY "/journal", path);
    CHECK_INT(scrim_journal_append(path, &line, NULL), SCRIM_OK);
    CHECK_INT(recover(&f, 2, &head), SCRIM_OK);
    CHECK(head.stopped && head.stop_cause == SCRIM_GAP_OPERATOR);
    CHECK_INT(recover(&f, 3, &head), SCRIM_OK); // the BOOT in between was never ended
    CHECK(!head.stopped);
    scrim_buf_finish(&line);
    finish(&f);
}

static void boot_counter(void)
{
    struct fixture f;
    struct scrim_error error;
    uint64_t boot = 0;
    start(&f);
    for (uint64_t i = 1; i < 12; i++) {
        CHECK_INT(scrim_boot_count(f.dir, &boot, &error), SCRIM_OK);
        CHECK_INT(boot, i);
    }
    static const char *const wrong[] = {"", "\n", "12", "-1\n", "12x\n", "123456789012345678901\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_file(&f, "state/boot", wrong[i], strlen(wrong[i]));
        CHECK_INT(scrim_boot_count(f.dir, &boot, &error), SCRIM_EFORMAT);
        CHECK(strstr(error.text, "state/boot"));
    }
    finish(&f);
}

static int kill_at(void *context, unsigned number, enum scrim_fault_op op, const char *path)
{
    (void)op, (void)path;
    if (number == *(const unsigned *)context)
        _exit(9);
    return 0;
}

static void no_report(void *context, const char *camera, const struct scrim_error *why)
{
    (void)context, (void)camera, (void)why;
}

// Lets the disk thread flush and journal in the middle of it all.
static void a_second(void *context)
{
    struct scrim_disk *disk = context;
    struct scrim_buf nothing;
    struct scrim_disk_stats stats;
    scrim_buf_init(&nothing, 1);
    do {
        usleep(500);
        scrim_disk_stats(disk, &stats);
    } while (stats.queued_bytes > 0);
    fixture_clock_pass(SCRIM_SECOND);
    CHECK_INT(scrim_disk_append(disk, "gate", &nothing), SCRIM_OK);
}

static void life(struct fixture *f)
{
    struct scrim_disk *disk = fixture_disk(f, no_report, NULL);
    fixture_film(f, disk, FIXTURE_START_US, a_second, disk);
    scrim_disk_stop(disk);
}

// Runs it in a process of its own, which dies before operation `number`. False: it came to its end.
static bool killed_at(struct fixture *f, unsigned number, void (*run)(struct fixture *f))
{
    int status = 0;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        fixture_faults(f, kill_at, &number);
        run(f);
        _exit(0);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9);
    return WEXITSTATUS(status) == 9;
}

// The whole lines of the camera's journal of that day.
static struct scrim_buf journal_of(const struct fixture *f)
{
    struct scrim_buf content;
    char path[SCRIM_PATH_MAX];
    fixture_path(f, DAY "/journal", path);
    scrim_buf_init(&content, 1U << 20);
    (void)!scrim_fs_read(path, &content, NULL);
    const uint8_t *last = content.len ? memrchr(content.data, '\n', content.len) : NULL;
    content.len = last ? (size_t)(last + 1 - content.data) : 0;
    return content;
}

// Each segment opens, up to where the kill came, and holds what was filmed.
static void check_films(struct fixture *f)
{
    static uint8_t plain[FIXTURE_FILM_PLAIN];
    static const char *const files[] = {SEGMENT, DAY "/100010.mp4.age"};
    for (unsigned i = 0; i < 2; i++) {
        char path[SCRIM_PATH_MAX], tail[SCRIM_PATH_MAX + 8];
        struct scrim_buf opened;
        struct scrim_error error = {0};
        fixture_path(f, files[i], path);
        if (fixture_size(path) < 0)
            continue;
        snprintf(tail, sizeof tail, "%s.tail", path);
        scrim_buf_init(&opened, 1U << 20);
        CHECK_INT(fixture_read(f, "quay", path, tail, false, &opened, &error), SCRIM_OK);
        fixture_film_plain(i, plain);
        CHECK(opened.len <= sizeof plain &&
              (opened.len == 0 || memcmp(opened.data, plain, opened.len) == 0));
        scrim_buf_finish(&opened);
    }
}

static void killed_anywhere(void)
{
    bool killed = true;
    unsigned number = 0;
    for (; killed && number < 500 && test_failures == 0; number++) {
        struct fixture f;
        start(&f);
        killed = killed_at(&f, number, life);
        struct scrim_buf before = journal_of(&f);
        scrim_disk_stop(fixture_disk(&f, no_report, NULL));
        struct scrim_buf after = journal_of(&f);
        // What was durable stays, byte for byte.
        CHECK(after.len > before.len &&
              (before.len == 0 || memcmp(after.data, before.data, before.len) == 0));
        CHECK(fixture_is_clean(&f));
        check_films(&f);
        if (test_failures > 0)
            printf("  killed at operation %u\n", number);
        scrim_buf_finish(&before);
        scrim_buf_finish(&after);
        finish(&f);
    }
    CHECK(number > 50 && number < 500);
}

static void recover_all(struct fixture *f)
{
    struct scrim_journal_head head;
    CHECK_INT(recover(f, 2, &head), SCRIM_OK);
}

// All that a crash may leave at once.
static void leave_everything(struct fixture *f)
{
    struct scrim_buf tail;
    char path[SCRIM_PATH_MAX];
    fixture_record(f, "quay", FIXTURE_START_US - 200 * SCRIM_SECOND, 2, 5000);
    fixture_path(f, DAY "/journal", path);
    fixture_cut(path, fixture_size(path) - 20);
    leave_torn(f, &tail);
    write_file(f, "store/quay/tail", tail.data, tail.len);
    write_file(f, DAY "/095901.mp4.age", "age-encryption.org/v1\n", 22); // a stump
    write_file(f, FILM ".tail.new4711", "half", 4);
    scrim_buf_finish(&tail);
}

static void recovery_killed_anywhere(void)
{
    bool killed = true;
    unsigned number = 0;
    for (; killed && number < 500 && test_failures == 0; number++) {
        struct fixture f;
        start(&f);
        leave_everything(&f);
        killed = killed_at(&f, number, recover_all);
        recover_all(&f);
        CHECK(fixture_is_clean(&f));
        CHECK_INT(opened_length(&f, FILM), SECOND_TAIL);
        if (test_failures > 0)
            printf("  killed at operation %u\n", number);
        finish(&f);
    }
    CHECK(number > 20 && number < 500);
}

struct nth {
    unsigned number;
    bool happened;
};

static int fail_nth(void *context, unsigned number, enum scrim_fault_op op, const char *path)
{
    struct nth *nth = context;
    (void)op, (void)path;
    nth->happened |= number == nth->number;
    return number == nth->number ? ENOSPC : 0;
}

// An operation that fails is said, and nothing is the worse for it.
static void recovery_fails_anywhere(void)
{
    struct nth nth = {.happened = true};
    for (; nth.happened && nth.number < 500 && test_failures == 0; nth.number++) {
        struct fixture f;
        struct scrim_journal_head head;
        start(&f);
        leave_everything(&f);
        nth.happened = false;
        fixture_faults(&f, fail_nth, &nth);
        const int result = recover(&f, 2, &head);
        fixture_faults(&f, NULL, NULL);
        CHECK_INT(result, nth.happened ? SCRIM_ENOSPACE : SCRIM_OK);
        CHECK_INT(recover(&f, 3, &head), SCRIM_OK);
        CHECK(fixture_is_clean(&f));
        if (test_failures > 0)
            printf("  operation %u failed\n", nth.number);
        finish(&f);
    }
    CHECK(nth.number > 20 && nth.number < 500);
}

static bool flushed, told;
static int watch_order(void *context, unsigned number, enum scrim_fault_op op, const char *path)
{
    (void)context, (void)number;
    const size_t length = strlen(path);
    if (op == SCRIM_FAULT_FSYNC && strcmp(path + length - 15, "/095900.mp4.age") == 0)
        flushed = true;
    if (op == SCRIM_FAULT_WRITE && strcmp(path + length - 8, "/journal") == 0 && !told) {
        CHECK(flushed);
        told = true;
    }
    return 0;
}

// After a kill what it left may be in the page cache only: a power cut must not make the record
// lie.
static void flushed_before_it_is_told(void)
{
    struct fixture f;
    struct scrim_journal_head head;
    struct scrim_buf tail;
    start(&f);
    leave_torn(&f, &tail);
    fixture_faults(&f, watch_order, NULL);
    CHECK_INT(recover(&f, 2, &head), SCRIM_OK);
    fixture_faults(&f, NULL, NULL);
    CHECK(told);
    scrim_buf_finish(&tail);
    finish(&f);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(
        argc, argv,
        (struct test[]){
            {"recover: a first start", first_start},
            {"recover: a torn segment and its tail", torn_segment},
            {"recover: nothing but a header", nothing_but_a_header},
            {"recover: either tail slot may be torn", both_tail_slots},
            {"recover: the tail of another segment is not taken", tail_of_another_segment},
            {"recover: files without a whole header are removed and said", stumps},
            {"recover: an unreadable header is kept and said", unreadable_header},
            {"recover: pipes, links and directories are not adopted", no_ordinary_file},
            {"recover: leftovers of an earlier recovery are removed", leftovers},
            {"recover: a torn line costs the line, not the segment", torn_line},
            {"recover: a clock that went back", clock_went_back},
            {"recover: an end on purpose is known", ended_on_purpose},
            {"recover: the boot counter counts, strictly", boot_counter},
            {"recover: flushed before it is told", flushed_before_it_is_told},
            {"recover: killed at any operation of a recording", killed_anywhere},
            {"recover: killed at any operation of a recovery", recovery_killed_anywhere},
            {"recover: any operation of a recovery may fail", recovery_fails_anywhere},
            {0},
        });
}
