// Opening originals: the right bytes for enough shares and a reason, nothing for anybody else, and
// a log of it all.
#include "test.h"

#include "store_fixture.h"

#include "store/journal_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <sys/wait.h>

#define DAY "store/quay/2026-11-23"
#define LOG "state/log/journal"
#define T(seconds) (FIXTURE_START_US + (seconds)*SCRIM_SECOND)
#define PLAIN 150000 // bytes of a segment: three chunks

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

static struct scrim_opening_request request(const struct fixture *f, int64_t from, int64_t to)
{
    return (struct scrim_opening_request){.camera = "quay",
                                          .reason = "a theft at berth 4",
                                          .from_us = T(from),
                                          .to_us = T(to),
                                          .output = "berth4.mp4",
                                          .shares = f->shares,
                                          .shares_count = 2};
}

static struct scrim_opening *create(struct fixture *f, int64_t from, int64_t to)
{
    const struct scrim_opening_request wanted = request(f, from, to);
    struct scrim_opening *opening = NULL;
    struct scrim_error error = {0};
    if (scrim_opening_create(&f->site, &wanted, &opening, &error) < 0)
        printf("  %s\n", error.text);
    CHECK(opening);
    return opening;
}

// The request is refused with this code, the sentence says `why`, and nothing is in the log.
static void refused(struct fixture *f, const struct scrim_opening_request *wanted, int code,
                    const char *why)
{
    struct scrim_opening *opening = NULL;
    struct scrim_error error = {0};
    char path[SCRIM_PATH_MAX];
    CHECK_INT(scrim_opening_create(&f->site, wanted, &opening, &error), code);
    CHECK(!opening);
    if (!strstr(error.text, why))
        CHECK_TEXT(error.text, why);
    fixture_path(f, LOG, path);
    CHECK_INT(fixture_size(path), -1);
}

// All plaintext of one opened segment. The result of the last step.
static int read_segment(struct scrim_opening *opening, size_t at, struct scrim_buf *ret,
                        struct scrim_error *error)
{
    struct scrim_plain *plain = NULL;
    int result = scrim_opening_open(opening, at, &plain, error);
    uint8_t block[7000];
    size_t count = 1;
    scrim_buf_init(ret, 1U << 20);
    while (result >= 0 && count > 0) {
        result = scrim_plain_read(plain, block, sizeof block, &count, error);
        if (result >= 0)
            result = scrim_buf_append(ret, block, count);
    }
    scrim_plain_close(plain);
    return result;
}

// As fixture_record filled segment number `seed`.
static bool holds(const struct scrim_buf *opened, size_t count, unsigned seed)
{
    static uint8_t plain[PLAIN];
    fixture_plain(plain, count, seed);
    return opened->len == count && memcmp(opened->data, plain, count) == 0;
}

static void right_bytes(void)
{
    struct fixture f;
    struct scrim_error error = {0};
    struct scrim_buf opened;
    start(&f);
    fixture_record(&f, "gate", T(0), 4, 500);
    fixture_record(&f, "quay", T(0), 4, PLAIN); // 0 to 40 s
    struct scrim_opening *opening = create(&f, 10, 25);
    REQUIRE(opening);
    REQUIRE(scrim_opening_count(opening) == 2); // the first ends where the range begins
    CHECK_TEXT(scrim_opening_segment(opening, 0)->file, "2026-11-23/100010.mp4.age");
    CHECK(scrim_opening_segment(opening, 0)->whole);
    CHECK_INT(scrim_opening_segment(opening, 0)->start_us, T(10));
    CHECK_INT(scrim_opening_log_intent(opening, &error), SCRIM_OK);
    for (unsigned i = 0; i < 2; i++) {
        CHECK_INT(read_segment(opening, i, &opened, &error), SCRIM_OK);
        CHECK(holds(&opened, PLAIN, i + 1));
        scrim_buf_finish(&opened);
    }
    scrim_opening_destroy(opening);
    scrim_opening_destroy(NULL);

    // Any two holders can.
    struct scrim_opening_request others = request(&f, 0, 1);
    others.shares = &f.shares[1];
    CHECK_INT(scrim_opening_create(&f.site, &others, &opening, &error), SCRIM_OK);
    CHECK_INT(scrim_opening_log_intent(opening, &error), SCRIM_OK);
    CHECK_INT(read_segment(opening, 0, &opened, &error), SCRIM_OK);
    CHECK(holds(&opened, PLAIN, 0));
    scrim_buf_finish(&opened);
    scrim_opening_destroy(opening);
    finish(&f);
}

