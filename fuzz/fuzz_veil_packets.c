// What the recorder's link carries to one camera of a veil worker: parameter sets and packets that
// a camera chose, through decoder, redactor, encoder and muxer. FFmpeg runs as it is shipped.
//
// Input: records of u8 kind (2 stream, 3 packet, 4 end, 24 areas, 26 thin rendition, anything else:
// load is shed), u8 flags, u16 length, body.
#include "veil/camera.h"

#include <stdlib.h>

#define RECORDS_MAX 200 // twenty seconds: long past warming up

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// As many boxes as the first pixel says, where the next ones say; now and then the detector fails.
static int find_somebody(void *context, const struct scrim_picture *picture,
                         const struct scrim_region *region, struct scrim_box *boxes, size_t max)
{
    const uint8_t *pixels = picture->planes[0];
    const int count = pixels[0] % 8;
    (void)context;
    (void)region;
    if (count == 7 || (size_t)count > max)
        return SCRIM_EINTERNAL;
    for (int i = 0; i < count; i++) {
        const float x = (float)(pixels[i] % picture->width);
        const float y = (float)(pixels[i + 8] % picture->height);
        boxes[i] = (struct scrim_box){x / 2,
                                      y / 2,
                                      x / 2 + 1 + (float)(pixels[i] & 31),
                                      y / 2 + 1 + (float)(pixels[i + 1] & 63),
                                      (float)pixels[i + 2] / 255.0F,
                                      (enum scrim_class)(pixels[i + 3] % SCRIM_CLASS_COUNT)};
    }
    return count;
}

static int swallow(void *context, enum scrim_link_kind kind, uint8_t flags, const char *camera,
                   const void *head, size_t head_len, const void *tail, size_t tail_len)
{
    size_t *calls = context;
    (void)kind;
    (void)flags;
    (void)camera;
    (void)head;
    (void)tail;
    return (head_len + tail_len) % 11 == 0 && ++*calls % 3 == 0 ? SCRIM_EAGAIN : SCRIM_OK;
}

static bool has_room(void *context)
{
    return *(size_t *)context % 2 == 0;
}

static int take(struct scrim_veil_camera *camera, const struct scrim_link_message *message,
                int64_t now_us)
{
    const struct scrim_reader body = scrim_reader_of(message->body, message->body_len);
    switch ((int)message->kind) {
    case SCRIM_LINK_STREAM:
    case SCRIM_LINK_PACKET:
    case SCRIM_LINK_END: return scrim_veil_camera_message(camera, message, now_us);
    case SCRIM_LINK_AREAS: return scrim_veil_camera_areas_message(camera, body);
    case SCRIM_LINK_THIN_WANTED: return scrim_veil_camera_thin_message(camera, body);
    default:
        scrim_veil_camera_shed(camera, message->flags & 7, message->flags & 8);
        return SCRIM_OK;
    }
}

static void replay(struct scrim_veil_camera *camera, struct scrim_reader input)
{
    int64_t now_us = 1000000;
    uint8_t kind, flags;
    uint16_t length;
    for (int i = 0; i < RECORDS_MAX && scrim_read_u8(&input, &kind) &&
                    scrim_read_u8(&input, &flags) && scrim_read_u16(&input, &length);
         i++) {
        const size_t count = length < input.left ? length : input.left;
        const struct scrim_link_message message = {
            .kind = (enum scrim_link_kind)kind,
            .flags = flags,
            .body = scrim_read_view(&input, count),
            .body_len = count,
        };
        now_us += 100000 + (int64_t)flags * 1000;
        if (take(camera, &message, now_us) < 0)
            return; // the worker would end here
        scrim_veil_camera_tick(camera, now_us);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char id[] = "quay";
    const struct scrim_camera_config config = {.id = id};
    struct scrim_schedule *schedule = scrim_schedule_create(1000, 100000, true);
    size_t calls = 0;
    struct scrim_veil_camera *camera = scrim_veil_camera_create(&(struct scrim_veil_camera_params){
        .config = &config,
        .finder = {find_somebody, NULL},
        .schedule = schedule,
        .outlet = {swallow, has_room, &calls},
    });
    replay(camera, scrim_reader_of(data, size));
    scrim_veil_camera_destroy(camera);
    scrim_schedule_destroy(schedule);
    return 0;
}
