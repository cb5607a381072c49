// scrim check: whatever is changed, cut, added or taken away is found, and the file is named.
#include "test.h"

#include "sealed.h"
#include "store_fixture.h"

#include "base/alloc.h"
#include "store/journal_impl.h"
#include "store/opening_impl.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>

#define DAY "store/quay/2026-11-23"
#define SEGMENT DAY "/100000.mp4.age"
#define JOURNAL DAY "/journal"
#define OPENINGS "state/log/journal"

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

// Checks, and expects exactly these findings, "kind file\n" each.
static struct scrim_check_result expect(const struct fixture *f, const char *findings)
{
    struct scrim_check_result result = {0};
    struct scrim_buf found;
    CHECK_INT(fixture_check(f, &result, &found), SCRIM_OK);
    CHECK_TEXT((const char *)found.data, findings);
    scrim_buf_finish(&found);
    return result;
}

// Checks, and expects at least one finding, all of this kind and file.
static bool names_only(const struct fixture *f, const char *finding)
{
    struct scrim_check_result result = {0};
    struct scrim_buf found;
    const size_t length = strlen(finding);
    CHECK_INT(fixture_check(f, &result, &found), SCRIM_OK);
    const char *at = (const char *)found.data;
    bool only = *at != '\0';
    for (; *at != '\0' && only; at = strchr(at, '\n') + 1)
        only = strncmp(at, finding, length) == 0 && at[length] == '\n';
    if (!only)
        printf("  expected %s, found: %s\n", finding, (const char *)found.data);
    scrim_buf_finish(&found);
    return only;
}

static void read_file(const struct fixture *f, const char *below, struct scrim_buf *ret)
{
    char path[SCRIM_PATH_MAX];
    fixture_path(f, below, path);
    scrim_buf_init(ret, 8U << 20);
    CHECK_INT(scrim_fs_read(path, ret, NULL), SCRIM_OK);
}

static void write_file(const struct fixture *f, const char *below, const void *bytes, size_t count)
{
    char path[SCRIM_PATH_MAX];
    fixture_path(f, below, path);
    CHECK_INT(scrim_fs_replace(path, bytes, count, 0600, NULL), SCRIM_OK);
}

static void remove_file(const struct fixture *f, const char *below)
{
    char path[SCRIM_PATH_MAX];
    fixture_path(f, below, path);
    CHECK_INT(unlink(path), 0);
}

// A torn segment with its tail saved beside it, as recovery leaves one.
static void leave_torn(struct fixture *f)
{
    static const uint8_t plain[3000];
    struct scrim_journal_head head;
    struct scrim_buf out, tail;
    struct scrim_error error;
    bool changed;
    scrim_buf_init(&out, 1U << 20);
    scrim_buf_init(&tail, 1U << 20);
    struct scrim_seal *seal = fixture_seal(f, "quay", FIXTURE_START_US + 50 * SCRIM_SECOND, &out);
    CHECK_INT(scrim_seal_append(seal, plain, sizeof plain, &out), SCRIM_OK);
    CHECK_INT(scrim_seal_tail(seal, &tail, &changed), SCRIM_OK);
    scrim_seal_destroy(seal);
    write_file(f, DAY "/100050.mp4.age", out.data, out.len);
    write_file(f, "store/quay/tail", tail.data, tail.len);
    CHECK_INT(scrim_store_recover(&f->site, "quay", f->key, 9, &head, &error), SCRIM_OK);
    scrim_buf_finish(&out);
    scrim_buf_finish(&tail);
}

static void all_in_order(void)
{
    struct fixture f;
    start(&f);
    struct scrim_check_result result = expect(&f, "");
    CHECK(result.cameras == 0 && result.records == 0); // nothing recorded yet
    fixture_record(&f, "quay", FIXTURE_START_US, 3, 70000);
    fixture_record(&f, "gate", FIXTURE_START_US, 1, 10);
    leave_torn(&f);
    CHECK_INT(scrim_opening_append(&f.site, "quay", 1, 2, "{\"event\":\"intent\"}", NULL),
              SCRIM_OK);
    result = expect(&f, "");
    CHECK_INT(result.cameras, 2);
    CHECK_INT(result.records, 9); // three BOOT, one opening
    CHECK_INT(result.segments, 5);
    CHECK_INT(result.torn, 1);
    CHECK_INT(result.openings, 1);
    CHECK(result.bytes > 3 * 70000 && result.expired == 0 && result.open == 0);
    finish(&f);
}

