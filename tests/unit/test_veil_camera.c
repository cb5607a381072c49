// A camera of a veil worker: real packets in, messages for the desk out; then whole workers, locked
// in.
#include "base/clock.h"
#include "base/sandbox.h"
#include "media/encode.h"
#include "test.h"
#include "veil/camera.h"
#include "veil/confine.h"
#include "veil/worker.h"
#include "veil_scene.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define W 320
#define H 240
#define STEP_US 100000

// --- a camera that films -----------------------------------------------------------------------

struct film {
    struct scene scene;
    struct scrim_encoder *encoder;
    struct scrim_buf body;
    int frames;
};

static void film_init(struct film *film, int width, int height)
{
    const struct scrim_encoder_params params = {.width = width,
                                                .height = height,
                                                .time_base_num = 1,
                                                .time_base_den = 1000000,
                                                .fps = 10,
                                                .key_interval = 20};
    memset(film, 0, sizeof *film);
    scene_init(&film->scene, width, height);
    scrim_buf_init(&film->body, 1U << 22);
    if (scrim_encoder_create(&params, &film->encoder, NULL) < 0)
        abort();
}

static void film_finish(struct film *film)
{
    scrim_encoder_destroy(film->encoder);
    scrim_buf_finish(&film->body);
    scene_finish(&film->scene);
}

static void must(int code)
{
    if (code < 0)
        abort();
}

static struct scrim_link_message film_stream(struct film *film)
{
    const uint8_t *extradata;
    size_t count;
    scrim_encoder_extradata(film->encoder, &extradata, &count);
    scrim_buf_clear(&film->body);
    must(scrim_buf_append_u8(&film->body, SCRIM_CODEC_H264));
    must(scrim_buf_append_u32(&film->body, (uint32_t)count));
    must(scrim_buf_append(&film->body, extradata, count));
    return (struct scrim_link_message){SCRIM_LINK_STREAM, 0, "quay", film->body.data,
                                       film->body.len};
}

static struct scrim_link_message film_packet(struct film *film)
{
    const int64_t pts = (int64_t)film->frames * STEP_US;
    struct scrim_encoded encoded;
    scene_ground(&film->scene, 0);
    scene_block(&film->scene, 20 + film->frames * 3 % 200, 80, 24, 60);
    const struct scrim_picture picture = scene_picture(&film->scene);
    must(scrim_encoder_encode(film->encoder, &picture, pts, false, &encoded, NULL));
    scrim_buf_clear(&film->body);
    must(scrim_buf_append_u64(&film->body, (uint64_t)(1700000000000000 + pts)));
    must(scrim_buf_append_u64(&film->body, (uint64_t)pts));
    const uint8_t *sets; // before each key frame, as cameras send them
    size_t sets_count;
    scrim_encoder_extradata(film->encoder, &sets, &sets_count);
    must(scrim_buf_append(&film->body, sets, encoded.key ? sets_count : 0));
    must(scrim_buf_append(&film->body, encoded.data, encoded.count));
    film->frames++;
    return (struct scrim_link_message){SCRIM_LINK_PACKET, encoded.key ? SCRIM_LINK_KEY : 0, "quay",
                                       film->body.data, film->body.len};
}

// --- a desk that listens -------------------------------------------------------------------------

struct desk {
    int inits, frames, keys, opaque, states, observations, observed;
    int width, height;
    uint8_t reason; // of the last frame
    enum scrim_veil_state state;
    char text[200], mime[100];
    int64_t utc_us, pts_us;
    int masked_permille; // of the last frame
    uint64_t areas_revision;
    bool areas_understood;
    int areas_taken;
    bool full, breaks_off; // breaks_off: at the next init
    int fragments_bad;
    bool wants_key; // after an init or a refused frame, only a key frame makes sense
    int not_key;
    int64_t longest_step_us; // between two frames
    bool longest_is_key;     // the second of them
};

static int64_t read_i64(struct scrim_reader *reader)
{
    uint64_t value = 0;
    CHECK(scrim_read_u64(reader, &value));
    return (int64_t)value;
}

