// The index: catching up with journals, questions about time, damage, rebuilding, agreement.
#include "test.h"

#include "put_record.h"

#include "index/index_impl.h"
#include "store/journal_impl.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>

#define DAY "store/quay/2026-11-23"
#define JOURNAL DAY "/journal"
#define T(seconds) (FIXTURE_START_US + (seconds)*SCRIM_SECOND)

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

static struct scrim_index *open_index(struct fixture *f)
{
    struct scrim_index *index = NULL;
    struct scrim_error error = {0};
    if (scrim_index_open(f->dir, &index, &error) < 0) {
        printf("  %s\n", error.text);
        exit(1);
    }
    return index;
}

static uint64_t catch_up(struct scrim_index *index, struct fixture *f)
{
    uint64_t records = UINT64_MAX;
    struct scrim_error error = {0};
    CHECK_INT(scrim_index_catch_up(index, &f->site, &records, &error), SCRIM_OK);
    return records;
}

static char *append_span(char *at, const char *end, const char *kind, int64_t from_us,
                         int64_t to_us)
{
    return at + snprintf(at, (size_t)(end - at), "%s%s %lld-%lld", at[-1] ? " " : "", kind,
                         (long long)((from_us - FIXTURE_START_US) / SCRIM_SECOND),
                         (long long)((to_us - FIXTURE_START_US) / SCRIM_SECOND));
}

// The answer as text, in seconds since T(0): "rec 0-30 gap:disk 30-40 unknown 40-50".
static const char *timeline(struct scrim_index *index, int64_t from, int64_t to, int64_t now)
{
    static char text[2000];
    struct scrim_timeline answer;
    struct scrim_error error = {0};
    char *at = text + 1;
    const char *end = text + sizeof text;
    text[0] = text[1] = '\0';
    if (scrim_index_timeline(index, "quay", T(from), T(to), T(now), &answer, &error) < 0)
        return error.text[0] ? "failed" : "no sentence";
    for (size_t i = 0; i < answer.recorded_count; i++)
        at = append_span(at, end, "rec", answer.recorded[i].from_us, answer.recorded[i].to_us);
    for (size_t i = 0; i < answer.redacted_count; i++)
        at = append_span(at, end, "red", answer.redacted[i].from_us, answer.redacted[i].to_us);
    for (size_t i = 0; i < answer.only_redacted_count; i++)
        at = append_span(at, end, "only", answer.only_redacted[i].from_us,
                         answer.only_redacted[i].to_us);
    for (size_t i = 0; i < answer.not_kept_count; i++)
        at = append_span(at, end, "not", answer.not_kept[i].from_us, answer.not_kept[i].to_us);
    for (size_t i = 0; i < answer.gaps_count; i++) {
        char kind[260];
        snprintf(kind, sizeof kind, "gap:%s", scrim_gap_cause_text(answer.gaps[i].cause));
        at = append_span(at, end, kind, answer.gaps[i].from_us, answer.gaps[i].to_us);
    }
    for (size_t i = 0; i < answer.unknown_count; i++)
        at = append_span(at, end, "unknown", answer.unknown[i].from_us, answer.unknown[i].to_us);
    scrim_timeline_finish(&answer);
    return text + 1;
}

static void catches_up(void)
{
    struct fixture f;
    start(&f);
    struct scrim_index *index = open_index(&f);
    CHECK_INT(catch_up(index, &f), 0); // nothing was ever recorded
    fixture_record(&f, "quay", T(0), 3, 100);
    fixture_record(&f, "gate", T(0), 1, 100);
    CHECK_INT(catch_up(index, &f), 6); // with a BOOT each
    CHECK_TEXT(timeline(index, -100, 100, 60), "rec 0-30");
    CHECK_INT(catch_up(index, &f), 0);
    fixture_record(&f, "quay", T(30), 2, 100);
    CHECK_INT(catch_up(index, &f), 3);
    CHECK_TEXT(timeline(index, -100, 100, 60), "rec 0-50");
    put_segment(&f, T(86400), T(86410)); // the next day
    put_segment(&f, T(3 * 86400), T(3 * 86400 + 10));
    CHECK_INT(catch_up(index, &f), 2);
    put_segment(&f, T(3 * 86400 + 10), T(3 * 86400 + 20));
    CHECK_INT(catch_up(index, &f), 1);
    CHECK_TEXT(timeline(index, 100, 300000, 86400 * 3 + 20),
               "rec 86400-86410 rec 259200-259220 unknown 100-86400 unknown 86410-259200");
    scrim_index_close(index);

    index = open_index(&f); // it knows where it was
    CHECK_INT(catch_up(index, &f), 0);
    CHECK_TEXT(timeline(index, -100, 60, 60), "rec 0-50 unknown 50-60");
    scrim_index_close(index);
    finish(&f);
}

