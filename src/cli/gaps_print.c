#include "cli/gaps.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define BAR 80 // characters

static struct scrim_gaps_span clipped(const struct scrim_gaps *gaps, struct scrim_gaps_span span)
{
    return scrim_gaps_clip(span, gaps->asked);
}

static int64_t length(const struct scrim_gaps *gaps, const struct scrim_gaps_span *spans,
                      size_t count)
{
    int64_t sum_us = 0;
    for (size_t i = 0; i < count; i++) {
        const struct scrim_gaps_span span = clipped(gaps, spans[i]);
        sum_us += span.to_us - span.from_us;
    }
    return sum_us;
}

void scrim_gaps_add_up(const struct scrim_gaps *gaps, struct scrim_gaps_total ret[SCRIM_GAP_CAUSES])
{
    memset(ret, 0, SCRIM_GAP_CAUSES * sizeof *ret);
    for (size_t i = 0; i < gaps->gaps_count; i++) {
        const struct scrim_gaps_piece *gap = &gaps->gaps[i];
        const struct scrim_gaps_span span = clipped(gaps, gap->span);
        ret[gap->cause].count++;
        ret[gap->cause].length_us += span.to_us - span.from_us;
        ret[gap->cause].pictures += gap->count;
    }
}

// ---- For people.

static void mark(char bar[BAR + 1], const struct scrim_gaps *gaps, struct scrim_gaps_span span,
                 char mark)
{
    const struct scrim_gaps_span shown = clipped(gaps, span);
    const double width = (double)(gaps->asked.to_us - gaps->asked.from_us) / BAR;
    if (shown.to_us == shown.from_us)
        return;
    int first = (int)((double)(shown.from_us - gaps->asked.from_us) / width);
    int last = (int)((double)(shown.to_us - 1 - gaps->asked.from_us) / width);
    if (last >= BAR)
        last = BAR - 1;
    for (; first <= last; first++)
        bar[first] = mark;
}

// What is worse is drawn over what is better, so that a second of it shows in a month.
static void print_bar(const struct scrim_gaps *gaps)
{
    char bar[BAR + 1];
    memset(bar, ' ', BAR);
    bar[BAR] = '\0';
    for (size_t i = 0; i < gaps->recorded_count; i++)
        mark(bar, gaps, gaps->recorded[i], '=');
    for (size_t i = 0; i < gaps->only_redacted_count; i++)
        mark(bar, gaps, gaps->only_redacted[i], 'r');
    for (size_t i = 0; i < gaps->not_kept_count; i++)
        mark(bar, gaps, gaps->not_kept[i], '-');
    for (size_t i = 0; i < gaps->purges_count; i++)
        mark(bar, gaps, gaps->purges[i].span, 'x');
    for (size_t i = 0; i < gaps->gaps_count; i++)
        mark(bar, gaps, gaps->gaps[i].span, '!');
    for (size_t i = 0; i < gaps->unknown_count; i++)
        mark(bar, gaps, gaps->unknown[i], '?');
    printf("  [%s]\n", bar);
}

void scrim_gaps_length_text(char ret[32], int64_t us)
{
    const double seconds = (double)us / SCRIM_SECOND;
    const long whole = (long)(us / SCRIM_SECOND);
    if (whole < 60)
        snprintf(ret, 32, "%.1f s", seconds);
    else if (whole < 3600)
        snprintf(ret, 32, "%ld min %02ld s", whole / 60, whole % 60);
    else
        snprintf(ret, 32, "%ld h %02ld min", whole / 3600, whole / 60 % 60);
}

// A detail may hold what a camera said: nothing of it is an order to the terminal.
static void print_detail(const char *detail)
{
    const unsigned char *at = (const unsigned char *)detail;
    for (; *at; at++) {
        const bool c1 = at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f;
        putchar(*at < ' ' || *at == 0x7f || c1 ? '?' : *at);
        at += c1;
    }
}

