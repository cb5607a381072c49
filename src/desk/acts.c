#include "desk/acts.h"

#include "base/alloc.h"
#include "base/log.h"
#include "store/act_log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define JOBS_MAX 1024
#define NOTES_MAX 20000

struct scrim_acts {
    struct scrim_log log;
    pthread_mutex_t lock; // of `file`; the loop's thread never takes it
    struct scrim_act_log *file;
    struct scrim_act_note *notes; // with `lock`: the newest, a ring
    size_t notes_next, notes_count;
    int64_t latest_us; // with `lock`: of all lines that were looked at
    struct scrim_worker *worker;
};

// --- what happened to cameras ---

static void add_note(struct scrim_acts *acts, const struct scrim_act_note *note)
{
    acts->notes[acts->notes_next] = *note;
    acts->notes_next = (acts->notes_next + 1) % NOTES_MAX;
    acts->notes_count += acts->notes_count < NOTES_MAX;
}

static void note_camera(struct scrim_acts *acts, struct scrim_act_note *note, const char *camera)
{
    snprintf(note->camera, sizeof note->camera, "%s", camera);
    add_note(acts, note);
}

// What was done to the record's camera, or to each of its detail's `cameras`.
static void note_record(struct scrim_acts *acts, const struct scrim_record *record)
{
    struct scrim_act_note note = {.id = record->seq, .at_us = record->start_us};
    const bool of_cameras = record->camera[0] || strstr(record->json, "\"cameras\":[");
    json_error_t ignored;
    json_t *entry = of_cameras ? json_loads(record->json, 0, &ignored) : NULL;
    const char *what = json_string_value(json_object_get(entry, "what"));
    const char *who = json_string_value(json_object_get(entry, "who"));
    const json_t *cameras = json_object_get(json_object_get(entry, "detail"), "cameras");
    if (record->start_us > acts->latest_us)
        acts->latest_us = record->start_us;
    if (what) {
        snprintf(note.what, sizeof note.what, "%s", what);
        snprintf(note.who, sizeof note.who, "%s", who ? who : "");
        if (record->camera[0])
            note_camera(acts, &note, record->camera);
        for (size_t i = 0; !record->camera[0] && i < json_array_size(cameras); i++)
            if (json_is_string(json_array_get(cameras, i)))
                note_camera(acts, &note, json_string_value(json_array_get(cameras, i)));
    }
    json_decref(entry);
}

static void load_notes(struct scrim_acts *acts)
{
    const uint64_t count = scrim_act_log_count(acts->file);
    for (uint64_t i = count > NOTES_MAX ? count - NOTES_MAX : 0; i < count; i++) {
        struct scrim_record record;
        struct scrim_error error;
        if (scrim_act_log_peek(acts->file, i, &record, &error) >= 0)
            note_record(acts, &record);
        else
            scrim_warn(&acts->log, "%s", error.text);
    }
}

static bool note_fits(const struct scrim_act_note *note, const char *camera, const char *what,
                      const struct scrim_index_range *range)
{
    return note->at_us >= range->from_us && note->at_us < range->to_us &&
           strcmp(note->camera, camera) == 0 && strncmp(note->what, what, strlen(what)) == 0;
}

size_t scrim_acts_notes(struct scrim_acts *acts, const char *camera, const char *what,
                        const struct scrim_index_range *range, struct scrim_act_note *ret)
{
    size_t found = 0;
    pthread_mutex_lock(&acts->lock);
    const size_t oldest = acts->notes_next + NOTES_MAX - acts->notes_count;
    for (size_t i = 0; i < acts->notes_count && found < range->limit; i++) {
        const size_t nth = range->backwards ? acts->notes_count - 1 - i : i;
        const struct scrim_act_note *note = &acts->notes[(oldest + nth) % NOTES_MAX];
        if (note_fits(note, camera, what, range))
            ret[found++] = *note;
    }
    pthread_mutex_unlock(&acts->lock);
    return found;
}

int64_t scrim_acts_latest_us(struct scrim_acts *acts)
{
    pthread_mutex_lock(&acts->lock);
    const int64_t latest_us = acts->latest_us;
    pthread_mutex_unlock(&acts->lock);
    return latest_us;
}

// --- opening and closing ---

