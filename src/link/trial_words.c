// The sentences of a live test: what happened, and what whoever stands before it can do.
#include "link/trial.h"

#include <stdio.h>

#define SLOW_KEYS_MS 5000 // a key frame less often: seeking and joining are slow
#define SLOW_MFPS 5000U
#define FAST_MFPS 20000U
#define WIDE 1280U

const char *scrim_trial_step_text(enum scrim_trial_step step)
{
    static const char *const names[] = {"address", "name",     "connect", "tls",
                                        "sign-in", "describe", "pictures"};
    return names[step];
}

static const char *const good[] = {
    [SCRIM_TRIAL_ADDRESS] = "The address can be read.",
    [SCRIM_TRIAL_NAME] = "The host is known.",
    [SCRIM_TRIAL_CONNECT] = "Something answers there.",
    [SCRIM_TRIAL_TLS] = "The connection is encrypted, and the certificate is trusted.",
    [SCRIM_TRIAL_SIGN_IN] = "The camera lets us in.",
    [SCRIM_TRIAL_DESCRIBE] = "The camera offers video that Scrim records.",
    [SCRIM_TRIAL_PICTURES] = "Pictures come.",
};

static const char *const bad[SCRIM_TRIAL_OUTCOMES] = {
    [SCRIM_TRIAL_NAME_UNKNOWN] = "Nobody knows a host of this name. Check its spelling, or write "
                                 "the camera's IP address.",
    [SCRIM_TRIAL_NAME_SERVER] = "The name server does not answer. Check the network of this "
                                "machine, or write the camera's IP address.",
    [SCRIM_TRIAL_REFUSED] = "The host is there, but nothing listens on this port. Check the port "
                            "(RTSP usually has 554), and that RTSP is switched on in the camera.",
    [SCRIM_TRIAL_UNREACHABLE] = "The network has no way to this host. Check the address, the cable "
                                "and the route to the camera's network.",
    [SCRIM_TRIAL_UNTRUSTED] = "The camera's certificate is not trusted. Compare its fingerprint "
                              "with the one that the camera shows on its own page; if they are the "
                              "same, pin it.",
    [SCRIM_TRIAL_OTHER_CERTIFICATE] = "The certificate is not the one that was pinned: another "
                                      "device answers, or the camera made a new certificate.",
    [SCRIM_TRIAL_NO_TLS] = "What answers there does not speak TLS 1.2 or later. Check the port, or "
                           "write rtsp:// instead of rtsps://.",
    [SCRIM_TRIAL_PASSWORD_WANTED] = "The camera wants a user name and a password.",
    [SCRIM_TRIAL_PASSWORD_WRONG] = "The camera refuses this user name or password. Many cameras "
                                   "lock after a few wrong tries: wait some minutes before the "
                                   "next one.",
    [SCRIM_TRIAL_NOT_RTSP] = "What answers there does not speak RTSP. Check the port: RTSP usually "
                             "has 554.",
    [SCRIM_TRIAL_WEB_SERVER] = "A web server answers there, no camera stream. Check the port: RTSP "
                               "usually has 554.",
    [SCRIM_TRIAL_SPEAKS_TLS] = "What answers there speaks TLS. Write rtsps:// instead of rtsp://.",
    [SCRIM_TRIAL_NO_SUCH_STREAM] = "The camera has no stream of this name. Check the path, the "
                                   "part of the address after the host.",
    [SCRIM_TRIAL_BUSY] = "The camera cannot serve another viewer now. End other connections to it, "
                         "or lower its bit rate.",
    [SCRIM_TRIAL_NO_TRANSPORT] = "The camera does not offer this transport. Try the transport "
                                 "auto.",
    [SCRIM_TRIAL_NO_VIDEO] = "The stream has no video.",
    [SCRIM_TRIAL_CODEC] = "The video is neither H.264 nor H.265. Set one of the two in the camera.",
    [SCRIM_TRIAL_ENCRYPTED] = "The camera encrypts the video with SRTP, which Scrim cannot open. "
                              "Switch that off, and use rtsps:// against listeners.",
    [SCRIM_TRIAL_REDIRECTED] = "The camera sends us to another host. Name it as the host to "
                               "redirect to if that is right, or write its address.",
    [SCRIM_TRIAL_UNUSABLE] = "The camera's answers cannot be understood. Look for newer firmware, "
                             "and try another transport.",
    [SCRIM_TRIAL_CLOSED] = "The camera closed the connection.",
    [SCRIM_TRIAL_NO_PICTURES] = "The camera let us in and sent no picture. With the transport UDP, "
                                "a firewall may stand between: try TCP.",
    [SCRIM_TRIAL_NO_KEY_FRAME] = "Packets come, but no key frame in all this time. Set the "
                                 "distance of key frames to one or two seconds in the camera.",
    [SCRIM_TRIAL_FAILED] = "The test could not be made: the recorder ended it. Try again.",
};

