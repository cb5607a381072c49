#include "site/config.h"

#include "test.h"

#define HEAD "id: s\nname: Site\nlisten: 127.0.0.1:8443\ncameras:\n"
#define CAMERA "  - id: quay\n    main: rtsp://10.0.0.1/main\n    purpose: safety\n"

static int parse(const char *text, struct scrim_site_config **ret, struct scrim_error *error)
{
    return scrim_site_parse("scrim.yaml", text, strlen(text), ret, error);
}

static void the_template_is_valid(void)
{
    struct scrim_site_config *config = NULL;
    struct scrim_error error = {0};
    CHECK_INT(parse(scrim_site_template, &config, &error), SCRIM_OK);
    REQUIRE(config);
    CHECK_TEXT(config->id, "site");
    CHECK_INT(config->cameras_count, 0);
    scrim_site_config_free(config);
}

static void defaults_are_filled(void)
{
    struct scrim_site_config *config = NULL;
    struct scrim_error error = {0};
    REQUIRE(parse(HEAD CAMERA, &config, &error) == SCRIM_OK);
    CHECK_INT(config->cameras_count, 1);
    CHECK_INT(config->cameras[0].retention_hours, 72);
    CHECK_TEXT(config->cameras[0].name, "quay");
    CHECK(config->cameras[0].sub_url == NULL);
    CHECK_INT(config->cameras[0].transport, SCRIM_TRANSPORT_AUTO);
    scrim_site_config_free(config);
}

#define DISKS(first, second) \
    "id: s\nname: S\nlisten: 127.0.0.1:1\ndisks:\n  - " first "\n  - " second "\ncameras: []\n"

static void disks(void)
{
    struct scrim_site_config *config = NULL;
    struct scrim_error error = {0};
    REQUIRE(parse(DISKS("{id: bay1, path: /srv/a}", "{id: bay2, path: /srv/ab}"), &config,
                  &error) == SCRIM_OK);
    CHECK_INT(config->disks_count, 2);
    CHECK_TEXT(config->disks[1].id, "bay2");
    CHECK_TEXT(config->disks[1].path, "/srv/ab");
    scrim_site_config_free(config);

    // A disk in the site's store, or with the site in it, is refused when the place is known.
    char dir[256], path[SCRIM_PATH_MAX], text[1024];
    test_make_dir(dir);
    static const char *const places[] = {"/store", "/store/a", "", "/bay"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct scrim_site site;
        snprintf(text, sizeof text,
                 "id: s\nname: S\nlisten: 127.0.0.1:1\ndisks: [{id: a, path: %s%s}]\ncameras: []\n",
                 dir, places[i]);
        REQUIRE(scrim_path_join(path, dir, "scrim.yaml") == SCRIM_OK);
        REQUIRE(scrim_fs_replace(path, text, strlen(text), 0600, &error) == SCRIM_OK);
        const int result = scrim_site_load(dir, &site, &error);
        CHECK_INT(result, i < 3 ? SCRIM_EINVAL : SCRIM_OK);
        if (result < 0)
            CHECK(strstr(error.text, "disk 'a': path: ") && strstr(error.text, "overlaps"));
        else
            scrim_site_finish(&site);
    }
    test_remove_dir(dir);
}

#define GLASS(keys) "id: s\nname: S\nlisten: 127.0.0.1:1\nbreak_glass:\n" keys "cameras: []\n"
#define SHOWN "  reason_shown: a person in the water has only minutes\n"

