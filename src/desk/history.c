#include "desk/history.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "desk/worker.h"
#include "link/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOBS_MAX 16
#define LOOK_MS 1000
#define DECISECONDS 10U // of a look
#define BITRATE_MAX INT64_C(4000000000)
#define FINE_BYTES ((size_t)SCRIM_HISTORY_FINE * SCRIM_HISTORY_BYTES)
#define FILE_BYTES (FINE_BYTES + (size_t)SCRIM_HISTORY_COARSE * SCRIM_HISTORY_BYTES)
#define KEEP_S ((int64_t)SCRIM_HISTORY_COARSE * SCRIM_HISTORY_COARSE_S)

struct past {
    char id[SCRIM_CAMERA_ID_MAX + 1];
    int64_t reconnects; // as last seen; -1: not yet
    struct scrim_history_sum fine, coarse;
    struct scrim_history_sample hour[SCRIM_HISTORY_FINE]; // by slot % FINE
};

struct scrim_history {
    struct scrim_log log;
    char dir[SCRIM_PATH_MAX];
    struct past *cameras;
    unsigned count;
    uint32_t fine_slot, coarse_slot; // being added up
    scrim_history_look look;
    void *context;
    struct scrim_worker *worker;
    uv_timer_t timer;
    bool timer_ready;
    bool complained; // worker's
};

// --- the file: the fine ring, then the coarse one ---

