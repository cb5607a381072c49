// What retention deletes, and above all what it does not.
#include "desk/retention.h"

#include "store_fixture.h"
#include "test.h"

#include <unistd.h>

#define HOUR_US (3600 * SCRIM_SECOND)

struct scene {
    struct fixture f;
    struct scrim_index *index;
    struct scrim_retention *retention;
    struct scrim_retention_counts counts;
};

static void begin(struct scene *s)
{
    struct scrim_error error;
    fixture_create(&s->f);
    s->f.cameras[0].retention_hours = 2;
    s->f.cameras[1].retention_hours = 24;
    uint64_t records;
    if (scrim_index_open(s->f.dir, &s->index, &error) < 0 ||
        scrim_index_catch_up(s->index, &s->f.site, &records, &error) < 0)
        exit(1);
    s->retention = scrim_retention_create(&s->f.site);
}

static void end(struct scene *s)
{
    scrim_retention_destroy(s->retention);
    scrim_index_close(s->index);
    fixture_destroy(&s->f);
}

static int sweep(struct scene *s, int64_t now_us)
{
    struct scrim_error error;
    uint64_t records;
    CHECK_INT(scrim_index_catch_up(s->index, &s->f.site, &records, &error), SCRIM_OK);
    return scrim_retention_sweep(s->retention, s->index, now_us, &s->counts, &error);
}

static bool exists(const struct scene *s, const char *below)
{
    char path[SCRIM_PATH_MAX];
    fixture_path(&s->f, below, path);
    return access(path, F_OK) == 0;
}

static void put(const struct scene *s, const char *below)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_error error;
    fixture_path(&s->f, below, path);
    CHECK_INT(scrim_fs_create(path, "x", 1, 0600, &error), SCRIM_OK);
}

// Three segments of ten seconds each from 10:00:00 on, and from 10:59:45 on: one reaches over the
// hour.
static void sealed(void)
{
    struct scene s = {0};
    begin(&s);
    fixture_record(&s.f, "quay", FIXTURE_START_US, 3, 1000);
    fixture_record(&s.f, "quay", FIXTURE_START_US + HOUR_US - 15 * SCRIM_SECOND, 3, 1000);
    fixture_record(&s.f, "gate", FIXTURE_START_US, 3, 1000);
    put(&s, "store/quay/2026-11-23/100010.mp4.age.tail");
    put(&s, "store/quay/2026-11-23/notes.txt");

    CHECK_INT(sweep(&s, FIXTURE_START_US + 2 * HOUR_US + 5 * SCRIM_SECOND), SCRIM_OK);
    CHECK_INT(s.counts.segments, 0); // the first ends at 10:00:10
    CHECK_INT(sweep(&s, FIXTURE_START_US + 2 * HOUR_US + 25 * SCRIM_SECOND), SCRIM_OK);
    CHECK_INT(s.counts.segments, 2);
    CHECK(!exists(&s, "store/quay/2026-11-23/100000.mp4.age"));
    CHECK(!exists(&s, "store/quay/2026-11-23/100010.mp4.age.tail"));
    CHECK(exists(&s, "store/quay/2026-11-23/100020.mp4.age"));

    // The hour is over, but a segment that began in it is not.
    CHECK_INT(sweep(&s, FIXTURE_START_US + 3 * HOUR_US + 2 * SCRIM_SECOND), SCRIM_OK);
    CHECK(exists(&s, "store/quay/2026-11-23/105955.mp4.age"));
    CHECK(!exists(&s, "store/quay/2026-11-23/105945.mp4.age"));
    CHECK_INT(sweep(&s, FIXTURE_START_US + 4 * HOUR_US + 15 * SCRIM_SECOND), SCRIM_OK);
    CHECK_INT(sweep(&s, FIXTURE_START_US + 4 * HOUR_US + 15 * SCRIM_SECOND), SCRIM_OK);
    CHECK_INT(s.counts.segments, 0);

    CHECK(exists(&s, "store/quay/2026-11-23/journal")); // it still says what was
    CHECK(exists(&s, "store/quay/2026-11-23/notes.txt"));
    CHECK(exists(&s, "store/gate/2026-11-23/100000.mp4.age"));
    end(&s);
}

