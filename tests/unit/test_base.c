#include "base/alloc.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/fs.h"
#include "base/opt.h"
#include "base/queue.h"
#include "base/sandbox.h"

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

static void buffer_keeps_its_ceiling(void)
{
    struct scrim_buf buf;
    scrim_buf_init(&buf, 100);
    for (int i = 0; i < 100; i++)
        CHECK(scrim_buf_append_u8(&buf, (uint8_t)i) == SCRIM_OK);
    CHECK_INT(scrim_buf_append_u8(&buf, 1), SCRIM_ENOSPACE);
    CHECK_INT(buf.len, 100);
    CHECK_INT(buf.data[99], 99);
    scrim_buf_drop_front(&buf, 40);
    CHECK_INT(buf.len, 60);
    CHECK_INT(buf.data[0], 40);
    scrim_buf_finish(&buf);
}

static void reader_never_runs_over(void)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 'a', '\n', 'b'};
    struct scrim_reader reader = scrim_reader_of(bytes, sizeof bytes);
    uint32_t u32;
    uint64_t u64;
    CHECK(scrim_read_u32(&reader, &u32) && u32 == 0x01020304);
    CHECK(!scrim_read_u64(&reader, &u64));
    CHECK_INT(reader.left, 4);
    uint8_t u8;
    CHECK(scrim_read_u8(&reader, &u8) && u8 == 5);
    const char *line;
    size_t length;
    CHECK(scrim_read_line(&reader, &line, &length) && length == 1 && line[0] == 'a');
    CHECK(!scrim_read_line(&reader, &line, &length));
}

