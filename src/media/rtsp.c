#include "media/rtsp.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "media/media.h"
#include "media/rtsp_diagnosis.h"

#include <libavformat/avformat.h>
#include <libavutil/time.h>
#include <sodium.h>
#include <string.h>

#define UDP_BUFFER (1 << 20)           // bytes in the kernel: a key frame arrives in one burst
#define URL_MAX 4096                   // with credentials, percent-encoded
#define IO_TIMEOUT (20 * SCRIM_SECOND) // of one socket operation; the deadline comes earlier

struct scrim_rtsp {
    AVFormatContext *context;
    AVPacket *packet;
    struct scrim_access_units units;
    int stream;          // index of the track that is read
    int end;             // AVERROR that ended the stream, 0 while it runs
    int64_t stall_us;    // how long we waited for what ended it
    bool closing;        // TEARDOWN may still be sent, whoever cancels
    char *url;           // for sentences
    int64_t deadline_us; // monotonic
    bool (*cancelled)(void *context);
    void *cancel_context;
    struct scrim_rtsp_clues clues;
};

static int interrupted(void *context)
{
    struct scrim_rtsp *rtsp = context;
    return (!rtsp->closing && rtsp->cancelled(rtsp->cancel_context)) ||
           scrim_clock_coarse_us() > rtsp->deadline_us;
}

// Percent-encoding of userinfo (RFC 3986, 3.2.1): everything but unreserved characters.
static int append_encoded(struct scrim_buf *url, const char *text)
{
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    int result = SCRIM_OK;
    for (; *text && result >= 0; text++) {
        if (strchr(unreserved, *text))
            result = scrim_buf_append(url, text, 1);
        else
            result = scrim_buf_printf(url, "%%%02X", (unsigned char)*text);
    }
    return result;
}

// "rtsp://user:password@host/…". `ret` has its whole size reserved, so that growing leaves no copy
// behind.
static int url_with_credentials(const struct scrim_rtsp_options *options, struct scrim_buf *ret,
                                struct scrim_error *error)
{
    const char *rest = strstr(options->url, "://");
    if (!rest)
        return scrim_fail(error, SCRIM_EINVAL, "%s: not a URL", options->url);
    rest += strlen("://");
    int result = scrim_buf_reserve(ret, URL_MAX);
    if (result >= 0)
        result = scrim_buf_append(ret, options->url, (size_t)(rest - options->url));
    if (result >= 0 && options->user) {
        result = append_encoded(ret, options->user);
        if (result >= 0)
            result = scrim_buf_append(ret, ":", 1);
        if (result >= 0 && options->password)
            result = append_encoded(ret, options->password);
        if (result >= 0)
            result = scrim_buf_append(ret, "@", 1);
    }
    if (result >= 0)
        result = scrim_buf_append(ret, rest, strlen(rest) + 1);
    return result < 0 ? scrim_fail(error, result, "%s: too long", options->url) : SCRIM_OK;
}

static int set_options(AVDictionary **dictionary, enum scrim_transport transport)
{
    // With both allowed, libavformat goes on to UDP when the camera answers 461 to TCP.
    static const char *const transports[] = {[SCRIM_TRANSPORT_AUTO] = "tcp+udp",
                                             [SCRIM_TRANSPORT_TCP] = "tcp",
                                             [SCRIM_TRANSPORT_UDP] = "udp"};
    const struct {
        const char *name, *value;
    } options[] = {
        {"rtsp_transport", transports[transport]}, {"rtsp_flags", "prefer_tcp"},
        {"allowed_media_types", "video"},          {"protocol_whitelist", "rtsp,rtp,tcp,udp,tls"},
        {"user_agent", "Scrim/" SCRIM_VERSION},
    };
    int result = 0;
    for (size_t i = 0; i < sizeof options / sizeof options[0] && result >= 0; i++)
        result = av_dict_set(dictionary, options[i].name, options[i].value, 0);
    if (result >= 0)
        result = av_dict_set_int(dictionary, "timeout", IO_TIMEOUT, 0);
    if (result >= 0 && transport != SCRIM_TRANSPORT_TCP)
        result = av_dict_set_int(dictionary, "buffer_size", UDP_BUFFER, 0);
    return result;
}

