#include "desk/export_film.h"

#include "base/alloc.h"
#include "desk/film.h"
#include "store/layout.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAMPLES_MAX (3U << 20) // a day at 30 frames a second, and some
#define HEAD_MAX (64U << 20)   // bytes of ftyp and moov
#define WRITE_BYTES (1U << 20)
#define FRAME_MAX (8U << 20)
#define GAP_US SCRIM_SECOND
#define PROGRESS_READ 200 // of 1000: what looking through the files counts

struct making {
    const struct export_plan *plan;
    atomic_uint *progress;
    const atomic_bool *cancel;
    struct export_result *ret;
    struct scrim_buf samples; // of struct export_sample
    struct scrim_buf entries; // the stsd box of the first file
    uint32_t width, height;
    int64_t end_us; // UTC of the end of the sample added last
    int64_t ticks;  // from the first sample to the last
};

static int veil_path(const struct export_plan *plan, size_t file, char ret[SCRIM_PATH_MAX],
                     struct scrim_error *error)
{
    return scrim_veil_path(ret, plan->dir, plan->camera, plan->files[file].file) < 0
               ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", plan->dir)
               : SCRIM_OK;
}

static int open_source(const struct export_plan *plan, size_t file, struct scrim_film *film,
                       struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    *film = (struct scrim_film){.fd = -1};
    int result = veil_path(plan, file, path, error);
    if (result >= 0)
        result = scrim_film_open(film, path, plan->files[file].bytes, error);
    if (result == SCRIM_ENOENT)
        scrim_fail(error, result,
                   "its recordings have meanwhile come to the end of their retention");
    return result;
}

// --- one picture in all of it? ---

static int refuse_change(const struct export_plan *plan, size_t file, struct scrim_error *error)
{
    char from[SCRIM_TIME_TEXT], at[SCRIM_TIME_TEXT], to[SCRIM_TIME_TEXT];
    const int64_t at_us = plan->files[file].start_us;
    scrim_time_format(plan->from_us, from);
    scrim_time_format(at_us - at_us % 1000, at);
    scrim_time_format(plan->to_us, to);
    return scrim_fail(error, SCRIM_EFORMAT,
                      "the picture changes its size or coding at %.19sZ: make two films, from "
                      "%.19sZ to %.19sZ and from %.19sZ to %.19sZ",
                      at, from, at, at, to);
}

static bool same_picture(const struct scrim_film *film, const struct scrim_buf *entries,
                         uint32_t width, uint32_t height)
{
    return film->track.width == width && film->track.height == height &&
           film->track.sample_entries_len == entries->len &&
           memcmp(film->track.sample_entries, entries->data, entries->len) == 0;
}

// Of the first file it is noted, of the others compared.
static int check_picture(struct making *making, size_t file, const struct scrim_film *film,
                         struct scrim_error *error)
{
    if (making->entries.len > 0)
        return same_picture(film, &making->entries, making->width, making->height)
                   ? SCRIM_OK
                   : refuse_change(making->plan, file, error);
    making->width = film->track.width;
    making->height = film->track.height;
    const int result = scrim_buf_append(&making->entries, film->track.sample_entries,
                                        film->track.sample_entries_len);
    return result < 0 ? scrim_fail(error, result, "%s", scrim_err_text(result)) : SCRIM_OK;
}

int export_check(const struct export_plan *plan, struct scrim_error *error)
{
    struct making making = {.plan = plan};
    int result = SCRIM_OK;
    if (plan->files_count == 0)
        return scrim_fail(error, SCRIM_ENOENT, "nothing was kept of that time");
    scrim_buf_init(&making.entries, FRAME_MAX);
    for (size_t i = 0; i < plan->files_count && result >= 0; i++) {
        struct scrim_film film;
        result = open_source(plan, i, &film, error);
        if (result >= 0)
            result = check_picture(&making, i, &film, error);
        scrim_film_finish(&film);
    }
    scrim_buf_finish(&making.entries);
    return result;
}

// --- which samples ---

static struct export_sample *last_sample(const struct making *making)
{
    struct export_sample *samples = (struct export_sample *)(void *)making->samples.data;
    return &samples[making->samples.len / sizeof *samples - 1];
}

