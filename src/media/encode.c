#include "media/encode.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "media/still.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <x264.h>

// Bits per pixel that a second may cost at most, on top of what constant quality asks for.
#define BITS_PER_PIXEL_MAX 0.35
#define BIT_RATE_MIN 200000
// What a bit rate that must hold may borrow, in seconds of it: a key frame is worth several others.
#define BUFFER_S 1.5
#define QUALITY 25 // of constant quality (CRF)

// With the least effort x264 does not look at pictures before it codes them. Then quality is a
// quantiser, and it is we who mind the rate: every so many quarters of a second of bits that were
// spent too much make it coarser by a step, in which a bit more than a third is saved.
#define QP 24
#define QP_KEY (QP - 3)
#define QP_STEP 4
#define QP_STEPS 6
#define SURPLUS_STEPS_PER_S 4

#define HEADERS_MAX 4096

struct scrim_encoder {
    x264_t *codec;
    int width, height;
    struct scrim_buf sets;   // SPS and PPS
    uint8_t *wide_chroma[2]; // width × height each, for 4:4:4; else NULL

    // Only with the least effort.
    bool least;
    double rate, fps, surplus; // bits a second, pictures a second, bits more than that lately
    uint8_t *still;            // for each macroblock what x264 need not look at; NULL with 4:4:4
    struct scrim_difference *differences;
    struct scrim_shown shown; // what x264 keeps of the picture before; luma NULL: there is none
};

static double usual_rate(const struct scrim_encoder_params *params, double fps)
{
    const double rate = params->width * params->height * fps * BITS_PER_PIXEL_MAX;
    return rate > BIT_RATE_MIN ? rate : BIT_RATE_MIN;
}

// Constant quality, and the buffer that what is more leaves from (VBV), in kbit.
static void set_quality(x264_param_t *to, const struct scrim_encoder_params *params, double rate)
{
    to->rc.i_rc_method = X264_RC_CRF;
    to->rc.f_rf_constant = QUALITY;
    to->rc.i_vbv_max_bitrate = (int)(rate / 1000);
    to->rc.i_vbv_buffer_size = (int)(rate / 1000 * (params->bit_rate_max > 0 ? BUFFER_S : 1));
}

// Every picture names its own quantiser. x264 keeps it between those of I and of B pictures, of
// which we have none: six more double the factor.
static void set_quantisers(x264_param_t *to, bool still)
{
    to->rc.i_rc_method = X264_RC_CQP;
    to->rc.i_qp_constant = QP;
    to->rc.f_ip_factor = exp2f((QP - QP_KEY) / 6.0F);
    to->rc.f_pb_factor = exp2f(QP_STEP * QP_STEPS / 6.0F);
    to->analyse.b_mb_info = still;
}

static int set_params(const struct scrim_encoder *encoder,
                      const struct scrim_encoder_params *params, x264_param_t *to)
{
    static const char *const presets[] = {
        [SCRIM_EFFORT_LEAST] = "ultrafast",
        [SCRIM_EFFORT_FILE] = "superfast",
        [SCRIM_EFFORT_THIN] = "veryfast",
    };
    if (x264_param_default_preset(to, presets[params->effort], "zerolatency") < 0)
        return SCRIM_EINTERNAL;
    const bool whole_chroma = encoder->wide_chroma[0] != NULL;
    to->i_log_level = X264_LOG_NONE;
    to->i_width = params->width;
    to->i_height = params->height;
    to->i_csp = whole_chroma ? X264_CSP_I444 : X264_CSP_I420;
    to->vui.b_fullrange = params->full_range;
    to->i_timebase_num = (uint32_t)params->time_base_num;
    to->i_timebase_den = (uint32_t)params->time_base_den;
    to->i_fps_num = (uint32_t)lround(encoder->fps * 1000);
    to->i_fps_den = 1000;
    to->b_repeat_headers = 0;
    to->b_annexb = 1;
    // The key frames are where we want them, and nothing waits for a second picture or thread.
    to->i_keyint_max = params->key_interval;
    to->i_scenecut_threshold = 0;
    to->i_threads = 1;
    to->b_sliced_threads = 0;
    to->i_sync_lookahead = 0;
    if (encoder->least)
        set_quantisers(to, encoder->still != NULL);
    else
        set_quality(to, params, encoder->rate);
    return x264_param_apply_profile(to, whole_chroma ? "high444" : "main") < 0 ? SCRIM_EINTERNAL
                                                                               : SCRIM_OK;
}

