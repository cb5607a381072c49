#include "base/log.h"

#include "base/clock.h"
#include "base/log_limit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const int priorities[] = {3, 4, 6, 7}; // of syslog(3)

static atomic_int max_level = SCRIM_LOG_INFO;
static atomic_bool as_json, to_journal;

static int level_from_environment(void)
{
    const char *wanted = getenv("SCRIM_LOG");
    for (int i = 0; wanted && i <= SCRIM_LOG_DEBUG; i++) {
        if (strcmp(wanted, level_names[i]) == 0)
            return i;
    }
    return SCRIM_LOG_INFO;
}

// JOURNAL_STREAM names the journal's end of a pipe: stderr may have been sent elsewhere since
// (systemd.exec(5)).
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat info;
    char own[64];
    if (!stream || fstat(STDERR_FILENO, &info) < 0)
        return false;
    snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)info.st_dev, (uintmax_t)info.st_ino);
    return strcmp(own, stream) == 0;
}

// Before main, and so before a sandbox that knows no fstat(2).
__attribute__((constructor)) static void read_environment(void)
{
    const char *format = getenv("SCRIM_LOG_FORMAT");
    atomic_store(&max_level, level_from_environment());
    atomic_store(&as_json, format && strcmp(format, "json") == 0);
    atomic_store(&to_journal, stderr_is_journal());
}

void scrim_log_read_environment(void)
{
    read_environment();
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

// ---- One line.

// How many bytes of well-formed UTF-8 begin here (RFC 3629, 4); 0: it is none.
static size_t utf8_length(const unsigned char *at)
{
    if (at[0] < 0x80)
        return 1;
    const size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || (at[0] == 0xe0 && at[1] < 0xa0) ||
        (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf0 && at[1] < 0x90) ||
        (at[0] == 0xf4 && at[1] > 0x8f))
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0; // its end, too
    }
    return length;
}

// In place: one line, that reads as text wherever it is shown.
static void make_printable(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at;) {
        const size_t length = utf8_length(at);
        if (length == 0 || *at < 0x20 || *at == 0x7f)
            *at++ = '?';
        else
            at += length;
    }
}

static size_t put_text(char *line, size_t used, const char *text)
{
    for (; *text && used < LINE_MAX_BYTES - 64; text++)
        line[used++] = *text;
    return used;
}

// Text that make_printable has seen needs two escapes only (RFC 8259, 7).
static size_t put_json_text(char *line, size_t used, const char *text)
{
    for (; *text && used < LINE_MAX_BYTES - 64; text++) {
        if (*text == '"' || *text == '\\')
            line[used++] = '\\';
        line[used++] = *text;
    }
    return used;
}

static size_t put_number(char *line, size_t used, const char *before, uint64_t number,
                         const char *after)
{
    const int length =
        snprintf(line + used, LINE_MAX_BYTES - used, "%s%" PRIu64 "%s", before, number, after);
    return length > 0 && (size_t)length < LINE_MAX_BYTES - used ? used + (size_t)length : used;
}

static size_t format_json(char *line, size_t used, const char *when, const char *level,
                          const char *name, const char *text, uint64_t like)
{
    const char *const parts[][2] = {{"{\"time\":\"", when},
                                    {"\",\"level\":\"", level},
                                    {"\",\"name\":\"", name},
                                    {"\",\"text\":\"", text}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        used = put_json_text(line, put_text(line, used, parts[i][0]), parts[i][1]);
    used = put_text(line, used, "\"");
    if (like > 0)
        used = put_number(line, used, ",\"more\":", like, "");
    line[used++] = '}';
    return used;
}

static size_t format_text(char *line, size_t used, const char *when, const char *level,
                          const char *name, const char *text, uint64_t like)
{
    const char *const parts[] = {when, " ", level, " ", name, ": ", text};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        used = put_text(line, used, parts[i]);
    return like > 0 ? put_number(line, used, " (and ", like, " more like it)") : used;
}

// `like`: how many more of the kind were held back.
static void write_line(enum scrim_log_level level, const char *name, const char *text,
                       uint64_t like)
{
    char when[SCRIM_TIME_TEXT], line[LINE_MAX_BYTES];
    size_t used = 0;
    scrim_time_format(scrim_clock_utc_us(), when);
    if (atomic_load(&to_journal)) // sd-daemon(3)
        used = put_number(line, used, "<", (uint64_t)priorities[level], ">");
    used = (atomic_load(&as_json) ? format_json : format_text)(line, used, when, level_names[level],
                                                               name, text, like);
    line[used++] = '\n';
    // A log that cannot be written has nobody left to tell.
    (void)!write(STDERR_FILENO, line, used);
}

static void write_held(const struct scrim_log_held *held)
{
    if (held->count > 0)
        write_line(held->level, held->name, held->text, held->count - 1);
}

void scrim_log_line(const struct scrim_log *log, enum scrim_log_level level, const char *format,
                    ...)
{
    if ((int)level > atomic_load(&max_level))
        return;
    const int saved_errno = errno;
    const int64_t now_us = scrim_clock_mono_us();
    char text[1024], name[sizeof log->name];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(name, sizeof name, "%s", log->name);
    make_printable(text);
    make_printable(name);

    const struct scrim_log_line line = {level, name, format, text};
    struct scrim_log_held held[2];
    uint64_t like;
    const bool written = scrim_log_limit(&line, now_us, &like, held);
    write_held(&held[0]);
    write_held(&held[1]);
    while (scrim_log_limit_settle(now_us, &held[0]))
        write_held(&held[0]);
    if (written)
        write_line(level, name, text, like);
    errno = saved_errno;
}
