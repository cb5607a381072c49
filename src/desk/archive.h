// The redacted archive: DIR/veil/<camera>/<YYYY-MM-DD>/<HHMMSS>.mp4, a minute a file, cut on a key
// frame, plain fragmented MP4. A thread of its own writes; kill -9 leaves a file that plays up to
// its last whole fragment. Before the first fragment stands a prft box with the wall clock
// (fmp4.h).
#pragma once

#include "desk/live.h"
#include "index/index.h"

struct scrim_archive;

// Called on the archive's thread with each file that is whole and durable.
typedef void (*scrim_archive_written)(void *context, const struct scrim_archive_file *file);

// `site` must outlive it.
SCRIM_MUST_CHECK int scrim_archive_start(const struct scrim_site *site,
                                         scrim_archive_written written, void *context,
                                         struct scrim_archive **ret, struct scrim_error *error);

// None of these waits: when the thread falls behind, frames are dropped up to the next key frame,
// and counted.
void scrim_archive_init(struct scrim_archive *archive, unsigned camera, const char *mime,
                        const uint8_t *segment, size_t segment_len);
void scrim_archive_frame(struct scrim_archive *archive, unsigned camera,
                         const struct scrim_live_frame *frame);
void scrim_archive_end(struct scrim_archive *archive, unsigned camera);
// The file that is being written, with what is whole of it so far, and the one closed last if that
// was a moment ago, when the index may not have it yet: oldest first. Returns how many.
#define SCRIM_ARCHIVE_RECENT 2
struct scrim_archive_recent {
    struct scrim_archive_file file;
    bool growing;
};
size_t scrim_archive_recent(struct scrim_archive *archive, unsigned camera,
                            struct scrim_archive_recent ret[SCRIM_ARCHIVE_RECENT]);
uint64_t scrim_archive_dropped(const struct scrim_archive *archive);

// Closes all files, each made durable and passed to `written`, and ends the thread. NULL is fine.
void scrim_archive_stop(struct scrim_archive *archive);

// After a crash: files of the last days that `index` does not know. A torn end is cut off; a file
// that holds nothing is removed. Files being written are left alone.
SCRIM_MUST_CHECK int scrim_archive_recover(const struct scrim_site *site, struct scrim_index *index,
                                           unsigned *ret_found, struct scrim_error *error);
