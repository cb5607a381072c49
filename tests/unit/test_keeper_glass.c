// Break-glass in the keeper: the quarters of an hour and their keys, who may, the ten minutes, what
// is remembered, and clocks that jump.
#include "keeper/glass.h"

#include "age/age.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "recorder/emergency.h"
#include "store/glass_now.h"
#include "test.h"

#include <fcntl.h>
#include <sodium.h>

#define MINUTE (60 * SCRIM_SECOND)
#define START_US (INT64_C(1764000000) * SCRIM_SECOND) // on a quarter of an hour
#define HEAD_BYTES 23                                 // of what a break hands out
#define KEY_BYTES 48

static struct {
    int64_t utc_us, mono_us;
} now;

static int64_t utc(void *context)
{
    (void)context;
    return now.utc_us;
}

static int64_t mono(void *context)
{
    (void)context;
    return now.mono_us;
}

static void pass(int64_t us)
{
    now.utc_us += us;
    now.mono_us += us;
}

struct scene {
    char dir[256];
    struct scrim_site site;
    struct scrim_glass *glass;
    uint8_t secret[32], recipient[32]; // of the operator's browser
    unsigned keys, states;             // how often the handler was called
    char state[8192];
};

static void on_keys(void *context)
{
    ((struct scene *)context)->keys++;
}

static void on_state(void *context, const char *json, size_t count)
{
    struct scene *s = context;
    s->states++;
    REQUIRE(count < sizeof s->state);
    memcpy(s->state, json, count);
    s->state[count] = '\0';
}

static void open_glass(struct scene *s)
{
    const struct scrim_glass_handler handler = {on_keys, on_state, s};
    struct scrim_error error = {0};
    if (scrim_glass_create(&s->site, &handler, &s->glass, &error) < 0)
        CHECK_TEXT(error.text, "");
    REQUIRE(s->glass);
    scrim_glass_tend(s->glass);
}

static void close_glass(struct scene *s)
{
    scrim_glass_destroy(s->glass);
    s->glass = NULL;
}

#define SITE "id: s\nname: S\nlisten: 127.0.0.1:1\ncameras: []\n"
#define GLASS "break_glass:\n  operators: [jana, ole]\n  reason_shown: for those in the water\n"

static void begin(struct scene *s, const char *yaml)
{
    static const struct scrim_clock clock = {utc, mono, NULL};
    char path[SCRIM_PATH_MAX];
    *s = (struct scene){0};
    now.utc_us = START_US;
    now.mono_us = 1000 * SCRIM_SECOND;
    scrim_clock_replace(&clock);
    test_make_dir(s->dir);
    snprintf(s->site.dir, sizeof s->site.dir, "%s", s->dir);
    REQUIRE(scrim_path_join(path, s->dir, "state/keeper") >= 0);
    REQUIRE(scrim_fs_make_dirs(path, 0700, NULL) >= 0);
    REQUIRE(scrim_site_parse("scrim.yaml", yaml, strlen(yaml), &s->site.config, NULL) >= 0);
    crypto_box_keypair(s->recipient, s->secret);
    open_glass(s);
}

static void end(struct scene *s)
{
    close_glass(s);
    scrim_site_config_free(s->site.config);
    scrim_clock_replace(NULL);
    test_remove_dir(s->dir);
}

static struct scrim_glass_answer ask(struct scene *s, enum scrim_glass_verb verb, const char *who,
                                     const char *text, uint64_t number)
{
    struct scrim_glass_ask question = {.number = 7, .verb = verb, .glass = number};
    struct scrim_glass_answer answer;
    snprintf(question.who, sizeof question.who, "%s", who);
    snprintf(question.text, sizeof question.text, "%s", text);
    memcpy(question.recipient, s->recipient, sizeof question.recipient);
    scrim_glass_ask(s->glass, &question, &answer);
    scrim_glass_tend(s->glass);
    CHECK_INT(answer.number, 7);
    return answer;
}

static struct scrim_glass_answer break_it(struct scene *s, const char *who)
{
    return ask(s, SCRIM_GLASS_BREAK, who, "a person in the water", 0);
}