static void hear_frame(struct desk *desk, uint8_t flags, struct scrim_reader body)
{
    uint16_t masked = 0;
    const uint8_t *box;
    const int64_t before_us = desk->pts_us;
    desk->utc_us = read_i64(&body);
    desk->pts_us = read_i64(&body);
    if (desk->frames > 0 && desk->pts_us - before_us > desk->longest_step_us) {
        desk->longest_step_us = desk->pts_us - before_us;
        desk->longest_is_key = (flags & SCRIM_LINK_KEY) != 0;
    }
    CHECK(scrim_read_u16(&body, &masked) && scrim_read_u8(&body, &desk->reason));
    CHECK(((flags & SCRIM_LINK_OPAQUE) != 0) == (desk->reason != 0));
    desk->masked_permille = masked;
    desk->frames++;
    desk->keys += (flags & SCRIM_LINK_KEY) != 0;
    desk->opaque += (flags & SCRIM_LINK_OPAQUE) != 0;
    desk->not_key += desk->wants_key && !(flags & SCRIM_LINK_KEY);
    desk->wants_key = false;
    box = scrim_read_view(&body, 8);
    desk->fragments_bad += !box || memcmp(box + 4, "moof", 4) != 0;
}

// Entries as link.h says, each within the picture, whoever is somebody with a number.
static void hear_observation(struct desk *desk, struct scrim_reader body)
{
    uint8_t count = 0;
    read_i64(&body);
    CHECK(scrim_read_u8(&body, &count));
    for (int i = 0; i < count; i++) {
        uint32_t number;
        uint16_t x, y, width, height;
        uint8_t class, score;
        REQUIRE(scrim_read_u32(&body, &number) && scrim_read_u8(&body, &class) &&
                scrim_read_u16(&body, &x) && scrim_read_u16(&body, &y) &&
                scrim_read_u16(&body, &width) && scrim_read_u16(&body, &height) &&
                scrim_read_u8(&body, &score));
        CHECK(class < SCRIM_CLASS_COUNT || class == SCRIM_OBSERVED_MOTION);
        CHECK((class == SCRIM_OBSERVED_MOTION) == (number == 0));
        CHECK(width > 0 && height > 0 && x + width <= UINT16_MAX && y + height <= UINT16_MAX);
        desk->observed++;
    }
    CHECK_INT(body.left, 0);
    desk->observations++;
}

static int hear(void *context, enum scrim_link_kind kind, uint8_t flags, const char *camera,
                const void *head, size_t head_len, const void *tail, size_t tail_len)
{
    struct desk *desk = context;
    struct scrim_buf body;
    CHECK_TEXT(camera, "quay");
    if (desk->full) {
        desk->wants_key |= kind == SCRIM_LINK_FRAME;
        return SCRIM_EAGAIN;
    }
    if (desk->breaks_off && kind == SCRIM_LINK_INIT)
        return SCRIM_ENETWORK;
    scrim_buf_init(&body, 1U << 24);
    must(scrim_buf_append(&body, head, head_len));
    must(scrim_buf_append(&body, tail, tail_len));
    struct scrim_reader reader = scrim_reader_of(body.data, body.len);
    uint16_t width = 0, height = 0, length = 0;
    uint8_t state = 0;
    switch (kind) {
    case SCRIM_LINK_INIT:
        CHECK(scrim_read_u16(&reader, &width) && scrim_read_u16(&reader, &height) &&
              scrim_read_u16(&reader, &length) && length < sizeof desk->mime);
        memset(desk->mime, 0, sizeof desk->mime);
        CHECK(scrim_read_bytes(&reader, desk->mime, length));
        CHECK(reader.left > 8 && memcmp(reader.at + 4, "ftyp", 4) == 0);
        desk->width = width;
        desk->height = height;
        desk->wants_key = true;
        desk->inits++;
        break;
    case SCRIM_LINK_FRAME: hear_frame(desk, flags, reader); break;
    case SCRIM_LINK_VEIL_STATE:
        CHECK(scrim_read_u8(&reader, &state));
        desk->state = (enum scrim_veil_state)state;
        snprintf(desk->text, sizeof desk->text, "%.*s", (int)reader.left, (const char *)reader.at);
        desk->states++;
        break;
    case SCRIM_LINK_OBSERVATION: hear_observation(desk, reader); break;
    case SCRIM_LINK_AREAS_TAKEN:
        CHECK(scrim_read_u64(&reader, &desk->areas_revision) && scrim_read_u8(&reader, &state));
        desk->areas_understood = state == 1;
        desk->areas_taken++;
        break;
    default: CHECK(false);
    }
    scrim_buf_finish(&body);
    return SCRIM_OK;
}

