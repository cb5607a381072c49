// A live test of an address: the same process, walls and conversation as of a camera that is
// recorded, once, and the pictures are counted instead of kept. Of what the camera sends, figures
// leave this process, and the SHA-256 of its certificate.
#include "ingest/ingest_impl.h"

#include "base/alloc.h"

#include <string.h>

#define TRIAL_US (SCRIM_TRIAL_SECONDS * SCRIM_SECOND)
#define DIAL_US (6 * SCRIM_SECOND)
#define TALK_US (6 * SCRIM_SECOND)
#define LOOK_US (4 * SCRIM_SECOND) // at pictures, once two key frames came
#define LAST_WORD_US (SCRIM_SECOND / 2)

struct scrim_trial {
    struct scrim_trial_report report; // the step that was passed last
    bool done;
    bool beginning;              // something came, before the first key frame
    int64_t first_us, newest_us; // arrival of pictures, monotonic
    int64_t first_key_us, last_key_us;
    uint64_t bytes;
    unsigned pictures, keys;
};

// A report that the parent does not take is one that nobody waits for.
static void tell(struct scrim_ingest *ingest, enum scrim_trial_step step,
                 enum scrim_trial_outcome outcome, bool last)
{
    struct scrim_trial_report *report = &ingest->trial->report;
    struct scrim_buf body;
    report->step = step;
    report->outcome = outcome;
    report->last = last;
    report->has_fingerprint = scrim_tls_seen(ingest->tls, report->fingerprint);
    scrim_buf_init(&body, SCRIM_TRIAL_REPORT_BYTES);
    if (scrim_trial_report_format(report, &body) < 0 ||
        scrim_link_send(ingest->sealer, SCRIM_LINK_TRIED, 0, "", body.data, body.len, NULL, 0) <
            0 ||
        scrim_link_flush(ingest->sealer) < 0)
        ingest->over = true;
    scrim_buf_finish(&body);
}

void scrim_trial_passed(struct scrim_ingest *ingest, enum scrim_trial_step step)
{
    if (!ingest->trial || (step == SCRIM_TRIAL_TLS && !ingest->camera.tls))
        return;
    if (step == SCRIM_TRIAL_CONNECT)
        tell(ingest, SCRIM_TRIAL_NAME, SCRIM_TRIAL_GOOD, false);
    if (step == SCRIM_TRIAL_DESCRIBE)
        tell(ingest, SCRIM_TRIAL_SIGN_IN, SCRIM_TRIAL_GOOD, false);
    tell(ingest, step, SCRIM_TRIAL_GOOD, false);
}

// --- pictures ---

static void measure(struct scrim_trial *trial)
{
    struct scrim_trial_report *report = &trial->report;
    const int64_t length_us = trial->newest_us - trial->first_us;
    if (trial->pictures > 1 && length_us > 0) {
        // The last picture begins the time that follows it.
        report->mfps = (uint32_t)((int64_t)(trial->pictures - 1) * 1000 * SCRIM_SECOND / length_us);
        report->bitrate = trial->bytes * 8 * (uint64_t)SCRIM_SECOND / (uint64_t)length_us;
    }
    if (trial->keys > 1)
        report->keyframe_ms =
            (uint32_t)((trial->last_key_us - trial->first_key_us) / (trial->keys - 1) / 1000);
}

void scrim_trial_unit(struct scrim_ingest *ingest, const struct scrim_params *params,
                      const struct scrim_unit *unit)
{
    struct scrim_trial *trial = ingest->trial;
    trial->beginning = true;
    if (trial->keys == 0 && (!unit->random || params->generation == 0))
        return; // before the first key frame there is no picture
    if (trial->pictures++ == 0)
        trial->first_us = unit->arrival_us;
    else
        trial->bytes += unit->size;
    trial->newest_us = unit->arrival_us;
    if (unit->random) {
        trial->first_key_us = trial->keys++ == 0 ? unit->arrival_us : trial->first_key_us;
        trial->last_key_us = unit->arrival_us;
        trial->report.codec = (uint8_t)params->codec;
        trial->report.width = params->width;
        trial->report.height = params->height;
    }
    if (trial->keys > 1 && trial->newest_us - trial->first_us >= LOOK_US)
        ingest->over = trial->done = true;
}

