// Passphrases for the share files: from a file, or asked for on the terminal without echo. Never
// from argv.
#pragma once

#include "base/buf.h"

#define SCRIM_PASSPHRASE_MAX 1024 // bytes

// The first line of `file_or_null`, or an answer typed at the controlling terminal after `prompt`
// ("Passphrase of share-1-anna.json: "). `ret` is initialised here, NUL-terminated (the NUL is not
// counted in len) and locked against growth; the caller ends it with scrim_buf_finish_wipe, on
// failure too. An empty passphrase is SCRIM_EINVAL; no terminal is SCRIM_ENOENT.
SCRIM_MUST_CHECK int scrim_passphrase_read(const char *prompt, const char *file_or_null,
                                           struct scrim_buf *ret, struct scrim_error *error);

// Asks twice on the terminal and insists that both answers agree (SCRIM_EAUTH if they do not).
// With a file it reads it once.
SCRIM_MUST_CHECK int scrim_passphrase_choose(const char *prompt, const char *file_or_null,
                                             struct scrim_buf *ret, struct scrim_error *error);