static int take_sets(struct scrim_encoder *encoder)
{
    x264_nal_t *nals;
    int count, code = SCRIM_OK;
    if (x264_encoder_headers(encoder->codec, &nals, &count) < 0)
        return SCRIM_EINTERNAL;
    for (int i = 0; i < count && code >= 0; i++)
        if (nals[i].i_type == NAL_SPS || nals[i].i_type == NAL_PPS)
            code = scrim_buf_append(&encoder->sets, nals[i].p_payload, (size_t)nals[i].i_payload);
    return code;
}

static int allocate(struct scrim_encoder *encoder, bool whole_chroma)
{
    const size_t pixels = (size_t)encoder->width * (size_t)encoder->height;
    const size_t blocks = (((size_t)encoder->width + SCRIM_STILL_SIZE - 1) / SCRIM_STILL_SIZE) *
                          (((size_t)encoder->height + SCRIM_STILL_SIZE - 1) / SCRIM_STILL_SIZE);
    if (whole_chroma) {
        encoder->wide_chroma[0] = scrim_alloc(pixels);
        encoder->wide_chroma[1] = scrim_alloc(pixels);
        return encoder->wide_chroma[0] && encoder->wide_chroma[1] ? SCRIM_OK : SCRIM_ENOMEM;
    }
    if (!encoder->least)
        return SCRIM_OK;
    encoder->still = scrim_alloc(blocks);
    encoder->differences = scrim_alloc(blocks * sizeof(*encoder->differences));
    return encoder->still && encoder->differences ? SCRIM_OK : SCRIM_ENOMEM;
}

static int open_codec(struct scrim_encoder *encoder, const struct scrim_encoder_params *params)
{
    x264_param_t with;
    int code = allocate(encoder, params->width % 2 || params->height % 2);
    if (code >= 0)
        code = set_params(encoder, params, &with);
    if (code < 0)
        return code;
    encoder->codec = x264_encoder_open(&with);
    return encoder->codec ? take_sets(encoder) : SCRIM_EUNSUPPORTED;
}

int scrim_encoder_create(const struct scrim_encoder_params *params, struct scrim_encoder **ret,
                         struct scrim_error *error)
{
    if (params->width < 1 || params->height < 1 || params->time_base_num < 1 ||
        params->time_base_den < 1)
        return scrim_fail(error, SCRIM_EINVAL, "an encoder for %d×%d, %d/%d s", params->width,
                          params->height, params->time_base_num, params->time_base_den);
    struct scrim_encoder *encoder = scrim_new(struct scrim_encoder);
    encoder->width = params->width;
    encoder->height = params->height;
    encoder->least = params->effort == SCRIM_EFFORT_LEAST;
    encoder->fps = params->fps > 0 && params->fps < 240 ? params->fps : 25;
    encoder->rate =
        params->bit_rate_max > 0 ? params->bit_rate_max : usual_rate(params, encoder->fps);
    scrim_buf_init(&encoder->sets, HEADERS_MAX);
    const int code = open_codec(encoder, params);
    if (code < 0) {
        scrim_encoder_destroy(encoder);
        return scrim_fail(error, code, "opening the encoder for %d×%d: %s", params->width,
                          params->height, scrim_err_text(code));
    }
    *ret = encoder;
    return SCRIM_OK;
}

void scrim_encoder_destroy(struct scrim_encoder *encoder)
{
    if (!encoder)
        return;
    if (encoder->codec)
        x264_encoder_close(encoder->codec);
    scrim_buf_finish(&encoder->sets);
    free(encoder->wide_chroma[0]);
    free(encoder->wide_chroma[1]);
    free(encoder->still);
    free(encoder->differences);
    free(encoder);
}

void scrim_encoder_extradata(const struct scrim_encoder *encoder, const uint8_t **ret_data,
                             size_t *ret_len)
{
    *ret_data = encoder->sets.data;
    *ret_len = encoder->sets.len;
}