// Every byte of the file, one bit each.
static void flip_all(struct fixture *f, const char *below, long from, long step,
                     const char *finding)
{
    char path[SCRIM_PATH_MAX];
    fixture_path(f, below, path);
    const long size = fixture_size(path);
    CHECK(size > 0);
    for (long at = from; at < size && test_failures == 0; at += step) {
        const uint8_t mask = (uint8_t)(1 << at % 8);
        fixture_flip(path, at, mask);
        if (!names_only(f, finding)) {
            printf("  byte %ld of %s\n", at, below);
            CHECK(false);
        }
        fixture_flip(path, at, mask);
    }
}

static void any_byte(void)
{
    struct fixture f;
    start(&f);
    fixture_record(&f, "quay", FIXTURE_START_US, 2, 2000);
    leave_torn(&f);
    CHECK_INT(scrim_opening_append(&f.site, "quay", 1, 2, "{\"event\":\"intent\"}", NULL),
              SCRIM_OK);
    flip_all(&f, SEGMENT, 0, 1, "segment " SEGMENT);
    flip_all(&f, DAY "/100050.mp4.age", 0, 7, "segment " DAY "/100050.mp4.age");
    flip_all(&f, DAY "/100050.mp4.age.tail", 0, 7, "segment " DAY "/100050.mp4.age.tail");
    flip_all(&f, OPENINGS, 0, 1, "journal " OPENINGS);
    CHECK(fixture_is_clean(&f));
    finish(&f);
}

// In a journal a flip may also break the tie to a segment: the journal is named in any case.
static void any_byte_of_the_journal(void)
{
    struct fixture f;
    char path[SCRIM_PATH_MAX];
    start(&f);
    fixture_record(&f, "quay", FIXTURE_START_US, 2, 100);
    fixture_path(&f, JOURNAL, path);
    for (long at = 0; at < fixture_size(path) && test_failures == 0; at++) {
        struct scrim_check_result result;
        struct scrim_buf found;
        const uint8_t mask = (uint8_t)(1 << at % 8);
        fixture_flip(path, at, mask);
        CHECK_INT(fixture_check(&f, &result, &found), SCRIM_OK);
        CHECK(fixture_found(&found, "journal " JOURNAL "\n"));
        if (test_failures > 0)
            printf("  byte %ld: %s\n", at, (const char *)found.data);
        scrim_buf_finish(&found);
        fixture_flip(path, at, mask);
    }
    CHECK(fixture_is_clean(&f));
    finish(&f);
}

static void sizes(void)
{
    struct fixture f;
    struct scrim_buf whole;
    start(&f);
    fixture_record(&f, "quay", FIXTURE_START_US, 1, 2000);
    read_file(&f, SEGMENT, &whole);
    write_file(&f, SEGMENT, whole.data, whole.len - 1);
    expect(&f, "segment " SEGMENT "\n");
    write_file(&f, SEGMENT, whole.data, 0);
    expect(&f, "segment " SEGMENT "\n");
    CHECK_INT(scrim_buf_append_u8(&whole, 'x'), SCRIM_OK);
    write_file(&f, SEGMENT, whole.data, whole.len);
    expect(&f, "segment " SEGMENT "\n");
    scrim_buf_finish(&whole);
    finish(&f);
}