static bool has_room(void *context)
{
    return !((struct desk *)context)->full;
}

// --- both, with a camera between -----------------------------------------------------------------

struct rig {
    struct film film;
    struct desk desk;
    struct script script;
    struct scrim_schedule *schedule;
    struct scrim_camera_config config;
    struct scrim_veil_camera *camera;
    int64_t now_us;
};

static char quay[] = "quay";

static void rig_init(struct rig *rig)
{
    memset(rig, 0, sizeof *rig);
    film_init(&rig->film, W, H);
    rig->schedule = scrim_schedule_create(1000, 100000, true);
    rig->config.id = quay;
    rig->now_us = 1000000000;
    rig->camera = scrim_veil_camera_create(&(struct scrim_veil_camera_params){
        .config = &rig->config,
        .finder = {script_find, &rig->script},
        .schedule = rig->schedule,
        .outlet = {hear, has_room, &rig->desk},
    });
}

static void rig_finish(struct rig *rig)
{
    scrim_veil_camera_destroy(rig->camera);
    scrim_schedule_destroy(rig->schedule);
    film_finish(&rig->film);
}

static int give(struct rig *rig, struct scrim_link_message message)
{
    return scrim_veil_camera_message(rig->camera, &message, rig->now_us);
}

static void play(struct rig *rig, int frames)
{
    for (int i = 0; i < frames; i++) {
        CHECK_INT(give(rig, film_packet(&rig->film)), SCRIM_OK);
        rig->now_us += STEP_US;
        scrim_veil_camera_tick(rig->camera, rig->now_us);
    }
}

static void feed(void)
{
    struct rig rig;
    rig_init(&rig);
    scrim_veil_camera_tick(rig.camera, rig.now_us);
    CHECK_INT(rig.desk.state, SCRIM_VEIL_WAITING);
    CHECK_INT(give(&rig, film_stream(&rig.film)), SCRIM_OK);
    play(&rig, 100);
    CHECK_INT(rig.desk.inits, 1);
    CHECK_INT(rig.desk.width, W);
    CHECK_INT(rig.desk.height, H);
    CHECK(strncmp(rig.desk.mime, "video/mp4; codecs=\"avc1.", 24) == 0);
    CHECK_INT(rig.desk.frames, 95); // half a second is still looking ahead
    CHECK(rig.desk.keys >= 4 && rig.desk.keys <= 7);
    CHECK(rig.desk.opaque >= 19 && rig.desk.opaque <= 24);
    CHECK_INT(rig.desk.state, SCRIM_VEIL_LIVE);
    CHECK_TEXT(rig.desk.text, "");
    CHECK_INT(rig.desk.pts_us, 94 * STEP_US);
    CHECK_INT(rig.desk.utc_us, 1700000000000000 + 94 * STEP_US);
    CHECK_INT(rig.desk.fragments_bad, 0);
    CHECK_INT(rig.desk.not_key, 0);
    CHECK_INT(rig.desk.observations, rig.desk.frames - rig.desk.opaque);
    CHECK(rig.desk.observed > 0);
    rig_finish(&rig);
}

static void check_opaque(const struct rig *rig, enum scrim_reason reason)
{
    CHECK_INT(rig->desk.state, SCRIM_VEIL_OPAQUE);
    CHECK_TEXT(rig->desk.text, scrim_reason_text(reason));
    CHECK_INT(rig->desk.reason, reason);
}

static void check_live(const struct rig *rig)
{
    CHECK_INT(rig->desk.state, SCRIM_VEIL_LIVE);
    CHECK_INT(rig->desk.reason, SCRIM_REASON_NONE);
}

static int give_areas(struct rig *rig, uint64_t revision, const char *text)
{
    struct scrim_buf body;
    scrim_buf_init(&body, 1000);
    must(scrim_buf_append_u64(&body, revision));
    must(scrim_buf_append_text(&body, text));
    const int code =
        scrim_veil_camera_areas_message(rig->camera, scrim_reader_of(body.data, body.len));
    scrim_buf_finish(&body);
    return code;
}