// A line without its end is being written: it waits.
static void unfinished_line(void)
{
    struct fixture f;
    struct scrim_buf journal;
    char path[SCRIM_PATH_MAX];
    start(&f);
    fixture_record(&f, "quay", T(0), 2, 100);
    fixture_path(&f, JOURNAL, path);
    scrim_buf_init(&journal, 1U << 20);
    CHECK_INT(scrim_fs_read(path, &journal, NULL), SCRIM_OK);
    fixture_cut(path, (long)journal.len - 40);
    struct scrim_index *index = open_index(&f);
    CHECK_INT(catch_up(index, &f), 2);
    CHECK_TEXT(timeline(index, 0, 100, 30), "rec 0-10");
    const int fd = open(path, O_WRONLY | O_APPEND);
    CHECK_INT(write(fd, journal.data + journal.len - 40, 40), 40);
    close(fd);
    CHECK_INT(catch_up(index, &f), 1);
    CHECK_TEXT(timeline(index, 0, 100, 30), "rec 0-20");
    scrim_buf_finish(&journal);
    scrim_index_close(index);
    finish(&f);
}

static void questions_about_time(void)
{
    struct fixture f;
    struct scrim_error error;
    struct scrim_timeline answer;
    start(&f);
    struct scrim_index *index = open_index(&f);
    CHECK_INT(scrim_index_timeline(index, "quay", 0, 1, 2, &answer, &error), SCRIM_ENOENT);
    CHECK(strstr(error.text, "quay"));
    CHECK_INT(catch_up(index, &f), 0);
    CHECK_TEXT(timeline(index, -100, 100, 50), ""); // a camera without records knows nothing
    put_segment(&f, T(0), T(60));
    put_segment(&f, T(60) + SCRIM_SECOND / 2, T(120)); // half a second is no hole
    put_gap(&f, T(120), T(150), SCRIM_GAP_NETWORK, "no answer");
    put_segment(&f, T(150), T(200));
    put_segment(&f, T(300), T(360)); // 200 to 300: nobody knows
    put_gap(&f, T(360), T(370), SCRIM_GAP_DISK, "full");
    put_gap(&f, T(370), T(380), SCRIM_GAP_CRASH, "");
    CHECK_INT(catch_up(index, &f), 7);
    CHECK_TEXT(timeline(index, -1000, 1000, 400),
               "rec 0-120 rec 150-200 rec 300-360 gap:network 120-150 gap:disk 360-370 "
               "gap:crash 370-380 unknown 200-300");
    // Clipped to what was asked.
    CHECK_TEXT(timeline(index, 30, 140, 400), "rec 30-120 gap:network 120-140");
    CHECK_TEXT(timeline(index, 130, 250, 400), "rec 150-200 gap:network 130-150 unknown 200-250");
    CHECK_TEXT(timeline(index, 220, 240, 400), "unknown 220-240");
    CHECK_TEXT(timeline(index, -500, -100, 400), ""); // before the camera was there
    CHECK_TEXT(timeline(index, 200, 200, 400), "");
    // What is still being written is not unknown; later it is.
    CHECK_TEXT(timeline(index, 380, 1000, 380 + 150), "");
    CHECK_TEXT(timeline(index, 380, 1000, 380 + 151), "unknown 380-531");
    CHECK_TEXT(timeline(index, 380, 450, 900), "unknown 380-450");
    CHECK_INT(scrim_index_timeline(index, "quay", T(120), T(150), T(400), &answer, &error),
              SCRIM_OK);
    REQUIRE(answer.gaps_count == 1);
    CHECK_TEXT(answer.gaps[0].detail, "no answer");
    scrim_timeline_finish(&answer);
    scrim_index_close(index);
    finish(&f);
}

// Originals that were destroyed early are neither recorded nor unknown.
static void purges(void)
{
    struct fixture f;
    start(&f);
    struct scrim_index *index = open_index(&f);
    for (int i = 0; i < 10; i++)
        put_segment(&f, T(i * 60), T(i * 60 + 60));
    put_gap(&f, T(600), T(660), SCRIM_GAP_NETWORK, "no answer");
    put_segment(&f, T(660), T(720));
    struct scrim_record purge = {.type = SCRIM_RECORD_PURGE,
                                 .start_us = T(120),
                                 .end_us = T(240),
                                 .cause = SCRIM_GAP_OPERATOR,
                                 .segments = 2,
                                 .detail = "on request"};
    put_record(&f, "quay", purge);
    CHECK_INT(catch_up(index, &f), 13);
    CHECK_TEXT(timeline(index, -100, 1000, 720),
               "rec 0-120 rec 240-600 rec 660-720 gap:operator 120-240 gap:network 600-660");
    purge.start_us = T(0);
    purge.end_us = T(700);
    purge.cause = SCRIM_GAP_DISK;
    put_record(&f, "quay", purge);
    CHECK_INT(catch_up(index, &f), 1);
    CHECK_TEXT(timeline(index, -100, 1000, 720),
               "rec 700-720 gap:disk 0-700 gap:operator 120-240 gap:network 600-660");
    scrim_index_close(index);
    finish(&f);
}

