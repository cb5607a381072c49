#include "rtsp/message.h"

#include <string.h>

#define TOO_LARGE "the camera's answer is larger than %u KiB"
#define MALFORMED "the camera's answer is malformed"

enum scrim_rtsp_start scrim_rtsp_start_of(const uint8_t *data, size_t size)
{
    static const char *const starts[] = {
        "RTSP/",     "OPTIONS ", "GET_PARAMETER ", "SET_PARAMETER ", "ANNOUNCE ",
        "REDIRECT ", "SETUP ",   "TEARDOWN ",      "DESCRIBE ",      "PLAY_NOTIFY ",
        "PLAY ",     "PAUSE ",   "RECORD ",
    };
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        const size_t length = strlen(starts[i]), compared = size < length ? size : length;
        if (memcmp(data, starts[i], compared) == 0)
            return compared == length ? SCRIM_RTSP_START_MESSAGE : SCRIM_RTSP_START_SHORT;
    }
    return SCRIM_RTSP_START_NOTHING;
}

// The size of the head with its empty line, or 0: its end has not been seen.
static size_t find_head_end(struct scrim_rtsp_scan *scan, const uint8_t *data, size_t size)
{
    for (;;) {
        const uint8_t *found = memchr(data + scan->searched, '\n', size - scan->searched);
        if (!found)
            break;
        const size_t end = (size_t)(found - data);
        const size_t length = end - scan->line;
        scan->searched = end + 1;
        if (length == 0 || (length == 1 && data[scan->line] == '\r'))
            return end + 1;
        scan->line = end + 1;
    }
    scan->searched = size;
    return 0;
}

// Nothing else may stand in a head; text in some other character set than ASCII may.
static bool is_text(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] < 0x20 && data[i] != '\r' && data[i] != '\n' && data[i] != '\t')
            return false;
    return true;
}

// "RTSP/1.0 200 OK" or "OPTIONS rtsp://… RTSP/1.0".
static bool read_start_line(struct scrim_text line, struct scrim_rtsp_message *ret)
{
    struct scrim_text first, second, version;
    if (!scrim_text_word(&line, &first) || !scrim_text_word(&line, &second))
        return false;
    if (scrim_text_starts(first, "RTSP/")) {
        uint32_t status;
        if (second.length != 3 || !scrim_text_number(second, 599, &status) || status < 100)
            return false;
        ret->status = status;
        return true;
    }
    ret->method = first;
    return scrim_text_word(&line, &version) && scrim_text_starts(version, "RTSP/");
}

bool scrim_rtsp_next_field(struct scrim_text *fields, const char *name, struct scrim_text *ret)
{
    struct scrim_text line;
    while (scrim_text_split(fields, '\n', &line)) {
        // A line that begins with white space goes on with the field before (4.2).
        while (fields->length > 0 && (fields->at[0] == ' ' || fields->at[0] == '\t')) {
            struct scrim_text more;
            if (!scrim_text_split(fields, '\n', &more))
                break;
            line.length = (size_t)(more.at + more.length - line.at);
        }
        struct scrim_text field;
        if (line.length == 0 || !memchr(line.at, ':', line.length) ||
            !scrim_text_split(&line, ':', &field) || !scrim_text_is(scrim_text_trim(field), name))
            continue;
        *ret = scrim_text_trim(line);
        return true;
    }
    return false;
}

struct scrim_text scrim_rtsp_field(const struct scrim_rtsp_message *message, const char *name)
{
    struct scrim_text fields = message->fields, value = {0};
    return scrim_rtsp_next_field(&fields, name, &value) ? value : (struct scrim_text){0};
}

static int read_content_length(const struct scrim_rtsp_message *message, uint32_t *ret,
                               struct scrim_error *error)
{
    struct scrim_text fields = message->fields, value;
    bool known = false;
    *ret = 0;
    while (scrim_rtsp_next_field(&fields, "Content-Length", &value)) {
        uint32_t length;
        if (!scrim_text_number(value, UINT32_MAX, &length) || (known && length != *ret))
            return scrim_fail(error, SCRIM_EFORMAT, MALFORMED " (Content-Length)");
        known = true;
        *ret = length;
    }
    return SCRIM_OK;
}

static int parse_head(const uint8_t *data, size_t size, struct scrim_rtsp_message *ret,
                      uint32_t *ret_body, struct scrim_error *error)
{
    struct scrim_rtsp_message message = {0};
    struct scrim_text head = {(const char *)data, size}, line;
    if (!is_text(data, size) || !scrim_text_split(&head, '\n', &line) ||
        !read_start_line(line, &message))
        return scrim_fail(error, SCRIM_EFORMAT, MALFORMED);
    message.fields = head;
    const int result = read_content_length(&message, ret_body, error);
    if (result >= 0)
        *ret = message;
    return result;
}

int scrim_rtsp_message_parse(struct scrim_rtsp_scan *scan, const uint8_t *data, size_t size,
                             struct scrim_rtsp_message *ret, struct scrim_error *error)
{
    if (scan->needed > size)
        return 0;
    const size_t window = size < SCRIM_RTSP_MESSAGE_MAX ? size : SCRIM_RTSP_MESSAGE_MAX;
    // Seen again for its body, a head is found again at once: its last line starts at scan->line.
    if (scan->needed > 0)
        scan->searched = scan->line;
    const size_t head = find_head_end(scan, data, window);
    if (head == 0) {
        if (size >= SCRIM_RTSP_MESSAGE_MAX)
            return scrim_fail(error, SCRIM_EFORMAT, TOO_LARGE, SCRIM_RTSP_MESSAGE_MAX >> 10);
        return 0;
    }
    uint32_t body = 0;
    const int result = parse_head(data, head, ret, &body, error);
    if (result < 0)
        return result;
    if (body > SCRIM_RTSP_MESSAGE_MAX - head)
        return scrim_fail(error, SCRIM_EFORMAT, TOO_LARGE, SCRIM_RTSP_MESSAGE_MAX >> 10);
    scan->needed = head + body;
    if (size < scan->needed)
        return 0;
    ret->body = (struct scrim_text){(const char *)data + head, body};
    *scan = (struct scrim_rtsp_scan){0};
    return (int)(head + body);
}
