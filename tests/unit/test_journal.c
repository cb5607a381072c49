// The journal's lines: one way to write each, only that way is read; the chain; its head on disk.
#include "test.h"

#include "put_record.h"

#include "store/journal_impl.h"

#include <sodium.h>

static struct scrim_record segment_record(void)
{
    struct scrim_record record = {.type = SCRIM_RECORD_SEGMENT,
                                  .camera = "quay",
                                  .start_us = FIXTURE_START_US,
                                  .end_us = FIXTURE_START_US + 60 * SCRIM_SECOND,
                                  .mono_start_us = 5,
                                  .mono_end_us = 60000005,
                                  .boot = 3,
                                  .ntp_synchronised = true,
                                  .ntp_error_us = 16000,
                                  .file = "2026-11-23/100000.mp4.age",
                                  .disk = "west",
                                  .frames = 1498,
                                  .keyframes = 30,
                                  .lost_units = 2,
                                  .lost_packets = 5,
                                  .bytes = 30000000,
                                  .rtp_first = -90,
                                  .rtp_last = 5400000,
                                  .rtcp_ntp_us = FIXTURE_START_US - 7,
                                  .rtcp_last_us = FIXTURE_START_US + 59960000,
                                  .codec = "h264",
                                  .width = 1920,
                                  .height = 1080,
                                  .declared_mfps = 25000,
                                  .delivered_mfps = 24967};
    memset(record.sha256, 0xab, sizeof record.sha256);
    return record;
}

static struct scrim_device_key *fixed_key(void)
{
    static const uint8_t seed[32] = {1, 2, 3};
    struct scrim_device_key *key = sodium_malloc(sizeof *key);
    crypto_sign_seed_keypair(key->public, key->secret, seed);
    return key;
}

static struct scrim_journal_head genesis_head(void)
{
    struct scrim_journal_head head = {0};
    scrim_journal_genesis("port", "quay", head.prev);
    return head;
}

// The bytes of a line are a format: docs/ref/formats/journal.md shows this one.
static void golden_line(void)
{
    static const char expected[] =
        "{\"v\":1,\"seq\":0,\"camera\":\"quay\",\"type\":\"segment\",\"start_us\":1795428000000000,"
        "\"end_us\":1795428060000000,\"mono_start_us\":5,\"mono_end_us\":60000005,\"boot\":3,"
        "\"ntp\":true,\"ntp_error_us\":16000,"
        "\"file\":\"2026-11-23/"
        "100000.mp4.age\",\"disk\":\"west\",\"frames\":1498,\"keyframes\":30,\"lost\":2,"
        "\"lost_packets\":5,\"bytes\":30000000,"
        "\"sha256\":\"abababababababababababababababababababababababababababababababab\",\"torn\":"
        "false,"
        "\"rtp_first\":-90,\"rtp_last\":5400000,\"rtcp_ntp_us\":1795427999999993,"
        "\"rtcp_last_us\":1795428059960000,\"codec\":\"h264\","
        "\"width\":1920,\"height\":1080,\"declared_mfps\":25000,\"delivered_mfps\":24967,"
        "\"prev\":\"cf1e61e2ed52bec65256415c2b8b6d3d5d2204911b647d354f8440726c44150b\"} ";
    struct scrim_device_key *key = fixed_key();
    struct scrim_journal_head head = genesis_head();
    const struct scrim_record record = segment_record();
    struct scrim_buf line;
    scrim_buf_init(&line, SCRIM_JOURNAL_LINE_MAX);
    CHECK_INT(scrim_journal_format(key, &head, &record, &line), SCRIM_OK);
    REQUIRE(line.len == sizeof expected - 1 + 88 + 1);
    line.data[sizeof expected - 1] = '\0';
    CHECK_TEXT((const char *)line.data, expected);
    scrim_buf_finish(&line);
    sodium_free(key);
}

static int parse(const struct scrim_device_key *key, const struct scrim_buf *line,
                 struct scrim_record *ret, uint8_t prev[32])
{
    struct scrim_error error;
    return scrim_journal_parse((const char *)line->data, line->len - 1, key->public, ret, prev,
                               &error);
}