static void missing_files(void)
{
    struct fixture f;
    char path[SCRIM_PATH_MAX];
    start(&f);
    fixture_record(&f, "quay", FIXTURE_START_US, 2, 100);
    leave_torn(&f);
    remove_file(&f, DAY "/100050.mp4.age.tail");
    remove_file(&f, SEGMENT);
    expect(&f, "segment " DAY "/100050.mp4.age.tail\nsegment " SEGMENT "\n");

    // The retention (72 h) is over, but nobody shredded the key: still a finding.
    fixture_clock_pass(74 * 3600 * SCRIM_SECOND);
    expect(&f, "segment " DAY "/100050.mp4.age.tail\nsegment " SEGMENT "\n");
    // Shredded and over: rightly gone.
    fixture_shred(&f, "quay", FIXTURE_START_US);
    struct scrim_check_result result = expect(&f, "segment " DAY "/100050.mp4.age.tail\n");
    CHECK_INT(result.expired, 1);
    // Shredded before its time: the file has to be there all the same.
    fixture_clock_pass(-73 * 3600 * SCRIM_SECOND);
    expect(&f, "segment " DAY "/100050.mp4.age.tail\nsegment " SEGMENT "\n");

    // A directory in its place is no file.
    fixture_path(&f, SEGMENT, path);
    CHECK_INT(mkdir(path, 0700), 0);
    expect(&f, "segment " SEGMENT "\nsegment " DAY "/100050.mp4.age.tail\n");
    finish(&f);
}

// A record accounts for as many as it says, and for those in its time.
static void purged_files(void)
{
    struct fixture f;
    char path[SCRIM_PATH_MAX];
    struct scrim_error error;
    start(&f);
    fixture_record(&f, "quay", FIXTURE_START_US, 3, 100);
    remove_file(&f, SEGMENT);
    remove_file(&f, DAY "/100010.mp4.age");
    expect(&f, "segment " SEGMENT "\nsegment " DAY "/100010.mp4.age\n");
    struct scrim_record record = {.type = SCRIM_RECORD_PURGE,
                                  .camera = "quay",
                                  .start_us = FIXTURE_START_US,
                                  .end_us = FIXTURE_START_US + 20 * SCRIM_SECOND,
                                  .segments = 1,
                                  .cause = SCRIM_GAP_DISK};
    struct scrim_journal_head head;
    struct scrim_buf line;
    scrim_buf_init(&line, 1 << 16);
    CHECK_INT(scrim_journal_find_head(f.dir, "port", "quay", &head, &error), SCRIM_OK);
    CHECK_INT(scrim_journal_format(f.key, &head, &record, &line), SCRIM_OK);
    fixture_path(&f, DAY "/journal", path);
    CHECK_INT(scrim_journal_append(path, &line, &error), SCRIM_OK);
    expect(&f, "segment " DAY "/100010.mp4.age\n");
    scrim_buf_clear(&line);
    CHECK_INT(scrim_journal_format(f.key, &head, &record, &line), SCRIM_OK);
    CHECK_INT(scrim_journal_append(path, &line, &error), SCRIM_OK);
    const struct scrim_check_result result = expect(&f, "");
    CHECK_INT(result.purged, 2);
    scrim_buf_finish(&line);
    finish(&f);
}

// Neither a link out of the store nor a pipe is read, and neither holds up the check.
static void no_ordinary_file(void)
{
    struct fixture f;
    char path[SCRIM_PATH_MAX], elsewhere[SCRIM_PATH_MAX];
    start(&f);
    fixture_record(&f, "quay", FIXTURE_START_US, 1, 100);
    fixture_path(&f, SEGMENT, path);
    fixture_path(&f, "elsewhere", elsewhere);
    CHECK_INT(rename(path, elsewhere), 0);
    CHECK_INT(symlink(elsewhere, path), 0);
    expect(&f, "segment " SEGMENT "\n");
    CHECK_INT(unlink(path), 0);
    CHECK_INT(mkfifo(path, 0600), 0);
    expect(&f, "segment " SEGMENT "\n");
    CHECK_INT(unlink(path), 0);
    CHECK_INT(rename(elsewhere, path), 0);
    expect(&f, "");
    finish(&f);
}

