// The parts of scrimd that need neither a network nor a disk.
#include "desk/camera_state.h"
#include "desk/fmp4.h"
#include "desk/peer_message.h"
#include "people/credentials.h"
#include "people/sessions.h"
#include "people/throttle.h"

#include "test.h"

#include <sodium.h>

#define S SCRIM_SECOND

// Fails until a wait is asked for; returns how many tries that took, and the wait.
static unsigned tries_until_wait(struct scrim_throttle *throttle, const char *user,
                                 const char *address, int64_t now_us, int64_t *ret_wait_us)
{
    for (unsigned tries = 0; tries < 100; tries++)
        if ((*ret_wait_us = scrim_throttle_try(throttle, user, address, now_us)) > 0)
            return tries;
    return 100;
}

static void throttle_user(void)
{
    struct scrim_throttle *throttle = scrim_throttle_create();
    int64_t now_us = 1000 * S, wait_us;
    CHECK_INT(tries_until_wait(throttle, "olga", "a", now_us, &wait_us), 5);
    CHECK_INT(wait_us, S);
    CHECK_INT(scrim_throttle_try(throttle, "otto", "b", now_us), 0);
    static const int64_t waits[] = {2 * S, 4 * S, 8 * S, 16 * S, 30 * S, 30 * S};
    char address[16];
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) { // each from another address
        now_us += wait_us;
        snprintf(address, sizeof address, "c%zu", i);
        CHECK_INT(scrim_throttle_try(throttle, "olga", address, now_us), 0);
        wait_us = scrim_throttle_try(throttle, "olga", address, now_us);
        CHECK_INT(wait_us, waits[i]);
    }
    now_us += wait_us;
    CHECK_INT(scrim_throttle_try(throttle, "olga", "d", now_us), 0);
    scrim_throttle_succeed(throttle, "olga", "d");
    CHECK_INT(tries_until_wait(throttle, "olga", "e", now_us, &wait_us), 5);
    now_us += 3601 * S; // forgotten
    CHECK_INT(tries_until_wait(throttle, "olga", "f", now_us, &wait_us), 5);
    scrim_throttle_destroy(throttle);
}

static void throttle_address(void)
{
    struct scrim_throttle *throttle = scrim_throttle_create();
    char user[16];
    int64_t wait_us = 0;
    unsigned tries = 0;
    for (; wait_us == 0 && tries < 100; tries++) {
        snprintf(user, sizeof user, "guess%u", tries);
        wait_us = scrim_throttle_try(throttle, user, "a", 1000 * S);
    }
    CHECK_INT(tries - 1, 13);
    CHECK_INT(scrim_throttle_try(throttle, "olga", "b", 1000 * S), 0);
    for (unsigned i = 0; i < 20000; i++) { // strangers push out the oldest, not the busy one
        char address[16];
        snprintf(address, sizeof address, "s%u", i);
        CHECK_INT(scrim_throttle_try(throttle, "", address, 1001 * S) >= 0, 1);
    }
    scrim_throttle_destroy(throttle);
}

static struct scrim_session session_of(int64_t user, int64_t seen_us, char *ret_token)
{
    struct scrim_session session = {
        .user_id = user, .role = SCRIM_ROLE_OPERATOR, .created_us = seen_us, .seen_us = seen_us};
    scrim_secret_make(ret_token, session.hash);
    return session;
}

static unsigned ended;

static void on_end(void *context, const struct scrim_session *session)
{
    (void)context;
    (void)session;
    ended++;
}

static void sessions(void)
{
    struct scrim_sessions *list = scrim_sessions_create();
    char token[SCRIM_SESSION_TOKEN_TEXT], other[SCRIM_SESSION_TOKEN_TEXT];
    ended = 0;
    scrim_sessions_on_end(list, on_end, NULL);
    const struct scrim_session session = session_of(1, 1000 * S, token);
    scrim_sessions_add(list, &session);
    REQUIRE(scrim_sessions_use(list, token, 1001 * S) != NULL);
    session_of(1, 0, other);
    CHECK(!scrim_sessions_use(list, other, 1001 * S));
    CHECK(!scrim_sessions_use(list, "", 1001 * S));
    // Used each hour it lives a week, and no longer.
    int64_t now_us = 1000 * S;
    while (scrim_sessions_use(list, token, now_us))
        now_us += 3600 * S;
    CHECK_INT((now_us - 1000 * S) / (3600 * S), 7 * 24 + 1);
    scrim_sessions_expire(list, now_us);
    CHECK_INT(ended, 1);
    // Unused it ends after half a day.
    scrim_sessions_add(list, &session);
    CHECK(scrim_sessions_use(list, token, 1000 * S + 12 * 3600 * S));
    CHECK(!scrim_sessions_use(list, token, 1000 * S + 24 * 3600 * S + 1));
    scrim_sessions_destroy(list);
}

