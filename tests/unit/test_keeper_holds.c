// Legal holds: the file, what a hold keeps, and that nobody destroys while one is being placed.
#include "keeper_kit.h"
#include "test.h"

#include <errno.h>
#include <sys/file.h>

#define PLACE(id, from, to, until)                                                    \
    "{\"v\":1,\"hold\":" id ",\"camera\":\"quay\",\"from_us\":" from ",\"to_us\":" to \
    ",\"until_us\":" until ",\"at_us\":5,\"who\":\"ada\",\"reason\":\"court\"}\n"
#define RELEASE(id) "{\"v\":1,\"release\":" id ",\"at_us\":7,\"who\":\"ben\",\"reason\":\"over\"}\n"

static int parse(const char *text, struct scrim_holds *ret)
{
    struct scrim_error error;
    return scrim_holds_parse("test", text, strlen(text), ret, &error);
}

static void good(void)
{
    struct scrim_holds holds;
    REQUIRE(parse(PLACE("1", "10", "20", "0") PLACE("2", "30", "40", "99") RELEASE("1"), &holds) ==
            SCRIM_OK);
    CHECK_INT(holds.count, 2);
    CHECK_INT(holds.list[1].id, 2);
    CHECK_INT(holds.list[0].released_us, 7);
    CHECK_TEXT(holds.list[0].release_reason, "over");
    CHECK(!scrim_hold_active(&holds.list[0], 8));
    CHECK(scrim_hold_active(&holds.list[1], 98));
    CHECK(!scrim_hold_active(&holds.list[1], 99));
    CHECK(scrim_holds_by_id(&holds, 2) == &holds.list[1]);
    CHECK(!scrim_holds_by_id(&holds, 0) && !scrim_holds_by_id(&holds, 3));
    scrim_holds_finish(&holds);
    CHECK_INT(parse("", &holds), SCRIM_OK);
    scrim_holds_finish(&holds);
}

static void bad(void)
{
    static const char *const texts[] = {
        "\n",
        "{}\n",
        PLACE("2", "10", "20", "0"),
        PLACE("1", "20", "20", "0"),
        PLACE("1", "-1", "20", "0"),
        PLACE("1", "10", "20", "0") PLACE("1", "10", "20", "0"),
        PLACE("1", "10", "20", "0") RELEASE("2"),
        PLACE("1", "10", "20", "0") RELEASE("0"),
        PLACE("1", "10", "20", "0") RELEASE("1") RELEASE("1"),
        PLACE("1", "10", "20", "0") "{\"v\":1",
        "{\"v\":1,\"hold\":1,\"camera\":\"../x\",\"from_us\":1,\"to_us\":2,\"until_us\":0,"
        "\"at_us\":5,\"who\":\"a\",\"reason\":\"b\"}\n",
        "{\"v\":1,\"hold\":1,\"camera\":\"quay\",\"from_us\":1,\"to_us\":2,\"until_us\":0,"
        "\"at_us\":5,\"who\":\"a\",\"reason\":\"\"}\n",
    };
    struct scrim_holds holds;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const int result = parse(texts[i], &holds);
        if (result != SCRIM_EFORMAT)
            printf("  case %zu\n", i);
        CHECK_INT(result, SCRIM_EFORMAT);
    }
}

// Whole hours, and the hour before where a segment may reach over.
static void hours(void)
{
    struct scrim_holds holds = {(struct scrim_hold[1]){{.id = 1, .camera = "quay"}}, 1};
    struct scrim_hold *hold = &holds.list[0];
    const uint64_t ten = scrim_hour_of(FIXTURE_START_US);
    hold->from_us = FIXTURE_START_US + 600 * SCRIM_SECOND;
    hold->to_us = FIXTURE_START_US + 700 * SCRIM_SECOND;
    CHECK(!scrim_holds_find(&holds, "quay", ten - 1, ten - 1, 0));
    CHECK(scrim_holds_find(&holds, "quay", ten, ten, 0) == hold);
    CHECK(scrim_holds_find(&holds, "quay", ten - 5, ten + 5, 0) == hold);
    CHECK(!scrim_holds_find(&holds, "quay", ten + 1, ten + 9, 0));
    CHECK(!scrim_holds_find(&holds, "gate", ten, ten, 0));
    hold->from_us = FIXTURE_START_US;
    hold->to_us = FIXTURE_START_US + HOUR_US;
    CHECK(scrim_holds_find(&holds, "quay", ten - 1, ten - 1, 0) == hold);
    CHECK(!scrim_holds_find(&holds, "quay", ten + 1, ten + 1, 0)); // its end is not part of it
    hold->from_us = 0;
    CHECK(scrim_holds_find(&holds, "quay", 0, 0, 0) == hold);
}

