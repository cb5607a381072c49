// The arithmetic of storage: admission and its words, the forecast, what redacted pictures take.
#include "keeper/demand.h"

#include "test.h"

#define GB UINT64_C(1000000000)
#define HOUR_US (3600 * SCRIM_SECOND)
#define MBIT UINT64_C(450000000) // bytes an hour of 1 Mbit/s

static void bytes(void)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {{0, "0.0 kB"},
                 {999, "1.0 kB"},
                 {999949, "999.9 kB"},
                 {999950, "1.0 MB"},
                 {129600000000, "129.6 GB"},
                 {1200000000000, "1.2 TB"},
                 {UINT64_MAX, "18446.7 PB"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[SCRIM_BYTES_TEXT];
        scrim_bytes_text(cases[i].bytes, text);
        CHECK_TEXT(text, cases[i].text);
    }
}

static void funded(void)
{
    const struct scrim_demand demands[] = {
        {.camera = "quay", .retention_hours = 72, .rate = 4 * MBIT, .redacted_rate = MBIT / 2},
        {.camera = "gate", .retention_hours = 24, .rate = 2 * MBIT, .redacted_rate = 0, .held = GB},
    };
    const struct scrim_supply supplies[] = {{"a", 100 * GB, 1 * GB, 9 * GB, false},
                                            {"b", 200 * GB, 2 * GB, 0, false},
                                            {"c", 5 * GB, 1 * GB, 5 * GB, false}};
    struct scrim_admission a = {.site = "port",
                                .demands = demands,
                                .demands_count = 2,
                                .supplies = supplies,
                                .supplies_count = 3};
    scrim_admission_decide(&a);
    CHECK_INT(a.originals, 72 * 4 * MBIT + 24 * 2 * MBIT);
    CHECK_INT(a.redacted, 36 * MBIT);
    CHECK_INT(a.held, GB);
    CHECK_INT(a.margin, (a.originals + a.redacted) / 20);
    CHECK_INT(a.ahead, 6 * MBIT / 3600 * SCRIM_AHEAD_SECONDS);
    CHECK_INT(a.needed, a.originals + a.redacted + a.held + a.margin + a.ahead);
    CHECK_INT(a.funded, 288 * GB); // the third has nothing to give
    CHECK(a.ok);
    char text[SCRIM_ADMISSION_TEXT];
    scrim_admission_sentence(&a, text, sizeof text);
    CHECK(strstr(text, "it fits"));
}

static void refused(void)
{
    const struct scrim_demand demand = {
        .camera = "quay", .retention_hours = 72, .rate = 4 * MBIT, .basis = SCRIM_BASIS_ASSUMED};
    const struct scrim_supply supply = {"the disk", 70 * GB, GB, GB, false};
    struct scrim_admission a = {.site = "port",
                                .demands = &demand,
                                .demands_count = 1,
                                .supplies = &supply,
                                .supplies_count = 1};
    struct scrim_buf report;
    char text[SCRIM_ADMISSION_TEXT];
    scrim_admission_decide(&a);
    CHECK(!a.ok);
    CHECK(a.fits > 0.49 && a.fits < 0.51);
    scrim_admission_sentence(&a, text, sizeof text);
    CHECK_TEXT(text, "needed 136.1 GB, funded 68.0 GB: 35 hours fit; or add 68.1 GB of disk");
    scrim_buf_init(&report, 10000);
    CHECK_INT(scrim_admission_report(&a, &report), SCRIM_OK);
    CHECK_INT(scrim_buf_append_u8(&report, '\0'), SCRIM_OK);
    const char *lines = (const char *)report.data;
    CHECK(strstr(lines, "4.00 Mbit/s (assumed) × 72 h = 129.6 GB"));
    CHECK(strstr(lines, "the disk: 70.0 GB - 1.0 GB reserve - 1.0 GB used by others = 68.0 GB"));
    CHECK(strstr(lines, "refused: "));
    scrim_buf_finish(&report);
}

static void words(void)
{
    struct scrim_demand demands[] = {
        {.camera = "quay", .retention_hours = 30 * 24, .rate = 4 * MBIT},
        {.camera = "gate", .retention_hours = 30 * 24, .rate = 4 * MBIT}};
    struct scrim_supply supply = {"the disk", 2400 * GB, 0, 0, false};
    struct scrim_admission a = {
        .demands = demands, .demands_count = 2, .supplies = &supply, .supplies_count = 1};
    char text[SCRIM_ADMISSION_TEXT];
    scrim_admission_decide(&a);
    scrim_admission_sentence(&a, text, sizeof text);
    CHECK(strstr(text, "26 days fit"));
    demands[1].retention_hours = 72;
    supply.total = 700 * GB;
    scrim_admission_decide(&a);
    scrim_admission_sentence(&a, text, sizeof text);
    CHECK(strstr(text, "% of each camera's retention fits"));
    supply.total = 0;
    scrim_admission_decide(&a);
    scrim_admission_sentence(&a, text, sizeof text);
    CHECK(strstr(text, "not even an hour fits"));
}

