#include "cli/camera_test.h"

#include "base/clock.h"
#include "base/log.h"
#include "ingest/dial.h"
#include "ingest/ingest.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINK_BYTES (64U << 10)
#define PATIENCE_US ((SCRIM_TRIAL_SECONDS + 5) * SCRIM_SECOND)

enum { DIALER, TRIAL, PROCESSES };

// As in the recorder: one process opens the connection, another one reads what comes.
struct test {
    int control[2]; // trial, dialer
    int told[2];    // here, trial
    pid_t pids[PROCESSES];
};

static int try_address(const struct scrim_trial_wish *wish, const struct test *test)
{
    const struct scrim_ingest_setup setup = {
        .log = scrim_log_named("camera.test"),
        .url = wish->url,
        .user = wish->user[0] ? wish->user : NULL,
        .lower = SCRIM_RTSP_LOWER_TCP,
        .tls_fingerprint = wish->pinned ? wish->fingerprint : NULL,
        .control_fd = test->control[0],
        .sealer_fd = test->told[1],
    };
    close(test->control[1]);
    close(test->told[0]);
    return scrim_ingest_try(&setup, wish->number);
}

static int dial(const struct test *test)
{
    close(test->control[0]);
    close(test->told[0]);
    close(test->told[1]);
    return scrim_dial_run(test->control[1]);
}

static int start(struct test *test, unsigned which, const struct scrim_trial_wish *wish,
                 struct scrim_error *error)
{
    const pid_t pid = fork();
    if (pid < 0)
        return scrim_fail_errno(error, errno, "cannot start a process");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(which == DIALER ? dial(test) : try_address(wish, test));
    }
    test->pids[which] = pid;
    return SCRIM_OK;
}

// It waits in the socket until the process that tries is there.
static int send_password(const struct test *test, const struct scrim_trial_wish *wish,
                         struct scrim_error *error)
{
    struct scrim_control message = {.kind = SCRIM_DIAL_PASSWORD};
    snprintf(message.password, sizeof message.password, "%s", wish->password);
    const int result = scrim_control_send(test->control[1], &message, NULL, 0);
    sodium_memzero(&message, sizeof message);
    return result < 0 ? scrim_fail(error, result, "the process cannot be set up") : SCRIM_OK;
}

static void print_advice(const struct scrim_trial_report *report)
{
    const char *advice[SCRIM_TRIAL_ADVICE];
    const size_t count = scrim_trial_advice(report, advice);
    for (size_t i = 0; i < count; i++)
        printf("advice    %s\n", advice[i]);
}

static void print_step(const struct scrim_trial_report *report)
{
    char words[SCRIM_TRIAL_WORDS], hex[2 * SCRIM_TRIAL_FINGERPRINT + 1];
    const bool good = report->outcome == SCRIM_TRIAL_GOOD;
    scrim_trial_words(report, words);
    printf("%-9s %s%s\n", scrim_trial_step_text(report->step), good ? "" : "FAILED: ", words);
    if (report->step == SCRIM_TRIAL_TLS && report->has_fingerprint) {
        sodium_bin2hex(hex, sizeof hex, report->fingerprint, sizeof report->fingerprint);
        printf("          certificate SHA-256 %s\n", hex);
    }
    print_advice(report);
    fflush(stdout);
}

static int hear(int fd, struct scrim_error *error)
{
    struct scrim_link *link = scrim_link_create(fd, LINK_BYTES);
    const int64_t until_us = scrim_clock_mono_us() + PATIENCE_US;
    struct scrim_trial_report report = {.outcome = SCRIM_TRIAL_FAILED};
    struct scrim_link_message message;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int got = 0;
    while (!report.last && got >= 0 && scrim_clock_mono_us() < until_us) {
        got = scrim_link_receive(link, &message);
        if (got == 0)
            poll(&wait, 1, 1000);
        else if (got > 0 && message.kind == SCRIM_LINK_TRIED &&
                 scrim_trial_report_parse(message.body, message.body_len, &report))
            print_step(&report);
    }
    scrim_link_destroy(link);
    if (!report.last)
        return scrim_fail(error, SCRIM_EINTERNAL, "the process that tried ended without a word");
    return report.outcome == SCRIM_TRIAL_GOOD;
}

static void end(const struct test *test)
{
    for (unsigned i = 0; i < PROCESSES; i++) {
        if (test->pids[i] > 0) {
            kill(test->pids[i], SIGKILL);
            waitpid(test->pids[i], NULL, 0);
        }
    }
}

int scrim_camera_test(const struct scrim_trial_wish *wish, struct scrim_error *error)
{
    struct test test = {0};
    int result = scrim_datagram_pair(test.control, error);
    if (result < 0)
        return result;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, test.told) < 0) {
        result = scrim_fail_errno(error, errno, "cannot make a pair of sockets");
        close(test.control[0]), close(test.control[1]);
        return result;
    }
    fflush(stdout); // the processes would write it again
    result = send_password(&test, wish, error);
    for (unsigned i = 0; i < PROCESSES && result >= 0; i++)
        result = start(&test, i, wish, error);
    close(test.control[0]);
    close(test.control[1]);
    close(test.told[1]);
    if (result >= 0)
        result = hear(test.told[0], error);
    else
        close(test.told[0]);
    end(&test);
    return result;
}