// A segment that a crash left without a record counts by its last change.
static void unrecorded(void)
{
    struct scene s = {0};
    begin(&s);
    fixture_record(&s.f, "quay", FIXTURE_START_US, 1, 1000);
    put(&s, "store/quay/2026-11-23/100100.mp4.age"); // changed just now
    CHECK_INT(sweep(&s, FIXTURE_START_US + 2 * HOUR_US + 600 * SCRIM_SECOND), SCRIM_OK);
    CHECK(!exists(&s, "store/quay/2026-11-23/100000.mp4.age"));
    const bool young = scrim_clock_utc_us() > FIXTURE_START_US + 600 * SCRIM_SECOND;
    CHECK_INT(exists(&s, "store/quay/2026-11-23/100100.mp4.age"), young);
    end(&s);
}

static void add_redacted(struct scene *s, const char *name, int64_t start_us)
{
    struct scrim_archive_file file = {.start_us = start_us,
                                      .end_us = start_us + 60 * SCRIM_SECOND,
                                      .bytes = 1,
                                      .camera = "quay",
                                      .mime = "video/mp4; codecs=\"avc1.4d401f\""};
    char below[64], day_dir[SCRIM_PATH_MAX];
    struct scrim_error error;
    snprintf(file.file, sizeof file.file, "2026-11-23/%s", name);
    snprintf(below, sizeof below, "veil/quay/2026-11-23/%s", name);
    CHECK_INT(scrim_veil_day_dir(day_dir, s->f.dir, "quay", start_us), SCRIM_OK);
    CHECK_INT(scrim_fs_make_dirs(day_dir, 0700, &error), SCRIM_OK);
    put(s, below);
    CHECK_INT(scrim_index_add_archive_file(s->index, &file, &error), SCRIM_OK);
}

static size_t listed(struct scene *s)
{
    struct scrim_archive_file *files = NULL;
    size_t count = 0;
    struct scrim_error error;
    CHECK_INT(
        scrim_index_archive_files(s->index, "quay", 0, INT64_MAX / 2, 100, &files, &count, &error),
        SCRIM_OK);
    free(files);
    return count;
}

static void redacted(void)
{
    struct scene s = {0};
    begin(&s);
    add_redacted(&s, "100000.mp4", FIXTURE_START_US);
    add_redacted(&s, "100100.mp4", FIXTURE_START_US + 60 * SCRIM_SECOND);
    add_redacted(&s, "100200.mp4", FIXTURE_START_US + 120 * SCRIM_SECOND);
    CHECK_INT(sweep(&s, FIXTURE_START_US + 2 * HOUR_US + 90 * SCRIM_SECOND), SCRIM_OK);
    CHECK_INT(s.counts.redacted, 1);
    CHECK(!exists(&s, "veil/quay/2026-11-23/100000.mp4"));
    CHECK(exists(&s, "veil/quay/2026-11-23/100100.mp4")); // reaches over the border
    CHECK_INT(listed(&s), 2);
    CHECK_INT(sweep(&s, FIXTURE_START_US + 3 * HOUR_US), SCRIM_OK);
    CHECK_INT(listed(&s), 0);
    end(&s);
}

