// The hour ring: what it keeps, what it refuses, and what a crash, an error or a power cut at any
// step leaves of it.
#include "store_fixture.h"

#include "store/hour_ring_file.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define HOUR 498730

static struct scrim_hour_range range_of(const char *camera, uint64_t first, uint64_t last)
{
    struct scrim_hour_range range = {.first = first, .last = last};
    snprintf(range.camera, sizeof range.camera, "%s", camera);
    return range;
}

static int make(struct scrim_hour_ring *ring, const char *camera, uint64_t first, uint64_t last)
{
    const struct scrim_hour_range range = range_of(camera, first, last);
    return scrim_hour_ring_make(ring, &range, 1, NULL);
}

static int destroy(struct scrim_hour_ring *ring, const char *camera, uint64_t first, uint64_t last,
                   size_t *ret)
{
    const struct scrim_hour_range range = range_of(camera, first, last);
    return scrim_hour_ring_destroy(ring, &range, 1, ret, NULL);
}

static bool same_key(const struct scrim_hour_ring *ring, const char *camera, uint64_t hour,
                     const uint8_t expected[SCRIM_HOUR_KEY])
{
    uint8_t key[SCRIM_HOUR_KEY];
    return scrim_hour_ring_get(ring, camera, hour, key) == SCRIM_OK &&
           memcmp(key, expected, sizeof key) == 0;
}

static void keeps_keys(void)
{
    struct fixture f;
    struct scrim_hour_ring *ring = NULL, *reader = NULL;
    struct scrim_error error;
    uint8_t first[SCRIM_HOUR_KEY], key[SCRIM_HOUR_KEY];
    size_t gone = 0;
    fixture_create(&f);
    CHECK_INT(scrim_hour_ring_read(&f.site, &reader, &error), SCRIM_ENOENT);
    REQUIRE(scrim_hour_ring_open(&f.site, &ring, &error) == SCRIM_OK);
    CHECK_INT(scrim_hour_ring_count(ring), 0);
    CHECK_INT(scrim_hour_ring_get(ring, "quay", HOUR, key), SCRIM_ENOENT);

    const struct scrim_hour_range wanted[] = {
        range_of("quay", HOUR + 1, HOUR + 1), range_of("gate", HOUR, HOUR + 2),
        range_of("quay", HOUR, HOUR + 1), range_of("alley-9", HOUR, HOUR)};
    CHECK_INT(scrim_hour_ring_make(ring, wanted, 4, &error), SCRIM_OK);
    CHECK_INT(scrim_hour_ring_count(ring), 6);
    CHECK_INT(scrim_hour_ring_get(ring, "quay", HOUR, first), SCRIM_OK);
    CHECK_INT(make(ring, "quay", HOUR - 3, HOUR + 3), SCRIM_OK);
    CHECK(same_key(ring, "quay", HOUR, first));
    CHECK_INT(scrim_hour_ring_count(ring), 11);

    REQUIRE(scrim_hour_ring_read(&f.site, &reader, &error) == SCRIM_OK);
    CHECK(same_key(reader, "quay", HOUR, first));
    CHECK_INT(make(reader, "quay", 1, 1), SCRIM_EACCESS);
    scrim_hour_ring_close(reader);
    CHECK_INT(scrim_hour_ring_open(&f.site, &reader, &error), SCRIM_EBUSY);

    CHECK_INT(destroy(ring, "quay", HOUR + 1, UINT64_MAX, &gone), SCRIM_OK);
    CHECK_INT(gone, 3);
    CHECK_INT(destroy(ring, "quay", HOUR + 1, UINT64_MAX, &gone), SCRIM_OK);
    CHECK_INT(gone, 0);
    CHECK_INT(destroy(ring, "alley-9", 0, UINT64_MAX, &gone), SCRIM_OK);
    CHECK_INT(gone, 1);
    scrim_hour_ring_close(ring);

    REQUIRE(scrim_hour_ring_open(&f.site, &ring, &error) == SCRIM_OK);
    CHECK(same_key(ring, "quay", HOUR, first));
    static const struct {
        const char *camera;
        uint64_t hour;
    } expected[] = {{"gate", HOUR},     {"gate", HOUR + 1}, {"gate", HOUR + 2}, {"quay", HOUR - 3},
                    {"quay", HOUR - 2}, {"quay", HOUR - 1}, {"quay", HOUR}};
    struct scrim_hour_cursor cursor = {0};
    const char *camera;
    uint64_t hour;
    size_t seen = 0;
    while (scrim_hour_ring_next(ring, &cursor, &camera, &hour) && seen < 7) {
        CHECK_TEXT(camera, expected[seen].camera);
        CHECK_INT(hour, expected[seen].hour);
        seen++;
    }
    CHECK_INT(seen, 7);
    CHECK(!scrim_hour_ring_next(ring, &cursor, &camera, &hour));
    CHECK_INT(make(ring, "", 1, 1), SCRIM_EINVAL);
    CHECK_INT(make(ring, "Quay", 1, 1), SCRIM_EINVAL);
    CHECK_INT(make(ring, "quay", 2, 1), SCRIM_EINVAL);
    CHECK_INT(make(ring, "quay", 1, UINT64_C(1) << 32), SCRIM_EINVAL);
    CHECK_INT(make(ring, "quay", 0, SCRIM_HOUR_RING_KEYS_MAX), SCRIM_ENOSPACE);
    scrim_hour_ring_close(ring);
    fixture_destroy(&f);
}