static void requests_that_make_no_sense(void)
{
    struct fixture f;
    start(&f);
    fixture_record(&f, "quay", T(0), 2, 100);
    struct scrim_opening_request wanted = request(&f, 0, 10);
    wanted.camera = "shed";
    refused(&f, &wanted, SCRIM_ENOENT, "no camera 'shed'");
    wanted.camera = "../gate";
    refused(&f, &wanted, SCRIM_ENOENT, "no camera");
    wanted = request(&f, 10, 10);
    refused(&f, &wanted, SCRIM_EINVAL, "ends before it begins");
    wanted = request(&f, 0, 10);
    wanted.reason = NULL;
    refused(&f, &wanted, SCRIM_EINVAL, "a reason is needed");
    wanted.reason = " \t\n";
    refused(&f, &wanted, SCRIM_EINVAL, "a reason is needed");
    wanted = request(&f, 20, 30); // recorded until 20
    refused(&f, &wanted, SCRIM_ENOENT, "nothing was recorded from 2026-11-23T10:00:20");
    wanted = request(&f, -10, 0);
    refused(&f, &wanted, SCRIM_ENOENT, "camera quay: nothing was recorded");
    finish(&f);
}

static void wrong_shares(void)
{
    static const char *const names[] = {"anna", "bert", "cleo"};
    struct fixture f;
    struct scrim_error error;
    struct scrim_vault vault;
    struct scrim_share shares[3], foreign[3];
    start(&f);
    fixture_record(&f, "quay", T(0), 1, 100);
    struct scrim_opening_request wanted = request(&f, 0, 10);
    wanted.shares_count = 1;
    refused(&f, &wanted, SCRIM_EAUTH, "2 of 3 holders must agree, 1 share was given");
    wanted.shares_count = 0;
    refused(&f, &wanted, SCRIM_EAUTH, "2 of 3 holders must agree, 0 shares were given");

    wanted = request(&f, 0, 10);
    wanted.shares = shares;
    shares[0] = shares[1] = f.shares[1];
    refused(&f, &wanted, SCRIM_EINVAL, "the share of bert was given twice");
    shares[0] = f.shares[0];
    for (int bit = 0; bit < 240; bit += 17) { // whoever lies is named
        shares[1] = f.shares[2];
        shares[1].secret[bit / 8] ^= (uint8_t)(1 << bit % 8);
        refused(&f, &wanted, SCRIM_EAUTH, "cleo");
    }
    shares[1] = f.shares[2];
    shares[1].index = 2; // under another holder's number
    refused(&f, &wanted, SCRIM_EAUTH, "");
    shares[1].index = 4;
    refused(&f, &wanted, SCRIM_EAUTH, "");
    CHECK_INT(scrim_vault_generate(2, 3, names, NULL, &vault, foreign, &error), SCRIM_OK);
    shares[1] = foreign[1];
    refused(&f, &wanted, SCRIM_EAUTH, "");
    memcpy(shares[1].vault_id, f.vault.id,
           sizeof shares[1].vault_id); // another vault's, in disguise
    refused(&f, &wanted, SCRIM_EAUTH, "bert");
    finish(&f);
}

static void copy_file(const struct fixture *f, const char *from, const char *to)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf content;
    scrim_buf_init(&content, 8U << 20);
    fixture_path(f, from, path);
    CHECK_INT(scrim_fs_read(path, &content, NULL), SCRIM_OK);
    fixture_path(f, to, path);
    CHECK_INT(scrim_fs_replace(path, content.data, content.len, 0600, NULL), SCRIM_OK);
    scrim_buf_finish(&content);
}

