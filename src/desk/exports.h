// Exports: films of the redacted archive that people made to take away. DIR/exports/<id>.mp4 with
// what is known of it in <id>.json beside it, for 7 days. An export is an act with its reason,
// logged before it begins; how it ended is logged, too. One is made at a time, on a thread of its
// own.
//
// Belongs to the loop's thread.
#pragma once

#include "desk/acts.h"
#include "desk/export_film.h"

#define SCRIM_EXPORTS_DIR "exports"
#define SCRIM_EXPORT_ID 17                                  // 16 hex digits and NUL
#define SCRIM_EXPORT_NAME 241                               // bytes of UTF-8: 80 characters
#define SCRIM_EXPORT_REASON 1501                            // 500 characters
#define SCRIM_EXPORT_RANGE_US (24 * 3600 * SCRIM_SECOND)    // at most
#define SCRIM_EXPORT_KEPT_US (7 * 24 * 3600 * SCRIM_SECOND) // then it is removed
#define SCRIM_EXPORTS_MAX 1000

enum scrim_export_state { SCRIM_EXPORT_MAKING, SCRIM_EXPORT_READY, SCRIM_EXPORT_FAILED };
const char *scrim_export_state_text(enum scrim_export_state state);

struct scrim_export {
    char id[SCRIM_EXPORT_ID];
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    char name[SCRIM_EXPORT_NAME], reason[SCRIM_EXPORT_REASON], who[96];
    int64_t from_us, to_us; // asked for
    int64_t created_us;
    uint64_t act; // its intent in the log of acts
    enum scrim_export_state state;
    char words[512];           // why it failed
    struct export_result film; // once it is ready
};

struct scrim_exports;

// Reads what there is while files may still be opened freely. One that was being made when the desk
// ended has failed. `acts` must outlive it.
SCRIM_MUST_CHECK int scrim_exports_open(const char *dir, struct scrim_acts *acts,
                                        struct scrim_exports **ret, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_exports_start(struct scrim_exports *exports, uv_loop_t *loop,
                                         struct scrim_error *error);
// Gives up what is being made. The loop must run once more before _free. Both take NULL.
void scrim_exports_stop(struct scrim_exports *exports);
void scrim_exports_free(struct scrim_exports *exports);

// What one shall be of. `wanted` has camera, name, reason, who, from_us and to_us.
struct scrim_export_order {
    struct scrim_export wanted;
    char comment[1024], author[64];   // for the film's own description
    struct scrim_archive_file *files; // taken over; see struct export_plan
    size_t files_count;
};
// Called on the loop's thread when the act is in the log and the film is begun (`id` names it), or
// is not: `result` is negative with a sentence in `error` then.
typedef void (*scrim_exports_begun)(void *context, int result, const char *id,
                                    const struct scrim_error *error);
// What is in the log and in its file by then survives any end of the desk: as a film, or as one
// that failed. SCRIM_EBUSY if too many wait, SCRIM_ENOSPACE if there are too many already: then
// `begun` is not called. The order's files are taken over in any case.
SCRIM_MUST_CHECK int scrim_exports_make(struct scrim_exports *exports,
                                        struct scrim_export_order *order, scrim_exports_begun begun,
                                        void *context);

size_t scrim_exports_count(const struct scrim_exports *exports);
const struct scrim_export *scrim_exports_at(const struct scrim_exports *exports,
                                            size_t nth); // newest first
const struct scrim_export *scrim_exports_find(const struct scrim_exports *exports, const char *id);
// 0 to 1000 of what is being made.
unsigned scrim_exports_progress(const struct scrim_exports *exports,
                                const struct scrim_export *export);
// DIR/exports/<id>.mp4.
SCRIM_MUST_CHECK int scrim_exports_path(const struct scrim_exports *exports, const char *id,
                                        char ret[SCRIM_PATH_MAX]);
// Removes what is older than SCRIM_EXPORT_KEPT_US.
void scrim_exports_expire(struct scrim_exports *exports, int64_t now_us);
// On a worker's thread: SCRIM_ENOSPACE, in words, if there is no room for so many bytes beside
// those that must be left.
SCRIM_MUST_CHECK int scrim_exports_room(const char *dir, uint64_t bytes, uint64_t left,
                                        struct scrim_error *error);
