// What is stored: every sealed file of every camera on every disk, in memory, 32 bytes each. Filled
// from the journals and the directories at the start, a day of a camera at a time, and kept up by
// following the journals. Retention, purge, admission and forecast decide on it without touching a
// disk; what they decide to remove is marked, and goes when its file is gone.
#pragma once

#include "store/disks.h"
#include "store/journal.h"

enum scrim_piece_state {
    SCRIM_PIECE_RECORDED,
    SCRIM_PIECE_UNRECORDED, // a file without a record (yet): being written, or left by a crash
    SCRIM_PIECE_DOOMED,     // to be removed
    SCRIM_PIECE_GONE,       // its file is; it counts for the bit rate for a day
};

// A sealed file. Its name follows from `start_us` and `nth`.
struct scrim_piece {
    int64_t start_us;  // UTC, whole seconds: the day and the name
    int64_t end_us;    // of the recording
    int32_t offset_us; // from start_us to the first picture
    uint32_t bytes;    // a segment is cut long before 4 GiB
    uint16_t nth;      // as in scrim_segment_name
    uint8_t disk;      // number of its place, as in store/disks.h
    uint8_t state;     // enum scrim_piece_state
    bool torn;         // how long it is was guessed from its file
};

// Whether it counts as stored: neither marked nor gone.
static inline bool scrim_piece_stays(const struct scrim_piece *piece)
{
    return piece->state <= SCRIM_PIECE_UNRECORDED;
}

struct scrim_stock_camera {
    char id[SCRIM_CAMERA_ID_MAX + 1];
    struct scrim_piece *pieces; // by start and nth, owned
    size_t count, room;
    size_t doomed;            // of `count`
    bool loaded;              // all that was there when it was looked at is in `pieces`
    char day[SCRIM_DAY_TEXT]; // where following its journals stands, "": at the beginning
    size_t offset;            // bytes of that day's journal
};

struct scrim_stock {
    const struct scrim_site *site;
    unsigned disks_count;          // scrim_disks_count
    bool present[SCRIM_DISKS_MAX]; // what is on the others cannot be seen, and is not removed
    struct scrim_stock_camera *cameras;
    size_t cameras_count;
    void (*on_purge)(void *context, const struct scrim_record *record); // NULL: not asked for
    void *context;
};

// `site` must outlive it. Cameras are added as they are found in the store.
void scrim_stock_init(struct scrim_stock *stock, const struct scrim_site *site);
void scrim_stock_finish(struct scrim_stock *stock);
// Looks which disks are there. A disk that came (back) is read from the beginning, in steps.
void scrim_stock_look(struct scrim_stock *stock);
// Adds the cameras that the store has and the stock has not.
SCRIM_MUST_CHECK int scrim_stock_find_cameras(struct scrim_stock *stock, struct scrim_error *error);
struct scrim_stock_camera *scrim_stock_camera(struct scrim_stock *stock, const char *id);

// One step for one camera: loads a day, or reads what its journals say since the last step. Returns
// 1 if there is more to read at once, 0 if not. A day that cannot be read is an error each time.
SCRIM_MUST_CHECK int scrim_stock_step(struct scrim_stock *stock, struct scrim_stock_camera *camera,
                                      struct scrim_error *error);
// All of all cameras, now. For commands.
SCRIM_MUST_CHECK int scrim_stock_load(struct scrim_stock *stock, struct scrim_error *error);

SCRIM_MUST_CHECK int scrim_stock_add(struct scrim_stock_camera *camera,
                                     const struct scrim_piece *piece);
// NULL: there is none of that name. Valid until the next change.
const struct scrim_piece *scrim_stock_find(const struct scrim_stock_camera *camera,
                                           int64_t start_us, unsigned nth);
// The first piece that starts at or after `start_us`; `count` if there is none.
size_t scrim_stock_from(const struct scrim_stock_camera *camera, int64_t start_us);
// Marks a piece of the camera to be removed.
void scrim_stock_doom(struct scrim_stock_camera *camera, struct scrim_piece *piece);
// Marks a piece of the camera as gone.
void scrim_stock_gone(struct scrim_stock_camera *camera, struct scrim_piece *piece);
// True if it has no file that is known of.
bool scrim_stock_empty(const struct scrim_stock_camera *camera);
// Forgets those that are gone, but for the newest day.
void scrim_stock_compact(struct scrim_stock_camera *camera);
SCRIM_MUST_CHECK int scrim_stock_path(const struct scrim_stock *stock,
                                      const struct scrim_stock_camera *camera,
                                      const struct scrim_piece *piece, char ret[SCRIM_PATH_MAX]);

// What a camera's pieces amount to, by disk. Its rate does not depend on whether they are there. It
// is measured on whole segments of SCRIM_MEASURE_LEAST_US or more; where there are none, on the
// others, if they are a second together.
struct scrim_stock_tally {
    uint64_t bytes[SCRIM_DISKS_MAX];    // stored
    uint64_t doomed[SCRIM_DISKS_MAX];   // marked, and still there
    uint64_t written[SCRIM_DISKS_MAX];  // of `measured_us`
    int64_t oldest_us[SCRIM_DISKS_MAX]; // start of the first; INT64_MAX: there is none
    uint64_t total;
    // How much recording `written` is: up to the newest 24 hours of it; 0: nothing to go by.
    int64_t measured_us;
};
void scrim_stock_count(const struct scrim_stock *stock, const struct scrim_stock_camera *camera,
                       struct scrim_stock_tally *ret);