// libavformat keeps the URL it was given; from here on it keeps one without the password.
static void forget_credentials(AVFormatContext *context, const char *url)
{
    if (!context->url)
        return;
    sodium_memzero(context->url, strlen(context->url));
    av_free(context->url);
    context->url = av_strdup(url);
}

static int connect_camera(struct scrim_rtsp *rtsp, const struct scrim_rtsp_options *options,
                          const char *secret_url)
{
    rtsp->context = avformat_alloc_context();
    if (!rtsp->context)
        return AVERROR(ENOMEM);
    rtsp->context->interrupt_callback = (AVIOInterruptCB){interrupted, rtsp};
    // Packets come out as they come in: no parser, no made-up time stamps, no probing.
    rtsp->context->flags |= AVFMT_FLAG_NOBUFFER | AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN;

    AVDictionary *dictionary = NULL;
    int result = set_options(&dictionary, options->transport);
    if (result >= 0)
        result = avformat_open_input(&rtsp->context, secret_url, av_find_input_format("rtsp"),
                                     &dictionary); // frees the context on failure
    else
        avformat_free_context(rtsp->context), rtsp->context = NULL;
    av_dict_free(&dictionary);
    if (result >= 0)
        forget_credentials(rtsp->context, options->url);
    return result;
}

static enum scrim_codec codec_of(const AVStream *stream)
{
    switch (stream->codecpar->codec_id) {
    case AV_CODEC_ID_H264: return SCRIM_CODEC_H264;
    case AV_CODEC_ID_HEVC: return SCRIM_CODEC_H265;
    default: return 0;
    }
}

// Parameter sets of the session description (sprop-parameter-sets), which may be absent or wrong;
// those in the stream win.
static int take_described_sets(struct scrim_rtsp *rtsp, const AVCodecParameters *codec)
{
    struct scrim_access_unit_info info;
    if (codec->extradata_size <= 0)
        return SCRIM_OK;
    return scrim_params_update(&rtsp->units.params, codec->extradata, (size_t)codec->extradata_size,
                               &info);
}

static int choose_track(struct scrim_rtsp *rtsp, struct scrim_error *error)
{
    const AVFormatContext *context = rtsp->context;
    const char *found = NULL;
    for (unsigned i = 0; i < context->nb_streams; i++) {
        const AVStream *stream = context->streams[i];
        if (stream->codecpar->codec_type != AVMEDIA_TYPE_VIDEO)
            continue;
        if (codec_of(stream) == 0) {
            found = avcodec_get_name(stream->codecpar->codec_id);
            continue;
        }
        rtsp->stream = (int)i;
        scrim_access_units_init(&rtsp->units, codec_of(stream));
        if (take_described_sets(rtsp, stream->codecpar) < 0)
            return scrim_fail(error, SCRIM_EFORMAT, "%s: too many parameter sets", rtsp->url);
        return SCRIM_OK;
    }
    if (found)
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "%s: the video codec is %s; Scrim records H.264 and H.265", rtsp->url,
                          found);
    return scrim_fail(error, SCRIM_EUNSUPPORTED, "%s: the stream has no video track", rtsp->url);
}

static int open_stream(struct scrim_rtsp *rtsp, const struct scrim_rtsp_options *options,
                       struct scrim_error *error)
{
    SCRIM_AUTO(scrim_buf_finish_wipe) struct scrim_buf secret_url;
    scrim_buf_init(&secret_url, URL_MAX);
    int result = url_with_credentials(options, &secret_url, error);
    if (result < 0)
        return result;

    scrim_rtsp_watch(&rtsp->clues);
    result = connect_camera(rtsp, options, (const char *)secret_url.data);
    scrim_rtsp_watch(NULL);
    if (options->cancelled(options->context))
        return scrim_fail(error, SCRIM_ECANCEL, "%s: cancelled", options->url);
    if (result < 0 && scrim_clock_mono_us() > rtsp->deadline_us)
        result = AVERROR(ETIMEDOUT); // whatever being interrupted was taken for
    // Without tracks, or with such as libavformat made up from broken lines, the session comes
    // about all the same.
    const bool no_video = rtsp->clues.described && !rtsp->clues.has_video;
    if (result < 0 || no_video || rtsp->context->nb_streams == 0)
        return scrim_rtsp_explain(result < 0 ? result : AVERROR_INVALIDDATA, &rtsp->clues, options,
                                  error);
    return choose_track(rtsp, error);
}