static void extra_files(void)
{
    static const char *const names[] = {DAY "/100100.mp4.age",      DAY "/100100.mp4",
                                        DAY "/100000.mp4.age.tail", DAY "/100000-0.mp4.age",
                                        "store/quay/notes.txt",     "store/readme"};
    struct fixture f;
    struct scrim_buf segment;
    start(&f);
    fixture_record(&f, "quay", FIXTURE_START_US, 1, 100);
    read_file(&f, SEGMENT, &segment);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char finding[200];
        snprintf(finding, sizeof finding, "stray %s\n", names[i]);
        write_file(&f, names[i], segment.data, segment.len);
        expect(&f, finding);
        remove_file(&f, names[i]);
    }
    expect(&f, "");
    scrim_buf_finish(&segment);
    finish(&f);
}

static void recorder_is_running(void)
{
    struct fixture f;
    struct scrim_buf segment;
    struct scrim_error error;
    char path[SCRIM_PATH_MAX];
    start(&f);
    fixture_record(&f, "quay", FIXTURE_START_US, 2, 100);
    struct scrim_buf out;
    scrim_buf_init(&out, 1U << 20);
    scrim_seal_destroy(fixture_seal(&f, "quay", FIXTURE_START_US + 20 * SCRIM_SECOND, &out));
    write_file(&f, DAY "/100020.mp4.age", out.data, out.len);
    expect(&f, "stray " DAY "/100020.mp4.age\n"); // nobody is writing it

    fixture_path(&f, SCRIM_RECORDER_LOCK, path);
    const int lock = scrim_fs_lock(path, &error);
    CHECK(lock >= 0);
    CHECK_INT(expect(&f, "").open, 1);
    // Of the one being written, the head is checked.
    write_file(&f, DAY "/100020.mp4.age", "age-encryption.org/v1\n-> other\n", 31);
    expect(&f, "");
    write_file(&f, DAY "/100020.mp4.age", "rubbish\n", 8);
    expect(&f, "header " DAY "/100020.mp4.age\n");
    remove_file(&f, DAY "/100020.mp4.age");
    // An older file without a record is not being written.
    read_file(&f, SEGMENT, &segment);
    write_file(&f, DAY "/100005.mp4.age", segment.data, segment.len);
    expect(&f, "stray " DAY "/100005.mp4.age\n");
    scrim_buf_finish(&segment);
    scrim_buf_finish(&out);
    close(lock);
    finish(&f);
}

// The line of a journal, from 0: where it begins and how long it is, its line break included.
static const uint8_t *line_of(const struct scrim_buf *journal, unsigned number, size_t *ret_length)
{
    const uint8_t *at = journal->data, *end;
    for (; (end = memchr(at, '\n', (size_t)(journal->data + journal->len - at))); at = end + 1) {
        if (number-- == 0) {
            *ret_length = (size_t)(end + 1 - at);
            return at;
        }
    }
    printf("  no such line\n");
    exit(1);
}

static void write_lines(const struct fixture *f, const struct scrim_buf *journal,
                        const char *numbers)
{
    struct scrim_buf lines;
    scrim_buf_init(&lines, 1U << 20);
    for (; *numbers; numbers++) {
        size_t length;
        const uint8_t *line = line_of(journal, (unsigned)(*numbers - '0'), &length);
        CHECK_INT(scrim_buf_append(&lines, line, length), SCRIM_OK);
    }
    write_file(f, JOURNAL, lines.data, lines.len);
    scrim_buf_finish(&lines);
}

static void broken_chain(void)
{
    static const char *const orders[] = {"0234", "1234", "021", "01123", "10234", "0132", "01231"};
    struct fixture f;
    struct scrim_buf journal;
    start(&f);
    fixture_record(&f, "quay", FIXTURE_START_US, 4, 100); // lines 0 (BOOT) to 4
    read_file(&f, JOURNAL, &journal);
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct scrim_check_result result;
        struct scrim_buf found;
        write_lines(&f, &journal, orders[i]);
        CHECK_INT(fixture_check(&f, &result, &found), SCRIM_OK);
        if (!fixture_found(&found, "journal " JOURNAL "\n")) {
            printf("  lines %s: %s\n", orders[i], (const char *)found.data);
            CHECK(false);
        }
        scrim_buf_finish(&found);
    }
    // Cut at its end: the chain holds, the segment that nobody vouches for gives it away.
    write_lines(&f, &journal, "0123");
    expect(&f, "stray " DAY "/100030.mp4.age\n");
    // Without an end to its last line.
    write_file(&f, JOURNAL, journal.data, journal.len - 1);
    expect(&f, "stray " DAY "/100030.mp4.age\njournal " JOURNAL "\n");
    write_lines(&f, &journal, "01234");
    expect(&f, "");
    // So with an older day, which nobody is writing any more.
    fixture_record(&f, "quay", FIXTURE_START_US + 86400 * SCRIM_SECOND, 1, 100);
    expect(&f, "");
    scrim_buf_finish(&journal);
    read_file(&f, JOURNAL, &journal);
    write_file(&f, JOURNAL, journal.data, journal.len - 1);
    expect(&f, "journal " JOURNAL "\njournal store/quay/2026-11-24/journal\n");
    scrim_buf_finish(&journal);
    finish(&f);
}

