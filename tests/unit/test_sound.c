// Sound as it is received: what RTP packets hold, in the forms that cameras send (RFC 3640, RFC
// 3551), and what is made of it when packets are missing or wrong.
#include "rtsp/sound.h"

#include "sounds.h"

#include <stdio.h>

#define NOW_US INT64_C(5000000)

struct track {
    struct scrim_sound_receiver *receiver;
    uint16_t sequence;
    uint32_t time, ssrc;
    uint8_t payload_type;
};

static void track_start(struct track *track, const char *media)
{
    char text[400];
    struct scrim_sdp sdp;
    struct scrim_error error;
    snprintf(text, sizeof text, "v=0\n%s", media);
    *track = (struct track){.sequence = 65534, .time = 0xfffffc00, .ssrc = 7};
    REQUIRE(scrim_sdp_parse(text, strlen(text), &sdp, &error) == SCRIM_OK);
    CHECK(scrim_sdp_records_audio(&sdp.media[0]));
    track->payload_type = sdp.media[0].payload_type;
    CHECK_INT(scrim_sound_receiver_create(&sdp.media[0], &track->receiver, &error), SCRIM_OK);
    scrim_sdp_finish(&sdp);
}

#define AAC                                                     \
    "m=audio 0 RTP/AVP 97\na=rtpmap:97 MPEG4-GENERIC/16000/1\n" \
    "a=fmtp:97 mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408\n"

// What is handed out of a packet with this payload, as "time:size:first byte:lost ".
static void push(struct track *track, const void *payload, size_t size, const char *expected)
{
    static uint8_t packet[70000];
    char text[400] = "";
    size_t used = 0;
    const uint16_t sequence = track->sequence++;
    const uint8_t header[12] = {0x80,
                                track->payload_type,
                                (uint8_t)(sequence >> 8),
                                (uint8_t)sequence,
                                (uint8_t)(track->time >> 24),
                                (uint8_t)(track->time >> 16),
                                (uint8_t)(track->time >> 8),
                                (uint8_t)track->time,
                                0,
                                0,
                                0,
                                (uint8_t)track->ssrc};
    struct scrim_sound_frame frame;
    memcpy(packet, header, sizeof header);
    memcpy(packet + 12, payload, size);
    scrim_sound_receiver_push(track->receiver, packet, 12 + size, NOW_US);
    while (scrim_sound_receiver_next(track->receiver, &frame)) {
        CHECK_INT(frame.arrival_us, NOW_US);
        used += (size_t)snprintf(text + used, sizeof text - used, "%lld:%zu:%02x:%u ",
                                 (long long)frame.rtp + 0x400, frame.size, frame.data[0],
                                 frame.lost_packets);
    }
    CHECK_TEXT(text, expected);
}

static void track_end(struct track *track, uint64_t frames, uint64_t lost, uint64_t malformed)
{
    struct scrim_sound_stats stats;
    scrim_sound_receiver_stats(track->receiver, &stats);
    CHECK_INT(stats.frames, frames);
    CHECK_INT(stats.lost, lost);
    CHECK_INT(stats.malformed, malformed);
    scrim_sound_receiver_destroy(track->receiver);
}

static void aac_units(void)
{
    struct track track;
    track_start(&track, AAC);
    const struct scrim_sound_params *params = scrim_sound_receiver_params(track.receiver);
    CHECK_INT(params->codec, SCRIM_SOUND_AAC);
    CHECK_INT(params->rate, 16000);
    CHECK_INT(params->channels, 1);
    CHECK_INT(params->frame_samples, 1024);
    push(&track, "\0\x10\0\x18\xa1\xa2\xa3", 7, "0:3:a1:0 ");
    track.time += 1024; // wraps, as the number does
    push(&track, "\0\x20\0\x10\0\x18\xb1\xb2\xc1\xc2\xc3", 11, "1024:2:b1:0 2048:3:c1:0 ");
    track.time += 2048;
    push(&track, "\0\x10\0\x08\xd1", 5, "3072:1:d1:0 ");
    track.time += 1024;
    push(&track, "\0\x10\0\x08\xe1 what stands behind", 23, "4096:1:e1:0 ");
    track_end(&track, 5, 0, 0);
    scrim_sound_receiver_destroy(NULL);
}