static void check_same(const struct scrim_record *a, const struct scrim_record *b)
{
    CHECK_INT(a->type, b->type);
    CHECK_TEXT(a->camera, b->camera);
    CHECK(a->start_us == b->start_us && a->end_us == b->end_us);
    CHECK(a->mono_start_us == b->mono_start_us && a->mono_end_us == b->mono_end_us);
    CHECK(a->boot == b->boot && a->ntp_synchronised == b->ntp_synchronised);
    CHECK_INT(a->ntp_error_us, b->ntp_error_us);
    CHECK_TEXT(a->file, b->file);
    CHECK_TEXT(a->disk, b->disk);
    CHECK(a->lost_units == b->lost_units && a->lost_packets == b->lost_packets);
    CHECK(a->frames == b->frames && a->keyframes == b->keyframes && a->bytes == b->bytes);
    CHECK(memcmp(a->sha256, b->sha256, 32) == 0 && memcmp(a->tail_sha256, b->tail_sha256, 32) == 0);
    CHECK_INT(a->torn, b->torn);
    CHECK(a->rtp_first == b->rtp_first && a->rtp_last == b->rtp_last);
    CHECK(a->rtcp_ntp_us == b->rtcp_ntp_us && a->rtcp_last_us == b->rtcp_last_us);
    CHECK_TEXT(a->codec, b->codec);
    CHECK(a->width == b->width && a->height == b->height);
    CHECK(a->declared_mfps == b->declared_mfps && a->delivered_mfps == b->delivered_mfps);
    CHECK_INT(a->cause, b->cause);
    CHECK_INT(a->kept, b->kept);
    CHECK_TEXT(a->detail, b->detail);
    CHECK(a->step_us == b->step_us && a->of_camera == b->of_camera);
    CHECK_INT(a->segments, b->segments);
    CHECK_TEXT(a->json, b->json);
}

static void every_type(void)
{
    struct scrim_record records[12];
    struct scrim_device_key *key = fixed_key();
    struct scrim_journal_head head = genesis_head();
    uint8_t expected_prev[32];
    for (int i = 0; i < 12; i++)
        records[i] = (struct scrim_record){.camera = "quay",
                                           .start_us = 10,
                                           .end_us = 20,
                                           .mono_start_us = -4,
                                           .boot = UINT64_MAX,
                                           .ntp_error_us = -1};
    records[0] = segment_record();
    records[1] = segment_record();
    records[1].torn = true;
    memset(records[1].tail_sha256, 7, 32);
    snprintf(records[1].detail, sizeof records[1].detail, "torn \"here\" \\ \x01\x7f \xc3\xa4");
    records[2] = segment_record();
    records[2].torn = true; // without a tail
    records[3].type = SCRIM_RECORD_GAP;
    records[3].cause = SCRIM_GAP_CRASH;
    records[3].lost_units = UINT64_MAX;
    records[4].type = SCRIM_RECORD_CLOCK;
    records[4].step_us = INT64_MIN + 1;
    records[5].type = SCRIM_RECORD_OPENING;
    snprintf(records[5].json, sizeof records[5].json,
             "{\"reason\":\"a \\\"b\\\" ,\\\"prev\\\":\"}");
    records[6].type = SCRIM_RECORD_STOP;
    records[6].cause = SCRIM_GAP_OPERATOR;
    records[7].type = SCRIM_RECORD_BOOT;
    records[8].type = SCRIM_RECORD_CLOCK;
    records[8].of_camera = true;
    records[8].step_us = 1;
    records[9].type = SCRIM_RECORD_PURGE;
    records[9].cause = SCRIM_GAP_DISK;
    records[9].segments = 1440;
    for (int i = 10; i < 12; i++) {
        records[i].type = SCRIM_RECORD_UNSEALED;
        records[i].kept = i == 10 ? SCRIM_KEEP_REDACTED : SCRIM_KEEP_NOTHING;
        records[i].frames = 600;
        records[i].lost_units = 3;
        snprintf(records[i].detail, sizeof records[i].detail, "as scrim.yaml says");
    }
    for (int i = 0; i < 12; i++) {
        struct scrim_record back;
        struct scrim_buf line;
        uint8_t prev[32];
        memcpy(expected_prev, head.prev, 32);
        scrim_buf_init(&line, SCRIM_JOURNAL_LINE_MAX);
        CHECK_INT(scrim_journal_format(key, &head, &records[i], &line), SCRIM_OK);
        CHECK_INT(parse(key, &line, &back, prev), SCRIM_OK);
        CHECK_INT(back.seq, i);
        CHECK(memcmp(prev, expected_prev, 32) == 0);
        check_same(&records[i], &back);
        scrim_buf_finish(&line);
    }
    CHECK_INT(head.next_seq, 12);
    CHECK_INT(head.last_end_us, 20);
    struct scrim_buf line;
    scrim_buf_init(&line, SCRIM_JOURNAL_LINE_MAX);
    records[10].kept = SCRIM_KEEP_ORIGINAL; // that is no record of its own
    CHECK_INT(scrim_journal_format(key, &head, &records[10], &line), SCRIM_EINVAL);
    scrim_buf_finish(&line);
    sodium_free(key);
}