// A good chain, by another key, of another camera, of another site.
static void forged_journals(void)
{
    struct fixture f, other;
    struct scrim_buf journal;
    char path[SCRIM_PATH_MAX];
    start(&f);
    fixture_record(&f, "quay", FIXTURE_START_US, 1, 100);
    fixture_create(&other); // the same site by name, with keys of its own
    fixture_record(&other, "quay", FIXTURE_START_US, 1, 100);
    read_file(&other, JOURNAL, &journal);
    write_file(&f, JOURNAL, journal.data, journal.len);
    struct scrim_check_result result;
    struct scrim_buf found;
    CHECK_INT(fixture_check(&f, &result, &found), SCRIM_OK);
    CHECK(fixture_found(&found, "journal " JOURNAL "\njournal " JOURNAL "\n"));
    scrim_buf_finish(&found);
    scrim_buf_finish(&journal);
    fixture_destroy(&other);

    fixture_record(&f, "gate", FIXTURE_START_US, 1, 100);
    fixture_path(&f, "store/quay", path);
    test_remove_dir(path);
    char gate[SCRIM_PATH_MAX];
    fixture_path(&f, "store/gate", gate);
    CHECK_INT(rename(gate, path), 0); // gate's recordings, shown as quay's
    CHECK_INT(fixture_check(&f, &result, &found), SCRIM_OK);
    CHECK(fixture_found(&found, "journal " JOURNAL "\n"));
    CHECK(fixture_found(&found, "header " SEGMENT "\n"));
    scrim_buf_finish(&found);
    finish(&f);
}

// Journalled and signed, and yet not what its place says: the recorder itself was deceived.
static void wrong_seal(void)
{
    struct fixture f;
    struct scrim_journal_head head;
    struct scrim_error error;
    struct scrim_buf out;
    char name[32];
    start(&f);
    scrim_buf_init(&out, 1U << 20);
    scrim_seal_destroy(fixture_seal(&f, "quay", FIXTURE_START_US, &out));
    CHECK_INT(scrim_store_recover(&f.site, "quay", f.key, 1, &head, &error), SCRIM_OK);
    scrim_segment_name(name, FIXTURE_START_US + 5 * SCRIM_SECOND, 0);
    CHECK_TEXT(name, "100005.mp4.age");
    write_file(&f, DAY "/100005.mp4.age", out.data, out.len); // five seconds too late
    write_file(&f, SEGMENT, out.data, out.len);
    CHECK_INT(scrim_store_recover(&f.site, "quay", f.key, 2, &head, &error), SCRIM_OK);
    expect(&f, "header " DAY "/100005.mp4.age\n");

    // Sealed for another vault.
    static const char *const names[] = {"anna", "bert", "cleo"};
    struct scrim_vault vault;
    struct scrim_share shares[3];
    char path[SCRIM_PATH_MAX];
    CHECK_INT(scrim_vault_generate(2, 3, names, NULL, &vault, shares, &error), SCRIM_OK);
    fixture_path(&f, "state/vault.json", path);
    CHECK_INT(unlink(path), 0);
    expect(&f, "header " DAY "/100005.mp4.age\n"); // no vault, no proof to check
    CHECK_INT(scrim_vault_save(path, &vault, &error), SCRIM_OK);
    expect(&f, "header " SEGMENT "\nheader " DAY "/100005.mp4.age\n");
    scrim_buf_finish(&out);
    finish(&f);
}

