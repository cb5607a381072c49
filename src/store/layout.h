// Where everything of a site lies. Every path of the store is made here and nowhere else.
//
//     DIR/scrim.yaml                   configuration
//     DIR/store/<camera>/<day>/        <day>: YYYY-MM-DD, UTC
//         <HHMMSS>.mp4.age             sealed segment (-1, -2 … follows if the second is taken)
//         <HHMMSS>.mp4.age.tail        last chunk of a torn segment, saved at recovery
//         journal                      signed, hash-chained records
//     <disk's path>/<camera>/<day>/    segments and tails, with disks in scrim.yaml (disks.h)
//     DIR/store/<camera>/tail          unfinished chunk of the segment being written, two slots
//     DIR/veil/<camera>/<day>/
//         <HHMMSS>.mp4                 redacted picture, plain fragmented MP4
//         list                         one line a redacted file, for rebuilding the index
//     DIR/state/vault.json             public part of the vault
//     DIR/state/index.db               cache of the journals, rebuildable
//     DIR/state/site.db                users, not rebuildable
//     DIR/state/disks/<disk>           copy of the disk's identity
//     DIR/state/boot                   counts the recorder's starts
//     DIR/state/log/journal            openings (record format of a camera's journal)
//     DIR/state/keys/
//         device.key, device.pub       Ed25519, signs the journals
//         tls.key, tls.crt             the desk's
//         hours/                       the keeper's alone
//             hours.ring               all hour keys, sealed
//             root.key, root.next      what they are sealed under (unless a TPM keeps it)
//             lock                     held (flock) by who writes them
//     DIR/run/                         sockets and locks
//     DIR/run/recorder.lock            held (flock) while a recorder runs
//
// The group may remove what is in store/: that is retention's part, in a process of another user
// (packaging/systemd/own-site).
#pragma once

#include "base/fs.h"

#define SCRIM_DAY_TEXT 11                  // "2026-11-23" and NUL
#define SCRIM_DISK_ID_MAX 31               // bytes of a disk's id, without NUL
#define SCRIM_HOURS_DIR "state/keys/hours" // below the site directory
#define SCRIM_KEYS_SOCKET "run/keys.sock"
#define SCRIM_RECORDER_LOCK "run/recorder.lock" // below the site directory

void scrim_day_of(int64_t utc_us, char ret[SCRIM_DAY_TEXT]);
// UTC µs at which a valid day begins; what follows its ten characters is not looked at.
int64_t scrim_day_us(const char *day);

SCRIM_MUST_CHECK int scrim_store_day_dir(char ret[SCRIM_PATH_MAX], const char *dir,
                                         const char *camera, int64_t utc_us);
SCRIM_MUST_CHECK int scrim_veil_day_dir(char ret[SCRIM_PATH_MAX], const char *dir,
                                        const char *camera, int64_t utc_us);
// DIR/store/<camera>/<below>; NULL for the camera's directory itself.
SCRIM_MUST_CHECK int scrim_store_path(char ret[SCRIM_PATH_MAX], const char *dir, const char *camera,
                                      const char *below);
// DIR/veil/<camera>/<below>, likewise.
SCRIM_MUST_CHECK int scrim_veil_path(char ret[SCRIM_PATH_MAX], const char *dir, const char *camera,
                                     const char *below);
// "<HHMMSS>.mp4.age" or, for nth > 0, "<HHMMSS>-<nth>.mp4.age".
void scrim_segment_name(char ret[32], int64_t utc_us, unsigned nth);
// True for a name that scrim_segment_name can make; the second of the day in *ret_second.
SCRIM_MUST_CHECK bool scrim_segment_name_parse(const char *name, int *ret_second);
// True for "2026-11-23" and the like, a day that exists.
SCRIM_MUST_CHECK bool scrim_day_valid(const char *day);

// A frame's estimated time may lie this far before the host's clock: so long after its end an
// hour's key is still used, given out, and not destroyed.
#define SCRIM_HOUR_LINGER_US INT64_C(120000000)
static inline uint64_t scrim_hour_of(int64_t utc_us)
{
    return (uint64_t)(utc_us / INT64_C(3600000000));
}
