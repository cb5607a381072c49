#include "veil/face_turn.h"

#include "veil/grid.h"

// A still face that nothing hints at is found after this long at the latest. Motion covers whoever
// comes, and goes on for longer than this with whoever then stands still.
#define FLOOR_US 5000000
// Things that move and are nobody, such as trees, do not make it look more often than this.
#define HINTED_US 900000
// As much of the picture as a head of a fifth of its height takes, permille.
#define LARGE 20

// How much of the picture differs from the background and lies in nobody's box, permille.
static int unclaimed(const struct scrim_unclaimed *picture)
{
    const int columns = (picture->width + SCRIM_CELL - 1) / SCRIM_CELL;
    const int rows = (picture->height + SCRIM_CELL - 1) / SCRIM_CELL;
    int64_t found = 0;
    for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++)
            found += scrim_unclaimed_at(picture, column, row);
    return (int)(found * 1000 / ((int64_t)columns * rows));
}

bool scrim_face_turn_due(const struct scrim_face_turn *turn, int64_t now_us,
                         const struct scrim_face_hints *hints)
{
    const int64_t waited_us = now_us - turn->looked_us;
    return !turn->looked || hints->followed || waited_us >= FLOOR_US ||
           (waited_us >= HINTED_US && unclaimed(&hints->picture) >= LARGE);
}

void scrim_face_turn_looked(struct scrim_face_turn *turn, int64_t now_us)
{
    turn->looked_us = now_us;
    turn->looked = true;
}

void scrim_face_turn_forget(struct scrim_face_turn *turn)
{
    turn->looked = false;
}
