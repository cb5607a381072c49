// The keeper's socket from both ends: the recorder's client, and whoever else knocks.
#include "keeper/server.h"

#include "base/alloc.h"
#include "keeper/shred.h"
#include "recorder/keys.h"
#include "store_fixture.h"
#include "test.h"

#include <errno.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define HOUR_US INT64_C(3600000000)
#define HOUR scrim_hour_of(FIXTURE_START_US)

struct scene {
    struct fixture f;
    struct scrim_hour_ring *ring;
    struct scrim_key_server *server;
    char path[SCRIM_PATH_MAX];
    struct scrim_record purge; // the newest one that the client heard of
};

static int shred(void *context, const struct scrim_hour_range *range, const char *reason,
                 struct scrim_buf *ret_done, struct scrim_error *error)
{
    struct scene *s = context;
    const struct scrim_holds none = {0};
    CHECK_TEXT(reason, "a reason");
    return scrim_shred(s->ring, range, &none, ret_done, error);
}

static void open_server(struct scene *s)
{
    struct scrim_error error = {0};
    const int fd = scrim_link_listen(s->path, &error);
    REQUIRE(fd >= 0);
    const struct scrim_key_server_setup setup = {
        .listen_fd = fd, .site = &s->f.site, .ring = s->ring, .shred = shred, .context = s};
    REQUIRE(scrim_key_server_create(&setup, &s->server, &error) >= 0);
}

static void begin(struct scene *s)
{
    char store[SCRIM_PATH_MAX];
    *s = (struct scene){0};
    fixture_create(&s->f);
    fixture_clock_start();
    fixture_path(&s->f, "store", store);
    CHECK(mkdir(store, 0700) == 0);
    fixture_path(&s->f, SCRIM_KEYS_SOCKET, s->path);
    REQUIRE(scrim_hour_ring_open(&s->f.site, &s->ring, NULL) >= 0);
    open_server(s);
}

static void end(struct scene *s)
{
    scrim_fault_set(NULL, NULL);
    scrim_key_server_destroy(s->server);
    scrim_hour_ring_close(s->ring);
    fixture_clock_end();
    fixture_destroy(&s->f);
}

// What a turn of the keeper's loop does. Everything that was sent before is there.
static void serve(struct scene *s)
{
    struct pollfd fds[SCRIM_KEY_CLIENTS_MAX + 1];
    bool more = true;
    for (int i = 0; i < 4 || more; i++) {
        const size_t count = scrim_key_server_poll(s->server, fds);
        poll(fds, count, 0);
        more = scrim_key_server_serve(s->server, fds);
    }
}

static void on_purged(void *context, const struct scrim_record *purge)
{
    struct scene *s = context;
    s->purge = *purge;
}

static void talk(struct scene *s, struct scrim_keys *keys)
{
    for (int i = 0; i < 4; i++) {
        struct pollfd fd;
        (void)scrim_keys_tend(keys);
        if (s->server)
            serve(s);
        if (scrim_keys_poll(keys, &fd) > 0 && poll(&fd, 1, 0) > 0)
            scrim_keys_serve(keys, &fd);
    }
}

static int count_renames(void *context, enum scrim_fault_op op, const char *what)
{
    unsigned *count = context;
    *count += op == SCRIM_FAULT_RENAME && what && strstr(what, "hours.ring");
    return 0;
}

