// cameras.d: loading beside scrim.yaml, writing with each write and flush failing in turn, and what
// the API makes of a body.
#include "base/fault.h"
#include "desk/camera_json.h"
#include "desk/history_sample.h"
#include "desk/trials.h"
#include "link/trial.h"
#include "site/cameras_dir.h"

#include "test.h"

#include <errno.h>
#include <sys/stat.h>

#define SITE                                                                            \
    "id: s\nname: S\nlisten: 127.0.0.1:1\ncameras:\n  - {id: quay, main: 'rtsp://a/', " \
    "purpose: x}\n"

static void put(const char *dir, const char *name, const char *text)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_error error;
    REQUIRE(scrim_path_join(path, dir, name) == SCRIM_OK);
    REQUIRE(scrim_fs_replace(path, text, strlen(text), 0600, &error) == SCRIM_OK);
}

static void make_site(char dir[256])
{
    struct scrim_error error;
    test_make_dir(dir);
    put(dir, "scrim.yaml", SITE);
    REQUIRE(scrim_cameras_dir_make(dir, &error) == SCRIM_OK);
}

static void loads_in_order(void)
{
    char dir[256];
    struct scrim_site site;
    struct scrim_error error;
    make_site(dir);
    put(dir, "cameras.d/zoo.yaml", "id: zoo\nmain: rtsp://z/\npurpose: z\nlegal_basis: law\n");
    put(dir, "cameras.d/arch.yaml", "id: arch\nmain: rtsp://b/\npurpose: b\n");
    put(dir, "cameras.d/quay.yaml", "id: quay\nmain: rtsp://b/\npurpose: b\n");
    put(dir, "cameras.d/bad.yaml", "id: bad\nmain: rtsp://b/\npurpose: b\ntransport: pigeon\n");
    put(dir, "cameras.d/sly.yaml",
        "id: sly\nmain: rtsp://b/\npurpose: b\nuser: u\npassword_file: secrets/quay\n");
    put(dir, "cameras.d/.hidden", "x");
    put(dir, "cameras.d/zoo.password", "x");
    REQUIRE(scrim_site_load(dir, &site, &error) == SCRIM_OK);
    REQUIRE(site.config->cameras_count == 3);
    CHECK_TEXT(site.config->cameras[0].id, "quay");
    CHECK_TEXT(site.config->cameras[1].id, "arch");
    CHECK_TEXT(site.config->cameras[2].id, "zoo");
    CHECK_TEXT(site.config->cameras[2].legal_basis, "law");
    CHECK(!site.config->cameras[0].added && site.config->cameras[1].added);
    REQUIRE(site.faults_count == 3);
    CHECK(strstr(site.faults[2].text, "sly.yaml:1: camera 'sly': password_file"));
    CHECK_TEXT(site.faults[0].camera, "bad");
    CHECK(strstr(site.faults[0].text, "cameras.d/bad.yaml:4: transport"));
    CHECK_TEXT(site.faults[1].camera, "quay");
    CHECK(strstr(site.faults[1].text, "cameras.d/quay.yaml") &&
          strstr(site.faults[1].text, "scrim.yaml has a camera of this id"));
    scrim_site_finish(&site);
}

