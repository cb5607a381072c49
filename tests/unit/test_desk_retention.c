// What retention deletes, and above all what it does not.
#include "desk/retention.h"

#include "store_fixture.h"
#include "test.h"

#include <unistd.h>

#define HOUR_US (3600 * SCRIM_SECOND)

struct scene {
    struct fixture f;
    struct scrim_index *index;
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
}

static void end(struct scene *s)
{
    scrim_index_close(s->index);
    fixture_destroy(&s->f);
}

static int sweep(struct scene *s, int64_t now_us)
{
    struct scrim_error error;
    uint64_t records;
    CHECK_INT(scrim_index_catch_up(s->index, &s->f.site, &records, &error), SCRIM_OK);
    return scrim_retention_sweep(&s->f.site, s->index, now_us, &s->counts, &error);
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
    CHECK(scrim_retention_sweep(&s.f.site, s.index, FIXTURE_START_US + 3 * HOUR_US, &s.counts,
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
    add_redacted(&s, "100000.mp4", FIXTURE_START_US);
    CHECK_INT(sweep(&s, 0), SCRIM_OK);
    CHECK_INT(sweep(&s, HOUR_US), SCRIM_OK);
    CHECK_INT(sweep(&s, FIXTURE_START_US - 1000 * 24 * HOUR_US), SCRIM_OK);
    CHECK_INT(s.counts.redacted, 0);
    CHECK_INT(sweep(&s, FIXTURE_START_US + 1000 * 24 * HOUR_US), SCRIM_OK);
    CHECK_INT(s.counts.redacted, 1);
    end(&s);
}

// What is sealed is the keeper's, whatever its age.
static void sealed(void)
{
    struct scene s = {0};
    begin(&s);
    fixture_record(&s.f, "quay", FIXTURE_START_US, 1, 1000);
    CHECK_INT(sweep(&s, FIXTURE_START_US + 1000 * 24 * HOUR_US), SCRIM_OK);
    CHECK(exists(&s, "store/quay/2026-11-23/100000.mp4.age"));
    end(&s);
}

// A camera that left scrim.yaml: three days, whatever it had.
static void camera_left(void)
{
    struct scene s = {0};
    begin(&s);
    add_redacted(&s, "100000.mp4", FIXTURE_START_US);
    s.f.config.cameras_count = 0;
    CHECK_INT(sweep(&s, FIXTURE_START_US + 72 * HOUR_US), SCRIM_OK);
    CHECK(exists(&s, "veil/quay/2026-11-23/100000.mp4"));
    CHECK_INT(sweep(&s, FIXTURE_START_US + 73 * HOUR_US), SCRIM_OK);
    CHECK(!exists(&s, "veil/quay/2026-11-23/100000.mp4"));
    s.f.config.cameras_count = 2;
    end(&s);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"redacted files", redacted},
                                    {"redacted files without a row", redacted_without_a_row},
                                    {"what cannot be deleted", undeletable},
                                    {"clocks", clocks},
                                    {"what is sealed stays", sealed},
                                    {"a camera that left", camera_left},
                                    {0}});
}
