// Fragmented MP4 into memory (ISO/IEC 14496-12): an init segment, then fragments that the caller
// cuts. One track of pictures and, where there is one, a second of sound. Written here and not by
// libavformat: without a copy more than needed, with decoding times exactly as given and signed
// composition offsets, and in bounded time whatever the parameter sets say. Payloads go in
// bit-exact; parameter sets inside the stream stay inside it (sample entries avc1, which everything
// plays, and hev1). No file and no clock is touched.
#pragma once

#include "base/buf.h"
#include "bitstream/sound.h"
#include "link/link.h"

#define SCRIM_MUX_TIMESCALE 90000
// Sound may begin so much before the first picture: what was heard before it and arrived after it.
// The track's edit list takes it off again, so that a player begins both together.
#define SCRIM_MUX_SOUND_LEAD_MS 500

struct scrim_mux_params {
    enum scrim_codec codec;
    const uint8_t *extradata; // Annex B parameter sets or avcC/hvcC; not owned
    size_t extradata_len;
    uint32_t width, height;
    const struct scrim_sound_params *sound; // NULL: no second track; not owned
};

struct scrim_mux;

// Appends the init segment (ftyp + moov) to `out`.
SCRIM_MUST_CHECK int scrim_mux_create(const struct scrim_mux_params *params, struct scrim_mux **ret,
                                      struct scrim_buf *out, struct scrim_error *error);
// One access unit (Annex B or length-prefixed, as extradata says). Times in 1/90000 s, dts strictly
// rising.
SCRIM_MUST_CHECK int scrim_mux_write(struct scrim_mux *mux, const uint8_t *data, size_t count,
                                     int64_t pts, int64_t dts, bool key, struct scrim_error *error);
// A frame of sound. `at`: of its first sample, counted in samples from the pictures' time 0; not
// less than -SCRIM_MUX_SOUND_LEAD_MS. SCRIM_EINVAL if it does not begin after the frame before,
// SCRIM_ENOSPACE if the fragment has too much of it: the frame is not in it, and all goes on.
SCRIM_MUST_CHECK int scrim_mux_write_sound(struct scrim_mux *mux,
                                           const struct scrim_sound_frame *frame, int64_t at);
// True if a browser would take a sample at `dts` for a break: if it is no key frame, it drops it
// and all that follow up to one.
bool scrim_mux_is_break(const struct scrim_mux *mux, int64_t dts);
// Ends the fragment and appends it (moof + mdat) to `out`; nothing pending appends nothing.
SCRIM_MUST_CHECK int scrim_mux_cut(struct scrim_mux *mux, struct scrim_buf *out,
                                   struct scrim_error *error);
void scrim_mux_destroy(struct scrim_mux *mux);

// "avc1.4d401f" and the like from avcC/Annex B parameter sets, for MSE. `ret` has room for 64.
SCRIM_MUST_CHECK int scrim_mux_mime_codec(const struct scrim_mux_params *params, char ret[64]);