// What the browser finds in the age file: magic, u32 count, then the keys. Returns the count.
static size_t decrypt(const struct scene *s, const struct scrim_glass_answer *answer,
                      uint8_t ret[SCRIM_GLASS_AGE_MAX])
{
    struct scrim_age_header header;
    uint8_t file_key[SCRIM_AGE_FILE_KEY], key[32];
    if (scrim_age_header_parse(answer->age, answer->age_len, &header, NULL) < 0)
        return 0;
    const int unwrapped = scrim_age_x25519_unwrap(&header.stanzas[0], s->secret, file_key);
    const uint8_t *nonce = answer->age + header.length;
    const size_t sealed = answer->age_len - header.length - SCRIM_AGE_NONCE;
    scrim_age_header_finish(&header);
    if (unwrapped < 0)
        return 0;
    scrim_age_payload_key(file_key, nonce, key);
    if (scrim_age_open_chunk(key, 0, true, nonce + SCRIM_AGE_NONCE, sealed, ret) < 0 ||
        memcmp(ret, "scrim-glass-keys/v1", 19) != 0)
        return 0;
    const size_t count = ret[22];
    CHECK_INT(sealed - SCRIM_AGE_TAG, HEAD_BYTES + count * KEY_BYTES);
    return count;
}

// Does any of them open what was sealed to that key?
static bool opens(const uint8_t *plain, size_t count, const uint8_t key[32])
{
    for (size_t i = 0; i < count; i++) {
        uint8_t public[32];
        crypto_scalarmult_base(public, plain + HEAD_BYTES + i * KEY_BYTES + 16);
        if (memcmp(public, key, 32) == 0)
            return true;
    }
    return false;
}

// ---- Keys.

static void a_key_for_each_quarter(void)
{
    struct scene s;
    struct scrim_glass_public keys[2], later[2];
    begin(&s, SITE GLASS);
    CHECK_INT(scrim_glass_public(s.glass, keys), 2);
    CHECK_INT(keys[0].start_us, START_US);
    CHECK_INT(keys[0].end_us, START_US + 15 * MINUTE);
    CHECK_INT(keys[0].good_us, 15 * MINUTE);
    CHECK_INT(keys[1].start_us, START_US + 15 * MINUTE);
    CHECK_INT(keys[1].good_us, 30 * MINUTE);
    CHECK(memcmp(keys[0].key, keys[1].key, 32) != 0);
    CHECK_INT(s.keys, 1); // the recorder is told

    pass(14 * MINUTE);
    scrim_glass_tend(s.glass);
    CHECK_INT(s.keys, 1);
    scrim_glass_public(s.glass, later);
    CHECK(memcmp(later[0].key, keys[0].key, 32) == 0); // the same, all the quarter long
    CHECK_INT(later[0].good_us, MINUTE);
    pass(MINUTE);
    scrim_glass_tend(s.glass);
    CHECK_INT(s.keys, 2);
    scrim_glass_public(s.glass, later);
    CHECK(memcmp(later[0].key, keys[1].key, 32) == 0);
    end(&s);
}

// `glass` for a break 5 minutes into each of the next quarters, who was given which of two keys.
static void destroyed_a_quarter_later(void)
{
    struct scrim_glass_keys *keys;
    struct scrim_glass_public first[2];
    struct scrim_buf secrets;
    struct scene s;
    begin(&s, SITE);
    REQUIRE(scrim_glass_keys_create(&keys, NULL) >= 0);
    scrim_buf_init(&secrets, 4096);
    scrim_glass_keys_public(keys, first);
    static const struct {
        int64_t after;
        unsigned count;
        bool opens;
    } steps[] = {{0, 1, true}, // the next one's is not given out before its time
                 {15 * MINUTE, 2, true},
                 {15 * MINUTE - SCRIM_SECOND, 2, true},
                 {SCRIM_SECOND, 1, false}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        pass(steps[i].after);
        scrim_buf_clear(&secrets);
        CHECK_INT(scrim_glass_keys_secrets(keys, &secrets), SCRIM_OK);
        CHECK_INT(secrets.data[22], steps[i].count);
        CHECK(opens(secrets.data, steps[i].count, first[0].key) == steps[i].opens);
    }
    // Asked to wipe on its own, too: tend says when.
    pass(0);
    CHECK(scrim_glass_keys_tend(keys) <= now.mono_us + 15 * MINUTE);
    scrim_buf_finish_wipe(&secrets);
    scrim_glass_keys_destroy(keys);
    end(&s);
}

