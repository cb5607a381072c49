// The emergency keys of break-glass: an X25519 identity for each quarter of an hour of UTC, a
// second recipient of the segments that start in it. Secrets lie in locked memory and nowhere else,
// so whatever ends this process destroys them. One is wiped a quarter of an hour after its own is
// over, by the clock that says so first, UTC or monotonic: a clock that is set back keeps nothing
// alive, and one that is set forward destroys. Whoever asks here is answered with what lives then.
#pragma once

#include "base/buf.h"
#include "base/clock.h"

#define SCRIM_GLASS_EPOCH_US (15 * 60 * SCRIM_SECOND)
#define SCRIM_GLASS_KEYS_MAX 16
#define SCRIM_GLASS_KEY 32 // bytes

struct scrim_glass_keys;

// What the recorder may have.
struct scrim_glass_public {
    int64_t start_us, end_us; // UTC: for segments that start in [start_us, end_us)
    int64_t good_us;          // and from now on for so long, by the monotonic clock
    uint8_t key[SCRIM_GLASS_KEY];
};

SCRIM_MUST_CHECK int scrim_glass_keys_create(struct scrim_glass_keys **ret,
                                             struct scrim_error *error);
void scrim_glass_keys_destroy(struct scrim_glass_keys *keys); // wipes; NULL is fine

// The keys of this quarter of an hour and the next, made if there are none yet.
void scrim_glass_keys_public(struct scrim_glass_keys *keys, struct scrim_glass_public ret[2]);
// Wipes what is over. Returns the monotonic µs at which something is due again: to wipe, or to make
// for the quarter that begins then.
int64_t scrim_glass_keys_tend(struct scrim_glass_keys *keys);
// From here on segments get other keys. Those that there are open what they were for.
void scrim_glass_keys_renew(struct scrim_glass_keys *keys);

// Appends what a break of glass hands out: "scrim-glass-keys/v1", u32 count, then of each i64
// start_us, i64 end_us and the 32 bytes of the secret, big-endian; those of quarters that have
// begun, oldest first. Wipe `ret` (scrim_buf_finish_wipe).
SCRIM_MUST_CHECK int scrim_glass_keys_secrets(struct scrim_glass_keys *keys, struct scrim_buf *ret);
// UTC end of the newest quarter that they are of.
int64_t scrim_glass_keys_until(void);
