// What the names and parameters of formats in a session description mean (RFC 3551, 3640, 6184,
// 7798).
#pragma once

#include "rtsp/sdp.h"
#include "rtsp/text.h"

// Takes over the name of an encoding. False if it is none.
bool scrim_sdp_name(struct scrim_text name, struct scrim_sdp_media *media);
// Encoding, clock rate and channels of a payload type that RFC 3551 (section 6) assigned, as far as
// Scrim records it or names it in a refusal.
void scrim_sdp_static_type(struct scrim_sdp_media *media);
// Format parameters: parameter sets of H.264 and H.265, the AudioSpecificConfig of AAC. A
// malformed one is passed over, since it comes again with the pictures. SCRIM_ENOMEM.
SCRIM_MUST_CHECK int scrim_sdp_read_fmtp(struct scrim_text value, struct scrim_sdp_media *media);
// "25", "29.97": frames per second up to 1000, 0 if it is no such number.
double scrim_sdp_rate(struct scrim_text value);
// By its name an audio format that Scrim records.
bool scrim_sdp_is_audio_format(const struct scrim_sdp_media *media);
