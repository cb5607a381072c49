// The thin rendition as a veil makes it, and captions in a process that is locked in.
#include "base/sandbox.h"
#include "test.h"
#include "veil/caption.h"
#include "veil/confine.h"
#include "veil/feed.h"
#include "veil_scene.h"

#include <sys/wait.h>
#include <time.h>

// What a desk hears of a thin rendition.
struct desk {
    int inits, frames, keys, other;
    unsigned width, height;
    size_t bytes;
    int64_t pts_us, least_us, most_us; // of the last frame; steps between frames
    bool full;
};

static int hear(void *context, enum scrim_link_kind kind, uint8_t flags, const char *camera,
                const void *head, size_t head_len, const void *tail, size_t tail_len)
{
    struct desk *desk = context;
    struct scrim_reader reader = scrim_reader_of(head, head_len);
    uint16_t width = 0, height = 0;
    uint64_t utc_us = 0, pts_us = 0;
    CHECK_TEXT(camera, "quay");
    CHECK(flags & SCRIM_LINK_THIN);
    CHECK(tail && tail_len > 0);
    if (desk->full)
        return SCRIM_EAGAIN;
    if (kind == SCRIM_LINK_INIT) {
        CHECK(scrim_read_u16(&reader, &width) && scrim_read_u16(&reader, &height));
        desk->width = width;
        desk->height = height;
        desk->inits++;
    } else if (kind == SCRIM_LINK_FRAME) {
        CHECK(scrim_read_u64(&reader, &utc_us) && scrim_read_u64(&reader, &pts_us));
        const int64_t step_us = (int64_t)pts_us - desk->pts_us;
        if (desk->frames > 0) {
            desk->least_us = !desk->least_us || step_us < desk->least_us ? step_us : desk->least_us;
            desk->most_us = step_us > desk->most_us ? step_us : desk->most_us;
        }
        desk->pts_us = (int64_t)pts_us;
        desk->frames++;
        desk->keys += (flags & SCRIM_LINK_KEY) != 0;
        desk->bytes += tail_len;
    } else {
        desk->other++;
    }
    return SCRIM_OK;
}

static bool has_room(void *context)
{
    return !((struct desk *)context)->full;
}

struct rig {
    struct scene scene;
    struct desk desk;
    struct scrim_feed *feed;
    int64_t pts_us;
};

static void rig_init(struct rig *rig, int width, int height)
{
    memset(rig, 0, sizeof *rig);
    scene_init(&rig->scene, width, height);
    rig->feed = scrim_feed_create(&(struct scrim_outlet){hear, has_room, &rig->desk}, "quay",
                                  SCRIM_RENDITION_THIN);
}

static void rig_finish(struct rig *rig)
{
    scrim_feed_destroy(rig->feed);
    scene_finish(&rig->scene);
}

// `frames` pictures, one every `step_us`, in which something large moves.
static void play(struct rig *rig, int frames, int64_t step_us)
{
    for (int i = 0; i < frames; i++, rig->pts_us += step_us) {
        scene_ground(&rig->scene, 0);
        scene_block(&rig->scene, (int)(rig->pts_us / 20000) % (rig->scene.width / 2),
                    rig->scene.height / 4, rig->scene.width / 4, rig->scene.height / 2);
        const struct scrim_veiled veiled = {.picture = scene_picture(&rig->scene),
                                            .pts_us = rig->pts_us,
                                            .tag = INT64_C(1700000000000000) + rig->pts_us};
        if (!scrim_feed_begun(rig->feed))
            CHECK_INT(scrim_feed_begin(rig->feed, &veiled.picture, NULL), SCRIM_OK);
        CHECK_INT(scrim_feed_send(rig->feed, &veiled, NULL), SCRIM_OK);
    }
}

