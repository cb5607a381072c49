#include "keeper/glass_log.h"

#include "base/alloc.h"
#include "store/json_text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (64U << 20) // half a million lines
#define LINE_MAX 8192U       // a reason of nothing but escapes

// What a line says; texts that its kind has not are "".
struct line {
    char kind[8]; // "break", "end", "seen", "review"
    uint64_t number;
    int64_t at_us, until_us;
    char who[SCRIM_GLASS_NAME_MAX + 1];
    char text[SCRIM_GLASS_TEXT_MAX + 1];
};

static int format(const struct line *line, struct scrim_buf *ret)
{
    int result = scrim_buf_printf(ret, "{\"v\":1,\"%s\":%" PRIu64 ",\"at_us\":%" PRId64, line->kind,
                                  line->number, line->at_us);
    if (result >= 0 && line->until_us)
        result = scrim_buf_printf(ret, ",\"until_us\":%" PRId64, line->until_us);
    if (result >= 0)
        result = scrim_buf_append_text(ret, ",\"who\":");
    if (result >= 0)
        result = scrim_json_append_string(ret, line->who);
    if (result >= 0 && line->text[0]) {
        result = scrim_buf_append_text(ret, ",\"text\":");
        if (result >= 0)
            result = scrim_json_append_string(ret, line->text);
    }
    return result < 0 ? result : scrim_buf_append_text(ret, "}\n");
}

static bool take_kind(struct scrim_reader *reader, char ret[8])
{
    static const char *const kinds[] = {"break", "end", "seen", "review"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct scrim_reader ahead = *reader;
        if (!scrim_json_take(&ahead, kinds[i]) || !scrim_json_take(&ahead, "\":"))
            continue;
        *reader = ahead;
        memcpy(ret, kinds[i], strlen(kinds[i]) + 1);
        return true;
    }
    return false;
}

static bool parse(const char *text, size_t length, struct line *ret)
{
    struct scrim_reader reader = scrim_reader_of(text, length);
    *ret = (struct line){0};
    if (!scrim_json_take(&reader, "{\"v\":1,\"") || !take_kind(&reader, ret->kind) ||
        !scrim_json_take_u64(&reader, &ret->number) || !scrim_json_take(&reader, ",\"at_us\":") ||
        !scrim_json_take_i64(&reader, &ret->at_us))
        return false;
    const bool is_break = ret->kind[0] == 'b', has_text = is_break || ret->kind[0] == 'r';
    if (is_break && (!scrim_json_take(&reader, ",\"until_us\":") ||
                     !scrim_json_take_i64(&reader, &ret->until_us) || ret->until_us <= ret->at_us))
        return false;
    if (!scrim_json_take(&reader, ",\"who\":") ||
        !scrim_json_take_string(&reader, ret->who, sizeof ret->who))
        return false;
    if (has_text &&
        (!scrim_json_take(&reader, ",\"text\":") ||
         !scrim_json_take_string(&reader, ret->text, sizeof ret->text) || !ret->text[0]))
        return false;
    return scrim_json_take(&reader, "}") && reader.left == 0;
}

static int add_entry(struct scrim_glass_log *log, const struct line *line)
{
    if (line->number != log->count + 1)
        return SCRIM_EFORMAT;
    if ((log->count & (log->count - 1)) == 0) { // grow by doubling, at powers of two
        struct scrim_glass_entry *grown =
            scrim_realloc(log->list, (log->count ? 2 * log->count : 1) * sizeof *grown);
        if (!grown)
            return SCRIM_ENOMEM;
        log->list = grown;
    }
    struct scrim_glass_entry *entry = &log->list[log->count++];
    *entry = (struct scrim_glass_entry){
        .number = line->number, .since_us = line->at_us, .until_us = line->until_us};
    memcpy(entry->who, line->who, sizeof entry->who);
    memcpy(entry->reason, line->text, sizeof entry->reason);
    return SCRIM_OK;
}

static int add_seen(struct scrim_glass_entry *entry, const char *who)
{
    void *grown = scrim_realloc(entry->seen, (entry->seen_count + 1) * sizeof *entry->seen);
    if (!grown)
        return SCRIM_ENOMEM;
    entry->seen = grown;
    memcpy(entry->seen[entry->seen_count++], who, sizeof *entry->seen);
    return SCRIM_OK;
}

// SCRIM_EFORMAT for a line that cannot follow on those before it.
static int apply(struct scrim_glass_log *log, const struct line *line)
{
    struct scrim_glass_entry *entry = scrim_glass_log_find(log, line->number);
    switch (line->kind[0]) {
    case 'b': return add_entry(log, line);
    case 'e':
        if (!entry || entry->ended_us)
            return SCRIM_EFORMAT;
        entry->ended_us = line->at_us;
        return SCRIM_OK;
    case 's': return entry ? add_seen(entry, line->who) : SCRIM_EFORMAT;
    default:
        if (!entry || entry->reviewed_us)
            return SCRIM_EFORMAT;
        entry->reviewed_us = line->at_us;
        return SCRIM_OK;
    }
}

