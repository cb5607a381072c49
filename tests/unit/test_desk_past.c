// Films of the archive, exports, coarse timelines, the log of acts, and their failures.
#include "desk_film.h"

#include "base/alloc.h"
#include "base/fault.h"
#include "desk/acts.h"
#include "desk/export_film.h"
#include "desk/export_store.h"
#include "desk/film.h"
#include "desk/past.h"
#include "store/act_log.h"

#include <errno.h>
#include <sodium.h>
#include <sys/stat.h>

#define BEGIN_US INT64_C(1700000000000000)

static void made_dir(const char *dir, const char *below)
{
    char path[SCRIM_PATH_MAX];
    REQUIRE(scrim_path_join(path, dir, below) >= 0);
    REQUIRE(scrim_fs_make_dirs(path, 0700, NULL) >= 0);
}

// --- faults ---

struct fault {
    enum scrim_fault_op op;
    unsigned left; // until it strikes
    int code;
};

static int strike(void *context, enum scrim_fault_op op, const char *what)
{
    struct fault *fault = context;
    (void)what;
    if (op != fault->op)
        return 0;
    return fault->left-- == 0 ? fault->code : 0;
}

// --- films ---

static void film_is_read(void)
{
    char dir[256], path[SCRIM_PATH_MAX];
    struct scrim_film film;
    struct scrim_film_fragment fragment;
    struct scrim_error error = {0};
    test_make_dir(dir);
    REQUIRE(scrim_path_join(path, dir, "a.mp4") >= 0);
    film_save(path, BEGIN_US, 20, 35, 320);

    REQUIRE(scrim_film_open(&film, path, 0, &error) == SCRIM_OK);
    CHECK_INT(film.track.width, 320);
    CHECK_INT(film.track.height, 240);
    CHECK_TEXT(film.track.mime, "video/mp4; codecs=\"avc1.4d401f\"");
    unsigned count = 0;
    while (scrim_film_next(&film, &fragment, &error) >= 0) {
        CHECK_INT(fragment.head.samples[0].key, (20 + count) % 10 == 0);
        CHECK_INT(fragment.head.samples[0].size, FILM_FRAME_BYTES);
        CHECK_INT(fragment.head.from, (20 + count) * FILM_TIMESCALE / 10);
        count++;
    }
    CHECK_INT(error.code, SCRIM_EEND);
    CHECK_INT(count, 35);
    scrim_film_finish(&film);

    static const struct {
        int64_t at_us;
        unsigned key;
    } cases[] = {{0, 20},       {2000000, 20}, {2999999, 20}, {3000000, 30},
                 {4900000, 40}, {5300000, 50}, {99000000, 50}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        REQUIRE(scrim_film_open(&film, path, 0, &error) == SCRIM_OK);
        CHECK_INT(scrim_film_key_before(&film, cases[i].at_us, &fragment, &error), SCRIM_OK);
        CHECK_INT(fragment.head.from, cases[i].key * FILM_TIMESCALE / 10);
        scrim_film_finish(&film);
    }
    test_remove_dir(dir);
}

// Cut anywhere, it is read up to its last whole fragment, or refused.
static void torn_films(void)
{
    char dir[256], path[SCRIM_PATH_MAX];
    struct stat info;
    test_make_dir(dir);
    REQUIRE(scrim_path_join(path, dir, "a.mp4") >= 0);
    film_save(path, BEGIN_US, 0, 12, 320);
    REQUIRE(stat(path, &info) == 0);
    for (uint64_t size = 1; size < (uint64_t)info.st_size; size++) {
        struct scrim_film film;
        struct scrim_film_fragment fragment;
        struct scrim_error error = {0};
        unsigned count = 0;
        int result = scrim_film_open(&film, path, size, &error);
        while (result >= 0 && (result = scrim_film_next(&film, &fragment, &error)) >= 0)
            count++;
        CHECK(result == SCRIM_EEND || result == SCRIM_EFORMAT);
        CHECK(count < 12 && film.at <= size);
        scrim_film_finish(&film);
    }
    test_remove_dir(dir);
}

