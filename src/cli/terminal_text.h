// Words of other people on a terminal: a reason, a name. Nothing in them may steer the terminal,
// turn the direction of what follows, or begin a line that looks like one of ours.
#pragma once

// Prints to standard output. Line breaks and tabs become spaces, control and direction characters
// (U+0000–1F, 7F–9F, 061C, 200E–F, 2028–E, 2066–9) question marks. `text` is UTF-8.
void scrim_terminal_print(const char *text);
