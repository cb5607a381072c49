// The C side of the comparison with journal.py.
//
//     journal_peer vectors    a chain with a record of every type, signed by a fixed key, as JSON
//                             (tests/vectors/scrim-journal.json)
//     journal_peer site       makes a site below $TMPDIR that has recorded, been cut off, opened;
//                             prints its directory. The caller removes it.
#include "../unit/store_fixture.h"
#include "store/journal_impl.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define T(seconds) (FIXTURE_START_US + (seconds)*SCRIM_SECOND)

static void require(int result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "journal_peer: %s: %s\n", what, scrim_err_text(result));
    exit(1);
}

static json_t *hex(const uint8_t *bytes, size_t count)
{
    char text[129];
    return json_string(sodium_bin2hex(text, sizeof text, bytes, count));
}

static const struct scrim_record records[] = {
    {.type = SCRIM_RECORD_BOOT,
     .camera = "quay",
     .start_us = T(0),
     .end_us = T(0),
     .mono_start_us = 1000,
     .mono_end_us = 1000,
     .boot = 7,
     .ntp_synchronised = true,
     .detail = "scrim 0.1.0"},
    {.type = SCRIM_RECORD_SEGMENT,
     .camera = "quay",
     .start_us = T(1),
     .end_us = T(61),
     .mono_start_us = 1000000,
     .mono_end_us = 61000000,
     .boot = 7,
     .ntp_synchronised = true,
     .ntp_error_us = 16000,
     .file = "2026-11-23/100001.mp4.age",
     .disk = "west",
     .frames = 1498,
     .keyframes = 30,
     .lost_units = 2,
     .lost_packets = 5,
     .bytes = 30000000,
     .sha256 = {1, 2, 3},
     .rtp_first = -90,
     .rtp_last = 5400000,
     .rtcp_ntp_us = T(1) - 7,
     .rtcp_last_us = T(61) - 40007,
     .codec = "h264",
     .width = 1920,
     .height = 1080,
     .declared_mfps = 25000,
     .delivered_mfps = 24967},
    {.type = SCRIM_RECORD_SEGMENT,
     .camera = "quay",
     .start_us = T(61),
     .end_us = T(75),
     .boot = 8,
     .file = "2026-11-23/100101-1.mp4.age",
     .bytes = 70000,
     .sha256 = {4, 5, 6},
     .torn = true,
     .tail_sha256 = {7, 8, 9},
     .detail = "the recorder stopped before it was finished"},
    {.type = SCRIM_RECORD_SEGMENT,
     .camera = "quay",
     .start_us = T(80),
     .end_us = T(80),
     .boot = 8,
     .file = "2026-11-23/100120.mp4.age",
     .bytes = 900,
     .torn = true},
    {.type = SCRIM_RECORD_GAP,
     .camera = "quay",
     .start_us = T(75),
     .end_us = T(80),
     .mono_start_us = -5,
     .boot = 8,
     .cause = SCRIM_GAP_CRASH,
     .lost_units = 125,
     .detail = "\"quoted\" back\\slash \x01 \x7f \xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xb7 \xff/"},
    {.type = SCRIM_RECORD_CLOCK,
     .camera = "quay",
     .start_us = T(90),
     .end_us = T(90),
     .boot = 8,
     .step_us = -3600000000,
     .ntp_error_us = -1,
     .detail = "the clock went back"},
    {.type = SCRIM_RECORD_CLOCK,
     .camera = "quay",
     .start_us = T(91),
     .end_us = T(91),
     .boot = 8,
     .of_camera = true,
     .step_us = 47721858844,
     .detail = "the camera's clock went on"},
    {.type = SCRIM_RECORD_PURGE,
     .camera = "quay",
     .start_us = T(1),
     .end_us = T(61),
     .boot = 8,
     .cause = SCRIM_GAP_DISK,
     .segments = 1,
     .detail = "disk west filled sooner than foreseen"},
    {.type = SCRIM_RECORD_STOP,
     .camera = "quay",
     .start_us = T(100),
     .end_us = T(100),
     .boot = UINT64_MAX,
     .cause = SCRIM_GAP_OPERATOR,
     .detail = ""},
    {.type = SCRIM_RECORD_OPENING,
     .camera = "quay",
     .start_us = T(1),
     .end_us = T(61),
     .json = "{\"event\":\"intent\",\"reason\":\"theft, \\\"berth 4\\\"\"}"},
    {.type = SCRIM_RECORD_UNSEALED,
     .camera = "quay",
     .start_us = T(300),
     .end_us = T(360),
     .mono_start_us = 300000000,
     .mono_end_us = 360000000,
     .boot = 8,
     .ntp_synchronised = true,
     .ntp_error_us = 16000,
     .frames = 599,
     .lost_units = 1,
     .kept = SCRIM_KEEP_REDACTED,
     .detail = "scrim.yaml says record: redacted"},
};