// What is not sealed on purpose is neither a gap nor unknown.
static void unsealed(void)
{
    struct fixture f;
    start(&f);
    struct scrim_index *index = open_index(&f);
    put_segment(&f, T(0), T(60));
    put_unsealed(&f, T(60), T(120), SCRIM_KEEP_REDACTED);
    put_unsealed(&f, T(120), T(180), SCRIM_KEEP_REDACTED);
    put_gap(&f, T(180), T(200), SCRIM_GAP_CAMERA, "no answer");
    put_unsealed(&f, T(200), T(260), SCRIM_KEEP_REDACTED);
    put_unsealed(&f, T(280), T(340), SCRIM_KEEP_NOTHING);
    put_segment(&f, T(340), T(400));
    CHECK_INT(catch_up(index, &f), 7);
    CHECK_TEXT(timeline(index, -100, 1000, 400),
               "rec 0-60 rec 340-400 only 60-180 only 200-260 not 280-340 gap:camera 180-200 "
               "unknown 260-280");
    CHECK_TEXT(timeline(index, 100, 300, 400),
               "only 100-180 only 200-260 not 280-300 gap:camera 180-200 unknown 260-280");
    scrim_index_close(index);
    finish(&f);
}

// Time that never was: the host's clock was set forward. A camera's own clock tells nothing of
// that.
static void clock_set_forward(void)
{
    struct fixture f;
    start(&f);
    struct scrim_record clock = {.type = SCRIM_RECORD_CLOCK,
                                 .start_us = T(700),
                                 .end_us = T(700),
                                 .step_us = 600 * SCRIM_SECOND};
    snprintf(clock.detail, sizeof clock.detail, "the host's clock was set forward by 600.0 s");
    put_segment(&f, T(0), T(60));
    put_record(&f, "quay", clock);
    put_segment(&f, T(60), T(101));
    put_segment(&f, T(701), T(760));
    clock.start_us = clock.end_us = T(760);
    clock.step_us = -600 * SCRIM_SECOND;
    put_record(&f, "quay", clock);
    clock.of_camera = true;
    clock.step_us = 600 * SCRIM_SECOND;
    put_record(&f, "quay", clock);
    struct scrim_index *index = open_index(&f);
    CHECK_INT(catch_up(index, &f), 6);
    CHECK_TEXT(timeline(index, 0, 760, 800), "rec 0-101 rec 701-760 gap:clock 100-700");
    scrim_index_close(index);
    fixture_destroy(&f);
}

// After a clock was set back, spans and gaps come out of order and overlap.
static void out_of_order(void)
{
    struct fixture f;
    start(&f);
    struct scrim_index *index = open_index(&f);
    put_segment(&f, T(100), T(160));
    put_segment(&f, T(0), T(60));
    put_segment(&f, T(50), T(110)); // closes the hole between them
    put_gap(&f, T(200), T(300), SCRIM_GAP_CAMERA, "the long one");
    put_gap(&f, T(210), T(220), SCRIM_GAP_CLOCK, "the short one within it");
    CHECK_INT(catch_up(index, &f), 5);
    CHECK_TEXT(timeline(index, 0, 400, 310),
               "rec 0-160 gap:camera 200-300 gap:clock 210-220 unknown 160-200");
    CHECK_TEXT(timeline(index, 250, 280, 310), "gap:camera 250-280");
    scrim_index_close(index);
    finish(&f);
}

static void readers(void)
{
    struct fixture f;
    struct scrim_index *reader = NULL, *second = NULL;
    struct scrim_error error;
    start(&f);
    CHECK_INT(scrim_index_open_reader(f.dir, &reader, &error), SCRIM_ENOENT);
    struct scrim_index *writer = open_index(&f);
    CHECK_INT(scrim_index_open(f.dir, &second, &error), SCRIM_EBUSY);
    CHECK_INT(scrim_index_rebuild(f.dir, &second, &error), SCRIM_EBUSY);
    CHECK_INT(scrim_index_open_reader(f.dir, &reader, &error), SCRIM_OK);
    fixture_record(&f, "quay", T(0), 3, 100);
    CHECK_INT(catch_up(writer, &f), 4);
    CHECK_TEXT(timeline(reader, 0, 100, 60), "rec 0-30");
    scrim_index_close(writer);
    // Made anew under the reader's feet: it follows.
    CHECK_INT(scrim_index_rebuild(f.dir, &writer, &error), SCRIM_OK);
    put_segment(&f, T(30), T(70));
    CHECK_INT(catch_up(writer, &f), 5);
    CHECK_TEXT(timeline(reader, 0, 100, 80), "rec 0-70");
    scrim_index_close(writer);
    scrim_index_close(reader);
    finish(&f);
}