static void hours_path(const struct fixture *f, const char *name, char ret[SCRIM_PATH_MAX])
{
    char below[SCRIM_PATH_MAX];
    snprintf(below, sizeof below, SCRIM_HOURS_DIR "/%s", name);
    fixture_path(f, below, ret);
}

static void read_whole(const char *path, struct scrim_buf *ret)
{
    scrim_buf_init(ret, 1 << 20);
    CHECK(scrim_fs_read(path, ret, NULL) >= 0);
}

// The bytes do not occur in any file of the ring's directory.
static bool is_nowhere(const struct fixture *f, const uint8_t bytes[SCRIM_ROOT_KEY])
{
    char dir[SCRIM_PATH_MAX], path[SCRIM_PATH_MAX], **names = NULL;
    size_t count = 0;
    bool found = false;
    fixture_path(f, SCRIM_HOURS_DIR, dir);
    CHECK(scrim_fs_list(dir, &names, &count, NULL) >= 0);
    for (size_t i = 0; i < count; i++) {
        struct scrim_buf content;
        hours_path(f, names[i], path);
        read_whole(path, &content);
        found |= content.len > 0 && memmem(content.data, content.len, bytes, SCRIM_ROOT_KEY);
        scrim_buf_finish(&content);
    }
    scrim_fs_free_names(names, count);
    return !found;
}

static void root_of(const struct fixture *f, uint8_t ret[SCRIM_ROOT_KEY])
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf root;
    hours_path(f, "root.key", path);
    read_whole(path, &root);
    CHECK_INT(root.len, 56);
    memcpy(ret, root.data + 24, SCRIM_ROOT_KEY);
    scrim_buf_finish(&root);
}

static void old_copies_are_void(void)
{
    struct fixture f;
    struct scrim_hour_ring *ring = NULL;
    struct scrim_error error;
    struct scrim_buf backup;
    uint8_t root[SCRIM_ROOT_KEY], key[SCRIM_HOUR_KEY];
    char path[SCRIM_PATH_MAX];
    size_t gone;
    fixture_create(&f);
    REQUIRE(scrim_hour_ring_open(&f.site, &ring, &error) == SCRIM_OK);
    CHECK_INT(make(ring, "quay", HOUR, HOUR + 1), SCRIM_OK);
    CHECK_INT(scrim_hour_ring_get(ring, "quay", HOUR + 1, key), SCRIM_OK);
    hours_path(&f, "hours.ring", path);
    read_whole(path, &backup);
    root_of(&f, root);
    CHECK(!is_nowhere(&f, root));
    CHECK_INT(destroy(ring, "quay", HOUR, HOUR, &gone), SCRIM_OK);
    CHECK(is_nowhere(&f, root));
    CHECK(same_key(ring, "quay", HOUR + 1, key));
    scrim_hour_ring_close(ring);

    CHECK_INT(scrim_fs_replace(path, backup.data, backup.len, 0600, &error), SCRIM_OK);
    CHECK_INT(scrim_hour_ring_read(&f.site, &ring, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "hours.ring") && strstr(error.text, "old copy"));
    CHECK_INT(scrim_hour_ring_open(&f.site, &ring, &error), SCRIM_EAUTH);
    CHECK_INT(unlink(path), 0);
    CHECK_INT(scrim_hour_ring_open(&f.site, &ring, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "missing") != NULL);
    scrim_buf_finish(&backup);
    fixture_destroy(&f);
}