static void recorder_gets_keys(void)
{
    struct scene s;
    struct scrim_hours *quay = NULL, *gate = NULL;
    struct scrim_error error;
    uint8_t key[SCRIM_HOUR_KEY], kept[SCRIM_HOUR_KEY];
    unsigned writes = 0;
    begin(&s);
    fixture_clock_pass(600 * SCRIM_SECOND);
    struct scrim_keys *keys = scrim_keys_create(s.path, on_purged, &s);
    REQUIRE(scrim_hours_create("quay", &quay, &error) >= 0);
    REQUIRE(scrim_hours_create("gate", &gate, &error) >= 0);
    scrim_keys_add(keys, quay);
    scrim_keys_add(keys, gate);
    CHECK(scrim_hours_get(quay, HOUR, key, &error) == SCRIM_ENOENT);
    CHECK(strstr(error.text, "scrim-keeper") != NULL);

    scrim_fault_set(count_renames, &writes);
    talk(&s, keys);
    CHECK_INT(writes, 1); // four keys
    CHECK_INT(scrim_hour_ring_count(s.ring), 4);
    CHECK(!scrim_keys_trouble(keys));
    CHECK_INT(scrim_hours_get(gate, HOUR + 1, kept, &error), SCRIM_OK);
    CHECK_INT(scrim_hour_ring_get(s.ring, "gate", HOUR + 1, key), SCRIM_OK);
    CHECK(memcmp(key, kept, sizeof key) == 0);
    talk(&s, keys); // nothing is missing, nothing is asked
    CHECK_INT(writes, 1);

    // The next hour: its successor for all cameras at once; the hour before lingers, then is wiped.
    fixture_clock_pass(HOUR_US - 590 * SCRIM_SECOND);
    talk(&s, keys);
    CHECK_INT(writes, 2);
    CHECK_INT(scrim_hours_get(quay, HOUR + 2, key, &error), SCRIM_OK);
    CHECK_INT(scrim_hours_get(quay, HOUR, key, &error), SCRIM_OK);
    fixture_clock_pass(200 * SCRIM_SECOND);
    talk(&s, keys);
    CHECK_INT(scrim_hours_get(quay, HOUR, key, &error), SCRIM_ENOENT);

    // The clock is set back: the keys of then are given out once more, the same ones.
    fixture_clock_pass(-HOUR_US);
    talk(&s, keys);
    CHECK_INT(scrim_hours_get(gate, HOUR + 1, key, &error), SCRIM_OK);
    CHECK(memcmp(key, kept, sizeof key) == 0);

    // The keeper ends: what is there carries on, and then the sentence names it.
    scrim_key_server_destroy(s.server);
    s.server = NULL;
    talk(&s, keys);
    CHECK_TEXT(scrim_keys_trouble(keys), "scrim-keeper does not answer");
    fixture_clock_pass(HOUR_US);
    talk(&s, keys);
    CHECK_INT(scrim_hours_get(gate, HOUR + 1, key, &error), SCRIM_OK);
    fixture_clock_pass(HOUR_US);
    talk(&s, keys);
    CHECK_INT(scrim_hours_get(gate, HOUR + 2, key, &error), SCRIM_ENOENT);
    CHECK_TEXT(error.text, "there is no key to seal with: scrim-keeper does not answer");
    CHECK(unlink(s.path) == 0);
    open_server(&s);
    fixture_clock_pass(SCRIM_SECOND);
    talk(&s, keys);
    CHECK(!scrim_keys_trouble(keys));
    CHECK_INT(scrim_hours_get(gate, HOUR + 2, key, &error), SCRIM_OK);

    scrim_keys_remove(keys, gate);
    scrim_keys_destroy(keys);
    scrim_hours_destroy(quay);
    scrim_hours_destroy(gate);
    scrim_hours_destroy(NULL);
    end(&s);
}

static int no_space(void *context, enum scrim_fault_op op, const char *what)
{
    (void)context;
    return op == SCRIM_FAULT_WRITE && strstr(what, "hours.ring") ? ENOSPC : 0;
}

static void full_disk(void)
{
    struct scene s;
    struct scrim_hours *quay = NULL;
    struct scrim_error error;
    uint8_t key[SCRIM_HOUR_KEY];
    begin(&s);
    struct scrim_keys *keys = scrim_keys_create(s.path, on_purged, &s);
    REQUIRE(scrim_hours_create("quay", &quay, &error) >= 0);
    scrim_keys_add(keys, quay);
    scrim_fault_set(no_space, NULL);
    talk(&s, keys);
    CHECK_INT(scrim_hours_get(quay, HOUR, key, &error), SCRIM_ENOENT);
    CHECK(strstr(error.text, "refuses") && strstr(error.text, "hours.ring"));
    scrim_fault_set(NULL, NULL);
    fixture_clock_pass(6 * SCRIM_SECOND);
    talk(&s, keys);
    CHECK_INT(scrim_hours_get(quay, HOUR, key, &error), SCRIM_OK);
    scrim_keys_destroy(keys);
    scrim_hours_destroy(quay);
    end(&s);
}

