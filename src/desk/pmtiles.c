#include "desk/pmtiles.h"

#include "base/buf.h"

#include <string.h>

#define TILE_TYPE_AT 99
#define MIN_ZOOM_AT 100
#define MAX_ZOOM_AT 101
#define BOUNDS_AT 102 // four int32, little-endian, degrees × 10^7
#define ZOOM_MAX 30

static double degrees(const uint8_t *bytes)
{
    const uint32_t bits = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                          (uint32_t)bytes[3] << 24;
    return (double)(int32_t)bits / 1e7;
}

int scrim_pmtiles_parse(const void *bytes, size_t count, struct scrim_pmtiles_header *ret,
                        struct scrim_error *error)
{
    static const char *const kinds[] = {NULL, "mvt", "png", "jpeg", "webp", "avif"};
    struct scrim_reader reader = scrim_reader_of(bytes, count);
    const uint8_t *head = scrim_read_view(&reader, SCRIM_PMTILES_HEADER);
    if (!head || memcmp(head, "PMTiles\3", 8) != 0)
        return scrim_fail(error, SCRIM_EFORMAT, "it is no PMTiles archive of version 3");
    const uint8_t kind = head[TILE_TYPE_AT];
    if (kind == 0 || kind >= sizeof kinds / sizeof *kinds)
        return scrim_fail(error, SCRIM_EFORMAT, "its tiles are of an unknown kind (%u)", kind);
    const struct scrim_pmtiles_header found = {
        .tiles = kinds[kind],
        .min_zoom = head[MIN_ZOOM_AT],
        .max_zoom = head[MAX_ZOOM_AT],
        .west = degrees(head + BOUNDS_AT),
        .south = degrees(head + BOUNDS_AT + 4),
        .east = degrees(head + BOUNDS_AT + 8),
        .north = degrees(head + BOUNDS_AT + 12),
    };
    const bool sound = found.min_zoom <= found.max_zoom && found.max_zoom <= ZOOM_MAX &&
                       found.west >= -180 && found.west < found.east && found.east <= 180 &&
                       found.south >= -90 && found.south < found.north && found.north <= 90;
    if (!sound)
        return scrim_fail(error, SCRIM_EFORMAT, "its bounds or zooms make no sense");
    *ret = found;
    return SCRIM_OK;
}