static void damage_is_refused(void)
{
    struct fixture f;
    struct scrim_hour_ring *ring = NULL;
    struct scrim_error error;
    char path[SCRIM_PATH_MAX];
    fixture_create(&f);
    REQUIRE(scrim_hour_ring_open(&f.site, &ring, &error) == SCRIM_OK);
    CHECK_INT(make(ring, "quay", HOUR, HOUR), SCRIM_OK);
    scrim_hour_ring_close(ring);
    hours_path(&f, "hours.ring", path);
    const long size = fixture_size(path);
    for (long at = 0; at < size; at++) {
        fixture_flip(path, at, 0x40);
        const int result = scrim_hour_ring_read(&f.site, &ring, &error);
        CHECK(result == SCRIM_EAUTH || result == SCRIM_EFORMAT);
        fixture_flip(path, at, 0x40);
    }
    REQUIRE(scrim_hour_ring_read(&f.site, &ring, &error) == SCRIM_OK);
    scrim_hour_ring_close(ring);
    for (long left = size - 1; left >= 0; left--) {
        fixture_cut(path, left);
        const int result = scrim_hour_ring_read(&f.site, &ring, &error);
        CHECK(result == SCRIM_EAUTH || result == SCRIM_EFORMAT);
    }
    hours_path(&f, "root.key", path);
    fixture_cut(path, 55);
    CHECK_INT(scrim_hour_ring_read(&f.site, &ring, &error), SCRIM_EFORMAT);
    CHECK(strstr(error.text, "root.key") != NULL);
    fixture_destroy(&f);
}

// --- crash, error, power cut ---

// What a disk has for certain: the content that was flushed, under the names that were flushed.
// `previous` is the operation that was let through last; it has happened when the next one asks.
static struct {
    char dir[SCRIM_PATH_MAX], durable[SCRIM_PATH_MAX], contents[SCRIM_PATH_MAX];
    unsigned number, fatal;
    bool power;
    enum scrim_fault_op previous;
    char previous_path[SCRIM_PATH_MAX];
} cut;

static void copy(const char *from, const char *to)
{
    struct scrim_buf bytes;
    scrim_buf_init(&bytes, 1 << 20);
    if (scrim_fs_read(from, &bytes, NULL) < 0) // opened for writing only, or gone: nothing flushed
        bytes.len = 0;
    const int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes.data, bytes.len) != (ssize_t)bytes.len)
        _exit(9);
    close(fd);
    scrim_buf_finish(&bytes);
}

static void content_path(const char *path, char ret[SCRIM_PATH_MAX])
{
    struct stat info = {0};
    if (stat(path, &info) < 0)
        _exit(9);
    if (snprintf(ret, SCRIM_PATH_MAX, "%s/%ju", cut.contents, (uintmax_t)info.st_ino) < 0)
        _exit(9);
}

static void copy_names(const char *from, const char *to, bool flushed_content)
{
    char **names = NULL, source[SCRIM_PATH_MAX], target[SCRIM_PATH_MAX], content[SCRIM_PATH_MAX];
    size_t count = 0;
    test_remove_dir(to);
    if (mkdir(to, 0700) < 0 || scrim_fs_list(from, &names, &count, NULL) < 0)
        _exit(9);
    for (size_t i = 0; i < count; i++) {
        if (scrim_path_join(source, from, names[i]) < 0 ||
            scrim_path_join(target, to, names[i]) < 0)
            _exit(9);
        if (flushed_content)
            content_path(source, content);
        copy(flushed_content ? content : source, target);
    }
    scrim_fs_free_names(names, count);
}

static void note_flushed(void)
{
    char content[SCRIM_PATH_MAX];
    if (cut.previous != SCRIM_FAULT_FSYNC)
        return;
    if (strcmp(cut.previous_path, cut.dir) == 0) {
        copy_names(cut.dir, cut.durable, true);
    } else {
        content_path(cut.previous_path, content);
        copy(cut.previous_path, content);
    }
}