static struct scrim_archive_file archive_file(int64_t from, int64_t to)
{
    struct scrim_archive_file file = {.camera = "quay",
                                      .start_us = T(from),
                                      .end_us = T(to),
                                      .first_pts_us = 77,
                                      .bytes = 1000,
                                      .mime = "video/mp4; codecs=\"avc1.4d401f\""};
    char name[32];
    scrim_segment_name(name, T(from), 0);
    name[strlen(name) - strlen(".age")] = '\0';
    snprintf(file.file, sizeof file.file, "2026-11-23/%s", name);
    return file;
}

// A redacted file on disk and in the index.
static void add_archive(struct fixture *f, struct scrim_index *index, int64_t from, int64_t to)
{
    const struct scrim_archive_file file = archive_file(from, to);
    char below[128], path[SCRIM_PATH_MAX];
    struct scrim_error error = {0};
    fixture_path(f, "veil/quay/2026-11-23", path);
    CHECK_INT(scrim_fs_make_dirs(path, 0750, NULL), SCRIM_OK);
    snprintf(below, sizeof below, "veil/quay/%s", file.file);
    fixture_path(f, below, path);
    CHECK_INT(scrim_fs_replace(path, "film", 4, 0640, NULL), SCRIM_OK);
    CHECK_INT(scrim_index_add_archive_file(index, &file, &error), SCRIM_OK);
}

static void redacted_files(void)
{
    struct fixture f;
    struct scrim_archive_file *files;
    struct scrim_error error;
    size_t count;
    start(&f);
    struct scrim_index *index = open_index(&f);
    CHECK_INT(catch_up(index, &f), 0);
    for (int i = 0; i < 4; i++)
        add_archive(&f, index, 60 * i, 60 * i + 60);
    CHECK_TEXT(timeline(index, 0, 1000, 1000), "red 0-240");
    CHECK_INT(scrim_index_archive_files(index, "quay", T(100), T(130), 10, &files, &count, &error),
              SCRIM_OK);
    REQUIRE(count == 2);
    CHECK_TEXT(files[0].file, "2026-11-23/100100.mp4");
    CHECK_TEXT(files[1].file, "2026-11-23/100200.mp4");
    CHECK_TEXT(files[0].mime, "video/mp4; codecs=\"avc1.4d401f\"");
    CHECK(files[0].start_us == T(60) && files[0].end_us == T(120));
    CHECK(files[0].bytes == 1000 && files[0].first_pts_us == 77);
    free(files);
    CHECK_INT(scrim_index_archive_files(index, "quay", T(0), T(999), 3, &files, &count, &error),
              SCRIM_OK);
    CHECK_INT(count, 3);
    free(files);
    CHECK_INT(scrim_index_archive_files(index, "quay", T(240), T(999), 3, &files, &count, &error),
              SCRIM_OK);
    CHECK_INT(count, 0);
    free(files);

    static const char *const wrong[] = {"100000.mp4", "2026-11-23/../x.mp4",
                                        "2026-13-23/100000.mp4", "2026-11-23/100000.mp4.age",
                                        "2026-11-23/"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct scrim_archive_file file = archive_file(0, 60);
        snprintf(file.file, sizeof file.file, "%s", wrong[i]);
        CHECK_INT(scrim_index_add_archive_file(index, &file, &error), SCRIM_EINVAL);
    }
    const struct scrim_archive_file backwards = archive_file(60, 0);
    CHECK_INT(scrim_index_add_archive_file(index, &backwards, &error), SCRIM_EINVAL);
    scrim_index_close(index);
    finish(&f);
}

