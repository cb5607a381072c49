#include "base/log.h"

#include "base/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static atomic_int max_level = -1;

static int level_from_environment(void)
{
    const char *wanted = getenv("SCRIM_LOG");
    for (int i = 0; wanted && i <= SCRIM_LOG_DEBUG; i++) {
        if (strcmp(wanted, level_names[i]) == 0)
            return i;
    }
    return SCRIM_LOG_INFO;
}

struct scrim_log scrim_log_named(const char *format, ...)
{
    struct scrim_log log;
    va_list args;
    va_start(args, format);
    vsnprintf(log.name, sizeof log.name, format, args);
    va_end(args);
    return log;
}

void scrim_log_set_level(enum scrim_log_level level)
{
    atomic_store(&max_level, (int)level);
}

void scrim_log_line(const struct scrim_log *log, enum scrim_log_level level, const char *format,
                    ...)
{
    if (atomic_load(&max_level) < 0)
        atomic_store(&max_level, level_from_environment());
    if ((int)level > atomic_load(&max_level))
        return;

    const int saved_errno = errno;
    char when[SCRIM_TIME_TEXT];
    scrim_time_format(scrim_clock_utc_us(), when);

    char line[1024];
    int used = snprintf(line, sizeof line, "%s %s %s: ", when, level_names[level], log->name);
    va_list args;
    va_start(args, format);
    vsnprintf(line + used, sizeof line - (size_t)used, format, args);
    va_end(args);

    size_t length = strnlen(line, sizeof line - 1);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    }
    line[length++] = '\n';
    // A log that cannot be written has nobody left to tell.
    (void)!write(STDERR_FILENO, line, length);
    errno = saved_errno;
}
