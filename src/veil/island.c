#include "veil/island.h"

size_t scrim_island_flood(uint8_t *marks, int columns, int rows, size_t start, int reach,
                          uint32_t *stack)
{
    size_t found = 1;
    stack[0] = (uint32_t)start;
    marks[start] = 2;
    for (size_t done = 0; done < found; done++) {
        const int row = (int)(stack[done] / (uint32_t)columns);
        const int column = (int)(stack[done] % (uint32_t)columns);
        const int top = row > reach ? row - reach : 0;
        const int left = column > reach ? column - reach : 0;
        for (int y = top; y <= row + reach && y < rows; y++)
            for (int x = left; x <= column + reach && x < columns; x++) {
                const size_t i = (size_t)y * (size_t)columns + (size_t)x;
                if (marks[i] != 1)
                    continue;
                marks[i] = 2;
                stack[found++] = (uint32_t)i;
            }
    }
    return found;
}

struct scrim_region scrim_island_bounds(const uint32_t *stack, size_t size, int columns)
{
    int left = columns, top = INT32_MAX, right = 0, bottom = 0;
    for (size_t k = 0; k < size; k++) {
        const int row = (int)(stack[k] / (uint32_t)columns);
        const int column = (int)(stack[k] % (uint32_t)columns);
        left = column < left ? column : left;
        right = column >= right ? column + 1 : right;
        top = row < top ? row : top;
        bottom = row >= bottom ? row + 1 : bottom;
    }
    return (struct scrim_region){left, top, right - left, bottom - top};
}
