// A 5×7 pixel face for the few words that a picture says about itself.
#pragma once

#include <stdint.h>

#define SCRIM_FONT_WIDTH 5
#define SCRIM_FONT_HEIGHT 7

// Five columns, left to right, lowest bit at the top. Lower case gives capitals, what is not there
// a question mark.
const uint8_t *scrim_font_glyph(char letter);