static void hostile_text(void)
{
    struct scrim_device_key *key = fixed_key();
    struct scrim_journal_head head = genesis_head();
    struct scrim_record record = {.type = SCRIM_RECORD_GAP, .camera = "quay"}, back;
    struct scrim_buf line;
    uint8_t prev[32];
    // Overlong, surrogate, lone continuation, cut sequence: none is UTF-8.
    snprintf(record.detail, sizeof record.detail, "\xc0\xaf \xed\xa0\x80 \x80 \xf5 end\xe2\x82");
    scrim_buf_init(&line, SCRIM_JOURNAL_LINE_MAX);
    CHECK_INT(scrim_journal_format(key, &head, &record, &line), SCRIM_OK);
    CHECK_INT(parse(key, &line, &back, prev), SCRIM_OK);
    CHECK_TEXT(back.detail, "?? ??? ? ? end??");
    scrim_buf_finish(&line);
    // What cannot be expressed is refused, and the chain stands where it stood.
    record.end_us = -1;
    CHECK_INT(scrim_journal_format(key, &head, &record, &line), SCRIM_EINVAL);
    record.end_us = 0;
    record.type = SCRIM_RECORD_PURGE;
    record.cause = SCRIM_GAP_NETWORK; // the network destroys nothing
    CHECK_INT(scrim_journal_format(key, &head, &record, &line), SCRIM_EINVAL);
    CHECK_INT(head.next_seq, 1);
    CHECK_INT(line.len, 0);
    sodium_free(key);
}

static void every_byte_counts(void)
{
    struct scrim_device_key *key = fixed_key();
    struct scrim_journal_head head = genesis_head();
    struct scrim_record record = segment_record(), back;
    struct scrim_buf line;
    uint8_t prev[32];
    record.torn = true;
    scrim_buf_init(&line, SCRIM_JOURNAL_LINE_MAX);
    CHECK_INT(scrim_journal_format(key, &head, &record, &line), SCRIM_OK);
    for (size_t i = 0; i + 1 < line.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            line.data[i] ^= (uint8_t)(1 << bit);
            CHECK(parse(key, &line, &back, prev) < 0);
            line.data[i] ^= (uint8_t)(1 << bit);
        }
        CHECK(scrim_journal_parse((const char *)line.data, i, NULL, &back, prev, NULL) < 0);
    }
    CHECK_INT(parse(key, &line, &back, prev), SCRIM_OK);
    scrim_buf_finish(&line);
    sodium_free(key);
}