// A wanted segment slipped into an innocent request: what it was sealed as is what counts.
static void relabelled(void)
{
    struct fixture f;
    char path[SCRIM_PATH_MAX];
    start(&f);
    fixture_record(&f, "gate", T(0), 1, 100);
    fixture_record(&f, "quay", T(0), 2, 100);
    const struct scrim_opening_request wanted = request(&f, 0, 10);
    fixture_path(&f, DAY "/100000.mp4.age", path);
    copy_file(&f, DAY "/100000.mp4.age", "kept");
    copy_file(&f, "store/gate/2026-11-23/100000.mp4.age", DAY "/100000.mp4.age");
    refused(&f, &wanted, SCRIM_EAUTH, "it was sealed for camera gate of site port");
    copy_file(&f, DAY "/100010.mp4.age", DAY "/100000.mp4.age");
    refused(&f, &wanted, SCRIM_EAUTH, "it was sealed for 2026-11-23/100010.mp4.age");
    copy_file(&f, "kept", DAY "/100000.mp4.age");

    // The label rewritten too: its proof does not hold. Every byte of the stanza is tried.
    struct scrim_buf content;
    scrim_buf_init(&content, 1U << 20);
    CHECK_INT(scrim_fs_read(path, &content, NULL), SCRIM_OK);
    const uint8_t *mac = memmem(content.data, content.len, "\n---", 4);
    REQUIRE(mac);
    for (long at = 22; at < mac - content.data; at += 3) {
        struct scrim_opening *opening = NULL;
        struct scrim_error error = {0};
        fixture_flip(path, at, 1);
        const int result = scrim_opening_create(&f.site, &wanted, &opening, &error);
        if (result != SCRIM_EAUTH && result != SCRIM_EFORMAT) {
            printf("  byte %ld: %d\n", at, result);
            CHECK(false);
        }
        CHECK(strstr(error.text, "100000.mp4.age"));
        fixture_flip(path, at, 1);
    }
    scrim_buf_finish(&content);
    scrim_opening_destroy(create(&f, 0, 10));
    finish(&f);
}

// What the journal calls whole must be whole, and what the seal holds together stays together.
static void truncated_and_spliced(void)
{
    struct fixture f;
    struct scrim_buf first, second, changed, opened;
    struct scrim_error error = {0};
    char path[SCRIM_PATH_MAX], other[SCRIM_PATH_MAX];
    start(&f);
    fixture_record(&f, "quay", T(0), 2, PLAIN);
    fixture_path(&f, DAY "/100000.mp4.age", path);
    fixture_path(&f, DAY "/100010.mp4.age", other);
    scrim_buf_init(&first, 1U << 20);
    scrim_buf_init(&second, 1U << 20);
    CHECK_INT(scrim_fs_read(path, &first, NULL), SCRIM_OK);
    CHECK_INT(scrim_fs_read(other, &second, NULL), SCRIM_OK);
    const size_t payload = 2 * SCRIM_AGE_SEALED_CHUNK + (PLAIN - 2 * SCRIM_AGE_CHUNK) + 16;
    const size_t head = first.len - payload;
    REQUIRE(second.len == first.len);
    struct scrim_opening *opening = create(&f, 0, 10);
    REQUIRE(opening);
    CHECK_INT(scrim_opening_log_intent(opening, &error), SCRIM_OK);
    scrim_buf_init(&changed, 1U << 20);
    for (int kind = 0; kind < 6; kind++) {
        static const char *const sentences[] = {"bytes, the journal says",   "damaged in chunk 0",
                                                "damaged in chunk 0",        "damaged in chunk 0",
                                                "the header is not the one", "damaged in chunk 2"};
        scrim_buf_clear(&changed);
        CHECK_INT(scrim_buf_append(&changed, first.data, first.len), SCRIM_OK);
        uint8_t *chunks = changed.data + head;
        if (kind == 0) // cut after a chunk
            changed.len = head + 2 * SCRIM_AGE_SEALED_CHUNK;
        else if (kind == 1) // the payload of another segment
            memcpy(chunks, second.data + head, payload);
        else if (kind == 2) { // two chunks swapped
            memcpy(chunks, first.data + head + SCRIM_AGE_SEALED_CHUNK, SCRIM_AGE_SEALED_CHUNK);
            memcpy(chunks + SCRIM_AGE_SEALED_CHUNK, first.data + head, SCRIM_AGE_SEALED_CHUNK);
        } else if (kind == 3) // another payload nonce
            changed.data[head - 1] ^= 1;
        else if (kind == 4) // the header's MAC
            changed.data[head - 16 - 5] = changed.data[head - 16 - 5] == 'A' ? 'B' : 'A';
        else
            changed.data[changed.len - 1] ^= 1;
        CHECK_INT(scrim_fs_replace(path, changed.data, changed.len, 0600, NULL), SCRIM_OK);
        const int result = read_segment(opening, 0, &opened, &error);
        CHECK(result == SCRIM_EAUTH || (kind == 0 && result == SCRIM_EFORMAT));
        if (!strstr(error.text, sentences[kind]) || !strstr(error.text, path))
            CHECK_TEXT(error.text, sentences[kind]);
        CHECK_INT(opened.len, kind == 5 ? 2 * SCRIM_AGE_CHUNK : 0); // only what was verified
        scrim_buf_finish(&opened);
    }
    CHECK_INT(scrim_fs_replace(path, first.data, first.len, 0600, NULL), SCRIM_OK);
    CHECK_INT(read_segment(opening, 0, &opened, &error), SCRIM_OK);
    CHECK(holds(&opened, PLAIN, 0));
    scrim_buf_finish(&opened);
    scrim_buf_finish(&first);
    scrim_buf_finish(&second);
    scrim_buf_finish(&changed);
    scrim_opening_destroy(opening);
    finish(&f);
}