static void a_clock_keeps_nothing_alive(void)
{
    struct scrim_glass_keys *keys;
    struct scrim_glass_public first[2], second[2];
    struct scrim_buf secrets;
    struct scene s;
    begin(&s, SITE);
    REQUIRE(scrim_glass_keys_create(&keys, NULL) >= 0);
    scrim_buf_init(&secrets, 4096);
    scrim_glass_keys_public(keys, first);

    // UTC stands still for 20 minutes: the quarter goes on, its key does not.
    now.mono_us += 20 * MINUTE;
    scrim_glass_keys_public(keys, second);
    CHECK_INT(second[0].start_us, START_US);
    CHECK(memcmp(first[0].key, second[0].key, 32) != 0);
    CHECK(second[0].good_us > 0);
    now.mono_us += 10 * MINUTE; // 30 minutes after it was made
    CHECK_INT(scrim_glass_keys_secrets(keys, &secrets), SCRIM_OK);
    CHECK(!opens(secrets.data, secrets.data[22], first[0].key));
    CHECK(opens(secrets.data, secrets.data[22], second[0].key));

    // UTC goes back by a day: keys of "tomorrow" die all the same.
    now.utc_us -= 24 * 60 * MINUTE;
    scrim_glass_keys_public(keys, first);
    CHECK_INT(first[0].start_us, START_US - 24 * 60 * MINUTE);
    now.mono_us += 60 * MINUTE;
    scrim_glass_keys_tend(keys);
    now.utc_us += 24 * 60 * MINUTE;
    scrim_buf_clear(&secrets);
    CHECK_INT(scrim_glass_keys_secrets(keys, &secrets), SCRIM_OK);
    CHECK_INT(secrets.data[22], 0);

    // UTC goes forward: destroyed at once.
    scrim_glass_keys_public(keys, first);
    now.utc_us += 60 * MINUTE;
    scrim_buf_clear(&secrets);
    CHECK_INT(scrim_glass_keys_secrets(keys, &secrets), SCRIM_OK);
    CHECK_INT(secrets.data[22], 0);

    // However often it jumps, there is a key.
    for (int i = 0; i < 100; i++) {
        now.utc_us -= 15 * MINUTE;
        scrim_glass_keys_public(keys, first);
        CHECK(first[0].good_us > 0);
    }
    scrim_buf_finish_wipe(&secrets);
    scrim_glass_keys_destroy(keys);
    end(&s);
}

static void what_the_recorder_has(void)
{
    struct scrim_emergency *emergency = scrim_emergency_create();
    struct scrim_glass_key key = {START_US, START_US + 15 * MINUTE, 15 * MINUTE, {1}};
    struct scene s;
    begin(&s, SITE);
    CHECK(!scrim_emergency_get(NULL, START_US)); // no break-glass
    CHECK(!scrim_emergency_get(emergency, START_US));
    scrim_emergency_put(emergency, &key);
    CHECK(scrim_emergency_get(emergency, START_US));
    CHECK(scrim_emergency_get(emergency, START_US + 15 * MINUTE - 1));
    CHECK(!scrim_emergency_get(emergency, START_US - 1)); // by the segment's start, not by now
    CHECK(!scrim_emergency_get(emergency, START_US + 15 * MINUTE));
    key = (struct scrim_glass_key){key.end_us, key.end_us + 15 * MINUTE, 30 * MINUTE, {2}};
    scrim_emergency_put(emergency, &key);
    CHECK_INT(scrim_emergency_get(emergency, START_US)[0], 1);
    CHECK_INT(scrim_emergency_get(emergency, key.start_us)[0], 2);
    now.mono_us += 15 * MINUTE; // its secret has less than a quarter of an hour left
    CHECK(!scrim_emergency_get(emergency, START_US));
    CHECK_INT(scrim_emergency_get(emergency, key.start_us)[0], 2);
    scrim_emergency_put(emergency, &key);
    CHECK_INT(scrim_emergency_turn(emergency), 0); // nothing that a segment has was replaced
    key.key[0] = 3;                                // renewed after a break
    scrim_emergency_put(emergency, &key);
    CHECK_INT(scrim_emergency_get(emergency, key.start_us)[0], 3);
    CHECK_INT(scrim_emergency_turn(emergency), 1);
    scrim_emergency_clear(emergency); // the keeper is gone
    CHECK(!scrim_emergency_get(emergency, key.start_us));
    CHECK_INT(scrim_emergency_turn(emergency), 1); // no better key is to be had
    key.key[0] = 4;
    scrim_emergency_put(emergency, &key); // the next keeper's
    CHECK_INT(scrim_emergency_turn(emergency), 2);
    CHECK_INT(scrim_emergency_turn(NULL), 0);
    scrim_emergency_destroy(emergency);
    end(&s);
}

