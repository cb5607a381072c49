#include "recorder/trials.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_US SCRIM_SECOND
#define LINK_BYTES (64U << 10)
#define LINK_VERSION 1

struct trial {
    struct scrim_link *link; // from its process; NULL: this place is free
    uint32_t number;
    bool told_last;
};

struct scrim_trials {
    struct scrim_log log;
    char path[SCRIM_PATH_MAX];
    struct scrim_streams *streams;
    struct scrim_link *desk; // NULL while there is none
    int64_t due_us;          // monotonic: of the next try to connect
    struct trial list[SCRIM_TRIALS_AT_ONCE];
};

struct scrim_trials *scrim_trials_create(const char *dir, struct scrim_streams *streams)
{
    struct scrim_trials *trials = scrim_new(struct scrim_trials);
    trials->log = scrim_log_named("recorder.trials");
    trials->streams = streams;
    if (scrim_path_join(trials->path, dir, "run/desk.sock") < 0)
        trials->due_us = INT64_MAX; // as the desk itself will have said
    return trials;
}

static void end_trial(struct trial *trial)
{
    scrim_link_destroy(trial->link); // its process sees that, and ends
    *trial = (struct trial){0};
}

void scrim_trials_destroy(struct scrim_trials *trials)
{
    if (!trials)
        return;
    for (unsigned i = 0; i < SCRIM_TRIALS_AT_ONCE; i++)
        end_trial(&trials->list[i]);
    scrim_link_destroy(trials->desk);
    free(trials);
}

// --- the desk ---

// Nobody waits for what is being tried any more.
static void disconnect(struct scrim_trials *trials)
{
    scrim_link_destroy(trials->desk);
    trials->desk = NULL;
    trials->due_us = scrim_clock_mono_us() + CONNECT_US;
    for (unsigned i = 0; i < SCRIM_TRIALS_AT_ONCE; i++)
        end_trial(&trials->list[i]);
}

static void connect_desk(struct scrim_trials *trials)
{
    const uint8_t hello[6] = {0, LINK_VERSION, 0, 2, 0, 0}; // worker 2 of 0: who tries
    struct scrim_error ignored;
    trials->due_us = scrim_clock_mono_us() + CONNECT_US;
    const int fd = scrim_link_connect(trials->path, &ignored);
    if (fd < 0)
        return; // it starts after us, or is being started again
    trials->desk = scrim_link_create(fd, LINK_BYTES);
    scrim_link_keep_no_trace(trials->desk);
    if (scrim_link_send(trials->desk, SCRIM_LINK_HELLO, 0, "", hello, sizeof hello, NULL, 0) < 0)
        disconnect(trials);
}

static void tell(struct scrim_trials *trials, const struct scrim_trial_report *report)
{
    struct scrim_buf body;
    scrim_buf_init(&body, SCRIM_TRIAL_REPORT_BYTES);
    if (trials->desk &&
        (scrim_trial_report_format(report, &body) < 0 ||
         scrim_link_send(trials->desk, SCRIM_LINK_TRIED, 0, "", body.data, body.len, NULL, 0) < 0))
        scrim_warn(&trials->log, "the desk does not read what was tried");
    scrim_buf_finish(&body);
}

static void tell_failed(struct scrim_trials *trials, uint32_t number)
{
    const struct scrim_trial_report report = {
        .number = number, .step = SCRIM_TRIAL_NAME, .outcome = SCRIM_TRIAL_FAILED, .last = true};
    tell(trials, &report);
}

static void begin(struct scrim_trials *trials, const struct scrim_trial_wish *wish)
{
    struct scrim_error error;
    struct trial *place = NULL;
    int fd = -1;
    for (unsigned i = 0; i < SCRIM_TRIALS_AT_ONCE && !place; i++)
        place = trials->list[i].link ? NULL : &trials->list[i];
    if (!place) { // the desk counts, too, and knows better
        tell_failed(trials, wish->number);
    } else if (scrim_streams_try(trials->streams, wish, &fd, &error) < 0) {
        scrim_warn(&trials->log, "an address is not tried: %s", error.text);
        tell_failed(trials, wish->number);
    } else {
        *place = (struct trial){.link = scrim_link_create(fd, LINK_BYTES), .number = wish->number};
    }
}

static void hear_desk(struct scrim_trials *trials)
{
    struct scrim_link_message message;
    struct scrim_trial_wish wish;
    int result;
    while ((result = scrim_link_receive(trials->desk, &message)) > 0) {
        if (message.kind != SCRIM_LINK_TRY ||
            !scrim_trial_wish_parse(message.body, message.body_len, &wish)) {
            result = SCRIM_EFORMAT;
            break;
        }
        begin(trials, &wish);
        scrim_trial_wish_wipe(&wish);
        explicit_bzero((uint8_t *)(uintptr_t)message.body, message.body_len);
    }
    if (result < 0)
        disconnect(trials);
}

// --- the processes ---

// It has read what a camera sent: only what the desk may hear of it passes, under its own number.
static void hear_trial(struct scrim_trials *trials, struct trial *trial)
{
    struct scrim_link_message message;
    struct scrim_trial_report report;
    int result;
    while ((result = scrim_link_receive(trial->link, &message)) > 0) {
        if (message.kind != SCRIM_LINK_TRIED || trial->told_last ||
            !scrim_trial_report_parse(message.body, message.body_len, &report)) {
            result = SCRIM_EFORMAT;
            break;
        }
        report.number = trial->number;
        trial->told_last = report.last;
        tell(trials, &report);
    }
    if (result >= 0)
        return;
    if (!trial->told_last)
        tell_failed(trials, trial->number);
    end_trial(trial);
}

void scrim_trials_poll(const struct scrim_trials *trials, struct pollfd fds[SCRIM_TRIALS_FDS])
{
    fds[0] = (struct pollfd){.fd = trials->desk ? scrim_link_fd(trials->desk) : -1};
    fds[0].events = POLLIN;
    if (trials->desk && scrim_link_wants_write(trials->desk))
        fds[0].events |= POLLOUT;
    for (unsigned i = 0; i < SCRIM_TRIALS_AT_ONCE; i++) {
        const struct trial *trial = &trials->list[i];
        fds[1 + i] =
            (struct pollfd){.fd = trial->link ? scrim_link_fd(trial->link) : -1, .events = POLLIN};
    }
}

void scrim_trials_serve(struct scrim_trials *trials, const struct pollfd fds[SCRIM_TRIALS_FDS])
{
    for (unsigned i = 0; i < SCRIM_TRIALS_AT_ONCE; i++) {
        if (trials->list[i].link && fds[1 + i].revents)
            hear_trial(trials, &trials->list[i]);
    }
    if (trials->desk && (fds[0].revents & (POLLIN | POLLHUP | POLLERR)))
        hear_desk(trials);
    if (!trials->desk && scrim_clock_mono_us() >= trials->due_us)
        connect_desk(trials);
    if (trials->desk && scrim_link_flush(trials->desk) < 0)
        disconnect(trials);
}
