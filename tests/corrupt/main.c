// corrupt SECONDS SEED FILM…: films through a camera of the veil, as its worker holds it and locked
// in as that is, damaged in every way of damage.h; whatever leaves is judged by judge.h.
//
// Prints a line for each kind of damage and codec. Status 1 if frames were exposed, or a film came
// of which nothing was shown.
#include "base/clock.h"
#include "base/sandbox.h"
#include "damage.h"
#include "judge.h"
#include "media/media.h"
#include "veil/camera.h"
#include "veil/confine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILMS_MAX 16
#define WARM_UNITS 45 // spared by damage
#define PASSES_A_CAMERA 20
#define SPOT_PERMILLE 10 // of a picture's cells

enum kind { H264, H265, H265_HASHED, KINDS };

struct run {
    struct film films[FILMS_MAX];
    size_t films_count;
    struct scrim_finder_set *finders;
    struct scrim_schedule *schedule;
    struct scrim_camera_config config;
    struct scrim_veil_camera *camera;
    struct reel reel;
    struct scrim_buf body;
    int64_t now_us, base_us;
    uint32_t random;
    unsigned passes;
    uint64_t dark_passes; // that showed nothing at all
    struct judge_figures figures[KINDS][DAMAGE_COUNT];
};

static enum kind kind_of(const struct film *film)
{
    if (film->codec == SCRIM_CODEC_H264)
        return H264;
    return film->hashed ? H265_HASHED : H265;
}

static int swallow(void *context, enum scrim_link_kind kind, uint8_t flags, const char *camera,
                   const void *head, size_t head_len, const void *tail, size_t tail_len)
{
    (void)context, (void)kind, (void)flags, (void)camera;
    (void)head, (void)head_len, (void)tail, (void)tail_len;
    return SCRIM_OK;
}

static bool has_room(void *context)
{
    (void)context;
    return true;
}

static void fresh_camera(struct run *run)
{
    scrim_veil_camera_destroy(run->camera);
    run->camera = scrim_veil_camera_create(&(struct scrim_veil_camera_params){
        .config = &run->config,
        .finder = scrim_finder_of(run->finders),
        .schedule = run->schedule,
        .outlet = {swallow, has_room, NULL},
    });
}

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "corrupt: %s\n", what);
    exit(1);
}

static void give(struct run *run, enum scrim_link_kind kind, uint8_t flags)
{
    const struct scrim_link_message message = {kind, flags, "quay", run->body.data, run->body.len};
    need(scrim_veil_camera_message(run->camera, &message, run->now_us) >= 0,
         "a message that is well formed was refused");
}

static void begin_stream(struct run *run, const struct film *film)
{
    scrim_buf_clear(&run->body);
    need(scrim_buf_append_u8(&run->body, (uint8_t)film->codec) >= 0 &&
             scrim_buf_append_u32(&run->body, 0) >= 0,
         "no memory");
    give(run, SCRIM_LINK_STREAM, 0);
}

static void send_unit(struct run *run, const struct unit *unit)
{
    const int64_t pts_us = run->base_us + unit->pts_us;
    scrim_buf_clear(&run->body);
    need(scrim_buf_append_u64(&run->body, (uint64_t)pts_us) >= 0 &&
             scrim_buf_append_u64(&run->body, (uint64_t)pts_us) >= 0 &&
             scrim_buf_append(&run->body, unit->data, unit->size) >= 0,
         "no memory");
    give(run, SCRIM_LINK_PACKET, unit->key ? SCRIM_LINK_KEY : 0);
    run->now_us += STEP_US;
    scrim_veil_camera_tick(run->camera, run->now_us);
}

// One film from its beginning to its end.
static void pass(struct run *run, const struct film *film, enum damage damage)
{
    const size_t step = run->films_count > 1 ? 1 + run->passes % (run->films_count - 1) : 0;
    const struct film *other = &run->films[((size_t)(film - run->films) + step) % run->films_count];
    struct judge_figures *figures = &run->figures[kind_of(film)][damage];
    const uint64_t shown_before = figures->frames - figures->opaque;
    if (run->passes++ % PASSES_A_CAMERA == 0)
        fresh_camera(run);
    reel_fill(&run->reel, film, other, damage, WARM_UNITS, &run->random);
    run->base_us += 1000 * (int64_t)STEP_US;
    judge_begin(film, run->base_us, figures);
    begin_stream(run, film);
    for (size_t i = 0; i < run->reel.count; i++) {
        if (run->reel.units[i].size > 0)
            send_unit(run, &run->reel.units[i]);
    }
    run->dark_passes += figures->frames - figures->opaque == shown_before;
}

