#include "veil/scene.h"

#include "base/clock.h"

// After a start or a new scene: this long, and this many looks, until anything is shown.
#define WARM_UP_US (2 * SCRIM_SECOND)
#define WARM_UP_LOOKS 2

// Exposure between two pictures, as a ratio, beyond which the background is worth nothing.
#define GAIN_JUMP 1.3F
#define FOREGROUND_MAX 600  // permille of cells
#define FOREGROUND_CALM 350 // from less than this to FOREGROUND_MAX in one picture is a cut
#define CROWDED_MAX_US (2 * SCRIM_SECOND) // above FOREGROUND_MAX for longer: learn the scene anew
// Permille of cells that change from picture to picture, over a second: a crowd in front of a still
// camera stays below 150, a camera that is carried does not.
#define RESTLESS_US SCRIM_SECOND
#define RESTLESS_BEGIN 200
#define RESTLESS_END 130

void scrim_scene_begin(struct scrim_scene *scene, int64_t now_us, enum scrim_reason why)
{
    scene->why = why;
    scene->warm_at_us = now_us + WARM_UP_US;
    scene->looks = 0;
    scene->foreground_before = 0;
    scene->crowded_since_us = 0;
}

void scrim_scene_looked(struct scrim_scene *scene)
{
    scene->looks++;
}

bool scrim_scene_is_new(const struct scrim_scene *scene, int64_t now_us)
{
    return now_us < scene->warm_at_us || scene->looks < WARM_UP_LOOKS;
}

// A camera that is carried, turned or shaken changes everything from picture to picture, and there
// is no background to tell people from.
static bool camera_moves(struct scrim_scene *scene, unsigned changed_permille, int64_t elapsed_us)
{
    const float share = (float)elapsed_us / (float)RESTLESS_US;
    scene->restless += ((float)changed_permille - scene->restless) * (share < 1 ? share : 1);
    scene->camera_moves = scene->restless > (scene->camera_moves ? RESTLESS_END : RESTLESS_BEGIN);
    return scene->camera_moves;
}

// Too much differs from the background: all at once it is a cut, for long the background is old.
static struct scrim_verdict judge_foreground(struct scrim_scene *scene, int64_t now_us,
                                             unsigned permille)
{
    const bool cut = scene->foreground_before < FOREGROUND_CALM;
    scene->foreground_before = permille;
    if (permille <= FOREGROUND_MAX) {
        scene->crowded_since_us = 0;
        return (struct scrim_verdict){.reason = SCRIM_REASON_NONE};
    }
    if (!scene->crowded_since_us)
        scene->crowded_since_us = now_us;
    const bool other = cut || now_us - scene->crowded_since_us > CROWDED_MAX_US;
    return (struct scrim_verdict){
        .reason = cut ? SCRIM_REASON_SCENE : SCRIM_REASON_MOTION,
        .learn = other,
        .other = other,
    };
}

struct scrim_verdict scrim_scene_judge(struct scrim_scene *scene, int64_t now_us,
                                       int64_t elapsed_us, const struct scrim_motion_result *seen)
{
    if (camera_moves(scene, seen->changed_permille, elapsed_us))
        return (struct scrim_verdict){.reason = SCRIM_REASON_CAMERA};
    if (now_us < scene->warm_at_us) // opaque already
        return (struct scrim_verdict){.reason = SCRIM_REASON_NONE};
    if (seen->gain > GAIN_JUMP || seen->gain < 1 / GAIN_JUMP)
        return (struct scrim_verdict){.reason = SCRIM_REASON_EXPOSURE, .learn = true};
    return judge_foreground(scene, now_us, seen->foreground_permille);
}
