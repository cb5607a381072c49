// One RTSP message (RFC 2326, 4 to 7) as it lies in the caller's bytes, and how to find one among
// the garbage that some cameras put between them.
#pragma once

#include "rtsp/session.h"
#include "rtsp/text.h"

struct scrim_rtsp_message {
    unsigned status;          // of an answer, 100 to 599; 0: a request by the camera
    struct scrim_text method; // of a request
    struct scrim_text fields; // header lines, without the empty one at their end
    struct scrim_text body;   // all of it
};

// How far the message at the front of the bytes was looked at, so that one that arrives in drops is
// not read from its start each time. Zero before a new message.
struct scrim_rtsp_scan {
    size_t searched; // no line ends before
    size_t line;     // where the line that is not complete yet begins
    size_t needed;   // bytes of head and body together; 0: not known yet
};

// Returns the size of the message at `data`, with *ret filled, or 0: more bytes are needed.
// SCRIM_EFORMAT: malformed, or larger than SCRIM_RTSP_MESSAGE_MAX.
SCRIM_MUST_CHECK int scrim_rtsp_message_parse(struct scrim_rtsp_scan *scan, const uint8_t *data,
                                              size_t size, struct scrim_rtsp_message *ret,
                                              struct scrim_error *error);

// The next field called `name` in *fields (start with a copy of message.fields); a folded value
// still holds its line breaks.
bool scrim_rtsp_next_field(struct scrim_text *fields, const char *name, struct scrim_text *ret);
// The first one, or an empty text with at == NULL.
struct scrim_text scrim_rtsp_field(const struct scrim_rtsp_message *message, const char *name);

enum scrim_rtsp_start {
    SCRIM_RTSP_START_SHORT,   // too few bytes to tell
    SCRIM_RTSP_START_MESSAGE, // an answer, or a request by the camera
    SCRIM_RTSP_START_NOTHING, // a byte to skip
};

// What begins at data[0], size > 0; that it is no '$' of a packet is known.
enum scrim_rtsp_start scrim_rtsp_start_of(const uint8_t *data, size_t size);