static void formats_what_it_parses(void)
{
    static const char text[] =
        "id: quay\nname: \"Quay \\\"north\\\" \xc3\xa4 \\\\ #: {\"\nmain: rtsp://[::1]:554/a?b=c\n"
        "sub: rtsp://h/\nuser: u\npassword_file: x\npurpose: \"two\\nlines\"\nlegal_basis: y\n"
        "transport: udp\nrecord: redacted\nretention_hours: 80\nretention_reason: r\n"
        "expected_mbit: 0.125\nmasks:\n  - {x: 0.1, y: 0.2, width: 0.3, height: 0.4}\n"
        "zones:\n  - {name: edge, points: [[0, 0], [1, 0.5], [0.25, 1]]}\n";
    struct scrim_camera_config *camera = NULL, *again = NULL;
    struct scrim_error error = {0};
    struct scrim_buf first, second;
    scrim_buf_init(&first, SCRIM_CAMERA_FILE_MAX);
    scrim_buf_init(&second, SCRIM_CAMERA_FILE_MAX);
    REQUIRE(scrim_camera_parse("a", text, strlen(text), &camera, &error) == SCRIM_OK);
    REQUIRE(scrim_camera_format(camera, &first) == SCRIM_OK);
    REQUIRE(scrim_camera_parse("b", (char *)first.data, first.len, &again, &error) == SCRIM_OK);
    REQUIRE(scrim_camera_format(again, &second) == SCRIM_OK);
    CHECK(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    CHECK_TEXT(again->name, camera->name);
    CHECK_TEXT(again->purpose, "two\nlines");
    CHECK_INT(again->areas_count, 2);
    CHECK(again->keep == SCRIM_KEEP_REDACTED && again->transport == SCRIM_TRANSPORT_UDP);
    scrim_camera_config_free(camera);
    scrim_camera_config_free(again);
    scrim_buf_finish(&first);
    scrim_buf_finish(&second);
}

static void addresses_as_the_recorder_reads_them(void)
{
    static const char *const good[] = {"rtsp://h", "rtsps://h:322/x", "rtsp://[fe80::1]/x",
                                       "rtsp://[::1]:554/x", "rtsp://h:/x"};
    static const char *const bad[] = {"rtsp://",       "rtsp://h:0",   "rtsp://h:65536",
                                      "rtsp://h:5x",   "rtsp://[::1",  "rtsp://u@h/",
                                      "rtsp://h/\xc3", "rtsp://h/a b", "rtsp://:554/"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK_INT(scrim_camera_url_check(good[i], NULL), SCRIM_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(scrim_camera_url_check(bad[i], NULL), SCRIM_EINVAL);
}

struct faults {
    unsigned left; // operations that still succeed
    bool struck;
};

static int strike(void *context, enum scrim_fault_op op, const char *what)
{
    struct faults *faults = context;
    (void)what;
    if (op == SCRIM_FAULT_ALLOC || faults->left-- > 0)
        return 0;
    faults->struck = true;
    faults->left = UINT32_MAX;
    return op == SCRIM_FAULT_WRITE ? ENOSPC : EIO;
}

static bool load_name(const char *dir, char ret[64])
{
    struct scrim_site site;
    struct scrim_error error;
    const bool loaded = scrim_site_load(dir, &site, &error) == SCRIM_OK;
    CHECK(loaded);
    CHECK_INT(loaded ? site.faults_count : 0, 0);
    const struct scrim_camera_config *gate = loaded ? scrim_site_camera(&site, "gate") : NULL;
    snprintf(ret, 64, "%s", gate ? gate->name : "");
    if (loaded)
        scrim_site_finish(&site);
    return gate != NULL;
}

// Whatever fails, and wherever: the camera is as it was or as it shall be, and the site loads.
static void each_write_fails_in_turn(void)
{
    static const char before[] = "id: gate\nname: before\nmain: rtsp://g/\npurpose: g\n";
    static const char after[] = "id: gate\nname: after\nmain: rtsp://g/\npurpose: g\n";
    struct scrim_buf text, password;
    scrim_buf_init(&text, 1024);
    scrim_buf_init(&password, 1024);
    REQUIRE(scrim_buf_append_text(&text, after) == SCRIM_OK);
    REQUIRE(scrim_buf_append_text(&password, "secret") == SCRIM_OK);
    for (unsigned kind = 0; kind < 3; kind++) { // change, add, remove
        const struct scrim_camera_change change = {.id = "gate",
                                                   .text = kind < 2 ? &text : NULL,
                                                   .is_new = kind == 1,
                                                   .password = kind < 2 ? &password : NULL};
        struct faults faults = {.struck = true};
        for (unsigned n = 0; faults.struck && n < 100; n++) {
            char dir[256], name[64];
            struct scrim_error error;
            make_site(dir);
            if (kind != 1)
                put(dir, "cameras.d/gate.yaml", before);
            faults = (struct faults){.left = n};
            scrim_fault_set(strike, &faults);
            const int result = scrim_cameras_dir_change(dir, &change, &error);
            scrim_fault_set(NULL, NULL);
            const bool there = load_name(dir, name);
            CHECK(result < 0 || faults.struck == false);
            CHECK(there ? strcmp(name, "before") == 0 || strcmp(name, "after") == 0 : kind > 0);
            if (result >= 0)
                CHECK(kind == 2 ? !there : strcmp(name, "after") == 0);
        }
        CHECK(!faults.struck);
    }
    scrim_buf_finish(&text);
    scrim_buf_finish_wipe(&password);
}

static void new_is_new(void)
{
    char dir[256], path[SCRIM_PATH_MAX];
    struct scrim_error error;
    struct stat info;
    struct scrim_buf text, password;
    make_site(dir);
    scrim_buf_init(&text, 1024);
    scrim_buf_init(&password, 1024);
    REQUIRE(scrim_buf_append_text(&text, "id: gate\nmain: rtsp://g/\npurpose: g\n") == SCRIM_OK);
    struct scrim_camera_change change = {
        .id = "gate", .text = &text, .is_new = true, .password = &password};
    CHECK_INT(scrim_cameras_dir_change(dir, &change, &error), SCRIM_OK);
    CHECK_INT(scrim_cameras_dir_change(dir, &change, &error), SCRIM_EEXIST);
    REQUIRE(scrim_path_join(path, dir, "cameras.d/gate.password") == SCRIM_OK);
    REQUIRE(stat(path, &info) == 0);
    CHECK_INT(info.st_mode & 0777, 0600);
    change = (struct scrim_camera_change){.id = "gate", .text = &text, .forget = true};
    CHECK_INT(scrim_cameras_dir_change(dir, &change, &error), SCRIM_OK);
    CHECK(stat(path, &info) < 0);
    change = (struct scrim_camera_change){.id = "gate"};
    CHECK_INT(scrim_cameras_dir_change(dir, &change, &error), SCRIM_OK);
    CHECK_INT(scrim_cameras_dir_change(dir, &change, &error), SCRIM_ENOENT);
    scrim_buf_finish(&text);
    scrim_buf_finish(&password);
}

static int read_wish(const struct scrim_camera_config *before, const char *body,
                     struct scrim_camera_wish *ret, char field[SCRIM_CAMERA_FIELD])
{
    struct scrim_error error = {0};
    return scrim_camera_wish_parse(before, body, strlen(body), ret, field, &error);
}

static void wishes(void)
{
    struct scrim_camera_wish first, second;
    char field[SCRIM_CAMERA_FIELD];
    REQUIRE(read_wish(NULL,
                      "{\"id\":\"gate\",\"url\":\"rtsp://h/\",\"purpose\":\"p\",\"user\":\"u\","
                      "\"password\":\"s\",\"name\":\"\"}",
                      &first, field) == SCRIM_OK);
    CHECK(first.has_password && first.password.len == 1 && !first.forget);
    CHECK_TEXT(first.camera->password_file, "cameras.d/gate.password");
    CHECK_TEXT(first.camera->name, "gate");
    // What is not said stays, the password too.
    REQUIRE(read_wish(first.camera, "{\"sub\":\"rtsp://h/sub\"}", &second, field) == SCRIM_OK);
    CHECK(!second.has_password && !second.forget);
    CHECK_TEXT(second.camera->main_url, "rtsp://h/");
    CHECK_TEXT(second.camera->sub_url, "rtsp://h/sub");
    scrim_camera_wish_finish(&second);
    REQUIRE(read_wish(first.camera, "{\"user\":null}", &second, field) == SCRIM_OK);
    CHECK(second.forget && !second.has_password && !second.camera->password_file);
    scrim_camera_wish_finish(&second);
    // It goes to nobody who did not have it.
    static const char *const elsewhere[] = {
        "{\"url\":\"rtsp://other/\"}", "{\"url\":\"rtsp://h:555/\"}", "{\"sub\":\"rtsp://other/\"}",
        "{\"redirect_host\":\"other\"}"};
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        CHECK_INT(read_wish(first.camera, elsewhere[i], &second, field), SCRIM_EINVAL);
        CHECK_TEXT(field, "password");
    }
    REQUIRE(read_wish(first.camera, "{\"url\":\"rtsp://other/\",\"password\":\"t\"}", &second,
                      field) == SCRIM_OK);
    scrim_camera_wish_finish(&second);
    CHECK_INT(read_wish(first.camera, "{\"id\":\"other\"}", &second, field), SCRIM_EINVAL);
    CHECK_TEXT(field, "id");
    CHECK_INT(read_wish(first.camera, "{\"retention_hours\":73}", &second, field), SCRIM_EINVAL);
    CHECK_TEXT(field, "retention_hours");
    CHECK_INT(read_wish(NULL, "[]", &second, field), SCRIM_EINVAL);
    CHECK_TEXT(field, "");
    json_t *told = scrim_camera_config_json(first.camera);
    CHECK(told && json_is_true(json_object_get(told, "has_password")));
    json_decref(told);
    scrim_camera_wish_finish(&first);
}

static void trial_messages(void)
{
    struct scrim_trial_wish wish = {.number = 7, .transport = 2, .url = "rtsp://h/", .user = "u"};
    struct scrim_trial_wish wish_again = {0};
    struct scrim_trial_report report = {.number = 7,
                                        .step = SCRIM_TRIAL_PICTURES,
                                        .last = true,
                                        .codec = SCRIM_CODEC_H265,
                                        .width = 1920,
                                        .height = 1080,
                                        .mfps = 25000,
                                        .bitrate = 4000000,
                                        .has_fingerprint = true,
                                        .fingerprint = {1, 2, 3}};
    struct scrim_trial_report report_again = {0};
    const char *advice[SCRIM_TRIAL_ADVICE];
    char words[SCRIM_TRIAL_WORDS];
    struct scrim_buf body;
    scrim_buf_init(&body, SCRIM_TRIAL_WISH_BYTES);
    REQUIRE(scrim_trial_wish_format(&wish, &body) == SCRIM_OK);
    CHECK(scrim_trial_wish_parse(body.data, body.len, &wish_again));
    CHECK(memcmp(&wish, &wish_again, sizeof wish) == 0);
    for (size_t length = 0; length < body.len; length++)
        CHECK(!scrim_trial_wish_parse(body.data, length, &wish_again));
    scrim_buf_clear(&body);
    REQUIRE(scrim_trial_report_format(&report, &body) == SCRIM_OK);
    CHECK(scrim_trial_report_parse(body.data, body.len, &report_again));
    CHECK_INT(report_again.bitrate, 4000000);
    CHECK(report_again.has_fingerprint && report_again.fingerprint[2] == 3);
    for (size_t length = 0; length < body.len; length++)
        CHECK(!scrim_trial_report_parse(body.data, length, &report_again));
    scrim_trial_words(&report, words);
    CHECK_TEXT(words, "Pictures come: H.265, 1920×1080, 25 a second, 4.00 Mbit/s.");
    CHECK_INT(scrim_trial_advice(&report, advice), 4);
    // Every step has words for every outcome.
    for (int step = 0; step < SCRIM_TRIAL_STEPS; step++) {
        for (int outcome = 0; outcome < SCRIM_TRIAL_OUTCOMES; outcome++) {
            report.step = (enum scrim_trial_step)step;
            report.outcome = (enum scrim_trial_outcome)outcome;
            scrim_trial_words(&report, words);
            CHECK(strlen(words) > 10 && strstr(words, "(null)") == NULL);
        }
    }
    scrim_buf_finish(&body);
}

static void history_adds_up(void)
{
    struct scrim_history_sum sum;
    struct scrim_history_sample sample = {
        .bitrate = 1000, .clock_ms = -5, .fps_centi = 1000, .gap_ds = 10, .reconnects = 1};
    scrim_history_sum_begin(&sum);
    CHECK_INT(scrim_history_sum_end(&sum, 9).slot, 0);
    scrim_history_sum_add(&sum, &sample);
    sample.bitrate = 3000;
    sample.clock_ms = SCRIM_HISTORY_NO_CLOCK;
    scrim_history_sum_add(&sum, &sample);
    sample = scrim_history_sum_end(&sum, 9);
    CHECK_INT(sample.slot, 9);
    CHECK_INT(sample.bitrate, 2000);
    CHECK_INT(sample.gap_ds, 20);
    CHECK_INT(sample.reconnects, 2);
    CHECK_INT(sample.clock_ms, -5);
    // Golden bytes: docs/ref/formats/history.md.
    static const uint8_t golden[SCRIM_HISTORY_BYTES] = {
        0, 0, 0, 9, 0, 0, 7, 0xd0, 0xff, 0xff, 0xff, 0xfb, 3, 0xe8, 0, 20, 0, 0, 0, 2};
    struct scrim_history_sample again;
    struct scrim_buf bytes;
    scrim_buf_init(&bytes, SCRIM_HISTORY_BYTES);
    REQUIRE(scrim_history_sample_format(&sample, &bytes) == SCRIM_OK);
    CHECK(bytes.len == sizeof golden && memcmp(bytes.data, golden, sizeof golden) == 0);
    struct scrim_reader reader = scrim_reader_of(bytes.data, bytes.len);
    CHECK(scrim_history_sample_parse(&reader, &again) && again.clock_ms == -5);
    CHECK(!scrim_history_sample_parse(&reader, &again));
    scrim_buf_finish(&bytes);
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){
            {"cameras.d is loaded after scrim.yaml, and what is wrong left out", loads_in_order},
            {"a camera's file is what it was made of", formats_what_it_parses},
            {"addresses", addresses_as_the_recorder_reads_them},
            {"each write of a change fails in turn", each_write_fails_in_turn},
            {"new, forgotten, gone", new_is_new},
            {"bodies of the API", wishes},
            {"messages of live tests", trial_messages},
            {"history adds up", history_adds_up},
            {0},
        });
}