static void records_out_of_place(void)
{
    struct fixture f;
    struct scrim_journal_head head;
    struct scrim_error error;
    struct scrim_buf line;
    struct scrim_record records[4];
    char path[SCRIM_PATH_MAX];
    start(&f);
    fixture_record(&f, "quay", FIXTURE_START_US, 1, 100);
    CHECK_INT(scrim_journal_find_head(f.dir, "port", "quay", &head, &error), SCRIM_OK);
    REQUIRE(sealed_journal(f.dir, "quay", records, 4) == 2);
    scrim_buf_init(&line, SCRIM_JOURNAL_LINE_MAX);
    CHECK_INT(scrim_journal_format(f.key, &head, &records[1], &line), SCRIM_OK);
    fixture_path(&f, JOURNAL, path);
    CHECK_INT(scrim_journal_append(path, &line, &error), SCRIM_OK);
    expect(&f, "journal " JOURNAL "\n");

    // Signed and chained, and of another camera.
    scrim_buf_clear(&line);
    records[0].type = SCRIM_RECORD_BOOT;
    snprintf(records[0].camera, sizeof records[0].camera, "gate");
    CHECK_INT(scrim_journal_format(f.key, &head, &records[0], &line), SCRIM_OK);
    CHECK_INT(scrim_journal_append(path, &line, &error), SCRIM_OK);
    expect(&f, "journal " JOURNAL "\njournal " JOURNAL "\n");
    scrim_buf_finish(&line);
    finish(&f);
}

static void cut_log_of_openings(void)
{
    struct fixture f;
    struct scrim_buf log;
    start(&f);
    for (int i = 0; i < 3; i++)
        CHECK_INT(scrim_opening_append(&f.site, "quay", 1, 2, "{\"event\":\"intent\"}", NULL),
                  SCRIM_OK);
    CHECK_INT(expect(&f, "").openings, 3);
    read_file(&f, OPENINGS, &log);
    size_t length;
    (void)line_of(&log, 0, &length);
    write_file(&f, OPENINGS, log.data + length, log.len - length); // its beginning is gone
    expect(&f, "journal " OPENINGS "\n");
    write_file(&f, OPENINGS, log.data, log.len - 7);
    expect(&f, "journal " OPENINGS "\n");
    scrim_buf_finish(&log);
    finish(&f);
}

static void ignore(void *context, enum scrim_finding_kind kind, const char *file, const char *text)
{
    (void)context, (void)kind, (void)file, (void)text;
}

// Without the key that signed there is nothing to verify: that is no finding but a failure.
static void cannot_run(void)
{
    struct fixture f;
    struct scrim_check_result result;
    struct scrim_error error;
    start(&f);
    remove_file(&f, "state/keys/device.pub");
    CHECK_INT(scrim_check_store(&f.site, ignore, NULL, NULL, &result, &error), SCRIM_ENOENT);
    CHECK(strstr(error.text, "device.pub"));
    finish(&f);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(
        argc, argv,
        (struct test[]){
            {"check: a site in order", all_in_order},
            {"check: any byte of segments, tails and the log of openings", any_byte},
            {"check: any byte of a journal", any_byte_of_the_journal},
            {"check: shorter, empty, longer", sizes},
            {"check: missing files, and those rightly gone", missing_files},
            {"check: files that a record says were destroyed early", purged_files},
            {"check: links and pipes are no segments", no_ordinary_file},
            {"check: extra files", extra_files},
            {"check: beside a running recorder", recorder_is_running},
            {"check: lines taken out, doubled, swapped, cut", broken_chain},
            {"check: journals of another key and another camera", forged_journals},
            {"check: seals of another time and another vault", wrong_seal},
            {"check: two records for one file, and one of another camera", records_out_of_place},
            {"check: the log of openings cut", cut_log_of_openings},
            {"check: without the public key it cannot run", cannot_run},
            {0},
        });
}