static void fragments(void)
{
    struct track track;
    track_start(&track, AAC);
    push(&track, "\0\x10\0\x38\xa1\xa2\xa3", 7, "");
    push(&track, "\0\x10\0\x38\xa4\xa5", 6, "");
    push(&track, "\0\x10\0\x38\xa6\xa7", 6, "0:7:a1:0 ");
    // One is lost in the middle: nothing is made of the rest.
    track.time += 1024;
    push(&track, "\0\x10\0\x38\xb1\xb2\xb3", 7, "");
    track.sequence++;
    push(&track, "\0\x10\0\x38\xb6\xb7", 6, "");
    // Another follows one that has no end.
    track.time += 1024;
    push(&track, "\0\x10\0\x38\xc1\xc2\xc3", 7, "");
    push(&track, "\0\x10\0\x38\xc4\xc5\xc6\xc7", 8, "2048:7:c1:1 ");
    track.time += 1024;
    push(&track, "\0\x10\0\x38\xd1\xd2\xd3", 7, "");
    track.time += 1024;
    push(&track, "\0\x10\0\x08\xe1", 5, "4096:1:e1:0 ");
    track_end(&track, 3, 1, 2);
}

static void the_largest_unit(void)
{
    static uint8_t payload[4 + 8191];
    struct track track;
    track_start(&track, AAC);
    memcpy(payload, "\0\x10\xff\xf8", 4);
    memset(payload + 4, 0x77, sizeof payload - 4);
    push(&track, payload, sizeof payload, "0:8191:77:0 ");
    push(&track, payload, 4 + 8190, "");
    push(&track, payload, 4 + 1, "0:8191:77:0 ");
    // More than is due begins anew.
    push(&track, payload, 4 + 8190, "");
    push(&track, payload, 4 + 2, "");
    push(&track, payload, 4 + 8189, "0:8191:77:0 ");
    track_end(&track, 3, 0, 1);
}

static void losses_are_counted(void)
{
    struct track track;
    track_start(&track, "m=audio 0 RTP/AVP 0\n");
    push(&track, "abcd", 4, "0:4:61:0 ");
    track.sequence = (uint16_t)(track.sequence + 3);
    track.time += 16;
    push(&track, "efgh", 4, "16:4:65:3 ");
    track.sequence = (uint16_t)(track.sequence - 2); // once more, and late
    push(&track, "late", 4, "");
    track.sequence++;
    track.time += 4;
    push(&track, "ijkl", 4, "20:4:69:0 ");
    // The camera begins anew, with another source or far off: nothing is lost by that.
    track.ssrc++;
    track.sequence = 5;
    push(&track, "mnop", 4, "20:4:6d:0 ");
    track.sequence = 30000;
    push(&track, "qrst", 4, "20:4:71:0 ");
    struct scrim_sound_stats stats;
    scrim_sound_receiver_stats(track.receiver, &stats);
    CHECK_INT(stats.late, 1);
    track_end(&track, 5, 3, 0);
}

static void g711(void)
{
    struct track track;
    track_start(&track, "m=audio 0 RTP/AVP 8\n");
    CHECK_INT(scrim_sound_receiver_params(track.receiver)->codec, SCRIM_SOUND_PCMA);
    push(&track, "abcd", 4, "0:4:61:0 ");
    push(&track, "", 0, "");
    static const uint8_t long_run[8192];
    push(&track, long_run, sizeof long_run, "");
    track_end(&track, 1, 0, 2);
    track_start(&track, "m=audio 0 RTP/AVP 98\na=rtpmap:98 PCMU/16000/2\n");
    CHECK_INT(scrim_sound_receiver_params(track.receiver)->rate, 16000);
    push(&track, "abcd", 4, "0:4:61:0 ");
    push(&track, "abc", 3, ""); // half a sample
    track_end(&track, 1, 0, 1);
}

