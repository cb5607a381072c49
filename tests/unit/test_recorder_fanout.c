// The fan-out with real sockets: who gets which packets, when a worker may start, what the desk
// hears.
#include "recorder/fanout.h"

#include "base/clock.h"
#include "streams.h"
#include "test.h"

#include <poll.h>
#include <sys/socket.h>

struct rig {
    char dir[256];
    struct scrim_stop *stop;
    struct scrim_fanout *fanout;
    struct scrim_params params;
};

static void rig_start(struct rig *rig)
{
    struct scrim_error error;
    char path[300];
    *rig = (struct rig){0};
    test_make_dir(rig->dir);
    snprintf(path, sizeof path, "%s/run", rig->dir);
    REQUIRE(scrim_fs_make_dirs(path, 0700, &error) == SCRIM_OK);
    snprintf(path, sizeof path, "%s/run/packets.sock", rig->dir);
    const int listen_fd = scrim_link_listen(path, &error);
    REQUIRE(listen_fd >= 0);
    scrim_params_init(&rig->params, SCRIM_CODEC_H264);
    put_bytes(&rig->params.sets, sets_small, sizeof sets_small);
    REQUIRE(scrim_stop_create(&rig->stop, &error) == SCRIM_OK);
    REQUIRE(scrim_fanout_create(rig->dir, listen_fd, rig->stop, &rig->fanout, &error) == SCRIM_OK);
    scrim_fanout_place(rig->fanout, 0, "quay", 0);
    scrim_fanout_place(rig->fanout, 1, "gate", 1);
    REQUIRE(scrim_fanout_start(rig->fanout, &error) == SCRIM_OK);
}

static void rig_finish(struct rig *rig)
{
    scrim_stop_request(rig->stop);
    scrim_fanout_destroy(rig->fanout);
    scrim_stop_destroy(rig->stop);
    scrim_params_finish(&rig->params);
    test_remove_dir(rig->dir);
}

static struct scrim_link *connect_to(struct rig *rig, uint16_t worker, uint16_t workers)
{
    char path[300];
    struct scrim_error error;
    snprintf(path, sizeof path, "%s/run/packets.sock", rig->dir);
    const int fd = scrim_link_connect(path, &error);
    if (fd < 0)
        abort();
    struct scrim_link *link = scrim_link_create(fd, 1 << 20);
    const uint8_t hello[] = {
        0, 1, (uint8_t)(worker >> 8), (uint8_t)worker, (uint8_t)(workers >> 8), (uint8_t)workers};
    CHECK_INT(scrim_link_send(link, SCRIM_LINK_HELLO, 0, "", hello, sizeof hello, NULL, 0), 0);
    CHECK_INT(scrim_link_flush(link), 0);
    return link;
}

// The next message, waiting for it; what scrim_link_receive says, or 0 when none comes.
static int next(struct scrim_link *link, struct scrim_link_message *ret)
{
    const int64_t until_us = scrim_clock_mono_us() + 5 * SCRIM_SECOND;
    int result;
    while ((result = scrim_link_receive(link, ret)) == 0 && scrim_clock_mono_us() < until_us)
        poll(&(struct pollfd){.fd = scrim_link_fd(link), .events = POLLIN}, 1, 100);
    return result;
}

static void wait_wanted(struct rig *rig, unsigned camera, bool wanted)
{
    const int64_t until_us = scrim_clock_mono_us() + 5 * SCRIM_SECOND;
    while (scrim_fanout_wants(rig->fanout, camera) != wanted && scrim_clock_mono_us() < until_us)
        poll(NULL, 0, 1);
    CHECK_INT(scrim_fanout_wants(rig->fanout, camera), wanted);
}

static bool send_packet(struct rig *rig, unsigned camera, bool key, uint8_t number, size_t size)
{
    uint8_t *data = calloc(1, size);
    data[0] = number;
    const struct scrim_unit frame = {.data = data, .size = size, .random = key};
    const struct scrim_moment moment = {.utc_us = 1000 + number, .media = 9 * number};
    const bool taken = scrim_fanout_packet(rig->fanout, camera, &frame, &moment);
    free(data);
    return taken;
}

static void expect_packet(struct scrim_link *link, const char *camera, uint8_t number, bool key)
{
    struct scrim_link_message message;
    REQUIRE(next(link, &message) == 1);
    CHECK_INT(message.kind, SCRIM_LINK_PACKET);
    CHECK_TEXT(message.camera, camera);
    CHECK_INT(message.flags, key ? SCRIM_LINK_KEY : 0);
    struct scrim_reader reader = scrim_reader_of(message.body, message.body_len);
    uint64_t utc_us = 0, pts_us = 0;
    uint8_t first = 0;
    CHECK(scrim_read_u64(&reader, &utc_us) && scrim_read_u64(&reader, &pts_us) &&
          scrim_read_u8(&reader, &first));
    CHECK_INT(utc_us, 1000 + number);
    CHECK_INT(pts_us, 100 * number);
    CHECK_INT(first, number);
}

