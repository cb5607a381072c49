#include "desk/plans.h"

#include "base/alloc.h"
#include "base/log.h"
#include "desk/worker.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS_MAX 4
#define STATE_BYTES_MAX (4U << 20) // more than all plans and places take
#define FILE_NAME SCRIM_PLANS_DIR "/plans.json"

struct scrim_plans {
    struct scrim_log log;
    char dir[SCRIM_PATH_MAX]; // of the site
    struct scrim_acts *acts;
    struct scrim_worker *worker;
    json_t *state;     // {"v":1,"plans":[…],"places":{camera:place}}, checked
    char problem[512]; // "": none
    bool busy;         // a change is being written
};

// --- the file ---

static int image_path(const struct scrim_plans *plans, const json_t *plan, char ret[SCRIM_PATH_MAX])
{
    char below[64];
    snprintf(below, sizeof below, SCRIM_PLANS_DIR "/%s.%s",
             json_string_value(json_object_get(plan, "id")),
             json_string_value(json_object_get(plan, "kind")));
    return scrim_path_join(ret, plans->dir, below);
}

static json_t *plan_of(const json_t *state, const char *id)
{
    size_t index;
    json_t *plan;
    json_array_foreach(json_object_get(state, "plans"), index, plan)
    {
        if (strcmp(json_string_value(json_object_get(plan, "id")), id) == 0)
            return plan;
    }
    return NULL;
}

static bool is_side(const json_t *value)
{
    return json_is_integer(value) && json_integer_value(value) >= 1 &&
           json_integer_value(value) <= SCRIM_IMAGE_SIDE_MAX;
}

static bool plan_fits(const json_t *plan)
{
    const char *id = json_string_value(json_object_get(plan, "id"));
    const char *name = json_string_value(json_object_get(plan, "name"));
    const char *kind = json_string_value(json_object_get(plan, "kind"));
    enum scrim_image_kind known;
    return id && scrim_plan_id_valid(id) && name && scrim_plan_name_valid(name) && kind &&
           scrim_image_kind_parse(kind, &known) && is_side(json_object_get(plan, "width")) &&
           is_side(json_object_get(plan, "height"));
}

// What we wrote ourselves, unless somebody else changed it.
static int check_state(json_t *state, struct scrim_error *error)
{
    json_t *list = json_object_get(state, "plans"), *places = json_object_get(state, "places");
    if (json_integer_value(json_object_get(state, "v")) != 1 || !json_is_array(list) ||
        !json_is_object(places))
        return scrim_fail(error, SCRIM_EFORMAT, "it is not version 1 of a list of plans");
    size_t index;
    json_t *plan, *place;
    const char *camera;
    json_array_foreach(list, index, plan)
    {
        if (!plan_fits(plan))
            return scrim_fail(error, SCRIM_EFORMAT, "plan %zu is not as it should be", index + 1);
    }
    json_object_foreach(places, camera, place)
    {
        int result = scrim_place_check(place, error);
        const char *on = scrim_place_plan(place);
        if (result >= 0 && on && !plan_of(state, on))
            result = scrim_fail(error, SCRIM_EFORMAT, "there is no plan %s", on);
        if (result < 0)
            return scrim_fail_prefix(error, "the place of camera %s", camera);
    }
    return SCRIM_OK;
}

static int load(const struct scrim_plans *plans, const char *path, json_t **ret,
                struct scrim_error *error)
{
    struct scrim_buf text;
    scrim_buf_init(&text, STATE_BYTES_MAX);
    int result = scrim_fs_read(path, &text, error);
    if (result == SCRIM_ENOENT) {
        scrim_buf_finish(&text);
        *ret = json_pack("{s:i,s:[],s:{}}", "v", 1, "plans", "places");
        return *ret ? SCRIM_OK : scrim_fail(error, SCRIM_ENOMEM, "%s: out of memory", plans->dir);
    }
    json_error_t wrong;
    json_t *state = NULL;
    if (result >= 0) {
        state = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &wrong);
        result = state ? check_state(state, error)
                       : scrim_fail(error, SCRIM_EFORMAT, "line %d: %s", wrong.line, wrong.text);
        if (result < 0)
            scrim_fail_prefix(error, "%s", path);
    }
    scrim_buf_finish(&text);
    if (result >= 0)
        *ret = state;
    else
        json_decref(state);
    return result;
}

// --- opening and closing ---

int scrim_plans_open(const char *site_dir, struct scrim_plans **ret, struct scrim_error *error)
{
    struct scrim_plans *plans = scrim_new(struct scrim_plans);
    char path[SCRIM_PATH_MAX];
    plans->log = scrim_log_named("desk.plans");
    const int result = scrim_path_join(path, site_dir, FILE_NAME);
    if (result < 0) {
        scrim_plans_free(plans);
        return scrim_fail(error, result, "%s: path too long", site_dir);
    }
    snprintf(plans->dir, sizeof plans->dir, "%s", site_dir);
    struct scrim_error damage;
    if (load(plans, path, &plans->state, &damage) < 0) {
        snprintf(plans->problem, sizeof plans->problem, "%s", damage.text);
        scrim_error_log(&plans->log,
                        "there are no plans, for they cannot be read: %s (mend or remove the file, "
                        "then start scrimd again)",
                        damage.text);
    }
    *ret = plans;
    return SCRIM_OK;
}

