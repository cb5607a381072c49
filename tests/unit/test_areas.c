// Areas of a camera: shapes that are refused, the text of drawn areas, their file.
#include "site/area_set.h"

#include "test.h"

#define WHOLE "{\"v\":1,\"revision\":3,\"areas\":["
#define TRIANGLE "\"points\":[[0.1,0.1],[0.9,0.1],[0.5,0.12345]]"

static int parse(const char *text, struct scrim_area *ret, struct scrim_error *error)
{
    return scrim_area_parse("area", text, strlen(text), ret, error);
}

static void what_is_wrong_is_named(void)
{
    static const struct {
        const char *text, *word;
    } cases[] = {
        {"", "kind"},
        {"[]", "kind"},
        {"{\"kind\":\"mask\"," TRIANGLE ",\"more\":1}", "it must be"},
        {"{\"kind\":\"blur\"," TRIANGLE "}", "kind must be"},
        {"{\"kind\":3," TRIANGLE "}", "kind must be"},
        {"{\"kind\":\"mask\",\"points\":3}", "points must be"},
        {"{\"kind\":\"mask\",\"points\":[[0,0],[1,0]]}", "needs 3 points or more, has 2"},
        {"{\"kind\":\"line\",\"points\":[[0,0]]}", "needs 2 points or more, has 1"},
        {"{\"kind\":\"mask\",\"points\":[[0,0],[1,0],[1]]}", "point 3 is not"},
        {"{\"kind\":\"mask\",\"points\":[[0,0],[1,0],[\"1\",1]]}", "point 3 is not"},
        {"{\"kind\":\"mask\",\"points\":[[0,0],[1.2,0],[1,1]]}",
         "point 2 (1.2, 0) lies outside the picture"},
        {"{\"kind\":\"mask\",\"points\":[[0,0],[1,-0.1],[1,1]]}", "point 2 (1, -0.1) lies outside"},
        {"{\"kind\":\"mask\",\"points\":[[0,0],[1,0],[1,0],[1,1]]}",
         "point 3 is the same as point 2"},
        {"{\"kind\":\"mask\",\"points\":[[0,0],[1,0],[1,1],[0,0]]}",
         "point 1 is the same as point 4"},
        {"{\"kind\":\"line\",\"points\":[[0,0],[0,0]]}", "point 2 is the same as point 1"},
        {"{\"kind\":\"mask\",\"points\":[[0,0],[1,1],[1,0],[0,1]]}",
         "crosses or touches itself: the edge from point 1 to 2 and the edge from point 3 to 4"},
        {"{\"kind\":\"mask\",\"points\":[[0,0],[1,0],[1,1],[0.5,0],[0,1]]}", "touches itself"},
        {"{\"kind\":\"mask\",\"points\":[[0,0],[0.5,0],[1,0]]}", "leads back over itself"},
        {"{\"kind\":\"zone\",\"points\":[[0,0],[1,0],[0.5,0],[0.5,1]]}",
         "leads back over itself at point 2"},
        {"{\"kind\":\"mask\",\"points\":[[0.1,0.1],[0.100001,0.1],[0.5,0.5]]}",
         "point 2 is the same"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_area area;
        struct scrim_error error = {0};
        CHECK_INT(parse(cases[i].text, &area, &error), SCRIM_EINVAL);
        if (!strstr(error.text, cases[i].word))
            printf("  %s: %s\n", cases[i].text, error.text);
        CHECK(strstr(error.text, cases[i].word));
    }
}

static void names(void)
{
    static const char text[] = "{\"kind\":\"mask\"," TRIANGLE "}";
    static const struct {
        const char *name;
        bool good;
    } cases[] = {{"garden", true},
                 {"g-2", true},
                 {"abcdefghijklmnopqrstuvwxyz01234", true},
                 {"abcdefghijklmnopqrstuvwxyz012345", false},
                 {"", false},
                 {"-a", false},
                 {"A", false},
                 {"a b", false},
                 {"\xc3\xa4", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_area area;
        const int result = scrim_area_parse(cases[i].name, text, strlen(text), &area, NULL);
        CHECK_INT(result, cases[i].good ? SCRIM_OK : SCRIM_EINVAL);
    }
}

static void points_have_five_decimals(void)
{
    struct scrim_area area;
    struct scrim_buf text;
    REQUIRE(parse("{\"kind\":\"line\",\"points\":[[0,1],[0.3,0.123456],[1e-5,1.0],[0.1,0.07]]}",
                  &area, NULL) == SCRIM_OK);
    scrim_buf_init(&text, 1000);
    REQUIRE(scrim_area_format_points(&area, &text) == SCRIM_OK);
    REQUIRE(scrim_buf_append_u8(&text, 0) >= 0);
    CHECK_TEXT((char *)text.data, "[[0,1],[0.3,0.12346],[0.00001,1],[0.1,0.07]]");
    scrim_buf_finish(&text);
}

static void sets_are_strict(void)
{
    static const struct {
        const char *text, *word; // NULL: it is sound
    } cases[] = {
        {WHOLE "]}", NULL},
        {WHOLE "{\"kind\":\"mask\",\"name\":\"a\"," TRIANGLE "}]}", NULL},
        {WHOLE "{\"kind\":\"mask\",\"name\":\"a\"," TRIANGLE
               "},{\"kind\":\"zone\",\"name\":\"a\"," TRIANGLE "}]}",
         "area 2: another one has the name 'a'"},
        {WHOLE "{\"kind\":\"mask\"," TRIANGLE "}]}", "area 1: it must have"},
        {WHOLE "{\"kind\":\"mask\",\"name\":\"a\"," TRIANGLE ",\"x\":1}]}", "area 1: it must have"},
        {WHOLE "{\"kind\":\"mask\",\"name\":\"a\",\"points\":[]}]}", "area 1: needs 3 points"},
        {"{\"v\":2,\"revision\":3,\"areas\":[]}", "another version"},
        {"{\"v\":1,\"revision\":-1,\"areas\":[]}", "revision"},
        {"{\"v\":1,\"revision\":1.5,\"areas\":[]}", "no list"},
        {"{\"v\":1,\"areas\":[]}", "no list"},
        {"{\"v\":1,\"revision\":3,\"areas\":[]", "line 1"},
        {"{\"v\":1,\"v\":1,\"revision\":3,\"areas\":[]}", "line 1"},
        {"", "line"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct scrim_area_set set;
        struct scrim_error error = {0};
        const int result = scrim_area_set_parse(cases[i].text, strlen(cases[i].text), &set, &error);
        CHECK_INT(result, cases[i].word ? SCRIM_EFORMAT : SCRIM_OK);
        if (cases[i].word && !strstr(error.text, cases[i].word)) {
            printf("  %s\n", error.text);
            CHECK(false);
        }
    }
}

// All areas with all points: it must fit where it is read.
static void the_largest_set_fits(void)
{
    static struct scrim_area_set set, again;
    struct scrim_buf text;
    set = (struct scrim_area_set){.revision = 1ULL << 52, .count = SCRIM_AREAS_MAX};
    for (unsigned i = 0; i < set.count; i++) {
        struct scrim_area *area = &set.list[i];
        area->kind = SCRIM_AREA_MASK;
        snprintf(area->name, sizeof area->name, "abcdefghijklmnopqrstuvwxyz-%02u", i % 100);
        area->count = SCRIM_AREA_POINTS_MAX;
        for (int k = 0; k < SCRIM_AREA_POINTS_MAX; k++) // there and back, a saw
            area->points[k] = k < 32 ? (struct scrim_point){11111 + 2002 * k, 22222 - k % 2}
                                     : (struct scrim_point){11111 + 2002 * (63 - k), 99998 - k % 2};
    }
    scrim_buf_init(&text, SCRIM_AREA_SET_BYTES);
    REQUIRE(scrim_area_set_format(&set, &text) == SCRIM_OK);
    struct scrim_error error = {0};
    CHECK_INT(scrim_area_set_parse(text.data, text.len, &again, &error), SCRIM_OK);
    CHECK(memcmp(&set, &again, sizeof set) == 0);
    scrim_buf_finish(&text);
}

static void files(void)
{
    static struct scrim_area_set set, again;
    char dir[256], path[SCRIM_PATH_MAX];
    struct scrim_error error = {0};
    test_make_dir(dir);
    REQUIRE(scrim_area_set_path(dir, "quay", path) == SCRIM_OK);
    CHECK_INT(scrim_area_set_load(dir, "quay", &set, &error), SCRIM_OK); // no file: nothing drawn
    CHECK_INT(set.count + set.revision, 0);

    char below[SCRIM_PATH_MAX];
    REQUIRE(scrim_path_join(below, dir, SCRIM_AREAS_DIR) == SCRIM_OK);
    REQUIRE(scrim_fs_make_dirs(below, 0700, &error) >= 0);
    set.revision = 7;
    set.count = 1;
    REQUIRE(scrim_area_parse("garden", "{\"kind\":\"mask\"," TRIANGLE "}",
                             strlen("{\"kind\":\"mask\"," TRIANGLE "}"), &set.list[0],
                             &error) >= 0);
    REQUIRE(scrim_area_set_save(dir, "quay", &set, &error) >= 0);
    CHECK_INT(scrim_area_set_load(dir, "quay", &again, &error), SCRIM_OK);
    CHECK_INT(again.revision, 7);
    CHECK(again.count == 1 && scrim_area_same(&again.list[0], &set.list[0]));
    CHECK(scrim_area_find(again.list, again.count, "garden") == &again.list[0]);
    CHECK(!scrim_area_find(again.list, again.count, "gate"));

    REQUIRE(scrim_fs_replace(path, "{\"v\":1", 6, 0600, &error) >= 0);
    CHECK_INT(scrim_area_set_load(dir, "quay", &again, &error), SCRIM_EFORMAT);
    CHECK(strstr(error.text, "state/areas/quay.json: line 1"));
    test_remove_dir(dir);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"what is wrong is named", what_is_wrong_is_named},
                                    {"names", names},
                                    {"points have five decimals", points_have_five_decimals},
                                    {"sets are strict", sets_are_strict},
                                    {"the largest set fits", the_largest_set_fits},
                                    {"files", files},
                                    {0}});
}