static void expect_stream(struct scrim_link *link, const char *camera)
{
    struct scrim_link_message message;
    REQUIRE(next(link, &message) == 1);
    CHECK_INT(message.kind, SCRIM_LINK_STREAM);
    CHECK_TEXT(message.camera, camera);
    REQUIRE(message.body_len == 5 + sizeof sets_small);
    CHECK_INT(message.body[0], SCRIM_CODEC_H264);
    CHECK_INT(message.body[4], sizeof sets_small);
    CHECK(memcmp(message.body + 5, sets_small, sizeof sets_small) == 0);
}

static void a_late_worker_starts_at_a_key_frame(void)
{
    struct rig rig;
    rig_start(&rig);
    scrim_fanout_stream(rig.fanout, 0, &rig.params);
    CHECK(!scrim_fanout_wants(rig.fanout, 0));
    CHECK(send_packet(&rig, 0, true, 1, 100)); // nobody there: gone
    struct scrim_link *link = connect_to(&rig, 0, 1);
    expect_stream(link, "quay");
    wait_wanted(&rig, 0, true);
    wait_wanted(&rig, 1, true);
    CHECK(send_packet(&rig, 0, false, 2, 100));
    CHECK(send_packet(&rig, 0, true, 3, 100));
    CHECK(send_packet(&rig, 0, false, 4, 100));
    expect_packet(link, "quay", 3, true);
    expect_packet(link, "quay", 4, false);

    scrim_fanout_end(rig.fanout, 0, "pulled");
    struct scrim_link_message message;
    REQUIRE(next(link, &message) == 1);
    CHECK_INT(message.kind, SCRIM_LINK_END);
    CHECK(message.body_len == 6 && memcmp(message.body, "pulled", 6) == 0);
    scrim_link_destroy(link);
    wait_wanted(&rig, 0, false);
    rig_finish(&rig);
}

// What the network lost shows in no packet: the one behind it says so.
static void a_loss_is_told(void)
{
    static uint8_t data[100];
    static const struct {
        uint32_t units, packets;
        uint8_t flags;
    } cases[] = {
        {0, 0, SCRIM_LINK_KEY}, {1, 3, SCRIM_LINK_LOSS}, {0, 1, SCRIM_LINK_LOSS}, {0, 0, 0}};
    struct rig rig;
    rig_start(&rig);
    scrim_fanout_stream(rig.fanout, 0, &rig.params);
    struct scrim_link *link = connect_to(&rig, 0, 1);
    expect_stream(link, "quay");
    wait_wanted(&rig, 0, true);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct scrim_unit unit = {.data = data,
                                        .size = sizeof data,
                                        .random = i == 0,
                                        .lost_units = cases[i].units,
                                        .lost_packets = cases[i].packets};
        const struct scrim_moment moment = {.utc_us = 1000};
        struct scrim_link_message message;
        CHECK(scrim_fanout_packet(rig.fanout, 0, &unit, &moment));
        REQUIRE(next(link, &message) == 1);
        CHECK_INT(message.kind, SCRIM_LINK_PACKET);
        CHECK_INT(message.flags, cases[i].flags);
    }
    scrim_link_destroy(link);
    rig_finish(&rig);
}

static void cameras_are_dealt_to_workers(void)
{
    struct rig rig;
    rig_start(&rig);
    scrim_fanout_stream(rig.fanout, 0, &rig.params);
    scrim_fanout_stream(rig.fanout, 1, &rig.params);
    struct scrim_link *even = connect_to(&rig, 0, 2);
    expect_stream(even, "quay");
    CHECK(!scrim_fanout_wants(rig.fanout, 1));
    struct scrim_link *odd = connect_to(&rig, 1, 2);
    expect_stream(odd, "gate");
    CHECK(send_packet(&rig, 1, true, 7, 100));
    CHECK(send_packet(&rig, 0, true, 8, 100));
    expect_packet(odd, "gate", 7, true);
    expect_packet(even, "quay", 8, true);

    // A worker that was started again takes its place; the old connection is closed.
    struct scrim_link *again = connect_to(&rig, 1, 2);
    expect_stream(again, "gate");
    struct scrim_link_message message;
    CHECK_INT(next(odd, &message), SCRIM_ENETWORK);
    CHECK(send_packet(&rig, 1, true, 9, 100));
    expect_packet(again, "gate", 9, true);
    scrim_link_destroy(again);
    scrim_link_destroy(odd);
    scrim_link_destroy(even);
    rig_finish(&rig);
}

