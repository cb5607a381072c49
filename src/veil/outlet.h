// What the veil tells the desk about one camera, put into messages. Nothing here waits: when the
// desk does not take more, frames are dropped up to the next key frame.
#pragma once

#include "link/link.h"
#include "veil/redactor.h"

// Where messages go: the desk's link in the worker, a list in tests.
struct scrim_outlet {
    // As scrim_link_send.
    int (*send)(void *context, enum scrim_link_kind kind, uint8_t flags, const char *camera,
                const void *head, size_t head_len, const void *tail, size_t tail_len);
    // True while less than half of what may wait is waiting.
    bool (*roomy)(void *context);
    void *context;
};

#define SCRIM_OUTLET_QUEUE (8U << 20) // bytes that may wait for the desk; for scrim_link_create

struct scrim_outlet scrim_outlet_of(struct scrim_link *link);

// What a stream of pictures is: of which camera, and which of its renditions.
struct scrim_outlet_stream {
    const char *camera;
    enum scrim_rendition rendition;
    int width, height; // pixels
    const char *mime;
};

// Each returns what `send` returned.
SCRIM_MUST_CHECK int scrim_outlet_init(const struct scrim_outlet *outlet,
                                       const struct scrim_outlet_stream *stream,
                                       const struct scrim_buf *segment);
SCRIM_MUST_CHECK int scrim_outlet_frame(const struct scrim_outlet *outlet, const char *camera,
                                        enum scrim_rendition rendition,
                                        const struct scrim_veiled *veiled, bool key,
                                        const struct scrim_buf *fragment);
SCRIM_MUST_CHECK int scrim_outlet_state(const struct scrim_outlet *outlet, const char *camera,
                                        enum scrim_veil_state state, const char *reason);
SCRIM_MUST_CHECK int scrim_outlet_observation(const struct scrim_outlet *outlet, const char *camera,
                                              const struct scrim_veiled *veiled);
SCRIM_MUST_CHECK int scrim_outlet_areas_taken(const struct scrim_outlet *outlet, const char *camera,
                                              uint64_t revision, bool understood);