// --- how it ended ---

static enum scrim_trial_outcome of_dialling(enum scrim_dial_why why, int code)
{
    switch (why) {
    case SCRIM_DIAL_WHY_NAME_UNKNOWN: return SCRIM_TRIAL_NAME_UNKNOWN;
    case SCRIM_DIAL_WHY_NAME_SERVER: return SCRIM_TRIAL_NAME_SERVER;
    case SCRIM_DIAL_WHY_REFUSED: return SCRIM_TRIAL_REFUSED;
    case SCRIM_DIAL_WHY_UNREACHABLE: return SCRIM_TRIAL_UNREACHABLE;
    case SCRIM_DIAL_WHY_SILENT: return SCRIM_TRIAL_SILENT;
    case SCRIM_DIAL_WHY_OTHER: break;
    }
    return code == SCRIM_ETIMEOUT ? SCRIM_TRIAL_SILENT : SCRIM_TRIAL_UNREACHABLE;
}

static enum scrim_trial_outcome of_refusal(enum scrim_rtsp_refusal refusal)
{
    static const enum scrim_trial_outcome outcomes[] = {
        [SCRIM_RTSP_REFUSED_NOT] = SCRIM_TRIAL_UNUSABLE,
        [SCRIM_RTSP_REFUSED_NO_LOGIN] = SCRIM_TRIAL_PASSWORD_WANTED,
        [SCRIM_RTSP_REFUSED_LOGIN] = SCRIM_TRIAL_PASSWORD_WRONG,
        [SCRIM_RTSP_REFUSED_PATH] = SCRIM_TRIAL_NO_SUCH_STREAM,
        [SCRIM_RTSP_REFUSED_BUSY] = SCRIM_TRIAL_BUSY,
        [SCRIM_RTSP_REFUSED_TRANSPORT] = SCRIM_TRIAL_NO_TRANSPORT,
        [SCRIM_RTSP_REFUSED_NO_VIDEO] = SCRIM_TRIAL_NO_VIDEO,
        [SCRIM_RTSP_REFUSED_CODEC] = SCRIM_TRIAL_CODEC,
        [SCRIM_RTSP_REFUSED_ENCRYPTED] = SCRIM_TRIAL_ENCRYPTED,
        [SCRIM_RTSP_REFUSED_NOT_RTSP] = SCRIM_TRIAL_NOT_RTSP,
        [SCRIM_RTSP_REFUSED_HTTP] = SCRIM_TRIAL_WEB_SERVER,
        [SCRIM_RTSP_REFUSED_TLS] = SCRIM_TRIAL_SPEAKS_TLS,
        [SCRIM_RTSP_REFUSED_OTHER] = SCRIM_TRIAL_UNUSABLE,
    };
    return outcomes[refusal];
}

static enum scrim_trial_outcome of_error(const struct scrim_ingest *ingest, int code)
{
    switch (code) {
    case SCRIM_EACCESS: return SCRIM_TRIAL_REDIRECTED;
    case SCRIM_ETIMEOUT:
    case SCRIM_ECANCEL: return SCRIM_TRIAL_SILENT; // our patience ended first
    case SCRIM_EEND:
    case SCRIM_ENETWORK: return SCRIM_TRIAL_CLOSED;
    default: return of_refusal(ingest->refusal);
    }
}

static enum scrim_trial_outcome of_tls(const struct scrim_ingest *ingest, int code)
{
    if (code == SCRIM_EAUTH)
        return ingest->setup.tls_fingerprint ? SCRIM_TRIAL_OTHER_CERTIFICATE
                                             : SCRIM_TRIAL_UNTRUSTED;
    return code == SCRIM_EFORMAT ? SCRIM_TRIAL_NO_TLS : of_error(ingest, code);
}

