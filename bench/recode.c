// recode CAMERAS PICTURES CLIP…: what decoding and encoding alone cost, with the decoder and the
// encoder of the veil and nothing between them: the limit for whoever makes one stream out of
// another. Camera N plays clip N modulo their count; all cameras take turns, a picture each, as
// they do in a worker. Prints CPU milliseconds a picture as JSON.
//
// CLIP: H.264 in byte stream format with access unit delimiters.
#include "base/alloc.h"
#include "base/fs.h"
#include "bitstream/mux.h"
#include "bitstream/nal.h"
#include "media/decode.h"
#include "media/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CLIP_MAX (64U << 20)
#define DELIMITER 9 // nal_unit_type of H.264
#define START_CODE 4
#define FPS 10
#define WARM 20 // pictures of each camera, before anything counts

struct unit {
    const uint8_t *data;
    size_t size;
};

struct clip {
    struct scrim_buf file;
    struct unit *units;
    size_t count;
};

struct camera {
    const struct clip *clip;
    struct scrim_decoder *decoder;
    struct scrim_encoder *encoder;
    int64_t pictures;
};

struct cost {
    int64_t decode_ns, encode_ns;
    uint64_t pictures, bytes_in, bytes_out;
};

static int64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int load(const char *path, struct clip *clip, struct scrim_error *error)
{
    scrim_buf_init(&clip->file, CLIP_MAX);
    const int result = scrim_fs_read(path, &clip->file, error);
    if (result < 0)
        return result;
    struct scrim_nal_walk walk =
        scrim_nal_walk_of(SCRIM_CODEC_H264, clip->file.data, clip->file.len);
    struct scrim_nal nal;
    clip->units = scrim_new_array(clip->file.len / 64 + 1, struct unit);
    while (scrim_nal_next(&walk, &nal)) {
        if (nal.type == DELIMITER)
            clip->units[clip->count++].data = nal.data - START_CODE;
        if (clip->count == 0)
            continue;
        struct unit *unit = &clip->units[clip->count - 1];
        unit->size = (size_t)(nal.data + nal.size - unit->data);
    }
    return clip->count > 0 ? SCRIM_OK
                           : scrim_fail(error, SCRIM_EFORMAT, "%s has no delimiters", path);
}

// As src/veil/feed.c has it.
static int open_encoder(struct camera *camera, const struct scrim_picture *like,
                        struct scrim_error *error)
{
    const struct scrim_encoder_params params = {
        .width = like->width,
        .height = like->height,
        .full_range = like->full_range,
        .time_base_num = 1,
        .time_base_den = SCRIM_MUX_TIMESCALE,
        .fps = FPS,
        .key_interval = 25 * FPS,
        .effort = SCRIM_EFFORT_LEAST,
    };
    return camera->encoder ? SCRIM_OK : scrim_encoder_create(&params, &camera->encoder, error);
}

// One picture of one camera.
static int turn(struct camera *camera, struct cost *cost, struct scrim_error *error)
{
    const struct unit *unit = &camera->clip->units[(size_t)camera->pictures % camera->clip->count];
    struct scrim_decoded decoded;
    struct scrim_encoded encoded = {0};
    const int64_t begun = cpu_ns();
    int result = scrim_decoder_send(camera->decoder, unit->data, unit->size, camera->pictures);
    if (result >= 0)
        result = scrim_decoder_receive(camera->decoder, &decoded, error);
    if (result <= 0)
        return result < 0 ? result : scrim_fail(error, SCRIM_EINTERNAL, "a unit without a picture");
    const int64_t decoded_at = cpu_ns();
    result = open_encoder(camera, &decoded.picture, error);
    const int64_t opened_at = cpu_ns();
    const int64_t pts = camera->pictures * SCRIM_MUX_TIMESCALE / FPS;
    const bool key = camera->pictures % (2 * FPS) == 0;
    if (result >= 0)
        result = scrim_encoder_encode(camera->encoder, &decoded.picture, pts, key, &encoded, error);
    cost->encode_ns += cpu_ns() - opened_at;
    cost->decode_ns += decoded_at - begun;
    cost->pictures++;
    cost->bytes_in += unit->size;
    cost->bytes_out += encoded.count;
    camera->pictures++;
    return result;
}

static int run(struct camera *cameras, size_t count, size_t pictures, struct cost *ret,
               struct scrim_error *error)
{
    for (size_t i = 0; i < WARM + pictures; i++) {
        if (i == WARM)
            *ret = (struct cost){0};
        for (size_t k = 0; k < count; k++) {
            const int result = turn(&cameras[k], ret, error);
            if (result < 0)
                return result;
        }
    }
    return SCRIM_OK;
}

static void report(const struct cost *cost)
{
    const double pictures = (double)cost->pictures;
    printf("{\"pictures\": %" PRIu64 ", \"decode_ms\": %.4f, \"encode_ms\": %.4f, "
           "\"bytes_in\": %.0f, \"bytes_out\": %.0f}\n",
           cost->pictures, (double)cost->decode_ns / pictures / 1e6,
           (double)cost->encode_ns / pictures / 1e6, (double)cost->bytes_in / pictures,
           (double)cost->bytes_out / pictures);
}

// What was opened is left to the end of the process.
int main(int argc, char **argv)
{
    const unsigned long cameras_count = argc > 3 ? strtoul(argv[1], NULL, 10) : 0;
    const unsigned long pictures = argc > 3 ? strtoul(argv[2], NULL, 10) : 0;
    const size_t clips_count = argc > 3 ? (size_t)argc - 3 : 0;
    if (cameras_count == 0 || pictures == 0) {
        fprintf(stderr, "usage: recode CAMERAS PICTURES CLIP…\n");
        return 2;
    }
    struct scrim_error error = {0};
    struct cost cost = {0};
    struct clip *clips = scrim_new_array(clips_count, struct clip);
    struct camera *cameras = scrim_new_array(cameras_count, struct camera);
    int result = SCRIM_OK;
    for (size_t i = 0; i < clips_count && result >= 0; i++)
        result = load(argv[3 + i], &clips[i], &error);
    for (size_t i = 0; i < cameras_count && result >= 0; i++) {
        cameras[i].clip = &clips[i % clips_count];
        result = scrim_decoder_create(SCRIM_CODEC_H264, NULL, 0, 0, 0, &cameras[i].decoder, &error);
    }
    if (result >= 0)
        result = run(cameras, cameras_count, pictures, &cost, &error);
    if (result < 0) {
        fprintf(stderr, "recode: %s\n", error.text);
        return 1;
    }
    report(&cost);
    return 0;
}
