// Session descriptions as cameras write them: the correct, the careless and the hostile.
#include "base/fault.h"
#include "rtsp/sdp.h"
#include "test.h"

#include <errno.h>

#define START "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=Media\r\nt=0 0\r\n"

static struct scrim_sdp sdp;
static struct scrim_error error;

static int parse(const char *text)
{
    scrim_sdp_finish(&sdp);
    error = (struct scrim_error){0};
    return scrim_sdp_parse(text, strlen(text), &sdp, &error);
}

static void check_sets(const struct scrim_sdp_media *media, const char *bytes, size_t size)
{
    CHECK_INT(media->sets.len, size);
    CHECK(media->sets.len == size && (size == 0 || memcmp(media->sets.data, bytes, size) == 0));
}
#define CHECK_SETS(media, bytes) check_sets(media, bytes, sizeof(bytes) - 1)

static void h264_and_aac(void)
{
    REQUIRE(parse(START "a=control:*\r\na=range:npt=now-\r\n"
                        "m=video 0 RTP/AVP 96\r\nc=IN IP4 0.0.0.0\r\nb=AS:5000\r\n"
                        "a=rtpmap:96 H264/90000\r\na=framerate:29.97\r\n"
                        "a=fmtp:96 packetization-mode=1;profile-level-id=420029; "
                        "sprop-parameter-sets=Z0IAHpWoKA9k,aM48gA==\r\n"
                        "a=control:trackID=1\r\na=recvonly\r\n"
                        "m=audio 0 RTP/AVP 104\r\na=rtpmap:104 mpeg4-generic/16000/1\r\n"
                        "a=fmtp:104 streamtype=5;profile-level-id=15;mode=AAC-hbr;config=140840;"
                        "SizeLength=13;IndexLength=3;IndexDeltaLength=3\r\n"
                        "a=control:trackID=2\r\n"
                        "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n"
                        "a=control:trackID=3\r\n") == SCRIM_OK);
    REQUIRE(sdp.count == 3);
    CHECK_TEXT(sdp.control, "*");
    const struct scrim_sdp_media *video = &sdp.media[0], *audio = &sdp.media[1];
    CHECK_INT(video->kind, SCRIM_SDP_VIDEO);
    CHECK_INT(video->payload_type, 96);
    CHECK_TEXT(video->encoding, "H264");
    CHECK_INT(video->clock_rate, 90000);
    CHECK_TEXT(video->control, "trackID=1");
    CHECK(video->frame_rate > 29.969 && video->frame_rate < 29.971);
    CHECK_SETS(video, "\0\0\0\1\x67\x42\0\x1e\x95\xa8\x28\x0f\x64\0\0\0\1\x68\xce\x3c\x80");
    CHECK_INT(scrim_sdp_codec(video), SCRIM_CODEC_H264);
    CHECK_INT(audio->kind, SCRIM_SDP_AUDIO);
    CHECK_INT(audio->payload_type, 104);
    CHECK_TEXT(audio->encoding, "MPEG4-GENERIC");
    CHECK_INT(audio->clock_rate, 16000);
    CHECK_INT(audio->channels, 1);
    CHECK_SETS(audio, "\x14\x08\x40");
    CHECK(scrim_sdp_records_audio(audio) && !scrim_sdp_codec(audio));
    CHECK_INT(sdp.media[2].kind, SCRIM_SDP_OTHER);
    CHECK_TEXT(sdp.media[2].control, "trackID=3");
}

static void h265(void)
{
    // In any order, without padding, more than one set of a kind.
    REQUIRE(parse("v=0\nm=video 0 RTP/AVP 97\na=rtpmap:97 h265/90000\n"
                  "a=fmtp:97 sprop-pps=RAHA,RAHB==; SPROP-SPS=QgEB;sprop-vps=QAEM\n") == SCRIM_OK);
    CHECK_INT(scrim_sdp_codec(&sdp.media[0]), SCRIM_CODEC_H265);
    CHECK_SETS(&sdp.media[0], "\0\0\0\1\x40\x01\x0c\0\0\0\1\x42\x01\x01"
                              "\0\0\0\1\x44\x01\xc0\0\0\0\1\x44\x01\xc1");
}

