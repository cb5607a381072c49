// The journal: what was recorded and what was not, one signed line a record, append-only.
//
//     {"v":1,"seq":7,"camera":"quay","type":"segment",…,"prev":"<SHA-256, hex>"} <Ed25519,
//     base64>\n
//
// The signature covers "scrim-journal/v1\n" and the JSON bytes as they stand; `prev` is the SHA-256
// of the whole previous line without its line break, so the last good signature vouches for all
// before it. The chain runs through the days of a camera: the first record of a day continues the
// last of the day before. The first of all has prev = SHA-256("scrim-journal/v1 genesis" ‖ site ‖
// 0x00 ‖ camera). docs/ref/formats/journal.md is the specification.
#pragma once

#include "base/clock.h"
#include "base/fs.h"
#include "link/link.h"
#include "site/config.h"
#include "store/layout.h"

enum scrim_record_type {
    SCRIM_RECORD_BOOT,     // the recorder started: boot counter, version
    SCRIM_RECORD_SEGMENT,  // a sealed segment is whole on disk (or torn by a crash, and says so)
    SCRIM_RECORD_GAP,      // nothing was recorded from start to end, and why
    SCRIM_RECORD_CLOCK,    // the clock of the host or of the camera stepped
    SCRIM_RECORD_OPENING,  // in state/log: someone asked to open, and how it ended
    SCRIM_RECORD_STOP,     // the recorder ended on purpose, and why; without it, it crashed
    SCRIM_RECORD_PURGE,    // originals were destroyed before their retention was over, and why
    SCRIM_RECORD_UNSEALED, // pictures came, and on purpose no original of them was kept
    SCRIM_RECORD_CHANGE,   // in state/acts/log: somebody did something over the desk, or failed to
};

enum scrim_gap_cause {
    SCRIM_GAP_CAMERA,
    SCRIM_GAP_NETWORK,
    SCRIM_GAP_DISK,
    SCRIM_GAP_OVERLOAD,
    SCRIM_GAP_OPERATOR,
    SCRIM_GAP_CLOCK,
    SCRIM_GAP_CRASH,
};
#define SCRIM_GAP_CAUSES 7
const char *scrim_gap_cause_text(enum scrim_gap_cause cause); // "camera", "network", …

#define SCRIM_RECORD_JSON 3072 // bytes, with the NUL

struct scrim_record {
    enum scrim_record_type type;
    uint64_t seq; // counts up by one per camera, for ever
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    int64_t start_us, end_us; // UTC; end_us >= start_us even if the clock stepped back in between
    int64_t mono_start_us, mono_end_us;
    uint64_t boot;         // boot counter of the recorder
    bool ntp_synchronised; // what the kernel said of its clock, see scrim_record_note_ntp
    int64_t ntp_error_us;  // its estimate of the most its clock was off by; -1: it gave none
    // segment
    char file[64];                    // "<day>/<name>" below store/<camera>/
    char disk[SCRIM_DISK_ID_MAX + 1]; // id of the disk that holds the file, "": the site's own
    uint64_t frames, keyframes;
    uint64_t lost_units;         // segment and gap: pictures known to be missing in it
    uint64_t lost_packets;       // RTP packets known to be missing in it
    uint64_t bytes;              // size of the sealed file
    uint8_t sha256[32];          // of the sealed file
    bool torn;                   // the end is missing: frames are unknown (0)
    uint8_t tail_sha256[32];     // torn only: of the tail file, zero if there is none
    int64_t rtp_first, rtp_last; // presentation time stamps in the 90 kHz RTP clock, unwrapped
    // Wall clock that the camera's sender reports gave for the first and last frame, 0: none.
    int64_t rtcp_ntp_us, rtcp_last_us;
    char codec[8]; // "h264", "h265"
    uint32_t width, height;
    uint32_t declared_mfps;  // frames in a thousand seconds, as the camera declares; 0: it does not
    uint32_t delivered_mfps; // as they came, by the host's clock; 0: too few to tell
    // gap, stop, purge and clock
    enum scrim_gap_cause cause; // of a purge: disk or operator
    char detail[200];           // in words
    uint64_t segments;          // purge: how many were destroyed
    bool of_camera;             // clock: the camera's, not the host's
    int64_t step_us;            // clock
    // unsealed, with frames and lost_units
    enum scrim_keep kept; // redacted or nothing
    // opening and change
    char json[SCRIM_RECORD_JSON]; // a JSON object that says who, why, what ("{\"reason\":\"…\"}")
};