int scrim_plans_start(struct scrim_plans *plans, uv_loop_t *loop, struct scrim_acts *acts,
                      struct scrim_error *error)
{
    const struct scrim_worker_config config = {
        .name = "plans", .max_jobs = JOBS_MAX, .context = plans};
    plans->acts = acts;
    return scrim_worker_start(loop, &config, &plans->worker, error);
}

void scrim_plans_stop(struct scrim_plans *plans)
{
    if (plans)
        scrim_worker_stop(plans->worker);
}

void scrim_plans_free(struct scrim_plans *plans)
{
    if (!plans)
        return;
    scrim_worker_free(plans->worker);
    json_decref(plans->state);
    free(plans);
}

// --- questions ---

json_t *scrim_plans_list(const struct scrim_plans *plans)
{
    json_t *list = json_array(), *plan;
    size_t index;
    json_array_foreach(json_object_get(plans->state, "plans"), index, plan)
    {
        json_t *told = json_deep_copy(plan);
        json_object_del(told, "kind");
        if (json_array_append_new(list, told) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

json_t *scrim_plans_place(const struct scrim_plans *plans, const char *camera)
{
    json_t *place = json_object_get(json_object_get(plans->state, "places"), camera);
    return place ? json_incref(place) : json_null();
}

bool scrim_plans_image(const struct scrim_plans *plans, const char *id,
                       char ret_path[SCRIM_PATH_MAX], enum scrim_image_kind *ret_kind)
{
    const json_t *plan = plan_of(plans->state, id);
    return plan &&
           scrim_image_kind_parse(json_string_value(json_object_get(plan, "kind")), ret_kind) &&
           image_path(plans, plan, ret_path) >= 0;
}

const char *scrim_plans_problem(const struct scrim_plans *plans)
{
    return plans->problem;
}

bool scrim_plan_name_valid(const char *name)
{
    const size_t length = strlen(name);
    json_t *string = json_string(name); // NULL if it is no UTF-8
    json_decref(string);
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        if (*c < ' ' || *c == 0x7f)
            return false;
    return string && length >= 1 && length <= SCRIM_PLAN_NAME_MAX;
}

// --- changes ---

struct change_job {
    struct scrim_job job;
    struct scrim_plans *plans;
    json_t *next; // the state as it shall be
    char *text;   // of it
    char who[96], camera[32];
    const char *what;  // static
    char *detail;      // of the act
    const void *bytes; // picture to write to `image`; NULL: none
    size_t count;
    char image[SCRIM_PATH_MAX], gone[SCRIM_PATH_MAX]; // "": none
    struct scrim_plans_answer answer;
    int result;
    struct scrim_error error;
};

static void free_change(struct change_job *job)
{
    json_decref(job->next);
    free(job->text);
    free(job->detail);
    free(job);
}

// A picture of which the list does not tell is of no use to anybody; one that stays behind when it
// cannot be removed is named in the log.
static void drop_image(const struct change_job *job, const char *path)
{
    struct scrim_error error;
    if (path[0] && scrim_fs_unlink(path, &error) < 0)
        scrim_error_log(&job->plans->log, "%s", error.text);
}

static int write_change(struct change_job *job)
{
    char path[SCRIM_PATH_MAX];
    int result = scrim_path_join(path, job->plans->dir, FILE_NAME);
    if (result >= 0 && job->bytes)
        result = scrim_fs_create(job->image, job->bytes, job->count, 0600, &job->error);
    if (result < 0)
        return result;
    result = scrim_fs_replace(path, job->text, strlen(job->text), 0600, &job->error);
    drop_image(job, result < 0 ? job->image : job->gone);
    return result;
}

static void work_change(struct scrim_job *base, void *context)
{
    struct change_job *job = (struct change_job *)base;
    const struct scrim_plans *plans = context;
    const struct scrim_act act = {.who = job->who,
                                  .what = job->what,
                                  .camera = job->camera[0] ? job->camera : NULL,
                                  .detail = job->detail};
    uint64_t id;
    job->result = scrim_acts_begin(plans->acts, &act, &id, &job->error);
    if (job->result < 0)
        return;
    job->result = write_change(job);
    if (job->result < 0)
        scrim_acts_failed(plans->acts, id, job->error.text);
}

static void done_change(struct scrim_job *base)
{
    struct change_job *job = (struct change_job *)base;
    struct scrim_plans *plans = job->plans;
    plans->busy = false;
    if (job->result >= 0) {
        json_decref(plans->state);
        plans->state = json_incref(job->next);
    } else {
        scrim_error_log(&plans->log, "%s by %s is not done: %s", job->what, job->who,
                        job->error.text);
    }
    job->answer.done(job->answer.context, job->result, &job->error);
    free_change(job);
}

// A change to be filled in, with a state of its own to change. SCRIM_EFORMAT, SCRIM_EBUSY.
static int begin(struct scrim_plans *plans, const char *who, const char *what,
                 struct scrim_plans_answer answer, struct change_job **ret)
{
    if (!plans->state)
        return SCRIM_EFORMAT;
    if (plans->busy)
        return SCRIM_EBUSY;
    struct change_job *job = scrim_new(struct change_job);
    job->job = (struct scrim_job){.work = work_change, .done = done_change};
    job->plans = plans;
    job->next = json_deep_copy(plans->state);
    snprintf(job->who, sizeof job->who, "%s", who);
    job->what = what;
    job->answer = answer;
    *ret = job;
    return SCRIM_OK;
}

// Hands the change over, or frees it. `detail` is taken over.
static int submit(struct change_job *job, int result, json_t *detail)
{
    struct scrim_plans *plans = job->plans;
    job->detail = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    json_decref(detail);
    job->text = json_dumps(job->next, JSON_COMPACT | JSON_SORT_KEYS);
    if (result >= 0 && (!job->text || !job->detail))
        result = SCRIM_ENOMEM;
    if (result >= 0 && !scrim_worker_submit(plans->worker, &job->job))
        result = SCRIM_EBUSY;
    plans->busy |= result >= 0;
    if (result < 0)
        free_change(job);
    return result;
}

static void make_id(char ret[SCRIM_PLAN_ID_TEXT])
{
    uint8_t random[(SCRIM_PLAN_ID_TEXT - 1) / 2];
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(ret, SCRIM_PLAN_ID_TEXT, random, sizeof random);
}

int scrim_plans_add(struct scrim_plans *plans, const char *who,
                    const struct scrim_plan_upload *upload, char ret_id[SCRIM_PLAN_ID_TEXT],
                    struct scrim_plans_answer answer)
{
    struct change_job *job;
    int result = begin(plans, who, "plan.add", answer, &job);
    if (result < 0)
        return result;
    make_id(ret_id);
    json_t *list = json_object_get(job->next, "plans");
    json_t *plan = json_pack("{s:s,s:s,s:s,s:i,s:i}", "id", ret_id, "name", upload->name, "kind",
                             scrim_image_extension(upload->head.kind), "width",
                             (int)upload->head.width, "height", (int)upload->head.height);
    job->bytes = upload->bytes;
    job->count = upload->count;
    if (json_array_size(list) >= SCRIM_PLANS_MAX)
        result = SCRIM_ENOSPACE;
    else if (!plan || json_array_append(list, plan) < 0)
        result = SCRIM_ENOMEM;
    else
        result = image_path(plans, plan, job->image);
    return submit(job, result, plan);
}

int scrim_plans_remove(struct scrim_plans *plans, const char *who, const char *id,
                       struct scrim_plans_answer answer)
{
    struct change_job *job;
    int result = begin(plans, who, "plan.remove", answer, &job);
    if (result < 0)
        return result;
    json_t *list = json_object_get(job->next, "plans");
    json_t *plan = json_incref(plan_of(job->next, id)), *places, *place;
    const char *camera;
    void *next;
    result = plan ? image_path(plans, plan, job->gone) : SCRIM_ENOENT;
    for (size_t i = 0; plan && i < json_array_size(list); i++)
        if (json_array_get(list, i) == plan)
            json_array_remove(list, i--);
    places = json_object_get(job->next, "places");
    json_object_foreach_safe(places, next, camera, place)
    {
        const char *on = scrim_place_plan(place);
        if (on && strcmp(on, id) == 0)
            json_object_del(places, camera);
    }
    return submit(job, result, plan);
}

int scrim_plans_put(struct scrim_plans *plans, const char *who, const char *camera,
                    const json_t *place, struct scrim_plans_answer answer)
{
    struct change_job *job;
    int result = begin(plans, who, place ? "place.set" : "place.remove", answer, &job);
    if (result < 0)
        return result;
    snprintf(job->camera, sizeof job->camera, "%s", camera);
    json_t *places = json_object_get(job->next, "places");
    json_t *before = json_incref(json_object_get(places, camera));
    const char *on = place ? scrim_place_plan(place) : NULL;
    if ((on && !plan_of(job->next, on)) || (!place && !before))
        result = SCRIM_ENOENT;
    else if (!place)
        json_object_del(places, camera);
    else if (!before && json_object_size(places) >= SCRIM_PLACES_MAX)
        result = SCRIM_ENOSPACE;
    else if (json_object_set_new(places, camera, json_deep_copy(place)) < 0)
        result = SCRIM_ENOMEM;
    json_t *after = place ? json_deep_copy(place) : json_null();
    return submit(job, result,
                  json_pack("{s:o,s:o}", "before", before ? before : json_null(), "after", after));
}
