// The desk's log of acts: chained, signed with the desk's own key, whole after a crash.
#include "store/act_log.h"

#include "test.h"

#include <sodium.h>

#include <sys/stat.h>

static void open_log(const char *dir, struct scrim_act_log **ret)
{
    struct scrim_error error = {0};
    const int result = scrim_act_log_open(dir, "port", &scrim_log_of_acts, ret, &error);
    if (result < 0)
        printf("  %s\n", error.text);
    REQUIRE(result == SCRIM_OK);
}

static void read_log(const char *dir, struct scrim_buf *ret)
{
    char path[SCRIM_PATH_MAX];
    REQUIRE(scrim_path_join(path, dir, SCRIM_ACT_LOG) >= 0);
    scrim_buf_init(ret, 1U << 20);
    REQUIRE(scrim_fs_read(path, ret, NULL) >= 0);
}

// Every line verifies, and continues the one before. Returns how many there are.
static unsigned verify(const char *dir)
{
    uint8_t public_key[32], expected[32], prev[32];
    struct scrim_record record;
    struct scrim_buf content;
    struct scrim_error error = {0};
    const char *line;
    size_t length;
    unsigned count = 0;
    CHECK_INT(scrim_log_public_load(dir, SCRIM_LOG_OF_DESK, public_key, &error), SCRIM_OK);
    scrim_journal_genesis("port", SCRIM_ACT_GENESIS, expected);
    read_log(dir, &content);
    struct scrim_reader reader = scrim_reader_of(content.data, content.len);
    while (scrim_read_line(&reader, &line, &length)) {
        CHECK_INT(scrim_journal_parse(line, length, public_key, &record, prev, &error), SCRIM_OK);
        CHECK_INT(record.type, SCRIM_RECORD_CHANGE);
        CHECK_INT(record.seq, count);
        CHECK(memcmp(prev, expected, 32) == 0);
        scrim_journal_line_hash(line, length, expected);
        count++;
    }
    CHECK_INT(reader.left, 0);
    scrim_buf_finish(&content);
    return count;
}

static void goes_on_over_restarts(void)
{
    char dir[256], path[SCRIM_PATH_MAX];
    struct scrim_act_log *log = NULL;
    uint64_t seq;
    struct scrim_error error = {0};
    struct stat info;
    test_make_dir(dir);
    REQUIRE(scrim_path_join(path, dir, "state/keys") >= 0);
    REQUIRE(scrim_fs_make_dirs(path, 0700, &error) >= 0);
    for (unsigned start = 0; start < 3; start++) {
        open_log(dir, &log);
        CHECK_INT(scrim_act_log_append(log, "quay", "{\"event\":\"area\"}", &seq, &error),
                  SCRIM_OK);
        CHECK_INT(scrim_act_log_append(log, "gate", "{\"event\":\"area\"}", &seq, &error),
                  SCRIM_OK);
        scrim_act_log_close(log);
        CHECK_INT(verify(dir), 2 * start + 2);
    }
    REQUIRE(scrim_path_join(path, dir, "state/keys/desk.key") >= 0);
    REQUIRE(stat(path, &info) == 0);
    CHECK_INT(info.st_mode & 0777, 0600);
    test_remove_dir(dir);
}

static void a_torn_line_is_cut_off(void)
{
    char dir[256], path[SCRIM_PATH_MAX];
    struct scrim_act_log *log = NULL;
    uint64_t seq;
    struct scrim_error error = {0};
    struct scrim_buf content;
    test_make_dir(dir);
    REQUIRE(scrim_path_join(path, dir, "state/keys") >= 0);
    REQUIRE(scrim_fs_make_dirs(path, 0700, &error) >= 0);
    open_log(dir, &log);
    CHECK_INT(scrim_act_log_append(log, "quay", "{\"n\":1}", &seq, &error), SCRIM_OK);
    CHECK_INT(scrim_act_log_append(log, "quay", "{\"n\":2}", &seq, &error), SCRIM_OK);
    scrim_act_log_close(log);
    read_log(dir, &content);
    REQUIRE(scrim_path_join(path, dir, SCRIM_ACT_LOG) >= 0);
    REQUIRE(truncate(path, (off_t)content.len - 7) == 0);
    scrim_buf_finish(&content);

    // The public half was lost in the same crash: it is made again.
    char public_key[SCRIM_PATH_MAX];
    REQUIRE(scrim_path_join(public_key, dir, "state/keys/desk.pub") >= 0);
    REQUIRE(unlink(public_key) == 0);
    open_log(dir, &log);
    CHECK_INT(verify(dir), 1);
    CHECK_INT(scrim_act_log_append(log, "quay", "{\"n\":3}", &seq, &error), SCRIM_OK);
    scrim_act_log_close(log);
    CHECK_INT(verify(dir), 2);
    test_remove_dir(dir);
}

static void too_long_a_change_is_refused(void)
{
    static char json[SCRIM_RECORD_JSON + 10];
    char dir[256], path[SCRIM_PATH_MAX];
    struct scrim_act_log *log = NULL;
    uint64_t seq;
    struct scrim_error error = {0};
    test_make_dir(dir);
    REQUIRE(scrim_path_join(path, dir, "state/keys") >= 0);
    REQUIRE(scrim_fs_make_dirs(path, 0700, &error) >= 0);
    open_log(dir, &log);
    memset(json, 'x', sizeof json - 1);
    memcpy(json, "{\"n\":\"", 6);
    json[SCRIM_RECORD_JSON] = '\0';
    CHECK_INT(scrim_act_log_append(log, "quay", json, &seq, &error), SCRIM_EINVAL);
    memcpy(json + SCRIM_RECORD_JSON - 3, "\"}", 3); // the longest that fits
    CHECK_INT(scrim_act_log_append(log, "quay", json, &seq, &error), SCRIM_OK);
    CHECK_INT(verify(dir), 1);
    scrim_act_log_close(log);
    test_remove_dir(dir);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(argc, argv,
                    (struct test[]){{"goes on over restarts", goes_on_over_restarts},
                                    {"a torn line is cut off", a_torn_line_is_cut_off},
                                    {"too long a change is refused", too_long_a_change_is_refused},
                                    {0}});
}