static void times_are_read_strictly(void)
{
    static const struct {
        const char *text;
        bool good;
        int64_t utc_us;
    } cases[] = {
        {"1970-01-01T00:00:00Z", true, 0},
        {"2026-11-23T09:13:16.25Z", true, INT64_C(1795425196250000)},
        {"2026-11-23 10:13:16+01:00", true, INT64_C(1795425196000000)},
        {"2024-02-29T00:00:00Z", true, INT64_C(1709164800000000)},
        {"2026-02-29T00:00:00Z", false, 0},
        {"2026-11-23T24:00:00Z", false, 0},
        {"2026-11-23T09:13:16", false, 0},
        {"2026-11-23T09:13:16.Z", false, 0},
        {"2026-11-23T09:13:16Zx", false, 0},
        {"now-", false, 0},
        {"now-5", false, 0},
        {"nowhere", false, 0},
        {"", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t got = 0;
        const bool good = scrim_time_parse(cases[i].text, &got);
        CHECK_INT(good, cases[i].good);
        if (good)
            CHECK_INT(got, cases[i].utc_us);
    }
    char text[SCRIM_TIME_TEXT];
    scrim_time_format(INT64_C(1795425196250000), text);
    CHECK_TEXT(text, "2026-11-23T09:13:16.250000Z");
    scrim_time_format(-1, text);
    CHECK_TEXT(text, "1969-12-31T23:59:59.999999Z");
}

static void files_are_replaced_whole(void)
{
    char dir[256], path[SCRIM_PATH_MAX];
    test_make_dir(dir);
    struct scrim_error error;
    CHECK(scrim_path_join(path, dir, "f") == SCRIM_OK);
    CHECK(scrim_fs_replace(path, "one", 3, 0600, &error) == SCRIM_OK);
    CHECK_INT(scrim_fs_create(path, "two", 3, 0600, &error), SCRIM_EEXIST);
    CHECK(scrim_fs_replace(path, "three", 5, 0600, &error) == SCRIM_OK);

    struct scrim_buf content;
    scrim_buf_init(&content, 5);
    CHECK(scrim_fs_read(path, &content, &error) == SCRIM_OK);
    CHECK(content.len == 5 && memcmp(content.data, "three", 5) == 0);
    scrim_buf_finish(&content);
    scrim_buf_init(&content, 4);
    CHECK_INT(scrim_fs_read(path, &content, &error), SCRIM_EFORMAT);
    scrim_buf_finish(&content);

    char **names;
    size_t count;
    CHECK(scrim_fs_list(dir, &names, &count, &error) == SCRIM_OK);
    CHECK_INT(count, 1); // no temporary file stays
    scrim_fs_free_names(names, count);
    test_remove_dir(dir);
}

static int fail_nth(void *context, enum scrim_fault_op op, const char *what)
{
    (void)what;
    int *left = context;
    if (op == SCRIM_FAULT_ALLOC)
        return 0;
    return (*left)-- == 0 ? EIO : 0;
}

// Whatever fails on the way, the old content or the new is there, never less.
static void a_failed_replace_keeps_the_old_file(void)
{
    char dir[256], path[SCRIM_PATH_MAX];
    test_make_dir(dir);
    struct scrim_error error;
    CHECK(scrim_path_join(path, dir, "f") == SCRIM_OK);
    CHECK(scrim_fs_replace(path, "old", 3, 0600, &error) == SCRIM_OK);

    int failures = 0;
    for (int nth = 0; nth < 20; nth++) {
        int left = nth;
        scrim_fault_set(fail_nth, &left);
        const int result = scrim_fs_replace(path, "new", 3, 0600, &error);
        scrim_fault_set(NULL, NULL);
        struct scrim_buf content;
        scrim_buf_init(&content, 100);
        CHECK(scrim_fs_read(path, &content, &error) == SCRIM_OK);
        CHECK(content.len == 3 &&
              (memcmp(content.data, "old", 3) == 0 || memcmp(content.data, "new", 3) == 0));
        scrim_buf_finish(&content);
        failures += result < 0;
    }
    CHECK(failures >= 4); // open, write, fsync, rename, directory
    test_remove_dir(dir);
}

static void a_second_lock_names_the_holder(void)
{
    char dir[256], path[SCRIM_PATH_MAX], pid[32];
    test_make_dir(dir);
    struct scrim_error error;
    CHECK(scrim_path_join(path, dir, "lock") == SCRIM_OK);
    int first = scrim_fs_lock(path, &error);
    REQUIRE(first >= 0);
    CHECK_INT(scrim_fs_lock(path, &error), SCRIM_EBUSY);
    snprintf(pid, sizeof pid, "pid %d", (int)getpid());
    CHECK(strstr(error.text, pid) != NULL);
    close(first);
    first = scrim_fs_lock(path, &error);
    CHECK(first >= 0);
    close(first);
    test_remove_dir(dir);
}

static void queue_refuses_when_full(void)
{
    struct scrim_queue *queue = scrim_queue_create(3, 100);
    int items[4];
    CHECK(scrim_queue_push(queue, &items[0], 60));
    CHECK(!scrim_queue_push(queue, &items[1], 41)); // too heavy
    CHECK(scrim_queue_push(queue, &items[1], 40));
    CHECK(scrim_queue_push(queue, &items[2], 0));
    CHECK(!scrim_queue_push(queue, &items[3], 0)); // too many
    CHECK(scrim_queue_pop(queue, 0) == &items[0]);
    scrim_queue_close(queue);
    CHECK(!scrim_queue_push(queue, &items[3], 0));
    CHECK(scrim_queue_pop(queue, -1) == &items[1]);
    CHECK(scrim_queue_pop(queue, -1) == &items[2]);
    CHECK(scrim_queue_pop(queue, -1) == NULL);
    scrim_queue_destroy(queue, NULL);
}

static void *produce(void *argument)
{
    static int token;
    for (int i = 0; i < 10000;)
        i += scrim_queue_push(argument, &token, 1);
    return NULL;
}

static void queue_loses_nothing_between_threads(void)
{
    struct scrim_queue *queue = scrim_queue_create(64, 1000);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, produce, queue);
    int got = 0;
    while (got < 30000 && scrim_queue_pop(queue, 10 * SCRIM_SECOND))
        got++;
    CHECK_INT(got, 30000);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    scrim_queue_destroy(queue, NULL);
}

struct args {
    bool flag;
    const char *text;
    int64_t number;
    struct scrim_opt_list list;
};

static const struct scrim_opt arg_options[] = {
    {"flag", 'f', SCRIM_OPT_FLAG, offsetof(struct args, flag), NULL, "", 0, 0},
    {"text", 0, SCRIM_OPT_TEXT, offsetof(struct args, text), "TEXT", "", 0, 0},
    {"number", 'k', SCRIM_OPT_INT, offsetof(struct args, number), "N", "", 1, 9},
    {"item", 0, SCRIM_OPT_LIST, offsetof(struct args, list), "ITEM", "", 0, 0},
    {0},
};

static int parse(struct args *args, const char *const *argv, struct scrim_error *error)
{
    static const struct scrim_opt_spec spec = {"test DIR", "", arg_options, 1, 1};
    const char *positionals[2];
    int argc = 0;
    while (argv[argc])
        argc++;
    *args = (struct args){0};
    // main()'s argv is not const by tradition alone: nothing is written through it.
    return scrim_opt_parse(&spec, argc, (char **)(uintptr_t)argv, args, positionals, error);
}