// ---- Breaking it.

static void off_unless_switched_on(void)
{
    struct scene s;
    struct scrim_glass_public keys[2];
    begin(&s, SITE);
    CHECK_INT(scrim_glass_public(s.glass, keys), 0);
    CHECK_INT(break_it(&s, "jana").outcome, SCRIM_GLASS_OFF);
    CHECK(strstr(s.state, "\"on\":false") != NULL);
    end(&s);
}

static bool now_is(const struct scene *s, uint64_t number)
{
    struct scrim_glass_now found;
    struct scrim_error error;
    const int result = scrim_glass_now_read(s->dir, now.utc_us, &found, &error);
    return number ? result >= 0 && found.number == number : result == SCRIM_ENOENT;
}

static void ten_minutes_for_who_is_named(void)
{
    struct scene s;
    struct scrim_glass_public keys[2];
    uint8_t plain[SCRIM_GLASS_AGE_MAX];
    begin(&s, SITE GLASS);
    scrim_glass_public(s.glass, keys); // a recorder is there
    pass(12 * MINUTE);
    CHECK_INT(break_it(&s, "mallory").outcome, SCRIM_GLASS_NOT_NAMED);
    CHECK_INT(break_it(&s, "").outcome, SCRIM_GLASS_NOT_NAMED);
    CHECK_INT(ask(&s, SCRIM_GLASS_BREAK, "jana", " \n", 0).outcome, SCRIM_GLASS_WRONG);
    CHECK(now_is(&s, 0));

    struct scrim_glass_answer answer = break_it(&s, "jana");
    CHECK_INT(answer.outcome, SCRIM_GLASS_DONE);
    CHECK_INT(answer.glass, 1);
    CHECK_INT(answer.until_us, now.utc_us + 10 * MINUTE);
    CHECK_INT(answer.keys_until_us, START_US + 15 * MINUTE);
    CHECK(now_is(&s, 1));
    CHECK(strstr(s.state, "\"who\":\"jana\"") != NULL);
    scrim_glass_public(s.glass, keys);
    const size_t count = decrypt(&s, &answer, plain);
    CHECK(opens(plain, count, keys[0].key));
    CHECK(!opens(plain, count, keys[1].key)); // its time has not come
    CHECK_INT(break_it(&s, "ole").outcome, SCRIM_GLASS_UNDER_WAY);

    pass(3 * MINUTE); // the next quarter
    CHECK_INT(ask(&s, SCRIM_GLASS_KEYS, "ole", "", 1).outcome, SCRIM_GLASS_NOT_NAMED);
    CHECK_INT(ask(&s, SCRIM_GLASS_KEYS, "jana", "", 2).outcome, SCRIM_GLASS_OVER);
    answer = ask(&s, SCRIM_GLASS_KEYS, "jana", "", 1);
    CHECK_INT(answer.outcome, SCRIM_GLASS_DONE);
    CHECK(opens(plain, decrypt(&s, &answer, plain), keys[1].key));

    pass(7 * MINUTE - 1);
    CHECK_INT(ask(&s, SCRIM_GLASS_KEYS, "jana", "", 1).outcome, SCRIM_GLASS_DONE);
    pass(1);
    CHECK_INT(ask(&s, SCRIM_GLASS_KEYS, "jana", "", 1).outcome, SCRIM_GLASS_OVER);
    CHECK(now_is(&s, 0));
    // What was handed out opens nothing that is recorded from here on.
    struct scrim_glass_public fresh[2];
    scrim_glass_public(s.glass, fresh);
    CHECK_INT(fresh[0].start_us, keys[1].start_us);
    CHECK(memcmp(fresh[0].key, keys[1].key, 32) != 0);
    end(&s);
}