// Signed by the right key, and still refused: there is one way to write a record.
static void only_one_form(void)
{
    static const char *const changes[][2] = {
        {"\"v\":1", "\"v\":2"},
        {"\"seq\":0", "\"seq\":00"},
        {"\"seq\":0", "\"seq\":-0"},
        {"\"seq\":0", "\"seq\":18446744073709551616"},
        {"\"seq\":0", "\"seq\": 0"},
        {"\"boot\":3", "\"boot\":3.0"},
        {"\"ntp\":true", "\"ntp\":1"},
        {"\"camera\":\"quay\"", "\"camera\":\"qu\\u0061y\""},
        {"100000.mp4.age", "../../etc/shadow"},
        {"2026-11-23/", "2026-02-30/"},
        {"\"type\":\"segment\"", "\"type\":\"segments\""},
        {"abababab", "ABABABAB"},
        {"\"end_us\":1795428060000000", "\"end_us\":1795427999999999"},
        {"\"width\":1920", "\"width\":4294967296"},
        {",\"height\":1080", ",\"height\":1080,\"more\":1"},
        {",\"disk\":\"west\"", ""},
        {"\"west\"", "\"a name that is longer than an id is\""},
        {"\"lost\":2,\"lost_packets\":5", "\"lost_packets\":5,\"lost\":2"},
        {"\"ntp_error_us\":16000", "\"ntp_error_us\":9223372036854775808"},
        {"\"delivered_mfps\":24967", "\"delivered_mfps\":-1"},
        {"\"torn\":false", "\"torn\":false "},
    };
    struct scrim_device_key *key = fixed_key();
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct scrim_journal_head head = genesis_head();
        const struct scrim_record record = segment_record();
        struct scrim_record back;
        struct scrim_buf line, changed;
        uint8_t prev[32], signature[64];
        char base64[89];
        scrim_buf_init(&line, SCRIM_JOURNAL_LINE_MAX);
        scrim_buf_init(&changed, SCRIM_JOURNAL_LINE_MAX);
        CHECK_INT(scrim_journal_format(key, &head, &record, &line), SCRIM_OK);
        line.data[line.len - 90] = '\0'; // the JSON alone
        const char *json = (const char *)line.data, *at = strstr(json, changes[i][0]);
        REQUIRE(at);
        CHECK_INT(scrim_buf_printf(&changed, "scrim-journal/v1\n%.*s%s%s", (int)(at - json), json,
                                   changes[i][1], at + strlen(changes[i][0])),
                  SCRIM_OK);
        crypto_sign_detached(signature, NULL, changed.data, changed.len, key->secret);
        sodium_bin2base64(base64, sizeof base64, signature, 64, sodium_base64_VARIANT_ORIGINAL);
        scrim_buf_drop_front(&changed, strlen("scrim-journal/v1\n"));
        CHECK_INT(scrim_buf_printf(&changed, " %s\n", base64), SCRIM_OK);
        CHECK_INT(scrim_journal_verify((const char *)changed.data, changed.len - 1, key->public),
                  SCRIM_OK);
        if (parse(key, &changed, &back, prev) != SCRIM_EFORMAT) {
            printf("  accepted: %s\n", changes[i][1]);
            CHECK(false);
        }
        scrim_buf_finish(&line);
        scrim_buf_finish(&changed);
    }
    sodium_free(key);
}

static void device_keys(void)
{
    struct fixture f;
    struct scrim_device_key *key;
    struct scrim_error error;
    char path[SCRIM_PATH_MAX];
    uint8_t public[32];
    fixture_create(&f);
    CHECK_INT(scrim_device_key_create(f.dir, &error), SCRIM_EEXIST); // never replaced
    fixture_path(&f, "state/keys/device.key", path);
    for (long at = 0; at < fixture_size(path); at++) {
        fixture_flip(path, at, 0x80);
        CHECK_INT(scrim_device_key_load(f.dir, &key, &error), SCRIM_EFORMAT);
        fixture_flip(path, at, 0x80);
    }
    fixture_path(&f, "state/keys/device.pub", path);
    fixture_cut(path, fixture_size(path) - 1);
    CHECK_INT(scrim_device_public_load(f.dir, public, &error), SCRIM_EFORMAT);
    fixture_destroy(&f);
}

static void days_never_go_back(void)
{
    struct scrim_journal_head head = {0};
    char day[SCRIM_DAY_TEXT];
    scrim_journal_day(&head, FIXTURE_START_US, day);
    CHECK_TEXT(day, "2026-11-23");
    snprintf(head.day, sizeof head.day, "2026-11-25");
    scrim_journal_day(&head, FIXTURE_START_US, day);
    CHECK_TEXT(day, "2026-11-25");
    scrim_journal_day(&head, FIXTURE_START_US + 4 * 86400 * SCRIM_SECOND, day);
    CHECK_TEXT(day, "2026-11-27");
}

