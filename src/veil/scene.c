#include "veil/scene.h"

#include "base/clock.h"

// After a start or a new scene: this long, and this many looks, until anything is shown.
#define WARM_UP_US (2 * SCRIM_SECOND)
#define WARM_UP_LOOKS 2

// A jump of light between two pictures, as a ratio. The background follows it (light.h): worth
// nothing it is only if so many more cells differ from it than before, permille.
#define GAIN_JUMP 1.3F
#define JUMP_UNEXPLAINED 150
#define FOREGROUND_MAX 600 // permille of cells
// So many more from one picture to the next are another view: a cut, or a camera that was knocked.
// People, vehicles and weather bring 50 at most, a view that moves by 9 of 768 pixels 470.
#define CUT_RISE 250
#define CROWDED_MAX_US (2 * SCRIM_SECOND) // above FOREGROUND_MAX for longer: learn the scene anew
// Permille of cells that change from picture to picture, over a second: a crowd in front of a still
// camera stays below 150, a camera that is carried does not. Neither do heavy rain and snow, but a
// camera that is carried leaves its background behind: 230 to 500 permille of cells differ from it,
// and less than 100 in any weather. Of a new scene nothing is known: there the worst is assumed.
#define RESTLESS_US SCRIM_SECOND
#define RESTLESS_BEGIN 200
#define RESTLESS_END 130
#define RESTLESS_SURE 400 // no weather: whatever the background, it was learnt on the way
#define ADRIFT_BEGIN 150
#define ADRIFT_END 100
#define ADRIFT_NEW 1000

void scrim_scene_begin(struct scrim_scene *scene, int64_t now_us, enum scrim_reason why)
{
    scene->why = why;
    scene->warm_at_us = now_us + WARM_UP_US;
    scene->looks = 0;
    scene->foreground_before = 0;
    scene->crowded_since_us = 0;
    scene->adrift = ADRIFT_NEW;
}

void scrim_scene_looked(struct scrim_scene *scene)
{
    scene->looks++;
}

bool scrim_scene_is_new(const struct scrim_scene *scene, int64_t now_us)
{
    return now_us < scene->warm_at_us || scene->looks < WARM_UP_LOOKS;
}

static float smoothed(float value, unsigned now, int64_t elapsed_us)
{
    const float share = (float)elapsed_us / (float)RESTLESS_US;
    return value + ((float)now - value) * (share < 1 ? share : 1);
}

// A camera that is carried, turned or shaken changes everything from picture to picture, and there
// is no background to tell people from.
static bool camera_moves(struct scrim_scene *scene, int64_t elapsed_us,
                         const struct scrim_motion_result *seen)
{
    scene->restless = smoothed(scene->restless, seen->changed_permille, elapsed_us);
    scene->adrift = smoothed(scene->adrift, seen->foreground_permille, elapsed_us);
    const bool before = scene->camera_moves;
    const bool adrift = scene->adrift > (before ? ADRIFT_END : ADRIFT_BEGIN);
    scene->camera_moves = scene->restless > (before ? RESTLESS_END : RESTLESS_BEGIN) &&
                          (adrift || scene->restless > RESTLESS_SURE);
    return scene->camera_moves;
}

// Another light, that the background could not follow.
static bool light_jumped(const struct scrim_scene *scene, const struct scrim_motion_result *seen)
{
    return (seen->gain > GAIN_JUMP || seen->gain < 1 / GAIN_JUMP) &&
           seen->foreground_permille > scene->foreground_before + JUMP_UNEXPLAINED;
}

// Too much differs from the background: all at once it is a cut, for long the background is old.
static struct scrim_verdict judge_foreground(struct scrim_scene *scene, int64_t now_us,
                                             unsigned permille)
{
    const bool cut = permille > scene->foreground_before + CUT_RISE;
    scene->foreground_before = permille;
    if (permille <= FOREGROUND_MAX)
        scene->crowded_since_us = 0;
    if (permille <= FOREGROUND_MAX && !cut)
        return (struct scrim_verdict){.reason = SCRIM_REASON_NONE};
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
    const bool moved = scene->camera_moves;
    if (camera_moves(scene, elapsed_us, seen)) // and has begun to before it was noticed
        return (struct scrim_verdict){.reason = SCRIM_REASON_CAMERA, .other = !moved};
    if (now_us < scene->warm_at_us) { // opaque already
        scene->foreground_before = seen->foreground_permille;
        return (struct scrim_verdict){.reason = SCRIM_REASON_NONE};
    }
    if (light_jumped(scene, seen))
        return (struct scrim_verdict){.reason = SCRIM_REASON_EXPOSURE, .learn = true};
    return judge_foreground(scene, now_us, seen->foreground_permille);
}
