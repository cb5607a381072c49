// Log lines for the person who runs the site: one line, one write, to stderr.
//
//     2026-11-23T09:13:16.123456Z warn recorder.quay: the camera does not answer
//     {"time":"…","level":"warn","name":"recorder.quay","text":"…"}   with SCRIM_LOG_FORMAT=json
//
// Under systemd each line begins with its priority (sd-daemon(3)). Lines that repeat are counted
// instead of written (base/log_limit.h): the next one, or a line of its own ten seconds later, says
// how many more there were: "(and 37 more like it)", or "more":37.
//
// Library folders return errors and log only at debug level; programs log once,
// where they decide. Each line carries the name of the object that speaks.
// Never pass a secret: the types that hold them cannot be formatted.
#pragma once

#include "base/error.h"

enum scrim_log_level { SCRIM_LOG_ERROR, SCRIM_LOG_WARN, SCRIM_LOG_INFO, SCRIM_LOG_DEBUG };

// A name such as "recorder.quay". Plain value, no ownership, copy freely.
struct scrim_log {
    char name[64];
};

struct scrim_log scrim_log_named(const char *format, ...) SCRIM_PRINTF(1, 2);

// Lines above this level are dropped. Default INFO, or $SCRIM_LOG (error, warn, info, debug).
void scrim_log_set_level(enum scrim_log_level level);
// Reads $SCRIM_LOG, $SCRIM_LOG_FORMAT and $JOURNAL_STREAM again: for tests. It happens once before
// main.
void scrim_log_read_environment(void);

// Thread-safe; line breaks and control characters in the message are replaced, so that a hostile
// camera cannot forge lines.
void scrim_log_line(const struct scrim_log *log, enum scrim_log_level level, const char *format,
                    ...) SCRIM_PRINTF(3, 4);

#define scrim_error_log(log, ...) scrim_log_line((log), SCRIM_LOG_ERROR, __VA_ARGS__)
#define scrim_warn(log, ...) scrim_log_line((log), SCRIM_LOG_WARN, __VA_ARGS__)
#define scrim_info(log, ...) scrim_log_line((log), SCRIM_LOG_INFO, __VA_ARGS__)
#define scrim_debug(log, ...) scrim_log_line((log), SCRIM_LOG_DEBUG, __VA_ARGS__)
