// The map of the site: one PMTiles file that the site put at map/tiles.pmtiles. It may come, go and
// be replaced while scrimd runs, so it is looked at for each question.
#include "desk/api.h"

#include "base/alloc.h"
#include "desk/pmtiles.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct map_job {
    struct scrim_job job;
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    char path[SCRIM_PATH_MAX];
    struct scrim_pmtiles_header header;
    int result;
    struct scrim_error error;
};

static bool tiles_path(const struct scrim_desk *desk, char ret[SCRIM_PATH_MAX])
{
    return scrim_path_join(ret, desk->site.dir, "map/tiles.pmtiles") >= 0;
}

static void work_look(struct scrim_job *base, void *context)
{
    (void)context;
    struct map_job *job = (struct map_job *)base;
    uint8_t head[SCRIM_PMTILES_HEADER];
    SCRIM_AUTO(scrim_close_fd)
    int fd = scrim_fs_open(job->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, &job->error);
    job->result = fd;
    if (fd < 0)
        return;
    const ssize_t count = pread(fd, head, sizeof head, 0);
    job->result = count < 0 ? scrim_fail(&job->error, SCRIM_EIO, "%s: cannot be read", job->path)
                            : scrim_pmtiles_parse(head, (size_t)count, &job->header, &job->error);
}

static void done_look(struct scrim_job *base)
{
    struct map_job *job = (struct map_job *)base;
    const struct scrim_pmtiles_header *head = &job->header;
    if (job->result >= 0) {
        scrim_http_reply_json(job->request, 200,
                              json_pack("{s:b,s:s,s:i,s:i,s:[f,f,f,f]}", "tiles", 1, "kind",
                                        head->tiles, "min_zoom", (int)head->min_zoom, "max_zoom",
                                        (int)head->max_zoom, "bounds", head->west, head->south,
                                        head->east, head->north));
    } else {
        if (job->result != SCRIM_ENOENT)
            scrim_error_log(&job->desk->log, "there is no map: map/tiles.pmtiles: %s",
                            job->error.text);
        scrim_http_reply_json(job->request, 200,
                              json_pack("{s:b,s:n,s:n,s:n,s:n}", "tiles", 0, "kind", "min_zoom",
                                        "max_zoom", "bounds"));
    }
    free(job);
}

void scrim_api_map(void *context, struct scrim_http_request *request)
{
    static const struct scrim_http_problem busy = {
        .status = 503, .code = "overload", .text = "Too many questions wait.", .retry_after_s = 1};
    struct scrim_desk *desk = context;
    struct map_job *job = scrim_new(struct map_job);
    job->job = (struct scrim_job){.work = work_look, .done = done_look};
    job->desk = desk;
    job->request = request;
    if (tiles_path(desk, job->path) && scrim_worker_submit(desk->query, &job->job))
        return;
    free(job);
    scrim_http_reply_problem(request, &busy);
}

void scrim_api_map_tiles(void *context, struct scrim_http_request *request)
{
    char path[SCRIM_PATH_MAX];
    if (tiles_path(context, path))
        scrim_http_reply_file(request, path, "application/vnd.pmtiles");
    else
        scrim_api_refuse(request, 404, "not_found", "There is no map.");
}
