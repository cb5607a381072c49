// One segment while it is being recorded: frames in; fragments are muxed, sealed and handed to the
// disk thread about twice a second, so that a crash costs no more than that. Belongs to the
// camera's thread, which never waits here.
#pragma once

#include "bitstream/params.h"
#include "bitstream/sound.h"
#include "bitstream/unit.h"
#include "recorder/emergency.h"
#include "recorder/timeline.h"
#include "store/disk.h"

// What all segments of a camera have in common. Nothing is owned.
struct scrim_segment_home {
    struct scrim_disk *disk;
    const struct scrim_vault *vault;
    const char *site, *camera;
    uint64_t boot;
    const struct scrim_emergency *emergency; // NULL: no break-glass
};

struct scrim_segment;

// Seals the header and hands it to the disk. SCRIM_EAGAIN if the disk's queue is full. `first` need
// not be a key picture: what can be shown then begins with the first that is. `sound` NULL: none is
// recorded.
SCRIM_MUST_CHECK int
scrim_segment_open(const struct scrim_segment_home *home, const struct scrim_params *params,
                   const struct scrim_sound_params *sound, const struct scrim_unit *first,
                   const struct scrim_moment *moment, const uint8_t hour_key[SCRIM_HOUR_KEY],
                   struct scrim_segment **ret, struct scrim_error *error);
void scrim_segment_destroy(struct scrim_segment *segment); // NULL is fine

// Adds a frame; the first one must be that of _open. On SCRIM_EAGAIN (the disk's queue is full) and
// any other failure the frame is not in it, and the segment can only be ended.
SCRIM_MUST_CHECK int scrim_segment_add(struct scrim_segment *segment,
                                       const struct scrim_unit *frame,
                                       const struct scrim_moment *moment,
                                       struct scrim_error *error);

// Adds a frame of sound that was heard at `mono_us`, with `samples` filled in. False: it has no
// place in this segment, which has other sound or none, began too long after it, has sound of more
// than a second later already, or too much of it. Goes to disk with the pictures.
SCRIM_MUST_CHECK bool scrim_segment_add_sound(struct scrim_segment *segment,
                                              const struct scrim_sound_params *params,
                                              const struct scrim_sound_frame *frame,
                                              int64_t mono_us);

// Pictures and packets are missing between the frame before and the next one.
void scrim_segment_miss(struct scrim_segment *segment, uint64_t units, uint64_t packets);

// Seals the end and hands it over with its record. SCRIM_EAGAIN: nothing is lost, call again later
// with the same time, which is what is journalled. UTC is told by the clock it began with.
SCRIM_MUST_CHECK int scrim_segment_end(struct scrim_segment *segment, int64_t mono_end_us,
                                       struct scrim_error *error);

struct scrim_segment_info {
    int64_t start_us, mono_start_us; // UTC and monotonic time of the first frame
    uint64_t frames, bytes;          // bytes: of payload
    unsigned generation;             // of the parameters it was opened with
    unsigned turn;                   // of the emergency keys then
};
const struct scrim_segment_info *scrim_segment_info(const struct scrim_segment *segment);