// "encoding/clock rate/channels/payload type" of the first medium after `lines`.
static void formats(void)
{
    static const struct {
        const char *lines, *what;
    } cases[] = {
        // Static payload types, without rtpmap, with one of another type, with an own one.
        {"m=audio 0 RTP/AVP 8\n", "PCMA/8000/1/8"},
        {"m=audio 0 RTP/AVP 0\na=rtpmap:8 PCMA/8000\n", "PCMU/8000/1/0"},
        {"m=audio 0 RTP/AVP 8\na=rtpmap:8 pcma/16000/2\n", "PCMA/16000/2/8"},
        {"m=audio 0 RTP/AVP 8\na=rtpmap:8 PCMA\n", "PCMA/8000/1/8"},
        {"m=video 0 RTP/AVP 26\n", "JPEG/90000/0/26"},
        {"m=video 0 RTP/AVP 0\n", "/90000/0/0"}, // PCMU is no video
        // Clock rates left out or absurd.
        {"m=video 0 RTP/AVP 96\na=rtpmap:96 H264\n", "H264/90000/0/96"},
        {"m=video 0 RTP/AVP 96\na=rtpmap:96 H264/0\n", "H264/90000/0/96"},
        {"m=video 0 RTP/AVP 96\na=rtpmap:96 H264/4294967297\n", "H264/90000/0/96"},
        {"m=audio 0 RTP/AVP 96\na=rtpmap:96 MPEG4-GENERIC/x/2\n", "MPEG4-GENERIC/0/2/96"},
        // Of several formats the one that is recorded, or the first.
        {"m=video 0 RTP/AVP 96 97\na=rtpmap:96 VP8/90000\na=rtpmap:97 H265/90000\n",
         "H265/90000/0/97"},
        {"m=video 0 RTP/AVP 26 98\na=rtpmap:98 VP9/90000\n", "JPEG/90000/0/26"},
        {"m=video 0 RTP/AVP 96 26\n", "/90000/0/96"},
        // White space, and attributes before their time.
        {"m=video  0  RTP/AVP  96 \na = 1\na=rtpmap : 96   H264 / 90000 \n", "H264/90000/0/96"},
        {"m=video 0 RTP/AVP 96\na=rtpmap:96\tH264/90000\n", "H264/90000/0/96"},
        // Names that could do harm where they are shown.
        {"m=video 0 RTP/AVP 96\na=rtpmap:96 H\x1b[31m/90000\n", "/90000/0/96"},
        {"m=video 0 RTP/AVP 96\na=rtpmap:96 %s%n/90000\n", "/90000/0/96"},
        {"m=video 0 RTP/AVP 96\na=rtpmap:96 /90000\n", "/90000/0/96"},
        {"m=video 0 RTP/AVP 96\na=rtpmap:96 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/1\n", "/90000/0/96"},
        {"m=video 0 RTP/AVP 96\na=rtpmap:96 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/1\n",
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/1/0/96"},
        {"m=video 0 RTP/AVP 224\na=rtpmap:96 H264/90000\n", "/90000/0/0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char what[128];
        REQUIRE(parse(cases[i].lines) == SCRIM_OK);
        const struct scrim_sdp_media *media = &sdp.media[0];
        snprintf(what, sizeof what, "%s/%u/%u/%u", media->encoding, media->clock_rate,
                 media->channels, media->payload_type);
        CHECK_TEXT(what, cases[i].what);
    }
}

static void frame_rates(void)
{
    static const struct {
        const char *attribute;
        double rate;
    } cases[] = {
        {"a=framerate:25", 25},     {"a=x-framerate: 12.5", 12.5},
        {"a=framerate:0.5", 0.5},   {"a=framerate:15.", 15},
        {"a=framerate:1000", 1000}, {"a=framerate:1001", 0},
        {"a=framerate:-5", 0},      {"a=framerate:", 0},
        {"a=framerate", 0},         {"a=framerate:1e9", 0},
        {"a=framerate:25.x", 0},    {"a=framerate:nan", 0},
        {"a=framerate:.5", 0},      {"a=framerate:30.0000000009", 30},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        snprintf(text, sizeof text, "m=video 0 RTP/AVP 96\r\n%s\r\n", cases[i].attribute);
        REQUIRE(parse(text) == SCRIM_OK);
        CHECK(sdp.media[0].frame_rate == cases[i].rate);
    }
}

// What of a format's parameters is malformed is passed over, and the rest kept.
static void careless_parameters(void)
{
    static const struct {
        const char *fmtp, *sets;
        size_t size;
    } cases[] = {
        {"96 sprop-parameter-sets=Z0IA", "\0\0\0\1\x67\x42\0", 7},
        {"96 ;;sprop-parameter-sets = ,Z0IA, ;=;", "\0\0\0\1\x67\x42\0", 7},
        {"96 sprop-parameter-sets=Z0!A,aM48gA", "\0\0\0\1\x68\xce\x3c\x80", 8},
        {"97 sprop-parameter-sets=Z0IA", "", 0},
        {"96", "", 0},
        {"96 sprop-parameter-sets", "", 0},
        {"96 sprop-parameter-sets=====", "", 0},
        {"96 sprop-vps=Z0IA", "", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        snprintf(text, sizeof text, "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:%s\n",
                 cases[i].fmtp);
        REQUIRE(parse(text) == SCRIM_OK);
        check_sets(&sdp.media[0], cases[i].sets, cases[i].size);
    }
}

static void audio_that_is_recorded(void)
{
#define AAC "m=audio 0 RTP/AVP 96\na=rtpmap:96 MPEG4-GENERIC/8000\na=fmtp:96 "
    static const struct {
        const char *lines;
        bool recorded;
    } cases[] = {
        {"m=audio 0 RTP/AVP 0\n", true},
        {"m=audio 0 RTP/AVP 8\n", true},
        {"m=audio 0 RTP/AVP 9\n", false},
        {"m=audio 0 RTP/AVP 96\na=rtpmap:96 OPUS/48000/2\n", false},
        {"m=audio 0 RTP/AVP 96\na=rtpmap:96 MPEG4-GENERIC/8000\n", false},
        {"m=video 0 RTP/AVP 96\na=rtpmap:96 PCMU/8000\n", false},
        {AAC "config=1588;sizelength=13;indexlength=3;indexdeltalength=3\n", true},
        {AAC "sizelength=13;indexlength=3;indexdeltalength=3;config=aBcD;config=00\n", true},
        {AAC "config=1588;sizelength=6;indexlength=2;indexdeltalength=2\n", false},
        {AAC "config=1588\n", false},
        {AAC "config=158;sizelength=13;indexlength=3;indexdeltalength=3\n", false},
        {AAC "config=15;sizelength=13;indexlength=3;indexdeltalength=3\n", false},
        {AAC "config=15xy;sizelength=13;indexlength=3;indexdeltalength=3\n", false},
        {AAC "sizelength=13;indexlength=3;indexdeltalength=3\n", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        REQUIRE(parse(cases[i].lines) == SCRIM_OK);
        if (scrim_sdp_records_audio(&sdp.media[0]) != cases[i].recorded)
            CHECK_TEXT(cases[i].lines, cases[i].recorded ? "recorded" : "not recorded");
    }
}

static void what_is_no_description(void)
{
    static const char *const texts[] = {"",
                                        "\n",
                                        "v=0\r\n",
                                        "nonsense=1",
                                        "m=",
                                        "m=\n",
                                        "m=video\n",
                                        "m=video 0 RTP/AVP\n",
                                        "\xff\xfe\n",
                                        "a=rtpmap:96 H264/90000\n",
                                        "v=zero\r\nm=\r\na\r\n=\r\nm=video\r\n\x01\xff\r\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        CHECK_INT(parse(texts[i]), SCRIM_EFORMAT);
        CHECK(strstr(error.text, "session description (SDP) is malformed"));
        CHECK_INT(sdp.count, 0);
    }
    static const char with_nul[] = "v=0\0\nm=video 0 RTP/AVP 96\na=rtpmap:96 H2\0004/90000\n\0";
    scrim_sdp_finish(&sdp);
    REQUIRE(scrim_sdp_parse(with_nul, sizeof with_nul - 1, &sdp, &error) == SCRIM_OK);
    CHECK_TEXT(sdp.media[0].encoding, "");
}

static void controls(void)
{
    REQUIRE(parse("a=control:rtsp://h/s?a=b:c\nm=video 0 RTP/AVP 96\na=control:\n"
                  "m=video 0 RTP/AVP 96\na=control:a b\nm=audio 0 RTP/SAVPF 96\na=Control: t \n"
                  "m=video 0 RTP/AVP 96\n") == SCRIM_OK);
    REQUIRE(sdp.count == 4);
    CHECK_TEXT(sdp.control, "rtsp://h/s?a=b:c");
    CHECK_TEXT(sdp.media[0].control, "");
    CHECK_TEXT(sdp.media[1].control, "");
    CHECK_TEXT(sdp.media[2].control, "t");
    CHECK(sdp.media[2].encrypted && !sdp.media[1].encrypted);
    CHECK_TEXT(sdp.media[3].control, "");
}

static void append(struct scrim_buf *text, const char *more, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        if (scrim_buf_append_text(text, more) < 0)
            abort();
}

static int parse_buf(struct scrim_buf *text)
{
    scrim_sdp_finish(&sdp);
    const int result = scrim_sdp_parse((const char *)text->data, text->len, &sdp, &error);
    scrim_buf_clear(text);
    return result;
}

static void has_bounds(void)
{
    struct scrim_buf text;
    scrim_buf_init(&text, 1 << 20);
    append(&text, "m=video 0 RTP/AVP 96\n", SCRIM_SDP_MEDIA_MAX);
    append(&text, "m=\n", 100); // not counted
    CHECK_INT(parse_buf(&text), SCRIM_OK);
    CHECK_INT(sdp.count, SCRIM_SDP_MEDIA_MAX);
    append(&text, "m=video 0 RTP/AVP 96\n", SCRIM_SDP_MEDIA_MAX + 1);
    CHECK_INT(parse_buf(&text), SCRIM_EFORMAT);
    CHECK(strstr(error.text, "more than 16 tracks"));

    // More sets than are kept, one that is larger than all that is kept, very many formats.
    append(&text,
           "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 sprop-parameter-sets=", 1);
    append(&text, "Z0IA,", 5000);
    CHECK_INT(parse_buf(&text), SCRIM_OK);
    CHECK_INT(sdp.media[0].sets.len, SCRIM_SDP_SETS_MAX / 7 * 7);
    append(&text,
           "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 sprop-parameter-sets=", 1);
    append(&text, "AAAA", 5000);
    append(&text, ",Z0IA", 1);
    CHECK_INT(parse_buf(&text), SCRIM_OK);
    CHECK_SETS(&sdp.media[0], "\0\0\0\1\x67\x42\0");
    append(&text, "m=video 0 RTP/AVP", 1);
    append(&text, " 97", 10000);
    append(&text, "\n", 1);
    append(&text, "a=rtpmap:96 H264/90000\n", 1000);
    CHECK_INT(parse_buf(&text), SCRIM_OK);
    scrim_buf_finish(&text);
}

static unsigned allocations_left;

static int fail_one(void *context, enum scrim_fault_op op, const char *what)
{
    (void)context;
    (void)what;
    return op == SCRIM_FAULT_ALLOC && allocations_left-- == 0 ? ENOMEM : 0;
}

static void memory_runs_out(void)
{
    static const char text[] =
        "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 sprop-parameter-sets=Z0IA,aM48gA\n"
        "m=audio 0 RTP/AVP 97\na=rtpmap:97 MPEG4-GENERIC/8000\n"
        "a=fmtp:97 config=1588;sizelength=13;indexlength=3;indexdeltalength=3\n";
    int failed = 0;
    for (unsigned i = 0; i < 4; i++) {
        allocations_left = i;
        scrim_fault_set(fail_one, NULL);
        const int result = parse(text);
        scrim_fault_set(NULL, NULL);
        failed += result == SCRIM_ENOMEM;
        CHECK(result == SCRIM_ENOMEM || result == SCRIM_OK);
    }
    CHECK_INT(failed, 2);
    scrim_sdp_finish(NULL);
}

int main(int argc, char **argv)
{
    const int result = test_run(argc, argv,
                                (struct test[]){{"H.264 and AAC", h264_and_aac},
                                                {"H.265", h265},
                                                {"formats", formats},
                                                {"frame rates", frame_rates},
                                                {"careless parameters", careless_parameters},
                                                {"audio that is recorded", audio_that_is_recorded},
                                                {"what is no description", what_is_no_description},
                                                {"control URLs", controls},
                                                {"everything has bounds", has_bounds},
                                                {"memory runs out", memory_runs_out},
                                                {0}});
    scrim_sdp_finish(&sdp);
    return result;
}
