// What scrim gaps tells of a camera's journals: recorded, missing with a cause, destroyed, unknown.
#include "put_record.h"

#include "cli/gaps.h"

#include <sodium.h>

#define T(seconds) (FIXTURE_START_US + (seconds)*SCRIM_SECOND)

static char *append_span(char *at, const char *end, const char *kind, struct scrim_gaps_span span,
                         uint64_t count)
{
    at += snprintf(at, (size_t)(end - at), "%s %lld-%lld", kind,
                   (long long)((span.from_us - FIXTURE_START_US) / SCRIM_SECOND),
                   (long long)((span.to_us - FIXTURE_START_US) / SCRIM_SECOND));
    return at +
           snprintf(at, (size_t)(end - at), count > 0 ? "(%llu) " : " ", (unsigned long long)count);
}

// As text, in seconds since T(0): "rec 0-30 disk 30-40(12) unknown 40-50 ".
static const char *told(struct fixture *f, int64_t from, int64_t to, int64_t now)
{
    static char text[2000];
    struct scrim_gaps gaps;
    struct scrim_error error = {0};
    char *at = text;
    const char *end = text + sizeof text;
    text[0] = '\0';
    const struct scrim_gaps_span asked = {T(from), T(to)};
    if (scrim_gaps_read(f->dir, "quay", asked, T(now), &gaps, &error) < 0)
        return "failed";
    for (size_t i = 0; i < gaps.recorded_count; i++)
        at = append_span(at, end, "rec", gaps.recorded[i], 0);
    for (size_t i = 0; i < gaps.only_redacted_count; i++)
        at = append_span(at, end, "only", gaps.only_redacted[i], 0);
    for (size_t i = 0; i < gaps.not_kept_count; i++)
        at = append_span(at, end, "not", gaps.not_kept[i], 0);
    for (size_t i = 0; i < gaps.gaps_count; i++)
        at = append_span(at, end, scrim_gap_cause_text(gaps.gaps[i].cause), gaps.gaps[i].span,
                         gaps.gaps[i].count);
    for (size_t i = 0; i < gaps.purges_count; i++)
        at = append_span(at, end, "purge", gaps.purges[i].span, gaps.purges[i].count);
    for (size_t i = 0; i < gaps.unknown_count; i++)
        at = append_span(at, end, "unknown", gaps.unknown[i], 0);
    if (gaps.damaged > 0)
        snprintf(at, (size_t)(end - at), "damaged %llu", (unsigned long long)gaps.damaged);
    scrim_gaps_finish(&gaps);
    return text;
}

static void start(struct fixture *f)
{
    fixture_clock_start();
    fixture_create(f);
}

static void finish(struct fixture *f)
{
    fixture_destroy(f);
    fixture_clock_end();
}

static void three_different_things(void)
{
    struct fixture f;
    start(&f);
    CHECK_TEXT(told(&f, 0, 100, 50), ""); // never recorded: nothing is known, nothing is missing
    put_segment(&f, T(0), T(60));
    put_segment(&f, T(60) + SCRIM_SECOND / 2, T(120)); // half a second is no hole
    put_gap(&f, T(120), T(150), SCRIM_GAP_NETWORK, "no answer");
    put_segment(&f, T(150), T(200));
    put_segment(&f, T(300), T(360)); // 200 to 300: nobody knows
    put_gap(&f, T(360), T(370), SCRIM_GAP_DISK, "full");
    CHECK_TEXT(told(&f, -1000, 1000, 400),
               "rec 0-120 rec 150-200 rec 300-360 network 120-150 disk 360-370 unknown 200-300 ");
    CHECK_TEXT(told(&f, 210, 220, 400), "unknown 210-220 ");
    CHECK_TEXT(told(&f, -500, -100, 400), "");
    // The gap may go on, and be told within ten minutes; a segment within two.
    CHECK_TEXT(told(&f, 365, 5000, 370 + 750), "disk 360-370 ");
    CHECK_TEXT(told(&f, 365, 5000, 370 + 751), "disk 360-370 unknown 370-1121 ");
    put_segment(&f, T(370), T(400));
    CHECK_TEXT(told(&f, 380, 5000, 400 + 150), "rec 370-400 ");
    CHECK_TEXT(told(&f, 380, 5000, 400 + 151), "rec 370-400 unknown 400-551 ");
    finish(&f);
}

static void what_is_not_sealed_on_purpose(void)
{
    struct fixture f;
    start(&f);
    put_segment(&f, T(0), T(60));
    put_unsealed(&f, T(60), T(120), SCRIM_KEEP_REDACTED);
    put_unsealed(&f, T(120), T(180), SCRIM_KEEP_REDACTED);
    put_unsealed(&f, T(200), T(260), SCRIM_KEEP_NOTHING);
    CHECK_TEXT(told(&f, -100, 1000, 300), "rec 0-60 only 60-180 not 200-260 unknown 180-200 ");
    finish(&f);
}

