// Log lines as they reach stderr: formats, limits, and what they must never let through.
#include "base/log.h"
#include "base/log_limit.h"
#include "fake_clock.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#define START_US INT64_C(1700000000000000)

static struct fake_clock fake;
static int saved_stderr, pipe_fds[2];
static char said[1 << 20];

static void begin(void)
{
    fake_clock_start(&fake, START_US);
    scrim_log_limit_reset();
    fflush(stderr);
    saved_stderr = dup(STDERR_FILENO);
    if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
        exit(1);
    fcntl(pipe_fds[0], F_SETPIPE_SZ, 1 << 20);
    dup2(pipe_fds[1], STDERR_FILENO);
    scrim_log_read_environment();
}

// What was said since the last time.
static const char *heard(void)
{
    const ssize_t count = read(pipe_fds[0], said, sizeof said - 1);
    said[count > 0 ? count : 0] = '\0';
    return said;
}

static void end(void)
{
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    unsetenv("SCRIM_LOG_FORMAT");
    unsetenv("SCRIM_LOG");
    unsetenv("JOURNAL_STREAM");
    scrim_log_read_environment();
    fake_clock_end();
}

static size_t lines(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static void plain(void)
{
    const struct scrim_log log = scrim_log_named("recorder.%s", "quay");
    begin();
    errno = EBADF;
    scrim_warn(&log, "frames=%d", 7);
    CHECK_INT(errno, EBADF);
    scrim_debug(&log, "unheard");
    CHECK_TEXT(heard(), "2023-11-14T22:13:20.000000Z warn recorder.quay: frames=7\n");
    end();
}

static void json(void)
{
    const struct scrim_log log = scrim_log_named("a\"b");
    setenv("SCRIM_LOG_FORMAT", "json", 1);
    begin();
    scrim_info(&log, "says \"%s\" \\ %s", "é\xff", "line\nbreak\x7f");
    CHECK_TEXT(heard(), "{\"time\":\"2023-11-14T22:13:20.000000Z\",\"level\":\"info\",\"name\":"
                        "\"a\\\"b\",\"text\":\"says \\\"é?\\\" \\\\ line?break?\"}\n");
    for (int i = 0; i < 8; i++)
        scrim_info(&log, "again");
    heard();
    fake_clock_pass(&fake, SCRIM_LOG_PERIOD_US);
    scrim_info(&log, "again");
    CHECK(strstr(heard(), "\"text\":\"again\",\"more\":3}\n"));
    end();
}

// Text that is cut in the middle of a letter is still text.
static void long_line(void)
{
    const struct scrim_log log = scrim_log_named("x");
    static char text[4000];
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "é", 2);
    setenv("SCRIM_LOG_FORMAT", "json", 1);
    begin();
    scrim_info(&log, "a%s", text);
    const char *line = heard();
    CHECK(strlen(line) < 2048);
    CHECK(strstr(line, "?\"}\n") || strstr(line, "é\"}\n"));
    memset(text, '"', sizeof text - 1); // each takes two
    scrim_info(&log, "%s", text);
    line = heard();
    CHECK(strlen(line) < 2048 && strstr(line, "\"}\n"));
    end();
}

static void priority(void)
{
    const struct scrim_log log = scrim_log_named("x");
    begin();
    struct stat info;
    char stream[64];
    CHECK(fstat(STDERR_FILENO, &info) == 0);
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)info.st_dev, (uintmax_t)info.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    scrim_log_read_environment();
    scrim_error_log(&log, "e");
    scrim_warn(&log, "w");
    scrim_info(&log, "i");
    const char *text = heard();
    CHECK(strncmp(text, "<3>2023", 7) == 0);
    CHECK(strstr(text, "\n<4>2023") && strstr(text, "\n<6>2023"));
    setenv("JOURNAL_STREAM", "1:1", 1); // stderr goes elsewhere
    scrim_log_read_environment();
    scrim_error_log(&log, "f");
    CHECK(strncmp(heard(), "2023", 4) == 0);
    end();
}

static void burst(void)
{
    const struct scrim_log log = scrim_log_named("recorder.quay"), other = scrim_log_named("b");
    begin();
    for (int i = 0; i < 1000; i++)
        scrim_warn(&log, "the camera does not answer");
    CHECK_INT(lines(heard()), SCRIM_LOG_BURST);
    scrim_warn(&log, "something else");
    scrim_warn(&other, "the camera does not answer");
    CHECK_INT(lines(heard()), 2);
    fake_clock_pass(&fake, SCRIM_LOG_PERIOD_US);
    for (int i = 0; i < 100; i++)
        scrim_warn(&log, "the camera does not answer");
    const char *text = heard();
    CHECK_INT(lines(text), 1);
    CHECK(strstr(text, "the camera does not answer (and 995 more like it)\n"));
    end();
}

