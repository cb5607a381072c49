#include "desk/worker.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/queue.h"

#include <pthread.h>
#include <stdlib.h>

struct scrim_worker {
    struct scrim_worker_config config;
    struct scrim_queue *jobs;
    pthread_t thread;
    uv_async_t wake;
    pthread_mutex_t lock; // leaf lock, protects the list below
    struct scrim_job *finished, **finished_end;
};

void scrim_worker_tell(struct scrim_worker *worker, struct scrim_job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&worker->lock);
    *worker->finished_end = job;
    worker->finished_end = &job->next;
    pthread_mutex_unlock(&worker->lock);
    uv_async_send(&worker->wake);
}

static struct scrim_job *take_finished(struct scrim_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    struct scrim_job *first = worker->finished;
    worker->finished = NULL;
    worker->finished_end = &worker->finished;
    pthread_mutex_unlock(&worker->lock);
    return first;
}

static void deliver(uv_async_t *wake)
{
    struct scrim_job *job = take_finished(wake->data);
    while (job) {
        struct scrim_job *next = job->next;
        job->done(job);
        job = next;
    }
}

static void *run(void *argument)
{
    struct scrim_worker *worker = argument;
    const struct scrim_worker_config *config = &worker->config;
    int64_t due_us = scrim_clock_mono_us(); // the first tick comes at once
    for (;;) {
        int64_t wait_us = -1;
        if (config->tick) {
            if (scrim_clock_mono_us() >= due_us) {
                config->tick(worker, config->context);
                due_us = scrim_clock_mono_us() + config->tick_us;
            }
            wait_us = due_us - scrim_clock_mono_us();
            wait_us = wait_us > 0 ? wait_us : 0;
        }
        struct scrim_job *job = scrim_queue_pop(worker->jobs, wait_us);
        if (job) {
            job->work(job, config->context);
            scrim_worker_tell(worker, job);
        } else if (scrim_queue_closed(worker->jobs) && scrim_queue_length(worker->jobs) == 0) {
            return NULL;
        }
    }
}

int scrim_worker_start(uv_loop_t *loop, const struct scrim_worker_config *config,
                       struct scrim_worker **ret, struct scrim_error *error)
{
    struct scrim_worker *worker = scrim_new(struct scrim_worker);
    worker->config = *config;
    worker->finished_end = &worker->finished;
    worker->jobs = scrim_queue_create(config->max_jobs, config->max_jobs);
    pthread_mutex_init(&worker->lock, NULL);
    worker->wake.data = worker;
    if (uv_async_init(loop, &worker->wake, deliver) != 0) {
        scrim_worker_free(worker);
        return scrim_fail(error, SCRIM_EINTERNAL, "cannot wake the loop from thread %s",
                          config->name);
    }
    const int failed = pthread_create(&worker->thread, NULL, run, worker);
    if (failed != 0) {
        uv_close((uv_handle_t *)&worker->wake,
                 NULL); // `worker` stays: the loop may still look at it
        return scrim_fail_errno(error, failed, "cannot start thread %s", config->name);
    }
    pthread_setname_np(worker->thread, config->name);
    *ret = worker;
    return SCRIM_OK;
}

bool scrim_worker_submit(struct scrim_worker *worker, struct scrim_job *job)
{
    return scrim_queue_push(worker->jobs, job, 1);
}

void scrim_worker_stop(struct scrim_worker *worker)
{
    if (!worker)
        return;
    scrim_queue_close(worker->jobs);
    pthread_join(worker->thread, NULL);
    deliver(&worker->wake);
    uv_close((uv_handle_t *)&worker->wake, NULL);
}

void scrim_worker_free(struct scrim_worker *worker)
{
    if (!worker)
        return;
    scrim_queue_destroy(worker->jobs, NULL);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}
