#include "desk/areas.h"

#include "base/alloc.h"
#include "base/log.h"
#include "desk/worker.h"
#include "people/sessions.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS_MAX 4

struct drawn {
    struct scrim_area_set set;
    bool known;
    char problem[512];
    bool taken; // the veil covers what `set` says
};

struct scrim_areas {
    struct scrim_log log;
    const struct scrim_site *site;
    struct scrim_peers *peers;
    struct scrim_acts *acts;
    struct scrim_worker *worker;
    struct drawn *cameras;
    bool busy; // a change is being written
};

static const struct scrim_camera_config *config_of(const struct scrim_areas *areas, unsigned camera)
{
    return &areas->site->config->cameras[camera];
}

// --- opening and closing ---

static void load(struct scrim_areas *areas, unsigned camera)
{
    struct scrim_error error;
    struct drawn *drawn = &areas->cameras[camera];
    drawn->known = scrim_area_set_load(areas->site->dir, config_of(areas, camera)->id, &drawn->set,
                                       &error) >= 0;
    if (drawn->known)
        return;
    snprintf(drawn->problem, sizeof drawn->problem, "%s", error.text);
    scrim_error_log(&areas->log,
                    "camera %s is opaque, for its masks cannot be read: %s (mend or remove the "
                    "file, then start scrimd again)",
                    config_of(areas, camera)->id, error.text);
}

void scrim_areas_open(const struct scrim_site *site, struct scrim_acts *acts,
                      struct scrim_areas **ret)
{
    struct scrim_areas *areas = scrim_new(struct scrim_areas);
    areas->log = scrim_log_named("desk.areas");
    areas->site = site;
    areas->acts = acts;
    areas->cameras = scrim_new_array(site->config->cameras_count + 1, struct drawn);
    for (unsigned i = 0; i < site->config->cameras_count; i++)
        load(areas, i);
    *ret = areas;
}

int scrim_areas_start(struct scrim_areas *areas, uv_loop_t *loop, struct scrim_peers *peers,
                      struct scrim_error *error)
{
    const struct scrim_worker_config config = {
        .name = "areas", .max_jobs = JOBS_MAX, .context = areas};
    areas->peers = peers;
    return scrim_worker_start(loop, &config, &areas->worker, error);
}

void scrim_areas_stop(struct scrim_areas *areas)
{
    if (areas)
        scrim_worker_stop(areas->worker);
}

void scrim_areas_free(struct scrim_areas *areas)
{
    if (!areas)
        return;
    scrim_worker_free(areas->worker);
    free(areas->cameras);
    free(areas);
}

// --- questions ---

const struct scrim_area_set *scrim_areas_drawn(const struct scrim_areas *areas, unsigned camera)
{
    const struct drawn *drawn = &areas->cameras[camera];
    return drawn->known ? &drawn->set : NULL;
}

bool scrim_areas_applied(const struct scrim_areas *areas, unsigned camera)
{
    return areas->cameras[camera].known && areas->cameras[camera].taken;
}

const char *scrim_areas_problem(const struct scrim_areas *areas, unsigned camera)
{
    return areas->cameras[camera].problem;
}

// --- the veil ---

static void tell_veil(struct scrim_areas *areas, unsigned camera)
{
    struct drawn *drawn = &areas->cameras[camera];
    struct scrim_buf body;
    drawn->taken = false;
    scrim_buf_init(&body, sizeof(uint64_t) + SCRIM_AREA_SET_BYTES);
    int result = scrim_buf_append_u64(&body, drawn->set.revision);
    if (result >= 0 && drawn->known)
        result = scrim_area_set_format(&drawn->set, &body);
    if (result >= 0)
        scrim_peers_tell(areas->peers, camera, SCRIM_LINK_AREAS, body.data, body.len);
    else // then the veil says nothing, and the change does not count as applied
        scrim_error_log(&areas->log, "camera %s: its areas cannot be told to the veil: %s",
                        config_of(areas, camera)->id, scrim_err_text(result));
    scrim_buf_finish(&body);
}

void scrim_areas_worker_here(struct scrim_areas *areas, unsigned camera)
{
    tell_veil(areas, camera);
}

void scrim_areas_worker_gone(struct scrim_areas *areas, unsigned camera)
{
    areas->cameras[camera].taken = false;
}

void scrim_areas_taken(struct scrim_areas *areas, unsigned camera, uint64_t revision,
                       bool understood)
{
    struct drawn *drawn = &areas->cameras[camera];
    if (revision != drawn->set.revision)
        return; // of an earlier change: the answer to the later one is on its way
    drawn->taken = understood;
    if (!understood && drawn->known)
        scrim_error_log(&areas->log, "camera %s: the veil does not understand its areas",
                        config_of(areas, camera)->id);
}

// --- changes ---

