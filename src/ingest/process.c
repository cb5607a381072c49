#include "base/alloc.h"
#include "base/sandbox.h"
#include "ingest/ingest_impl.h"

#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIAL_SHORT_US (3 * SCRIM_SECOND)
#define DIAL_LONG_US (10 * SCRIM_SECOND)
#define TALK_US (10 * SCRIM_SECOND)
#define FIRST_WAIT_US (10 * SCRIM_SECOND)
#define FIRST_WAIT_MAX_US (160 * SCRIM_SECOND)

// The parent sends it before anything else.
static void wait_for_password(struct scrim_ingest *ingest)
{
    while (!ingest->over && !ingest->answered)
        scrim_ingest_wait(ingest, NULL, 0, INT64_MAX);
    memcpy(ingest->password, ingest->answer.password, SCRIM_PASSWORD_MAX);
    sodium_memzero(&ingest->answer, sizeof ingest->answer);
}

// A message that does not fit is not lost: the sealer learns of the end by the silence, too.
static void tell_broken(struct scrim_ingest *ingest, const struct scrim_error *why)
{
    scrim_warn(&ingest->setup.log, "%s", why->text);
    int result = scrim_wire_broken(ingest->sealer, why);
    while (result == SCRIM_EAGAIN && !ingest->over) {
        scrim_ingest_wait(ingest, NULL, 0, scrim_clock_mono_us() + SCRIM_SECOND);
        result = scrim_wire_broken(ingest->sealer, why);
    }
}

static void pause_until(struct scrim_ingest *ingest, int64_t until_us)
{
    while (!ingest->over && scrim_ingest_wait(ingest, NULL, 0, until_us) < until_us)
        ;
}

static void serve(struct scrim_ingest *ingest)
{
    struct scrim_backoff backoff = {0};
    while (!ingest->over) {
        struct scrim_error error = {0};
        int64_t healthy_us = 0;
        ingest->dial_us =
            backoff.failures < SCRIM_BACKOFF_SHORT_TRIES ? DIAL_SHORT_US : DIAL_LONG_US;
        scrim_ingest_connection(ingest, &healthy_us, &error);
        if (ingest->over)
            return;
        if (healthy_us > 0)
            ingest->first_wait_us = FIRST_WAIT_US;
        else if (ingest->first_wait_us < FIRST_WAIT_MAX_US && error.code == SCRIM_ETIMEOUT)
            ingest->first_wait_us *= 2;
        tell_broken(ingest, &error);
        pause_until(ingest, scrim_clock_mono_us() +
                                scrim_backoff_next(&backoff, healthy_us, randombytes_random()));
        ingest->stats.reconnects++;
    }
}

static int prepare(struct scrim_ingest *ingest, struct scrim_error *error)
{
    const struct scrim_ingest_setup *setup = &ingest->setup;
    int result = scrim_rtsp_url_parse(setup->url, &ingest->camera, error);
    if (result >= 0 && ingest->camera.tls) {
        const struct scrim_tls_trust trust = {setup->tls_ca, setup->tls_fingerprint};
        result = scrim_tls_create(&trust, &ingest->tls, error);
    }
    ingest->password = result >= 0 ? sodium_malloc(SCRIM_PASSWORD_MAX) : NULL;
    if (result >= 0 && !ingest->password)
        result = scrim_fail(error, SCRIM_ENOMEM, "no locked memory for the password");
    // Pictures in memory never reach swap; where that is not allowed, the recorder says so once.
    if (result >= 0 && !scrim_sandbox_lock_memory())
        scrim_debug(&setup->log, "memory cannot be locked");
    return result < 0 ? result : scrim_ingest_confine(error);
}

int scrim_ingest_begin(struct scrim_ingest *ingest, const struct scrim_ingest_setup *setup,
                       struct scrim_trial *trial, struct scrim_error *error)
{
    *ingest = (struct scrim_ingest){.setup = *setup,
                                    .answer_fds = {-1, -1},
                                    .talk_us = TALK_US,
                                    .first_wait_us = FIRST_WAIT_US,
                                    .trial = trial,
                                    .feed_due_us = trial ? INT64_MAX : 0, // for the sealer
                                    .end_us = INT64_MAX};
    signal(SIGPIPE, SIG_IGN);
    const int result = prepare(ingest, error);
    if (result >= 0) {
        ingest->sealer = scrim_link_create(setup->sealer_fd, SCRIM_SEALER_BYTES);
        wait_for_password(ingest);
    }
    return result;
}

void scrim_ingest_end(struct scrim_ingest *ingest)
{
    scrim_link_destroy(ingest->sealer);
    sodium_free(ingest->password);
    scrim_tls_destroy(ingest->tls);
}

int scrim_ingest_run(const struct scrim_ingest_setup *setup)
{
    struct scrim_ingest ingest;
    struct scrim_error error;
    if (scrim_ingest_begin(&ingest, setup, NULL, &error) < 0) {
        scrim_error_log(&setup->log, "%s", error.text);
        return 1;
    }
    serve(&ingest);
    scrim_ingest_end(&ingest);
    return 0;
}
