#include "desk/history_sample.h"

void scrim_history_sum_begin(struct scrim_history_sum *sum)
{
    *sum = (struct scrim_history_sum){.clock_ms = SCRIM_HISTORY_NO_CLOCK};
}

void scrim_history_sum_add(struct scrim_history_sum *sum, const struct scrim_history_sample *sample)
{
    sum->count++;
    sum->bitrate += sample->bitrate;
    sum->fps_centi += sample->fps_centi;
    sum->gap_ds += sample->gap_ds;
    sum->opaque_ds += sample->opaque_ds;
    sum->reconnects += sample->reconnects;
    if (sample->clock_ms != SCRIM_HISTORY_NO_CLOCK)
        sum->clock_ms = sample->clock_ms; // the newest: it drifts
}

static uint16_t at_most_16(uint64_t value)
{
    return value < UINT16_MAX ? (uint16_t)value : UINT16_MAX;
}

struct scrim_history_sample scrim_history_sum_end(const struct scrim_history_sum *sum,
                                                  uint32_t slot)
{
    if (sum->count == 0)
        return (struct scrim_history_sample){0};
    return (struct scrim_history_sample){
        .slot = slot,
        .bitrate = (uint32_t)(sum->bitrate / sum->count),
        .clock_ms = (int32_t)sum->clock_ms,
        .fps_centi = at_most_16(sum->fps_centi / sum->count),
        .gap_ds = at_most_16(sum->gap_ds),
        .opaque_ds = at_most_16(sum->opaque_ds),
        .reconnects = at_most_16(sum->reconnects),
    };
}

int scrim_history_sample_format(const struct scrim_history_sample *sample, struct scrim_buf *ret)
{
    int result = scrim_buf_append_u32(ret, sample->slot);
    if (result >= 0)
        result = scrim_buf_append_u32(ret, sample->bitrate);
    if (result >= 0)
        result = scrim_buf_append_u32(ret, (uint32_t)sample->clock_ms);
    if (result >= 0)
        result = scrim_buf_append_u16(ret, sample->fps_centi);
    if (result >= 0)
        result = scrim_buf_append_u16(ret, sample->gap_ds);
    if (result >= 0)
        result = scrim_buf_append_u16(ret, sample->opaque_ds);
    return result < 0 ? result : scrim_buf_append_u16(ret, sample->reconnects);
}

bool scrim_history_sample_parse(struct scrim_reader *reader, struct scrim_history_sample *ret)
{
    uint32_t clock_ms;
    if (reader->left < SCRIM_HISTORY_BYTES || !scrim_read_u32(reader, &ret->slot) ||
        !scrim_read_u32(reader, &ret->bitrate) || !scrim_read_u32(reader, &clock_ms) ||
        !scrim_read_u16(reader, &ret->fps_centi) || !scrim_read_u16(reader, &ret->gap_ds) ||
        !scrim_read_u16(reader, &ret->opaque_ds) || !scrim_read_u16(reader, &ret->reconnects))
        return false;
    ret->clock_ms = (int32_t)clock_ms;
    return true;
}