// --- exports ---

struct site {
    char dir[256];
    struct scrim_archive_file files[4];
    size_t count;
};

static void add_file(struct site *site, const char *name, int64_t at_us, unsigned first,
                     unsigned count, uint32_t width)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_archive_file *file = &site->files[site->count++];
    *file = (struct scrim_archive_file){.start_us = at_us,
                                        .end_us = at_us + count * FILM_FRAME_US,
                                        .first_pts_us = first * FILM_FRAME_US};
    snprintf(file->file, sizeof file->file, "2023-11-14/%s", name);
    REQUIRE(snprintf(path, sizeof path, "%s/veil/quay/%s", site->dir, file->file) > 0);
    film_save(path, at_us, first, count, width);
}

static void make_site(struct site *site)
{
    *site = (struct site){0};
    test_make_dir(site->dir);
    made_dir(site->dir, "veil/quay/2023-11-14");
    made_dir(site->dir, "exports");
    add_file(site, "221320.mp4", BEGIN_US, 0, 100, 320);
    add_file(site, "221330.mp4", BEGIN_US + 10 * SCRIM_SECOND, 100, 50, 320);
    add_file(site, "221345.mp4", BEGIN_US + 25 * SCRIM_SECOND, 150, 50, 320); // 10 s are missing
}

static struct export_plan plan_of(struct site *site, int64_t from_us, int64_t to_us)
{
    return (struct export_plan){.dir = site->dir,
                                .camera = "quay",
                                .from_us = BEGIN_US + from_us,
                                .to_us = BEGIN_US + to_us,
                                .files = site->files,
                                .files_count = site->count,
                                .title = "A fall",
                                .comment = "Redacted.",
                                .author = "Port"};
}

static int make(const struct export_plan *plan, struct export_result *ret,
                struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    atomic_uint progress = 0;
    atomic_bool cancel = false;
    return export_store_path(plan->dir, "film", ".mp4", path) < 0
               ? SCRIM_EINVAL
               : export_make(plan, path, &progress, &cancel, ret, error);
}

static bool film_exists(const struct site *site)
{
    char path[SCRIM_PATH_MAX];
    return export_store_path(site->dir, "film", ".mp4", path) >= 0 && access(path, F_OK) == 0;
}

static void export_is_whole(void)
{
    struct site site;
    struct export_result *result = scrim_new(struct export_result);
    struct scrim_error error = {0};
    struct scrim_buf film;
    char path[SCRIM_PATH_MAX];
    make_site(&site);
    const struct export_plan plan = plan_of(&site, 8500000, 27050000);
    CHECK_INT(export_check(&plan, &error), SCRIM_OK);
    REQUIRE(make(&plan, result, &error) == SCRIM_OK);
    CHECK_INT(result->from_us, BEGIN_US + 8000000);
    CHECK_INT(result->to_us, BEGIN_US + 27100000);
    CHECK_INT(result->frames, 20 + 50 + 21);
    CHECK_INT(result->gaps_count, 1);
    CHECK_INT(result->gaps[0].from_us, BEGIN_US + 15000000);
    CHECK_INT(result->gaps[0].to_us, BEGIN_US + 25000000);

    REQUIRE(export_store_path(site.dir, "film", ".mp4", path) >= 0);
    scrim_buf_init(&film, 1U << 20);
    REQUIRE(scrim_fs_read(path, &film, NULL) >= 0);
    CHECK_INT(film.len, result->bytes);
    uint8_t hash[32];
    char hex[65];
    crypto_hash_sha256(hash, film.data, film.len);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    CHECK_TEXT(result->sha256, hex);
    // The pictures stand behind everything else, in their order, bit for bit.
    const uint8_t *data = film.data + film.len - result->frames * FILM_FRAME_BYTES;
    for (unsigned i = 0; i < result->frames; i++)
        for (unsigned k = 0; k < FILM_FRAME_BYTES; k++)
            CHECK_INT(data[i * FILM_FRAME_BYTES + k], (uint8_t)(80 + i + k));
    scrim_buf_finish(&film);
    free(result);
    test_remove_dir(site.dir);
}

