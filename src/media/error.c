#include "media/media.h"

#include <errno.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <stdarg.h>
#include <stdio.h>

int scrim_err_from_av(int av_error)
{
    switch (av_error) {
    case AVERROR_HTTP_UNAUTHORIZED:
    case AVERROR_HTTP_FORBIDDEN: return SCRIM_EAUTH;
    case AVERROR_HTTP_NOT_FOUND:
    case AVERROR_STREAM_NOT_FOUND: return SCRIM_ENOENT;
    case AVERROR_HTTP_SERVER_ERROR: return SCRIM_EBUSY;
    case AVERROR_INVALIDDATA:
    case AVERROR_HTTP_BAD_REQUEST:
    case AVERROR_HTTP_OTHER_4XX: return SCRIM_EFORMAT;
    case AVERROR_PATCHWELCOME:
    case AVERROR_PROTOCOL_NOT_FOUND:
    case AVERROR_DECODER_NOT_FOUND:
    case AVERROR_ENCODER_NOT_FOUND:
    case AVERROR_DEMUXER_NOT_FOUND:
    case AVERROR_MUXER_NOT_FOUND: return SCRIM_EUNSUPPORTED;
    case AVERROR_EOF: return SCRIM_EEND;
    case AVERROR_EXIT: return SCRIM_ECANCEL;
    case AVERROR(EAGAIN): return SCRIM_EAGAIN;
    case AVERROR_BUG:
    case AVERROR_BUG2: return SCRIM_EINTERNAL;
    default: return scrim_err_from_errno(AVUNERROR(av_error));
    }
}

int scrim_fail_av(struct scrim_error *error, int av_error, const char *format, ...)
{
    char text[400], reason[AV_ERROR_MAX_STRING_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (av_strerror(av_error, reason, sizeof reason) < 0)
        snprintf(reason, sizeof reason, "FFmpeg error %d", av_error);
    return scrim_fail(error, scrim_err_from_av(av_error), "%s: %s", text, reason);
}

static _Thread_local unsigned complaints;

static void count_complaint(void *context, int level, const char *format, va_list args)
{
    (void)context;
    (void)format;
    (void)args;
    if (level <= AV_LOG_ERROR)
        complaints++;
}

void scrim_media_quiet(void)
{
    av_log_set_callback(count_complaint);
}

unsigned scrim_media_complaints(void)
{
    return complaints;
}
