// What the recorder's link carries to one camera of a veil worker: parameter sets and packets that
// a camera chose, through decoder, redactor, encoder and muxer. FFmpeg runs as it is shipped.
//
// Input: records of u8 kind (2 stream, 3 packet, 4 end, 24 areas, anything else: time passes), u8
// flags, u16 length, body.
#include "veil/camera.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int find_nobody(void *context, const struct scrim_picture *picture,
                       const struct scrim_region *region, struct scrim_box *boxes, size_t max)
{
    (void)context;
    (void)picture;
    (void)region;
    (void)max;
    boxes[0] = (struct scrim_box){1, 2, 30, 40, 0.9F, SCRIM_CLASS_PERSON};
    return 1;
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

static void replay(struct scrim_veil_camera *camera, struct scrim_reader input)
{
    int64_t now_us = 1000000;
    uint8_t kind, flags;
    uint16_t length;
    for (int i = 0; i < 64 && scrim_read_u8(&input, &kind) && scrim_read_u8(&input, &flags) &&
                    scrim_read_u16(&input, &length);
         i++) {
        const size_t count = length < input.left ? length : input.left;
        const struct scrim_link_message message = {
            .kind = (enum scrim_link_kind)kind,
            .flags = flags,
            .body = scrim_read_view(&input, count),
            .body_len = count,
        };
        now_us += 100000 + (int64_t)flags * 1000;
        if (kind == SCRIM_LINK_AREAS) {
            if (scrim_veil_camera_areas_message(
                    camera, scrim_reader_of(message.body, message.body_len)) < 0)
                return;
        } else if (kind < SCRIM_LINK_STREAM || kind > SCRIM_LINK_END)
            scrim_veil_camera_shed(camera, flags & 7, flags & 8);
        else if (scrim_veil_camera_message(camera, &message, now_us) < 0)
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
        .finder = {find_nobody, NULL},
        .schedule = schedule,
        .outlet = {swallow, has_room, &calls},
    });
    replay(camera, scrim_reader_of(data, size));
    scrim_veil_camera_destroy(camera);
    scrim_schedule_destroy(schedule);
    return 0;
}
