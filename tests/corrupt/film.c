#include "film.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "bitstream/nal.h"
#include "media/decode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX (64U << 20)
#define UNITS_MAX 4096

static _Noreturn void give_up(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    exit(1);
}

static bool is_delimiter(const struct film *film, const struct scrim_nal *nal)
{
    return nal->type == (film->codec == SCRIM_CODEC_H264 ? 9U : 35U);
}

// Where the next unit begins: at the start code of its delimiter.
static void split(struct film *film, const char *path)
{
    struct scrim_nal_walk walk = scrim_nal_walk_of(film->codec, film->bytes.data, film->bytes.len);
    struct scrim_nal nal;
    film->units = scrim_new_array(UNITS_MAX, struct unit);
    while (scrim_nal_next(&walk, &nal)) {
        const uint8_t *begin = nal.data - 3;
        struct unit *last = film->count > 0 ? &film->units[film->count - 1] : NULL;
        if (is_delimiter(film, &nal)) {
            if (film->count == UNITS_MAX)
                give_up(path, "too many access units");
            if (last)
                last->size = (size_t)(begin - last->data);
            film->units[film->count++].data = begin;
        } else if (!last) {
            give_up(path, "does not begin with an access unit delimiter");
        } else {
            last->key |= scrim_nal_kind(film->codec, nal.type) == SCRIM_NAL_RANDOM;
            film->hashed |= film->codec == SCRIM_CODEC_H265 && scrim_nal_is_picture_hash(&nal);
        }
    }
    if (film->count < 100 || !film->units[0].key)
        give_up(path, "too short, or no key frame first");
    struct unit *last = &film->units[film->count - 1];
    last->size = (size_t)(film->bytes.data + film->bytes.len - last->data);
}

static void read_times(struct film *film, const char *path)
{
    char name[SCRIM_PATH_MAX];
    struct scrim_buf text;
    scrim_buf_init(&text, 1U << 20);
    snprintf(name, sizeof name, "%s.pts", path);
    if (scrim_fs_read(name, &text, NULL) < 0 || scrim_buf_append_u8(&text, '\0') < 0)
        give_up(name, "cannot be read");
    char *at = (char *)text.data;
    const double first = strtod(at, NULL);
    for (size_t i = 0; i < film->count; i++) {
        char *end;
        film->units[i].pts_us = llround((strtod(at, &end) - first) * 10) * STEP_US;
        if (end == at || film->units[i].pts_us < 0 ||
            film->units[i].pts_us >= (int64_t)film->count * STEP_US)
            give_up(name, "a time for each unit, ten a second, the first one least");
        at = end + strspn(end, ",\r\n");
    }
    scrim_buf_finish(&text);
}

static void keep(struct film *film, const struct scrim_decoded *decoded)
{
    const struct scrim_picture *picture = &decoded->picture;
    film->width = picture->width;
    film->height = picture->height;
    uint8_t *luma = scrim_new_bytes((size_t)picture->width * (size_t)picture->height);
    for (int y = 0; y < picture->height; y++)
        memcpy(luma + (size_t)y * (size_t)picture->width,
               picture->planes[0] + (ptrdiff_t)y * picture->strides[0], (size_t)picture->width);
    film->luma[decoded->pts_us / STEP_US] = luma;
}

static void decode_clean(struct film *film, const char *path)
{
    struct scrim_decoder *decoder = NULL;
    struct scrim_decoded decoded;
    film->luma = scrim_new_array(film->count, uint8_t *);
    if (scrim_decoder_create(film->codec, NULL, 0, 0, 0, &decoder, NULL) < 0)
        give_up(path, "no decoder");
    for (size_t i = 0; i < film->count; i++) {
        const struct unit *unit = &film->units[i];
        if (scrim_decoder_send(decoder, unit->data, unit->size, unit->pts_us) < 0)
            give_up(path, "does not decode");
        while (scrim_decoder_receive(decoder, &decoded, NULL) > 0) {
            if (decoded.damaged)
                give_up(path, "is damaged as it is");
            keep(film, &decoded);
        }
    }
    scrim_decoder_destroy(decoder);
}

void film_load(struct film *film, const char *path)
{
    const char *dot = strrchr(path, '.');
    const char *slash = strrchr(path, '/');
    *film = (struct film){.name = slash ? slash + 1 : path};
    film->codec = dot && strcmp(dot, ".h265") == 0 ? SCRIM_CODEC_H265 : SCRIM_CODEC_H264;
    scrim_buf_init(&film->bytes, BYTES_MAX);
    if (scrim_fs_read(path, &film->bytes, NULL) < 0)
        give_up(path, "cannot be read");
    split(film, path);
    read_times(film, path);
    decode_clean(film, path);
}
