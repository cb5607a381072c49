#include "veil/outlet.h"

#include <string.h>

#define OBSERVED_MAX (SCRIM_VEILED_PLACES_MAX + SCRIM_UNEXPLAINED_MAX)
_Static_assert(OBSERVED_MAX <= UINT8_MAX, "the count of an observation is one byte");

static int send_on_link(void *context, enum scrim_link_kind kind, uint8_t flags, const char *camera,
                        const void *head, size_t head_len, const void *tail, size_t tail_len)
{
    return scrim_link_send(context, kind, flags, camera, head, head_len, tail, tail_len);
}

static bool link_is_roomy(void *context)
{
    return scrim_link_queued(context) < SCRIM_OUTLET_QUEUE / 2;
}

struct scrim_outlet scrim_outlet_of(struct scrim_link *link)
{
    return (struct scrim_outlet){send_on_link, link_is_roomy, link};
}

// Big-endian integers into an array that is known to be large enough.
static uint8_t *put(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
    return at + bytes;
}

static unsigned flag_of(enum scrim_rendition rendition)
{
    return rendition == SCRIM_RENDITION_THIN ? SCRIM_LINK_THIN : 0U;
}

int scrim_outlet_init(const struct scrim_outlet *outlet, const struct scrim_outlet_stream *stream,
                      const struct scrim_buf *segment)
{
    uint8_t head[6 + 128];
    const size_t length = strnlen(stream->mime, sizeof head - 6);
    uint8_t *at = put(head, (uint64_t)stream->width, 2);
    at = put(at, (uint64_t)stream->height, 2);
    at = put(at, length, 2);
    memcpy(at, stream->mime, length);
    return outlet->send(outlet->context, SCRIM_LINK_INIT, (uint8_t)flag_of(stream->rendition),
                        stream->camera, head, 6 + length, segment->data, segment->len);
}

int scrim_outlet_frame(const struct scrim_outlet *outlet, const char *camera,
                       enum scrim_rendition rendition, const struct scrim_veiled *veiled, bool key,
                       const struct scrim_buf *fragment)
{
    uint8_t head[8 + 8 + 2 + 1];
    uint8_t *at = put(head, (uint64_t)veiled->tag, 8);
    at = put(at, (uint64_t)veiled->pts_us, 8);
    at = put(at, veiled->masked_permille, 2);
    put(at, (uint64_t)veiled->reason, 1);
    const unsigned flags = (key ? SCRIM_LINK_KEY : 0U) | (veiled->reason ? SCRIM_LINK_OPAQUE : 0U) |
                           flag_of(rendition);
    return outlet->send(outlet->context, SCRIM_LINK_FRAME, (uint8_t)flags, camera, head,
                        sizeof head, fragment->data, fragment->len);
}

int scrim_outlet_state(const struct scrim_outlet *outlet, const char *camera,
                       enum scrim_veil_state state, const char *reason)
{
    const uint8_t head = (uint8_t)state;
    return outlet->send(outlet->context, SCRIM_LINK_VEIL_STATE, 0, camera, &head, 1, reason,
                        strlen(reason));
}

// A share of the picture in 1/65535.
static uint64_t share(float pixels, int whole)
{
    const float value = pixels / (float)whole * 65535;
    return value <= 0 ? 0 : value >= 65535 ? 65535 : (uint64_t)value;
}

// What is seen, as one entry of an observation.
struct seen {
    uint32_t number;
    uint8_t class;
    float x0, y0, x1, y1; // pixels
    float score;          // 0…1
};

static uint8_t *put_seen(uint8_t *at, const struct seen *seen, const struct scrim_picture *picture)
{
    at = put(at, seen->number, 4);
    at = put(at, seen->class, 1);
    at = put(at, share(seen->x0, picture->width), 2);
    at = put(at, share(seen->y0, picture->height), 2);
    at = put(at, share(seen->x1 - seen->x0, picture->width), 2);
    at = put(at, share(seen->y1 - seen->y0, picture->height), 2);
    return put(at, (uint64_t)(seen->score * 255), 1);
}

static struct seen seen_place(const struct scrim_place *place)
{
    const struct scrim_box *box = &place->box;
    return (struct seen){place->number, (uint8_t)box->class, box->x0, box->y0, box->x1,
                         box->y1,       box->score};
}

static struct seen seen_motion(const struct scrim_region *region)
{
    const float x = (float)region->x, y = (float)region->y;
    return (struct seen){
        .class = SCRIM_OBSERVED_MOTION,
        .x0 = x,
        .y0 = y,
        .x1 = x + (float)region->width,
        .y1 = y + (float)region->height,
        .score = 1,
    };
}

int scrim_outlet_observation(const struct scrim_outlet *outlet, const char *camera,
                             const struct scrim_veiled *veiled)
{
    uint8_t body[9 + OBSERVED_MAX * 14];
    uint8_t *at = put(body, (uint64_t)veiled->tag, 8);
    at = put(at, veiled->places_count + veiled->unexplained_count, 1);
    for (size_t i = 0; i < veiled->places_count; i++) {
        const struct seen seen = seen_place(&veiled->places[i]);
        at = put_seen(at, &seen, &veiled->picture);
    }
    for (size_t i = 0; i < veiled->unexplained_count; i++) {
        const struct seen seen = seen_motion(&veiled->unexplained[i]);
        at = put_seen(at, &seen, &veiled->picture);
    }
    return outlet->send(outlet->context, SCRIM_LINK_OBSERVATION, 0, camera, body,
                        (size_t)(at - body), NULL, 0);
}

int scrim_outlet_areas_taken(const struct scrim_outlet *outlet, const char *camera,
                             uint64_t revision, bool understood)
{
    uint8_t body[9];
    put(put(body, revision, 8), understood, 1);
    return outlet->send(outlet->context, SCRIM_LINK_AREAS_TAKEN, 0, camera, body, sizeof body, NULL,
                        0);
}