static void shredded_hour(void)
{
    struct fixture f;
    struct scrim_error error = {0};
    struct scrim_buf opened;
    start(&f);
    fixture_record(&f, "quay", T(0), 1, 100);
    fixture_record(&f, "quay", T(3600), 1, 100);
    struct scrim_opening *opening = create(&f, 0, 10);
    fixture_shred(&f, "quay", T(0));
    struct scrim_opening_request wanted = request(&f, 0, 10);
    refused(&f, &wanted, SCRIM_ENOENT, "the hour key of 2026-11-23T10 h UTC is shredded");
    wanted.to_us = T(4000); // one of two is gone: said before anything is logged
    refused(&f, &wanted, SCRIM_ENOENT, "is shredded");
    // Shredded after it was asked for: too late all the same.
    CHECK_INT(scrim_opening_log_intent(opening, &error), SCRIM_OK);
    CHECK_INT(read_segment(opening, 0, &opened, &error), SCRIM_ENOENT);
    scrim_buf_finish(&opened);
    scrim_opening_destroy(opening);
    // Another key opens nothing.
    fixture_make_key(&f, "quay", T(0));
    opening = create(&f, 0, 10);
    REQUIRE(opening);
    CHECK_INT(scrim_opening_log_intent(opening, &error), SCRIM_OK);
    CHECK_INT(read_segment(opening, 0, &opened, &error), SCRIM_EAUTH);
    scrim_buf_finish(&opened);
    scrim_opening_destroy(opening);
    finish(&f);
}

static void back_up(const char *from, const char *to)
{
    struct scrim_buf bytes;
    scrim_buf_init(&bytes, 1 << 20);
    CHECK(scrim_fs_read(from, &bytes, NULL) >= 0);
    CHECK(scrim_fs_replace(to, bytes.data, bytes.len, 0600, NULL) >= 0);
    scrim_buf_finish(&bytes);
}