int scrim_acts_open(const char *dir, const char *site, struct scrim_acts **ret,
                    struct scrim_error *error)
{
    struct scrim_acts *acts = scrim_new(struct scrim_acts);
    acts->log = scrim_log_named("desk.acts");
    pthread_mutex_init(&acts->lock, NULL);
    acts->notes = scrim_new_array(NOTES_MAX, struct scrim_act_note);
    const int result = scrim_act_log_open(dir, site, &scrim_log_of_acts, &acts->file, error);
    if (result < 0) {
        scrim_acts_free(acts);
        return result;
    }
    load_notes(acts);
    *ret = acts;
    return SCRIM_OK;
}

int scrim_acts_start(struct scrim_acts *acts, uv_loop_t *loop, struct scrim_error *error)
{
    const struct scrim_worker_config config = {
        .name = "acts", .max_jobs = JOBS_MAX, .context = acts};
    return scrim_worker_start(loop, &config, &acts->worker, error);
}

void scrim_acts_stop(struct scrim_acts *acts)
{
    if (acts)
        scrim_worker_stop(acts->worker);
}

void scrim_acts_free(struct scrim_acts *acts)
{
    if (!acts)
        return;
    scrim_worker_free(acts->worker);
    scrim_act_log_close(acts->file);
    pthread_mutex_destroy(&acts->lock);
    free(acts->notes);
    free(acts);
}

// --- lines ---

// An object without the members whose value is NULL, as text; NULL without memory, or if `detail`
// is no object. Free it with free().
static char *entry_text(json_t *owned, const char *detail)
{
    json_error_t ignored;
    json_t *parsed = detail ? json_loads(detail, JSON_REJECT_DUPLICATES, &ignored) : NULL;
    char *text = NULL;
    if (owned &&
        (!detail || (json_is_object(parsed) && json_object_set(owned, "detail", parsed) == 0)))
        text = json_dumps(owned, JSON_COMPACT);
    json_decref(parsed);
    json_decref(owned);
    return text;
}

static char *intent_text(const struct scrim_act *act)
{
    return entry_text(
        json_pack("{s:s,s:s?,s:s*}", "what", act->what, "who", act->who, "reason", act->reason),
        act->detail);
}

static char *outcome_text(uint64_t id, const char *outcome, const char *words, const char *detail)
{
    return entry_text(
        json_pack("{s:I,s:s,s:s*}", "of", (json_int_t)id, "outcome", outcome, "words", words),
        detail);
}

// Takes `text` over.
static int append(struct scrim_acts *acts, const char *camera, char *text, uint64_t *ret_id,
                  struct scrim_error *error)
{
    if (!text)
        return scrim_fail(error, SCRIM_EINVAL, "the act cannot be put into words for the log");
    struct scrim_record record;
    pthread_mutex_lock(&acts->lock);
    const int result = scrim_act_log_append(acts->file, camera ? camera : "", text, ret_id, error);
    if (result >= 0 && scrim_act_log_peek(acts->file, *ret_id, &record, NULL) >= 0)
        note_record(acts, &record);
    pthread_mutex_unlock(&acts->lock);
    free(text);
    return result;
}

int scrim_acts_begin(struct scrim_acts *acts, const struct scrim_act *act, uint64_t *ret_id,
                     struct scrim_error *error)
{
    return append(acts, act->camera, intent_text(act), ret_id, error);
}

int scrim_acts_hash(struct scrim_acts *acts, uint64_t id, uint8_t ret[32],
                    struct scrim_error *error)
{
    pthread_mutex_lock(&acts->lock);
    const int result = scrim_act_log_hash(acts->file, id, ret, error);
    pthread_mutex_unlock(&acts->lock);
    return result;
}

void scrim_acts_failed(struct scrim_acts *acts, uint64_t id, const char *words)
{
    struct scrim_error error;
    uint64_t line;
    if (append(acts, NULL, outcome_text(id, "failed", words, NULL), &line, &error) < 0)
        scrim_error_log(&acts->log, "act %llu failed (%s), and the log of acts cannot say so: %s",
                        (unsigned long long)id, words, error.text);
}

int scrim_acts_done(struct scrim_acts *acts, uint64_t id, const char *detail,
                    struct scrim_error *error)
{
    uint64_t line;
    return append(acts, NULL, outcome_text(id, "done", NULL, detail), &line, error);
}

// --- for the loop ---

struct act_job {
    struct scrim_job job;
    struct scrim_acts *acts;
    char *text, *camera;        // NULL for none
    char *what;                 // for the program's log
    scrim_acts_written written; // NULL: nobody waits
    void *context;
    uint64_t id;
    int result;
    struct scrim_error error;
};

static void free_job(struct act_job *job)
{
    free(job->text);
    free(job->camera);
    free(job->what);
    free(job);
}