#define AREAS(revision)                                                                \
    "{\"v\":1,\"revision\":" revision ",\"areas\":[{\"kind\":\"mask\",\"name\":\"a\"," \
    "\"points\":[[0,0],[0.5,0],[0.5,0.5]]}]}"

// The desk tells what was drawn while pictures come; what makes no sense is like what cannot be
// read.
static void areas(void)
{
    struct rig rig;
    rig_init(&rig);
    CHECK_INT(give(&rig, film_stream(&rig.film)), SCRIM_OK);
    play(&rig, 40);
    check_live(&rig);
    CHECK_INT(rig.desk.areas_taken, 0);
    const int masked = rig.desk.masked_permille, frames = rig.desk.frames;
    CHECK_INT(give_areas(&rig, 7, AREAS("7")), SCRIM_OK);
    CHECK(rig.desk.areas_taken == 1 && rig.desk.areas_revision == 7 && rig.desk.areas_understood);
    play(&rig, 1);
    check_live(&rig);
    CHECK_INT(rig.desk.frames, frames + 1);
    CHECK(rig.desk.masked_permille > masked + 80);

    static const char *const wrong[] = {"", "{", AREAS("8"),
                                        "{\"v\":1,\"revision\":9,\"areas\":[{}]}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_INT(give_areas(&rig, 9, wrong[i]), SCRIM_OK);
        CHECK(rig.desk.areas_revision == 9 && !rig.desk.areas_understood);
        play(&rig, 1);
        check_opaque(&rig, SCRIM_REASON_AREAS);
    }
    // A new picture does not make it known.
    CHECK_INT(give(&rig, film_stream(&rig.film)), SCRIM_OK);
    play(&rig, 40);
    check_opaque(&rig, SCRIM_REASON_AREAS);

    rig.desk.full = true; // what the full link refused is told again
    CHECK_INT(give_areas(&rig, 10, AREAS("10")), SCRIM_OK);
    CHECK_INT(rig.desk.areas_revision, 9);
    rig.desk.full = false;
    play(&rig, 40);
    CHECK(rig.desk.areas_revision == 10 && rig.desk.areas_understood);
    CHECK_INT(rig.desk.areas_taken, 6);
    check_live(&rig);
    CHECK_INT(scrim_veil_camera_areas_message(rig.camera, scrim_reader_of("short", 5)),
              SCRIM_EFORMAT);
    scrim_veil_camera_areas(rig.camera, NULL); // as at the start, where the file cannot be read
    play(&rig, 1);
    check_opaque(&rig, SCRIM_REASON_AREAS);
    rig_finish(&rig);
}

// A browser would drop what follows a hole up to the next key frame, which may be two seconds off.
static void hole(void)
{
    struct rig rig;
    rig_init(&rig);
    CHECK_INT(give(&rig, film_stream(&rig.film)), SCRIM_OK);
    play(&rig, 47);
    rig.film.frames += 4;
    rig.now_us += 4 * STEP_US;
    play(&rig, 20);
    CHECK_INT(rig.desk.longest_step_us, 5 * STEP_US);
    CHECK(rig.desk.longest_is_key);
    rig_finish(&rig);
}

static void silence(void)
{
    struct rig rig;
    rig_init(&rig);
    CHECK_INT(give(&rig, film_stream(&rig.film)), SCRIM_OK);
    play(&rig, 40);
    CHECK_INT(rig.desk.state, SCRIM_VEIL_LIVE);
    scrim_veil_camera_tick(rig.camera, rig.now_us + 1900000);
    CHECK_INT(rig.desk.state, SCRIM_VEIL_LIVE);
    scrim_veil_camera_tick(rig.camera, rig.now_us + 2200000);
    CHECK_INT(rig.desk.state, SCRIM_VEIL_WAITING);
    CHECK_TEXT(rig.desk.text, "no picture from the camera");
    rig_finish(&rig);
}