static void note_gap(struct making *making, int64_t from_us, int64_t to_us)
{
    struct export_result *ret = making->ret;
    if (to_us - from_us <= GAP_US)
        return;
    if (ret->gaps_count < EXPORT_GAPS_MAX)
        ret->gaps[ret->gaps_count] = (struct scrim_span){from_us, to_us};
    ret->gaps_count++;
}

static int64_t ticks_since_start(const struct making *making, int64_t utc_us)
{
    return (utc_us - making->ret->from_us) * EXPORT_TIMESCALE / SCRIM_SECOND;
}

// The picture before shows until this one, so that times do not drift and gaps stay as long as they
// were. Where the clock went back, this one follows at once.
static void close_last(struct making *making, int64_t at_us)
{
    struct export_sample *last = last_sample(making);
    int64_t until = ticks_since_start(making, at_us);
    if (until <= making->ticks)
        until = making->ticks + 1;
    last->duration = (uint32_t)(until - making->ticks);
    making->ticks = until;
}

static int add_sample(struct making *making, const struct export_sample *sample, int64_t at_us,
                      int64_t end_us)
{
    if (making->samples.len > 0) {
        note_gap(making, making->end_us, at_us);
        close_last(making, at_us);
    } else {
        making->ret->from_us = at_us;
    }
    making->end_us = end_us;
    making->ret->frames++;
    return scrim_buf_append(&making->samples, sample, sizeof *sample);
}

// Drops what was taken up to a key frame that is still not after the beginning asked for.
static void restart(struct making *making)
{
    making->samples.len = 0;
    making->ticks = 0;
    making->ret->frames = making->ret->gaps_count = 0;
}

struct source {
    size_t file;
    int64_t utc_minus_pts_us;
    uint32_t timescale;
};

static int take_fragment(struct making *making, const struct source *source,
                         const struct scrim_film_fragment *fragment)
{
    uint64_t pts = fragment->head.from, offset = fragment->offset + fragment->head.data_offset;
    int result = SCRIM_OK;
    for (unsigned i = 0; i < fragment->head.samples_count && result >= 0; i++) {
        const struct scrim_fmp4_sample *from = &fragment->head.samples[i];
        const struct export_sample sample = {.offset = offset,
                                             .size = from->size,
                                             .source = (uint32_t)source->file,
                                             .key = from->key};
        const int64_t at_us = source->utc_minus_pts_us + scrim_fmp4_us(pts, source->timescale);
        pts += from->duration;
        offset += from->size;
        const int64_t end_us = source->utc_minus_pts_us + scrim_fmp4_us(pts, source->timescale);
        if (from->key && at_us <= making->plan->from_us)
            restart(making);
        if (at_us >= making->plan->to_us)
            break;
        if (from->key || making->samples.len > 0)
            result = add_sample(making, &sample, at_us, end_us);
    }
    return result;
}

static int take_file(struct making *making, size_t nth, struct scrim_error *error)
{
    const struct scrim_archive_file *file = &making->plan->files[nth];
    struct scrim_film film;
    struct scrim_film_fragment fragment;
    int result = open_source(making->plan, nth, &film, error);
    if (result >= 0)
        result = check_picture(making, nth, &film, error);
    const struct source source = {nth, file->start_us - file->first_pts_us, film.track.timescale};
    while (result >= 0 && (result = scrim_film_next(&film, &fragment, error)) >= 0) {
        result = take_fragment(making, &source, &fragment);
        if (result < 0)
            scrim_fail(error, result, "the film would have too many pictures");
    }
    scrim_film_finish(&film);
    return result == SCRIM_EEND ? SCRIM_OK : result;
}

static int take_samples(struct making *making, struct scrim_error *error)
{
    const size_t count = making->plan->files_count;
    int result = SCRIM_OK;
    for (size_t i = 0; i < count && result >= 0; i++) {
        result = atomic_load(making->cancel) ? scrim_fail(error, SCRIM_ECANCEL, "it was given up")
                                             : take_file(making, i, error);
        atomic_store(making->progress, (unsigned)(i * PROGRESS_READ / count));
    }
    if (result < 0)
        return result;
    if (making->samples.len == 0 || making->end_us <= making->plan->from_us)
        return scrim_fail(error, SCRIM_ENOENT, "nothing was kept of that time");
    making->ret->to_us = making->end_us;
    close_last(making, making->end_us);
    return SCRIM_OK;
}

