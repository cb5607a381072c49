// A range of originals as films that every player takes: one, as long as picture and sound keep
// their format.
#include "base/clock.h"
#include "cli/unseal.h"
#include "media/remux.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILMS_MAX 99

struct films {
    struct scrim_opening *opening;
    const struct scrim_unseal_range *range;
    const char *path;
    struct scrim_remux *remux; // the film that is being made
    size_t first;              // its first segment
    struct scrim_remux_summary made[FILMS_MAX];
    size_t made_count;
};

// The first film has the path as it was given.
static int film_path(const struct films *films, size_t at, char ret[SCRIM_PATH_MAX],
                     struct scrim_error *error)
{
    const char *path = films->path, *name = strrchr(path, '/');
    const char *dot = strrchr(name ? name + 1 : path, '.');
    const int stem = (int)(dot && dot != path ? (size_t)(dot - path) : strlen(path));
    char number[16] = "";
    if (at > 0)
        snprintf(number, sizeof number, "-%zu", at + 1);
    return snprintf(ret, SCRIM_PATH_MAX, "%.*s%s%s", stem, path, number, path + stem) >=
                   SCRIM_PATH_MAX
               ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", path)
               : SCRIM_OK;
}

static int begin_film(struct films *films, size_t first, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    if (films->made_count == FILMS_MAX)
        return scrim_fail(error, SCRIM_ENOSPACE,
                          "the format of picture or sound changes more than %d times in that "
                          "range: ask for less",
                          FILMS_MAX - 1);
    films->first = first;
    const int result = film_path(films, films->made_count, path, error);
    return result < 0 ? result
                      : scrim_remux_create(path, films->range->from_us, films->range->to_us,
                                           &films->remux, error);
}

static int end_film(struct films *films, struct scrim_error *error)
{
    struct scrim_remux_summary *film = &films->made[films->made_count];
    const int result = scrim_remux_finish(films->remux, film, error);
    films->made_count += result >= 0 && film->frames > 0;
    scrim_remux_destroy(films->remux);
    films->remux = NULL;
    return result;
}

static bool same_size(const struct scrim_opening_segment *a, const struct scrim_opening_segment *b)
{
    return a->width == b->width && a->height == b->height;
}

// A parameter set that was damaged on its way from the camera gives one key frame, and a segment,
// a picture size that the next one takes back. Such a segment does not end the film.
static bool passes_by(const struct films *films, size_t at)
{
    const struct scrim_opening_segment *film = scrim_opening_segment(films->opening, films->first);
    const struct scrim_opening_segment *segment = scrim_opening_segment(films->opening, at);
    if (segment->keyframes != 1 || film->width == 0)
        return false;
    while (++at < scrim_opening_count(films->opening)) {
        const struct scrim_opening_segment *later = scrim_opening_segment(films->opening, at);
        if (later->keyframes != 1)
            return same_size(later, film);
    }
    return false;
}

static int read_piece(void *context, void *to, size_t max, size_t *ret_count,
                      struct scrim_error *error)
{
    return scrim_plain_read(context, to, max, ret_count, error);
}

// 1: it has another picture format than the film.
static int add_segment(struct films *films, size_t at, struct scrim_error *error)
{
    const struct scrim_opening_segment *segment = scrim_opening_segment(films->opening, at);
    struct scrim_plain *plain = NULL;
    int result = scrim_opening_open(films->opening, at, &plain, error);
    if (result < 0)
        return result;
    const struct scrim_remux_source source = {.read = read_piece,
                                              .context = plain,
                                              .name = segment->file,
                                              .start_us = segment->start_us,
                                              .end_us = segment->end_us,
                                              .may_be_torn = !segment->whole,
                                              .any_size = passes_by(films, at)};
    result = scrim_remux_add(films->remux, &source, error);
    scrim_plain_close(plain);
    return result;
}

static int make_films(struct films *films, struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (size_t i = 0; i < scrim_opening_count(films->opening) && result >= 0; i++) {
        result = add_segment(films, i, error);
        if (result != 1)
            continue;
        result = end_film(films, error);
        if (result >= 0)
            result = begin_film(films, i, error);
        if (result >= 0)
            result = add_segment(films, i, error);
    }
    if (result >= 0)
        result = end_film(films, error);
    if (result >= 0 && films->made_count == 0)
        result = scrim_fail(error, SCRIM_ENOENT, "no frame was recorded in that range");
    return result;
}

static void discard(struct films *films)
{
    char path[SCRIM_PATH_MAX];
    scrim_remux_destroy(films->remux);
    for (size_t i = 0; i < films->made_count; i++)
        if (film_path(films, i, path, NULL) >= 0)
            unlink(path);
}

static void say_films(const struct films *films)
{
    for (size_t i = 0; i < films->made_count; i++) {
        const struct scrim_remux_summary *film = &films->made[i];
        char path[SCRIM_PATH_MAX], from[SCRIM_TIME_TEXT], to[SCRIM_TIME_TEXT];
        scrim_time_format(film->from_us, from);
        scrim_time_format(film->to_us, to);
        if (film_path(films, i, path, NULL) >= 0)
            printf("  %s: %s to %s, %dx%d %s\n", path, from, to, film->width, film->height,
                   film->codec);
    }
}

static void say(const struct films *films, double seconds)
{
    const size_t segments = scrim_opening_count(films->opening);
    printf("opened %.1f s of %s (%zu %s) to ", seconds, films->range->camera, segments,
           segments == 1 ? "segment" : "segments");
    if (films->made_count == 1) {
        printf("%s\n", films->path);
        return;
    }
    printf("%zu films, because the picture or the sound does not go on as it was in that range:\n",
           films->made_count);
    say_films(films);
}

static int finish(struct films *films, int result, struct scrim_error *error)
{
    struct scrim_error log_error;
    int64_t duration_us = 0;
    if (result < 0)
        discard(films);
    else
        for (size_t i = 0; i < films->made_count; i++)
            duration_us += films->made[i].duration_us;
    const double seconds = (double)duration_us / SCRIM_SECOND;
    const int logged = scrim_opening_log_outcome(
        films->opening, seconds, result < 0 ? 0 : scrim_opening_count(films->opening),
        result < 0 ? error->text : NULL, &log_error);
    if (result >= 0)
        say(films, seconds);
    if (logged < 0 && result >= 0)
        return scrim_fail(error, logged, "the outcome is not logged: %s", log_error.text);
    if (logged < 0)
        fprintf(stderr, "scrim unseal: the outcome is not logged: %s\n", log_error.text);
    return result;
}

// The file is begun before the intent is logged: a path that cannot be written is no opening.
int scrim_unseal_film(struct scrim_opening *opening, const struct scrim_unseal_range *range,
                      const char *path, struct scrim_error *error)
{
    struct films films = {.opening = opening, .range = range, .path = path};
    int result = begin_film(&films, 0, error);
    if (result >= 0)
        result = scrim_opening_log_intent(opening, error);
    if (result < 0) {
        scrim_remux_destroy(films.remux);
        return result;
    }
    return finish(&films, make_films(&films, error), error);
}