static void export_refusals(void)
{
    struct site site;
    struct export_result *result = scrim_new(struct export_result);
    struct scrim_error error = {0};
    char path[SCRIM_PATH_MAX];
    make_site(&site);
    struct export_plan plan = plan_of(&site, 16000000, 24000000); // the gap
    CHECK_INT(make(&plan, result, &error), SCRIM_ENOENT);
    plan.files_count = 0;
    CHECK_INT(export_check(&plan, &error), SCRIM_ENOENT);

    add_file(&site, "221400.mp4", BEGIN_US + 40 * SCRIM_SECOND, 200, 20, 640);
    plan = plan_of(&site, 0, 60 * SCRIM_SECOND);
    CHECK_INT(export_check(&plan, &error), SCRIM_EFORMAT);
    CHECK_TEXT(error.text,
               "the picture changes its size or coding at 2023-11-14T22:14:00Z: make two "
               "films, from 2023-11-14T22:13:20Z to 2023-11-14T22:14:00Z and from "
               "2023-11-14T22:14:00Z to 2023-11-14T22:14:20Z");
    CHECK_INT(make(&plan, result, &error), SCRIM_EFORMAT);
    CHECK(!film_exists(&site));

    plan = plan_of(&site, 0, 30 * SCRIM_SECOND);
    plan.files_count = 3;
    REQUIRE(snprintf(path, sizeof path, "%s/veil/quay/%s", site.dir, site.files[1].file) > 0);
    REQUIRE(unlink(path) == 0); // retention
    CHECK_INT(make(&plan, result, &error), SCRIM_ENOENT);
    CHECK_TEXT(error.text, "its recordings have meanwhile come to the end of their retention");
    CHECK(!film_exists(&site));
    free(result);
    test_remove_dir(site.dir);
}

static void export_faults(void)
{
    static const enum scrim_fault_op ops[] = {SCRIM_FAULT_OPEN, SCRIM_FAULT_WRITE,
                                              SCRIM_FAULT_FSYNC};
    struct site site;
    struct export_result *result = scrim_new(struct export_result);
    make_site(&site);
    const struct export_plan plan = plan_of(&site, 0, 30 * SCRIM_SECOND);
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        int code = SCRIM_EIO;
        for (unsigned nth = 0; code < 0; nth++) {
            struct fault fault = {ops[i], nth, ENOSPC};
            struct scrim_error error = {0};
            scrim_fault_set(strike, &fault);
            code = make(&plan, result, &error);
            scrim_fault_set(NULL, NULL);
            CHECK(code >= 0 || (code == SCRIM_ENOSPACE && error.text[0]));
            CHECK_INT(film_exists(&site), code >= 0);
            REQUIRE(nth < 100);
        }
        char path[SCRIM_PATH_MAX];
        REQUIRE(export_store_path(site.dir, "film", ".mp4", path) >= 0);
        REQUIRE(unlink(path) == 0);
    }
    free(result);
    test_remove_dir(site.dir);
}