static void small_and_seldom(void)
{
    static const struct {
        int width, height;
        unsigned thin_width, thin_height;
        int64_t step_us;
    } cases[] = {
        {640, 480, 320, 240, 100000}, {1280, 720, 320, 180, 40000}, {640, 480, 320, 240, 66667},
        {352, 288, 292, 240, 100000}, {320, 240, 320, 240, 200000}, {161, 121, 160, 120, 40000},
        {480, 640, 180, 240, 100000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        rig_init(&rig, cases[i].width, cases[i].height);
        play(&rig, (int)(20000000 / cases[i].step_us), cases[i].step_us);
        CHECK_INT(rig.desk.inits, 1);
        CHECK_INT(rig.desk.width, cases[i].thin_width);
        CHECK_INT(rig.desk.height, cases[i].thin_height);
        CHECK(rig.desk.frames >= 75 && rig.desk.frames <= 81); // 20 s
        CHECK(rig.desk.most_us <= 250000 + cases[i].step_us);
        CHECK_INT(rig.desk.keys, 2);
        CHECK(rig.desk.bytes * 8 / 20 < 56000);
        rig_finish(&rig);
    }
}

static void slow_cameras_keep_their_pictures(void)
{
    struct rig rig;
    rig_init(&rig, 320, 240);
    play(&rig, 20, 1000000);
    CHECK_INT(rig.desk.frames, 20);
    rig.pts_us += 3600 * INT64_C(1000000); // and a jump in time is no reason to wait
    play(&rig, 5, 1000000);
    CHECK_INT(rig.desk.frames, 25);
    rig_finish(&rig);
}

static void a_joiner_gets_a_key_frame(void)
{
    struct rig rig;
    rig_init(&rig, 640, 480);
    play(&rig, 31, 100000);
    CHECK_INT(rig.desk.keys, 1);
    const int frames = rig.desk.frames;
    scrim_feed_refresh(rig.feed);
    play(&rig, 1, 100000);
    CHECK_INT(rig.desk.frames, frames + 1); // at once
    CHECK_INT(rig.desk.keys, 2);
    play(&rig, 20, 100000);
    CHECK_INT(rig.desk.keys, 2);
    rig.desk.full = true;
    play(&rig, 30, 100000);
    rig.desk.full = false;
    play(&rig, 3, 100000);
    CHECK_INT(rig.desk.keys, 3); // after a hole
    CHECK_INT(rig.desk.inits, 1);
    scrim_feed_end(rig.feed);
    CHECK(!scrim_feed_begun(rig.feed));
    play(&rig, 1, 100000);
    CHECK_INT(rig.desk.inits, 2);
    CHECK_INT(rig.desk.keys, 4);
    CHECK_INT(rig.desk.other, 0);
    rig_finish(&rig);
}

// Winter and summer of a zone with both: the rules were read before, no file is needed for them.
static void draw_locked_in(void)
{
    static uint8_t planes[3][320 * 240], before[320 * 240];
    const struct scrim_canvas canvas = {
        {planes[0], planes[1], planes[2]}, {320, 160, 160}, 320, 240, false};
    struct scrim_caption *caption = scrim_caption_create(320, 240, "Süd", SCRIM_STAMP_CLOCK);
    setenv("TZ", "Europe/Berlin", 1);
    if (scrim_sandbox_begin(NULL) < 0 || scrim_veil_confine(1, NULL) < 0)
        _exit(2);
    for (int month = 0; month < 24; month++) { // two years on
        const int64_t utc_us = INT64_C(1795456931412345) + month * INT64_C(2629746000000);
        struct tm at;
        const time_t second = (time_t)(utc_us / 1000000);
        if (!localtime_r(&second, &at) || at.tm_gmtoff != (at.tm_isdst ? 7200 : 3600))
            _exit(3);
        memcpy(before, planes[0], sizeof before);
        scrim_caption_draw(caption, &canvas, utc_us);
        if (memcmp(before, planes[0], sizeof before) == 0)
            _exit(4);
    }
    _exit(0);
}

static void captions_need_no_file(void)
{
    const pid_t child = fork();
    if (child == 0)
        draw_locked_in();
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){{"small and seldom", small_and_seldom},
                        {"slow cameras keep their pictures", slow_cameras_keep_their_pictures},
                        {"a joiner gets a key frame", a_joiner_gets_a_key_frame},
                        {"captions need no file", captions_need_no_file},
                        {0}});
}