static void list_lines(void)
{
    static const char good[] = "{\"v\":1,\"file\":\"103000.mp4\",\"start_us\":1,\"end_us\":2,"
                               "\"first_pts_us\":-3,\"bytes\":4,\"mime\":\"video/mp4\"}";
    static const char *const wrong[] = {
        "{\"v\":2,\"file\":\"103000.mp4\",\"start_us\":1,\"end_us\":2,\"first_pts_us\":-3,"
        "\"bytes\":4,\"mime\":\"video/mp4\"}",
        "{\"v\":1,\"file\":\"../../x.mp4\",\"start_us\":1,\"end_us\":2,\"first_pts_us\":-3,"
        "\"bytes\":4,\"mime\":\"video/mp4\"}",
        "{\"v\":1,\"file\":\"103000.mp4\",\"start_us\":3,\"end_us\":2,\"first_pts_us\":-3,"
        "\"bytes\":4,\"mime\":\"video/mp4\"}",
        "{\"v\":1,\"file\":\"103000.mp4\",\"start_us\":1,\"end_us\":2,\"first_pts_us\":-3,"
        "\"bytes\":9223372036854775808,\"mime\":\"video/mp4\"}",
        "",
        "{}",
    };
    struct scrim_archive_file file;
    CHECK(scrim_archive_line_parse(good, sizeof good - 1, "quay", "2026-11-23", &file));
    CHECK_TEXT(file.file, "2026-11-23/103000.mp4");
    CHECK_TEXT(file.camera, "quay");
    CHECK(file.first_pts_us == -3 && file.bytes == 4);
    for (size_t i = 0; i + 1 < sizeof good; i++)
        CHECK(!scrim_archive_line_parse(good, i, "quay", "2026-11-23", &file));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(!scrim_archive_line_parse(wrong[i], strlen(wrong[i]), "quay", "2026-11-23", &file));
}

// A site that has something of everything, and what the index says of it.
static const char full_timeline[] = "rec 0-30 rec 100-160 red 0-60 red 120-180 gap:network 30-90 "
                                    "unknown 90-100 unknown 160-500";
static void make_site(struct fixture *f, struct scrim_index *index)
{
    fixture_record(f, "quay", T(0), 3, 100);
    put_gap(f, T(30), T(90), SCRIM_GAP_NETWORK, "no answer");
    put_segment(f, T(100), T(160));
    CHECK_INT(catch_up(index, f), 6);
    add_archive(f, index, 0, 60);
    add_archive(f, index, 120, 180);
    CHECK_TEXT(timeline(index, 0, 1000, 500), full_timeline);
}

static void rebuilding(void)
{
    struct fixture f;
    struct scrim_error error;
    char path[SCRIM_PATH_MAX];
    start(&f);
    struct scrim_index *index = open_index(&f);
    make_site(&f, index);
    scrim_index_close(index);
    CHECK_INT(scrim_index_rebuild(f.dir, &index, &error), SCRIM_OK);
    CHECK_INT(catch_up(index, &f), 6);
    CHECK_TEXT(timeline(index, 0, 1000, 500), full_timeline);
    scrim_index_close(index);

    // A listed file that retention removed does not come back, nor does a line that cannot be read.
    fixture_path(&f, "veil/quay/2026-11-23/100200.mp4", path);
    CHECK_INT(unlink(path), 0);
    fixture_path(&f, "veil/quay/2026-11-23/list", path);
    fixture_flip(path, 3, 1);
    CHECK_INT(scrim_index_rebuild(f.dir, &index, &error), SCRIM_OK);
    CHECK_INT(catch_up(index, &f), 6);
    CHECK_TEXT(timeline(index, 0, 1000, 500),
               "rec 0-30 rec 100-160 gap:network 30-90 unknown 90-100 unknown 160-500");
    scrim_index_close(index);
    finish(&f);
}

static bool moved_aside(const struct fixture *f)
{
    char path[SCRIM_PATH_MAX];
    fixture_path(f, "state/index.db.damaged", path);
    return fixture_size(path) > 0;
}

enum damage { OVERWRITTEN, HEADER, PAGE, CUT, EMPTY, OTHER_DATABASE, OLDER_SCHEMA, DAMAGES };

static void damage_index(const struct fixture *f, enum damage damage)
{
    char path[SCRIM_PATH_MAX];
    static const uint8_t junk[4096] = {0xff, 0x13, 7};
    sqlite3 *db = NULL;
    fixture_path(f, "state/index.db", path);
    const long size = fixture_size(path);
    const int fd = open(path, O_RDWR);
    switch (damage) {
    case OVERWRITTEN:
        for (long at = 0; at < size; at += (long)sizeof junk)
            CHECK(pwrite(fd, junk, sizeof junk, at) == sizeof junk);
        break;
    case HEADER: CHECK(pwrite(fd, junk, 16, 0) == 16); break;
    case PAGE: CHECK(pwrite(fd, junk, sizeof junk, 4096) == sizeof junk); break;
    case CUT: fixture_cut(path, size / 2); break;
    case EMPTY: fixture_cut(path, 0); break;
    case OTHER_DATABASE:
    case OLDER_SCHEMA:
        CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
        CHECK_INT(sqlite3_exec(db,
                               damage == OLDER_SCHEMA ? "PRAGMA user_version = 0"
                                                      : "PRAGMA application_id = 5",
                               NULL, NULL, NULL),
                  SQLITE_OK);
        sqlite3_close(db);
        break;
    case DAMAGES: break;
    }
    close(fd);
}