static void end_of_stream(void)
{
    struct rig rig;
    rig_init(&rig);
    CHECK_INT(give(&rig, film_stream(&rig.film)), SCRIM_OK);
    play(&rig, 40);
    CHECK_INT(give(&rig, (struct scrim_link_message){SCRIM_LINK_END, 0, "quay",
                                                     (const uint8_t *)"cable", 5}),
              SCRIM_OK);
    CHECK_INT(rig.desk.frames, 40); // nothing is left inside
    CHECK_INT(rig.desk.state, SCRIM_VEIL_WAITING);
    CHECK_TEXT(rig.desk.text, "cable");
    CHECK_INT(give(&rig, film_stream(&rig.film)), SCRIM_OK);
    play(&rig, 45);
    CHECK_INT(rig.desk.inits, 2); // a new feed, opaque at first
    CHECK_INT(rig.desk.not_key, 0);
    rig_finish(&rig);
}

static void full_desk(void)
{
    struct rig rig;
    rig_init(&rig);
    CHECK_INT(give(&rig, film_stream(&rig.film)), SCRIM_OK);
    play(&rig, 50);
    const int frames = rig.desk.frames;
    rig.desk.full = true;
    play(&rig, 33);
    CHECK_INT(rig.desk.frames, frames);
    rig.desk.full = false;
    play(&rig, 10);
    CHECK_INT(rig.desk.frames, frames + 10);
    CHECK_INT(rig.desk.not_key, 0);
    CHECK_INT(rig.desk.state, SCRIM_VEIL_LIVE);
    rig_finish(&rig);
}

static void full_from_the_start(void)
{
    struct rig rig;
    rig_init(&rig);
    rig.desk.full = true;
    CHECK_INT(give(&rig, film_stream(&rig.film)), SCRIM_OK);
    play(&rig, 30);
    rig.desk.full = false;
    play(&rig, 10);
    CHECK_INT(rig.desk.inits, 1);
    CHECK_INT(rig.desk.frames, 10);
    CHECK_INT(rig.desk.not_key, 0);
    CHECK(rig.desk.states > 0);
    rig_finish(&rig);
}

// Without a beginning no frame is of use: nothing is called live that nobody can see.
static void desk_breaks_off(void)
{
    struct rig rig;
    rig_init(&rig);
    CHECK_INT(give(&rig, film_stream(&rig.film)), SCRIM_OK);
    rig.desk.breaks_off = true;
    play(&rig, 50);
    CHECK_INT(rig.desk.frames, 0);
    CHECK_INT(rig.desk.state, SCRIM_VEIL_WAITING);
    CHECK_TEXT(rig.desk.text, "the picture cannot be redacted");
    rig.desk.breaks_off = false;
    play(&rig, 50);
    CHECK_INT(rig.desk.inits, 1);
    CHECK_INT(rig.desk.not_key, 0);
    CHECK_INT(rig.desk.state, SCRIM_VEIL_LIVE);
    rig_finish(&rig);
}

// Garbage in the middle of a stream: opaque until the next key frame, then clear again.
static void damaged_stream(void)
{
    struct rig rig;
    rig_init(&rig);
    CHECK_INT(give(&rig, film_stream(&rig.film)), SCRIM_OK);
    play(&rig, 45); // key frames at 0, 20, 40, 60
    struct scrim_link_message message = film_packet(&rig.film);
    uint8_t *bytes = rig.film.body.data;
    for (size_t i = 24; i < rig.film.body.len; i++)
        bytes[i] = (uint8_t)(bytes[i] * 31 + i);
    CHECK_INT(give(&rig, message), SCRIM_OK);
    play(&rig, 12);
    check_opaque(&rig, SCRIM_REASON_DECODER);
    play(&rig, 30);
    check_live(&rig);
    CHECK_INT(rig.desk.inits, 1);
    rig_finish(&rig);
}

// libavcodec says nothing of either; whoever counts packets, or pictures, knows.
static void missing_units(void)
{
    for (int told = 0; told < 2; told++) {
        struct rig rig;
        rig_init(&rig);
        CHECK_INT(give(&rig, film_stream(&rig.film)), SCRIM_OK);
        play(&rig, 45);
        struct scrim_link_message message = film_packet(&rig.film);
        message.flags |= SCRIM_LINK_LOSS;
        if (told)
            CHECK_INT(give(&rig, message), SCRIM_OK);
        play(&rig, 10);
        check_opaque(&rig, SCRIM_REASON_DECODER);
        play(&rig, 20); // the next key frame, and half a second
        check_live(&rig);
        rig_finish(&rig);
    }
}