static void export_is_remembered(void)
{
    struct site site;
    struct scrim_export *export = scrim_new(struct scrim_export),
                        *again = scrim_new(struct scrim_export);
    struct scrim_error error = {0};
    char path[SCRIM_PATH_MAX];
    make_site(&site);
    *export = (struct scrim_export){.id = "0123456789abcdef",
                                    .camera = "quay",
                                    .name = "Sturz – \"1\"",
                                    .reason = "two\nlines",
                                    .who = "olga",
                                    .from_us = 5,
                                    .to_us = 6,
                                    .created_us = 7,
                                    .act = 8,
                                    .state = SCRIM_EXPORT_READY};
    export->film = (struct export_result){
        .from_us = 1, .to_us = 2, .frames = 3, .bytes = 4, .sha256 = "ab", .gaps_count = 1};
    export->film.gaps[0] = (struct scrim_span){11, 12};
    CHECK_INT(export_store_save(site.dir, export, &error), SCRIM_OK);
    REQUIRE(export_store_path(site.dir, export->id, ".json", path) >= 0);
    CHECK_INT(export_store_load(path, again, &error), SCRIM_OK);
    CHECK(memcmp(export, again, sizeof *export) == 0);
    CHECK_INT(truncate(path, 100), 0);
    CHECK_INT(export_store_load(path, again, &error), SCRIM_EFORMAT);
    CHECK_INT(export_store_remove(site.dir, export->id, &error), SCRIM_OK);
    CHECK_INT(export_store_load(path, again, &error), SCRIM_ENOENT);
    CHECK_INT(export_store_remove(site.dir, export->id, &error), SCRIM_OK);
    free(export);
    free(again);
    test_remove_dir(site.dir);
}

// --- timelines ---

static void coarse_timelines(void)
{
    struct scrim_span recorded[] = {{0, 10}, {15, 30}, {130, 140}};
    struct scrim_span unknown[] = {{5, 7}, {50, 52}, {110, 120}, {200, 450}};
    struct scrim_gap_span gaps[] = {
        {.from_us = 1, .to_us = 2, .cause = SCRIM_GAP_DISK},
        {.from_us = 20, .to_us = 60, .cause = SCRIM_GAP_NETWORK},
        {.from_us = 99, .to_us = 100, .cause = SCRIM_GAP_CLOCK},
        {.from_us = 150, .to_us = 151, .cause = SCRIM_GAP_CRASH},
        {.from_us = 160, .to_us = 600, .cause = SCRIM_GAP_CAMERA},
    };
    struct scrim_timeline timeline = {.recorded = recorded,
                                      .recorded_count = 3,
                                      .unknown = unknown,
                                      .unknown_count = 4,
                                      .gaps = gaps,
                                      .gaps_count = 5};
    scrim_timeline_coarsen(&timeline, 100);
    CHECK_INT(timeline.recorded_count, 2);
    CHECK_INT(recorded[0].to_us, 30);
    CHECK_INT(recorded[1].from_us, 130);
    CHECK_INT(timeline.unknown_count, 3); // a step's worth each, and the long one as it is
    CHECK_INT(unknown[0].to_us, 9);
    CHECK_INT(unknown[1].from_us, 110);
    CHECK_INT(unknown[2].to_us, 450);
    CHECK_INT(timeline.gaps_count, 3);
    CHECK_INT(gaps[0].to_us, 1 + 42);
    CHECK_INT(gaps[0].cause, SCRIM_GAP_NETWORK);
    CHECK_INT(gaps[1].from_us, 150);
    CHECK_INT(gaps[2].to_us, 600);
}

static void redacted_just_now(void)
{
    struct scrim_timeline timeline = {0};
    CHECK_INT(scrim_timeline_add_redacted(&timeline, (struct scrim_span){-5, 10}, 0, 100),
              SCRIM_OK);
    CHECK_INT(timeline.redacted[0].from_us, 0);
    CHECK_INT(scrim_timeline_add_redacted(&timeline, (struct scrim_span){10, 20}, 0, 100),
              SCRIM_OK);
    CHECK_INT(timeline.redacted_count, 1);
    CHECK_INT(timeline.redacted[0].to_us, 20);
    const int64_t later = 20 + 2 * SCRIM_INDEX_MERGE_US;
    const struct scrim_span far = {later, later + 500};
    CHECK_INT(scrim_timeline_add_redacted(&timeline, far, 0, later + 100), SCRIM_OK);
    CHECK_INT(scrim_timeline_add_redacted(&timeline, far, 0, later + 100), SCRIM_OK);
    CHECK_INT(timeline.redacted_count, 2);
    CHECK_INT(timeline.redacted[1].to_us, later + 100);
    CHECK_INT(scrim_timeline_add_redacted(&timeline, far, later + 500, later + 900), SCRIM_OK);
    CHECK_INT(timeline.redacted_count, 2);
    scrim_timeline_finish(&timeline);
}