static void print_row(struct scrim_gaps_span span, const char *pictures, const char *cause,
                      const char *detail)
{
    char from[SCRIM_TIME_TEXT], to[SCRIM_TIME_TEXT], text[32];
    scrim_time_format(span.from_us, from);
    scrim_time_format(span.to_us, to);
    scrim_gaps_length_text(text, span.to_us - span.from_us);
    printf("  %.23sZ  %.23sZ  %12s  %8s  %-9s ", from, to, text, pictures, cause);
    print_detail(detail);
    printf("\n");
}

static void print_gap(const struct scrim_gaps_piece *gap)
{
    char pictures[24] = "-";
    if (gap->count > 0)
        snprintf(pictures, sizeof pictures, "%" PRIu64, gap->count);
    print_row(gap->span, pictures, scrim_gap_cause_text(gap->cause), gap->detail);
}

static void print_purge(const struct scrim_gaps_piece *purge)
{
    char detail[sizeof purge->detail + 64];
    snprintf(detail, sizeof detail, "%" PRIu64 " segments destroyed early (%s) %s", purge->count,
             scrim_gap_cause_text(purge->cause), purge->detail);
    print_row(purge->span, "-", "purge", detail);
}

// Gaps and what is unknown, in the order of time; then what was destroyed.
static void print_table(const struct scrim_gaps *gaps)
{
    size_t g = 0, u = 0;
    if (gaps->gaps_count + gaps->unknown_count + gaps->purges_count > 0)
        printf("  %-24s  %-24s  %12s  %8s  %-9s %s\n", "from", "to", "length", "pictures", "cause",
               "detail");
    while (g < gaps->gaps_count || u < gaps->unknown_count) {
        if (u == gaps->unknown_count ||
            (g < gaps->gaps_count && gaps->gaps[g].span.from_us <= gaps->unknown[u].from_us))
            print_gap(&gaps->gaps[g++]);
        else
            print_row(gaps->unknown[u++], "?", "unknown", "neither recorded nor explained");
    }
    for (size_t i = 0; i < gaps->purges_count; i++)
        print_purge(&gaps->purges[i]);
}

static void print_unsealed(const struct scrim_gaps *gaps)
{
    char text[32];
    const int64_t redacted_us = length(gaps, gaps->only_redacted, gaps->only_redacted_count);
    const int64_t nothing_us = length(gaps, gaps->not_kept, gaps->not_kept_count);
    scrim_gaps_length_text(text, redacted_us);
    if (redacted_us > 0)
        printf("; on purpose redacted only %s (r)", text);
    scrim_gaps_length_text(text, nothing_us);
    if (nothing_us > 0)
        printf("; on purpose not kept %s (-)", text);
}

static void print_totals(const struct scrim_gaps *gaps)
{
    struct scrim_gaps_total totals[SCRIM_GAP_CAUSES];
    char text[32];
    const int64_t told_us = gaps->told.to_us - gaps->told.from_us;
    const int64_t recorded_us = length(gaps, gaps->recorded, gaps->recorded_count);
    scrim_gaps_length_text(text, recorded_us);
    printf("  recorded %s", text);
    if (told_us > 0)
        printf(" (%.3f %%)", 100.0 * (double)recorded_us / (double)told_us);
    if (gaps->lost_inside > 0)
        printf(", %" PRIu64 " pictures missing in it", gaps->lost_inside);
    print_unsealed(gaps);
    scrim_gaps_add_up(gaps, totals);
    for (unsigned cause = 0; cause < SCRIM_GAP_CAUSES; cause++) {
        if (totals[cause].count == 0)
            continue;
        scrim_gaps_length_text(text, totals[cause].length_us);
        printf("; %s %s in %zu", scrim_gap_cause_text((enum scrim_gap_cause)cause), text,
               totals[cause].count);
        if (totals[cause].pictures > 0)
            printf(", %" PRIu64 " pictures", totals[cause].pictures);
    }
    if (gaps->unknown_count > 0) {
        scrim_gaps_length_text(text, length(gaps, gaps->unknown, gaps->unknown_count));
        printf("; unknown %s in %zu", text, gaps->unknown_count);
    }
    printf("\n");
    if (gaps->damaged > 0)
        printf("  %" PRIu64 " lines of the journals cannot be read: scrim check says which\n",
               gaps->damaged);
}