static void prepare(struct run *run, char **films, int count)
{
    static char id[] = "quay";
    struct scrim_error error = {0};
    need(scrim_sandbox_begin(&error) >= 0, error.text);
    scrim_media_quiet();
    need(count <= FILMS_MAX, "too many films");
    for (int i = 0; i < count; i++)
        film_load(&run->films[run->films_count++], films[i]);
    need(scrim_finder_set_create(NULL, false, &run->finders, &error) >= 0, error.text);
    run->schedule = scrim_schedule_create(1000, 10000, true);
    run->config.id = id;
    scrim_buf_init(&run->body, SCRIM_LINK_FRAME_MAX);
    need(scrim_buf_reserve(&run->body, 4U << 20) >= 0, "no memory");
    reel_init(&run->reel);
    for (size_t i = 0; i < run->films_count; i++) { // nothing damaged: who is in it
        judge_learn_people(true);
        pass(run, &run->films[i], DAMAGE_NONE);
    }
    judge_learn_people(false);
    memset(run->figures, 0, sizeof run->figures);
    printf("%zu films\n", run->films_count);
    fflush(stdout); // which takes its buffer, and asks what it is, while that is allowed
    need(scrim_veil_confine(1, &error) >= 0, error.text);
}

static void print_line(const char *damage, const char *kind, const struct judge_figures *f)
{
    printf("%-31s %-12s %9" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64
           " %5zu %9" PRIu64 " %6" PRIu64 "\n",
           damage, kind, f->frames, f->opaque, f->damaged, f->damaged_opaque, f->damaged_masked,
           f->exposed, f->most_shown, f->people, f->bare);
}

// Of what the network does nothing may be exposed. What its sender had damaged libavcodec may
// decode without a word: of H.264, or with a hash of each picture, no more than a spot; of H.265
// without, nobody can tell. Nor can anybody of true pictures where they do not belong.
static bool is_bad(const struct judge_figures *figures, enum damage damage, enum kind kind)
{
    switch (damage_culprit(damage)) {
    case CULPRIT_NETWORK: return figures->exposed > 0;
    case CULPRIT_WITHIN:
        return kind != H265 && figures->most_shown > figures->cells * SPOT_PERMILLE / 1000;
    case CULPRIT_WHOLE: break;
    }
    return false;
}

static bool print(const struct run *run)
{
    static const char *const kinds[KINDS] = {"H.264", "H.265", "H.265 hashed"};
    struct judge_figures all = {0};
    bool good = run->dark_passes == 0;
    printf("%-31s %-12s %9s %8s %8s %8s %8s %8s %5s %9s %6s\n", "damage", "codec", "frames",
           "opaque", "damaged", "opaque", "masked", "exposed", "most", "people", "bare");
    for (int i = 0; i < DAMAGE_COUNT * KINDS; i++) {
        const struct judge_figures *f = &run->figures[i % KINDS][i / KINDS];
        if (f->frames == 0)
            continue;
        print_line(damage_text((enum damage)(i / KINDS)), kinds[i % KINDS], f);
        good &= !is_bad(f, (enum damage)(i / KINDS), (enum kind)(i % KINDS));
        all.frames += f->frames;
        all.damaged += f->damaged;
        all.exposed += f->exposed;
    }
    printf("%u films played, %" PRIu64 " frames out, %" PRIu64 " damaged, %" PRIu64
           " exposed, %" PRIu64 " films of which nothing was shown\n",
           run->passes, all.frames, all.damaged, all.exposed, run->dark_passes);
    return good && all.damaged > 0;
}

int main(int argc, char **argv)
{
    static struct run run;
    need(argc >= 4, "usage: corrupt SECONDS SEED FILM…");
    run.random = (uint32_t)strtoul(argv[2], NULL, 10);
    prepare(&run, argv + 3, argc - 3);
    const int64_t until_us = scrim_clock_mono_us() + strtol(argv[1], NULL, 10) * SCRIM_SECOND;
    for (size_t i = 0; i < DAMAGE_COUNT || scrim_clock_mono_us() < until_us; i++)
        pass(&run, &run.films[(i / DAMAGE_COUNT + i) % run.films_count],
             (enum damage)(i % DAMAGE_COUNT));
    return print(&run) ? 0 : 1;
}
