#include "desk/request_book.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOBS_MAX 64 // each may hold a decision
#define TICK_US SCRIM_SECOND
#define COMPLAIN_US (60 * SCRIM_SECOND)

// --- the book ---

struct scrim_request_entry *book_find(const struct scrim_requests *book, uint64_t number)
{
    size_t low = 0, high = book->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (book->list[middle]->request.number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < book->count && book->list[low]->request.number == number ? book->list[low] : NULL;
}

static void drop_oldest(struct scrim_requests *book)
{
    request_entry_free(book->list[0]);
    memmove(book->list, book->list + 1, --book->count * sizeof(struct scrim_request_entry *));
}

void book_add(struct scrim_requests *book, struct scrim_request_entry *owned)
{
    pthread_mutex_lock(&book->lock);
    if (book->count == SCRIM_REQUESTS_KEPT)
        drop_oldest(book);
    book->list[book->count++] = owned; // numbers only grow
    pthread_mutex_unlock(&book->lock);
}

bool book_is_live(enum scrim_request_state state)
{
    return state == SCRIM_REQUEST_WAITING || state == SCRIM_REQUEST_APPROVED ||
           state == SCRIM_REQUEST_OPEN;
}

int book_refuse(struct scrim_request_told *told, int status, const char *code, const char *format,
                ...)
{
    va_list args;
    told->status = status;
    told->code = code;
    va_start(args, format);
    vsnprintf(told->text, sizeof told->text, format, args);
    va_end(args);
    return status;
}

int book_refuse_error(struct scrim_request_told *told, int result, const struct scrim_error *error)
{
    return result == SCRIM_ENOSPACE
               ? book_refuse(told, 507, "disk_full", "The disk is full: %s.", error->text)
               : book_refuse(told, 500, "internal", "It could not be written: %s.", error->text);
}

int book_log(struct scrim_requests *book, const char *what, const char *who, const char *reason,
             json_t *detail, uint64_t *ret_act, struct scrim_request_told *told)
{
    struct scrim_error error = {0};
    char *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    json_decref(detail);
    const struct scrim_act act = {.who = who, .what = what, .reason = reason, .detail = text};
    const int result = text ? scrim_acts_begin(book->acts, &act, ret_act, &error)
                            : scrim_fail(&error, SCRIM_ENOMEM, "there is no memory for the act");
    free(text);
    if (result == SCRIM_EINVAL)
        return book_refuse(told, 400, "malformed", "The texts are too long for the log.");
    return result < 0 ? book_refuse_error(told, result, &error) : 0;
}

void book_complain(struct scrim_requests *book, const struct scrim_request_told *told)
{
    const int64_t now_us = scrim_clock_mono_us();
    if (told->status == 0 || (book->complained_us && now_us - book->complained_us < COMPLAIN_US))
        return;
    book->complained_us = now_us;
    scrim_warn(&book->log, "request %" PRIu64 ": %s", told->number, told->text);
}

// --- opening ---

static void load_one(struct scrim_requests *book, uint64_t number)
{
    struct scrim_request_entry *entry = NULL;
    struct scrim_error error = {0};
    const int result = request_store_load(book->dir, number, book->vaults, &entry, &error);
    if (result >= 0) {
        book_add(book, entry);
        return;
    }
    if (result != SCRIM_ENOENT)
        scrim_warn(&book->log, "request %" PRIu64 " is left out: %s", number, error.text);
    request_entry_free(entry);
}

static int make_folders(const struct scrim_requests *book, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    if (scrim_path_join(path, book->dir, SCRIM_REQUESTS_DIR) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", book->dir);
    const int result = scrim_fs_make_dirs(path, 0750, error);
    if (result < 0)
        return result;
    if (scrim_path_join(path, book->dir, SCRIM_REQUESTS_INBOX) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", book->dir);
    const bool is_new = access(path, F_OK) < 0;
    const int made = scrim_fs_make_dirs(path, 0770, error);
    // The site's group leaves decisions there, whatever the umask says.
    if (made >= 0 && is_new && chmod(path, 0770) < 0)
        return scrim_fail_errno(error, errno, "%s", path);
    return made;
}

static int load(struct scrim_requests *book, struct scrim_error *error)
{
    uint64_t *numbers = NULL;
    size_t count = 0;
    const int result = request_store_numbers(book->dir, &numbers, &count, error);
    const size_t first = count > SCRIM_REQUESTS_KEPT ? count - SCRIM_REQUESTS_KEPT : 0;
    for (size_t i = first; i < count; i++)
        load_one(book, numbers[i]);
    book->next = count > 0 ? numbers[count - 1] + 1 : 1;
    free(numbers);
    return result;
}

int scrim_requests_open(const char *dir, const char *site, struct scrim_acts *acts,
                        struct scrim_vault_state *vaults, struct scrim_requests **ret,
                        struct scrim_error *error)
{
    struct scrim_requests *book = scrim_new(struct scrim_requests);
    book->log = scrim_log_named("desk.requests");
    book->acts = acts;
    book->vaults = vaults;
    book->list = scrim_new_array(SCRIM_REQUESTS_KEPT, struct scrim_request_entry *);
    pthread_mutex_init(&book->lock, NULL);
    snprintf(book->dir, sizeof book->dir, "%s", dir);
    snprintf(book->site, sizeof book->site, "%s", site);
    int result = make_folders(book, error);
    if (result >= 0)
        result = load(book, error);
    if (result < 0) {
        scrim_requests_free(book);
        return result;
    }
    book_reconcile(book);
    *ret = book;
    return SCRIM_OK;
}

// --- the thread ---

struct stale_job {
    struct scrim_job job;
    struct scrim_requests *book;
};

static void tell_stale(struct scrim_job *base)
{
    const struct stale_job *job = (const struct stale_job *)base;
    job->book->stale(job->book->stale_context);
    free(base);
}

static void tick(struct scrim_worker *worker, void *context)
{
    struct scrim_requests *book = context;
    if (scrim_vault_state_look(book->vaults)) {
        struct stale_job *job = scrim_new(struct stale_job);
        job->job.done = tell_stale;
        job->book = book;
        scrim_worker_tell(worker, &job->job);
    }
    book_inbox(book);
    book_watch(book);
}

int scrim_requests_start(struct scrim_requests *book, uv_loop_t *loop, void (*stale)(void *context),
                         void *context, struct scrim_error *error)
{
    const struct scrim_worker_config config = {.name = "requests",
                                               .max_jobs = JOBS_MAX,
                                               .context = book,
                                               .tick_us = TICK_US,
                                               .tick = tick};
    book->stale = stale;
    book->stale_context = context;
    return scrim_worker_start(loop, &config, &book->worker, error);
}

void scrim_requests_stop(struct scrim_requests *book)
{
    if (book)
        scrim_worker_stop(book->worker);
}

void scrim_requests_free(struct scrim_requests *book)
{
    if (!book)
        return;
    scrim_worker_free(book->worker);
    for (size_t i = 0; i < book->count; i++)
        request_entry_free(book->list[i]);
    free(book->list);
    pthread_mutex_destroy(&book->lock);
    free(book);
}

// --- questions ---

int64_t scrim_requests_now(struct scrim_requests *book)
{
    const int64_t clock_us = scrim_clock_utc_us(), logged_us = scrim_acts_latest_us(book->acts);
    return clock_us > logged_us ? clock_us : logged_us;
}

int scrim_requests_path(const struct scrim_requests *book, uint64_t number, const char *file,
                        char ret[SCRIM_PATH_MAX])
{
    return request_store_path(book->dir, number, file, ret, NULL);
}

bool scrim_requests_see(struct scrim_requests *book, uint64_t number, scrim_request_see see,
                        void *context)
{
    pthread_mutex_lock(&book->lock);
    const struct scrim_request_entry *entry = book_find(book, number);
    if (entry)
        see(context, entry);
    pthread_mutex_unlock(&book->lock);
    return entry != NULL;
}

void scrim_requests_each(struct scrim_requests *book, scrim_request_see see, void *context)
{
    pthread_mutex_lock(&book->lock);
    for (size_t i = book->count; i-- > 0;)
        see(context, book->list[i]);
    pthread_mutex_unlock(&book->lock);
}

static bool shares_camera(const struct scrim_request *a, const struct scrim_request *b)
{
    for (size_t i = 0; i < a->cameras_count; i++)
        for (size_t j = 0; j < b->cameras_count; j++)
            if (strcmp(a->cameras[i], b->cameras[j]) == 0)
                return true;
    return false;
}

size_t scrim_requests_beside(struct scrim_requests *book, const struct scrim_request_entry *entry,
                             int64_t now_us, uint64_t *ret, size_t max)
{
    const struct scrim_request *one = &entry->request;
    size_t found = 0;
    for (size_t i = book->count; i-- > 0 && found < max;) {
        const struct scrim_request *other = &book->list[i]->request;
        if (book->list[i] != entry && other->from_us < one->to_us && one->from_us < other->to_us &&
            shares_camera(one, other) && book_is_live(scrim_request_state(book->list[i], now_us)))
            ret[found++] = other->number;
    }
    return found;
}

// --- steps ---

enum step { STEP_MAKE, STEP_DECIDE, STEP_END, STEP_BAD, STEP_OPENED };

struct step_job {
    struct scrim_job job;
    enum step step;
    uint64_t number, act;
    struct scrim_request_wish wish;
    struct scrim_buf bytes;
    enum scrim_request_state state;
    uint8_t vault[SCRIM_VAULT_ID];
    unsigned holder;
    int64_t until_us;
    char who[96];
    char *reason;
    scrim_request_done done;
    void *context;
    struct scrim_request_told told;
};

static void work_step(struct scrim_job *base, void *context)
{
    struct step_job *job = (struct step_job *)base;
    struct scrim_requests *book = context;
    job->told.number = job->number;
    switch (job->step) {
    case STEP_MAKE: book_make(book, &job->wish, &job->told); break;
    case STEP_DECIDE: book_decide(book, job->number, &job->bytes, job->who, &job->told); break;
    case STEP_END:
        book_end(book, job->number, job->state, job->who, job->reason, &job->told);
        break;
    case STEP_BAD:
        book_bad(book, job->number, job->vault, job->holder, job->who, &job->told);
        break;
    case STEP_OPENED: book_opened(book, job->number, job->act, job->until_us, &job->told); break;
    }
}

static void free_job(struct step_job *job)
{
    scrim_buf_finish(&job->wish.segments);
    scrim_buf_finish(&job->bytes);
    free(job->reason);
    free(job);
}

static void done_step(struct scrim_job *base)
{
    struct step_job *job = (struct step_job *)base;
    job->done(job->context, &job->told);
    free_job(job);
}

static struct step_job *new_job(enum step step, uint64_t number, scrim_request_done done,
                                void *context)
{
    struct step_job *job = scrim_new(struct step_job);
    job->job = (struct scrim_job){.work = work_step, .done = done_step};
    job->step = step;
    job->number = number;
    job->done = done;
    job->context = context;
    return job;
}

static bool submit(struct scrim_requests *book, struct step_job *job)
{
    if (scrim_worker_submit(book->worker, &job->job))
        return true;
    free_job(job);
    return false;
}

bool scrim_requests_make(struct scrim_requests *book, struct scrim_request_wish *wish,
                         scrim_request_done done, void *context)
{
    struct step_job *job = new_job(STEP_MAKE, 0, done, context);
    job->wish = *wish;
    *wish = (struct scrim_request_wish){0};
    return submit(book, job);
}

bool scrim_requests_decide(struct scrim_requests *book, uint64_t number, struct scrim_buf *bytes,
                           const char *who, scrim_request_done done, void *context)
{
    struct step_job *job = new_job(STEP_DECIDE, number, done, context);
    job->bytes = *bytes;
    *bytes = (struct scrim_buf){0};
    snprintf(job->who, sizeof job->who, "%s", who);
    return submit(book, job);
}

bool scrim_requests_end(struct scrim_requests *book, uint64_t number,
                        enum scrim_request_state state, const char *who, const char *reason,
                        scrim_request_done done, void *context)
{
    struct step_job *job = new_job(STEP_END, number, done, context);
    job->state = state;
    job->reason = scrim_strdup(reason);
    snprintf(job->who, sizeof job->who, "%s", who);
    return submit(book, job);
}

bool scrim_requests_bad(struct scrim_requests *book, uint64_t number,
                        const uint8_t vault[SCRIM_VAULT_ID], unsigned holder, const char *who,
                        scrim_request_done done, void *context)
{
    struct step_job *job = new_job(STEP_BAD, number, done, context);
    memcpy(job->vault, vault, sizeof job->vault);
    job->holder = holder;
    snprintf(job->who, sizeof job->who, "%s", who);
    return submit(book, job);
}

bool scrim_requests_opened(struct scrim_requests *book, uint64_t number, uint64_t act,
                           int64_t until_us, scrim_request_done done, void *context)
{
    struct step_job *job = new_job(STEP_OPENED, number, done, context);
    job->act = act;
    job->until_us = until_us;
    return submit(book, job);
}