static void session_limits(void)
{
    struct scrim_sessions *list = scrim_sessions_create();
    char first[SCRIM_SESSION_TOKEN_TEXT], token[SCRIM_SESSION_TOKEN_TEXT];
    for (int i = 0; i < 40; i++) {
        const struct scrim_session session = session_of(1, (1000 + i) * S, i ? token : first);
        scrim_sessions_add(list, &session);
    }
    CHECK_INT(scrim_sessions_count(list), 32);
    CHECK(!scrim_sessions_use(list, first, 1100 * S)); // the one unused for longest made room
    CHECK(scrim_sessions_use(list, token, 1100 * S));
    for (int i = 0; i < 2000; i++) {
        const struct scrim_session session = session_of(2 + i, 2000 * S, token);
        scrim_sessions_add(list, &session);
    }
    CHECK_INT(scrim_sessions_count(list), 1024);
    struct scrim_user users[] = {{.id = 2000, .role = SCRIM_ROLE_VIEWER},
                                 {.id = 2001, .role = SCRIM_ROLE_OPERATOR}};
    const struct scrim_roster roster = {.users = users, .users_count = 2};
    scrim_sessions_follow(list, &roster); // all others are removed, one has another role
    CHECK_INT(scrim_sessions_count(list), 1);
    const struct scrim_session *left = scrim_sessions_use(list, token, 2001 * S);
    CHECK(left && left->role == SCRIM_ROLE_OPERATOR && left->cameras.all);
    scrim_sessions_destroy(list);
}

static void csrf(void)
{
    char token[SCRIM_SESSION_TOKEN_TEXT], other[SCRIM_SESSION_TOKEN_TEXT];
    char derived[SCRIM_SESSION_TOKEN_TEXT];
    uint8_t hash[SCRIM_SESSION_HASH];
    scrim_secret_make(token, hash);
    scrim_secret_make(other, hash);
    scrim_session_csrf(token, derived);
    CHECK(strcmp(token, derived) != 0);
    CHECK(scrim_session_csrf_check(token, derived));
    CHECK(!scrim_session_csrf_check(other, derived));
    CHECK(!scrim_session_csrf_check(token, token));
    CHECK(!scrim_session_csrf_check(token, ""));
    CHECK(!scrim_session_csrf_check(token, NULL));
    CHECK(!scrim_secret_hash("AAAA", hash));
    token[10] = '!';
    CHECK(!scrim_secret_hash(token, hash));
}

static void credentials(void)
{
    static const struct {
        const char *body, *name; // NULL: refused
    } cases[] = {
        {"{\"user\":\"olga\",\"password\":\"pw\"}", "olga"},
        {"{\"password\":\"pw\", \"user\":\"olga\"}", "olga"},
        {"{\"user\":\"No Such Name\",\"password\":\"pw\"}", ""},
        {"{\"user\":\"olga\",\"password\":\"pw\",\"more\":1}", NULL},
        {"{\"user\":\"olga\",\"password\":\"pw\",\"password\":\"pw\"}", NULL},
        {"{\"user\":\"olga\"}", NULL},
        {"{\"user\":\"olga\",\"password\":1}", NULL},
        {"{\"user\":\"olga\",\"password\":\"p\\u0000w\"}", NULL},
        {"{\"user\":\"olga\",\"password\":\"pw\"} x", NULL},
        {"[\"olga\",\"pw\"]", NULL},
        {"", NULL},
    };
    struct scrim_credentials given;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bool taken = scrim_credentials_parse(cases[i].body, strlen(cases[i].body), &given);
        CHECK_INT(taken, cases[i].name != NULL);
        CHECK_TEXT(given.name, cases[i].name ? cases[i].name : "");
        CHECK_INT(given.password_length, cases[i].name ? 2 : 0);
    }
    CHECK(!scrim_credentials_parse(NULL, 0, &given));
}

