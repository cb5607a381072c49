#include "media/rtsp_diagnosis.h"

#include "media/media.h"

#include <libavutil/error.h>
#include <libavutil/log.h>
#include <pthread.h>
#include <string.h>

static _Thread_local struct scrim_rtsp_clues *watching;

// "m=<media> <port> <proto> <fmt> …" (RFC 8866, 5.14): a media line that lacks any of these
// describes nothing.
static bool is_media_line(const char *line)
{
    if (strncmp(line, "m=", 2) != 0)
        return false;
    unsigned fields = 0;
    for (const char *at = line + 2; *at && !strchr("\r\n", *at); at++)
        fields += *at != ' ' && (at[-1] == ' ' || at == line + 2);
    return fields >= 4;
}

static void note_description(struct scrim_rtsp_clues *clues, const char *sdp)
{
    clues->described = true;
    clues->has_media = clues->has_video = false;
    for (const char *line = sdp; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!is_media_line(line))
            continue;
        clues->has_media = true;
        clues->has_video |= strncmp(line, "m=video ", 8) == 0;
    }
}

// Lines are known by their format, as libavformat 59 has it in rtsp.c and tcp.c. One that changes
// in a later version costs precision in a sentence, nothing else; test_rtsp notices.
static void read_line(void *object, int level, const char *format, va_list args)
{
    (void)object;
    (void)level;
    struct scrim_rtsp_clues *clues = watching;
    if (!clues)
        return;
    if (strcmp(format, "line='%s'\n") == 0) {
        clues->answered = true;
        clues->spoke_rtsp |= strncmp(va_arg(args, const char *), "RTSP/", 5) == 0;
    } else if (strcmp(format, "method %s failed: %d%s\n") == 0) {
        (void)va_arg(args, const char *);
        clues->status = va_arg(args, int);
    } else if (strcmp(format, "Failed to resolve hostname %s: %s\n") == 0) {
        clues->unresolved = true;
    } else if (strcmp(format, "SDP:\n%s\n") == 0) {
        note_description(clues, va_arg(args, const char *));
    }
}

static void install(void)
{
    av_log_set_callback(read_line);
}

void scrim_rtsp_watch(struct scrim_rtsp_clues *clues)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
    watching = clues;
}

static int explain_status(int status, const struct scrim_rtsp_options *options,
                          struct scrim_error *error)
{
    const char *url = options->url;
    switch (status) {
    case 401:
    case 403:
        return scrim_fail(error, SCRIM_EAUTH,
                          options->user ? "%s: the camera refuses the user name or password (%d)"
                                        : "%s: the camera wants a user name and a password (%d)",
                          url, status);
    case 404:
        return scrim_fail(error, SCRIM_ENOENT, "%s: the camera has no such stream (404)", url);
    case 461:
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "%s: the camera does not offer this transport (461)", url);
    default:
        return scrim_fail(error, status >= 500 ? SCRIM_EBUSY : SCRIM_EFORMAT,
                          status >= 500 ? "%s: the camera cannot serve the stream now (%d)"
                                        : "%s: the camera refuses the request (%d)",
                          url, status);
    }
}

// The connection itself failed, or ended before a session came about.
static int explain_connection(int av_error, const struct scrim_rtsp_clues *clues, const char *url,
                              struct scrim_error *error)
{
    if (clues->unresolved)
        return scrim_fail(error, SCRIM_ENETWORK, "%s: the host name has no address", url);
    if (clues->answered && !clues->spoke_rtsp)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: what answers there does not speak RTSP", url);

    switch (av_error) {
    case AVERROR(ECONNREFUSED):
        return scrim_fail(error, SCRIM_EBUSY, "%s: connection refused", url);
    case AVERROR(EHOSTUNREACH):
    case AVERROR(ENETUNREACH):
    case AVERROR(ENETDOWN):
        return scrim_fail(error, SCRIM_ENETWORK, "%s: the host cannot be reached", url);
    case AVERROR(ETIMEDOUT): return scrim_fail(error, SCRIM_ETIMEOUT, "%s: no answer in time", url);
    case AVERROR_EOF:
    case AVERROR(EIO):
    case AVERROR(EPIPE):
    case AVERROR(ECONNRESET):
        return scrim_fail(error, SCRIM_EEND, "%s: the camera closed the connection", url);
    case AVERROR_INVALIDDATA: // what libavformat makes of a connection that ends within an answer
        if (!clues->described)
            return scrim_fail(error, SCRIM_EEND,
                              "%s: the camera closed the connection, or its answer is unusable",
                              url);
        break;
    default: break;
    }
    return scrim_fail_av(error, av_error, "%s", url);
}

int scrim_rtsp_explain(int av_error, const struct scrim_rtsp_clues *clues,
                       const struct scrim_rtsp_options *options, struct scrim_error *error)
{
    // Before the status: what a camera says to requests for tracks that it does not have is moot.
    if (clues->described && !clues->has_media)
        return scrim_fail(error, SCRIM_EFORMAT,
                          "%s: the camera's session description (SDP) is malformed", options->url);
    if (clues->described && !clues->has_video)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "%s: the stream has no video track",
                          options->url);
    if (clues->status >= 400)
        return explain_status(clues->status, options, error);
    return explain_connection(av_error, clues, options->url, error);
}
