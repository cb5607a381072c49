// What is recorded of one camera: frames become segments, and what lies between them becomes gap
// records, so that the two tile time without a hole, and each picture that was sent is in one of
// them: in a segment's file, or counted as lost there or in a gap. Belongs to one thread, except
// where stated. Nothing here waits: what the disk cannot take is dropped by whole GOPs and
// journalled.
#pragma once

#include "recorder/gap.h"
#include "recorder/hours.h"
#include "recorder/segment.h"
#include "recorder/sound.h"
#include "recorder/unsealed.h"

#define SCRIM_SEGMENT_US (60 * SCRIM_SECOND) // then it is cut at the next key frame
#define SCRIM_SEGMENT_BYTES (256U << 20)     // likewise

struct scrim_camera;

// `home` and `hours` must outlive the camera. `head`: where the journal stood before this start.
// Unless `keep` is SCRIM_KEEP_ORIGINAL no segment is ever opened and `hours` is not used: records
// say when pictures came.
struct scrim_camera *scrim_camera_create(const struct scrim_segment_home *home,
                                         struct scrim_hours *hours,
                                         const struct scrim_journal_head *head,
                                         enum scrim_keep keep);
void scrim_camera_destroy(struct scrim_camera *camera); // NULL is fine

// A frame has arrived. Returns where in time it belongs.
struct scrim_moment scrim_camera_frame(struct scrim_camera *camera, const struct scrim_unit *frame,
                                       const struct scrim_params *params);
// The stream has sound that is to be recorded, until the next outage. What is being recorded goes
// on, and the segment after it has the track.
void scrim_camera_sound_track(struct scrim_camera *camera, const struct scrim_sound_params *params);
// Sound has arrived. It delays or ends nothing.
void scrim_camera_sound(struct scrim_camera *camera, const struct scrim_sound_frame *frame);
// The stream broke or did not come about. Repeated calls with the same cause are one gap.
void scrim_camera_outage(struct scrim_camera *camera, enum scrim_gap_cause cause,
                         const char *detail);
// What is being recorded ends at the next key frame, and goes on there in a segment of its own.
void scrim_camera_cut(struct scrim_camera *camera);
// Now and then while no frames come.
void scrim_camera_tick(struct scrim_camera *camera);
// Ends recording on purpose and journals that. Nothing but destroy may follow. Any one thread.
void scrim_camera_stop(struct scrim_camera *camera, enum scrim_gap_cause cause, const char *detail);

// From the disk thread: the segment could not be written.
void scrim_camera_disk_failed(struct scrim_camera *camera, const struct scrim_error *why);

struct scrim_camera_status {
    enum scrim_keep keep;
    bool recording;             // a segment is open; of a camera without originals: pictures come
    enum scrim_gap_cause cause; // while not recording, if `explained`
    bool explained;
    char detail[200];
    int64_t since_us; // UTC; when recording, or the gap, began
    uint64_t frames, gaps;
    uint64_t gaps_by[SCRIM_GAP_CAUSES]; // one gap may have several causes, one after the other
    uint64_t lost_units; // pictures that did not arrive whole, or arrived and were not recorded
    bool sound;          // is recorded
    uint64_t sound_frames, sound_dropped, sound_lost_packets;
};
void scrim_camera_status(const struct scrim_camera *camera, struct scrim_camera_status *ret);