// --- the file ---

struct output {
    int fd;
    const char *path;
    crypto_hash_sha256_state hash;
    struct scrim_buf pending;
    uint64_t bytes;
};

static int flush(struct output *output, struct scrim_error *error)
{
    const int result =
        scrim_fs_write(output->fd, output->pending.data, output->pending.len, output->path, error);
    crypto_hash_sha256_update(&output->hash, output->pending.data, output->pending.len);
    output->bytes += output->pending.len;
    scrim_buf_clear(&output->pending);
    return result;
}

// Data of all samples of one source, which follow `first`. Returns their number.
static int copy_source(const struct making *making, const struct export_sample *samples,
                       size_t count, struct output *output, struct scrim_error *error)
{
    struct scrim_film film;
    int result = open_source(making->plan, samples[0].source, &film, error);
    for (size_t i = 0; i < count && result >= 0; i++) {
        result =
            scrim_film_read(&film, samples[i].offset, samples[i].size, &output->pending, error);
        if (result >= 0 && output->pending.len >= WRITE_BYTES)
            result = flush(output, error);
    }
    scrim_film_finish(&film);
    return result;
}

static int copy_samples(const struct making *making, const struct export_head *head,
                        struct output *output, struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (size_t i = 0; i < head->samples_count && result >= 0;) {
        size_t end = i + 1;
        while (end < head->samples_count && head->samples[end].source == head->samples[i].source)
            end++;
        result = atomic_load(making->cancel)
                     ? scrim_fail(error, SCRIM_ECANCEL, "it was given up")
                     : copy_source(making, &head->samples[i], end - i, output, error);
        i = end;
        atomic_store(making->progress,
                     (unsigned)(PROGRESS_READ + (1000 - PROGRESS_READ) * i / head->samples_count));
    }
    return result < 0 ? result : flush(output, error);
}

static int write_film(struct making *making, struct output *output, struct scrim_error *error)
{
    const struct export_head head = {
        .samples = (const struct export_sample *)(void *)making->samples.data,
        .samples_count = making->samples.len / sizeof(struct export_sample),
        .sample_entries = making->entries.data,
        .sample_entries_len = making->entries.len,
        .width = making->width,
        .height = making->height,
        .start_us = making->ret->from_us,
        .title = making->plan->title,
        .comment = making->plan->comment,
        .author = making->plan->author,
        .tool = "Scrim " SCRIM_VERSION,
    };
    int result = export_write_head(&head, &output->pending);
    if (result < 0)
        return scrim_fail(error, result, "the film would have too many pictures");
    result = flush(output, error);
    if (result >= 0)
        result = copy_samples(making, &head, output, error);
    return result < 0 ? result : scrim_fs_sync(output->fd, output->path, error);
}

static int write_file(struct making *making, const char *path, struct scrim_error *error)
{
    struct output output = {.path = path};
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_init(&output.hash);
    scrim_buf_init(&output.pending, HEAD_MAX + FRAME_MAX);
    int result = output.fd = scrim_fs_open(path, O_WRONLY | O_CREAT | O_EXCL, 0600, error);
    if (result >= 0)
        result = write_film(making, &output, error);
    if (result < 0 && output.fd >= 0)
        (void)!unlink(path); // whatever is left of it is removed at the next start
    scrim_close_fd(&output.fd);
    scrim_buf_finish(&output.pending);
    crypto_hash_sha256_final(&output.hash, hash);
    sodium_bin2hex(making->ret->sha256, sizeof making->ret->sha256, hash, sizeof hash);
    making->ret->bytes = output.bytes;
    return result < 0 ? result : SCRIM_OK;
}

int export_make(const struct export_plan *plan, const char *path, atomic_uint *progress,
                const atomic_bool *cancel, struct export_result *ret, struct scrim_error *error)
{
    struct making making = {.plan = plan, .progress = progress, .cancel = cancel, .ret = ret};
    *ret = (struct export_result){0};
    scrim_buf_init(&making.samples, SAMPLES_MAX * sizeof(struct export_sample));
    scrim_buf_init(&making.entries, FRAME_MAX);
    int result = take_samples(&making, error);
    if (result >= 0)
        result = write_file(&making, path, error);
    scrim_buf_finish(&making.samples);
    scrim_buf_finish(&making.entries);
    return result;
}