// What was last seen must not go on looking like the present.
static void nothing_decodes(void)
{
    struct rig rig;
    rig_init(&rig);
    CHECK_INT(give(&rig, film_stream(&rig.film)), SCRIM_OK);
    play(&rig, 50);
    check_live(&rig);
    const int frames = rig.desk.frames;
    for (int i = 0; i < 50; i++) {
        struct scrim_link_message message = film_packet(&rig.film);
        memset(rig.film.body.data + 16, 0x5a, rig.film.body.len - 16); // behind the times
        CHECK_INT(give(&rig, message), SCRIM_OK);
        rig.now_us += STEP_US;
        scrim_veil_camera_tick(rig.camera, rig.now_us);
        if (i > 22)
            check_opaque(&rig, SCRIM_REASON_DECODER);
    }
    CHECK(rig.desk.frames - frames >= 3); // what was waiting, and a blank one a second
    play(&rig, 60);
    check_live(&rig);
    rig_finish(&rig);
}

static void new_size(void)
{
    struct rig rig;
    rig_init(&rig);
    CHECK_INT(give(&rig, film_stream(&rig.film)), SCRIM_OK);
    play(&rig, 40);
    struct film other;
    film_init(&other, 160, 128);
    other.frames = rig.film.frames; // the same clock
    for (int i = 0; i < 40; i++) {
        CHECK_INT(give(&rig, film_packet(&other)), SCRIM_OK);
        rig.now_us += STEP_US;
    }
    CHECK_INT(rig.desk.inits, 2);
    CHECK_INT(rig.desk.width, 160);
    CHECK_INT(rig.desk.not_key, 0);
    film_finish(&other);
    rig_finish(&rig);
}

static void malformed_messages(void)
{
    struct rig rig;
    rig_init(&rig);
    static const uint8_t stream[] = {SCRIM_CODEC_H264, 0, 0, 0, 9, 1, 2};
    static const uint8_t codec[] = {7, 0, 0, 0, 0};
    static const uint8_t packet[17] = {0x7f};
    const struct scrim_link_message bad[] = {
        {SCRIM_LINK_STREAM, 0, "quay", stream, sizeof stream},
        {SCRIM_LINK_STREAM, 0, "quay", codec, sizeof codec},
        {SCRIM_LINK_STREAM, 0, "quay", stream, 0},
        {SCRIM_LINK_PACKET, 0, "quay", packet, 16},
        {SCRIM_LINK_PACKET, 0, "quay", packet, sizeof packet},
        {SCRIM_LINK_INIT, 0, "quay", packet, sizeof packet},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(give(&rig, bad[i]), SCRIM_EFORMAT);
    CHECK_INT(rig.desk.frames, 0);
    rig_finish(&rig);
}

static void overload(void)
{
    struct rig rig;
    rig_init(&rig);
    CHECK_INT(give(&rig, film_stream(&rig.film)), SCRIM_OK);
    play(&rig, 50);
    scrim_veil_camera_shed(rig.camera, 4, false);
    const int frames = rig.desk.frames;
    play(&rig, 40);
    CHECK(rig.desk.frames - frames >= 9 && rig.desk.frames - frames <= 14);
    CHECK_INT(rig.desk.state, SCRIM_VEIL_LIVE); // fewer frames, the same masks
    scrim_veil_camera_shed(rig.camera, 4, true);
    play(&rig, 30);
    CHECK_INT(rig.desk.state, SCRIM_VEIL_OPAQUE);
    CHECK_TEXT(rig.desk.text, scrim_reason_text(SCRIM_REASON_OVERLOAD));
    scrim_veil_camera_shed(rig.camera, 1, false);
    play(&rig, 60);
    CHECK_INT(rig.desk.state, SCRIM_VEIL_LIVE);
    CHECK_INT(rig.desk.not_key, 0);
    rig_finish(&rig);
}

// --- workers, locked in --------------------------------------------------------------------------

static void try_open(void)
{
    open("/etc/passwd", O_RDONLY);
}
static void try_socket(void)
{
    socket(AF_INET, SOCK_STREAM, 0);
}
static void try_exec(void)
{
    execl("/bin/true", "true", (char *)NULL);
}
static void try_fork(void)
{
    fork();
}
static void try_ptrace(void)
{
    ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}
static void try_kill(void)
{
    kill(getppid(), 0);
}
static void try_unlink(void)
{
    unlink("/tmp/scrim-no-such-file");
}
static void try_unix_socket(void)
{
    socket(AF_UNIX, SOCK_STREAM, 0);
}
static void try_thread_kill(void)
{
    syscall(SYS_tgkill, getppid(), getppid(), 0);
}
// The kernel would signal whoever is named so.
static void try_signal_owner(void)
{
    fcntl(STDERR_FILENO, F_SETOWN, getppid());
}
static void try_read_memory(void)
{
    char byte;
    const struct iovec one = {&byte, 1};
    process_vm_readv(getppid(), &one, 1, &one, 1, 0);
}
static void try_mount(void)
{
    mount("none", "/", "tmpfs", 0, NULL);
}
static void try_namespace(void)
{
    unshare(CLONE_NEWUSER);
}
static void try_thread(void)
{
    syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, NULL, NULL, NULL, NULL);
}
static void try_new_code(void)
{
    mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
static void try_data_as_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(page, 4096, PROT_READ | PROT_EXEC);
}
static void try_send_to(void)
{
    const struct sockaddr somebody = {.sa_family = AF_UNIX};
    sendto(STDERR_FILENO, "", 1, 0, &somebody, sizeof somebody);
}