static void damaged(void)
{
    for (int damage = OVERWRITTEN; damage < DAMAGES; damage++) {
        struct fixture f;
        start(&f);
        struct scrim_index *index = open_index(&f);
        make_site(&f, index);
        scrim_index_close(index);
        damage_index(&f, (enum damage)damage);
        index = open_index(&f);
        CHECK_INT(catch_up(index, &f), 6);
        CHECK_TEXT(timeline(index, 0, 1000, 500), full_timeline);
        CHECK_INT(moved_aside(&f), damage != EMPTY);
        if (test_failures > 0)
            printf("  damage %d\n", damage);
        scrim_index_close(index);
        finish(&f);
    }
}

// Pages that go bad while the desk runs, found when they are read.
static void damaged_while_open(void)
{
    struct fixture f;
    start(&f);
    struct scrim_index *index = open_index(&f);
    make_site(&f, index);
    scrim_index_close(index); // everything is in the file, nothing in the log beside it
    index = open_index(&f);
    for (int page = 1; page < 8; page++) {
        static const uint8_t junk[4096] = {0xff, 0x13, 7};
        char path[SCRIM_PATH_MAX];
        fixture_path(&f, "state/index.db", path);
        if (fixture_size(path) < 4096 * (page + 1))
            break;
        const int fd = open(path, O_WRONLY);
        CHECK(pwrite(fd, junk, sizeof junk, 4096 * page) == sizeof junk);
        close(fd);
    }
    sqlite3_db_release_memory(index->db);
    put_segment(&f, T(160), T(200));
    CHECK_INT(catch_up(index, &f), 7); // all again
    CHECK_TEXT(timeline(index, 0, 190, 500),
               "rec 0-30 rec 100-190 red 0-60 red 120-180 gap:network 30-90 unknown 90-100");
    CHECK(moved_aside(&f));
    scrim_index_close(index);
    finish(&f);
}

static void on_finding(void *context, const char *file, const char *text)
{
    CHECK_INT(scrim_buf_printf(context, "%s: %s\n", file, text), SCRIM_OK);
}

// What the index disagrees about, "file: text\n" each.
static const char *agreement(struct fixture *f)
{
    static char text[4000];
    struct scrim_index *reader = NULL;
    struct scrim_error error = {0};
    struct scrim_buf found;
    scrim_buf_init(&found, sizeof text - 1);
    CHECK_INT(scrim_index_open_reader(f->dir, &reader, &error), SCRIM_OK);
    CHECK_INT(scrim_index_agreement(reader, &f->site, on_finding, &found, &error), SCRIM_OK);
    snprintf(text, sizeof text, "%.*s", (int)found.len, found.len ? (const char *)found.data : "");
    scrim_index_close(reader);
    scrim_buf_finish(&found);
    return text;
}