static void malformed_packets(void)
{
    static const struct {
        const char *payload;
        size_t size;
        const char *expected;
    } cases[] = {
        {"", 0, ""},
        {"\0", 1, ""},
        {"\0\0", 2, ""},
        {"\0\0\xaa", 3, ""},                            // no header
        {"\0\x10", 2, ""},                              // one that is not there
        {"\0\x10\0\x08", 4, ""},                        // no bytes
        {"\0\x0f\0\x08\xaa", 5, ""},                    // a header of 15 bits
        {"\xff\xf0\0\x08\xaa", 5, ""},                  // more headers than bytes
        {"\0\x10\0\0\xaa", 5, ""},                      // a unit of nothing
        {"\0\x10\0\x09\xaa", 5, ""},                    // the second unit first: interleaved
        {"\0\x20\0\x08\0\x18\xaa\xbb", 8, "0:1:aa:0 "}, // the second is cut off
        {"\0\x20\0\x08\0\x09\xaa\xbb", 8, "0:1:aa:0 "}, // the second is left out
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct track track;
        track_start(&track, AAC);
        push(&track, cases[i].payload, cases[i].size, cases[i].expected);
        track_end(&track, cases[i].expected[0] != '\0', 0, 1);
    }
    struct track track;
    struct scrim_sound_frame frame;
    track_start(&track, AAC);
    scrim_sound_receiver_push(track.receiver, (const uint8_t *)"junk", 4, NOW_US);
    CHECK(!scrim_sound_receiver_next(track.receiver, &frame));
    track.payload_type = 96;
    push(&track, "\0\x10\0\x18\xa1\xa2\xa3", 7, "");
    track_end(&track, 0, 0, 2);
}

static void descriptions(void)
{
    static const struct {
        const char *config;
        size_t size;
        uint32_t clock_rate, rate, channels, samples; // rate 0: unsupported
    } cases[] = {
        {"\x14\x08", 2, 16000, 16000, 1, 1024},
        {"\x12\x10", 2, 44100, 44100, 2, 1024},
        {"\x14\x0c", 2, 16000, 16000, 1, 960},
        {"\x11\x90", 2, 48000, 48000, 2, 1024},
        {"\x14\x08", 2, 8000, 0, 0, 0},             // contradicts the clock
        {"\x14\x08", 2, 32000, 32000, 1, 2048},     // SBR that only the clock tells of
        {"\x2c\x0a\x88", 3, 16000, 16000, 1, 1024}, // SBR that is said, and unused by the clock
        {"\x2b\x8a\x08", 3, 44100, 44100, 1, 2048}, // SBR over AAC-LC of 22050 Hz
        {"\x14\x00", 2, 16000, 0, 0, 0},            // channels told in the stream
        {"\x14", 1, 16000, 0, 0, 0},                // cut off
        {"", 0, 16000, 0, 0, 0},
        {"\x0c\x08", 2, 16000, 0, 0, 0},                    // AAC Main
        {"\xb8\xe8", 2, 48000, 0, 0, 0},                    // AAC-LD
        {"\x17\x80\x1f\x40\x08", 5, 16000, 16000, 1, 1024}, // a rate of 24 bits
        {"\x16\x88", 2, 16000, 0, 0, 0},                    // a reserved rate
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_sound_params params = {0};
        struct scrim_error error;
        const int result = scrim_sound_aac((const uint8_t *)cases[i].config, cases[i].size,
                                           cases[i].clock_rate, &params, &error);
        CHECK_INT(result, cases[i].rate > 0 ? SCRIM_OK : SCRIM_EUNSUPPORTED);
        CHECK_INT(params.rate, cases[i].rate);
        CHECK_INT(params.channels, cases[i].channels);
        CHECK_INT(params.frame_samples, cases[i].samples);
    }
    static const uint8_t large[SCRIM_SOUND_CONFIG_MAX + 1] = {0x14, 0x08};
    struct scrim_sound_params a, b;
    CHECK_INT(scrim_sound_aac(large, sizeof large, 16000, &a, NULL), SCRIM_EUNSUPPORTED);
    CHECK_INT(scrim_sound_aac(large, SCRIM_SOUND_CONFIG_MAX, 16000, &a, NULL), SCRIM_OK);
    CHECK_INT(scrim_sound_g711(SCRIM_SOUND_PCMU, 3999, 1, &b, NULL), SCRIM_EUNSUPPORTED);
    CHECK_INT(scrim_sound_g711(SCRIM_SOUND_PCMU, 8000, 3, &b, NULL), SCRIM_EUNSUPPORTED);
    CHECK_INT(scrim_sound_g711(SCRIM_SOUND_PCMU, 8000, 0, &b, NULL), SCRIM_OK);
    CHECK(scrim_sound_is_same(&b, &b) && !scrim_sound_is_same(&a, &b));
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"access units of AAC", aac_units},
                                    {"fragments of a unit", fragments},
                                    {"the largest unit", the_largest_unit},
                                    {"losses are counted", losses_are_counted},
                                    {"G.711", g711},
                                    {"malformed packets", malformed_packets},
                                    {"descriptions of a track", descriptions},
                                    {0}});
}
