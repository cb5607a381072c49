// Is there disk for what scrim.yaml promises? Needed is what the cameras write while they keep it,
// and what is held beyond; funded is what the disks have for it. Arithmetic only: the numbers come
// from the stock, the volumes and the holds (demand.h), and the report says each of them, line by
// line, for whoever buys the disks.
//
//     needed = (Σ rate × retention + Σ redacted rate × retention) × 1.05
//            + held beyond retention + left behind by cameras taken out + written ahead of a purge
//     funded = Σ (size - reserve - used by others)
//
// A volume without originals funds the redacted pictures, and nothing else does then.
#pragma once

#include "base/buf.h"
#include "link/link.h"

#define SCRIM_ADMISSION_MARGIN_PERCENT 5
#define SCRIM_ASSUMED_MBIT 4.0        // of a camera that nothing is known of
#define SCRIM_MEASURED_MBIT_MAX 200.0 // no camera sends more, whatever was measured
// Of so much recording a rate can be told; less of it says too little.
#define SCRIM_MEASURE_LEAST_US (5 * SCRIM_SECOND)
#define SCRIM_REDACTED_SHARE 8  // redacted pictures that were not measured: an eighth of the rate
#define SCRIM_AHEAD_SECONDS 120 // of writing that a purge keeps room for

enum scrim_basis {
    SCRIM_BASIS_MEASURED, // from the newest 24 hours of recording, or what there is
    SCRIM_BASIS_EXPECTED, // expected_mbit in scrim.yaml
    SCRIM_BASIS_ASSUMED,  // SCRIM_ASSUMED_MBIT, or SCRIM_REDACTED_SHARE
    SCRIM_BASIS_NONE,     // nothing of the kind is kept, as scrim.yaml says: the rate is 0
};

struct scrim_demand {
    const char *camera;
    uint32_t retention_hours;
    uint64_t rate; // bytes an hour
    enum scrim_basis basis;
    int64_t measured_us; // how much recording the rate was measured on
    uint64_t redacted_rate;
    enum scrim_basis redacted_basis; // measured, assumed or none
    uint64_t held;                   // bytes under legal hold, and those still to come
    unsigned holds;
};

struct scrim_supply {
    const char *name;
    uint64_t total, reserve, others; // bytes; others: used, but not by this site
    bool redacted_only;              // holds redacted pictures and journals, but no originals
};

struct scrim_admission {
    // in
    const char *site;
    const struct scrim_demand *demands;
    size_t demands_count;
    const struct scrim_supply *supplies; // one a volume
    size_t supplies_count;
    const char *const *absent; // names of disks that are not there
    size_t absent_count;
    uint64_t left_behind; // bytes of cameras that are not in scrim.yaml any more
    // out
    uint64_t originals, redacted, held, margin, ahead; // parts of `needed`
    uint64_t needed, funded;
    bool ok;
    uint64_t redacted_missing; // of the volume that has to hold the redacted pictures alone
    double fits; // the share of every camera's retention that fits, at most 1; 0: nothing does
};

void scrim_admission_decide(struct scrim_admission *admission);
// What one supply can give.
uint64_t scrim_supply_usable(const struct scrim_supply *supply);
uint64_t scrim_demand_needed(const struct scrim_demand *demand); // without redacted, held, margin

// The arithmetic, some lines of text.
SCRIM_MUST_CHECK int scrim_admission_report(const struct scrim_admission *admission,
                                            struct scrim_buf *ret);
#define SCRIM_ADMISSION_TEXT 320
// One sentence: "needed 390 GB, funded 52 GB: 9 hours fit, or add 338 GB".
void scrim_admission_sentence(const struct scrim_admission *admission, char *ret, size_t size);

// Bytes an hour.
uint64_t scrim_rate_of_mbit(double mbit);
// Of what was recorded in `length_us` > 0, at most SCRIM_MEASURED_MBIT_MAX.
uint64_t scrim_rate_measured(uint64_t bytes, int64_t length_us);

#define SCRIM_BYTES_TEXT 24
// "129.6 GB": decimal units, as disks are sold.
void scrim_bytes_text(uint64_t bytes, char ret[SCRIM_BYTES_TEXT]);