struct change_job {
    struct scrim_job job;
    struct scrim_areas *areas;
    unsigned camera;
    struct scrim_area_set set; // as it shall be
    char who[96];
    bool takes_away;
    struct scrim_buf detail; // for the log, NUL-terminated
    scrim_areas_done done;
    void *context;
    int result;
    struct scrim_error error;
};

static int append_area(struct scrim_buf *out, const char *member, const struct scrim_area *area)
{
    int result = scrim_buf_printf(out, ",\"%s\":", member);
    if (result < 0 || !area)
        return result < 0 ? result : scrim_buf_append_text(out, "null");
    result =
        scrim_buf_printf(out, "{\"kind\":\"%s\",\"points\":", scrim_area_kind_text(area->kind));
    if (result >= 0)
        result = scrim_area_format_points(area, out);
    return result < 0 ? result : scrim_buf_append_text(out, "}");
}

// {"name":…,"revision":…,"before":…,"after":…}. Names of areas need no escapes.
static int write_detail(struct change_job *job, const struct scrim_area_change *change,
                        const struct scrim_area *before)
{
    struct scrim_buf *out = &job->detail;
    scrim_buf_init(out, SCRIM_RECORD_JSON);
    int result = scrim_buf_printf(out, "{\"name\":\"%s\",\"revision\":%llu", change->name,
                                  (unsigned long long)job->set.revision);
    if (result >= 0)
        result = append_area(out, "before", before);
    if (result >= 0)
        result = append_area(out, "after", change->area);
    if (result >= 0)
        result = scrim_buf_append(out, "}", 2); // with its NUL
    return result;
}

// Logged first: a change of which no log tells is never made. If it cannot be made after that, the
// log says that, too.
static void work_change(struct scrim_job *base, void *context)
{
    struct change_job *job = (struct change_job *)base;
    const struct scrim_areas *areas = context;
    const char *camera = config_of(areas, job->camera)->id;
    const struct scrim_act act = {.who = job->who,
                                  .what = job->takes_away ? "area.remove" : "area.draw",
                                  .camera = camera,
                                  .detail = (const char *)job->detail.data};
    uint64_t id;
    job->result = scrim_acts_begin(areas->acts, &act, &id, &job->error);
    if (job->result < 0)
        return;
    job->result = scrim_area_set_save(areas->site->dir, camera, &job->set, &job->error);
    if (job->result < 0)
        scrim_acts_failed(areas->acts, id, job->error.text);
}

static void done_change(struct scrim_job *base)
{
    struct change_job *job = (struct change_job *)base;
    struct scrim_areas *areas = job->areas;
    areas->busy = false;
    if (job->result >= 0) {
        areas->cameras[job->camera].set = job->set;
        tell_veil(areas, job->camera);
    } else {
        scrim_error_log(&areas->log, "camera %s: a change of its areas is not made: %s",
                        config_of(areas, job->camera)->id, job->error.text);
    }
    job->done(job->context, job->result, &job->error);
    scrim_buf_finish(&job->detail);
    free(job);
}

// The set as it shall be. As scrim_areas_change.
static int apply(const struct scrim_camera_config *config, const struct scrim_area_change *change,
                 struct scrim_area_set *set)
{
    struct scrim_area *old = NULL;
    for (unsigned i = 0; i < set->count && !old; i++)
        old = strcmp(set->list[i].name, change->name) == 0 ? &set->list[i] : NULL;
    if (!old && scrim_area_find(config->areas, config->areas_count, change->name))
        return SCRIM_EEXIST;
    if (!change->area && !old)
        return SCRIM_ENOENT;
    if (!change->area) {
        *old = set->list[--set->count];
    } else if (old) {
        *old = *change->area;
    } else {
        if (set->count + config->areas_count >= SCRIM_AREAS_MAX)
            return SCRIM_ENOSPACE;
        set->list[set->count++] = *change->area;
    }
    set->revision++;
    return SCRIM_OK;
}

int scrim_areas_change(struct scrim_areas *areas, unsigned camera,
                       const struct scrim_area_change *change, scrim_areas_done done, void *context)
{
    const struct drawn *drawn = &areas->cameras[camera];
    if (!drawn->known)
        return SCRIM_EFORMAT;
    if (areas->busy)
        return SCRIM_EBUSY;
    struct change_job *job = scrim_new(struct change_job);
    job->job = (struct scrim_job){.work = work_change, .done = done_change};
    job->areas = areas;
    job->camera = camera;
    job->set = drawn->set;
    job->takes_away = !change->area;
    snprintf(job->who, sizeof job->who, "%s", change->user);
    job->done = done;
    job->context = context;
    int result = apply(config_of(areas, camera), change, &job->set);
    if (result >= 0)
        result = write_detail(job, change,
                              scrim_area_find(drawn->set.list, drawn->set.count, change->name));
    if (result >= 0 && !scrim_worker_submit(areas->worker, &job->job))
        result = SCRIM_EBUSY;
    areas->busy |= result >= 0;
    if (result < 0) {
        scrim_buf_finish(&job->detail);
        free(job);
    }
    return result;
}
