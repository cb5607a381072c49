// Islands: marked cells that hang together.
#pragma once

#include "media/picture.h"

#include <stddef.h>

// Visits the island around cell `start`, whose mark is 1: all cells marked 1 that are reached by
// steps of at most `reach` cells, diagonals too. Marks them 2. Returns how many there are; their
// numbers are in `stack`, which has room for all cells.
size_t scrim_island_flood(uint8_t *marks, int columns, int rows, size_t start, int reach,
                          uint32_t *stack);

// The bounds of the `size` cells in `stack`, which is at least one, in cells.
struct scrim_region scrim_island_bounds(const uint32_t *stack, size_t size, int columns);