static enum scrim_trial_step asked_of(enum scrim_trial_outcome outcome)
{
    return outcome == SCRIM_TRIAL_PASSWORD_WANTED || outcome == SCRIM_TRIAL_PASSWORD_WRONG
               ? SCRIM_TRIAL_SIGN_IN
               : SCRIM_TRIAL_DESCRIBE;
}

// At the step after the one that was passed last.
static void tell_failure(struct scrim_ingest *ingest, int code)
{
    const enum scrim_trial_step passed = ingest->trial->report.step;
    const enum scrim_dial_why why = (enum scrim_dial_why)ingest->answer.why;
    enum scrim_trial_outcome outcome;
    if (code == SCRIM_EACCESS) {
        tell(ingest, SCRIM_TRIAL_DESCRIBE, SCRIM_TRIAL_REDIRECTED, true);
    } else if (passed == SCRIM_TRIAL_ADDRESS) {
        outcome = of_dialling(why, code);
        tell(ingest,
             outcome == SCRIM_TRIAL_NAME_UNKNOWN || outcome == SCRIM_TRIAL_NAME_SERVER
                 ? SCRIM_TRIAL_NAME
                 : SCRIM_TRIAL_CONNECT,
             outcome, true);
    } else if (passed == SCRIM_TRIAL_CONNECT && ingest->camera.tls) {
        tell(ingest, SCRIM_TRIAL_TLS, of_tls(ingest, code), true);
    } else if (passed == SCRIM_TRIAL_CONNECT || passed == SCRIM_TRIAL_TLS) {
        outcome = of_error(ingest, code);
        tell(ingest, asked_of(outcome), outcome, true);
    } else {
        tell(ingest, SCRIM_TRIAL_PICTURES,
             code == SCRIM_EEND || code == SCRIM_ENETWORK ? SCRIM_TRIAL_CLOSED
             : code == SCRIM_EFORMAT                      ? SCRIM_TRIAL_UNUSABLE
             : ingest->trial->beginning                   ? SCRIM_TRIAL_NO_KEY_FRAME
                                                          : SCRIM_TRIAL_NO_PICTURES,
             true);
    }
}

// What was told leaves before the process does.
static void last_word(struct scrim_ingest *ingest)
{
    const int64_t until_us = scrim_clock_mono_us() + LAST_WORD_US;
    struct pollfd wait = {.fd = scrim_link_fd(ingest->sealer), .events = POLLOUT};
    while (scrim_link_wants_write(ingest->sealer) && scrim_clock_mono_us() < until_us) {
        if (poll(&wait, 1, (int)(LAST_WORD_US / 1000)) <= 0 || scrim_link_flush(ingest->sealer) < 0)
            return;
    }
}

static void try_once(struct scrim_ingest *ingest)
{
    struct scrim_trial *trial = ingest->trial;
    struct scrim_error error = {0};
    int64_t healthy_us = 0;
    ingest->dial_us = DIAL_US;
    ingest->talk_us = TALK_US;
    ingest->first_wait_us = TRIAL_US;
    ingest->end_us = scrim_clock_mono_us() + TRIAL_US;
    const int code = scrim_ingest_connection(ingest, &healthy_us, &error);
    measure(trial);
    if (trial->done || trial->pictures > 1)
        tell(ingest, SCRIM_TRIAL_PICTURES, SCRIM_TRIAL_GOOD, true);
    else
        tell_failure(ingest, code);
    last_word(ingest);
}

int scrim_ingest_try(const struct scrim_ingest_setup *setup, uint32_t number)
{
    struct scrim_trial trial = {.report.number = number};
    struct scrim_ingest ingest;
    struct scrim_error error;
    if (scrim_ingest_begin(&ingest, setup, &trial, &error) < 0) {
        scrim_error_log(&setup->log, "%s", error.text);
        return 1;
    }
    if (!ingest.over)
        try_once(&ingest);
    scrim_ingest_end(&ingest);
    return 0;
}
