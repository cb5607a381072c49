// A face of 5×7 pixels for the few words that a picture says about itself: ASCII and the letters of
// Latin-1, with two rows above capitals for accents and two below the line.
#pragma once

#include <stdint.h>

#define SCRIM_FONT_WIDTH 5
#define SCRIM_FONT_ADVANCE 6 // from one letter to the next
#define SCRIM_FONT_ABOVE 2
#define SCRIM_FONT_BODY 7
#define SCRIM_FONT_HEIGHT 11

#define SCRIM_FONT_UNKNOWN 0xfffdU // drawn as a question mark, as all that the face has not

// Five columns, left to right, lowest bit at the top.
struct scrim_glyph {
    uint16_t columns[SCRIM_FONT_WIDTH];
};
struct scrim_glyph scrim_font_glyph(uint32_t character);

// The next character of UTF-8 text, which moves on; 0 at its end. What is not UTF-8 is
// SCRIM_FONT_UNKNOWN, however little of it.
uint32_t scrim_font_next(const char **text);
