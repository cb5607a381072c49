#include "bitstream/access_unit.h"

void scrim_access_units_init(struct scrim_access_units *units, enum scrim_codec codec)
{
    *units = (struct scrim_access_units){0};
    scrim_params_init(&units->params, codec);
    scrim_buf_init(&units->collecting, SCRIM_ACCESS_UNIT_MAX);
    scrim_buf_init(&units->finished, SCRIM_ACCESS_UNIT_MAX);
}

void scrim_access_units_finish(struct scrim_access_units *units)
{
    scrim_params_finish(&units->params);
    scrim_buf_finish_wipe(&units->collecting);
    scrim_buf_finish_wipe(&units->finished);
}

// Hands out what was collected, if it holds a picture. What holds none (parameter sets, SEI)
// belongs to the next picture and stays.
static int hand_out(struct scrim_access_units *units, struct scrim_unit *ret,
                    struct scrim_error *error)
{
    struct scrim_access_unit_info info;
    const int result =
        scrim_params_update(&units->params, units->collecting.data, units->collecting.len, &info);
    if (result < 0)
        return scrim_fail(error, SCRIM_EFORMAT, "more than %d bytes of parameter sets",
                          SCRIM_PARAMETER_SETS_MAX);
    if (!info.has_slice)
        return 0;

    const struct scrim_buf spare = units->finished;
    units->finished = units->collecting;
    units->collecting = spare;
    scrim_buf_clear(&units->collecting);
    *ret = (struct scrim_unit){
        .data = units->finished.data,
        .size = units->finished.len,
        .rtp = units->pts,
        .sender_utc_us = units->sender_utc_us,
        .random = info.random && units->params.generation > 0,
    };
    return 1;
}

int scrim_access_units_push(struct scrim_access_units *units, const uint8_t *data, size_t size,
                            int64_t pts, int64_t sender_utc_us, struct scrim_unit *ret,
                            struct scrim_error *error)
{
    int handed_out = 0;
    if (units->collecting.len > 0 && pts != units->pts)
        handed_out = hand_out(units, ret, error);
    if (handed_out < 0)
        return handed_out;
    const int result = scrim_buf_append(&units->collecting, data, size);
    if (result < 0)
        return scrim_fail(error, SCRIM_EFORMAT, "a picture of more than %u bytes",
                          SCRIM_ACCESS_UNIT_MAX);
    units->pts = pts;
    units->sender_utc_us = sender_utc_us;
    return handed_out;
}

int scrim_access_units_flush(struct scrim_access_units *units, struct scrim_unit *ret,
                             struct scrim_error *error)
{
    return units->collecting.len > 0 ? hand_out(units, ret, error) : 0;
}
