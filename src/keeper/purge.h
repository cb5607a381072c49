// Purging ahead of need: when a volume has less room than its reserve and what will be written in
// the next minutes, the oldest originals on it go before their time, whole segments, across all
// cameras, but none that is held or still being written. Each purge is a record in the journals of
// its cameras; until that record was seen it is remembered (purge_log.h).
#pragma once

#include "keeper/holds.h"
#include "keeper/stock.h"

// Segments of one camera that lie next to one another in time.
struct scrim_purge {
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    int64_t start_us, end_us;
    uint64_t segments;
    enum scrim_gap_cause cause; // disk or operator
    char text[200];             // why, one sentence
};

struct scrim_purge_list {
    struct scrim_purge *list; // owned
    size_t count;
};

#define SCRIM_PURGE_SEGMENTS_MAX 2000 // at once

// Marks the oldest pieces on `places` (bit n: place n) until `bytes` are marked or nothing more may
// go, and lists them. `text` is the sentence of all of them. Returns the bytes marked through
// *ret_bytes.
SCRIM_MUST_CHECK int scrim_purge_choose(struct scrim_stock *stock, uint64_t places, uint64_t bytes,
                                        const struct scrim_holds *holds, int64_t now_us,
                                        const char *text, struct scrim_purge_list *ret,
                                        uint64_t *ret_bytes, struct scrim_error *error);
void scrim_purge_list_finish(struct scrim_purge_list *list);