static void pieces_of_one_gap(void)
{
    struct fixture f;
    start(&f);
    put_segment(&f, T(0), T(60));
    for (int i = 0; i < 3; i++) {
        struct scrim_record gap = {.type = SCRIM_RECORD_GAP,
                                   .start_us = T(60 + i * 600),
                                   .end_us = T(660 + i * 600),
                                   .cause = SCRIM_GAP_NETWORK,
                                   .lost_units = 5,
                                   .detail = "no answer"};
        put_record(&f, "quay", gap);
    }
    put_gap(&f, T(1860), T(1870), SCRIM_GAP_NETWORK, "refused"); // says something else
    put_segment(&f, T(1870), T(1900));
    CHECK_TEXT(told(&f, 0, 2000, 1900),
               "rec 0-60 rec 1870-1900 network 60-1860(15) network 1860-1870 ");
    finish(&f);
}

static void a_stopped_recorder(void)
{
    struct fixture f;
    start(&f);
    put_segment(&f, T(0), T(60));
    struct scrim_record stop = {
        .type = SCRIM_RECORD_STOP, .start_us = T(60), .end_us = T(60), .cause = SCRIM_GAP_OPERATOR};
    put_record(&f, "quay", stop);
    CHECK_TEXT(told(&f, 0, 10000, 5000), "rec 0-60 operator 60-5000 ");
    put_segment(&f, T(30), T(60)); // a slow disk held it up
    CHECK_TEXT(told(&f, 0, 10000, 5000), "rec 0-60 operator 60-5000 ");
    struct scrim_record boot = {.type = SCRIM_RECORD_BOOT, .start_us = T(5000), .end_us = T(5000)};
    put_record(&f, "quay", boot);
    CHECK_TEXT(told(&f, 0, 10000, 5010), "rec 0-60 unknown 60-5010 ");
    put_gap(&f, T(60), T(5001), SCRIM_GAP_OPERATOR, "the recorder was stopped");
    CHECK_TEXT(told(&f, 0, 10000, 5010), "rec 0-60 operator 60-5001 ");
    finish(&f);
}

// By its old clock the segment ends at 130; the next begins an hour later, and nothing is missing.
static void a_clock_set_forward(void)
{
    struct fixture f;
    start(&f);
    put_segment(&f, T(0), T(60));
    struct scrim_record clock = {.type = SCRIM_RECORD_CLOCK,
                                 .start_us = T(3600 + 100),
                                 .end_us = T(3600 + 100),
                                 .step_us = 3600 * SCRIM_SECOND};
    put_record(&f, "quay", clock);
    put_segment(&f, T(60), T(130));
    put_segment(&f, T(3600 + 130), T(3600 + 190));
    CHECK_TEXT(told(&f, 0, 4000, 3790), "rec 0-130 rec 3730-3790 clock 100-3730 ");
    clock.of_camera = true; // no time of ours
    put_record(&f, "quay", clock);
    put_segment(&f, T(3790), T(3800));
    CHECK_TEXT(told(&f, 3740, 4000, 3800), "rec 3730-3800 ");
    finish(&f);
}

static void purges(void)
{
    struct fixture f;
    start(&f);
    for (int i = 0; i < 10; i++)
        put_segment(&f, T(i * 60), T(i * 60 + 60));
    struct scrim_record purge = {.type = SCRIM_RECORD_PURGE,
                                 .start_us = T(60),
                                 .end_us = T(180),
                                 .cause = SCRIM_GAP_OPERATOR,
                                 .segments = 2};
    put_record(&f, "quay", purge);
    purge.start_us = T(540);
    purge.end_us = T(600);
    purge.cause = SCRIM_GAP_DISK;
    purge.segments = 1;
    put_record(&f, "quay", purge);
    CHECK_TEXT(told(&f, 0, 600, 600), "rec 0-60 rec 180-540 purge 60-180(2) purge 540-600(1) ");
    finish(&f);
}

static void many_days(void)
{
    struct fixture f;
    start(&f);
    const int day = 86400;
    put_segment(&f, T(0), T(60));
    put_segment(&f, T(5 * day), T(5 * day + 60));
    // The journals of the days asked for begin later; the camera was there before.
    CHECK_TEXT(told(&f, 5 * day - 60, 5 * day + 100, 5 * day + 60),
               "rec 432000-432060 unknown 431940-432000 ");
    CHECK_TEXT(told(&f, day, 2 * day, 5 * day + 60), "unknown 86400-172800 ");
    finish(&f);
}

static void damaged_lines(void)
{
    struct fixture f;
    char path[SCRIM_PATH_MAX];
    start(&f);
    put_segment(&f, T(0), T(60));
    put_segment(&f, T(60), T(120));
    fixture_path(&f, "store/quay/2026-11-23/journal", path);
    fixture_flip(path, 40, 1);
    CHECK_TEXT(told(&f, 0, 120, 120), "rec 60-120 damaged 1");
    finish(&f);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(
        argc, argv,
        (struct test[]){{"gaps: recorded, missing, unknown", three_different_things},
                        {"gaps: what is not sealed on purpose", what_is_not_sealed_on_purpose},
                        {"gaps: pieces of one", pieces_of_one_gap},
                        {"gaps: a recorder that was stopped", a_stopped_recorder},
                        {"gaps: a clock set forward", a_clock_set_forward},
                        {"gaps: what was destroyed early", purges},
                        {"gaps: from the middle of many days", many_days},
                        {"gaps: damaged lines", damaged_lines},
                        {0}});
}
