// Whether the picture as a whole can be trusted: from how the background fits, judges cuts, jumps
// of light, crowds of motion and a camera that is moved, and how long a new scene takes to learn.
#pragma once

#include "veil/motion.h"
#include "veil/reason.h"

// Zeroed, then begun, before anything else. Times are the redactor's own.
struct scrim_scene {
    enum scrim_reason why; // it had to be learnt
    int64_t warm_at_us;
    unsigned looks; // of the detector, since the scene began
    unsigned foreground_before;
    int64_t crowded_since_us; // 0: not crowded
    float restless, adrift; // permille of cells that change between pictures, and that differ from
                            // the background, over about a second
    bool camera_moves;
};

// The scene is new: it has to be learnt, because of `why`.
void scrim_scene_begin(struct scrim_scene *scene, int64_t now_us, enum scrim_reason why);
// The detector has looked at it.
void scrim_scene_looked(struct scrim_scene *scene);
// Not enough is known of it yet to show anything.
bool scrim_scene_is_new(const struct scrim_scene *scene, int64_t now_us);

struct scrim_verdict {
    enum scrim_reason reason; // why the picture cannot be trusted, or SCRIM_REASON_NONE
    bool learn;               // the background is worth nothing: begin anew, because of `reason`
    bool other;               // nor is what was known of those who were in it
};

// One picture, `elapsed_us` after the one before.
struct scrim_verdict scrim_scene_judge(struct scrim_scene *scene, int64_t now_us,
                                       int64_t elapsed_us, const struct scrim_motion_result *seen);