// The site's own disk alone holds the redacted pictures where others hold the originals.
static void redacted_disk(void)
{
    const struct scrim_demand demand = {
        .camera = "quay", .retention_hours = 10, .rate = 4 * MBIT, .redacted_rate = MBIT};
    struct scrim_supply supplies[] = {{"own", 10 * GB, 0, 0, true}, {"bay1", 30 * GB, 0, 0, false}};
    struct scrim_admission a = {
        .demands = &demand, .demands_count = 1, .supplies = supplies, .supplies_count = 2};
    char text[SCRIM_ADMISSION_TEXT];
    scrim_admission_decide(&a);
    CHECK(a.ok);
    CHECK_INT(a.funded, 30 * GB + 10 * MBIT * 105 / 100); // not all of the first
    supplies[0].total = 4 * GB;
    scrim_admission_decide(&a);
    CHECK(!a.ok);
    scrim_admission_sentence(&a, text, sizeof text);
    CHECK(strstr(text, "the site's own disk lacks 725.0 MB for the redacted pictures"));
}

static int64_t full(struct scrim_flow flow, double room)
{
    const int64_t at = scrim_forecast_full_us(&flow, 1, room, 0);
    return at == SCRIM_FORECAST_NEVER ? -1 : at / SCRIM_SECOND;
}

static void forecast(void)
{
    // From nothing: 10 bytes an hour for 20 hours, then nothing more.
    CHECK_INT(full((struct scrim_flow){0, 10, 0, 20}, 100), 10 * 3600);
    CHECK_INT(full((struct scrim_flow){0, 10, 0, 20}, 199), 199 * 360);
    CHECK_INT(full((struct scrim_flow){0, 10, 0, 20}, 201), -1);
    // Steady: as much leaves as comes.
    CHECK_INT(full((struct scrim_flow){200, 10, 20, 20}, 1), -1);
    // The rate has doubled: 10 more an hour, until all is at the new rate.
    CHECK_INT(full((struct scrim_flow){200, 20, 20, 20}, 100), 10 * 3600);
    CHECK_INT(full((struct scrim_flow){200, 20, 20, 20}, 201), -1);
    // Half way, and then slower out than in.
    CHECK_INT(full((struct scrim_flow){50, 10, 10, 20}, 120), 12 * 3600 + 3600 * 2);
    // No room at all, and some that is too old.
    CHECK_INT(full((struct scrim_flow){0, 10, 0, 20}, -5), 0);
    CHECK_INT(full((struct scrim_flow){400, 10, 40, 20}, 1), -1);
    CHECK_INT(full((struct scrim_flow){0, 0, 0, 20}, -5), -1);
    CHECK_INT(scrim_forecast_full_us(NULL, 0, 5, 0) == SCRIM_FORECAST_NEVER, 1);
    // Two together: 10 an hour each; one stops after five hours.
    const struct scrim_flow two[] = {{0, 10, 0, 5}, {0, 10, 0, 100}};
    CHECK_INT(scrim_forecast_full_us(two, 2, 150, 0) / SCRIM_SECOND, 10 * 3600);
}

static void redacted_lines(void)
{
    static const char line[] = "{\"v\":1,\"file\":\"100000.mp4\",\"start_us\":1000000,\"end_us\":"
                               "61000000,\"first_pts_us\":0,\"bytes\":1500,\"mime\":\"video/mp4\"}";
    struct scrim_redacted_day day = {.day = "2026-11-23"};
    CHECK(scrim_redacted_take_line(&day, line, sizeof line - 1));
    CHECK(!scrim_redacted_take_line(&day, line, sizeof line - 2));
    CHECK_INT(day.bytes, 1500);
    CHECK_INT(day.length_us, 60 * SCRIM_SECOND);
    const struct scrim_redacted redacted = {&day, 1};
    CHECK_INT(scrim_redacted_rate(&redacted), 90000);
    const int64_t day_us = scrim_day_us(day.day);
    CHECK_INT(scrim_redacted_stored(&redacted, day_us), 1500);
    CHECK_INT(scrim_redacted_stored(&redacted, day_us + 12 * HOUR_US), 750);
    CHECK_INT(scrim_redacted_stored(&redacted, day_us + 24 * HOUR_US), 0);
    CHECK_INT(scrim_redacted_rate(&(struct scrim_redacted){0}), 0);
    day.length_us = SCRIM_SECOND; // says nothing
    CHECK_INT(scrim_redacted_rate(&redacted), 0);
    day.length_us = 10 * SCRIM_SECOND;
    day.bytes = UINT64_C(1) << 40; // damaged, or not ours
    CHECK_INT(scrim_redacted_rate(&redacted), 200 * MBIT);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"bytes in words", bytes},
                                    {"funded", funded},
                                    {"refused", refused},
                                    {"what fits, in words", words},
                                    {"a disk for redacted pictures", redacted_disk},
                                    {"forecast", forecast},
                                    {"lines of redacted files", redacted_lines},
                                    {0}});
}