int scrim_glass_log_parse(const void *text, size_t length, struct scrim_glass_log *ret,
                          size_t *ret_whole)
{
    struct scrim_reader reader = scrim_reader_of(text, length);
    struct scrim_glass_log log = {.fd = -1};
    const char *at;
    size_t count;
    int result = SCRIM_OK;
    while (result >= 0 && scrim_read_line(&reader, &at, &count)) {
        struct line line;
        result = parse(at, count, &line) ? apply(&log, &line) : SCRIM_EFORMAT;
    }
    *ret_whole = length - reader.left;
    if (result < 0)
        scrim_glass_log_finish(&log);
    else
        *ret = log;
    return result;
}

// A torn last line is of something that did not happen: nothing follows from a line before it is
// flushed.
static int open_file(struct scrim_glass_log *log, size_t whole, struct scrim_error *error)
{
    const int fd = scrim_fs_open(log->path, O_WRONLY | O_CREAT | O_APPEND, 0640, error);
    if (fd < 0)
        return fd;
    log->fd = fd;
    return ftruncate(fd, (off_t)whole) < 0 ? scrim_fail_errno(error, errno, "%s", log->path)
                                           : scrim_fs_sync(fd, log->path, error);
}

int scrim_glass_log_open(const char *dir, struct scrim_glass_log *ret, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf text;
    size_t whole = 0;
    *ret = (struct scrim_glass_log){.fd = -1};
    if (scrim_path_join(path, dir, SCRIM_GLASS_LOG_FILE) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    scrim_buf_init(&text, FILE_MAX);
    int result = scrim_fs_read(path, &text, error);
    if (result >= 0 || result == SCRIM_ENOENT) {
        result = scrim_glass_log_parse(text.data, text.len, ret, &whole);
        if (result < 0)
            scrim_fail(error, result, "%s: %s: not what the keeper wrote", path,
                       scrim_err_text(result));
    }
    scrim_buf_finish(&text);
    memcpy(ret->path, path, sizeof path);
    if (result >= 0)
        result = open_file(ret, whole, error);
    if (result < 0)
        scrim_glass_log_finish(ret);
    return result;
}

void scrim_glass_log_finish(struct scrim_glass_log *log)
{
    for (size_t i = 0; i < log->count; i++)
        free(log->list[i].seen);
    free(log->list);
    if (log->fd >= 0)
        close(log->fd);
    *log = (struct scrim_glass_log){.fd = -1};
}

static int write_line(const struct scrim_glass_log *log, const struct scrim_buf *text,
                      struct scrim_error *error)
{
    const off_t end = lseek(log->fd, 0, SEEK_END);
    int result = end < 0 ? scrim_fail_errno(error, errno, "%s", log->path)
                         : scrim_fs_write(log->fd, text->data, text->len, log->path, error);
    if (result >= 0)
        result = scrim_fs_sync(log->fd, log->path, error);
    // What could not be written whole must not be there when the next line is.
    if (result < 0 && end >= 0 && ftruncate(log->fd, end) < 0)
        scrim_fail_prefix(error, "and the torn line stays");
    return result;
}

static int add(struct scrim_glass_log *log, const struct line *line, struct scrim_error *error)
{
    struct scrim_buf text;
    scrim_buf_init(&text, LINE_MAX);
    int result = format(line, &text);
    if (result < 0)
        scrim_fail(error, result, "%s: %s", log->path, scrim_err_text(result));
    else
        result = write_line(log, &text, error);
    scrim_buf_finish(&text);
    if (result >= 0 && (result = apply(log, line)) < 0)
        scrim_fail(error, result, "%s: %s", log->path, scrim_err_text(result));
    return result;
}

static struct line line_of(const char *kind, uint64_t number, const char *who, int64_t at_us)
{
    struct line line = {.number = number, .at_us = at_us};
    snprintf(line.kind, sizeof line.kind, "%s", kind);
    snprintf(line.who, sizeof line.who, "%s", who);
    return line;
}

int scrim_glass_log_break(struct scrim_glass_log *log, const struct scrim_glass_ask *ask,
                          int64_t since_us, int64_t until_us, struct scrim_error *error)
{
    struct line line = line_of("break", log->count + 1, ask->who, since_us);
    line.until_us = until_us;
    memcpy(line.text, ask->text, sizeof line.text);
    return add(log, &line, error);
}

int scrim_glass_log_end(struct scrim_glass_log *log, uint64_t number, const char *who,
                        int64_t at_us, struct scrim_error *error)
{
    const struct line line = line_of("end", number, who, at_us);
    return add(log, &line, error);
}

int scrim_glass_log_seen(struct scrim_glass_log *log, uint64_t number, const char *who,
                         int64_t at_us, struct scrim_error *error)
{
    const struct line line = line_of("seen", number, who, at_us);
    return add(log, &line, error);
}

int scrim_glass_log_review(struct scrim_glass_log *log, uint64_t number, const char *who,
                           const char *text, int64_t at_us, struct scrim_error *error)
{
    struct line line = line_of("review", number, who, at_us);
    snprintf(line.text, sizeof line.text, "%s", text);
    return add(log, &line, error);
}

struct scrim_glass_entry *scrim_glass_log_find(const struct scrim_glass_log *log, uint64_t number)
{
    return number >= 1 && number <= log->count ? &log->list[number - 1] : NULL;
}

bool scrim_glass_entry_seen_by(const struct scrim_glass_entry *entry, const char *who)
{
    for (size_t i = 0; i < entry->seen_count; i++) {
        if (strcmp(entry->seen[i], who) == 0)
            return true;
    }
    return false;
}
