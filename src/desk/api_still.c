// GET /cameras/{camera}/still: the one key frame that shows a moment, for pictures while scrubbing.
#include "desk/api.h"
#include "desk/film.h"
#include "desk/past.h"
#include "store/layout.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <stdlib.h>

#define STILL_MAX (8U << 20) // bytes: init segment and one frame

struct still_job {
    struct scrim_job job;
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    struct past_camera camera;
    int64_t at_us, shown_us;
    struct scrim_buf film;
    int result;
    struct scrim_error error;
};

// The file that shows a moment. SCRIM_ENOENT if none does.
static int find_file(const struct still_job *still, struct scrim_index *index,
                     struct scrim_archive_file *ret, struct scrim_error *error)
{
    struct scrim_archive_file *files = NULL;
    size_t count = 0;
    if (past_recent_at(&still->camera, still->at_us, ret))
        return SCRIM_OK;
    const int result = scrim_index_archive_files(index, still->camera.id, still->at_us,
                                                 still->at_us + 1, 1, &files, &count, error);
    if (result >= 0 && count > 0)
        *ret = files[0];
    free(files);
    return result >= 0 && count == 0 ? SCRIM_ENOENT : result;
}

static int read_still(struct still_job *still, const struct scrim_archive_file *file,
                      struct scrim_error *error)
{
    struct scrim_film film;
    struct scrim_film_fragment fragment;
    char path[SCRIM_PATH_MAX];
    if (scrim_veil_path(path, still->desk->site.dir, still->camera.id, file->file) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", still->desk->site.dir);
    int result = scrim_film_open(&film, path, file->bytes, error);
    if (result >= 0)
        result = scrim_film_key_before(&film, file->first_pts_us + still->at_us - file->start_us,
                                       &fragment, error);
    if (result >= 0)
        result = scrim_buf_append(&still->film, film.init.data, film.init.len);
    if (result >= 0)
        result = scrim_film_read(&film, fragment.offset, fragment.bytes, &still->film, error);
    if (result >= 0)
        still->shown_us = file->start_us - file->first_pts_us +
                          scrim_fmp4_us(fragment.head.from, film.track.timescale);
    scrim_film_finish(&film);
    return result;
}

static void work_still(struct scrim_job *job, void *index)
{
    struct still_job *still = (struct still_job *)job;
    struct scrim_archive_file file;
    still->result = find_file(still, index, &file, &still->error);
    if (still->result >= 0)
        still->result = read_still(still, &file, &still->error);
}

static void reply(struct still_job *still)
{
    char at[24];
    snprintf(at, sizeof at, "%" PRId64, still->shown_us / 1000);
    if (still->result >= 0 && scrim_http_add_header(still->request, "Scrim-At", at) >= 0) {
        scrim_http_reply_bytes(still->request, 200, "video/mp4", &still->film);
    } else if (still->result == SCRIM_ENOENT || still->result == SCRIM_EEND) {
        scrim_api_refuse(still->request, 404, "not_found", "There is no picture of that moment.");
    } else {
        scrim_error_log(&still->desk->log, "no still of %s: %s", still->camera.id,
                        still->error.text);
        scrim_api_refuse(still->request, 500, "internal", "The picture cannot be read.");
    }
}

static void done_still(struct scrim_job *job)
{
    struct still_job *still = (struct still_job *)job;
    reply(still);
    scrim_buf_finish(&still->film);
    free(still);
}

void scrim_api_still(void *context, struct scrim_http_request *request)
{
    static const struct scrim_http_problem busy = {.status = 503,
                                                   .code = "overload",
                                                   .text = "Too many questions wait for the index.",
                                                   .retry_after_s = 1};
    struct scrim_desk *desk = context;
    unsigned camera;
    int64_t at_ms;
    if (!scrim_desk_camera(desk, scrim_http_param(request, 0), &camera)) {
        past_refuse_camera(request);
        return;
    }
    if (!past_parse_ms(scrim_http_query(request, "at"), &at_ms)) {
        scrim_api_refuse(request, 400, "malformed", "at must be a time in ms.");
        return;
    }
    struct still_job *still = scrim_new(struct still_job);
    still->job = (struct scrim_job){.work = work_still, .done = done_still};
    still->desk = desk;
    still->request = request;
    still->at_us = at_ms * 1000;
    past_camera_of(desk, camera, &still->camera);
    scrim_buf_init(&still->film, STILL_MAX);
    if (scrim_worker_submit(desk->query, &still->job))
        return;
    scrim_http_reply_problem(request, &busy);
    scrim_buf_finish(&still->film);
    free(still);
}
