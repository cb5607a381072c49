// The numbers that admission, forecast and status are made of: what each camera writes and keeps,
// and what each volume has, gathered from the stock, the redacted pictures, the holds, the
// configuration and the file systems.
#pragma once

#include "keeper/admission.h"
#include "keeper/forecast.h"
#include "keeper/holds.h"
#include "keeper/periods.h"
#include "keeper/redacted.h"
#include "keeper/stock.h"
#include "keeper/volume.h"

// A camera of scrim.yaml.
struct scrim_need {
    struct scrim_demand demand;
    struct scrim_stock_tally tally;
    struct scrim_redacted redacted;
    uint64_t redacted_stored;
};

struct scrim_needs {
    const struct scrim_site *site;
    struct scrim_need *list; // in the order of scrim.yaml, owned
    size_t count;
};

void scrim_needs_init(struct scrim_needs *needs, const struct scrim_site *site);
void scrim_needs_finish(struct scrim_needs *needs);
// Looks at one camera again. Redacted pictures that cannot be read are assumed, not an error.
void scrim_needs_look(struct scrim_needs *needs, size_t number, struct scrim_stock *stock,
                      const struct scrim_holds *holds, int64_t now_us);
// The same without looking at the disk.
void scrim_needs_count(struct scrim_needs *needs, size_t number, struct scrim_stock *stock,
                       const struct scrim_holds *holds, int64_t now_us);

// What a volume has of this site, and what goes there.
struct scrim_burden {
    uint64_t ours;     // bytes, marked ones included
    uint64_t doomed;   // of them, marked
    uint64_t written;  // bytes an hour: originals, and redacted pictures on the site's own
    int64_t oldest_us; // INT64_MAX: nothing
    int64_t full_us;   // SCRIM_FORECAST_NEVER
};
void scrim_burdens_weigh(const struct scrim_needs *needs, const struct scrim_stock *stock,
                         const struct scrim_volumes *volumes, int64_t now_us,
                         struct scrim_burden ret[SCRIM_DISKS_MAX]);

// Admission over all of it. The pointers inside are into what was passed and into `room`.
struct scrim_admission_room {
    struct scrim_demand *demands; // free
    struct scrim_supply supplies[SCRIM_DISKS_MAX];
    const char *absent[SCRIM_DISKS_MAX];
};
void scrim_needs_admit(const struct scrim_needs *needs, const struct scrim_stock *stock,
                       const struct scrim_volumes *volumes, const struct scrim_burden *burdens,
                       struct scrim_admission_room *room, struct scrim_admission *ret);