static void queries(void)
{
    int64_t value;
    CHECK(past_parse_number("0", 0, 5, &value) && value == 0);
    CHECK(past_parse_number("5", 0, 5, &value) && value == 5);
    static const char *const wrong[] = {
        "", "-1", "+1", " 1", "1 ", "6", "1e3", "0x1", "9999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(!past_parse_number(wrong[i], 0, 5, &value));
    CHECK(!past_parse_number(NULL, 0, 5, &value));
    CHECK(past_parse_ms("4102444800000", &value));
    CHECK(!past_parse_ms("4102444800001", &value));
    CHECK(past_list_has(NULL, "quay"));
    CHECK(past_list_has("quay", "quay") && past_list_has("a,quay", "quay") &&
          past_list_has("quay,a", "quay"));
    CHECK(!past_list_has("", "quay") && !past_list_has("quay-2,aquay", "quay") &&
          !past_list_has(",,", "quay"));
}

// --- the log of acts ---

static struct scrim_acts *open_acts(const char *dir)
{
    struct scrim_acts *acts = NULL;
    struct scrim_error error = {0};
    if (scrim_acts_open(dir, "port", &acts, &error) < 0) {
        printf("  %s\n", error.text);
        exit(1);
    }
    return acts;
}

static size_t listed(struct scrim_acts *acts)
{
    json_t *list = NULL;
    struct scrim_error error = {0};
    CHECK_INT(scrim_acts_list(acts, 0, 100, &list, &error), SCRIM_OK);
    const size_t count = json_array_size(list);
    json_decref(list);
    return count;
}

static void acts_are_listed(void)
{
    char dir[256];
    uint64_t id = 99;
    struct scrim_error error = {0};
    json_t *list = NULL;
    test_make_dir(dir);
    made_dir(dir, "state/keys");
    struct scrim_acts *acts = open_acts(dir);
    const struct scrim_act one = {.who = "ada",
                                  .what = "user.add",
                                  .reason = "new \"colleague\"",
                                  .detail = "{\"name\":\"bo\"}"};
    CHECK_INT(scrim_acts_begin(acts, &one, &id, &error), SCRIM_OK);
    CHECK_INT(id, 0);
    scrim_acts_failed(acts, id, "no");
    const struct scrim_act two = {.what = "area.draw", .camera = "quay"};
    CHECK_INT(scrim_acts_begin(acts, &two, &id, &error), SCRIM_OK);
    CHECK_INT(scrim_acts_done(acts, id, "{\"n\":1}", &error), SCRIM_OK);
    const struct scrim_act wrong = {.what = "area.draw", .detail = "[1]"};
    CHECK_INT(scrim_acts_begin(acts, &wrong, &id, &error), SCRIM_EINVAL);
    scrim_acts_free(acts);

    acts = open_acts(dir);
    CHECK_INT(scrim_acts_list(acts, 0, 3, &list, &error), SCRIM_OK);
    char *text = json_dumps(json_array_get(list, 1), JSON_COMPACT | JSON_SORT_KEYS);
    CHECK(text && strstr(text, "\"camera\":\"quay\",\"detail\":null,\"id\":2,\"reason\":null"));
    free(text);
    CHECK_TEXT(json_string_value(json_object_get(json_array_get(list, 2), "words")), "no");
    CHECK_INT(json_array_size(list), 3);
    json_decref(list);
    struct scrim_act_note note;
    const struct scrim_index_range all = {0, INT64_MAX, false, 1};
    CHECK_INT(scrim_acts_notes(acts, "quay", "area.", &all, &note), 1);
    CHECK_INT(note.id, 2);
    CHECK_INT(scrim_acts_notes(acts, "gate", "area.", &all, &note), 0);
    CHECK_INT(scrim_acts_notes(acts, "quay", "export.", &all, &note), 0);
    scrim_acts_free(acts);
    test_remove_dir(dir);
}

// What cannot be written is refused, leaves nothing behind, and the next act is taken again.
static void acts_on_a_full_disk(void)
{
    static const enum scrim_fault_op ops[] = {SCRIM_FAULT_WRITE, SCRIM_FAULT_FSYNC};
    char dir[256];
    test_make_dir(dir);
    made_dir(dir, "state/keys");
    struct scrim_acts *acts = open_acts(dir);
    const struct scrim_act act = {.who = "ada", .what = "user.add"};
    size_t count = 0;
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        uint64_t id;
        struct scrim_error error = {0};
        struct fault fault = {ops[i], 0, ENOSPC};
        CHECK_INT(scrim_acts_begin(acts, &act, &id, &error), SCRIM_OK);
        CHECK_INT(id, count++);
        scrim_fault_set(strike, &fault);
        CHECK_INT(scrim_acts_begin(acts, &act, &id, &error), SCRIM_ENOSPACE);
        scrim_fault_set(NULL, NULL);
        CHECK(strstr(error.text, "state/acts/log") != NULL);
        CHECK_INT(listed(acts), count);
    }
    scrim_acts_free(acts);
    acts = open_acts(dir);
    CHECK_INT(listed(acts), count);
    scrim_acts_free(acts);
    test_remove_dir(dir);
}