static void place_and_release(void)
{
    struct kit k;
    struct scrim_holds holds;
    struct scrim_error error;
    uint64_t id = 0;
    kit_begin(&k, 0);
    kit_hold(&k, "quay", 10, 20, &id);
    CHECK_INT(id, 1);
    kit_hold(&k, "gate", 10, 20, &id);
    CHECK_INT(id, 2);
    CHECK_INT(scrim_holds_release(k.f.dir, 3, "ben", "over", &error), SCRIM_ENOENT);
    CHECK_INT(scrim_holds_release(k.f.dir, 1, "ben", "a \"quote\"\n", &error), SCRIM_OK);
    CHECK_INT(scrim_holds_release(k.f.dir, 1, "ben", "again", &error), SCRIM_EEXIST);
    REQUIRE(scrim_holds_load(k.f.dir, &holds, &error) == SCRIM_OK);
    CHECK_INT(holds.count, 2);
    CHECK_TEXT(holds.list[0].release_reason, "a \"quote\"\n");
    CHECK_TEXT(holds.list[1].camera, "gate");
    scrim_holds_finish(&holds);
    // What could not be read again is not written.
    struct scrim_hold hold = {
        .camera = "quay", .from_us = 5, .to_us = 5, .who = "a", .reason = "b"};
    CHECK_INT(scrim_holds_place(k.f.dir, &hold, NULL, &error), SCRIM_EFORMAT);
    REQUIRE(scrim_holds_load(k.f.dir, &holds, &error) == SCRIM_OK);
    CHECK_INT(holds.count, 2);
    scrim_holds_finish(&holds);
    kit_end(&k);
}

struct failing {
    unsigned at, seen;
};

static int fail_one(void *context, enum scrim_fault_op op, const char *what)
{
    struct failing *failing = context;
    (void)op;
    return what && strstr(what, "holds") && failing->seen++ == failing->at ? EIO : 0;
}

// Whatever fails, a hold is there or it is not, and the one before is.
static void faults(void)
{
    struct kit k;
    struct scrim_error error;
    unsigned succeeded = 0;
    kit_begin(&k, 0);
    kit_hold(&k, "quay", 10, 20, NULL);
    for (unsigned at = 0; at < 12; at++) {
        struct failing failing = {at, 0};
        const struct scrim_hold hold = {
            .camera = "gate", .from_us = 1, .to_us = 2, .who = "a", .reason = "b"};
        struct scrim_holds holds;
        uint64_t id = 0;
        scrim_fault_set(fail_one, &failing);
        const int result = scrim_holds_place(k.f.dir, &hold, &id, &error);
        scrim_fault_set(NULL, NULL);
        REQUIRE(scrim_holds_load(k.f.dir, &holds, &error) == SCRIM_OK);
        CHECK(holds.count >= 1 && holds.list[0].to_us == 20);
        if (result >= 0) {
            succeeded++;
            CHECK_INT(holds.count, id);
        }
        scrim_holds_finish(&holds);
    }
    CHECK(succeeded > 0 && succeeded < 12);
    kit_end(&k);
}

static void guard(void)
{
    struct kit k;
    struct scrim_holds_guard *g = NULL;
    const struct scrim_holds *holds = NULL;
    struct scrim_error error;
    char path[SCRIM_PATH_MAX];
    kit_begin(&k, 0);
    REQUIRE(scrim_holds_guard_create(k.f.dir, &g, &error) == SCRIM_OK);
    REQUIRE(scrim_holds_begin(g, &holds, &error) == SCRIM_OK);
    CHECK_INT(holds->count, 0);
    scrim_holds_end(g);
    kit_hold(&k, "quay", 10, 20, NULL);
    REQUIRE(scrim_holds_begin(g, &holds, &error) == SCRIM_OK);
    CHECK_INT(holds->count, 1);
    scrim_holds_end(g);
    // Somebody is placing one.
    fixture_path(&k.f, "state/holds/lock", path);
    const int fd = open(path, O_RDONLY);
    CHECK_INT(flock(fd, LOCK_EX), 0);
    CHECK_INT(scrim_holds_begin(g, &holds, &error), SCRIM_EBUSY);
    close(fd);
    // A file that is not understood means that nothing is known, each time.
    fixture_path(&k.f, "state/holds/list", path);
    CHECK_INT(scrim_fs_replace(path, "?\n", 2, 0600, &error), SCRIM_OK);
    CHECK_INT(scrim_holds_begin(g, &holds, &error), SCRIM_EFORMAT);
    CHECK_INT(scrim_holds_begin(g, &holds, &error), SCRIM_EFORMAT);
    CHECK_INT(unlink(path), 0);
    CHECK_INT(scrim_holds_begin(g, &holds, &error), SCRIM_OK);
    scrim_holds_end(g);
    scrim_holds_guard_destroy(g);
    kit_end(&k);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"a file of holds", good},
                                    {"what is no hold", bad},
                                    {"the hours a hold keeps", hours},
                                    {"placing and releasing", place_and_release},
                                    {"faults", faults},
                                    {"the guard", guard},
                                    {0}});
}
