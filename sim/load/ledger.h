// What became of every access unit that was made for a viewer, as a file: a head of 16 bytes
// ("SCRMLEDG", version u32 = 1, size of an entry u32), then entries as they lie in memory
// (little-endian, struct ledger_entry). Written as the fates are known, complete once the process
// has ended on a signal.
#pragma once

#include "base/error.h"

#include <stdint.h>

enum ledger_fate {
    LEDGER_SENT,    // every byte of it was taken by the socket
    LEDGER_CUT,     // the connection ended within it
    LEDGER_UNSENT,  // the connection ended before its first byte was taken
    LEDGER_SKIPPED, // the viewer was too slow: the camera dropped it, as cameras do
};

enum ledger_flag {
    LEDGER_RANDOM = 1,
    LEDGER_DAMAGED = 2, // packets were withheld or overwritten on command
    LEDGER_UDP = 4,
};

struct ledger_entry {
    uint32_t camera;
    uint16_t clip;
    uint8_t fate, flags;
    uint64_t unit;     // as in the stamp
    int64_t made_us;   // UTC, as in the stamp
    int64_t handed_us; // UTC, when its fate was known
    uint32_t session;  // counts the connections
    uint32_t bytes;    // of RTP, with headers
};

// NULL: none is kept.
SCRIM_MUST_CHECK int ledger_open(const char *path, struct scrim_error *error);
void ledger_write(const struct ledger_entry *entry);
// False if the file is not whole; says so on stderr.
bool ledger_close(void);