int scrim_rtsp_open(const struct scrim_rtsp_options *options, struct scrim_rtsp **ret,
                    struct scrim_error *error)
{
    struct scrim_rtsp *rtsp = scrim_new(struct scrim_rtsp);
    rtsp->url = scrim_strdup(options->url);
    rtsp->cancelled = options->cancelled;
    rtsp->cancel_context = options->context;
    rtsp->deadline_us = scrim_clock_mono_us() + options->timeout_us;
    rtsp->packet = av_packet_alloc();
    const int result = rtsp->packet ? open_stream(rtsp, options, error)
                                    : scrim_fail(error, SCRIM_ENOMEM, "out of memory");
    if (result < 0) {
        scrim_rtsp_close(rtsp);
        return result;
    }
    *ret = rtsp;
    return SCRIM_OK;
}

void scrim_rtsp_close(struct scrim_rtsp *rtsp)
{
    if (!rtsp)
        return;
    rtsp->closing = true; // sends TEARDOWN and does not wait for the answer
    rtsp->deadline_us = scrim_clock_mono_us() + SCRIM_SECOND;
    avformat_close_input(&rtsp->context);
    av_packet_free(&rtsp->packet);
    scrim_access_units_finish(&rtsp->units);
    free(rtsp->url);
    free(rtsp);
}

const struct scrim_params *scrim_rtsp_params(const struct scrim_rtsp *rtsp)
{
    return &rtsp->units.params;
}

static int explain_end(const struct scrim_rtsp *rtsp, struct scrim_error *error)
{
    if (rtsp->cancelled(rtsp->cancel_context))
        return scrim_fail(error, SCRIM_ECANCEL, "%s: cancelled", rtsp->url);
    switch (rtsp->end) {
    case AVERROR_EXIT:
    case AVERROR(ETIMEDOUT):
        return scrim_fail(error, SCRIM_ETIMEOUT, "%s: no picture for %.0f s", rtsp->url,
                          (double)rtsp->stall_us / SCRIM_SECOND);
    case AVERROR_EOF:
    case AVERROR(ECONNRESET):
    case AVERROR(EPIPE):
    case AVERROR(EIO):
        return scrim_fail(error, SCRIM_EEND, "%s: the camera closed the stream", rtsp->url);
    default: return scrim_fail_av(error, rtsp->end, "%s", rtsp->url);
    }
}

// Wall clock that the sender reports give for a packet, 0 without any (RFC 3550, 6.4.1).
static int64_t sender_utc_of(const AVPacket *packet)
{
    size_t size = 0;
    const uint8_t *data = av_packet_get_side_data(packet, AV_PKT_DATA_PRFT, &size);
    AVProducerReferenceTime reference;
    if (!data || size < sizeof reference)
        return 0;
    memcpy(&reference, data, sizeof reference);
    return reference.wallclock;
}

int scrim_rtsp_read(struct scrim_rtsp *rtsp, int64_t stall_us, struct scrim_unit *ret,
                    struct scrim_error *error)
{
    rtsp->deadline_us = scrim_clock_mono_us() + stall_us;
    AVPacket *packet = rtsp->packet;
    for (int got = 0; got == 0;) {
        if (rtsp->end < 0)
            return explain_end(rtsp, error);
        rtsp->end = av_read_frame(rtsp->context, packet);
        if (rtsp->end < 0) {
            rtsp->stall_us = stall_us;
            got = scrim_access_units_flush(&rtsp->units, ret, error);
        } else {
            rtsp->end = 0;
            if (packet->stream_index == rtsp->stream && packet->size > 0)
                got = scrim_access_units_push(&rtsp->units, packet->data, (size_t)packet->size,
                                              packet->pts, sender_utc_of(packet), ret, error);
            av_packet_unref(packet);
        }
        if (got < 0)
            return scrim_fail_prefix(error, "%s", rtsp->url);
    }
    return SCRIM_OK;
}