// Runs `attempt` in a child that has locked itself in; true if that killed it.
static bool is_killed(void (*attempt)(void))
{
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        struct scrim_error error;
        if (scrim_sandbox_begin(&error) < 0 || scrim_veil_confine(1, &error) < 0)
            _exit(3);
        attempt();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

// A sanitizer's own calls do not fit into the cell.
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static void locked_in(void)
{
    if (SANITIZED)
        SKIP("sanitizer");
    CHECK(is_killed(try_open));
    CHECK(is_killed(try_socket));
    CHECK(is_killed(try_exec));
    CHECK(is_killed(try_fork));
    CHECK(is_killed(try_ptrace));
    CHECK(is_killed(try_kill));
    CHECK(is_killed(try_unlink));
    CHECK(is_killed(try_unix_socket));
    CHECK(is_killed(try_thread_kill));
    CHECK(is_killed(try_signal_owner));
    CHECK(is_killed(try_read_memory));
    CHECK(is_killed(try_mount));
    CHECK(is_killed(try_namespace));
    CHECK(is_killed(try_thread));
    CHECK(is_killed(try_send_to));
    CHECK(is_killed(try_new_code));
    CHECK(is_killed(try_data_as_code));
}

static void run_worker(int packets, int desk, int stop)
{
    struct script script = {.count = 0};
    struct scrim_camera_config camera = {.id = quay};
    struct scrim_site_config config = {.cameras = &camera, .cameras_count = 1};
    const struct scrim_site site = {.config = &config};
    struct scrim_error error = {0};
    signal(SIGPIPE, SIG_IGN);
    if (!SANITIZED && (scrim_sandbox_begin(&error) < 0 || scrim_veil_confine(1, &error) < 0))
        _exit(3);
    struct scrim_worker *worker = scrim_worker_create(&(struct scrim_worker_params){
        .site = &site,
        .workers = 1,
        .finder = {script_find, &script},
        .packets_fd = packets,
        .desk_fd = desk,
        .signals_fd = stop,
    });
    const int code = scrim_worker_run(worker, &error);
    scrim_worker_destroy(worker);
    _exit(code == SCRIM_ENETWORK ? 10 : code == SCRIM_EFORMAT ? 11 : code == SCRIM_OK ? 0 : 12);
}

struct process {
    pid_t pid;
    struct scrim_link *packets, *desk;
    int stop;
};

static struct process start_worker(void)
{
    int packets[2], desk[2], stop[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, packets) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, desk) < 0 || pipe2(stop, O_NONBLOCK) < 0)
        abort();
    fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) {
        close(packets[0]);
        close(desk[0]);
        close(stop[1]);
        run_worker(packets[1], desk[1], stop[0]);
    }
    close(packets[1]);
    close(desk[1]);
    close(stop[0]);
    return (struct process){pid, scrim_link_create(packets[0], 1U << 26),
                            scrim_link_create(desk[0], 1U << 16), stop[1]};
}

