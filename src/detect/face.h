// Reads the outputs of a network with a face head (MediaPipe's BlazeFace): where heads are, to hide
// them. Nothing else about a face is computed: the converter cuts the eyes, nose, mouth and ears
// that the published network also points out, and the guard refuses a file that has them.
#pragma once

#include "detect/network.h"

// As scrim_nanodet_decode. The network frames a face from the brows to the chin; the boxes that
// come out are grown to the whole head: hair, chin and ears.
size_t scrim_face_decode(const struct scrim_model *model, const struct scrim_network *network,
                         float threshold, struct scrim_box *boxes, size_t max);