static void a_clock_ends_it_and_prolongs_nothing(void)
{
    struct scene s;
    begin(&s, SITE GLASS);
    CHECK_INT(break_it(&s, "jana").outcome, SCRIM_GLASS_DONE);
    now.utc_us += 5 * MINUTE;
    now.mono_us += 10 * MINUTE; // UTC was held back
    CHECK_INT(ask(&s, SCRIM_GLASS_KEYS, "jana", "", 1).outcome, SCRIM_GLASS_OVER);
    CHECK(now_is(&s, 0));

    now.utc_us -= 60 * MINUTE; // and goes back behind the beginning
    CHECK_INT(break_it(&s, "jana").outcome, SCRIM_GLASS_TOO_SOON);
    now.mono_us += 5 * MINUTE;
    CHECK_INT(break_it(&s, "jana").outcome, SCRIM_GLASS_DONE); // a quarter later, it counts no more
    now.utc_us -= MINUTE;
    CHECK_INT(ask(&s, SCRIM_GLASS_KEYS, "jana", "", 2).outcome, SCRIM_GLASS_OVER);
    end(&s);
}

static void ended_before_its_time(void)
{
    struct scene s;
    begin(&s, SITE GLASS);
    CHECK_INT(break_it(&s, "jana").outcome, SCRIM_GLASS_DONE);
    CHECK_INT(ask(&s, SCRIM_GLASS_END, "kim", "", 2).outcome, SCRIM_GLASS_OVER);
    CHECK_INT(ask(&s, SCRIM_GLASS_END, "kim", "", 1).outcome, SCRIM_GLASS_DONE);
    CHECK(now_is(&s, 0));
    CHECK_INT(ask(&s, SCRIM_GLASS_KEYS, "jana", "", 1).outcome, SCRIM_GLASS_OVER);
    CHECK(strstr(s.state, "\"active\":null") != NULL);
    CHECK(strstr(s.state, "\"due\":[{\"number\":1") != NULL);
    end(&s);
}

// ---- Reviews.

static void a_review_by_somebody_else(void)
{
    struct scene s;
    begin(&s, SITE GLASS);
    CHECK_INT(break_it(&s, "jana").outcome, SCRIM_GLASS_DONE);
    CHECK_INT(ask(&s, SCRIM_GLASS_SEEN, "kim", "", 1).outcome, SCRIM_GLASS_DONE);
    CHECK_INT(ask(&s, SCRIM_GLASS_SEEN, "kim", "", 1).outcome, SCRIM_GLASS_DONE);
    CHECK(strstr(s.state, "\"seen\":[\"kim\"]") != NULL);
    CHECK_INT(ask(&s, SCRIM_GLASS_REVIEW, "kim", "it was right", 1).outcome,
              SCRIM_GLASS_NONE); // not over yet
    pass(10 * MINUTE);
    CHECK_INT(ask(&s, SCRIM_GLASS_REVIEW, "jana", "it was right", 1).outcome, SCRIM_GLASS_OWN);
    CHECK_INT(ask(&s, SCRIM_GLASS_REVIEW, "kim", "", 1).outcome, SCRIM_GLASS_WRONG);
    CHECK_INT(ask(&s, SCRIM_GLASS_REVIEW, "kim", "it was right", 1).outcome, SCRIM_GLASS_DONE);
    CHECK(strstr(s.state, "\"due\":[]") != NULL);
    CHECK_INT(ask(&s, SCRIM_GLASS_REVIEW, "kim", "again", 1).outcome, SCRIM_GLASS_NONE);
    end(&s);
}

