// What is drawn on a mask, and what a picture says about itself.
#include "test.h"
#include "veil/caption.h"
#include "veil/font.h"
#include "veil/render.h"

#include <time.h>

#define W 320
#define H 240

struct sheet {
    uint8_t y[W * H], u[W * H / 4], v[W * H / 4];
    struct scrim_canvas canvas;
    struct scrim_grid grid;
};

// A picture of one grey, nothing of it covered.
static struct sheet *sheet_create(uint8_t grey)
{
    struct sheet *sheet = calloc(1, sizeof *sheet);
    memset(sheet->y, grey, sizeof sheet->y);
    memset(sheet->u, 90, sizeof sheet->u);
    memset(sheet->v, 160, sizeof sheet->v);
    sheet->canvas =
        (struct scrim_canvas){{sheet->y, sheet->u, sheet->v}, {W, W / 2, W / 2}, W, H, false};
    if (scrim_grid_init(&sheet->grid, W, H) < 0)
        abort();
    return sheet;
}

static void sheet_free(struct sheet *sheet)
{
    scrim_grid_finish(&sheet->grid);
    free(sheet);
}

static void draw(struct sheet *sheet, const struct scrim_box *box, struct scrim_heading heading)
{
    scrim_grid_fill(&sheet->grid, SCRIM_COVER_CLEAR);
    scrim_grid_cover(&sheet->grid, box->x0, box->y0, box->x1, box->y1, SCRIM_COVER_PERSON);
    const struct scrim_place place = {.box = *box, .heading = heading};
    scrim_render_mask(&sheet->canvas, &sheet->grid, (struct scrim_marks){&place, 1});
}

static int count_luma(const struct sheet *sheet, struct scrim_region area, uint8_t least)
{
    int count = 0;
    for (int y = area.y; y < area.y + area.height; y++)
        for (int x = area.x; x < area.x + area.width; x++)
            count += sheet->y[y * W + x] >= least;
    return count;
}

static void outline_lies_inside(void)
{
    static const struct scrim_box box = {80, 80, 120, 160, 1, SCRIM_CLASS_PERSON};
    struct sheet *sheet = sheet_create(200);
    draw(sheet, &box, (struct scrim_heading){0, 0});
    CHECK_INT(sheet->y[79 * W + 100], 200); // beside it: as it was
    CHECK_INT(sheet->y[160 * W + 100], 200);
    CHECK_INT(sheet->y[120 * W + 79], 200);
    CHECK_INT(sheet->y[120 * W + 120], 200);
    const uint8_t fill = sheet->y[120 * W + 100], line = sheet->y[80 * W + 100];
    CHECK(fill > line + 60);
    CHECK_INT(sheet->y[159 * W + 100], line);
    CHECK_INT(sheet->y[120 * W + 80], line);
    CHECK_INT(sheet->y[120 * W + 119], line);
    CHECK_INT(sheet->y[82 * W + 100], fill);
    CHECK_INT(sheet->u[40 * W / 2 + 50], sheet->u[60 * W / 2 + 50]); // the line is luma alone
    sheet_free(sheet);
}

static void lying_differs_from_standing(void)
{
    static const struct scrim_box standing = {80, 80, 120, 160, 1, SCRIM_CLASS_PERSON};
    static const struct scrim_box laid = {80, 80, 160, 120, 1, SCRIM_CLASS_PERSON};
    static const struct scrim_box cut = {80, 200, 160, 240, 1, SCRIM_CLASS_PERSON};
    static const struct scrim_box at_side = {0, 80, 120, 120, 1, SCRIM_CLASS_PERSON};
    static const struct scrim_box van = {80, 80, 160, 120, 1, SCRIM_CLASS_VEHICLE};
    const struct scrim_region middle = {88, 88, 24, 24}, below = {88, 208, 24, 24};
    struct sheet *sheet = sheet_create(40);
    draw(sheet, &standing, (struct scrim_heading){0, 0});
    const uint8_t blue = sheet->u[50 * W / 2 + 50];
    CHECK_INT(count_luma(sheet, middle, 200), 0);
    draw(sheet, &laid, (struct scrim_heading){0, 0});
    CHECK_INT(count_luma(sheet, middle, 200), 24 * 24 / 4); // bars
    CHECK(sheet->u[50 * W / 2 + 50] != blue);
    draw(sheet, &at_side, (struct scrim_heading){0, 0}); // would only be wider still
    CHECK_INT(count_luma(sheet, middle, 200), 24 * 24 / 4);
    draw(sheet, &van, (struct scrim_heading){0, 0}); // vehicles are always wide
    CHECK_INT(count_luma(sheet, middle, 200), 0);
    draw(sheet, &cut, (struct scrim_heading){0, 0}); // the upper half of somebody who stands
    CHECK_INT(count_luma(sheet, below, 200), 0);
    sheet_free(sheet);
}