static int print_vectors(void)
{
    uint8_t seed[32];
    struct scrim_device_key key;
    struct scrim_journal_head head = {0};
    json_t *lines = json_array();
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)i;
    crypto_sign_seed_keypair(key.public, key.secret, seed);
    scrim_journal_genesis("port", "quay", head.prev);
    json_t *genesis = hex(head.prev, sizeof head.prev);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        struct scrim_buf line;
        scrim_buf_init(&line, SCRIM_JOURNAL_LINE_MAX);
        require(scrim_journal_format(&key, &head, &records[i], &line), "format");
        json_array_append_new(lines, json_stringn((const char *)line.data, line.len));
        scrim_buf_finish(&line);
    }
    json_t *vectors =
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "site", "port", "camera", "quay", "seed",
                  hex(seed, sizeof seed), "public_key", hex(key.public, sizeof key.public),
                  "genesis", genesis, "lines", lines, "head", hex(head.prev, sizeof head.prev));
    require(json_dumpf(vectors, stdout, JSON_INDENT(1)), "print");
    printf("\n");
    json_decref(vectors);
    return 0;
}

// A segment that a crash left, with its tail, for the next start to find.
static void leave_torn(struct fixture *f)
{
    static uint8_t plain[90000];
    char path[SCRIM_PATH_MAX];
    struct scrim_buf out, tail;
    bool changed;
    scrim_buf_init(&out, 1U << 20);
    scrim_buf_init(&tail, 1U << 20);
    struct scrim_seal *seal = fixture_seal(f, "quay", T(50), &out);
    require(scrim_seal_append(seal, plain, sizeof plain, &out), "seal");
    require(scrim_seal_tail(seal, &tail, &changed), "tail");
    scrim_seal_destroy(seal);
    fixture_path(f, "store/quay/2026-11-23/100050.mp4.age", path);
    require(scrim_fs_create(path, out.data, out.len, 0600, NULL), path);
    fixture_path(f, "store/quay/tail", path);
    require(scrim_fs_create(path, tail.data, tail.len, 0600, NULL), path);
    scrim_buf_finish(&out);
    scrim_buf_finish(&tail);
}

static int make_site(void)
{
    struct fixture f;
    struct scrim_opening *opening = NULL;
    struct scrim_error error = {0};
    fixture_clock_start();
    fixture_create(&f);
    fixture_record(&f, "quay", T(0), 3, 1000);
    leave_torn(&f);
    fixture_record(&f, "quay", T(86400), 2, 100);
    fixture_record(&f, "gate", T(0), 1, 1000);
    const struct scrim_opening_request request = {.camera = "quay",
                                                  .reason = "a theft at berth 4",
                                                  .from_us = T(0),
                                                  .to_us = T(20),
                                                  .output = "berth4.mp4",
                                                  .shares = f.shares,
                                                  .shares_count = 2};
    require(scrim_opening_create(&f.site, &request, &opening, &error), error.text);
    require(scrim_opening_log_intent(opening, &error), error.text);
    require(scrim_opening_log_outcome(opening, 20, 2, NULL, &error), error.text);
    scrim_opening_destroy(opening);
    printf("%s\n", f.dir);
    fixture_keep(&f);
    return 0;
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    if (argc == 2 && strcmp(argv[1], "vectors") == 0)
        return print_vectors();
    if (argc == 2 && strcmp(argv[1], "site") == 0)
        return make_site();
    fprintf(stderr, "usage: journal_peer vectors|site\n");
    return 2;
}