// Nobody needs to repeat it for the count to be said.
static void settles(void)
{
    const struct scrim_log log = scrim_log_named("recorder.quay"), other = scrim_log_named("b");
    begin();
    for (int i = 0; i < SCRIM_LOG_BURST + 3; i++)
        scrim_warn(&log, "no answer");
    heard();
    fake_clock_pass(&fake, SCRIM_LOG_PERIOD_US - 1);
    scrim_warn(&other, "one");
    CHECK_INT(lines(heard()), 1);
    fake_clock_pass(&fake, SCRIM_LOG_PERIOD_US);
    scrim_warn(&other, "two");
    const char *text = heard();
    CHECK_INT(lines(text), 2);
    CHECK(strstr(text, "warn recorder.quay: no answer (and 2 more like it)\n"));
    fake_clock_pass(&fake, SCRIM_LOG_PERIOD_US);
    scrim_warn(&other, "three");
    CHECK_INT(lines(heard()), 1);
    end();
}

// A hostile camera that makes up new words for each of its ends.
static void varied(void)
{
    const struct scrim_log log = scrim_log_named("recorder.quay");
    begin();
    for (int i = 0; i < 10000; i++)
        scrim_warn(&log, "reason %d", i * 7919);
    CHECK_INT(lines(heard()), SCRIM_LOG_VARIED);
    scrim_warn(&log, "first of another place: %d", 1);
    CHECK_INT(lines(heard()), 1);
    for (int second = 0; second < 3600; second++) {
        fake_clock_pass(&fake, SCRIM_SECOND);
        for (int i = 0; i < 10; i++)
            scrim_warn(&log, "reason %d.%d", second, i);
    }
    // An hour of it: what fits in at once, and one line every ten seconds.
    CHECK(lines(heard()) <= SCRIM_LOG_VARIED + 360 + 2);
    end();
}

// More objects than there are buckets: what makes room says how much it held back.
static void makes_room(void)
{
    begin();
    uint64_t written = 0, held_back = 0;
    for (int i = 0; i < 2000; i++) {
        const struct scrim_log log = scrim_log_named("camera-%d", i);
        for (int j = 0; j < 10; j++)
            scrim_warn(&log, "no answer");
        const char *text = heard();
        CHECK(strstr(text, log.name));
        for (const char *at = text; *at; at = strchr(at, '\n') + 1) {
            const char *more = strstr(at, "(and "), *line_end = strchr(at, '\n');
            written++;
            if (more && more < line_end)
                held_back += strtoull(more + 5, NULL, 10);
        }
    }
    fake_clock_pass(&fake, 2 * SCRIM_LOG_PERIOD_US);
    const struct scrim_log log = scrim_log_named("last");
    scrim_info(&log, "last");
    for (const char *at = heard(); *at; at = strchr(at, '\n') + 1) {
        const char *more = strstr(at, "(and "), *line_end = strchr(at, '\n');
        written++;
        if (more && more < line_end)
            held_back += strtoull(more + 5, NULL, 10);
    }
    CHECK_INT(written + held_back, 20001); // nothing is unaccounted for
    end();
}

static void *shout(void *context)
{
    const struct scrim_log *log = context;
    for (int i = 0; i < 2000; i++)
        scrim_warn(log, "shout %d", i % 20);
    return NULL;
}

static void threads(void)
{
    pthread_t ids[4];
    struct scrim_log logs[4];
    begin();
    for (int i = 0; i < 4; i++) {
        logs[i] = scrim_log_named("thread-%d", i % 2);
        REQUIRE(pthread_create(&ids[i], NULL, shout, &logs[i]) == 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(ids[i], NULL);
    const char *text = heard();
    CHECK_INT(lines(text), 2 * SCRIM_LOG_VARIED);
    for (const char *at = text; *at; at = strchr(at, '\n') + 1)
        CHECK(strncmp(at, "2023-11-14T22:13:20.000000Z warn thread-", 40) == 0);
    end();
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"a line has time, level, name and text", plain},
                                    {"JSON lines are JSON whatever is said", json},
                                    {"a long line is cut and stays whole", long_line},
                                    {"the journal is told the priority, and nobody else", priority},
                                    {"what repeats is counted, not written", burst},
                                    {"what was counted is said when it is over", settles},
                                    {"ever new words do not fill the log", varied},
                                    {"what makes room loses no count", makes_room},
                                    {"threads share the limits", threads},
                                    {0}});
}