static void a_slow_worker_misses_whole_groups(void)
{
    struct rig rig;
    rig_start(&rig);
    scrim_fanout_stream(rig.fanout, 0, &rig.params);
    struct scrim_link *link = connect_to(&rig, 0, 1);
    expect_stream(link, "quay");
    wait_wanted(&rig, 0, true);
    int sent = 0, received = 0, last = -1;
    for (int i = 0; i < 200; i++) // a key picture every ten; far more than link and sockets hold
        sent += send_packet(&rig, 0, i % 10 == 0, (uint8_t)i, 200000);
    CHECK(sent > 0);
    struct scrim_link_message message;
    bool whole = true;
    while (poll(&(struct pollfd){.fd = scrim_link_fd(link), .events = POLLIN}, 1, 1000) > 0) {
        while (scrim_link_receive(link, &message) == 1) {
            const int number = message.body[16];
            // Either the next one, or a key picture.
            whole &= number == last + 1 || (message.flags & SCRIM_LINK_KEY);
            last = number;
            received++;
        }
    }
    CHECK(whole);
    CHECK(received > 0 && received < 200);
    CHECK(send_packet(&rig, 0, true, 250, 100)); // it caught up
    REQUIRE(next(link, &message) == 1);
    CHECK_INT(message.body[16], 250);
    scrim_link_destroy(link);
    rig_finish(&rig);
}

static void a_bad_greeting_ends_the_connection(void)
{
    struct rig rig;
    struct scrim_link_message message;
    rig_start(&rig);
    struct scrim_link *link = connect_to(&rig, 3, 3); // there is no worker 3 of 3
    CHECK_INT(next(link, &message), SCRIM_ENETWORK);
    scrim_link_destroy(link);
    link = connect_to(&rig, 0, 0);
    CHECK_INT(next(link, &message), SCRIM_ENETWORK);
    scrim_link_destroy(link);
    rig_finish(&rig);
}

static void the_desk_hears_states(void)
{
    struct rig rig;
    struct scrim_error error;
    char path[300];
    rig_start(&rig);
    snprintf(path, sizeof path, "%s/run/desk.sock", rig.dir);
    const int listener = scrim_link_listen(path, &error); // after the recorder: it keeps trying
    REQUIRE(listener >= 0);
    struct scrim_camera_state state = {.streaming = true, .recording = {.recording = true}};
    scrim_fanout_state(rig.fanout, 1, &state);
    const int fd = accept(listener, NULL, NULL);
    struct scrim_link *link = scrim_link_create(fd, 1 << 20);
    struct scrim_link_message message;
    REQUIRE(next(link, &message) == 1);
    CHECK_INT(message.kind, SCRIM_LINK_HELLO);
    bool recording = false, connecting = false;
    for (int i = 0; i < 6 && !(recording && connecting); i++) { // what it said first may be older
        REQUIRE(next(link, &message) == 1);
        CHECK_INT(message.kind, SCRIM_LINK_CAMERA_STATE);
        const bool gate = strcmp(message.camera, "gate") == 0;
        const char *words = gate ? "\"state\":\"recording\"" : "\"state\":\"connecting\"";
        const bool said = memmem(message.body, message.body_len, words, strlen(words)) != NULL;
        recording |= gate && said;
        connecting |= !gate && said;
    }
    CHECK(recording && connecting);
    // Repeated without a change, and taken up again by another desk.
    REQUIRE(next(link, &message) == 1);
    scrim_link_destroy(link);
    const int again = accept(listener, NULL, NULL);
    link = scrim_link_create(again, 1 << 20);
    REQUIRE(next(link, &message) == 1);
    CHECK_INT(message.kind, SCRIM_LINK_HELLO);
    scrim_link_destroy(link);
    close(listener);
    rig_finish(&rig);
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){
            {"a late worker starts at a key frame", a_late_worker_starts_at_a_key_frame},
            {"a loss is told", a_loss_is_told},
            {"cameras are dealt to workers", cameras_are_dealt_to_workers},
            {"a slow worker misses whole groups", a_slow_worker_misses_whole_groups},
            {"a bad greeting ends the connection", a_bad_greeting_ends_the_connection},
            {"the desk hears states", the_desk_hears_states},
            {0}});
}
