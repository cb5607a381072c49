#include "recorder/sound.h"

#define RTP_MAX (INT64_C(1) << 50)  // what is beyond is made up
#define WINDOW_S 5                  // of sound, over which the least delay is kept
#define EARLY_US (SCRIM_SECOND / 2) // earlier than any delay allows: the time stamps jumped

static int64_t samples_us(int64_t samples, uint32_t rate)
{
    return samples / rate * SCRIM_SECOND + samples % rate * SCRIM_SECOND / rate;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// Time stamps begin anew, and this frame is all that is known of them.
static void start(struct scrim_sound_line *line, int64_t rtp, int64_t offset_us)
{
    *line = (struct scrim_sound_line){
        .least_us = offset_us, .previous_us = offset_us, .window_rtp = rtp, .anchor_rtp = rtp};
}

static void note_offset(struct scrim_sound_line *line, uint32_t rate, int64_t rtp,
                        int64_t offset_us)
{
    if (rtp - line->window_rtp < (int64_t)WINDOW_S * rate) {
        line->least_us = least(line->least_us, offset_us);
        return;
    }
    line->previous_us = line->least_us;
    line->least_us = offset_us;
    line->window_rtp = rtp;
}

int64_t scrim_sound_line_place(struct scrim_sound_line *line, uint32_t rate,
                               const struct scrim_sound_frame *frame)
{
    const int64_t rtp = frame->rtp % RTP_MAX;
    const int64_t offset_us = frame->arrival_us - samples_us(rtp + frame->samples, rate);
    const bool anew = !line->started || rtp <= line->rtp ||
                      offset_us < least(line->least_us, line->previous_us) - EARLY_US;
    if (anew)
        start(line, rtp, offset_us);
    else
        note_offset(line, rate, rtp, offset_us);
    line->started = true;
    line->rtp = rtp;

    const int64_t heard_us = samples_us(rtp, rate) + least(line->least_us, line->previous_us);
    const int64_t placed_us = line->anchor_us + samples_us(rtp - line->anchor_rtp, rate);
    if (!anew && placed_us - heard_us <= SCRIM_SOUND_DRIFT_US &&
        heard_us - placed_us <= SCRIM_SOUND_DRIFT_US)
        return placed_us;
    line->anchor_rtp = rtp;
    line->anchor_us = heard_us;
    return heard_us;
}

void scrim_sound_take(struct scrim_sound *sound, struct scrim_segment *segment, int64_t until_us,
                      const struct scrim_sound_frame *frame)
{
    struct scrim_sound_frame complete = *frame;
    sound->lost_packets += frame->lost_packets;
    complete.samples = sound->recorded ? scrim_sound_samples(&sound->params, frame->size) : 0;
    if (complete.samples == 0) {
        sound->dropped++;
        return;
    }
    const int64_t mono_us = scrim_sound_line_place(&sound->line, sound->params.rate, &complete);
    if (segment && mono_us < until_us + SCRIM_HOLE_US &&
        scrim_segment_add_sound(segment, &sound->params, &complete, mono_us))
        sound->frames++;
    else
        sound->dropped++;
}
