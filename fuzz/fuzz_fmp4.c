// A file of the redacted archive after a crash, and the init segment that a veil worker sends.
#include "desk/fmp4.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_fmp4 scan;
    scrim_fmp4_timescale(data, size);
    if (scrim_fmp4_scan(data, size, &scan) < 0)
        return 0;
    if (scan.whole_bytes > size || scan.fragments == 0 || scan.timescale == 0 ||
        scan.end_pts_us < scan.first_pts_us || strnlen(scan.mime, sizeof scan.mime) < 10)
        abort();
    // What recovery keeps must say the same once more.
    struct scrim_fmp4 again;
    if (scrim_fmp4_scan(data, scan.whole_bytes, &again) < 0 ||
        again.end_pts_us != scan.end_pts_us || again.fragments != scan.fragments ||
        again.whole_bytes != scan.whole_bytes)
        abort();
    return 0;
}