static void purges_are_told(void)
{
    struct scene s;
    struct scrim_hours *quay = NULL;
    struct scrim_error error;
    begin(&s);
    struct scrim_record purge = {.type = SCRIM_RECORD_PURGE,
                                 .camera = "quay",
                                 .start_us = FIXTURE_START_US,
                                 .end_us = FIXTURE_START_US + 5,
                                 .segments = 3,
                                 .cause = SCRIM_GAP_DISK,
                                 .detail = "the disk fills"};
    struct scrim_keys *keys = scrim_keys_create(s.path, on_purged, &s);
    CHECK(!scrim_key_server_purged(s.server, &purge)); // nobody listens
    REQUIRE(scrim_hours_create("quay", &quay, &error) >= 0);
    scrim_keys_add(keys, quay);
    talk(&s, keys);
    CHECK(scrim_key_server_purged(s.server, &purge));
    talk(&s, keys);
    CHECK_TEXT(s.purge.camera, "quay");
    CHECK_TEXT(s.purge.detail, "the disk fills");
    CHECK_INT(s.purge.start_us, purge.start_us);
    CHECK_INT(s.purge.end_us, purge.end_us);
    CHECK_INT(s.purge.segments, 3);
    CHECK_INT(s.purge.cause, SCRIM_GAP_DISK);

    // A keeper that started again tells them too, though this recorder lacks no key.
    scrim_key_server_destroy(s.server);
    s.server = NULL;
    talk(&s, keys);
    CHECK(unlink(s.path) == 0);
    open_server(&s);
    fixture_clock_pass(SCRIM_SECOND);
    talk(&s, keys);
    CHECK(!scrim_keys_trouble(keys));
    purge.segments = 4;
    CHECK(scrim_key_server_purged(s.server, &purge));
    talk(&s, keys);
    CHECK_INT(s.purge.segments, 4);
    scrim_keys_destroy(keys);
    scrim_hours_destroy(quay);
    end(&s);
}

// --- others ---

static struct scrim_link *knock(struct scene *s, bool hello)
{
    static const uint8_t version[6] = {0, 1};
    const int fd = scrim_link_connect(s->path, NULL);
    CHECK(fd >= 0);
    struct scrim_link *link = scrim_link_create(fd, 1 << 20);
    if (hello)
        CHECK_INT(scrim_link_send(link, SCRIM_LINK_HELLO, 0, "", version, 6, NULL, 0), SCRIM_OK);
    return link;
}

static void put_hour(uint8_t to[8], uint64_t hour)
{
    for (int i = 0; i < 8; i++)
        to[i] = (uint8_t)(hour >> (56 - 8 * i));
}

static void want(struct scrim_link *link, const char *camera, uint64_t hour)
{
    uint8_t body[8];
    put_hour(body, hour);
    CHECK_INT(scrim_link_send(link, SCRIM_LINK_HOUR_KEY_WANTED, 0, camera, body, 8, NULL, 0),
              SCRIM_OK);
}

static void order_shred(struct scrim_link *link, uint64_t first, uint64_t last)
{
    uint8_t body[16];
    put_hour(body, first);
    put_hour(body + 8, last);
    CHECK_INT(scrim_link_send(link, SCRIM_LINK_SHRED, 0, "quay", body, 16, "a reason", 8),
              SCRIM_OK);
}

// The kind of the next answer after HELLO; 0 none, negative: the keeper hung up.
static int answer_kind(struct scene *s, struct scrim_link *link, struct scrim_link_message *ret)
{
    int result = 0;
    if (scrim_link_flush(link) < 0)
        return SCRIM_ENETWORK;
    serve(s);
    // Twice: the first 0 may be the end of what came before.
    for (int i = 0; i < 2 && result == 0; i++) {
        do {
            result = scrim_link_receive(link, ret);
        } while (result > 0 && ret->kind == SCRIM_LINK_HELLO);
    }
    return result > 0 ? (int)ret->kind : result;
}

