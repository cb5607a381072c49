// Why a whole picture is opaque. The numbers go over the link and into archives: never renumber.
#pragma once

#define SCRIM_REASONS(X)                             \
    X(NONE, 0, "")                                   \
    X(WARM_UP, 1, "learning the scene")              \
    X(DECODER, 2, "damaged picture from the camera") \
    X(DETECTOR, 3, "detector late")                  \
    X(SCENE, 4, "scene changed")                     \
    X(EXPOSURE, 5, "sudden change of light")         \
    X(MOTION, 6, "too much motion")                  \
    X(MISMATCH, 7, "picture and mask do not match")  \
    X(OVERLOAD, 8, "computer overloaded")            \
    X(CAMERA, 9, "camera moves")                     \
    X(CROWD, 10, "too many people to follow")        \
    X(AREAS, 11, "masks cannot be read")

enum scrim_reason {
#define X(name, value, text) SCRIM_REASON_##name = (value),
    SCRIM_REASONS(X)
#undef X
        SCRIM_REASON_COUNT
};

// The sentence part shown to people; never NULL.
const char *scrim_reason_text(enum scrim_reason reason);