static void change_index(struct fixture *f, const char *sql)
{
    char path[SCRIM_PATH_MAX];
    sqlite3 *db = NULL;
    fixture_path(f, "state/index.db", path);
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void rows_that_disagree(void)
{
    static const struct {
        const char *sql, *finding;
    } cases[] = {
        {"DELETE FROM segment WHERE seq = 2",
         DAY "/100010.mp4.age: the journal has it and the index does not\n"},
        {"UPDATE segment SET end_us = end_us + 1 WHERE seq = 1",
         DAY "/100000.mp4.age: index and journal tell different things about it\n"},
        {"UPDATE segment SET file = '2026-11-23/100001.mp4.age' WHERE seq = 1",
         DAY "/100000.mp4.age: index and journal tell different things about it\n"},
        {"INSERT INTO segment VALUES(1, 77, 1, 2, 3, 0, '2026-11-23/235959.mp4.age')",
         DAY "/235959.mp4.age: the index has it and the journal does not\n"},
        {"UPDATE camera SET next_seq = 9",
         JOURNAL ": the index has read 9 records, of which the journal has no more than 6\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        start(&f);
        struct scrim_index *index = open_index(&f);
        make_site(&f, index);
        scrim_index_close(index);
        CHECK_TEXT(agreement(&f), "");
        change_index(&f, cases[i].sql);
        const char *found = agreement(&f);
        if (strncmp(found, cases[i].finding, strlen(cases[i].finding)) != 0)
            CHECK_TEXT(found, cases[i].finding);
        finish(&f);
    }
}

static void journals_that_disagree(void)
{
    struct fixture f;
    char path[SCRIM_PATH_MAX];
    start(&f);
    struct scrim_index *index = open_index(&f);
    make_site(&f, index);
    put_segment(&f, T(160), T(200)); // not read yet: no disagreement
    CHECK_TEXT(agreement(&f), "");
    CHECK_INT(catch_up(index, &f), 1);

    // The journal loses its last two lines, and their files with them: only the index knows.
    struct scrim_buf journal;
    fixture_path(&f, JOURNAL, path);
    scrim_buf_init(&journal, 1U << 20);
    CHECK_INT(scrim_fs_read(path, &journal, NULL), SCRIM_OK);
    const uint8_t *last = memrchr(journal.data, '\n', journal.len - 1);
    const uint8_t *one_before = memrchr(journal.data, '\n', (size_t)(last - journal.data));
    fixture_cut(path, one_before + 1 - journal.data);
    CHECK_TEXT(agreement(&f),
               DAY "/100140.mp4.age: the index has it and the journal does not\n" DAY
                   "/100240.mp4.age: the index has it and the journal does not\n" JOURNAL
                   ": the index has read 7 records, of which the journal has no more than 5\n");
    CHECK_INT(catch_up(index, &f), 0); // and it remembers, whatever is written there later
    CHECK_INT(scrim_fs_replace(path, journal.data, journal.len, 0640, NULL), SCRIM_OK);
    CHECK_TEXT(agreement(&f), JOURNAL ": it became shorter than it was\n");
    CHECK_INT(unlink(path), 0);
    CHECK(strstr(agreement(&f), "has no more than 0\n"));
    scrim_buf_finish(&journal);
    scrim_index_close(index);
    finish(&f);
}

// The newest signature of what is read, and the chain, vouch for all of it.
static void broken_journals(void)
{
    for (long at = 10; at < 2000; at += 97) {
        struct fixture f;
        char path[SCRIM_PATH_MAX];
        start(&f);
        fixture_record(&f, "quay", T(0), 4, 100);
        fixture_path(&f, JOURNAL, path);
        if (at < fixture_size(path)) {
            fixture_flip(path, at, 1);
            struct scrim_index *index = open_index(&f);
            (void)catch_up(index, &f);
            if (strncmp(agreement(&f), JOURNAL ": record ", strlen(JOURNAL ": record ")) != 0) {
                printf("  byte %ld: %s\n", at, agreement(&f));
                CHECK(false);
            }
            scrim_index_close(index);
        }
        finish(&f);
    }
}

// A record that continues the chain, and that the site's key never signed.
static void forged_record(void)
{
    struct fixture f, other;
    start(&f);
    fixture_create(&other);
    fixture_record(&f, "quay", T(0), 1, 100);
    struct scrim_index *index = open_index(&f);
    CHECK_INT(catch_up(index, &f), 2);
    struct scrim_device_key *own = f.key;
    f.key = other.key;
    put_segment(&f, T(10), T(20));
    f.key = own;
    CHECK_INT(catch_up(index, &f), 1);
    CHECK_TEXT(agreement(&f), JOURNAL ": record 2: the signature does not fit the line\n" DAY
                                      "/100010.mp4.age: the journal has it and the index does "
                                      "not\n");
    scrim_index_close(index);
    fixture_destroy(&other);
    finish(&f);
}

static void expiry(void)
{
    struct fixture f;
    struct scrim_error error;
    start(&f);
    struct scrim_index *index = open_index(&f);
    CHECK_INT(scrim_index_expire(index, "quay", T(0), &error), SCRIM_OK); // nothing known: fine
    make_site(&f, index);
    CHECK_INT(scrim_index_expire(index, "quay", T(95), &error), SCRIM_OK);
    CHECK_TEXT(timeline(index, 0, 1000, 500),
               "rec 100-160 red 120-180 unknown 95-100 unknown 160-500");
    CHECK_TEXT(agreement(&f), "");
    CHECK_INT(scrim_index_expire(index, "quay", T(130), &error), SCRIM_OK);
    CHECK_TEXT(timeline(index, 0, 1000, 500), "rec 130-160 red 130-180 unknown 160-500");
    CHECK_TEXT(agreement(&f), "");
    scrim_index_close(index);
    finish(&f);
}

// The answer as text, in seconds since T(0): "120 150 360".
static const char *gaps(struct scrim_index *index, const struct scrim_index_range *range)
{
    static char text[400];
    char *at = text;
    struct scrim_gap_span *list = NULL;
    size_t count = 0;
    struct scrim_error error = {0};
    text[0] = '\0';
    CHECK_INT(scrim_index_gaps(index, "quay", range, &list, &count, &error), SCRIM_OK);
    for (size_t i = 0; i < count; i++)
        at += snprintf(at, (size_t)(text + sizeof text - at), "%s%lld", i ? " " : "",
                       (long long)((list[i].from_us - FIXTURE_START_US) / SCRIM_SECOND));
    free(list);
    return text;
}

static void gaps_as_events(void)
{
    struct fixture f;
    start(&f);
    struct scrim_index *index = open_index(&f);
    put_gap(&f, T(0), T(10), SCRIM_GAP_NETWORK, "");
    put_gap(&f, T(20), T(30), SCRIM_GAP_DISK, "");
    put_gap(&f, T(40), T(50), SCRIM_GAP_CAMERA, "");
    put_gap(&f, T(60), T(70), SCRIM_GAP_NETWORK, "");
    (void)catch_up(index, &f);
    const unsigned network = 1U << SCRIM_GAP_NETWORK;
    CHECK_TEXT(gaps(index, &(struct scrim_index_range){T(0), T(99), false, 9, 0}), "0 20 40 60");
    CHECK_TEXT(gaps(index, &(struct scrim_index_range){T(25), T(99), false, 2, 0}), "20 40");
    CHECK_TEXT(gaps(index, &(struct scrim_index_range){T(25), T(99), false, 2, network}), "60");
    CHECK_TEXT(gaps(index, &(struct scrim_index_range){0, T(60), true, 2, 0}), "40 20");
    CHECK_TEXT(gaps(index, &(struct scrim_index_range){0, T(60), true, 2, network}), "0");
    scrim_index_close(index);
    finish(&f);
}

static void add_state(struct scrim_index *index, int64_t at, enum scrim_veil_was state,
                      const char *reason)
{
    struct scrim_veil_spell spell = {.state = state, .from_us = T(at)};
    struct scrim_error error = {0};
    snprintf(spell.reason, sizeof spell.reason, "%s", reason);
    CHECK_INT(scrim_index_add_state(index, "port", "quay", &spell, &error), SCRIM_OK);
}

static size_t count_opaque(struct scrim_index *index, struct scrim_veil_spell ret[2])
{
    struct scrim_veil_spell *list = NULL;
    size_t count = 0;
    struct scrim_error error = {0};
    const struct scrim_index_range range = {0, INT64_MAX, false, 9, 0};
    CHECK_INT(scrim_index_opaque(index, "quay", &range, &list, &count, &error), SCRIM_OK);
    for (size_t i = 0; i < count && i < 2; i++)
        ret[i] = list[i];
    free(list);
    return count;
}

static void check_spells(struct scrim_index *index)
{
    struct scrim_veil_spell spells[2] = {0};
    CHECK_INT(count_opaque(index, spells), 2);
    CHECK_INT(spells[0].from_us, T(10));
    CHECK_INT(spells[0].to_us, T(20));
    CHECK_TEXT(spells[0].reason, "a \"cut\"");
    CHECK_INT(spells[1].from_us, T(30));
    CHECK_INT(spells[1].to_us, INT64_MAX);
}

// What became of the picture is kept in files, and found again without the database.
static void opaque_spells(void)
{
    struct fixture f;
    struct scrim_veil_spell ignored[2];
    struct scrim_error error = {0};
    start(&f);
    struct scrim_index *index = open_index(&f);
    put_gap(&f, T(0), T(1), SCRIM_GAP_NETWORK, "");
    (void)catch_up(index, &f);
    add_state(index, 0, SCRIM_VEIL_WAS_DOWN, "never shown"); // no news
    add_state(index, 10, SCRIM_VEIL_WAS_OPAQUE, "a \"cut\"");
    add_state(index, 15, SCRIM_VEIL_WAS_OPAQUE, "a \"cut\""); // said already
    add_state(index, 20, SCRIM_VEIL_WAS_LIVE, "");
    add_state(index, 30, SCRIM_VEIL_WAS_OPAQUE, "begins");
    check_spells(index);
    scrim_index_close(index);
    REQUIRE(scrim_index_rebuild(f.dir, &index, &error) == SCRIM_OK);
    (void)catch_up(index, &f);
    check_spells(index);
    CHECK_INT(scrim_index_expire(index, "quay", T(40), &error), SCRIM_OK);
    CHECK_INT(count_opaque(index, ignored), 0);
    scrim_index_close(index);
    finish(&f);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(
        argc, argv,
        (struct test[]){
            {"index: catches up with what is new", catches_up},
            {"index: an unfinished line waits", unfinished_line},
            {"index: recorded, missing with a reason, missing without", questions_about_time},
            {"index: what was destroyed early", purges},
            {"index: what is not sealed on purpose", unsealed},
            {"index: time that never was", clock_set_forward},
            {"index: out of order and overlapping", out_of_order},
            {"index: one writer, readers that follow it", readers},
            {"index: redacted files", redacted_files},
            {"index: lines of a list are read strictly", list_lines},
            {"index: rebuilt from journals and lists", rebuilding},
            {"index: a damaged database is moved aside and made again", damaged},
            {"index: damage found while it is open", damaged_while_open},
            {"index: rows that disagree are found", rows_that_disagree},
            {"index: journals that were cut are found", journals_that_disagree},
            {"index: a broken chain is remembered", broken_journals},
            {"index: a forged record is not taken", forged_record},
            {"index: what expired is forgotten", expiry},
            {"index: gaps as events", gaps_as_events},
            {"index: opaque spells", opaque_spells},
            {0},
        });
}