// True for the records that together tell of all time: of segments, gaps, and what was not sealed.
static inline bool scrim_record_covers(enum scrim_record_type type)
{
    return type == SCRIM_RECORD_SEGMENT || type == SCRIM_RECORD_GAP ||
           type == SCRIM_RECORD_UNSEALED;
}

// Fills in what the kernel says of its clock now.
void scrim_record_note_ntp(struct scrim_record *record);

struct scrim_device_key; // the signing key; opaque, locked memory, never printed
SCRIM_MUST_CHECK int scrim_device_key_create(const char *dir, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_device_key_load(const char *dir, struct scrim_device_key **ret,
                                           struct scrim_error *error);
void scrim_device_key_destroy(struct scrim_device_key *key);
SCRIM_MUST_CHECK int scrim_device_public_load(const char *dir, uint8_t ret[32],
                                              struct scrim_error *error);

// Who else has a key of its own, for a log (act_log.h): state/keys/desk.key and desk.pub,
// state/keys/opener.key and opener.pub. Made by their owner when they are missing.
enum scrim_log_owner { SCRIM_LOG_OF_DESK, SCRIM_LOG_OF_OPENER };
SCRIM_MUST_CHECK int scrim_log_key_obtain(const char *dir, enum scrim_log_owner owner,
                                          struct scrim_device_key **ret, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_log_public_load(const char *dir, enum scrim_log_owner owner,
                                           uint8_t ret[32], struct scrim_error *error);

// Where a chain stands: enough to append without reading anything back.
struct scrim_journal_head {
    uint64_t next_seq;
    uint8_t prev[32];
    char day[SCRIM_DAY_TEXT]; // of the newest journal, "" if there is none; later records never go
                              // before it
    int64_t last_end_us;      // UTC until which segments and gaps tell everything, 0: there is none
    char disk[SCRIM_DISK_ID_MAX + 1]; // as found: of the newest segment
    uint64_t rate;                    // as found: bytes a second of it, 0: unknown
    // As found: the newest run ended with a STOP. What follows is a gap of `stop_cause`.
    bool stopped;
    enum scrim_gap_cause stop_cause;
};

// Formats the record as its whole line, signs it, and moves `head` on. `record->seq` is ignored.
SCRIM_MUST_CHECK int scrim_journal_format(const struct scrim_device_key *key,
                                          struct scrim_journal_head *head,
                                          const struct scrim_record *record,
                                          struct scrim_buf *ret_line);
// Parses one line (without line break) strictly; the signature is checked if `public_key` is given.
SCRIM_MUST_CHECK int scrim_journal_parse(const char *line, size_t length,
                                         const uint8_t public_key[32], struct scrim_record *ret,
                                         uint8_t ret_prev[32], struct scrim_error *error);
void scrim_journal_line_hash(const char *line, size_t length, uint8_t ret[32]);
void scrim_journal_genesis(const char *site, const char *camera, uint8_t ret[32]);
// The day whose journal takes a record that starts at `start_us`: its own, but never one before
// head->day, so that the files in the order of their names are the chain, whatever the clock did.
void scrim_journal_day(const struct scrim_journal_head *head, int64_t start_us,
                       char ret[SCRIM_DAY_TEXT]);
// The days of a camera that have a journal, oldest first; free with scrim_fs_free_names. A camera
// that never recorded has none, and that is no error.
SCRIM_MUST_CHECK int scrim_journal_days(const char *dir, const char *camera, char ***ret_days,
                                        size_t *ret_count, struct scrim_error *error);
// Reads one day's journal into `ret` (initialised here, freed by the caller). SCRIM_ENOENT without
// one.
SCRIM_MUST_CHECK int scrim_journal_read(const char *dir, const char *camera, const char *day,
                                        struct scrim_buf *ret, struct scrim_error *error);
// Finds where the chain of a camera stands, from its newest journals; an unfinished last line is
// not looked at. Lines that are damaged are counted in seq and chained on: scrim check names them.
SCRIM_MUST_CHECK int scrim_journal_find_head(const char *dir, const char *site, const char *camera,
                                             struct scrim_journal_head *ret,
                                             struct scrim_error *error);
// Appends whole lines to a journal and flushes it, its directory too if the file is new.
SCRIM_MUST_CHECK int scrim_journal_append(const char *path, const struct scrim_buf *lines,
                                          struct scrim_error *error);
