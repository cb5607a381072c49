// Pictures into H.264 for the people who watch: libx264, one thread, no delay, so that each picture
// gives one access unit at once. 4:2:0; an odd size, which H.264 cannot say in 4:2:0, goes as
// 4:4:4.
#pragma once

#include "base/error.h"
#include "media/picture.h"

// CPU against bytes.
enum scrim_encoder_effort {
    SCRIM_EFFORT_FILE,
    SCRIM_EFFORT_LEAST, // half of it for a tenth more bytes: many cameras share a core
    SCRIM_EFFORT_THIN,  // as little as fits a thin link, of pictures that are few and small
};

struct scrim_encoder_params {
    int width, height;
    bool full_range;
    int time_base_num, time_base_den; // seconds per unit of pts
    double fps;                       // about; for rate control only
    int key_interval;                 // frames; more key frames may be forced
    enum scrim_encoder_effort effort;
    int bit_rate_max; // bits a second, kept over any second and a half; 0: plenty for the size
};

struct scrim_encoder;

SCRIM_MUST_CHECK int scrim_encoder_create(const struct scrim_encoder_params *params,
                                          struct scrim_encoder **ret, struct scrim_error *error);
void scrim_encoder_destroy(struct scrim_encoder *encoder); // NULL is fine

// SPS and PPS in byte stream format; the encoder's.
void scrim_encoder_extradata(const struct scrim_encoder *encoder, const uint8_t **ret_data,
                             size_t *ret_len);

struct scrim_encoded {
    const uint8_t *data; // access unit in byte stream format; borrowed until the next call
    size_t count;
    int64_t pts, dts; // in the time base
    bool key;
};

// `pts` must rise.
SCRIM_MUST_CHECK int scrim_encoder_encode(struct scrim_encoder *encoder,
                                          const struct scrim_picture *picture, int64_t pts,
                                          bool force_key, struct scrim_encoded *ret,
                                          struct scrim_error *error);
