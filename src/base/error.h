// Error codes and the sentence that goes with them.
//
// A function that can fail returns int: 0 or positive on success, a negative
// `enum scrim_err` otherwise. One whose failure a person will read also takes a
// `struct scrim_error *` as its last parameter and fills it with a sentence
// that names the file, camera or field. The pointer may be NULL everywhere.
// Codes of foreign libraries are mapped once, in the folder that wraps them.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SCRIM_MUST_CHECK __attribute__((warn_unused_result))
#define SCRIM_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

// X(name, value, text): value is stable, it appears in API answers and tests.
#define SCRIM_ERRORS(X)                        \
    X(EINVAL, -1, "bad input")                 \
    X(ENOMEM, -2, "out of memory")             \
    X(EIO, -3, "input/output error")           \
    X(ENOENT, -4, "not found")                 \
    X(EEXIST, -5, "exists already")            \
    X(EACCESS, -6, "not permitted")            \
    X(ENOSPACE, -7, "no space left")           \
    X(EFORMAT, -8, "malformed")                \
    X(EAUTH, -9, "authentication failed")      \
    X(ETIMEOUT, -10, "timed out")              \
    X(ECANCEL, -11, "cancelled")               \
    X(EUNSUPPORTED, -12, "not supported")      \
    X(EBUSY, -13, "in use")                    \
    X(ENETWORK, -14, "network error")          \
    X(EEND, -15, "end of data")                \
    X(EAGAIN, -16, "try again")                \
    X(EINTERNAL, -17, "internal error")        \
    X(EREADONLY, -18, "read-only file system") \
    X(ECONFLICT, -19, "in conflict with what is there")

enum scrim_err {
    SCRIM_OK = 0,
#define X(name, value, text) SCRIM_##name = (value),
    SCRIM_ERRORS(X)
#undef X
};

struct scrim_error {
    int code;       // enum scrim_err
    char text[512]; // one sentence without a final full stop, never a secret
};

// The short text of a code, for example "no space left". Never NULL.
const char *scrim_err_text(int code);

// The enum scrim_err that stands for an errno value.
int scrim_err_from_errno(int errno_value);

// Fills `error` (if not NULL) and returns `code`, so that a failing path is one line:
//     return scrim_fail(error, SCRIM_EFORMAT, "%s: header is longer than %zu bytes", path, max);
int scrim_fail(struct scrim_error *error, int code, const char *format, ...) SCRIM_PRINTF(3, 4);

// As scrim_fail, with the code taken from `errno_value` and ": <its text>" appended.
int scrim_fail_errno(struct scrim_error *error, int errno_value, const char *format, ...)
    SCRIM_PRINTF(3, 4);

// Puts "<prefix>: " before the text already in `error`; returns its code.
int scrim_fail_prefix(struct scrim_error *error, const char *format, ...) SCRIM_PRINTF(2, 3);

// clang's analyzer looks into no other file; without this it follows paths on which a failure
// succeeds.
#ifdef __clang_analyzer__
#define scrim_fail(error, code, ...) ((void)(scrim_fail)(error, code, __VA_ARGS__), (int)(code))
#define scrim_fail_errno(...) ((void)(scrim_fail_errno)(__VA_ARGS__), (int)SCRIM_EIO)
#define scrim_fail_prefix(...) ((void)(scrim_fail_prefix)(__VA_ARGS__), (int)SCRIM_EIO)
#endif
