#include "veil/caption.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "veil/font.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LETTERS_MAX 96
#define PAD 1              // of the face's pixels, around the text
#define LINES 320          // a face's pixel is a pixel of the picture for every so many lines
#define STAMP_FIFTHS 3     // of the picture's width, at most
#define CLOCK_LETTERS 28   // "2026-11-23 19:02:11.4 +01:00"
#define ELAPSED_LETTERS 11 // "999:59:59.9"
#define ELAPSED_MAX (INT64_C(3600) * 1000 * SCRIM_SECOND - 1)

static const struct scrim_colour ground = {24, 128, 128};
static const uint8_t ink = 214;

// Text on a ground of its own.
struct plate {
    struct scrim_region area; // in the picture; empty: there is no room for it
    uint8_t *luma;            // area.width × area.height, owned
    uint32_t shown[LETTERS_MAX];
    int letters; // that fit
};

struct scrim_caption {
    int scale;
    enum scrim_stamp stamp;
    struct plate when, name;
    bool started;
    int64_t first_us;
};

static int plate_width(const struct scrim_caption *caption, int letters)
{
    const int width = (letters * SCRIM_FONT_ADVANCE + PAD) * caption->scale;
    return width + (width & 1); // whole chroma samples
}

static int plate_height(const struct scrim_caption *caption)
{
    return (SCRIM_FONT_HEIGHT + PAD) * caption->scale;
}

// At the bottom, `x` from the left; both even.
static void make_plate(const struct scrim_caption *caption, struct plate *plate, int x, int height,
                       int letters)
{
    plate->letters = letters;
    plate->area = (struct scrim_region){x & ~1, (height - plate_height(caption)) & ~1,
                                        plate_width(caption, letters), plate_height(caption)};
    const size_t bytes = (size_t)plate->area.width * (size_t)plate->area.height;
    plate->luma = scrim_new_bytes(bytes);
    memset(plate->luma, ground.y, bytes);
}

static void draw_letter(const struct scrim_caption *caption, struct plate *plate, int place,
                        uint32_t letter)
{
    const struct scrim_glyph glyph = scrim_font_glyph(letter);
    const int scale = caption->scale, x = (PAD + place * SCRIM_FONT_ADVANCE) * scale;
    for (int row = 0; row < SCRIM_FONT_HEIGHT * scale; row++) {
        uint8_t *at = plate->luma + (size_t)row * (size_t)plate->area.width + x;
        for (int column = 0; column < SCRIM_FONT_WIDTH * scale; column++)
            at[column] = glyph.columns[column / scale] >> (row / scale) & 1 ? ink : ground.y;
    }
    plate->shown[place] = letter;
}

// Draws the letters that are not there yet. What does not fit is left out.
static void write_text(const struct scrim_caption *caption, struct plate *plate, const char *text)
{
    for (int place = 0; place < plate->letters; place++) {
        const uint32_t letter = scrim_font_next(&text);
        const uint32_t shown = letter ? letter : ' ';
        if (plate->shown[place] != shown)
            draw_letter(caption, plate, place, shown);
    }
}

static int letters_of(const char *text)
{
    int letters = 0;
    while (letters < LETTERS_MAX && scrim_font_next(&text))
        letters++;
    return letters;
}

// The largest face that suits so many lines and in which the time fits.
static int pick_scale(int width, int height, int letters)
{
    int scale = (height + LINES / 2) / LINES;
    while (scale > 1 && letters * SCRIM_FONT_ADVANCE * scale > width * STAMP_FIFTHS / 5)
        scale--;
    return scale > 1 ? scale : 1;
}

static void make_name(struct scrim_caption *caption, int width, int height, const char *name)
{
    const int taken = caption->when.area.width;
    const int room = (width - taken) / caption->scale / SCRIM_FONT_ADVANCE - 1;
    const int wanted = letters_of(name);
    const int letters = wanted < room ? wanted : room;
    if (letters < 1)
        return;
    make_plate(caption, &caption->name, width - plate_width(caption, letters), height, letters);
    write_text(caption, &caption->name, name);
}

struct scrim_caption *scrim_caption_create(int width, int height, const char *name,
                                           enum scrim_stamp stamp)
{
    struct scrim_caption *caption = scrim_new(struct scrim_caption);
    const int letters = stamp == SCRIM_STAMP_CLOCK     ? CLOCK_LETTERS
                        : stamp == SCRIM_STAMP_ELAPSED ? ELAPSED_LETTERS
                                                       : 0;
    caption->stamp = stamp;
    caption->scale = pick_scale(width, height, letters > 0 ? letters : CLOCK_LETTERS);
    if (letters > 0 && plate_width(caption, letters) <= width && plate_height(caption) <= height)
        make_plate(caption, &caption->when, 0, height, letters);
    if (name && plate_height(caption) <= height)
        make_name(caption, width, height, name);
    return caption;
}

void scrim_caption_destroy(struct scrim_caption *caption)
{
    if (!caption)
        return;
    free(caption->when.luma);
    free(caption->name.luma);
    free(caption);
}

// Tenths of a second, cut rather than rounded: a picture never says a time that has not been.
static void format_clock(int64_t utc_us, char text[LETTERS_MAX])
{
    const int64_t floor_us = utc_us - (utc_us % SCRIM_SECOND + SCRIM_SECOND) % SCRIM_SECOND;
    const time_t second = (time_t)(floor_us / SCRIM_SECOND);
    struct tm at;
    text[0] = '\0';
    if (!localtime_r(&second, &at)) // a year that no calendar has
        return;
    const long offset = labs(at.tm_gmtoff) / 60;
    snprintf(text, LETTERS_MAX, "%04d-%02d-%02d %02d:%02d:%02d.%d %c%02ld:%02ld", at.tm_year + 1900,
             at.tm_mon + 1, at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec,
             (int)((utc_us - floor_us) / (SCRIM_SECOND / 10)), at.tm_gmtoff < 0 ? '-' : '+',
             offset / 60, offset % 60);
}

static void format_elapsed(int64_t us, char text[LETTERS_MAX])
{
    us = us < 0 ? 0 : us > ELAPSED_MAX ? ELAPSED_MAX : us;
    const int tenths = (int)(us / (SCRIM_SECOND / 10) % 600);
    const int minutes = (int)(us / (60 * SCRIM_SECOND));
    snprintf(text, LETTERS_MAX, "%d:%02d:%02d.%d", minutes / 60, minutes % 60, tenths / 10,
             tenths % 10);
}

static void put_plate(const struct scrim_canvas *canvas, const struct plate *plate)
{
    const struct scrim_region *area = &plate->area;
    if (area->width == 0)
        return;
    scrim_canvas_fill(canvas, *area, ground);
    const int width =
        area->x + area->width <= canvas->width ? area->width : canvas->width - area->x;
    for (int row = 0; row < area->height; row++)
        memcpy(canvas->planes[0] + (ptrdiff_t)(area->y + row) * canvas->strides[0] + area->x,
               plate->luma + (size_t)row * (size_t)area->width, (size_t)width);
}

void scrim_caption_draw(struct scrim_caption *caption, const struct scrim_canvas *canvas,
                        int64_t at_us)
{
    char text[LETTERS_MAX];
    if (!caption->started)
        caption->first_us = at_us;
    caption->started = true;
    if (caption->stamp == SCRIM_STAMP_CLOCK)
        format_clock(at_us, text);
    else
        format_elapsed(at_us - caption->first_us, text);
    write_text(caption, &caption->when, text);
    put_plate(canvas, &caption->when);
    put_plate(canvas, &caption->name);
}