static const char *silence(enum scrim_trial_step step)
{
    switch (step) {
    case SCRIM_TRIAL_NAME: return "The name server does not answer in time.";
    case SCRIM_TRIAL_CONNECT:
        return "No answer in time. Check the address, and that the camera has power and network.";
    case SCRIM_TRIAL_TLS:
        return "Something took the connection and did not answer in TLS. Check the port, or write "
               "rtsp:// instead of rtsps://.";
    default:
        return "Something took the connection and does not answer in RTSP. Check the port; a "
               "camera that hangs needs a restart.";
    }
}

static void pictures(const struct scrim_trial_report *report, char ret[SCRIM_TRIAL_WORDS])
{
    char keys[64] = "";
    if (report->keyframe_ms > 0)
        snprintf(keys, sizeof keys, ", a key frame every %.1f s", report->keyframe_ms / 1000.0);
    snprintf(ret, SCRIM_TRIAL_WORDS, "Pictures come: %s, %u×%u, %.3g a second, %.2f Mbit/s%s.",
             report->codec == SCRIM_CODEC_H265 ? "H.265" : "H.264", report->width, report->height,
             report->mfps / 1000.0, (double)report->bitrate / 1e6, keys);
}

void scrim_trial_words(const struct scrim_trial_report *report, char ret[SCRIM_TRIAL_WORDS])
{
    if (report->outcome == SCRIM_TRIAL_GOOD && report->step == SCRIM_TRIAL_PICTURES)
        pictures(report, ret);
    else
        snprintf(ret, SCRIM_TRIAL_WORDS, "%s",
                 report->outcome == SCRIM_TRIAL_GOOD     ? good[report->step]
                 : report->outcome == SCRIM_TRIAL_SILENT ? silence(report->step)
                                                         : bad[report->outcome]);
}

size_t scrim_trial_advice(const struct scrim_trial_report *report,
                          const char *ret[SCRIM_TRIAL_ADVICE])
{
    size_t count = 0;
    if (report->outcome != SCRIM_TRIAL_GOOD || report->step != SCRIM_TRIAL_PICTURES)
        return 0;
    if (report->keyframe_ms == 0 || report->keyframe_ms > SLOW_KEYS_MS)
        ret[count++] = "Key frames come seldom. Set them to one every one or two seconds: less is "
                       "lost after a disturbance, and the view opens faster.";
    if (report->width >= WIDE)
        ret[count++] = "Give the camera's smaller stream as sub stream: the redacted picture is "
                       "made of it, and costs a fraction of the work.";
    if (report->codec == SCRIM_CODEC_H265)
        ret[count++] = "H.265 is recorded as it is. The redacted picture is H.264; decoding H.265 "
                       "for it costs about twice the work, so a sub stream in H.264 is better.";
    if (report->mfps > 0 && report->mfps < SLOW_MFPS)
        ret[count++] = "Fewer than five pictures a second: somebody who runs may pass between two.";
    if (report->mfps > FAST_MFPS)
        ret[count++] = "More than twenty pictures a second cost disk and work, and show hardly "
                       "more.";
    return count;
}