static void only_current_hours(void)
{
    static const struct {
        int64_t at_s;
        int64_t hour; // relative to HOUR
        int kind;
    } cases[] = {
        {0, 0, SCRIM_LINK_HOUR_KEY},         {0, -1, SCRIM_LINK_HOUR_KEY},
        {119, -1, SCRIM_LINK_HOUR_KEY},      {121, -1, SCRIM_LINK_REFUSED},
        {0, -2, SCRIM_LINK_REFUSED},         {1800, 2, SCRIM_LINK_HOUR_KEY},
        {1800, 3, SCRIM_LINK_REFUSED},       {1800, -24, SCRIM_LINK_REFUSED},
        {1800, 1000000, SCRIM_LINK_REFUSED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene s;
        struct scrim_link_message message;
        begin(&s);
        const struct scrim_hour_range old = {.camera = "quay", .first = HOUR - 30, .last = HOUR};
        CHECK(scrim_hour_ring_make(s.ring, &old, 1, NULL) >= 0);
        fixture_clock_pass(cases[i].at_s * SCRIM_SECOND);
        struct scrim_link *link = knock(&s, true);
        want(link, "quay", (uint64_t)((int64_t)HOUR + cases[i].hour));
        CHECK_INT(answer_kind(&s, link, &message), cases[i].kind);
        scrim_link_destroy(link);
        end(&s);
    }
}

static void many_questions_one_write(void)
{
    struct scene s;
    struct scrim_link_message message;
    unsigned writes = 0, answers = 0;
    begin(&s);
    scrim_fault_set(count_renames, &writes);
    struct scrim_link *link = knock(&s, true);
    for (unsigned i = 0; i < 1024; i++) {
        char camera[16];
        snprintf(camera, sizeof camera, "c%u", i);
        want(link, camera, HOUR);
        want(link, camera, HOUR + 1);
    }
    while (scrim_link_wants_write(link)) {
        CHECK(scrim_link_flush(link) >= 0);
        if (!scrim_link_wants_write(link))
            break;
        serve(&s);
    }
    for (int i = 0; i < 100 && answers < 2048; i++) {
        serve(&s);
        while (scrim_link_receive(link, &message) > 0)
            answers += message.kind == SCRIM_LINK_HOUR_KEY;
    }
    CHECK_INT(answers, 2048);
    CHECK(writes <= 3); // the questions came in that many pieces
    CHECK_INT(scrim_hour_ring_count(s.ring), 2 * (1024 + 2));
    scrim_link_destroy(link);
    end(&s);
}

static void orders_to_shred(void)
{
    struct scene s;
    struct scrim_link_message message;
    begin(&s);
    const struct scrim_hour_range old = {.camera = "quay", .first = HOUR - 3, .last = HOUR};
    CHECK(scrim_hour_ring_make(s.ring, &old, 1, NULL) >= 0);
    fixture_clock_pass(600 * SCRIM_SECOND);
    struct scrim_link *link = knock(&s, true);
    order_shred(link, HOUR - 2, HOUR - 1);
    CHECK_INT(answer_kind(&s, link, &message), SCRIM_LINK_DONE);
    CHECK(memmem(message.body, message.body_len, "2 hour keys", 11) != NULL);
    CHECK_INT(scrim_hour_ring_count(s.ring), 2);
    order_shred(link, HOUR - 3, HOUR); // one of them is still being recorded: none goes
    CHECK_INT(answer_kind(&s, link, &message), SCRIM_LINK_REFUSED);
    CHECK_INT(scrim_hour_ring_count(s.ring), 2);
    order_shred(link, HOUR, HOUR - 1);
    CHECK(answer_kind(&s, link, &message) < 0);
    scrim_link_destroy(link);
    end(&s);
}

static void strangers(void)
{
    struct scene s;
    struct scrim_link_message message;
    begin(&s);
    struct scrim_link *link = knock(&s, false); // no HELLO
    want(link, "quay", HOUR);
    CHECK(answer_kind(&s, link, &message) < 0);
    scrim_link_destroy(link);
    link = knock(&s, true);
    CHECK(scrim_link_send(link, SCRIM_LINK_INIT, 0, "quay", "x", 1, NULL, 0) >= 0);
    CHECK(answer_kind(&s, link, &message) < 0);
    scrim_link_destroy(link);
    link = knock(&s, true);
    want(link, "../etc", HOUR); // no id of a camera
    CHECK_INT(answer_kind(&s, link, &message), SCRIM_LINK_REFUSED);
    scrim_link_destroy(link);

    // More than there is room for: the last ones are turned away, the first ones served.
    struct scrim_link *crowd[SCRIM_KEY_CLIENTS_MAX + 4];
    for (size_t i = 0; i < SCRIM_KEY_CLIENTS_MAX + 4; i++) {
        crowd[i] = knock(&s, true);
        serve(&s);
    }
    for (int i = 0; i < 8; i++)
        serve(&s);
    want(crowd[0], "quay", HOUR);
    CHECK_INT(answer_kind(&s, crowd[0], &message), SCRIM_LINK_HOUR_KEY);
    CHECK(answer_kind(&s, crowd[SCRIM_KEY_CLIENTS_MAX + 3], &message) < 0);
    for (size_t i = 0; i < SCRIM_KEY_CLIENTS_MAX + 4; i++)
        scrim_link_destroy(crowd[i]);
    CHECK_INT(scrim_hour_ring_count(s.ring), 4); // of the two cameras of the site
    end(&s);
}

#define NOBODY 65534

// A connection that another user made, handed back by the child that became that user.
static struct scrim_link *knock_as(struct scene *s, uid_t user)
{
    struct scrim_link *link = NULL;
    if (seteuid(user) == 0) {
        link = knock(s, true);
        CHECK(seteuid(0) == 0);
    }
    return link;
}

static void other_users(void)
{
    struct scene s;
    struct scrim_link_message message;
    char path[SCRIM_PATH_MAX];
    if (geteuid() != 0) {
        SKIP("needs root");
        return;
    }
    begin(&s);
    fixture_path(&s.f, "run", path);
    CHECK(chmod(s.f.dir, 0755) == 0 && chmod(path, 0755) == 0 && chmod(s.path, 0666) == 0);
    struct scrim_link *link = knock_as(&s, NOBODY);
    REQUIRE(link);
    want(link, "quay", HOUR);
    CHECK(answer_kind(&s, link, &message) < 0);
    scrim_link_destroy(link);

    // The recorder's user: keys, but no shredding.
    scrim_key_server_destroy(s.server);
    fixture_path(&s.f, "store", path);
    CHECK(chown(path, NOBODY, (gid_t)-1) == 0);
    CHECK(unlink(s.path) == 0);
    open_server(&s);
    CHECK(chmod(s.path, 0666) == 0);
    link = knock_as(&s, NOBODY);
    REQUIRE(link);
    want(link, "quay", HOUR);
    CHECK_INT(answer_kind(&s, link, &message), SCRIM_LINK_HOUR_KEY);
    fixture_clock_pass(3 * HOUR_US);
    order_shred(link, HOUR, HOUR);
    CHECK_INT(answer_kind(&s, link, &message), SCRIM_LINK_REFUSED);
    CHECK(scrim_hour_ring_holds(s.ring, "quay", HOUR));
    scrim_link_destroy(link);
    end(&s);
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){
            {"keeper: the recorder gets its keys, ahead, and carries on alone", recorder_gets_keys},
            {"keeper: a full disk is said, and over when it is over", full_disk},
            {"keeper: purges are told to the recorder", purges_are_told},
            {"keeper: keys of current hours only", only_current_hours},
            {"keeper: 1024 cameras ask at once, the ring is written once",
             many_questions_one_write},
            {"keeper: shreds what is over", orders_to_shred},
            {"keeper: strangers and crowds", strangers},
            {"keeper: other users", other_users},
            {0},
        });
}