static void old_log_goes_on(void)
{
    char dir[256], old[SCRIM_PATH_MAX], now[SCRIM_PATH_MAX];
    uint64_t id;
    struct scrim_act_log *log = NULL;
    struct scrim_error error = {0};
    json_t *list = NULL;
    test_make_dir(dir);
    made_dir(dir, "state/keys");
    made_dir(dir, "state/areas");
    REQUIRE(scrim_act_log_open(dir, "port", &scrim_log_of_acts, &log, &error) == SCRIM_OK);
    CHECK_INT(scrim_act_log_append(
                  log, "quay", "{\"event\":\"area\",\"user\":\"ada\",\"name\":\"x\"}", &id, &error),
              SCRIM_OK);
    scrim_act_log_close(log);
    REQUIRE(scrim_path_join(old, dir, SCRIM_ACT_LOG_OLD) >= 0);
    REQUIRE(scrim_path_join(now, dir, SCRIM_ACT_LOG) >= 0);
    REQUIRE(rename(now, old) == 0);
    struct scrim_acts *acts = open_acts(dir);
    CHECK(access(old, F_OK) < 0);
    const struct scrim_act act = {.who = "bo", .what = "user.add"};
    CHECK_INT(scrim_acts_begin(acts, &act, &id, &error), SCRIM_OK);
    CHECK_INT(id, 1);
    CHECK_INT(scrim_acts_list(acts, 1, 10, &list, &error), SCRIM_OK);
    CHECK_INT(json_array_size(list), 1);
    const json_t *first = json_array_get(list, 0);
    CHECK_TEXT(json_string_value(json_object_get(first, "what")), "area.change");
    CHECK_TEXT(json_string_value(json_object_get(first, "who")), "ada");
    json_decref(list);
    scrim_acts_free(acts);
    test_remove_dir(dir);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(argc, argv,
                    (struct test[]){{"a film is read fragment by fragment", film_is_read},
                                    {"torn films", torn_films},
                                    {"an export is whole", export_is_whole},
                                    {"exports that cannot be made", export_refusals},
                                    {"exports on a failing disk", export_faults},
                                    {"an export is remembered", export_is_remembered},
                                    {"coarse timelines", coarse_timelines},
                                    {"redacted just now", redacted_just_now},
                                    {"queries", queries},
                                    {"acts are listed", acts_are_listed},
                                    {"acts on a full disk", acts_on_a_full_disk},
                                    {"an old log goes on", old_log_goes_on},
                                    {0}});
}