static void not_too_often_and_not_unreviewed(void)
{
    struct scene s;
    begin(&s, SITE GLASS);
    CHECK_INT(break_it(&s, "jana").outcome, SCRIM_GLASS_DONE);
    pass(15 * MINUTE - 1);
    CHECK_INT(break_it(&s, "ole").outcome, SCRIM_GLASS_TOO_SOON);
    pass(1);
    CHECK_INT(break_it(&s, "ole").outcome, SCRIM_GLASS_DONE);
    pass(15 * MINUTE);
    CHECK_INT(break_it(&s, "ole").outcome, SCRIM_GLASS_DONE);
    pass(15 * MINUTE);
    CHECK_INT(break_it(&s, "ole").outcome, SCRIM_GLASS_REVIEW_DUE); // three wait
    CHECK_INT(ask(&s, SCRIM_GLASS_REVIEW, "kim", "yes", 2).outcome, SCRIM_GLASS_DONE);
    CHECK_INT(break_it(&s, "jana").outcome, SCRIM_GLASS_DONE);
    pass(15 * MINUTE);
    for (uint64_t i = 1; i <= 3; i += 2)
        CHECK_INT(ask(&s, SCRIM_GLASS_REVIEW, "kim", "yes", i).outcome, SCRIM_GLASS_DONE);
    pass(7 * 24 * 60 * MINUTE);
    CHECK_INT(break_it(&s, "ole").outcome, SCRIM_GLASS_REVIEW_DUE); // one waits for a week
    CHECK_INT(ask(&s, SCRIM_GLASS_REVIEW, "kim", "yes", 4).outcome, SCRIM_GLASS_DONE);
    CHECK_INT(break_it(&s, "ole").outcome, SCRIM_GLASS_DONE);
    end(&s);
}

// ---- What is remembered.

static void a_restart_ends_it_and_forgets_nothing(void)
{
    struct scene s;
    uint8_t plain[SCRIM_GLASS_AGE_MAX];
    struct scrim_glass_public keys[2];
    char path[SCRIM_PATH_MAX];
    begin(&s, SITE GLASS);
    scrim_glass_public(s.glass, keys);
    CHECK_INT(break_it(&s, "jana").outcome, SCRIM_GLASS_DONE);
    CHECK_INT(ask(&s, SCRIM_GLASS_SEEN, "kim", "", 1).outcome, SCRIM_GLASS_DONE);
    REQUIRE(scrim_path_join(path, s.dir, SCRIM_GLASS_LOG_FILE) >= 0);

    // Killed while a line was on its way.
    close_glass(&s);
    const int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    CHECK(fd >= 0 && write(fd, "{\"v\":1,\"rev", 10) == 10);
    close(fd);
    pass(MINUTE);
    open_glass(&s);
    CHECK(now_is(&s, 0));
    CHECK_INT(ask(&s, SCRIM_GLASS_KEYS, "jana", "", 1).outcome, SCRIM_GLASS_OVER);
    CHECK(strstr(s.state, "\"due\":[{\"number\":1,\"who\":\"jana\"") != NULL);
    CHECK(strstr(s.state, "\"seen\":[\"kim\"]") != NULL);
    CHECK_INT(break_it(&s, "jana").outcome, SCRIM_GLASS_TOO_SOON);
    pass(14 * MINUTE - SCRIM_SECOND - 1);
    CHECK_INT(break_it(&s, "jana").outcome, SCRIM_GLASS_TOO_SOON);
    pass(SCRIM_SECOND + 1);
    const struct scrim_glass_answer answer = break_it(&s, "jana");
    CHECK_INT(answer.glass, 2);
    CHECK(!opens(plain, decrypt(&s, &answer, plain), keys[0].key)); // it went with the process
    end(&s);
}