static int at_operation(void *context, enum scrim_fault_op op, const char *what)
{
    (void)context;
    static bool inside; // our own use of the file system
    if (op == SCRIM_FAULT_ALLOC || inside)
        return 0;
    inside = true;
    note_flushed();
    cut.previous = op;
    snprintf(cut.previous_path, sizeof cut.previous_path, "%s", what ? what : "");
    if (cut.number++ == cut.fatal) {
        if (cut.power)
            copy_names(cut.durable, cut.dir, false);
        _exit(42);
    }
    inside = false;
    return 0;
}

enum act { BEGIN, ADD, DESTROY };

static int do_act(const struct fixture *f, enum act act)
{
    struct scrim_hour_ring *ring;
    size_t gone;
    int result = scrim_hour_ring_open(&f->site, &ring, NULL);
    if (result < 0)
        return result;
    if (act == ADD)
        result = make(ring, "gate", HOUR + 1, HOUR + 1);
    else if (act == DESTROY)
        result = destroy(ring, "quay", HOUR, HOUR, &gone);
    scrim_hour_ring_close(ring);
    return result;
}

static void prepare(struct fixture *f, enum act act, uint8_t ret_key[SCRIM_HOUR_KEY])
{
    struct scrim_hour_ring *ring;
    char path[SCRIM_PATH_MAX], content[SCRIM_PATH_MAX], **names = NULL;
    size_t count = 0;
    fixture_create(f);
    fixture_path(f, SCRIM_HOURS_DIR, cut.dir);
    fixture_path(f, "durable", cut.durable);
    fixture_path(f, "contents", cut.contents);
    CHECK(mkdir(cut.durable, 0700) == 0 && mkdir(cut.contents, 0700) == 0);
    cut.number = 0;
    cut.previous = SCRIM_FAULT_ALLOC;
    if (act == BEGIN) {
        CHECK(scrim_fs_make_dirs(cut.dir, 0700, NULL) >= 0);
        return;
    }
    CHECK(scrim_hour_ring_open(&f->site, &ring, NULL) >= 0);
    CHECK(make(ring, "quay", HOUR, HOUR + 1) >= 0 && make(ring, "gate", HOUR, HOUR) >= 0);
    CHECK(scrim_hour_ring_get(ring, "quay", HOUR + 1, ret_key) >= 0);
    scrim_hour_ring_close(ring);
    CHECK(scrim_fs_list(cut.dir, &names, &count, NULL) >= 0);
    for (size_t i = 0; i < count; i++) {
        hours_path(f, names[i], path);
        content_path(path, content);
        copy(path, content);
    }
    scrim_fs_free_names(names, count);
    copy_names(cut.dir, cut.durable, true);
}

// True once `fatal` lies behind the last operation of the act.
static bool cut_short(const struct fixture *f, enum act act)
{
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        scrim_fault_set(at_operation, NULL);
        _exit(do_act(f, act) >= 0 ? 0 : 1);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 42 || WEXITSTATUS(status) == 0);
    return WEXITSTATUS(status) != 42;
}

static void check_after(const struct fixture *f, enum act act, const uint8_t key[SCRIM_HOUR_KEY],
                        const uint8_t root[SCRIM_ROOT_KEY])
{
    struct scrim_hour_ring *ring = NULL;
    struct scrim_error error = {0};
    size_t gone;
    const int result = scrim_hour_ring_open(&f->site, &ring, &error);
    CHECK_INT(result, SCRIM_OK);
    if (result < 0) {
        printf("    after operation %u: %s\n", cut.fatal, error.text);
        return;
    }
    if (act != BEGIN) {
        CHECK(same_key(ring, "quay", HOUR + 1, key));
        CHECK(scrim_hour_ring_holds(ring, "gate", HOUR));
    }
    if (act == DESTROY && !scrim_hour_ring_holds(ring, "quay", HOUR))
        CHECK(is_nowhere(f, root));
    CHECK(make(ring, "gate", HOUR + 1, HOUR + 1) >= 0);
    CHECK(destroy(ring, "quay", HOUR, HOUR, &gone) >= 0);
    if (act == DESTROY)
        CHECK(is_nowhere(f, root));
    CHECK(!scrim_hour_ring_holds(ring, "quay", HOUR));
    CHECK(scrim_hour_ring_holds(ring, "gate", HOUR + 1));
    scrim_hour_ring_close(ring);
}