static void arrow_shows_the_way(void)
{
    static const struct scrim_box box = {80, 80, 120, 160, 1, SCRIM_CLASS_PERSON};
    const struct scrim_region whole = {80, 80, 40, 80};
    struct sheet *sheet = sheet_create(40);
    draw(sheet, &box, (struct scrim_heading){5, 0}); // slower than a detector's unrest
    CHECK_INT(count_luma(sheet, whole, 200), 0);
    static const struct scrim_heading ways[] = {{60, 0}, {-60, 0}, {0, 60}, {0, -60}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        draw(sheet, &box, ways[i]);
        // The tip is where it goes, and thin; the end opposite is broad.
        const int x = 100 + (int)ways[i].x / 60 * 9, y = 120 + (int)ways[i].y / 60 * 9;
        const int x_end = 200 - x, y_end = 240 - y;
        const bool across = ways[i].x != 0;
        const struct scrim_region tip = {across ? x - 1 : x - 8, across ? y - 8 : y - 1,
                                         across ? 2 : 16, across ? 16 : 2};
        const struct scrim_region end = {across ? x_end - 1 : x_end - 8,
                                         across ? y_end - 8 : y_end - 1, across ? 2 : 16,
                                         across ? 16 : 2};
        CHECK(count_luma(sheet, tip, 200) > 0);
        CHECK(count_luma(sheet, end, 200) > 3 * count_luma(sheet, tip, 200));
    }
    sheet_free(sheet);
}

static void captions_hide_what_is_below(void)
{
    static const int sizes[][2] = {{W, H}, {176, 144}, {161, 121}, {64, 48}, {17, 16}, {16, 200}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct sheet *a = sheet_create(40), *b = sheet_create(200), *before = sheet_create(40);
        a->canvas.width = b->canvas.width = sizes[i][0];
        a->canvas.height = b->canvas.height = sizes[i][1];
        memset(b->u, 1, sizeof b->u);
        struct scrim_caption *caption = scrim_caption_create(
            sizes[i][0], sizes[i][1], "a name that is longer than most pictures are wide",
            SCRIM_STAMP_CLOCK);
        scrim_caption_draw(caption, &a->canvas, INT64_C(1795456931412345));
        scrim_caption_draw(caption, &b->canvas, INT64_C(1795456931412345));
        int plate = 0, wrong = 0;
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                const int at = y * W + x;
                const bool inside = x < sizes[i][0] && y < sizes[i][1];
                const bool touched = a->y[at] != 40 || b->y[at] != 200;
                plate += touched;
                wrong += touched && (!inside || a->y[at] != b->y[at]);
                wrong += touched && a->u[y / 2 * (W / 2) + x / 2] != 128;
            }
        CHECK_INT(wrong, 0);
        CHECK(plate > 0);
        scrim_caption_destroy(caption);
        sheet_free(a);
        sheet_free(b);
        sheet_free(before);
    }
}

// What a caption says, by drawing what it should say with a name alone.
static void says(const struct sheet *sheet, const char *text)
{
    struct sheet *expected = sheet_create(40);
    struct scrim_caption *caption = scrim_caption_create(W, H, text, SCRIM_STAMP_NONE);
    scrim_caption_draw(caption, &expected->canvas, 0);
    const int width = ((int)strlen(text) * SCRIM_FONT_ADVANCE + 2) & ~1;
    int differing = 0;
    for (int y = H - 12; y < H; y++)
        differing += memcmp(sheet->y + y * W, expected->y + y * W + W - width, (size_t)width) != 0;
    if (differing)
        printf("not %s\n", text);
    CHECK_INT(differing, 0);
    scrim_caption_destroy(caption);
    sheet_free(expected);
}