// Every chroma sample four times.
static void spread_chroma(struct scrim_encoder *encoder, const struct scrim_picture *picture,
                          int plane)
{
    for (int y = 0; y < picture->height; y++) {
        const uint8_t *from = picture->planes[plane] + (ptrdiff_t)(y / 2) * picture->strides[plane];
        uint8_t *to = encoder->wide_chroma[plane - 1] + (ptrdiff_t)y * picture->width;
        for (int x = 0; x < picture->width; x++)
            to[x] = from[x / 2];
    }
}

// x264 reads the planes while it encodes, and copies them.
static void set_planes(struct scrim_encoder *encoder, const struct scrim_picture *picture,
                       x264_image_t *to)
{
    to->i_csp = encoder->wide_chroma[0] ? X264_CSP_I444 : X264_CSP_I420;
    to->i_plane = 3;
    for (int plane = 0; plane < 3; plane++) {
        const bool spread = plane > 0 && encoder->wide_chroma[0];
        if (spread)
            spread_chroma(encoder, picture, plane);
        to->plane[plane] =
            spread ? encoder->wide_chroma[plane - 1] : (uint8_t *)picture->planes[plane];
        to->i_stride[plane] = spread ? picture->width : picture->strides[plane];
    }
}

static void find_still(struct scrim_encoder *encoder, const struct scrim_picture *picture,
                       x264_picture_t *in)
{
    if (!encoder->still || !encoder->shown.luma || in->i_type == X264_TYPE_IDR)
        return;
    scrim_still_find(picture, &encoder->shown, encoder->differences, encoder->still);
    in->prop.mb_info = encoder->still; // 1 is X264_MBINFO_CONSTANT
}

// How coarse the next picture has to be. Whole steps, so that pictures of the same quality follow
// each other: x264 leaves a macroblock as it is only if that is at least as fine.
static int quantiser(const struct scrim_encoder *encoder, bool key)
{
    const int over = (int)(encoder->surplus / encoder->rate * SURPLUS_STEPS_PER_S);
    return (key ? QP_KEY : QP) + QP_STEP * (over < QP_STEPS ? over : QP_STEPS);
}

static void note_size(struct scrim_encoder *encoder, int bytes)
{
    const double surplus = encoder->surplus + bytes * 8.0 - encoder->rate / encoder->fps;
    encoder->surplus = surplus > 0 ? surplus : 0;
}

static void note_shown(struct scrim_encoder *encoder, const x264_image_t *image)
{
    encoder->shown = (struct scrim_shown){image->plane[0], image->plane[1], image->i_stride[0],
                                          image->i_stride[1]};
}

int scrim_encoder_encode(struct scrim_encoder *encoder, const struct scrim_picture *picture,
                         int64_t pts, bool force_key, struct scrim_encoded *ret,
                         struct scrim_error *error)
{
    _Static_assert(X264_MBINFO_CONSTANT == 1, "what still.h says");
    if (picture->width != encoder->width || picture->height != encoder->height)
        return scrim_fail(error, SCRIM_EINVAL, "a picture of %d×%d for an encoder of %d×%d",
                          picture->width, picture->height, encoder->width, encoder->height);
    x264_picture_t in, out;
    x264_nal_t *nals;
    int count;
    x264_picture_init(&in);
    set_planes(encoder, picture, &in.img);
    in.i_pts = pts;
    in.i_type = force_key ? X264_TYPE_IDR : X264_TYPE_AUTO;
    find_still(encoder, picture, &in);
    if (encoder->least)
        in.i_qpplus1 = quantiser(encoder, force_key) + 1;
    const int size = x264_encoder_encode(encoder->codec, &nals, &count, &in, &out);
    if (size <= 0) // without delay every picture gives one
        return scrim_fail(error, SCRIM_EINTERNAL, "x264 could not encode a picture of %d×%d",
                          picture->width, picture->height);
    note_size(encoder, size);
    note_shown(encoder, &out.img);
    *ret = (struct scrim_encoded){
        .data = nals[0].p_payload, // the others follow it without a gap
        .count = (size_t)size,
        .pts = out.i_pts,
        .dts = out.i_dts,
        .key = out.b_keyframe != 0,
    };
    return SCRIM_OK;
}