static void options_are_parsed_or_named(void)
{
    struct args args;
    struct scrim_error error;
    const char *good[] = {"x", "-k",     "3", "DIR", "--text=a=b", "--item",
                          "1", "--item", "2", "-f",  NULL};
    CHECK_INT(parse(&args, good, &error), SCRIM_OK);
    CHECK(args.flag && args.number == 3 && args.list.count == 2);
    CHECK_TEXT(args.text, "a=b");

    static const char *bad[][4] = {
        {"x", "--nope", NULL},
        {"x", "-k", "ten", NULL},
        {"x", "-k", "10", NULL},
        {"x", "DIR", "more", NULL},
        {"x", NULL},
        {"x", "DIR", "--text", NULL},
        {"x", "DIR", "--flag=1", NULL},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(parse(&args, bad[i], &error), SCRIM_EINVAL);
}

// Runs `act` in a process of its own; returns its wait status.
static int status_of(void (*act)(const char *), const char *argument)
{
    const pid_t pid = fork();
    if (pid == 0) {
        act(argument);
        _exit(0);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    return status;
}

static void write_only_below(const char *dir)
{
    const struct scrim_sandbox_path paths[] = {{dir, SCRIM_MAY_APPEND | SCRIM_MAY_CREATE}};
    struct scrim_error error;
    char path[SCRIM_PATH_MAX];
    if (scrim_sandbox_begin(&error) < 0)
        _exit(10);
    const int confined = scrim_sandbox_files(paths, 1, &error);
    if (confined == SCRIM_EUNSUPPORTED)
        _exit(77);
    if (confined < 0 || scrim_path_join(path, dir, "new") < 0)
        _exit(11);
    if (open(path, O_WRONLY | O_CREAT | O_EXCL, 0600) < 0)
        _exit(12);
    if (open(path, O_RDONLY) >= 0)
        _exit(13);
    if (unlink(path) == 0)
        _exit(14);
    if (open("/etc/passwd", O_RDONLY) >= 0)
        _exit(15);
}

static void landlock_lets_create_but_not_read_or_remove(void)
{
    char dir[256];
    test_make_dir(dir);
    const int status = status_of(write_only_below, dir);
    test_remove_dir(dir);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        SKIP("this kernel has no Landlock");
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), 0);
}

static void open_after_allow_list(const char *path)
{
    struct scrim_error error;
    if (scrim_sandbox_begin(&error) < 0 || scrim_sandbox_calls(NULL, &error) < 0)
        _exit(10);
    (void)!open(path, O_RDONLY);
    _exit(11);
}

static void an_unlisted_call_kills(void)
{
    const int status = status_of(open_after_allow_list, "/etc/passwd");
    CHECK(WIFSIGNALED(status));
    CHECK_INT(WTERMSIG(status), SIGSYS);
}

static void *nothing(void *argument)
{
    return argument;
}

static void deny_processes(const char *unused)
{
    (void)unused;
    struct scrim_error error;
    pthread_t thread;
    if (scrim_sandbox_begin(&error) < 0 || scrim_sandbox_deny(scrim_sandbox_never, &error) < 0)
        _exit(10);
    if (fork() != -1)
        _exit(11);
    char name[] = "true";
    char *argv[] = {name, NULL};
    if (execv("/bin/true", argv) != -1 || errno != EPERM)
        _exit(12);
    if (pthread_create(&thread, NULL, nothing, NULL) != 0)
        _exit(13);
    pthread_join(thread, NULL);
}

static void denied_calls_fail_and_threads_work(void)
{
    const int status = status_of(deny_processes, NULL);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){
            {"buffer keeps its ceiling", buffer_keeps_its_ceiling},
            {"reader never runs over", reader_never_runs_over},
            {"times are read strictly", times_are_read_strictly},
            {"files are replaced whole", files_are_replaced_whole},
            {"a failed replace keeps the old file", a_failed_replace_keeps_the_old_file},
            {"a second lock names the holder", a_second_lock_names_the_holder},
            {"queue refuses when full", queue_refuses_when_full},
            {"queue loses nothing between threads", queue_loses_nothing_between_threads},
            {"options are parsed or named", options_are_parsed_or_named},
            {"landlock lets create but not read or remove",
             landlock_lets_create_but_not_read_or_remove},
            {"an unlisted call kills", an_unlisted_call_kills},
            {"denied calls fail and threads work", denied_calls_fail_and_threads_work},
            {0}});
}