static void head_on_disk(void)
{
    struct fixture f;
    struct scrim_journal_head head;
    struct scrim_error error;
    char path[SCRIM_PATH_MAX];
    uint8_t genesis[32];
    fixture_create(&f);
    scrim_journal_genesis("port", "quay", genesis);
    CHECK_INT(scrim_journal_find_head(f.dir, "port", "quay", &head, &error), SCRIM_OK);
    CHECK(head.next_seq == 0 && head.day[0] == '\0' && memcmp(head.prev, genesis, 32) == 0);

    fixture_record(&f, "quay", FIXTURE_START_US, 3, 1000); // boot record goes to today's journal
    CHECK_INT(scrim_journal_find_head(f.dir, "port", "quay", &head, &error), SCRIM_OK);
    CHECK_INT(head.next_seq, 4);
    CHECK_INT(head.last_end_us, FIXTURE_START_US + 30 * SCRIM_SECOND);
    const struct scrim_journal_head whole = head;

    // An unfinished line is not looked at.
    char below[64];
    snprintf(below, sizeof below, "store/quay/%s/journal", head.day);
    fixture_path(&f, below, path);
    struct scrim_buf junk;
    scrim_buf_init(&junk, 100);
    CHECK_INT(scrim_buf_append_text(&junk, "{\"v\":1,\"seq\":4,"), SCRIM_OK);
    CHECK_INT(scrim_journal_append(path, &junk, &error), SCRIM_OK);
    CHECK_INT(scrim_journal_find_head(f.dir, "port", "quay", &head, &error), SCRIM_OK);
    CHECK(head.next_seq == whole.next_seq && memcmp(head.prev, whole.prev, 32) == 0);

    // A damaged one is counted and chained on.
    scrim_buf_clear(&junk);
    CHECK_INT(scrim_buf_append_text(&junk, "rubbish\n"), SCRIM_OK);
    CHECK_INT(scrim_journal_append(path, &junk, &error), SCRIM_OK);
    CHECK_INT(scrim_journal_find_head(f.dir, "port", "quay", &head, &error), SCRIM_OK);
    CHECK_INT(head.next_seq, 5);
    CHECK(memcmp(head.prev, whole.prev, 32) != 0);
    scrim_buf_finish(&junk);
    fixture_destroy(&f);
}

// What a recorder wrote before it ended, in the order in which it came to the journal. Seconds by
// the monotonic clock; UTC is that and `utc`.
struct line {
    enum scrim_record_type type;
    int from, to;
    int64_t utc_us;
};

#define MIDNIGHT_US (FIXTURE_START_US + 14 * 3600 * SCRIM_SECOND)
#define HOUR_BACK_US (FIXTURE_START_US - 3600 * SCRIM_SECOND)

static void put_line(struct fixture *f, const struct line *line, unsigned number)
{
    struct scrim_record record = {.type = line->type,
                                  .start_us = line->utc_us + line->from * SCRIM_SECOND,
                                  .end_us = line->utc_us + line->to * SCRIM_SECOND,
                                  .mono_start_us = (1000 + line->from) * SCRIM_SECOND,
                                  .mono_end_us = (1000 + line->to) * SCRIM_SECOND,
                                  .boot = 1,
                                  .cause = SCRIM_GAP_OPERATOR};
    if (line->type == SCRIM_RECORD_SEGMENT)
        snprintf(record.file, sizeof record.file, "2026-11-23/1000%02u.mp4.age", number);
    put_record(f, "quay", record);
}