// Everything but the root key was backed up before: the sealed files and the hour ring. The quorum
// agrees. Nothing of the shredded hour opens, whichever ring is in place; the hour beside it does.
static void backups_of_a_shredded_hour(void)
{
    struct fixture f;
    struct scrim_error error = {0};
    struct scrim_buf opened;
    char ring[SCRIM_PATH_MAX], old_ring[SCRIM_PATH_MAX], new_ring[SCRIM_PATH_MAX];
    char sealed[SCRIM_PATH_MAX], old_sealed[SCRIM_PATH_MAX];
    start(&f);
    fixture_record(&f, "quay", T(0), 1, 100);
    fixture_record(&f, "quay", T(3600), 1, 100);
    fixture_path(&f, SCRIM_HOURS_DIR "/hours.ring", ring);
    fixture_path(&f, "backup.ring", old_ring);
    fixture_path(&f, "current.ring", new_ring);
    fixture_path(&f, "store/quay/2026-11-23/100000.mp4.age", sealed);
    fixture_path(&f, "backup.age", old_sealed);
    back_up(ring, old_ring);
    back_up(sealed, old_sealed);
    struct scrim_opening *opening = create(&f, 0, 10);
    CHECK(opening != NULL); // it would open now
    scrim_opening_destroy(opening);

    fixture_shred(&f, "quay", T(0));
    CHECK_INT(unlink(sealed), 0);
    back_up(old_sealed, sealed);
    struct scrim_opening_request wanted = request(&f, 0, 10);
    refused(&f, &wanted, SCRIM_ENOENT, "is shredded");
    back_up(ring, new_ring);
    back_up(old_ring, ring);
    refused(&f, &wanted, SCRIM_EAUTH, "does not open it");
    back_up(new_ring, ring);
    opening = create(&f, 3600, 3610);
    REQUIRE(opening);
    CHECK_INT(scrim_opening_log_intent(opening, &error), SCRIM_OK);
    CHECK_INT(read_segment(opening, 0, &opened, &error), SCRIM_OK);
    CHECK_INT(opened.len, 100);
    scrim_buf_finish(&opened);
    scrim_opening_destroy(opening);
    finish(&f);
}

// The segment that is being written, without a record: whole chunks, then the tail.
static void leave_growing(struct fixture *f, size_t bytes)
{
    static uint8_t plain[PLAIN];
    struct scrim_buf out, tail;
    char path[SCRIM_PATH_MAX];
    bool changed;
    scrim_buf_init(&out, 1U << 20);
    scrim_buf_init(&tail, 1U << 20);
    fixture_plain(plain, bytes, 5);
    struct scrim_seal *seal = fixture_seal(f, "quay", T(20), &out);
    CHECK_INT(scrim_seal_append(seal, plain, bytes, &out), SCRIM_OK);
    CHECK_INT(scrim_seal_tail(seal, &tail, &changed), SCRIM_OK);
    scrim_seal_destroy(seal);
    fixture_path(f, DAY "/100020.mp4.age", path);
    CHECK_INT(scrim_fs_replace(path, out.data, out.len, 0600, NULL), SCRIM_OK);
    fixture_path(f, "store/quay/tail", path);
    CHECK_INT(scrim_fs_replace(path, tail.data, tail.len, 0600, NULL), SCRIM_OK);
    scrim_buf_finish(&out);
    scrim_buf_finish(&tail);
}

static void growing_and_torn(void)
{
    struct fixture f;
    struct scrim_error error = {0};
    struct scrim_journal_head head;
    struct scrim_buf opened;
    start(&f);
    fixture_record(&f, "quay", T(0), 2, 100);
    leave_growing(&f, PLAIN - 777);
    fixture_clock_pass(40 * SCRIM_SECOND);
    for (int recovered = 0; recovered < 2; recovered++) {
        struct scrim_opening *opening = create(&f, 15, 30);
        REQUIRE(opening);
        REQUIRE(scrim_opening_count(opening) == 2);
        CHECK(!scrim_opening_segment(opening, 1)->whole);
        CHECK_INT(scrim_opening_log_intent(opening, &error), SCRIM_OK);
        CHECK_INT(read_segment(opening, 1, &opened, &error), SCRIM_OK);
        CHECK(holds(&opened, PLAIN - 777, 5));
        scrim_buf_finish(&opened);
        scrim_opening_destroy(opening);
        CHECK_INT(scrim_store_recover(&f.site, "quay", f.key, 3, &head, &error), SCRIM_OK);
    }
    finish(&f);
}

