// Sound on its way into segments: when it was heard, and that none is lost where one segment ends.
#include "recorder/sound.h"

#include "recorder_rig.h"
#include "sounds.h"

#define RATE 16000
#define SAMPLES 1024
#define SOUND_US 64000 // of a frame
#define NOISE_SEED 99
#define MATCH_US 100000 // sound and pictures match within that

static uint32_t noise(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525 + 1013904223;
    return (*state >> 8) % below;
}

// ---- When it was heard.

struct line {
    struct scrim_sound_line line;
    int64_t rtp;
    int64_t last_us;      // where the last frame was put
    unsigned seams, late; // late: put more than a tenth of a second from where it belongs
};

static void hear(struct line *line, int64_t true_us, int64_t delay_us)
{
    const struct scrim_sound_frame frame = {.size = 1,
                                            .rtp = line->rtp,
                                            .arrival_us = true_us + SOUND_US + delay_us,
                                            .samples = SAMPLES};
    const int64_t placed_us = scrim_sound_line_place(&line->line, RATE, &frame);
    const int64_t off_us = placed_us - true_us, step_us = placed_us - line->last_us;
    line->seams += line->last_us != 0 && (step_us < SOUND_US - 2 || step_us > SOUND_US + 2);
    line->late += off_us < -MATCH_US || off_us > MATCH_US;
    line->last_us = placed_us;
    line->rtp += SAMPLES;
}

// Hours of a camera whose clock is off, over a network with up to 60 ms of jitter.
static void drift(void)
{
    for (int ppm = -500; ppm <= 500; ppm += 250) {
        struct line line = {.rtp = 4000000000};
        uint32_t state = NOISE_SEED;
        const int frames = 3 * 3600 * 1000 / 64;
        for (int i = 0; i < frames; i++) {
            const int64_t nominal_us = (int64_t)i * SOUND_US;
            hear(&line, 1000000 + nominal_us + nominal_us * ppm / 1000000, noise(&state, 60000));
        }
        CHECK_INT(line.late, 0);
        // 10,800 s at 500 ppm: 5.4 s, and a seam for each 90 ms of it.
        CHECK(line.seams <= (unsigned)(ppm < 0 ? -ppm : ppm) * 120 / 1000 + 1);
    }
}

// What a network holds up comes late and at once, and was heard when it was: no seam.
static void held_up(void)
{
    struct line line = {0};
    for (int i = 0; i < 1000; i++) {
        const int64_t true_us = 1000000 + (int64_t)i * SOUND_US;
        const int64_t stall_end_us = 1000000 + 530 * SOUND_US;
        const bool held = i >= 480 && i < 530; // more than three seconds
        hear(&line, true_us, held ? stall_end_us - true_us : 0);
    }
    CHECK_INT(line.late, 0);
    CHECK_INT(line.seams, 0);
}

static void jumps(void)
{
    static const int64_t by[] = {-100000, 16000 * 60, -16000 * 3600, INT64_C(1) << 31, -1};
    struct line line = {.rtp = 1 << 30};
    uint32_t state = NOISE_SEED;
    for (int i = 0; i < 1000; i++) {
        if (i > 0 && i % 200 == 0)
            line.rtp += by[i / 200];
        hear(&line, 1000000 + (int64_t)i * SOUND_US, noise(&state, 20000));
    }
    CHECK_INT(line.late, 0);
    CHECK(line.seams <= 4);
}

// A pause that the time stamps do not count: after ten seconds of sound it is where it belongs.
static void a_clock_that_stands_still(void)
{
    struct line line = {0};
    for (int i = 0; i < 1000; i++)
        hear(&line, 1000000 + (int64_t)i * SOUND_US + (i >= 500 ? 2000000 : 0), 0);
    CHECK(line.late <= 10 * RATE / SAMPLES + 2);
    CHECK_INT(line.seams, 1);
}

static void senseless_numbers(void)
{
    static const int64_t values[] = {
        0, 1, -1, INT64_C(1) << 59, INT32_MAX, -INT32_MAX, -(INT64_C(1) << 59), 12345};
    struct scrim_sound_line line = {0};
    for (size_t i = 0; i < 512; i++) {
        const struct scrim_sound_frame frame = {.rtp = values[i % 8],
                                                .arrival_us = 1000000 + (int64_t)(i / 8) * 1000,
                                                .samples = i % 3 ? 1 : SCRIM_SOUND_SAMPLES_MAX};
        scrim_sound_line_place(&line, i % 2 ? 4000 : SCRIM_SOUND_RATE_MAX, &frame);
    }
}

// ---- In segments.

struct heard {
    uint32_t next;     // frame of AAC at 8 kHz, 128 ms
    int64_t origin_us; // monotonic; when the first began
};

// Pictures, and after each the sound that is complete by then.
static void play_with_sound(struct rig *rig, struct heard *heard, const char *stream)
{
    const struct scrim_sound_params params = test_aac(8000);
    for (; *stream; stream++) {
        const char one[2] = {*stream, '\0'};
        play(rig, one);
        while (heard->origin_us + (heard->next + 1) * INT64_C(128000) <= scrim_clock_mono_us()) {
            struct test_sound sound;
            test_sound(&params, heard->next, &sound);
            sound.frame.rtp = heard->next * INT64_C(1024) + 77;
            sound.frame.arrival_us = scrim_clock_mono_us();
            scrim_camera_sound(rig->camera, &sound.frame);
            heard->next++;
        }
    }
}

static void begin_hearing(struct rig *rig, struct heard *heard)
{
    const struct scrim_sound_params params = test_aac(8000);
    *heard = (struct heard){.origin_us = scrim_clock_mono_us()};
    scrim_camera_sound_track(rig->camera, &params);
}