static void camera_state(void)
{
    static const char good[] =
        "{\"state\":\"waiting\",\"cause\":\"network\",\"detail\":\"no answer\",\"since_us\":5,"
        "\"codec\":\"h265\",\"width\":1920,\"height\":1080,\"bitrate\":4000000,\"fps\":12.5,"
        "\"frames\":1,\"lost\":2,\"reconnects\":3,\"gaps\":4,\"veil_drops\":5,"
        "\"gaps_by\":{\"camera\":1,\"network\":2,\"disk\":0,\"overload\":0,\"operator\":0,"
        "\"clock\":0,\"crash\":1},\"transport\":\"udp\",\"packets\":6,\"lost_packets\":7,"
        "\"dropped\":8,\"jitter_us\":9,\"clock_offset_us\":-10,\"more\":[1]}";
    struct scrim_camera_status status;
    REQUIRE(scrim_camera_status_parse(good, sizeof good - 1, &status) == SCRIM_OK);
    CHECK_TEXT(status.cause, "network");
    CHECK_INT(status.height, 1080);
    CHECK(status.fps > 12.4 && status.fps < 12.6);
    CHECK_INT(status.lost, 2);
    CHECK_INT(status.gaps_by[SCRIM_GAP_NETWORK], 2);
    CHECK_INT(status.gaps_by[SCRIM_GAP_CRASH], 1);
    CHECK_TEXT(status.feed.transport, "udp");
    CHECK_INT(status.feed.jitter_us, 9);
    CHECK(status.feed.has_clock_offset && status.feed.clock_offset_us == -10);
    for (size_t cut = 0; cut < sizeof good - 1; cut++) { // a refusal leaves what was there
        CHECK_INT(scrim_camera_status_parse(good, cut, &status), SCRIM_EFORMAT);
        CHECK_INT(status.since_us, 5);
    }
}

static void hello(void)
{
    static const struct {
        uint16_t version, worker, workers;
        bool good;
    } cases[] = {{1, 0, 0, true},  {1, 0, 1, true},  {1, 3, 4, true},
                 {2, 0, 1, false}, {1, 4, 4, false}, {1, 1, 0, true},
                 {1, 2, 0, true},  {1, 3, 0, false}, {1, 0, 65535, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_peer_hello parsed;
        struct scrim_buf body;
        scrim_buf_init(&body, 8);
        CHECK_INT(scrim_buf_append_u16(&body, cases[i].version), SCRIM_OK);
        CHECK_INT(scrim_buf_append_u16(&body, cases[i].worker), SCRIM_OK);
        CHECK_INT(scrim_buf_append_u16(&body, cases[i].workers), SCRIM_OK);
        struct scrim_link_message message = {
            .kind = SCRIM_LINK_HELLO, .body = body.data, .body_len = body.len};
        CHECK_INT(scrim_peer_hello_parse(&message, &parsed), cases[i].good);
        message.body_len--;
        CHECK(!scrim_peer_hello_parse(&message, &parsed));
        scrim_buf_finish(&body);
    }
}

static void producer_time(void)
{
    uint8_t box[SCRIM_PRFT_BYTES];
    scrim_fmp4_prft(INT64_C(1700000000500000), 0x123456789a, box);
    static const uint8_t expected[SCRIM_PRFT_BYTES] = {
        0,    0,    0,    32,   'p',  'r', 'f', 't', 1, 0, 0, 0,    0,    0,    0,    1,
        0xe8, 0xfe, 0x6f, 0x80, 0x80, 0,   0,   0,   0, 0, 0, 0x12, 0x34, 0x56, 0x78, 0x9a};
    CHECK(memcmp(box, expected, sizeof box) == 0);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(argc, argv,
                    (struct test[]){{"guessing one name", throttle_user},
                                    {"guessing from one address", throttle_address},
                                    {"sessions run out", sessions},
                                    {"too many sessions, users that go", session_limits},
                                    {"CSRF tokens", csrf},
                                    {"sign-in bodies", credentials},
                                    {"camera states", camera_state},
                                    {"hello", hello},
                                    {"producer reference time", producer_time},
                                    {0}});
}
