#include "link/trial.h"

#include <string.h>

#define SIDE_MAX 32768U // pixels
#define MFPS_MAX 1000000U
#define BITRATE_MAX (UINT64_C(1) << 40)

static int put_text(struct scrim_buf *out, const char *text)
{
    const size_t length = strlen(text);
    const int result = scrim_buf_append_u16(out, (uint16_t)length);
    return result < 0 ? result : scrim_buf_append(out, text, length);
}

static int put_fingerprint(struct scrim_buf *out, bool has,
                           const uint8_t fingerprint[SCRIM_TRIAL_FINGERPRINT])
{
    const int result = scrim_buf_append_u8(out, has);
    return result < 0 || !has ? result
                              : scrim_buf_append(out, fingerprint, SCRIM_TRIAL_FINGERPRINT);
}

int scrim_trial_wish_format(const struct scrim_trial_wish *wish, struct scrim_buf *ret)
{
    int result = scrim_buf_append_u32(ret, wish->number);
    if (result >= 0)
        result = scrim_buf_append_u8(ret, wish->transport);
    if (result >= 0)
        result = put_fingerprint(ret, wish->pinned, wish->fingerprint);
    if (result >= 0)
        result = put_text(ret, wish->url);
    if (result >= 0)
        result = put_text(ret, wish->user);
    return result < 0 ? result : put_text(ret, wish->password);
}

int scrim_trial_report_format(const struct scrim_trial_report *report, struct scrim_buf *ret)
{
    const uint8_t codes[] = {(uint8_t)report->step, (uint8_t)report->outcome, report->last,
                             report->codec};
    int result = scrim_buf_append_u32(ret, report->number);
    if (result >= 0)
        result = scrim_buf_append(ret, codes, sizeof codes);
    if (result >= 0)
        result = scrim_buf_append_u32(ret, report->width);
    if (result >= 0)
        result = scrim_buf_append_u32(ret, report->height);
    if (result >= 0)
        result = scrim_buf_append_u32(ret, report->mfps);
    if (result >= 0)
        result = scrim_buf_append_u64(ret, report->bitrate);
    if (result >= 0)
        result = scrim_buf_append_u32(ret, report->keyframe_ms);
    return result < 0 ? result : put_fingerprint(ret, report->has_fingerprint, report->fingerprint);
}

static bool get_text(struct scrim_reader *reader, char *ret, size_t ret_size)
{
    uint16_t length;
    if (!scrim_read_u16(reader, &length) || length >= ret_size ||
        !scrim_read_bytes(reader, ret, length))
        return false;
    ret[length] = '\0';
    return strlen(ret) == length;
}

static bool get_flag(struct scrim_reader *reader, bool *ret)
{
    uint8_t flag;
    if (!scrim_read_u8(reader, &flag) || flag > 1)
        return false;
    *ret = flag == 1;
    return true;
}

static bool get_fingerprint(struct scrim_reader *reader, bool *ret_has,
                            uint8_t ret[SCRIM_TRIAL_FINGERPRINT])
{
    memset(ret, 0, SCRIM_TRIAL_FINGERPRINT);
    return get_flag(reader, ret_has) &&
           (!*ret_has || scrim_read_bytes(reader, ret, SCRIM_TRIAL_FINGERPRINT));
}

bool scrim_trial_wish_parse(const void *body, size_t count, struct scrim_trial_wish *ret)
{
    struct scrim_reader reader = scrim_reader_of(body, count);
    const bool fine = scrim_read_u32(&reader, &ret->number) &&
                      scrim_read_u8(&reader, &ret->transport) && ret->transport <= 2 &&
                      get_fingerprint(&reader, &ret->pinned, ret->fingerprint) &&
                      get_text(&reader, ret->url, sizeof ret->url) && ret->url[0] &&
                      get_text(&reader, ret->user, sizeof ret->user) &&
                      get_text(&reader, ret->password, sizeof ret->password) && reader.left == 0;
    if (!fine)
        scrim_trial_wish_wipe(ret);
    return fine;
}

bool scrim_trial_report_parse(const void *body, size_t count, struct scrim_trial_report *ret)
{
    struct scrim_reader reader = scrim_reader_of(body, count);
    uint8_t step, outcome;
    if (!scrim_read_u32(&reader, &ret->number) || !scrim_read_u8(&reader, &step) ||
        !scrim_read_u8(&reader, &outcome) || !get_flag(&reader, &ret->last) ||
        !scrim_read_u8(&reader, &ret->codec) || !scrim_read_u32(&reader, &ret->width) ||
        !scrim_read_u32(&reader, &ret->height) || !scrim_read_u32(&reader, &ret->mfps) ||
        !scrim_read_u64(&reader, &ret->bitrate) || !scrim_read_u32(&reader, &ret->keyframe_ms) ||
        !get_fingerprint(&reader, &ret->has_fingerprint, ret->fingerprint) || reader.left > 0)
        return false;
    ret->step = (enum scrim_trial_step)step;
    ret->outcome = (enum scrim_trial_outcome)outcome;
    return step < SCRIM_TRIAL_STEPS && outcome < SCRIM_TRIAL_OUTCOMES &&
           ret->codec <= SCRIM_CODEC_H265 && ret->width <= SIDE_MAX && ret->height <= SIDE_MAX &&
           ret->mfps <= MFPS_MAX && ret->bitrate <= BITRATE_MAX;
}

void scrim_trial_wish_wipe(struct scrim_trial_wish *wish)
{
    explicit_bzero(wish, sizeof *wish);
}