static int stop_worker(struct process *process)
{
    int status = 0;
    close(process->stop);
    waitpid(process->pid, &status, 0);
    scrim_link_destroy(process->packets);
    scrim_link_destroy(process->desk);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// Everything the worker says until `frames` frames have come; false when it has gone or is silent.
static bool listen_until(struct process *process, int frames, int *ret_frames)
{
    const int64_t end = scrim_clock_mono_us() + 60 * SCRIM_SECOND;
    while (*ret_frames < frames && scrim_clock_mono_us() < end) {
        struct pollfd fds[2] = {{scrim_link_fd(process->desk), POLLIN, 0},
                                {scrim_link_fd(process->packets), 0, 0}};
        if (scrim_link_wants_write(process->packets))
            fds[1].events = POLLOUT;
        poll(fds, 2, 100);
        if (scrim_link_flush(process->packets) < 0)
            return false;
        struct scrim_link_message message;
        int code;
        while ((code = scrim_link_receive(process->desk, &message)) > 0)
            *ret_frames += message.kind == SCRIM_LINK_FRAME;
        if (code < 0)
            return false;
    }
    return *ret_frames >= frames;
}

static void send_message(struct process *process, const struct scrim_link_message *message)
{
    must(scrim_link_send(process->packets, message->kind, message->flags, message->camera,
                         message->body, message->body_len, NULL, 0));
}

static void send_film(struct process *process, struct film *film, int frames)
{
    struct scrim_link_message message = film_stream(film);
    send_message(process, &message);
    for (int i = 0; i < frames; i++) {
        message = film_packet(film);
        send_message(process, &message);
    }
}

static void whole_worker(void)
{
    struct film film;
    int frames = 0;
    film_init(&film, W, H);
    struct process process = start_worker();
    send_film(&process, &film, 60);
    CHECK(listen_until(&process, 55, &frames));
    CHECK_INT(stop_worker(&process), 0);
    film_finish(&film);
}

static void ends_with_its_links(void)
{
    struct process process = start_worker();
    scrim_link_destroy(process.desk);
    process.desk = NULL;
    int status = 0;
    waitpid(process.pid, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 10);
    scrim_link_destroy(process.packets);
    close(process.stop);
}

// A packet of every kind of garbage, then a film: the worker lives and works.
static void garbage_packets(void)
{
    struct film film;
    struct scene random = {.random = 5};
    int frames = 0;
    film_init(&film, W, H);
    struct process process = start_worker();
    struct scrim_link_message message = film_stream(&film);
    send_message(&process, &message);
    for (int i = 0; i < 200; i++) {
        struct scrim_link_message packet = film_packet(&film);
        uint8_t *bytes = film.body.data;
        for (int k = 0; k < 20 + i; k++)
            bytes[16 + scene_random(&random) % (film.body.len - 16)] ^=
                (uint8_t)scene_random(&random);
        if (i % 3 == 0)
            packet.flags = SCRIM_LINK_KEY;
        send_message(&process, &packet);
    }
    film_finish(&film);
    film_init(&film, W, H);
    send_film(&process, &film, 60);
    CHECK(listen_until(&process, 55, &frames));
    CHECK_INT(stop_worker(&process), 0);
    film_finish(&film);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"feed", feed},
                                    {"after a hole comes a key frame", hole},
                                    {"areas", areas},
                                    {"silence", silence},
                                    {"end of stream", end_of_stream},
                                    {"full desk", full_desk},
                                    {"full from the start", full_from_the_start},
                                    {"desk breaks off", desk_breaks_off},
                                    {"damaged stream", damaged_stream},
                                    {"missing units", missing_units},
                                    {"nothing decodes", nothing_decodes},
                                    {"new size", new_size},
                                    {"malformed messages", malformed_messages},
                                    {"overload", overload},
                                    {"locked in", locked_in},
                                    {"whole worker", whole_worker},
                                    {"ends with its links", ends_with_its_links},
                                    {"garbage packets", garbage_packets},
                                    {0}});
}