static void a_log_that_is_not_ours_is_refused(void)
{
    static const struct {
        const char *text;
        int result;
    } cases[] = {
        {"", SCRIM_OK},
        {"{\"v\":1,\"break\":1,\"at_us\":5,\"until_us\":6,\"who\":\"a\",\"text\":\"r\"}\n",
         SCRIM_OK},
        {"{\"v\":1,\"break\":2,\"at_us\":5,\"until_us\":6,\"who\":\"a\",\"text\":\"r\"}\n",
         SCRIM_EFORMAT},
        {"{\"v\":1,\"break\":1,\"at_us\":5,\"until_us\":5,\"who\":\"a\",\"text\":\"r\"}\n",
         SCRIM_EFORMAT},
        {"{\"v\":1,\"break\":1,\"at_us\":5,\"until_us\":6,\"who\":\"a\"}\n", SCRIM_EFORMAT},
        {"{\"v\":1,\"end\":1,\"at_us\":5,\"who\":\"\"}\n", SCRIM_EFORMAT},
        {"{\"v\":1,\"seen\":1,\"at_us\":5,\"who\":\"\"}\n", SCRIM_EFORMAT},
        {"{\"v\":2,\"break\":1}\n", SCRIM_EFORMAT},
        {"\n", SCRIM_EFORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_glass_log log = {.fd = -1};
        size_t whole;
        CHECK_INT(scrim_glass_log_parse(cases[i].text, strlen(cases[i].text), &log, &whole),
                  cases[i].result);
        if (cases[i].result >= 0)
            scrim_glass_log_finish(&log);
    }
}

static void a_log_that_cannot_be_written(void)
{
    struct scene s;
    char path[SCRIM_PATH_MAX];
    begin(&s, SITE GLASS);
    REQUIRE(scrim_path_join(path, s.dir, "state/keeper") >= 0);
    test_remove_dir(path); // glass-now can be made no more
    const struct scrim_glass_answer answer = break_it(&s, "jana");
    CHECK_INT(answer.outcome, SCRIM_GLASS_FAILED);
    CHECK_INT(answer.age_len, 0); // no keys
    CHECK_INT(ask(&s, SCRIM_GLASS_KEYS, "jana", "", 1).outcome, SCRIM_GLASS_OVER);
    REQUIRE(scrim_fs_make_dirs(path, 0700, NULL) >= 0);
    end(&s);
}

static void messages(void)
{
    struct scrim_glass_ask question = {.number = 3, .verb = SCRIM_GLASS_REVIEW, .glass = 9}, heard;
    struct scrim_glass_answer answer = {.number = 3, .outcome = SCRIM_GLASS_OWN, .age_len = 4},
                              told;
    struct scrim_buf body;
    snprintf(question.who, sizeof question.who, "jana");
    snprintf(question.text, sizeof question.text, "words");
    snprintf(answer.text, sizeof answer.text, "no");
    scrim_buf_init(&body, 1U << 16);
    CHECK_INT(scrim_glass_ask_format(&question, &body), SCRIM_OK);
    REQUIRE(scrim_glass_ask_parse(body.data, body.len, &heard));
    CHECK_TEXT(heard.who, "jana");
    CHECK_TEXT(heard.text, "words");
    CHECK_INT(heard.glass, 9);
    for (size_t i = 0; i < body.len; i++)
        CHECK(!scrim_glass_ask_parse(body.data, i, &heard));
    body.data[4] = SCRIM_GLASS_VERBS;
    CHECK(!scrim_glass_ask_parse(body.data, body.len, &heard));
    scrim_buf_clear(&body);
    CHECK_INT(scrim_glass_answer_format(&answer, &body), SCRIM_OK);
    REQUIRE(scrim_glass_answer_parse(body.data, body.len, &told));
    CHECK_TEXT(told.text, "no");
    CHECK_INT(told.age_len, 4);
    for (size_t i = 0; i < body.len; i++)
        CHECK(!scrim_glass_answer_parse(body.data, i, &told));
    scrim_buf_finish(&body);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(
        argc, argv,
        (struct test[]){
            {"a key for each quarter of an hour", a_key_for_each_quarter},
            {"a secret is destroyed a quarter later", destroyed_a_quarter_later},
            {"a clock that jumps keeps no key alive", a_clock_keeps_nothing_alive},
            {"the recorder's keys are those of the segment's start", what_the_recorder_has},
            {"off unless scrim.yaml says so", off_unless_switched_on},
            {"ten minutes for who is named", ten_minutes_for_who_is_named},
            {"a clock that is set prolongs nothing", a_clock_ends_it_and_prolongs_nothing},
            {"ended before its time", ended_before_its_time},
            {"a review by somebody else", a_review_by_somebody_else},
            {"not too often, and not without reviews", not_too_often_and_not_unreviewed},
            {"a restart ends it and forgets nothing", a_restart_ends_it_and_forgets_nothing},
            {"a log that the keeper did not write", a_log_that_is_not_ours_is_refused},
            {"what cannot be written is not done", a_log_that_cannot_be_written},
            {"messages", messages},
            {0}});
}
