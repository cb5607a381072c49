#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// The analyzer's stand-ins; these are the real ones.
#undef scrim_fail
#undef scrim_fail_errno
#undef scrim_fail_prefix

const char *scrim_err_text(int code)
{
    switch (code) {
#define X(name, value, text) \
    case (value): return text;
        SCRIM_ERRORS(X)
#undef X
    default: return code >= 0 ? "no error" : "unknown error";
    }
}

int scrim_err_from_errno(int errno_value)
{
    switch (errno_value) {
    case ENOENT:
    case ENOTDIR: return SCRIM_ENOENT;
    case EEXIST: return SCRIM_EEXIST;
    case EACCES:
    case EPERM: return SCRIM_EACCESS;
    case EROFS: return SCRIM_EREADONLY;
    case ENOSPC:
    case EDQUOT: return SCRIM_ENOSPACE;
    case ENOMEM: return SCRIM_ENOMEM;
    case EINVAL:
    case ENAMETOOLONG: return SCRIM_EINVAL;
    case EBUSY:
    case EWOULDBLOCK: return SCRIM_EBUSY;
    case ETIMEDOUT: return SCRIM_ETIMEOUT;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case ENETUNREACH:
    case EHOSTUNREACH: return SCRIM_ENETWORK;
    default: return SCRIM_EIO;
    }
}

int scrim_fail(struct scrim_error *error, int code, const char *format, ...)
{
    if (error) {
        va_list args;
        va_start(args, format);
        error->code = code;
        vsnprintf(error->text, sizeof error->text, format, args);
        va_end(args);
    }
    return code;
}

int scrim_fail_errno(struct scrim_error *error, int errno_value, const char *format, ...)
{
    const int code = scrim_err_from_errno(errno_value);
    if (error) {
        va_list args;
        va_start(args, format);
        error->code = code;
        vsnprintf(error->text, sizeof error->text, format, args);
        va_end(args);

        char why[128];
        const size_t used = strlen(error->text);
        snprintf(error->text + used, sizeof error->text - used, ": %s",
                 strerror_r(errno_value, why, sizeof why));
    }
    return code;
}

int scrim_fail_prefix(struct scrim_error *error, const char *format, ...)
{
    if (!error)
        return SCRIM_EINTERNAL;
    char old[sizeof error->text];
    memcpy(old, error->text, sizeof old);

    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    const size_t used = strlen(error->text);
    snprintf(error->text + used, sizeof error->text - used, ": %s", old);
    return error->code;
}