static void open_record(struct rig *rig, const struct scrim_record *record, struct demuxed *ret)
{
    struct scrim_buf plain;
    scrim_buf_init(&plain, 64U << 20);
    CHECK_INT(sealed_open(rig->dir, "quay", record->file, &rig->vault, rig->shares, &plain), 0);
    demux(plain.data, plain.len, ret);
    scrim_buf_finish(&plain);
}

static void no_sound_is_lost_between_segments(void)
{
    const struct scrim_sound_params params = test_aac(8000);
    struct rig rig;
    struct heard heard;
    struct scrim_record records[16];
    struct scrim_camera_status status;
    static struct demuxed demuxed;
    uint32_t number = 0;
    rig_start(&rig);
    begin_hearing(&rig, &heard);
    for (int i = 0; i < 130; i++)
        play_with_sound(&rig, &heard, "IPPPPPPPPP");
    scrim_camera_status(rig.camera, &status);
    CHECK(status.sound);
    CHECK_INT(status.sound_frames, heard.next);
    CHECK_INT(status.sound_dropped, 0);
    CHECK_INT(status.sound_lost_packets, 0);
    rig_stop(&rig);
    REQUIRE(journal(&rig, records, 16) == 4);
    for (int i = 0; i < 3; i++) {
        open_record(&rig, &records[i], &demuxed);
        CHECK_INT(demuxed.count, records[i].frames);
        CHECK_INT(demuxed.sound_rate, 8000);
        CHECK_INT(demuxed.sound_codec, AV_CODEC_ID_AAC);
        for (size_t j = 0; j < demuxed.sounds_count; j++, number++) {
            struct test_sound sound;
            test_sound(&params, number, &sound);
            const struct demuxed_packet *packet = &demuxed.sounds[j];
            CHECK(packet->size == sound.frame.size &&
                  memcmp(packet->data, sound.bytes, packet->size) == 0);
            const int64_t true_us = (int64_t)number * 128000 - (int64_t)i * 60 * SCRIM_SECOND;
            const int64_t off_us = packet->pts * 125 - true_us;
            CHECK(off_us >= 0 && off_us <= MATCH_US);
            CHECK(j == 0 || packet->pts == demuxed.sounds[j - 1].pts + 1024);
        }
        demux_free(&demuxed);
    }
    CHECK_INT(number, heard.next);
    rig_finish(&rig);
}

static void without_a_track_there_is_none(void)
{
    struct rig rig;
    struct heard heard = {0};
    struct scrim_record records[16];
    struct scrim_camera_status status;
    static struct demuxed demuxed;
    rig_start(&rig);
    heard.origin_us = scrim_clock_mono_us();
    play_with_sound(&rig, &heard, "IPPPPPPPPP");
    scrim_camera_status(rig.camera, &status);
    CHECK(!status.sound);
    CHECK_INT(status.sound_dropped, heard.next);
    // From now on: the next key picture begins a segment with it; an outage ends that.
    const struct scrim_sound_params params = test_aac(8000);
    scrim_camera_sound_track(rig.camera, &params);
    play_with_sound(&rig, &heard, "PPPPPIPPPPPPPPP");
    scrim_camera_sound_track(rig.camera, &params); // as before: nothing new
    play_with_sound(&rig, &heard, "IPPPPPPPPP");
    scrim_camera_outage(rig.camera, SCRIM_GAP_NETWORK, "gone");
    play_with_sound(&rig, &heard, "IPPPPPPPPP");
    rig_stop(&rig);
    REQUIRE(journal_by_time(&rig, records, 16) == 4);
    static const struct {
        size_t pictures;
        bool sound;
    } expected[] = {{15, false}, {20, true}, {10, false}};
    for (size_t i = 0; i < 3; i++) {
        REQUIRE(records[i].type == SCRIM_RECORD_SEGMENT);
        open_record(&rig, &records[i], &demuxed);
        CHECK_INT(demuxed.count, expected[i].pictures);
        CHECK_INT(demuxed.sound_rate, expected[i].sound ? 8000 : 0);
        CHECK(expected[i].sound == (demuxed.sounds_count > 10));
        demux_free(&demuxed);
    }
    rig_finish(&rig);
}

// Sound alone is no recording: a second after the last picture it ends.
static void sound_without_pictures_ends(void)
{
    struct rig rig;
    struct heard heard;
    struct scrim_record records[16];
    struct scrim_camera_status status;
    static struct demuxed demuxed;
    rig_start(&rig);
    begin_hearing(&rig, &heard);
    play_with_sound(&rig, &heard, "IPPPPPPPPP..............................");
    scrim_camera_status(rig.camera, &status);
    CHECK(status.sound_dropped >= 14 && status.sound_dropped <= 17); // two seconds of it
    rig_stop(&rig);
    REQUIRE(journal_by_time(&rig, records, 16) >= 1);
    open_record(&rig, &records[0], &demuxed);
    CHECK_INT(demuxed.count, 10);
    CHECK_INT(demuxed.sounds_count, status.sound_frames);
    demux_free(&demuxed);
    rig_finish(&rig);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(
        argc, argv,
        (struct test[]){{"clocks that drift", drift},
                        {"what a network held up has no seam", held_up},
                        {"time stamps that jump", jumps},
                        {"a clock that stands still", a_clock_that_stands_still},
                        {"senseless numbers", senseless_numbers},
                        {"no sound is lost between segments", no_sound_is_lost_between_segments},
                        {"without a track there is none", without_a_track_there_is_none},
                        {"sound without pictures ends", sound_without_pictures_ends},
                        {0}});
}