static int open_file(const struct scrim_history *history, const char *id, int flags,
                     struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    if (scrim_path_join(path, history->dir, id) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", history->dir);
    return scrim_fs_open(path, flags, 0640, error);
}

static void load_hour(const struct scrim_history *history, struct past *past, uint32_t now_slot)
{
    uint8_t bytes[FINE_BYTES];
    const int fd = open_file(history, past->id, O_RDONLY, NULL);
    const ssize_t got = fd >= 0 ? pread(fd, bytes, sizeof bytes, 0) : 0;
    struct scrim_reader reader = scrim_reader_of(bytes, got > 0 ? (size_t)got : 0);
    struct scrim_history_sample sample;
    while (scrim_history_sample_parse(&reader, &sample)) {
        if (sample.slot <= now_slot && now_slot - sample.slot < SCRIM_HISTORY_FINE)
            past->hour[sample.slot % SCRIM_HISTORY_FINE] = sample;
    }
    if (fd >= 0)
        close(fd);
}

static bool is_configured(const struct scrim_history *history, const char *id)
{
    for (unsigned i = 0; i < history->count; i++) {
        if (strcmp(history->cameras[i].id, id) == 0)
            return true;
    }
    return false;
}

static void remove_gone(const struct scrim_history *history)
{
    char **names = NULL, path[SCRIM_PATH_MAX];
    size_t count = 0;
    struct stat info;
    struct scrim_error error;
    const int64_t now_s = scrim_clock_utc_us() / SCRIM_SECOND;
    if (scrim_fs_list(history->dir, &names, &count, &error) < 0)
        scrim_warn(&history->log, "%s", error.text);
    for (size_t i = 0; i < count; i++) {
        if (!is_configured(history, names[i]) &&
            scrim_path_join(path, history->dir, names[i]) >= 0 && stat(path, &info) == 0 &&
            now_s - info.st_mtime > KEEP_S && scrim_fs_unlink(path, &error) < 0)
            scrim_warn(&history->log, "%s", error.text);
    }
    scrim_fs_free_names(names, count);
}

int scrim_history_open(const char *dir, const char *const *ids, unsigned count,
                       struct scrim_history **ret, struct scrim_error *error)
{
    struct scrim_history *history = scrim_new(struct scrim_history);
    history->log = scrim_log_named("desk.history");
    int result = scrim_path_join(history->dir, dir, SCRIM_HISTORY_DIR);
    if (result < 0)
        result = scrim_fail(error, result, "%s: path too long", dir);
    else if (access(history->dir, F_OK) < 0)
        result = scrim_fs_make_dirs(history->dir, 0750, error);
    if (result < 0) {
        free(history);
        return result;
    }
    const int64_t now_s = scrim_clock_utc_us() / SCRIM_SECOND;
    history->count = count;
    history->fine_slot = (uint32_t)(now_s / SCRIM_HISTORY_FINE_S);
    history->coarse_slot = (uint32_t)(now_s / SCRIM_HISTORY_COARSE_S);
    history->cameras = scrim_new_array(count + 1, struct past);
    for (unsigned i = 0; i < count; i++) {
        struct past *past = &history->cameras[i];
        snprintf(past->id, sizeof past->id, "%s", ids[i]);
        past->reconnects = -1;
        scrim_history_sum_begin(&past->fine);
        scrim_history_sum_begin(&past->coarse);
        load_hour(history, past, history->fine_slot);
    }
    // What of these five minutes was seen before a restart counts.
    const uint32_t first = history->coarse_slot * (SCRIM_HISTORY_COARSE_S / SCRIM_HISTORY_FINE_S);
    for (uint32_t slot = first; slot < history->fine_slot; slot++) {
        for (unsigned i = 0; i < count; i++) {
            struct past *past = &history->cameras[i];
            if (past->hour[slot % SCRIM_HISTORY_FINE].slot == slot)
                scrim_history_sum_add(&past->coarse, &past->hour[slot % SCRIM_HISTORY_FINE]);
        }
    }
    remove_gone(history);
    *ret = history;
    return SCRIM_OK;
}

void scrim_history_free(struct scrim_history *history)
{
    if (!history)
        return;
    scrim_worker_free(history->worker);
    free(history->cameras);
    free(history);
}

// --- writing ---

struct writing {
    struct scrim_job job;
    struct scrim_buf *fine;              // one a camera, its bytes in the file
    struct scrim_history_sample *coarse; // one a camera
    unsigned count;
};

static int write_at(int fd, const struct scrim_buf *bytes, size_t offset, const char *name,
                    struct scrim_error *error)
{
    return scrim_fs_pwrite(fd, bytes->data, bytes->len, (off_t)offset, name, error);
}

static int write_camera(const struct scrim_history *history, const char *id,
                        const struct scrim_buf *fine, const struct scrim_history_sample *coarse,
                        struct scrim_error *error)
{
    struct scrim_buf bytes;
    scrim_buf_init(&bytes, SCRIM_HISTORY_BYTES);
    SCRIM_AUTO(scrim_close_fd) int fd = open_file(history, id, O_WRONLY | O_CREAT, error);
    int result = fd < 0 ? fd : write_at(fd, fine, 0, id, error);
    if (result >= 0 && coarse->slot > 0) {
        result = scrim_history_sample_format(coarse, &bytes);
        if (result >= 0)
            result = write_at(fd, &bytes,
                              FINE_BYTES + (size_t)(coarse->slot % SCRIM_HISTORY_COARSE) *
                                               SCRIM_HISTORY_BYTES,
                              id, error);
    }
    scrim_buf_finish(&bytes);
    return result;
}

static void work_writing(struct scrim_job *job, void *context)
{
    struct writing *writing = (struct writing *)job;
    struct scrim_history *history = context;
    struct scrim_error error = {0};
    int result = SCRIM_OK;
    for (unsigned i = 0; i < writing->count && result >= 0; i++)
        result = write_camera(history, history->cameras[i].id, &writing->fine[i],
                              &writing->coarse[i], &error);
    if (result < 0 && !history->complained)
        scrim_error_log(&history->log, "the history of the cameras' health is not written: %s",
                        error.text);
    history->complained = result < 0;
}

static void done_writing(struct scrim_job *job)
{
    struct writing *writing = (struct writing *)job;
    for (unsigned i = 0; i < writing->count; i++)
        scrim_buf_finish(&writing->fine[i]);
    free(writing->fine);
    free(writing->coarse);
    free(writing);
}

static int format_hour(const struct past *past, struct scrim_buf *ret)
{
    int result = SCRIM_OK;
    scrim_buf_init(ret, FINE_BYTES);
    for (unsigned i = 0; i < SCRIM_HISTORY_FINE && result >= 0; i++)
        result = scrim_history_sample_format(&past->hour[i], ret);
    return result;
}

// `ended`: what is said of the coarse slot is whole, and the next one begins.
static void write_all(struct scrim_history *history, bool ended)
{
    struct writing *writing = scrim_new(struct writing);
    writing->job = (struct scrim_job){.work = work_writing, .done = done_writing};
    writing->count = history->count;
    writing->fine = scrim_new_array(history->count + 1, struct scrim_buf);
    writing->coarse = scrim_new_array(history->count + 1, struct scrim_history_sample);
    int result = SCRIM_OK;
    for (unsigned i = 0; i < history->count; i++) {
        struct past *past = &history->cameras[i];
        result |= format_hour(past, &writing->fine[i]);
        if (!ended)
            continue;
        writing->coarse[i] = scrim_history_sum_end(&past->coarse, history->coarse_slot);
        scrim_history_sum_begin(&past->coarse);
    }
    if (result < 0 || !scrim_worker_submit(history->worker, &writing->job))
        done_writing(&writing->job); // five minutes of a chart
}

// --- looking ---

static void look_at(struct scrim_history *history, unsigned camera)
{
    struct past *past = &history->cameras[camera];
    struct scrim_history_now now = {0};
    history->look(history->context, camera, &now);
    if (!now.known) {
        past->reconnects = -1;
        return;
    }
    const int64_t before = past->reconnects;
    past->reconnects = now.reconnects;
    const int64_t clock_ms = now.clock_us / 1000;
    const struct scrim_history_sample second = {
        .bitrate = (uint32_t)(now.bitrate < BITRATE_MAX ? now.bitrate : BITRATE_MAX),
        .clock_ms = now.has_clock && llabs(clock_ms) < INT32_MAX ? (int32_t)clock_ms
                                                                 : SCRIM_HISTORY_NO_CLOCK,
        .fps_centi = now.fps < 655 ? (uint16_t)(now.fps * 100) : UINT16_MAX,
        .gap_ds = now.recording ? 0 : DECISECONDS,
        .opaque_ds = now.opaque ? DECISECONDS : 0,
        .reconnects = before >= 0 && now.reconnects > before
                          ? (uint16_t)((now.reconnects - before) & UINT16_MAX)
                          : 0,
    };
    scrim_history_sum_add(&past->fine, &second);
}

static void end_fine(struct scrim_history *history)
{
    for (unsigned i = 0; i < history->count; i++) {
        struct past *past = &history->cameras[i];
        struct scrim_history_sample *place = &past->hour[history->fine_slot % SCRIM_HISTORY_FINE];
        const struct scrim_history_sample sample =
            scrim_history_sum_end(&past->fine, history->fine_slot);
        scrim_history_sum_begin(&past->fine);
        if (place->slot == history->fine_slot) // a restart came between: both parts count
            scrim_history_sum_add(&past->fine, place);
        if (sample.slot > 0)
            scrim_history_sum_add(&past->fine, &sample);
        *place = scrim_history_sum_end(&past->fine, history->fine_slot);
        if (place->slot > 0)
            scrim_history_sum_add(&past->coarse, place);
        scrim_history_sum_begin(&past->fine);
    }
}

static void on_look(uv_timer_t *timer)
{
    struct scrim_history *history = timer->data;
    const int64_t now_s = scrim_clock_utc_us() / SCRIM_SECOND;
    const uint32_t fine = (uint32_t)(now_s / SCRIM_HISTORY_FINE_S);
    const uint32_t coarse = (uint32_t)(now_s / SCRIM_HISTORY_COARSE_S);
    if (fine != history->fine_slot) {
        end_fine(history);
        history->fine_slot = fine;
    }
    if (coarse != history->coarse_slot) {
        write_all(history, true);
        history->coarse_slot = coarse;
    }
    for (unsigned i = 0; i < history->count; i++)
        look_at(history, i);
}

int scrim_history_start(struct scrim_history *history, uv_loop_t *loop, scrim_history_look look,
                        void *context, struct scrim_error *error)
{
    const struct scrim_worker_config config = {
        .name = "history", .max_jobs = JOBS_MAX, .context = history};
    history->look = look;
    history->context = context;
    uv_timer_init(loop, &history->timer);
    history->timer.data = history;
    history->timer_ready = true;
    uv_timer_start(&history->timer, on_look, LOOK_MS, LOOK_MS);
    return scrim_worker_start(loop, &config, &history->worker, error);
}

void scrim_history_stop(struct scrim_history *history)
{
    if (!history)
        return;
    if (history->timer_ready)
        uv_close((uv_handle_t *)&history->timer, NULL);
    if (history->worker) {
        end_fine(history);
        write_all(history, false);
    }
    scrim_worker_stop(history->worker);
}

// --- asking ---

struct asking {
    struct scrim_job job;
    struct scrim_history_question question;
    struct scrim_history_sum *sums;       // one a step
    struct scrim_history_sample *samples; // of them
    char id[SCRIM_CAMERA_ID_MAX + 1];
    scrim_history_told told;
    void *context;
    int result;
    struct scrim_error error;
};

// A sample of `length_s` seconds goes to the step that it lies in.
static void take(struct asking *asking, const struct scrim_history_sample *sample,
                 unsigned length_s)
{
    const struct scrim_history_question *question = &asking->question;
    const int64_t at_s = (int64_t)sample->slot * length_s - question->from_s;
    if (sample->slot > 0 && at_s >= 0 && at_s < (int64_t)question->count * question->step_s)
        scrim_history_sum_add(&asking->sums[at_s / question->step_s], sample);
}

static int read_coarse(const struct scrim_history *history, struct asking *asking)
{
    struct scrim_buf bytes;
    struct scrim_history_sample sample;
    char path[SCRIM_PATH_MAX];
    scrim_buf_init(&bytes, FILE_BYTES);
    int result = scrim_path_join(path, history->dir, asking->id);
    result = result < 0 ? scrim_fail(&asking->error, result, "%s: path too long", history->dir)
                        : scrim_fs_read(path, &bytes, &asking->error);
    struct scrim_reader reader = scrim_reader_of(bytes.data, result >= 0 ? bytes.len : 0);
    if (scrim_read_view(&reader, FINE_BYTES)) {
        while (scrim_history_sample_parse(&reader, &sample))
            take(asking, &sample, SCRIM_HISTORY_COARSE_S);
    }
    scrim_buf_finish(&bytes);
    return result == SCRIM_ENOENT ? SCRIM_OK : result; // nothing is known yet
}

static bool is_coarse(const struct scrim_history_question *question)
{
    return question->step_s % SCRIM_HISTORY_COARSE_S == 0;
}

static void work_asking(struct scrim_job *job, void *context)
{
    struct asking *asking = (struct asking *)job;
    const struct scrim_history_question *question = &asking->question;
    if (is_coarse(question))
        asking->result = read_coarse(context, asking);
    for (unsigned i = 0; i < question->count; i++)
        asking->samples[i] = scrim_history_sum_end(
            &asking->sums[i], (uint32_t)(question->from_s / question->step_s) + i);
}

static void done_asking(struct scrim_job *job)
{
    struct asking *asking = (struct asking *)job;
    asking->told(asking->context, &asking->question, asking->result < 0 ? NULL : asking->samples,
                 &asking->error);
    free(asking->sums);
    free(asking->samples);
    free(asking);
}

int scrim_history_ask(struct scrim_history *history, const struct scrim_history_question *question,
                      scrim_history_told told, void *context)
{
    struct past *past = &history->cameras[question->camera];
    struct asking *asking = scrim_new(struct asking);
    asking->job = (struct scrim_job){.work = work_asking, .done = done_asking};
    asking->question = *question;
    asking->sums = scrim_new_array(question->count + 1, struct scrim_history_sum);
    asking->samples = scrim_new_array(question->count + 1, struct scrim_history_sample);
    asking->told = told;
    asking->context = context;
    memcpy(asking->id, past->id, sizeof asking->id);
    for (unsigned i = 0; i < question->count; i++)
        scrim_history_sum_begin(&asking->sums[i]);
    if (is_coarse(question)) { // the five minutes that are not in the file yet
        const struct scrim_history_sample now =
            scrim_history_sum_end(&past->coarse, history->coarse_slot);
        take(asking, &now, SCRIM_HISTORY_COARSE_S);
    } else {
        for (uint32_t i = 1; i <= SCRIM_HISTORY_FINE; i++) { // oldest first
            const uint32_t slot = history->fine_slot - SCRIM_HISTORY_FINE + i;
            const struct scrim_history_sample *sample = &past->hour[slot % SCRIM_HISTORY_FINE];
            if (sample->slot == slot)
                take(asking, sample, SCRIM_HISTORY_FINE_S);
        }
    }
    if (scrim_worker_submit(history->worker, &asking->job))
        return SCRIM_OK;
    free(asking->sums);
    free(asking->samples);
    free(asking);
    return SCRIM_EBUSY;
}
