// state/index.db: a cache of the journals and of the list of redacted files, for quick questions.
// All of it can be made again from store/ and veil/; a damaged one is moved aside to
// index.db.damaged and rebuilt. SQLite in WAL mode. A handle belongs to one thread; a
// program that both writes and answers opens one writer and, in another thread, one reader. Times
// are UTC µs.
#pragma once

#include "site/config.h"
#include "store/journal.h"

struct scrim_index;

// The writer. Makes the database if there is none; a damaged one is moved aside (logged) and starts
// empty, and the next catch-up fills it again. SCRIM_EBUSY while another program writes to it.
SCRIM_MUST_CHECK int scrim_index_open(const char *dir, struct scrim_index **ret,
                                      struct scrim_error *error);
// The same, but throws away what is there.
SCRIM_MUST_CHECK int scrim_index_rebuild(const char *dir, struct scrim_index **ret,
                                         struct scrim_error *error);
// For questions only, from another thread or program. SCRIM_ENOENT before the first writer.
SCRIM_MUST_CHECK int scrim_index_open_reader(const char *dir, struct scrim_index **ret,
                                             struct scrim_error *error);
void scrim_index_close(struct scrim_index *index); // NULL is fine

// Reads what the journals of all cameras say since the last call (stat only when nothing changed);
// a fresh database reads them whole, and the lists of redacted files too. *ret_records counts new
// records. A broken chain is logged and remembered (see scrim_index_agreement), and reading goes
// on.
SCRIM_MUST_CHECK int scrim_index_catch_up(struct scrim_index *index, const struct scrim_site *site,
                                          uint64_t *ret_records, struct scrim_error *error);

// A redacted file that is complete on disk: DIR/veil/<camera>/<file>.
struct scrim_archive_file {
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    char file[64]; // "<YYYY-MM-DD>/<HHMMSS>.mp4"
    char mime[96]; // video/mp4; codecs="avc1.4d401f"
    int64_t start_us, end_us;
    int64_t first_pts_us; // media time of its first frame
    uint64_t bytes;
};

// Appends it to DIR/veil/<camera>/<day>/list, from which a rebuild reads it, and to the database.
SCRIM_MUST_CHECK int scrim_index_add_archive_file(struct scrim_index *index,
                                                  const struct scrim_archive_file *file,
                                                  struct scrim_error *error);
// Redacted files that overlap [from_us, to_us), oldest first, at most `limit`. Free *ret with
// free().
SCRIM_MUST_CHECK int scrim_index_archive_files(struct scrim_index *index, const char *camera,
                                               int64_t from_us, int64_t to_us, size_t limit,
                                               struct scrim_archive_file **ret, size_t *ret_count,
                                               struct scrim_error *error);

// What became of the redacted picture of a camera.
enum scrim_veil_was {
    SCRIM_VEIL_WAS_LIVE,
    SCRIM_VEIL_WAS_OPAQUE, // all of it, for `reason`
    SCRIM_VEIL_WAS_WAITING,
    SCRIM_VEIL_WAS_DOWN,
};
#define SCRIM_VEIL_WAS 4

struct scrim_veil_spell {
    enum scrim_veil_was state;
    int64_t from_us, to_us; // to_us INT64_MAX: it goes on
    char reason[200];
};

// Appends it to DIR/veil/<camera>/<day>/states, from which a rebuild reads it, and to the database;
// nothing if it is what was said last. `to_us` is not looked at.
SCRIM_MUST_CHECK int scrim_index_add_state(struct scrim_index *index, const char *site,
                                           const char *camera, const struct scrim_veil_spell *spell,
                                           struct scrim_error *error);

struct scrim_span {
    int64_t from_us, to_us;
};

struct scrim_gap_span {
    int64_t from_us, to_us;
    enum scrim_gap_cause cause;
    char detail[200];
};

// All clipped to the range asked for, oldest first. Spans closer than SCRIM_INDEX_MERGE_US are one.
struct scrim_timeline {
    struct scrim_span *recorded, *redacted;
    // Neither recorded nor explained, between the first record of the camera and `now_us`. The last
    // SCRIM_INDEX_OPEN_US before now are not counted: their segment is still being written.
    struct scrim_span *unknown;
    struct scrim_gap_span *gaps;
    // No original, on purpose (`record` in scrim.yaml): only the redacted picture was kept, or
    // nothing at all.
    struct scrim_span *only_redacted, *not_kept;
    size_t recorded_count, redacted_count, unknown_count, gaps_count;
    size_t only_redacted_count, not_kept_count;
};

// What happened, for a list of events: those that begin in [from_us, to_us), oldest first, or
// newest first, and of gaps also the one that was going on at `from_us`; at most `limit`. Free *ret
// with free(). SCRIM_ENOENT for a camera that the index does not know.
struct scrim_index_range {
    int64_t from_us, to_us;
    bool backwards;
    size_t limit;
    unsigned causes; // of gaps: bits (1 << enum scrim_gap_cause); 0: all
};
SCRIM_MUST_CHECK int scrim_index_gaps(struct scrim_index *index, const char *camera,
                                      const struct scrim_index_range *range,
                                      struct scrim_gap_span **ret, size_t *ret_count,
                                      struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_index_opaque(struct scrim_index *index, const char *camera,
                                        const struct scrim_index_range *range,
                                        struct scrim_veil_spell **ret, size_t *ret_count,
                                        struct scrim_error *error);

#define SCRIM_INDEX_MERGE_US (1 * SCRIM_SECOND)
#define SCRIM_INDEX_OPEN_US (150 * SCRIM_SECOND)

SCRIM_MUST_CHECK int scrim_index_timeline(struct scrim_index *index, const char *camera,
                                          int64_t from_us, int64_t to_us, int64_t now_us,
                                          struct scrim_timeline *ret, struct scrim_error *error);
// The same without the details of gaps, which are "".
SCRIM_MUST_CHECK int scrim_index_overview(struct scrim_index *index, const char *camera,
                                          int64_t from_us, int64_t to_us, int64_t now_us,
                                          struct scrim_timeline *ret, struct scrim_error *error);
void scrim_timeline_finish(struct scrim_timeline *timeline);
// Adds what was redacted just now to the end of the answer, clipped to [from_us, to_us).
SCRIM_MUST_CHECK int scrim_timeline_add_redacted(struct scrim_timeline *timeline,
                                                 struct scrim_span span, int64_t from_us,
                                                 int64_t to_us);
// For a picture in which `step_us` is one pixel: recordings are joined over shorter holes; of gaps
// and unknown spans that are shorter, one is left for each step in which some begin, as long as
// these together, with the cause of the longest.
void scrim_timeline_coarsen(struct scrim_timeline *timeline, int64_t step_us);

// Forgets everything of a camera that ended before `before_us`.
SCRIM_MUST_CHECK int scrim_index_expire(struct scrim_index *index, const char *camera,
                                        int64_t before_us, struct scrim_error *error);

// Does the index say what the journals say, as far as it has read them? Calls `finding` for each
// disagreement, with the file relative to the site directory. For scrim check, on a reader, which
// must not catch up before: that would hide a journal that was cut.
typedef void (*scrim_index_finding)(void *context, const char *file, const char *text);
SCRIM_MUST_CHECK int scrim_index_agreement(struct scrim_index *index, const struct scrim_site *site,
                                           scrim_index_finding finding, void *context,
                                           struct scrim_error *error);
