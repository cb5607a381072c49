// FFmpeg's codes and its log, mapped once. Only src/media includes FFmpeg's headers.
#pragma once

#include "base/error.h"

// The enum scrim_err that stands for an AVERROR.
int scrim_err_from_av(int av_error);

// As scrim_fail, with the code taken from `av_error` and ": <its text>" appended.
int scrim_fail_av(struct scrim_error *error, int av_error, const char *format, ...)
    SCRIM_PRINTF(3, 4);

// FFmpeg's own log says nothing from here on: its lines hold URLs with passwords and text that a
// camera chose. What matters of it reaches our errors. Safe to call again and from any thread.
void scrim_media_quiet(void);
// How many errors FFmpeg would have logged in this thread since scrim_media_quiet. There are faults
// of which it says nothing else: a missing reference picture of H.265 is made up in silence.
unsigned scrim_media_complaints(void);
