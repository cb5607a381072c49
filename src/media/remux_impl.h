// A film while it is made, between remux.c (pictures, pieces, the file) and remux_sound.c.
#pragma once

#include "base/fs.h"
#include "bitstream/sound.h"
#include "media/remux.h"

#include <libavformat/avformat.h>

#define SCRIM_REMUX_HELD_MAX 5000 // packets before the key frame that the film begins with
// In a file, the sound of a fragment stands behind its pictures. Ours are half a second long; more
// than this is read past the range for it by no film.
#define SCRIM_REMUX_FRAGMENT_US 2000000

// The second track. Times are UTC until a packet is written.
struct scrim_remux_sound {
    AVStream *stream; // NULL: the film has none
    struct scrim_sound_params params;
    AVPacket *held[SCRIM_REMUX_HELD_MAX];
    size_t held_count;
    int64_t next; // where the last one ended, in the film, in the track's time base
    int64_t last; // where it began
    bool any;
};

struct scrim_remux {
    char path[SCRIM_PATH_MAX], temporary[SCRIM_PATH_MAX];
    bool created, finished;
    int64_t from_us, to_us;
    AVFormatContext *out;
    AVStream *stream;
    bool header_written;
    bool mixed; // not every piece has the parameter sets of the film's sample entry
    // From a key frame before from_us on; times already those of the film.
    AVPacket *held[SCRIM_REMUX_HELD_MAX];
    size_t held_count;
    bool begun;          // a frame of the range was seen: nothing is held any more
    int64_t origin_us;   // UTC of the film's first frame
    int64_t next_utc_us; // UTC at which the frame after the last one would come
    int64_t last_dts;    // since origin_us, in the film's time base
    int64_t base_pts;    // of the first frame written
    bool any;
    struct scrim_remux_sound sound;
    struct scrim_remux_summary summary;
};

// One piece while it is read.
struct piece {
    struct scrim_remux *remux;
    const struct scrim_remux_source *source;
    AVFormatContext *in;
    int stream, sound;        // sound -1: it has none
    struct scrim_buf sets;    // parameter sets, where they are not those of the film's sample entry
    struct scrim_error error; // of the source, which FFmpeg cannot carry
    bool failed;
    bool any;
    int64_t first_dts; // of its first frame, in its time base
    int64_t start_us;  // UTC that this frame is taken to have
    bool over;         // its pictures have left the range
    int64_t over_dts;  // with this one
};

// The stream of sound that a recording can have; -1: none.
int scrim_remux_sound_find(const AVFormatContext *in);
// The container: G.711 is not among what MP4 registers, so that its films are QuickTime's.
const char *scrim_remux_sound_format(const struct piece *piece);
// Adds the track to remux->out, as the first piece has it. FFmpeg's error code.
SCRIM_MUST_CHECK int scrim_remux_sound_begin(struct piece *piece);
// Can it go on in the film: is it what that has, or none in both?
bool scrim_remux_sound_fits(const struct piece *piece);
// A packet of the piece's sound: into the film, or held until it has begun. 1, or an error.
SCRIM_MUST_CHECK int scrim_remux_sound_take(struct piece *piece, AVPacket *packet,
                                            struct scrim_error *error);
// The film begins with what was held, from its first picture on.
SCRIM_MUST_CHECK int scrim_remux_sound_release(struct scrim_remux *remux,
                                               struct scrim_error *error);
// Forgets what was held and was heard before `utc_us`.
void scrim_remux_sound_drop(struct scrim_remux *remux, int64_t utc_us);
