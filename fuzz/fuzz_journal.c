// Journals. A line that is read can be written in no other way, and the head of a chain is found in
// any bytes.
#include "store/journal_impl.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void canonical(const char *line, size_t length, const struct scrim_record *record,
                      const uint8_t prev[32])
{
    static const struct scrim_device_key key = {.secret = {1}};
    struct scrim_journal_head head = {.next_seq = record->seq};
    struct scrim_buf again;
    memcpy(head.prev, prev, sizeof head.prev);
    scrim_buf_init(&again, SCRIM_JOURNAL_LINE_MAX);
    // All but the signature, which another key made, and the line break.
    if (scrim_journal_format(&key, &head, record, &again) < 0 || again.len != length + 1 ||
        memcmp(again.data, line, length - 88) != 0)
        abort();
    scrim_buf_finish(&again);
}

static void read_line(const char *line, size_t length)
{
    static const uint8_t public_key[32] = {1};
    struct scrim_record record;
    struct scrim_error error;
    uint8_t prev[32];
    if (scrim_journal_parse(line, length, NULL, &record, prev, &error) >= 0)
        canonical(line, length, &record, prev);
    if (scrim_journal_parse(line, length, public_key, &record, prev, &error) >= 0 &&
        scrim_journal_verify(line, length, public_key) < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_reader reader = scrim_reader_of(data, size);
    struct scrim_buf content;
    struct scrim_journal_head head;
    const char *line;
    size_t length;
    while (scrim_read_line(&reader, &line, &length))
        read_line(line, length);
    scrim_buf_init(&content, SCRIM_JOURNAL_MAX);
    if (scrim_buf_append(&content, data, size) >= 0) {
        const size_t whole = scrim_journal_scan_head(&content, "port", "quay", &head);
        if (whole != size - reader.left)
            abort();
    }
    scrim_buf_finish(&content);
    return 0;
}