int scrim_gaps_print(const struct scrim_gaps *gaps)
{
    char from[SCRIM_TIME_TEXT], to[SCRIM_TIME_TEXT];
    scrim_time_format(gaps->asked.from_us, from);
    scrim_time_format(gaps->asked.to_us, to);
    printf("%s, %.19sZ to %.19sZ\n", gaps->camera, from, to);
    print_bar(gaps);
    print_table(gaps);
    print_totals(gaps);
    return ferror(stdout) ? SCRIM_EIO : SCRIM_OK;
}

// ---- For programs.

static json_t *span_json(const struct scrim_gaps_span *span)
{
    return json_pack("{s:I, s:I}", "from_us", (json_int_t)span->from_us, "to_us",
                     (json_int_t)span->to_us);
}

static json_t *spans_json(const struct scrim_gaps_span *spans, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, span_json(&spans[i]));
    return list;
}

static json_t *pieces_json(const struct scrim_gaps_piece *pieces, size_t count, const char *counted)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *piece = span_json(&pieces[i].span);
        json_object_set_new(piece, "cause", json_string(scrim_gap_cause_text(pieces[i].cause)));
        json_object_set_new(piece, counted, json_integer((json_int_t)pieces[i].count));
        json_object_set_new(piece, "detail", json_string(pieces[i].detail));
        json_array_append_new(list, piece);
    }
    return list;
}

static json_t *totals_json(const struct scrim_gaps *gaps)
{
    struct scrim_gaps_total totals[SCRIM_GAP_CAUSES];
    json_t *object = json_object();
    scrim_gaps_add_up(gaps, totals);
    for (unsigned cause = 0; cause < SCRIM_GAP_CAUSES; cause++) {
        if (totals[cause].count == 0)
            continue;
        json_object_set_new(object, scrim_gap_cause_text((enum scrim_gap_cause)cause),
                            json_pack("{s:I, s:I, s:I}", "count", (json_int_t)totals[cause].count,
                                      "us", (json_int_t)totals[cause].length_us, "lost",
                                      (json_int_t)totals[cause].pictures));
    }
    return object;
}

int scrim_gaps_print_json(const struct scrim_gaps *gaps)
{
    json_t *object = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I}", "camera",
        gaps->camera, "asked", span_json(&gaps->asked), "told", span_json(&gaps->told), "recorded",
        spans_json(gaps->recorded, gaps->recorded_count), "only_redacted",
        spans_json(gaps->only_redacted, gaps->only_redacted_count), "not_kept",
        spans_json(gaps->not_kept, gaps->not_kept_count), "gaps",
        pieces_json(gaps->gaps, gaps->gaps_count, "lost"), "unknown",
        spans_json(gaps->unknown, gaps->unknown_count), "purges",
        pieces_json(gaps->purges, gaps->purges_count, "segments"), "totals", totals_json(gaps),
        "recorded_us", (json_int_t)length(gaps, gaps->recorded, gaps->recorded_count), "unknown_us",
        (json_int_t)length(gaps, gaps->unknown, gaps->unknown_count), "lost_in_recorded",
        (json_int_t)gaps->lost_inside, "damaged_lines", (json_int_t)gaps->damaged);
    const int result = object ? json_dumpf(object, stdout, JSON_COMPACT) : -1;
    json_decref(object);
    return result < 0 || ferror(stdout) ? SCRIM_EIO : SCRIM_OK;
}
