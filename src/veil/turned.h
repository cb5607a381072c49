// A part of a picture turned by a quarter, so that a detector which has learnt people who stand
// finds one who lies.
#pragma once

#include "detect/detector.h"

// Where the head of somebody lies who stands upright in the turned picture.
enum scrim_side { SCRIM_SIDE_LEFT, SCRIM_SIDE_RIGHT, SCRIM_SIDE_COUNT };

struct scrim_turned;

// Room for any part of pictures of this size. SCRIM_ENOMEM without memory.
SCRIM_MUST_CHECK int scrim_turned_create(int width, int height, struct scrim_turned **ret);
void scrim_turned_destroy(struct scrim_turned *turned); // NULL is fine

// `part` lies within the picture, and its corner is even. Valid until the next call. With the head
// on the left it is also mirrored, which is no matter to a detector.
struct scrim_picture scrim_turned_picture(struct scrim_turned *turned,
                                          const struct scrim_picture *picture,
                                          const struct scrim_region *part, enum scrim_side head);
// Where a box of that turned picture is in the whole one.
struct scrim_box scrim_turned_back(const struct scrim_box *box, const struct scrim_region *part,
                                   enum scrim_side head);