static void cut_everywhere(bool power)
{
    cut.power = power;
    for (enum act act = BEGIN; act <= DESTROY; act++) {
        bool over = false;
        for (cut.fatal = 0; !over; cut.fatal++) {
            struct fixture f;
            uint8_t key[SCRIM_HOUR_KEY], root[SCRIM_ROOT_KEY] = {0};
            prepare(&f, act, key);
            if (act == DESTROY)
                root_of(&f, root);
            over = cut_short(&f, act);
            check_after(&f, act, key, root);
            fixture_destroy(&f);
        }
        CHECK(cut.fatal > (act == ADD ? 10 : 20)); // operations, so that something was cut
    }
}

static void killed_anywhere(void)
{
    cut_everywhere(false);
}

static void power_cut_anywhere(void)
{
    cut_everywhere(true);
}

static int fail_one(void *context, enum scrim_fault_op op, const char *what)
{
    (void)what;
    unsigned *left = context;
    if (op == SCRIM_FAULT_ALLOC)
        return 0;
    return (*left)-- == 0 ? ENOSPC : 0;
}

// The keeper goes on after an error: the same ring, the next change.
static void errors_anywhere(void)
{
    bool over = false;
    for (unsigned failing = 0; !over; failing++) {
        struct fixture f;
        struct scrim_hour_ring *ring = NULL;
        uint8_t key[SCRIM_HOUR_KEY], root[SCRIM_ROOT_KEY];
        size_t gone;
        prepare(&f, DESTROY, key);
        root_of(&f, root);
        REQUIRE(scrim_hour_ring_open(&f.site, &ring, NULL) >= 0);
        unsigned left = failing;
        scrim_fault_set(fail_one, &left);
        const int destroyed = destroy(ring, "quay", HOUR, HOUR, &gone);
        const int made = make(ring, "gate", HOUR + 1, HOUR + 1);
        scrim_fault_set(NULL, NULL);
        over = destroyed >= 0 && made >= 0;
        if (destroyed < 0) { // once more, as retention does
            CHECK(same_key(ring, "quay", HOUR + 1, key));
            CHECK_INT(destroy(ring, "quay", HOUR, HOUR, &gone), SCRIM_OK);
        }
        CHECK(is_nowhere(&f, root));
        CHECK(same_key(ring, "quay", HOUR + 1, key));
        CHECK_INT(make(ring, "gate", HOUR + 1, HOUR + 1), SCRIM_OK);
        scrim_hour_ring_close(ring);
        check_after(&f, DESTROY, key, root);
        fixture_destroy(&f);
    }
}

static void large_rings(void)
{
    struct fixture f;
    struct scrim_hour_ring *ring = NULL;
    struct scrim_error error;
    size_t gone;
    fixture_create(&f);
    REQUIRE(scrim_hour_ring_open(&f.site, &ring, &error) == SCRIM_OK);
    struct scrim_hour_range ranges[64];
    for (unsigned i = 0; i < 64; i++) {
        char camera[16];
        snprintf(camera, sizeof camera, "c%u", i);
        ranges[i] = range_of(camera, HOUR, HOUR + 719);
    }
    CHECK_INT(scrim_hour_ring_make(ring, ranges, 64, &error), SCRIM_OK);
    CHECK_INT(scrim_hour_ring_count(ring), 64 * 720);
    for (unsigned i = 0; i < 64; i++)
        ranges[i].last = ranges[i].first;
    CHECK_INT(scrim_hour_ring_destroy(ring, ranges, 64, &gone, &error), SCRIM_OK);
    CHECK_INT(gone, 64);
    CHECK(!scrim_hour_ring_holds(ring, "c63", HOUR) &&
          scrim_hour_ring_holds(ring, "c63", HOUR + 1));
    scrim_hour_ring_close(ring);
    fixture_destroy(&f);
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){
            {"hour ring: keys are made once, kept, destroyed, listed", keeps_keys},
            {"hour ring: destroying one key voids every old copy of the ring", old_copies_are_void},
            {"hour ring: any changed bit and any missing end is refused", damage_is_refused},
            {"hour ring: killed at any operation, it is whole after", killed_anywhere},
            {"hour ring: power cut at any operation, it is whole after", power_cut_anywhere},
            {"hour ring: any failing operation can be repeated", errors_anywhere},
            {"hour ring: 46,080 keys", large_rings},
            {0},
        });
}
