// Why a camera cannot be opened, in words a person can act on. libavformat folds most reasons into
// a few codes; what it noticed on the way stands in its log, and is read here instead of printed.
#pragma once

#include "media/rtsp.h"

struct scrim_rtsp_clues {
    int status;                // RTSP status of the last refused request, 0: none
    bool unresolved;           // the host name has no address
    bool answered;             // a line of text came back
    bool spoke_rtsp;           // and it was RTSP
    bool described;            // there was a session description
    bool has_media, has_video; // and it had whole "m=" lines, one of them video
};

// From now on what libavformat logs on this thread is read into `clues`; NULL ends it. Nothing is
// printed.
void scrim_rtsp_watch(struct scrim_rtsp_clues *clues);

// Fills `error` and returns its code, as scrim_rtsp_open documents them.
int scrim_rtsp_explain(int av_error, const struct scrim_rtsp_clues *clues,
                       const struct scrim_rtsp_options *options, struct scrim_error *error);