// What the index does not know goes with its day, the day's list and folder with it.
static void redacted_without_a_row(void)
{
    struct scene s = {0};
    begin(&s);
    add_redacted(&s, "100000.mp4", FIXTURE_START_US);
    CHECK(exists(&s, "veil/quay/2026-11-23/list"));
    put(&s, "veil/quay/2026-11-23/100100.mp4");
    const int64_t day_end_us = FIXTURE_START_US + 14 * HOUR_US; // it begins at ten
    CHECK_INT(sweep(&s, day_end_us + 2 * HOUR_US), SCRIM_OK);
    CHECK(!exists(&s, "veil/quay/2026-11-23/100000.mp4"));
    CHECK(exists(&s, "veil/quay/2026-11-23/100100.mp4")); // the day is not over by an hour yet
    put(&s, "veil/quay/2026-11-23/notes.txt");
    CHECK_INT(sweep(&s, day_end_us + 3 * HOUR_US), SCRIM_OK);
    CHECK_INT(s.counts.redacted, 1);
    CHECK(!exists(&s, "veil/quay/2026-11-23/100100.mp4"));
    CHECK(!exists(&s, "veil/quay/2026-11-23/list"));
    CHECK(exists(&s, "veil/quay/2026-11-23/notes.txt")); // not ours
    char notes[SCRIM_PATH_MAX];
    fixture_path(&s.f, "veil/quay/2026-11-23/notes.txt", notes);
    CHECK_INT(unlink(notes), 0);
    put(&s, "veil/quay/2026-11-23/list");
    CHECK_INT(sweep(&s, day_end_us + 3 * HOUR_US), SCRIM_OK);
    CHECK(!exists(&s, "veil/quay/2026-11-23"));
    end(&s);
}

// A file that cannot be deleted is counted, named, and tried again; what can be goes.
static void undeletable(void)
{
    struct scene s = {0};
    char path[SCRIM_PATH_MAX], inside[SCRIM_PATH_MAX];
    struct scrim_error error = {0};
    begin(&s);
    add_redacted(&s, "100000.mp4", FIXTURE_START_US);
    add_redacted(&s, "100100.mp4", FIXTURE_START_US + 60 * SCRIM_SECOND);
    fixture_path(&s.f, "veil/quay/2026-11-23/100000.mp4", path);
    fixture_path(&s.f, "veil/quay/2026-11-23/100000.mp4/inside", inside);
    CHECK_INT(unlink(path), 0); // a folder cannot be unlinked
    CHECK_INT(scrim_fs_make_dirs(inside, 0700, &error), SCRIM_OK);
    CHECK(scrim_retention_sweep(s.retention, s.index, FIXTURE_START_US + 3 * HOUR_US, &s.counts,
                                &error) < 0);
    CHECK_INT(s.counts.failures, 1);
    CHECK_INT(s.counts.redacted, 1);
    CHECK(strstr(error.text, "100000.mp4"));
    CHECK(listed(&s) >= 1);
    CHECK_INT(rmdir(inside), 0);
    CHECK_INT(rmdir(path), 0);
    CHECK_INT(sweep(&s, FIXTURE_START_US + 3 * HOUR_US), SCRIM_OK);
    CHECK_INT(listed(&s), 0);
    end(&s);
}

// Years of it, whatever the clock says: no time before the first hour, no overflow.
static void clocks(void)
{
    struct scene s = {0};
    begin(&s);
    fixture_record(&s.f, "quay", FIXTURE_START_US, 1, 1000);
    CHECK_INT(sweep(&s, 0), SCRIM_OK);
    CHECK_INT(sweep(&s, HOUR_US), SCRIM_OK);
    CHECK_INT(sweep(&s, FIXTURE_START_US - 1000 * 24 * HOUR_US), SCRIM_OK);
    CHECK_INT(s.counts.segments, 0);
    CHECK(exists(&s, "store/quay/2026-11-23/100000.mp4.age"));
    CHECK_INT(sweep(&s, FIXTURE_START_US + 1000 * 24 * HOUR_US), SCRIM_OK);
    CHECK_INT(s.counts.segments, 1);
    end(&s);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"sealed segments", sealed},
                                    {"a segment without a record", unrecorded},
                                    {"redacted files", redacted},
                                    {"redacted files without a row", redacted_without_a_row},
                                    {"what cannot be deleted", undeletable},
                                    {"clocks", clocks},
                                    {0}});
}