static void work_act(struct scrim_job *base, void *context)
{
    struct act_job *job = (struct act_job *)base;
    job->result = append(context, job->camera, job->text, &job->id, &job->error);
    job->text = NULL;
}

static void complain(const struct act_job *job, const char *why)
{
    scrim_error_log(&job->acts->log, "%s is not in the log of acts: %s", job->what, why);
}

static void done_act(struct scrim_job *base)
{
    struct act_job *job = (struct act_job *)base;
    if (job->result < 0)
        complain(job, job->error.text);
    if (job->written)
        job->written(job->context, job->result, job->id, &job->error);
    free_job(job);
}

// Takes `text` over.
static struct act_job *new_job(struct scrim_acts *acts, const char *what, const char *camera,
                               char *text)
{
    struct act_job *job = scrim_new(struct act_job);
    job->job = (struct scrim_job){.work = work_act, .done = done_act};
    job->acts = acts;
    job->text = text;
    job->what = strdup(what);
    job->camera = camera ? strdup(camera) : NULL;
    return job;
}

int scrim_acts_ask(struct scrim_acts *acts, const struct scrim_act *act, scrim_acts_written written,
                   void *context)
{
    struct act_job *job = new_job(acts, act->what, act->camera, intent_text(act));
    job->written = written;
    job->context = context;
    if (scrim_worker_submit(acts->worker, &job->job))
        return SCRIM_OK;
    free_job(job);
    return SCRIM_EBUSY;
}

static void submit_or_say(struct scrim_acts *acts, struct act_job *job)
{
    if (scrim_worker_submit(acts->worker, &job->job))
        return;
    complain(job, "too many acts wait to be written");
    free_job(job);
}

void scrim_acts_add(struct scrim_acts *acts, const struct scrim_act *act)
{
    submit_or_say(acts, new_job(acts, act->what, act->camera, intent_text(act)));
}

void scrim_acts_tell_failed(struct scrim_acts *acts, uint64_t id, const char *words)
{
    submit_or_say(acts, new_job(acts, words, NULL, outcome_text(id, "failed", words, NULL)));
}

// --- reading back ---

// Entries of the time when only areas were logged: {"event":"area","user",…} and
// {"event":"area-failed"}.
static void translate_old(json_t *entry)
{
    const char *event = json_string_value(json_object_get(entry, "event"));
    if (!event)
        return;
    json_t *detail = json_copy(entry);
    if (strcmp(event, "area") == 0)
        json_object_set_new(entry, "what", json_string("area.change"));
    else
        json_object_set_new(entry, "outcome", json_string("failed"));
    json_object_set(entry, "who", json_object_get(entry, "user"));
    json_object_set_new(entry, "detail", detail);
}

static json_t *line_json(const struct scrim_record *record)
{
    static const char *const of_intent[] = {"who", "what", "reason", "detail", NULL};
    static const char *const of_outcome[] = {"of", "outcome", "words", "detail", NULL};
    json_error_t ignored;
    json_t *entry = json_loads(record->json, 0, &ignored);
    json_t *line = json_pack("{s:I,s:I}", "id", (json_int_t)record->seq, "at",
                             (json_int_t)(record->start_us / 1000));
    translate_old(entry);
    const bool outcome = json_object_get(entry, "outcome") != NULL;
    const char *const *members = outcome ? of_outcome : of_intent;
    for (size_t i = 0; members[i]; i++) {
        json_t *value = json_object_get(entry, members[i]);
        json_object_set_new(line, members[i], value ? json_incref(value) : json_null());
    }
    if (!outcome)
        json_object_set_new(line, "camera",
                            record->camera[0] ? json_string(record->camera) : json_null());
    json_decref(entry);
    return line;
}

int scrim_acts_list(struct scrim_acts *acts, uint64_t before, size_t limit, json_t **ret,
                    struct scrim_error *error)
{
    json_t *list = json_array();
    int result = SCRIM_OK;
    pthread_mutex_lock(&acts->lock);
    const uint64_t count = scrim_act_log_count(acts->file);
    if (before == 0 || before > count)
        before = count;
    while (before-- > 0 && result >= 0 && json_array_size(list) < limit) {
        struct scrim_record record;
        result = scrim_act_log_read(acts->file, before, &record, error);
        if (result >= 0)
            json_array_append_new(list, line_json(&record));
    }
    pthread_mutex_unlock(&acts->lock);
    if (result < 0)
        json_decref(list);
    else
        *ret = list;
    return result;
}