static void clock_follows_the_zone(void)
{
    static const struct {
        const char *zone;
        int64_t utc_us;
        const char *text;
    } cases[] = {
        {"UTC", INT64_C(1795456931412345), "2026-11-23 18:02:11.4 +00:00"},
        {"Europe/Berlin", INT64_C(1795456931499999), "2026-11-23 19:02:11.4 +01:00"},
        {"Europe/Berlin", INT64_C(1774745999999999), "2026-03-29 01:59:59.9 +01:00"},
        {"Europe/Berlin", INT64_C(1774746000000000), "2026-03-29 03:00:00.0 +02:00"},
        {"Europe/Berlin", INT64_C(1792889999900000), "2026-10-25 02:59:59.9 +02:00"},
        {"Europe/Berlin", INT64_C(1792890000000000), "2026-10-25 02:00:00.0 +01:00"},
        {"Asia/Kolkata", 0, "1970-01-01 05:30:00.0 +05:30"},
        {"America/St_Johns", INT64_C(1795456931412345), "2026-11-23 14:32:11.4 -03:30"},
        {"UTC", -1, "1969-12-31 23:59:59.9 +00:00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sheet *sheet = sheet_create(40);
        setenv("TZ", cases[i].zone, 1);
        tzset();
        struct scrim_caption *caption = scrim_caption_create(W, H, NULL, SCRIM_STAMP_CLOCK);
        scrim_caption_draw(caption, &sheet->canvas, cases[i].utc_us - 86400000000);
        scrim_caption_draw(caption, &sheet->canvas, cases[i].utc_us); // over the digits before
        says(sheet, cases[i].text);
        scrim_caption_draw(caption, &sheet->canvas, INT64_MAX); // no calendar has it
        scrim_caption_destroy(caption);
        sheet_free(sheet);
    }
}

static void elapsed_counts_from_the_first(void)
{
    struct sheet *sheet = sheet_create(40);
    struct scrim_caption *caption = scrim_caption_create(W, H, NULL, SCRIM_STAMP_ELAPSED);
    scrim_caption_draw(caption, &sheet->canvas, 7000000);
    says(sheet, "0:00:00.0  ");
    scrim_caption_draw(caption, &sheet->canvas, 7000000 + INT64_C(3725650000));
    says(sheet, "1:02:05.6  ");
    scrim_caption_draw(caption, &sheet->canvas, INT64_MAX);
    says(sheet, "999:59:59.9");
    scrim_caption_draw(caption, &sheet->canvas, 0);
    says(sheet, "0:00:00.0  ");
    scrim_caption_destroy(caption);
    sheet_free(sheet);
}

static bool same_glyph(uint32_t a, uint32_t b)
{
    const struct scrim_glyph x = scrim_font_glyph(a), y = scrim_font_glyph(b);
    return memcmp(&x, &y, sizeof x) == 0;
}

static void font_has_the_letters(void)
{
    for (uint32_t a = ' ' + 1; a <= 0xff; a++) {
        if (a >= 0x7f && a < 0xc0)
            CHECK(same_glyph(a, '?'));
        for (uint32_t b = a + 1; b <= 0xff; b++) {
            const bool both_unknown =
                (a == '?' || (a >= 0x7f && a < 0xc0)) && b >= 0x7f && b < 0xc0;
            const bool times = a == 'x' && b == 0xd7;
            if (same_glyph(a, b) != (both_unknown || times))
                printf("U+%04X and U+%04X\n", a, b);
            CHECK(same_glyph(a, b) == (both_unknown || times));
        }
        const struct scrim_glyph glyph = scrim_font_glyph(a);
        for (int x = 0; x < SCRIM_FONT_WIDTH; x++)
            CHECK(glyph.columns[x] >> SCRIM_FONT_HEIGHT == 0);
    }
    CHECK(same_glyph(0x4e2d, '?'));
    CHECK(same_glyph(0, '?'));
    CHECK(same_glyph(UINT32_MAX, '?'));
}

static void utf8_is_read(void)
{
    static const struct {
        const char *text;
        uint32_t first;
        int letters;
    } cases[] = {
        {"", 0, 0},
        {"K\xc3\xa4se", 'K', 4},
        {"\xc3\xa4", 0xe4, 1},
        {"\xe2\x82\xac", 0x20ac, 1},
        {"\xf0\x9f\x98\x80", 0x1f600, 1},
        {"\xc3", SCRIM_FONT_UNKNOWN, 1},      // ends too soon
        {"\xe2\x82", SCRIM_FONT_UNKNOWN, 1},  // also
        {"\xe2\x82x", SCRIM_FONT_UNKNOWN, 2}, // goes on as something else
        {"\x80\x80", SCRIM_FONT_UNKNOWN, 2},  // begins in the middle
        {"\xff\xfe", SCRIM_FONT_UNKNOWN, 2},
        {"\xc0\xaf", SCRIM_FONT_UNKNOWN, 2}, // too long
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = cases[i].text, *again = text;
        int letters = 0;
        CHECK_INT(scrim_font_next(&again), cases[i].first);
        while (scrim_font_next(&text))
            letters++;
        CHECK_INT(letters, cases[i].letters);
    }
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){{"outline lies inside", outline_lies_inside},
                        {"lying differs from standing", lying_differs_from_standing},
                        {"arrow shows the way", arrow_shows_the_way},
                        {"captions hide what is below", captions_hide_what_is_below},
                        {"clock follows the zone", clock_follows_the_zone},
                        {"elapsed counts from the first", elapsed_counts_from_the_first},
                        {"font has the letters", font_has_the_letters},
                        {"utf-8 is read", utf8_is_read},
                        {0}});
}