static const uint8_t identity[32] = {9, 8, 7, 6, 5, 4, 3, 2, 1};

// Exports one segment to an age file for `identity` and decrypts that, strictly.
static void check_export(struct fixture *f, struct scrim_opening *opening, size_t at, size_t count,
                         unsigned seed)
{
    char sealed[SCRIM_PATH_MAX], clear[SCRIM_PATH_MAX];
    uint8_t recipient[32];
    struct scrim_plain *plain = NULL;
    struct scrim_buf opened;
    struct scrim_error error = {0};
    uint64_t bytes = 0;
    fixture_path(f, "export.age", sealed);
    fixture_path(f, "export", clear);
    CHECK_INT(crypto_scalarmult_base(recipient, identity), 0);
    CHECK_INT(scrim_opening_open(opening, at, &plain, &error), SCRIM_OK);
    int fd = open(sealed, O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_INT(scrim_plain_export(plain, recipient, fd, sealed, &bytes, &error), SCRIM_OK);
    CHECK_INT(bytes, count);
    scrim_plain_close(plain);
    CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
    const int out = open(clear, O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_INT(scrim_age_decrypt(fd, out, &identity, 1, sealed, clear, &error), SCRIM_OK);
    close(fd);
    close(out);
    scrim_buf_init(&opened, 1U << 20);
    CHECK_INT(scrim_fs_read(clear, &opened, &error), SCRIM_OK);
    CHECK(holds(&opened, count, seed));
    scrim_buf_finish(&opened);
}

// Whole, torn at a chunk's end, torn with a tail: each becomes a whole age file.
static void exports(void)
{
    static const size_t counts[] = {1, SCRIM_AGE_CHUNK, 2 * SCRIM_AGE_CHUNK, PLAIN};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct fixture f;
        struct scrim_error error = {0};
        start(&f);
        fixture_record(&f, "quay", T(0), 2, counts[i]);
        leave_growing(&f, counts[i]);
        fixture_clock_pass(40 * SCRIM_SECOND);
        struct scrim_opening *opening = create(&f, 15, 30);
        REQUIRE(opening);
        CHECK_INT(scrim_opening_log_intent(opening, &error), SCRIM_OK);
        check_export(&f, opening, 0, counts[i], 1);
        check_export(&f, opening, 1, counts[i], 5);
        // Without its tail: what is whole in the file, and its last chunk made the last one.
        char tail[SCRIM_PATH_MAX];
        fixture_path(&f, "store/quay/tail", tail);
        CHECK_INT(unlink(tail), 0);
        if (counts[i] > SCRIM_AGE_CHUNK)
            check_export(&f, opening, 1, (counts[i] - 1) / SCRIM_AGE_CHUNK * SCRIM_AGE_CHUNK, 5);
        scrim_opening_destroy(opening);
        finish(&f);
    }
}

static struct scrim_record record_of_log(const struct fixture *f, unsigned number)
{
    struct scrim_record record = {0};
    struct scrim_buf log;
    char path[SCRIM_PATH_MAX];
    uint8_t prev[32];
    const char *line;
    size_t length;
    fixture_path(f, LOG, path);
    scrim_buf_init(&log, 1U << 20);
    CHECK_INT(scrim_fs_read(path, &log, NULL), SCRIM_OK);
    struct scrim_reader reader = scrim_reader_of(log.data, log.len);
    bool found = scrim_read_line(&reader, &line, &length);
    for (; found && number > 0; number--)
        found = scrim_read_line(&reader, &line, &length);
    CHECK(found && scrim_journal_parse(line, length, f->public_key, &record, prev, NULL) >= 0);
    scrim_buf_finish(&log);
    return record;
}

static void log_of_openings(void)
{
    struct fixture f;
    struct scrim_error error = {0};
    struct scrim_plain *plain = NULL;
    start(&f);
    fixture_record(&f, "quay", T(0), 2, 100);
    struct scrim_opening *opening = create(&f, 0, 20);
    REQUIRE(opening);
    CHECK_INT(scrim_opening_open(opening, 0, &plain, &error),
              SCRIM_EINTERNAL); // not without a trace
    CHECK_INT(scrim_opening_log_intent(opening, &error), SCRIM_OK);
    const struct scrim_record intent = record_of_log(&f, 0);
    CHECK_INT(intent.type, SCRIM_RECORD_OPENING);
    CHECK_TEXT(intent.camera, "quay");
    CHECK(intent.start_us == T(0) && intent.end_us == T(20));
    const char *login, *event, *id, *reason, *output, *first, *second;
    int segments;
    json_int_t at_us, uid;
    json_t *said = json_loads(intent.json, JSON_REJECT_DUPLICATES, NULL);
    CHECK_INT(json_unpack_ex(said, NULL, JSON_STRICT,
                             "{s:s, s:s, s:I, s:{s:s, s:I}, s:s, s:[s, s], s:s, s:i}", "event",
                             &event, "request", &id, "at_us", &at_us, "who", "login", &login, "uid",
                             &uid, "reason", &reason, "holders", &first, &second, "output", &output,
                             "segments", &segments),
              0);
    CHECK_TEXT(event, "intent");
    CHECK_TEXT(reason, "a theft at berth 4");
    CHECK_TEXT(first, "anna");
    CHECK_TEXT(second, "bert");
    CHECK_TEXT(output, "berth4.mp4");
    CHECK(strlen(id) == 64 && segments == 2 && at_us == T(0) && uid == (json_int_t)getuid());

    CHECK_INT(scrim_opening_log_outcome(opening, 19.5, 2, NULL, &error), SCRIM_OK);
    CHECK_INT(scrim_opening_log_outcome(opening, 0, 0, "no space left", &error), SCRIM_OK);
    CHECK(strstr(record_of_log(&f, 1).json, "\"opened\":true,\"milliseconds\":19500"));
    CHECK(strstr(record_of_log(&f, 1).json, id)); // the same request
    CHECK(strstr(record_of_log(&f, 2).json, "\"opened\":false"));
    CHECK(strstr(record_of_log(&f, 2).json, "\"failure\":\"no space left\""));
    json_decref(said);
    CHECK(fixture_is_clean(&f));
    scrim_opening_destroy(opening);
    finish(&f);
}

static void reasons_that_cannot_be_logged(void)
{
    static char longer[3000];
    static const char *const reasons[] = {longer, "\xff not UTF-8"};
    struct fixture f;
    start(&f);
    fixture_record(&f, "quay", T(0), 1, 100);
    memset(longer, 'x', sizeof longer - 1);
    for (size_t i = 0; i < 2; i++) {
        struct scrim_opening_request wanted = request(&f, 0, 10);
        struct scrim_opening *opening = NULL;
        struct scrim_plain *plain = NULL;
        struct scrim_error error = {0};
        wanted.reason = reasons[i];
        CHECK_INT(scrim_opening_create(&f.site, &wanted, &opening, &error), SCRIM_OK);
        CHECK_INT(scrim_opening_log_intent(opening, &error), SCRIM_EINVAL);
        CHECK(strstr(error.text, "the reason"));
        CHECK_INT(scrim_opening_open(opening, 0, &plain, &error), SCRIM_EINTERNAL);
        scrim_opening_destroy(opening);
    }
    finish(&f);
}

static int fail_log(void *context, enum scrim_fault_op op, const char *what)
{
    return op == *(const enum scrim_fault_op *)context && what && strstr(what, LOG) ? ENOSPC : 0;
}

// No log, no opening.
static void log_cannot_be_written(void)
{
    static enum scrim_fault_op ops[] = {SCRIM_FAULT_OPEN, SCRIM_FAULT_WRITE, SCRIM_FAULT_FSYNC};
    struct fixture f;
    start(&f);
    fixture_record(&f, "quay", T(0), 1, 100);
    for (size_t i = 0; i < 3; i++) {
        struct scrim_opening *opening = create(&f, 0, 10);
        struct scrim_plain *plain = NULL;
        struct scrim_error error = {0};
        REQUIRE(opening);
        scrim_fault_set(fail_log, &ops[i]);
        CHECK_INT(scrim_opening_log_intent(opening, &error), SCRIM_ENOSPACE);
        scrim_fault_set(NULL, NULL);
        CHECK(strstr(error.text, LOG));
        CHECK_INT(scrim_opening_open(opening, 0, &plain, &error), SCRIM_EINTERNAL);
        scrim_opening_destroy(opening);
        CHECK(fixture_is_clean(&f));
    }
    finish(&f);
}

static void log_with_a_torn_line(void)
{
    struct fixture f;
    struct scrim_error error = {0};
    char path[SCRIM_PATH_MAX];
    start(&f);
    fixture_record(&f, "quay", T(0), 1, 100);
    struct scrim_opening *opening = create(&f, 0, 10);
    REQUIRE(opening);
    CHECK_INT(scrim_opening_log_intent(opening, &error), SCRIM_OK);
    CHECK_INT(scrim_opening_log_outcome(opening, 1, 1, NULL, &error), SCRIM_OK);
    fixture_path(&f, LOG, path);
    fixture_cut(path, fixture_size(path) - 9);
    CHECK_INT(scrim_opening_log_outcome(opening, 2, 1, NULL, &error), SCRIM_OK);
    CHECK(strstr(record_of_log(&f, 1).json, "\"milliseconds\":2000"));
    CHECK(fixture_is_clean(&f));
    scrim_opening_destroy(opening);
    finish(&f);
}

#define PROCESSES 4
#define LINES 10

static void several_at_once(void)
{
    struct fixture f;
    struct scrim_check_result result;
    struct scrim_buf findings;
    start(&f);
    fixture_record(&f, "quay", T(0), 1, 100);
    fflush(stdout);
    for (int i = 0; i < PROCESSES; i++) {
        if (fork() != 0)
            continue;
        struct scrim_opening *opening = create(&f, 0, 10);
        int failed = opening ? 0 : 1;
        for (int line = 0; line < LINES && opening; line++)
            failed |= scrim_opening_log_intent(opening, NULL) < 0;
        _exit(failed);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 1;
        CHECK(wait(&status) > 0 && status == 0);
    }
    CHECK_INT(fixture_check(&f, &result, &findings), SCRIM_OK);
    CHECK_INT(result.findings, 0);
    CHECK_INT(result.openings, PROCESSES * LINES);
    scrim_buf_finish(&findings);
    finish(&f);
}

// Its line in scrim.yaml is gone, its recordings are not.
static void former_camera(void)
{
    struct fixture f;
    start(&f);
    fixture_record(&f, "quay", T(0), 1, 100);
    f.config.cameras = &f.cameras[1];
    f.config.cameras_count = 1;
    scrim_opening_destroy(create(&f, 0, 10));
    finish(&f);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(
        argc, argv,
        (struct test[]){
            {"opening: the segments of a range, the right bytes", right_bytes},
            {"opening: requests that make no sense", requests_that_make_no_sense},
            {"opening: too few shares, doubled, false, foreign", wrong_shares},
            {"opening: relabelled segments are refused", relabelled},
            {"opening: truncated and spliced segments are refused", truncated_and_spliced},
            {"opening: a shredded hour opens for nobody", shredded_hour},
            {"opening: backups of files and of the ring open no shredded hour",
             backups_of_a_shredded_hour},
            {"opening: the growing segment, and the torn one", growing_and_torn},
            {"opening: exports are whole age files", exports},
            {"opening: the log says who, why, what", log_of_openings},
            {"opening: a reason that cannot be logged opens nothing",
             reasons_that_cannot_be_logged},
            {"opening: no log, no opening", log_cannot_be_written},
            {"opening: a torn line of the log is cut off", log_with_a_torn_line},
            {"opening: several at once keep one chain", several_at_once},
            {"opening: a camera that is no longer configured", former_camera},
            {0},
        });
}
