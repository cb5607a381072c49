// A picture that somebody uploads as a plan, and a file that somebody put where the map should be.
#include "desk/image_header.h"
#include "desk/pmtiles.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_image_header head;
    struct scrim_pmtiles_header map;
    struct scrim_error error;
    if (scrim_image_header_parse(data, size, &head, &error) >= 0 &&
        (head.kind >= SCRIM_IMAGE_KINDS || head.width < 1 || head.width > SCRIM_IMAGE_SIDE_MAX ||
         head.height < 1 || head.height > SCRIM_IMAGE_SIDE_MAX))
        abort();
    if (scrim_pmtiles_parse(data, size, &map, &error) >= 0 &&
        (!map.tiles || !(map.west < map.east) || !(map.south < map.north)))
        abort();
    return 0;
}