// A disk that answers late has its segments in the journal after what came later.
static void head_behind_late_segments(void)
{
    static const int64_t T = FIXTURE_START_US, M = MIDNIGHT_US, B = HOUR_BACK_US;
    const enum scrim_record_type BOOT = SCRIM_RECORD_BOOT, SEGMENT = SCRIM_RECORD_SEGMENT,
                                 GAP = SCRIM_RECORD_GAP, CLOCK = SCRIM_RECORD_CLOCK,
                                 STOP = SCRIM_RECORD_STOP;
    const struct {
        struct line lines[8];
        int64_t last_end_us;
        bool stopped;
    } cases[] = {
        // Stopped; the last segment of the disk that was late comes behind the stop.
        {{{BOOT, 0, 0, T},
          {SEGMENT, 1, 60, T},
          {GAP, 60, 70, T},
          {STOP, 70, 70, T},
          {SEGMENT, 30, 59, T}},
         T + 70 * SCRIM_SECOND,
         true},
        {{{BOOT, 0, 0, T}, {SEGMENT, 1, 60, T}, {STOP, 99, 99, T}, {SEGMENT, 60, 99, T}},
         T + 99 * SCRIM_SECOND,
         true},
        // The latest end lies in the journal of the day before.
        {{{BOOT, -300, -300, M}, {SEGMENT, -60, 20, M}, {STOP, 30, 30, M}, {SEGMENT, -120, -60, M}},
         M + 20 * SCRIM_SECOND,
         true},
        // Taken out of scrim.yaml, and put in again: that recording did not stop.
        {{{BOOT, 0, 0, T},
          {SEGMENT, 1, 60, T},
          {STOP, 60, 60, T},
          {GAP, 60, 90, T},
          {SEGMENT, 90, 150, T}},
         T + 150 * SCRIM_SECOND,
         false},
        // The clock was set back: what was recorded last ends before what was recorded first.
        {{{BOOT, 0, 0, T},
          {SEGMENT, 1, 60, T},
          {CLOCK, 60, 60, B},
          {SEGMENT, 60, 120, B},
          {SEGMENT, 50, 58, T}},
         B + 120 * SCRIM_SECOND,
         false},
        {{{BOOT, 0, 0, T},
          {SEGMENT, 1, 60, T},
          {CLOCK, 60, 60, B},
          {SEGMENT, 60, 120, B},
          {STOP, 120, 120, B},
          {SEGMENT, 50, 58, T}},
         B + 120 * SCRIM_SECOND,
         true},
        // A later start that recorded nothing crashed, and says nothing of what was recorded.
        {{{BOOT, 0, 0, T},
          {SEGMENT, 1, 60, T},
          {STOP, 60, 60, T},
          {SEGMENT, 10, 20, T},
          {BOOT, 70, 70, T}},
         T + 60 * SCRIM_SECOND,
         false},
        // A later start that was stopped before it recorded anything.
        {{{BOOT, 0, 0, T}, {SEGMENT, 1, 60, T}, {BOOT, 1, 1, T + 99}, {STOP, 5, 5, T + 99}},
         T + 60 * SCRIM_SECOND,
         true},
        // Runs are not mixed: the clock may have been set back between them.
        {{{BOOT, 0, 0, T}, {SEGMENT, 1, 60, T}, {BOOT, 1, 1, B}, {SEGMENT, 2, 50, B}},
         B + 50 * SCRIM_SECOND,
         false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        struct scrim_journal_head head;
        fixture_create(&f);
        for (unsigned n = 0; n < 8 && cases[i].lines[n].utc_us != 0; n++)
            put_line(&f, &cases[i].lines[n], n);
        CHECK_INT(scrim_journal_find_head(f.dir, "port", "quay", &head, NULL), SCRIM_OK);
        CHECK_INT(head.last_end_us, cases[i].last_end_us);
        CHECK_INT(head.stopped, cases[i].stopped);
        CHECK(!head.stopped || head.stop_cause == SCRIM_GAP_OPERATOR);
        fixture_destroy(&f);
    }
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(argc, argv,
                    (struct test[]){
                        {"journal: golden line", golden_line},
                        {"journal: every type comes back as it was", every_type},
                        {"journal: hostile text is made harmless", hostile_text},
                        {"journal: every byte of a line counts", every_byte_counts},
                        {"journal: only one form of a record is read", only_one_form},
                        {"journal: device keys are exact PEM and never replaced", device_keys},
                        {"journal: days never go back", days_never_go_back},
                        {"journal: the head is found past damage", head_on_disk},
                        {"journal: the head behind late segments", head_behind_late_segments},
                        {0},
                    });
}