static void break_glass(void)
{
    struct scrim_site_config *config = NULL;
    struct scrim_error error = {0};
    REQUIRE(parse(HEAD CAMERA, &config, &error) == SCRIM_OK);
    CHECK(!config->glass); // off unless it is there
    CHECK(!scrim_site_may_break_glass(config, "jana"));
    scrim_site_config_free(config);

    REQUIRE(parse(GLASS("  operators: [jana, ole]\n" SHOWN), &config, &error) == SCRIM_OK);
    CHECK_INT(config->glass->operators_count, 2);
    CHECK(scrim_site_may_break_glass(config, "jana"));
    CHECK(scrim_site_may_break_glass(config, "ole"));
    CHECK(!scrim_site_may_break_glass(config, "jan"));
    CHECK(!scrim_site_may_break_glass(config, ""));
    scrim_site_config_free(config);

    static const struct {
        const char *text, *says;
    } wrong[] = {
        {GLASS("  operators: []\n" SHOWN), "scrim.yaml:5: operators: must name at least one user"},
        {GLASS("  operators: [jana, jana]\n" SHOWN), "two operators have this name"},
        {GLASS("  operators: [jana]\n"), "reason_shown"},
        {GLASS(SHOWN), "operators"},
        {GLASS("  operators: [jana]\n  reason_shown: because of things\n"), "in words"},
        {GLASS("  operators: [jana]\n  minutes: 60\n" SHOWN), "minutes"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_INT(parse(wrong[i].text, &config, &error), SCRIM_EINVAL);
        if (!strstr(error.text, wrong[i].says))
            CHECK_TEXT(error.text, wrong[i].says);
    }
}

static void areas_are_polygons(void)
{
    struct scrim_site_config *config = NULL;
    struct scrim_error error = {0};
    REQUIRE(parse(HEAD CAMERA
                  "    record: redacted\n"
                  "    masks:\n"
                  "      - {x: 0.7, y: 0, width: 0.3, height: 0.3}\n"
                  "      - {name: hut, points: [[0, 0.5], [0.2, 0.5], [0.1, 0.75]]}\n"
                  "    zones:\n"
                  "      - {name: quay-edge, points: [[0, 1], [0, 0.9], [1, 0.9], [1, 1]]}\n"
                  "    lines:\n"
                  "      - {name: gate, points: [[0.1, 0.2], [0.3, 0.4]]}\n",
                  &config, &error) == SCRIM_OK);
    const struct scrim_camera_config *camera = &config->cameras[0];
    CHECK_INT(camera->keep, SCRIM_KEEP_REDACTED);
    REQUIRE(camera->areas_count == 4);
    const struct scrim_area *rectangle = &camera->areas[0];
    CHECK_TEXT(rectangle->name, "");
    CHECK_INT(rectangle->count, 4);
    CHECK_INT(rectangle->points[0].x, 70000);
    CHECK_INT(rectangle->points[2].x, SCRIM_AREA_UNIT);
    CHECK_INT(rectangle->points[2].y, 30000);
    CHECK_TEXT(camera->areas[1].name, "hut");
    CHECK_INT(camera->areas[1].points[2].y, 75000);
    CHECK_INT(camera->areas[2].kind, SCRIM_AREA_ZONE);
    CHECK_INT(camera->areas[3].kind, SCRIM_AREA_LINE);
    CHECK_INT(camera->areas[3].count, 2);
    scrim_site_config_free(config);
}

static void too_many_areas(void)
{
    struct scrim_site_config *config = NULL;
    struct scrim_error error = {0};
    static char text[64 * 1024];
    size_t length = (size_t)snprintf(text, sizeof text, HEAD CAMERA "    masks:\n");
    for (int i = 0; i <= SCRIM_AREAS_MAX; i++)
        length += (size_t)snprintf(text + length, sizeof text - length,
                                   "      - {x: 0, y: 0, width: 0.1, height: 0.1}\n");
    CHECK_INT(parse(text, &config, &error), SCRIM_EINVAL);
    CHECK(strstr(error.text, "scrim.yaml:8: camera 'quay': masks: number 65: "));
    CHECK(strstr(error.text, "at most 64"));
    length = (size_t)snprintf(text, sizeof text, HEAD CAMERA "    masks:\n      - points: [");
    for (int i = 0; i <= SCRIM_AREA_POINTS_MAX; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "[0.%03d, 0.1],", i);
    snprintf(text + length, sizeof text - length, "[0, 0]]\n");
    CHECK_INT(parse(text, &config, &error), SCRIM_EINVAL);
    CHECK(strstr(error.text, "more than 64 points"));
}

static void what_is_wrong_is_named_with_its_line(void)
{
    static const struct {
        const char *text, *start, *word;
    } cases[] = {
        {"", "scrim.yaml:1:", "empty"},
        {"id: [", "scrim.yaml:", ""},
        {"\x01", "scrim.yaml:", ""},
        {HEAD "  []\ncolour: red\n", "scrim.yaml:6:", "colour"},
        {HEAD CAMERA "    zoom: 3\n", "scrim.yaml:8:", "zoom"},
        {HEAD CAMERA "    retention_hours: -1\n", "scrim.yaml:8: retention_hours: ", "-1"},
        {HEAD CAMERA "    transport: pigeon\n", "scrim.yaml:8: transport: ", "pigeon"},
        {HEAD CAMERA "    masks: 3\n", "scrim.yaml:8: masks: ", "SEQUENCE"},
        {HEAD "  - id: quay\n    purpose: x\n", "scrim.yaml:6: Missing", "main"},
        {HEAD CAMERA "    retention_hours: 100\n", "scrim.yaml:8:", "retention_reason"},
        {HEAD CAMERA "    audio_reason: \"\"\n", "scrim.yaml:8:", "20 characters"},
        {HEAD CAMERA "    audio_reason: because we want to\n", "scrim.yaml:8:", "leave it out"},
        {HEAD CAMERA "    audio_reason: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
         "scrim.yaml:8:", "words"},
        {HEAD CAMERA "    audio_reason: a b - - - - - - - - - - - - - -\n",
         "scrim.yaml:8:", "words"},
        {HEAD CAMERA "    retention_hours: 99999999\n", "scrim.yaml:8:", "87600"},
        {HEAD CAMERA "    transport: pigeon\n", "scrim.yaml:8:", "pigeon"},
        {HEAD CAMERA "    user: admin\n", "scrim.yaml:8:", "password_file"},
        {HEAD CAMERA "    password_file: p\n", "scrim.yaml:8:", "user"},
        {HEAD CAMERA "    sub: http://x/\n", "scrim.yaml:8:", "rtsp://"},
        {HEAD CAMERA "    sub: rtsp://u:p@x/\n", "scrim.yaml:8:", "password_file"},
        {HEAD CAMERA "    sub: rtsp:///x\n", "scrim.yaml:8:", "host"},
        {HEAD CAMERA "    masks: [{x: 0.5, y: 0, width: 0.6, height: 1}]\n",
         "scrim.yaml:8:", "inside"},
        {HEAD CAMERA "    masks: [{x: 0.5, y: 0, width: 0, height: 1}]\n",
         "scrim.yaml:8: camera 'quay': masks: number 1: ", "more than 0"},
        {HEAD CAMERA "    masks:\n      - {name: hut, points: [[0, 0], [1, 0]]}\n",
         "scrim.yaml:8: camera 'quay': masks: number 1 ('hut'): ", "3 points"},
        {HEAD CAMERA "    masks: [{points: [[0, 0], [1, 0], [1, 1.5]]}]\n",
         "scrim.yaml:8:", "point 3 (1, 1.5) lies outside the picture"},
        {HEAD CAMERA "    masks: [{points: [[0, 0], [1, 0], [1]]}]\n", "scrim.yaml:8:", ""},
        {HEAD CAMERA "    masks: [{points: [[0, 0], [.nan, 0], [1, 1]]}]\n", "scrim.yaml:8:", ""},
        {HEAD CAMERA "    masks: [{points: [[0, 0], [1, 1], [1, 0], [0, 1]]}]\n",
         "scrim.yaml:8:", "crosses or touches itself"},
        {HEAD CAMERA "    masks: [{x: 0.1, y: 0.1, width: 0.1, height: 0.1, points: [[0, 0]]}]\n",
         "scrim.yaml:8:", "either points"},
        {HEAD CAMERA "    zones: [{x: 0, y: 0, width: 1, height: 1}]\n",
         "scrim.yaml:8:", "needs a name"},
        {HEAD CAMERA "    lines: [{name: gate, x: 0, y: 0, width: 1, height: 1}]\n",
         "scrim.yaml:8:", "by its points"},
        {HEAD CAMERA "    zones: [{name: Yard, x: 0, y: 0, width: 1, height: 1}]\n",
         "scrim.yaml:8:", "a-z"},
        {HEAD CAMERA "    masks: [{name: a, x: 0, y: 0, width: 1, height: 1}]\n"
                     "    zones: [{name: a, x: 0, y: 0, width: 1, height: 1}]\n",
         "scrim.yaml:9: camera 'quay': zones: number 1 ('a'): ", "this name"},
        {HEAD CAMERA "    record: everything\n", "scrim.yaml:8: record: ", "everything"},
        {HEAD CAMERA "    record: redacted\n    audio_reason: the guards agreed to it in writing\n",
         "scrim.yaml:9:", "with the original"},
        {HEAD CAMERA CAMERA, "scrim.yaml:8:", "two cameras"},
        {HEAD "  - id: Quay\n    main: rtsp://a/\n    purpose: p\n", "scrim.yaml:5:", "a-z"},
        {HEAD "  - id: quay\n    purpose: p\n", "scrim.yaml:", "main"},
        {DISKS("{id: bay1, path: srv}", "{id: b, path: /b}"), "scrim.yaml:5:", "absolute"},
        {DISKS("{id: bay1, path: /srv/}", "{id: b, path: /b}"), "scrim.yaml:5:", "absolute"},
        {DISKS("{id: bay1, path: /}", "{id: b, path: /b}"), "scrim.yaml:", "absolute"},
        {DISKS("{id: bay1, path: /a/../b}", "{id: b, path: /b}"), "scrim.yaml:5:", "absolute"},
        {DISKS("{id: Bay, path: /a}", "{id: b, path: /b}"), "scrim.yaml:5:", "a-z"},
        {DISKS("{id: bay1, path: /a}", "{id: bay1, path: /b}"), "scrim.yaml:6:", "two disks"},
        {DISKS("{id: bay1, path: /a}", "{id: bay2, path: /a}"), "scrim.yaml:", "another's"},
        {DISKS("{id: bay1, path: /a/b}", "{id: bay2, path: /a}"), "scrim.yaml:", "another's"},
        {DISKS("{id: bay1}", "{id: b, path: /b}"), "scrim.yaml:5:", "path"},
        {"id: s\nname: S\nlisten: 8443\ncameras: []\n", "scrim.yaml:3:", "ADDRESS:PORT"},
        {"id: s\nname: S\nlisten: a:0\ncameras: []\n", "scrim.yaml:3:", "ADDRESS:PORT"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_site_config *config = NULL;
        struct scrim_error error = {0};
        const int result = parse(cases[i].text, &config, &error);
        if (result != SCRIM_EINVAL || strncmp(error.text, cases[i].start, strlen(cases[i].start)) ||
            !strstr(error.text, cases[i].word)) {
            printf("  case %zu: %d \"%s\"\n", i, result, error.text);
            test_failures++;
        }
        if (result >= 0)
            scrim_site_config_free(config);
    }
}

static void a_password_comes_from_its_file(void)
{
    char dir[256], path[SCRIM_PATH_MAX];
    test_make_dir(dir);
    struct scrim_error error = {0};
    static const char text[] = HEAD CAMERA "    user: u\n    password_file: pw\n";
    REQUIRE(scrim_path_join(path, dir, "scrim.yaml") == SCRIM_OK);
    REQUIRE(scrim_fs_create(path, text, sizeof text - 1, 0600, &error) == SCRIM_OK);
    struct scrim_site site;
    REQUIRE(scrim_site_load(dir, &site, &error) == SCRIM_OK);

    struct scrim_buf password;
    CHECK_INT(scrim_camera_password(&site, scrim_site_camera(&site, "quay"), &password, &error),
              SCRIM_ENOENT);
    CHECK(strstr(error.text, "quay") && strstr(error.text, "pw"));
    REQUIRE(scrim_path_join(path, dir, "pw") == SCRIM_OK);
    REQUIRE(scrim_fs_create(path, "s3cret\n", 7, 0600, &error) == SCRIM_OK);
    REQUIRE(scrim_camera_password(&site, scrim_site_camera(&site, "quay"), &password, &error) ==
            SCRIM_OK);
    CHECK(password.len == 6 && memcmp(password.data, "s3cret", 6) == 0);
    scrim_buf_finish_wipe(&password);
    scrim_site_finish(&site);
    test_remove_dir(dir);
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){
            {"the template is valid", the_template_is_valid},
            {"defaults are filled", defaults_are_filled},
            {"disks have ids and places of their own", disks},
            {"break-glass names who may, and why", break_glass},
            {"areas are polygons", areas_are_polygons},
            {"too many areas", too_many_areas},
            {"what is wrong is named with its line", what_is_wrong_is_named_with_its_line},
            {"a password comes from its file", a_password_comes_from_its_file},
            {0}});
}
